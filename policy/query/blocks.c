/* `block`, `unblock`, `lock`, `unlock`, `blocks`: who may not send at the moment. */
#include "live/blocks.h"
#include "base/log.h"
#include "base/time_text.h"
#include "check/relay/relay.h"
#include "config/types.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "policy_query.h"

#include <talloc.h>

enum { US_PER_MS = 1000 };
static const uint64_t BLOCK_MS_MAX = 366ULL * 86400000;

static bool has_blocks(struct policy_engine *engine, struct answer *answer)
{
    if (engine->services.blocks != NULL)
        return true;
    answer_refuse(answer, "nobody can be blocked here: the daemon keeps no blocks");
    return false;
}

/* Of a login all spellings are one: as checks know it, with the default realm. */
static bool read_target(struct policy_engine *engine, void *owner, const char *text, struct block *block,
                        struct answer *answer)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    bool is_read = block_target_read(owner, text, &block->target, &block->whom, &problem);
    if (!is_read)
        answer_refuse(answer, "%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    if (!is_read || block->target != BLOCK_USER || strchr(block->whom, ':') != NULL)
        return is_read;
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const char *canonical =
        login_canonical(owner, slice_of(block->whom), snapshot_relay_settings(snapshot)->default_realm);
    policy_snapshot_unref(snapshot);
    if (canonical == NULL)
        answer_refuse(answer, "out of memory");
    else
        block->whom = canonical;
    return canonical != NULL;
}

static bool read_span(const char *text, int64_t now_us, int64_t *until_us, struct answer *answer)
{
    uint64_t ms = 0;
    *until_us = INT64_MAX;
    if (text == NULL || text[0] == '\0')
        return true;
    if (!config_duration_read(slice_of(text), &ms) || ms == 0 || ms > BLOCK_MS_MAX) {
        answer_refuse(answer, "'%s' is no duration up to 366 days: write a number and a unit: 30m, 2h, 7d",
                      text);
        return false;
    }
    *until_us = now_us + (int64_t)(ms * US_PER_MS);
    return true;
}

static void print_until(const struct block *block, char text[TIME_TEXT_BYTES + 16])
{
    if (block->until_us == INT64_MAX) {
        memcpy(text, "it is lifted", sizeof "it is lifted");
        return;
    }
    time_text_utc(block->until_us, text);
}

static void record_block(struct policy_engine *engine, const struct block *block)
{
    static const enum record_line lines[2][2] = {{RECORD_LINE_BLOCK, RECORD_LINE_UNBLOCK},
                                                 {RECORD_LINE_LOCK, RECORD_LINE_UNLOCK}};
    engine_record_event(engine, &(struct record_event){
                                    .line = lines[block->is_lock][block->is_lifted],
                                    .subject_kind = block_target_name(block->target),
                                    .subject_name = block->whom,
                                    .state = block->is_external_only ? "external mail" : NULL,
                                    .reason = block->reason,
                                    .until_us = block->is_lifted ? 0 : block->until_us,
                                    .by = block->by,
                                });
}

static void report_set(const struct block *block, struct answer *answer)
{
    char until[TIME_TEXT_BYTES + 16];
    print_until(block, until);
    log_info("%s: %s %s may not send%s until %s, reason: %s; by %s", block->is_lock ? "lock" : "block",
             block_target_name(block->target), block->whom,
             block->is_external_only ? " to other domains" : "", until,
             block->reason[0] == '\0' ? "(none)" : block->reason, block->by);
    answer_line(answer, "%s %s may not send%s from its next message on, until %s",
                block_target_name(block->target), block->whom,
                block->is_external_only ? " to other domains" : "", until);
    answer_text(answer, "target", NULL, block_target_name(block->target));
    answer_text(answer, "whom", NULL, block->whom);
    answer_text(answer, "until", NULL, block->until_us == INT64_MAX ? NULL : until);
}

static bool put(struct policy_engine *engine, const struct block *block, struct answer *answer)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_kept = blocks_put(engine->services.blocks, block, &problem);
    if (!is_kept)
        answer_refuse(answer, "%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return is_kept;
}

