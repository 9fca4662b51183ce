/* A connection that trickles: what it wants next, and that a packet has one deadline, not each piece of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/connection.h"

#include <sys/socket.h>
#include <unistd.h>

static unsigned helo_count, close_count;

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3, unsigned long *chosen_actions,
                             unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3)
{
    (void)context;
    (void)actions;
    (void)steps;
    (void)unused2;
    (void)unused3;
    *chosen_actions = *chosen_steps = *chosen2 = *chosen3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_helo(SMFICTX *context, char *name)
{
    (void)context;
    assert_string_equal(name, "client");
    helo_count++;
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context)
{
    (void)context;
    close_count++;
    return SMFIS_CONTINUE;
}

static const struct smfiDesc description = {
    .xxfi_helo = on_helo, .xxfi_close = on_close, .xxfi_negotiate = on_negotiate};

/* A byte at a time. */
static const char negotiation[] = "\0\0\0\x0dO\0\0\0\6\0\0\1\xff\0\x1f\xff\xff";

enum { NEGOTIATION_BYTES = sizeof negotiation - 1 };

static void a_packet_has_one_deadline(void **state)
{
    (void)state;
    int ends[2];
    struct workspace workspace;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(workspace_init(&workspace));
    struct connection *connection = connection_create(ends[0], &description);
    assert_non_null(connection);
    for (size_t i = 0; i < NEGOTIATION_BYTES; i++) {
        assert_int_equal(write(ends[1], negotiation + i, 1), 1);
        connection_serve(connection, &workspace, false);
        const bool is_last = i + 1 == NEGOTIATION_BYTES;
        assert_int_equal(connection->need, is_last ? CONNECTION_IDLE : CONNECTION_IN_PART);
        /* The deadline begins with the first byte, and no later one moves it. */
        assert_int_equal(connection->is_new_part, i == 0 || is_last);
    }
    assert_null(connection->kept); /* an idle one has no buffer */
    connection_serve(connection, &workspace, false);
    assert_int_equal(connection->need, CONNECTION_IDLE);
    close(ends[1]);
    connection_serve(connection, &workspace, false);
    assert_int_equal(connection->need, CONNECTION_IS_OVER);
    assert_int_equal(close_count, 1);
    connection_destroy(connection);
    workspace_deinit(&workspace);
}

/* The end of one packet comes with the beginning of the next: that one's deadline is its own. */
static void the_next_packet_has_its_own(void **state)
{
    static const char next[] = "\0\0\0\10Hclient\0\0\0\0";
    (void)state;
    int ends[2];
    char answer[64];
    struct workspace workspace;
    helo_count = close_count = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(workspace_init(&workspace));
    struct connection *connection = connection_create(ends[0], &description);
    assert_non_null(connection);
    connection->context.state = STATE_CONNECT;
    assert_int_equal(write(ends[1], next, 4), 4);
    connection_serve(connection, &workspace, false);
    assert_true(connection->is_new_part);
    assert_int_equal(write(ends[1], next + 4, sizeof next - 1 - 4), sizeof next - 1 - 4);
    connection_serve(connection, &workspace, false);
    assert_int_equal(helo_count, 1);
    assert_int_equal(connection->need, CONNECTION_IN_PART);
    assert_true(connection->is_new_part);
    /* Its answer is the caller's to send. */
    assert_int_equal(recv(ends[1], answer, sizeof answer, MSG_DONTWAIT), -1);
    connection_answer(connection, &workspace, strbuf_slice(&workspace.answers));
    assert_int_equal(connection->need, CONNECTION_IN_PART);
    assert_int_equal(recv(ends[1], answer, sizeof answer, MSG_DONTWAIT), 5);
    assert_memory_equal(answer, "\0\0\0\1c", 5);
    connection_end(connection, &workspace);
    assert_int_equal(close_count, 1);
    close(ends[1]);
    connection_destroy(connection);
    workspace_deinit(&workspace);
}

/* Who does not read waits for nothing but that; what it was not given comes once it reads. */
static void what_is_not_read_is_kept(void **state)
{
    (void)state;
    int ends[2];
    static char bytes[1024 * 1024];
    struct workspace workspace;
    size_t received = 0;
    close_count = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(workspace_init(&workspace));
    struct connection *connection = connection_create(ends[0], &description);
    assert_non_null(connection);
    connection_answer(connection, &workspace, slice_make(bytes, sizeof bytes));
    assert_int_equal(connection->need, CONNECTION_IS_FULL);
    while (received < sizeof bytes) {
        const ssize_t count = recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT);
        if (count < 0)
            connection_serve(connection, &workspace, false);
        else
            received += (size_t)count;
    }
    assert_int_equal(received, sizeof bytes);
    assert_int_equal(connection->need, CONNECTION_IDLE);
    /* To one that has hung up. */
    close(ends[1]);
    connection_answer(connection, &workspace, slice_make(bytes, 1));
    assert_int_equal(connection->need, CONNECTION_IS_OVER);
    assert_int_equal(close_count, 1);
    connection_destroy(connection);
    workspace_deinit(&workspace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_has_one_deadline),
        cmocka_unit_test(the_next_packet_has_its_own),
        cmocka_unit_test(what_is_not_read_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
