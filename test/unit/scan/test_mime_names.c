/* Names and boundaries out of header values, and files in calendars and signed content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan_message.h"

#include "scan/mime/boundary_set.h"
#include "scan/mime/calendar_reader.h"
#include "scan/mime/cms_reader.h"
#include "scan/mime/mime_parameters.h"

#include <stdio.h>
#include <talloc.h>

static const struct mime_limits limits = {.levels = 64,
                                          .parts = 2000,
                                          .headers_per_part = 1000,
                                          .header_bytes = 65536,
                                          .parameters_per_header = 64,
                                          .comment_levels = 8,
                                          .names_per_part = 100};

struct collected {
    void *owner;
    struct mime_parameters parameters;
    bool is_strict;
};

static struct collected collect(const char *value)
{
    struct collected collected = {.owner = talloc_new(NULL)};
    mime_parameters_init(&collected.parameters, collected.owner, &limits);
    mime_parameters_add(&collected.parameters, slice_of(value), &collected.is_strict);
    assert_false(mime_parameters_failed(&collected.parameters));
    return collected;
}

static void strict_values_have_one_reading(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *name;
    } rows[] = {
        {"attachment; filename=a.exe", "a.exe"},
        {"attachment; filename=\"a b (2).exe\"", "a b (2).exe"},
        {"attachment;\r\n filename=\"a.exe\";\n\tsize=3", "a.exe"},
        {"application/pdf; x-unix-mode=0644; name=\"a.pdf\"", "a.pdf"},
        {"attachment; filename*=utf-8''a%20b.exe", "a b.exe"},
        {"attachment; filename=\"a.txt\"; filename*=utf-8'en'b.exe", "b.exe"},
        {"x; filename*0=\"a\"; filename*1=\"b\"; filename*2=\".exe\"", "ab.exe"},
        {"x; filename*0*=iso-8859-1''%FCb; filename*1=%41", "\xc3\xbc"
                                                            "b%41"},
        {"x; filename*=windows-1251''%E0.exe", "\xd0\xb0.exe"},
        {"x; filename=\"=?utf-8?q?a?= =?utf-8?q?b=2Eexe?=\"", "ab.exe"},
        {"x; filename=\"=?utf-8?q?a?=\r\n =?utf-8?q?b=2Eexe?=\"", "ab.exe"},
        {"x; filename=\"F\xc3\xb6n.bat\"", "F\xc3\xb6n.bat"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected collected = collect(rows[i].value);
        bool has_name = name_set_has(&collected.parameters.names, slice_of(rows[i].name));
        bool is_spelled = !name_superset_is_empty(&collected.parameters.superset);
        /* A stray `%` without a star is nothing that anybody wrote on purpose. */
        bool is_odd = strchr(rows[i].name, '%') != NULL;
        if (!is_odd && (!collected.is_strict || !has_name || is_spelled))
            fail_msg("%s: strict %d, \"%s\" %d", rows[i].value, collected.is_strict, rows[i].name, has_name);
        talloc_free(collected.owner);
    }
}

