/* Which sender addresses are a login's, or those of a network, a certificate or a script. */
#include "check/sender/sender.h"

#include "config/sets.h"

#include <strings.h>
#include <talloc.h>

const char sender_table_unavailable[] = "table_unavailable";

const char *sender_user_domain(const char *user)
{
    const char *at = strrchr(user, '@');
    return at == NULL ? "" : at + 1;
}

const char *sender_login_fault(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    bool needs_domain = settings->match == SENDER_MATCH_DOMAIN || settings->match == SENDER_MATCH_ADDRESS;
    return context->message->role == ROLE_SUBMISSION && needs_domain &&
                   sender_user_domain(context->message->user)[0] == '\0'
               ? "login_without_domain"
               : NULL;
}

/* Up to the first of the delimiters; a local part is not empty before it. */
static struct slice without_tag(struct slice local_part, const char *delimiters)
{
    for (size_t i = 1; i < local_part.length; i++)
        if (local_part.data[i] != '\0' && strchr(delimiters, local_part.data[i]) != NULL)
            return slice_part(local_part, 0, i);
    return local_part;
}

/* Whether `local_part` is `own`, or that with a tag. */
static bool local_part_is(struct slice local_part, struct slice own, const char *delimiters)
{
    return slice_equal_nocase(local_part, own) ||
           slice_equal_nocase(without_tag(local_part, delimiters), own);
}

bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match,
                    const char *delimiters)
{
    if (match == SENDER_MATCH_OFF)
        return true;
    const char *domain = sender_user_domain(user);
    if (address->malformed || address->route[0] != '\0' || domain[0] == '\0' ||
        strcmp(address->domain, domain) != 0)
        return false;
    struct slice login = slice_make(user, (size_t)(domain - user) - 1);
    return match == SENDER_MATCH_DOMAIN ||
           local_part_is(slice_of(address->local_part), without_tag(login, "+"), delimiters);
}

/* ---- tables ----------------------------------------------------------------------------------------- */

/* One question whether `address` is the user's. */
struct ownership {
    const struct check_context *context;
    const struct sender_settings *settings;
    const struct mail_address *address;
    struct strbuf value;  /* of the entries that count */
    struct strbuf groups; /* that the login is in */
    bool has_unknown;     /* a table that may know more could not be asked */
};

static void begin(struct ownership *ownership, const struct check_context *context,
                  const struct mail_address *address)
{
    *ownership = (struct ownership){.context = context, .settings = context->settings, .address = address};
    strbuf_init(&ownership->value, TABLE_VALUE_BYTES_MAX);
    strbuf_init(&ownership->groups, TABLE_VALUE_BYTES_MAX);
}

static void end(struct ownership *ownership)
{
    strbuf_deinit(&ownership->value);
    strbuf_deinit(&ownership->groups);
}

/* The next word of a value: commas and blanks stand between them. False at the end. */
static bool next_word(struct slice *rest, struct slice *word)
{
    static const char between[] = ", \t\r\n";
    while (rest->length > 0 && strchr(between, rest->data[0]) != NULL)
        *rest = slice_part(*rest, 1, rest->length);
    size_t end = 0;
    while (end < rest->length && strchr(between, rest->data[end]) == NULL)
        end++;
    *word = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end, rest->length);
    return end > 0;
}

/* Appends what a map has for `key`. */
static enum table_answer look_up(struct ownership *ownership, const struct text_map *map, const char *key)
{
    if (ownership->value.length > 0)
        strbuf_append_text(&ownership->value, ", ");
    enum table_answer answer =
        key == NULL ? TABLE_UNKNOWN : text_map_lookup(map, slice_of(key), &ownership->value);
    ownership->has_unknown = ownership->has_unknown || answer == TABLE_UNKNOWN;
    return answer;
}

/* "example.com", "@example.com", "*@example.com", or ".example.com" for all domains below. */
static bool domain_word_matches(struct slice word, const char *domain)
{
    char name[DOMAIN_NAME_BYTES];
    if (word.length > 1 && word.data[0] == '*' && word.data[1] == '@')
        word = slice_part(word, 1, word.length);
    if (word.length > 0 && word.data[0] == '@')
        word = slice_part(word, 1, word.length);
    if (domain_entry_canonical(word, name) != NULL)
        return false;
    struct slice whole = slice_of(domain), suffix = slice_of(name);
    if (name[0] != '.')
        return slice_equal(whole, suffix);
    return whole.length > suffix.length && slice_ends_nocase(whole, suffix);
}