bool policy_block_add(struct policy_engine *engine, const struct policy_block *asked, struct answer *answer)
{
    const int64_t now_us = clock_wall_us(&engine->options.clock);
    struct block block = {
        .reason = asked->reason == NULL ? "" : asked->reason,
        .by = asked->by,
        .origin = engine->host,
        .is_lock = asked->is_lock,
        .is_external_only = asked->is_external_only,
        .since_us = now_us,
    };
    if (!has_blocks(engine, answer))
        return false;
    void *scratch = talloc_new(NULL);
    const bool is_set = read_target(engine, scratch, asked->whom, &block, answer) &&
                        read_span(asked->duration, now_us, &block.until_us, answer) &&
                        put(engine, &block, answer);
    if (is_set) {
        record_block(engine, &block);
        report_set(&block, answer);
    }
    talloc_free(scratch);
    return is_set;
}

struct finding_block {
    const struct block *wanted;
    bool is_there, is_other; /* other: a lock where a block is wanted, or the other way round */
};

static void look_at(void *context, const struct block *block)
{
    struct finding_block *finding = context;
    if (block->target != finding->wanted->target || strcmp(block->whom, finding->wanted->whom) != 0)
        return;
    if (block->is_lock == finding->wanted->is_lock)
        finding->is_there = true;
    else
        finding->is_other = true;
}

static bool is_in_force(struct policy_engine *engine, const struct block *block, struct answer *answer)
{
    struct finding_block finding = {.wanted = block};
    const char *name = block_target_name(block->target);
    blocks_each(engine->services.blocks, false, look_at, &finding);
    if (finding.is_there)
        return true;
    if (finding.is_other)
        answer_refuse(answer, "%s %s is %s: `closedrelay %s` lifts that", name, block->whom,
                      block->is_lock ? "blocked, not locked" : "locked, not blocked",
                      block->is_lock ? "unblock" : "unlock");
    else
        answer_refuse(answer, "%s %s is not %s: `closedrelay blocks` lists who is", name, block->whom,
                      block->is_lock ? "locked" : "blocked");
    return false;
}

bool policy_block_remove(struct policy_engine *engine, const struct policy_block *asked,
                         struct answer *answer)
{
    struct block block = {
        .reason = "", .by = asked->by, .origin = engine->host, .is_lock = asked->is_lock, .is_lifted = true};
    if (!has_blocks(engine, answer))
        return false;
    void *scratch = talloc_new(NULL);
    block.since_us = block.until_us = clock_wall_us(&engine->options.clock);
    const bool is_lifted = read_target(engine, scratch, asked->whom, &block, answer) &&
                           is_in_force(engine, &block, answer) && put(engine, &block, answer);
    if (is_lifted) {
        const char *name = block_target_name(block.target);
        record_block(engine, &block);
        log_info("%s: %s %s may send again; by %s", block.is_lock ? "unlock" : "unblock", name, block.whom,
                 asked->by);
        answer_line(answer, "%s %s may send again", name, block.whom);
        answer_text(answer, "target", NULL, name);
        answer_text(answer, "whom", NULL, block.whom);
    }
    talloc_free(scratch);
    return is_lifted;
}

/* ---- the list ---------------------------------------------------------------------------------------- */

static void report_one(void *context, const struct block *block)
{
    struct answer *answer = context;
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "target", "", block_target_name(block->target));
    answer_text(answer, "whom", "", block->whom);
    answer_text(answer, "kind", "", block->is_lock ? "locked" : "blocked");
    answer_text(answer, "scope", "", block->is_external_only ? "external mail" : "all mail");
    answer_time(answer, "since", NULL, block->since_us);
    if (block->until_us == INT64_MAX) {
        answer_text(answer, "until", NULL, NULL);
        answer_text(answer, NULL, "", "until it is lifted");
    } else {
        char until[TIME_TEXT_BYTES];
        time_text_utc(block->until_us, until);
        answer_text(answer, "until", NULL, until);
        answer_words(answer, NULL, "", "until %s", until);
    }
    answer_text(answer, "by", NULL, block->by);
    answer_text(answer, "origin", NULL, block->origin[0] == '\0' ? NULL : block->origin);
    answer_words(answer, NULL, "", "by %s%s%s", block->by, block->origin[0] == '\0' ? "" : " on ",
                 block->origin);
    answer_text(answer, "reason", "", block->reason);
    answer_close(answer);
}

bool policy_query_blocks(struct policy_engine *engine, struct answer *answer)
{
    if (!has_blocks(engine, answer))
        return false;
    answer_become_list(answer);
    if (blocks_each(engine->services.blocks, false, report_one, answer) == 0)
        answer_line(answer, "nobody is blocked");
    return true;
}
