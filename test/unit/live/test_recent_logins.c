#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "live/recent_logins.h"

static int64_t now_us;

static int64_t test_wall_us(void *context)
{
    (void)context;
    return now_us;
}

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return (uint64_t)now_us;
}

static const struct clock test_clock = {test_monotonic_us, test_wall_us, NULL};

static int set_up(void **state)
{
    now_us = INT64_C(1800000000) * 1000000;
    *state = recent_logins_create(&test_clock);
    assert_non_null(*state);
    return 0;
}

static int tear_down(void **state)
{
    recent_logins_destroy(*state);
    return 0;
}

static struct ip_address address_of(const char *text)
{
    struct ip_address address;
    assert_true(ip_address_parse(slice_of(text), &address));
    return address;
}

static void grant(struct recent_logins *logins, const char *client, const char *user, int64_t seconds)
{
    const struct recent_login login = {{address_of(client), 128}, user, "test", now_us + seconds * 1000000};
    assert_true(recent_logins_add(logins, &login));
}

static void assert_user(struct recent_logins *logins, const char *client, const char *expected)
{
    void *owner = talloc_new(NULL);
    const char *user = NULL;
    const struct ip_address address = address_of(client);
    enum recent_login_answer answer = recent_logins_find(logins, &address, owner, &user);
    assert_int_equal(answer, expected == NULL ? RECENT_LOGIN_NONE : RECENT_LOGIN_FOUND);
    if (expected != NULL)
        assert_string_equal(user, expected);
    talloc_free(owner);
}

static void a_grant_is_for_its_address_and_its_time(void **state)
{
    struct recent_logins *logins = *state;
    grant(logins, "192.0.2.7", "ann@example.com", 60);
    assert_user(logins, "192.0.2.7", "ann@example.com");
    assert_user(logins, "::ffff:192.0.2.7", "ann@example.com");
    assert_user(logins, "192.0.2.8", NULL);
    now_us += 59 * 1000000;
    assert_user(logins, "192.0.2.7", "ann@example.com");
    now_us += 1000000;
    assert_user(logins, "192.0.2.7", NULL);
}

static void ipv6_counts_by_64(void **state)
{
    struct recent_logins *logins = *state;
    grant(logins, "2001:db8:1:2::7", "", 60);
    assert_user(logins, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"); /* nobody was named: never empty */
    assert_user(logins, "2001:db8:1:3::7", NULL);
}

static void a_grant_is_renewed_and_removed(void **state)
{
    struct recent_logins *logins = *state;
    const struct ip_address address = address_of("192.0.2.7");
    grant(logins, "192.0.2.7", "ann@example.com", 60);
    grant(logins, "192.0.2.7", "bob@example.com", 120);
    now_us += 90 * INT64_C(1000000);
    assert_user(logins, "192.0.2.7", "bob@example.com");
    assert_true(recent_logins_remove(logins, &address));
    assert_user(logins, "192.0.2.7", NULL);
    assert_false(recent_logins_remove(logins, &address));
}

static void count_only(void *context, const struct recent_login *login)
{
    (void)login;
    ++*(size_t *)context;
}

static void the_oldest_makes_room(void **state)
{
    struct recent_logins *logins = *state;
    size_t seen = 0;
    for (unsigned i = 0; i <= RECENT_LOGINS_MAX; i++) {
        char text[16];
        snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        grant(logins, text, "ann@example.com", 60);
    }
    assert_int_equal(recent_logins_each(logins, count_only, &seen), RECENT_LOGINS_MAX);
    assert_int_equal(seen, RECENT_LOGINS_MAX);
    assert_user(logins, "10.0.0.0", NULL);
    assert_user(logins, "10.0.0.1", "ann@example.com");
    now_us += 60 * INT64_C(1000000);
    recent_logins_prune(logins);
    assert_int_equal(recent_logins_each(logins, count_only, &seen), 0);
}

static void what_is_kept_comes_back(void **state)
{
    struct recent_logins *logins = *state;
    char folder[] = "/tmp/test_recent.XXXXXX", path[64];
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/recent_logins", folder);
    assert_true(recent_logins_load(logins, path, &problem)); /* none yet */
    assert_false(recent_logins_take_changed(logins));
    grant(logins, "192.0.2.7", "ann@example.com", 60);
    grant(logins, "192.0.2.8", "odd -% \n\xc3\xbc", 90);
    grant(logins, "2001:db8::1", "", 30);
    assert_true(recent_logins_take_changed(logins));
    assert_true(recent_logins_save(logins, path, &problem));
    now_us += 45 * INT64_C(1000000);
    struct recent_logins *next = recent_logins_create(&test_clock);
    assert_true(recent_logins_load(next, path, &problem));
    assert_user(next, "192.0.2.7", "ann@example.com");
    assert_user(next, "192.0.2.8", "odd -% ?\xc3\xbc");
    assert_user(next, "2001:db8::1", NULL); /* over meanwhile */
    now_us += 15 * INT64_C(1000000);
    assert_user(next, "192.0.2.7", NULL);
    recent_logins_destroy(next);
    unlink(path);
    rmdir(folder);
    strbuf_deinit(&problem);
}

static void count_warnings(enum log_level level, const char *line, void *context)
{
    (void)line;
    *(unsigned *)context += level == LOG_LEVEL_WARNING;
}

static void broken_lines_let_nobody_in(void **state)
{
    struct recent_logins *logins = *state;
    char path[] = "/tmp/test_recent.XXXXXX";
    unsigned warnings = 0;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    assert_non_null(file);
    fputs("closedrelay recent logins 1\n"
          "0.0.0.0/0 99999999999 ann -\n" /* an address it is, whatever was written */
          "192.0.2.1/32 9999999999999999999 ann -\n"
          "192.0.2.2/32 x ann -\n"
          "192.0.2.3/32 1900000000 ann\n"
          "192.0.2.4/32 1900000000 ann - more\n"
          "192.0.2.5/32 1900000000 a%zz -\n"
          "192.0.2.6/32 -1 ann -\n"
          "192.0.2.7/32 1900000000 ann -\n"
          "192.0.2.8/32 1900000000",
          file);
    assert_int_equal(fclose(file), 0);
    log_set_sink(count_warnings, &warnings);
    assert_true(recent_logins_load(logins, path, &problem));
    log_set_sink(NULL, NULL);
    assert_int_equal(warnings, 1);
    assert_user(logins, "192.0.2.7", "ann");
    static const char *const others[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",   "192.0.2.5",
                                         "192.0.2.6", "192.0.2.8", "192.0.2.9", "198.51.100.1"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_user(logins, others[i], NULL);
    unlink(path);
    strbuf_deinit(&problem);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    struct recent_logins *logins = *state;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_false(recent_logins_save(logins, "/nonexistent/recent_logins", &problem));
    assert_string_equal(strbuf_text(&problem), "/nonexistent/recent_logins: No such file or directory");
    strbuf_deinit(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_grant_is_for_its_address_and_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ipv6_counts_by_64, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_grant_is_renewed_and_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_makes_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_kept_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_lines_let_nobody_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
