#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check/relay/relay.h"
#include "check_fixture.h"

static const char settings[] =
    "relay:\n"
    "  local_domains: [ours.example, .sub.example, \"b\u00fccher.example\", \"[192.0.2.1]\"]\n";

/* Where an outside client may send, form by form; NULL: there. */
static const struct {
    const char *path;
    const char *reason;
} forms[] = {
    /* Honest local mail. */
    {"<ann@ours.example>", NULL},
    {"ann@ours.example", NULL},
    {"<Ann@OURS.Example>", NULL},
    {"<ann@ours.example.>", NULL},
    {" <ann@ours.example> ", NULL},
    {"<\"ann smith\"@ours.example>", NULL},
    {"<\"ann\"@ours.example>", NULL},
    {"<ann+tag=x/y&z@ours.example>", NULL},
    {"<a..b@ours.example>", NULL},
    {"<\xc3\xa4nn@ours.example>", NULL},
    {"<ann@b\xc3\xbc"
     "cher.example>",
     NULL},
    {"<ann@B\xc3\x9c"
     "CHER.example>",
     NULL},
    {"<ann@xn--bcher-kva.example>", NULL},
    {"<ann@mail.sub.example>", NULL},
    {"<ann@a.b.sub.example>", NULL},
    {"<ann@[192.0.2.1]>", NULL},
    {"<postmaster>", NULL},
    {"PostMaster", NULL},
    {"<postmaster@ours.example>", NULL},
    {"<@ours.example:ann@ours.example>", NULL},
    {"<SRS0=Ab1=XY=other.example=bob@ours.example>", NULL},
    {"<bounce-123-bob=other.example@ours.example>", NULL},
    /* Elsewhere. */
    {"<bob@victim.example>", "not_local_domain"},
    {"<bob@ours.example.victim.example>", "not_local_domain"},
    {"<bob@xours.example>", "not_local_domain"},
    {"<bob@mail.ours.example>", "not_local_domain"},
    {"<bob@sub.example>", "not_local_domain"},
    {"<bob@xsub.example>", "not_local_domain"},
    {"<bob@localhost>", "not_local_domain"},
    {"<bob@192.0.2.1>", "not_local_domain"},
    {"<bob@v\xc3\xaf"
     "ctim.example>",
     "not_local_domain"},
    {"<bob@[192.0.2.2]>", "address_literal"},
    {"<bob@[127.0.0.1]>", "address_literal"},
    {"<bob@[IPv6:2001:db8::1]>", "address_literal"},
    {"<postmaster@victim.example>", "not_local_domain"},
    /* A second hop. */
    {"<bob%victim.example@ours.example>", "second_hop"},
    {"<bob%victim.example>", "second_hop"},
    {"<\"bob%victim.example\"@ours.example>", "second_hop"},
    {"<victim.example!bob@ours.example>", "second_hop"},
    {"<victim.example!bob>", "second_hop"},
    {"<ours.example!victim.example!bob>", "second_hop"},
    {"<\"bob@victim.example\"@ours.example>", "second_hop"},
    {"<\"bob@victim.example\">", "second_hop"},
    {"<bob\\@victim.example@ours.example>", "second_hop"},
    {"<bob@victim.example@ours.example>", "second_hop"},
    {"<bob%victim.example@[192.0.2.1]>", "second_hop"},
    {"<bob@victim.example@mail.sub.example>", "second_hop"},
    {"<bob%victim.example%ours.example@ours.example>", "second_hop"},
    {"<@ours.example:bob@victim.example>", "not_local_domain"},
    {"<@ours.example,@ours.example:bob@victim.example>", "not_local_domain"},
    {"<@victim.example:ann@ours.example>", "source_route"},
    {"<@ours.example,@victim.example:ann@ours.example>", "source_route"},
    {"<@victim.example:postmaster>", "no_domain"},
    /* No address at all. */
    {"<>", "malformed_address"},
    {"<bob>", "no_domain"},
    {"<\"postmaster \">", "no_domain"},
    {"<bob@>", "malformed_address"},
    {"<@ours.example>", "malformed_address"},
    {"<bob @ours.example>", "malformed_address"},
    {"<bob@victim.example(x).sub.example>", "malformed_address"},
    {"<victim.example::bob@ours.example>", "malformed_address"},
    {"<bob@ours.example:victim.example>", "malformed_address"},
    {"<bob@victim.example> <ann@ours.example>", "malformed_address"},
    {"<bob@\xff.sub.example>", "malformed_address"},
    {"<bob@..sub.example>", "malformed_address"},
    {"<bob@.sub.example>", "malformed_address"},
    {"<\"bob@victim.example@ours.example>", "malformed_address"},
    {"<bob@victim.example\n@ours.example>", "malformed_address"},
};

