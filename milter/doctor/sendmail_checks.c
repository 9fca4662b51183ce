#include "sendmail_checks.h"
#include "setting_value.h"

#include <inttypes.h>

#define SENDMAIL_MC "sendmail.mc (then make it anew: make -C /etc/mail)"

struct doctor_finding *sendmail_add(const struct doctor *doctor, enum doctor_level level, const char *id,
                                    const char *why)
{
    struct doctor_finding *finding = doctor_report_add(doctor->report, level, id, why);
    strbuf_append_text(&finding->where, SENDMAIL_MC);
    return finding;
}

/* ---- the filter's line ------------------------------------------------------------------------------ */

/* inet:10891@127.0.0.1, local:/path: the same notation as ours, but for "local" instead of "unix". */
static void append_our_socket(const struct doctor *doctor, struct strbuf *out)
{
    const struct config_endpoint *listen = &doctor->needs.listen;
    bool is_any = listen->host == NULL || listen->host[0] == '\0' || strcmp(listen->host, "0.0.0.0") == 0 ||
                  strcmp(listen->host, "::") == 0;
    if (listen->kind == ENDPOINT_UNIX)
        strbuf_printf(out, "local:%s", listen->path);
    else if (listen->kind == ENDPOINT_INET6)
        strbuf_printf(out, "inet6:%u@%s", listen->port, is_any ? "::1" : listen->host);
    else
        strbuf_printf(out, "inet:%u@%s", listen->port, is_any ? "127.0.0.1" : listen->host);
}

static void append_our_line(const struct doctor *doctor, struct strbuf *out)
{
    strbuf_append_text(out, "INPUT_MAIL_FILTER(`closedrelay', `S=");
    append_our_socket(doctor, out);
    strbuf_append_text(out, ", F=T, T=C:30s;S:30s;R:30s;E:5m')dnl");
}

static bool is_our_socket(const struct doctor *doctor, struct slice socket)
{
    const struct config_endpoint *listen = &doctor->needs.listen;
    size_t colon = slice_find(socket, ':');
    if (colon == socket.length)
        return false;
    struct slice kind = slice_part(socket, 0, colon), rest = slice_part(socket, colon + 1, socket.length);
    if (listen->kind == ENDPOINT_UNIX)
        return (slice_equal(kind, slice_of("local")) || slice_equal(kind, slice_of("unix"))) &&
               slice_equal(rest, slice_of(listen->path));
    uint64_t port;
    return slice_starts_nocase(kind, slice_of("inet")) &&
           setting_number(slice_part(rest, 0, slice_find(rest, '@')), &port) && port == listen->port;
}

/* Option `letter` of a filter's line: "S=inet:10891@127.0.0.1". Parts stand between commas only. */
static bool filter_option(const char *line, char letter, struct slice *value)
{
    const char name[] = {letter, '\0'};
    struct slice rest = slice_of(line);
    while (rest.length > 0) {
        size_t comma = slice_find(rest, ',');
        if (setting_option(slice_part(rest, 0, comma), name, value))
            return true;
        rest = slice_part(rest, comma + (comma < rest.length), rest.length);
    }
    return false;
}

/* The line of our filter among those that are in use; NULL: it is not. */
static const char *find_our_filter(const struct doctor *doctor, const char *names)
{
    struct slice rest = slice_of(names == NULL ? "" : names), name, socket;
    while (setting_next_word(&rest, &name)) {
        const char *line = sendmail_filter(doctor->sendmail, name);
        if (line != NULL && filter_option(line, 'S', &socket) && is_our_socket(doctor, socket))
            return line;
    }
    return NULL;
}

static void check_failure(const struct doctor *doctor, const char *line)
{
    struct slice flags = {0};
    filter_option(line, 'F', &flags);
    bool is_hard = flags.length > 0 && flags.data[0] == 'R';
    if (flags.length > 0 && (flags.data[0] == 'T' || flags.data[0] == '4'))
        return;
    struct doctor_finding *finding =
        is_hard
            ? sendmail_add(
                  doctor, DOCTOR_WARNING, "fails_hard",
                  "A restart of closedrelay then costs mail: senders get a final refusal instead of trying "
                  "again.")
            : sendmail_add(
                  doctor, DOCTOR_PROBLEM, "fails_open",
                  "While closedrelay is stopped, restarted or overloaded, all mail passes unseen: a relay "
                  "that is closed most of the time. With F=T clients come again.");
    strbuf_append_text(&finding->what, is_hard
                                           ? "mail is refused for good when closedrelay does not answer (F=R)"
                                           : "mail is accepted when closedrelay does not answer (no F=T)");
    append_our_line(doctor, &finding->change);
}

