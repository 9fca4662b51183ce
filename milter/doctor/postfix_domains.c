/* Whom does Postfix take mail for, and whom the policy? */
#include "policy_history.h"
#include "postfix_checks.h"
#include "postfix_tables.h"
#include "setting_value.h"

#include <stdlib.h>

enum { SHOWN_MAX = 8 };
#define REFUSED_WITHIN_US (INT64_C(7) * 86400 * 1000000)

static const char *const settings_with_domains[] = {"mydestination", "relay_domains",
                                                    "virtual_mailbox_domains", "virtual_alias_domains"};
enum { SETTING_COUNT = sizeof settings_with_domains / sizeof settings_with_domains[0] };

/* Some domains of many: their number, and the first few. */
struct domain_sample {
    size_t count;
    struct strbuf shown;
};

static void sample_add(struct domain_sample *sample, const char *domain)
{
    if (sample->count < SHOWN_MAX)
        strbuf_printf(&sample->shown, "%s%s", sample->count == 0 ? "" : ", ", domain);
    sample->count++;
}

/* "2 domains (a.example, b.example)" */
static void sample_append(const struct domain_sample *sample, struct strbuf *out)
{
    strbuf_printf(out, "%zu domain%s (%s%s)", sample->count, sample->count == 1 ? "" : "s",
                  strbuf_text(&sample->shown), sample->count > SHOWN_MAX ? ", ..." : "");
}

/* ---- what Postfix serves and the policy does not ---------------------------------------------------------
 */

/* A mail domain of the world: "localhost.example.com" and names without a dot are the machine's own business.
 */
static bool is_worth_telling(const char *domain)
{
    return strchr(domain + 1, '.') != NULL && strncmp(domain, "localhost.", 10) != 0;
}

/* ".example.com" stands for all below it; any name will do. */
static bool policy_has(const struct doctor *doctor, const char *domain)
{
    struct strbuf name;
    strbuf_init(&name, 0);
    strbuf_printf(&name, "%s%s", domain[0] == '.' ? "any" : "", domain);
    bool has_it = policy_snapshot_has_domain(doctor->snapshot, strbuf_slice(&name));
    strbuf_deinit(&name);
    return has_it;
}

static void append_domains_line(struct strbuf *change, const struct domain_sample *sample)
{
    strbuf_printf(change, "# closedrelay.yaml, if that is meant\nrelay: { local_domains: [..., %s%s] }",
                  strbuf_text(&sample->shown), sample->count > SHOWN_MAX ? ", ..." : "");
}

static void report_refused(const struct doctor *doctor, const char *setting,
                           const struct domain_sample *sample)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "domains", NULL,
        "Postfix takes mail for these domains from everybody, closedrelay refuses strangers for good (550): mail that is "
        "meant for your customers goes back to its senders.");
    strbuf_append_text(&finding->what, "Postfix takes mail for ");
    sample_append(sample, &finding->what);
    strbuf_printf(&finding->what, " of %s that are not in relay.local_domains", setting);
    append_domains_line(&finding->change, sample);
}

/* The name of the machine is there by Postfix's default, and few mean it. */
static void report_host_name(const struct doctor *doctor, const char *name)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "host_name", NULL,
        "Answers to mail that the machine itself sends (cron, bounces) come to that name, and closedrelay refuses them "
        "from strangers.");
    strbuf_printf(&finding->what,
                  "Postfix takes mail for its own name %s, which is not in relay.local_domains", name);
    strbuf_printf(
        &finding->change,
        "# closedrelay.yaml, or take $myhostname out of mydestination\nrelay: { local_domains: [..., %s] }",
        name);
}

/* The domains that were added last, from number `from` at `at` on. */
static void compare_new(const struct doctor *doctor, const char *setting, const struct served_domains *served,
                        size_t from, size_t at)
{
    const char *own = postfix_setting(doctor->postfix, "myhostname");
    struct domain_sample refused = {0};
    strbuf_init(&refused.shown, 0);
    for (size_t i = from; i < served->domain_count && !served->text.failed; i++) {
        const char *domain = served->text.data + at;
        at += strlen(domain) + 1;
        if (!is_worth_telling(domain) || policy_has(doctor, domain))
            continue;
        if (own != NULL && slice_equal_nocase(slice_of(own), slice_of(domain)))
            report_host_name(doctor, domain);
        else
            sample_add(&refused, domain);
    }
    if (refused.count > 0)
        report_refused(doctor, setting, &refused);
    strbuf_deinit(&refused.shown);
}

