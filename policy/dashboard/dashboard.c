#include "dashboard/dashboard.h"

#include "history/history_input.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

enum { WAIT_MS = 500, DRAIN_EVERY = 256, NICE = 10 };

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- following the record ----------------------------------------------------------------------------- */

struct following {
    struct policy_dashboard *dashboard;
    struct strbuf line;
    uint64_t taken_count; /* of the day before */
};

static int64_t wall_us(const struct policy_dashboard *dashboard)
{
    return clock_wall_us(&dashboard->engine->options.clock);
}

/* False: nothing came. */
static bool follow(struct following *following, unsigned wait_ms)
{
    struct policy_dashboard *dashboard = following->dashboard;
    struct record record;
    uint64_t lost = 0;
    const bool has_line = record_watcher_next(&dashboard->watcher, wait_ms, &following->line, &lost);
    if (lost > 0)
        live_mail_lose(dashboard->mail, lost);
    if (has_line && record_read(strbuf_slice(&following->line), &record))
        live_mail_take(dashboard->mail, &record, wall_us(dashboard));
    return has_line;
}

/* What is written meanwhile is not to be overrun. */
static bool take_former(void *context, struct record *record, int64_t time_us)
{
    struct following *following = context;
    (void)time_us;
    live_mail_take(following->dashboard->mail, record, wall_us(following->dashboard));
    if (++following->taken_count % DRAIN_EVERY == 0)
        while (follow(following, 0)) {
        }
    return !atomic_load(&following->dashboard->is_stopping);
}

/* The day before the daemon began. */
static void read_former(struct following *following, int64_t until_us)
{
    struct policy_dashboard *dashboard = following->dashboard;
    struct policy_history_source source;
    struct history_input input;
    struct strbuf problem;
    char *names;
    bool is_read = false;
    void *owner = talloc_new(NULL);
    strbuf_init(&problem, 0);
    live_mail_know_since(dashboard->mail, until_us);
    if (owner != NULL && policy_dashboard_source(dashboard, &source, &names)) {
        is_read = history_input_open(&input, owner, &source, &problem) &&
                  history_scan(&input, until_us - DAY_US, until_us, take_former, following, &problem);
        free(names);
    }
    if (is_read && !atomic_load(&dashboard->is_stopping))
        live_mail_know_since(dashboard->mail, 0);
    strbuf_deinit(&problem);
    talloc_free(owner);
}

static void *run(void *context)
{
    struct following following = {.dashboard = context};
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    strbuf_init(&following.line, 0);
    read_former(&following, following.dashboard->since_us);
    while (!atomic_load(&following.dashboard->is_stopping))
        follow(&following, WAIT_MS);
    strbuf_deinit(&following.line);
    return NULL;
}

/* ---- start and end ------------------------------------------------------------------------------------ */

struct policy_dashboard *policy_dashboard_start(struct policy_engine *engine)
{
    enum { STACK_BYTES = 1 << 20 };
    struct policy_dashboard *dashboard = calloc(1, sizeof *dashboard);
    pthread_attr_t attributes;
    if (dashboard == NULL)
        return NULL;
    dashboard->engine = engine;
    dashboard->mail = live_mail_create();
    /* Here, and not once the thread runs: what comes until then stands nowhere else where no record is kept.
     */
    record_watcher_begin(&dashboard->watcher, engine->record_ring);
    dashboard->since_us = wall_us(dashboard);
    if (dashboard->mail != NULL && pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        const bool is_started = pthread_create(&dashboard->thread, &attributes, run, dashboard) == 0;
        pthread_attr_destroy(&attributes);
        if (is_started)
            return dashboard;
    }
    record_watcher_end(&dashboard->watcher);
    live_mail_destroy(dashboard->mail);
    free(dashboard);
    return NULL;
}

void policy_dashboard_interrupt(struct policy_dashboard *dashboard)
{
    if (dashboard != NULL)
        atomic_store(&dashboard->is_interrupted, true);
}

