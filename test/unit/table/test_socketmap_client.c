/* The client of socketmap servers. The test is the server, so that it has each step in its hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "table/socketmap_client.h"

enum { PATIENCE_MS = 20000 };

struct server {
    struct socketmap_server address;
    struct socketmap_client *client;
    int listening;
};

static struct server *start_server(void)
{
    struct server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    const struct lookup_cache_options options = {
        .entries_max = 16, .value_bytes_max = 100, .found_us = 1000000, .missing_us = 1000000};
    server->listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listening, 64), 0);
    assert_int_equal(getsockname(server->listening, (struct sockaddr *)&address, &length), 0);
    memcpy(&server->address.address, &address, length);
    server->address.address_bytes = length;
    server->address.map_name = "users";
    server->address.cache = lookup_cache_create(&options);
    server->client = socketmap_client_create(&server->address);
    assert_non_null(server->client);
    return server;
}

static void stop_server(struct server *server)
{
    socketmap_client_destroy(server->client);
    lookup_cache_destroy(server->address.cache);
    close(server->listening);
    free(server);
}

static struct table_question *ask(const struct server *server, const char *key)
{
    struct table_question *question = table_question_create(slice_of(key), clock_system_monotonic_us(NULL));
    assert_non_null(question);
    socketmap_client_ask(server->client, question);
    return question;
}

/* Waits for the answer and gives the question up. */
static void assert_answer(struct table_question *question, enum table_answer answer, const char *text)
{
    assert_true(pending_wait(&question->pending, PATIENCE_MS));
    assert_int_equal(question->answer, answer);
    if (answer == TABLE_FOUND)
        assert_string_equal(strbuf_text(&question->value), text);
    else if (strstr(strbuf_text(&question->problem), text) == NULL)
        fail_msg("\"%s\" in \"%s\"", text, strbuf_text(&question->problem));
    table_question_drop(question);
}

static int accept_one(const struct server *server)
{
    const int connection = accept(server->listening, NULL, NULL);
    assert_true(connection >= 0);
    return connection;
}

static void assert_request(int connection, const char *expected)
{
    char request[100] = "";
    const ssize_t count = recv(connection, request, strlen(expected), MSG_WAITALL);
    assert_int_equal(count, strlen(expected));
    assert_string_equal(request, expected);
}

