#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "check/dnsbl/dnsbl_codes.h"
#include "check/dnsbl/dnsbl_lists.h"
#include "dns/dns_settings.h"
#include "check_fixture.h"
#include "stub_dns/stub_dns.h"

enum { LISTS_MAX = 4, PATIENCE_MS = 15000 };

/* A list for each zone, healthy; addresses are told apart by their last number. */
static const char rules[] =
    "2.0.0.127.bl.test A a=127.0.0.2\n"
    "4.2.0.192.bl.test A a=127.0.0.4\n"
    "4.2.0.192.bl.test TXT txt=see_https://bl.test/?k=SECRETKEY&ip=192.0.2.4\n"
    "10.2.0.192.bl.test A a=127.0.0.10\n"
    "14.2.0.192.bl.test A a=127.0.0.10,127.0.0.4\n"
    "2.0.0.127.second.test A a=127.0.0.2\n"
    "4.2.0.192.second.test A a=127.0.0.4\n"
    "2.0.0.127.wl.test A a=127.0.0.2\n"
    "4.2.0.192.wl.test A a=127.0.5.2\n"
    "2.0.0.127.secretkey.bl.test A a=127.0.0.2\n"
    "4.2.0.192.secretkey.bl.test A a=127.0.0.4\n"
    "4.2.0.192.secretkey.bl.test TXT txt=see_https://bl.test/?k=SECRETKEY&ip=192.0.2.4\n"
    "2.0.0.127.zen.dq.spamhaus.net A a=127.0.0.2\n";

struct world {
    struct stub_dns *stub;
    struct clock clock;
    struct dns_service *service;
    struct check_fixture fixture;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->stub = stub_dns_start(rules, 0);
    assert_non_null(world->stub);
    world->clock = clock_system();
    world->service = dns_service_create(&world->clock);
    assert_non_null(world->service);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    dns_service_destroy(world->service);
    stub_dns_stop(world->stub);
    free(world);
    return 0;
}

static void wait_until_tested(struct world *world)
{
    struct list_status statuses[LISTS_MAX];
    for (int waited_ms = 0;; waited_ms += 5) {
        size_t count = block_lists_get_status(dns_service_lists(world->service), statuses, LISTS_MAX);
        bool all = true;
        for (size_t i = 0; i < count; i++)
            all = all && statuses[i].state != LIST_UNTESTED;
        if (all)
            return;
        assert_true(waited_ms < PATIENCE_MS);
        usleep(5000);
    }
}

static void use(struct world *world, const struct dnsbl_settings *settings)
{
    struct config_endpoint server = {ENDPOINT_INET, "127.0.0.1", stub_dns_port(world->stub), ""};
    struct dns_settings dns = {{&server, 1}, "", 2000, 2, true};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    const struct check_services services = {.clock = &world->clock, .dns = world->service};
    dns_service_use(world->service, &dns);
    assert_true(dnsbl_use(settings, &services, &problems));
    strbuf_deinit(&problems);
    wait_until_tested(world);
}

static struct check_context context_of(struct world *world, enum check_stage stage)
{
    struct check_fixture *fixture = &world->fixture;
    return (struct check_context){.stage = stage,
                                  .session = &fixture->session,
                                  .message = stage == STAGE_CONNECT ? NULL : &fixture->message,
                                  .settings = fixture->settings,
                                  .owner = fixture->owner,
                                  .message_slot = &fixture->message_slot,
                                  .session_slot = &fixture->session_slot};
}

/* A client connects and gives MAIL; the findings are then in world->fixture. */
static void ask(struct world *world, const char *yaml, enum role role, const char *client)
{
    world->fixture = check_fixture_begin(&dnsbl_check, yaml, role);
    use(world, world->fixture.settings);
    world->fixture.session.client_ip_known =
        ip_address_parse(slice_of(client), &world->fixture.session.client_ip);
    assert_true(world->fixture.session.client_ip_known);
    const struct check_services services = {.clock = &world->clock, .dns = world->service};
    struct check_context context = context_of(world, STAGE_CONNECT);
    dnsbl_check.begin(&context, &services, NULL);
    context = context_of(world, STAGE_MAIL);
    dnsbl_check.begin(&context, &services, &world->fixture.message.gathered);
    dnsbl_check.decide(&context, &world->fixture.findings);
}

