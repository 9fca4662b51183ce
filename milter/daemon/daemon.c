#include "daemon.h"

#include "callbacks/milter_server.h"
#include "commands/problems.h"
#include "confinement.h"
#include "control/control_call.h"
#include "drain.h"
#include "hand_over.h"
#include "log_output.h"
#include "privileges.h"
#include "process_limits.h"
#include "sd_notify.h"
#include "signals.h"
#include "socket/activation.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    /* A callback that takes so long will not return: the watchdog is no longer fed, and restarts the daemon.
     */
    STUCK_MS = 60000,
    /* Who waits at systemd's sockets has it start a daemon again at once, while the configuration is broken.
     */
    BROKEN_WAIT_SECONDS = 3,
};

struct daemon {
    const char *config_path;
    struct policy_engine *engine;
    struct control_server *control; /* NULL: there is no control socket */
    struct control_target control_target;
    struct http_server *http;   /* NULL: nothing is served over HTTP */
    struct hand_over hand_over; /* to another daemon, which takes the place of this one */
    int predecessor; /* the connection to the daemon whose place this one takes; -1: there is none */
    pthread_mutex_t reload_lock; /* one reload at a time: a signal's or the control socket's */
    uint64_t drain_ms;
    int signals; /* descriptor of signals.h */
};

/* ---- start ------------------------------------------------------------------------------------------ */

/* What a daemon says that takes the place of this one; all else is a command. */
static int handle_control(void *context, struct control_connection *connection, int argc, char **argv,
                          struct strbuf *out)
{
    struct daemon *daemon = context;
    if (argc == 1 && strcmp(argv[0], HAND_OVER) == 0)
        return hand_over_offer(&daemon->hand_over, connection, out);
    return control_call_handle(&daemon->control_target, connection, argc, argv, out);
}

/* 0: there is none. */
static int find_open_control(const struct config_endpoint *control, bool *is_foreign)
{
    const int foreign = activation_take_unix(control->path);
    const int inherited = activation_take_inherited(control);
    *is_foreign = foreign != ACTIVATION_NONE;
    return *is_foreign ? foreign : inherited != ACTIVATION_NONE ? inherited : 0;
}

/* A failure is no reason not to start: somebody who only tries the daemon out may not write to /run. */
static void open_control(struct daemon *daemon, const struct policy_daemon_settings *settings,
                         const struct privileges_identity *identity)
{
    struct strbuf problem;
    gid_t admins = CONTROL_NO_GROUP;
    if (settings->control.kind != ENDPOINT_UNIX)
        return;
    strbuf_init(&problem, 0);
    if (privileges_find_admins(settings->control_group, &admins, &problem)) {
        bool is_foreign;
        const int descriptor = find_open_control(&settings->control, &is_foreign);
        const struct control_server_options options = {
            .path = settings->control.path,
            .descriptor = descriptor,
            .is_foreign = is_foreign,
            .mode = settings->control_mode,
            .user_id = identity->user_id,
            .group_id = admins,
            .handler = handle_control,
            .context = daemon,
        };
        daemon->control = control_server_open(&options, &problem);
    }
    if (daemon->control == NULL)
        log_warning("control socket: %s; `closedrelay status` and its like will not work",
                    strbuf_text(&problem));
    strbuf_deinit(&problem);
}

/* Likewise: mail does not wait for who wants to look at it. */
static void open_http(struct daemon *daemon, const struct policy_http_settings *settings)
{
    struct strbuf problem;
    if (settings->listen.kind == ENDPOINT_NONE)
        return;
    strbuf_init(&problem, 0);
    daemon->http = http_server_open(settings, &problem);
    if (daemon->http == NULL)
        log_error("http: %s; there are no metrics and no dashboard", strbuf_text(&problem));
    strbuf_deinit(&problem);
}

/* What only root may do: open sockets, make folders for the daemon's user. Then the daemon becomes that user.
 * The MTA's socket comes last, so that whoever can connect to it finds everything else in place. */