static void outside_sends_to_local_domains_only(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        enum recipient_action action = check_fixture_recipient(&fixture, forms[i].path);
        const struct finding *finding = check_fixture_last(&fixture);
        if (strcmp(finding->reason, forms[i].reason == NULL ? "local_recipient" : forms[i].reason) != 0)
            fail_msg("%s: %s", forms[i].path, finding->reason);
        assert_int_equal(action, forms[i].reason == NULL ? RECIPIENT_ACCEPTED : RECIPIENT_REJECTED);
        if (forms[i].reason == NULL)
            continue;
        const struct expected_finding refused = {FINDING_FAIL, forms[i].reason, MODE_ENFORCE, ACTION_REJECT,
                                                 550,          "5.7.1"};
        assert_finding(finding, &refused);
        assert_string_equal(finding->detail, forms[i].path);
    }
    check_fixture_end(&fixture);
}

static void the_reply_says_what_to_do(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    check_fixture_recipient(&fixture, "<bob@victim.example>");
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "Relaying denied: <bob@victim.example> is not at one of our domains. To send to others, log in "
        "first (SMTP AUTH), on port 587 with STARTTLS or on port 465.");
    check_fixture_recipient(&fixture, "<bob%victim.example@ours.example>");
    assert_reply_says(check_fixture_last(&fixture), (const char *const[]){"another server", "log in", NULL});
    check_fixture_recipient(&fixture, "<bob>");
    assert_reply_says(check_fixture_last(&fixture), (const char *const[]){"<bob> has no domain", NULL});
    check_fixture_end(&fixture);

    fixture = check_fixture_begin(
        &relay_check, "relay: { how_to_authenticate: \"See https://help.example.\" }", ROLE_OUTSIDE);
    check_fixture_recipient(&fixture, "<bob@victim.example>");
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "Relaying denied: <bob@victim.example> is not at one of our domains. See https://help.example.");
    check_fixture_end(&fixture);

    fixture = check_fixture_begin(&relay_check, "relay: { how_to_authenticate: \"\" }", ROLE_OUTSIDE);
    check_fixture_recipient(&fixture, "");
    assert_string_equal(check_fixture_last(&fixture)->reply.text,
                        "Relaying denied: <> is not a mail address of the form user@domain.");
    check_fixture_end(&fixture);
}

static void long_addresses_leave_room_for_the_reason(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    char path[2000];
    memset(path, 'a', sizeof path);
    path[0] = '<';
    memcpy(path + sizeof path - 17, "@victim.example>", 17);
    check_fixture_recipient(&fixture, path);
    assert_reply_says(check_fixture_last(&fixture),
                      (const char *const[]){"@victim.example> is not at one", NULL});
    assert_in_range(strlen(check_fixture_last(&fixture)->reply.text), 0, 400);
    check_fixture_end(&fixture);
}