static const struct finding *finding_at(const struct world *world, size_t i)
{
    assert_true(i < world->fixture.findings.count);
    return &world->fixture.findings.items[i];
}

static const struct expected_finding listed = {FINDING_FAIL,  "listed", MODE_ENFORCE,
                                               ACTION_REJECT, 550,      "5.7.1"};
static const struct expected_finding not_listed = {FINDING_PASS, "not_listed", MODE_ENFORCE, ACTION_ACCEPT, 0,
                                                   NULL};
static const struct expected_finding not_asked = {FINDING_PASS,  "not_asked", MODE_ENFORCE,
                                                  ACTION_ACCEPT, 0,           NULL};

static void a_listed_address_is_refused_with_the_lists_words(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { lists: [{ zone: bl.test, codes: [127.0.0.4-127.0.0.7] }] }", ROLE_SUBMISSION,
        "192.0.2.4");
    assert_finding(finding_at(world, 0), &listed);
    assert_string_equal(finding_at(world, 0)->detail, "bl.test: 127.0.0.4");
    assert_reply_says(finding_at(world, 0),
                      (const char *[]){"192.0.2.4", "bl.test", "see https://bl.test/", NULL});
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { lists: [{ zone: bl.test }] }", ROLE_OUTSIDE, "192.0.2.5");
    assert_finding(finding_at(world, 0), &not_listed);
    assert_string_equal(finding_at(world, 0)->detail, "bl.test");
    check_fixture_end(&world->fixture);
}

