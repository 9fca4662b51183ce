/* The section `rates`. */
#include "check/rates/rates.h"

#include "config/types.h"
#include "store/store.h"

#include <stdio.h>
#include <talloc.h>

enum {
    WARNING_REARM_PERCENT = 75, /* of the warning's own mark */
    BYTES_PER_KB = 1000,
    US_PER_MS = 1000,
};

static const struct config_choice key_choices[] = {
    {"user", RATE_BY_USER, "the login (or uid:N, or the trusted network), all spellings of it as one"},
    {"sender", RATE_BY_SENDER, "the envelope sender's address"},
    {"domain", RATE_BY_DOMAIN, "the domain of the login, else of the envelope sender"},
    {"customer", RATE_BY_CUSTOMER, "the customer of `customers`; who has none is not counted"},
    {"ip", RATE_BY_IP, "the client's address; of IPv6 its /64"},
    {"uid", RATE_BY_UID, "the user of this machine who handed the mail in"},
    {"script", RATE_BY_SCRIPT, "the script that handed the mail in"},
    {0},
};

static const struct config_choice count_choices[] = {
    {"recipients", RATE_OF_RECIPIENTS, "recipients, each distinct address of a message once"},
    {"messages", RATE_OF_MESSAGES, "messages"},
    {"external_recipients", RATE_OF_EXTERNAL_RECIPIENTS, "recipients in other domains than one's own"},
    {"internal_recipients", RATE_OF_INTERNAL_RECIPIENTS, "recipients in `relay.local_domains`"},
    {"new_recipients", RATE_OF_NEW_RECIPIENTS, "recipients this login has not written to lately"},
    {"refused_recipients", RATE_OF_REFUSED_RECIPIENTS,
     "recipients that were refused, by the MTA or by a check: dead addresses tell a stolen login"},
    {"bytes", RATE_OF_BYTES, "bytes of messages as they travel, each begun kB whole"},
    {0},
};

static const struct config_choice window_choices[] = {
    {"refill", WINDOW_REFILL,
     "a bucket of `burst` that refills evenly: nobody waits long, and up to burst + limit - 1 pass in a period"},
    {"sliding", WINDOW_SLIDING, "at most `limit` in any period, wherever it begins"},
    {0},
};

static const struct config_choice action_choices[] = {
    {"defer", ACTION_DEFER, "the sender is asked to come again later (450): mail servers do by themselves"},
    {"reject", ACTION_REJECT, "the recipient is refused (550): mail programs show it at once"},
    {"hold", ACTION_HOLD, "the mail waits in the MTA's hold queue"},
    {"warn", ACTION_ACCEPT, "the mail goes on; the record and the log tell, once a crossing"},
    {0},
};

static const struct config_choice scope_choices[] = {
    {"all", RATE_SCOPE_ALL, "all mail"},
    {"external", RATE_SCOPE_EXTERNAL,
     "mail to other domains than one's own; the rest passes when the limit is reached"},
    {0},
};

#define LIMIT_ROW(row_name, row_type, member, ...)                                                           \
    {                                                                                                        \
        .name = (row_name), .type = &config_type_##row_type,                                                 \
        .offset = offsetof(struct rate_limit_settings, member), __VA_ARGS__                                  \
    }

static const struct config_key limit_keys[] = {
    LIMIT_ROW("key", choice, key, .flags = CONFIG_REQUIRED, .choices = key_choices,
              .text = "Who has a counter. An empty key is never counted."),
    LIMIT_ROW("count", choice, count, .default_text = "recipients", .choices = count_choices,
              .text = "What is counted, of accepted mail only."),
    LIMIT_ROW("limit", text, limit, .flags = CONFIG_REQUIRED,
              .text = "How many; for bytes a size: 500, 2GB."),
    LIMIT_ROW(
        "per", text, per, .flags = CONFIG_REQUIRED,
        .text =
            "In what time: a duration (10m, 1h, 24h), or `day` or `month` of the calendar, which begin at "
            "midnight by `timezone`."),
    LIMIT_ROW("window", choice, window, .default_text = "refill", .choices = window_choices,
              .text = "How a duration is meant; `check --print` says it in words."),
    LIMIT_ROW("burst", text, burst, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY,
              .text = "With `refill`: how many may come at once; empty: `limit`."),
    LIMIT_ROW("warn", text, warn, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY,
              .text = "From which share on to warn, once a crossing: 80%. Empty: not."),
    LIMIT_ROW("scope", choice, scope, .default_text = "all", .choices = scope_choices,
              .text = "Which mail is stopped when the limit is reached; all of it is counted."),
    LIMIT_ROW("action", choice, action, .default_text = "defer", .choices = action_choices,
              .text = "What becomes of mail over the limit."),
    LIMIT_ROW("mode", choice, mode, .default_text = "enforce", .choices = check_mode_choices,
              .text = "Whether this limit acts, only records what it would have done, or is off."),
    {0},
};

