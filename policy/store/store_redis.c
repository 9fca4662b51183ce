/* Counters that several servers share; what the server decides by is decide.lua. */
#include "store/store_redis.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

COUNTER(times_away, "store_times_away", "store_times_away_total", "",
        "How often the shared store went away.");

enum {
    CONNECT_MS = 50,
    FIRST_MS = 300, /* a start waits so long, so as not to begin with a share of its own */
    COMMAND_MS = 20,
    SERVERS_SEEN_MS = 5000,
    SETTLE_EACH_MS = 50,
    BLIP_MS = 50, /* so short an absence is this server's own */
    SETTLING_MS = 1000,
    WAITING_MAX = 256, /* threads; more decide by their share at once */
    US_PER_MS = 1000,
    MOVED_MAX = 500, /* counters of one pulse */
    PULSE_HEAD = 3,
    MOVED_FIELDS = 5,
};

/* The scripts, as the build puts them in (CMakeLists.txt). */
extern const char decide_lua[], notes_lua[], pulse_lua[];

int64_t redis_now_us(const struct store *base)
{
    const struct store_redis *redis = (const struct store_redis *)base;
    const int64_t offset_us = atomic_load(&redis->offset_us);
    const int64_t tick_us = (int64_t)clock_monotonic_us(&base->clock);
    if (offset_us != 0)
        return tick_us + offset_us;
    return base->started_us + tick_us - (int64_t)base->started_tick_us;
}

/* ---- pulse, on the connection's thread -------------------------------------------------------------- */

static void take_moved(struct store_redis *redis, const redisReply *reply)
{
    for (size_t i = PULSE_HEAD; i + MOVED_FIELDS <= reply->elements; i += MOVED_FIELDS) {
        const redisReply *name = reply->element[i];
        struct slice limit, key;
        if (name->str != NULL && redis_counter_split(slice_make(name->str, name->len), &limit, &key))
            redis_remember_moved(redis, limit, key,
                                 &(struct redis_remembered){
                                     .used = (uint64_t)redis_number_at(reply, i + 1),
                                     .charged = (uint64_t)redis_number_at(reply, i + 2),
                                     .seen_us = redis_number_at(reply, i + 3) * US_PER_MS,
                                     .lapses_us = redis_number_at(reply, i + 4) * US_PER_MS,
                                 });
    }
}

static bool is_pulse(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= PULSE_HEAD &&
           reply->element[1]->str != NULL;
}

/* A store that has just come back may not have seen the others yet: shares do not grow by that. */
static void take_servers(struct store_redis *redis, int64_t count)
{
    const bool may_shrink = !atomic_load(&redis->is_by_share);
    if (count >= 1 && (may_shrink || count > (int64_t)atomic_load(&redis->servers)))
        atomic_store(&redis->servers, (unsigned)count);
}

static void take_pulse(void *context)
{
    struct store_redis *redis = context;
    struct redis_call *beat = redis->beat;
    const redisReply *reply = beat->reply;
    redis->beat = NULL;
    redis->is_pulse_unknown = reply != NULL && reply->type == REDIS_REPLY_ERROR;
    if (is_pulse(reply)) {
        if (redis_number_at(reply, 2) == 0)
            redis_lose_memory(redis, atomic_load(&redis->memory));
        take_servers(redis, redis_number_at(reply, 0));
        snprintf(redis->stream_seen, sizeof redis->stream_seen, "%s", reply->element[1]->str);
        take_moved(redis, reply);
    }
    redis_call_drop(beat);
}

static void pulse(void *context, struct redis_connection *connection)
{
    struct store_redis *redis = context;
    char seen_ms[16], most[16];
    if (redis->beat != NULL)
        return;
    snprintf(seen_ms, sizeof seen_ms, "%d", SERVERS_SEEN_MS);
    snprintf(most, sizeof most, "%d", MOVED_MAX);
    const struct slice arguments[] = {
        slice_of(redis->is_pulse_unknown ? "EVAL" : "EVALSHA"),
        slice_of(redis->is_pulse_unknown ? redis->pulse.text : redis->pulse.sha),
        slice_of("3"),
        slice_of(REDIS_PREFIX "servers"),
        slice_of(REDIS_PREFIX "moved"),
        slice_of(redis->memory_key),
        slice_of(redis->name),
        slice_of(seen_ms),
        slice_of(redis->stream_seen),
        slice_of(most),
    };
    redis->beat = redis_send(connection, arguments, sizeof arguments / sizeof arguments[0], NULL);
    redis->beat_told = (struct pending_notice){.told = take_pulse, .context = redis};
    if (redis->beat != NULL && !pending_tell(&redis->beat->pending, &redis->beat_told))
        take_pulse(redis);
}

