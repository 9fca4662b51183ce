/* Of a login and network the first within an hour is news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accounts/login_filter.h"

static struct login_filter filter = {.seed = {1, 2}};
static const int64_t HOUR_US = 3600LL * 1000000, BEGIN_US = 1764460800LL * 1000000;

static bool is_news(const char *user, const char *client, int64_t time_us)
{
    struct ip_address address;
    assert_true(ip_address_parse(slice_of(client), &address));
    return login_filter_is_news(&filter, user, &address, time_us);
}

static void the_first_of_an_hour_is_news(void **state)
{
    (void)state;
    assert_true(is_news("ann@example.com", "192.0.2.7", BEGIN_US));
    assert_false(is_news("ann@example.com", "192.0.2.99", BEGIN_US + HOUR_US - 1));
    assert_true(is_news("ann@example.com", "192.0.2.7", BEGIN_US + HOUR_US));
}

static void another_login_or_network_is_news(void **state)
{
    (void)state;
    assert_true(is_news("bob@example.com", "192.0.2.7", BEGIN_US));
    assert_true(is_news("bob@example.com", "192.0.3.7", BEGIN_US));
    assert_true(is_news("bob@example.com", "2001:db8:1::7", BEGIN_US));
    assert_false(is_news("bob@example.com", "2001:db8:1:9::8", BEGIN_US));
    assert_true(is_news("bob@example.com", "2001:db8:2::7", BEGIN_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_an_hour_is_news),
        cmocka_unit_test(another_login_or_network_is_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
