#include "report.h"

#include <stdio.h>

static const char *const answer_names[ANSWER_COUNT] = {
    "pass",        "blocked",       "disguised", "ambiguous", "partial",
    "over_budget", "uninspectable", "encrypted", "macros",
};

const char *selftest_answer_name(unsigned answer)
{
    return answer_names[__builtin_ctz(answer)];
}

unsigned selftest_answer_of(const char *word)
{
    if (strcmp(word, "clean") == 0 || strcmp(word, "ambiguous_clean") == 0)
        return ANSWER_PASS;
    for (unsigned i = 0; i < ANSWER_COUNT; i++)
        if (strcmp(word, answer_names[i]) == 0)
            return 1U << i;
    return 0;
}

bool selftest_is_right(const struct selftest_case *test, const struct selftest_result *result)
{
    if (result->answer != 0)
        return (test->expected & result->answer) != 0;
    unsigned suits = result->is_stopped ? ~(unsigned)ANSWER_PASS
                                        : (unsigned)ANSWER_PASS | ANSWER_ENCRYPTED | ANSWER_MACROS;
    return result->word[0] != '\0' && (test->expected & suits) != 0;
}

void report_expected(unsigned expected, struct strbuf *out)
{
    const char *between = "";
    for (unsigned i = 0; i < ANSWER_COUNT; i++) {
        if ((expected >> i & 1) == 0)
            continue;
        strbuf_append_text(out, between);
        strbuf_append_text(out, answer_names[i]);
        between = " or ";
    }
}

void report_list(const struct selftest_class *class, const struct selftest_case *test)
{
    struct strbuf expected;
    strbuf_init(&expected, 0);
    report_expected(test->expected, &expected);
    printf("%-14s %-30s %-24s %s\n", class->name, test->id, strbuf_text(&expected), test->title);
    strbuf_deinit(&expected);
}

void report_json(const struct selftest_class *class, const struct selftest_case *test,
                 const struct selftest_result *result)
{
    struct strbuf expected;
    strbuf_init(&expected, 0);
    report_expected(test->expected, &expected);
    /* Words of ours only: nothing to escape. */
    const char *answer = result->answer != 0  ? selftest_answer_name(result->answer)
                         : result->is_stopped ? "stopped"
                                              : "accepted";
    printf("{\"class\":\"%s\",\"case\":\"%s\",\"expected\":\"%s\",\"answer\":\"%s\",\"right\":%s}\n",
           class->name, test->id, strbuf_text(&expected), answer,
           selftest_is_right(test, result) ? "true" : "false");
    strbuf_deinit(&expected);
}

void report_wrong(const struct selftest_class *class, const struct selftest_case *test,
                  const struct selftest_result *result)
{
    struct strbuf expected;
    strbuf_init(&expected, 0);
    report_expected(test->expected, &expected);
    printf("WRONG %s: %s: %s\n      answer: %s; right: %s\n      %s. Shown by: %s.\n", class->name, test->id,
           test->title, result->word, strbuf_text(&expected), test->rationale, test->clients);
    strbuf_deinit(&expected);
}

void report_class_head(void)
{
    printf("%-16s %6s %6s %6s\n", "class", "cases", "right", "wrong");
}

void report_class(const char *name, const struct selftest_count *count)
{
    printf("%-16s %6u %6u %6u\n", name, count->cases, count->right, count->cases - count->right);
}
