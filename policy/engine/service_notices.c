/* Webhooks that are told of events (`notify`). */
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"
#include "notices/notice.h"
#include "notices/notify_settings.h"
#include "notices/webhook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Behind engine->notices: the webhooks of the policy in force. */
struct notices {
    pthread_mutex_t lock;
    struct webhook *webhooks[NOTIFY_MAX];
    size_t count;
};

/* ---- secrets ---------------------------------------------------------------------------------------- */

/* Reads at most as much as a secret may have; without the end of its line. */
static bool read_secret(const char *path, char *secret, size_t *length, struct strbuf *problems)
{
    *length = 0;
    if (path[0] == '\0')
        return true;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        strbuf_printf(problems, "%s: error: notify: secret_file: this cannot be read: %s\n", path,
                      strerror(errno));
        return false;
    }
    *length = fread(secret, 1, WEBHOOK_SECRET_BYTES_MAX, file);
    const bool is_whole = feof(file) != 0;
    fclose(file);
    while (*length > 0 && (secret[*length - 1] == '\n' || secret[*length - 1] == '\r'))
        --*length;
    if (is_whole && *length > 0)
        return true;
    strbuf_printf(problems, "%s: error: notify: secret_file: %s\n", path,
                  is_whole ? "this is empty" : "this is longer than 4096 bytes");
    return false;
}

/* ---- the webhooks of a policy ----------------------------------------------------------------------- */

/* The former webhook to the same place, taken out; NULL: there is none. */
static struct webhook *take_former(struct notices *notices, const struct webhook_target *target)
{
    for (size_t i = 0; i < notices->count; i++) {
        struct webhook *former = notices->webhooks[i];
        if (former == NULL || !webhook_is_for(former, target))
            continue;
        notices->webhooks[i] = NULL;
        return former;
    }
    return NULL;
}

/* What waits for a former one of the same address goes on waiting. */
static struct webhook *make(struct policy_engine *engine, const struct webhook_target *target)
{
    struct webhook *webhook = take_former(engine->notices, target);
    if (webhook == NULL)
        return webhook_create(target, &engine->options.clock);
    webhook_change(webhook, target);
    return webhook;
}

static bool make_all(struct policy_engine *engine, const struct config_array *entries, struct webhook **made,
                     struct strbuf *problems)
{
    const struct notify_settings *settings = entries->items;
    char secret[WEBHOOK_SECRET_BYTES_MAX];
    bool good = true;
    for (size_t i = 0; i < entries->count && good; i++) {
        size_t length;
        /* All were read before: what is gone since is taken for a secret that nobody has. */
        good = read_secret(settings[i].secret_file, secret, &length, problems);
        const struct webhook_target target = {.url = settings[i].url,
                                              .secret = slice_make(secret, length),
                                              .ca_file = settings[i].ca_file,
                                              .kinds = settings[i].kinds};
        made[i] = good ? make(engine, &target) : NULL;
        if (good && made[i] == NULL) {
            strbuf_append_text(problems, "notify: no thread can be started\n");
            good = false;
        }
    }
    explicit_bzero(secret, sizeof secret);
    return good;
}

/* Whether all secrets can be read: before anything is changed. */
static bool check_all(const struct config_array *entries, struct strbuf *problems)
{
    const struct notify_settings *settings = entries->items;
    char secret[WEBHOOK_SECRET_BYTES_MAX];
    size_t length;
    bool good = entries->count <= NOTIFY_MAX;
    if (!good)
        strbuf_printf(problems, "notify: error: %zu webhooks are too many: at most %d\n", entries->count,
                      (int)NOTIFY_MAX);
    for (size_t i = 0; i < entries->count && good; i++)
        good = read_secret(settings[i].secret_file, secret, &length, problems);
    explicit_bzero(secret, sizeof secret);
    return good;
}

static bool use_notices(struct policy_engine *engine, struct policy_snapshot *snapshot,
                        struct strbuf *problems)
{
    struct notices *notices = engine->notices;
    const struct config_array *entries = &snapshot->root->notify;
    struct webhook *made[NOTIFY_MAX] = {NULL}, *former[NOTIFY_MAX];
    if (!check_all(entries, problems))
        return false;
    pthread_mutex_lock(&notices->lock);
    const bool good = make_all(engine, entries, made, problems);
    memcpy(former, notices->webhooks, sizeof former);
    memcpy(notices->webhooks, made, sizeof made);
    notices->count = good ? entries->count : 0;
    pthread_mutex_unlock(&notices->lock);
    for (size_t i = 0; i < NOTIFY_MAX; i++)
        webhook_destroy(former[i]);
    return good;
}

