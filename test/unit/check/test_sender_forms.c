/* Tags, signed and rewritten addresses, groups, several sources: what is a login's own. Senders of networks
 * and scripts, and one's own domains from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "check/sender/sender.h"
#include "check_fixture.h"
#include "config/sets.h"

static struct check_fixture begin(const char *yaml, enum role role, const char *user)
{
    struct check_fixture fixture = check_fixture_begin(&sender_check, yaml, role);
    struct text_collection own;
    text_collection_init(&own);
    text_collection_add(&own, slice_of("example.com"));
    text_collection_add(&own, slice_of(".example.net"));
    fixture.local_domains = text_set_create(fixture.owner, &own);
    assert_non_null(fixture.local_domains);
    text_collection_deinit(&own);
    fixture.message.user = fixture.message.login = user;
    return fixture;
}

static void set_sender(struct check_fixture *fixture, const char *path)
{
    assert_true(mail_address_parse(fixture->owner, slice_of(path), &fixture->message.sender));
}

static void set_client(struct check_fixture *fixture, const char *address)
{
    assert_true(ip_address_parse(slice_of(address), &fixture->session.client_ip));
    fixture->session.client_ip_known = true;
    fixture->session.client_port = 4711;
}

/* ---- logins ----------------------------------------------------------------------------------------- */

struct own_case {
    const char *yaml, *user, *sender;
    bool owned;
};

static void check_owned(const struct own_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct check_fixture fixture = begin(cases[i].yaml, ROLE_SUBMISSION, cases[i].user);
        set_sender(&fixture, cases[i].sender);
        check_fixture_ask(&fixture, STAGE_MAIL);
        if ((check_fixture_last(&fixture)->outcome == FINDING_PASS) != cases[i].owned)
            fail_msg("%s: %s as %s: %s", cases[i].yaml, cases[i].user, cases[i].sender,
                     check_fixture_last(&fixture)->reason);
        check_fixture_end(&fixture);
    }
}

static void tags_begin_with_the_delimiters(void **state)
{
    (void)state;
    static const char dot[] = "sender: { match: address, recipient_delimiter: . }",
                      several[] = "sender: { match: address, recipient_delimiter: \"+-\" }",
                      none[] = "sender: { match: address, recipient_delimiter: \"\" }",
                      table[] =
                          "sender: { match: table, recipient_delimiter: \"-\", table: { ann@example.com: "
                          "info@example.com }, login_maps: { sales@example.com: ann@example.com } }";
    static const struct own_case cases[] = {
        {dot, "ann@example.com", "ann.shop@example.com", true},
        {dot, "ann@example.com", "ann+shop@example.com", false},
        {dot, "ann.lee@example.com", "ann.lee@example.com", true},
        {dot, "ann.lee@example.com", "ann@example.com", false},
        {several, "ann@example.com", "ann-shop+x@example.com", true},
        {several, "ann@example.com", "ann+shop-x@example.com", true},
        {several, "ann@example.com", "anna-shop@example.com", false},
        {several, "ann@example.com", "-ann@example.com", false},
        {several, "ann-lee@example.com", "ann-lee@example.com", true},
        {none, "ann@example.com", "ann+shop@example.com", false},
        {table, "ann@example.com", "info-x@example.com", true},
        {table, "ann@example.com", "sales-x@example.com", true},
        {table, "ann@example.com", "sales+x@example.com", false},
    };
    check_owned(cases, sizeof cases / sizeof *cases);
}

static void signed_and_rewritten_addresses_are_seen_through(void **state)
{
    (void)state;
    static const char address[] = "sender: { match: address }",
                      table[] = "sender: { match: table, login_maps: { info@example.com: ann@example.com } }";
    static const struct own_case cases[] = {
        {address, "ann@example.com", "prvs=4817abcdef=ann@example.com", true},
        {address, "ann@example.com", "PRVS=4817abcdef=Ann+x@example.com", true},
        {address, "ann@example.com", "prvs=4817abcdef=ben@example.com", false},
        {address, "ann@example.com", "prvs=4817abcdef=ann@example.org", false},
        {address, "ann@example.com", "prvs=ann@example.com", false},
        {address, "ann@example.com", "prvs==ann@example.com", false},
        {address, "ann@example.com", "SRS0=HHHH=TT=example.com=ann@relay.example.net", true},
        {address, "ann@example.com", "SRS0+HHHH=TT=example.com=ann@example.com", true},
        {address, "ann@example.com", "SRS0=HHHH=TT=example.com=ben@relay.example.net", false},
        {address, "ann@example.com", "SRS0=HHHH=TT=example.com=ann@victim.example", false},
        {address, "ann@example.com", "SRS0=HHHH=example.com=ann@relay.example.net", false},
        {"", "ann@example.com", "SRS0=HHHH=TT=example.com=ben@relay.example.net", true},
        {table, "ann@example.com", "prvs=4817abcdef=info@example.com", true},
        {table, "ben@example.com", "prvs=4817abcdef=info@example.com", false},
    };
    check_owned(cases, sizeof cases / sizeof *cases);
}