/* ---- reading an entry -------------------------------------------------------------------------------- */

/* "500", or for bytes "2GB"; in kB there, rounded up. */
static bool read_amount(const char *text, enum rate_count count, uint64_t *amount)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"", 1},          {"B", 1},           {"kB", 1000},          {"KB", 1000},
                 {"MB", 1000000},  {"GB", 1000000000}, {"TB", 1000000000000}, {"KiB", 1024},
                 {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    size_t digits = strspn(text, "0123456789");
    struct slice unit = slice_trim(slice_of(text + digits));
    uint64_t number;
    if (!config_digits(slice_make(text, digits), &number))
        return false;
    if (count != RATE_OF_BYTES) {
        *amount = number;
        return unit.length == 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (slice_equal(unit, slice_of(units[i].unit)) && number <= UINT64_MAX / 2 / units[i].bytes) {
            *amount = (number * units[i].bytes + BYTES_PER_KB - 1) / BYTES_PER_KB;
            return true;
        }
    return false;
}

static bool compile_amount(const struct config_finish *context, const char *key, const char *text,
                           enum rate_count count, uint64_t *amount)
{
    if (read_amount(text, count, amount) && *amount >= 1 && *amount <= WINDOW_AMOUNT_MAX)
        return true;
    config_finish_error(context, key,
                        count == RATE_OF_BYTES ? "'%s' is no size: write a number and a unit, 500MB"
                                               : "'%s' is no number from 1 to 4294967295: write 500",
                        text);
    return false;
}

static bool compile_per(const struct rate_limit_settings *written, struct rate_limit *limit,
                        const struct config_finish *context)
{
    uint64_t ms = 0;
    limit->per = written->per;
    if (strcmp(written->per, "day") == 0 || strcmp(written->per, "month") == 0) {
        limit->calendar = written->per[0] == 'd' ? RATE_DAY : RATE_MONTH;
        limit->kind = WINDOW_CALENDAR;
        if (written->burst[0] == '\0')
            return true;
        config_finish_error(context, "burst", "a calendar %s has no burst: leave it out, or write per: 24h",
                            limit->per);
        return false;
    }
    static const uint64_t MOST_MS = 366ULL * 86400 * 1000;
    if (!config_duration_read(slice_of(written->per), &ms) || ms < 1000 || ms > MOST_MS) {
        config_finish_error(context, "per",
                            "'%s' is no time from 1s to 366d: write 10m, 1h, 24h, day or month",
                            written->per);
        return false;
    }
    limit->kind = written->window;
    limit->period_us = (int64_t)ms * US_PER_MS;
    return true;
}

/* "80%": the mark, in the limit's own unit, at least one. */
static bool compile_warning(const struct rate_limit_settings *written, struct rate_limit *limit,
                            const struct config_finish *context)
{
    const char *text = written->warn;
    size_t digits = strspn(text, "0123456789");
    uint64_t percent = 0;
    uint64_t capacity = limit->kind == WINDOW_REFILL ? limit->burst : limit->limit;
    if (text[0] == '\0' && limit->action != ACTION_ACCEPT)
        return true;
    if (text[0] == '\0')
        percent = 100;
    else if (!config_digits(slice_make(text, digits), &percent) || strcmp(text + digits, "%") != 0 ||
             percent < 1 || percent > 100) {
        config_finish_error(context, "warn", "'%s' is no share of the limit: write 80%%", text);
        return false;
    }
    limit->warn_at = (capacity * percent + 99) / 100;
    limit->warn_until = limit->warn_at * WARNING_REARM_PERCENT / 100;
    return true;
}

static bool compile_burst(const struct rate_limit_settings *written, struct rate_limit *limit,
                          const struct config_finish *context)
{
    limit->burst = limit->limit;
    if (written->burst[0] == '\0')
        return true;
    if (written->window == WINDOW_SLIDING) {
        config_finish_error(context, "burst",
                            "a sliding window has no burst: leave it out, or write window: refill");
        return false;
    }
    return compile_amount(context, "burst", written->burst, limit->count, &limit->burst);
}

static bool compile(const struct rate_limit_settings *written, struct rate_limit *limit,
                    const struct config_finish *context)
{
    limit->key = written->key;
    limit->count = written->count;
    limit->scope = written->scope;
    limit->action = written->action;
    limit->mode = written->mode;
    limit->place = context->place;
    return compile_amount(context, "limit", written->limit, limit->count, &limit->limit) &&
           compile_per(written, limit, context) && compile_burst(written, limit, context) &&
           compile_warning(written, limit, context);
}

/* A counter goes with its parameters: what was counted against another limit means something else. */
static const char *counter_name(void *owner, const struct rate_limit *limit)
{
    static const char *const kinds[] = {"", " sliding", ""};
    const char *name =
        talloc_asprintf(owner, "%s %s %llu/%s%s", rate_key_name(limit->key), rate_count_name(limit->count),
                        (unsigned long long)limit->limit, limit->per, kinds[limit->kind]);
    if (name == NULL || limit->kind != WINDOW_REFILL || limit->burst == limit->limit)
        return name;
    return talloc_asprintf(owner, "%s burst %llu", name, (unsigned long long)limit->burst);
}

static void limit_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct rate_limit_settings *written = settings;
    if (written->compiled != NULL)
        return;
    struct rate_limit *limit = talloc_zero(owner, struct rate_limit);
    if (limit == NULL || !compile(written, limit, context)) {
        if (limit == NULL)
            config_finish_error(context, NULL, "out of memory");
        talloc_free(limit);
        return;
    }
    limit->last_window = talloc_zero(limit, atomic_uint_least64_t); /* without, it is worked out each time */
    const char *name = counter_name(limit, limit);
    if (name == NULL)
        config_finish_error(context, NULL, "out of memory");
    limit->counter = slice_of(name == NULL ? "" : name);
    limit->counter_hash = store_limit_hash(limit->counter);
    written->compiled = limit;
}

