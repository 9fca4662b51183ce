/* What the pages share; for the files of the dashboard only. */
#ifndef CLOSEDRELAY_DASHBOARD_DASHBOARD_H
#define CLOSEDRELAY_DASHBOARD_DASHBOARD_H

#include "dashboard/live_mail.h"
#include "engine/engine.h"
#include "policy_dashboard.h"

struct policy_dashboard {
    struct policy_engine *engine;
    struct live_mail *mail;
    pthread_t thread;
    struct record_watcher watcher; /* the thread's */
    int64_t since_us;              /* from when on it watches; what was before is read from the record */
    atomic_bool is_stopping;       /* the thread */
    atomic_bool is_interrupted;    /* whoever reads the record */
};

/* A page in the making. */
struct page {
    struct policy_dashboard *dashboard;
    const struct policy_page_question *question;
    struct strbuf *out;
    void *owner;    /* talloc; until the page is made */
    bool is_masked; /* for a help desk */
    int64_t now_us; /* wall clock */
};

/* NULL: there is none, or it is empty. */
const char *page_argument(const struct page *page, const char *name);

/* ---- shell.c ------------------------------------------------------------------------------------------ */

/* Head, navigation, and the beginning of what changes; what ends them. `title`: of the window. `is_live`: the
 * script fetches the page's part again and again. Nothing of it where only the part is wanted. */
void shell_begin(const struct page *page, const char *title, bool is_live);
void shell_end(const struct page *page);

/* A heading with an anchor. */
void shell_section(const struct page *page, const char *title);
/* A sentence in place of what there is none of. */
void shell_empty(const struct page *page, const char *text);
/* "yes" as a badge: `class_name` is good, warn or bad. */
void shell_badge(const struct page *page, const char *class_name, const char *text);

/* ---- chart.c ------------------------------------------------------------------------------------------ */

/* A bar for each of `count` spans of time; values one a series, laid on one another. */
struct chart_series {
    const char *class_name; /* of its colour */
    const char *words;      /* "refused" */
};

enum { CHART_SERIES_MAX = 5 };

struct chart {
    const char *title;
    const struct chart_series *series;
    size_t series_count;
    const uint64_t (*bars)[CHART_SERIES_MAX];
    size_t count;
    int64_t first_us, step_us; /* of the first bar, and how long each is; labelled in local time */
};

void chart_print(const struct page *page, const struct chart *chart);

/* ---- pages: each prints between shell_begin and shell_end ---------------------------------------------- */

void page_overview(const struct page *page);
void page_refusals(const struct page *page);
void page_search(const struct page *page);
void page_lists(const struct page *page);
void page_lookup(const struct page *page);
void page_limits(const struct page *page);
void page_suspects(const struct page *page);
void page_report(const struct page *page);
void page_status(const struct page *page);

/* The last refusals, `most` of them; what the search found in memory. */
void page_print_refusals(const struct page *page, const struct live_view *view, size_t most);

#endif
