/*
 * How a login came to where it is on the ladder of the check account, from the record, and how it stands now,
 * as the running daemon says: what `explain LOGIN` tells beside the login's messages.
 */
#ifndef CLOSEDRELAY_HISTORY_ACCOUNT_STORY_H
#define CLOSEDRELAY_HISTORY_ACCOUNT_STORY_H

#include "base/json_writer.h"
#include "history/account_event.h"
#include "history/history_terms.h"
#include "history/page_text.h"
#include "policy_history.h"

/* How far it looks back where nobody says. */
enum { ACCOUNT_STORY_DAYS = 30, ACCOUNT_STORY_EVENTS_MAX = 100 };

struct account_story {
    struct account_event *events; /* the oldest first; a message only where it met another step */
    size_t event_count;
    bool has_more;                 /* older ones than those */
    struct slice now;              /* what `suspects LOGIN --json` says, or empty */
    struct account_event standing; /* the same, read; step NULL: nothing is known */
};

/* What is to be found. */
struct account_story_query {
    const struct history_terms *terms; /* the login */
    int64_t since_us, until_us;
    struct slice now; /* what the daemon says of it, or empty */
};

/* Under `owner`. False: `problem` says why. */
bool account_story_find(void *owner, const struct policy_history_source *source,
                        const struct account_story_query *query, struct account_story *story,
                        struct strbuf *problem);

/* Whether there is anything to tell. */
bool account_story_has_any(const struct account_story *story);

void account_story_print_text(const struct account_story *story, struct page_text *page);
/* The member "account". */
void account_story_print_json(const struct account_story *story, struct json_writer *json);
void account_story_print_html(const struct account_story *story, struct strbuf *out);

#endif
