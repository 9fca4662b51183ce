#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <talloc.h>

#include "config/settings_answer.h"
#include "config_test_schema.h"

static struct config_document *read_good(void *owner, const char *text)
{
    struct config_problems *problems = config_problems_create(owner);
    struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_of(text), problems);
    assert_non_null(document);
    return document;
}

/* NULL as the subject: for everybody. */
static void assert_answered(const char *yaml, const struct config_subject *subject,
                            const char *const *expected)
{
    void *owner = talloc_new(NULL);
    struct answer *answer = answer_create();
    struct strbuf json;
    strbuf_init(&json, 0);
    const struct config_document *document = read_good(owner, yaml);
    if (subject == NULL)
        config_document_answer(document, answer);
    else
        config_document_answer_subject(document, subject, answer);
    answer_write_json(answer, &json);
    for (; *expected != NULL; expected++)
        if (strstr(strbuf_text(&json), *expected) == NULL)
            fail_msg("no %s in\n%s", *expected, strbuf_text(&json));
    strbuf_deinit(&json);
    answer_destroy(answer);
    talloc_free(owner);
}

static void values_are_of_their_kind_and_have_their_origin(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "\"listen\":{\"value\":\"inet:10891@127.0.0.1\",\"origin\":\"default\"",
        "\"socket_mode\":{\"value\":\"0660\"",
        "\"password\":{\"value\":null",
        "\"limit\":{\"value\":200,\"origin\":\"c:1:22\",\"file\":\"c\",\"line\":1,\"column\":22}",
        "\"timeout\":{\"value\":\"2s\",\"ms\":2000,\"origin\":\"default\"}",
        "\"slow\":{\"pause\":{\"value\":\"0s\",\"ms\":0,\"origin\":\"default\"},\"tell\":{\"value\":true,",
        "\"roles\":{\"submission\":{\"excess\":{\"value\":\"drop\",\"origin\":\"c:1:58\"",
        NULL,
    };
    assert_answered("recipients: { limit: 200, roles: { submission: { excess: drop } } }\n", NULL, expected);
}

static void a_secret_is_not_told(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct answer *answer = answer_create();
    struct strbuf json;
    strbuf_init(&json, 0);
    config_document_answer(read_good(owner, "password: hunter2\n"), answer);
    answer_write_json(answer, &json);
    assert_non_null(strstr(strbuf_text(&json), "\"password\":{\"value\":\""));
    assert_null(strstr(strbuf_text(&json), "hunter2"));
    strbuf_deinit(&json);
    answer_destroy(answer);
    talloc_free(owner);
}

static const char overridden[] = "recipients: { limit: 200 }\n"
                                 "overrides:\n"
                                 "- { when: { user: ann }, recipients: { limit: 300 } }\n"
                                 "- { when: { customer: acme }, recipients: { soft_limit: 20 } }\n";

static void overrides_are_listed(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "\"when\":{\"user\":{\"value\":[\"ann\"],"
        "\"origin\":\"c:3:",
        "\"recipients\":{\"limit\":{\"value\":300,\"origin\":\"c:3:47\"",
        "\"customer\":{\"value\":[\"acme\"]",
        NULL,
    };
    assert_answered(overridden, NULL, expected);
}

static void one_subject_has_its_matches_and_what_applies(void **state)
{
    (void)state;
    const struct config_subject ann = {ROLE_SUBMISSION, "ann", "", "other", NULL, ""};
    static const char *const expected[] = {
        "{\"matches\":[{\"file\":\"c\",\"line\":3,\"column\":3,\"keys\":[\"recipients.limit\"]}],\"settings\":{",
        "\"limit\":{\"value\":300,\"origin\":\"c:3:47\"",
        "\"soft_limit\":{\"value\":",
        NULL,
    };
    assert_answered(overridden, &ann, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_of_their_kind_and_have_their_origin),
        cmocka_unit_test(a_secret_is_not_told),
        cmocka_unit_test(overrides_are_listed),
        cmocka_unit_test(one_subject_has_its_matches_and_what_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
