#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <talloc.h>

#include "check/attachments/attachment_name.h"
#include "check/attachments/attachments.h"
#include "check_fixture.h"
#include "scan/content/file_magic.h"

/* An attachment with up to three names, the first of them its path. */
static struct attachment attachment_of(const char *const names[3], const char *executable,
                                       unsigned conditions)
{
    static struct slice slices[64][3];
    static size_t used;
    struct slice *own = slices[used++ % 64];
    struct attachment attachment = {
        .path = names[0] == NULL ? "(part 2)" : names[0],
        .names = own,
        .executable = executable,
        .conditions = conditions,
    };
    for (size_t i = 0; i < 3 && names[i] != NULL; i++)
        own[attachment.name_count++] = slice_of(names[i]);
    for (size_t i = 0; i < ATTACHMENT_CONDITION_COUNT; i++)
        attachment.condition_reason[i] = "why";
    return attachment;
}

/* ---- outcomes --------------------------------------------------------------------------------------- */

struct outcome_case {
    const char *yaml;
    const char *names[3];
    const char *executable;
    unsigned conditions;
    enum attachment_outcome outcome;
};

static const char exe_allowed[] = "attachments: { allowed: exe }";
static const char names_listed[] = "attachments: { blocked_names: [\"invoice*.xls\", \"?.doc\"], "
                                   "allowed_names: [\"Setup-*.exe\"] }";

static const char only_these[] = "attachments: { only: [pdf, .Zip, exe], allowed_names: [\"setup-*\"] }";

