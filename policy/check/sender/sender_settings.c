/* The section `sender`. */
#include "check/sender/sender.h"

#include "config/problems.h"
#include "config/sets.h"

static const struct config_choice match_choices[] = {
    {"off", SENDER_MATCH_OFF, "any sender"},
    {"domain", SENDER_MATCH_DOMAIN, "any address in the login's domain"},
    {"address", SENDER_MATCH_ADDRESS, "the login's own address, with any +tag"},
    {"table", SENDER_MATCH_TABLE, "what `table` or `login_maps` gives the login, and `own`"},
    {0},
};

static const struct config_choice own_choices[] = {
    {"none", SENDER_MATCH_OFF,
     "nothing: what is not in a table is not the login's, its own address included"},
    {"address", SENDER_MATCH_ADDRESS, "its own address, and what the tables give it"},
    {"domain", SENDER_MATCH_DOMAIN, "any address in its domain, and what the tables give it"},
    {0},
};

static const struct config_choice null_choices[] = {
    {"accept", SENDER_NULL_ACCEPT, "allowed"},
    {"reject", SENDER_NULL_REJECT, "refused: read receipts and bounces sent by mail programs are then lost"},
    {0},
};

static const struct config_choice display_choices[] = {
    {"any", SENDER_DISPLAY_ANY, "any text"},
    {"own", SENDER_DISPLAY_OWN,
     "an address that is shown there, also in encoded words, must be the login's too: `\"ceo@bank.example\" "
     "<ann@…>` is not ann's"},
    {0},
};

static const struct config_key outside_keys[] = {
    {.name = "envelope",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_outside_settings, envelope),
     .choices = check_mode_choices,
     .default_text = "monitor",
     .text =
         "An envelope sender in one of `relay.local_domains`, from a client that neither logged in nor is "
         "trusted. It is never stricter than `mode`."},
    {.name = "header_from",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_outside_settings, header_from),
     .choices = check_mode_choices,
     .default_text = "off",
     .text =
         "The same in From:. Mailing lists bring one's own users' mail back with their From:, see `lists`."},
    {.name = "forwarders",
     .type = &config_type_network_set,
     .offset = offsetof(struct sender_outside_settings, forwarders),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "Clients of whom neither is asked: hosts that forward mail to you as it is, and services that send "
         "for you."},
    {.name = "lists",
     .type = &config_type_text_set,
     .offset = offsetof(struct sender_outside_settings, lists),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text = "Envelope senders whose messages may have your domains in From:, as those of mailing lists do: "
             "addresses, `@lists.example.org`, `.example.org` for all domains below."},
    {0},
};

static const struct config_section outside_section = {
    .name = "outside",
    .struct_bytes = sizeof(struct sender_outside_settings),
    .keys = outside_keys,
    .text = "Your own domains as senders of mail that comes from outside.",
};

static const struct config_key sender_keys[] = {
    CHECK_COMMON_KEYS(struct sender_settings, "enforce", "accept"),
    {.name = "match",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, match),
     .choices = match_choices,
     .default_text = "domain",
     .text = "Which senders a login may use."},
    {.name = "own",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, own),
     .choices = own_choices,
     .default_text = "none",
     .text = "For `match: table`: what a login may use besides what the tables give it."},
    {.name = "table",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, table),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "For `match: table`: login -> the senders it may use, separated by commas or blanks: addresses (with any "
         "+tag), domains (`example.com`, `.example.com` for all below), `*` for any. `group:NAME` stands for all "
         "logins of a group, `@example.com` for all logins of a domain that have no entry of their own, `*` for all "
         "others."},
    {.name = "login_maps",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, login_maps),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "The other way round, as Postfix' smtpd_sender_login_maps: address or `@domain` -> the logins that may use "
         "it, `group:NAME` and `@example.com` (all logins of a domain) among them. With both, it is enough that one "
         "of them allows it."},
    {.name = "groups",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, groups),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "Login -> the names of the groups that it is in, separated by commas or blanks, for `group:NAME` in the "
         "tables."},
    {.name = "recipient_delimiter",
     .type = &config_type_text,
     .offset = offsetof(struct sender_settings, recipient_delimiter),
     .default_text = "+",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "The characters that begin a tag in an address, as Postfix' recipient_delimiter: of several, the first "
         "that occurs. Empty: there are no tags."},
    {.name = "identities",
     .type = &config_type_map,
     .offset = offsetof(struct sender_settings, identities),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "For the roles `trusted` and `local`: network, address, certificate, `uid:NUMBER`, `script:PATH` or "
         "`customer:NAME` -> the senders it may use, written as in `table`. Who has no entry may use any, unless `*` "
         "has one."},
    {.name = "header_from",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, header_from),
     .choices = check_mode_choices,
     .default_text = "monitor",
     .text =
         "The mode of the same rule for the From: and Sender: headers. It is never stricter than `mode`."},
    {.name = "display_name",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, display_name),
     .choices = display_choices,
     .default_text = "any",
     .text =
         "What may stand in the name beside the address in From: and Sender:. Contact forms and help desks often "
         "put somebody else's address there."},
    {.name = "null_sender",
     .type = &config_type_choice,
     .offset = offsetof(struct sender_settings, null_sender),
     .choices = null_choices,
     .default_text = "accept",
     .text = "The empty sender <> from a login."},
    {.name = "outside",
     .type = &config_type_section,
     .offset = offsetof(struct sender_settings, outside),
     .section = &outside_section,
     .text = "Your own domains as senders of mail that comes from outside."},
    {0},
};

