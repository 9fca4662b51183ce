/* What doctor asks of the machine: other programs, who has a port, whether a milter answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "socket/port_holder.h"
#include "doctor/command_output.h"
#include "doctor/milter_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void runs_programs(void **state)
{
    (void)state;
    static const char *const cat[] = {"cat", NULL}, *const fails[] = {"false", NULL},
                             *const none[] = {"/nonexistent", NULL};
    static const char *const wrong[] = {"cat", "/nonexistent", NULL};
    struct strbuf out;
    strbuf_init(&out, 0);
    assert_true(command_filter(cat, slice_of("a\nb\n"), &out));
    assert_string_equal(strbuf_text(&out), "a\nb\n");
    assert_false(command_output(fails, true, &out));
    assert_int_equal(errno, 0);
    assert_false(command_output(none, true, &out));
    assert_int_equal(errno, ENOENT);
    assert_false(command_filter(wrong, slice_of(""), &out));
    assert_non_null(strstr(strbuf_text(&out), "/nonexistent"));
    strbuf_deinit(&out);
}

static void output_has_a_ceiling(void **state)
{
    (void)state;
    static const char *const argv[] = {"head", "-c", "100000", "/dev/zero", NULL};
    struct strbuf out;
    strbuf_init(&out, 1000);
    assert_false(command_output(argv, true, &out));
    assert_true(out.failed);
    strbuf_deinit(&out);
}

/* A socket that listens at a port of the kernel's choice. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0);
    assert_int_equal(listen(descriptor, 8), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return descriptor;
}

static void names_who_has_a_port(void **state)
{
    (void)state;
    uint16_t port;
    char name[PORT_HOLDER_NAME_BYTES], own[32];
    struct strbuf out;
    int descriptor = listen_somewhere(&port);
    struct config_endpoint endpoint = {.kind = ENDPOINT_INET, .host = "127.0.0.1", .port = port};
    strbuf_init(&out, 0);
    assert_true(port_holder_append(&endpoint, name, &out));
    snprintf(own, sizeof own, ", pid %d", (int)getpid());
    assert_non_null(strstr(strbuf_text(&out), own));
    assert_true(name[0] != '\0');
    endpoint.host = "127.0.0.2";
    assert_false(port_holder_append(&endpoint, name, &out));
    endpoint.host = "0.0.0.0";
    assert_true(port_holder_append(&endpoint, name, &out));
    close(descriptor);
    endpoint.host = "127.0.0.1";
    assert_false(port_holder_append(&endpoint, name, &out));
    strbuf_deinit(&out);
}

/* Answers one connection with these bytes. */
struct answering {
    int descriptor;
    const char *bytes;
    size_t length;
};

static void *answer_once(void *context)
{
    const struct answering *answering = context;
    char received[64];
    int connection = accept(answering->descriptor, NULL, NULL);
    (void)!read(connection, received, sizeof received);
    (void)!write(connection, answering->bytes, answering->length);
    close(connection);
    return NULL;
}

static enum milter_answer probe_answering(const char *bytes, size_t length)
{
    uint16_t port;
    char address[64];
    int error;
    pthread_t thread;
    struct answering answering = {listen_somewhere(&port), bytes, length};
    snprintf(address, sizeof address, "inet:127.0.0.1:%u", port);
    assert_int_equal(pthread_create(&thread, NULL, answer_once, &answering), 0);
    enum milter_answer answer = milter_probe(&(struct milter_probe){.address = address}, &error);
    pthread_join(thread, NULL);
    close(answering.descriptor);
    return answer;
}

static void tells_milters_from_others(void **state)
{
    (void)state;
    static const char negotiated[17] = {0, 0, 0, 13, 'O', 0, 0, 0, 6};
    assert_int_equal(probe_answering(negotiated, sizeof negotiated), MILTER_ANSWERS);
    assert_int_equal(probe_answering("220 mail ESMTP\r\n", 16), MILTER_SAYS_NOTHING);
    assert_int_equal(probe_answering("", 0), MILTER_SAYS_NOTHING);
}

static void tells_why_none_is_reached(void **state)
{
    (void)state;
    uint16_t port;
    char address[64];
    int error;
    close(listen_somewhere(&port));
    snprintf(address, sizeof address, "inet:[127.0.0.1]:%u", port);
    assert_int_equal(milter_probe(&(struct milter_probe){.address = address}, &error), MILTER_NOT_REACHED);
    assert_int_equal(error, ECONNREFUSED);
    const struct milter_probe missing = {.address = "unix:nonexistent/milter.sock", .directory = "/"};
    assert_int_equal(milter_probe(&missing, &error), MILTER_NOT_REACHED);
    assert_int_equal(error, ENOENT);
    const struct milter_probe nowhere = {.address = "unix:/x", .directory = "/nonexistent"};
    assert_int_equal(milter_probe(&nowhere, &error), MILTER_CANNOT_BE_TRIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_programs),
        cmocka_unit_test(output_has_a_ceiling),
        cmocka_unit_test(names_who_has_a_port),
        cmocka_unit_test(tells_milters_from_others),
        cmocka_unit_test(tells_why_none_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
