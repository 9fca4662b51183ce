#include "redis_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

enum { MS = 1000, WAIT_MS = 10000 };

static const int64_t HOUR_US = 3600LL * 1000000;

static unsigned free_port(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof where;
    int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(socket_fd, (struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(getsockname(socket_fd, (struct sockaddr *)&where, &length), 0);
    close(socket_fd);
    return ntohs(where.sin_port);
}

/* CLOSEDRELAY_REDIS_SERVER names another one, such as Valkey's. */
static const char *program(void)
{
    const char *named = getenv("CLOSEDRELAY_REDIS_SERVER");
    return named == NULL || named[0] == '\0' ? "/usr/bin/redis-server" : named;
}

void redis_start(struct redis_server *server)
{
    char port[16];
    snprintf(port, sizeof port, "%u", server->port);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        execl(program(), "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
              "no", "--dir", server->folder, "--logfile", "/dev/null", (char *)NULL);
        _exit(127);
    }
}

void redis_kill(struct redis_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

static bool is_installed(void)
{
    return access(program(), X_OK) == 0;
}

int redis_begin(void **state)
{
    struct redis_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return -1;
    *state = server;
    snprintf(server->folder, sizeof server->folder, "/tmp/closedrelay-redis.XXXXXX");
    if (!is_installed() || mkdtemp(server->folder) == NULL)
        return 0;
    server->port = free_port();
    redis_start(server);
    return 0;
}

int redis_end(void **state)
{
    struct redis_server *server = *state;
    redis_kill(server);
    rmdir(server->folder);
    free(server);
    return 0;
}

struct redis_server *redis_of(void **state)
{
    struct redis_server *server = *state;
    if (server->port == 0)
        skip();
    return server;
}

/* A busy machine may take its time, unless the time is what is tested. */
struct store *redis_open_with(const struct redis_server *server, const char *name, const char *options_text)
{
    char url[64];
    struct strbuf problem;
    strbuf_init(&problem, 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%u/1?%s", server->port, options_text);
    const struct store_redis_options options = {
        .clock = clock_system(), .seed = {1, 2}, .url = url, .name = name};
    struct store *store = store_redis_create(&options, &problem);
    if (store == NULL)
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return store;
}

struct store *redis_open(const struct redis_server *server, const char *name)
{
    return redis_open_with(server, name, "timeout=5000");
}

bool redis_is_there(struct store *store)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    const bool there = store_describe(store, &text);
    strbuf_deinit(&text);
    return there;
}

/* It decides: what was charged while it was away has reached it. */
static bool redis_decides(struct store *store)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    const bool decides = store_describe(store, &text) && strstr(strbuf_text(&text), "settling") == NULL;
    strbuf_deinit(&text);
    return decides;
}

void redis_wait_until_there(struct store *store, bool wanted)
{
    for (unsigned waited = 0; wanted ? !redis_decides(store) : redis_is_there(store); waited++) {
        if (waited == WAIT_MS)
            fail_msg("the store is %s for ten seconds", wanted ? "away" : "there");
        usleep(MS);
    }
}

void redis_tell(const struct redis_server *server, const char *command)
{
    char line[160];
    snprintf(line, sizeof line, "redis-cli -h 127.0.0.1 -p %u -n 1 %s >/dev/null", server->port, command);
    assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c) */
}

long redis_number(const struct redis_server *server, const char *command, const char *name)
{
    char line[160], answer[4096];
    snprintf(line, sizeof line, "redis-cli -h 127.0.0.1 -p %u -n 1 %s", server->port, command);
    FILE *pipe = popen(line, "r"); /* NOLINT(cert-env33-c) */
    assert_non_null(pipe);
    const size_t length = fread(answer, 1, sizeof answer - 1, pipe);
    answer[length] = '\0';
    pclose(pipe);
    const char *at = strstr(answer, name);
    return at == NULL ? -1 : strtol(at + strlen(name), NULL, 10);
}

/* ---- one counter ----------------------------------------------------------------------------------- */

struct store_charge redis_charge(const char *key, uint64_t limit, uint64_t amount)
{
    return (struct store_charge){
        .limit = slice_of("user recipients"),
        .key = slice_of(key),
        .window = {.kind = WINDOW_REFILL, .limit = limit, .burst = limit, .period_us = 24 * HOUR_US},
        .amount = amount,
    };
}

uint64_t redis_used(struct store *store, const char *key, uint64_t limit)
{
    struct store_charge charge = redis_charge(key, limit, 0);
    for (unsigned waited = 0; !store_look(store, &charge, 1); waited++) {
        if (waited == WAIT_MS)
            fail_msg("the store is away");
        usleep(MS);
    }
    return charge.level.used;
}

bool redis_pass_charge(struct store *store, struct store_charge charge)
{
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    bool passes = store_reserve(hold, &charge, 1, NULL) == STORE_FITS;
    if (passes)
        store_settle(hold, &charge, 1, NULL);
    talloc_free(hold);
    return passes;
}

bool redis_pass_one(struct store *store, const char *key, uint64_t limit)
{
    return redis_pass_charge(store, redis_charge(key, limit, 1));
}

void redis_wait_until_used(struct store *store, const char *key, uint64_t limit, uint64_t wanted)
{
    for (unsigned waited = 0; redis_used(store, key, limit) != wanted; waited++) {
        if (waited == WAIT_MS)
            fail_msg("%u of %u are charged", (unsigned)redis_used(store, key, limit), (unsigned)wanted);
        usleep(MS);
    }
}

long redis_pulses(const struct redis_server *server)
{
    return redis_number(server, "info commandstats", "cmdstat_xread:calls=");
}
