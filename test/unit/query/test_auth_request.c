/* What Dovecot tells of a login, read from its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "query/auth_request.h"

#include <string.h>

static const char *read_text(const char *json, struct auth_request *request)
{
    return auth_request_read(slice_of(json), request);
}

static void dovecots_own_words_are_read(void **state)
{
    (void)state;
    struct auth_request request;
    assert_null(read_text(
        "{\"login\":\"ann@example.com\",\"pwhash\":\"05\",\"remote\":\"192.0.2.7\",\"device_id\":\"\","
        "\"protocol\":\"imap\",\"session_id\":\"x/y\",\"fail_type\":null,\"attrs\":{\"login\":\"eve\"},"
        "\"success\":true,\"policy_reject\":false,\"tls\":true}",
        &request));
    assert_string_equal(request.login, "ann@example.com");
    assert_string_equal(request.remote, "192.0.2.7");
    assert_string_equal(request.protocol, "imap");
    assert_true(request.is_success);
    assert_false(request.is_policy_reject);
}

static void what_is_not_said_is_no(void **state)
{
    (void)state;
    struct auth_request request;
    assert_null(
        read_text(" {\"login\":\"\\u0061nn\", \"success\":\"true\", \"policy_reject\":true} ", &request));
    assert_string_equal(request.login, "ann");
    assert_string_equal(request.remote, "");
    assert_false(request.is_success);
    assert_true(request.is_policy_reject);
}

static void what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "ann@example.com",
        "[]",
        "{}",
        "{\"login\":\"ann\"",
        "{\"login\":\"ann\"} {}",
        "{\"login\":\"\"}",
        "{\"login\":7}",
        "{\"login\":\"ann\\u0000@example.com\"}",
        "{\"login\":\"ann\",\"remote\":\"11111111111111111111111111111111111111111111111111111111111111111\"}",
    };
    struct auth_request request;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (read_text(wrong[i], &request) == NULL)
            fail_msg("'%s' is taken", wrong[i]);
}

static void a_login_that_is_too_long_is_no_other_login(void **state)
{
    (void)state;
    struct auth_request request;
    struct strbuf json;
    strbuf_init(&json, 0);
    strbuf_append_text(&json, "{\"login\":\"");
    for (int i = 0; i <= AUTH_LOGIN_BYTES_MAX; i++)
        strbuf_append_byte(&json, 'a');
    strbuf_append_text(&json, "\"}");
    assert_non_null(read_text(strbuf_text(&json), &request));
    assert_string_equal(request.login, "");
    strbuf_deinit(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dovecots_own_words_are_read),
        cmocka_unit_test(what_is_not_said_is_no),
        cmocka_unit_test(what_cannot_be_meant_is_refused),
        cmocka_unit_test(a_login_that_is_too_long_is_no_other_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
