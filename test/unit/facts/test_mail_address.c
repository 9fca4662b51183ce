#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "facts/domain_name.h"
#include "facts/mail_address.h"

/* ---- envelope --------------------------------------------------------------------------------------- */

enum { QUOTED = 1, LITERAL = 2, NULL_SENDER = 4, MALFORMED = 8 };

struct path_case {
    const char *path;
    const char *text;
    const char *local_part;
    const char *domain;
    const char *route;
    unsigned flags;
};

static const struct path_case path_cases[] = {
    {"<ann@example.com>", "ann@example.com", "ann", "example.com", "", 0},
    {"ann@example.com", "ann@example.com", "ann", "example.com", "", 0},
    {" <Ann@Example.COM> \r\n", "Ann@example.com", "Ann", "example.com", "", 0},
    {"< ann@example.com >", "ann@example.com", "ann", "example.com", "", 0},
    {"<ann@example.com.>", "ann@example.com", "ann", "example.com", "", 0},
    {"<ann@example.com...>", "ann@example.com", "ann", "example.com", "", 0},
    {"<>", "", "", "", "", NULL_SENDER},
    {"", "", "", "", "", NULL_SENDER},
    {"< >", "", "", "", "", NULL_SENDER},
    {"<postmaster>", "postmaster", "postmaster", "", "", 0},
    {"<@a.example,@b.example:ann@example.com>", "ann@example.com", "ann", "example.com",
     "@a.example,@b.example", 0},
    {"<@[IPv6:::1]:ann@example.com>", "ann@example.com", "ann", "example.com", "@[ipv6:::1]", 0},
    {"<\"ann\"@example.com>", "ann@example.com", "ann", "example.com", "", QUOTED},
    {"<\"Ann O'Neil\"@example.com>", "\"Ann O'Neil\"@example.com", "Ann O'Neil", "example.com", "", QUOTED},
    {"<\"a\\\"b\\\\c\"@example.com>", "\"a\\\"b\\\\c\"@example.com", "a\"b\\c", "example.com", "", QUOTED},
    {"<\"\"@example.com>", "\"\"@example.com", "", "example.com", "", QUOTED},
    {"<\"user@victim\"@example.com>", "\"user@victim\"@example.com", "user@victim", "example.com", "",
     QUOTED},
    {"<user\\@victim@example.com>", "\"user@victim\"@example.com", "user@victim", "example.com", "", 0},
    {"<user@victim@example.com>", "\"user@victim\"@example.com", "user@victim", "example.com", "", 0},
    {"<user%victim@example.com>", "user%victim@example.com", "user%victim", "example.com", "", 0},
    {"<victim!user>", "victim!user", "victim!user", "", "", 0},
    {"<a..b.@docomo.example>", "a..b.@docomo.example", "a..b.", "docomo.example", "", 0},
    {"<ann@[192.0.2.1]>", "ann@[192.0.2.1]", "ann", "[192.0.2.1]", "", LITERAL},
    {"<ann@[IPv6:2001:DB8:0::1]>", "ann@[ipv6:2001:db8::1]", "ann", "[ipv6:2001:db8::1]", "", LITERAL},
    {"<ann@[X400:c=de]>", "ann@[x400:c=de]", "ann", "[x400:c=de]", "", LITERAL},
    {"<ann@B\xc3\x9c"
     "cher.example>",
     "ann@xn--bcher-kva.example", "ann", "xn--bcher-kva.example", "", 0},
    {"<\xc3\xa4nn@example.com>", "\xc3\xa4nn@example.com", "\xc3\xa4nn", "example.com", "", 0},
    {"<ann@example\xe3\x80\x82"
     "com>",
     "ann@example.com", "ann", "example.com", "", 0},
    /* No form that RFC 5321 knows: kept whole. */
    {"<ann@example.com", "<ann@example.com", "<ann@example.com", "", "", MALFORMED},
    {"<@example.com>", "@example.com", "@example.com", "", "", MALFORMED},
    {"<@a.example:@b.example:ann@example.com>", "@a.example:@b.example:ann@example.com",
     "@a.example:@b.example:ann@example.com", "", "", MALFORMED},
    {"<ann@>", "ann@", "ann@", "", "", MALFORMED},
    {"<ann@.>", "ann@.", "ann@.", "", "", MALFORMED},
    {"<ann@a..b>", "ann@a..b", "ann@a..b", "", "", MALFORMED},
    {"<ann@.example.com>", "ann@.example.com", "ann@.example.com", "", "", MALFORMED},
    {"<ann @example.com>", "ann @example.com", "ann @example.com", "", "", MALFORMED},
    {"<ann@ example.com>", "ann@ example.com", "ann@ example.com", "", "", MALFORMED},
    {"<\"ann@example.com>", "\"ann@example.com", "\"ann@example.com", "", "", MALFORMED},
    {"<user@victim(@x).example.com>", "user@victim(@x).example.com", "user@victim(@x).example.com", "", "",
     MALFORMED},
    {"<ann@example.com> <bob@example.com>", "ann@example.com> <bob@example.com",
     "ann@example.com> <bob@example.com", "", "", MALFORMED},
    {"<ann@example.com:victim>", "ann@example.com:victim", "ann@example.com:victim", "", "", MALFORMED},
    {"<ann@[192.0.2.1>", "ann@[192.0.2.1", "ann@[192.0.2.1", "", "", MALFORMED},
    {"<a\001b@example.com>", "a\001b@example.com", "a\001b@example.com", "", "", MALFORMED},
    {"<\"a\rb\"@example.com>", "\"a\rb\"@example.com", "\"a\rb\"@example.com", "", "", MALFORMED},
};

