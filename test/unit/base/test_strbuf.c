#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void appends_what_it_is_given(void **state)
{
    (void)state;
    struct strbuf buffer;
    strbuf_init(&buffer, 0);
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_append_text(&buffer, "30 MB");
    strbuf_append_byte(&buffer, ' ');
    strbuf_append_u64(&buffer, UINT64_MAX);
    strbuf_printf(&buffer, " %s", "%n");
    assert_string_equal(strbuf_text(&buffer), "30 MB 18446744073709551615 %n");
    assert_false(buffer.failed);
    strbuf_deinit(&buffer);
}

static void stays_failed_over_its_ceiling(void **state)
{
    (void)state;
    struct strbuf buffer;
    strbuf_init(&buffer, 4);
    strbuf_append_text(&buffer, "four");
    assert_false(buffer.failed);
    strbuf_append_byte(&buffer, '5');
    assert_true(buffer.failed);
    strbuf_truncate(&buffer, 0);
    strbuf_append_byte(&buffer, '6');
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_reset(&buffer);
    strbuf_append_byte(&buffer, '7');
    assert_string_equal(strbuf_text(&buffer), "7");
    strbuf_deinit(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_what_it_is_given),
        cmocka_unit_test(stays_failed_over_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