static void limit_describe(const void *settings, struct strbuf *out)
{
    const struct rate_limit_settings *written = settings;
    if (written->compiled != NULL)
        rate_limit_describe(written->compiled, out);
}

static const struct config_section limit_section = {
    .name = "limits",
    .struct_bytes = sizeof(struct rate_limit_settings),
    .keys = limit_keys,
    .finish = limit_finish,
    .describe = limit_describe,
    .text = "One limit.",
};

static const struct config_key rates_keys[] = {
    CHECK_COMMON_KEYS(struct rates_settings, "enforce", "accept"),
    {.name = "limits",
     .type = &config_type_array,
     .offset = offsetof(struct rates_settings, limits),
     .section = &limit_section,
     .text =
         "All of them hold at once. What is written under a role or in an override stands in place of the whole "
         "list."},
    {0},
};

enum check_mode rate_limit_mode(const struct rate_limit *limit, const struct rates_settings *settings)
{
    return limit->mode > settings->common.mode ? limit->mode : settings->common.mode;
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

/* Two limits on one counter would charge it twice. */
static bool is_counted_already(const struct rates_settings *rates, const struct rate_limit *limit,
                               const struct config_finish *context)
{
    for (size_t i = 0; i < rates->in_use_count; i++) {
        if (!slice_equal(rates->in_use[i]->counter, limit->counter))
            continue;
        config_finish_error(context, "limits",
                            "two limits are '%s', and would count the same twice: write one of them",
                            limit->counter.data);
        return true;
    }
    return false;
}

static void rates_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct rates_settings *rates = settings;
    const size_t count = rates->limits.count;
    if (count > RATES_LIMITS_MAX) {
        config_finish_error(context, "limits", "%zu limits are more than the most, %d", count,
                            RATES_LIMITS_MAX);
        return;
    }
    rates->in_use = talloc_zero_array(owner, const struct rate_limit *, (unsigned)count + 1);
    if (rates->in_use == NULL)
        config_finish_error(context, NULL, "out of memory");
    rates->in_use_count = rates->needs = 0;
    for (size_t i = 0; i < count && rates->in_use != NULL; i++) {
        const struct rate_limit *limit = rates_limit_at(rates, i);
        if (limit == NULL || rate_limit_mode(limit, rates) == MODE_OFF ||
            is_counted_already(rates, limit, context))
            continue;
        rates->in_use[rates->in_use_count++] = limit;
        rates->needs |= needs_of(limit);
    }
}

