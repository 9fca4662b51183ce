#include "check/role.h"

#include <talloc.h>

bool role_is_authenticated(const struct message_facts *message)
{
    struct slice mechanism = slice_of(message->auth_type);
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
 * proves neither: then the result is empty.
 */
static struct slice subject_common_name(const char *subject, const char *mta_version)
{
    static const char mark[] = "/CN=";
    struct slice whole = slice_of(subject);
    bool is_name_alone = slice_starts_nocase(slice_of(mta_version), slice_of("Postfix"));
    if (is_name_alone || whole.length == 0 || whole.data[0] != '/')
        return whole;
    const char *first = strcasestr(subject, mark);
    if (first == NULL || strcasestr(first + 1, mark) != NULL)
        return slice_of("");
    struct slice name = slice_of(first + strlen(mark));
    name.length = slice_find(name, '/');
    return name;
}

static bool certificate_matches(const char *entry, const struct tls_facts *tls, const char *mta_version)
{
    struct slice wanted = slice_of(entry);
    if (slice_starts_nocase(wanted, slice_of("sha256:")))
        return fingerprint_matches(entry, tls->cert_fingerprint);
    if (!role_certificate_is_valid(entry))
        return false;
    return slice_equal_nocase(slice_part(wanted, 3, wanted.length),
                              subject_common_name(tls->cert_subject, mta_version));
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

static bool set_role(struct message_facts *message, enum role role, const char *user)
{
    message->role = user == NULL ? ROLE_OUTSIDE : role;
    message->user = user == NULL ? "" : user;
    return user != NULL;
}

static bool set_submission(void *owner, const struct relay_settings *settings, struct message_facts *message)
{
    return set_role(message, ROLE_SUBMISSION,
                    login_canonical(owner, slice_of(message->login), settings->default_realm));
}

static bool set_trusted_network(void *owner, const struct ip_network *network, struct message_facts *message)
{
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(network, text);
    return set_role(message, ROLE_TRUSTED, talloc_strdup(owner, text));
}

bool role_decide(void *owner, const struct relay_settings *settings, const struct session_facts *session,
                 struct message_facts *message)
{
    struct ip_network network;
    if (role_is_authenticated(message))
        return set_submission(owner, settings, message);
    if (role_session_is_local(session))
        return set_role(message, ROLE_LOCAL, "local");
    const char *certificate = trusted_certificate(settings, session, &message->tls);
    if (certificate != NULL)
        return set_role(message, ROLE_TRUSTED, certificate);
    if (session->client_ip_known &&
        network_set_find(settings->trusted_networks, &session->client_ip, &network))
        return set_trusted_network(owner, &network, message);
    return set_role(message, ROLE_OUTSIDE, "");
}
