/* The section `relay`. */
#include "check/relay/relay.h"
#include "config/sets.h"
#include "facts/domain_name.h"
#include "words/reply_rows.h"

static const struct config_key recent_logins_keys[] = {
    {.name = "remember",
     .type = &config_type_duration,
     .offset = offsetof(struct relay_recent_logins, remember_ms),
     .default_text = "30m",
     .most = 30ULL * 86400 * 1000,
     .flags = CONFIG_GLOBAL,
     .text =
         "How long `closedrelay allow ADDRESS` lets a client relay (role `trusted`) where it is not told with "
         "`--for`; 0: no client is let in by a recent login."},
    {0},
};

static const struct config_section recent_logins_section = {
    .name = "recent_logins",
    .struct_bytes = sizeof(struct relay_recent_logins),
    .keys = recent_logins_keys,
    .text = "Clients who logged in to their mailbox a moment ago.",
};

static const struct config_key relay_keys[] = {
    CHECK_COMMON_KEYS(struct relay_settings, "enforce", "defer"),
    {.name = "local_domains",
     .type = &config_type_domain_set,
     .offset = offsetof(struct relay_settings, local_domains),
     .default_text = "[]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "The domains that mail from outside is taken for. `.example.com` stands for all domains below "
         "example.com, without itself. Empty: mail from outside is taken for `postmaster` only. Where a table "
         "cannot be asked, a recipient whom nothing else knows is `unknown`."},
    {.name = "trusted_networks",
     .type = &config_type_network_set,
     .offset = offsetof(struct relay_settings, trusted_networks),
     .default_text = "[127.0.0.0/8, \"::1\"]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "Clients in these networks may relay without a login (role `trusted`)."},
    {.name = "trusted_certificates",
     .type = &config_type_text_list,
     .offset = offsetof(struct relay_settings, trusted_certificates),
     .default_text = "[]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_FREE_TEXT,
     .text = "Clients with one of these certificates, verified by the MTA, may relay without a login (role "
             "`trusted`): `sha256:` and the fingerprint where the MTA tells it, or `CN=` and the common "
             "name, which trusts every authority that the MTA does."},
    {.name = "trusted_webmail",
     .type = &config_type_network_set,
     .offset = offsetof(struct relay_settings, trusted_webmail),
     .default_text = "[]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "Hosts of a webmail that says in X-Originating-IP, X-Sender-IP, X-Client-IP or X-Forward whose "
         "browser a message comes from. From these clients it is believed and recorded as `origin_ip`; from "
         "all others it is ignored. Nobody may relay for being in this list."},
    {.name = "recent_logins",
     .type = &config_type_section,
     .offset = offsetof(struct relay_settings, recent_logins),
     .section = &recent_logins_section,
     .flags = CONFIG_GLOBAL,
     .text = "Clients who logged in to their mailbox a moment ago."},
    {.name = "local_daemons",
     .type = &config_type_text_set,
     .offset = offsetof(struct relay_settings, local_daemons),
     .default_text = "[]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_FILES_ONLY,
     .text =
         "Names of MTA services ({daemon_name}) which only the MTA's own local submission connects to, over the "
         "loopback address. What comes in there has the role `local`, and its user is read from the MTA's Received: "
         "line."},
    {.name = "default_realm",
     .type = &config_type_text,
     .offset = offsetof(struct relay_settings, default_realm),
     .default_text = "\"\"",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "The domain of logins that have none: with example.com, the login `ann` is ann@example.com."},
    {.name = "how_to_authenticate",
     .type = &config_type_text,
     .offset = offsetof(struct relay_settings, how_to_authenticate),
     .default_text = "\"" REPLY_HOW_TO_AUTHENTICATE "\"",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text = "The sentence that ends a refusal to relay: what your users are to do. A web address helps."},
    {0},
};

static void check_certificates(const struct relay_settings *relay, const struct config_finish *context)
{
    for (size_t i = 0; i < relay->trusted_certificates.count; i++) {
        const char *entry = relay->trusted_certificates.items[i];
        if (!role_certificate_is_valid(entry))
            config_finish_error(
                context, "trusted_certificates",
                "'%s' is no certificate: write sha256: and 64 hexadecimal digits, or CN= and a name", entry);
        else if (slice_starts_nocase(slice_of(entry), slice_of("sha256:")))
            config_finish_warning(
                context, "trusted_certificates",
                "a fingerprint can match behind Sendmail with CertFingerprintAlgorithm=sha256 only: "
                "Postfix tells milters none; there write CN= and the name");
    }
}

/* How many of `count` addresses that are spread over the Internet's are in the networks: so neither halves
 * written apart nor networks in a file or in many pieces are missed. */
enum { SAMPLE_COUNT = 56 };

static size_t samples_within(const struct network_set *networks, bool is_ipv4)
{
    size_t found = 0;
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        struct ip_address address = {{0}};
        if (is_ipv4) {
            /* 1.… to 221.…: none of them private, one in each /6. */
            const uint8_t bytes[] = {
                0xff, 0xff, (uint8_t)(4 * i + 1), (uint8_t)(37 * i + 77), (uint8_t)(91 * i + 13), 201};
            memcpy(address.bytes + 10, bytes, sizeof bytes);
        } else {
            /* In 2000::/3, the part that is given out. */
            const uint8_t bytes[] = {(uint8_t)(0x20 + i / 2), (uint8_t)(128 * (i % 2) + i + 1),
                                     (uint8_t)(53 * i)};
            memcpy(address.bytes, bytes, sizeof bytes);
        }
        found += network_set_contains(networks, &address);
    }
    return found;
}