static void damaged_values_spell_all_readings(void **state)
{
    (void)state;
    static const char *const values[] = {
        "attachment; filename=a b.exe",
        "attachment; filename=a.exe b",
        "x; filename=\"a\\\"; name=b.exe\"",
        "x; filename=\"a.exe",
        "x;\n\tfile\n name=\"a.exe\"",
        "x; filename*0=a; filename*1=.exe; filename*3=d",
        "x; filename*1=xe; filename*0=a.e",
        "x; filename*1=e; filename*0=a.e; filename*7=x",
        "x; filename*=x-nonsense'a%2Eexe",
        "x; filename *0=a.e; filename *1=xe",
        "x; filename**=utf-8''a%2Eexe",
        "x; filename*0*0=a.exe",
        "x; filename*-1=a.exe",
        "x; \"filename\"=\"a.exe\"",
        "x; filename=\"a\" x=\".exe\"; size=3",
        "x; filename*0=\"a\" filename*1=\".exe\"",
        "x; filename=a.exe\rnot more of it",
        "x; filename=\"=??q?a=2Eexe?=\"",
        "x; filename=\"=?utf-8?q?a=2Eexe?\"",
        "x; filename=a.e(comment)xe",
        "x; filename=a.e\xc3\xa9xe",
        "x; filename==?utf-8?B?YS5leGU=?=t",
        "x; filename=\"a.e\\x\\e\"",
        "x; filename=a&period;exe(",
        "x; filename=a%252eexe(",
        "x; filename*1*=\"=?utf-8?Q?evil.e?=\"; filename*1=\"xe\"",
        "x; filename*0=\"evil.\"; filename*=\"exe\"",
        "x; filename*0=\"evil.\"; filename*1*=utf-8''exe",
        "x; filename*0=evil.exe filename=\"x.txt\"",
        "x; filename*0*=utf-8''evil%2; filename*1*=Eexe",
        "x; filename=\"=?iso-8859-1?Q?=?utf-8?Q?a=2Eexe?=",
        "x; filename=a.e\xe2\x80\x8bxe(",
        "x; filename=a.\xef\xbd\x85xe(",
        "x; foo=\"; filename=a.exe\"",
        "x; filenam(c)e=a.exe",
        "x; filename=\"=?utf-8?B?ZXZpbC5leGus-ascii'en'bC5leGU=?=\"",
        "x; name*0*=''ev; name*1*=i; name*2*=l; name*3*=.ex  e",
        "x; file=\"x.txt\"; filename*=utf-8''*0*%65vi%c.e%78%65 6",
        "x; filename=\"=?u\n tf-8?B?ZXZp===\n =?utf-8\n\t?B?bC4=?=\n =?us-ascii?b?ZXg=?=\n =?utf.8?Q?=65?=\"",
        "x; filename=\"=?us-ascii?q?ev=69?==?us-ascii?b?bC4=attach;?==?us-ascii?q?ex?==?us-ascii?q?e?=\"",
        "x; fname=\"x.txt\"; filename*=utf-8''a%2  eexe",
        "x; a=\"b\"; name=x; filename*=utf-8''%65vil.%65x%)65",
        "x; filename*0=\"a.ex\xed\xa0\x80\"; filename*1=\"e\"; filename=x",
        "x; filename=\"=?utf-8?B?ZXZ==C4=?=\r\n =?utf-8?Q?exe?=\"",
        "x; filename=\"=?us-ascii?b?YS4=?=\r\n =?utf-8?Q\\?exe?=\"; size=3",
        "x; filename=\"=?us-ascii?q?a.e\\xe?=\"",
        "x; filename==?us-ascii?b?YS5le=?GU=?=",
        "x; filename=\"=?us-ascii?b?aWwuZ==Xg=?==?utf-8?Q?e?=\"",
        "x; filename=\"=?utf-8?B?charset**=utf-8XZpbC5leGU=?=\"",
        "x; filename*==''ev; filename*1*=il.exe_",
        "x; filename==  ?utf-8?B?ZXZp\r\n bC5leGU=?= ",
        "x; filename=\"=?us-ascii?b?ZXZpbC5l\x80?=\r\n =?utf-8?q?x?=\r\n =?u?q?y?=\r\n =?utf-8?Q?e?=\"",
        "x; filename=evil.e  xe",
        "x; filename=evil.e;e",
        "x; filename=evil.e\"e\"",
        "x; filename*1*=exe; filename*0*=utf-8''evil.:x=\"(",
        "x; filename=\"=?utf-8*en?Q?a=2E?= =?utf-8?Q?e?= =?ut8?Q?e?= =?utf-8?Q?x?= =?utf-8?Q?e?=\"",
        "x; filename*0*=utf-8''a; filename*1*=l%2e\200filename*0=; filename*2*=%65; filename*3*=xe",
        "x; filename=evil.e  xe; file; filename=.txt\"\"x",
        "x; filename=\"=?utf-8?B?=65Zifilename*1=so-8859-1'XZpbC5leGU=?=\"",
        "x; name=\"=?utf-8*en?Q?a?=\r\n =?u\\tf-8?Q?.e?=\r\n =?us-ascii?b?eA==ascii?b?eA==?=\r\n =?utf-8?Q?e?=\"",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct collected collected = collect(values[i]);
        if (collected.is_strict || !scan_spells(&collected.parameters.superset, "exe"))
            fail_msg("%s: strict %d, and spells no .exe", values[i], collected.is_strict);
        talloc_free(collected.owner);
    }
}

