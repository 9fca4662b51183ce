#include "check/rates/rates.h"

#include "base/clock.h"
#include "store/store.h"

#include <inttypes.h>
#include <talloc.h>

enum { BYTES_PER_KB = 1000 };

/* Most messages have no more; a shared store reserves as many at once where there is plenty. */
enum { RECIPIENTS_AHEAD = 29 };

/* The message's slot. */
struct rates_of_message {
    struct store_hold *hold;
    bool is_begun; /* what is counted once a message is reserved */
    uint64_t refused_reserved, kb_reserved;
};

/* ---- keys
 * --------------------------------------------------------------------------------------------------- */

static const char *domain_of(const struct message_facts *message)
{
    const char *at = strrchr(message->user, '@');
    if (at != NULL)
        return at + 1;
    /* Outside anybody can name any domain. */
    return message->role == ROLE_OUTSIDE ? "" : message->sender.domain;
}

/* IPv6 addresses of one /64 are one customer's. */
static const char *client_key(const struct check_context *context)
{
    enum { IPV6_CUSTOMER_BYTES = 8 };
    if (!context->session->client_ip_known)
        return "";
    struct ip_network network = {context->session->client_ip, 128};
    if (!ip_address_is_ipv4(&network.address)) {
        network.prefix_bits = 64;
        memset(network.address.bytes + IPV6_CUSTOMER_BYTES, 0,
               sizeof network.address.bytes - IPV6_CUSTOMER_BYTES);
    }
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(&network, text);
    return check_text(context, "%s", text);
}

static const char *sender_key(const struct check_context *context)
{
    const struct mail_address *sender = &context->message->sender;
    char *key = sender->is_null ? NULL : talloc_strdup(context->owner, sender->text);
    ascii_lower_text(key);
    return key;
}

/* "" or NULL: nobody to count for. */
static const char *key_of(const struct rate_limit *limit, const struct check_context *context)
{
    const struct message_facts *message = context->message;
    switch (limit->key) {
    case RATE_BY_USER:
        return message->user;
    case RATE_BY_SENDER:
        return sender_key(context);
    case RATE_BY_DOMAIN:
        return domain_of(message);
    case RATE_BY_CUSTOMER:
        return message->customer;
    case RATE_BY_IP:
        return client_key(context);
    case RATE_BY_UID:
        return message->local_uid;
    case RATE_BY_SCRIPT:
        return message->local_script;
    }
    return "";
}

static enum store_population population_of(const struct rate_limit *limit,
                                           const struct message_facts *message)
{
    bool is_made_up = limit->key == RATE_BY_IP || limit->key == RATE_BY_SENDER;
    return is_made_up || message->role == ROLE_OUTSIDE ? STORE_STRANGERS : STORE_LOGINS;
}

/* ---- amounts
 * ------------------------------------------------------------------------------------------------ */

static uint64_t kb_of(uint64_t bytes)
{
    return bytes / BYTES_PER_KB + (bytes % BYTES_PER_KB != 0);
}

static bool counts_recipient(enum rate_count count, const struct recipient *recipient)
{
    switch (count) {
    case RATE_OF_RECIPIENTS:
        return true;
    case RATE_OF_EXTERNAL_RECIPIENTS:
        return !recipient->is_internal;
    case RATE_OF_INTERNAL_RECIPIENTS:
        return recipient->is_internal;
    case RATE_OF_NEW_RECIPIENTS:
        return recipient->is_new;
    case RATE_OF_MESSAGES:
    case RATE_OF_REFUSED_RECIPIENTS:
    case RATE_OF_BYTES:
        break;
    }
    return false;
}

static bool was_refused(const struct recipient *recipient)
{
    return recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_IGNORED;
}

/* Of the recipients before `end`. */
static size_t count_refused(const struct message_facts *message, const struct recipient *end)
{
    size_t count = 0;
    for (const struct recipient *recipient = message->recipients; recipient < end; recipient++)
        count += was_refused(recipient);
    return count;
}

