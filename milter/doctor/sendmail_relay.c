/* What Sendmail itself lets pass: features, files of domains and networks, the access map. */
#include "command_output.h"
#include "postfix_tables.h"
#include "sendmail_access.h"
#include "sendmail_checks.h"
#include "setting_value.h"

#include <errno.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 16 << 20 };

/* ---- features --------------------------------------------------------------------------------------- */

static void check_features(const struct doctor *doctor)
{
    static const struct {
        const char *name;
        enum doctor_level level;
    } open[] = {
        {"promiscuous_relay", DOCTOR_PROBLEM}, {"relay_local_from", DOCTOR_PROBLEM},
        {"relay_mail_from", DOCTOR_PROBLEM},   {"loose_relay_check", DOCTOR_PROBLEM},
        {"relay_based_on_MX", DOCTOR_PROBLEM}, {"relay_entire_domain", DOCTOR_WARNING},
    };
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        if (!sendmail_has_feature(doctor->sendmail, open[i].name))
            continue;
        bool is_problem = open[i].level == DOCTOR_PROBLEM;
        struct doctor_finding *finding = sendmail_add(
            doctor, open[i].level, is_problem ? "open_relay" : "relay_by_name",
            is_problem
                ? "Sendmail alone would relay for strangers: closedrelay is then the only lock, and every "
                  "gap "
                  "in front of it (a stopped daemon, a port that was forgotten) an open door."
                : "Sendmail relays for every client whose host name is in its own domain; closedrelay counts "
                  "addresses only and refuses them: one of the two is not what you mean.");
        strbuf_printf(&finding->what,
                      is_problem ? "FEATURE(`%s') opens the relay" : "FEATURE(`%s') trusts host names",
                      open[i].name);
        strbuf_printf(&finding->change, "dnl FEATURE(`%s')dnl", open[i].name);
    }
}

/* ---- the lines of files ----------------------------------------------------------------------------- */

/* All that Sendmail takes mail for. */
struct relay_reading {
    const struct doctor *doctor;
    struct served_domains served;
    bool is_whole; /* everything that names domains could be read */
};

/* Where a line stands that lets relay; `line` 0: in sendmail.cf itself. */
struct relay_line {
    struct relay_reading *reading;
    const char *path;
    unsigned line;
    struct slice text; /* as it stands there */
};

static struct doctor_finding *add_at(const struct relay_line *at, enum doctor_level level, const char *id,
                                     const char *why)
{
    if (at->line == 0)
        return sendmail_add(at->reading->doctor, level, id, why);
    struct doctor_finding *finding = doctor_report_add(at->reading->doctor->report, level, id, why);
    strbuf_printf(&finding->where, "%s, line %u (then make it anew: make -C /etc/mail)", at->path, at->line);
    return finding;
}

static void append_policy(struct doctor_finding *finding, const struct relay_line *at, const char *key,
                          const char *value)
{
    strbuf_printf(&finding->change, "# closedrelay.yaml, if that is meant; else take the line out of %s\n",
                  at->path);
    strbuf_printf(&finding->change, "relay: { %s: [..., \"%s\"] }", key, value);
}

static void check_network(const struct relay_line *at, const struct ip_network *network)
{
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    if (policy_snapshot_trusts(at->reading->doctor->snapshot, network))
        return;
    ip_network_print(network, text);
    struct doctor_finding *finding = add_at(at, DOCTOR_WARNING, "networks",
                                            "Sendmail would relay for these clients, closedrelay takes them "
                                            "for strangers and refuses: one of the "
                                            "two lists is not what you mean.");
    strbuf_printf(&finding->what, "Sendmail relays for %s, which is not in relay.trusted_networks: ", text);
    strbuf_append_slice(&finding->what, at->text);
    append_policy(finding, at, "trusted_networks", text);
}

