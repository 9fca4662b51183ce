#include "check/rates/rates_keys.h"

#include "base/clock.h"
#include "base/time_text.h"
#include "store/store.h"

#include <talloc.h>

enum { BYTES_PER_KB = 1000 };

/* Most messages have no more; a shared store reserves as many at once where there is plenty. */
enum { RECIPIENTS_AHEAD = 29 };

/* Behind the message's hold, which is its slot: the limits that concern it, each with its charge, and how it
 * stood when last asked. Who has sent what is known from MAIL on, so the keys are found once. */
struct rates_of_message {
    struct store_hold *hold;
    bool is_begun; /* what is counted once a message is reserved */
    bool is_settling;
    bool is_asking; /* the store has been asked, and its answer is on its way */
    uint64_t refused_reserved, kb_reserved;
    const struct rate_limit *limits[RATES_LIMITS_MAX];
    struct store_charge *charges;
    struct limit_level *levels;
    size_t count;
};

/* ---- amounts ----------------------------------------------------------------------------------------- */

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

/* ---- charges ----------------------------------------------------------------------------------------- */

/* Counted, and not stopped by the limit. */
static bool is_out_of_scope(const struct rate_limit *limit, const struct check_context *context)
{
    return limit->scope == RATE_SCOPE_EXTERNAL && context->recipient != NULL &&
           context->recipient->is_internal;
}

/* What reaches its limit, and lets mail pass all the same. */
static bool is_watched(const struct rate_limit *limit, const struct check_context *context)
{
    return rate_limit_mode(limit, context->settings) != MODE_ENFORCE || limit->action == ACTION_ACCEPT ||
           is_out_of_scope(limit, context);
}

static bool counts_recipients(enum rate_count count)
{
    return count != RATE_OF_MESSAGES && count != RATE_OF_BYTES && count != RATE_OF_REFUSED_RECIPIENTS;
}

static uint64_t capped(uint64_t amount)
{
    return amount < WINDOW_AMOUNT_MAX ? amount : WINDOW_AMOUNT_MAX;
}

/* A key that is longer than any honest one shares the counter of all that begin alike. */
static struct slice key_slice(const char *key)
{
    return slice_make(key, key == NULL ? 0 : strnlen(key, STORE_KEY_BYTES_MAX));
}

/* An empty key is never counted. */
static void add_charge(struct rates_of_message *own, const struct rate_limit *limit,
                       const struct check_context *context)
{
    const struct slice key = key_slice(rate_key_of(limit, context));
    if (key.length == 0)
        return;
    own->limits[own->count] = limit;
    own->charges[own->count++] = (struct store_charge){
        .limit = limit->counter,
        .limit_hash = limit->counter_hash,
        .key = key,
        .population = rate_population_of(limit, context->message),
        .window = {.kind = limit->kind,
                   .limit = limit->limit,
                   .burst = limit->burst,
                   .period_us = limit->period_us},
        .extra = counts_recipients(limit->count) ? RECIPIENTS_AHEAD : 0,
        .warn_at = limit->warn_at,
        .warn_until = limit->warn_until,
    };
}

/* The slot, made by whoever comes first; NULL: out of memory. */
static struct rates_of_message *own_slot(const struct check_context *context, struct store *store)
{
    const struct rates_settings *settings = context->settings;
    const size_t most = settings->in_use_count;
    if (*context->message_slot != NULL)
        return store_hold_extra(*context->message_slot);
    struct rates_of_message *own;
    const size_t own_bytes = sizeof *own + most * (sizeof *own->charges + sizeof *own->levels);
    struct store_hold *hold = store_hold_create(store, context->owner, most, own_bytes);
    if (hold == NULL)
        return NULL;
    *context->message_slot = hold;
    own = store_hold_extra(hold);
    own->hold = hold;
    own->charges = (struct store_charge *)(own + 1);
    own->levels = (struct limit_level *)(own->charges + most);
    for (size_t i = 0; i < most; i++)
        add_charge(own, settings->in_use[i], context);
    return own;
}