/* Comments that may each be left out or not, and letters between: there is no end of ways to spell. */
static void ways_to_spell_are_bounded(void **state)
{
    (void)state;
    struct strbuf field;
    strbuf_init(&field, 0);
    strbuf_append_text(&field, "x; name=");
    for (int dot = 0; dot < 100; dot++) {
        strbuf_append_byte(&field, '.');
        for (int i = 0; i < 40; i++)
            strbuf_append_text(&field, "a(b)");
    }
    struct collected collected = collect(strbuf_text(&field));
    name_superset_measure(&collected.parameters.superset);
    assert_true(name_superset_work(&collected.parameters.superset) > 1000 * 1000);
    assert_true(name_superset_is_over_limit(&collected.parameters.superset));
    assert_false(scan_spells(&collected.parameters.superset, "exe"));
    talloc_free(collected.owner);
    strbuf_truncate(&field, sizeof "x; name=.a(b)a(b)" - 1);
    collected = collect(strbuf_text(&field));
    name_superset_measure(&collected.parameters.superset);
    assert_in_range(name_superset_work(&collected.parameters.superset), 1, 1000 * 1000);
    assert_false(name_superset_is_over_limit(&collected.parameters.superset));
    assert_true(scan_spells(&collected.parameters.superset, "aab"));
    talloc_free(collected.owner);
    strbuf_deinit(&field);
}

/* An extension that is a domain too, where the value ends for everybody. */
static void words_count_where_a_value_ends(void **state)
{
    (void)state;
    static const char *const values[] = {
        "x; name*==?utf-8?b?YS5jb20=?=; ); x",
        "x; a=\"b';\r\n filename*=utf-8''a.com ",
        "x; filename=a.com ; size=(c)3",
        "x; x=\"\\a\"; filename=a.com",
        "x; filename=\"a.com\";;",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct collected collected = collect(values[i]);
        if (!scan_spells(&collected.parameters.superset, "com"))
            fail_msg("%s spells no .com", values[i]);
        talloc_free(collected.owner);
    }
}

static void honest_damage_spells_nothing(void **state)
{
    (void)state;
    static const char *const values[] = {
        "attachment; filename=Report of example.com Ltd.pdf",
        "attachment; filename=Dr. Bas Meyer.pdf",
        "attachment; filename=\"example.com\r\n report.pdf\"",
        "attachment; filename=\"example.com; more.pdf\"",
        "attachment; filename=\"example.com ; more.pdf\"",
        "x; filename==?utf-8?q?example.com_report.pdf?=",
        "x; filename=\"=?utf-8?q?example.com;_report.pdf?=\"",
        "x; filename==?utf-8?b?cmVwb3J0LnBkZg==?q?=",
        "multipart/mixed; boundary=(x)\"a@example.com\"",
        "text/plain; charset=us-ascii (Plain text)",
        "attachment; filename=setup.exe.pdf (2)",
        "attachment; filename*0=\"Inc.\"; filename*2=\"company.pdf\"",
        "attachment; filename=http://www.example.com/a.pdf",
        "attachment; filename=a.e xe and more",
        "attachment; filename=M. la Croix.pdf",
        "inline; filename=\"Logo www.example.com",
        "attachment; filename*0=\"a\r\n b\"; filename*1=\".\"; filename*2=\"xe\"; filename*3=\"e\"",
        "attachment; filename*0=\"plan;f\"; filename*1=\"in\"; filename*2=\"al.\"; filename*3=\"pdf\"",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct collected collected = collect(values[i]);
        if (scan_spells(&collected.parameters.superset, "com") ||
            scan_spells(&collected.parameters.superset, "bas") ||
            scan_spells(&collected.parameters.superset, "xla") ||
            scan_spells(&collected.parameters.superset, "inf") ||
            scan_spells(&collected.parameters.superset, "exe"))
            fail_msg("%s spells a program", values[i]);
        talloc_free(collected.owner);
    }
}