/* A server that ends as it should leaves its share to the others at once. Not waited for. */
static void say_good_bye(struct store_redis *redis)
{
    const struct slice arguments[] = {slice_of("ZREM"), slice_of(REDIS_PREFIX "servers"),
                                      slice_of(redis->name)};
    redis_call_drop(redis_send(redis->connection, arguments, 3, NULL));
}

/* From now on, until settle_up() ends it. */
static void go_by_share(struct store_redis *redis, uint64_t settling_ms)
{
    atomic_store(&redis->under_way, atomic_load(&redis->waiting.count));
    atomic_store(&redis->shared_until_ms, clock_monotonic_ms(&redis->base.clock) + settling_ms);
    atomic_store(&redis->is_by_share, true);
}

void redis_lose_memory(struct store_redis *redis, uint64_t memory)
{
    uint_least64_t known = memory;
    if (atomic_load(&redis->is_by_share))
        return; /* it is not introduced yet */
    if (!atomic_compare_exchange_strong(&redis->memory, &known, memory + 1))
        return; /* another has found it */
    go_by_share(redis, SETTLING_MS);
    log_warning("store: it has lost its memory, and is told what was used; limits go on with a share of 1/%u "
                "for a second",
                atomic_load(&redis->servers));
}

static void come_back(struct store_redis *redis, const char *place)
{
    const int64_t away_us = clock_wall_us(&redis->base.clock) - atomic_load(&redis->away_us);
    const uint64_t settling_ms = away_us < BLIP_MS * (int64_t)US_PER_MS ? 0 : SETTLING_MS;
    const bool is_first = atomic_fetch_add(&redis->connected, 1) == 0;
    atomic_store(&redis->shared_until_ms,
                 clock_monotonic_ms(&redis->base.clock) + (is_first ? 0 : settling_ms));
    atomic_store(&redis->away_us, 0);
    atomic_fetch_add(&redis->memory, 1);
    snprintf(redis->stream_seen, sizeof redis->stream_seen, "0");
    log_info("store: %s is there", place);
}

static void go_away(struct store_redis *redis, const char *place, const char *trouble)
{
    go_by_share(redis, 0);
    atomic_store(&redis->away_us, clock_wall_us(&redis->base.clock));
    counter_add(&times_away, 1);
    log_error("store: %s is away: %s; limits go on with a share of 1/%u", place, trouble,
              atomic_load(&redis->servers));
}

static void changed(void *context, bool is_there, const char *trouble)
{
    struct store_redis *redis = context;
    struct strbuf place;
    strbuf_init(&place, 0);
    redis_address_print(&redis->address, &place);
    if (is_there)
        come_back(redis, strbuf_text(&place));
    else
        go_away(redis, strbuf_text(&place), trouble);
    strbuf_deinit(&place);
}

/* ---- the kind --------------------------------------------------------------------------------------- */

/* After a while of absence, all servers find the store again within a probe or two and send at once what they
 * owe: the share holds until then, or one would take for free what another has let pass. */
static void settle_up(void *context)
{
    struct store_redis *redis = context;
    if (!redis_unsent_send(redis) || !atomic_load(&redis->is_by_share) ||
        clock_monotonic_ms(&redis->base.clock) < atomic_load(&redis->shared_until_ms) ||
        !redis_introduce(redis))
        return;
    /* What was charged to the share has reached the server, and is part of what is left next time. */
    store_memory_forget(redis->local);
    atomic_store(&redis->is_by_share, false);
    if (!pending_is_done(&redis->reached))
        pending_complete(&redis->reached);
}

