/* Tables behind a server that speaks socketmap: its answers are kept for a moment, its failures are not. */
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
#include <unistd.h>

#include "base/log.h"
#include "table/table.h"

static unsigned lines_logged;

static void count_lines(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
    lines_logged++;
}

static int set_up(void **state)
{
    (void)state;
    lines_logged = 0;
    log_set_sink(count_lines, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    return 0;
}

static void assert_answer(struct table *table, const char *key, enum table_answer expected,
                          const char *expected_value)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    enum table_answer answer = table_lookup(table, slice_of(key), &value);
    if (answer != expected)
        fail_msg("%s: answer %d", key, (int)answer);
    assert_string_equal(strbuf_text(&value), expected_value);
    strbuf_deinit(&value);
}

struct socketmap_server {
    int listening;
    uint16_t port;
    pthread_t thread;
    atomic_uint connection_count, question_count;
};

/* Answers each question of a connection by its key, one packet a question. */
static void serve_connection(struct socketmap_server *server, int connection)
{
    char question[256];
    for (ssize_t count; (count = recv(connection, question, sizeof question - 1, 0)) > 0;) {
        question[count] = '\0';
        server->question_count++;
        const char *answer = strstr(question, "users ann,")      ? "7:OK a, b,"
                             : strstr(question, "users broken,") ? "3x:OK ,"
                             : strstr(question, "users later,")  ? "9:TEMP busy,"
                             : strstr(question, "users gone,")   ? NULL
                                                                 : "9:NOTFOUND ,";
        if (answer == NULL || send(connection, answer, strlen(answer), MSG_NOSIGNAL) < 0)
            return;
    }
}

static void *serve(void *context)
{
    struct socketmap_server *server = context;
    for (int connection; (connection = accept(server->listening, NULL, NULL)) >= 0;) {
        server->connection_count++;
        serve_connection(server, connection);
        close(connection);
    }
    return NULL;
}

static void start_server(struct socketmap_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    *server = (struct socketmap_server){.listening = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(server->listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listening, 8), 0);
    assert_int_equal(getsockname(server->listening, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(struct socketmap_server *server)
{
    shutdown(server->listening, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listening);
}

static struct table *open_socketmap(const struct socketmap_server *server)
{
    char place[80];
    snprintf(place, sizeof place, "socketmap:inet:127.0.0.1:%u:users", (unsigned)server->port);
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct table *table = table_open(slice_of(place), TABLE_TEXT, &problem);
    if (table == NULL)
        fail_msg("%s: %s", place, strbuf_text(&problem));
    strbuf_deinit(&problem);
    return table;
}

static void a_connection_is_kept(void **state)
{
    (void)state;
    struct socketmap_server server;
    start_server(&server);
    struct table *table = open_socketmap(&server);
    assert_answer(table, "Ann", TABLE_FOUND, "a, b");
    assert_answer(table, "bob", TABLE_MISSING, "");
    assert_answer(table, "later", TABLE_UNKNOWN, "");
    assert_answer(table, "carol", TABLE_MISSING, "");
    table_close(table);
    stop_server(&server);
    assert_int_equal(server.connection_count, 1);
}

static void an_answer_is_asked_for_once(void **state)
{
    (void)state;
    struct socketmap_server server;
    start_server(&server);
    struct table *table = open_socketmap(&server);
    for (int i = 0; i < 3; i++) {
        assert_answer(table, i == 1 ? "ANN" : "ann", TABLE_FOUND, "a, b");
        assert_answer(table, "bob", TABLE_MISSING, "");
        assert_int_equal(table_lookup(table, slice_of("ann"), NULL), TABLE_FOUND);
    }
    assert_int_equal(server.question_count, 2);
    table_close(table);
    /* A reload opens it anew. */
    table = open_socketmap(&server);
    assert_answer(table, "ann", TABLE_FOUND, "a, b");
    assert_int_equal(server.question_count, 3);
    table_close(table);
    stop_server(&server);
}

static void that_nobody_could_be_asked_is_not_kept(void **state)
{
    (void)state;
    struct socketmap_server server;
    start_server(&server);
    struct table *table = open_socketmap(&server);
    assert_answer(table, "later", TABLE_UNKNOWN, "");
    assert_answer(table, "later", TABLE_UNKNOWN, "");
    assert_int_equal(server.question_count, 2);
    table_close(table);
    stop_server(&server);
}

static void a_failing_server_is_left_in_peace_for_a_while(void **state)
{
    (void)state;
    struct socketmap_server server;
    start_server(&server);
    struct table *table = open_socketmap(&server);
    assert_answer(table, "ann", TABLE_FOUND, "a, b");
    assert_answer(table, "broken", TABLE_UNKNOWN, "");
    assert_answer(table, "bob", TABLE_UNKNOWN, "");
    /* What is known still counts, and is no sign that the server is back. */
    assert_answer(table, "ann", TABLE_FOUND, "a, b");
    assert_answer(table, "bob", TABLE_UNKNOWN, "");
    assert_int_equal(lines_logged, 1);
    table_close(table);
    table = open_socketmap(&server);
    assert_answer(table, "gone", TABLE_UNKNOWN, "");
    table_close(table);
    stop_server(&server);
    assert_int_equal(server.connection_count,
                     3); /* each failure on the kept one is tried again on a new one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_connection_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_is_asked_for_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(that_nobody_could_be_asked_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failing_server_is_left_in_peace_for_a_while, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