/* ---- events ----------------------------------------------------------------------------------------- */

void engine_notify(struct policy_engine *engine, const struct record_event *event, const char *id,
                   struct slice record)
{
    struct notices *notices = engine->notices;
    const enum notice_kind kind = notice_kind_of(event);
    if (notices == NULL || kind == NOTICE_NONE)
        return;
    const struct notice_origin origin = {engine->host, clock_wall_us(&engine->options.clock), id, record};
    struct strbuf body;
    strbuf_init(&body, 0);
    pthread_mutex_lock(&notices->lock);
    if (notices->count > 0)
        notice_write(kind, event, &origin, &body);
    for (size_t i = 0; i < notices->count && body.length > 0 && !body.failed; i++)
        webhook_offer(notices->webhooks[i], kind, notice_kind_name(kind), strbuf_slice(&body));
    pthread_mutex_unlock(&notices->lock);
    strbuf_deinit(&body);
}

/* ---- the service ------------------------------------------------------------------------------------ */

static bool create_notices(struct policy_engine *engine, const struct policy_snapshot *first,
                           struct strbuf *problems)
{
    (void)first;
    engine->notices = calloc(1, sizeof *engine->notices);
    if (engine->notices == NULL || !webhook_init()) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    pthread_mutex_init(&engine->notices->lock, NULL);
    return true;
}

static void status_of_one(struct answer *answer, const struct webhook_state *state)
{
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "host", "", state->host);
    answer_words(answer, NULL, "", "%zu waiting, %llu sent, %llu refused, %llu dropped%s%s", state->waiting,
                 (unsigned long long)state->sent, (unsigned long long)state->refused,
                 (unsigned long long)state->dropped, state->trouble[0] == '\0' ? "" : "; ", state->trouble);
    answer_count(answer, "waiting", NULL, state->waiting);
    answer_count(answer, "sent", NULL, state->sent);
    answer_count(answer, "refused", NULL, state->refused);
    answer_count(answer, "dropped", NULL, state->dropped);
    answer_text(answer, "trouble", NULL, state->trouble[0] == '\0' ? NULL : state->trouble);
    answer_close(answer);
}

static void tell_status(struct policy_engine *engine, struct answer *answer)
{
    struct notices *notices = engine->notices;
    pthread_mutex_lock(&notices->lock);
    if (notices->count > 0) {
        answer_open_list(answer, "notify", "notify");
        for (size_t i = 0; i < notices->count; i++) {
            struct webhook_state state;
            webhook_get_state(notices->webhooks[i], &state);
            status_of_one(answer, &state);
        }
        answer_close(answer);
    }
    pthread_mutex_unlock(&notices->lock);
}

static void examine_notices(struct policy_engine *engine, const struct health_report *report)
{
    enum { FAILURES_TOLD = 3 };
    struct notices *notices = engine->notices;
    pthread_mutex_lock(&notices->lock);
    for (size_t i = 0; i < notices->count; i++) {
        struct webhook_state state;
        char what[sizeof state.host + 8];
        webhook_get_state(notices->webhooks[i], &state);
        snprintf(what, sizeof what, "notify %s", state.host);
        if (state.failures >= FAILURES_TOLD)
            report->tell(report->context, what, state.trouble);
    }
    pthread_mutex_unlock(&notices->lock);
}

static void destroy_notices(struct policy_engine *engine)
{
    struct notices *notices = engine->notices;
    if (notices == NULL)
        return;
    engine->notices = NULL;
    for (size_t i = 0; i < NOTIFY_MAX; i++)
        webhook_destroy(notices->webhooks[i]);
    pthread_mutex_destroy(&notices->lock);
    free(notices);
}

const struct service notices_service = {
    .name = "notices",
    .create = create_notices,
    .use = use_notices,
    .examine = examine_notices,
    .status = tell_status,
    .destroy = destroy_notices,
};