const struct config_section rates_section = {
    .name = "rates",
    .struct_bytes = sizeof(struct rates_settings),
    .keys = rates_keys,
    .per_role = true,
    .finish = rates_finish,
    .text = "How much may be sent within a time.",
};

const struct rate_limit *rates_limit_at(const struct rates_settings *settings, size_t i)
{
    return ((const struct rate_limit_settings *)settings->limits.items)[i].compiled;
}

/* ---- a counter's name, read again -------------------------------------------------------------------- */

static bool find_choice(const struct config_choice *choices, struct slice word, int *value)
{
    for (; choices->name != NULL; choices++)
        if (slice_equal(word, slice_of(choices->name))) {
            *value = choices->value;
            return true;
        }
    return false;
}

/* The next word, which is cut off the text. */
static struct slice next_word(struct slice *text)
{
    const char *end = text->length == 0 ? NULL : memchr(text->data, ' ', text->length);
    const size_t length = end == NULL ? text->length : (size_t)(end - text->data);
    const struct slice word = slice_part(*text, 0, length);
    *text = slice_part(*text, end == NULL ? length : length + 1, text->length);
    return word;
}

/* "500/1h", "500/day" */
static bool read_amount_per(struct slice word, struct rate_limit *limit, char per[RATE_PER_BYTES])
{
    const char *slash = word.length == 0 ? NULL : memchr(word.data, '/', word.length);
    const size_t digits = slash == NULL ? 0 : (size_t)(slash - word.data);
    const struct slice span = slash == NULL ? word : slice_part(word, digits + 1, word.length);
    uint64_t ms = 0;
    if (slash == NULL || span.length >= RATE_PER_BYTES ||
        !config_digits(slice_part(word, 0, digits), &limit->limit) || limit->limit == 0 ||
        limit->limit > WINDOW_AMOUNT_MAX)
        return false;
    memcpy(per, span.data, span.length);
    per[span.length] = '\0';
    limit->per = per;
    limit->burst = limit->limit;
    limit->calendar = strcmp(per, "day") == 0 ? RATE_DAY : strcmp(per, "month") == 0 ? RATE_MONTH : RATE_SPAN;
    limit->kind = limit->calendar == RATE_SPAN ? WINDOW_REFILL : WINDOW_CALENDAR;
    if (limit->calendar == RATE_SPAN && (!config_duration_read(span, &ms) || ms == 0))
        return false;
    limit->period_us = (int64_t)ms * US_PER_MS;
    return true;
}

bool rate_limit_from_name(struct slice name, struct rate_limit *limit, char per[RATE_PER_BYTES])
{
    int key, count;
    *limit = (struct rate_limit){0};
    if (!find_choice(key_choices, next_word(&name), &key) ||
        !find_choice(count_choices, next_word(&name), &count) ||
        !read_amount_per(next_word(&name), limit, per))
        return false;
    limit->key = (enum rate_key)key;
    limit->count = (enum rate_count)count;
    const struct slice word = next_word(&name);
    if (slice_equal(word, slice_of("sliding")))
        limit->kind = WINDOW_SLIDING;
    else if (slice_equal(word, slice_of("burst")))
        return config_digits(name, &limit->burst) && limit->burst > 0 && limit->burst <= WINDOW_AMOUNT_MAX;
    else if (word.length > 0)
        return false;
    return name.length == 0;
}

/* ---- names ------------------------------------------------------------------------------------------ */

static const char *choice_name(const struct config_choice *choices, int value)
{
    while (choices->name != NULL && choices->value != value)
        choices++;
    return choices->name == NULL ? "" : choices->name;
}

const char *rate_key_name(enum rate_key key)
{
    return choice_name(key_choices, (int)key);
}

const char *rate_count_name(enum rate_count count)
{
    return choice_name(count_choices, (int)count);
}
