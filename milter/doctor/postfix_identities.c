/* Postfix asks its own lists before it asks closedrelay: do they leave a way for certificates and recent
 * logins? */
#include "postfix_checks.h"
#include "postfix_restrictions.h"
#include "setting_value.h"

static bool is_filled(const char *value)
{
    return value != NULL && value[0] != '\0';
}

/* ---- certificates ----------------------------------------------------------------------------------- */

static bool has_tls(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *level = postfix_service_setting(doctor->postfix, service, "smtpd_tls_security_level", NULL);
    return (is_filled(level) && strcmp(level, "none") != 0) ||
           postfix_says_yes(doctor, service, "smtpd_tls_wrappermode") ||
           postfix_says_yes(doctor, service, "smtpd_use_tls");
}

static bool asks_for_certificates(const struct doctor *doctor, const struct postfix_service *service)
{
    return has_tls(doctor, service) && (postfix_says_yes(doctor, service, "smtpd_tls_ask_ccert") ||
                                        postfix_says_yes(doctor, service, "smtpd_tls_req_ccert"));
}

static bool knows_an_authority(const struct doctor *doctor, const struct postfix_service *service)
{
    return is_filled(postfix_service_setting(doctor->postfix, service, "smtpd_tls_CAfile", NULL)) ||
           is_filled(postfix_service_setting(doctor->postfix, service, "smtpd_tls_CApath", NULL)) ||
           postfix_says_yes(doctor, service, "tls_append_default_CA");
}

static void report_not_verified(const struct doctor *doctor)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "certificates_not_asked",
        "Only a certificate that Postfix asked for and verified is told to closedrelay: as it is, "
        "relay.trusted_certificates lets nobody in.");
    postfix_place(&finding->where, NULL);
    strbuf_append_text(&finding->what, "no service asks clients for a certificate that it can verify");
    strbuf_append_text(&finding->change, "smtpd_tls_ask_ccert = yes");
    if (!has_tls(doctor, NULL))
        strbuf_append_text(&finding->change, "\nsmtpd_tls_security_level = may");
    if (!knows_an_authority(doctor, NULL))
        strbuf_append_text(&finding->change, "\nsmtpd_tls_CAfile = /etc/postfix/tls/ca.pem");
}

/* The words of `list`, each behind `separator`: in master.cf no blank may stand between them. */
static void append_words(struct strbuf *change, const char *separator, const char *list)
{
    struct slice rest = slice_of(list), word;
    while (setting_next_word(&rest, &word)) {
        strbuf_append_text(change, separator);
        strbuf_append_slice(change, word);
    }
}

/* Where main.cf lets certificates pass, every service that matters has lists of its own. */
static void report_refused(const struct doctor *doctor, const struct postfix_service *service)
{
    if (!postfix_relays(doctor->postfix, NULL, RELAY_WITH_CERTIFICATE).relays)
        service = NULL;
    const char *list = postfix_relays(doctor->postfix, service, RELAY_WITH_CERTIFICATE).refused_by;
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "certificates_refused",
        "Postfix asks its own lists before it asks closedrelay, and they refuse whom relay.trusted_certificates lets "
        "in.");
    postfix_place(&finding->where, service);
    strbuf_printf(&finding->what, "%s lets no certificate relay", list);
    strbuf_printf(&finding->change, "%s%s%spermit_tls_all_clientcerts", service == NULL ? "" : "  -o ", list,
                  service == NULL ? " = " : "=");
    append_words(&finding->change, service == NULL ? ", " : ",",
                 postfix_service_setting(doctor->postfix, service, list, NULL));
}

static void check_certificates(const struct doctor *doctor)
{
    const struct postfix_service *asking = NULL;
    for (size_t i = 0; i < doctor->postfix->service_count; i++) {
        const struct postfix_service *service = &doctor->postfix->services[i];
        if (!postfix_service_is_smtpd(service) || !asks_for_certificates(doctor, service) ||
            !knows_an_authority(doctor, service))
            continue;
        if (postfix_relays(doctor->postfix, service, RELAY_WITH_CERTIFICATE).relays)
            return;
        asking = asking == NULL ? service : asking;
    }
    if (asking == NULL)
        report_not_verified(doctor);
    else
        report_refused(doctor, asking);
}

/* ---- recent logins ---------------------------------------------------------------------------------- */

/* A port of its own, so that the others keep Postfix's lock too. */
static void report_no_port(const struct doctor *doctor)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "recent_logins_refused",
        "Postfix asks its own lists before it asks closedrelay, and they know nothing of `closedrelay allow`: who has "
        "logged in a moment ago is refused. A port of their own leaves them to closedrelay, which is then its only "
        "lock.");
    strbuf_append_text(&finding->where, "master.cf");
    strbuf_append_text(&finding->what, "clients with a recent login are refused by Postfix on every port");
    strbuf_append_text(&finding->change, "2525 inet n - y - - smtpd\n  -o smtpd_milters=");
    postfix_append_our_milter(doctor, &finding->change);
    strbuf_append_text(
        &finding->change,
        "\n  -o milter_default_action=tempfail\n"
        "  -o smtpd_relay_restrictions=check_client_access,static:OK,reject_unauth_destination\n"
        "  -o smtpd_recipient_restrictions=");
}

static void check_recent_logins(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->postfix->service_count; i++)
        if (postfix_service_is_smtpd(&doctor->postfix->services[i]) &&
            postfix_relays(doctor->postfix, &doctor->postfix->services[i], RELAY_IN_A_TABLE).relays)
            return;
    report_no_port(doctor);
}

void postfix_check_identities(const struct doctor *doctor)
{
    if (doctor->relay.has_certificates)
        check_certificates(doctor);
    if (doctor->relay.has_recent_logins)
        check_recent_logins(doctor);
}
