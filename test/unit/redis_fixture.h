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

/* ---- one counter: `limit` recipients a day ---- */

struct store_charge redis_charge(const char *key, uint64_t limit, uint64_t amount);
/* Without asking whether the server knows this store; on a busy machine it may look away for a moment. */
uint64_t redis_used(struct store *store, const char *key, uint64_t limit);
/* One message, reserved and settled; false: it does not fit. */
bool redis_pass_charge(struct store *store, struct store_charge charge);
bool redis_pass_one(struct store *store, const char *key, uint64_t limit);
/* For at most ten seconds: what was charged while the server was away is sent by a thread of the store. */
void redis_wait_until_used(struct store *store, const char *key, uint64_t limit, uint64_t wanted);
/* How often stores have told the server that they are there. */
long redis_pulses(const struct redis_server *server);

#endif