static int open_and_step_down(struct daemon *daemon, struct policy_snapshot *snapshot, struct strbuf *problem)
{
    const struct policy_daemon_settings *settings = policy_snapshot_daemon(snapshot);
    struct privileges_identity identity;
    int status = EX_OK;
    if (!privileges_find(settings->user, settings->group, &identity, problem))
        return EX_NOUSER;
    if (!policy_snapshot_prepare(snapshot, identity.user_id, identity.group_id, problem))
        problems_log(problem); /* what cannot be opened after that is told where it is opened */
    strbuf_reset(problem);
    open_control(daemon, settings, &identity);
    open_http(daemon, policy_snapshot_http(snapshot));
    if (!milter_server_open(settings, problem))
        status = EX_UNAVAILABLE;
    else if (!privileges_drop(&identity, problem))
        status = EX_NOPERM;
    privileges_deinit(&identity);
    activation_drop_inherited();
    return status;
}

static void take_limits(const struct policy_daemon_settings *settings)
{
    const struct limits limits = limits_raise_descriptors(settings->sessions_max);
    milter_server_limit(&(struct milter_server_limits){limits.sessions_max, limits.descriptors_for_mta});
}

static int prepare_process(struct daemon *daemon, struct policy_snapshot *snapshot)
{
    const struct policy_daemon_settings *settings = policy_snapshot_daemon(snapshot);
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (settings->timezone[0] != '\0')
        setenv("TZ", settings->timezone, 1); /* while there is one thread */
    tzset();
    log_output_open(settings->syslog, settings->syslog_facility);
    daemon->drain_ms = settings->drain_ms;
    take_limits(settings);
    limits_shrink_threads();
    int status = open_and_step_down(daemon, snapshot, &problem);
    if (status != EX_OK)
        log_error("%s: %s", status == EX_UNAVAILABLE ? "listening" : "user", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return status;
}

/* Before there is a second thread, and before the first byte of anybody is read. The sanitizers' own tools
 * need what is given up. */
static void give_up_rights(void)
{
#ifndef CLOSEDRELAY_SANITIZED
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (!confinement_enter(&problem))
        log_warning("%s: the daemon goes on with the system calls of any process", strbuf_text(&problem));
    strbuf_deinit(&problem);
#endif
}

static int create_engine(struct daemon *daemon, struct policy_snapshot *snapshot)
{
    struct policy_engine_options options = {.clock = clock_system()};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    daemon->engine = policy_engine_create(snapshot, &options, &problems);
    problems_log(&problems);
    strbuf_deinit(&problems);
    return daemon->engine == NULL ? EX_CANTCREAT : EX_OK;
}

static void start_http(struct daemon *daemon)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (daemon->http != NULL && !http_server_start(daemon->http, daemon->engine, &problem)) {
        log_error("http: %s; there are no metrics and no dashboard", strbuf_text(&problem));
        http_server_stop(daemon->http);
        daemon->http = NULL;
    }
    strbuf_deinit(&problem);
}

static int start_milter(struct daemon *daemon)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_started = milter_server_start(daemon->engine, &problem);
    if (!is_started)
        log_error("milter: %s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return is_started ? EX_OK : EX_SOFTWARE;
}

/* Before anything is opened: the sockets of the daemon that runs. */
static int find_predecessor(struct daemon *daemon, const struct policy_daemon_settings *settings)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    daemon->predecessor = take_over_begin(&settings->control, &problem);
    const bool is_wrong = problem.length > 0;
    if (is_wrong)
        log_error("%s", strbuf_text(&problem));
    else if (daemon->predecessor < 0)
        log_info("serve: there is no daemon to take over from");
    strbuf_deinit(&problem);
    return is_wrong ? EX_UNAVAILABLE : EX_OK;
}

/* The last moment at which this one can fail without consequences has passed; what the other one has saved is
 * read next. */
static int follow_predecessor(struct daemon *daemon)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_gone = daemon->predecessor < 0 || take_over_finish(daemon->predecessor, &problem);
    if (!is_gone)
        log_error("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return is_gone ? EX_OK : EX_UNAVAILABLE;
}

