/* Whom Sendmail takes somebody for: logins, ports, certificates. */
#include "sendmail_checks.h"
#include "setting_value.h"

/* ---- logins ----------------------------------------------------------------------------------------- */

static void report_no_logins(const struct doctor *doctor)
{
    struct doctor_finding *finding = sendmail_add(doctor, DOCTOR_NOTE, "no_logins_anywhere",
                                                  "Only trusted networks and certificates may relay then. "
                                                  "Fine if that is meant. (Sendmail hands logins over in "
                                                  "xtext, closedrelay decodes them; nothing to set.)");
    strbuf_append_text(&finding->what, "no mechanism for logins is named (AuthMechanisms)");
    strbuf_append_text(&finding->change, "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl\n"
                                         "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl");
}

static void report_anonymous(const struct doctor *doctor)
{
    struct doctor_finding *finding = sendmail_add(
        doctor, DOCTOR_WARNING, "anonymous_logins",
        "Sendmail then takes SASL's ANONYMOUS for a login; closedrelay does not count it as one.");
    strbuf_append_text(&finding->what, "AuthMechanisms has ANONYMOUS");
    strbuf_append_text(&finding->change, "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl");
}

/* Whether one of the mechanisms is in class TrustAuthMech. */
static bool some_are_trusted(const struct sendmail_cf *cf, const char *mechanisms)
{
    const char *trusted;
    for (size_t next = 0; (trusted = sendmail_next_class(cf, 'C', "TrustAuthMech", &next)) != NULL;) {
        struct slice rest = slice_of(trusted), word;
        while (setting_next_word(&rest, &word)) {
            struct slice offered = slice_of(mechanisms), one;
            while (setting_next_word(&offered, &one))
                if (slice_equal_nocase(one, word))
                    return true;
        }
    }
    return false;
}

static void check_logins(const struct doctor *doctor)
{
    const char *mechanisms = sendmail_option(doctor->sendmail, "AuthMechanisms");
    if (mechanisms == NULL || mechanisms[0] == '\0') {
        report_no_logins(doctor);
        return;
    }
    if (setting_has_word(mechanisms, "ANONYMOUS"))
        report_anonymous(doctor);
    if (some_are_trusted(doctor->sendmail, mechanisms))
        return;
    struct doctor_finding *finding =
        sendmail_add(doctor, DOCTOR_WARNING, "logins_not_trusted",
                     "Users log in, and then Sendmail itself refuses to relay for them.");
    strbuf_append_text(&finding->what, "no mechanism of AuthMechanisms lets relay (TRUST_AUTH_MECH)");
    strbuf_printf(&finding->change, "TRUST_AUTH_MECH(`%s')dnl", mechanisms);
}

/* ---- ports ------------------------------------------------------------------------------------------ */

/* "Name=MSA, Port=587, M=EA": option `name`, or its first letter alone. */
static bool daemon_option(const char *daemon, const char *name, struct slice *value)
{
    const char letter[] = {name[0], '\0'};
    struct slice rest = slice_of(daemon), word;
    while (setting_next_word(&rest, &word))
        if (setting_option(word, name, value) || setting_option(word, letter, value))
            return true;
    return false;
}

static bool is_submission_port(struct slice port)
{
    static const char *const ports[] = {"587", "465", "submission", "submissions", "smtps"};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (slice_equal_nocase(port, slice_of(ports[i])))
            return true;
    return false;
}

/* The modifier A takes AUTH away from a port. */
static void check_port(const struct doctor *doctor, const char *daemon)
{
    struct slice port, modifiers;
    if (!daemon_option(daemon, "Port", &port) || !is_submission_port(port) ||
        !daemon_option(daemon, "Modifiers", &modifiers) || slice_find(modifiers, 'A') == modifiers.length)
        return;
    struct doctor_finding *finding = sendmail_add(
        doctor, DOCTOR_WARNING, "no_logins",
        "The port is there for logins, and there are none: everybody who sends by it is a stranger to "
        "the policy.");
    strbuf_printf(&finding->what, "a port for users offers no login (modifier A): %s", daemon);
    strbuf_append_text(&finding->change, "dnl the same DAEMON_OPTIONS without A in M=");
}

