#include "history/report_count.h"

#include "facts/ip_address.h"

#include <stdio.h>
#include <talloc.h>
#include <time.h>

/* A message, as far as it is counted. */
struct counted {
    struct report_counting *counting;
    struct record *record;
    unsigned period; /* PERIOD_NOW or PERIOD_BEFORE */
    enum role role;
    struct tally_counts counts;
    uint32_t network; /* 0: unknown */
};

void report_counting_init(struct report_counting *counting, struct report *report, void *owner)
{
    *counting = (struct report_counting){.report = report, .owner = owner, .quarter = INT64_MIN};
    for (int by = 0; by < REPORT_BY_COUNT; by++) {
        tally_init(&counting->tallies[by], owner);
        counting->is_wanted[by] =
            report->by == REPORT_BY_COUNT ? by != REPORT_BY_HOUR : report->by == (enum report_by)by;
    }
    strbuf_init(&counting->scratch, 0);
    strbuf_init(&counting->name, 0);
}

void report_counting_deinit(struct report_counting *counting)
{
    strbuf_deinit(&counting->scratch);
    strbuf_deinit(&counting->name);
}

/* ---- what became of it ------------------------------------------------------------------------------ */

static unsigned severity_of(struct slice action)
{
    static const char *const actions[] = {"accept", "hold", "defer", "reject"};
    for (unsigned i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (slice_equal(action, slice_of(actions[i])))
            return i;
    return 0;
}

/* The reason of each recipient that was not taken counts for its check. Most messages have one recipient. */
static void count_recipients(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        struct slice action = record->values[RECORD_RECIPIENT_ACTION].text;
        if (slice_equal(action, slice_of("accept")) || slice_equal(action, slice_of("hold")))
            message->counts.recipients++;
        else if (!slice_equal(action, slice_of("ignore")) && !slice_equal(action, slice_of("aborted")))
            message->counts.recipients_refused++;
    }
}

static void count_verdict(struct counted *message)
{
    struct tally_counts *counts = &message->counts;
    struct slice verdict = message->record->values[RECORD_VERDICT].text;
    const bool is_aborted = slice_equal(verdict, slice_of("aborted"));
    const unsigned severity = severity_of(verdict);
    counts->messages = 1;
    counts->aborted = is_aborted;
    counts->accepted = !is_aborted && severity == 0;
    counts->held = severity == 1;
    counts->deferred = severity == 2;
    counts->refused = severity == 3;
    counts->would = severity_of(message->record->values[RECORD_WOULD].text) > severity;
    count_recipients(message);
    if (!is_aborted && severity <= 1)
        counts->bytes = record_u64(message->record, RECORD_SIZE);
    else
        counts->recipients = 0;
}

/* ---- names ------------------------------------------------------------------------------------------ */

static void add(struct counted *message, enum report_by by, struct slice name)
{
    struct tally *tally = &message->counting->tallies[by];
    struct tally_entry *entry = tally_find(tally, name);
    if (entry == NULL)
        return;
    tally_counts_add(&entry->counts[message->period], &message->counts);
    if (message->network != 0 && message->period == PERIOD_NOW && by <= REPORT_BY_CUSTOMER)
        tally_add_network(tally, entry, message->network);
}

static struct slice domain_of(struct slice address)
{
    const size_t at = slice_find_last(address, '@');
    return at == address.length ? slice_of("") : slice_part(address, at + 1, address.length);
}

/* What came from outside counts for the domain it was for, unless it was refused: those domains are
 * anybody's. */
static struct slice own_domain(struct counted *message, struct slice user)
{
    struct record *record = message->record;
    struct strbuf *scratch = &message->counting->scratch;
    struct slice domain = domain_of(user);
    if (domain.length > 0)
        return domain;
    if (message->role != ROLE_OUTSIDE)
        return domain_of(record_text(record, RECORD_SENDER, scratch));
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    if (message->counts.recipients == 0 || !record_next(record, RECORD_RECIPIENTS, &cursor))
        return slice_of("");
    return domain_of(record_text(record, RECORD_RECIPIENT_ADDRESS, scratch));
}

