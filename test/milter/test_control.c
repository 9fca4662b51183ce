/*
 * The control socket: what goes over it, who may, and that nobody holds it up.
 *
 * The server runs in this process with a handler that says what it was given. Clients that must be somebody
 * else are children that change their uid; these tests take root and are skipped without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "control/control_server.h"

enum { PATIENCE_MS = 20000, NOBODY = 65534, MEMBERS_GROUP = 65111, LARGE_BYTES = 4 << 20 };

struct world {
    char directory[64];
    char path[96];
    struct control_server *server;
    atomic_uint call_count, ended_stream_count;
};

/* A line every few milliseconds until the caller has gone. */
static int stream(struct world *world, struct control_connection *connection)
{
    while (control_connection_stream(connection, slice_of("tick\n")) &&
           control_connection_is_open(connection, 5))
        continue;
    atomic_fetch_add(&world->ended_stream_count, 1);
    return EX_TEMPFAIL; /* what one stream too many is told */
}

/* Says its words, one a line; "large" is answered with more than any socket buffer takes, "who" with the name
 * of the caller. */
static int say_words(void *context, struct control_connection *connection, int argc, char **argv,
                     struct strbuf *out)
{
    struct world *world = context;
    atomic_fetch_add(&world->call_count, 1);
    if (strcmp(argv[0], "stream") == 0)
        return stream(world, connection);
    if (strcmp(argv[0], "who") == 0)
        strbuf_printf(out, "%s %u\n", control_connection_caller(connection)->name,
                      (unsigned)control_connection_caller(connection)->user_id);
    if (strcmp(argv[0], "large") == 0)
        for (int i = 0; i < LARGE_BYTES / 16; i++)
            strbuf_append_text(out, "0123456789abcde\n");
    for (int i = 0; i < argc; i++)
        strbuf_printf(out, "%s\n", argv[i]);
    return strcmp(argv[0], "fail") == 0 ? EX_CONFIG : EX_OK;
}

static void open_server(struct world *world, unsigned mode, gid_t group, unsigned client_wait_ms)
{
    const struct control_server_options options = {
        .path = world->path,
        .mode = mode,
        .user_id = geteuid(),
        .group_id = group,
        .client_wait_ms = client_wait_ms,
        .handler = say_words,
        .context = world,
    };
    struct strbuf problem;
    strbuf_init(&problem, 0);
    world->server = control_server_open(&options, &problem);
    if (world->server == NULL)
        fail_msg("%s", strbuf_text(&problem));
    assert_true(control_server_start(world->server));
    strbuf_deinit(&problem);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    snprintf(world->directory, sizeof world->directory, "/tmp/test_control.XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    assert_int_equal(chmod(world->directory, 0755), 0);
    snprintf(world->path, sizeof world->path, "%s/control.sock", world->directory);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    control_server_stop(world->server);
    unlink(world->path);
    rmdir(world->directory);
    free(world);
    return 0;
}

/* ---- a client ---------------------------------------------------------------------------------------- */

static int connect_to(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, world->path, strlen(world->path));
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client >= 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) == 0)
        return client;
    close(client);
    return -1;
}

