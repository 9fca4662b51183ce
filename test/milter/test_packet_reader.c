/* Whole packets, half packets, and packets libmilter would read past the end of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libmilter/packet_reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

char *mi_rd_cmd(int socket, struct timeval *timeout, char *command, size_t *length, char *name);

static void pairs_table(void **state)
{
    (void)state;
    static const struct {
        const char *packet;
        size_t length, whole;
    } cases[] = {
        {"", 0, 0},
        {"M", 1, 1},
        {"Mi\0"
         "4A",
         6, 6},
        {"Mi", 3, 1},
        {"Mi\0"
         "4A",
         5, 1},
        {"Mi\0"
         "4A\0j",
         8, 6},
        {"Mi\0"
         "4A\0j\0mx",
         11, 11},
        {"M\0", 3, 3},
        {"M\0\0", 4, 3},
        {"Mi\0"
         "4A\0j",
         7, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *packet = malloc(cases[i].length + (cases[i].length == 0)); /* no byte more than it has */
        assert_non_null(packet);
        memcpy(packet, cases[i].packet, cases[i].length);
        assert_int_equal(packet_whole_pairs(packet, cases[i].length), cases[i].whole);
        free(packet);
    }
}

/* What is read of `bytes` when the peer then closes. */
static char *read_one(const char *bytes, size_t count, char *command, size_t *length)
{
    int ends[2];
    struct timeval timeout = {.tv_sec = 1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[0], bytes, count), (ssize_t)count);
    close(ends[0]);
    char *packet = mi_rd_cmd(ends[1], &timeout, command, length, NULL);
    close(ends[1]);
    return packet;
}

static void packets_table(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        char command; /* '\0': the session is to end */
        const char *data;
        size_t length;
    } cases[] = {
        {"\0\0\0\4Babc", 8, 'B', "abc", 3},
        {"\0\0\0\1E", 5, 'E', NULL, 0},
        {"", 0, '\0', NULL, 0},
        {"\0\0\0", 3, '\0', NULL, 0},
        {"\0\0\0\4Bab", 7, '\0', NULL, 0},
        {"\0\0\0\0B", 5, '\0', NULL, 0},
        {"\0\1\0\1B", 5, '\0', NULL, 0},
        {"\377\377\377\377B", 5, '\0', NULL, 0},
        {"\177\377\377\377B", 5, '\0', NULL, 0},
        {"\0\0\0\5DMi\0"
         "4",
         9, 'D', "M", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command = 'x';
        size_t length = 99;
        char *packet = read_one(cases[i].bytes, cases[i].count, &command, &length);
        assert_int_equal(command, cases[i].command);
        assert_int_equal(length, cases[i].length);
        assert_int_equal(packet != NULL, cases[i].data != NULL);
        if (packet != NULL)
            assert_memory_equal(packet, cases[i].data, length);
        free(packet);
    }
}

int main(void)
{
    if (!packet_reader_start())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_table),
        cmocka_unit_test(packets_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
