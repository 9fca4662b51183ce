/* Lists written as { add: …, remove: … }: what they hold, and what is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <talloc.h>

#include "config/print.h"
#include "config/sets.h"
#include "config_test_schema.h"

static struct config_document *read_config(void *owner, const char *text, struct strbuf *told)
{
    struct config_problems *problems = config_problems_create(owner);
    struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_of(text), problems);
    strbuf_init(told, 0);
    config_problems_render(problems, told);
    return document;
}

static struct config_document *read_good(void *owner, const char *text)
{
    struct strbuf told;
    struct config_document *document = read_config(owner, text, &told);
    assert_string_equal(strbuf_text(&told), "");
    assert_non_null(document);
    strbuf_deinit(&told);
    return document;
}

static const struct test_relay *relay_of(const struct config_document *document)
{
    return config_document_settings(document, TEST_RELAY, ROLE_OUTSIDE);
}

static bool has_network(const struct network_set *set, const char *text)
{
    struct ip_address address;
    assert_true(ip_address_parse(slice_of(text), &address));
    return network_set_contains(set, &address);
}

static void the_default_is_changed(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct test_relay *relay = relay_of(
        read_good(owner, "relay:\n"
                         "  networks: { add: [192.0.2.0/24, 198.51.100.1], remove: [192.0.2.7, \"::1\"] }\n"
                         "  words: { add: [b, C] }\n"
                         "  lines: { add: one }\n"
                         "  servers: { add: [192.0.2.1:53] }\n"
                         "  domains: { add: [.example.com], remove: [a.example.com] }\n"
                         "  roles: { add: outside, remove: [trusted] }\n"));
    assert_true(has_network(relay->networks, "127.0.0.1"));
    assert_true(has_network(relay->networks, "192.0.2.6"));
    assert_true(has_network(relay->networks, "198.51.100.1"));
    assert_false(has_network(relay->networks, "192.0.2.7"));
    assert_false(has_network(relay->networks, "::1"));
    assert_true(text_set_contains(relay->words, slice_of("c")));
    assert_int_equal(text_set_count(relay->words), 2);
    assert_int_equal(relay->lines.count, 1);
    assert_int_equal(relay->servers.count, 1);
    assert_int_equal(domain_set_lookup(relay->domains, slice_of("b.example.com")), TABLE_FOUND);
    assert_int_equal(domain_set_lookup(relay->domains, slice_of("a.example.com")), TABLE_MISSING);
    assert_int_equal(domain_set_lookup(relay->domains, slice_of("x.a.example.com")), TABLE_FOUND);
    assert_int_equal(relay->roles, 1U << ROLE_SUBMISSION | 1U << ROLE_OUTSIDE);
    talloc_free(owner);
}

/* Zones of the lists that apply, joined. */
static const char *zones(void *owner, const struct config_document *document,
                         const struct config_subject *subject)
{
    const struct test_lists *lists = config_document_effective(document, TEST_LISTS, subject, owner);
    const struct test_list *items = lists->lists.items;
    char *joined = talloc_strdup(owner, "");
    for (size_t i = 0; i < lists->lists.count; i++)
        joined = talloc_asprintf_append(joined, "%s%s", i == 0 ? "" : " ", items[i].zone);
    return joined;
}

static const char layered[] =
    "dnsbl:\n"
    "  lists: { add: [{ zone: a.example }, { zone: b.example, codes: { add: [127.0.0.9] } }] }\n"
    "  roles:\n"
    "    trusted: { lists: { remove: [a.example] } }\n"
    "    local: { lists: [] }\n"
    "overrides:\n"
    "- { when: { user: ann@example.com }, dnsbl: { lists: { remove: [xbl.example.org] } } }\n"
    "- { when: { domain: example.com }, dnsbl: { lists: { add: [{ zone: c.example }] } } }\n";

