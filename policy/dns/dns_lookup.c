#include "dns/dns_lookup.h"

#include <assert.h>
#include <stdlib.h>

struct dns_lookup *dns_lookup_create(struct slice name, enum dns_type type)
{
    struct dns_lookup *lookup = calloc(1, sizeof *lookup + name.length + 1);
    if (lookup == NULL)
        return NULL;
    pending_init(&lookup->pending);
    lookup->type = type;
    lookup->name_length = name.length;
    if (name.length > 0)
        memcpy(lookup->name, name.data, name.length);
    return lookup;
}

struct dns_lookup *dns_lookup_ref(struct dns_lookup *lookup)
{
    pending_ref(&lookup->pending);
    return lookup;
}

void dns_lookup_unref(struct dns_lookup *lookup)
{
    if (lookup == NULL || !pending_unref(&lookup->pending))
        return;
    dns_answer_deinit(&lookup->answer);
    free(lookup);
}

bool dns_lookup_is_done(const struct dns_lookup *lookup)
{
    return pending_is_done(&lookup->pending);
}

bool dns_lookup_wait(struct dns_lookup *lookup, uint64_t timeout_ms)
{
    return pending_wait(&lookup->pending, timeout_ms);
}

void dns_lookup_complete(struct dns_lookup *lookup, const struct dns_answer *answer, uint64_t now_ms)
{
    assert(!dns_lookup_is_done(lookup));
    lookup->answer = *answer;
    lookup->answered_ms = now_ms;
    if (lookup->store.answered != NULL)
        lookup->store.answered(lookup->store.context, lookup);
    if (lookup->observer.answered != NULL)
        lookup->observer.answered(lookup->observer.context, lookup);
    pending_complete(&lookup->pending);
}
