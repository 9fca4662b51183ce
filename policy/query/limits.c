/* `usage`, `top`, `reset`: what limits have counted. */
#include "policy_query.h"

#include "base/log.h"
#include "check/rates/rates_keys.h"
#include "check/relay/relay.h"
#include "engine/engine.h"
#include "store/store.h"

#include <stdlib.h>
#include <talloc.h>

enum { ROWS_MAX = 10000 };

/* One counter, as it stands. */
struct usage {
    const char *limit, *key;
    struct rate_limit parsed;
    char per[RATE_PER_BYTES];
    struct window_level level;
    bool is_elsewhere; /* its level is still to be asked for */
};

struct collecting {
    void *owner;
    struct slice wanted; /* of this key only; empty: all */
    const char *kind;    /* of limits by this key only ("user"); NULL: all */
    int64_t now_us, calendar_us;
    struct usage **items;
    size_t count, left_out;
    bool failed;
};

static bool is_wanted(const struct collecting *collecting, const struct store_counter *counter,
                      const struct rate_limit *limit)
{
    return (collecting->wanted.length == 0 || slice_equal_nocase(counter->key, collecting->wanted)) &&
           (collecting->kind == NULL || strcmp(rate_key_name(limit->key), collecting->kind) == 0);
}

static void keep(struct collecting *collecting, const struct store_counter *counter, struct usage *usage)
{
    usage->limit = talloc_strndup(usage, counter->limit.data, counter->limit.length);
    usage->key = talloc_strndup(usage, counter->key.data, counter->key.length);
    struct usage **grown =
        talloc_realloc(collecting->owner, collecting->items, struct usage *, (unsigned)collecting->count + 1);
    if (usage->limit == NULL || usage->key == NULL || grown == NULL) {
        collecting->failed = true;
        return;
    }
    collecting->items = grown;
    collecting->items[collecting->count++] = usage;
}

/* Called with a part of the store locked. */
static void collect_one(void *context, const struct store_counter *counter)
{
    struct collecting *collecting = context;
    struct usage *usage = talloc_zero(collecting->owner, struct usage);
    if (usage == NULL) {
        collecting->failed = true;
        return;
    }
    if (!rate_limit_from_name(counter->limit, &usage->parsed, usage->per) ||
        !is_wanted(collecting, counter, &usage->parsed)) {
        talloc_free(usage);
        return;
    }
    if (collecting->count == ROWS_MAX) {
        collecting->left_out++;
        talloc_free(usage);
        return;
    }
    const struct window window = rate_window(&usage->parsed, collecting->calendar_us);
    usage->is_elsewhere = counter->state == NULL;
    if (!usage->is_elsewhere)
        usage->level = window_look(&window, counter->state, collecting->now_us, 1);
    keep(collecting, counter, usage);
}

/* The fullest first; of equals the one that has used more. */
static int by_share(const void *left, const void *right)
{
    const struct usage *a = *(struct usage *const *)left, *b = *(struct usage *const *)right;
    const double share_a = (double)a->level.used / (double)a->level.limit;
    const double share_b = (double)b->level.used / (double)b->level.limit;
    if (share_a != share_b)
        return share_a < share_b ? 1 : -1;
    if (a->level.used != b->level.used)
        return a->level.used < b->level.used ? 1 : -1;
    return strcmp(a->key, b->key);
}

static int by_amount(const void *left, const void *right)
{
    const struct usage *a = *(struct usage *const *)left, *b = *(struct usage *const *)right;
    if (a->level.used != b->level.used)
        return a->level.used < b->level.used ? 1 : -1;
    return by_share(left, right);
}

/* Rows: what is counted, of how much, and when there is room again. */
static void report_one(struct answer *answer, const struct usage *usage, int64_t now_us)
{
    const struct window_level *level = &usage->level;
    struct strbuf words;
    strbuf_init(&words, 0);
    rate_limit_describe(&usage->parsed, &words);
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "key", "KEY", usage->key);
    answer_text(answer, "by", "BY", rate_key_name(usage->parsed.key));
    answer_text(answer, "count", "COUNTS", rate_count_name(usage->parsed.count));
    answer_count(answer, "used", "USED", level->used);
    answer_count(answer, "limit", "OF", level->limit);
    answer_count(answer, "remaining", "LEFT", level->remaining);
    answer_text(answer, "per", "PER", usage->per);
    if (level->clears_us > now_us && level->clears_us != INT64_MAX)
        answer_time(answer, "room_again", NULL, level->clears_us);
    answer_time(answer, "all_free", "ALL FREE AT", level->reset_us);
    answer_text(answer, "words", NULL, strbuf_text(&words));
    answer_text(answer, "name", NULL, usage->limit);
    answer_close(answer);
    strbuf_deinit(&words);
}

