#include "record/record_sums.h"

void record_counts_add(struct record_counts *sum, const struct record_counts *more)
{
    sum->messages += more->messages;
    sum->accepted += more->accepted;
    sum->held += more->held;
    sum->deferred += more->deferred;
    sum->refused += more->refused;
    sum->aborted += more->aborted;
    sum->would += more->would;
    sum->recipients += more->recipients;
    sum->recipients_refused += more->recipients_refused;
    sum->bytes += more->bytes;
}

void record_sums_init(struct record_sums *sums)
{
    *sums = (struct record_sums){.role = ROLE_OUTSIDE};
    strbuf_init(&sums->user_text, 0);
    strbuf_init(&sums->domain_text, 0);
    strbuf_init(&sums->customer_text, 0);
    strbuf_init(&sums->check_text, 0);
}

void record_sums_deinit(struct record_sums *sums)
{
    strbuf_deinit(&sums->user_text);
    strbuf_deinit(&sums->domain_text);
    strbuf_deinit(&sums->customer_text);
    strbuf_deinit(&sums->check_text);
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

static void count_recipients(struct record *record, struct record_counts *counts)
{
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const struct slice action = record->values[RECORD_RECIPIENT_ACTION].text;
        if (slice_equal(action, slice_of("accept")) || slice_equal(action, slice_of("hold")))
            counts->recipients++;
        else if (!slice_equal(action, slice_of("ignore")) && !slice_equal(action, slice_of("aborted")))
            counts->recipients_refused++;
    }
}

static void count_verdict(struct record *record, struct record_counts *counts)
{
    const struct slice verdict = record->values[RECORD_VERDICT].text;
    const bool is_aborted = slice_equal(verdict, slice_of("aborted"));
    const unsigned severity = severity_of(verdict);
    *counts = (struct record_counts){
        .messages = 1,
        .aborted = is_aborted,
        .accepted = !is_aborted && severity == 0,
        .held = severity == 1,
        .deferred = severity == 2,
        .refused = severity == 3,
        .would = severity_of(record->values[RECORD_WOULD].text) > severity,
    };
    count_recipients(record, counts);
    if (!is_aborted && severity <= 1)
        counts->bytes = record_u64(record, RECORD_SIZE);
    else
        counts->recipients = 0;
}

/* ---- names ------------------------------------------------------------------------------------------ */

static enum role role_of(const struct record *record)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (record_is(record, RECORD_ROLE, role_name((enum role)role)))
            return (enum role)role;
    return ROLE_OUTSIDE;
}

static struct slice domain_of(struct slice address)
{
    const size_t at = slice_find_last(address, '@');
    return at == address.length ? slice_of("") : slice_part(address, at + 1, address.length);
}

/* What came from outside counts for the domain it was for, unless it was refused: those domains are
 * anybody's. */
static struct slice own_domain(struct record *record, struct record_sums *sums)
{
    const struct slice domain = domain_of(sums->user);
    if (domain.length > 0)
        return domain;
    if (sums->role != ROLE_OUTSIDE)
        return domain_of(record_text(record, RECORD_SENDER, &sums->domain_text));
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    if (sums->counts.recipients == 0 || !record_next(record, RECORD_RECIPIENTS, &cursor))
        return slice_of("");
    return domain_of(record_text(record, RECORD_RECIPIENT_ADDRESS, &sums->domain_text));
}

static uint32_t hash_network(struct slice bytes)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ (unsigned char)bytes.data[i]) * 16777619U;
    return hash == 0 ? 1 : hash;
}

static bool has_colon(struct slice ip)
{
    return slice_find(ip, ':') < ip.length;
}

uint32_t record_network(struct slice ip)
{
    struct ip_address address;
    if (ip.length == 0)
        return 0;
    if (!has_colon(ip))
        return hash_network(slice_part(ip, 0, slice_find_last(ip, '.')));
    return ip_address_parse(ip, &address) ? hash_network(slice_make((const char *)address.bytes, 6)) : 0;
}

