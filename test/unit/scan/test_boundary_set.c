/* What a line is behind some of its dashes, beside the plain way to find out: trying every place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/mime/boundary_set.h"

#include <talloc.h>

static bool matches_at_some_place(const struct boundary_set *set, struct slice line)
{
    for (size_t at = 1; at + 2 < line.length && line.data[at + 1] == '-'; at++)
        if (boundary_set_match(set, slice_part(line, at, line.length)).kind != BOUNDARY_NONE)
            return true;
    return false;
}

/* A text of up to 12 characters out of "-" (mostly first), "a" and "B", by the digits of `number`. */
static struct slice make_text(char *buffer, uint32_t number)
{
    size_t length = 1 + number % 12, dashes = number / 12 % 12;
    number /= 144;
    for (size_t i = 0; i < length; i++, number /= 3)
        buffer[i] = i < dashes ? '-' : "a-B"[number % 3];
    return slice_make(buffer, length);
}

static void finds_what_trying_every_place_finds(void **state)
{
    (void)state;
    uint32_t random = 1, found = 0;
    for (unsigned round = 0; round < 20000; round++) {
        char text[12], line[2 + 2 * 12] = "--";
        struct boundary_set set;
        void *owner = talloc_new(NULL);
        boundary_set_init(&set, owner);
        for (unsigned i = 0; i < 3; i++) {
            random = random * 1664525 + 1013904223;
            assert_int_equal(boundary_set_add(&set, make_text(text, random >> 8), 0, true), BOUNDARY_ADDED);
        }
        random = random * 1664525 + 1013904223;
        size_t dashes = random >> 29;
        memset(line + 2, '-', dashes);
        struct slice rest = make_text(line + 2 + dashes, random >> 8);
        struct slice whole = slice_make(line, 2 + dashes + rest.length);
        bool expected = matches_at_some_place(&set, whole);
        assert_int_equal(boundary_set_matches_behind_dashes(&set, whole), expected);
        found += expected;
        boundary_set_deinit(&set);
        talloc_free(owner);
    }
    assert_in_range(found, 1000, 19000); /* both answers were tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_trying_every_place_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