/* As far as it is known: declared at MAIL, counted at the end. */
static uint64_t kb_known(const struct check_context *context)
{
    const struct message_facts *message = context->message;
    if (context->stage == STAGE_MESSAGE)
        return kb_of(message->header_bytes + message->body_bytes);
    return message->has_declared_size ? kb_of(message->declared_size_bytes) : 1;
}

static const struct recipient *end_of_recipients(const struct check_context *context)
{
    const struct message_facts *message = context->message;
    return context->recipient != NULL ? context->recipient : message->recipients + message->recipient_count;
}

static uint64_t more(uint64_t wanted, uint64_t reserved)
{
    return wanted > reserved ? wanted - reserved : 0;
}

/* What this stage adds to what the message holds already. */
static uint64_t amount_to_reserve(const struct rate_limit *limit, const struct check_context *context,
                                  const struct rates_of_message *own)
{
    const struct message_facts *message = context->message;
    switch (limit->count) {
    case RATE_OF_MESSAGES:
        return !own->is_begun;
    case RATE_OF_BYTES:
        return more(kb_known(context), own->kb_reserved);
    case RATE_OF_REFUSED_RECIPIENTS:
        /* Room for one more is asked for: who has used all of it finds no more recipients. */
        return more(count_refused(message, end_of_recipients(context)) + 1, own->refused_reserved);
    case RATE_OF_RECIPIENTS:
    case RATE_OF_EXTERNAL_RECIPIENTS:
    case RATE_OF_INTERNAL_RECIPIENTS:
    case RATE_OF_NEW_RECIPIENTS:
        break;
    }
    return context->recipient != NULL && !context->recipient->repeated &&
           counts_recipient(limit->count, context->recipient);
}

static uint64_t count_accepted(const struct message_facts *message, const struct rate_limit *limit)
{
    uint64_t count = 0;
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        count += recipient->action == RECIPIENT_ACCEPTED && !recipient->repeated &&
                 (limit == NULL || counts_recipient(limit->count, recipient));
    }
    return count;
}

/* What the message has used in the end. */
static uint64_t amount_to_settle(const struct rate_limit *limit, const struct message_facts *message,
                                 bool is_accepted)
{
    if (limit->count == RATE_OF_REFUSED_RECIPIENTS)
        return count_refused(message, message->recipients + message->recipient_count);
    if (!is_accepted || count_accepted(message, NULL) == 0)
        return 0;
    if (limit->count == RATE_OF_MESSAGES)
        return 1;
    if (limit->count == RATE_OF_BYTES)
        return kb_of(message->header_bytes + message->body_bytes);
    return count_accepted(message, limit);
}

/* ---- charges
 * ------------------------------------------------------------------------------------------------ */

struct charge_list {
    struct store_charge items[RATES_LIMITS_MAX];
    const struct rate_limit *limits[RATES_LIMITS_MAX];
    size_t count;
};

static enum check_mode mode_of(const struct rate_limit *limit, const struct rates_settings *settings)
{
    return limit->mode > settings->common.mode ? limit->mode : settings->common.mode;
}

/* Counted, and not stopped by the limit. */
static bool is_out_of_scope(const struct rate_limit *limit, const struct check_context *context)
{
    return limit->scope == RATE_SCOPE_EXTERNAL && context->recipient != NULL &&
           context->recipient->is_internal;
}

/* What reaches its limit, and lets mail pass all the same. */
static bool is_watched(const struct rate_limit *limit, const struct check_context *context)
{
    return mode_of(limit, context->settings) != MODE_ENFORCE || limit->action == ACTION_ACCEPT ||
           is_out_of_scope(limit, context);
}

static bool counts_recipients(enum rate_count count)
{
    return count != RATE_OF_MESSAGES && count != RATE_OF_BYTES && count != RATE_OF_REFUSED_RECIPIENTS;
}

