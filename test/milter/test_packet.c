/* Packets and macros out of what a peer sent, in buffers that end where the input does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/macro_store.h"
#include "engine/packet.h"

#include <stdlib.h>

/* A copy that ends where its memory does, so that reading beyond is found. */
static struct slice exact(const char *bytes, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return slice_make(copy, length);
}

static void release(struct slice copy)
{
    free((char *)(uintptr_t)copy.data);
}

#define EXACT(text) exact(text, sizeof(text) - 1)

static void packets_cut_anywhere(void **state)
{
    static const char bytes[] = "\0\0\0\x05Hmx\0\0\0\0\0\x01N";
    (void)state;
    for (size_t length = 0; length < sizeof bytes; length++) {
        struct slice copy = exact(bytes, length), input = copy;
        struct packet packet;
        unsigned count = 0;
        enum packet_result result;
        while ((result = packet_take(&input, &packet)) == PACKET_WHOLE)
            assert_int_equal(packet.command, count++ == 0 ? 'H' : 'N');
        assert_int_equal(result, PACKET_PART);
        assert_int_equal(count, length < 9 ? 0 : length < 14 ? 1 : 2);
        assert_int_equal(packet_size(input) > input.length, 1);
        release(copy);
    }
}

static void packets_of_wrong_length(void **state)
{
    static const char heads[][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}, {'G', 'E', 'T', ' '}, {-1, -1, -1, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct slice copy = exact(heads[i], 4), input = copy;
        struct packet packet;
        assert_int_equal(packet_take(&input, &packet), PACKET_WRONG);
        release(copy);
    }
    struct slice largest = EXACT("\0\1\0\0B");
    struct packet packet;
    assert_int_equal(packet_take(&largest, &packet), PACKET_PART);
    assert_int_equal(packet_size(largest), PACKET_BYTES_MAX);
    release(largest);
}

static void arguments_without_their_end(void **state)
{
    (void)state;
    struct slice copy = EXACT("<ann@x>\0SIZE=1\0BODY");
    char *arguments[4];
    assert_int_equal(packet_string_count(copy), 2);
    packet_arguments(copy, arguments);
    assert_string_equal(arguments[0], "<ann@x>");
    assert_string_equal(arguments[1], "SIZE=1");
    assert_null(arguments[2]);
    release(copy);
}

static void pairs_that_are_whole(void **state)
{
    static const struct {
        const char *bytes;
        size_t length, whole, count;
    } cases[] = {
        {"", 0, 0, 0},       {"a", 1, 0, 0},         {"a\0", 2, 0, 0},    {"a\0b", 3, 0, 0},
        {"a\0b\0", 4, 4, 1}, {"a\0b\0c\0", 6, 4, 1}, {"\0\0\0", 3, 2, 1}, {"\0\0\0\0", 4, 4, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice copy = exact(cases[i].bytes, cases[i].length);
        size_t count;
        assert_int_equal(packet_pairs(copy, &count), cases[i].whole);
        assert_int_equal(count, cases[i].count);
        release(copy);
    }
}

static void put(struct macro_store *store, enum macro_stage stage, const char *bytes, size_t length)
{
    struct slice copy = exact(bytes, length);
    assert_true(macro_store_put(store, stage, copy));
    release(copy);
}

#define PUT(store, stage, text) put(store, stage, text, sizeof(text))

static void macros_of_the_latest_stage(void **state)
{
    struct macro_store store = {0};
    (void)state;
    PUT(&store, MACRO_CONNECT, "j\0mx\0v\0Postfix");
    PUT(&store, MACRO_MAIL, "{auth_type}\0PLAIN\0{i}\0first");
    PUT(&store, MACRO_END, "i\0second\0half");
    assert_string_equal(macro_store_find(&store, "v"), "Postfix");
    assert_string_equal(macro_store_find(&store, "{v}"), "Postfix");
    assert_string_equal(macro_store_find(&store, "i"), "second");
    assert_null(macro_store_find(&store, "half"));
    assert_null(macro_store_find(&store, "auth_type"));
    assert_string_equal(macro_store_find(&store, "{auth_type}"), "PLAIN");
    macro_store_clear(&store);
    assert_null(macro_store_find(&store, "v"));
}

/* A value goes with what it was sent for: libmilter would keep it until another replaces it. */
static void macros_do_not_outlive_what_they_belong_to(void **state)
{
    struct macro_store store = {0};
    (void)state;
    PUT(&store, MACRO_MAIL, "{auth_authen}\0ann");
    macro_store_begin(&store, MACRO_MAIL);
    PUT(&store, MACRO_RECIPIENT, "i\0ABC");
    macro_store_begin(&store, MACRO_RECIPIENT);
    assert_string_equal(macro_store_find(&store, "{auth_authen}"), "ann");
    assert_string_equal(macro_store_find(&store, "i"), "ABC");
    macro_store_begin(&store, MACRO_RECIPIENT); /* the next recipient, without macros */
    assert_null(macro_store_find(&store, "i"));
    PUT(&store, MACRO_END, "i\0ABC");
    macro_store_begin(&store, MACRO_END);
    macro_store_begin(&store, MACRO_MAIL); /* the next message, without a login */
    assert_null(macro_store_find(&store, "{auth_authen}"));
    assert_null(macro_store_find(&store, "i"));
    PUT(&store, MACRO_MAIL, "{auth_authen}\0eve");
    PUT(&store, MACRO_MAIL, "");
    macro_store_begin(&store, MACRO_MAIL); /* told that there are none */
    assert_null(macro_store_find(&store, "{auth_authen}"));
    macro_store_clear(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_cut_anywhere),
        cmocka_unit_test(packets_of_wrong_length),
        cmocka_unit_test(arguments_without_their_end),
        cmocka_unit_test(pairs_that_are_whole),
        cmocka_unit_test(macros_of_the_latest_stage),
        cmocka_unit_test(macros_do_not_outlive_what_they_belong_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