/* T=C:5m;S:10s;R:10s;E:5m, with S and R for each answer, and E for all of them at the end of a message. */
static uint64_t filter_time_ms(const char *line, const char *name, uint64_t default_ms)
{
    struct slice times = {0};
    filter_option(line, 'T', &times);
    uint64_t found_ms = default_ms;
    while (times.length > 0) {
        size_t end = slice_find(times, ';');
        struct slice part = slice_trim(slice_part(times, 0, end));
        uint64_t time_ms;
        if (slice_starts_nocase(part, slice_of(name)) &&
            setting_time_ms(slice_part(part, strlen(name), part.length), 1000, &time_ms))
            found_ms = time_ms;
        times = slice_part(times, end + (end < times.length), times.length);
    }
    return found_ms;
}

static void check_times(const struct doctor *doctor, const char *line)
{
    static const struct {
        const char *name;
        uint64_t default_ms;
    } times[] = {{"R:", 10000}, {"E:", 300000}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        uint64_t time_ms = filter_time_ms(line, times[i].name, times[i].default_ms);
        if (time_ms >= doctor->needs.wait_ms + 5000)
            continue;
        struct doctor_finding *finding = sendmail_add(
            doctor, DOCTOR_WARNING, "timeout",
            "closedrelay waits for DNS up to its own limit (dns.timeout); where Sendmail gives up earlier, "
            "it takes closedrelay for dead for the rest of the session.");
        strbuf_printf(&finding->what, "Sendmail waits only %" PRIu64 " s for an answer (%s in T=)",
                      time_ms / 1000, times[i].name);
        append_our_line(doctor, &finding->change);
    }
}

static void report_not_asked(const struct doctor *doctor)
{
    struct doctor_finding *finding =
        sendmail_add(doctor, DOCTOR_PROBLEM, "not_asked", "The policy is not in force for any mail.");
    strbuf_append_text(&finding->what, "Sendmail does not ask closedrelay (InputMailFilters)");
    append_our_line(doctor, &finding->change);
}

/* Whether a list of filters, "one;other", has ours. */
static bool has_our_filter(const struct doctor *doctor, struct slice filters)
{
    struct slice socket;
    while (filters.length > 0) {
        size_t end = slice_find(filters, ';');
        const char *line = sendmail_filter(doctor->sendmail, slice_part(filters, 0, end));
        if (line != NULL && filter_option(line, 'S', &socket) && is_our_socket(doctor, socket))
            return true;
        filters = slice_part(filters, end + (end < filters.length), filters.length);
    }
    return false;
}

/* DaemonPortOptions with filters of its own: InputMailFilters=, or I=. */
static void check_daemons(const struct doctor *doctor)
{
    const char *daemon;
    for (size_t next = 0;
         (daemon = sendmail_next_option(doctor->sendmail, "DaemonPortOptions", &next)) != NULL;) {
        struct slice rest = slice_of(daemon), word, filters;
        while (setting_next_word(&rest, &word)) {
            if (!setting_option(word, "InputMailFilters", &filters) && !setting_option(word, "I", &filters))
                continue;
            if (has_our_filter(doctor, filters))
                continue;
            struct doctor_finding *finding = sendmail_add(
                doctor, DOCTOR_PROBLEM, "service_unseen",
                "No rule of the policy holds for mail that comes in here: no limit, no check, no record.");
            strbuf_printf(&finding->what, "a port has filters of its own, without closedrelay: %s", daemon);
            strbuf_append_text(&finding->change, "dnl the same DAEMON_OPTIONS without InputMailFilters=");
        }
    }
}

/* ---- limits, the rest ----------------------------------------------------------------------- */

