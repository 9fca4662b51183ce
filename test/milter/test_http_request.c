#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_request.h"

#include <string.h>

static struct policy_http_token tokens[] = {
    {POLICY_VIEWER_ADMIN, "admin-admin-admin-1"},
    {POLICY_VIEWER_HELP_DESK, "help-help-help-1"},
    {POLICY_VIEWER_METRICS, "metr-metr-metr-1"},
};

static const char *hosts[] = {"Mail.example.com"};

static const struct policy_http_settings open_to_all = {.tokens_path = "", .hosts = {hosts, 1}},
                                         with_tokens = {
                                             .tokens_path = "/tokens", .tokens = tokens, .token_count = 3};

static enum http_access check_host(const char *host)
{
    enum policy_viewer viewer;
    const struct http_head head = {.method = "GET", .host = host};
    return http_check_access(&open_to_all, &head, &viewer);
}

static void addresses_localhost_and_named_hosts_are_known(void **state)
{
    (void)state;
    static const char *const known[] = {"127.0.0.1",       "127.0.0.1:10892",  "192.0.2.7",
                                        "[::1]",           "[2001:db8::1]:80", "localhost",
                                        "LocalHost:10892", "mail.example.com", "mail.example.com:443"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(check_host(known[i]), HTTP_GRANTED);
    assert_int_equal(check_host(NULL), HTTP_GRANTED);
}

static void any_other_name_may_be_rebound(void **state)
{
    (void)state;
    char longest[400];
    static const char *const unknown[] = {
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        ":80",
        "[::1",
        "[::1]x",
        "localhost:80:80",
        "localhost:",
        "localhost:8o",
        "[",
        "[]",
        "mail.example.com.",
        "127.0.0.1@evil",
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (strcmp(unknown[i], "localhost:") != 0) /* an empty port is none (RFC 3986, 3.2.3) */
            assert_int_equal(check_host(unknown[i]), HTTP_BAD_HOST);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(check_host(longest), HTTP_BAD_HOST);
}

static void nothing_can_be_changed(void **state)
{
    (void)state;
    enum policy_viewer viewer;
    static const char *const methods[] = {"POST", "PUT", "DELETE", "get", "", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_int_equal(http_check_access(&open_to_all, &(struct http_head){.method = methods[i]}, &viewer),
                         HTTP_BAD_METHOD);
    assert_int_equal(http_check_access(&open_to_all, &(struct http_head){.method = "HEAD"}, &viewer),
                     HTTP_GRANTED);
    assert_int_equal(viewer, POLICY_VIEWER_ADMIN);
}

static enum http_access check_fetch(const char *site, const char *mode)
{
    enum policy_viewer viewer;
    const struct http_head head = {.method = "GET", .fetch_site = site, .fetch_mode = mode};
    return http_check_access(&open_to_all, &head, &viewer);
}

static void other_sites_may_lead_here_but_not_ask(void **state)
{
    (void)state;
    assert_int_equal(check_fetch("same-origin", "cors"), HTTP_GRANTED);
    assert_int_equal(check_fetch("none", "navigate"), HTTP_GRANTED);
    assert_int_equal(check_fetch("cross-site", "navigate"), HTTP_GRANTED);
    assert_int_equal(check_fetch("cross-site", "no-cors"), HTTP_CROSS_SITE);
    assert_int_equal(check_fetch("same-site", "cors"), HTTP_CROSS_SITE);
    assert_int_equal(check_fetch("cross-site", NULL), HTTP_CROSS_SITE);
}

/* -1: unauthorized */
static int viewer_of(const char *authorization)
{
    enum policy_viewer viewer;
    const struct http_head head = {.method = "GET", .authorization = authorization};
    return http_check_access(&with_tokens, &head, &viewer) == HTTP_GRANTED ? (int)viewer : -1;
}

static void tokens_tell_who_asks(void **state)
{
    (void)state;
    assert_int_equal(viewer_of("Bearer admin-admin-admin-1"), POLICY_VIEWER_ADMIN);
    assert_int_equal(viewer_of("bearer  metr-metr-metr-1"), POLICY_VIEWER_METRICS);
    assert_int_equal(viewer_of("Basic YW55Ym9keTpoZWxwLWhlbHAtaGVscC0x"),
                     POLICY_VIEWER_HELP_DESK); /* anybody:… */
    static const char *const wrong[] = {
        NULL,
        "",
        "Bearer",
        "Bearer ",
        "Bearer admin-admin-admin-",
        "Bearer admin-admin-admin-11",
        "Bearer admin-admin-admin-1 ",
        "Basic",
        "Basic !!!!",
        "Basic aGVscC1oZWxwLWhlbHAtMQ==", /* without a name */
        "Basic YQ==YQ==",
        "Digest admin-admin-admin-1",
        "admin-admin-admin-1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (viewer_of(wrong[i]) != -1)
            fail_msg("'%s' is let in", wrong[i]);
}

static void without_a_token_in_the_file_nobody_is_in(void **state)
{
    (void)state;
    enum policy_viewer viewer;
    const struct policy_http_settings empty = {.tokens_path = "/tokens"};
    const struct http_head head = {.method = "GET", .authorization = "Bearer "};
    assert_int_equal(http_check_access(&empty, &head, &viewer), HTTP_UNAUTHORIZED);
}

static enum http_access check_post(bool is_on, const char *content_type, const char *key)
{
    enum policy_viewer viewer;
    struct policy_http_settings settings = with_tokens;
    settings.auth_policy = is_on;
    const struct http_head head = {.method = "POST", .content_type = content_type, .api_key = key};
    return http_check_access(&settings, &head, &viewer);
}

static void logins_are_told_as_json_and_with_a_token(void **state)
{
    (void)state;
    assert_int_equal(check_post(true, "application/json", "admin-admin-admin-1"), HTTP_GRANTED);
    assert_int_equal(check_post(true, "Application/JSON; charset=utf-8", "admin-admin-admin-1"),
                     HTTP_GRANTED);
    assert_int_equal(check_post(false, "application/json", "admin-admin-admin-1"), HTTP_BAD_METHOD);
    assert_int_equal(check_post(true, "application/json", "admin-admin-admin-2"), HTTP_UNAUTHORIZED);
    assert_int_equal(check_post(true, "application/json", NULL), HTTP_UNAUTHORIZED);
    assert_int_equal(check_post(true, "application/jsonp", "admin-admin-admin-1"), HTTP_BAD_TYPE);
    assert_int_equal(check_post(true, "text/plain", "admin-admin-admin-1"), HTTP_BAD_TYPE);
    assert_int_equal(check_post(true, NULL, "admin-admin-admin-1"), HTTP_BAD_TYPE);
}

static void who_tells_of_logins_sees_nothing(void **state)
{
    (void)state;
    assert_true(http_viewer_may(POLICY_VIEWER_LOGINS, POLICY_VIEWER_LOGINS));
    assert_false(http_viewer_may(POLICY_VIEWER_LOGINS, POLICY_VIEWER_METRICS));
    assert_true(http_viewer_may(POLICY_VIEWER_HELP_DESK, POLICY_VIEWER_METRICS));
    assert_false(http_viewer_may(POLICY_VIEWER_HELP_DESK, POLICY_VIEWER_LOGINS));
    assert_false(http_viewer_may(POLICY_VIEWER_METRICS, POLICY_VIEWER_LOGINS));
    assert_true(http_viewer_may(POLICY_VIEWER_ADMIN, POLICY_VIEWER_LOGINS));
}

static void arguments_are_bounded(void **state)
{
    (void)state;
    char longest[HTTP_ARGUMENT_BYTES_MAX + 2];
    struct http_request request = {0};
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(http_request_set_path(&request, longest));
    assert_true(http_request_set_path(&request, "/search"));
    assert_false(http_request_add_argument(&request, "q", longest));
    assert_true(http_request_add_argument(&request, "q", "first"));
    assert_true(http_request_add_argument(&request, "q", "second"));
    assert_true(http_request_add_argument(&request, "part", NULL));
    assert_string_equal(http_request_argument(&request, "q"), "first");
    assert_null(http_request_argument(&request, "part"));
    assert_null(http_request_argument(&request, "other"));
    while (request.argument_count < HTTP_ARGUMENTS_MAX)
        assert_true(http_request_add_argument(&request, "x", "y"));
    assert_false(http_request_add_argument(&request, "x", "y"));
    http_request_deinit(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_localhost_and_named_hosts_are_known),
        cmocka_unit_test(any_other_name_may_be_rebound),
        cmocka_unit_test(nothing_can_be_changed),
        cmocka_unit_test(other_sites_may_lead_here_but_not_ask),
        cmocka_unit_test(tokens_tell_who_asks),
        cmocka_unit_test(without_a_token_in_the_file_nobody_is_in),
        cmocka_unit_test(logins_are_told_as_json_and_with_a_token),
        cmocka_unit_test(who_tells_of_logins_sees_nothing),
        cmocka_unit_test(arguments_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