static void say(int client, const char *text, size_t length)
{
    assert_int_equal(send(client, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* All that comes until the server closes; closes too. */
static void hear(int client, struct strbuf *answer)
{
    char chunk[4096];
    ssize_t count = -1;
    struct pollfd waiting = {client, POLLIN, 0};
    strbuf_init(answer, 0);
    while (poll(&waiting, 1, PATIENCE_MS) > 0 && (count = recv(client, chunk, sizeof chunk, 0)) > 0)
        strbuf_append(answer, chunk, (size_t)count);
    if (count != 0 && errno != ECONNRESET)
        fail_msg("the server does not end the connection");
    close(client);
}

static void expect_answer(const struct world *world, const char *line, const char *expected)
{
    struct strbuf answer;
    int client = connect_to(world);
    assert_true(client >= 0);
    say(client, line, strlen(line));
    hear(client, &answer);
    assert_string_equal(strbuf_text(&answer), expected);
    strbuf_deinit(&answer);
}

/* ---- the line ---------------------------------------------------------------------------------------- */

static void commands_are_answered_with_their_status(void **state)
{
    struct world *world = *state;
    open_server(world, 0600, getegid(), 0);
    expect_answer(world, "closedrelay/1 status --json\n", "closedrelay/1 0\nstatus\n--json\n");
    expect_answer(world, "closedrelay/1 fail\r\n", "closedrelay/1 78\nfail\n");
}

static void lines_that_are_no_command_are_refused(void **state)
{
    struct world *world = *state;
    open_server(world, 0600, getegid(), 0);
    expect_answer(
        world, "closedrelay/2 status\n",
        "closedrelay/1 76\nthis daemon speaks closedrelay/1: it is of another version than the command\n");
    expect_answer(
        world, "GET / HTTP/1.0\r\n",
        "closedrelay/1 76\nthis daemon speaks closedrelay/1: it is of another version than the command\n");
    expect_answer(world, "closedrelay/1\n", "closedrelay/1 64\na command is missing\n");
    expect_answer(world, "\n", "closedrelay/1 64\na command is missing\n");
    char many[200] = "closedrelay/1";
    for (int i = 0; i < 40; i++)
        memcpy(many + 13 + 2 * i, " x", 2);
    many[93] = '\n';
    expect_answer(world, many, "closedrelay/1 64\ntoo many words\n");
    assert_int_equal(atomic_load(&world->call_count), 0);
}

static void a_line_may_come_in_pieces(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    static const char line[] = "closedrelay/1 status\n";
    open_server(world, 0600, getegid(), PATIENCE_MS);
    int client = connect_to(world);
    for (size_t i = 0; i < sizeof line - 1; i++)
        say(client, line + i, 1);
    hear(client, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 0\nstatus\n");
    strbuf_deinit(&answer);
}

static void only_the_first_of_several_commands_is_carried_out(void **state)
{
    struct world *world = *state;
    open_server(world, 0600, getegid(), 0);
    expect_answer(world, "closedrelay/1 one\nclosedrelay/1 two\n", "closedrelay/1 0\none\n");
    assert_int_equal(atomic_load(&world->call_count), 1);
}

static void half_a_line_is_not_carried_out(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), 0);
    int client = connect_to(world);
    say(client, "closedrelay/1 reload", 20);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    hear(client, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 76\nthe command does not end in a newline\n");
    assert_int_equal(atomic_load(&world->call_count), 0);
    strbuf_deinit(&answer);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
}

static void a_nul_byte_cuts_no_command_short(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), 0);
    int client = connect_to(world);
    say(client, "closedrelay/1 reload\0x\n", 23);
    hear(client, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 76\nthe command holds a NUL byte\n");
    assert_int_equal(atomic_load(&world->call_count), 0);
    strbuf_deinit(&answer);
}

static void the_length_of_a_line_is_bounded(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    char line[CONTROL_LINE_BYTES_MAX + 1];
    open_server(world, 0600, getegid(), 0);
    memset(line, 'x', sizeof line);
    memcpy(line, "closedrelay/1 ", 14);
    int client = connect_to(world);
    say(client, line, sizeof line - 1);
    hear(client, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 76\nthe command is too long\n");
    strbuf_deinit(&answer);
    line[CONTROL_LINE_BYTES_MAX - 1] = '\n';
    client = connect_to(world);
    say(client, line, CONTROL_LINE_BYTES_MAX);
    hear(client, &answer);
    assert_memory_equal(strbuf_text(&answer), "closedrelay/1 0\n", 16);
    strbuf_deinit(&answer);
}

/* ---- clients that hold it up -------------------------------------------------------------------------- */

static void a_silent_client_loses_its_turn(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), 100);
    int silent = connect_to(world);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
    hear(silent, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 76\nno command came in time\n");
    strbuf_deinit(&answer);
}

struct dripping {
    int client;
    atomic_bool is_over;
};

static void *drip(void *context)
{
    struct dripping *dripping = context;
    while (!atomic_load(&dripping->is_over) && send(dripping->client, "x", 1, MSG_NOSIGNAL) == 1)
        usleep(10000);
    return NULL;
}

/* Each byte well within the time that a line has; without a bound for the whole the other would wait for
 * 4096. */
static void a_client_that_drips_loses_its_turn(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    pthread_t thread;
    open_server(world, 0600, getegid(), 500);
    struct dripping dripping = {.client = connect_to(world)};
    assert_int_equal(pthread_create(&thread, NULL, drip, &dripping), 0);
    hear(dripping.client, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 76\nno command came in time\n");
    atomic_store(&dripping.is_over, true);
    pthread_join(thread, NULL);
    strbuf_deinit(&answer);
}

/* They have ten minutes each; whoever comes last but one is served at once, the last when another has gone.
 */
static void silent_clients_delay_nobody(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    int silent[CONTROL_CLIENTS_MAX];
    open_server(world, 0600, getegid(), 600000);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX - 1; i++)
        silent[i] = connect_to(world);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
    silent[CONTROL_CLIENTS_MAX - 1] = connect_to(world);
    int waiting = connect_to(world);
    say(waiting, "closedrelay/1 three\n", 20);
    close(silent[0]);
    hear(waiting, &answer);
    assert_string_equal(strbuf_text(&answer), "closedrelay/1 0\nthree\n");
    strbuf_deinit(&answer);
    for (size_t i = 1; i < CONTROL_CLIENTS_MAX; i++)
        close(silent[i]);
}

/* ---- streams ------------------------------------------------------------------------------------------ */

static int open_stream(const struct world *world)
{
    static const char begin[] = "closedrelay/1 0\ntick\n";
    char text[sizeof begin - 1];
    int client = connect_to(world);
    say(client, "closedrelay/1 stream\n", 21);
    assert_int_equal(recv(client, text, sizeof text, MSG_WAITALL), sizeof text);
    assert_memory_equal(text, begin, sizeof text);
    return client;
}

static void a_stream_lasts_until_its_caller_leaves(void **state)
{
    struct world *world = *state;
    int clients[CONTROL_STREAMS_MAX];
    open_server(world, 0600, getegid(), PATIENCE_MS);
    for (size_t i = 0; i < CONTROL_STREAMS_MAX; i++)
        clients[i] = open_stream(world);
    assert_int_equal(atomic_load(&world->ended_stream_count), 0);
    expect_answer(world, "closedrelay/1 stream\n", "closedrelay/1 75\n");
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
    for (size_t i = 0; i < CONTROL_STREAMS_MAX; i++)
        close(clients[i]);
    control_server_stop(world->server);
    world->server = NULL;
    assert_int_equal(atomic_load(&world->ended_stream_count), CONTROL_STREAMS_MAX + 1);
}

static void stopping_ends_streams(void **state)
{
    struct world *world = *state;
    open_server(world, 0600, getegid(), PATIENCE_MS);
    int client = open_stream(world);
    control_server_stop(world->server);
    world->server = NULL;
    assert_int_equal(atomic_load(&world->ended_stream_count), 1);
    close(client);
}

static void a_client_that_does_not_listen_loses_its_turn(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), 300);
    int deaf = connect_to(world);
    say(deaf, "closedrelay/1 large\n", 20);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
    struct pollfd hung_up = {deaf, 0, 0};
    assert_int_equal(poll(&hung_up, 1, PATIENCE_MS), 1);
    hear(deaf, &answer);
    assert_true(answer.length < LARGE_BYTES);
    strbuf_deinit(&answer);
}