/* Days end while a message is under way. */
static void set_windows(struct rates_of_message *own, const struct store *store)
{
    int64_t now_us = 0;
    for (size_t i = 0; i < own->count; i++) {
        if (own->limits[i]->calendar == RATE_SPAN)
            continue;
        if (now_us == 0)
            now_us = store_calendar_us(store);
        own->charges[i].window = rate_window(own->limits[i], now_us);
    }
}

/* ---- begin ------------------------------------------------------------------------------------------ */

/* With what was reserved just now, where it was. */
static void tell_levels(struct rates_of_message *own, bool is_reserved, struct gathered_facts *gathered)
{
    for (size_t i = 0; i < own->count; i++) {
        const struct store_charge *charge = &own->charges[i];
        const uint64_t amount = is_reserved ? charge->amount : 0;
        own->levels[i] = (struct limit_level){
            .limit = charge->limit.data,
            .key = charge->key.data, /* the message's own, or under its owner */
            .capacity = charge->level.limit,
            .used = charge->level.used + amount,
            .remaining = more(charge->level.remaining, amount),
            .clears_us = charge->level.clears_us,
            .reset_us = charge->level.reset_us,
            .is_exceeded = charge->is_exceeded,
            .is_share = charge->is_share,
        };
    }
    gathered->limits = own->levels;
    gathered->limit_count = own->count;
}

static void note_reserved(struct rates_of_message *own, const struct check_context *context)
{
    own->refused_reserved = count_refused(context->message, end_of_recipients(context)) + 1;
    own->kb_reserved = kb_known(context);
    own->is_begun = true;
}

/* Puts in what this stage adds. False: nobody need be asked, for this is the end of a message that has
 * reserved all it needs, and that no limit stopped. */
static bool set_amounts(struct rates_of_message *own, const struct check_context *context)
{
    bool is_wanted = context->stage != STAGE_MESSAGE || !own->is_begun;
    for (size_t i = 0; i < own->count; i++) {
        struct store_charge *charge = &own->charges[i];
        is_wanted = is_wanted || charge->is_exceeded;
        charge->amount = capped(amount_to_reserve(own->limits[i], context, own));
        charge->is_watched = is_watched(own->limits[i], context);
        is_wanted = is_wanted || charge->amount > 0;
    }
    return is_wanted;
}

static void rates_begin(const struct check_context *context, const struct check_services *services,
                        struct gathered_facts *gathered)
{
    const struct rates_settings *settings = context->settings;
    if (settings->in_use_count == 0)
        return;
    gathered->limits_missing = services->store == NULL ? "offline" : NULL;
    if (services->store == NULL)
        return;
    struct rates_of_message *own = own_slot(context, services->store);
    if (own == NULL) {
        gathered->limits_missing = "out_of_memory";
        return;
    }
    if (!own->is_asking && (own->count == 0 || !set_amounts(own, context)))
        return;
    if (!own->is_asking)
        set_windows(own, services->store);
    const enum store_answer answer = store_reserve(own->hold, own->charges, own->count, context->awaited);
    own->is_asking = answer == STORE_WAITS;
    if (own->is_asking)
        return;
    tell_levels(own, answer == STORE_FITS, gathered);
    if (answer == STORE_UNKNOWN)
        gathered->limits_missing = "store_away";
    if (answer == STORE_FITS)
        note_reserved(own, context);
}

static void set_settled(struct rates_of_message *own, const struct check_context *context,
                        const struct check_services *services, bool is_accepted)
{
    set_windows(own, services->store);
    for (size_t i = 0; i < own->count; i++)
        own->charges[i].amount = capped(amount_to_settle(own->limits[i], context->message, is_accepted));
    own->is_asking = false; /* what a message that is given up has asked before */
    own->is_settling = true;
}