static void boundaries_and_disputes(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *primary;
        bool is_strict;
    } rows[] = {
        {"multipart/mixed; boundary=abc", "abc", true},
        {"multipart/mixed; boundary=\"a b\"; charset=x", "a b", true},
        {"multipart/mixed; boundary=----=_Part1/:?'+_,", "----=_Part1/:?'+_,", false},
        {"multipart/mixed; boundary=----=_Part1/:?'+_", "----=_Part1/:?'+_", true},
        {"multipart/mixed;\r\n boundary*0*=us-ascii''%3D_8;\r\n boundary*1*=24f3", "=_824f3", true},
        {"multipart/mixed; boundary*=us-ascii''a%62", "ab", true},
        {"multipart/mixed; boundary=abc(comment)", "abc", false},
        {"multipart/mixed; boundary=\"abc", "abc", false},
        {"multipart/mixed; boundary=a; boundary=a", "a", false},
        {"multipart/mixed; boundary=a; boundary=b", "a", false},
        {"x; filename=a.txt; filename=b.txt", "", false},
        {"x; filename=a.txt; filename*=utf-8''b.txt", "", true},
        {"x; filename*0=a; filename*0=b", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected collected = collect(rows[i].value);
        struct mime_parameters parameters = collected.parameters;
        if (!slice_equal(parameters.primary_boundary, slice_of(rows[i].primary)) ||
            collected.is_strict != rows[i].is_strict)
            fail_msg("%s: %.*s, %d", rows[i].value, (int)parameters.primary_boundary.length,
                     parameters.primary_boundary.data, collected.is_strict);
        talloc_free(collected.owner);
    }
}

static void names_in_doubtful_charsets_are_ambiguous(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool is_ambiguous;
    } rows[] = {
        {"attachment; filename=\"=?ibm037?B?hYWJk0uFp4U=?=\"", false},
        {"attachment; filename=\"=?made-up?Q?a?=\"", false},
        {"attachment; filename*=ibm037''%85", false},
        {"attachment; filename*0*=ibm037''%85; filename*1*=%85", false},
        {"=?ibm037?Q?=81?=", false},
        {"attachment; filename=\"=?made-up?Q?=E9?=\"", true},
        {"attachment; filename=\"=?utf-16?B?LgAALg==?=\"", true},
        {"attachment; filename=\"=?utf-16?B?YQAuAA==?=\"", false},
        {"attachment; filename=\"=?utf-8?B?YQ==?=\"", false},
        {"attachment; filename*=''a", false},
        {"attachment; filename*=utf-8''a", false},
        {"attachment; filename*=windows-1252'de'%fc", false},
        {"attachment; filename=\"=?iso-2022-jp?B?GyRCSSEbKEI=?=\"", false},
        {"multipart/mixed; boundary=\"=?made-up?Q?a?=\"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collected collected = collect(rows[i].value);
        if ((collected.parameters.unreadable != NULL) != rows[i].is_ambiguous)
            fail_msg("%s: %s", rows[i].value, collected.parameters.unreadable);
        talloc_free(collected.owner);
    }
}