static void report_unknown_daemons(const struct doctor *doctor)
{
    struct doctor_finding *finding = sendmail_add(
        doctor, DOCTOR_WARNING, "local_daemons",
        "Mail of programs on this machine is then that of the network it comes from, without the user who "
        "sent it.");
    strbuf_append_text(&finding->what, "no daemon has a name (Name=) that is in relay.local_daemons");
    strbuf_append_text(&finding->change,
                       "# closedrelay.yaml: the Name= of the one that listens at 127.0.0.1\n"
                       "relay: { local_daemons: [MTA] }");
}

static void check_daemons(const struct doctor *doctor)
{
    bool is_known = false;
    const char *daemon;
    for (size_t next = 0;
         (daemon = sendmail_next_option(doctor->sendmail, "DaemonPortOptions", &next)) != NULL;) {
        struct slice name;
        check_port(doctor, daemon);
        is_known = is_known || (daemon_option(daemon, "Name", &name) &&
                                policy_snapshot_has_local_daemon(doctor->snapshot, name));
    }
    if (doctor->relay.has_local_daemons && !is_known)
        report_unknown_daemons(doctor);
}

/* ---- certificates ----------------------------------------------------------------------------------- */

static bool is_unset(const struct sendmail_cf *cf, const char *option)
{
    const char *value = sendmail_option(cf, option);
    return value == NULL || value[0] == '\0';
}

static void check_starttls(const struct doctor *doctor)
{
    static const struct {
        const char *option, *macro, *value;
    } needed[] = {
        {"CACertPath", "confCACERT_PATH", "/etc/mail/tls"},
        {"CACertFile", "confCACERT", "/etc/mail/tls/ca.pem"},
        {"ServerCertFile", "confSERVER_CERT", "/etc/mail/tls/server.pem"},
        {"ServerKeyFile", "confSERVER_KEY", "/etc/mail/tls/server.key"},
    };
    struct doctor_finding *finding = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!is_unset(doctor->sendmail, needed[i].option))
            continue;
        if (finding == NULL) {
            finding = sendmail_add(doctor, DOCTOR_WARNING, "no_starttls",
                                   "Sendmail offers no STARTTLS without all four, says nothing of it, and "
                                   "relay.trusted_certificates lets nobody in.");
            strbuf_append_text(&finding->what, "for certificates these are not set:");
        } else {
            strbuf_append_byte(&finding->change, '\n');
        }
        strbuf_printf(&finding->what, " %s", needed[i].option);
        strbuf_printf(&finding->change, "define(`%s', `%s')dnl", needed[i].macro, needed[i].value);
    }
}

static void check_verification(const struct doctor *doctor)
{
    const char *options = sendmail_option(doctor->sendmail, "TLSSrvOptions");
    if (options == NULL || strchr(options, 'V') == NULL)
        return;
    struct doctor_finding *finding = sendmail_add(
        doctor, DOCTOR_WARNING, "certificates_not_asked",
        "Sendmail then asks no client for its certificate, and relay.trusted_certificates lets nobody in.");
    strbuf_append_text(&finding->what, "TLSSrvOptions has V");
    strbuf_append_text(&finding->change, "dnl define(`confTLS_SRV_OPTIONS', `V')dnl");
}

static void check_fingerprint(const struct doctor *doctor)
{
    const char *algorithm = sendmail_option(doctor->sendmail, "CertFingerprintAlgorithm");
    if (algorithm != NULL && slice_equal_nocase(slice_trim(slice_of(algorithm)), slice_of("sha256")))
        return;
    struct doctor_finding *finding = sendmail_add(
        doctor, DOCTOR_WARNING, "no_fingerprints",
        "Entries of relay.trusted_certificates with sha256: match nobody: Sendmail tells MD5 or nothing.");
    strbuf_append_text(&finding->what, "CertFingerprintAlgorithm is not sha256");
    strbuf_append_text(&finding->change, "define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')dnl");
}

void sendmail_check_identities(const struct doctor *doctor)
{
    check_logins(doctor);
    check_daemons(doctor);
    if (doctor->relay.has_certificates) {
        check_starttls(doctor);
        check_verification(doctor);
    }
    if (doctor->relay.has_fingerprints)
        check_fingerprint(doctor);
}
