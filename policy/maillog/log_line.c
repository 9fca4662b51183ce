#include "maillog/log_line.h"

static const struct slice nothing = {NULL, 0};

/* ---- pieces ----------------------------------------------------------------------------------------- */

static bool starts(struct slice text, const char *with)
{
    const size_t length = strlen(with);
    return text.length >= length && memcmp(text.data, with, length) == 0;
}

static struct slice rest_behind(struct slice text, size_t length)
{
    return slice_part(text, length < text.length ? length : text.length, text.length);
}

/* Takes the next word, up to a blank. */
static struct slice take_word(struct slice *text)
{
    while (text->length > 0 && text->data[0] == ' ')
        *text = rest_behind(*text, 1);
    const size_t end = slice_find(*text, ' ');
    const struct slice word = slice_part(*text, 0, end);
    *text = rest_behind(*text, end + 1);
    return word;
}

/* A value ends at ", "; one in brackets with the bracket that closes it, whatever stands between. */
static struct slice value_at(struct slice text)
{
    const bool is_bracketed = starts(text, "<");
    for (size_t end = 0; end < text.length; end++) {
        const struct slice rest = rest_behind(text, end);
        if (!is_bracketed && starts(rest, ", "))
            return slice_part(text, 0, end);
        if (is_bracketed && (starts(rest, ">, ") || starts(rest, "> ") || starts(rest, ">:")))
            return slice_part(text, 0, end + 1);
    }
    return text;
}

static struct slice without_brackets(struct slice value)
{
    const bool is_bracketed = value.length >= 2 && starts(value, "<") && value.data[value.length - 1] == '>';
    return is_bracketed ? slice_part(value, 1, value.length - 1) : value;
}

/* The value of KEY=, of "KEY=value, KEY=<value>, …": of the first such, or of the last. */
static struct slice value_of(struct slice text, const char *key, bool is_last)
{
    struct slice found = nothing;
    while (text.length > 0) {
        const size_t equals = slice_find(text, '=');
        const bool is_it = starts(text, key);
        const struct slice value = value_at(rest_behind(text, is_it ? strlen(key) : equals + 1));
        if (is_it)
            found = value;
        if (is_it && !is_last)
            break;
        text = slice_make(value.data + value.length,
                          (size_t)(text.data + text.length - value.data) - value.length);
        while (text.length > 0 && !starts(text, ", "))
            text = rest_behind(text, 1);
        text = rest_behind(text, 2);
    }
    return found;
}

static uint32_t number_of(struct slice text)
{
    static const uint32_t MOST = 1000000;
    uint32_t number = 0;
    for (size_t i = 0; i < text.length && ascii_is_digit(text.data[i]) && number < MOST; i++)
        number = 10 * number + (uint32_t)(text.data[i] - '0');
    return number;
}

/* "mail.example.com[192.0.2.7]", "mail.example.com [192.0.2.7] (may be forged)" */
static bool read_client(struct slice text, struct ip_address *client)
{
    const size_t begin = slice_find_last(text, '[');
    const struct slice rest = rest_behind(text, begin + 1);
    const size_t end = slice_find(rest, ']');
    return begin < text.length && end < rest.length && ip_address_parse(slice_part(rest, 0, end), client);
}

static bool is_queue_id(struct slice text)
{
    enum { LEAST = 5, MOST = 40 };
    if (text.length < LEAST || text.length > MOST)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_alpha(text.data[i]) && !ascii_is_digit(text.data[i]))
            return false;
    return true;
}

/* ---- Postfix ---------------------------------------------------------------------------------------- */

static bool read_smtpd(struct slice text, struct log_line *told)
{
    if (starts(text, "client=")) {
        told->event = LOG_CLIENT;
        told->has_client = read_client(value_of(text, "client=", false), &told->client);
        told->user = value_of(text, "sasl_username=", false); /* sasl_sender behind it is the client's own */
        return true;
    }
    const size_t to = slice_find(text, '<');
    if (!starts(text, "reject: RCPT from ") || to == text.length)
        return false;
    /* "reject: RCPT from HOST[IP]: 550 5.1.1 <ann@example.com>: Recipient address rejected: …" */
    const size_t code = slice_find(text, ']');
    told->event = LOG_REFUSED;
    told->recipients = value_at(rest_behind(text, to));
    return starts(rest_behind(text, code), "]: 5");
}