static void boundaries_match_lines(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct boundary_set set;
    boundary_set_init(&set, owner);
    assert_int_equal(boundary_set_add(&set, slice_of("B"), 0, true), BOUNDARY_ADDED);
    assert_int_equal(boundary_set_add(&set, slice_of("B-alt"), 1, true), BOUNDARY_ADDED);
    static const struct {
        const char *line;
        enum boundary_match_kind kind;
        unsigned level;
    } rows[] = {
        {"--B", BOUNDARY_DELIMITER, 0},   {"--B \t\r", BOUNDARY_DELIMITER, 0},
        {"--B--", BOUNDARY_CLOSE, 0},     {"--B-alt", BOUNDARY_DELIMITER, 1},
        {"--B-alt--", BOUNDARY_CLOSE, 1}, {"--Bx", BOUNDARY_PREFIX, 0},
        {"--C", BOUNDARY_NONE, 0},        {"--", BOUNDARY_NONE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct boundary_match match = boundary_set_match(&set, slice_of(rows[i].line));
        assert_int_equal(match.kind, rows[i].kind);
        assert_int_equal(match.level, rows[i].level);
        assert_true(match.is_certain || match.kind <= BOUNDARY_PREFIX);
    }
    boundary_set_retire(&set, 1);
    struct boundary_match stale = boundary_set_match(&set, slice_of("--B-alt"));
    assert_int_equal(stale.kind, BOUNDARY_DELIMITER);
    assert_int_equal(stale.level, 0);
    assert_false(stale.is_certain);
    talloc_free(owner);
}

/* Of two readings of one header, both plausible: the second that delimits parts is in dispute. */
static void rival_boundaries_are_disputed(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct boundary_set set;
    boundary_set_init(&set, owner);
    boundary_set_add(&set, slice_of("a(b)"), 0, true);
    boundary_set_add(&set, slice_of("a"), 0, true);
    struct boundary_match match = boundary_set_match(&set, slice_of("--a(b)"));
    assert_true(match.is_certain);
    boundary_set_use(&set, match);
    assert_true(boundary_set_match(&set, slice_of("--a(b)--")).is_certain);
    assert_false(boundary_set_match(&set, slice_of("--a")).is_certain);
    boundary_set_deinit(&set);
    talloc_free(owner);
}

static void boundaries_are_bounded(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct boundary_set set;
    char text[16];
    boundary_set_init(&set, owner);
    for (unsigned i = 0; i < BOUNDARY_SET_MAX; i++) {
        int length = snprintf(text, sizeof text, "b%u", i);
        assert_int_equal(boundary_set_add(&set, slice_make(text, (size_t)length), (uint16_t)i, true),
                         BOUNDARY_ADDED);
    }
    assert_int_equal(boundary_set_add(&set, slice_of("x"), 0, true), BOUNDARY_NO_ROOM);
    boundary_set_retire(&set, BOUNDARY_SET_MAX - 1);
    assert_int_equal(boundary_set_add(&set, slice_of("x"), 0, true), BOUNDARY_ADDED);
    talloc_free(owner);
}

/* ---- what stands in signatures and calendars ---- */

static void add_bytes(void *context, struct slice bytes)
{
    strbuf_append_slice(context, bytes);
}

/* Signed content in so many strings within each other, none with a length; what of it is told. */
static enum cms_result read_nested(unsigned levels, struct strbuf *told)
{
    static const char start[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x30\x80"
                                "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80";
    struct cms_reader reader;
    cms_reader_init(&reader, add_bytes, told);
    cms_reader_push(&reader, slice_make(start, sizeof start - 1));
    for (unsigned i = 5; i < levels; i++)
        cms_reader_push(&reader, slice_make("\x24\x80", 2));
    return cms_reader_push(&reader, slice_make("\x04\x01x\0", 4));
}

static void signed_content_nests_to_a_bound(void **state)
{
    (void)state;
    for (unsigned levels = CMS_LEVELS_MAX - 1; levels <= CMS_LEVELS_MAX + 1; levels++) {
        struct strbuf told;
        strbuf_init(&told, 0);
        bool is_too_deep = levels > CMS_LEVELS_MAX;
        assert_int_equal(read_nested(levels, &told), is_too_deep ? CMS_TOO_DEEP : CMS_MORE);
        assert_string_equal(strbuf_text(&told), is_too_deep ? "" : "x");
        strbuf_deinit(&told);
    }
}

struct told_files {
    struct strbuf text;
    unsigned over_budget_count;
};

static void on_begin(void *context)
{
    strbuf_append_text(&((struct told_files *)context)->text, "[");
}

static void on_name(void *context, struct slice name)
{
    strbuf_append_slice(&((struct told_files *)context)->text, name);
    on_begin(context);
}

static void on_data(void *context, struct slice base64)
{
    strbuf_append_slice(&((struct told_files *)context)->text, base64);
}

static void on_end(void *context)
{
    strbuf_append_text(&((struct told_files *)context)->text, "]");
}

static void on_over_budget(void *context)
{
    ((struct told_files *)context)->over_budget_count++;
}

static void read_calendar(struct slice text, struct told_files *told)
{
    struct file_sink sink = {told, on_begin, on_name, on_data, on_end, on_over_budget};
    struct calendar_reader reader;
    *told = (struct told_files){0};
    strbuf_init(&told->text, 0);
    calendar_reader_init(&reader, &sink);
    calendar_reader_push(&reader, text);
    calendar_reader_end(&reader);
    assert_false(calendar_reader_failed(&reader));
    calendar_reader_deinit(&reader);
}

static void files_in_calendars(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"ATTACH;FILENAME=a:QUJD\r\n", "[a[QUJD]"},
        {"ATTACH;X-FILENAME=\"a:b\":QU\r\n JD\r\nX:y\r\n", "[a:b[QUJD]"},
        {"ATTACH;NAME=a^^b:QUJD", "[a^^b[a^b[QUJD]"},
        {"ATTACH;NAME=a:https://example.com/a\nATTACH;NAME=b:cid:c", "[b[]"},
        {"ATTACH:data:;name=a,QUJD", "[a[QUJD]"},
        {"PHOTO;ENCODING=b:QUJD\n\nQUJD\nFN:x", "[QUJDQUJD]"},
        {"DESCRIPTION:ATTACH\n ;NAME=a:b\nX;NAME=a:QUJD\nATTENDEE;CN=a:mailto:b", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct told_files told;
        read_calendar(slice_of(rows[i].text), &told);
        assert_string_equal(strbuf_text(&told.text), rows[i].expected);
        assert_int_equal(told.over_budget_count, 0);
        strbuf_deinit(&told.text);
    }
}

static void lines_of_calendars_are_bounded(void **state)
{
    (void)state;
    for (size_t length = CALENDAR_HEAD_BYTES - 1; length <= CALENDAR_HEAD_BYTES + 1; length++) {
        struct strbuf line;
        struct told_files told;
        strbuf_init(&line, 0);
        while (line.length < length - 1)
            strbuf_append_byte(&line, 'a');
        strbuf_append_byte(&line, ':');
        read_calendar(strbuf_slice(&line), &told);
        assert_int_equal(told.over_budget_count, length > CALENDAR_HEAD_BYTES ? 1 : 0);
        strbuf_deinit(&told.text);
        strbuf_deinit(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_values_have_one_reading),
        cmocka_unit_test(damaged_values_spell_all_readings),
        cmocka_unit_test(ways_to_spell_are_bounded),
        cmocka_unit_test(words_count_where_a_value_ends),
        cmocka_unit_test(honest_damage_spells_nothing),
        cmocka_unit_test(boundaries_and_disputes),
        cmocka_unit_test(signed_content_nests_to_a_bound),
        cmocka_unit_test(files_in_calendars),
        cmocka_unit_test(lines_of_calendars_are_bounded),
        cmocka_unit_test(names_in_doubtful_charsets_are_ambiguous),
        cmocka_unit_test(boundaries_match_lines),
        cmocka_unit_test(rival_boundaries_are_disputed),
        cmocka_unit_test(boundaries_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