void policy_dashboard_stop(struct policy_dashboard *dashboard)
{
    if (dashboard == NULL)
        return;
    atomic_store(&dashboard->is_interrupted, true);
    atomic_store(&dashboard->is_stopping, true);
    pthread_join(dashboard->thread, NULL);
    record_watcher_end(&dashboard->watcher);
    live_mail_destroy(dashboard->mail);
    free(dashboard);
}

/* ---- the record ---------------------------------------------------------------------------------------- */

static bool is_interrupted(void *context)
{
    const struct policy_dashboard *dashboard = context;
    return atomic_load(&dashboard->is_interrupted);
}

bool policy_dashboard_source(struct policy_dashboard *dashboard, struct policy_history_source *source,
                             char **names)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(dashboard->engine);
    const char *record = snapshot->audit == NULL ? NULL : audit_file_path(snapshot->audit);
    const size_t room = record == NULL ? 0 : strlen(record) + 1,
                 config_room = snapshot->path == NULL ? 0 : strlen(snapshot->path) + 1;
    *names = record == NULL ? NULL : malloc(room + config_room);
    if (*names != NULL) {
        memcpy(*names, record, room);
        if (config_room > 0)
            memcpy(*names + room, snapshot->path, config_room);
        *source = (struct policy_history_source){.record = *names,
                                                 .config = config_room > 0 ? *names + room : NULL,
                                                 .is_over = is_interrupted,
                                                 .context = dashboard};
    }
    policy_snapshot_unref(snapshot);
    return *names != NULL;
}

/* ---- as an answer ---------------------------------------------------------------------------------------
 */

static void add_counts(struct answer *answer, const struct live_counts *counts)
{
    static const char *const names[] = {[LIVE_ACCEPTED] = "accepted",
                                        [LIVE_HELD] = "held",
                                        [LIVE_DEFERRED] = "deferred",
                                        [LIVE_REFUSED] = "refused",
                                        [LIVE_ABORTED] = "aborted"};
    for (size_t i = 0; i < LIVE_VERDICTS; i++)
        answer_count(answer, names[i], NULL, counts->verdicts[i]);
    answer_count(answer, "recipients", NULL, counts->recipients);
    answer_count(answer, "recipients_refused", NULL, counts->recipients_refused);
    answer_count(answer, "bytes", NULL, counts->bytes);
}

static void add_rows(struct answer *answer, const char *key, const struct live_row *rows, size_t count)
{
    answer_open_list(answer, key, NULL);
    for (size_t i = 0; i < count; i++) {
        answer_open_object(answer, NULL, NULL);
        answer_text(answer, "name", NULL, rows[i].name);
        add_counts(answer, &rows[i].counts);
        answer_close(answer);
    }
    answer_close(answer);
}

void policy_dashboard_recent(struct policy_dashboard *dashboard, struct answer *answer)
{
    struct live_view view;
    void *owner = talloc_new(NULL);
    if (owner == NULL || !live_mail_view(dashboard->mail, owner, wall_us(dashboard), LIVE_HOURS, &view)) {
        answer_refuse(answer, "out of memory");
        talloc_free(owner);
        return;
    }
    struct live_counts sum = {0};
    for (size_t i = 0; i < LIVE_MINUTES; i++)
        live_counts_add(&sum, &view.minutes[i]);
    answer_time(answer, "since", NULL,
                view.known_since_us > view.first_minute_us ? view.known_since_us : view.first_minute_us);
    answer_time(answer, "until", NULL, view.now_us);
    answer_count(answer, "lost", NULL, view.lost_count);
    add_counts(answer, &sum);
    answer_open_list(answer, "minutes", NULL); /* those in which something happened */
    for (size_t i = 0; i < LIVE_MINUTES; i++) {
        if (live_counts_messages(&view.minutes[i]) == 0)
            continue;
        answer_open_object(answer, NULL, NULL);
        answer_time(answer, "time", NULL, view.first_minute_us + (int64_t)i * 60000000);
        add_counts(answer, &view.minutes[i]);
        answer_close(answer);
    }
    answer_close(answer);
    add_rows(answer, "users", view.users, view.user_count);
    add_rows(answer, "causes", view.causes, view.cause_count);
    talloc_free(owner);
}