/* ---- tables that can only be asked -----------------------------------------------------------------------
 */

static void report_every_domain(const struct doctor *doctor, const struct domain_table *table)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "every_domain", NULL,
        "reject_unauth_destination then refuses nothing: closedrelay is the only lock, and every gap in front of it (a "
        "stopped daemon, a service that was forgotten) an open door.");
    strbuf_printf(&finding->what, "Postfix takes mail for every domain there is (%s = %s)", table->setting,
                  table->name);
    postfix_suggest(finding, NULL, table->setting, "");
}

static void report_asked(const struct doctor *doctor, const struct domain_table *table, bool is_answered)
{
    struct doctor_finding *finding = postfix_add(
        doctor, is_answered ? DOCTOR_NOTE : DOCTOR_WARNING, is_answered ? "unlisted" : "unread", NULL,
        is_answered
            ? "A domain that is in that table alone is refused by closedrelay: let relay.local_domains come from "
              "the same place (docs/tables.md), and there is nothing to compare."
            : "Postfix cannot ask it either, or only with rights that doctor does not have: what it takes mail "
              "for is not compared with the policy.");
    strbuf_printf(
        &finding->what,
        is_answered
            ? "%s = %s cannot be listed: the domains of the policy were looked up in it, not the other way round"
            : "%s = %s does not answer",
        table->setting, table->name);
}

/* The domains of the policy, one a line. */
static bool add_policy_domain(void *context, const char *domain)
{
    struct strbuf *keys = context;
    if (domain[0] != '.')
        strbuf_printf(keys, "%s\n", domain);
    return true;
}

/* What was refused in a week, and that table has. */
static void check_refused(const struct doctor *doctor, const struct domain_table *table, struct slice refused)
{
    struct domain_sample sample = {0};
    struct strbuf known;
    strbuf_init(&sample.shown, 0);
    strbuf_init(&known, 0);
    if (refused.length > 0 && domain_table_ask(table, doctor->postfix_directory, refused, &known))
        for (char *domain = known.data, *end; domain != NULL && (end = strchr(domain, '\n')) != NULL;
             domain = end + 1) {
            *end = '\0';
            if (!policy_has(doctor, domain))
                sample_add(&sample, domain);
        }
    if (sample.count > 0)
        report_refused(doctor, table->setting, &sample);
    strbuf_deinit(&known);
    strbuf_deinit(&sample.shown);
}

/* Adds to what Postfix serves the domains of the policy that its other tables know. False: one did not
 * answer. */
static bool ask_tables(const struct doctor *doctor, struct served_domains *served, struct slice keys,
                       struct slice refused)
{
    bool are_answered = true;
    for (size_t i = 0; i < served->table_count; i++) {
        const struct domain_table *table = &served->tables[i];
        struct strbuf known, unread;
        if (strncmp(table->name, "static:", 7) == 0) {
            report_every_domain(doctor, table);
            are_answered = false;
            continue;
        }
        strbuf_init(&known, 0);
        strbuf_init(&unread, 0);
        bool is_answered = domain_table_ask(table, doctor->postfix_directory, keys, &known);
        report_asked(doctor, table, is_answered);
        check_refused(doctor, table, refused);
        served_domains_add(served, table->setting, strbuf_text(&known), doctor->postfix_directory, &unread);
        are_answered = are_answered && is_answered;
        strbuf_deinit(&known);
        strbuf_deinit(&unread);
    }
    return are_answered;
}

/* ---- what the policy serves and Postfix does not ---------------------------------------------------------
 */