/* Of counters that live on another server. */
static void ask_for_levels(struct store *store, struct collecting *collecting)
{
    for (size_t i = 0; i < collecting->count; i++) {
        struct usage *usage = collecting->items[i];
        struct store_charge charge = {
            .limit = slice_of(usage->limit),
            .key = slice_of(usage->key),
            .window = rate_window(&usage->parsed, collecting->calendar_us),
            .amount = 1,
        };
        if (usage->is_elsewhere && store_look(store, &charge, 1))
            usage->level = charge.level;
    }
}

static bool has_store(struct policy_engine *engine, struct answer *answer)
{
    if (engine->services.store != NULL)
        return true;
    answer_refuse(answer, "nothing is counted: there is no store");
    return false;
}

static void refuse_away(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf how;
    strbuf_init(&how, 0);
    store_describe(engine->services.store, &how);
    answer_refuse(answer, "the store cannot be asked: %s", strbuf_text(&how));
    strbuf_deinit(&how);
}

/* What a key that is written in another way is counted as: all spellings of a login are one, and all IPv6
 * addresses of a customer. */
static const char *key_as_counted(struct policy_engine *engine, void *owner, const char *key)
{
    struct ip_address address;
    if (ip_address_parse(slice_of(key), &address)) {
        char text[RATE_CLIENT_BYTES];
        rate_client_key(&address, text);
        const char *network = talloc_strdup(owner, text);
        return network == NULL ? key : network;
    }
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const char *login =
        login_canonical(owner, slice_of(key), snapshot_relay_settings(snapshot)->default_realm);
    policy_snapshot_unref(snapshot);
    return login == NULL ? key : login;
}

bool policy_query_usage(struct policy_engine *engine, const struct policy_usage_question *question,
                        struct answer *answer)
{
    if (!has_store(engine, answer))
        return false;
    struct collecting collecting = {
        .owner = talloc_new(NULL),
        .wanted = slice_of(question->key),
        .kind = question->kind,
        .now_us = store_now_us(engine->services.store),
        .calendar_us = store_calendar_us(engine->services.store),
    };
    bool is_told = store_each(engine->services.store, collect_one, &collecting);
    if (is_told && collecting.count == 0 && collecting.wanted.length > 0) {
        collecting.wanted = slice_of(key_as_counted(engine, collecting.owner, question->key));
        is_told = store_each(engine->services.store, collect_one, &collecting);
    }
    if (!is_told) {
        refuse_away(engine, answer);
        talloc_free(collecting.owner);
        return false;
    }
    ask_for_levels(engine->services.store, &collecting);
    if (collecting.failed || collecting.owner == NULL) {
        answer_refuse(answer, "out of memory");
        talloc_free(collecting.owner);
        return false;
    }
    if (collecting.count > 0)
        qsort(collecting.items, collecting.count, sizeof(struct usage *),
              question->by_amount ? by_amount : by_share);
    answer_become_list(answer);
    for (size_t i = 0; i < collecting.count && i < question->most; i++)
        report_one(answer, collecting.items[i], collecting.now_us);
    if (collecting.count == 0)
        answer_line(answer,
                    question->key == NULL || question->key[0] == '\0' ? "nothing has been counted"
                                                                      : "nothing has been counted for %s",
                    question->key == NULL ? "" : question->key);
    talloc_free(collecting.owner);
    return true;
}

bool policy_reset_usage(struct policy_engine *engine, const char *key, const char *by, struct answer *answer)
{
    if (!has_store(engine, answer))
        return false;
    size_t count = 0;
    void *scratch = talloc_new(NULL);
    bool is_whole = store_reset(engine->services.store, slice_of(""), slice_of(key), &count);
    if (is_whole && count == 0)
        is_whole = store_reset(engine->services.store, slice_of(""),
                               slice_of(key_as_counted(engine, scratch, key)), &count);
    talloc_free(scratch);
    if (!is_whole) {
        refuse_away(engine, answer);
        return false;
    }
    if (count == 0) {
        answer_refuse(answer, "nothing has been counted for %s: `closedrelay top` lists the keys", key);
        return false;
    }
    log_info("reset: %zu counters of %s were set to nothing by %s", count, key, by);
    answer_line(answer, "%zu counter%s of %s begin%s anew", count, count == 1 ? "" : "s", key,
                count == 1 ? "s" : "");
    answer_text(answer, "key", NULL, key);
    answer_count(answer, "counters", NULL, count);
    return true;
}