static void other_codes_do_not_count(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { lists: [{ zone: bl.test, codes: 127.0.0.10 }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_int_equal(world->fixture.findings.count, 1);
    assert_finding(finding_at(world, 0), &not_listed);
    check_fixture_end(&world->fixture);
}

static void policy_codes_refuse_no_login_by_accident(void **state)
{
    static const struct {
        const char *client;
        enum role role;
        bool refused;
    } cases[] = {
        {"192.0.2.10", ROLE_OUTSIDE, true},
        {"192.0.2.10", ROLE_SUBMISSION, false},
        {"192.0.2.14", ROLE_SUBMISSION, true}, /* on the other kind of list too */
        {"192.0.2.14", ROLE_OUTSIDE, true},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(world, "dnsbl: { lists: [{ zone: bl.test }] }", cases[i].role, cases[i].client);
        assert_finding(finding_at(world, 0), cases[i].refused ? &listed : &not_listed);
        check_fixture_end(&world->fixture);
    }
}

static void private_and_trusted_addresses_are_not_asked(void **state)
{
    static const char *const clients[] = {"10.1.2.3", "127.0.0.1", "100.64.0.1", "fe80::1", "fd00::1", "::1"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        ask(world, "dnsbl: { lists: [{ zone: bl.test }] }", ROLE_OUTSIDE, clients[i]);
        assert_finding(finding_at(world, 0), &not_asked);
        check_fixture_end(&world->fixture);
    }
    assert_int_equal(stub_dns_count(world->stub, "3.2.1.10.bl.test"), 0);
}

static void roles_that_no_list_is_for_have_no_finding(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { lists: [{ zone: bl.test }] }", ROLE_TRUSTED, "192.0.2.4");
    assert_int_equal(world->fixture.findings.count, 0);
    check_fixture_end(&world->fixture);
}

static void weights_add_up_to_the_threshold(void **state)
{
    struct world *world = *state;
    ask(world,
        "dnsbl: { threshold: 3, lists: [{ zone: bl.test, weight: 2 }, { zone: second.test, weight: 2 }] }",
        ROLE_OUTSIDE, "192.0.2.4");
    assert_finding(finding_at(world, 0), &listed);
    assert_finding(finding_at(world, 1), &listed);
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { threshold: 3, lists: [{ zone: bl.test, weight: 2 }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_string_equal(finding_at(world, 0)->reason, "listed_below_threshold");
    assert_int_equal(finding_at(world, 0)->action, ACTION_ACCEPT);
    check_fixture_end(&world->fixture);
}

static void an_allow_list_outvotes_a_block_list(void **state)
{
    struct world *world = *state;
    ask(world,
        "dnsbl: { lists: [{ zone: bl.test }, { zone: wl.test, kind: allow, codes: [\"127.0.[2-20].[1-3]\"], "
        "weight: 5 }] }",
        ROLE_OUTSIDE, "192.0.2.4");
    assert_string_equal(finding_at(world, 0)->reason, "listed_below_threshold");
    assert_string_equal(finding_at(world, 1)->reason, "allowed");
    for (size_t i = 0; i < world->fixture.findings.count; i++)
        assert_int_equal(finding_at(world, i)->action, ACTION_ACCEPT);
    check_fixture_end(&world->fixture);
}

static void answers_have_roles_and_actions_of_their_own(void **state)
{
    static const char yaml[] =
        "dnsbl:\n  lists:\n    - zone: bl.test\n      answers:\n"
        "        - { codes: 127.0.0.4, name: XBL, roles: [submission], action: score }\n"
        "        - { codes: 127.0.0.4, name: XBL, roles: [outside], action: defer }\n";
    struct world *world = *state;
    ask(world, yaml, ROLE_SUBMISSION, "192.0.2.4");
    assert_string_equal(finding_at(world, 0)->reason, "listed_score");
    assert_int_equal(finding_at(world, 0)->action, ACTION_ACCEPT);
    check_fixture_end(&world->fixture);
    ask(world, yaml, ROLE_OUTSIDE, "192.0.2.4");
    assert_int_equal(finding_at(world, 0)->action, ACTION_DEFER);
    assert_string_equal(finding_at(world, 0)->reply.enhanced, "4.7.1");
    assert_string_equal(finding_at(world, 0)->detail, "bl.test: 127.0.0.4 (XBL)");
    check_fixture_end(&world->fixture);
}

/* dnsbl.logins: what a listing means for a login, and for a login alone. */
static void a_listing_may_be_evidence_against_a_login(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { logins: evidence, lists: [{ zone: bl.test }] }", ROLE_SUBMISSION, "192.0.2.4");
    assert_int_equal(world->fixture.findings.count, 1);
    assert_string_equal(finding_at(world, 0)->reason, "listed_evidence");
    assert_int_equal(finding_at(world, 0)->outcome, FINDING_PASS);
    assert_int_equal(finding_at(world, 0)->action, ACTION_ACCEPT);
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { logins: evidence, lists: [{ zone: bl.test }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_finding(finding_at(world, 0), &listed);
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { logins: off, lists: [{ zone: bl.test }] }", ROLE_SUBMISSION, "192.0.2.4");
    assert_int_equal(world->fixture.findings.count, 0);
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { logins: off, lists: [{ zone: bl.test }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_finding(finding_at(world, 0), &listed);
    check_fixture_end(&world->fixture);
}

/* Written for logins as they may be: what an address is for is nothing that its user did. */
static void policy_codes_never_count_against_a_login(void **state)
{
    static const char *const yamls[] = {
        "dnsbl: { lists: [{ zone: bl.test, roles: [submission, outside] }] }",
        "dnsbl: { lists: [{ zone: bl.test, codes: [127.0.0.10-127.0.0.11], roles: [submission, outside] }] }",
        "dnsbl: { lists: [{ zone: bl.test, answers: [{ codes: 127.0.0.10, roles: [submission, outside] }] }] }",
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof yamls / sizeof *yamls; i++) {
        ask(world, yamls[i], ROLE_SUBMISSION, "192.0.2.10");
        for (size_t j = 0; j < world->fixture.findings.count; j++)
            assert_int_equal(finding_at(world, j)->action, ACTION_ACCEPT);
        check_fixture_end(&world->fixture);
        ask(world, yamls[i], ROLE_OUTSIDE, "192.0.2.10");
        assert_finding(finding_at(world, 0), &listed);
        check_fixture_end(&world->fixture);
    }
}

static void a_tag_says_which_list_and_refuses_nobody(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { lists: [{ zone: bl.test, action: tag }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_string_equal(finding_at(world, 0)->reason, "listed_tag");
    assert_int_equal(finding_at(world, 0)->outcome, FINDING_PASS);
    assert_int_equal(finding_at(world, 0)->action, ACTION_ACCEPT);
    assert_string_equal(finding_at(world, 0)->tag, "bl.test: 127.0.0.4, client 192.0.2.4");
    check_fixture_end(&world->fixture);
    ask(world, "dnsbl: { lists: [{ zone: bl.test, action: score }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_null(finding_at(world, 0)->tag);
    check_fixture_end(&world->fixture);
}

static void a_key_is_shown_nowhere(void **state)
{
    struct world *world = *state;
    ask(world, "dnsbl: { lists: [{ zone: bl.test, key: secretkey, roles: [outside] }] }", ROLE_OUTSIDE,
        "192.0.2.4");
    assert_finding(finding_at(world, 0), &listed);
    assert_string_equal(finding_at(world, 0)->detail, "bl.test: 127.0.0.4");
    assert_null(strcasestr(finding_at(world, 0)->reply.text, "secretkey"));
    struct list_status statuses[LISTS_MAX];
    assert_int_equal(block_lists_get_status(dns_service_lists(world->service), statuses, LISTS_MAX), 1);
    assert_string_equal(statuses[0].shown, "bl.test");
    assert_int_equal(stub_dns_count(world->stub, "4.2.0.192.secretkey.bl.test"), 2); /* A and TXT */
    check_fixture_end(&world->fixture);
}

static void the_reply_may_be_the_admins_own(void **state)
{
    struct world *world = *state;
    ask(world,
        "dnsbl: { lists: [{ zone: bl.test, text: false, reply: \"no {ip} by {list} {code}{text} {other} "
        "100%\" }] }",
        ROLE_OUTSIDE, "192.0.2.4");
    assert_string_equal(finding_at(world, 0)->reply.text, "no 192.0.2.4 by bl.test 127.0.0.4 {other} 100%");
    check_fixture_end(&world->fixture);
}

static void a_list_that_fails_its_test_is_unknown(void **state)
{
    struct world *world = *state;
    assert_true(stub_dns_set_rules(world->stub, "*.bl.test * a=127.0.0.2\n"));
    ask(world, "dnsbl: { on_unknown: defer, lists: [{ zone: bl.test }] }", ROLE_OUTSIDE, "192.0.2.4");
    assert_int_equal(finding_at(world, 0)->outcome, FINDING_UNKNOWN);
    assert_string_equal(finding_at(world, 0)->reason, "suspended");
    assert_int_equal(finding_at(world, 0)->action, ACTION_DEFER);
    check_fixture_end(&world->fixture);
}

static void what_is_off_is_neither_asked_nor_tested(void **state)
{
    static const struct {
        const char *yaml;
        bool wanted;
    } cases[] = {
        {"dnsbl: { mode: off, lists: [{ zone: bl.test }] }", false},
        {"dnsbl: { mode: off, lists: [{ zone: bl.test }], roles: { submission: { mode: enforce } } }", true},
        {"dnsbl: { lists: [{ zone: bl.test }], roles: { outside: { mode: off } } }", true},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stub_dns_forget_counts(world->stub);
        ask(world, cases[i].yaml, ROLE_OUTSIDE, i == 0 ? "192.0.2.4" : i == 1 ? "192.0.2.5" : "192.0.2.6");
        assert_int_equal(stub_dns_count(world->stub, NULL) > 0, cases[i].wanted);
        check_fixture_end(&world->fixture);
    }
}

/* ---- configuration ----------------------------------------------------------------------------------- */

static void the_default_is_the_founding_list(void **state)
{
    (void)state;
    static const uint32_t xbl = 0x7f000004, pbl = 0x7f00000a;
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        struct check_fixture fixture = check_fixture_begin(&dnsbl_check, "", role);
        const struct dnsbl_settings *settings = fixture.settings;
        assert_int_equal(settings->lists.count, 1);
        const struct dnsbl_list *list = dnsbl_list_at(settings, 0);
        assert_string_equal(list->zone, "xbl.spamhaus.org");
        bool meant = role == ROLE_SUBMISSION || role == ROLE_OUTSIDE;
        assert_int_equal(dnsbl_rule_for(list, &xbl, 1, role) != NULL, meant);
        assert_null(dnsbl_rule_for(list, &pbl, 1, role));
        check_fixture_end(&fixture);
    }
}

static void presets_tell_codes_apart(void **state)
{
    static const struct {
        const char *entry;
        uint32_t code;
        enum role role;
        const char *name; /* NULL: does not count */
    } cases[] = {
        {"preset: spamhaus-zen", 0x7f000002, ROLE_OUTSIDE, "SBL"},
        {"preset: spamhaus-zen", 0x7f000002, ROLE_SUBMISSION, NULL},
        {"preset: spamhaus-zen", 0x7f000004, ROLE_SUBMISSION, "XBL"},
        {"preset: spamhaus-zen", 0x7f00000b, ROLE_OUTSIDE, "PBL"},
        {"preset: spamhaus-zen", 0x7f00000b, ROLE_SUBMISSION, NULL},
        {"zone: zen.spamhaus.org", 0x7f00000b, ROLE_SUBMISSION, NULL},
        {"zone: zen.spamhaus.org, codes: [127.0.0.2-127.0.0.11]", 0x7f00000a, ROLE_SUBMISSION, NULL},
        {"zone: zen.spamhaus.org, codes: [127.0.0.2-127.0.0.11]", 0x7f00000a, ROLE_OUTSIDE, "PBL"},
        {"zone: zen.spamhaus.org, codes: [127.0.0.4]", 0x7f000005, ROLE_OUTSIDE, NULL},
        {"preset: spamhaus-dqs, key: abc123", 0x7f000009, ROLE_OUTSIDE, "DROP"},
        {"zone: abc123.zen.dq.spamhaus.net", 0x7f00000a, ROLE_SUBMISSION, NULL},
        {"preset: dnswl", 0x7f000503, ROLE_OUTSIDE, "medium or high"},
        {"preset: dnswl", 0x7f000500, ROLE_OUTSIDE, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[200];
        snprintf(yaml, sizeof yaml, "dnsbl: { lists: [{ %s }] }", cases[i].entry);
        struct check_fixture fixture = check_fixture_begin(&dnsbl_check, yaml, cases[i].role);
        const struct dnsbl_rule *rule =
            dnsbl_rule_for(dnsbl_list_at(fixture.settings, 0), &cases[i].code, 1, cases[i].role);
        if (cases[i].name == NULL)
            assert_null(rule);
        else
            assert_string_equal(rule->name, cases[i].name);
        check_fixture_end(&fixture);
    }
}

static void what_would_go_wrong_is_said(void **state)
{
    static const struct {
        const char *entry, *said; /* NULL: nothing */
    } cases[] = {
        {"preset: spamhaus-zen", NULL},
        {"zone: list.example", NULL},
        {"preset: spamhaus-zen, roles: [submission]", "warning: zen.spamhaus.org PBL: answers of this kind"},
        {"preset: spamhaus-zen, roles: [submission], action: score", NULL},
        {"zone: list.example, roles: [outside, submission]", "warning: list.example: answers of this kind"},
        {"zone: list.example, answers: [{ codes: 127.0.0.10, roles: [submission] }]",
         "warning: list.example"},
        {"zone: dnsbl.sorbs.net", "warning: dnsbl.sorbs.net: this list is dead: it closed in 2024"},
        {"zone: abc123.zen.dq.spamhaus.net", "warning: ***.zen.dq.spamhaus.net: what looks like a key"},
        {"preset: spamhaus-dqs", "error: spamhaus-dqs needs `key`"},
        {"preset: spamhouse", "error: spamhouse: no such preset"},
        {"weight: 2", "error: a list needs `zone` or `preset`"},
        {"zone: \"bad zone\"", "error: bad zone: not the name of a zone"},
        {"zone: list.example, codes: [127.0.0]", "error: 127.0.0: not a code"},
        {"zone: list.example, codes: [127.0.0.9-127.0.0.2]", "error: 127.0.0.9-127.0.0.2: not a code"},
        {"zone: list.example, codes: [\"127.[0-9].[0-99].1\"]", "too many codes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *owner = talloc_new(NULL);
        char yaml[200];
        snprintf(yaml, sizeof yaml, "dnsbl: { lists: [{ %s }] }", cases[i].entry);
        const char *problems = check_fixture_problems(owner, &dnsbl_check, yaml);
        if (cases[i].said == NULL ? problems[0] != '\0' : strstr(problems, cases[i].said) == NULL)
            fail_msg("%s: %s", cases[i].entry, problems);
        assert_null(strstr(problems, "abc123"));
        talloc_free(owner);
    }
}

static void codes_are_read_and_combined(void **state)
{
    (void)state;
    struct dnsbl_ranges a = {.count = 0}, b = {.count = 0};
    assert_true(dnsbl_ranges_add(&a, slice_of("127.0.0.2-127.0.0.20")));
    assert_true(dnsbl_ranges_add(&b, slice_of(" 127.0.[0-1].[4-7] ")));
    assert_int_equal(b.count, 2);
    struct dnsbl_ranges common = dnsbl_ranges_common(&a, &b);
    assert_int_equal(common.count, 1);
    assert_int_equal(common.items[0].first, 0x7f000004);
    assert_int_equal(common.items[0].last, 0x7f000007);
    struct dnsbl_ranges rest = dnsbl_ranges_without(&a, common.items[0]);
    assert_int_equal(rest.count, 2);
    assert_int_equal(rest.items[0].last, 0x7f000003);
    assert_int_equal(rest.items[1].first, 0x7f000008);
    static const char *const bad[] = {
        "",           "127.0.0.",      "127.0.0.256",         "127.0.0.2-",  "127.0.0.2-127.0.0.[3-4]",
        "127.0.0.[4", "127.0.0.[7-4]", "127.0.0.2 127.0.0.3", "127.0.0.0002"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dnsbl_ranges_add(&a, slice_of(bad[i])));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_listed_address_is_refused_with_the_lists_words),
        WITH_WORLD(other_codes_do_not_count),
        WITH_WORLD(policy_codes_refuse_no_login_by_accident),
        WITH_WORLD(a_listing_may_be_evidence_against_a_login),
        WITH_WORLD(policy_codes_never_count_against_a_login),
        WITH_WORLD(private_and_trusted_addresses_are_not_asked),
        WITH_WORLD(roles_that_no_list_is_for_have_no_finding),
        WITH_WORLD(weights_add_up_to_the_threshold),
        WITH_WORLD(an_allow_list_outvotes_a_block_list),
        WITH_WORLD(answers_have_roles_and_actions_of_their_own),
        WITH_WORLD(a_tag_says_which_list_and_refuses_nobody),
        WITH_WORLD(a_key_is_shown_nowhere),
        WITH_WORLD(the_reply_may_be_the_admins_own),
        WITH_WORLD(a_list_that_fails_its_test_is_unknown),
        WITH_WORLD(what_is_off_is_neither_asked_nor_tested),
        cmocka_unit_test(the_default_is_the_founding_list),
        cmocka_unit_test(presets_tell_codes_apart),
        cmocka_unit_test(what_would_go_wrong_is_said),
        cmocka_unit_test(codes_are_read_and_combined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