/* relay_domains takes in what is below its entries (parent_domain_matches_subdomains). */
static bool is_below_relay_domain(const struct doctor *doctor, const char *domain)
{
    const char *relay = postfix_setting(doctor->postfix, "relay_domains");
    for (const char *dot = strchr(domain, '.'); relay != NULL && dot != NULL; dot = strchr(dot + 1, '.'))
        if (setting_has_word(relay, dot + 1))
            return true;
    return false;
}

static void report_not_served(const struct doctor *doctor, const struct served_domains *served,
                              struct slice keys)
{
    struct domain_sample missing = {0};
    strbuf_init(&missing.shown, 0);
    for (size_t end; keys.length > 0; keys = slice_part(keys, end, keys.length)) {
        end = slice_find(keys, '\n');
        char *domain = strndup(keys.data, end);
        end += end < keys.length;
        if (domain != NULL && domain[0] != '[' && !served_domains_has(served, domain) &&
            !is_below_relay_domain(doctor, domain))
            sample_add(&missing, domain);
        free(domain);
    }
    if (missing.count > 0) {
        struct doctor_finding *finding = postfix_add(
            doctor, DOCTOR_NOTE, "not_served", NULL,
            "Postfix refuses such mail itself (Relay access denied), before closedrelay is asked: no id, no record. Fine "
            "where the domain is only sent from.");
        strbuf_append_text(&finding->what, "relay.local_domains has ");
        sample_append(&missing, &finding->what);
        strbuf_append_text(&finding->what, " that Postfix does not take mail for");
        strbuf_printf(&finding->change, "virtual_mailbox_domains = ..., %s", strbuf_text(&missing.shown));
    }
    strbuf_deinit(&missing.shown);
}

/* Of a table that cannot be listed, what it has and the policy does not shows in the record: Postfix asks
 * closedrelay only about what it would take itself. */
static void read_refused(const struct doctor *doctor, struct strbuf *refused)
{
    const struct policy_history_source source = {.config = doctor->config_path};
    const int64_t now_us = clock_system_wall_us(NULL);
    policy_refused_domains(&source, now_us - REFUSED_WITHIN_US, now_us, refused);
}

/* ---- all of it -------------------------------------------------------------------------------------------
 */

static void report_unread(const struct doctor *doctor, const char *setting, const struct strbuf *unread)
{
    if (unread->length == 0)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "unread", NULL,
        "Postfix cannot read it either, and defers mail; what it takes mail for is not compared with the "
        "policy.");
    strbuf_printf(&finding->what, "%s names what cannot be read: ", setting);
    strbuf_append_slice(&finding->what, slice_trim(strbuf_slice(unread)));
}

/* True: all of it could be read. */
static bool read_setting(const struct doctor *doctor, const char *setting, struct served_domains *served)
{
    const char *value = postfix_setting(doctor->postfix, setting);
    size_t from = served->domain_count, at = served->text.length;
    struct strbuf unread;
    strbuf_init(&unread, 0);
    served_domains_add(served, setting, value == NULL ? "" : value, doctor->postfix_directory, &unread);
    compare_new(doctor, setting, served, from, at);
    report_unread(doctor, setting, &unread);
    bool is_read = unread.length == 0;
    strbuf_deinit(&unread);
    return is_read;
}

void postfix_check_domains(const struct doctor *doctor)
{
    struct served_domains served = {0};
    struct strbuf keys, refused;
    bool is_whole = true;
    strbuf_init(&keys, 0);
    strbuf_init(&refused, 0);
    strbuf_init(&served.text, 0);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        is_whole = read_setting(doctor, settings_with_domains[i], &served) && is_whole;
    policy_snapshot_each_domain(doctor->snapshot, add_policy_domain, &keys);
    if (served.table_count > 0)
        read_refused(doctor, &refused);
    is_whole = ask_tables(doctor, &served, strbuf_slice(&keys), strbuf_slice(&refused)) && is_whole;
    served_domains_sort(&served);
    if (is_whole && !served.failed)
        report_not_served(doctor, &served, strbuf_slice(&keys));
    served_domains_deinit(&served);
    strbuf_deinit(&keys);
    strbuf_deinit(&refused);
}