static bool read_qmgr(struct slice text, struct log_line *told)
{
    told->event = LOG_OVER;
    if (starts(text, "removed"))
        return true;
    told->event = LOG_SENDER;
    told->sender = without_brackets(value_of(text, "from=", false));
    told->recipient_count = number_of(value_of(text, "nrcpt=", true));
    return starts(text, "from=") && told->recipient_count > 0;
}

static bool read_delivery(struct slice text, struct log_line *told)
{
    const struct slice status = value_of(text, "status=", false),
                       original = value_of(text, "orig_to=", false);
    told->event = LOG_RECIPIENTS;
    told->recipients = original.length > 0 ? original : value_of(text, "to=", false);
    told->fate = starts(status, "bounced") || starts(status, "expired") ? LOG_BOUNCED : LOG_DELIVERED;
    return starts(text, "to=") &&
           (told->fate == LOG_BOUNCED || starts(status, "sent") || starts(status, "deferred"));
}

static bool read_postfix(struct slice service, struct slice text, struct log_line *told)
{
    if (slice_equal(service, slice_of("smtpd")))
        return read_smtpd(text, told);
    if (slice_equal(service, slice_of("qmgr")))
        return read_qmgr(text, told);
    if (!slice_equal(service, slice_of("cleanup")))
        return read_delivery(text, told);
    told->event = LOG_MESSAGE_ID;
    told->message_id = value_of(text, "message-id=", false);
    return told->message_id.length > 0;
}

/* ---- Sendmail --------------------------------------------------------------------------------------- */

static bool read_auth(struct slice text, struct log_line *told)
{
    told->event = LOG_LOGIN;
    told->has_client = read_client(value_of(text, "relay=", false), &told->client);
    told->user = value_of(text, "authid=", false);
    return told->has_client && told->user.length > 0;
}

static bool read_sendmail(struct slice text, struct log_line *told)
{
    if (starts(text, "from=")) {
        told->event = LOG_SENDER;
        told->sender = without_brackets(value_of(text, "from=", false));
        told->message_id = value_of(text, "msgid=", false);
        told->recipient_count = number_of(value_of(text, "nrcpts=", false));
        told->has_client = read_client(value_of(text, "relay=", true), &told->client);
        return told->recipient_count > 0;
    }
    if (starts(text, "to=")) {
        const struct slice code = value_of(text, "dsn=", true);
        told->event = LOG_RECIPIENTS;
        told->fate = starts(code, "5.") ? LOG_BOUNCED : LOG_DELIVERED;
        told->recipients = value_of(text, "to=", false);
        return code.length > 0;
    }
    told->event = LOG_REFUSED;
    told->recipients = value_of(text, "arg1=", false);
    return starts(text, "ruleset=check_rcpt") && starts(value_of(text, "reject=", true), "5");
}

/* ---- a line ----------------------------------------------------------------------------------------- */

/* "postfix/submission/smtpd[123]:" -> the program, the process. */
static struct slice read_tag(struct slice tag, uint32_t *process)
{
    const size_t bracket = slice_find(tag, '[');
    *process = number_of(rest_behind(tag, bracket + 1));
    return slice_part(tag, 0, bracket < tag.length ? bracket : slice_find(tag, ':'));
}

static bool is_sendmail(struct slice program)
{
    return slice_equal(program, slice_of("sendmail")) || slice_equal(program, slice_of("sm-mta"));
}

bool log_line_read(struct slice line, struct log_line *told)
{
    *told = (struct log_line){.host = take_word(&line)};
    const struct slice program = read_tag(take_word(&line), &told->process);
    const size_t slash = slice_find_last(program, '/');
    const bool is_postfix = starts(program, "postfix") && slash < program.length;
    if (!is_postfix && !is_sendmail(program))
        return false;
    if (!is_postfix && starts(line, "AUTH=server"))
        return read_auth(line, told);
    const size_t colon = slice_find(line, ':');
    told->queue_id = slice_part(line, 0, colon);
    const struct slice text = rest_behind(line, colon + 2);
    if (!is_queue_id(told->queue_id) || slice_equal(told->queue_id, slice_of("NOQUEUE")))
        return false;
    return is_postfix ? read_postfix(rest_behind(program, slash + 1), text, told) : read_sendmail(text, told);
}

bool log_line_next_recipient(struct slice *list, struct slice *address)
{
    const bool is_bracketed = starts(*list, "<");
    size_t end = 0;
    if (list->length == 0)
        return false;
    while (end < list->length && !starts(rest_behind(*list, end), is_bracketed ? ">," : ","))
        end++;
    end += is_bracketed && end < list->length;
    *address = without_brackets(slice_part(*list, 0, end));
    *list = rest_behind(*list, end + 1);
    return true;
}