static void report_domain(const struct relay_line *at, const char *domain)
{
    struct doctor_finding *finding = add_at(at, DOCTOR_PROBLEM, "domains",
                                            "Sendmail takes mail for it from everybody, closedrelay refuses "
                                            "strangers: mail that is meant for you "
                                            "comes back to its senders.");
    strbuf_printf(&finding->what, "Sendmail takes mail for %s, which is not in relay.local_domains", domain);
    append_policy(finding, at, "local_domains", domain);
}

static void check_domain(const struct relay_line *at, struct slice domain)
{
    size_t mark = slice_find(domain, '@');
    if (mark < domain.length)
        domain = slice_part(domain, mark + 1, domain.length);
    struct strbuf name, unread;
    strbuf_init(&name, 0);
    strbuf_init(&unread, 0);
    strbuf_append_slice(&name, domain);
    served_domains_add(&at->reading->served, "", strbuf_text(&name), "", &unread);
    strbuf_deinit(&unread);
    if (!policy_snapshot_has_domain(at->reading->doctor->snapshot, domain))
        report_domain(at, strbuf_text(&name));
    strbuf_deinit(&name);
}

static void report_name(const struct relay_line *at)
{
    struct doctor_finding *finding = add_at(
        at, DOCTOR_WARNING, "relay_by_name",
        "closedrelay counts addresses only, for names are what DNS says at the moment, and refuses these "
        "clients.");
    strbuf_append_text(&finding->what, "Sendmail relays for clients by their host name: ");
    strbuf_append_slice(&finding->what, at->text);
    strbuf_append_text(&finding->change, "Connect:ADDRESS\tRELAY");
}

static void report_certificates(const struct relay_line *at)
{
    struct doctor_finding *finding = add_at(
        at, DOCTOR_WARNING, "certificates",
        "Sendmail would relay for whoever has such a certificate; for closedrelay they are strangers.");
    strbuf_append_text(&finding->what,
                       "Sendmail relays by certificate, and relay.trusted_certificates is empty: ");
    strbuf_append_slice(&finding->what, at->text);
    append_policy(finding, at, "trusted_certificates", "CN=...");
}

/* ---- the access map --------------------------------------------------------------------------------- */

static void check_entry(const struct relay_line *at, const struct access_entry *entry)
{
    struct ip_network network;
    if (!slice_equal_nocase(entry->value, slice_of("RELAY")))
        return;
    if (slice_starts_nocase(entry->tag, slice_of("CERT"))) {
        if (!at->reading->doctor->relay.has_certificates)
            report_certificates(at);
        return;
    }
    bool is_recipient = slice_equal_nocase(entry->tag, slice_of("To"));
    if (!is_recipient && access_network(entry->key, &network))
        check_network(at, &network);
    else if (slice_equal_nocase(entry->tag, slice_of("Connect")))
        report_name(at);
    else if (is_recipient || entry->tag.length == 0)
        check_domain(at, entry->key);
}

static void report_unread(const struct doctor *doctor, const char *what, const char *path, const char *reason)
{
    struct doctor_finding *finding = doctor_report_add(doctor->report, DOCTOR_NOTE, "unread",
                                                       "What it lets relay is not compared with the policy.");
    strbuf_append_text(&finding->where, path);
    strbuf_printf(&finding->what, "%s is not read here: %s", what, reason);
}

/* False: there is no file to read, and a note says so, unless it need not be there. */
static bool read_text(const struct doctor *doctor, const char *what, const char *path, struct strbuf *text)
{
    strbuf_init(text, FILE_BYTES_MAX);
    if (file_content(path, text))
        return true;
    if (what != NULL)
        report_unread(doctor, what, path, strerror(errno));
    strbuf_deinit(text);
    return false;
}

