/* Logins: where they are offered, and whether the policy understands their names. */
#include "command_output.h"
#include "postfix_checks.h"
#include "setting_value.h"

enum { DOVECONF_BYTES_MAX = 1 << 20 };

static bool offers_logins(const struct doctor *doctor, const struct postfix_service *service)
{
    return postfix_says_yes(doctor, service, "smtpd_sasl_auth_enable");
}

/* ---- one service -----------------------------------------------------------------------------------------
 */

static void check_submission(const struct doctor *doctor, const struct postfix_service *service)
{
    if (!postfix_service_is_submission(service) || offers_logins(doctor, service))
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "no_logins", service,
        "The port is there for logins, and there are none: everybody who sends by it is a stranger to the policy.");
    strbuf_append_text(&finding->what, "this service offers no login (smtpd_sasl_auth_enable = no)");
    postfix_suggest(finding, service, "smtpd_sasl_auth_enable", "yes");
}

static void check_anonymous(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *options =
        postfix_service_setting(doctor->postfix, service, "smtpd_sasl_security_options", NULL);
    if (!offers_logins(doctor, service) || options == NULL || setting_has_word(options, "noanonymous"))
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "anonymous_logins", service,
        "Postfix then takes SASL's ANONYMOUS for a login and relays for it; closedrelay does not count it as one.");
    strbuf_append_text(&finding->what, "smtpd_sasl_security_options lacks noanonymous");
    postfix_suggest(finding, NULL, "smtpd_sasl_security_options", "noanonymous");
}

/* The domain that logins without one get is a name of the machine, and none that people send with. */
static void check_realm(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *realm = postfix_said(doctor, service, "smtpd_sasl_local_domain");
    if (realm == NULL || realm[0] == '\0' || policy_snapshot_has_domain(doctor->snapshot, slice_of(realm)))
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "foreign_realm", service,
        "A login without a domain then counts as one of a domain that nobody sends with: the check "
        "sender refuses every message of such users, for it does not fit their address.");
    strbuf_printf(&finding->what,
                  "logins without a domain become users of %s, which is not in relay.local_domains "
                  "(smtpd_sasl_local_domain)",
                  realm);
    postfix_suggest(finding, service, "smtpd_sasl_local_domain", "");
    strbuf_append_text(&finding->change, "\n# closedrelay.yaml\nrelay: { default_realm: example.com }");
}

void postfix_check_service_logins(const struct doctor *doctor, const struct postfix_service *service)
{
    check_realm(doctor, service);
    if (service == NULL)
        return;
    check_submission(doctor, service);
    check_anonymous(doctor, service);
}

/* ---- all of them -----------------------------------------------------------------------------------------
 */

static const struct postfix_service *find_login_service(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->postfix->service_count; i++)
        if (postfix_service_is_smtpd(&doctor->postfix->services[i]) &&
            offers_logins(doctor, &doctor->postfix->services[i]))
            return &doctor->postfix->services[i];
    return NULL;
}

static void report_no_logins(const struct doctor *doctor)
{
    struct doctor_finding *finding =
        postfix_add(doctor, DOCTOR_NOTE, "no_logins_anywhere", NULL,
                    "Only trusted networks and certificates may relay then. Fine if that is meant.");
    strbuf_append_text(&finding->what, "no service offers logins (smtpd_sasl_auth_enable)");
    postfix_suggest(finding, NULL, "smtpd_sasl_auth_enable", "yes");
}

/* What Dovecot says of logins: a default realm, and whether they are users of the system, who have no domain.
 */
static void ask_dovecot(bool *has_realm, bool *are_system_users)
{
    static const char *const realm_command[] = {"doveconf", "-h", "auth_default_realm", NULL};
    static const char *const passdb_command[] = {"doveconf", "-h", "passdb", NULL};
    struct strbuf realm, passdb;
    strbuf_init(&realm, DOVECONF_BYTES_MAX);
    strbuf_init(&passdb, DOVECONF_BYTES_MAX);
    *has_realm = command_output(realm_command, true, &realm) && slice_trim(strbuf_slice(&realm)).length > 0;
    *are_system_users =
        command_output(passdb_command, true, &passdb) && strstr(strbuf_text(&passdb), "driver = pam") != NULL;
    strbuf_deinit(&realm);
    strbuf_deinit(&passdb);
}

/* Where logins have no domain and get none, `sender` cannot tell anything of them. */
static void check_no_realm(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *realm = postfix_service_setting(doctor->postfix, service, "smtpd_sasl_local_domain", NULL);
    const char *type = postfix_service_setting(doctor->postfix, service, "smtpd_sasl_type", NULL);
    bool is_dovecot = type != NULL && strcmp(type, "dovecot") == 0;
    bool dovecot_has_realm = false, are_system_users = false;
    if (!doctor->relay.compares_senders || doctor->relay.default_realm[0] != '\0' ||
        (!is_dovecot && realm != NULL && realm[0] != '\0'))
        return;
    if (is_dovecot && doctor->postfix_directory != NULL)
        ask_dovecot(&dovecot_has_realm, &are_system_users);
    if (dovecot_has_realm)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, are_system_users ? DOCTOR_WARNING : DOCTOR_NOTE, "no_realm", service,
        "The check sender compares the domain of a login with that of the sender. Of a login without a domain it can "
        "say nothing, and does what sender.on_unknown says, message by message. Fine where every login is a whole "
        "address.");
    strbuf_append_text(
        &finding->what,
        are_system_users
            ? "logins are users of the system (Dovecot's passdb is pam), and nothing gives them a domain"
            : "nothing gives a domain to logins without one");
    strbuf_append_text(&finding->change, "# closedrelay.yaml\nrelay: { default_realm: example.com }");
}

/* "ann-lists" is ann for Postfix only where it delivers, and for us only where we cut the same tag. */
static void check_delimiter(const struct doctor *doctor)
{
    const char *delimiter = postfix_setting(doctor->postfix, "recipient_delimiter");
    if (delimiter == NULL || delimiter[strspn(delimiter, doctor->relay.tag_delimiters)] == '\0')
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "delimiter", NULL,
        "Mail for ann and a tag behind that character reaches ann, but for the check sender it is another address: who "
        "sends with it is refused.");
    strbuf_printf(&finding->what, "Postfix cuts tags at \"%s\" (recipient_delimiter), the policy at \"%s\"",
                  delimiter, doctor->relay.tag_delimiters);
    strbuf_printf(&finding->change, "# closedrelay.yaml\nsender: { recipient_delimiter: \"%s\" }", delimiter);
}

void postfix_check_logins(const struct doctor *doctor)
{
    const struct postfix_service *service = find_login_service(doctor);
    if (service == NULL)
        report_no_logins(doctor);
    else
        check_no_realm(doctor, service);
    check_delimiter(doctor);
}