static void large_answers_arrive_whole(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), PATIENCE_MS);
    int client = connect_to(world);
    say(client, "closedrelay/1 large\n", 20);
    hear(client, &answer);
    assert_int_equal(answer.length, strlen("closedrelay/1 0\n") + LARGE_BYTES + strlen("large\n"));
    strbuf_deinit(&answer);
}

static void stopping_waits_for_no_client(void **state)
{
    struct world *world = *state;
    struct strbuf answer;
    open_server(world, 0600, getegid(), 600000);
    int silent = connect_to(world);
    control_server_stop(world->server);
    world->server = NULL;
    assert_int_equal(access(world->path, F_OK), -1);
    hear(silent, &answer);
    strbuf_deinit(&answer);
}

/* ---- who may ------------------------------------------------------------------------------------------ */

static void become(uid_t user, gid_t group, const gid_t *further, size_t further_count)
{
    if (setgroups(further_count, further) != 0 || setgid(group) != 0 || setuid(user) != 0)
        _exit(99);
}

/* What a client of that user gets; -1: it may not even connect. */
static int status_for(const struct world *world, gid_t group, const gid_t *further, size_t further_count)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static const char line[] = "closedrelay/1 status\n";
        char answer[256] = "";
        become(NOBODY, group, further, further_count);
        int client = connect_to(world);
        if (client < 0)
            _exit(98);
        /* Who may not is told so without being listened to. */
        if ((send(client, line, sizeof line - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE) ||
            recv(client, answer, sizeof answer - 1, MSG_WAITALL) < 0)
            _exit(97);
        _exit(atoi(answer + strlen(CONTROL_PROTOCOL)));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 97 && WEXITSTATUS(status) != 99);
    return WEXITSTATUS(status) == 98 ? -1 : WEXITSTATUS(status);
}

static void the_caller_is_known(void **state)
{
    struct world *world = *state;
    char expected[200];
    const struct passwd *self = getpwuid(geteuid());
    open_server(world, 0600, getegid(), 0);
    if (self == NULL)
        skip();
    snprintf(expected, sizeof expected, "closedrelay/1 0\n%s %u\nwho\n", self->pw_name, (unsigned)geteuid());
    expect_answer(world, "closedrelay/1 who\n", expected);
}

