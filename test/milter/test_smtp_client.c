/* The SMTP client of relaytest, against servers that are slow, chatty, silent or worse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relaytest/smtp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELLO "220 mx.test.example\r\n"

/* Sends each piece as a packet of its own, the next one after a line from the client where it begins with
 * '>'. */
struct server {
    const char *const *pieces; /* ended by NULL; then it hangs up */
    size_t repeat_last;        /* how often the last piece is sent */
    bool stays;                /* keeps the connection until the client closes it */
    int listener;
    char port[8];
    pthread_t thread;
};

static void wait_for_line(int connection)
{
    char byte = 0;
    while (byte != '\n' && recv(connection, &byte, 1, 0) == 1)
        ;
}

static void send_piece(int connection, const char *piece)
{
    if (piece[0] == '>') {
        wait_for_line(connection);
        piece++;
    }
    (void)!send(connection, piece, strlen(piece), MSG_NOSIGNAL);
}

static void *serve(void *context)
{
    struct server *server = context;
    int connection = accept(server->listener, NULL, NULL), on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (const char *const *piece = server->pieces; *piece != NULL; piece++)
        send_piece(connection, *piece);
    for (size_t i = 0; i < server->repeat_last; i++)
        send_piece(connection, "250-and so on, and so on, and so on, and so on\r\n");
    char byte;
    while (server->stays && recv(connection, &byte, 1, 0) == 1)
        ;
    close(connection);
    return NULL;
}

static void start_server(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    snprintf(server->port, sizeof server->port, "%u", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end_server(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static struct smtp_client *open_client(const struct server *server, unsigned wait_ms, struct strbuf *problem)
{
    strbuf_init(problem, 0);
    return smtp_client_open(&(struct smtp_target){"127.0.0.1", server->port, wait_ms}, problem);
}

/* One command to a server that greets well; then the code and text of its answer are as given. */
static void expect_answer(struct server *server, unsigned wait_ms, unsigned code, const char *text)
{
    struct strbuf problem;
    start_server(server);
    struct smtp_client *client = open_client(server, wait_ms, &problem);
    assert_non_null(client);
    struct smtp_answer answer = smtp_client_command(client, "EHLO me");
    assert_int_equal(answer.code, code);
    assert_string_equal(answer.text, text);
    smtp_client_close(client);
    strbuf_deinit(&problem);
    end_server(server);
}

static void expect_no_greeting(const char *const *pieces, const char *said)
{
    struct server server = {.pieces = pieces};
    struct strbuf problem;
    start_server(&server);
    assert_null(open_client(&server, 5000, &problem));
    assert_non_null(strstr(strbuf_text(&problem), said));
    strbuf_deinit(&problem);
    end_server(&server);
}

static void reads_answers_in_any_pieces(void **state)
{
    (void)state;
    const char *const pieces[] = {"2",       "20 mx", "\r", "\n",    ">",  "250-mx.test.ex",
                                  "ample\r", "\n25",  "0",  " SIZE", "\n", NULL};
    expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, 250, "mx.test.example / SIZE");
}

static void takes_codes_without_text(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO, ">250-\r\n250-x\r\n250\r\n", NULL};
    expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, 250, "x");
}

static void shows_no_control_characters(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO, ">550 \x1b[31mno\x07, \xff\r\n", NULL};
    expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, 550, "?[31mno?, ?");
}

static void refuses_what_is_no_answer(void **state)
{
    (void)state;
    static const char *const answers[] = {">\xff\xfe\xfd\r\n", ">ok\r\n",     ">25\r\n",
                                          ">2500 ok\r\n",      ">-50 ok\r\n", ">\r\n250 x\r\n",
                                          "> 250 x\r\n",       ">0x1 y\r\n"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const char *const pieces[] = {HELLO, answers[i], NULL};
        bool is_fine = i == 6; /* leading space is trimmed */
        expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, is_fine ? 250 : 0,
                      is_fine ? "x" : "no answer: that is not SMTP");
    }
}

static void ends_endless_answers(void **state)
{
    (void)state;
    const char *const lines[] = {HELLO, ">", NULL};
    expect_answer(&(struct server){.pieces = lines, .repeat_last = 4000}, 5000, 0,
                  "no answer: one without end");
}

static void ends_endless_lines(void **state)
{
    (void)state;
    static char line[40000];
    memset(line, 'x', sizeof line - 1);
    const char *const pieces[] = {HELLO, ">250 ", line, NULL};
    expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, 0, "no answer: Message too long");
}

static void waits_no_longer_than_it_should(void **state)
{
    (void)state;
    const char *const silent[] = {HELLO, NULL}, *const half[] = {HELLO, ">250-first\r\n250", NULL};
    expect_answer(&(struct server){.pieces = silent, .stays = true}, 50, 0,
                  "no answer: Connection timed out");
    expect_answer(&(struct server){.pieces = half, .stays = true}, 50, 0, "no answer: Connection timed out");
}

static void tells_a_lost_connection(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO, ">250-first\r\n", NULL};
    expect_answer(&(struct server){.pieces = pieces}, 5000, 0, "no answer: Connection reset by peer");
}

static void believes_no_answer_before_the_question(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO "250 yes to everything\r\n", ">550 no\r\n", NULL};
    expect_answer(&(struct server){.pieces = pieces, .stays = true}, 5000, 550, "no");
}

static void wants_a_greeting(void **state)
{
    (void)state;
    expect_no_greeting((const char *const[]){"554 5.7.1 go away\r\n", NULL}, "554 5.7.1 go away");
    expect_no_greeting((const char *const[]){"SSH-2.0-OpenSSH\r\n", NULL}, "that is not SMTP");
    expect_no_greeting((const char *const[]){NULL}, "no answer");
}

static void believes_nothing_before_the_handshake(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO, ">220 go on\r\n250-evil.example\r\n250 8BITMIME\r\n", NULL};
    struct server server = {.pieces = pieces, .stays = true};
    struct strbuf problem;
    start_server(&server);
    struct smtp_client *client = open_client(&server, 5000, &problem);
    assert_non_null(client);
    assert_false(smtp_client_start_tls(client, &problem));
    assert_non_null(strstr(strbuf_text(&problem), "before the handshake"));
    assert_null(smtp_client_tls_version(client));
    smtp_client_close(client);
    strbuf_deinit(&problem);
    end_server(&server);
}

static void survives_a_handshake_with_no_tls(void **state)
{
    (void)state;
    const char *const pieces[] = {HELLO, ">220 go on\r\n", ">no TLS here\r\n", NULL};
    struct server server = {.pieces = pieces};
    struct strbuf problem;
    start_server(&server);
    struct smtp_client *client = open_client(&server, 2000, &problem);
    assert_non_null(client);
    assert_false(smtp_client_start_tls(client, &problem));
    assert_int_equal(strncmp(strbuf_text(&problem), "TLS: ", 5), 0);
    smtp_client_close(client);
    strbuf_deinit(&problem);
    end_server(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_answers_in_any_pieces),
        cmocka_unit_test(takes_codes_without_text),
        cmocka_unit_test(shows_no_control_characters),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(ends_endless_answers),
        cmocka_unit_test(ends_endless_lines),
        cmocka_unit_test(waits_no_longer_than_it_should),
        cmocka_unit_test(tells_a_lost_connection),
        cmocka_unit_test(believes_no_answer_before_the_question),
        cmocka_unit_test(wants_a_greeting),
        cmocka_unit_test(believes_nothing_before_the_handshake),
        cmocka_unit_test(survives_a_handshake_with_no_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
