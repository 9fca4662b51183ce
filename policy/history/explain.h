/* The answer to `explain`: one story, or a list. What explain_text.c, explain_html.c and explain_json.c show.
 */
#ifndef CLOSEDRELAY_HISTORY_EXPLAIN_H
#define CLOSEDRELAY_HISTORY_EXPLAIN_H

#include "history/account_story.h"
#include "history/story.h"
#include "policy_history.h"

struct explanation {
    const char *what;
    struct story *story;      /* or NULL, and then: */
    struct story_line *lines; /* the newest first */
    size_t line_count;
    struct account_story account; /* of a login; or nothing */
    bool has_more;                /* older ones than those */
    bool is_nearest;              /* nothing was found: the lines are what comes nearest */
};

void explain_print_text(const struct explanation *explanation, const struct policy_history_page *page,
                        struct strbuf *out);
void explain_print_json(const struct explanation *explanation, struct strbuf *out);
/* `is_part`: as HISTORY_HTML_PART. */
void explain_print_html(const struct explanation *explanation, bool is_part, struct strbuf *out);

/* A list of messages as a table; `title`: a heading above it, or NULL. `is_part`: ids are links. */
void explain_print_html_lines(struct strbuf *out, const char *title, const struct story_line *lines,
                              size_t count, bool is_part);

/* "refused" for "reject", … */
const char *explain_verdict_word(const char *verdict);

#endif