static void envelope_paths_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof path_cases / sizeof path_cases[0]; i++) {
        const struct path_case *wanted = &path_cases[i];
        void *owner = talloc_new(NULL);
        struct mail_address got;
        assert_true(mail_address_parse(owner, slice_of(wanted->path), &got));
        assert_string_equal(got.text, wanted->text);
        assert_string_equal(got.local_part, wanted->local_part);
        assert_string_equal(got.domain, wanted->domain);
        assert_string_equal(got.route, wanted->route);
        unsigned flags = (got.was_quoted ? QUOTED : 0U) | (got.is_literal ? LITERAL : 0U) |
                         (got.is_null ? NULL_SENDER : 0U) | (got.malformed ? MALFORMED : 0U);
        assert_int_equal(flags, wanted->flags);
        talloc_free(owner);
    }
}

static void nul_bytes_end_no_address_quietly(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct mail_address got;
    assert_true(mail_address_parse(owner, slice_make("ann@example.com\0.victim", 23), &got));
    assert_true(got.malformed);
    assert_true(mail_address_parse(owner, slice_make("ann\0@example.com", 16), &got));
    assert_true(got.malformed);
    talloc_free(owner);
}

static void same_mailbox_ignores_letter_case_and_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"<ann@example.com>", "ANN@EXAMPLE.COM.", true},
        {"<\"ann\"@example.com>", "<ann@example.com>", true},
        {"<>", "", true},
        {"<>", "postmaster", false},
        {"<ann@example.com>", "<ann@example.net>", false},
        {"<ann+x@example.com>", "<ann@example.com>", false},
        {"<@r:ann@example.com>", "<ann@example.com>", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *owner = talloc_new(NULL);
        struct mail_address a, b;
        assert_true(mail_address_parse(owner, slice_of(cases[i].a), &a));
        assert_true(mail_address_parse(owner, slice_of(cases[i].b), &b));
        assert_int_equal(mail_address_same_mailbox(&a, &b), cases[i].same);
        talloc_free(owner);
    }
}