static void the_other_roles_send_anywhere(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        const char *reason;
    } cases[] = {{ROLE_SUBMISSION, "authenticated"},
                 {ROLE_TRUSTED, "recent_login"},
                 {ROLE_LOCAL, "handed_in_locally"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&relay_check, settings, cases[i].role);
        fixture.message.user = "ann@ours.example";
        fixture.message.role_reason = cases[i].reason;
        check_fixture_ask(&fixture, STAGE_MAIL);
        const struct expected_finding pass = {FINDING_PASS, cases[i].reason, MODE_ENFORCE, ACTION_ACCEPT, 0,
                                              NULL};
        assert_finding(check_fixture_last(&fixture), &pass);
        assert_string_equal(check_fixture_last(&fixture)->detail, "ann@ours.example");
        assert_int_equal(check_fixture_recipient(&fixture, "<bob%victim@victim.example>"),
                         RECIPIENT_ACCEPTED);
        assert_int_equal(fixture.findings.count, 1);
        check_fixture_end(&fixture);
    }
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_int_equal(fixture.findings.count, 0);
    check_fixture_end(&fixture);
}

static void nobody_is_local_by_default(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, "", ROLE_OUTSIDE);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@ours.example>"), RECIPIENT_REJECTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<postmaster>"), RECIPIENT_ACCEPTED);
    check_fixture_end(&fixture);
}

static void modes_are_per_role(void **state)
{
    (void)state;
    static const char yaml[] =
        "relay:\n  local_domains: ours.example\n  roles: { outside: { mode: monitor } }\n";
    struct check_fixture fixture = check_fixture_begin(&relay_check, yaml, ROLE_OUTSIDE);
    assert_int_equal(check_fixture_recipient(&fixture, "<bob@victim.example>"), RECIPIENT_ACCEPTED);
    const struct expected_finding monitored = {
        FINDING_FAIL, "not_local_domain", MODE_MONITOR, ACTION_REJECT, 550, "5.7.1"};
    assert_finding(check_fixture_last(&fixture), &monitored);
    check_fixture_end(&fixture);
}

static void domains_come_from_tables(void **state)
{
    (void)state;
    char path[] = "/tmp/test_relay.XXXXXX", yaml[200];
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "Ours.example OK\n.sub.example\n", 29), 29);
    close(descriptor);
    snprintf(yaml, sizeof yaml, "relay: { local_domains: [inline.example, file:%s] }\n", path);
    struct check_fixture fixture = check_fixture_begin(&relay_check, yaml, ROLE_OUTSIDE);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@ours.example>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@inline.example>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@a.b.SUB.example.>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<@ours.example:ann@inline.example>"),
                     RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@sub.example>"), RECIPIENT_REJECTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@ok>"), RECIPIENT_REJECTED);
    check_fixture_end(&fixture);
    unlink(path);
}

/* What a dead table might have known is not refused for good; what needs no table is decided. */
static void a_dead_table_makes_unknown(void **state)
{
    (void)state;
    static const char yaml[] =
        "relay: { local_domains: [ours.example, \"socketmap:unix:/nonexistent/s:domains\"] }\n";
    static const struct expected_finding unknown = {
        FINDING_UNKNOWN, "local_domains_unavailable", MODE_ENFORCE, ACTION_DEFER, 0, NULL};
    struct check_fixture fixture = check_fixture_begin(&relay_check, yaml, ROLE_OUTSIDE);
    assert_int_equal(check_fixture_recipient(&fixture, "<ann@ours.example>"), RECIPIENT_ACCEPTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<bob%victim@ours.example>"), RECIPIENT_REJECTED);
    assert_int_equal(check_fixture_recipient(&fixture, "<bob@victim.example>"), RECIPIENT_DEFERRED);
    assert_finding(check_fixture_last(&fixture), &unknown);
    assert_int_equal(check_fixture_recipient(&fixture, "<@other.example:ann@ours.example>"),
                     RECIPIENT_DEFERRED);
    check_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_sends_to_local_domains_only),
        cmocka_unit_test(the_reply_says_what_to_do),
        cmocka_unit_test(long_addresses_leave_room_for_the_reason),
        cmocka_unit_test(the_other_roles_send_anywhere),
        cmocka_unit_test(nobody_is_local_by_default),
        cmocka_unit_test(modes_are_per_role),
        cmocka_unit_test(domains_come_from_tables),
        cmocka_unit_test(a_dead_table_makes_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
