/*
 * The report: what a period's records add up to, beside the period before.
 *
 * report_run reads and counts; what comes out is a model that report_text.c, report_html.c, report_csv.c and
 * report_json.c show. Memory is bounded (tally.h) whatever is read.
 */
#ifndef CLOSEDRELAY_HISTORY_REPORT_H
#define CLOSEDRELAY_HISTORY_REPORT_H

#include "facts/role.h"
#include "history/history_input.h"
#include "history/period.h"
#include "history/report_suspects.h"
#include "history/tally.h"

enum report_by {
    REPORT_BY_USER,     /* the login, network, certificate or script that may relay */
    REPORT_BY_DOMAIN,   /* of the user, else of the sender; of what came from outside, of the recipient */
    REPORT_BY_CUSTOMER, /* that the user belongs to */
    REPORT_BY_CLIENT,   /* the client's address; IPv6: its /64 */
    REPORT_BY_CHECK,    /* "CHECK REASON" of what was not just accepted */
    REPORT_BY_DAY,      /* local days and hours, oldest first */
    REPORT_BY_HOUR,
    REPORT_BY_COUNT
};

struct report_row {
    struct slice name;
    struct record_counts counts[PERIOD_COUNT];
    unsigned network_count; /* distinct ones that its messages came from: IPv4 /24, IPv6 /48 */
    bool has_more_networks; /* than that */
};

struct report_table {
    enum report_by by;
    struct report_row *rows; /* the most first */
    size_t count;
    size_t hidden_count;           /* names that had something to show and are not among the rows */
    uint64_t missing_messages_max; /* how many messages a row may lack */
};

enum { REPORT_LISTS_MAX = 64 };

/* A DNS list, over the period. */
struct report_list {
    struct slice zone;
    uint64_t asked, listed, unanswered; /* messages whose client it was asked about */
    uint64_t suspensions;
    bool is_suspended; /* at the end */
};

struct report {
    struct history_period period;
    enum report_by by; /* REPORT_BY_COUNT: a page with the most of each */
    struct record_counts totals[PERIOD_COUNT];
    struct record_counts roles[ROLE_COUNT][PERIOD_COUNT];
    struct record_counts hours_of_day[24]; /* of PERIOD_NOW, local time */
    struct report_table tables[REPORT_BY_COUNT];
    struct report_list lists[REPORT_LISTS_MAX];
    size_t list_count;
    struct report_suspects suspects;    /* of PERIOD_NOW */
    uint64_t events[RECORD_LINE_COUNT]; /* of PERIOD_NOW, by kind; messages are not among them */
    uint64_t lost_count;                /* records that could not be written */
    char host[64];                      /* whose record it is; "" for several */
    size_t host_count;
};

/* Everything is under `owner`. False: `problem` says why. */
bool report_run(void *owner, const struct policy_history_source *source,
                const struct policy_report_query *query, struct report **report, struct strbuf *problem);

/* "user", "domain", … */
const char *report_by_name(enum report_by by);

void report_print_text(const struct report *report, const struct policy_history_page *page,
                       struct strbuf *out);
void report_print_csv(const struct report *report, struct strbuf *out);
void report_print_json(const struct report *report, struct strbuf *out);
void report_print_html(const struct report *report, bool is_part,
                       struct strbuf *out); /* as HISTORY_HTML_PART */

#endif