static uint64_t number_option(const struct sendmail_cf *cf, const char *name)
{
    const char *text = sendmail_option(cf, name);
    uint64_t number;
    return text != NULL && setting_number(slice_trim(slice_of(text)), &number) ? number : 0;
}

static void check_size(const struct doctor *doctor)
{
    uint64_t theirs = number_option(doctor->sendmail, "MaxMessageSize"),
             ours = doctor->needs.size_limit_bytes;
    if (theirs > ours || (theirs > 0 && ours == 0))
        return;
    struct doctor_finding *finding =
        theirs == 0
            ? sendmail_add(
                  doctor, DOCTOR_WARNING, "size_unlimited",
                  "Sendmail writes a message to its queue before closedrelay can refuse it: anybody who may "
                  "connect can fill the disk. EHLO also offers no limit, so clients send it all first.")
            : sendmail_add(
                  doctor, DOCTOR_PROBLEM, "size_limit",
                  "Sendmail looks first: messages that the policy allows are refused, and the sender never "
                  "reads closedrelay's answer, which says both figures.");
    uint64_t unit = ours == 0 ? 30000000 : ours;
    if (theirs == 0)
        strbuf_append_text(&finding->what, "Sendmail takes messages of any size (MaxMessageSize)");
    else
        strbuf_printf(&finding->what,
                      "Sendmail takes %" PRIu64 " bytes (MaxMessageSize), the policy up to %" PRIu64, theirs,
                      ours);
    if (theirs != 0)
        doctor_append_override(&finding->what, &doctor->needs.size_from);
    strbuf_printf(&finding->change, "define(`confMAX_MESSAGE_SIZE', `%" PRIu64 "')dnl", unit + unit / 3);
}

static void check_recipients(const struct doctor *doctor)
{
    uint64_t theirs = number_option(doctor->sendmail, "MaxRecipientsPerMessage"),
             ours = doctor->needs.recipients_limit;
    if (theirs == 0 || theirs > ours)
        return;
    struct doctor_finding *finding =
        sendmail_add(doctor, DOCTOR_WARNING, "recipient_limit",
                     "Sendmail then answers the surplus itself (452), before closedrelay "
                     "counts it: what recipients.excess says "
                     "does not happen, and the record does not show it.");
    strbuf_printf(&finding->what,
                  "Sendmail takes %" PRIu64
                  " recipients (MaxRecipientsPerMessage), the policy counts up to %" PRIu64,
                  theirs, ours);
    doctor_append_override(&finding->what, &doctor->needs.recipients_from);
    strbuf_printf(&finding->change, "define(`confMAX_RCPTS_PER_MESSAGE', `%" PRIu64 "')dnl",
                  ours < 1000 ? 1000 : ours * 2);
}

/* CVE-2023-51765 and the variant with NUL that Debian closes by an option of its own. */
static void check_smuggling(const struct doctor *doctor)
{
    const char *reject = sendmail_option(doctor->sendmail, "RejectNUL");
    if (reject != NULL && setting_is_yes(reject))
        return;
    struct doctor_finding *finding =
        sendmail_add(doctor, DOCTOR_WARNING, "nul_bytes",
                     "SMTP smuggling (CVE-2023-51765): what stands behind a NUL is seen "
                     "by some servers and not by others, so a "
                     "login can hide a second message inside its own. Bare CR and LF are "
                     "refused by Debian's 8.17.1.9-2+deb12u2 "
                     "and by 8.18 themselves; older ones need an update.");
    strbuf_append_text(&finding->what, "messages with NUL bytes are taken (RejectNUL)");
    strbuf_append_text(&finding->change, "define(`confREJECT_NUL', `true')dnl");
}

void sendmail_check(const struct doctor *doctor)
{
    const char *line = find_our_filter(doctor, sendmail_option(doctor->sendmail, "InputMailFilters"));
    if (line == NULL) {
        report_not_asked(doctor);
    } else {
        check_failure(doctor, line);
        check_times(doctor, line);
        check_daemons(doctor);
        if (doctor->needs.listen.kind == ENDPOINT_UNIX)
            socket_check(doctor, doctor->needs.listen.path, NULL);
    }
    sendmail_check_relay(doctor);
    check_size(doctor);
    check_recipients(doctor);
    sendmail_check_identities(doctor);
    check_smuggling(doctor);
}
