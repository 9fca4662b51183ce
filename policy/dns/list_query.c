#include "dns/list_query.h"

#include "dns/block_lists_private.h"

#include <stdlib.h>

struct item {
    struct block_list *list;
    struct dns_lookup *lookup; /* NULL: not asked, see `result` */
    struct dns_lookup *text;   /* TXT, once wanted: the listing is proven */
    /* What became of it: an answer's verdict and words; codes and text are the look-ups'. */
    const char *why, *why_text, *trouble;
    enum list_verdict verdict : 8;
    bool settled;  /* final */
    bool has_text; /* it was there in time */
};

struct list_query {
    struct block_lists *set;
    struct pending_waiter waiter; /* for all lists together */
    struct pending *change;       /* of a list's health, that is waited for; NULL: none */
    size_t count;
    struct item items[];
};

static void settle(struct item *item, enum list_verdict verdict, const char *why, const char *why_text)
{
    item->settled = true;
    item->verdict = verdict;
    item->why = why;
    item->why_text = why_text;
    item->trouble = NULL;
}

static void settle_suspended(struct item *item)
{
    enum list_trouble trouble = (enum list_trouble)atomic_load(&item->list->trouble);
    settle(item, LIST_UNKNOWN, "suspended", "the list is suspended");
    item->trouble = trouble == LIST_TROUBLE_NONE ? NULL : list_trouble_text(trouble);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

static void ask(const struct list_query *query, struct item *item, const struct in6_addr *client,
                uint64_t now_ms)
{
    struct block_list *list = item->list;
    struct dns_name name;
    if (list == NULL) {
        settle(item, LIST_UNKNOWN, "untested", "the list is not in use yet");
        return;
    }
    unsigned flags = atomic_load(&list->flags);
    if ((flags & BLOCK_LIST_ASKABLE) == 0) {
        settle_suspended(item);
        return;
    }
    if (!dns_address_is_ipv4(client) &&
        (flags & (BLOCK_LIST_TESTED | BLOCK_LIST_IPV6)) == BLOCK_LIST_TESTED) {
        settle(item, LIST_SKIPPED, NULL, NULL);
        return;
    }
    if (!dns_name_reverse(&name, client, slice_make(list->zone.text, list->zone.length))) {
        settle(item, LIST_UNKNOWN, "failed", "the name is too long");
        return;
    }
    struct dns_question question = {
        .name = slice_make(name.text, name.length),
        .type = DNS_TYPE_A,
        .not_before_ms = atomic_load(&list->believed_from_ms),
        .observer = {block_list_answered, list},
        .subject = client->s6_addr,
    };
    item->lookup = dns_client_ask(query->set->options.client, &question, now_ms);
    if (item->lookup == NULL)
        settle(item, LIST_UNKNOWN, "busy", "too many questions are on their way");
}

struct list_query *list_query_begin(struct block_lists *set, const struct list_query_request *request)
{
    struct list_query *query = calloc(1, sizeof *query + request->count * sizeof query->items[0]);
    if (query == NULL)
        return NULL;
    uint64_t now_ms = block_lists_now_ms(set);
    query->set = set;
    query->count = request->count;
    query->waiter =
        (struct pending_waiter){.bound = &set->waiting, .deadline_ms = now_ms + request->budget_ms};
    for (size_t i = 0; i < query->count; i++) {
        query->items[i].list = request->lists[i];
        ask(query, &query->items[i], &request->client, now_ms);
    }
    return query;
}

void list_query_destroy(struct list_query *query)
{
    if (query == NULL)
        return;
    for (size_t i = 0; i < query->count; i++) {
        dns_lookup_unref(query->items[i].lookup);
        dns_lookup_unref(query->items[i].text);
    }
    pending_drop(query->change);
    free(query);
}

/* ---- settling: each goes as far as it gets, and returns what it waits for, or NULL once it is settled.
 * Where it is late, for whatever reason, it settles with what there is.
 * ------------------------------------------ */

/* Takes over the reference. */
static struct pending *wait_for_change(struct list_query *query, struct pending *change)
{
    pending_drop(query->change);
    query->change = change;
    return change;
}

/* What the health says of an answer now; what to wait for where a test may still decide, else NULL. */
static enum list_state look_at_health(struct block_list *list, uint64_t obtained_ms, bool *proven,
                                      struct pending **change)
{
    pthread_mutex_lock(&list->lock);
    struct list_health *health = &list->health;
    enum list_state state = health->state;
    *proven = list_health_is_proven(health, obtained_ms);
    bool may_change = !*proven && list_health_is_askable(health) && obtained_ms >= health->believed_from_ms;
    if (may_change && health->proof_wanted_ms < obtained_ms)
        health->proof_wanted_ms = obtained_ms;
    *change = may_change ? list->changed : NULL;
    if (may_change)
        pending_ref(list->changed);
    pthread_mutex_unlock(&list->lock);
    return state;
}

/* A listing counts once a test begun after it has passed. */
static struct pending *prove(struct list_query *query, struct item *item, enum list_state *state,
                             bool *proven)
{
    struct pending *change;
    *state = look_at_health(item->list, item->lookup->answered_ms, proven, &change);
    if (change == NULL)
        return NULL;
    block_list_consider(item->list, block_lists_now_ms(query->set));
    block_lists_wake(query->set); /* a proof may have to keep its distance from the last one */
    return wait_for_change(query, change);
}

static void settle_unproven(struct item *item, enum list_state state)
{
    if (state == LIST_HEALTHY)
        settle(item, LIST_UNKNOWN, "unproven",
               "the list was not tested in time after it had listed the address");
    else if (state == LIST_UNTESTED)
        settle(item, LIST_UNKNOWN, "untested", "the list has not been tested yet");
    else
        settle_suspended(item);
}

static void ask_for_text(struct list_query *query, struct item *item)
{
    struct dns_question question = {
        .name = slice_make(item->lookup->name, item->lookup->name_length),
        .type = DNS_TYPE_TXT,
        .not_before_ms = atomic_load(&item->list->believed_from_ms),
    };
    if ((atomic_load(&item->list->flags) & BLOCK_LIST_TEXT) != 0)
        item->text = dns_client_ask(query->set->options.client, &question, block_lists_now_ms(query->set));
}

static struct pending *settle_listed(struct list_query *query, struct item *item, bool is_late)
{
    if (item->text == NULL) {
        enum list_state state;
        bool proven;
        struct pending *change = prove(query, item, &state, &proven);
        if (change != NULL && !is_late)
            return change;
        if (!proven) {
            settle_unproven(item, state);
            return NULL;
        }
        ask_for_text(query, item);
    }
    const bool has_text = item->text != NULL && dns_lookup_is_done(item->text);
    if (item->text != NULL && !has_text && !is_late)
        return &item->text->pending;
    settle(item, LIST_LISTED, NULL, NULL);
    item->has_text = has_text;
    return NULL;
}

/* What to wait for until the list has been tested for the first time; NULL: it has. */
static struct pending *first_test(struct list_query *query, struct block_list *list)
{
    pthread_mutex_lock(&list->lock);
    struct pending *change = list->health.state == LIST_UNTESTED ? list->changed : NULL;
    if (change != NULL)
        pending_ref(change);
    pthread_mutex_unlock(&list->lock);
    return change == NULL ? NULL : wait_for_change(query, change);
}

/* That it lists nothing counts if it has been found healthy. */
static struct pending *settle_not_listed(struct list_query *query, struct item *item, bool is_late)
{
    const bool is_tested = (atomic_load(&item->list->flags) & BLOCK_LIST_TESTED) != 0;
    struct pending *test = is_tested ? NULL : first_test(query, item->list);
    if (test != NULL && !is_late)
        return test;
    if (test == NULL && (atomic_load(&item->list->flags) & BLOCK_LIST_ASKABLE) != 0)
        settle(item, LIST_NOT_LISTED, NULL, NULL);
    else
        settle_unproven(item, test == NULL ? LIST_SUSPENDED : LIST_UNTESTED);
    return NULL;
}

static struct pending *settle_answer(struct list_query *query, struct item *item, bool is_late)
{
    const struct dns_lookup *lookup = item->lookup;
    if (lookup->answer.address_count == 0 && dns_outcome_is_decided(lookup->answer.outcome))
        return settle_not_listed(query, item, is_late);
    struct list_reply reply = block_list_reply(item->list, &lookup->answer);
    if (reply.kind == LIST_REPLY_LISTED)
        return settle_listed(query, item, is_late);
    if (reply.kind == LIST_REPLY_INVALID)
        settle(item, LIST_UNKNOWN, "error_code", list_trouble_text(reply.trouble));
    else
        settle(item, LIST_UNKNOWN, lookup->answer.outcome == DNS_OUTCOME_TIMEOUT ? "timeout" : "failed",
               dns_outcome_text(lookup->answer.outcome));
    return NULL;
}

/* PENDING_DONE: it is not late. */
static struct pending *settle_item(struct list_query *query, struct item *item, enum pending_result late)
{
    if (dns_lookup_is_done(item->lookup))
        return settle_answer(query, item, late != PENDING_DONE);
    if (late == PENDING_DONE)
        return &item->lookup->pending;
    if (late == PENDING_BUSY)
        settle(item, LIST_UNKNOWN, "busy", "too many sessions are waiting for answers");
    else
        settle(item, LIST_UNKNOWN, "timeout", "no answer in time");
    return NULL;
}

/* ---- collecting -------------------------------------------------------------------------------------- */

/* Once settled an answer stays, so that a message's findings do not change under it; only what was not in
 * time may still turn up for the session's next message. */
static bool is_open(const struct item *item)
{
    return item->lookup != NULL && (!item->settled || item->verdict == LIST_UNKNOWN);
}

bool list_query_awaits(struct list_query *query, struct pending_awaited *awaited)
{
    awaited->pending = NULL;
    awaited->deadline_ms = query->waiter.deadline_ms;
    if (block_lists_now_ms(query->set) >= awaited->deadline_ms)
        return false;
    for (size_t i = 0; i < query->count && awaited->pending == NULL; i++)
        if (is_open(&query->items[i]))
            awaited->pending = settle_item(query, &query->items[i], PENDING_DONE);
    return awaited->pending != NULL;
}

/* Waits with what is left of the budget, if there may be one more to wait. */
static void collect_item(struct list_query *query, struct item *item)
{
    enum pending_result late = PENDING_DONE;
    struct pending *missing;
    while ((missing = settle_item(query, item, late)) != NULL)
        late = pending_waiter_wait(&query->waiter, missing, block_lists_now_ms(query->set));
}

static struct list_answer answer_of(const struct item *item, uint64_t now_ms)
{
    struct list_answer answer = {
        .verdict = item->verdict,
        .why = item->why,
        .why_text = item->why_text,
        .trouble = item->trouble,
        .text = item->has_text ? item->text->answer.text : NULL,
    };
    if (item->lookup == NULL || !dns_lookup_is_done(item->lookup))
        return answer;
    if (item->verdict == LIST_LISTED) {
        answer.codes = item->lookup->answer.addresses;
        answer.code_count = item->lookup->answer.address_count;
    }
    answer.ttl_seconds = item->lookup->answer.ttl_seconds;
    answer.age_ms = now_ms > item->lookup->answered_ms ? now_ms - item->lookup->answered_ms : 0;
    return answer;
}

void list_query_collect(struct list_query *query, struct list_answer *answers)
{
    for (size_t i = 0; i < query->count; i++) {
        struct item *item = &query->items[i];
        if (is_open(item))
            collect_item(query, item);
        const uint64_t now_ms = block_lists_now_ms(query->set);
        answers[i] = answer_of(item, now_ms);
    }
    pending_waiter_end(&query->waiter);
}
