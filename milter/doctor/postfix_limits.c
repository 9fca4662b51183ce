/* Postfix's limits beside the policy's: sizes and recipients. */
#include "doctor_checks.h"
#include "setting_words.h"

#include <inttypes.h>

/* A third more than ours, rounded: 40000000 for 30 MB. Room for the header fields that are added on the way.
 */
static uint64_t roomy(uint64_t limit)
{
    uint64_t unit = 1;
    while (limit / unit >= 100)
        unit *= 10;
    return (limit + limit / 3 + unit - 1) / unit * unit;
}

static bool read_limit(const struct postfix_settings *settings, const struct postfix_service *service,
                       const char *name, uint64_t *limit, bool *is_own)
{
    const char *text = postfix_service_setting(settings, service, name, is_own);
    return text != NULL && setting_number(slice_of(text), limit);
}

/* Postfix' delivery agents do not start where a mailbox holds less than a message. */
static void suggest_mailboxes(const struct postfix_settings *settings, uint64_t wanted, struct strbuf *change)
{
    static const char *const names[] = {"mailbox_size_limit", "virtual_mailbox_limit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t limit;
        bool is_own;
        if (read_limit(settings, NULL, names[i], &limit, &is_own) && limit > 0 && limit < wanted)
            strbuf_printf(change, "\n%s = %" PRIu64, names[i], wanted);
    }
}

static void report_size(const struct doctor_case *with, const struct postfix_settings *settings,
                        const struct postfix_service *service, uint64_t theirs)
{
    struct doctor_finding *finding =
        theirs == 0
            ? doctor_report_add(with->report, DOCTOR_WARNING, "size_unlimited",
                                "Postfix writes a message to its queue before closedrelay can refuse it: "
                                "anybody who may connect can fill the disk.")
            : doctor_report_add(with->report, DOCTOR_PROBLEM, "size_limit",
                                "Postfix looks first: messages that the policy allows are refused, and the "
                                "sender never reads closedrelay's answer, which says both figures.");
    uint64_t ours = with->needs.size_limit_bytes;
    postfix_place(&finding->where, service);
    if (theirs == 0)
        strbuf_append_text(&finding->what, "Postfix takes messages of any size (message_size_limit = 0)");
    else
        strbuf_printf(&finding->what,
                      "Postfix takes %" PRIu64 " bytes (message_size_limit), the policy up to %" PRIu64,
                      theirs, ours);
    if (theirs != 0)
        doctor_append_override(&finding->what, &with->needs.size_from);
    uint64_t wanted = roomy(ours == 0 ? 30000000 : ours);
    strbuf_printf(&finding->change, "%smessage_size_limit%s%" PRIu64, service == NULL ? "" : "  -o ",
                  service == NULL ? " = " : "=", wanted);
    if (service == NULL)
        suggest_mailboxes(settings, wanted, &finding->change);
}

static void check_size(const struct doctor_case *with, const struct postfix_settings *settings,
                       const struct postfix_service *service)
{
    uint64_t theirs;
    bool is_own;
    if (read_limit(settings, service, "message_size_limit", &theirs, &is_own) &&
        is_own == (service != NULL) &&
        (theirs == 0 || (with->needs.size_limit_bytes > 0 && theirs <= with->needs.size_limit_bytes)))
        report_size(with, settings, service, theirs);
}

static void check_recipients(const struct doctor_case *with, const struct postfix_settings *settings,
                             const struct postfix_service *service)
{
    uint64_t theirs;
    bool is_own;
    if (!read_limit(settings, service, "smtpd_recipient_limit", &theirs, &is_own) ||
        is_own != (service != NULL) || theirs > with->needs.recipients_limit)
        return;
    struct doctor_finding *finding =
        doctor_report_add(with->report, DOCTOR_WARNING, "recipient_limit",
                          "Postfix then answers the surplus itself (452), before closedrelay counts it: what "
                          "recipients.excess says does not happen, and the record does not show it.");
    postfix_place(&finding->where, service);
    strbuf_printf(&finding->what,
                  "Postfix takes %" PRIu64
                  " recipients (smtpd_recipient_limit), the policy counts up to %" PRIu64,
                  theirs, with->needs.recipients_limit);
    doctor_append_override(&finding->what, &with->needs.recipients_from);
    strbuf_printf(&finding->change, "%ssmtpd_recipient_limit%s%" PRIu64, service == NULL ? "" : "  -o ",
                  service == NULL ? " = " : "=",
                  with->needs.recipients_limit < 1000 ? 1000 : with->needs.recipients_limit * 2);
}

void postfix_check_limits(const struct doctor_case *with, const struct postfix_settings *settings)
{
    check_size(with, settings, NULL);
    check_recipients(with, settings, NULL);
    for (size_t i = 0; i < settings->service_count; i++) {
        if (!postfix_service_is_smtpd(&settings->services[i]))
            continue;
        check_size(with, settings, &settings->services[i]);
        check_recipients(with, settings, &settings->services[i]);
    }
}