static bool warn_of_key(void *context, const char *key, const char *logins)
{
    const struct config_excerpt shown = config_excerpt_of(slice_of(key));
    (void)logins;
    if (strchr(key, '@') == NULL)
        config_finish_warning(context, "login_maps",
                              "login_maps: '%s' is no address, so nobody asks for it: write @%s for all "
                              "addresses of a domain",
                              shown.text, shown.text);
    return true;
}

/* A network is found by the text that ip_network_print gives. */
static bool warn_of_network(void *context, const char *key, const char *senders)
{
    struct ip_network network;
    char text[IP_ADDRESS_TEXT_BYTES + 4] = "";
    bool host_bits = false;
    (void)senders;
    if (strchr(key, '@') != NULL || (!ip_network_parse(slice_of(key), &network, &host_bits) && !host_bits))
        return true;
    if (!host_bits && strchr(key, '/') == NULL)
        ip_address_print(&network.address, text);
    else if (!host_bits)
        ip_network_print(&network, text);
    if (host_bits || strcmp(text, key) != 0)
        config_finish_warning(context, "identities", "identities: '%s' is never looked up: write %s", key,
                              host_bits ? "the network's first address" : text);
    return true;
}

static void warn_of_what_does_nothing(const struct sender_settings *sender,
                                      const struct config_finish *context)
{
    const bool has_tables = !text_map_is_empty(sender->table) || !text_map_is_empty(sender->login_maps);
    if (config_finish_is_written(context, "header_from") && sender->header_from < sender->common.mode)
        config_finish_warning(context, "header_from",
                              "header_from: this is never stricter than 'mode', which is %s",
                              sender->common.mode == MODE_OFF ? "off" : "monitor");
    if (sender->match != SENDER_MATCH_TABLE && has_tables && context->role == ROLE_SUBMISSION)
        config_finish_warning(context, text_map_is_empty(sender->table) ? "login_maps" : "table",
                              "nobody looks at this without match: table");
    if (sender->match != SENDER_MATCH_TABLE && sender->own != SENDER_MATCH_OFF &&
        context->role == ROLE_SUBMISSION)
        config_finish_warning(context, "own", "own: nobody looks at this without match: table");
    text_map_each(sender->login_maps, warn_of_key, (void *)(uintptr_t)context);
    text_map_each(sender->identities, warn_of_network, (void *)(uintptr_t)context);
}

/* Keys about logins that are written for a role that has none. */
static void refuse_login_keys(const struct config_finish *context)
{
    static const char *const keys[] = {"match",  "own",         "table",        "login_maps",
                                       "groups", "null_sender", "display_name", "header_from"};
    const bool is_outside = context->role == ROLE_OUTSIDE;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const bool is_header = strcmp(keys[i], "header_from") == 0 || strcmp(keys[i], "display_name") == 0;
        if (!config_finish_is_special(context, keys[i]) || (is_header && !is_outside))
            continue;
        config_finish_error(
            context, keys[i],
            is_outside ? "%s: who comes from outside has no login: your own domains forged from "
                         "outside are refused by sender: { outside: { envelope: enforce, header_from: "
                         "enforce } }"
                       : "%s: this is about logins, which %s has none of: which senders a network or a "
                         "script may use is said by sender: { identities: { 192.0.2.0/24: example.com, "
                         "uid:1000: shop.example } }",
            keys[i], role_name(context->role));
    }
}

static void check_delimiter(const struct sender_settings *sender, const struct config_finish *context)
{
    for (const char *c = sender->recipient_delimiter; *c != '\0'; c++)
        if (ascii_is_alpha(*c) || ascii_is_digit(*c) || *c <= ' ' || strchr("@\"<>(),;:\\", *c) != NULL) {
            config_finish_error(context, "recipient_delimiter",
                                "recipient_delimiter: '%c' cannot begin a tag: write signs such as +-=", *c);
            return;
        }
}

static void sender_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct sender_settings *sender = settings;
    (void)owner;
    if (context->role != ROLE_SUBMISSION)
        refuse_login_keys(context);
    if (sender->match == SENDER_MATCH_TABLE && sender->own == SENDER_MATCH_OFF &&
        text_map_is_empty(sender->table) && text_map_is_empty(sender->login_maps))
        config_finish_error(context, "match", "match: table needs 'table' or 'login_maps'");
    check_delimiter(sender, context);
    warn_of_what_does_nothing(sender, context);
}

const struct config_section sender_section = {
    .name = "sender",
    .struct_bytes = sizeof(struct sender_settings),
    .keys = sender_keys,
    .per_role = true,
    .finish = sender_finish,
    .text =
        "Which sender addresses a login, a trusted network or a script may use, and your own domains from outside.",
};
