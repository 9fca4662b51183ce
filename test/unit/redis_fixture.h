/* A Redis of the test's own on 127.0.0.1, and stores that use it. A test is skipped where none is installed.
 */
#ifndef CLOSEDRELAY_TEST_REDIS_FIXTURE_H
#define CLOSEDRELAY_TEST_REDIS_FIXTURE_H

#include "store/store.h"

#include <sys/types.h>

struct redis_server {
    pid_t pid;
    unsigned port;
    char folder[64];
};

/* cmocka's setup and teardown; *state is the server, started. */
int redis_begin(void **state);
int redis_end(void **state);
struct redis_server *redis_of(void **state);

void redis_start(struct redis_server *server);
void redis_kill(struct redis_server *server);
/* One line for redis-cli: "flushall". */
void redis_tell(const struct redis_server *server, const char *command);

/* What redis-cli prints on that line, as far as it fits; its first digits behind `name` as a number. */
long redis_number(const struct redis_server *server, const char *command, const char *name);

/* A busy machine may take its time, unless the time is what is tested: five seconds, or as
 * `options` say: "timeout=20&reserve=1". */
struct store *redis_open(const struct redis_server *server, const char *name);
struct store *redis_open_with(const struct redis_server *server, const char *name, const char *options);
bool redis_is_there(struct store *store);
/* For at most ten seconds. */
void redis_wait_until_there(struct store *store, bool wanted);

#endif