static void count_identities(struct counted *message)
{
    struct report_counting *counting = message->counting;
    struct strbuf user_text;
    strbuf_init(&user_text, 0);
    struct slice user = record_text(message->record, RECORD_USER, &user_text);
    if (counting->is_wanted[REPORT_BY_USER] && user.length > 0)
        add(message, REPORT_BY_USER, user);
    if (counting->is_wanted[REPORT_BY_DOMAIN]) {
        struct slice domain = own_domain(message, user);
        if (domain.length > 0)
            add(message, REPORT_BY_DOMAIN, domain);
    }
    if (counting->is_wanted[REPORT_BY_CUSTOMER]) {
        struct slice customer = record_text(message->record, RECORD_CUSTOMER, &counting->scratch);
        if (customer.length > 0)
            add(message, REPORT_BY_CUSTOMER, customer);
    }
    strbuf_deinit(&user_text);
}

static uint32_t hash_network(struct slice bytes)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ (unsigned char)bytes.data[i]) * 16777619U;
    return hash == 0 ? 1 : hash;
}

/* The network (IPv4 /24, IPv6 /48) as a hash, and the name to count the client by. */
static struct slice read_client(struct counted *message)
{
    struct ip_address address;
    record_enter(message->record, RECORD_CLIENT);
    struct slice ip = message->record->values[RECORD_CLIENT_ADDRESS].text;
    if (ip.length == 0)
        return ip;
    if (slice_find(ip, ':') == ip.length) {
        message->network = hash_network(slice_part(ip, 0, slice_find_last(ip, '.')));
        return ip;
    }
    if (!ip_address_parse(ip, &address))
        return ip;
    message->network = hash_network(slice_make((const char *)address.bytes, 6));
    memset(address.bytes + 8, 0, sizeof address.bytes - 8);
    struct ip_network network = {address, 64};
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(&network, text);
    strbuf_reset(&message->counting->name);
    strbuf_append_text(&message->counting->name, text);
    return strbuf_slice(&message->counting->name);
}

/* ---- checks ----------------------------------------------------------------------------------------- */

static void name_check(struct strbuf *name, struct slice check, struct slice reason)
{
    strbuf_reset(name);
    strbuf_append_slice(name, check);
    strbuf_append_byte(name, ' ');
    strbuf_append_slice(name, reason);
}

static void add_check(struct counted *message, const struct tally_counts *counts)
{
    struct tally *tally = &message->counting->tallies[REPORT_BY_CHECK];
    struct tally_entry *entry = tally_find(tally, strbuf_slice(&message->counting->name));
    if (entry != NULL)
        tally_counts_add(&entry->counts[message->period], counts);
}

/* The first finding that asks for `action` decided it. */
static bool find_cause(struct counted *message, struct slice action)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") ||
            !slice_equal(record->values[RECORD_FINDING_ACTION].text, action))
            continue;
        name_check(&message->counting->name, record->values[RECORD_FINDING_CHECK].text,
                   record->values[RECORD_FINDING_REASON].text);
        return true;
    }
    return false;
}

/* "relay.not_local_domain" of each recipient that was refused. */
static void count_recipient_reasons(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        struct slice reason = record->values[RECORD_RECIPIENT_REASON].text;
        const size_t dot = slice_find(reason, '.');
        if (dot == reason.length)
            continue;
        name_check(&message->counting->name, slice_part(reason, 0, dot),
                   slice_part(reason, dot + 1, reason.length));
        add_check(message, &(struct tally_counts){.recipients_refused = 1});
    }
}

static void count_checks(struct counted *message)
{
    struct tally_counts counts = message->counts;
    struct record *record = message->record;
    if (counts.recipients_refused > 0)
        count_recipient_reasons(message);
    counts.recipients = counts.recipients_refused = counts.bytes = 0;
    if (counts.would > 0 && find_cause(message, record->values[RECORD_WOULD].text))
        add_check(message, &(struct tally_counts){.messages = 1, .would = 1});
    counts.would = 0;
    if (counts.accepted == 0 && counts.aborted == 0 &&
        find_cause(message, record->values[RECORD_VERDICT].text))
        add_check(message, &counts);
}

/* ---- lists ------------------------------------------------------------------------------------------ */

struct report_list *report_find_list(struct report_counting *counting, struct slice zone)
{
    struct report *report = counting->report;
    for (size_t i = 0; i < report->list_count; i++)
        if (slice_equal(report->lists[i].zone, zone))
            return &report->lists[i];
    char *copy = report->list_count == REPORT_LISTS_MAX
                     ? NULL
                     : talloc_strndup(counting->owner, zone.data == NULL ? "" : zone.data, zone.length);
    if (copy == NULL)
        return NULL;
    struct report_list *list = &report->lists[report->list_count++];
    *list = (struct report_list){.zone = slice_of(copy)};
    return list;
}

