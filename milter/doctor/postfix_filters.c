/* Content filters beside a milter: what they keep from it, and what they bring to it twice. */
#include "postfix_checks.h"

static bool is_filled(const char *value)
{
    return value != NULL && value[0] != '\0';
}

/* A filter behind Postfix: it takes mail from the queue and hands it back over SMTP. */
static bool has_content_filter(const struct doctor *doctor, const struct postfix_service *service)
{
    return is_filled(postfix_service_setting(doctor->postfix, service, "content_filter", NULL));
}

bool postfix_is_local_daemon(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *name = postfix_service_setting(doctor->postfix, service, "milter_macro_daemon_name", NULL);
    return name != NULL && policy_snapshot_has_local_daemon(doctor->snapshot, slice_of(name));
}

/* Whether any service has a filter of its own: most have none, and then no service is to be asked. */
static bool is_filtered_somewhere(const struct postfix_settings *settings)
{
    for (size_t i = 0; i < settings->setting_count; i++)
        if (slice_ends_nocase(slice_of(settings->settings[i].name), slice_of("/content_filter")) &&
            is_filled(settings->settings[i].value))
            return true;
    return false;
}

bool postfix_is_reentry(const struct doctor *doctor, const struct postfix_service *service)
{
    if (!postfix_service_is_loopback(doctor->postfix, service) || postfix_service_is_submission(service) ||
        postfix_is_local_daemon(doctor, service) || has_content_filter(doctor, service))
        return false;
    if (has_content_filter(doctor, NULL))
        return true;
    if (!is_filtered_somewhere(doctor->postfix))
        return false;
    for (size_t i = 0; i < doctor->postfix->service_count; i++)
        if (postfix_service_is_smtpd(&doctor->postfix->services[i]) &&
            has_content_filter(doctor, &doctor->postfix->services[i]))
            return true;
    return false;
}

static void check_twice(const struct doctor *doctor, const struct postfix_service *service)
{
    if (service == NULL || !postfix_is_reentry(doctor, service) ||
        postfix_failure_of(doctor, service) == POSTFIX_NOT_ASKED)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "asked_twice", service,
        "What a content filter hands back here was seen when it came in. The second time it comes from this machine, "
        "without its login: counted twice, recorded twice, and judged by the rules of a trusted host.");
    strbuf_append_text(&finding->what,
                       "closedrelay is asked again about mail that a content filter hands back");
    postfix_suggest(finding, service, "smtpd_milters", "");
}

static void check_proxy(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *proxy = postfix_said(doctor, service, "smtpd_proxy_filter");
    if (!is_filled(proxy))
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "proxy_filter", service,
        "Postfix hands the message to such a filter while it comes in, and shows milters the envelope alone: no "
        "attachment is looked at, no From: field is compared, no size is counted. As content_filter the same program "
        "gets the mail from the queue, after closedrelay.");
    strbuf_printf(&finding->what,
                  "the content of messages is kept from closedrelay (smtpd_proxy_filter = %s)", proxy);
    postfix_suggest(finding, service, "smtpd_proxy_filter", "");
    struct strbuf transport;
    strbuf_init(&transport, 0);
    strbuf_printf(&transport, "smtp:%s%s", proxy[0] == ':' ? "[127.0.0.1]" : "", proxy);
    postfix_suggest(finding, service, "content_filter", strbuf_text(&transport));
    strbuf_deinit(&transport);
}

void postfix_check_filters(const struct doctor *doctor, const struct postfix_service *service)
{
    check_proxy(doctor, service);
    check_twice(doctor, service);
}
