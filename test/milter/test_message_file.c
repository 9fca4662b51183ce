/* A file told as an MTA tells it: headers, folding, line ends, and everything a file may have wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/message_file.h"

#include <stdlib.h>

static struct {
    struct strbuf told; /* "name=value|" of each field, "||" at the end of headers, then the body */
    size_t longest_value;
    size_t chunks;
    size_t longest_chunk;
    size_t body_wanted; /* bytes after which no more is wanted; 0: all */
    size_t body_bytes;
} heard;

void policy_session_header(struct policy_session *session, const char *name, const char *value)
{
    (void)session;
    strbuf_printf(&heard.told, "%s=%s|", name, value);
    if (strlen(value) > heard.longest_value)
        heard.longest_value = strlen(value);
}

void policy_session_end_of_headers(struct policy_session *session)
{
    (void)session;
    strbuf_append_text(&heard.told, "||");
}

bool policy_session_body(struct policy_session *session, const void *bytes, size_t length)
{
    (void)session;
    strbuf_append(&heard.told, bytes, length);
    heard.chunks++;
    heard.body_bytes += length;
    if (length > heard.longest_chunk)
        heard.longest_chunk = length;
    return heard.body_wanted == 0 || heard.body_bytes < heard.body_wanted;
}

static void feed(const char *bytes, size_t length)
{
    FILE *in = length == 0 ? fopen("/dev/null", "r") : fmemopen((void *)bytes, length, "r");
    assert_non_null(in);
    strbuf_reset(&heard.told);
    heard.longest_value = heard.chunks = heard.longest_chunk = heard.body_bytes = 0;
    assert_true(message_file_feed(in, NULL));
    fclose(in);
}

static void files_table(void **state)
{
    (void)state;
    static const struct {
        const char *file, *told;
    } cases[] = {
        {"A: b\n\ntext\n", "A=b|||text\r\n"},
        {"A: b\r\n\r\ntext\r\n", "A=b|||text\r\n"},
        {"A: b\n\ntext", "A=b|||text\r\n"},
        {"A: b\r\n\r\nx\ny\r\n", "A=b|||x\r\ny\r\n"},
        {"", "||"},
        {"\n", "||"},
        {"A: b", "A=b|||"},
        {"A: b\n", "A=b|||"},
        {"A: b\n\n", "A=b|||"},
        {"A:   three\nB:none\nC:\n\n", "A=  three|B=none|C=|||"},
        {"A: one\n two\n\tthree\nB: x\n\n", "A=one\n two\n\tthree|B=x|||"},
        {"A: one\r\n two\r\n\r\n", "A=one\n two|||"},
        {"A : b\n\n", "A=b|||"},
        {"From ann Mon Jan 1\nA: b\n\nx\n", "A=b|||x\r\n"},
        {"A: b\nno field\nC: d\n\nx\n", "A=b|||no field\r\nC: d\r\n\r\nx\r\n"},
        {" folded at once\nA: b\n\n", "|| folded at once\r\nA: b\r\n\r\n"},
        {"A: b\n\n\n\n", "A=b|||\r\n\r\n"},
        {"A: b\n\nx\ry\n", "A=b|||x\ry\r\n"},
        {": empty name\n\n", "||: empty name\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        feed(cases[i].file, strlen(cases[i].file));
        assert_string_equal(strbuf_text(&heard.told), cases[i].told);
    }
}

static void nul_cuts_a_value_and_not_the_body(void **state)
{
    (void)state;
    static const char file[] = "A: be\0fore\n\nx\0y\n";
    feed(file, sizeof file - 1);
    static const char told[] = "A=be|||x\0y\r\n";
    assert_int_equal(heard.told.length, sizeof told - 1);
    assert_memory_equal(heard.told.data, told, sizeof told - 1);
}

static char *repeated(const char *before, char c, size_t count, const char *after, size_t *length)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    strbuf_append_text(&text, before);
    for (size_t i = 0; i < count; i++)
        strbuf_append_byte(&text, c);
    strbuf_append_text(&text, after);
    *length = text.length;
    return text.data;
}

static void long_header_is_cut_as_postfix_cuts_it(void **state)
{
    (void)state;
    size_t length;
    char *file = repeated("A: ", 'x', 200000, "\nB: c\n\nbody\n", &length);
    feed(file, length);
    assert_int_equal(heard.longest_value, MESSAGE_HEADER_BYTES_MAX - 3);
    assert_non_null(strstr(strbuf_text(&heard.told), "|B=c|||body\r\n"));
    free(file);
}

static void long_line_that_is_no_header_is_all_body(void **state)
{
    (void)state;
    size_t length;
    char *file = repeated("", 'x', 200000, "\nB: c\n", &length);
    feed(file, length);
    assert_int_equal(heard.body_bytes, 200000 + 2 + 6);
    assert_int_equal(heard.told.length, 2 + 200000 + 2 + 6);
    free(file);
}

static void body_comes_in_the_chunks_of_the_protocol(void **state)
{
    (void)state;
    size_t length;
    char *file = repeated("A: b\n\n", '\n', 200000, "", &length);
    feed(file, length);
    assert_int_equal(heard.body_bytes, 400000);
    assert_int_equal(heard.longest_chunk, MESSAGE_CHUNK_BYTES);
    heard.body_wanted = 70000;
    feed(file, length);
    assert_int_equal(heard.body_bytes, 2 * MESSAGE_CHUNK_BYTES);
    heard.body_wanted = 0;
    free(file);
}

int main(void)
{
    strbuf_init(&heard.told, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_table),
        cmocka_unit_test(nul_cuts_a_value_and_not_the_body),
        cmocka_unit_test(long_header_is_cut_as_postfix_cuts_it),
        cmocka_unit_test(long_line_that_is_no_header_is_all_body),
        cmocka_unit_test(body_comes_in_the_chunks_of_the_protocol),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_deinit(&heard.told);
    return failed;
}