/* Whether a word of the entries covers the address. */
static bool sender_word_matches(const struct ownership *ownership, struct slice word)
{
    const struct mail_address *address = ownership->address;
    struct mail_address allowed;
    if (slice_equal(word, slice_of("*")))
        return true;
    size_t at = slice_find_last(word, '@');
    bool is_any = at == 1 && word.length > 1 && word.data[0] == '*';
    if (at == 0 || at == word.length || is_any)
        return domain_word_matches(word, address->domain);
    if (!mail_address_parse(ownership->context->owner, word, &allowed) || allowed.malformed)
        return false;
    return strcmp(allowed.domain, address->domain) == 0 &&
           local_part_is(slice_of(address->local_part), slice_of(allowed.local_part),
                         ownership->settings->recipient_delimiter);
}

/* Whether one of the words that were found matches. */
static enum table_answer any_word(const struct ownership *ownership,
                                  bool (*matches)(const struct ownership *ownership, struct slice word))
{
    struct slice rest = strbuf_slice(&ownership->value), word;
    while (next_word(&rest, &word))
        if (matches(ownership, word))
            return TABLE_FOUND;
    return ownership->value.failed || ownership->has_unknown ? TABLE_UNKNOWN : TABLE_MISSING;
}

/* ---- login -> senders --------------------------------------------------------------------------------- */

static void find_groups(struct ownership *ownership)
{
    const char *user = ownership->context->message->user;
    if (text_map_lookup(ownership->settings->groups, slice_of(user), &ownership->groups) == TABLE_UNKNOWN)
        ownership->has_unknown = true;
}

static bool is_in_group(const struct ownership *ownership, struct slice name)
{
    struct slice rest = strbuf_slice(&ownership->groups), word;
    while (next_word(&rest, &word))
        if (slice_equal_nocase(word, name))
            return true;
    return false;
}

/* The entries of the groups, "group:sales". */
static bool find_group_entries(struct ownership *ownership)
{
    struct slice rest = strbuf_slice(&ownership->groups), word;
    bool found = false;
    while (next_word(&rest, &word)) {
        char *key =
            (char *)(uintptr_t)check_text(ownership->context, "group:%.*s", (int)word.length, word.data);
        ascii_lower_text(key);
        found = look_up(ownership, ownership->settings->table, key) == TABLE_FOUND || found;
    }
    return found;
}

/* The login's own entry and those of its groups, else that of its domain, else that of all. */
static void collect_entries(struct ownership *ownership)
{
    const char *user = ownership->context->message->user, *domain = sender_user_domain(user);
    const struct text_map *table = ownership->settings->table;
    enum table_answer answer = look_up(ownership, table, user);
    if (find_group_entries(ownership))
        answer = TABLE_FOUND;
    if (answer == TABLE_MISSING && domain[0] != '\0')
        answer = look_up(ownership, table, domain - 1);
    if (answer == TABLE_MISSING)
        look_up(ownership, table, "*");
}

static enum table_answer ask_table(struct ownership *ownership)
{
    collect_entries(ownership);
    return any_word(ownership, sender_word_matches);
}

/* ---- sender -> logins (Postfix' login maps) ------------------------------------------------------------ */

/* A login in the map: as it was authenticated, or in its canonical form; a group, or all of a domain. */
static bool login_word_matches(const struct ownership *ownership, struct slice word)
{
    const struct message_facts *message = ownership->context->message;
    const struct slice group = slice_of("group:");
    if (slice_equal_nocase(word, slice_of(message->login)))
        return true;
    if (slice_starts_nocase(word, group))
        return is_in_group(ownership, slice_part(word, group.length, word.length));
    if (word.data[0] == '@')
        return domain_word_matches(word, sender_user_domain(message->user));
    const char *canonical = login_canonical(ownership->context->owner, word, "");
    return canonical != NULL && strcmp(canonical, message->user) == 0;
}

