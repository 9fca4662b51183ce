/* Postfix asks its own lists before it asks closedrelay: do they leave a way for certificates and recent
 * logins? */
#include "postfix_checks.h"
#include "postfix_restrictions.h"
#include "setting_words.h"

static bool is_filled(const char *value)
{
    return value != NULL && value[0] != '\0';
}

/* ---- certificates ----------------------------------------------------------------------------------- */

static bool says_yes(const struct postfix_settings *settings, const struct postfix_service *service,
                     const char *name)
{
    const char *value = postfix_service_setting(settings, service, name, NULL);
    return is_filled(value) && setting_is_yes(value);
}

static bool has_tls(const struct postfix_settings *settings, const struct postfix_service *service)
{
    const char *level = postfix_service_setting(settings, service, "smtpd_tls_security_level", NULL);
    return (is_filled(level) && strcmp(level, "none") != 0) ||
           says_yes(settings, service, "smtpd_tls_wrappermode") ||
           says_yes(settings, service, "smtpd_use_tls");
}

static bool asks_for_certificates(const struct postfix_settings *settings,
                                  const struct postfix_service *service)
{
    return has_tls(settings, service) && (says_yes(settings, service, "smtpd_tls_ask_ccert") ||
                                          says_yes(settings, service, "smtpd_tls_req_ccert"));
}

static bool knows_an_authority(const struct postfix_settings *settings, const struct postfix_service *service)
{
    return is_filled(postfix_service_setting(settings, service, "smtpd_tls_CAfile", NULL)) ||
           is_filled(postfix_service_setting(settings, service, "smtpd_tls_CApath", NULL)) ||
           says_yes(settings, service, "tls_append_default_CA");
}

static void report_not_verified(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_WARNING, "certificates_not_asked",
        "Only a certificate that Postfix asked for and verified is told to closedrelay: as it is, "
        "relay.trusted_certificates lets nobody in.");
    postfix_place(&finding->where, NULL);
    strbuf_append_text(&finding->what, "no service asks clients for a certificate that it can verify");
    strbuf_append_text(&finding->change, "smtpd_tls_ask_ccert = yes");
    if (!has_tls(settings, NULL))
        strbuf_append_text(&finding->change, "\nsmtpd_tls_security_level = may");
    if (!knows_an_authority(settings, NULL))
        strbuf_append_text(&finding->change, "\nsmtpd_tls_CAfile = /etc/postfix/tls/ca.pem");
}

/* The words of `list`, each behind `separator`: in master.cf no blank may stand between them. */
static void append_words(struct strbuf *change, const char *separator, const char *list)
{
    struct slice rest = slice_of(list), word;
    while (setting_words_next(&rest, &word)) {
        strbuf_append_text(change, separator);
        strbuf_append_slice(change, word);
    }
}

/* Where main.cf lets certificates pass, every service that matters has lists of its own. */
static void report_refused(const struct doctor_case *with, const struct postfix_settings *settings,
                           const struct postfix_service *service)
{
    if (!postfix_relays(settings, NULL, RELAY_WITH_CERTIFICATE).relays)
        service = NULL;
    const char *list = postfix_relays(settings, service, RELAY_WITH_CERTIFICATE).refused_by;
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_WARNING, "certificates_refused",
        "Postfix asks its own lists before it asks closedrelay, and they refuse whom relay.trusted_certificates lets "
        "in.");
    postfix_place(&finding->where, service);
    strbuf_printf(&finding->what, "%s lets no certificate relay", list);
    strbuf_printf(&finding->change, "%s%s%spermit_tls_all_clientcerts", service == NULL ? "" : "  -o ", list,
                  service == NULL ? " = " : "=");
    append_words(&finding->change, service == NULL ? ", " : ",",
                 postfix_service_setting(settings, service, list, NULL));
}

static void check_certificates(const struct doctor_case *with, const struct postfix_settings *settings)
{
    const struct postfix_service *asking = NULL;
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct postfix_service *service = &settings->services[i];
        if (!postfix_service_is_smtpd(service) || !asks_for_certificates(settings, service) ||
            !knows_an_authority(settings, service))
            continue;
        if (postfix_relays(settings, service, RELAY_WITH_CERTIFICATE).relays)
            return;
        asking = asking == NULL ? service : asking;
    }
    if (asking == NULL)
        report_not_verified(with, settings);
    else
        report_refused(with, settings, asking);
}

/* ---- recent logins ---------------------------------------------------------------------------------- */

/* A port of its own, so that the others keep Postfix's lock too. */
static void report_no_port(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_WARNING, "recent_logins_refused",
        "Postfix asks its own lists before it asks closedrelay, and they know nothing of `closedrelay allow`: who has "
        "logged in a moment ago is refused. A port of their own leaves them to closedrelay, which is then its only "
        "lock.");
    strbuf_append_text(&finding->where, "master.cf");
    strbuf_append_text(&finding->what, "clients with a recent login are refused by Postfix on every port");
    strbuf_append_text(&finding->change, "2525 inet n - y - - smtpd\n  -o smtpd_milters=");
    postfix_append_our_milter(with, settings, &finding->change);
    strbuf_append_text(
        &finding->change,
        "\n  -o milter_default_action=tempfail\n"
        "  -o smtpd_relay_restrictions=check_client_access,static:OK,reject_unauth_destination\n"
        "  -o smtpd_recipient_restrictions=");
}

static void check_recent_logins(const struct doctor_case *with, const struct postfix_settings *settings)
{
    for (size_t i = 0; i < settings->service_count; i++)
        if (postfix_service_is_smtpd(&settings->services[i]) &&
            postfix_relays(settings, &settings->services[i], RELAY_IN_A_TABLE).relays)
            return;
    report_no_port(with, settings);
}

void postfix_check_identities(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct policy_relay_needs needs;
    policy_snapshot_relay_needs(with->snapshot, &needs);
    if (needs.has_certificates)
        check_certificates(with, settings);
    if (needs.has_recent_logins)
        check_recent_logins(with, settings);
}
