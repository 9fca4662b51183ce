#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <talloc.h>

#include "config/sets.h"
#include "config/tables.h"
#include "config/yaml_reader.h"
#include "facts/domain_name.h"

/* What one value read from "v: TEXT" gives: printed, or told without "c:1:4: error: v: ". */
struct outcome {
    void *owner;
    struct strbuf text;
    bool good;
    union {
        uint64_t number;
        bool flag;
        int choice;
        unsigned bits;
        const char *text;
        struct config_endpoint endpoint;
        struct config_endpoint_list endpoints;
        struct config_text_list texts;
        struct text_set *set;
        struct network_set *networks;
    } value;
};

static struct outcome outcome_of(const struct config_key *key, const char *written)
{
    struct outcome outcome = {.owner = talloc_new(NULL)};
    struct config_problems *problems = config_problems_create(outcome.owner);
    const struct config_parse parse = {outcome.owner, problems, key,
                                       config_tables_create(outcome.owner, NULL)};
    strbuf_init(&outcome.text, 0);
    strbuf_printf(&outcome.text, "v: %s\n", written);
    const struct config_node *root =
        yaml_reader_read(outcome.owner, "c", strbuf_slice(&outcome.text), problems);
    assert_non_null(root);
    strbuf_reset(&outcome.text);
    outcome.good = key->type->parse(&parse, root->first, &outcome.value);
    assert_int_equal(outcome.good, config_problems_error_count(problems) == 0);
    if (!outcome.good)
        config_problems_render(problems, &outcome.text);
    else if (key->type->print != NULL)
        key->type->print(key, root->first, &outcome.value, &outcome.text);
    return outcome;
}

static void outcome_end(struct outcome *outcome)
{
    strbuf_deinit(&outcome->text);
    talloc_free(outcome->owner);
}

struct value_case {
    const char *written, *printed;
};

/* What is printed reads back and prints the same. */
static void check_printed(const struct config_key *key, const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct outcome first = outcome_of(key, cases[i].written);
        assert_string_equal(strbuf_text(&first.text), cases[i].printed);
        struct outcome second = outcome_of(key, strbuf_text(&first.text));
        assert_true(second.good);
        assert_string_equal(strbuf_text(&second.text), cases[i].printed);
        outcome_end(&first);
        outcome_end(&second);
    }
}

/* `printed` is the error's text. */
static void check_errors(const struct config_key *key, const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char expected[400];
        struct outcome outcome = outcome_of(key, cases[i].written);
        snprintf(expected, sizeof expected, "c:1:4: error: v: %s\n", cases[i].printed);
        assert_string_equal(strbuf_text(&outcome.text), expected);
        outcome_end(&outcome);
    }
}

#define CHECK(check, key, cases) check(&(key), (cases), sizeof(cases) / sizeof((cases)[0]))

