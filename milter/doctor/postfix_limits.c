/* Postfix's limits beside the policy's: sizes, recipients, errors, and what a client may do in a minute. */
#include "postfix_checks.h"
#include "setting_value.h"

#include <inttypes.h>
#include <stdio.h>

/* Postfix's own default of smtpd_recipient_limit. */
enum { RECIPIENTS_DEFAULT = 1000, NUMBER_TEXT_BYTES = 24 };

/* A third more than ours, rounded: 40000000 for 30 MB. Room for the header fields that are added on the way.
 */
static uint64_t roomy(uint64_t limit)
{
    uint64_t unit = 1;
    while (limit / unit >= 100)
        unit *= 10;
    return (limit + limit / 3 + unit - 1) / unit * unit;
}

static void suggest_number(struct doctor_finding *finding, const struct postfix_service *service,
                           const char *name, uint64_t value)
{
    char text[NUMBER_TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRIu64, value);
    postfix_suggest(finding, service, name, text);
}

/* A number where it is said (postfix_said). */
static bool said_number(const struct doctor *doctor, const struct postfix_service *service, const char *name,
                        uint64_t *number)
{
    const char *text = postfix_said(doctor, service, name);
    return text != NULL && setting_number(slice_of(text), number);
}

static uint64_t number_in_force(const struct doctor *doctor, const struct postfix_service *service,
                                const char *name, uint64_t otherwise)
{
    const char *text = postfix_service_setting(doctor->postfix, service, name, NULL);
    uint64_t number;
    return text != NULL && setting_number(slice_of(text), &number) ? number : otherwise;
}

/* ---- size ------------------------------------------------------------------------------------------------
 */

/* Postfix' delivery agents do not start where a mailbox holds less than a message. */
static void suggest_mailboxes(const struct doctor *doctor, uint64_t wanted, struct doctor_finding *finding)
{
    static const char *const names[] = {"mailbox_size_limit", "virtual_mailbox_limit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t limit;
        if (said_number(doctor, NULL, names[i], &limit) && limit > 0 && limit < wanted)
            suggest_number(finding, NULL, names[i], wanted);
    }
}

static void report_size(const struct doctor *doctor, const struct postfix_service *service, uint64_t theirs)
{
    uint64_t ours = doctor->needs.size_limit_bytes;
    struct doctor_finding *finding =
        theirs == 0
            ? postfix_add(
                  doctor, DOCTOR_WARNING, "size_unlimited", service,
                  "Postfix writes a message to its queue before closedrelay can refuse it: anybody who "
                  "may connect can fill the disk.")
            : postfix_add(doctor, DOCTOR_PROBLEM, "size_limit", service,
                          "Postfix looks first: messages that the policy allows are refused, and the sender "
                          "never reads closedrelay's answer, which says both figures.");
    if (theirs == 0) {
        strbuf_append_text(&finding->what, "Postfix takes messages of any size (message_size_limit = 0)");
    } else {
        strbuf_printf(&finding->what,
                      "Postfix takes %" PRIu64 " bytes (message_size_limit), the policy up to %" PRIu64,
                      theirs, ours);
        doctor_append_override(&finding->what, &doctor->needs.size_from);
    }
    uint64_t wanted = roomy(ours == 0 ? 30000000 : ours);
    suggest_number(finding, service, "message_size_limit", wanted);
    if (service == NULL)
        suggest_mailboxes(doctor, wanted, finding);
}

static void check_size(const struct doctor *doctor, const struct postfix_service *service)
{
    uint64_t theirs, ours = doctor->needs.size_limit_bytes;
    if (said_number(doctor, service, "message_size_limit", &theirs) &&
        (theirs == 0 || (ours > 0 && theirs <= ours)))
        report_size(doctor, service, theirs);
}

/* ---- recipients ------------------------------------------------------------------------------------------
 */

