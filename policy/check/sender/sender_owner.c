/* Which sender addresses are a login's. */
#include "check/sender/sender.h"

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
    return needs_domain && sender_user_domain(context->message->user)[0] == '\0' ? "login_without_domain"
                                                                                 : NULL;
}

static struct slice without_tag(struct slice local_part)
{
    size_t plus = slice_find(local_part, '+');
    return plus == 0 ? local_part : slice_part(local_part, 0, plus);
}

bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match)
{
    if (match == SENDER_MATCH_OFF)
        return true;
    const char *domain = sender_user_domain(user);
    if (address->malformed || address->route[0] != '\0' || domain[0] == '\0' ||
        strcmp(address->domain, domain) != 0)
        return false;
    if (match == SENDER_MATCH_DOMAIN)
        return true;
    struct slice login = slice_make(user, (size_t)(domain - user) - 1);
    return slice_equal_nocase(without_tag(slice_of(address->local_part)), without_tag(login));
}

/* ---- tables ----------------------------------------------------------------------------------------- */

/* One question whether `address` is `user`'s. */
struct ownership {
    const struct check_context *context;
    const struct mail_address *address;
    struct strbuf value; /* of the entry that counts */
};

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

static enum table_answer look_up(struct ownership *ownership, const struct text_map *map, const char *key)
{
    strbuf_reset(&ownership->value);
    if (key == NULL)
        return TABLE_UNKNOWN;
    return text_map_lookup(map, slice_of(key), &ownership->value);
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

/* Whether a word of the login's entry covers the address. */
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
           (slice_equal_nocase(slice_of(allowed.local_part), slice_of(address->local_part)) ||
            slice_equal_nocase(slice_of(allowed.local_part), without_tag(slice_of(address->local_part))));
}

/* The login's own entry, else that of its domain, else that of all. */
static enum table_answer find_login(struct ownership *ownership, const struct text_map *table)
{
    const char *user = ownership->context->message->user, *domain = sender_user_domain(user);
    enum table_answer answer = look_up(ownership, table, user);
    if (answer == TABLE_MISSING && domain[0] != '\0')
        answer = look_up(ownership, table, domain - 1);
    return answer == TABLE_MISSING ? look_up(ownership, table, "*") : answer;
}

static enum table_answer ask_table(struct ownership *ownership, const struct text_map *table)
{
    enum table_answer answer = find_login(ownership, table);
    struct slice rest = strbuf_slice(&ownership->value), word;
    if (answer != TABLE_FOUND)
        return answer;
    while (next_word(&rest, &word))
        if (sender_word_matches(ownership, word))
            return TABLE_FOUND;
    return ownership->value.failed ? TABLE_UNKNOWN : TABLE_MISSING;
}

/* ---- Postfix' login maps ----------------------------------------------------------------------------- */

/* A login in the map: as it was authenticated, or in its canonical form. */
static bool login_word_matches(const struct ownership *ownership, struct slice word)
{
    const struct message_facts *message = ownership->context->message;
    if (slice_equal_nocase(word, slice_of(message->login)))
        return true;
    const char *canonical = login_canonical(ownership->context->owner, word, "");
    return canonical != NULL && strcmp(canonical, message->user) == 0;
}

static const char *address_key(const struct ownership *ownership, struct slice local_part)
{
    char *key = (char *)(uintptr_t)check_text(ownership->context, "%.*s@%s", (int)local_part.length,
                                              local_part.data, ownership->address->domain);
    for (char *c = key; c != NULL && *c != '\0'; c++)
        *c = ascii_lower(*c);
    return key;
}

/* In Postfix' order: the whole address, without its +tag, the domain. */
static enum table_answer find_address(struct ownership *ownership, const struct text_map *login_maps)
{
    struct slice local_part = slice_of(ownership->address->local_part), bare = without_tag(local_part);
    enum table_answer answer = look_up(ownership, login_maps, address_key(ownership, local_part));
    if (answer == TABLE_MISSING && bare.length < local_part.length)
        answer = look_up(ownership, login_maps, address_key(ownership, bare));
    return answer == TABLE_MISSING ? look_up(ownership, login_maps, address_key(ownership, slice_of("")))
                                   : answer;
}

static enum table_answer ask_login_maps(struct ownership *ownership, const struct text_map *login_maps)
{
    enum table_answer answer = find_address(ownership, login_maps);
    struct slice rest = strbuf_slice(&ownership->value), word;
    if (answer != TABLE_FOUND)
        return answer;
    while (next_word(&rest, &word))
        if (login_word_matches(ownership, word))
            return TABLE_FOUND;
    return ownership->value.failed ? TABLE_UNKNOWN : TABLE_MISSING;
}

enum table_answer sender_ownership(const struct check_context *context, const struct mail_address *address)
{
    const struct sender_settings *settings = context->settings;
    if (settings->match != SENDER_MATCH_TABLE)
        return sender_belongs(address, context->message->user, settings->match) ? TABLE_FOUND : TABLE_MISSING;
    if (address->malformed || address->is_null || address->route[0] != '\0' || address->domain[0] == '\0')
        return TABLE_MISSING;
    struct ownership ownership = {.context = context, .address = address};
    strbuf_init(&ownership.value, TABLE_VALUE_BYTES_MAX);
    enum table_answer answer = ask_table(&ownership, settings->table);
    if (answer != TABLE_FOUND) {
        enum table_answer other = ask_login_maps(&ownership, settings->login_maps);
        answer = other == TABLE_MISSING ? answer : other;
    }
    strbuf_deinit(&ownership.value);
    return answer;
}
