#include "dashboard/live_mail.h"

#include "base/brief_mutex.h"

#include <pthread.h>
#include <stdlib.h>
#include <talloc.h>

#define MINUTE_US INT64_C(60000000)
#define QUARTER_US (15 * MINUTE_US)

enum { QUARTERS_AN_HOUR = 4, QUARTERS_KEPT = LIVE_HOURS * QUARTERS_AN_HOUR };

/* Somebody, or something, that is counted in one quarter of an hour. */
struct tally {
    char *name; /* NULL: free */
    struct live_counts counts;
};

struct quarter {
    int64_t number; /* quarters of an hour since 1970; 0: unused */
    struct tally users[LIVE_USERS];
    struct tally causes[LIVE_CAUSES];
};

struct minute {
    int64_t number; /* minutes since 1970 */
    struct live_counts counts;
};

struct refusal {
    char *line;
    int64_t time_us;
};

struct live_mail {
    pthread_mutex_t lock; /* guards all; held for the copying of a view at most */
    struct minute minutes[LIVE_MINUTES];
    struct quarter quarters[QUARTERS_KEPT];
    struct refusal refusals[LIVE_REFUSALS]; /* in no order */
    uint64_t lost_count;
    int64_t known_since_us;
    struct strbuf scratch, name;
};

struct live_mail *live_mail_create(void)
{
    struct live_mail *mail = calloc(1, sizeof *mail);
    if (mail == NULL)
        return NULL;
    brief_mutex_init(&mail->lock);
    strbuf_init(&mail->scratch, 0);
    strbuf_init(&mail->name, 0);
    return mail;
}

static void empty_tallies(struct tally *tallies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(tallies[i].name);
        tallies[i] = (struct tally){0};
    }
}

static void empty_quarter(struct quarter *quarter)
{
    empty_tallies(quarter->users, LIVE_USERS);
    empty_tallies(quarter->causes, LIVE_CAUSES);
}

void live_mail_destroy(struct live_mail *mail)
{
    if (mail == NULL)
        return;
    for (size_t i = 0; i < QUARTERS_KEPT; i++)
        empty_quarter(&mail->quarters[i]);
    for (size_t i = 0; i < LIVE_REFUSALS; i++)
        free(mail->refusals[i].line);
    strbuf_deinit(&mail->scratch);
    strbuf_deinit(&mail->name);
    pthread_mutex_destroy(&mail->lock);
    free(mail);
}

/* ---- numbers ----------------------------------------------------------------------------------------- */

void live_counts_add(struct live_counts *sum, const struct live_counts *more)
{
    for (size_t i = 0; i < LIVE_VERDICTS; i++)
        sum->verdicts[i] += more->verdicts[i];
    sum->recipients += more->recipients;
    sum->recipients_refused += more->recipients_refused;
    sum->bytes += more->bytes;
}

uint64_t live_counts_messages(const struct live_counts *counts)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < LIVE_VERDICTS; i++)
        sum += counts->verdicts[i];
    return sum;
}

static struct live_counts *minute_at(struct live_mail *mail, int64_t time_us)
{
    const int64_t number = time_us / MINUTE_US;
    struct minute *minute = &mail->minutes[number % LIVE_MINUTES];
    if (minute->number != number)
        *minute = (struct minute){.number = number};
    return &minute->counts;
}

static struct quarter *quarter_at(struct live_mail *mail, int64_t time_us)
{
    const int64_t number = time_us / QUARTER_US;
    struct quarter *quarter = &mail->quarters[number % QUARTERS_KEPT];
    if (quarter->number != number) {
        empty_quarter(quarter);
        quarter->number = number;
    }
    return quarter;
}

/* That of `name`; where all are taken the one with the fewest messages, with what it has (Space-Saving: what
 * is busy is never missing, and what came late has counts that are too high). NULL: no memory. */
static struct tally *tally_of(struct tally *tallies, size_t count, struct slice name)
{
    struct tally *least = NULL;
    for (size_t i = 0; i < count; i++) {
        struct tally *tally = &tallies[i];
        if (tally->name == NULL) {
            tally->name = slice_duplicate(name);
            return tally->name == NULL ? NULL : tally;
        }
        if (slice_equal(slice_of(tally->name), name))
            return tally;
        if (least == NULL || live_counts_messages(&tally->counts) < live_counts_messages(&least->counts))
            least = tally;
    }
    char *copy = slice_duplicate(name);
    if (copy == NULL || least == NULL) {
        free(copy);
        return NULL;
    }
    free(least->name);
    least->name = copy;
    return least;
}