static void check_recipients(const struct doctor *doctor, const struct postfix_service *service)
{
    uint64_t theirs, ours = doctor->needs.recipients_limit;
    if (!said_number(doctor, service, "smtpd_recipient_limit", &theirs) || theirs > ours)
        return;
    struct doctor_finding *finding =
        postfix_add(doctor, DOCTOR_WARNING, "recipient_limit", service,
                    "Postfix then answers the surplus itself (452), before closedrelay counts it: what "
                    "recipients.excess says does not happen, and the record does not show it.");
    strbuf_printf(&finding->what,
                  "Postfix takes %" PRIu64
                  " recipients (smtpd_recipient_limit), the policy counts up to %" PRIu64,
                  theirs, ours);
    doctor_append_override(&finding->what, &doctor->needs.recipients_from);
    suggest_number(finding, service, "smtpd_recipient_limit",
                   ours < RECIPIENTS_DEFAULT ? RECIPIENTS_DEFAULT : ours * 2);
}

/* Each recipient that the policy refuses is an error for Postfix, which hangs up (421) at so many. Only where
 * logins are offered: there people read the answer. */
static void check_errors(const struct doctor *doctor, const struct postfix_service *service)
{
    uint64_t refused_from = doctor->needs.refused_recipients_from;
    if (service == NULL || refused_from == 0 ||
        !postfix_says_yes(doctor, service, "smtpd_sasl_auth_enable") ||
        postfix_failure_of(doctor, service) == POSTFIX_NOT_ASKED)
        return;
    uint64_t most = number_in_force(doctor, service, "smtpd_recipient_limit", RECIPIENTS_DEFAULT);
    uint64_t errors = number_in_force(doctor, service, "smtpd_hard_error_limit", 20);
    if (most < refused_from || errors > most - refused_from)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "error_limit", service,
        "With `excess: refuse` every recipient beyond the limit is refused, and each refusal is an error that Postfix "
        "counts: at the last one it hangs up with a temporary error (421). The mail program then tries again for "
        "days, and its user never reads why.");
    strbuf_printf(&finding->what,
                  "Postfix hangs up after %" PRIu64 " errors (smtpd_hard_error_limit), a message to %" PRIu64
                  " recipients has more (recipients.limit is %" PRIu64 ")",
                  errors, refused_from + errors, refused_from);
    suggest_number(finding, service, "smtpd_hard_error_limit", most);
}

void postfix_check_limits(const struct doctor *doctor, const struct postfix_service *service)
{
    check_size(doctor, service);
    check_recipients(doctor, service);
    check_errors(doctor, service);
}

/* ---- what anvil counts, by client address ----------------------------------------------------------------
 */

static void report_client_limit(const struct doctor *doctor, const struct postfix_service *service,
                                const char *name, uint64_t theirs, bool stops_one_message)
{
    struct doctor_finding *finding = postfix_add(
        doctor, stops_one_message ? DOCTOR_WARNING : DOCTOR_NOTE, "client_limit", service,
        "Postfix (anvil) counts by client address: a whole office or a webmail shares one limit, whoever is logged in, and is "
        "told 450 before closedrelay is asked; no id, no record, nothing in `usage`. Limits by login are `rates`.");
    strbuf_printf(&finding->what, "Postfix has a limit of its own: %s = %" PRIu64, name, theirs);
    if (stops_one_message)
        strbuf_printf(&finding->what, ", less than one message may have by the policy (%" PRIu64 ")",
                      doctor->needs.recipients_limit);
    postfix_suggest(finding, service, name, "0");
}

void postfix_check_client_limits(const struct doctor *doctor, const struct postfix_service *service)
{
    static const char *const rates[] = {"smtpd_client_message_rate_limit",
                                        "smtpd_client_connection_rate_limit", "smtpd_client_auth_rate_limit",
                                        "smtpd_client_new_tls_session_rate_limit"};
    static const char recipients[] = "smtpd_client_recipient_rate_limit";
    uint64_t theirs;
    if (said_number(doctor, service, recipients, &theirs) && theirs > 0)
        report_client_limit(doctor, service, recipients, theirs, theirs < doctor->needs.recipients_limit);
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (said_number(doctor, service, rates[i], &theirs) && theirs > 0)
            report_client_limit(doctor, service, rates[i], theirs, false);
}
