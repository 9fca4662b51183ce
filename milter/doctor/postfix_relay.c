/* Does Postfix itself keep the relay closed: restrictions, networks, logins? */
#include "postfix_checks.h"
#include "postfix_restrictions.h"
#include "setting_value.h"

/* ---- does Postfix itself keep it closed? ------------------------------------------------------------ */

/* How a service that relays for everybody is kept shut, if it is. */
static const char *why_open(enum postfix_failure failure, bool is_enforced)
{
    if (failure == POSTFIX_NOT_ASKED)
        return "An open relay: Postfix relays for anybody, and does not ask closedrelay.";
    if (!is_enforced)
        return "An open relay: Postfix relays for anybody, and the policy only watches (mode, relay.mode).";
    if (failure == POSTFIX_FAILS_OPEN)
        return "An open relay whenever closedrelay is stopped, restarted or overloaded: Postfix relays for anybody, and "
               "takes mail unseen while it has no answer (milter_default_action = accept).";
    return "Postfix alone would relay for anybody: closedrelay is then the only lock, and every gap in front of it "
           "(a stopped daemon, a service that was forgotten) an open door.";
}

/* A port of its own for recent logins, of whom Postfix knows nothing, is meant to be so. */
static bool is_meant(const struct policy_relay_requirements *needs, const struct postfix_service *service,
                     enum postfix_failure failure)
{
    return service != NULL && needs->has_recent_logins && needs->is_enforced &&
           failure == POSTFIX_FAILS_CLOSED;
}

static void report_only_lock(const struct doctor *doctor, const struct postfix_service *service)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_NOTE, "only_lock",
        "Recent logins need that. It stays shut while closedrelay is away as long as milter_default_action is not "
        "accept.");
    postfix_place(&finding->where, service);
    strbuf_append_text(&finding->what,
                       "closedrelay is the only lock here: Postfix itself relays for anybody");
}

static void suggest_lists(const struct relay_answer *answer, const struct postfix_service *service,
                          struct strbuf *change)
{
    if (slice_equal_nocase(answer->permitted_by, slice_of("permit_mynetworks")))
        strbuf_append_text(change, service == NULL ? "mynetworks = 127.0.0.0/8, [::1]/128"
                                                   : "  -o mynetworks=127.0.0.0/8,[::1]/128");
    else
        strbuf_append_text(change, service == NULL ? "smtpd_relay_restrictions = permit_mynetworks, "
                                                     "permit_sasl_authenticated, reject_unauth_destination"
                                                   : "  -o smtpd_relay_restrictions=permit_mynetworks,"
                                                     "permit_sasl_authenticated,reject_unauth_destination");
}

/* `service` is one that does so; `is_main`: because main.cf says so. */
static void report_open(const struct doctor *doctor, const struct postfix_service *service, bool is_main)
{
    enum postfix_failure failure = postfix_failure_of(doctor, service);
    struct relay_answer answer = postfix_relays(doctor->postfix, service, RELAY_STRANGER);
    service = is_main ? NULL : service;
    if (is_meant(&doctor->relay, service, failure)) {
        report_only_lock(doctor, service);
        return;
    }
    struct doctor_finding *finding = doctor_report_add(doctor->report, DOCTOR_PROBLEM, "open_relay",
                                                       why_open(failure, doctor->relay.is_enforced));
    postfix_place(&finding->where, service);
    if (answer.permitted_by.length == 0)
        strbuf_append_text(&finding->what, "smtpd_relay_restrictions has no reject_unauth_destination");
    else
        strbuf_append_text(&finding->what, "everybody passes smtpd_relay_restrictions by ");
    strbuf_append_slice(&finding->what, answer.permitted_by);
    suggest_lists(&answer, service, &finding->change);
}

static bool has_own(const struct postfix_settings *settings, const struct postfix_service *service)
{
    static const char *const names[] = {"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
                                        "mynetworks"};
    bool is_own = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !is_own; i++)
        postfix_service_setting(settings, service, names[i], &is_own);
    return is_own;
}