static int start(struct daemon *daemon, struct policy_snapshot *snapshot, bool takes_over)
{
    int status = EX_OK;
    daemon->signals = signals_open();
    if (daemon->signals < 0) {
        log_error("signals: %s", strerror(errno));
        return EX_OSERR;
    }
    if (takes_over)
        status = find_predecessor(daemon, policy_snapshot_daemon(snapshot));
    if (status == EX_OK)
        status = prepare_process(daemon, snapshot);
    if (status == EX_OK) {
        give_up_rights();
        status = follow_predecessor(daemon);
    }
    if (status == EX_OK)
        status = create_engine(daemon, snapshot);
    if (status == EX_OK) {
        start_http(daemon); /* before the first message, so that it sees all */
        status = start_milter(daemon);
    }
    return status;
}

/* ---- reload ----------------------------------------------------------------------------------------- */

static void warn_of_restart(struct daemon *daemon)
{
    struct strbuf keys;
    strbuf_init(&keys, 0);
    policy_engine_restart_keys(daemon->engine, &keys);
    if (keys.length > 0)
        log_warning("reload: a restart is needed for: %s", strbuf_text(&keys));
    strbuf_deinit(&keys);
}

static void take_daemon_settings(struct daemon *daemon, const struct policy_daemon_settings *settings)
{
    daemon->drain_ms = settings->drain_ms;
    take_limits(settings);
    log_output_change(settings->syslog, settings->syslog_facility);
}

static bool use_policy(struct daemon *daemon, struct policy_snapshot *snapshot, const char *by,
                       struct strbuf *problems)
{
    if (!policy_engine_use(daemon->engine, snapshot, by, problems))
        return false;
    take_daemon_settings(daemon, policy_snapshot_daemon(snapshot));
    return true;
}

/* Called by the main thread and by the control socket's. `by`: who wants it. */
static bool reload(void *context, const char *by, struct strbuf *problems)
{
    struct daemon *daemon = context;
    pthread_mutex_lock(&daemon->reload_lock);
    sd_notify_reloading();
    struct policy_snapshot *snapshot = policy_engine_load(daemon->engine, daemon->config_path, problems);
    bool is_in_force = snapshot != NULL && use_policy(daemon, snapshot, by, problems);
    problems_log(problems);
    if (is_in_force) {
        warn_of_restart(daemon);
        log_info("reload: the new policy is in force (asked for by %s)", by);
    } else {
        policy_engine_refuse_reload(daemon->engine, by, strbuf_slice(problems));
        log_error("reload: the old policy stays in force (%s asked for a new one)", by);
    }
    policy_snapshot_unref(snapshot);
    sd_notify_send("READY=1");
    pthread_mutex_unlock(&daemon->reload_lock);
    return is_in_force;
}

static void reload_by_signal(struct daemon *daemon)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    reload(daemon, "a signal", &problems);
    strbuf_deinit(&problems);
}

static void start_control(struct daemon *daemon)
{
    daemon->control_target = (struct control_target){daemon->engine, reload, daemon};
    daemon->hand_over = (struct hand_over){daemon->control, daemon->http, -1};
    if (daemon->control == NULL || control_server_start(daemon->control))
        return;
    /* Whoever called would wait for an answer that never comes. */
    log_warning("control socket: its thread could not be started; the socket is closed");
    control_server_stop(daemon->control);
    daemon->control = NULL;
}

/* ---- the loop --------------------------------------------------------------------------------------- */

static void notify_watchdog(void)
{
    uint64_t slowest_ms = milter_server_slowest_ms(clock_system_monotonic_us(NULL) / 1000U);
    if (slowest_ms >= STUCK_MS) {
        log_error("serve: a callback has been running for %llu s", (unsigned long long)(slowest_ms / 1000));
        return;
    }
    struct strbuf state;
    strbuf_init(&state, 0);
    strbuf_printf(&state, "WATCHDOG=1\nSTATUS=Serving %llu sessions",
                  (unsigned long long)milter_server_session_count());
    sd_notify_send(strbuf_text(&state));
    strbuf_deinit(&state);
}