static void long_paths_cost_no_more_than_their_length(void **state)
{
    (void)state;
    enum { LENGTH = 100000 };
    void *owner = talloc_new(NULL);
    char *path = talloc_size(owner, LENGTH);
    struct mail_address got;
    memset(path, '@', LENGTH);
    path[0] = 'a';
    path[LENGTH - 1] = 'b';
    assert_true(mail_address_parse(owner, slice_make(path, LENGTH), &got));
    assert_string_equal(got.domain, "b");
    assert_true(talloc_total_size(owner) < 6 * LENGTH);
    talloc_free(owner);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* it does its work, and nothing replaces it */
static void limit_memory(void *owner, size_t bytes)
{
    assert_int_equal(talloc_set_memlimit(owner, bytes), 0);
}
#pragma GCC diagnostic pop

/* Every amount of memory between none and enough: told, and nothing half made. */
static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    static const char path[] = "<@a.example:\"ann smith\"@[IPv6:2001:db8::1]>";
    bool parsed = false, read = false, login = false;
    for (size_t limit = 200; limit < 4000 && !(parsed && read && login); limit += 8) {
        void *owner = talloc_new(NULL);
        struct mail_address address;
        struct mail_address_list list;
        limit_memory(owner, limit);
        parsed = mail_address_parse(owner, slice_of(path), &address);
        assert_true(parsed || address.malformed);
        assert_non_null(address.text);
        talloc_free_children(owner);
        read = mail_address_list_parse(owner, slice_of("Ann <ann@example.com>, bob@example.com"), 10, &list);
        assert_true(!read || list.count == 2);
        talloc_free_children(owner);
        login = login_canonical(owner, slice_of("ann"), "example.com") != NULL;
        talloc_free(owner);
    }
    assert_true(parsed && read && login);
}

/* ---- header fields ---------------------------------------------------------------------------------- */

struct list_case {
    const char *value;
    const char *addresses; /* with a blank between them */
    bool malformed;
};

static const struct list_case list_cases[] = {
    {"ann@example.com", "ann@example.com", false},
    {"Ann <ann@example.com>", "ann@example.com", false},
    {"\"Ann, the one\" <ann@example.com>, bob@example.com", "ann@example.com bob@example.com", false},
    {"=?utf-8?Q?=C3=84nn_O=2C?= <ann@example.com>", "ann@example.com", false},
    {"=?utf-8?B?w4RubiA8eEB5Pg==?=\n <ann@example.com>", "ann@example.com", false},
    {"ann@example.com (Ann, (the) one <x@y>)", "ann@example.com", false},
    {"ann (a) @ (b) example (c) . com", "ann@example.com", false},
    {"Ann\n\t<ann@\n example.com>", "ann@example.com", false},
    {"\"ann smith\"@example.com", "\"ann smith\"@example.com", false},
    {"Friends: ann@example.com, Bob <bob@example.com>;", "ann@example.com bob@example.com", false},
    {"Undisclosed recipients:;", "", false},
    {",, ann@example.com, ,", "ann@example.com", false},
    {"<@a.example,@b.example:ann@example.com>", "ann@example.com", false},
    {"ann@[IPv6:2001:db8::1]", "ann@[ipv6:2001:db8::1]", false},
    {"root", "root", false},
    {"Ann.Smith@Example.COM.", "Ann.Smith@example.com", false},
    {"ann@example.com <ann@example.com>", "ann@example.com", false},
    {"'ann@example.com' <ann@example.com>", "ann@example.com", false},
    {"\"ceo@bank.example\" <ann@example.com>", "ann@example.com", false},
    {"", "", false},
    /* Clients differ: every address is found, and the list is malformed. */
    {"ceo@bank.example <ann@example.com>", "ann@example.com ceo@bank.example", true},
    {"<ann@example.com> <ceo@bank.example>", "ann@example.com ceo@bank.example", true},
    {"<ann@example.com> ceo@bank.example", "ann@example.com ceo@bank.example", true},
    {"Ann ann@example.com", "ann@example.com", true},
    {"\"Ann\" ann@example.com", "ann@example.com", true},
    {"ceo@bank.example: ann@example.com;", "ceo@bank.example ann@example.com", true},
    {"Ann <ann@example.com", "ann@example.com", true},
    {"Ann ann@example.com>", "ann@example.com", true},
    {"ann@example.com (open", "ann@example.com", true},
    {"\"ceo@bank.example\"@example.com", "\"ceo@bank.example\"@example.com", true},
    {"ceo@bank.example@example.com", "\"ceo@bank.example\"@example.com", true},
    {"Ann <ceo@bank.example@example.com>", "\"ceo@bank.example\"@example.com", true},
    {"ceo\\@bank.example@example.com", "\"ceo@bank.example\"@example.com", true},
    {"Ann Smith", "", true},
    {"<>", "", true},
    {"Ann <>", "", true},
    {"<<ann@example.com>>", "ann@example.com", true},
    {"ann@example.com\001", "ann@example.com", true},
};

