/* docs/attachments.md, from the tables of cases. */
#include "report.h"

static const char introduction[] =
    "# What gets past mail filters, and what closedrelay says to it\n"
    "\n"
    "Made from the corpus of `closedrelay selftest` by `closedrelay selftest --table`; a test holds that it is current.\n"
    "Anybody may try the same messages: `closedrelay selftest` against the configuration in force,\n"
    "`closedrelay selftest --milter ADDRESS` against any milter on the same machine, `closedrelay selftest --write DIR`\n"
    "as files for any other filter. They are generated and always the same; programs in them are their first bytes only.\n"
    "\n"
    "\"Shown by\" says which programs show the file, or write such mail. Where more than one answer is right, all are\n"
    "given: a filter that reads the file's name may say `blocked`, one that sees that clients disagree `ambiguous`. Both\n"
    "stop it. What each answer does is configured: [checks/attachments.md](checks/attachments.md).\n";

static const struct {
    const char *bound;
    const char *value;
    const char *tested;
} bounds[] = {
    {"`levels`: multiparts and messages within each other", "64",
     "selftest `levels`, `messages`: 63, 64, 65"},
    {"`parts`: parts of all kinds", "2,000", "selftest `parts`: 1,999, 2,000, 2,001"},
    {"`headers_per_part`", "1,000", "selftest `headers`: 999, 1,000, 1,001"},
    {"`header_bytes`: one header field", "65,536", "selftest `header-bytes`: 65,535, 65,536, 65,537"},
    {"`parameters_per_header`", "64", "selftest `parameters`: 63, 64, 65"},
    {"`comment_levels`", "8", "selftest `comments`: 7, 8, 9"},
    {"`names_per_part`", "100", "test_content_limits: N-1, N, N+1"},
    {"`archive_entries`", "10,000", "selftest `entries`: 9,999, 10,000, 10,001"},
    {"`archive_levels`", "3", "selftest `nesting/zip-zip`, `zip-zip-zip`, `too-deep`: 2, 3, 4"},
    {"`unpacked_bytes`", "256 MiB",
     "selftest `unpacked`: 129 bytes less, 129 more; test_content_limits: N-1, N, N+1"},
    {"`kept_bytes`", "16 MiB", "test_content_limits: N-1, N, N+1"},
    {"`work_units`", "4 Gi", "test_content_limits: N-1, N, N+1"},
};

/* Text of a cell: what Markdown would take for itself is escaped. */
static void append_cell(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("|<>*_`\\", *text) != NULL)
            strbuf_append_byte(out, '\\');
        strbuf_append_byte(out, *text);
    }
    strbuf_append_text(out, " | ");
}

static void append_case(struct strbuf *out, const struct selftest_case *test)
{
    strbuf_printf(out, "| `%s` | ", test->id);
    append_cell(out, test->title);
    append_cell(out, test->rationale);
    append_cell(out, test->clients);
    report_expected(test->expected, out);
    strbuf_append_text(out, " |\n");
}

static void append_class(struct strbuf *out, const struct selftest_class *class)
{
    strbuf_printf(
        out,
        "\n## %s (`%s`, %zu)\n\n| case | what it does | why | shown by | our answer |\n|---|---|---|---|---|\n",
        class->title, class->name, *class->case_count);
    for (size_t i = 0; i < *class->case_count; i++)
        append_case(out, &class->cases[i]);
}

static void append_summary(struct strbuf *out)
{
    size_t total = 0, honest = 0;
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++) {
        total += *class->case_count;
        for (size_t i = 0; i < *class->case_count; i++)
            honest += class->cases[i].expected == ANSWER_PASS ? 1 : 0;
    }
    strbuf_printf(out, "\n%zu cases, of which %zu must pass.\n", total, honest);
}

static void append_families(struct strbuf *out)
{
    strbuf_append_text(out, "\n## MIMEminer's families\n\nThe evasions of \"Inbox Invasion\" (CCS 2024) and "
                            "the cases that stand for them, class and name.\n\n"
                            "| family | cases | our answer |\n|---|---|---|\n");
    for (const struct selftest_family *family = selftest_families; family->name != NULL; family++) {
        unsigned answers = 0;
        strbuf_append_text(out, "| ");
        append_cell(out, family->name);
        strbuf_append_byte(out, '`');
        for (const char *at = family->cases; *at != '\0';) {
            size_t length = strcspn(at, " ");
            const struct selftest_case *test = selftest_find(at, length);
            answers |= test == NULL ? 0 : test->expected;
            strbuf_append(out, at, length);
            at += length;
            at += *at == ' ' ? 1 : 0;
            strbuf_append_text(out, *at == '\0' ? "` | " : "`, `");
        }
        report_expected(answers & ~(unsigned)ANSWER_PASS, out);
        strbuf_append_text(out, " |\n");
    }
}

static void append_bounds(struct strbuf *out)
{
    strbuf_append_text(out,
                       "\n## The bounds\n\nBeyond each the answer is `over_budget`, never \"clean\".\n\n| "
                       "bound (`attachments.limits`) | default | tested at |\n|---|---|---|\n");
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        strbuf_printf(out, "| %s | %s | %s |\n", bounds[i].bound, bounds[i].value, bounds[i].tested);
}

void report_markdown(struct strbuf *out)
{
    strbuf_append_text(out, introduction);
    append_summary(out);
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++)
        append_class(out, class);
    append_families(out);
    append_bounds(out);
}
