/* Header fields that findings ask for: which are added, and that no byte of them can hurt the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <talloc.h>

#include "session/session_state.h"

static struct message *message_with(const struct finding *findings, size_t count)
{
    struct message *message = talloc_zero(NULL, struct message);
    assert_non_null(message);
    snprintf(message->facts.id.text, sizeof message->facts.id.text, "0123456789ab");
    finding_list_init(&message->judgement.findings, message);
    for (size_t i = 0; i < count; i++)
        finding_add(&message->judgement.findings, &findings[i]);
    return message;
}

static void assert_value(const struct header_field *field, const char *expected)
{
    assert_int_equal(field->value.length, strlen(expected));
    assert_memory_equal(field->value.data, expected, strlen(expected));
}

static void only_enforced_tags_are_added(void **state)
{
    static const struct finding findings[] = {
        {.check = "dnsbl", .mode = MODE_ENFORCE, .tag = "bl.test: 127.0.0.4"},
        {.check = "dnsbl", .mode = MODE_MONITOR, .tag = "second.test: 127.0.0.4"},
        {.check = "size", .mode = MODE_ENFORCE},
    };
    struct message *message = message_with(findings, 3);
    struct outcome_edits edits = {0};
    (void)state;
    message_list_tags(message, &edits);
    assert_int_equal(edits.added_count, 1);
    assert_string_equal(edits.added[0].name, "X-Closedrelay-DNSBL");
    assert_value(&edits.added[0], "bl.test: 127.0.0.4 (id 0123456789ab)");
    talloc_free(message);
}

static void without_tags_nothing_is_added(void **state)
{
    struct message *message = message_with(NULL, 0);
    struct outcome_edits edits = {0};
    (void)state;
    message_list_tags(message, &edits);
    assert_int_equal(edits.added_count, 0);
    assert_null(edits.added);
    talloc_free(message);
}

static void a_value_is_one_line_of_ascii(void **state)
{
    static const struct finding finding = {
        .check = "dnsbl", .mode = MODE_ENFORCE, .tag = "a\r\nBcc: x@example.org\t\x7f\xc3\xa9 %s"};
    struct message *message = message_with(&finding, 1);
    struct outcome_edits edits = {0};
    (void)state;
    message_list_tags(message, &edits);
    assert_value(&edits.added[0], "a??Bcc: x@example.org???? %s (id 0123456789ab)");
    talloc_free(message);
}

static void length_and_number_are_bounded(void **state)
{
    char tag[2000];
    struct finding findings[40];
    (void)state;
    memset(tag, 'x', sizeof tag - 1);
    tag[sizeof tag - 1] = '\0';
    for (size_t i = 0; i < 40; i++)
        findings[i] = (struct finding){.check = "dnsbl", .mode = MODE_ENFORCE, .tag = tag};
    struct message *message = message_with(findings, 40);
    struct outcome_edits edits = {0};
    message_list_tags(message, &edits);
    assert_int_equal(edits.added_count, 16);
    for (size_t i = 0; i < edits.added_count; i++)
        assert_in_range(edits.added[i].value.length, 400, 450);
    talloc_free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_enforced_tags_are_added),
        cmocka_unit_test(without_tags_nothing_is_added),
        cmocka_unit_test(a_value_is_one_line_of_ascii),
        cmocka_unit_test(length_and_number_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