static void rates_settle(const struct check_context *context, const struct check_services *services,
                         const struct check_ending *ending)
{
    struct store_hold *hold = *context->message_slot;
    struct rates_of_message *own = hold == NULL ? NULL : store_hold_extra(hold);
    if (own == NULL || own->count == 0)
        return;
    if (!own->is_settling)
        set_settled(own, context, services, ending->is_accepted);
    if (!store_settle(own->hold, own->charges, own->count, context->awaited))
        return;
    for (size_t i = 0; i < own->count && services->warn_of_limit != NULL; i++) {
        const struct store_charge *charge = &own->charges[i];
        const struct limit_warning warning = {charge->limit.data, charge->key, charge->level.used,
                                              charge->level.limit};
        if (charge->warns)
            services->warn_of_limit(services->warn_context, &warning);
    }
}

/* ---- decision ---------------------------------------------------------------------------------------- */

static const struct rate_limit *limit_of(const struct rates_settings *settings,
                                         const struct limit_level *level)
{
    for (size_t i = 0; i < settings->in_use_count; i++)
        if (strcmp(settings->in_use[i]->counter.data, level->limit) == 0)
            return settings->in_use[i];
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
    const uint64_t seen = words == REPLY_PART_megabytes ? level->used / BYTES_PER_KB : level->used;
    finding->reply = limit->action == ACTION_REJECT ? (struct reply){.code = 550, .enhanced = "5.7.1"}
                                                    : (struct reply){.code = 450, .enhanced = "4.7.1"};
    check_say(context, finding, REPLY_rates_rate_exceeded,
              (const struct reply_value[]){
                  holder_of(limit),
                  reply_text("key", check_shorten(context, level->key, 80)),
                  reply_part("limit", words),
                  reply_count("amount", amount),
                  reply_text("per", limit->per),
                  reply_count("seen", seen),
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

/* In the unit people write: bytes, not kB. */
static void set_numbers(struct finding *finding, const struct rate_limit *limit,
                        const struct limit_level *level)
{
    const uint64_t unit = limit->count == RATE_OF_BYTES ? BYTES_PER_KB : 1;
    finding->has_numbers = true;
    finding->limit = level->capacity * unit;
    finding->seen = level->used * unit;
}

static const char *room_text(const struct check_context *context, const struct limit_level *level)
{
    char when[TIME_TEXT_BYTES];
    if (level->clears_us == INT64_MAX)
        return "it never fits";
    time_text_utc(level->clears_us, when);
    return check_text(context, "it fits from %s on", when);
}

static void add_exceeded(const struct check_context *context, const struct rate_limit *limit,
                         const struct limit_level *level, struct finding_list *findings)
{
    struct finding finding = check_finding(rates_check.name, context, FINDING_FAIL, "rate_exceeded");
    const char *left = amount_text(context, limit, level->remaining);
    const char *room = room_text(context, level);
    finding.mode = rate_limit_mode(limit, context->settings);
    finding.action = limit->action;
    if (left != NULL && room != NULL)
        finding.detail = check_text(context, "%s: %s: %s left, %s%s", limit->counter.data, level->key, left,
                                    room, share_text(level));
    set_numbers(&finding, limit, level);
    say_exceeded(context, &finding, limit, level);
    finding_add(findings, &finding);
}

/* Whoever has used less of all limits is not worth a word in each message's record. */
static bool is_told(const struct limit_level *level)
{
    enum { TOLD_FROM_A = 10 };
    return level->is_share || level->used >= level->capacity / TOLD_FROM_A;
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
    const struct rate_limit *limit =
        fullest == NULL || !is_told(fullest) ? NULL : limit_of(context->settings, fullest);
    if (limit == NULL)
        return;
    struct finding pass = check_finding(rates_check.name, context, FINDING_PASS, "within_limit");
    set_numbers(&pass, limit, fullest);
    pass.detail = fullest->is_share ? check_text(context, "%s%s", fullest->limit, share_text(fullest))
                                    : fullest->limit; /* the policy's, which outlives the message */
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

static unsigned rates_needs(const void *settings)
{
    return ((const struct rates_settings *)settings)->needs;
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