static void warn_of_wide_networks(const struct relay_settings *relay, const struct config_finish *context)
{
    for (int family = 4; family <= 6; family += 2) {
        const size_t found = samples_within(relay->trusted_networks, family == 4);
        if (found == SAMPLE_COUNT)
            config_finish_warning(context, "trusted_networks",
                                  "an open relay: everybody is in a trusted network (IPv%d)", family);
        else if (found >= 2)
            config_finish_warning(
                context, "trusted_networks",
                "an open relay: about %zu %% of all IPv%d addresses are in trusted networks",
                100 * found / SAMPLE_COUNT, family);
    }
}

/* What opens the relay to everybody may be wanted for an hour, but it is always said. */
static void warn_of_open_relay(const struct relay_settings *relay, const struct config_finish *context)
{
    if (relay->common.mode != MODE_ENFORCE)
        config_finish_warning(context, "mode",
                              "an open relay: with this mode anybody outside may send anywhere");
    warn_of_wide_networks(relay, context);
}

/* Words by which somebody meant to say how many domains, not which. */
static void warn_of_words(const struct relay_settings *relay, const struct config_finish *context)
{
    static const char *const words[] = {"none", "all", "any", "every", "everything", "default"};
    for (size_t i = 0; i < sizeof words / sizeof *words && !text_set_has_tables(relay->local_domains); i++)
        if (text_set_contains(relay->local_domains, slice_of(words[i])))
            config_finish_warning(
                context, "local_domains",
                "local_domains: '%s' is taken for a domain of that name; for no domain write []", words[i]);
}

static void check_default_realm(const struct relay_settings *relay, const struct config_finish *context)
{
    char name[DOMAIN_NAME_BYTES];
    const struct slice realm = slice_of(relay->default_realm);
    if (realm.length == 0)
        return;
    const char *fault =
        realm.data[0] == '.' ? "write it without the dot before it" : domain_entry_canonical(realm, name);
    if (fault != NULL)
        config_finish_error(context, "default_realm", "default_realm: '%s' is no domain: %s",
                            relay->default_realm, fault);
}

static void relay_finish(void *owner, void *settings, const struct config_finish *context)
{
    (void)owner;
    check_certificates(settings, context);
    check_default_realm(settings, context);
    if (context->role != ROLE_OUTSIDE)
        return;
    warn_of_open_relay(settings, context);
    warn_of_words(settings, context);
}

const struct config_section relay_section = {
    .name = "relay",
    .struct_bytes = sizeof(struct relay_settings),
    .keys = relay_keys,
    .per_role = true,
    .finish = relay_finish,
    .text = "Who may send through this relay, and where to.",
};
