/* The tests of a list and its live answers on their way into its health. */
#include "dns/block_lists_private.h"

#include "base/log.h"
#include "dns/list_test.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* A test on its way. Its probes hold no lock and no reference: the list outlives the transport. */
struct test_run {
    struct block_list *list;
    enum list_test_kind kind;
    uint64_t begun_ms;
    atomic_uint open; /* probes not yet answered, and one for whoever sends them */
    unsigned count;
    enum list_probe_kind kinds[LIST_PROBES_MAX];
    struct dns_lookup *lookups[LIST_PROBES_MAX]; /* NULL: could not be asked */
};

/* ---- what changes, is said once ----------------------------------------------------------------------- */

static void say_suspended(const struct list_status *status, const char *hint, uint64_t now_ms)
{
    char code[INET_ADDRSTRLEN] = "";
    struct in_addr address = {htonl(status->trouble_code)};
    bool has_code = status->trouble_code != 0 && inet_ntop(AF_INET, &address, code, sizeof code) != NULL;
    uint64_t pause_ms = status->next_test_ms > now_ms ? status->next_test_ms - now_ms : 0;
    log_warning("dnsbl: %s is %s: %s%s%s%s%s; next test in %llu s", status->shown,
                list_state_name(status->state), list_trouble_text(status->trouble), has_code ? " (" : "",
                code, has_code ? ")" : "", hint, (unsigned long long)((pause_ms + 999) / 1000));
}

static void say_state(const struct list_status *status, uint64_t now_ms)
{
    if (status->state == LIST_HEALTHY)
        log_info("dnsbl: %s is healthy%s", status->shown, status->suspended_count > 0 ? " again" : "");
    else
        say_suspended(status,
                      status->trouble == LIST_TROUBLE_ERROR_CODE
                          ? ": lists refuse public resolvers and heavy users; use a resolver of your own"
                          : "",
                      now_ms);
}

/* After anything that may have changed the health; releases list->lock. */
static void settle_and_unlock(struct block_list *list, bool changed, bool test_ended, uint64_t now_ms)
{
    struct pending *changed_before = NULL;
    struct list_status status = {0};
    if (changed && !list_health_is_askable(&list->health))
        list->suspended_count++;
    block_list_publish_locked(list);
    if (changed || test_ended) {
        struct pending *fresh = pending_create();
        if (fresh != NULL) { /* without memory for another, those who wait only wake late */
            changed_before = list->changed;
            list->changed = fresh;
        }
    }
    if (changed) {
        memcpy(status.shown, list->shown, sizeof status.shown);
        status.state = list->health.state;
        status.trouble = list->health.trouble;
        status.trouble_code = list->health.trouble_code;
        status.next_test_ms = list->health.next_test_ms;
        status.suspended_count = list->suspended_count;
    }
    pthread_mutex_unlock(&list->lock);
    if (changed)
        say_state(&status, now_ms);
    if (changed_before != NULL)
        pending_complete(changed_before);
    pending_drop(changed_before);
}

/* ---- tests ------------------------------------------------------------------------------------------- */

struct list_reply block_list_reply(struct block_list *list, const struct dns_answer *answer)
{
    pthread_mutex_lock(&list->lock);
    struct list_code_ranges errors = {list->errors, list->error_count};
    struct list_reply reply = list_reply_read(answer, &errors);
    pthread_mutex_unlock(&list->lock);
    return reply;
}

static struct list_probe_answer probe_answer(const struct test_run *run, unsigned i)
{
    static const struct dns_answer not_asked = {.outcome = DNS_OUTCOME_CANCELLED};
    const struct dns_lookup *lookup = run->lookups[i];
    const struct dns_answer *answer = lookup == NULL ? &not_asked : &lookup->answer;
    return (struct list_probe_answer){
        .kind = run->kinds[i],
        .reply = block_list_reply(run->list, answer),
        .name_exists = answer->outcome != DNS_OUTCOME_NO_NAME,
        .latency_ms = lookup == NULL ? 0 : lookup->answered_ms - lookup->asked_ms,
    };
}

static void finish_run(struct test_run *run)
{
    struct block_list *list = run->list;
    struct list_probe_answer answers[LIST_PROBES_MAX];
    uint64_t now_ms = block_lists_now_ms(list->set);
    for (unsigned i = 0; i < run->count; i++) {
        answers[i] = probe_answer(run, i);
        dns_lookup_unref(run->lookups[i]);
    }
    pthread_mutex_lock(&list->lock);
    struct list_test_result result = list_test_judge(run->kind, answers, run->count, &list->health.options);
    result.begun_ms = run->begun_ms;
    bool changed = list_health_test_ended(&list->health, &result, now_ms);
    settle_and_unlock(list, changed, true, now_ms);
    free(run);
    block_list_consider(list, now_ms);
    block_lists_wake(list->set);
}

