/* The record is told when a DNS list is suspended, and when it is back. */
#include "dns/dns_service.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"

#include <stdlib.h>

static void tell(struct policy_engine *engine, const struct list_status *status)
{
    const bool is_suspended = status->state == LIST_SUSPENDED;
    engine_record_event(engine, &(struct record_event){
                                    .line = RECORD_LINE_LIST,
                                    .zone = status->shown,
                                    .state = is_suspended ? "suspended" : "back",
                                    .reason = is_suspended ? list_trouble_text(status->trouble) : NULL,
                                });
}

/* A list that is new begins as one that is not suspended. */
static bool was_suspended(const struct policy_engine *engine, const char *shown)
{
    for (size_t i = 0; i < engine->suspended_count; i++)
        if (strcmp(engine->suspended_lists[i].shown, shown) == 0)
            return true;
    return false;
}

static void tick_list_events(struct policy_engine *engine)
{
    struct list_status now[RECORDED_LISTS_MAX];
    size_t suspended_count = 0;
    if (engine->services.dns == NULL)
        return;
    size_t count = block_lists_get_status(dns_service_lists(engine->services.dns), now, RECORDED_LISTS_MAX);
    count = count > RECORDED_LISTS_MAX ? RECORDED_LISTS_MAX : count;
    for (size_t i = 0; i < count; i++)
        if (!now[i].retired && (now[i].state == LIST_SUSPENDED || now[i].state == LIST_HEALTHY) &&
            was_suspended(engine, now[i].shown) != (now[i].state == LIST_SUSPENDED))
            tell(engine, &now[i]);
    for (size_t i = 0; i < count; i++) {
        /* Between the two it is tested: what it was before counts. */
        const bool is_tested = now[i].state != LIST_SUSPENDED && now[i].state != LIST_HEALTHY;
        if (!now[i].retired &&
            (now[i].state == LIST_SUSPENDED || (is_tested && was_suspended(engine, now[i].shown))))
            now[suspended_count++] = now[i];
    }
    for (size_t i = 0; i < suspended_count; i++)
        memcpy(engine->suspended_lists[i].shown, now[i].shown, sizeof now[i].shown);
    engine->suspended_count = suspended_count;
}

const struct service list_events_service = {
    .name = "list_events",
    .tick = tick_list_events,
};