static bool describe(struct store *base, struct strbuf *out)
{
    struct store_redis *redis = (struct store_redis *)base;
    const bool is_there = redis_connection_is_there(redis->connection);
    const unsigned servers = atomic_load(&redis->servers);
    const int64_t away_us = atomic_load(&redis->away_us);
    redis_address_print(&redis->address, out);
    if (is_there) {
        strbuf_printf(out, ", shared by %u server%s%s", servers, servers == 1 ? "" : "s",
                      atomic_load(&redis->is_by_share) ? ", settling what was charged while it was away"
                                                       : "");
        return true;
    }
    strbuf_append_text(out, ", away");
    char since[TIME_TEXT_BYTES];
    time_text_utc(away_us, since);
    strbuf_printf(out, " since %s: ", since);
    redis_connection_trouble(redis->connection, out);
    strbuf_printf(out, "; limits go on with a share of 1/%u", servers);
    return false;
}

static void destroy(struct store *base)
{
    struct store_redis *redis = (struct store_redis *)base;
    ticker_stop(redis->settler);
    if (redis->connection != NULL)
        say_good_bye(redis);
    redis_connection_close(redis->connection);
    redis_unsent_free(redis);
    store_destroy(redis->local);
    pthread_mutex_destroy(&redis->lock);
    free(redis->remembered);
    talloc_free(redis->owner);
    free(redis);
}

static const struct store_kind redis_kind = {
    .hold_bytes = sizeof(struct redis_hold),
    .held_bytes = sizeof(struct redis_held),
    .reserve = redis_reserve,
    .settle = redis_settle,
    .release = redis_release,
    .look = redis_look,
    .reset = redis_reset,
    .each = redis_each,
    .exchange = redis_exchange,
    .now_us = redis_now_us,
    .describe = describe,
    .destroy = destroy,
};

static bool open_all(struct store_redis *redis, const struct store_redis_options *options)
{
    static const size_t LOCAL_KEYS_MAX = 200000;
    const struct store_memory_options local = {.clock = options->clock,
                                               .seed = {options->seed[0], options->seed[1]},
                                               .keys_max = {LOCAL_KEYS_MAX, LOCAL_KEYS_MAX}};
    const struct redis_connection_options connection = {
        .address = &redis->address,
        .connect_ms = CONNECT_MS,
        .command_ms = redis->address.timeout_ms == 0 ? COMMAND_MS : redis->address.timeout_ms,
        .changed = changed,
        .pulse = pulse,
        .context = redis};
    redis->remembered = calloc(REDIS_REMEMBERED, sizeof *redis->remembered);
    redis->local = store_memory_create(&local);
    if (redis->remembered == NULL || redis->local == NULL)
        return false;
    redis->connection = redis_connection_open(&connection);
    if (redis->connection == NULL)
        return false;
    redis->settler = ticker_start(SETTLE_EACH_MS, settle_up, redis);
    pending_wait(&redis->reached, FIRST_MS);
    return redis->settler != NULL;
}

struct store *store_redis_create(const struct store_redis_options *options, struct strbuf *problem)
{
    struct store_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    store_init(&redis->base, &redis_kind, &options->clock);
    pthread_mutex_init(&redis->lock, NULL);
    pending_bound_init(&redis->waiting, WAITING_MAX);
    pending_init(&redis->reached);
    redis->owner = talloc_new(NULL);
    redis->seed[0] = options->seed[0];
    redis->seed[1] = options->seed[1];
    atomic_store(&redis->servers, 1);
    atomic_store(&redis->is_by_share, true);
    atomic_store(&redis->away_us, redis->base.started_us);
    snprintf(redis->name, sizeof redis->name, "%s", options->name);
    snprintf(redis->memory_key, sizeof redis->memory_key, REDIS_PREFIX "server:%s", redis->name);
    redis_script_init(&redis->decide, decide_lua);
    redis_script_init(&redis->notes, notes_lua);
    redis_script_init(&redis->pulse, pulse_lua);
    bool is_read = redis_address_read(redis->owner, options->url, &redis->address, problem);
    if (is_read && open_all(redis, options))
        return &redis->base;
    if (is_read)
        strbuf_append_text(problem, "out of memory");
    destroy(&redis->base);
    return NULL;
}