static void leave_run(struct test_run *run)
{
    if (atomic_fetch_sub(&run->open, 1) == 1)
        finish_run(run);
}

static void probe_answered(void *context, struct dns_lookup *lookup)
{
    (void)lookup;
    leave_run(context);
}

static void send_probes(struct test_run *run, const struct list_probe *probes)
{
    struct dns_client *client = run->list->set->options.client;
    atomic_init(&run->open, run->count + 1);
    for (unsigned i = 0; i < run->count; i++) {
        struct dns_question question = {
            .name = slice_make(probes[i].name.text, probes[i].name.length),
            .type = probes[i].type,
            .observer = {probe_answered, run},
        };
        run->kinds[i] = probes[i].kind;
        run->lookups[i] = dns_client_ask_fresh(client, &question, run->begun_ms);
        if (run->lookups[i] == NULL)
            atomic_fetch_sub(&run->open, 1); /* never the last: the sender's own is still there */
    }
    leave_run(run);
}

void block_list_consider(struct block_list *list, uint64_t now_ms)
{
    struct list_probe probes[LIST_PROBES_MAX];
    struct test_run *run = NULL;
    enum list_test_kind kind;
    pthread_mutex_lock(&list->lock);
    bool wanted =
        list_health_wants_test(&list->health, now_ms, &kind) && !(list->retired && kind == LIST_TEST_FULL);
    if (wanted)
        run = calloc(1, sizeof *run);
    if (run != NULL) {
        uint64_t random = atomic_fetch_add(&list->set->random, UINT64_C(0x9e3779b97f4a7c15));
        random = (random ^ random >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
        list_health_test_begun(&list->health, now_ms);
        *run = (struct test_run){.list = list, .kind = kind, .begun_ms = now_ms};
        run->count = list_test_plan(probes, slice_make(list->zone.text, list->zone.length), kind,
                                    &list->health, random ^ random >> 29);
    }
    pthread_mutex_unlock(&list->lock);
    if (run != NULL)
        send_probes(run, probes);
}

/* ---- live answers ------------------------------------------------------------------------------------ */

/* The text is fetched into the cache, where whoever collects will find it. */
static void fetch_text(struct block_list *list, const struct dns_lookup *lookup)
{
    struct dns_question question = {
        .name = slice_make(lookup->name, lookup->name_length),
        .type = DNS_TYPE_TXT,
        .not_before_ms = atomic_load(&list->believed_from_ms),
    };
    dns_lookup_unref(dns_client_ask(list->set->options.client, &question, lookup->answered_ms));
}

static void count_reply(struct block_list *list, enum list_reply_kind kind)
{
    if (kind == LIST_REPLY_LISTED)
        atomic_fetch_add(&list->listed_count, 1);
    else if (kind == LIST_REPLY_NOT_LISTED)
        atomic_fetch_add(&list->not_listed_count, 1);
    else
        atomic_fetch_add(&list->failed_count, 1);
}

/* A test proves what arrived before it began. Where both fall into one millisecond the clock cannot tell
 * which was first, but this lock can: the test has begun, so the answer is the later one. Nobody else sees
 * the lookup yet. */
static void date_after_test_locked(const struct block_list *list, struct dns_lookup *lookup)
{
    if (lookup->answered_ms <= list->health.begun_ms)
        lookup->answered_ms = list->health.begun_ms + 1;
}

void block_list_answered(void *context, struct dns_lookup *lookup)
{
    struct block_list *list = context;
    struct in6_addr client;
    memcpy(&client, lookup->subject, sizeof client);
    struct list_live_answer answer = {
        .reply = block_list_reply(list, &lookup->answer),
        .latency_ms = lookup->answered_ms - lookup->asked_ms,
        .client = &client,
    };
    count_reply(list, answer.reply.kind);
    pthread_mutex_lock(&list->lock);
    date_after_test_locked(list, lookup);
    uint64_t now_ms = lookup->answered_ms;
    bool changed = list_health_answered(&list->health, &answer, now_ms);
    settle_and_unlock(list, changed, false, now_ms);
    if (changed)
        block_lists_wake(list->set); /* its next test has another time now */
    if (answer.reply.kind != LIST_REPLY_LISTED)
        return;
    if ((atomic_load(&list->flags) & BLOCK_LIST_TEXT) != 0)
        fetch_text(list, lookup);
    block_list_consider(list, now_ms);
    block_lists_wake(list->set);
}