static void read_client(struct record *record, struct record_sums *sums)
{
    struct ip_address address;
    record_enter(record, RECORD_CLIENT);
    sums->client = record->values[RECORD_CLIENT_ADDRESS].text;
    sums->network = record_network(sums->client);
    if (!has_colon(sums->client) || !ip_address_parse(sums->client, &address))
        return;
    memset(address.bytes + 8, 0, sizeof address.bytes - 8);
    const struct ip_network network = {address, 64};
    ip_network_print(&network, sums->client_text);
    sums->client = slice_of(sums->client_text);
}

void record_sums_read(struct record *record, struct record_sums *sums)
{
    count_verdict(record, &sums->counts);
    sums->role = role_of(record);
    sums->user = record_text(record, RECORD_USER, &sums->user_text);
    sums->customer = record_text(record, RECORD_CUSTOMER, &sums->customer_text);
    sums->domain = own_domain(record, sums);
    read_client(record, sums);
}

/* ---- checks ----------------------------------------------------------------------------------------- */

struct checks {
    struct record *record;
    struct strbuf *name;
    record_sums_visitor visit;
    void *context;
};

static void visit_check(const struct checks *checks, struct slice check, struct slice reason,
                        const struct record_counts *counts)
{
    strbuf_reset(checks->name);
    strbuf_append_slice(checks->name, check);
    strbuf_append_byte(checks->name, ' ');
    strbuf_append_slice(checks->name, reason);
    checks->visit(checks->context, strbuf_slice(checks->name), counts);
}

/* The first finding that asks for `action` decided it. */
static void visit_cause(const struct checks *checks, enum record_key action,
                        const struct record_counts *counts)
{
    struct record *record = checks->record;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") ||
            !slice_equal(record->values[RECORD_FINDING_ACTION].text, record->values[action].text))
            continue;
        visit_check(checks, record->values[RECORD_FINDING_CHECK].text,
                    record->values[RECORD_FINDING_REASON].text, counts);
        return;
    }
}

/* "relay.not_local_domain" of each recipient that was refused. */
static void visit_recipient_reasons(const struct checks *checks)
{
    struct record *record = checks->record;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const struct slice reason = record->values[RECORD_RECIPIENT_REASON].text;
        const size_t dot = slice_find(reason, '.');
        if (dot < reason.length)
            visit_check(checks, slice_part(reason, 0, dot), slice_part(reason, dot + 1, reason.length),
                        &(struct record_counts){.recipients_refused = 1});
    }
}

void record_sums_visit_checks(struct record *record, struct record_sums *sums, record_sums_visitor visit,
                              void *context)
{
    const struct checks checks = {record, &sums->check_text, visit, context};
    struct record_counts counts = sums->counts;
    if (counts.recipients_refused > 0)
        visit_recipient_reasons(&checks);
    if (counts.would > 0)
        visit_cause(&checks, RECORD_WOULD, &(struct record_counts){.messages = 1, .would = 1});
    counts.recipients = counts.recipients_refused = counts.bytes = counts.would = 0;
    if (counts.accepted == 0 && counts.aborted == 0)
        visit_cause(&checks, RECORD_VERDICT, &counts);
}

/* ---- lists ------------------------------------------------------------------------------------------ */

void record_sums_visit_lists(struct record *record, record_sums_visitor visit, void *context)
{
    struct json_cursor cursor = record_begin(record, RECORD_LISTS);
    while (record_next(record, RECORD_LISTS, &cursor)) {
        const bool is_listed = record_is(record, RECORD_LIST_STATE, "listed");
        const bool has_answer = is_listed || record_is(record, RECORD_LIST_STATE, "not_listed");
        visit(context, record->values[RECORD_LIST_ZONE].text,
              &(struct record_counts){.messages = 1, .refused = is_listed, .deferred = !has_answer});
    }
}
