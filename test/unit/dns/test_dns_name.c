#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "dns/dns_name.h"
#include "base/siphash.h"

static struct in6_addr address_of(const char *text)
{
    struct in6_addr address;
    struct in_addr ipv4;
    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return dns_address_ipv4(ntohl(ipv4.s_addr));
    assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return address;
}

static void reverses_addresses(void **state)
{
    static const struct {
        const char *address, *name;
    } cases[] = {
        {"127.0.0.2", "2.0.0.127.list.test"},
        {"192.0.2.199", "199.2.0.192.list.test"},
        {"255.255.255.255", "255.255.255.255.list.test"},
        {"::ffff:192.0.2.1", "1.2.0.192.list.test"},
        {"2001:db8::a1", "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.test"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_name name;
        struct in6_addr address = address_of(cases[i].address);
        assert_true(dns_name_reverse(&name, &address, slice_of("list.test")));
        assert_string_equal(name.text, cases[i].name);
        assert_int_equal(name.length, strlen(cases[i].name));
    }
}

static void a_name_has_room_or_is_refused(void **state)
{
    (void)state;
    char zone[DNS_NAME_BYTES_MAX + 2];
    memset(zone, 'a', sizeof zone);
    struct dns_name name;
    struct in6_addr ipv6 = address_of("2001:db8::1");
    assert_true(dns_name_reverse(&name, &ipv6, slice_make(zone, DNS_NAME_BYTES_MAX - 64)));
    assert_int_equal(name.length, DNS_NAME_BYTES_MAX);
    assert_false(dns_name_reverse(&name, &ipv6, slice_make(zone, DNS_NAME_BYTES_MAX - 63)));
    assert_false(dns_name_under(&name, slice_of("x"), slice_make(zone, DNS_NAME_BYTES_MAX - 1)));
    assert_false(dns_name_under(&name, slice_of(""), slice_of("list.test")));
    assert_true(dns_name_under(&name, slice_of("x1"), slice_of("list.test")));
    assert_string_equal(name.text, "x1.list.test");
}

static void zones_are_checked_and_lowered(void **state)
{
    static const char *const bad[] = {
        "",      ".",   "..",
        "a..b",  ".a",  "a b",
        "a\x80", "a/b", "0123456789012345678901234567890123456789012345678901234567890123.test"};
    (void)state;
    struct dns_name zone;
    assert_true(dns_zone_parse(slice_of("XBL.Spamhaus.ORG."), &zone));
    assert_string_equal(zone.text, "xbl.spamhaus.org");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dns_zone_parse(slice_of(bad[i]), &zone));
}

static void keys_are_masked(void **state)
{
    static const struct {
        const char *zone, *shown;
    } cases[] = {
        {"xbl.spamhaus.org", "xbl.spamhaus.org"},
        {"abcdef.zen.dq.spamhaus.net", "***.zen.dq.spamhaus.net"},
        {"k3y.combined.mail.abusix.zone", "***.combined.mail.abusix.zone"},
        {"0123456789abcdef0123.lists.test", "***.lists.test"},
        {"internationallists.test", "internationallists.test"},
        {"test", "test"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_name shown;
        dns_zone_mask(&shown, slice_of(cases[i].zone));
        assert_string_equal(shown.text, cases[i].shown);
    }
}

static void public_resolvers_are_known(void **state)
{
    (void)state;
    struct in6_addr google = address_of("8.8.8.8"), google6 = address_of("2001:4860:4860::8888");
    struct in6_addr local = address_of("127.0.0.53"), documentation = address_of("2001:db8::53");
    assert_string_equal(dns_address_public_resolver(&google), "Google");
    assert_string_equal(dns_address_public_resolver(&google6), "Google");
    assert_null(dns_address_public_resolver(&local));
    assert_null(dns_address_public_resolver(&documentation));
}

static void hashes_depend_on_every_byte_and_the_key(void **state)
{
    (void)state;
    const uint64_t key[2] = {1, 2}, other[2] = {1, 3};
    char text[40] = "12345678901234567890123456789012345678";
    for (size_t length = 0; length < 38; length++) {
        uint64_t hash = siphash(key, slice_make(text, length));
        assert_true(hash != siphash(other, slice_make(text, length)));
        assert_true(hash != siphash(key, slice_make(text, length + 1)));
        for (size_t i = 0; i < length; i++) {
            text[i] ^= 1;
            assert_true(hash != siphash(key, slice_make(text, length)));
            text[i] ^= 1;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reverses_addresses),
        cmocka_unit_test(a_name_has_room_or_is_refused),
        cmocka_unit_test(zones_are_checked_and_lowered),
        cmocka_unit_test(keys_are_masked),
        cmocka_unit_test(public_resolvers_are_known),
        cmocka_unit_test(hashes_depend_on_every_byte_and_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
