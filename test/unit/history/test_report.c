/* A report adds up what the records say, in every form, and nothing of theirs gets out of its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/history_input.h"
#include "history/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

static char path[] = "/tmp/closedrelay-report.XXXXXX";
static char notes[512];

static void take_note(void *context, const char *text)
{
    (void)context;
    snprintf(notes, sizeof notes, "%s", text);
}

static const char *const lines[] = {
    /* the day before */
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-28T10:00:00Z\",\"id\":\"a\",\"host\":\"mx1\",\"role\":"
    "\"submission\",\"user\":\"ann@example.com\",\"customer\":\"acme\",\"client\":{\"ip\":\"192.0.2.7\"},"
    "\"recipients\":[{\"address\":\"x@example.net\",\"action\":\"accept\"}],\"size\":500,\"findings\":[],"
    "\"verdict\":\"accept\",\"would\":\"accept\"}",
    /* two of the day, from two networks */
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T10:00:00Z\",\"id\":\"b\",\"host\":\"mx1\",\"role\":"
    "\"submission\",\"user\":\"ann@example.com\",\"customer\":\"acme\",\"client\":{\"ip\":\"192.0.2.7\"},"
    "\"recipients\":[{\"address\":\"x@example.net\",\"action\":\"accept\"},{\"address\":\"y@example.net\",\"action\":"
    "\"reject\",\"reason\":\"recipients.too_many_recipients\"}],\"size\":1000,\"lists\":[{\"zone\":\"bl.test\",\"state\":"
    "\"not_listed\"}],\"findings\":[{\"check\":\"sender\",\"outcome\":\"fail\",\"reason\":\"from_not_of_login\","
    "\"mode\":\"monitor\",\"action\":\"reject\"}],\"verdict\":\"accept\",\"would\":\"reject\"}",
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T10:10:00Z\",\"id\":\"c\",\"host\":\"mx1\",\"role\":"
    "\"submission\",\"user\":\"ann@example.com\",\"customer\":\"acme\",\"client\":{\"ip\":\"198.51.100.7\"},"
    "\"recipients\":[{\"address\":\"x@example.net\",\"action\":\"hold\"}],\"size\":2000,\"findings\":[{\"check\":"
    "\"attachments\",\"outcome\":\"fail\",\"reason\":\"uninspectable\",\"mode\":\"enforce\",\"action\":\"hold\"}],"
    "\"verdict\":\"hold\",\"would\":\"hold\"}",
    /* from outside, refused; somebody would like to be read as HTML, as a formula, as a terminal's command */
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T11:00:00Z\",\"id\":\"d\",\"host\":\"mx1\",\"role\":"
    "\"outside\",\"user\":\"\",\"customer\":\"\",\"client\":{\"ip\":\"2001:db8:1:2:3::4\"},\"recipients\":"
    "[{\"address\":\"x@far.example\",\"action\":\"reject\",\"reason\":\"relay.not_local_domain\"}],\"size\":0,"
    "\"findings\":[{\"check\":\"relay\",\"outcome\":\"fail\",\"reason\":\"not_local_domain\",\"mode\":\"enforce\","
    "\"action\":\"reject\"}],\"verdict\":\"reject\",\"would\":\"reject\"}",
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T11:00:01Z\",\"id\":\"e\",\"host\":\"mx1\",\"role\":\"local\","
    "\"user\":\"=<script>\\u001b[31m\\u202e\",\"customer\":\"\",\"client\":{\"ip\":\"127.0.0.1\"},\"recipients\":[],"
    "\"size\":0,\"findings\":[],\"verdict\":\"aborted\",\"would\":\"accept\"}",
    ("{\"v\":1,\"type\":\"list\",\"time\":\"2026-11-29T12:00:00Z\",\"id\":\"f\",\"host\":\"mx1\",\"zone\":\"bl.test\","
     "\"state\":\"suspended\"}"),
    "{\"v\":1,\"type\":\"record_lost\",\"time\":\"2026-11-29T12:00:01Z\",\"id\":\"g\",\"host\":\"mx1\",\"count\":7}",
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-29T12:0",
    /* the day after */
    "{\"v\":1,\"type\":\"message\",\"time\":\"2026-11-30T00:00:00Z\",\"id\":\"h\",\"verdict\":\"accept\"}",
};