static const char *address_key(const struct ownership *ownership, struct slice local_part)
{
    char *key = (char *)(uintptr_t)check_text(ownership->context, "%.*s@%s", (int)local_part.length,
                                              local_part.data, ownership->address->domain);
    ascii_lower_text(key);
    return key;
}

/* In Postfix' order: the whole address, without its tag, the domain. */
static enum table_answer ask_login_maps(struct ownership *ownership)
{
    const struct text_map *login_maps = ownership->settings->login_maps;
    struct slice local_part = slice_of(ownership->address->local_part);
    struct slice bare = without_tag(local_part, ownership->settings->recipient_delimiter);
    enum table_answer answer = look_up(ownership, login_maps, address_key(ownership, local_part));
    if (answer == TABLE_MISSING && bare.length < local_part.length)
        answer = look_up(ownership, login_maps, address_key(ownership, bare));
    if (answer == TABLE_MISSING)
        look_up(ownership, login_maps, address_key(ownership, slice_of("")));
    return any_word(ownership, login_word_matches);
}

/* ---- network, certificate or script -> senders ----------------------------------------------------------
 */

/* The entries of the networks around the client, the nearest first; of networks the configuration's own text
 * is asked for, which is what ip_network_print gives. */
static enum table_answer ask_networks(struct ownership *ownership)
{
    const struct session_facts *session = ownership->context->session;
    if (!session->client_ip_known || session->client_port == 0)
        return TABLE_MISSING;
    const int widest = ip_address_is_ipv4(&session->client_ip) ? 96 : 0;
    enum table_answer answer = TABLE_MISSING;
    for (int prefix = 128; prefix >= widest && answer == TABLE_MISSING; prefix--) {
        char text[IP_ADDRESS_TEXT_BYTES + 4];
        struct ip_network network = {session->client_ip, (uint8_t)prefix};
        for (int bit = prefix; bit < 128; bit++)
            network.address.bytes[bit / 8] =
                (uint8_t)(network.address.bytes[bit / 8] & ~(0x80U >> (bit % 8)));
        if (prefix == 128)
            ip_address_print(&network.address, text);
        else
            ip_network_print(&network, text);
        if (prefix == 128 || !text_map_has_tables(ownership->settings->identities))
            answer = look_up(ownership, ownership->settings->identities, text);
    }
    return answer;
}

/* Its own entry, else that of the client's networks, of its customer, of all. */
static enum table_answer find_identity(struct ownership *ownership)
{
    const struct message_facts *message = ownership->context->message;
    const struct text_map *identities = ownership->settings->identities;
    if (text_map_is_empty(identities))
        return TABLE_MISSING;
    enum table_answer answer =
        message->user[0] == '\0' ? TABLE_MISSING : look_up(ownership, identities, message->user);
    if (answer == TABLE_MISSING)
        answer = ask_networks(ownership);
    if (answer == TABLE_MISSING && message->customer[0] != '\0')
        answer =
            look_up(ownership, identities, check_text(ownership->context, "customer:%s", message->customer));
    return answer == TABLE_MISSING ? look_up(ownership, identities, "*") : answer;
}

enum table_answer sender_identity_is_listed(const struct check_context *context)
{
    struct ownership ownership;
    begin(&ownership, context, NULL);
    const enum table_answer answer = find_identity(&ownership);
    end(&ownership);
    return answer;
}

/* ---- addresses that stand for others --------------------------------------------------------------------
 */

/* The part before the next `sign`; false where there is none. */
static bool take_until(struct slice *rest, char sign, struct slice *part)
{
    const size_t at = slice_find(*rest, sign);
    if (at == 0 || at == rest->length)
        return false;
    *part = slice_part(*rest, 0, at);
    *rest = slice_part(*rest, at + 1, rest->length);
    return true;
}

/* BATV: "prvs=4817abcdef=ann" is ann (draft-levine-smtp-batv). */
static bool unwrap_batv(struct slice local_part, struct slice *inner)
{
    const struct slice tag = slice_of("prvs=");
    struct slice key;
    if (!slice_starts_nocase(local_part, tag))
        return false;
    *inner = slice_part(local_part, tag.length, local_part.length);
    return take_until(inner, '=', &key) && inner->length > 0;
}