static void each_layer_changes_the_one_below(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct config_document *document = read_good(owner, layered);
    static const struct {
        struct config_subject subject;
        const char *zones;
    } cases[] = {
        {{.role = ROLE_OUTSIDE}, "xbl.example.org a.example b.example"},
        {{.role = ROLE_TRUSTED}, "xbl.example.org b.example"},
        {{.role = ROLE_LOCAL}, ""},
        {{.role = ROLE_TRUSTED, .user = "ann@example.com"}, "b.example"},
        {{.role = ROLE_LOCAL, .domain = "example.com"}, "c.example"},
        {{.role = ROLE_TRUSTED, .user = "ann@example.com", .domain = "example.com"}, "b.example c.example"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(zones(owner, document, &cases[i].subject), cases[i].zones);
    const struct test_lists *lists = config_document_settings(document, TEST_LISTS, ROLE_OUTSIDE);
    const struct test_list *second = (const struct test_list *)lists->lists.items + 2;
    assert_int_equal(second->codes.count, 2);
    assert_string_equal(second->codes.items[0], "127.0.0.2");
    assert_string_equal(second->codes.items[1], "127.0.0.9");
    talloc_free(owner);
}

static void a_later_layer_adds_what_an_earlier_one_removed(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct text_collection ab, b;
    text_collection_init(&ab);
    text_collection_init(&b);
    text_collection_add_lower(&ab, slice_of("a"));
    text_collection_add_lower(&ab, slice_of("b"));
    text_collection_add_lower(&b, slice_of("b"));
    const struct text_set *both = text_set_create(owner, &ab), *one = text_set_create(owner, &b);
    const struct text_set *without = text_set_change(owner, both, NULL, one);
    const struct text_set *again = text_set_change(owner, without, one, NULL);
    assert_false(text_set_contains(without, slice_of("b")));
    assert_true(text_set_contains(again, slice_of("b")));
    assert_int_equal(text_set_count(without), 1);
    assert_int_equal(text_set_count(again), 2);
    assert_true(text_sets_can_meet(again, one));
    assert_false(text_sets_can_meet(without, one));
    text_collection_deinit(&ab);
    text_collection_deinit(&b);
    talloc_free(owner);
}

static void what_makes_no_sense_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
        bool is_error;
    } cases[] = {
        {"relay: { words: { ad: [x] } }\n",
         "c:1:17: error: words: keys stand where a list belongs, such as [word], or a change of it: { add: [word] }\n",
         true},
        {"relay: { words: { add: [x], remov: [y] } }\n",
         "c:1:29: error: words: a list is changed by add and remove; 'remov' is neither (did you mean 'remove'?)\n",
         true},
        {"relay: { words: { add: [x, y], remove: [Y] } }\n",
         "c:1:28: error: words: 'y' stands under add and under remove\n", true},
        {"relay: { networks: { remove: [192.0.2.0/33] } }\n",
         "c:1:31: error: networks: '192.0.2.0/33' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or "
         "\"2001:db8::/32\"\n",
         true},
        {"dnsbl: { lists: { zone: a.example } }\n",
         "c:1:17: error: lists: a list of entries belongs here: - { zone: … }; or a change of it: { add: [{ zone: … }] "
         "}\n",
         true},
        {"dnsbl: { lists: { remove: [bl.example] } }\n",
         "c:1:28: warning: lists: 'bl.example' is not in the list, so nothing is removed: `closedrelay check --print` "
         "shows what is\n",
         false},
        {"relay: { networks: { remove: [192.0.2.1] } }\n",
         "c:1:31: warning: networks: '192.0.2.1' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
        {"relay: { roles: { remove: [local] } }\n",
         "c:1:28: warning: roles: 'local' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
        {"relay: { servers: { remove: [192.0.2.1:53] } }\n",
         "c:1:30: warning: servers: '192.0.2.1:53' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
        {"relay: { domains: { remove: [example.com] } }\n",
         "c:1:30: warning: domains: 'example.com' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
        {"relay: { lines: { remove: [x] } }\n",
         "c:1:28: warning: lines: 'x' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
        {"relay: { words: { remove: [y] } }\n",
         "c:1:28: warning: words: 'y' is not in the list, so nothing is removed: `closedrelay check --print` shows what is\n",
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *owner = talloc_new(NULL);
        struct strbuf told;
        const struct config_document *document = read_config(owner, cases[i].text, &told);
        assert_int_equal(document == NULL, cases[i].is_error);
        if (strstr(strbuf_text(&told), cases[i].told) == NULL)
            fail_msg("told:\n%s", strbuf_text(&told));
        strbuf_deinit(&told);
        talloc_free(owner);
    }
}

/* An override that removes something for one of the roles it is for is not idle. */
static void what_is_removed_for_one_role_is_no_mistake(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    read_good(
        owner,
        "dnsbl: { roles: { trusted: { lists: { remove: [xbl.example.org] } } } }\n"
        "overrides: [ { when: { domain: a.example }, dnsbl: { lists: { remove: [xbl.example.org] } } } ]\n");
    talloc_free(owner);
}

static void what_is_printed_is_whole_and_reads_back(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct strbuf first, second;
    strbuf_init(&first, 0);
    strbuf_init(&second, 0);
    const char *text = talloc_asprintf(
        owner, "relay: { networks: { add: [192.0.2.0/24], remove: [192.0.2.7] } }\n%s", layered);
    config_document_print(read_good(owner, text), &first);
    static const char *const expected[] = {
        "\n  networks: { add: [192.0.2.0/24], remove: [192.0.2.7] }  # default, changed at c:1:20\n",
        "\n  lists:  # default, changed at c:3:10\n    - zone: xbl.example.org  # default\n",
        "\n      codes: [127.0.0.2, 127.0.0.9]  # default, changed at c:3:",
        "\n    dnsbl:\n      lists:  # c:8:54\n        remove: [xbl.example.org]\n",
        "\n        add:  # c:9:59\n          - zone: c.example  # c:9:",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (strstr(strbuf_text(&first), expected[i]) == NULL)
            fail_msg("not printed: %s", expected[i]);
    const struct config_document *again = read_good(owner, strbuf_text(&first));
    config_document_print(again, &second);
    const struct config_subject ann = {
        .role = ROLE_TRUSTED, .user = "ann@example.com", .domain = "example.com"};
    assert_string_equal(zones(owner, again, &ann), "b.example c.example");
    assert_false(has_network(relay_of(again)->networks, "192.0.2.7"));
    strbuf_deinit(&first);
    strbuf_deinit(&second);
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_changed),
        cmocka_unit_test(each_layer_changes_the_one_below),
        cmocka_unit_test(a_later_layer_adds_what_an_earlier_one_removed),
        cmocka_unit_test(what_makes_no_sense_is_told),
        cmocka_unit_test(what_is_removed_for_one_role_is_no_mistake),
        cmocka_unit_test(what_is_printed_is_whole_and_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
