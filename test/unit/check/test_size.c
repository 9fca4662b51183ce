#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/size.h"
#include "check_fixture.h"

static const struct expected_finding declared_too_large = {
    FINDING_FAIL, "declared_too_large", MODE_ENFORCE, ACTION_REJECT, 552, "5.3.4"};
static const struct expected_finding message_too_large = {
    FINDING_FAIL, "message_too_large", MODE_ENFORCE, ACTION_REJECT, 552, "5.3.4"};
static const struct expected_finding within_limit = {
    FINDING_PASS, "within_limit", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL};

static void declared_size_decides_at_mail(void **state)
{
    (void)state;
    static const struct {
        bool declared;
        uint64_t bytes;
        size_t findings;
    } cases[] = {
        {true, 30000000, 0}, {true, 30000001, 1}, {true, UINT64_MAX, 1}, {true, 0, 0}, {false, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&size_check, "", ROLE_SUBMISSION);
        fixture.message.has_declared_size = cases[i].declared;
        fixture.message.declared_size_bytes = cases[i].bytes;
        check_fixture_ask(&fixture, STAGE_MAIL);
        assert_int_equal(fixture.findings.count, cases[i].findings);
        if (cases[i].findings > 0)
            assert_finding(check_fixture_last(&fixture), &declared_too_large);
        check_fixture_end(&fixture);
    }
}

static void headers_and_body_are_counted(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&size_check, "", ROLE_SUBMISSION);
    fixture.message.header_bytes = 1000;
    fixture.message.body_bytes = 29999000;
    assert_false(size_check.is_certain(fixture.settings, &fixture.message));
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_finding(check_fixture_last(&fixture), &within_limit);
    assert_string_equal(check_fixture_last(&fixture)->detail, "30000000 bytes");
    fixture.message.body_bytes++;
    assert_true(size_check.is_certain(fixture.settings, &fixture.message));
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_finding(check_fixture_last(&fixture), &message_too_large);
    assert_string_equal(check_fixture_last(&fixture)->detail, "at least 30000001 bytes, limit 30000000");
    check_fixture_end(&fixture);
}

static void replies_have_both_figures(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {"", 41000000,
         "This message has 41 MB, and the limit is 30 MB. Files grow by a third when mailed: a file of 21.9 "
         "MB makes a "
         "message of 30 MB. Send a link, or smaller files."},
        {"", 30000001,
         "This message has 30.1 MB, and the limit is 30 MB. Files grow by a third when mailed: a file of "
         "21.9 MB makes "
         "a message of 30 MB. Send a link, or smaller files."},
        {"size: { limit: 1500kB }", 1600001,
         "This message has 1.7 MB, and the limit is 1.5 MB. Files grow by a third when mailed: a file of 1 "
         "MB makes a "
         "message of 1.5 MB. Send a link, or smaller files."},
        {"size: { limit: 2kB }", 2049,
         "This message has 2.1 kB, and the limit is 2 kB. Files grow by a third when mailed: a file of 1.4 "
         "kB makes a "
         "message of 2 kB. Send a link, or smaller files."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture = check_fixture_begin(&size_check, cases[i].yaml, ROLE_SUBMISSION);
        fixture.message.has_declared_size = true;
        fixture.message.declared_size_bytes = cases[i].bytes;
        check_fixture_ask(&fixture, STAGE_MAIL);
        assert_string_equal(check_fixture_last(&fixture)->reply.text, cases[i].text);
        check_fixture_end(&fixture);
    }
}

static void a_file_within_the_limit_fits_as_mail(void **state)
{
    (void)state;
    for (uint64_t limit = 1024; limit < 100000000; limit = limit * 3 + 7) {
        uint64_t file = size_of_file_within(limit);
        uint64_t lines = (file + 56) / 57;
        uint64_t last = file % 57 == 0 ? 78 : (file % 57 + 2) / 3 * 4 + 2;
        assert_true((lines - 1) * 78 + last <= limit);
    }
}

static void monitor_never_stops_early(void **state)
{
    (void)state;
    struct check_fixture fixture =
        check_fixture_begin(&size_check, "size: { mode: monitor }", ROLE_SUBMISSION);
    fixture.message.body_bytes = 40000000;
    assert_false(size_check.is_certain(fixture.settings, &fixture.message));
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    const struct expected_finding monitored = {
        FINDING_FAIL, "message_too_large", MODE_MONITOR, ACTION_REJECT, 552, "5.3.4"};
    assert_finding(check_fixture_last(&fixture), &monitored);
    check_fixture_end(&fixture);
}

static void attachments_are_measured_decoded(void **state)
{
    (void)state;
    struct attachment items[] = {
        {.path = "a.pdf", .size_bytes = 29000000},
        {.path = "b.zip", .size_bytes = 30000000},
        {.path = "b.zip > large.txt", .size_bytes = 900000000, .is_member = true},
    };
    const struct attachment_list list = {items, 3};
    struct check_fixture fixture =
        check_fixture_begin(&size_check, "size: { measure: attachment }", ROLE_SUBMISSION);
    fixture.message.has_declared_size = true;
    fixture.message.declared_size_bytes = 90000000;
    fixture.message.body_bytes = 90000000;
    check_fixture_ask(&fixture, STAGE_MAIL);
    assert_int_equal(fixture.findings.count, 0);
    assert_false(size_check.is_certain(fixture.settings, &fixture.message));

    check_fixture_ask(&fixture, STAGE_MESSAGE);
    const struct expected_finding unknown = {
        FINDING_UNKNOWN, "not_scanned", MODE_ENFORCE, ACTION_DEFER, 0, NULL};
    assert_finding(check_fixture_last(&fixture), &unknown);

    fixture.message.attachments = &list;
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    assert_finding(check_fixture_last(&fixture), &within_limit);

    items[0].size_bytes = 30000001;
    check_fixture_ask(&fixture, STAGE_MESSAGE);
    const struct expected_finding too_large = {
        FINDING_FAIL, "attachment_too_large", MODE_ENFORCE, ACTION_REJECT, 552, "5.3.4"};
    assert_finding(check_fixture_last(&fixture), &too_large);
    assert_string_equal(
        check_fixture_last(&fixture)->reply.text,
        "The attachment a.pdf has 30.1 MB, and the limit is 30 MB. Send a link to it, or a smaller file.");
    assert_string_equal(check_fixture_last(&fixture)->detail, "a.pdf: 30000001 bytes, limit 30000000");
    check_fixture_end(&fixture);
}

static void limits_are_per_role(void **state)
{
    (void)state;
    static const char yaml[] = "size: { limit: 1MB, on_unknown: hold, roles: { outside: { limit: 2MB } } }";
    for (enum role role = ROLE_SUBMISSION; role < ROLE_COUNT; role++) {
        struct check_fixture fixture = check_fixture_begin(&size_check, yaml, role);
        fixture.message.has_declared_size = true;
        fixture.message.declared_size_bytes = 1500000;
        check_fixture_ask(&fixture, STAGE_MAIL);
        assert_int_equal(fixture.findings.count, role == ROLE_OUTSIDE ? 0 : 1);
        check_fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_size_decides_at_mail),
        cmocka_unit_test(headers_and_body_are_counted),
        cmocka_unit_test(replies_have_both_figures),
        cmocka_unit_test(a_file_within_the_limit_fits_as_mail),
        cmocka_unit_test(monitor_never_stops_early),
        cmocka_unit_test(attachments_are_measured_decoded),
        cmocka_unit_test(limits_are_per_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
