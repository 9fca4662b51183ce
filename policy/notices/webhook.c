#include "notices/webhook.h"

#include "base/counter.h"
#include "base/log.h"
#include "notices/webhook_post.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

COUNTER(notices_sent, "notices_sent", "notices_total", "result=\"sent\"",
        "Notices to webhooks, by what became of them.");
COUNTER(notices_refused, "notices_refused", "notices_total", "result=\"refused\"",
        "Notices to webhooks, by what became of them.");
COUNTER(notices_dropped, "notices_dropped", "notices_total", "result=\"dropped\"",
        "Notices to webhooks, by what became of them.");

static const unsigned BACK_OFF_LEAST_MS = 1000, BACK_OFF_MOST_MS = 600000;
static const uint64_t GIVE_UP_MS = 86400000;

struct waiting_notice {
    struct waiting_notice *next;
    const char *event; /* constant */
    uint64_t offered_ms;
    size_t length;
    char body[];
};

struct webhook {
    struct clock clock;
    struct webhook_post *post; /* the thread's alone */
    pthread_t thread;
    char *url, *ca_file;  /* constant */
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool is_ending;
    char *secret;
    size_t secret_length;
    unsigned kinds;
    struct waiting_notice *first, *last;
    struct webhook_state state;
};

/* ---- the queue -------------------------------------------------------------------------------------- */

static void drop_first(struct webhook *webhook)
{
    struct waiting_notice *first = webhook->first;
    webhook->first = first->next;
    if (webhook->first == NULL)
        webhook->last = NULL;
    webhook->state.waiting--;
    free(first);
}

/* Said when it begins only. */
static void note_drop(struct webhook *webhook)
{
    counter_add(&notices_dropped, 1);
    if (webhook->state.dropped++ == 0)
        log_error("notify %s: %d notices wait already, further ones are dropped (said once)",
                  webhook->state.host, (int)WEBHOOK_WAITING_MAX);
}

void webhook_offer(struct webhook *webhook, unsigned kind, const char *event, struct slice body)
{
    pthread_mutex_lock(&webhook->lock);
    if ((webhook->kinds & 1U << kind) != 0) {
        const bool has_room = webhook->state.waiting < WEBHOOK_WAITING_MAX;
        struct waiting_notice *notice = has_room ? malloc(sizeof *notice + body.length) : NULL;
        if (notice == NULL) {
            note_drop(webhook);
        } else {
            *notice = (struct waiting_notice){
                .event = event, .offered_ms = clock_monotonic_ms(&webhook->clock), .length = body.length};
            memcpy(notice->body, body.data, body.length);
            if (webhook->last == NULL)
                webhook->first = notice;
            else
                webhook->last->next = notice;
            webhook->last = notice;
            webhook->state.waiting++;
            pthread_cond_signal(&webhook->changed);
        }
    }
    pthread_mutex_unlock(&webhook->lock);
}

/* ---- the thread ------------------------------------------------------------------------------------- */

static bool is_ending(void *context)
{
    struct webhook *webhook = context;
    pthread_mutex_lock(&webhook->lock);
    const bool ends = webhook->is_ending;
    pthread_mutex_unlock(&webhook->lock);
    return ends;
}

/* Under the lock: waits for a while, or until the webhook ends. */
static void wait_for(struct webhook *webhook, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (!webhook->is_ending &&
           pthread_cond_timedwait(&webhook->changed, &webhook->lock, &until) != ETIMEDOUT)
        ;
}

static unsigned back_off_ms(unsigned failures)
{
    unsigned ms = BACK_OFF_LEAST_MS;
    for (unsigned i = 1; i < failures && ms < BACK_OFF_MOST_MS; i++)
        ms *= 2;
    return ms > BACK_OFF_MOST_MS ? BACK_OFF_MOST_MS : ms;
}

/* Sends the first notice once, without the lock: only this thread takes notices out. */
static enum post_result send_first(struct webhook *webhook, char *trouble, size_t trouble_bytes)
{
    const struct waiting_notice *notice = webhook->first;
    struct post_request request = {.url = webhook->url,
                                   .ca_file = webhook->ca_file,
                                   .event = notice->event,
                                   .body = slice_make(notice->body, notice->length)};
    enum post_result result = POST_FAILED;
    char *secret = malloc(webhook->secret_length + 1);
    if (secret != NULL)
        memcpy(secret, webhook->secret, webhook->secret_length);
    request.secret = slice_make(secret, webhook->secret_length);
    pthread_mutex_unlock(&webhook->lock);
    if (secret == NULL)
        snprintf(trouble, trouble_bytes, "out of memory");
    else
        result = webhook_post_send(webhook->post, &request, trouble, trouble_bytes);
    if (secret != NULL)
        explicit_bzero(secret, request.secret.length);
    free(secret);
    pthread_mutex_lock(&webhook->lock);
    return result;
}