static void add_charge(struct charge_list *list, const struct rate_limit *limit,
                       const struct check_context *context, uint64_t amount, int64_t now_us)
{
    const char *key = key_of(limit, context);
    if (key == NULL || key[0] == '\0' || strlen(key) > STORE_KEY_BYTES_MAX)
        return;
    list->limits[list->count] = limit;
    list->items[list->count++] = (struct store_charge){
        .limit = slice_of(limit->name),
        .key = slice_of(key),
        .population = population_of(limit, context->message),
        .window = rate_window(limit, now_us),
        .amount = amount < WINDOW_AMOUNT_MAX ? amount : WINDOW_AMOUNT_MAX,
        .extra = counts_recipients(limit->count) ? RECIPIENTS_AHEAD : 0,
        .warn_at = limit->warn_at,
        .warn_until = limit->warn_until,
        .is_watched = is_watched(limit, context),
    };
}

static const struct rate_limit *limit_in_use(const struct rates_settings *settings, size_t i)
{
    const struct rate_limit *limit = rates_limit_at(settings, i);
    return limit == NULL || mode_of(limit, settings) == MODE_OFF ? NULL : limit;
}

/* ---- facts
 * -------------------------------------------------------------------------------------------------- */

static struct limit_level *add_levels(const struct check_context *context, struct gathered_facts *gathered,
                                      size_t count)
{
    struct limit_level *grown = talloc_realloc(context->owner, gathered->limits, struct limit_level,
                                               (unsigned)(gathered->limit_count + count));
    if (grown == NULL)
        return NULL;
    gathered->limits = grown;
    gathered->limit_count += count;
    return grown + gathered->limit_count - count;
}

/* The levels that the last question brought take the place of those before: of each limit the newest is kept.
 */
static void keep_levels(const struct check_context *context, struct gathered_facts *gathered,
                        const struct charge_list *list)
{
    gathered->limit_count = 0;
    struct limit_level *levels = add_levels(context, gathered, list->count);
    gathered->limits_missing = levels == NULL ? "out_of_memory" : NULL;
    for (size_t i = 0; levels != NULL && i < list->count; i++) {
        const struct store_charge *charge = &list->items[i];
        levels[i] = (struct limit_level){
            .limit = list->limits[i]->name,
            .key = charge->key.data, /* the message's own, or under its owner */
            .capacity = charge->level.limit,
            .used = charge->level.used,
            .remaining = charge->level.remaining,
            .clears_us = charge->level.clears_us,
            .reset_us = charge->level.reset_us,
            .is_exceeded = charge->is_exceeded,
            .is_share = charge->is_share,
        };
    }
}

static struct rates_of_message *own_slot(const struct check_context *context, struct store *store)
{
    struct rates_of_message *own = *context->message_slot;
    if (own != NULL)
        return own;
    own = talloc_zero(context->owner, struct rates_of_message);
    if (own == NULL)
        return NULL;
    own->hold = store_hold_create(store, own);
    if (own->hold == NULL)
        TALLOC_FREE(own);
    *context->message_slot = own;
    return own;
}

static void note_reserved(struct rates_of_message *own, const struct check_context *context)
{
    own->refused_reserved = count_refused(context->message, end_of_recipients(context)) + 1;
    own->kb_reserved = kb_known(context);
    own->is_begun = true;
}

/* At the end of a message that has reserved all it needs, and that no limit stopped, nobody need be asked. */
static bool is_all_reserved(const struct check_context *context, const struct rates_of_message *own,
                            const struct gathered_facts *gathered)
{
    const struct rates_settings *settings = context->settings;
    if (context->stage != STAGE_MESSAGE || gathered->limit_count == 0)
        return false;
    for (size_t i = 0; i < gathered->limit_count; i++)
        if (gathered->limits[i].is_exceeded)
            return false;
    for (size_t i = 0; i < settings->limits.count; i++) {
        const struct rate_limit *limit = limit_in_use(settings, i);
        if (limit != NULL && amount_to_reserve(limit, context, own) > 0)
            return false;
    }
    return true;
}

