/*
 * Lookups of a server when memory runs out: each allocation fails in turn, on whichever thread.
 *
 * Linked with --wrap for the allocators that the policy library calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "table/table_lookups.h"

enum { PATIENCE_MS = 20000, ROUNDS_MAX = 1000 };

static atomic_long until_failure; /* allocations; 0 and below: none fails */

static bool fails(void)
{
    return atomic_fetch_sub(&until_failure, 1) == 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

static void drop_line(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
}

/* Says of each key that it is there. */
static void *serve(void *context)
{
    const int *listening = context;
    for (int connection; (connection = accept(*listening, NULL, NULL)) >= 0; close(connection)) {
        char question[64];
        while (recv(connection, question, sizeof question, 0) > 0 &&
               send(connection, "7:OK a, b,", 10, MSG_NOSIGNAL) == 10)
            ;
    }
    return NULL;
}

/* Two keys, one after the other; false: the table cannot be opened. */
static bool look_up(const char *place, enum table_answer answers[2])
{
    struct pending_awaited awaited;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct table *table = table_open(slice_of(place), TABLE_TEXT, &problem);
    strbuf_deinit(&problem);
    if (table == NULL)
        return false;
    struct table_lookups *lookups = table_lookups_create(NULL);
    assert_non_null(lookups);
    for (size_t i = 0; i < 2; i++) {
        for (;;) {
            table_lookups_use(lookups);
            answers[i] = table_lookup(table, i == 0 ? slice_of("ann") : slice_of("bob"), NULL);
            table_lookups_use(NULL);
            if (!table_lookups_lack(lookups, &awaited))
                break;
            assert_true(pending_wait(awaited.pending, PATIENCE_MS));
        }
    }
    talloc_free(lookups);
    table_close(table);
    return true;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    pthread_t server;
    char place[80];
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    long round = 0;
    bool has_failed = true;
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 8), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(pthread_create(&server, NULL, serve, &listening), 0);
    snprintf(place, sizeof place, "socketmap:inet:127.0.0.1:%u:users", (unsigned)ntohs(address.sin_port));
    log_set_sink(drop_line, NULL);
    while (has_failed && round++ < ROUNDS_MAX) {
        enum table_answer answers[2];
        atomic_store(&until_failure, round);
        const bool is_open = look_up(place, answers);
        has_failed = atomic_exchange(&until_failure, 0) <= 0;
        for (size_t i = 0; is_open && i < 2; i++)
            assert_true(answers[i] == TABLE_FOUND || (has_failed && answers[i] == TABLE_UNKNOWN));
        assert_true(is_open || has_failed);
    }
    log_set_sink(NULL, NULL);
    assert_false(has_failed);
    assert_true(round > 10); /* there are some */
    shutdown(listening, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