static void count_for(struct tally *tallies, size_t count, struct slice name,
                      const struct live_counts *counts)
{
    struct tally *tally = name.length == 0 ? NULL : tally_of(tallies, count, name);
    if (tally != NULL)
        live_counts_add(&tally->counts, counts);
}

/* ---- a message --------------------------------------------------------------------------------------- */

static enum live_verdict verdict_of(const struct record *record)
{
    static const char *const names[] = {[LIVE_ACCEPTED] = "accept",
                                        [LIVE_HELD] = "hold",
                                        [LIVE_DEFERRED] = "defer",
                                        [LIVE_REFUSED] = "reject",
                                        [LIVE_ABORTED] = "aborted"};
    for (size_t i = 0; i < LIVE_VERDICTS; i++)
        if (record_is(record, RECORD_VERDICT, names[i]))
            return (enum live_verdict)i;
    return LIVE_ABORTED;
}

static bool is_taken(struct slice action)
{
    return slice_equal(action, slice_of("accept")) || slice_equal(action, slice_of("hold"));
}

static struct live_counts read_counts(struct record *record)
{
    struct live_counts counts = {0};
    const enum live_verdict verdict = verdict_of(record);
    counts.verdicts[verdict] = 1;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const struct slice action = record->values[RECORD_RECIPIENT_ACTION].text;
        if (is_taken(action))
            counts.recipients += verdict <= LIVE_HELD;
        else if (!slice_equal(action, slice_of("ignore")) && !slice_equal(action, slice_of("aborted")))
            counts.recipients_refused++;
    }
    counts.bytes = verdict <= LIVE_HELD ? record_u64(record, RECORD_SIZE) : 0;
    return counts;
}

/* "attachments blocked": the first enforced finding that asked for what became of the message. */
static struct slice read_cause(struct live_mail *mail, struct record *record)
{
    const struct slice verdict = record->values[RECORD_VERDICT].text;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    strbuf_reset(&mail->name);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") ||
            !record_is(record, RECORD_FINDING_MODE, "enforce") ||
            !slice_equal(record->values[RECORD_FINDING_ACTION].text, verdict))
            continue;
        strbuf_append_slice(&mail->name, record->values[RECORD_FINDING_CHECK].text);
        strbuf_append_byte(&mail->name, ' ');
        strbuf_append_slice(&mail->name, record->values[RECORD_FINDING_REASON].text);
        break;
    }
    return strbuf_slice(&mail->name);
}

/* In the place of the oldest. */
static void keep_refusal(struct live_mail *mail, struct slice line, int64_t time_us)
{
    size_t oldest = 0;
    for (size_t i = 1; i < LIVE_REFUSALS; i++)
        oldest = mail->refusals[i].time_us < mail->refusals[oldest].time_us ? i : oldest;
    const bool is_kept = line.length <= LIVE_REFUSAL_BYTES_MAX && mail->refusals[oldest].time_us <= time_us &&
                         memchr(line.data, '\0', line.length) == NULL; /* in a damaged file */
    char *copy = is_kept ? slice_duplicate(line) : NULL;
    if (copy == NULL)
        return;
    free(mail->refusals[oldest].line);
    mail->refusals[oldest].line = copy;
    mail->refusals[oldest].time_us = time_us;
}

/* Whether the message was refused, deferred or held. */
static bool is_stopped(const struct live_counts *counts)
{
    return counts->verdicts[LIVE_ACCEPTED] + counts->verdicts[LIVE_ABORTED] == 0;
}

void live_mail_take(struct live_mail *mail, struct record *record, int64_t now_us)
{
    int64_t time_us;
    if (record_line_of(record) != RECORD_LINE_MESSAGE || !record_time(record, RECORD_TIME, &time_us) ||
        time_us > now_us + MINUTE_US || time_us / QUARTER_US <= now_us / QUARTER_US - QUARTERS_KEPT)
        return;
    pthread_mutex_lock(&mail->lock);
    const struct live_counts counts = read_counts(record);
    struct quarter *quarter = quarter_at(mail, time_us);
    if (time_us / MINUTE_US > now_us / MINUTE_US - LIVE_MINUTES)
        live_counts_add(minute_at(mail, time_us), &counts);
    count_for(quarter->users, LIVE_USERS, record_text(record, RECORD_USER, &mail->scratch), &counts);
    if (is_stopped(&counts))
        count_for(quarter->causes, LIVE_CAUSES, read_cause(mail, record), &counts);
    if (is_stopped(&counts) || counts.recipients_refused > 0)
        keep_refusal(mail, record->line, time_us);
    pthread_mutex_unlock(&mail->lock);
}