/* True: the daemon is to stop. */
static bool handle_signals(struct daemon *daemon)
{
    enum signal_event event;
    while ((event = signals_next(daemon->signals)) != SIGNAL_NONE) {
        if (event == SIGNAL_STOP)
            return true;
        if (event == SIGNAL_RELOAD)
            reload_by_signal(daemon);
        else
            policy_engine_reopen(daemon->engine);
    }
    return false;
}

/* Returns false when the milter ended on its own. */
static bool serve_until_stopped(struct daemon *daemon)
{
    uint64_t watchdog_ms = sd_notify_watchdog_ms();
    struct pollfd events[] = {{.fd = daemon->signals, .events = POLLIN},
                              {.fd = milter_server_ended(), .events = POLLIN}};
    for (;;) {
        int timeout_ms = watchdog_ms == 0 ? -1 : watchdog_ms > INT32_MAX ? INT32_MAX : (int)watchdog_ms;
        if (poll(events, 2, timeout_ms) < 0 && errno != EINTR)
            return false;
        if ((events[1].revents & POLLIN) != 0)
            return false;
        if (handle_signals(daemon))
            return true;
        if (watchdog_ms != 0)
            notify_watchdog();
    }
}

/* Nobody asks this daemon anything any more; it goes on with the sessions that it has. */
static void give_way(struct daemon *daemon)
{
    log_info("serve: another daemon takes over");
    hand_over_leave_names(&daemon->hand_over);
    control_server_stop(daemon->control);
    http_server_stop(daemon->http);
    daemon->control = NULL;
    daemon->http = NULL;
    policy_engine_retire(daemon->engine);
    hand_over_finish(&daemon->hand_over);
}

/* False: a callback is still at work, and what it works on must stay. */
static bool stop(struct daemon *daemon, uint64_t wait_ms)
{
    const bool has_successor = hand_over_is_wanted(&daemon->hand_over);
    sd_notify_send("STOPPING=1\nSTATUS=Waiting for open sessions");
    log_info("serve: stopping");
    if (has_successor)
        give_way(daemon);
    return drain_run(&(struct drain){daemon->signals, wait_ms, has_successor});
}

/* A reload may come from another thread. */
static uint64_t drain_ms_in_force(struct daemon *daemon)
{
    pthread_mutex_lock(&daemon->reload_lock);
    uint64_t drain_ms = daemon->drain_ms;
    pthread_mutex_unlock(&daemon->reload_lock);
    return drain_ms;
}

static int serve(struct daemon *daemon)
{
    start_control(daemon);
    signals_listen();
    sd_notify_send("READY=1");
    log_info("serve: ready, closedrelay " CLOSEDRELAY_VERSION);
    if (milter_server_shortcomings() != NULL)
        log_warning("serve: %s", milter_server_shortcomings());
    bool was_told = serve_until_stopped(daemon);
    if (!was_told)
        log_error("serve: the milter has stopped");
    if (!stop(daemon, was_told ? drain_ms_in_force(daemon) : 0)) {
        log_error("serve: a callback did not end");
        _exit(EX_SOFTWARE);
    }
    log_info("serve: stopped");
    return was_told ? EX_OK : EX_SOFTWARE;
}

int daemon_run(const char *config_path, bool takes_over)
{
    struct daemon daemon = {
        .config_path = config_path, .reload_lock = PTHREAD_MUTEX_INITIALIZER, .predecessor = -1};
    struct policy_snapshot *snapshot = problems_load_policy(config_path);
    if (snapshot == NULL) {
        if (activation_count() > 0)
            sleep(BROKEN_WAIT_SECONDS);
        return EX_CONFIG;
    }
    int status = start(&daemon, snapshot, takes_over);
    policy_snapshot_unref(snapshot);
    if (status == EX_OK)
        status = serve(&daemon);
    http_server_stop(daemon.http);
    control_server_stop(daemon.control);
    milter_server_close();
    policy_engine_destroy(daemon.engine);
    return status;
}