static void rates_begin(const struct check_context *context, const struct check_services *services,
                        struct gathered_facts *gathered)
{
    const struct rates_settings *settings = context->settings;
    struct charge_list list = {.count = 0};
    if (settings->limits.count == 0)
        return;
    gathered->limits_missing = services->store == NULL ? "offline" : NULL;
    if (services->store == NULL)
        return;
    struct rates_of_message *own = own_slot(context, services->store);
    if (own == NULL) {
        gathered->limits_missing = "out_of_memory";
        return;
    }
    if (is_all_reserved(context, own, gathered))
        return;
    const int64_t now_us = store_calendar_us(services->store);
    for (size_t i = 0; i < settings->limits.count; i++) {
        const struct rate_limit *limit = limit_in_use(settings, i);
        if (limit != NULL)
            add_charge(&list, limit, context, amount_to_reserve(limit, context, own), now_us);
    }
    enum store_answer answer = store_reserve(own->hold, list.items, list.count);
    keep_levels(context, gathered, &list);
    if (answer == STORE_UNKNOWN)
        gathered->limits_missing = "store_away";
    if (answer == STORE_FITS)
        note_reserved(own, context);
}

static void rates_settle(const struct check_context *context, const struct check_services *services,
                         const struct check_ending *ending)
{
    const struct rates_settings *settings = context->settings;
    struct rates_of_message *own = *context->message_slot;
    struct charge_list list = {.count = 0};
    if (own == NULL)
        return;
    const int64_t now_us = store_calendar_us(services->store);
    for (size_t i = 0; i < settings->limits.count; i++) {
        const struct rate_limit *limit = limit_in_use(settings, i);
        uint64_t amount = limit == NULL ? 0 : amount_to_settle(limit, context->message, ending->is_accepted);
        if (amount > 0)
            add_charge(&list, limit, context, amount, now_us);
    }
    store_settle(own->hold, list.items, list.count);
    for (size_t i = 0; i < list.count && services->warn_of_limit != NULL; i++) {
        const struct store_charge *charge = &list.items[i];
        const struct limit_warning warning = {list.limits[i]->name, charge->key, charge->level.used,
                                              charge->level.limit};
        if (charge->warns)
            services->warn_of_limit(services->warn_context, &warning);
    }
}

/* ---- decision
 * ----------------------------------------------------------------------------------------------- */

static const struct rate_limit *limit_of(const struct rates_settings *settings,
                                         const struct limit_level *level)
{
    for (size_t i = 0; i < settings->limits.count; i++) {
        const struct rate_limit *limit = limit_in_use(settings, i);
        if (limit != NULL && strcmp(limit->name, level->limit) == 0)
            return limit;
    }
    return NULL;
}

static struct reply_value holder_of(const struct rate_limit *limit)
{
    static const enum reply_part parts[] = {
        [RATE_BY_USER] = REPLY_PART_of_user,     [RATE_BY_SENDER] = REPLY_PART_of_sender,
        [RATE_BY_DOMAIN] = REPLY_PART_of_domain, [RATE_BY_CUSTOMER] = REPLY_PART_of_customer,
        [RATE_BY_IP] = REPLY_PART_of_address,    [RATE_BY_UID] = REPLY_PART_of_uid,
        [RATE_BY_SCRIPT] = REPLY_PART_of_script,
    };
    return reply_part("holder", parts[limit->key]);
}

static void say_exceeded(const struct check_context *context, struct finding *finding,
                         const struct rate_limit *limit, const struct limit_level *level)
{
    uint64_t amount;
    const enum reply_part words = rate_amount_part(limit->count, level->capacity, &amount);
    const bool never_fits = level->clears_us == INT64_MAX;
    finding->reply = limit->action == ACTION_REJECT ? (struct reply){.code = 550, .enhanced = "5.7.1"}
                                                    : (struct reply){.code = 450, .enhanced = "4.7.1"};
    check_say(context, finding, REPLY_rates_rate_exceeded,
              (const struct reply_value[]){
                  holder_of(limit),
                  reply_text("key", check_shorten(context, level->key, 80)),
                  reply_part("limit", words),
                  reply_count("amount", amount),
                  reply_text("per", limit->per),
                  reply_count("seen", level->used),
                  reply_part("advice", never_fits ? REPLY_PART_never_fits : REPLY_PART_fits_from),
                  never_fits ? reply_text("when", "") : reply_moment("when", level->clears_us),
                  {0}});
}

