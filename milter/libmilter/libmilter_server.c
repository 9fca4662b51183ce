/* milter_server.h, served by libmilter: its public interface and nothing else. */
#include "callbacks/callback_wait.h"
#include "callbacks/callbacks.h"
#include "callbacks/milter_server.h"
#include "callbacks/session_bind.h"
#include "socket/listener.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Longer than any MTA keeps an idle connection (Sendmail: 1 h). */
    MTA_IDLE_SECONDS_MAX = 7200,
};

static int ended = -1;          /* eventfd */
static struct unix_socket name; /* of a unix socket */

int milter_server_ended(void)
{
    return ended;
}

const char *milter_server_shortcomings(void)
{
    return "this build serves with libmilter (CLOSEDRELAY_MILTER=libmilter): a session that waits keeps a "
           "thread and may hold up another one; a stop cuts sessions that are open after daemon.drain, and the "
           "port is closed until the next start; SIGHUP in a storm may stop the daemon (reopen logs with "
           "SIGUSR2), and a stop in its first moments may look like a failure";
}

bool milter_server_mistakes_body_answers(void)
{
    return true;
}

static bool fail(struct strbuf *problem, const char *what)
{
    strbuf_append_text(problem, what);
    return false;
}

/* ---- the socket --------------------------------------------------------------------------------------- */

/* In libmilter's form: inet:PORT@HOST, unix:PATH. */
static void name_endpoint(const struct config_endpoint *endpoint, struct strbuf *out)
{
    if (endpoint->kind == ENDPOINT_UNIX) {
        strbuf_printf(out, "unix:%s", endpoint->path);
        return;
    }
    strbuf_printf(out, "%s:%u", endpoint->kind == ENDPOINT_INET6 ? "inet6" : "inet",
                  (unsigned)endpoint->port);
    if (endpoint->host[0] != '\0')
        strbuf_printf(out, "@%s", endpoint->host);
}

/* libmilter binds with the mode that umask leaves, and says in the system's log alone what is wrong. */
static bool open_socket(const char *endpoint, struct strbuf *problem)
{
    const mode_t before = umask(0177);
    const bool is_open =
        smfi_setconn((char *)(uintptr_t)endpoint) == MI_SUCCESS && smfi_opensocket(true) == MI_SUCCESS;
    umask(before);
    if (!is_open)
        strbuf_printf(problem,
                      "libmilter could not listen at %s: is somebody else there? The system's log may know",
                      endpoint);
    return is_open;
}

bool milter_server_open(const struct policy_daemon_settings *settings, struct strbuf *problem)
{
    const struct unix_socket_access access = {settings->socket_mode, settings->socket_group};
    const bool is_unix = settings->listen.kind == ENDPOINT_UNIX;
    struct strbuf endpoint;
    if (listener_is_activated(settings))
        return fail(
            problem,
            "a socket handed over (LISTEN_FDS) cannot be served by libmilter: disable the socket unit");
    if (is_unix && !unix_socket_is_free(settings->listen.path, problem))
        return false;
    if (smfi_register(callbacks_description()) != MI_SUCCESS ||
        smfi_settimeout(MTA_IDLE_SECONDS_MAX) != MI_SUCCESS)
        return fail(problem, "libmilter could not be set up");
    strbuf_init(&endpoint, 0);
    name_endpoint(&settings->listen, &endpoint);
    const bool is_open = !endpoint.failed && open_socket(strbuf_text(&endpoint), problem) &&
                         (!is_unix || unix_socket_adopt(&name, -1, settings->listen.path, &access, problem));
    strbuf_deinit(&endpoint);
    return is_open;
}

/* ---- serving ------------------------------------------------------------------------------------------ */

static void *run_libmilter(void *unused)
{
    const uint64_t one = 1;
    (void)unused;
    smfi_main();
    if (write(ended, &one, sizeof one) < 0)
        abort(); /* an eventfd takes one addition in its life */
    return NULL;
}

bool milter_server_start(struct policy_engine *engine, struct strbuf *problem)
{
    pthread_t thread;
    session_bind_engine(engine);
    ended = eventfd(0, EFD_CLOEXEC);
    if (ended < 0 || pthread_create(&thread, NULL, run_libmilter, NULL) != 0)
        return fail(problem, "no thread could be started");
    pthread_detach(thread);
    return true;
}

bool callback_wait_is_free(void)
{
    return false;
}

sfsistat callback_wait(SMFICTX *ctx, const struct pending_awaited *awaited, sfsistat (*resume)(SMFICTX *ctx))
{
    const uint64_t now_ms = clock_now_ms();
    pending_wait(awaited->pending, awaited->deadline_ms > now_ms ? awaited->deadline_ms - now_ms : 0);
    return resume(ctx);
}

/* The number of descriptors is libmilter's business. */
void milter_server_limit(const struct milter_server_limits *limits)
{
    registry_set_limit(limits->sessions_max);
}

uint64_t milter_server_session_count(void)
{
    return registry_session_count();
}

uint64_t milter_server_slowest_ms(uint64_t now_ms)
{
    return registry_slowest_ms(now_ms);
}

struct listener *milter_server_listener(void)
{
    return NULL;
}

/* libmilter goes on accepting until it is told to stop, and cuts its sessions then. So it is not: whoever
 * comes is told 421. */
void milter_server_refuse_new(bool is_patient)
{
    (void)is_patient;
    milter_server_close();
    registry_set_limit(0);
}

/* smfi_stop waits for none of libmilter's threads, and destroys a lock that one of them may still be asking
 * for. They are left where they are. */
bool milter_server_end(uint64_t wait_ms)
{
    if (!registry_shut(wait_ms))
        return false;
    registry_end_all();
    return true;
}

void milter_server_close(void)
{
    unix_socket_remove_name(&name);
}