static void check_access(struct relay_reading *reading)
{
    const struct doctor *doctor = reading->doctor;
    struct strbuf text;
    char *path = sendmail_map_path(doctor->sendmail, "access");
    if (path == NULL)
        return;
    reading->is_whole = false;
    if (path[0] != '/') {
        report_unread(doctor, "the access map", path, "it is in no file");
    } else if (read_text(doctor, "the access map", path, &text)) {
        reading->is_whole = true;
        struct slice rest = strbuf_slice(&text);
        struct access_entry entry;
        for (unsigned line = 0; access_next(&rest, &line, &entry);) {
            const char *start = entry.tag.length > 0 ? entry.tag.data : entry.key.data;
            struct relay_line at = {
                reading, path, entry.line,
                slice_make(start, (size_t)(entry.value.data - start) + entry.value.length)};
            check_entry(&at, &entry);
        }
        strbuf_deinit(&text);
    }
    free(path);
}

/* ---- relay-domains, local-host-names ---------------------------------------------------------------- */

static void check_host(const struct relay_line *at, bool may_be_network)
{
    struct ip_network network;
    if (may_be_network && access_network(at->text, &network))
        check_network(at, &network);
    else if (slice_find(at->text, '.') < at->text.length && at->text.data[0] != '[')
        check_domain(at, at->text);
}

static void check_class_file(struct relay_reading *reading, const char *path, bool may_be_network)
{
    struct strbuf text;
    if (!read_text(reading->doctor, NULL, path, &text))
        return;
    struct slice rest = strbuf_slice(&text), host;
    for (unsigned line = 0; host_list_next(&rest, &line, &host);)
        check_host(&(struct relay_line){reading, path, line, host}, may_be_network);
    strbuf_deinit(&text);
}

/* Class R is relay-domains, w the names that mail is delivered here for. */
static void check_class(struct relay_reading *reading, const char *name)
{
    bool may_be_network = name[0] == 'R';
    const char *value;
    for (size_t next = 0;
         (value = sendmail_next_class(reading->doctor->sendmail, 'C', name, &next)) != NULL;) {
        struct slice rest = slice_of(value), host;
        while (setting_next_word(&rest, &host))
            check_host(&(struct relay_line){reading, "sendmail.mc", 0, host}, may_be_network);
    }
    for (size_t next = 0;
         (value = sendmail_next_class(reading->doctor->sendmail, 'F', name, &next)) != NULL;) {
        const char *slash = strchr(value, '/');
        char *path = slash == NULL || strcspn(value, "|@") < (size_t)(slash - value)
                         ? NULL
                         : strndup(slash, strcspn(slash, " \t"));
        reading->is_whole = reading->is_whole && path != NULL;
        if (path != NULL)
            check_class_file(reading, path, may_be_network);
        free(path);
    }
}

/* ---- what the policy has and Sendmail does not -------------------------------------------------------- */

static bool check_served(void *context, const char *domain)
{
    const struct relay_reading *reading = context;
    if (domain[0] == '.' || domain[0] == '[' || served_domains_has(&reading->served, domain))
        return true;
    struct doctor_finding *finding = sendmail_add(
        reading->doctor, DOCTOR_NOTE, "not_served",
        "Sendmail refuses such mail itself (Relaying denied), before closedrelay is asked: no id, no record. Fine where the "
        "domain is only sent from.");
    strbuf_printf(&finding->what, "relay.local_domains has %s, which Sendmail does not take mail for",
                  domain);
    strbuf_printf(&finding->change, "LOCAL_DOMAIN(`%s')dnl", domain);
    return true;
}

void sendmail_check_relay(const struct doctor *doctor)
{
    struct relay_reading reading = {.doctor = doctor, .is_whole = true};
    strbuf_init(&reading.served.text, 0);
    check_features(doctor);
    check_access(&reading);
    check_class(&reading, "R");
    check_class(&reading, "w");
    check_class(&reading, "VirtHost");
    served_domains_sort(&reading.served);
    if (reading.is_whole && !reading.served.failed)
        policy_snapshot_each_domain(doctor->snapshot, check_served, &reading);
    served_domains_deinit(&reading.served);
}
