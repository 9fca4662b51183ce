#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "facts/ip_address.h"

static struct ip_address address_of(const char *text)
{
    struct ip_address address;
    assert_true(ip_address_parse(slice_of(text), &address));
    return address;
}

static struct ip_network network_of(const char *text)
{
    struct ip_network network;
    assert_true(ip_network_parse(slice_of(text), &network, NULL));
    return network;
}

static void parses_and_prints(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"[192.0.2.1]", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"IPv6:::ffff:192.0.2.1", "192.0.2.1"},
        {"[ipv6:2001:DB8:0:0:0:0:0:1]", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"2001:0db8:0000:1:0:0:0:1", "2001:db8:0:1::1"},
        {"::", "::"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char printed[IP_ADDRESS_TEXT_BYTES];
        const struct ip_address address = address_of(cases[i].text);
        ip_address_print(&address, printed);
        assert_string_equal(printed, cases[i].printed);
    }
}

static void refuses_what_is_no_address(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "[192.0.2.1",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.01",
        "0x7f.1",
        "127.1",
        " 192.0.2.1",
        "192.0.2.1 ",
        "IPv6:192.0.2.1",
        "IPv6:",
        ":::",
        "1::2::3",
        "fe80::1%eth0",
        "2001:db8::12345",
        "[[::1]]",
        "1.2.3.4.5",
        "0000:0000:0000:0000:0000:0000:255.255.255.2550",
    };
    (void)state;
    struct ip_address address;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(ip_address_parse(slice_of(cases[i]), &address));
    assert_false(ip_address_parse(slice_make("192.0.2.1\0", 10), &address));
    assert_false(ip_address_parse(slice_make("1.2.3.4\0.5", 10), &address));
    assert_false(ip_address_parse(slice_make(NULL, 0), &address));
}

static void takes_socket_addresses(void **state)
{
    (void)state;
    struct ip_address address;
    uint16_t port;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(2525)};
    inet_pton(AF_INET, "192.0.2.7", &in.sin_addr);
    assert_true(ip_address_from_sockaddr((const struct sockaddr *)&in, &address, &port));
    assert_int_equal(port, 2525);
    assert_true(ip_address_is_ipv4(&address));
    struct ip_address expected = address_of("192.0.2.7");
    assert_true(ip_address_equal(&address, &expected));

    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
    inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
    assert_true(ip_address_from_sockaddr((const struct sockaddr *)&in6, &address, NULL));
    expected = address_of("2001:db8::7");
    assert_true(ip_address_equal(&address, &expected));
    assert_false(ip_address_is_ipv4(&address));

    const struct sockaddr local = {.sa_family = AF_UNIX};
    assert_false(ip_address_from_sockaddr(&local, &address, &port));
}

static void knows_loopback_and_private(void **state)
{
    static const struct {
        const char *text;
        bool loopback, private;
    } cases[] = {
        {"127.0.0.1", true, true},
        {"127.255.255.255", true, true},
        {"126.255.255.255", false, false},
        {"128.0.0.0", false, false},
        {"::1", true, true},
        {"::", false, true},
        {"::2", false, false},
        {"0.0.0.0", false, true},
        {"0.255.255.255", false, true},
        {"1.0.0.0", false, false},
        {"10.0.0.0", false, true},
        {"10.255.255.255", false, true},
        {"11.0.0.0", false, false},
        {"100.63.255.255", false, false},
        {"100.64.0.0", false, true},
        {"100.127.255.255", false, true},
        {"100.128.0.0", false, false},
        {"169.253.255.255", false, false},
        {"169.254.0.1", false, true},
        {"172.15.255.255", false, false},
        {"172.16.0.0", false, true},
        {"172.31.255.255", false, true},
        {"172.32.0.0", false, false},
        {"192.167.255.255", false, false},
        {"192.168.0.1", false, true},
        {"192.169.0.0", false, false},
        {"223.255.255.255", false, false},
        {"224.0.0.1", false, true},
        {"255.255.255.255", false, true},
        {"192.0.2.1", false, false},
        {"fbff::1", false, false},
        {"fc00::1", false, true},
        {"fdff::1", false, true},
        {"fe7f::1", false, false},
        {"fe80::1", false, true},
        {"fec0::1", false, true},
        {"ff02::1", false, true},
        {"2001:db8::1", false, false},
        {"::ffff:10.1.2.3", false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ip_address address = address_of(cases[i].text);
        assert_int_equal(ip_address_is_loopback(&address), cases[i].loopback);
        assert_int_equal(ip_address_is_private(&address), cases[i].private);
    }
}

static void parses_networks(void **state)
{
    static const struct {
        const char *text, *printed;
        unsigned bits;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0/24", 120},
        {"192.0.2.1", "192.0.2.1/32", 128},
        {"0.0.0.0/0", "0.0.0.0/0", 96},
        {"10.0.0.0/7", "10.0.0.0/7", 103},
        {"10.0.0.0/9", "10.0.0.0/9", 105},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", 120},
        {"2001:db8::/32", "2001:db8::/32", 32},
        {"[::1]/128", "::1/128", 128},
        {"::/0", "::/0", 0},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 128},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char printed[IP_ADDRESS_TEXT_BYTES + 4];
        const struct ip_network network = network_of(cases[i].text);
        assert_int_equal(network.prefix_bits, cases[i].bits);
        ip_network_print(&network, printed);
        assert_string_equal(printed, cases[i].printed);
    }
}

static void refuses_what_is_no_network(void **state)
{
    static const struct {
        const char *text;
        bool host_bits;
    } cases[] = {
        {"", false},           {"/24", false},           {"192.0.2.0/", false},    {"192.0.2.0/33", false},
        {"192.0.2/24", false}, {"192.0.2.0/024", false}, {"192.0.2.0/+24", false}, {"192.0.2.0/24/24", false},
        {"::/129", false},     {"::/1000", false},       {"192.0.2.0/ 24", false}, {"192.0.2.1/24", true},
        {"11.0.0.0/7", true},  {"2001:db8::1/64", true}, {"2001:db8::/28", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ip_network network;
        bool host_bits;
        assert_false(ip_network_parse(slice_of(cases[i].text), &network, &host_bits));
        assert_int_equal(host_bits, cases[i].host_bits);
    }
}

static void contains_its_addresses_only(void **state)
{
    static const struct {
        const char *network, *address;
        bool inside;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/24", "192.0.1.255", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.9", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"192.0.2.0/24", "::ffff:192.0.2.9", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ip_network network = network_of(cases[i].network);
        const struct ip_address address = address_of(cases[i].address);
        assert_int_equal(ip_network_contains(&network, &address), cases[i].inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_prints),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(takes_socket_addresses),
        cmocka_unit_test(knows_loopback_and_private),
        cmocka_unit_test(parses_networks),
        cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(contains_its_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