/* SRS: "SRS0=hash=time=example.com=ann" is ann@example.com, sent on by the domain it stands at. */
static bool unwrap_srs(struct slice local_part, struct slice *local, struct slice *domain)
{
    struct slice hash, time;
    if (local_part.length < 6 || !slice_starts_nocase(local_part, slice_of("SRS0")) ||
        strchr("=+-", local_part.data[4]) == NULL)
        return false;
    *local = slice_part(local_part, 5, local_part.length);
    return take_until(local, '=', &hash) && take_until(local, '=', &time) && take_until(local, '=', domain) &&
           local->length > 0;
}

/* The address that a signed or rewritten one stands for. A domain that rewrites must be one's own: anybody
 * can write any address into another's. False: it stands for itself, or memory ran out. */
static bool unwrap(const struct check_context *context, const struct mail_address *address,
                   struct mail_address *inner)
{
    const struct slice local_part = slice_of(address->local_part);
    struct slice local, domain = slice_of(address->domain);
    const char *text;
    if (address->malformed || address->route[0] != '\0')
        return false;
    if (!unwrap_batv(local_part, &local) &&
        (!unwrap_srs(local_part, &local, &domain) ||
         domain_set_lookup(context->local_domains, slice_of(address->domain)) != TABLE_FOUND))
        return false;
    text = check_text(context, "%.*s@%.*s", (int)local.length, local.data, (int)domain.length, domain.data);
    return text != NULL && mail_address_parse(context->owner, slice_of(text), inner) && !inner->malformed;
}

/* ---- the question ---------------------------------------------------------------------------------------
 */

static enum table_answer ask_tables(const struct check_context *context, const struct mail_address *address)
{
    struct ownership ownership;
    begin(&ownership, context, address);
    find_groups(&ownership);
    enum table_answer answer = ask_table(&ownership);
    if (answer != TABLE_FOUND) {
        strbuf_reset(&ownership.value);
        answer = ask_login_maps(&ownership);
    }
    end(&ownership);
    return answer;
}

static enum table_answer ask_identity(const struct check_context *context, const struct mail_address *address)
{
    struct ownership ownership;
    begin(&ownership, context, address);
    find_identity(&ownership);
    const enum table_answer answer = any_word(&ownership, sender_word_matches);
    end(&ownership);
    return answer;
}

static enum table_answer owns(const struct check_context *context, const struct mail_address *address)
{
    const struct sender_settings *settings = context->settings;
    const char *user = context->message->user, *delimiters = settings->recipient_delimiter;
    const bool is_login = context->message->role == ROLE_SUBMISSION;
    if (is_login && settings->match != SENDER_MATCH_TABLE)
        return sender_belongs(address, user, settings->match, delimiters) ? TABLE_FOUND : TABLE_MISSING;
    if (address->malformed || address->is_null || address->route[0] != '\0' || address->domain[0] == '\0')
        return TABLE_MISSING;
    if (!is_login)
        return ask_identity(context, address);
    if (settings->own != SENDER_MATCH_OFF && sender_belongs(address, user, settings->own, delimiters))
        return TABLE_FOUND;
    return ask_tables(context, address);
}

/* Whether a table has anything for the login, its groups, its domain or everybody. */
static bool is_in_table(const struct check_context *context)
{
    struct ownership ownership;
    begin(&ownership, context, NULL);
    find_groups(&ownership);
    collect_entries(&ownership);
    const bool found = ownership.value.length > 0 || ownership.has_unknown || ownership.value.failed;
    end(&ownership);
    return found;
}

bool sender_login_is_unlisted(const struct check_context *context, const char *address)
{
    const struct sender_settings *settings = context->settings;
    if (settings->match != SENDER_MATCH_TABLE || settings->own != SENDER_MATCH_OFF)
        return false;
    /* From a sender to its logins is the only way through these: of another address nothing follows. */
    const bool may_have_others =
        !text_map_is_empty(settings->login_maps) && strcasecmp(address, context->message->user) != 0;
    return !may_have_others && !is_in_table(context);
}

enum table_answer sender_ownership(const struct check_context *context, const struct mail_address *address)
{
    struct mail_address inner;
    const enum table_answer answer = owns(context, address);
    if (answer != TABLE_MISSING || !unwrap(context, address, &inner))
        return answer;
    return owns(context, &inner);
}
