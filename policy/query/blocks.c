/* `block`, `unblock`, `blocks`: who may not send at the moment. */
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

static void record_block(struct policy_engine *engine, enum record_line line, const struct block *block)
{
    engine_record_event(engine, &(struct record_event){
                                    .line = line,
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
    log_info("block: %s %s may not send%s until %s, reason: %s; by %s", block_target_name(block->target),
             block->whom, block->is_external_only ? " to other domains" : "", until,
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
        record_block(engine, RECORD_LINE_BLOCK, &block);
        report_set(&block, answer);
    }
    talloc_free(scratch);
    return is_set;
}

struct finding_block {
    const struct block *wanted;
    bool is_there, is_lock;
};

static void look_at(void *context, const struct block *block)
{
    struct finding_block *finding = context;
    if (block->target != finding->wanted->target || strcmp(block->whom, finding->wanted->whom) != 0)
        return;
    finding->is_there = true;
    finding->is_lock = block->is_lock;
}

bool policy_block_remove(struct policy_engine *engine, const char *whom, const char *by,
                         struct answer *answer)
{
    struct block block = {.reason = "", .by = by, .is_lifted = true};
    if (!has_blocks(engine, answer))
        return false;
    void *scratch = talloc_new(NULL);
    bool is_lifted = read_target(engine, scratch, whom, &block, answer);
    struct finding_block finding = {&block, false, false};
    if (is_lifted) {
        blocks_each(engine->services.blocks, false, look_at, &finding);
        block.since_us = block.until_us = clock_wall_us(&engine->options.clock);
        if (!finding.is_there)
            answer_refuse(answer, "%s %s is not blocked: `closedrelay blocks` lists who is",
                          block_target_name(block.target), block.whom);
        is_lifted = finding.is_there && put(engine, &block, answer);
    }
    if (is_lifted) {
        record_block(engine, finding.is_lock ? RECORD_LINE_UNLOCK : RECORD_LINE_UNBLOCK, &block);
        log_info("unblock: %s %s may send again; by %s", block_target_name(block.target), block.whom, by);
        answer_line(answer, "%s %s may send again", block_target_name(block.target), block.whom);
        answer_text(answer, "target", NULL, block_target_name(block.target));
        answer_text(answer, "whom", NULL, block.whom);
    }
    talloc_free(scratch);
    return is_lifted;
}

/* ---- the list
 * ------------------------------------------------------------------------------------------------ */

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
    answer_words(answer, NULL, "", "by %s", block->by);
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
