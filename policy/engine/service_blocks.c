/* Who may not send at the moment. */
#include "engine/engine.h"
#include "engine/service.h"

#include "live/blocks.h"

enum { TICKS_BETWEEN_PRUNES = 60 };

static bool create_blocks(struct policy_engine *engine, const struct policy_snapshot *first,
                          struct strbuf *problems)
{
    (void)first;
    engine->services.blocks = blocks_create(&engine->options.clock, engine->state, problems);
    if (engine->services.blocks == NULL)
        strbuf_append_byte(problems, '\n');
    return engine->services.blocks != NULL;
}

static void tick_blocks(struct policy_engine *engine)
{
    if (engine->tick_count % TICKS_BETWEEN_PRUNES == 0)
        blocks_prune(engine->services.blocks);
}

static void destroy_blocks(struct policy_engine *engine)
{
    blocks_destroy(engine->services.blocks);
    engine->services.blocks = NULL;
}

const struct service blocks_service = {
    .name = "blocks",
    .create = create_blocks,
    .tick = tick_blocks,
    .destroy = destroy_blocks,
};
