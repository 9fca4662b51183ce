#include "check/relay/local_identity.h"

#include <talloc.h>

enum { UID_BYTES_MAX = 64, SCRIPT_BYTES_MAX = 200 };

/* The first field of that name, or empty. */
static struct slice first_header(const struct message_facts *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return slice_trim(message->headers[i].value);
    return slice_of("");
}

/* Cuts `prefix` off; false: `text` does not begin with it. */
static bool take(struct slice *text, const char *prefix)
{
    const size_t length = strlen(prefix);
    if (text->length < length || memcmp(text->data, prefix, length) != 0)
        return false;
    *text = slice_part(*text, length, text->length);
    return true;
}

/* Postfix' pickup(8): "by mx.example.com (Postfix, from userid 1000)"; the name in brackets is mail_name. */
static struct slice postfix_uid(struct slice received)
{
    if (!take(&received, "by "))
        return slice_of("");
    const size_t open = slice_find(received, '(');
    const size_t line_end = slice_find(received, '\n');
    if (open >= line_end || open < 2 || slice_find(slice_part(received, 0, open), ' ') != open - 1)
        return slice_of("");
    struct slice comment = slice_part(received, open, line_end);
    const size_t comma = slice_find(comment, ',');
    comment = slice_part(comment, comma, comment.length);
    if (!take(&comment, ", from userid "))
        return slice_of("");
    size_t digits = 0;
    while (digits < comment.length && ascii_is_digit(comment.data[digits]))
        digits++;
    const bool is_closed = digits < comment.length && comment.data[digits] == ')';
    return slice_part(comment, 0, is_closed ? digits : 0);
}

/* Sendmail's submission program: "(from ann@localhost)". */
static struct slice sendmail_user(struct slice received)
{
    size_t length = 0;
    if (!take(&received, "(from "))
        return slice_of("");
    while (length < received.length &&
           (ascii_is_alpha(received.data[length]) || ascii_is_digit(received.data[length]) ||
            strchr("._-$", received.data[length]) != NULL) &&
           received.data[length] != '\0')
        length++;
    struct slice rest = slice_part(received, length, received.length);
    return take(&rest, "@localhost)") ? slice_part(received, 0, length) : slice_of("");
}

static struct slice find_uid(const struct message_facts *message)
{
    const struct slice received = first_header(message, "received");
    struct slice uid = postfix_uid(received);
    if (uid.length == 0)
        uid = sendmail_user(received);
    return uid.length > UID_BYTES_MAX ? slice_of("") : uid;
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_digit(text.data[i]))
            return false;
    return text.length > 0;
}

/* "1000:contact.php", whose first part must be the uid where that is known and a number as well. */
static struct slice originating_script(const struct message_facts *message, struct slice uid)
{
    const struct slice script = first_header(message, "x-php-originating-script");
    const struct slice claimed = slice_part(script, 0, slice_find(script, ':'));
    if (!is_number(claimed) || claimed.length + 1 >= script.length)
        return slice_of("");
    return is_number(uid) && !slice_equal(uid, claimed) ? slice_of("") : script;
}

/* "www.example.com/contact.php for 192.0.2.1": up to the first blank. It names the site, which PHP's own line
 * does not. */
static struct slice named_script(const struct message_facts *message)
{
    const struct slice script = first_header(message, "x-php-script");
    return slice_part(script, 0, slice_find(script, ' '));
}

static struct slice find_script(const struct message_facts *message, struct slice uid)
{
    struct slice script = named_script(message);
    if (script.length == 0)
        script = originating_script(message, uid);
    return slice_part(script, 0, script.length > SCRIPT_BYTES_MAX ? SCRIPT_BYTES_MAX : script.length);
}

/* In lower case, with '?' for what is no printable ASCII. */
static const char *identity_text(void *owner, struct slice text)
{
    char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        *c = *c > ' ' && *c < 0x7f ? ascii_lower(*c) : '?';
    return copy;
}

bool local_identity_decide(void *owner, bool received_is_trusted, struct message_facts *message)
{
    const struct slice uid = received_is_trusted ? find_uid(message) : slice_of("");
    const char *uid_text = identity_text(owner, uid);
    const char *script_text = identity_text(owner, find_script(message, uid));
    const char *user = "local";
    message->user = user;
    if (uid_text == NULL || script_text == NULL)
        return false;
    message->local_uid = uid_text;
    message->local_script = script_text;
    if (script_text[0] != '\0')
        user = talloc_asprintf(owner, "script:%s", script_text);
    else if (uid_text[0] != '\0')
        user = talloc_asprintf(owner, "uid:%s", uid_text);
    message->user = user == NULL ? "local" : user;
    return user != NULL;
}