static const struct outcome_case outcome_cases[] = {
    /* By name. */
    {"", {"report.pdf"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {"", {NULL}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {"", {"example.com.pdf"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {"", {"setup.exe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"Setup.EXE"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"scan.pdf.exe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"scan.exe. "}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"scan.exe::$DATA"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"scan%2eexe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"scan.{00000000-1111-2222-3333-444444444444}"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"report.pdf", "report.scr"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"report.scr", "report.pdf"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"", {"exe"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    /* By the lists. */
    {"attachments: { blocked: [foo] }", {"a.exe"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {"attachments: { blocked: [.Foo] }", {"a.foo"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {"attachments: { blocked: [] }", {"a.exe"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {exe_allowed, {"a.exe"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {exe_allowed, {"a.exe", "a.scr"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {names_listed, {"Invoice 12.XLS"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {names_listed, {"invoice.xls.pdf"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {names_listed, {"dir/a.doc"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {names_listed, {"ab.doc"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {names_listed, {"setup-1.exe"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {names_listed, {"setup-1.exe", "evil.exe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {names_listed, {"evil.exe:setup-1.exe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    /* By content. */
    {"", {"report.pdf"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {"report"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {NULL}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {"setup.exe"}, "Windows program", 0, ATTACHMENT_IS_BLOCKED},
    {"", {"addin.xll"}, "Windows program", 0, ATTACHMENT_IS_BLOCKED},
    {"", {"addin.dat"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {"server.crt"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {"", {"server.crt"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {exe_allowed, {"setup.exe"}, "Windows program", 0, ATTACHMENT_IS_CLEAN},
    {exe_allowed, {"setup.exe", "report.pdf"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"attachments: { blocked: [foo] }", {"setup.exe"}, "Windows program", 0, ATTACHMENT_IS_CLEAN},
    {names_listed, {"setup-1.exe"}, "Windows program", 0, ATTACHMENT_IS_CLEAN},
    {"attachments: { allowed: [so] }", {"lib.so"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    /* What is built and called so. */
    {"", {"main.o"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"main.lo"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"libfoo.so.1.2.3"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"usr/lib/libfoo.so"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"e1000.ko"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"core"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"core.4711"}, "Linux program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"Main.class"}, "Java program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"disk.sys"}, "Windows program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"libfoo.dylib"}, "macOS program", 0, ATTACHMENT_IS_CLEAN},
    {"", {"score.4711"}, "Linux program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {"main.o", "report.pdf"}, "Linux program", 0, ATTACHMENT_IS_DISGUISED},
    {"", {"report.1.2"}, "Windows program", 0, ATTACHMENT_IS_DISGUISED},
    {"attachments: { blocked: [so] }", {"lib.so"}, "Linux program", 0, ATTACHMENT_IS_BLOCKED},
    /* Scripts are honest under any name but a document's. */
    {"", {"report.pdf"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_DISGUISED},
    {"", {"notes.txt"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_CLEAN},
    {"", {"notes.html"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_DISGUISED},
    {"", {"deploy.sh"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_CLEAN},
    {"", {"configure"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_CLEAN},
    {"", {"pre-commit.sample"}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_CLEAN},
    {"", {NULL}, ATTACHMENT_SCRIPT, 0, ATTACHMENT_IS_CLEAN},
    /* By the list of what may be sent. */
    {only_these, {"a.pdf"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {only_these, {"A.PDF"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {only_these, {"a.odt"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {only_these, {"README"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {only_these, {"a.pdf", "a.odt"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {only_these, {NULL}, NULL, 0, ATTACHMENT_IS_CLEAN},
    {only_these, {"a.exe"}, NULL, 0, ATTACHMENT_IS_BLOCKED},
    {only_these, {"setup-1.txt"}, NULL, 0, ATTACHMENT_IS_CLEAN},
    /* Conditions; the strictest action wins, then the first of the enumeration. */
    {"", {"a.zip"}, NULL, ATTACHMENT_ENCRYPTED, ATTACHMENT_IS_ENCRYPTED},
    {"", {"a.zip"}, NULL, ATTACHMENT_UNINSPECTABLE, ATTACHMENT_IS_UNINSPECTABLE},
    {"", {"a.zip"}, NULL, ATTACHMENT_AMBIGUOUS, ATTACHMENT_IS_AMBIGUOUS},
    {"", {"a.zip"}, NULL, ATTACHMENT_OVER_BUDGET, ATTACHMENT_IS_OVER_BUDGET},
    {"", {NULL}, NULL, ATTACHMENT_PARTIAL, ATTACHMENT_IS_PARTIAL},
    {"", {"a.docm"}, NULL, ATTACHMENT_MACROS, ATTACHMENT_HAS_MACROS},
    {"attachments: { macros: reject }",
     {"a.doc"},
     NULL,
     ATTACHMENT_MACROS | ATTACHMENT_ENCRYPTED,
     ATTACHMENT_HAS_MACROS},
    {"", {"a.zip"}, NULL, ATTACHMENT_ENCRYPTED | ATTACHMENT_UNINSPECTABLE, ATTACHMENT_IS_UNINSPECTABLE},
    {"", {"a.zip"}, NULL, ATTACHMENT_AMBIGUOUS | ATTACHMENT_UNINSPECTABLE, ATTACHMENT_IS_AMBIGUOUS},
    {"", {"a.exe"}, NULL, ATTACHMENT_AMBIGUOUS | ATTACHMENT_ENCRYPTED, ATTACHMENT_IS_BLOCKED},
    {"attachments: { encrypted: reject }",
     {"a.zip"},
     NULL,
     ATTACHMENT_ENCRYPTED | ATTACHMENT_UNINSPECTABLE,
     ATTACHMENT_IS_ENCRYPTED},
    {"attachments: { blocked_action: accept }",
     {"a.exe"},
     NULL,
     ATTACHMENT_UNINSPECTABLE,
     ATTACHMENT_IS_UNINSPECTABLE},
};

static void outcomes_follow_names_content_and_conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outcome_cases / sizeof outcome_cases[0]; i++) {
        const struct outcome_case *wanted = &outcome_cases[i];
        struct check_fixture fixture = check_fixture_begin(&attachments_check, wanted->yaml, ROLE_SUBMISSION);
        struct attachment attachment = attachment_of(wanted->names, wanted->executable, wanted->conditions);
        enum attachment_outcome outcome = attachments_outcome(fixture.settings, &attachment);
        if (outcome != wanted->outcome)
            fail_msg("case %zu, %s: %s, expected %s", i, attachment.path, attachment_outcome_name(outcome),
                     attachment_outcome_name(wanted->outcome));
        check_fixture_end(&fixture);
    }
}

/* A script sent as text is one where its own extension is blocked. */
/* What stands in a document is no file to who opens it. */
static void parts_of_documents_need_no_place_in_only(void **state)
{
    (void)state;
    static const char *const names[3] = {"word/document.xml"};
    struct check_fixture fixture = check_fixture_begin(&attachments_check, only_these, ROLE_OUTSIDE);
    struct attachment attachment = attachment_of(names, NULL, 0);
    assert_int_equal(attachments_outcome(fixture.settings, &attachment), ATTACHMENT_IS_BLOCKED);
    attachment.is_part_of_document = true;
    assert_int_equal(attachments_outcome(fixture.settings, &attachment), ATTACHMENT_IS_CLEAN);
    check_fixture_end(&fixture);
}

static void a_script_called_text_follows_its_extension(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *extension;
        enum attachment_outcome outcome;
    } cases[] = {
        {"", "sh", ATTACHMENT_IS_CLEAN},
        {"", NULL, ATTACHMENT_IS_CLEAN},
        {"", "ksh", ATTACHMENT_IS_DISGUISED},
        {"attachments: { blocked: [sh, pl] }", "sh", ATTACHMENT_IS_DISGUISED},
        {"attachments: { blocked: [sh, pl], allowed: [sh] }", "sh", ATTACHMENT_IS_CLEAN},
        {"attachments: { blocked: [sh, pl] }", "py", ATTACHMENT_IS_CLEAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const char *const names[3] = {"notes.txt"};
        struct check_fixture fixture = check_fixture_begin(&attachments_check, cases[i].yaml, ROLE_OUTSIDE);
        struct attachment attachment = attachment_of(names, ATTACHMENT_SCRIPT, 0);
        attachment.script_extension = cases[i].extension;
        assert_int_equal(attachments_outcome(fixture.settings, &attachment), cases[i].outcome);
        check_fixture_end(&fixture);
    }
}

static void every_default_extension_is_blocked(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&attachments_check, "", ROLE_OUTSIDE);
    const struct attachments_settings *settings = fixture.settings;
    assert_int_equal(text_set_count(settings->blocked), 102);
    /* Without the brackets around the list. */
    struct slice rest = slice_of(ATTACHMENT_DEFAULT_BLOCKED);
    rest = slice_part(rest, 1, rest.length - 1);
    size_t count = 0;
    for (; rest.length > 0; count++) {
        size_t end = slice_find(rest, ',');
        struct slice extension = slice_trim(slice_part(rest, 0, end));
        char name[40];
        snprintf(name, sizeof name, "x.%.*s", (int)extension.length, extension.data);
        struct attachment attachment = attachment_of((const char *const[3]){name}, NULL, 0);
        assert_int_equal(attachments_outcome(settings, &attachment), ATTACHMENT_IS_BLOCKED);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    assert_int_equal(count, 102);
    check_fixture_end(&fixture);
}

static void scripts_are_known_by_the_same_word_as_in_the_scan(void **state)
{
    (void)state;
    assert_string_equal(file_magic_executable(slice_of("#!/bin/sh\n")), ATTACHMENT_SCRIPT);
}

static void patterns_match_whole_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"*", "", true},          {"", "", true},
        {"", "a", false},         {"a*c", "abc", true},
        {"a*c", "ac", true},      {"a*c", "acb", false},
        {"*.EXE", "x.exe", true}, {"?", "", false},
        {"??", "ab", true},       {"a*b*c", "aXbYbZc", true},
        {"*a*", "bab", true},     {"[a]", "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(attachment_pattern_matches(slice_of(cases[i].pattern), slice_of(cases[i].text)),
                         cases[i].matches);
    char text[5000];
    memset(text, 'a', sizeof text);
    assert_false(
        attachment_pattern_matches(slice_of("*a*a*a*a*a*a*a*a*a*a*b"), slice_make(text, sizeof text)));
}

/* ---- findings --------------------------------------------------------------------------------------- */

static void give_attachments(struct check_fixture *fixture, struct attachment *items, size_t count)
{
    struct attachment_list *list = talloc_zero(fixture->owner, struct attachment_list);
    list->items = items;
    list->count = count;
    fixture->message.attachments = list;
    check_fixture_ask(fixture, STAGE_MESSAGE);
}

struct finding_case {
    const char *yaml;
    struct attachment_case {
        const char *path;
        const char *executable;
        unsigned conditions;
    } attachment;
    struct expected_finding expected;
    const char *detail;
    const char *text; /* of the reply, or NULL */
};

static const struct finding_case finding_cases[] = {
    {"",
     {"setup.exe", NULL, 0},
     {FINDING_FAIL, "blocked", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "setup.exe",
     "The attachment setup.exe is of a kind (.exe) that is not accepted here, because it can run on the "
     "reader's "
     "computer. Send it in another format, or send a link to it."},
    {"attachments: { blocked_names: \"invoice*\" }",
     {"invoice.pdf", NULL, 0},
     {FINDING_FAIL, "blocked", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "invoice.pdf",
     "The attachment invoice.pdf has a name that is not accepted here (invoice*). Send a link to the file "
     "instead."},
    {"",
     {"report.pdf", "Windows program", 0},
     {FINDING_FAIL, "disguised", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "report.pdf: Windows program",
     "The attachment report.pdf is a program (Windows program), whatever its name says. Programs are not "
     "accepted here; "
     "send a link to it instead."},
    {"",
     {"a.zip", NULL, ATTACHMENT_ENCRYPTED},
     {FINDING_PASS, "encrypted", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL},
     "a.zip: why",
     NULL},
    {"attachments: { encrypted: reject }",
     {"a.zip", NULL, ATTACHMENT_ENCRYPTED},
     {FINDING_FAIL, "encrypted", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "a.zip: why",
     "The attachment a.zip needs a password and cannot be looked into, which is not accepted here. Send it "
     "without a "
     "password, or send a link to it."},
    {"attachments: { encrypted: defer }",
     {"a.zip", NULL, ATTACHMENT_ENCRYPTED},
     {FINDING_FAIL, "encrypted", MODE_ENFORCE, ACTION_DEFER, 450, "4.7.1"},
     "a.zip: why",
     NULL},
    {"",
     {"a.zip", NULL, ATTACHMENT_UNINSPECTABLE},
     {FINDING_FAIL, "uninspectable", MODE_ENFORCE, ACTION_HOLD, 0, NULL},
     "a.zip: why",
     NULL},
    {"",
     {"a.zip", NULL, ATTACHMENT_OVER_BUDGET},
     {FINDING_FAIL, "over_budget", MODE_ENFORCE, ACTION_HOLD, 0, NULL},
     "a.zip: why",
     NULL},
    {"",
     {"(message)", NULL, ATTACHMENT_AMBIGUOUS},
     {FINDING_FAIL, "ambiguous", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "(message): why",
     "This message is written in a way that mail programs read differently, which can hide files. Attach the "
     "files to a "
     "new message, or pack them again."},
    {"",
     {"(part 1)", NULL, ATTACHMENT_PARTIAL},
     {FINDING_FAIL, "partial", MODE_ENFORCE, ACTION_REJECT, 550, "5.7.1"},
     "(part 1): why",
     "The attachment (part 1) is one piece of a message sent in several (message/partial), which is not "
     "accepted here. "
     "Send the message whole, or a link to the file."},
    {"attachments: { mode: monitor }",
     {"setup.exe", NULL, 0},
     {FINDING_FAIL, "blocked", MODE_MONITOR, ACTION_REJECT, 550, "5.7.1"},
     "setup.exe",
     NULL},
};

static void findings_say_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof finding_cases / sizeof finding_cases[0]; i++) {
        const struct finding_case *wanted = &finding_cases[i];
        struct check_fixture fixture = check_fixture_begin(&attachments_check, wanted->yaml, ROLE_SUBMISSION);
        struct attachment attachment =
            attachment_of((const char *const[3]){wanted->attachment.path}, wanted->attachment.executable,
                          wanted->attachment.conditions);
        give_attachments(&fixture, &attachment, 1);
        assert_int_equal(fixture.findings.count, 1);
        assert_finding(check_fixture_last(&fixture), &wanted->expected);
        assert_string_equal(check_fixture_last(&fixture)->detail, wanted->detail);
        if (wanted->text != NULL)
            assert_string_equal(check_fixture_last(&fixture)->reply.text, wanted->text);
        check_fixture_end(&fixture);
    }
}

static void a_path_is_told_whole_in_the_record_and_short_in_the_reply(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&attachments_check, "", ROLE_SUBMISSION);
    char path[1000];
    memset(path, 'n', sizeof path);
    memcpy(path, "invoice.zip > ", 14);
    memcpy(path + sizeof path - 14, "scan.pdf.exe!", 14);
    path[sizeof path - 2] = '\0';
    struct attachment attachment = attachment_of((const char *const[3]){path}, NULL, 0);
    give_attachments(&fixture, &attachment, 1);
    assert_string_equal(check_fixture_last(&fixture)->detail, path);
    assert_reply_says(
        check_fixture_last(&fixture),
        (const char *const[]){"invoice.zip > nnn", "...nnn", "scan.pdf.exe is of a kind (.exe)", NULL});
    assert_in_range(strlen(check_fixture_last(&fixture)->reply.text), 0, 400);
    check_fixture_end(&fixture);
}

static void clean_messages_pass(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&attachments_check, "", ROLE_SUBMISSION);
    struct attachment items[] = {attachment_of((const char *const[3]){"a.pdf"}, NULL, 0),
                                 attachment_of((const char *const[3]){"b.txt"}, NULL, 0)};
    give_attachments(&fixture, items, 2);
    const struct expected_finding pass = {FINDING_PASS, "clean", MODE_ENFORCE, ACTION_ACCEPT, 0, NULL};
    assert_finding(check_fixture_last(&fixture), &pass);
    assert_string_equal(check_fixture_last(&fixture)->detail, "2 attachments");
    give_attachments(&fixture, NULL, 0);
    assert_finding(check_fixture_last(&fixture), &pass);
    assert_int_equal(fixture.findings.count, 2);
    check_fixture_end(&fixture);
}

static void what_decides_is_never_behind_the_bound(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct attachment items[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        items[i] = attachment_of((const char *const[3]){"a.zip"}, NULL, ATTACHMENT_ENCRYPTED);
    items[COUNT - 2] = attachment_of((const char *const[3]){"one.exe"}, NULL, 0);
    items[COUNT - 1] = attachment_of((const char *const[3]){"two.exe"}, NULL, 0);
    struct check_fixture fixture = check_fixture_begin(&attachments_check, "", ROLE_SUBMISSION);
    give_attachments(&fixture, items, COUNT);
    assert_int_equal(fixture.findings.count, 21);
    assert_string_equal(fixture.findings.items[0].detail, "one.exe");
    assert_reply_says(&fixture.findings.items[0],
                      (const char *const[]){"one.exe", "1 more attachment is not accepted either.", NULL});
    assert_string_equal(fixture.findings.items[1].detail, "two.exe");
    const struct expected_finding more = {FINDING_PASS, "more_not_shown", MODE_ENFORCE, ACTION_ACCEPT, 0,
                                          NULL};
    assert_finding(check_fixture_last(&fixture), &more);
    assert_string_equal(check_fixture_last(&fixture)->detail, "20 more");
    check_fixture_end(&fixture);
}

static void what_was_not_looked_at_is_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool failed;
        struct expected_finding expected;
    } cases[] = {
        {"", true, {FINDING_UNKNOWN, "scan_failed", MODE_ENFORCE, ACTION_DEFER, 0, NULL}},
        {"", false, {FINDING_UNKNOWN, "not_scanned", MODE_ENFORCE, ACTION_DEFER, 0, NULL}},
        {"attachments: { on_unknown: hold }",
         true,
         {FINDING_UNKNOWN, "scan_failed", MODE_ENFORCE, ACTION_HOLD, 0, NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture =
            check_fixture_begin(&attachments_check, cases[i].yaml, ROLE_SUBMISSION);
        fixture.message.content_scan_failed = cases[i].failed;
        check_fixture_ask(&fixture, STAGE_MESSAGE);
        assert_finding(check_fixture_last(&fixture), &cases[i].expected);
        check_fixture_end(&fixture);
    }
}

static void lists_and_actions_are_per_role(void **state)
{
    (void)state;
    static const char yaml[] = "attachments:\n  roles:\n    trusted: { blocked: [bat], disguised: accept }\n";
    struct attachment attachment = attachment_of((const char *const[3]){"a.exe"}, NULL, 0);
    for (enum role role = ROLE_SUBMISSION; role < ROLE_COUNT; role++) {
        struct check_fixture fixture = check_fixture_begin(&attachments_check, yaml, role);
        assert_int_equal(attachments_outcome(fixture.settings, &attachment),
                         role == ROLE_TRUSTED ? ATTACHMENT_IS_CLEAN : ATTACHMENT_IS_BLOCKED);
        check_fixture_end(&fixture);
    }
}

/* ---- limits ----------------------------------------------------------------------------------------- */

static void default_limits_are_the_scans_own(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&attachments_check, "", ROLE_SUBMISSION);
    struct content_limits limits = attachments_content_limits(fixture.settings);
    const struct content_limits *wanted = &content_limits_default;
    assert_int_equal(limits.levels, wanted->levels);
    assert_int_equal(limits.parts, wanted->parts);
    assert_int_equal(limits.headers_per_part, wanted->headers_per_part);
    assert_int_equal(limits.header_bytes, wanted->header_bytes);
    assert_int_equal(limits.parameters_per_header, wanted->parameters_per_header);
    assert_int_equal(limits.comment_levels, wanted->comment_levels);
    assert_int_equal(limits.names_per_part, wanted->names_per_part);
    assert_int_equal(limits.archive_entries, wanted->archive_entries);
    assert_int_equal(limits.archive_levels, wanted->archive_levels);
    assert_int_equal(limits.unpacked_bytes, wanted->unpacked_bytes);
    assert_int_equal(limits.kept_bytes, wanted->kept_bytes);
    assert_int_equal(limits.work_units, wanted->work_units);
    assert_int_equal(limits.uuencode_in_text, wanted->uuencode_in_text);
    check_fixture_end(&fixture);
}

static void limits_are_configurable(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(
        &attachments_check,
        "attachments: { uuencode_in_text: true, limits: { archive_levels: 5, unpacked_bytes: 1MiB } }",
        ROLE_SUBMISSION);
    struct content_limits limits = attachments_content_limits(fixture.settings);
    assert_int_equal(limits.archive_levels, 5);
    assert_int_equal(limits.unpacked_bytes, 1048576);
    assert_true(limits.uuencode_in_text);
    check_fixture_end(&fixture);
}

static void a_changed_default_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *said; /* NULL: nothing */
    } cases[] = {
        {"", NULL},
        {"attachments: { encrypted: reject }", "the default has changed since 0.1.0"},
        {"attachments: { mode: off }", NULL},
        {"attachments: { blocked: [exe, scr] }", NULL},
        {"attachments: { blocked: { remove: [rdp] } }", NULL},
        {"attachments: { blocked: [ade, adp, app, asp, bas, bat, chm, cmd, com, cpl, crt, csh, dll, exe, fxp, hlp, hta, inf, ins, isp, jar, js, jse, ksh, lnk, mda, mdb, mde, mdt, mdw, m"
         "dz, msc, msi, msp, mst, ops, pcd, pif, prf, prg, ps1, pst, reg, scf, scr, sct, shb, shs, url, vb, vbe, vbs, vxd, wsc, wsf, wsh, xnk] }",
         "this is the default of 0.1.0 written out"},
    };
    void *owner = talloc_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problems = check_fixture_problems(owner, &attachments_check, cases[i].yaml);
        if (cases[i].said == NULL ? problems[0] != '\0' : strstr(problems, cases[i].said) == NULL)
            fail_msg("%s: %s", cases[i].yaml, problems);
    }
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_follow_names_content_and_conditions),
        cmocka_unit_test(parts_of_documents_need_no_place_in_only),
        cmocka_unit_test(a_script_called_text_follows_its_extension),
        cmocka_unit_test(every_default_extension_is_blocked),
        cmocka_unit_test(a_changed_default_is_said),
        cmocka_unit_test(scripts_are_known_by_the_same_word_as_in_the_scan),
        cmocka_unit_test(patterns_match_whole_names),
        cmocka_unit_test(findings_say_what_is_wrong),
        cmocka_unit_test(a_path_is_told_whole_in_the_record_and_short_in_the_reply),
        cmocka_unit_test(clean_messages_pass),
        cmocka_unit_test(what_decides_is_never_behind_the_bound),
        cmocka_unit_test(what_was_not_looked_at_is_unknown),
        cmocka_unit_test(lists_and_actions_are_per_role),
        cmocka_unit_test(default_limits_are_the_scans_own),
        cmocka_unit_test(limits_are_configurable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
