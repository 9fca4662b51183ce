#include "check/relay.h"

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct config_key relay_keys[] = {
    CHECK_COMMON_KEYS(struct relay_settings, "enforce", "defer"),
    {.name = "local_domains",
     .type = &config_type_domain_set,
     .offset = offsetof(struct relay_settings, local_domains),
     .default_text = "[]",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "The domains that mail from outside is taken for. `.example.com` stands for all domains below "
             "example.com, without itself. Empty: mail from outside is taken for `postmaster` only."},
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
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "Clients with one of these certificates, verified by the MTA, may relay without a login (role "
             "`trusted`): `sha256:` and the fingerprint where the MTA tells it, or `CN=` and the common "
             "name, which "
             "trusts every authority that the MTA does."},
    {.name = "default_realm",
     .type = &config_type_text,
     .offset = offsetof(struct relay_settings, default_realm),
     .default_text = "\"\"",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "The domain of logins that have none: with example.com, the login `ann` is ann@example.com."},
    {.name = "how_to_authenticate",
     .type = &config_type_text,
     .offset = offsetof(struct relay_settings, how_to_authenticate),
     .default_text =
         "\"To send to others, log in first (SMTP AUTH), on port 587 with STARTTLS or on port 465.\"",
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
    }
}

/* What opens the relay to everybody may be meant, for an hour; it is never left unsaid. */
static void warn_of_open_relay(const struct relay_settings *relay, const struct config_finish *context)
{
    static const char *const anywhere[] = {"198.51.100.1", "2001:db8::1"};
    if (relay->common.mode != MODE_ENFORCE)
        config_finish_warning(context, "mode",
                              "an open relay: with this mode anybody outside may send anywhere");
    for (size_t i = 0; i < sizeof anywhere / sizeof anywhere[0]; i++) {
        struct ip_address address;
        struct ip_network network;
        bool found = ip_address_parse(slice_of(anywhere[i]), &address) &&
                     network_set_find(relay->trusted_networks, &address, &network);
        /* The whole of IPv4 has 96 bits, as mapped addresses. */
        if (found && network.prefix_bits <= (ip_address_is_ipv4(&address) ? 96 : 0))
            config_finish_warning(context, "trusted_networks",
                                  "an open relay: everybody is in a trusted network");
    }
}

static void relay_finish(void *owner, void *settings, const struct config_finish *context)
{
    (void)owner;
    check_certificates(settings, context);
    if (context->role == ROLE_OUTSIDE)
        warn_of_open_relay(settings, context);
}

static const struct config_section relay_section = {
    .name = "relay",
    .struct_bytes = sizeof(struct relay_settings),
    .keys = relay_keys,
    .per_role = true,
    .finish = relay_finish,
    .text = "Who may send through this relay, and where to.",
};

/* ---- decision --------------------------------------------------------------------------------------- */

bool relay_domain_is_local(const struct relay_settings *settings, const char *domain)
{
    struct slice rest = slice_of(domain);
    if (rest.length == 0)
        return false;
    if (text_set_contains(settings->local_domains, rest))
        return true;
    for (size_t dot = slice_find(rest, '.'); dot < rest.length; dot = slice_find(rest, '.')) {
        rest = slice_part(rest, dot, rest.length);
        if (text_set_contains(settings->local_domains, rest))
            return true;
        rest = slice_part(rest, 1, rest.length);
    }
    return false;
}

/* A route's hosts are to be ignored (RFC 5321, 4.1.1.3), but an MTA that follows them would pass mail on. */
static bool route_is_local(const struct relay_settings *settings, const char *route)
{
    struct slice rest = slice_of(route);
    while (rest.length > 0) {
        size_t comma = slice_find(rest, ',');
        struct slice host = slice_trim(slice_part(rest, 0, comma));
        rest = slice_part(rest, comma < rest.length ? comma + 1 : comma, rest.length);
        if (host.length < 2 || host.data[0] != '@' ||
            !text_set_contains(settings->local_domains, slice_part(host, 1, host.length)))
            return false;
    }
    return true;
}

const char *relay_refusal(const struct relay_settings *settings, const struct mail_address *address)
{
    if (address->malformed || address->is_null)
        return "malformed_address";
    /* RFC 5321, 4.5.1: every relay takes mail for its postmaster. */
    if (address->domain[0] == '\0' && address->route[0] == '\0' &&
        slice_equal_nocase(slice_of(address->local_part), slice_of("postmaster")))
        return NULL;
    /* What an MTA may take for the next hop once the local domain is stripped (RFC 1123, 5.2.16; UUCP). */
    if (strpbrk(address->local_part, "@%!") != NULL)
        return "second_hop";
    if (address->domain[0] == '\0')
        return "no_domain";
    if (address->is_literal && !relay_domain_is_local(settings, address->domain))
        return "address_literal";
    if (!relay_domain_is_local(settings, address->domain))
        return "not_local_domain";
    return route_is_local(settings, address->route) ? NULL : "source_route";
}

static const char *refusal_text(const struct check_context *context, const char *reason)
{
    const struct relay_settings *settings = context->settings;
    const char *address = check_shorten(context, context->recipient->verbatim, 200);
    const char *why = "is not at one of our domains.";
    if (strcmp(reason, "second_hop") == 0 || strcmp(reason, "source_route") == 0)
        why = "asks us to pass the mail on to another server.";
    else if (strcmp(reason, "malformed_address") == 0)
        why = "is not a mail address of the form user@domain.";
    else if (strcmp(reason, "no_domain") == 0)
        why = "has no domain.";
    if (address == NULL)
        return NULL;
    const char *space = settings->how_to_authenticate[0] == '\0' ? "" : " ";
    return check_text(context, "Relaying denied: %s %s%s%s", address[0] == '\0' ? "<>" : address, why, space,
                      settings->how_to_authenticate);
}

/* Why this client may send anywhere. */
static void tell_relaying_role(const struct check_context *context, struct finding_list *findings)
{
    static const char *const reasons[ROLE_COUNT] = {
        [ROLE_SUBMISSION] = "authenticated",
        [ROLE_TRUSTED] = "trusted_client",
        [ROLE_LOCAL] = "handed_in_locally",
    };
    const char *reason = reasons[context->message->role];
    if (reason == NULL)
        return;
    struct finding finding = check_finding(relay_check.name, context, FINDING_PASS, reason);
    finding.detail = context->message->user;
    finding_add(findings, &finding);
}

static void judge_recipient(const struct check_context *context, struct finding_list *findings)
{
    const struct recipient *recipient = context->recipient;
    if (context->message->role != ROLE_OUTSIDE || recipient->action == RECIPIENT_IGNORED)
        return;
    const char *reason = relay_refusal(context->settings, &recipient->address);
    struct finding finding =
        check_finding(relay_check.name, context, reason == NULL ? FINDING_PASS : FINDING_FAIL,
                      reason == NULL ? "local_recipient" : reason);
    if (reason != NULL) {
        finding.detail = recipient->verbatim;
        finding.reply = (struct reply){550, "5.7.1", refusal_text(context, reason)};
    }
    finding_add(findings, &finding);
}

static void relay_decide(const struct check_context *context, struct finding_list *findings)
{
    if (context->stage == STAGE_MAIL)
        tell_relaying_role(context, findings);
    else
        judge_recipient(context, findings);
}

const struct check relay_check = {
    .name = "relay",
    .section = &relay_section,
    .stages = STAGE_MAIL | STAGE_RECIPIENT,
    .decide = relay_decide,
};