/* What main.cf says is told once, however many services use it. */
static void check_restrictions(const struct doctor *doctor)
{
    bool is_main_told = false;
    for (size_t i = 0; i < doctor->postfix->service_count; i++) {
        const struct postfix_service *service = &doctor->postfix->services[i];
        bool is_main = !has_own(doctor->postfix, service);
        if (!postfix_service_is_smtpd(service) ||
            !postfix_relays(doctor->postfix, service, RELAY_STRANGER).relays || (is_main && is_main_told))
            continue;
        report_open(doctor, service, is_main);
        is_main_told = is_main_told || is_main;
    }
}

/* ---- networks --------------------------------------------------------------------------------------- */

static void report_wider(const struct doctor *doctor, struct slice word, const struct ip_network *network)
{
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(network, text);
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "networks",
        "Postfix would relay for these clients, closedrelay takes them for strangers and refuses: "
        "one of the two lists is not what you mean.");
    postfix_place(&finding->where, NULL);
    strbuf_append_text(&finding->what, "mynetworks has ");
    strbuf_append_slice(&finding->what, word);
    strbuf_append_text(&finding->what, ", which is not in relay.trusted_networks");
    strbuf_append_text(&finding->change,
                       "# closedrelay.yaml, if they may relay; else take it out of mynetworks\n"
                       "relay: { trusted_networks: [..., \"");
    strbuf_append_text(&finding->change, text);
    strbuf_append_text(&finding->change, "\"] }");
}

static void check_networks(const struct doctor *doctor)
{
    const char *networks = postfix_setting(doctor->postfix, "mynetworks");
    struct slice rest = slice_of(networks == NULL ? "" : networks), word;
    while (setting_next_word(&rest, &word)) {
        struct ip_network network;
        if (postfix_network_parse(word, &network) && !policy_snapshot_trusts(doctor->snapshot, &network))
            report_wider(doctor, word, &network);
    }
}

/* ---- who may say who it is -------------------------------------------------------------------------- */

void postfix_check_xclient(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *hosts = postfix_said(doctor, service, "smtpd_authorized_xclient_hosts");
    if (hosts == NULL || !postfix_networks_are_everybody(hosts))
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "xclient", service,
        "With XCLIENT a client names the address it comes from and the login it has, and both are "
        "believed: anybody is anybody.");
    strbuf_printf(&finding->what, "every client may use XCLIENT (smtpd_authorized_xclient_hosts = %s)",
                  hosts);
    postfix_suggest(finding, service, "smtpd_authorized_xclient_hosts", "");
}

/* ---- smuggling -------------------------------------------------------------------------------------- */

/* CVE-2023-51764: a line end that only some servers take for one hides a second message in a first. The
 * milter cannot see that: it gets messages after Postfix has cut them. */
static void check_bare_newlines(const struct doctor *doctor)
{
    const char *forbid = postfix_setting(doctor->postfix, "smtpd_forbid_bare_newline");
    if (forbid != NULL && strcmp(forbid, "no") != 0)
        return;
    bool can_normalize = postfix_setting(doctor->postfix, "smtpd_forbid_bare_newline_reject_code") != NULL;
    struct doctor_finding *finding =
        doctor_report_add(doctor->report, DOCTOR_WARNING, "bare_newlines",
                          "SMTP smuggling (CVE-2023-51764): a login can hide a second message, with any "
                          "sender, inside its own. It "
                          "never reaches closedrelay as what it is, for Postfix cuts the messages.");
    postfix_place(&finding->where, NULL);
    strbuf_append_text(&finding->what, forbid == NULL
                                           ? "this Postfix does not know smtpd_forbid_bare_newline"
                                           : "bare newlines end lines (smtpd_forbid_bare_newline = no)");
    if (forbid == NULL)
        strbuf_append_text(&finding->change, "# Postfix 3.5.23, 3.6.13, 3.7.9, 3.8.4 or newer, then:\n");
    strbuf_printf(&finding->change, "smtpd_forbid_bare_newline = %s", can_normalize ? "normalize" : "yes");
}

void postfix_check_relay(const struct doctor *doctor)
{
    check_restrictions(doctor);
    check_networks(doctor);
    check_bare_newlines(doctor);
}