/* What became of the attempt. */
static void settle(struct webhook *webhook, enum post_result result, const char *trouble)
{
    struct webhook_state *state = &webhook->state;
    const uint64_t age_ms = clock_monotonic_ms(&webhook->clock) - webhook->first->offered_ms;
    snprintf(state->trouble, sizeof state->trouble, "%s", result == POST_TAKEN ? "" : trouble);
    state->failures = result == POST_TAKEN ? 0 : state->failures + 1;
    if (result != POST_TAKEN && state->failures == 1)
        log_warning("notify %s: %s (said once until a notice is taken)", state->host, trouble);
    if (result == POST_TAKEN) {
        counter_add(&notices_sent, 1);
        state->sent++;
        drop_first(webhook);
    } else if (result == POST_REFUSED || age_ms > GIVE_UP_MS) {
        counter_add(&notices_refused, 1);
        state->refused++;
        drop_first(webhook);
    }
}

static void *run(void *context)
{
    struct webhook *webhook = context;
    pthread_mutex_lock(&webhook->lock);
    while (!webhook->is_ending) {
        char trouble[sizeof webhook->state.trouble] = "";
        if (webhook->first == NULL) {
            pthread_cond_wait(&webhook->changed, &webhook->lock);
            continue;
        }
        const enum post_result result = send_first(webhook, trouble, sizeof trouble);
        if (webhook->is_ending)
            break;
        settle(webhook, result, trouble);
        if (result == POST_FAILED)
            wait_for(webhook, back_off_ms(webhook->state.failures));
    }
    pthread_mutex_unlock(&webhook->lock);
    return NULL;
}

/* ---- its life --------------------------------------------------------------------------------------- */

bool webhook_change(struct webhook *webhook, const struct webhook_target *target)
{
    char *secret = malloc(target->secret.length + 1);
    if (secret == NULL)
        return false;
    if (target->secret.length > 0)
        memcpy(secret, target->secret.data, target->secret.length);
    pthread_mutex_lock(&webhook->lock);
    if (webhook->secret != NULL)
        explicit_bzero(webhook->secret, webhook->secret_length);
    free(webhook->secret);
    webhook->secret = secret;
    webhook->secret_length = target->secret.length;
    webhook->kinds = target->kinds;
    pthread_mutex_unlock(&webhook->lock);
    return true;
}

bool webhook_is_for(const struct webhook *webhook, const struct webhook_target *target)
{
    return strcmp(webhook->url, target->url) == 0 && strcmp(webhook->ca_file, target->ca_file) == 0;
}

/* The host of a URL: what stands between "//" or "@" and the path. */
static void copy_host(const char *url, char *host, size_t host_bytes)
{
    const char *begin = strstr(url, "//");
    begin = begin == NULL ? url : begin + 2;
    size_t length = strcspn(begin, "/?#");
    const char *at = memrchr(begin, '@', length);
    if (at != NULL) {
        length -= (size_t)(at + 1 - begin);
        begin = at + 1;
    }
    snprintf(host, host_bytes, "%.*s", (int)(length < host_bytes ? length : host_bytes - 1), begin);
}

static void free_webhook(struct webhook *webhook)
{
    while (webhook->first != NULL)
        drop_first(webhook);
    if (webhook->secret != NULL)
        explicit_bzero(webhook->secret, webhook->secret_length);
    webhook_post_destroy(webhook->post);
    pthread_cond_destroy(&webhook->changed);
    pthread_mutex_destroy(&webhook->lock);
    free(webhook->secret);
    free(webhook->ca_file);
    free(webhook->url);
    free(webhook);
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct webhook *webhook_create(const struct webhook_target *target, const struct clock *clock)
{
    struct webhook *webhook = calloc(1, sizeof *webhook);
    if (webhook == NULL)
        return NULL;
    webhook->clock = *clock;
    pthread_mutex_init(&webhook->lock, NULL);
    init_condition(&webhook->changed);
    webhook->url = strdup(target->url);
    webhook->ca_file = strdup(target->ca_file);
    webhook->post = webhook_post_create(is_ending, webhook);
    if (webhook->url == NULL || webhook->ca_file == NULL || webhook->post == NULL ||
        !webhook_change(webhook, target)) {
        free_webhook(webhook);
        return NULL;
    }
    copy_host(webhook->url, webhook->state.host, sizeof webhook->state.host);
    if (pthread_create(&webhook->thread, NULL, run, webhook) != 0) {
        free_webhook(webhook);
        return NULL;
    }
    return webhook;
}

void webhook_destroy(struct webhook *webhook)
{
    if (webhook == NULL)
        return;
    pthread_mutex_lock(&webhook->lock);
    webhook->is_ending = true;
    pthread_cond_broadcast(&webhook->changed);
    pthread_mutex_unlock(&webhook->lock);
    pthread_join(webhook->thread, NULL);
    free_webhook(webhook);
}

void webhook_get_state(struct webhook *webhook, struct webhook_state *state)
{
    pthread_mutex_lock(&webhook->lock);
    *state = webhook->state;
    pthread_mutex_unlock(&webhook->lock);
}
