/* milter_server.h and callback_wait.h, served by ourselves. */
#include "callbacks/callback_wait.h"
#include "callbacks/callbacks.h"
#include "callbacks/milter_server.h"
#include "callbacks/session_bind.h"
#include "context.h"
#include "crew.h"
#include "protocol.h"
#include "socket/listener.h"

#include <limits.h>
#include <sys/eventfd.h>

static struct crew crew = {.descriptors_max = INT_MAX};
static struct listener listener = {.descriptor = -1};
static struct smfiDesc description;

bool milter_server_open(const struct policy_daemon_settings *settings, struct strbuf *problem)
{
    return listener_open(&listener, settings, problem);
}

bool milter_server_start(struct policy_engine *engine, struct strbuf *problem)
{
    session_bind_engine(engine);
    description = callbacks_description();
    waiting_tell(crew_about_to_wait);
    return crew_start(&crew, &description, listener.descriptor, problem);
}

const char *milter_server_shortcomings(void)
{
    return NULL;
}

bool milter_server_mistakes_body_answers(void)
{
    return false;
}

bool callback_wait_is_free(void)
{
    return true;
}

sfsistat callback_wait(SMFICTX *ctx, const struct pending_awaited *awaited, sfsistat (*resume)(SMFICTX *ctx))
{
    ctx->awaited = *awaited;
    ctx->resume = resume;
    return PROTOCOL_CALLBACK_WAITS;
}

/* It does not. */
int milter_server_ended(void)
{
    return -1;
}

void milter_server_limit(const struct milter_server_limits *limits)
{
    registry_set_limit(limits->sessions_max);
    atomic_store(&crew.descriptors_max, limits->descriptors_max);
}

uint64_t milter_server_session_count(void)
{
    return atomic_load(&crew.connection_count);
}

uint64_t milter_server_slowest_ms(uint64_t now_ms)
{
    return registry_slowest_ms(now_ms);
}

struct listener *milter_server_listener(void)
{
    return &listener;
}

/* First nobody finds the socket, then those are let in that have found it. */
void milter_server_refuse_new(bool is_patient)
{
    listener_remove_name(&listener);
    crew_drain(&crew, is_patient);
    listener_close(&listener);
}

bool milter_server_end(uint64_t wait_ms)
{
    return crew_end(&crew, wait_ms);
}

void milter_server_close(void)
{
    listener_close(&listener);
}
