#include "check/relay/role.h"

#include <talloc.h>

bool role_is_authenticated(const struct message_facts *message)
{
    struct slice mechanism = slice_trim(slice_of(message->auth_type));
    return slice_trim(slice_of(message->login)).length > 0 && mechanism.length > 0 &&
           !slice_equal_nocase(mechanism, slice_of("ANONYMOUS"));
}

bool role_session_is_local(const struct session_facts *session)
{
    /* Postfix' cleanup(8) calls itself 127.0.0.1 or ::1, port 0; `sendmail -bs` has no address at all. */
    if (session->client_ip_known)
        return session->client_port == 0 && ip_address_is_loopback(&session->client_ip);
    return slice_equal_nocase(slice_of(session->client_name), slice_of("localhost"));
}

bool role_session_is_local_daemon(const struct relay_settings *settings, const struct session_facts *session)
{
    char name[128];
    const size_t length = strlen(session->daemon_name);
    if (length == 0 || length >= sizeof name || !session->client_ip_known ||
        !ip_address_is_loopback(&session->client_ip))
        return false;
    for (size_t i = 0; i <= length; i++)
        name[i] = ascii_lower(session->daemon_name[i]);
    return text_set_contains(settings->local_daemons, slice_make(name, length));
}

/* ---- certificates ----------------------------------------------------------------------------------- */

enum { SHA256_HEX_DIGITS = 64 };

/* Reads 64 hexadecimal digits, colons between them allowed, "sha256:" before them too, as lower case. */
static bool fingerprint_digits(const char *text, char digits[SHA256_HEX_DIGITS])
{
    struct slice rest = slice_of(text);
    struct slice prefix = slice_of("sha256:");
    if (slice_starts_nocase(rest, prefix))
        rest = slice_part(rest, prefix.length, rest.length);
    size_t count = 0;
    for (size_t i = 0; i < rest.length; i++) {
        if (rest.data[i] == ':')
            continue;
        if (count == SHA256_HEX_DIGITS || ascii_hex_value(rest.data[i]) < 0)
            return false;
        digits[count++] = ascii_lower(rest.data[i]);
    }
    return count == SHA256_HEX_DIGITS;
}

static bool fingerprint_matches(const char *wanted, const char *given)
{
    char a[SHA256_HEX_DIGITS], b[SHA256_HEX_DIGITS];
    return fingerprint_digits(wanted, a) && fingerprint_digits(given, b) && memcmp(a, b, sizeof a) == 0;
}

/*
 * The common name in what the MTA gives as subject: Postfix gives the name alone, Sendmail the whole DN,
 * "/C=DE/CN=relay.example". A "/" in a component looks like the next component, so a DN with two common names
 * proves neither, and one that is not what Sendmail itself took for the name is none (another component that
 * has
 * "/CN=" in it, or a DN cut off at Sendmail's limit): then the result is empty.
 */
static struct slice subject_common_name(const struct tls_facts *tls, const char *mta_version)
{
    static const char mark[] = "/CN=";
    struct slice whole = slice_of(tls->cert_subject), stated = slice_of(tls->cert_common_name);
    bool is_name_alone = slice_starts_nocase(slice_of(mta_version), slice_of("Postfix"));
    if (is_name_alone || whole.length == 0 || whole.data[0] != '/')
        return whole;
    const char *first = strcasestr(tls->cert_subject, mark);
    if (first == NULL || strcasestr(first + 1, mark) != NULL)
        return slice_of("");
    struct slice name = slice_of(first + strlen(mark));
    name.length = slice_find(name, '/');
    return slice_equal_nocase(name, stated) ? name : slice_of("");
}

static bool certificate_matches(const char *entry, const struct tls_facts *tls, const char *mta_version)
{
    if (slice_starts_nocase(slice_of(entry), slice_of("sha256:")))
        return fingerprint_matches(entry, tls->cert_fingerprint);
    return role_certificate_is_valid(entry) &&
           slice_equal_nocase(slice_of(entry + strlen("CN=")), subject_common_name(tls, mta_version));
}

bool role_certificate_is_valid(const char *entry)
{
    char digits[SHA256_HEX_DIGITS];
    if (slice_starts_nocase(slice_of(entry), slice_of("sha256:")))
        return fingerprint_digits(entry, digits);
    return slice_starts_nocase(slice_of(entry), slice_of("CN=")) && entry[3] != '\0';
}

/* The entry of trusted_certificates that the client proved to have, or NULL. */
static const char *trusted_certificate(const struct relay_settings *settings,
                                       const struct session_facts *session, const struct tls_facts *tls)
{
    if (!tls->cert_verified)
        return NULL;
    for (size_t i = 0; i < settings->trusted_certificates.count; i++)
        if (certificate_matches(settings->trusted_certificates.items[i], tls, session->mta_version))
            return settings->trusted_certificates.items[i];
    return NULL;
}

/* ---- roles ------------------------------------------------------------------------------------------ */

/* One decision. */
struct role_question {
    void *owner;
    const struct relay_settings *settings;
    const struct session_facts *session;
};

static bool set_role(struct message_facts *message, enum role role, const char *reason, const char *user)
{
    message->role = user == NULL ? ROLE_OUTSIDE : role;
    message->role_reason = user == NULL ? "" : reason;
    message->user = user == NULL ? "" : user;
    return user != NULL;
}

static bool set_trusted_network(void *owner, const struct ip_network *network, struct message_facts *message)
{
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(network, text);
    return set_role(message, ROLE_TRUSTED, "trusted_network", talloc_strdup(owner, text));
}

/* Who came by network and without a login. */
static bool decide_by_client(const struct role_question *question, struct message_facts *message)
{
    const struct session_facts *session = question->session;
    struct ip_network network;
    const char *certificate = trusted_certificate(question->settings, session, &message->tls);
    if (certificate != NULL)
        return set_role(message, ROLE_TRUSTED, "trusted_certificate", certificate);
    if (message->gathered.recent_login != NULL)
        return set_role(message, ROLE_TRUSTED, "recent_login", message->gathered.recent_login);
    if (session->client_ip_known &&
        network_set_find(question->settings->trusted_networks, &session->client_ip, &network))
        return set_trusted_network(question->owner, &network, message);
    return set_role(message, ROLE_OUTSIDE, "", "");
}

bool role_decide(void *owner, const struct relay_settings *settings, const struct session_facts *session,
                 struct message_facts *message)
{
    const struct role_question question = {owner, settings, session};
    if (role_is_authenticated(message))
        return set_role(message, ROLE_SUBMISSION, "authenticated",
                        login_canonical(owner, slice_of(message->login), settings->default_realm));
    if (role_session_is_local(session) || role_session_is_local_daemon(settings, session))
        return set_role(message, ROLE_LOCAL, "handed_in_locally", "local");
    return decide_by_client(&question, message);
}

bool role_wants_recent_login(const struct relay_settings *settings, const struct session_facts *session,
                             const struct message_facts *message)
{
    return settings->recent_logins.remember_ms != 0 && session->client_ip_known &&
           !role_is_authenticated(message);
}