static void what_is_ones_own_may_be_added_to_a_table(void **state)
{
    (void)state;
    static const char address[] = "sender: { match: table, own: address, login_maps: { info@example.com: "
                                  "\"ann@example.com, ben@example.com\" } }",
                      domain[] =
                          "sender: { match: table, own: domain, table: { ann@example.com: x@example.org } }",
                      alone[] = "sender: { match: table, own: address }";
    static const struct own_case cases[] = {
        {address, "dora@example.com", "dora@example.com", true},
        {address, "dora@example.com", "dora+x@example.com", true},
        {address, "dora@example.com", "info@example.com", false},
        {address, "ben@example.com", "info@example.com", true},
        {address, "ben@example.com", "ann@example.com", false},
        {domain, "ann@example.com", "any@example.com", true},
        {domain, "ann@example.com", "x@example.org", true},
        {domain, "ann@example.com", "y@example.org", false},
        {alone, "ann@example.com", "ann@example.com", true},
        {alone, "ann@example.com", "ben@example.com", false},
    };
    check_owned(cases, sizeof cases / sizeof *cases);
}

static void groups_stand_for_their_logins(void **state)
{
    (void)state;
    static const char yaml[] =
        "sender:\n"
        "  match: table\n"
        "  groups: { ann@example.com: [Sales, board], ben@example.com: sales }\n"
        "  table: { group:sales: sales@example.com, group:Board: .example.com, "
        "ann@example.com: ann@example.com }\n"
        "  login_maps: { press@example.com: [group:board, zoe@example.com], all@example.com: "
        "\"@example.com\" }\n";
    static const struct own_case cases[] = {
        {yaml, "ann@example.com", "sales@example.com", true},
        {yaml, "ann@example.com", "x@board.example.com", true},
        {yaml, "ann@example.com", "ann@example.com", true},
        {yaml, "ann@example.com", "press@example.com", true},
        {yaml, "ben@example.com", "sales@example.com", true},
        {yaml, "ben@example.com", "press@example.com", false},
        {yaml, "ben@example.com", "x@board.example.com", false},
        {yaml, "zoe@example.com", "press@example.com", true},
        {yaml, "zoe@example.com", "sales@example.com", false},
        {yaml, "carl@example.com", "all@example.com", true},
        {yaml, "carl@example.org", "all@example.com", false},
    };
    check_owned(cases, sizeof cases / sizeof *cases);
}