static void bools(void **state)
{
    (void)state;
    static const struct config_key key = {.name = "v", .type = &config_type_bool};
    static const struct value_case good[] = {{"true", "true"}, {"false", "false"}};
    static const struct value_case bad[] = {
        {"yes", "'yes' is neither true nor false: write true"},
        {"No", "'No' is neither true nor false: write false"},
        {"on", "'on' is neither true nor false: write true"},
        {"off", "'off' is neither true nor false: write false"},
        {"True", "'True' is neither true nor false: write true"},
        {"1", "'1' is neither true nor false: write true"},
        {"maybe", "'maybe' is neither true nor false: write true or false"},
        {"\"true\"", "this is text, for its quotes: write it without them, such as true"},
        {"~", "no value is given: write one, such as true, or leave the line out"},
        {"[true]", "a list stands where one value belongs, such as true"},
        {"{true: 1}", "keys stand where one value belongs, such as true"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_errors, key, bad);
}

static void counts(void **state)
{
    (void)state;
    static const struct config_key key = {.name = "v", .type = &config_type_count, .least = 2, .most = 100};
    static const struct config_key free_key = {.name = "v", .type = &config_type_count};
    static const struct value_case good[] = {{"2", "2"}, {"100", "100"}};
    static const struct value_case any[] = {{"0", "0"}, {"18446744073709551615", "18446744073709551615"}};
    static const struct value_case bad[] = {
        {"1", "1 is less than the least, 2"},
        {"101", "101 is more than the most, 100"},
        {"-1", "'-1' is not a number: it must be a whole number, 0 or more"},
        {"3.5", "'3.5' is not a number: it must be a whole number, 0 or more"},
        {"0755",
         "'0755' is not a number: YAML takes a number that begins with 0 for octal: write it without"},
        {"0x1F",
         "'0x1F' is not a number: YAML takes a number that begins with 0 for octal: write it without"},
        {"1:30", "'1:30' is not a number: YAML takes numbers with ':' for base 60: write one number"},
        {"1_000", "'1_000' is not a number: write it without signs between the digits"},
        {"30 recipients", "'30 recipients' is not a number: write digits only, such as 30"},
        {"\"30\"", "this is text, for its quotes: write it without them, such as 30"},
        {"18446744073709551616", "'18446744073709551616' is not a number: write digits only, such as 30"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_printed, free_key, any);
    CHECK(check_errors, key, bad);
}

static void sizes(void **state)
{
    (void)state;
    static const struct config_key key = {
        .name = "v", .type = &config_type_size, .least = 1000, .most = 1000000000};
    static const struct config_key free_key = {.name = "v", .type = &config_type_size};
    static const struct value_case good[] = {
        {"30MB", "30MB"},      {"30 MB", "30MB"},     {"\"30MB\"", "30MB"}, {"30MiB", "30MiB"},
        {"31457280", "30MiB"}, {"30000000B", "30MB"}, {"1000", "1kB"},      {"1024", "1KiB"},
        {"1001", "1001"},      {"1000MB", "1GB"},     {"1GB", "1GB"},       {"1500kB", "1500kB"},
    };
    static const struct value_case any[] = {{"0", "0"},
                                            {"16777215TiB", "16777215TiB"},
                                            {"18446744073709551615", "18446744073709551615"},
                                            {"2TB", "2TB"}};
    static const struct value_case bad[] = {
        {"30 GB", "30 GB is more than the most, 1GB"},
        {"999B", "999B is less than the least, 1kB"},
        {"30", "30 bytes is less than the least, 1kB: write a number and a unit: 30MB, 30MiB, 500kB"},
        {"1000000001",
         "1000000001 bytes is more than the most, 1GB: write a number and a unit: 30MB, 30MiB, 500kB"},
        {"30mb", "'mb' is not a unit here: write MB or MiB"},
        {"30M", "'M' is not a unit here: write MB or MiB"},
        {"30KB", "'KB' is not a unit here: write kB or KiB"},
        {"1.5GB", "'1.5GB' is not a whole number: use a smaller unit"},
        {"MB", "'MB' is not a size: write a number and a unit: 30MB, 30MiB, 500kB"},
        {"30  MB", "'30  MB' is not a size: write a number and a unit: 30MB, 30MiB, 500kB"},
        {"-30MB", "'-30MB' is not a size: write a number and a unit: 30MB, 30MiB, 500kB"},
        {"030MB", "'030MB': YAML takes a number that begins with 0 for octal: write it without"},
        {"1:30",
         "'1:30': YAML takes numbers with ':' for base 60; write a number and a unit: 30MB, 30MiB, 500kB"},
        {"16777216TiB", "16777216TiB is more than the most, 1GB"},
        {"99999999999999999999",
         "99999999999999999999 bytes is more than the most, 1GB: write a number and a unit: "
         "30MB, 30MiB, 500kB"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_printed, free_key, any);
    CHECK(check_errors, key, bad);
}

static void durations(void **state)
{
    (void)state;
    static const struct config_key key = {.name = "v", .type = &config_type_duration, .most = 604800000};
    static const struct value_case good[] = {{"2s", "2s"},   {"500ms", "500ms"}, {"0", "0s"},
                                             {"90m", "90m"}, {"60 m", "1h"},     {"24h", "1d"},
                                             {"7d", "7d"},   {"61000ms", "61s"}};
    static const struct value_case bad[] = {
        {"2", "'2' is not a duration: write a number and a unit: 500ms, 2s, 30m, 1h, 7d"},
        {"8d", "8d is more than the most, 7d"},
        {"30min", "'min' is not a unit here: write m"},
        {"1w", "'w' is not a unit here: write d: a week is 7d"},
        {"1h30m", "'1h30m' is not a duration: write a number and a unit: 500ms, 2s, 30m, 1h, 7d"},
        {"1:30", "'1:30': YAML takes numbers with ':' for base 60; write a number and a unit: 500ms, 2s, "
                 "30m, 1h, 7d"},
        {"2S", "'S' is not a unit here: write s"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_errors, key, bad);
}

static void choices(void **state)
{
    (void)state;
    static const struct config_choice words[] = {
        {"enforce", 3, ""}, {"monitor", 4, ""}, {"off", 5, ""}, {NULL, 0, NULL}};
    static const struct config_key key = {.name = "v", .type = &config_type_choice, .choices = words};
    static const struct value_case good[] = {{"enforce", "enforce"}, {"off", "off"}, {"\"off\"", "off"}};
    static const struct value_case bad[] = {
        {"no", "'no' is none of enforce, monitor, off (did you mean 'off'?)"},
        {"false", "'false' is none of enforce, monitor, off (did you mean 'off'?)"},
        {"moniter", "'moniter' is none of enforce, monitor, off (did you mean 'monitor'?)"},
        {"Enforce", "'Enforce' is none of enforce, monitor, off (did you mean 'enforce'?)"},
        {"yes", "'yes' is none of enforce, monitor, off"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_errors, key, bad);
    struct outcome outcome = outcome_of(&key, "monitor");
    assert_int_equal(outcome.value.choice, 4);
    outcome_end(&outcome);
}

static void texts_and_paths(void **state)
{
    (void)state;
    static const struct config_key text = {
        .name = "v", .type = &config_type_text, .flags = CONFIG_MAY_BE_EMPTY};
    static const struct config_key full = {.name = "v", .type = &config_type_text};
    static const struct config_key path = {.name = "v", .type = &config_type_path};
    static const struct value_case good[] = {
        {"abc", "abc"},
        {"no", "\"no\""},
        {"12", "\"12\""},
        {"1.2.3.4", "1.2.3.4"},
        {"2026-11-22", "\"2026-11-22\""},
        {"\"\"", "\"\""},
        {"\"a b: 'c'\"", "\"a b: 'c'\""},
        {"\"\\u0085\\u2028\\u2029\\\"\\\\\\n\\t\"", "\"\\u0085\\u2028\\u2029\\\"\\\\\\u000a\\u0009\""},
        {"inet:10891@127.0.0.1", "inet:10891@127.0.0.1"},
        {"a::b", "\"a::b\""},
        {"\"a:\"", "\"a:\""},
        {"\"\\u0084\\ufeff\\uffff\\u007f\\U0001f600\"", "\"\\u0084\\ufeff\\uffff\\u007f\xf0\x9f\x98\x80\""},
        {"\"null\"", "\"null\""},
        {"é", "\"é\""},
    };
    static const struct value_case good_paths[] = {{"/a/b", "/a/b"}, {"\"/a b\"", "\"/a b\""}};
    static const struct value_case bad[] = {
        {"\"\"", "it may not be empty"},
        {"null", "no value is given: write one, such as \"some text\", or leave the line out"},
    };
    static const struct value_case bad_paths[] = {
        {"\"\"", "it may not be empty"},
        {"a/b", "'a/b' is not an absolute path: begin it with '/'"},
        {"~/x", "'~/x' is not an absolute path: begin it with '/'"},
    };
    CHECK(check_printed, text, good);
    CHECK(check_printed, path, good_paths);
    CHECK(check_errors, full, bad);
    CHECK(check_errors, path, bad_paths);
}

static void octals(void **state)
{
    (void)state;
    static const struct config_key key = {.name = "v", .type = &config_type_octal};
    static const struct value_case good[] = {
        {"0660", "\"0660\""}, {"\"0600\"", "\"0600\""}, {"07777", "\"07777\""}, {"00", "\"0000\""}};
    static const struct value_case bad[] = {
        {"660", "'660' is no file mode: write it in octal with a leading 0, such as 0660"},
        {"0680", "'0680' is no file mode: write it in octal with a leading 0, such as 0660"},
        {"0", "'0' is no file mode: write it in octal with a leading 0, such as 0660"},
        {"010000", "'010000' is no file mode: write it in octal with a leading 0, such as 0660"},
        {"u+rw", "'u+rw' is no file mode: write it in octal with a leading 0, such as 0660"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_errors, key, bad);
}

static void endpoints(void **state)
{
    (void)state;
    static const struct config_key key = {.name = "v", .type = &config_type_endpoint};
    static const struct config_key open = {
        .name = "v", .type = &config_type_endpoint, .flags = CONFIG_MAY_BE_EMPTY};
    static const struct value_case good[] = {
        {"inet:10891@127.0.0.1", "inet:10891@127.0.0.1"},
        {"inet:10891", "inet:10891"},
        {"inet:10891@*", "inet:10891"},
        {"inet6:10891@::1", "\"inet6:10891@::1\""},
        {"inet6:10891@[2001:DB8::1]", "\"inet6:10891@2001:db8::1\""},
        {"127.0.0.1:53", "inet:53@127.0.0.1"},
        {"\"[::1]:53\"", "\"inet6:53@::1\""},
        {"unix:/run/x.sock", "unix:/run/x.sock"},
        {"local:/run/x.sock", "unix:/run/x.sock"},
    };
    static const struct value_case none[] = {{"\"\"", "\"\""}};
    static const struct value_case bad[] = {
        {"inet:127.0.0.1:10891", "'inet:127.0.0.1:10891': the port comes first: inet:10891@127.0.0.1"},
        {"inet:0@127.0.0.1", "'inet:0@127.0.0.1': a port from 1 to 65535 is needed: inet:10891@127.0.0.1"},
        {"inet:65536", "'inet:65536': a port from 1 to 65535 is needed: inet:10891@127.0.0.1"},
        {"inet:10891@localhost", "'inet:10891@localhost': a numeric address is needed, such as 127.0.0.1"},
        {"inet:10891@::1", "'inet:10891@::1': write inet6: before the port of an IPv6 address"},
        {"inet6:10891@127.0.0.1", "'inet6:10891@127.0.0.1': write inet: before the port of an IPv4 address"},
        {"localhost:53", "'localhost:53': a numeric address is needed, such as 127.0.0.1"},
        {"127.0.0.1",
         "'127.0.0.1': the port is missing: write ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53"},
        {"::1", "'::1': the port is missing: write ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53"},
        {"10891", "'10891': write inet:10891@127.0.0.1, 127.0.0.1:10891, [::1]:10891 or unix:/run/NAME.sock"},
        {"\":53\"", "':53': an address is needed before the port, such as 127.0.0.1"},
        {"/run/x.sock", "'/run/x.sock': write unix: before the path of a socket"},
        {"unix:x.sock", "'unix:x.sock': an absolute path is needed: unix:/run/NAME.sock"},
        {"\"\"", "it may not be empty: write inet:10891@127.0.0.1, 127.0.0.1:10891, [::1]:10891 or "
                 "unix:/run/NAME.sock"},
    };
    CHECK(check_printed, key, good);
    CHECK(check_printed, open, none);
    CHECK(check_errors, key, bad);
    struct outcome outcome = outcome_of(&open, "\"\"");
    assert_int_equal(outcome.value.endpoint.kind, ENDPOINT_NONE);
    assert_string_equal(outcome.value.endpoint.host, "");
    outcome_end(&outcome);
    /* 107 bytes fit a socket's address, 108 do not. */
    char long_path[128];
    snprintf(long_path, sizeof long_path, "unix:/%0106d", 0);
    outcome = outcome_of(&key, long_path);
    assert_true(outcome.good);
    outcome_end(&outcome);
    snprintf(long_path, sizeof long_path, "unix:/%0107d", 0);
    outcome = outcome_of(&key, long_path);
    assert_false(outcome.good);
    outcome_end(&outcome);
}

static void lists(void **state)
{
    (void)state;
    static const struct config_key texts = {.name = "v", .type = &config_type_text_list};
    static const struct config_key networks = {.name = "v", .type = &config_type_network_set};
    static const struct config_key domains = {.name = "v", .type = &config_type_domain_set};
    static const struct config_key roles = {.name = "v", .type = &config_type_role_set};
    static const struct config_key servers = {.name = "v", .type = &config_type_endpoint_list};
    static const struct value_case bad_texts[] = {
        {"{a: b}", "keys stand where a list belongs, such as [\"some text\"]"},
        {"\"\"", "an entry of a list may not be empty"},
        {"file:/nonexistent/x", "/nonexistent/x cannot be read: No such file or directory"},
        {"file:/", "/ cannot be read: it is a folder"},
    };
    static const struct value_case bad_networks[] = {
        {"192.0.2.1/24", "'192.0.2.1/24' has bits set behind its prefix: write the network's first address"},
        {"192.0.2.0/33",
         "'192.0.2.0/33' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or \"2001:db8::/32\""},
    };
    static const struct value_case bad_domains[] = {
        {"ann@example.com", "'ann@example.com' is no domain: write the domain only, without '@'"},
        {"\"*.example.com\"",
         "'*.example.com' is no domain: all domains below example.com are written .example.com, without '*'"},
        {"..example.com", "'..example.com' is no domain: a label between two dots is empty"},
        {"a..b", "'a..b' is no domain: a label between two dots is empty"},
        {"\"[192.0.2]\"", "'[192.0.2]' is no domain: not an address literal such as [192.0.2.1]"},
        {"exam ple", "'exam ple' is one text, not a list: write [exam, ple]"},
        {".", "'.' is no domain: a label between two dots is empty"},
    };
    static const struct value_case bad_roles[] = {
        {"submision",
         "'submision' is no role: submission, trusted, local or outside (did you mean 'submission'?)"},
        {"all", "'all' is no role: submission, trusted, local or outside"},
    };
    CHECK(check_errors, texts, bad_texts);
    CHECK(check_errors, networks, bad_networks);
    CHECK(check_errors, domains, bad_domains);
    CHECK(check_errors, roles, bad_roles);
    struct outcome outcome = outcome_of(&roles, "[submission, outside]");
    assert_int_equal(outcome.value.bits, 1U << ROLE_SUBMISSION | 1U << ROLE_OUTSIDE);
    outcome_end(&outcome);
    outcome = outcome_of(&servers, "[127.0.0.1:53, x]");
    assert_string_equal(strbuf_text(&outcome.text),
                        "c:1:19: error: v: 'x': write ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53\n");
    outcome_end(&outcome);
    outcome = outcome_of(&networks, "[]");
    assert_int_equal(network_set_count(outcome.value.networks), 0);
    outcome_end(&outcome);
    /* All entries are looked at. */
    outcome = outcome_of(&networks, "[x, 192.0.2.0/24, [y]]");
    assert_string_equal(strbuf_text(&outcome.text),
                        "c:1:5: error: v: 'x' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or "
                        "\"2001:db8::/32\"\n"
                        "c:1:22: error: v: a list stands where one value belongs, such as 192.0.2.0/24\n");
    outcome_end(&outcome);
}

static void domain_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"Example.COM", "example.com"},    {"example.com.", "example.com"},
        {"localhost", "localhost"},        {".Example.COM.", ".example.com"},
        {"_x.example", "_x.example"},      {"Bücher.example", "xn--bcher-kva.example"},
        {"straße.de", "xn--strae-oqa.de"}, {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"[192.0.2.1]", "[192.0.2.1]"},    {"[IPv6:2001:DB8:0::1]", "[ipv6:2001:db8::1]"},
    };
    char name[DOMAIN_NAME_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(domain_entry_canonical(slice_of(cases[i].text), name));
        assert_string_equal(name, cases[i].name);
    }
    char label[80];
    snprintf(label, sizeof label, "%063d.example", 1);
    assert_null(domain_entry_canonical(slice_of(label), name));
    snprintf(label, sizeof label, "%064d.example", 1);
    assert_non_null(domain_entry_canonical(slice_of(label), name));
    char whole[300];
    for (size_t length = 253; length <= 254; length++) {
        for (size_t i = 0; i < length; i++)
            whole[i] = i % 50 == 49 ? '.' : 'a';
        assert_int_equal(domain_entry_canonical(slice_make(whole, length), name) == NULL, length == 253);
    }
    assert_non_null(domain_entry_canonical(slice_of(""), name));
    assert_non_null(domain_entry_canonical(slice_make("a\0b", 3), name));
    assert_non_null(domain_entry_canonical(slice_make("\xc3\xbc\0b", 4), name));
}

static void text_sets(void **state)
{
    (void)state;
    struct text_collection texts;
    text_collection_init(&texts);
    text_collection_add(&texts, slice_of("one"));
    text_collection_add_lower(&texts, slice_of("TWO"));
    text_collection_add(&texts, slice_of("one"));
    struct text_set *set = text_set_create(NULL, &texts);
    text_collection_deinit(&texts);
    assert_int_equal(text_set_count(set), 2);
    assert_true(text_set_contains(set, slice_of("two")));
    assert_false(text_set_contains(set, slice_of("TWO")));
    assert_false(text_set_contains(set, slice_of("tw")));
    assert_false(text_set_contains(set, slice_make(NULL, 0)));
    assert_false(text_set_contains(NULL, slice_of("two")));
    talloc_free(set);
}

/* Nested, adjacent and single networks, against a plain walk over all of them. */
static void network_sets(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.0/8",      "10.1.0.0/16", "192.0.2.128/25",
                                        "192.0.2.0/26",    "203.0.113.7", "2001:db8::/32",
                                        "2001:db8:1::/48", "::1",         "0.0.0.0/32",
                                        "255.255.255.255", "fe80::/10",   "198.51.100.0/24"};
    enum { NETWORK_COUNT = sizeof texts / sizeof texts[0] };
    struct ip_network networks[NETWORK_COUNT];
    for (size_t i = 0; i < NETWORK_COUNT; i++)
        assert_true(ip_network_parse(slice_of(texts[i]), &networks[i], NULL));
    struct network_set *set = network_set_create(NULL, networks, NETWORK_COUNT);
    assert_int_equal(network_set_count(set), NETWORK_COUNT - 2);
    for (size_t i = 0; i < NETWORK_COUNT; i++) {
        for (int step = -2; step <= 2; step++) {
            for (unsigned high = 0; high < 2; high++) {
                struct ip_address address = networks[i].address;
                bool expected = false;
                address.bytes[15] = (uint8_t)(address.bytes[15] + step);
                address.bytes[14] = (uint8_t)(address.bytes[14] + high);
                for (size_t j = 0; j < NETWORK_COUNT; j++)
                    expected = expected || ip_network_contains(&networks[j], &address);
                assert_int_equal(network_set_contains(set, &address), expected);
            }
        }
    }
    talloc_free(set);
    set = network_set_create(NULL, NULL, 0);
    assert_false(network_set_contains(set, &networks[0].address));
    talloc_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bools),        cmocka_unit_test(counts),    cmocka_unit_test(sizes),
        cmocka_unit_test(durations),    cmocka_unit_test(choices),   cmocka_unit_test(texts_and_paths),
        cmocka_unit_test(octals),       cmocka_unit_test(endpoints), cmocka_unit_test(lists),
        cmocka_unit_test(domain_names), cmocka_unit_test(text_sets), cmocka_unit_test(network_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