void live_mail_lose(struct live_mail *mail, uint64_t count)
{
    pthread_mutex_lock(&mail->lock);
    mail->lost_count += count;
    pthread_mutex_unlock(&mail->lock);
}

void live_mail_know_since(struct live_mail *mail, int64_t since_us)
{
    pthread_mutex_lock(&mail->lock);
    mail->known_since_us = since_us;
    pthread_mutex_unlock(&mail->lock);
}

/* ---- a view ------------------------------------------------------------------------------------------ */

static void copy_minutes(const struct live_mail *mail, int64_t now_us, struct live_view *view)
{
    const int64_t last = now_us / MINUTE_US, first = last - LIVE_MINUTES + 1;
    view->first_minute_us = first * MINUTE_US;
    for (int64_t number = first; number <= last; number++) {
        const struct minute *minute = &mail->minutes[number % LIVE_MINUTES];
        view->minutes[number - first] = minute->number == number ? minute->counts : (struct live_counts){0};
    }
}

static int most_first(const void *left, const void *right)
{
    const struct live_row *a = left, *b = right;
    const uint64_t count_a = live_counts_messages(&a->counts), count_b = live_counts_messages(&b->counts);
    return count_a != count_b ? (count_a < count_b ? 1 : -1) : strcmp(a->name, b->name);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct live_row *)left)->name, ((const struct live_row *)right)->name);
}

/* Rows of the same name become one. */
static size_t merge(struct live_row *rows, size_t count)
{
    size_t kept = 0;
    qsort(rows, count, sizeof *rows, by_name);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && strcmp(rows[kept - 1].name, rows[i].name) == 0)
            live_counts_add(&rows[kept - 1].counts, &rows[i].counts);
        else
            rows[kept++] = rows[i];
    qsort(rows, kept, sizeof *rows, most_first);
    return kept;
}

/* Of the hours from `first` on; users, or causes. */
static struct live_row *copy_rows(const struct live_mail *mail, void *owner, int64_t first, bool are_users,
                                  size_t *count)
{
    const size_t each = are_users ? LIVE_USERS : LIVE_CAUSES;
    struct live_row *rows = talloc_array(owner, struct live_row, (unsigned)(each * QUARTERS_KEPT));
    *count = 0;
    for (size_t i = 0; rows != NULL && i < QUARTERS_KEPT; i++) {
        const struct quarter *quarter = &mail->quarters[i];
        const struct tally *tallies = are_users ? quarter->users : quarter->causes;
        for (size_t j = 0; quarter->number >= first && j < each && tallies[j].name != NULL; j++) {
            rows[*count] = (struct live_row){talloc_strdup(rows, tallies[j].name), tallies[j].counts};
            if (rows[*count].name == NULL)
                return NULL;
            ++*count;
        }
    }
    return rows;
}

static int newest_first(const void *left, const void *right)
{
    const struct refusal *a = left, *b = right;
    return a->time_us < b->time_us ? 1 : a->time_us > b->time_us ? -1 : 0;
}

static bool copy_refusals(struct live_mail *mail, struct live_view *view)
{
    qsort(mail->refusals, LIVE_REFUSALS, sizeof mail->refusals[0], newest_first);
    while (view->refusal_count < LIVE_REFUSALS && mail->refusals[view->refusal_count].line != NULL) {
        const char *copy = talloc_strdup(view->refusals, mail->refusals[view->refusal_count].line);
        if (copy == NULL)
            return false;
        view->refusals[view->refusal_count++] = copy;
    }
    return true;
}

bool live_mail_view(struct live_mail *mail, void *owner, int64_t now_us, unsigned hours,
                    struct live_view *view)
{
    *view = (struct live_view){.now_us = now_us};
    view->minutes = talloc_array(owner, struct live_counts, LIVE_MINUTES);
    view->refusals = talloc_array(owner, const char *, LIVE_REFUSALS);
    if (view->minutes == NULL || view->refusals == NULL)
        return false;
    const int64_t first = now_us / QUARTER_US - (int64_t)hours * QUARTERS_AN_HOUR + 1;
    pthread_mutex_lock(&mail->lock);
    copy_minutes(mail, now_us, view);
    view->users = copy_rows(mail, owner, first, true, &view->user_count);
    view->causes = copy_rows(mail, owner, first, false, &view->cause_count);
    const bool has_refusals = copy_refusals(mail, view);
    view->lost_count = mail->lost_count;
    view->known_since_us = mail->known_since_us;
    pthread_mutex_unlock(&mail->lock);
    if (!has_refusals || view->users == NULL || view->causes == NULL)
        return false;
    view->user_count = merge(view->users, view->user_count);
    view->cause_count = merge(view->causes, view->cause_count);
    return true;
}