static void write_file(char *path, const char *text)
{
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void every_source_of_a_map_counts(void **state)
{
    (void)state;
    char mailboxes[] = "/tmp/test_sender.XXXXXX", extra[] = "/tmp/test_sender.XXXXXX", yaml[400];
    write_file(mailboxes, "ann@example.com ann@example.com\nben@example.com ben@example.com\n");
    write_file(extra, "ann@example.com ben@example.com\n@example.org zoe@example.com\n");
    snprintf(
        yaml, sizeof yaml,
        "sender: { match: table, login_maps: [{ ann@example.com: carl@example.com }, \"file:%s\", \"file:%s\", "
        "{ ann@example.com: dora@example.com }] }",
        mailboxes, extra);
    const struct own_case cases[] = {
        {yaml, "ann@example.com", "ann@example.com", true},
        {yaml, "ben@example.com", "ann@example.com", true},
        {yaml, "carl@example.com", "ann@example.com", true},
        {yaml, "dora@example.com", "ann@example.com", true},
        {yaml, "zoe@example.com", "ann@example.com", false},
        {yaml, "zoe@example.com", "x@example.org", true},
    };
    check_owned(cases, sizeof cases / sizeof *cases);
    unlink(mailboxes);
    unlink(extra);
}

/* ---- networks and scripts ----------------------------------------------------------------------------- */

static const char identities[] = "sender:\n"
                                 "  header_from: enforce\n"
                                 "  identities:\n"
                                 "    192.0.2.0/24: [example.com, shop@example.org]\n"
                                 "    192.0.2.7: example.net\n"
                                 "    \"2001:db8::/32\": example.com\n"
                                 "    uid:1000: shop.example\n"
                                 "    script:/srv/x.php: x@example.com\n"
                                 "    customer:acme: acme.example\n"
                                 "    relay.example: \"*\"\n";

static void networks_and_scripts_use_what_they_are_given(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        const char *user, *client, *customer, *sender;
        int outcome; /* -1: not asked */
    } cases[] = {
        {ROLE_TRUSTED, "192.0.2.0/24", "192.0.2.9", "", "ann@example.com", FINDING_PASS},
        {ROLE_TRUSTED, "192.0.2.0/24", "192.0.2.9", "", "shop+x@example.org", FINDING_PASS},
        {ROLE_TRUSTED, "192.0.2.0/24", "192.0.2.9", "", "ceo@bank.example", FINDING_FAIL},
        {ROLE_TRUSTED, "192.0.0.0/16", "192.0.2.7", "", "ann@example.com", FINDING_FAIL},
        {ROLE_TRUSTED, "192.0.0.0/16", "192.0.2.7", "", "ann@example.net", FINDING_PASS},
        {ROLE_TRUSTED, "192.0.0.0/16", "192.0.2.9", "", "ceo@bank.example", FINDING_FAIL},
        {ROLE_TRUSTED, "198.51.100.0/24", "198.51.100.9", "", "ceo@bank.example", -1},
        {ROLE_TRUSTED, "2001:db8::/32", "2001:db8::7", "", "ceo@bank.example", FINDING_FAIL},
        {ROLE_TRUSTED, "relay.example", "198.51.100.9", "", "ceo@bank.example", FINDING_PASS},
        {ROLE_LOCAL, "uid:1000", "", "", "info@shop.example", FINDING_PASS},
        {ROLE_LOCAL, "uid:1000", "", "", "info@other.example", FINDING_FAIL},
        {ROLE_LOCAL, "uid:1001", "", "", "info@other.example", -1},
        {ROLE_LOCAL, "uid:1001", "", "acme", "info@other.example", FINDING_FAIL},
        {ROLE_LOCAL, "uid:1001", "", "acme", "info@acme.example", FINDING_PASS},
        {ROLE_LOCAL, "script:/srv/x.php", "", "", "x@example.com", FINDING_PASS},
        {ROLE_LOCAL, "script:/srv/x.php", "", "", "y@example.com", FINDING_FAIL},
        {ROLE_LOCAL, "script:/srv/x.php", "", "", "<>", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct check_fixture fixture = begin(identities, cases[i].role, cases[i].user);
        fixture.message.customer = cases[i].customer;
        if (cases[i].client[0] != '\0')
            set_client(&fixture, cases[i].client);
        set_sender(&fixture, cases[i].sender);
        check_fixture_ask(&fixture, STAGE_MAIL);
        if ((cases[i].outcome < 0) != (fixture.findings.count == 0) ||
            (cases[i].outcome >= 0 && (int)check_fixture_last(&fixture)->outcome != cases[i].outcome))
            fail_msg("%s %s as %s", cases[i].user, cases[i].client, cases[i].sender);
        check_fixture_end(&fixture);
    }
}

static void identities_are_held_to_from_as_well(void **state)
{
    (void)state;
    static const struct expected_finding refused = {
        FINDING_FAIL, "from_not_of_identity", MODE_ENFORCE, ACTION_REJECT, 553, "5.7.1"};
    struct check_fixture fixture = begin(identities, ROLE_LOCAL, "uid:1000");
    set_sender(&fixture, "info@shop.example");
    check_fixture_header(&fixture, "from", "ceo@bank.example");
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_finding(check_fixture_last(&fixture), &refused);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "Mail from uid:1000 may not write From: ceo@bank.example. Send from an address that your "
        "administrator allows there.");
    check_fixture_end(&fixture);
    fixture = begin(identities, ROLE_LOCAL, "uid:1001");
    check_fixture_header(&fixture, "from", "ceo@bank.example");
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_int_equal(fixture.findings.count, 0);
    check_fixture_end(&fixture);
}

/* "*" is for all who have no entry of their own. */
static void a_star_is_for_all_others(void **state)
{
    (void)state;
    struct check_fixture fixture =
        begin("sender: { identities: { \"*\": example.com, uid:0: \"*\" } }", ROLE_LOCAL, "uid:33");
    set_sender(&fixture, "x@example.org");
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_string_equal(check_fixture_last(&fixture)->reason, "sender_not_of_identity");
    check_fixture_end(&fixture);
}

/* ---- from outside ------------------------------------------------------------------------------------- */

static const char outside[] =
    "sender: { outside: { envelope: enforce, header_from: enforce, forwarders: 198.51.100.0/24, "
    "lists: [\"@lists.example.org\", .lists.example.org, ml@other.example, <>] } }";