static void count_lists(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_LISTS);
    while (record_next(record, RECORD_LISTS, &cursor)) {
        struct report_list *list = report_find_list(message->counting, record->values[RECORD_LIST_ZONE].text);
        if (list == NULL)
            continue;
        list->asked++;
        list->listed += record_is(record, RECORD_LIST_STATE, "listed");
        list->unanswered += !record_is(record, RECORD_LIST_STATE, "listed") &&
                            !record_is(record, RECORD_LIST_STATE, "not_listed");
    }
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* Local time, worked out anew when the quarter of an hour is another: no zone is set by less. */
static void name_hours(struct report_counting *counting, int64_t time_us)
{
    const int64_t quarter = time_us / INT64_C(900000000);
    if (quarter == counting->quarter)
        return;
    const time_t seconds = (time_t)(quarter * 900);
    struct tm local;
    localtime_r(&seconds, &local);
    counting->quarter = quarter;
    counting->hour_of_day = (unsigned)local.tm_hour;
    strftime(counting->day_name, sizeof counting->day_name, "%Y-%m-%d", &local);
    strftime(counting->hour_name, sizeof counting->hour_name, "%Y-%m-%d %H:00 %Z", &local);
}

void report_count_quarter(struct report_counting *counting, int64_t time_us,
                          const struct tally_counts *counts)
{
    static const enum report_by series[] = {REPORT_BY_DAY, REPORT_BY_HOUR};
    name_hours(counting, time_us);
    tally_counts_add(&counting->report->hours_of_day[counting->hour_of_day], counts);
    for (size_t i = 0; i < 2; i++) {
        const char *name = series[i] == REPORT_BY_DAY ? counting->day_name : counting->hour_name;
        struct tally_entry *entry =
            counting->is_wanted[series[i]] ? tally_find(&counting->tallies[series[i]], slice_of(name)) : NULL;
        if (entry != NULL)
            tally_counts_add(&entry->counts[PERIOD_NOW], counts);
    }
}

static enum role role_of(const struct record *record)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (record_is(record, RECORD_ROLE, role_name((enum role)role)))
            return (enum role)role;
    return ROLE_OUTSIDE;
}

static void count_message(struct report_counting *counting, struct record *record, unsigned period,
                          int64_t time_us)
{
    struct counted message = {
        .counting = counting, .record = record, .period = period, .role = role_of(record)};
    struct report *report = counting->report;
    count_verdict(&message);
    tally_counts_add(&report->totals[period], &message.counts);
    tally_counts_add(&report->roles[message.role][period], &message.counts);
    struct slice client = read_client(&message);
    if (counting->is_wanted[REPORT_BY_CLIENT] && client.length > 0)
        add(&message, REPORT_BY_CLIENT, client);
    count_identities(&message);
    if (period == PERIOD_NOW)
        report_count_quarter(counting, time_us, &message.counts);
    if (counting->is_wanted[REPORT_BY_CHECK])
        count_checks(&message);
    if (period == PERIOD_NOW && record_has(record, RECORD_LISTS))
        count_lists(&message);
}

static void count_event(struct report_counting *counting, const struct record *record, enum record_line line)
{
    counting->report->events[line]++;
    if (line == RECORD_LINE_LOST)
        counting->report->lost_count += record_u64(record, RECORD_COUNT);
    struct report_list *list =
        line == RECORD_LINE_LIST ? report_find_list(counting, record->values[RECORD_ZONE].text) : NULL;
    if (list == NULL)
        return;
    list->is_suspended = record_is(record, RECORD_STATE, "suspended");
    list->suspensions += list->is_suspended;
}

void report_note_host(struct report *report, struct slice host)
{
    if (host.length == 0 || slice_equal(host, slice_of(report->host)) || host.length >= sizeof report->host)
        return;
    report->host_count++;
    memcpy(report->host, host.data, host.length);
    report->host[host.length] = '\0';
}

bool report_count(void *context, struct record *record, int64_t time_us)
{
    struct report_counting *counting = context;
    const unsigned period = time_us >= counting->report->period.since_us ? PERIOD_NOW : PERIOD_BEFORE;
    const enum record_line line = record_line_of(record);
    report_note_host(counting->report, record->values[RECORD_HOST].text);
    if (line == RECORD_LINE_MESSAGE)
        count_message(counting, record, period, time_us);
    else if (line < RECORD_LINE_COUNT && period == PERIOD_NOW)
        count_event(counting, record, line);
    return true;
}
