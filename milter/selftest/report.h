/* What is printed of the corpus and of a run through it, on stdout. */
#ifndef CLOSEDRELAY_SELFTEST_REPORT_H
#define CLOSEDRELAY_SELFTEST_REPORT_H

#include "runner.h"

struct selftest_count {
    unsigned cases;
    unsigned right;
};

/* "blocked or ambiguous". */
void report_expected(unsigned expected, struct strbuf *out);

void report_list(const struct selftest_class *class, const struct selftest_case *test);
void report_json(const struct selftest_class *class, const struct selftest_case *test,
                 const struct selftest_result *result);
void report_wrong(const struct selftest_class *class, const struct selftest_case *test,
                  const struct selftest_result *result);
void report_class_head(void);
void report_class(const char *name, const struct selftest_count *count);

/* docs/attachments.md. */
void report_markdown(struct strbuf *out);

#endif
