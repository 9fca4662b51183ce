#include "facts/mail_address.h"

#include "base/text_join.h"
#include "facts/domain_name.h"
#include "facts/ip_address.h"

#include <talloc.h>

/* RFC 5322, 3.2.3, with the dot of dot-atoms and the bytes of RFC 6532. */
static bool is_atom_byte(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_alpha(c) || ascii_is_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static bool is_control_byte(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* ---- splitting -------------------------------------------------------------------------------------- */

/* The offset behind the quoted-string that begins at `from`; text.length + 1 where it is not closed. */
static size_t quoted_end(struct slice text, size_t from)
{
    for (size_t i = from + 1; i < text.length; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return text.length + 1;
}

/* Where the last "@" outside of quotes stands, or text.length. False: a quote is not closed. */
static bool find_last_at(struct slice text, size_t *at)
{
    *at = text.length;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            i = quoted_end(text, i) - 1;
        else if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '@')
            *at = i;
        if (i >= text.length)
            return false;
    }
    return true;
}

/* The offset of the ":" that ends a source route, or route.length; colons in address literals do not count.
 */
static size_t find_route_end(struct slice path)
{
    bool in_literal = false;
    for (size_t i = 0; i < path.length; i++) {
        if (path.data[i] == '[')
            in_literal = true;
        else if (path.data[i] == ']')
            in_literal = false;
        else if (path.data[i] == ':' && !in_literal)
            return i;
    }
    return path.length;
}

/* "<path>" or "path", without the blanks around either. */
static struct slice strip_brackets(struct slice path)
{
    path = slice_trim(path);
    if (path.length >= 2 && path.data[0] == '<' && path.data[path.length - 1] == '>')
        path = slice_trim(slice_part(path, 1, path.length - 1));
    return path;
}

enum part_status { PART_OK, PART_MALFORMED, PART_NO_MEMORY };

/* ---- parts ------------------------------------------------------------------------------------------ */

/* Writes `raw` without quotes and backslashes to `out`, which has room for it. False: not a local part. */
static bool unquote_local_part(struct slice raw, char *out, bool *was_quoted)
{
    bool in_quotes = false;
    for (size_t i = 0; i < raw.length; i++) {
        char c = raw.data[i];
        bool is_escaped = c == '\\' && i + 1 < raw.length;
        if (is_escaped)
            c = raw.data[++i];
        if (is_control_byte(c))
            return false;
        if (c == '"' && !is_escaped) {
            in_quotes = !in_quotes;
            *was_quoted = true;
            continue;
        }
        if (!in_quotes && !is_escaped && c != '@' && !is_atom_byte(c))
            return false;
        *out++ = c;
    }
    *out = '\0';
    return raw.length > 0 && !in_quotes;
}

/* RFC 5321, 4.1.3. An address is written in one way: "[192.0.2.1]", "[ipv6:2001:db8::1]". */
static enum part_status canonical_literal(void *owner, const char **literal)
{
    struct slice text = slice_of(*literal);
    struct ip_address ip;
    if (text.length < 3 || text.data[text.length - 1] != ']')
        return PART_MALFORMED;
    if (!ip_address_parse(text, &ip)) {
        for (size_t i = 1; i + 1 < text.length; i++)
            if (is_control_byte(text.data[i]) || strchr(" []\\@\"<>", text.data[i]) != NULL)
                return PART_MALFORMED;
        return PART_OK;
    }
    char printed[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&ip, printed);
    *literal = talloc_asprintf(owner, ip_address_is_ipv4(&ip) ? "[%s]" : "[ipv6:%s]", printed);
    return *literal == NULL ? PART_NO_MEMORY : PART_OK;
}

/* The canonical text of local part and domain, quoted where it must be. NULL: out of memory. */
static const char *compose(void *owner, const char *local_part, const char *domain)
{
    size_t length = strlen(local_part);
    bool plain = length > 0;
    for (size_t i = 0; i < length; i++)
        plain = plain && is_atom_byte(local_part[i]);
    const char *at = domain[0] == '\0' ? "" : "@";
    if (plain)
        return text_join(owner, local_part, at, domain);
    char *quoted = talloc_size(owner, 2 * length + 1);
    if (quoted == NULL)
        return NULL;
    char *out = quoted;
    for (size_t i = 0; i < length; i++) {
        if (local_part[i] == '"' || local_part[i] == '\\')
            *out++ = '\\';
        *out++ = local_part[i];
    }
    *out = '\0';
    const char *text = talloc_asprintf(owner, "\"%s\"%s%s", quoted, at, domain);
    talloc_free(quoted);
    return text;
}

/* ---- addresses -------------------------------------------------------------------------------------- */

static bool set_malformed(void *owner, struct slice path, struct mail_address *address)
{
    const char *text = talloc_strndup(owner, path.data, path.length);
    *address = (struct mail_address){
        .text = text == NULL ? "" : text,
        .local_part = text == NULL ? "" : text,
        .domain = "",
        .route = "",
        .malformed = true,
    };
    return text != NULL;
}

static enum part_status set_route(void *owner, struct slice *path, struct mail_address *address)
{
    if (path->data[0] != '@')
        return PART_OK;
    size_t end = find_route_end(*path);
    if (end == path->length)
        return PART_MALFORMED;
    char *route = talloc_strndup(owner, path->data, end);
    if (route == NULL)
        return PART_NO_MEMORY;
    ascii_lower_text(route);
    address->route = route;
    *path = slice_part(*path, end + 1, path->length);
    return PART_OK;
}

static enum part_status set_domain(void *owner, struct slice raw, struct mail_address *address)
{
    const char *domain = domain_canonical(owner, raw);
    if (domain == NULL)
        return PART_NO_MEMORY;
    address->domain = domain;
    address->is_literal = domain[0] == '[';
    if (memchr(raw.data, '\0', raw.length) != NULL)
        return PART_MALFORMED;
    if (address->is_literal)
        return canonical_literal(owner, &address->domain);
    return domain_is_valid(domain) ? PART_OK : PART_MALFORMED;
}

static enum part_status set_local_part(void *owner, struct slice raw, struct mail_address *address)
{
    char *local_part = talloc_size(owner, raw.length + 1);
    if (local_part == NULL)
        return PART_NO_MEMORY;
    address->local_part = local_part;
    return unquote_local_part(raw, local_part, &address->was_quoted) ? PART_OK : PART_MALFORMED;
}

static enum part_status set_parts(void *owner, struct slice path, struct mail_address *address)
{
    enum part_status status = set_route(owner, &path, address);
    size_t at;
    if (status == PART_OK && !find_last_at(path, &at))
        status = PART_MALFORMED;
    if (status == PART_OK)
        status = set_local_part(owner, slice_part(path, 0, at), address);
    if (status == PART_OK && at < path.length)
        status = at + 1 == path.length ? PART_MALFORMED
                                       : set_domain(owner, slice_part(path, at + 1, path.length), address);
    if (status != PART_OK)
        return status;
    address->text = compose(owner, address->local_part, address->domain);
    return address->text == NULL ? PART_NO_MEMORY : PART_OK;
}

bool mail_address_parse(void *owner, struct slice path, struct mail_address *address)
{
    *address = (struct mail_address){.text = "", .local_part = "", .domain = "", .route = ""};
    path = strip_brackets(path);
    if (path.length == 0) {
        address->is_null = true;
        return true;
    }
    enum part_status status = set_parts(owner, path, address);
    if (status == PART_NO_MEMORY)
        *address =
            (struct mail_address){.text = "", .local_part = "", .domain = "", .route = "", .malformed = true};
    if (status == PART_MALFORMED)
        return set_malformed(owner, path, address);
    return status == PART_OK;
}

bool mail_address_same_mailbox(const struct mail_address *a, const struct mail_address *b)
{
    return a->is_null == b->is_null && strcmp(a->domain, b->domain) == 0 &&
           slice_equal_nocase(slice_of(a->local_part), slice_of(b->local_part));
}

/* ---- logins ----------------------------------------------------------------------------------------- */

/* Where the login's domain is set off: the last "@", else the last "%", else login.length. */
static size_t find_realm(struct slice login)
{
    size_t at = slice_find_last(login, '@');
    return at < login.length ? at : slice_find_last(login, '%');
}

const char *login_canonical(void *owner, struct slice login, const char *default_realm)
{
    login = slice_trim(slice_part(login, 0, slice_find(login, '\0')));
    size_t at = find_realm(login);
    struct slice name = slice_part(login, 0, at);
    struct slice realm =
        at < login.length ? slice_part(login, at + 1, login.length) : slice_of(default_realm);
    size_t plus = slice_find(name, '+');
    if (plus > 0)
        name.length = plus;
    const char *domain = domain_canonical(owner, realm);
    if (domain == NULL)
        return NULL;
    if (name.length == 0 && domain[0] == '\0')
        name = login; /* "@" and the like: never the empty key */
    char *text = talloc_strndup(owner, name.length == 0 ? "" : name.data, name.length);
    if (text == NULL)
        return NULL;
    ascii_lower_text(text);
    return domain[0] == '\0' ? text : text_join(owner, text, "@", domain);
}