static const char *amount_text(const struct check_context *context, const struct rate_limit *limit,
                               uint64_t amount)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    rate_amount_describe(limit->count, amount, &text);
    const char *copy = check_text(context, "%s", strbuf_text(&text));
    strbuf_deinit(&text);
    return copy;
}

static const char *share_text(const struct limit_level *level)
{
    return level->is_share ? ", this server's share: the store is away" : "";
}

static void add_exceeded(const struct check_context *context, const struct rate_limit *limit,
                         const struct limit_level *level, struct finding_list *findings)
{
    struct finding finding = check_finding(rates_check.name, context, FINDING_FAIL, "rate_exceeded");
    const char *allowed = amount_text(context, limit, level->capacity);
    finding.mode = mode_of(limit, context->settings);
    finding.action = limit->action;
    finding.detail = check_text(context, "%s: %s: %" PRIu64 " of %s used%s", limit->name, level->key,
                                level->used, allowed == NULL ? "" : allowed, share_text(level));
    say_exceeded(context, &finding, limit, level);
    finding_add(findings, &finding);
}

/* The fullest limit of a message that none stopped: the record tells how near it was. */
static void add_passed(const struct check_context *context, struct finding_list *findings)
{
    const struct gathered_facts *gathered = &context->message->gathered;
    const struct limit_level *fullest = NULL;
    for (size_t i = 0; i < gathered->limit_count; i++) {
        const struct limit_level *level = &gathered->limits[i];
        if (level->is_exceeded)
            return;
        if (fullest == NULL || level->used * fullest->capacity > fullest->used * level->capacity)
            fullest = level;
    }
    if (fullest == NULL)
        return;
    struct finding pass = check_finding(rates_check.name, context, FINDING_PASS, "within_limit");
    pass.detail = check_text(context, "%s: %s: %" PRIu64 " of %" PRIu64 " used%s", fullest->limit,
                             fullest->key, fullest->used, fullest->capacity, share_text(fullest));
    finding_add(findings, &pass);
}

static void rates_decide(const struct check_context *context, struct finding_list *findings)
{
    const struct gathered_facts *gathered = &context->message->gathered;
    if (gathered->limits_missing != NULL) {
        struct finding unknown =
            check_finding(rates_check.name, context, FINDING_UNKNOWN, gathered->limits_missing);
        finding_add(findings, &unknown);
        return;
    }
    for (size_t i = 0; i < gathered->limit_count; i++) {
        const struct limit_level *level = &gathered->limits[i];
        const struct rate_limit *limit = level->is_exceeded ? limit_of(context->settings, level) : NULL;
        if (limit != NULL && !is_out_of_scope(limit, context))
            add_exceeded(context, limit, level, findings);
    }
    if (context->stage == STAGE_MESSAGE)
        add_passed(context, findings);
}

static unsigned needs_of(const struct rate_limit *limit)
{
    unsigned needs = 0;
    if (limit->scope == RATE_SCOPE_EXTERNAL || limit->count == RATE_OF_EXTERNAL_RECIPIENTS ||
        limit->count == RATE_OF_INTERNAL_RECIPIENTS)
        needs |= CHECK_NEEDS_DESTINATIONS;
    if (limit->count == RATE_OF_NEW_RECIPIENTS)
        needs |= CHECK_NEEDS_CONTACTS;
    return needs;
}

static unsigned rates_needs(const void *settings)
{
    const struct rates_settings *rates = settings;
    unsigned needs = 0;
    for (size_t i = 0; i < rates->limits.count; i++) {
        const struct rate_limit *limit = limit_in_use(rates, i);
        needs |= limit == NULL ? 0 : needs_of(limit);
    }
    return needs;
}

const struct check rates_check = {
    .name = "rates",
    .section = &rates_section,
    .stages = STAGE_RECIPIENT | STAGE_MESSAGE,
    .needs = rates_needs,
    .begin = rates_begin,
    .decide = rates_decide,
    .settle = rates_settle,
};