static int write_file(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(file, "%s\n", lines[i]);
    return fclose(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static const char *const paths[] = {path};
static const struct policy_history_source source = {.paths = paths, .path_count = 1, .note = take_note};

static struct report *make_report(void *owner, const char *by)
{
    const struct policy_report_query query = {.since = "2026-11-29", .until = "2026-11-30", .by = by};
    struct report *report;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_true(report_run(owner, &source, &query, &report, &problem));
    strbuf_deinit(&problem);
    return report;
}

static void totals_are_sums(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    notes[0] = '\0';
    const struct report *report = make_report(owner, NULL);
    const struct record_counts *now = &report->totals[PERIOD_NOW];
    assert_int_equal(now->messages, 4);
    assert_int_equal(now->accepted, 1);
    assert_int_equal(now->held, 1);
    assert_int_equal(now->refused, 1);
    assert_int_equal(now->aborted, 1);
    assert_int_equal(now->would, 1);
    assert_int_equal(now->recipients, 2);
    assert_int_equal(now->recipients_refused, 2);
    assert_int_equal(now->bytes, 3000);
    assert_int_equal(report->totals[PERIOD_BEFORE].messages, 1);
    assert_int_equal(report->roles[ROLE_OUTSIDE][PERIOD_NOW].refused, 1);
    assert_int_equal(report->hours_of_day[10].messages, 2);
    assert_int_equal(report->lost_count, 7);
    assert_string_equal(report->host, "mx1");
    assert_int_equal(report->host_count, 1);
    assert_int_equal(report->list_count, 1);
    assert_true(report->lists[0].is_suspended);
    assert_int_equal(report->lists[0].asked, 1);
    assert_non_null(strstr(notes, "1 line is no record"));
    talloc_free(owner);
}

static const struct report_row *find_row(const struct report_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (slice_equal(table->rows[i].name, slice_of(name)))
            return &table->rows[i];
    return NULL;
}

static void names_have_their_share(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct report *report = make_report(owner, NULL);
    const struct report_row *ann = find_row(&report->tables[REPORT_BY_USER], "ann@example.com");
    assert_non_null(ann);
    assert_int_equal(ann->counts[PERIOD_NOW].messages, 2);
    assert_int_equal(ann->counts[PERIOD_BEFORE].messages, 1);
    assert_int_equal(ann->network_count, 2);
    assert_int_equal(find_row(&report->tables[REPORT_BY_CUSTOMER], "acme")->counts[PERIOD_NOW].bytes, 3000);
    assert_int_equal(find_row(&report->tables[REPORT_BY_DOMAIN], "example.com")->counts[PERIOD_NOW].messages,
                     2);
    assert_null(find_row(&report->tables[REPORT_BY_DOMAIN], "far.example"));
    assert_int_equal(
        find_row(&report->tables[REPORT_BY_CLIENT], "2001:db8:1:2::/64")->counts[PERIOD_NOW].refused, 1);
    const struct report_table *checks = &report->tables[REPORT_BY_CHECK];
    assert_int_equal(find_row(checks, "relay not_local_domain")->counts[PERIOD_NOW].refused, 1);
    assert_int_equal(find_row(checks, "sender from_not_of_login")->counts[PERIOD_NOW].would, 1);
    assert_int_equal(find_row(checks, "attachments uninspectable")->counts[PERIOD_NOW].held, 1);
    assert_int_equal(
        find_row(checks, "recipients too_many_recipients")->counts[PERIOD_NOW].recipients_refused, 1);
    talloc_free(owner);
}

static void hours_have_names(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct report *report = make_report(owner, "hour");
    const struct report_table *hours = &report->tables[REPORT_BY_HOUR];
    assert_int_equal(hours->count, 2);
    assert_true(slice_equal(hours->rows[0].name, slice_of("2026-11-29 10:00 UTC")));
    assert_int_equal(report->tables[REPORT_BY_USER].count, 0);
    talloc_free(owner);
}

static const char *print(enum policy_history_form form, const char *by, struct strbuf *out)
{
    const struct policy_report_query query = {.since = "2026-11-29", .until = "2026-11-30", .by = by};
    const struct policy_history_page page = {.form = form, .columns = 80};
    strbuf_init(out, 0);
    assert_true(policy_report(&source, &query, &page, out));
    return strbuf_text(out);
}

static void strangers_words_stay_words(void **state)
{
    (void)state;
    struct strbuf out;
    const char *html = print(HISTORY_HTML, NULL, &out);
    assert_null(strstr(html, "<script"));
    assert_non_null(strstr(html, "&lt;script&gt;"));
    assert_null(strstr(html, "\x1b"));
    assert_null(strstr(html, "\xe2\x80\xae")); /* U+202E */
    assert_null(strstr(html, " style="));
    strbuf_deinit(&out);
    const char *text = print(HISTORY_TEXT, "user", &out);
    assert_null(strstr(text, "\x1b"));
    assert_non_null(strstr(text, "=<script>?[31m?"));
    strbuf_deinit(&out);
    assert_non_null(strstr(print(HISTORY_CSV, "user", &out), "user,\"'=<script>"));
    strbuf_deinit(&out);
    assert_non_null(strstr(print(HISTORY_JSON, "user", &out), "\"name\":\"=<script>\\u001b[31m"));
    strbuf_deinit(&out);
}

static void lines_keep_within_the_width(void **state)
{
    (void)state;
    struct strbuf out;
    for (const char *line = print(HISTORY_TEXT, NULL, &out); line[0] != '\0'; line = strchr(line, '\n') + 1) {
        assert_in_range(strcspn(line, "\n"), 0, 82); /* two bytes of "…" are no columns */
        assert_true(strcspn(line, "\n") == 0 || line[strcspn(line, "\n") - 1] != ' ');
    }
    strbuf_deinit(&out);
}

static void wrong_questions_are_answered(void **state)
{
    (void)state;
    struct strbuf out;
    const struct policy_history_page page = {.form = HISTORY_TEXT};
    strbuf_init(&out, 0);
    assert_false(policy_report(&source, &(struct policy_report_query){.by = "colour"}, &page, &out));
    assert_non_null(strstr(strbuf_text(&out), "there is no report by 'colour'"));
    strbuf_reset(&out);
    const char *const missing[] = {"/nowhere/audit.jsonl"};
    const struct policy_history_source nothing = {.paths = missing, .path_count = 1};
    assert_false(policy_report(&nothing, &(struct policy_report_query){0}, &page, &out));
    assert_non_null(strstr(strbuf_text(&out), "/nowhere/audit.jsonl: No such file"));
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_are_sums),
        cmocka_unit_test(names_have_their_share),
        cmocka_unit_test(hours_have_names),
        cmocka_unit_test(strangers_words_stay_words),
        cmocka_unit_test(lines_keep_within_the_width),
        cmocka_unit_test(wrong_questions_are_answered),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, write_file, remove_file);
}