static void say(int connection, const char *text)
{
    assert_int_equal(send(connection, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The client hangs up, whatever else it has sent. */
static void assert_hung_up(int connection)
{
    char bytes[100];
    ssize_t count;
    while ((count = recv(connection, bytes, sizeof bytes, 0)) > 0)
        ;
    assert_true(count <= 0);
    close(connection);
}

/* Whether a connection waits to be accepted. */
static bool is_called(const struct server *server)
{
    struct timeval none = {0, 0};
    fd_set ready;
    FD_ZERO(&ready);
    FD_SET(server->listening, &ready);
    return select(server->listening + 1, &ready, NULL, NULL, &none) > 0;
}

static void an_answer_comes_in_pieces(void **state)
{
    (void)state;
    struct server *server = start_server();
    struct table_question *question = ask(server, "ann");
    const int connection = accept_one(server);
    assert_request(connection, "9:users ann,");
    assert_false(pending_is_done(&question->pending));
    for (const char *at = "10:OK a, b, c,"; *at != '\0'; at++)
        say(connection, (const char[]){*at, '\0'});
    assert_answer(question, TABLE_FOUND, "a, b, c");
    close(connection);
    stop_server(server);
}

static void every_word_has_its_meaning_and_keeps_the_connection(void **state)
{
    (void)state;
    static const struct {
        struct slice said;
        enum table_answer answer;
        const char *text;
    } cases[] = {
        {SLICE_LITERAL("9:NOTFOUND ,"), TABLE_MISSING, ""},
        {SLICE_LITERAL("9:TEMP busy,"), TABLE_UNKNOWN, "TEMP busy"},
        {SLICE_LITERAL("9:PERM busy,"), TABLE_UNKNOWN, "PERM busy"},
        {SLICE_LITERAL("12:TIMEOUT busy,"), TABLE_UNKNOWN, "TIMEOUT busy"},
        {SLICE_LITERAL("3:OK ,"), TABLE_FOUND, ""},
        {SLICE_LITERAL("4:ok x,"), TABLE_FOUND, "x"},
        {SLICE_LITERAL("6:OK\0a b,"), TABLE_UNKNOWN, "says: OK"},
        {SLICE_LITERAL("0:,"), TABLE_UNKNOWN, "the server says"},
    };
    struct server *server = start_server();
    int connection = -1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table_question *question = ask(server, "ann");
        if (connection < 0)
            connection = accept_one(server);
        assert_request(connection, "9:users ann,");
        assert_int_equal(send(connection, cases[i].said.data, cases[i].said.length, MSG_NOSIGNAL),
                         cases[i].said.length);
        assert_answer(question, cases[i].answer, cases[i].text);
    }
    assert_false(is_called(server));
    close(connection);
    stop_server(server);
}

static void what_is_no_answer_ends_the_connection_and_begins_a_rest(void **state)
{
    (void)state;
    static const char *const said[] = {
        "65553:OK ", "99999999999999999999:", "hello", "3x:OK ,", "3:OK ;", ":OK ,",
        "-1:OK ,",   "000000000003:OK ,"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct server *server = start_server();
        struct table_question *question = ask(server, "ann");
        const int connection = accept_one(server);
        say(connection, said[i]);
        assert_answer(question, TABLE_UNKNOWN, "no answer: Protocol error");
        assert_hung_up(connection);
        question = ask(server, "bob");
        assert_true(pending_is_done(&question->pending));
        assert_answer(question, TABLE_UNKNOWN, "not asked for a few seconds");
        stop_server(server);
    }
}

static void a_server_that_closes_in_the_middle_has_given_no_answer(void **state)
{
    (void)state;
    struct server *server = start_server();
    struct table_question *question = ask(server, "ann");
    const int connection = accept_one(server);
    assert_request(connection, "9:users ann,");
    say(connection, "10:OK a,");
    close(connection);
    assert_answer(question, TABLE_UNKNOWN, "no answer: ");
    stop_server(server);
}

static void a_kept_connection_that_breaks_is_tried_again_on_a_new_one(void **state)
{
    (void)state;
    struct server *server = start_server();
    struct table_question *question = ask(server, "ann");
    int connection = accept_one(server);
    assert_request(connection, "9:users ann,");
    say(connection, "4:OK a,");
    assert_answer(question, TABLE_FOUND, "a");
    question = ask(server, "bob");
    assert_request(connection, "9:users bob,");
    say(connection, "10:OK b");
    close(connection);
    connection = accept_one(server);
    assert_request(connection, "9:users bob,");
    say(connection, "4:OK b,");
    assert_answer(question, TABLE_FOUND, "b");
    close(connection);
    stop_server(server);
}

static void a_late_answer_is_nobodys(void **state)
{
    (void)state;
    struct server *server = start_server();
    struct table_question *question = ask(server, "ann");
    const int connection = accept_one(server);
    assert_request(connection, "9:users ann,");
    assert_answer(question, TABLE_UNKNOWN, "no answer: Connection timed out");
    assert_hung_up(connection);
    stop_server(server);
}

static void more_than_was_asked_for_is_nobodys_either(void **state)
{
    (void)state;
    struct server *server = start_server();
    struct table_question *question = ask(server, "ann");
    int connection = accept_one(server);
    assert_request(connection, "9:users ann,");
    say(connection, "4:OK a,9:OK wrong!,");
    assert_answer(question, TABLE_FOUND, "a");
    assert_hung_up(connection);
    question = ask(server, "bob");
    connection = accept_one(server);
    assert_request(connection, "9:users bob,");
    say(connection, "4:OK b,");
    assert_answer(question, TABLE_FOUND, "b");
    say(connection, "9:OK wrong!,");
    question = ask(server, "carol");
    connection = accept_one(server);
    assert_request(connection, "11:users carol,");
    say(connection, "4:OK c,");
    assert_answer(question, TABLE_FOUND, "c");
    close(connection);
    stop_server(server);
}

static void a_server_that_is_not_there_has_given_no_answer(void **state)
{
    (void)state;
    struct server *server = start_server();
    close(server->listening);
    server->listening = -1;
    assert_answer(ask(server, "ann"), TABLE_UNKNOWN, "no answer: Connection refused");
    stop_server(server);
}

static void a_long_answer_is_taken_up_to_its_bound(void **state)
{
    (void)state;
    struct server *server = start_server();
    char *answer = malloc(TABLE_VALUE_BYTES_MAX + 32);
    int connection = -1;
    for (size_t excess = 0; excess < 2; excess++) {
        const size_t value_bytes = TABLE_VALUE_BYTES_MAX + excess;
        struct table_question *question = ask(server, "ann");
        if (connection < 0)
            connection = accept_one(server);
        assert_request(connection, "9:users ann,");
        const size_t head = (size_t)snprintf(answer, 32, "%zu:OK ", value_bytes + 3);
        memset(answer + head, 'x', value_bytes);
        answer[head + value_bytes] = ',';
        assert_int_equal(send(connection, answer, head + value_bytes + 1, MSG_NOSIGNAL),
                         head + value_bytes + 1);
        assert_true(pending_wait(&question->pending, PATIENCE_MS));
        assert_int_equal(question->answer, excess == 0 ? TABLE_FOUND : TABLE_UNKNOWN);
        if (excess == 0)
            assert_int_equal(question->value.length, value_bytes);
        table_question_drop(question);
    }
    free(answer);
    close(connection);
    stop_server(server);
}

/* ---- many --------------------------------------------------------------------------------------------- */

enum { AT_ONCE = 32 }; /* connections */

static void many_questions_share_a_few_connections_and_a_bounded_queue(void **state)
{
    (void)state;
    static struct table_question *questions[AT_ONCE + SOCKETMAP_WAITING_MAX];
    int connections[AT_ONCE];
    struct server *server = start_server();
    for (size_t i = 0; i < AT_ONCE; i++)
        questions[i] = ask(server, "ann");
    for (size_t i = 0; i < AT_ONCE; i++) {
        connections[i] = accept_one(server);
        assert_request(connections[i], "9:users ann,");
    }
    for (size_t i = 0; i < SOCKETMAP_WAITING_MAX; i++)
        questions[AT_ONCE + i] = ask(server, "bob");
    struct table_question *surplus = ask(server, "carol");
    assert_true(pending_is_done(&surplus->pending));
    assert_answer(surplus, TABLE_UNKNOWN, "too many questions");
    /* Each connection that is free takes the next one. */
    for (size_t i = 0; i < 3; i++) {
        say(connections[i], "4:OK a,");
        assert_request(connections[i], "9:users bob,");
    }
    /* The end of the table is the end of all that is under way. */
    stop_server(server);
    size_t found_count = 0;
    for (size_t i = 0; i < AT_ONCE + SOCKETMAP_WAITING_MAX; i++) {
        assert_true(pending_is_done(&questions[i]->pending));
        found_count += questions[i]->answer == TABLE_FOUND;
        table_question_drop(questions[i]);
    }
    assert_int_equal(found_count, 3);
    for (size_t i = 0; i < AT_ONCE; i++)
        close(connections[i]);
}

static size_t thread_count(void)
{
    DIR *folder = opendir("/proc/self/task");
    size_t count = 0;
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

/* One that has been waited for is listed for a moment longer. */
static void assert_thread_count(size_t expected)
{
    const uint64_t until_us = clock_system_monotonic_us(NULL) + PATIENCE_MS * 1000;
    while (thread_count() != expected && clock_system_monotonic_us(NULL) < until_us)
        usleep(1000);
    assert_int_equal(thread_count(), expected);
}

static void one_thread_serves_all_and_ends_with_the_last(void **state)
{
    (void)state;
    struct server *first = start_server(), *second = start_server();
    const size_t before = thread_count();
    for (size_t round = 0; round < 2; round++) {
        struct table_question *one = ask(first, "ann"), *other = ask(second, "bob");
        assert_thread_count(before + 1);
        int connection = accept_one(second);
        say(connection, "4:OK b,");
        assert_answer(other, TABLE_FOUND, "b");
        close(connection);
        stop_server(second);
        connection = accept_one(first);
        say(connection, "4:OK a,");
        assert_answer(one, TABLE_FOUND, "a");
        close(connection);
        stop_server(first);
        first = start_server();
        second = start_server();
    }
    stop_server(first);
    stop_server(second);
    assert_thread_count(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_in_pieces),
        cmocka_unit_test(every_word_has_its_meaning_and_keeps_the_connection),
        cmocka_unit_test(what_is_no_answer_ends_the_connection_and_begins_a_rest),
        cmocka_unit_test(a_server_that_closes_in_the_middle_has_given_no_answer),
        cmocka_unit_test(a_kept_connection_that_breaks_is_tried_again_on_a_new_one),
        cmocka_unit_test(a_late_answer_is_nobodys),
        cmocka_unit_test(more_than_was_asked_for_is_nobodys_either),
        cmocka_unit_test(a_server_that_is_not_there_has_given_no_answer),
        cmocka_unit_test(a_long_answer_is_taken_up_to_its_bound),
        cmocka_unit_test(many_questions_share_a_few_connections_and_a_bounded_queue),
        cmocka_unit_test(one_thread_serves_all_and_ends_with_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