static void own_domains_are_not_taken_from_outside(void **state)
{
    (void)state;
    static const struct {
        const char *client, *sender, *from;
        const char *at_mail, *at_end; /* the reason; NULL: nothing found */
    } cases[] = {
        {"192.0.2.7", "ann@example.com", "ann@example.com", "own_domain_from_outside", "own_domain_in_from"},
        {"192.0.2.7", "ann@mail.example.net", "x@example.org", "own_domain_from_outside", NULL},
        {"192.0.2.7", "ann@example.net", "x@example.org", NULL, NULL},
        {"192.0.2.7", "x@example.org", "\"Ann\" <ANN@EXAMPLE.com>", NULL, "own_domain_in_from"},
        {"192.0.2.7", "x@example.org", "x@example.org, ann@example.com", NULL, "own_domain_in_from"},
        {"192.0.2.7", "x@example.org", "\"ann@example.com\" <x@example.org>", NULL, NULL},
        {"192.0.2.7", "x-bounces@lists.example.org", "ann@example.com", NULL, NULL},
        {"192.0.2.7", "x-bounces@a.lists.example.org", "ann@example.com", NULL, NULL},
        {"192.0.2.7", "ML@other.example", "ann@example.com", NULL, NULL},
        {"192.0.2.7", "nl@other.example", "ann@example.com", NULL, "own_domain_in_from"},
        {"192.0.2.7", "<>", "ann@example.com", NULL, NULL},
        {"198.51.100.9", "ann@example.com", "ann@example.com", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct check_fixture fixture = begin(outside, ROLE_OUTSIDE, "");
        set_client(&fixture, cases[i].client);
        set_sender(&fixture, cases[i].sender);
        check_fixture_header(&fixture, "from", cases[i].from);
        const char *const reasons[] = {cases[i].at_mail, cases[i].at_end};
        static const enum check_stage stages[] = {STAGE_MAIL, STAGE_MESSAGE};
        for (size_t j = 0; j < 2; j++) {
            const size_t before = fixture.findings.count;
            check_fixture_ask(&fixture, stages[j]);
            assert_int_equal(fixture.findings.count - before, reasons[j] != NULL);
            if (reasons[j] == NULL)
                continue;
            const struct expected_finding expected = {FINDING_FAIL,  reasons[j], MODE_ENFORCE,
                                                      ACTION_REJECT, 553,        "5.7.1"};
            assert_finding(check_fixture_last(&fixture), &expected);
        }
        check_fixture_end(&fixture);
    }
}

static void by_default_it_is_only_watched(void **state)
{
    (void)state;
    struct check_fixture fixture = begin("", ROLE_OUTSIDE, "");
    set_client(&fixture, "192.0.2.7");
    set_sender(&fixture, "ann@example.com");
    check_fixture_header(&fixture, "from", "ann@example.com");
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_int_equal(check_fixture_last(&fixture)->mode, MODE_MONITOR);
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_int_equal(fixture.findings.count, 1);
    check_fixture_end(&fixture);
}

static void keys_about_logins_are_refused_for_other_roles(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "sender: { roles: { outside: { match: domain } } }",
        "sender: { roles: { outside: { header_from: enforce } } }",
        "sender: { roles: { trusted: { match: domain, mode: enforce, header_from: enforce } } }",
        "sender: { roles: { local: { table: { uid:1: a@example.com } } } }",
        "overrides: [ { when: { role: outside, network: 192.0.2.0/24 }, sender: { match: off } } ]",
    };
    static const char *const right[] = {
        "sender: { match: domain, roles: { outside: { mode: off }, trusted: { header_from: enforce } } }",
        "overrides: [ { when: { role: outside, sender: \"@lists.example.org\" }, sender: { outside: { header_from: off } "
        "} } ]",
    };
    void *owner = talloc_new(NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strstr(check_fixture_problems(owner, &sender_check, wrong[i]), ": error: ") == NULL)
            fail_msg("%s", wrong[i]);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_string_equal(check_fixture_problems(owner, &sender_check, right[i]), "");
    assert_non_null(strstr(check_fixture_problems(owner, &sender_check, "sender: { recipient_delimiter: x }"),
                           "error: recipient_delimiter: 'x' cannot begin a tag"));
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_begin_with_the_delimiters),
        cmocka_unit_test(signed_and_rewritten_addresses_are_seen_through),
        cmocka_unit_test(what_is_ones_own_may_be_added_to_a_table),
        cmocka_unit_test(groups_stand_for_their_logins),
        cmocka_unit_test(every_source_of_a_map_counts),
        cmocka_unit_test(networks_and_scripts_use_what_they_are_given),
        cmocka_unit_test(identities_are_held_to_from_as_well),
        cmocka_unit_test(a_star_is_for_all_others),
        cmocka_unit_test(own_domains_are_not_taken_from_outside),
        cmocka_unit_test(by_default_it_is_only_watched),
        cmocka_unit_test(keys_about_logins_are_refused_for_other_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