static void assert_list(const struct list_case *wanted)
{
    void *owner = talloc_new(NULL);
    struct mail_address_list list;
    char *joined = talloc_strdup(owner, "");
    assert_true(mail_address_list_parse(owner, slice_of(wanted->value), 10, &list));
    for (size_t i = 0; i < list.count; i++)
        joined = talloc_asprintf_append(joined, "%s%s", i == 0 ? "" : " ", list.items[i].text);
    assert_string_equal(joined, wanted->addresses);
    assert_int_equal(list.malformed, wanted->malformed);
    assert_false(list.truncated);
    talloc_free(owner);
}

static void header_lists_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof list_cases / sizeof list_cases[0]; i++)
        assert_list(&list_cases[i]);
}

static void header_lists_are_bounded(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct mail_address_list list;
    assert_true(mail_address_list_parse(owner, slice_of("a@x, b@x, c@x"), 3, &list));
    assert_int_equal(list.count, 3);
    assert_false(list.truncated);
    assert_true(mail_address_list_parse(owner, slice_of("a@x, b@x, c@x"), 2, &list));
    assert_int_equal(list.count, 2);
    assert_true(list.truncated);
    talloc_free(owner);
}

/* ---- logins and domains ----------------------------------------------------------------------------- */

static void logins_are_made_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *login, *realm, *canonical;
    } cases[] = {
        {"Ann@Example.com", "", "ann@example.com"},
        {"ann%example.com", "", "ann@example.com"},
        {"ann%x@example.com", "", "ann%x@example.com"},
        {"ann+tag@example.com", "", "ann@example.com"},
        {"ann+a+b%example.com.", "", "ann@example.com"},
        {"+tag@example.com", "", "+tag@example.com"},
        {"Ann", "Example.com", "ann@example.com"},
        {"ann@example.net", "example.com", "ann@example.net"},
        {"Ann+x", "", "ann"},
        {"ann@b\xc3\xbc"
         "cher.example",
         "", "ann@xn--bcher-kva.example"},
        {"ann@a@example.com", "", "ann@a@example.com"},
        {" ann ", "", "ann"},
        {"@", "", "@"},
        {"%.", "", "%."},
        {"", "example.com", "@example.com"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *owner = talloc_new(NULL);
        assert_string_equal(login_canonical(owner, slice_of(cases[i].login), cases[i].realm),
                            cases[i].canonical);
        talloc_free(owner);
    }
}

static void domains_are_made_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *canonical;
        bool valid;
    } cases[] = {
        {"Example.COM.", "example.com", true},
        {"_dmarc.example.com", "_dmarc.example.com", true},
        {"stra\xc3\x9f"
         "e.example",
         "xn--strae-oqa.example", true},
        {"xn--strae-oqa.example", "xn--strae-oqa.example", true},
        {"\xff.example", "\xff.example", false},
        {"a b", "a b", false},
        {"a/b", "a/b", false},
        {"..", "", false},
        {"", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *owner = talloc_new(NULL);
        const char *canonical = domain_canonical(owner, slice_of(cases[i].domain));
        assert_string_equal(canonical, cases[i].canonical);
        assert_int_equal(domain_is_valid(canonical), cases[i].valid);
        talloc_free(owner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope_paths_are_split),
        cmocka_unit_test(nul_bytes_end_no_address_quietly),
        cmocka_unit_test(same_mailbox_ignores_letter_case_and_quotes),
        cmocka_unit_test(long_paths_cost_no_more_than_their_length),
        cmocka_unit_test(running_out_of_memory_is_told),
        cmocka_unit_test(header_lists_are_read),
        cmocka_unit_test(header_lists_are_bounded),
        cmocka_unit_test(logins_are_made_canonical),
        cmocka_unit_test(domains_are_made_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