static void others_may_not_whatever_the_mode(void **state)
{
    struct world *world = *state;
    if (geteuid() != 0)
        skip();
    open_server(world, 0666, MEMBERS_GROUP, 0);
    assert_int_equal(status_for(world, NOBODY, NULL, 0), EX_NOPERM);
    assert_int_equal(atomic_load(&world->call_count), 0);
}

static void members_of_the_group_may(void **state)
{
    static const gid_t further[] = {4, MEMBERS_GROUP, 27};
    struct world *world = *state;
    if (geteuid() != 0)
        skip();
    open_server(world, 0660, MEMBERS_GROUP, 0);
    assert_int_equal(status_for(world, MEMBERS_GROUP, NULL, 0), EX_OK);
    assert_int_equal(status_for(world, NOBODY, further, 3), EX_OK);
    gid_t many[200];
    for (gid_t i = 0; i < 200; i++)
        many[i] = i == 199 ? MEMBERS_GROUP : 70000 + i;
    assert_int_equal(status_for(world, NOBODY, many, 200), EX_OK);
    assert_int_equal(status_for(world, NOBODY, many, 199), -1);
}

/* Not even those of the daemon's own group: the MTA's user is in there, to reach the milter's socket. */
static void without_a_group_nobody_else_may(void **state)
{
    struct world *world = *state;
    struct stat info;
    if (geteuid() != 0)
        skip();
    open_server(world, 0666, CONTROL_NO_GROUP, 0);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0606);
    assert_int_equal(status_for(world, getegid(), NULL, 0), -1);
    assert_int_equal(status_for(world, NOBODY, NULL, 0), EX_NOPERM);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
}

static void the_mode_keeps_others_out(void **state)
{
    struct world *world = *state;
    struct stat info;
    if (geteuid() != 0)
        skip();
    open_server(world, 0600, MEMBERS_GROUP, 0);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_gid, MEMBERS_GROUP);
    assert_int_equal(status_for(world, MEMBERS_GROUP, NULL, 0), -1);
}

/* ---- what stands in its place -------------------------------------------------------------------------- */

static const char *cannot_open(struct world *world, struct strbuf *problem)
{
    const struct control_server_options options = {
        .path = world->path, .mode = 0600, .group_id = CONTROL_NO_GROUP, .handler = say_words};
    strbuf_init(problem, 0);
    assert_null(control_server_open(&options, problem));
    return strbuf_text(problem);
}

static void a_socket_left_behind_is_replaced(void **state)
{
    struct world *world = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, world->path, strlen(world->path));
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    open_server(world, 0600, getegid(), 0);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
}

static void another_daemon_and_other_files_are_left_alone(void **state)
{
    struct world *world = *state;
    struct strbuf problem;
    open_server(world, 0600, getegid(), 0);
    assert_non_null(strstr(cannot_open(world, &problem), "another process answers there"));
    strbuf_deinit(&problem);
    expect_answer(world, "closedrelay/1 two\n", "closedrelay/1 0\ntwo\n");
    control_server_stop(world->server);
    world->server = NULL;
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    fclose(file);
    assert_non_null(strstr(cannot_open(world, &problem), "something else than a socket"));
    strbuf_deinit(&problem);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(commands_are_answered_with_their_status),
        WITH_WORLD(lines_that_are_no_command_are_refused),
        WITH_WORLD(a_line_may_come_in_pieces),
        WITH_WORLD(only_the_first_of_several_commands_is_carried_out),
        WITH_WORLD(half_a_line_is_not_carried_out),
        WITH_WORLD(a_nul_byte_cuts_no_command_short),
        WITH_WORLD(the_length_of_a_line_is_bounded),
        WITH_WORLD(a_silent_client_loses_its_turn),
        WITH_WORLD(a_client_that_drips_loses_its_turn),
        WITH_WORLD(silent_clients_delay_nobody),
        WITH_WORLD(a_stream_lasts_until_its_caller_leaves),
        WITH_WORLD(stopping_ends_streams),
        WITH_WORLD(the_caller_is_known),
        WITH_WORLD(a_client_that_does_not_listen_loses_its_turn),
        WITH_WORLD(large_answers_arrive_whole),
        WITH_WORLD(stopping_waits_for_no_client),
        WITH_WORLD(others_may_not_whatever_the_mode),
        WITH_WORLD(members_of_the_group_may),
        WITH_WORLD(without_a_group_nobody_else_may),
        WITH_WORLD(the_mode_keeps_others_out),
        WITH_WORLD(a_socket_left_behind_is_replaced),
        WITH_WORLD(another_daemon_and_other_files_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
