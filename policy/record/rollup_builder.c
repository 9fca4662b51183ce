/* Making a roll-up: every record counts in each section. */
#include "record/rollup.h"

#include "facts/ip_address.h"
#include "record/cache_file.h"
#include "record/record_reader.h"
#include "record/rollup_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <talloc.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (element)->hh.tbl = NULL
#include <uthash.h>

/* More names than this, and the file itself is as quick to read. */
enum { NAMES_MAX = 1000000, HOST_BYTES_MAX = 255 };

struct entry {
    UT_hash_handle hh;
    struct rollup_counts counts;
    uint32_t *networks;
    unsigned network_count;
    bool has_more_networks;
    size_t name_length;
    char name[];
};

struct rollup_builder {
    struct entry *sections[ROLLUP_BY_COUNT];
    int64_t first_us, last_us;
    uint64_t line_count, lost_count, kind_counts[RECORD_LINE_COUNT];
    size_t name_count;
    char host[HOST_BYTES_MAX + 1];
    bool has_several_hosts;
    bool failed;
    struct strbuf scratch, name;
};

static int builder_release(struct rollup_builder *builder)
{
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++)
        HASH_CLEAR(hh, builder->sections[by]);
    strbuf_deinit(&builder->scratch);
    strbuf_deinit(&builder->name);
    return 0;
}

struct rollup_builder *rollup_builder_create(void *owner)
{
    struct rollup_builder *builder = talloc_zero(owner, struct rollup_builder);
    if (builder == NULL)
        return NULL;
    strbuf_init(&builder->scratch, 0);
    strbuf_init(&builder->name, 0);
    talloc_set_destructor(builder, builder_release);
    return builder;
}

/* ---- entries ---------------------------------------------------------------------------------------- */

static struct entry *find_entry(struct rollup_builder *builder, enum rollup_by by, struct slice name)
{
    struct entry *entry;
    if (name.length == 0)
        return NULL;
    HASH_FIND(hh, builder->sections[by], name.data, name.length, entry);
    if (entry != NULL)
        return entry;
    entry = ++builder->name_count > NAMES_MAX ? NULL : talloc_zero_size(builder, sizeof *entry + name.length);
    if (entry == NULL) {
        builder->failed = true;
        return NULL;
    }
    entry->name_length = name.length;
    memcpy(entry->name, name.data, name.length);
    HASH_ADD_KEYPTR(hh, builder->sections[by], entry->name, entry->name_length, entry);
    if (entry->hh.tbl != NULL)
        return entry;
    builder->failed = true;
    return NULL;
}

static void add_counts(struct rollup_counts *sum, const struct rollup_counts *counts)
{
    uint64_t *const sums[] = {ROLLUP_COUNT_FIELDS(sum)};
    const uint64_t *const fields[] = {ROLLUP_COUNT_FIELDS(counts)};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        *sums[i] += *fields[i];
}

static void add_network(struct rollup_builder *builder, struct entry *entry, uint32_t network)
{
    for (unsigned i = 0; i < entry->network_count; i++)
        if (entry->networks[i] == network)
            return;
    if (entry->network_count == ROLLUP_NETWORKS_MAX) {
        entry->has_more_networks = true;
        return;
    }
    uint32_t *grown = talloc_realloc(builder, entry->networks, uint32_t, entry->network_count + 1);
    if (grown == NULL) {
        builder->failed = true;
        return;
    }
    entry->networks = grown;
    grown[entry->network_count++] = network;
}

/* ---- a message -------------------------------------------------------------------------------------- */

/* A message, as far as it is counted. */
struct counted {
    struct rollup_builder *builder;
    struct record *record;
    bool is_outside;
    struct rollup_counts counts;
    uint32_t network;
};

static void add(struct counted *message, enum rollup_by by, struct slice name)
{
    struct entry *entry = find_entry(message->builder, by, name);
    if (entry == NULL)
        return;
    add_counts(&entry->counts, &message->counts);
    if (message->network != 0 && (by == ROLLUP_USER || by == ROLLUP_DOMAIN || by == ROLLUP_CUSTOMER))
        add_network(message->builder, entry, message->network);
}

static unsigned severity_of(struct slice action)
{
    static const char *const actions[] = {"accept", "hold", "defer", "reject"};
    for (unsigned i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (slice_equal(action, slice_of(actions[i])))
            return i;
    return 0;
}

static void count_recipients(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const struct slice action = record->values[RECORD_RECIPIENT_ACTION].text;
        if (slice_equal(action, slice_of("accept")) || slice_equal(action, slice_of("hold")))
            message->counts.recipients++;
        else if (!slice_equal(action, slice_of("ignore")) && !slice_equal(action, slice_of("aborted")))
            message->counts.recipients_refused++;
    }
}

static void count_verdict(struct counted *message)
{
    struct rollup_counts *counts = &message->counts;
    const struct slice verdict = message->record->values[RECORD_VERDICT].text;
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

static void count_client(struct counted *message)
{
    struct ip_address address;
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    record_enter(message->record, RECORD_CLIENT);
    struct slice ip = message->record->values[RECORD_CLIENT_ADDRESS].text;
    message->network = rollup_network(ip);
    if (slice_find(ip, ':') < ip.length && ip_address_parse(ip, &address)) {
        memset(address.bytes + 8, 0, sizeof address.bytes - 8);
        const struct ip_network network = {address, 64};
        ip_network_print(&network, text);
        ip = slice_of(text);
    }
    add(message, ROLLUP_CLIENT, ip);
}

static struct slice domain_of(struct slice address)
{
    const size_t at = slice_find_last(address, '@');
    return at == address.length ? slice_of("") : slice_part(address, at + 1, address.length);
}

/* What came from outside counts for the domain it was for, unless it was refused: those are anybody's. */
static struct slice own_domain(struct counted *message)
{
    struct record *record = message->record;
    struct strbuf *scratch = &message->builder->scratch;
    const struct slice domain = domain_of(record_text(record, RECORD_USER, scratch));
    if (domain.length > 0)
        return domain;
    if (!message->is_outside)
        return domain_of(record_text(record, RECORD_SENDER, scratch));
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    if (message->counts.recipients == 0 || !record_next(record, RECORD_RECIPIENTS, &cursor))
        return slice_of("");
    return domain_of(record_text(record, RECORD_RECIPIENT_ADDRESS, scratch));
}

/* ---- checks ----------------------------------------------------------------------------------------- */

static struct slice check_name(struct rollup_builder *builder, struct slice check, struct slice reason)
{
    strbuf_reset(&builder->name);
    strbuf_append_slice(&builder->name, check);
    strbuf_append_byte(&builder->name, ' ');
    strbuf_append_slice(&builder->name, reason);
    return strbuf_slice(&builder->name);
}

static void add_check(struct counted *message, struct slice name, const struct rollup_counts *counts)
{
    struct entry *entry = find_entry(message->builder, ROLLUP_CHECK, name);
    if (entry != NULL)
        add_counts(&entry->counts, counts);
}

/* The first finding that asks for `action` decided it. */
static void add_cause(struct counted *message, struct slice action, const struct rollup_counts *counts)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") ||
            !slice_equal(record->values[RECORD_FINDING_ACTION].text, action))
            continue;
        add_check(message,
                  check_name(message->builder, record->values[RECORD_FINDING_CHECK].text,
                             record->values[RECORD_FINDING_REASON].text),
                  counts);
        return;
    }
}

/* "relay.not_local_domain" of each recipient that was refused. */
static void count_recipient_reasons(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const struct slice reason = record->values[RECORD_RECIPIENT_REASON].text;
        const size_t dot = slice_find(reason, '.');
        if (dot < reason.length)
            add_check(message,
                      check_name(message->builder, slice_part(reason, 0, dot),
                                 slice_part(reason, dot + 1, reason.length)),
                      &(struct rollup_counts){.recipients_refused = 1});
    }
}

static void count_checks(struct counted *message)
{
    struct rollup_counts counts = message->counts;
    if (counts.recipients_refused > 0)
        count_recipient_reasons(message);
    counts.recipients = counts.recipients_refused = counts.bytes = 0;
    if (counts.would > 0)
        add_cause(message, message->record->values[RECORD_WOULD].text,
                  &(struct rollup_counts){.messages = 1, .would = 1});
    counts.would = 0;
    if (counts.accepted == 0 && counts.aborted == 0)
        add_cause(message, message->record->values[RECORD_VERDICT].text, &counts);
}

static void count_lists(struct counted *message)
{
    struct record *record = message->record;
    struct json_cursor cursor = record_begin(record, RECORD_LISTS);
    while (record_next(record, RECORD_LISTS, &cursor)) {
        struct entry *entry =
            find_entry(message->builder, ROLLUP_LIST, record->values[RECORD_LIST_ZONE].text);
        const bool is_listed = record_is(record, RECORD_LIST_STATE, "listed");
        if (entry == NULL)
            continue;
        entry->counts.messages++;
        entry->counts.refused += is_listed;
        entry->counts.deferred += !is_listed && !record_is(record, RECORD_LIST_STATE, "not_listed");
    }
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void count_message(struct rollup_builder *builder, struct record *record, int64_t time_us)
{
    struct counted message = {
        .builder = builder, .record = record, .is_outside = record_is(record, RECORD_ROLE, "outside")};
    char quarter[64];
    const struct slice role = record->values[RECORD_ROLE].text;
    snprintf(quarter, sizeof quarter, "%" PRId64 " %.*s", time_us / INT64_C(900000000),
             role.length > 20 ? 20 : (int)role.length, role.length == 0 ? "" : role.data);
    count_verdict(&message);
    add(&message, ROLLUP_QUARTER, slice_of(quarter));
    count_client(&message);
    add(&message, ROLLUP_USER, record_text(record, RECORD_USER, &builder->scratch));
    add(&message, ROLLUP_DOMAIN, own_domain(&message));
    add(&message, ROLLUP_CUSTOMER, record_text(record, RECORD_CUSTOMER, &builder->scratch));
    count_checks(&message);
    count_lists(&message);
}

static void note_host(struct rollup_builder *builder, const struct record *record)
{
    const struct slice host = record->values[RECORD_HOST].text;
    if (host.length == 0 || slice_equal(host, slice_of(builder->host)))
        return;
    builder->has_several_hosts =
        builder->has_several_hosts || builder->host[0] != '\0' || host.length > HOST_BYTES_MAX;
    if (!builder->has_several_hosts)
        memcpy(builder->host, host.data, host.length);
}

void rollup_builder_add(struct rollup_builder *builder, struct record *record, int64_t time_us)
{
    const enum record_line line = record_line_of(record);
    builder->line_count++;
    if (time_us != 0 && (builder->first_us == 0 || time_us < builder->first_us))
        builder->first_us = time_us;
    if (time_us > builder->last_us)
        builder->last_us = time_us;
    note_host(builder, record);
    if (line < RECORD_LINE_COUNT)
        builder->kind_counts[line]++;
    if (line == RECORD_LINE_LOST)
        builder->lost_count += record_u64(record, RECORD_COUNT);
    if (line == RECORD_LINE_MESSAGE)
        count_message(builder, record, time_us);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void append_number(struct strbuf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        strbuf_append_byte(out, (char)(unsigned char)(number | 0x80));
    strbuf_append_byte(out, (char)number);
}

static void append_row(struct strbuf *out, const struct entry *entry)
{
    const uint64_t *const fields[] = {ROLLUP_COUNT_FIELDS(&entry->counts)};
    append_number(out, entry->name_length);
    strbuf_append(out, entry->name, entry->name_length);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        append_number(out, *fields[i]);
    append_number(out, 2 * (uint64_t)entry->network_count + entry->has_more_networks);
    for (unsigned i = 0; i < entry->network_count; i++)
        append_number(out, entry->networks[i]);
}

static void append_header(const struct rollup_builder *builder, const struct seekable_table *table,
                          const struct rollup_section *sections, struct strbuf *out)
{
    const size_t host_length = builder->has_several_hosts ? 0 : strlen(builder->host);
    strbuf_append(out, ROLLUP_MAGIC, 8);
    cache_append_u64(out, table->identity);
    cache_append_u64(out, (uint64_t)builder->first_us);
    cache_append_u64(out, (uint64_t)builder->last_us);
    cache_append_u64(out, builder->line_count);
    cache_append_u64(out, builder->lost_count);
    cache_append_u32(out, RECORD_LINE_COUNT);
    for (size_t kind = 0; kind < RECORD_LINE_COUNT; kind++)
        cache_append_u64(out, builder->kind_counts[kind]);
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++) {
        cache_append_u64(out, sections[by].offset);
        cache_append_u64(out, sections[by].bytes);
        cache_append_u64(out, sections[by].rows);
        cache_append_u64(out, sections[by].checksum);
    }
    strbuf_append_byte(out, (char)host_length);
    strbuf_append_byte(out, 0);
    strbuf_append(out, builder->host, host_length);
    cache_append_checksum(out);
}

/* All sections behind each other; their offsets count from the first. */
static void append_sections(struct rollup_builder *builder, struct rollup_section *sections,
                            struct strbuf *out)
{
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++) {
        const size_t from = out->length;
        for (const struct entry *entry = builder->sections[by]; entry != NULL; entry = entry->hh.next)
            append_row(out, entry);
        const struct slice bytes = slice_part(strbuf_slice(out), from, out->length);
        sections[by] =
            (struct rollup_section){from, bytes.length, HASH_COUNT(builder->sections[by]), cache_hash(bytes)};
    }
}

bool rollup_builder_write(struct rollup_builder *builder, const char *path,
                          const struct seekable_table *table)
{
    struct rollup_section sections[ROLLUP_BY_COUNT];
    struct strbuf rows, whole;
    const size_t host_length = builder->has_several_hosts ? 0 : strlen(builder->host);
    char *name = talloc_asprintf(builder, "%s" ROLLUP_ENDING, path);
    strbuf_init(&rows, 0);
    strbuf_init(&whole, 0);
    append_sections(builder, sections, &rows);
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++)
        sections[by].offset += ROLLUP_HEADER_BYTES + host_length + 8;
    append_header(builder, table, sections, &whole);
    strbuf_append_slice(&whole, strbuf_slice(&rows));
    const bool is_whole = name != NULL && !builder->failed && !rows.failed && !whole.failed;
    const bool written = is_whole && cache_file_write(name, &whole);
    strbuf_deinit(&rows);
    strbuf_deinit(&whole);
    return written;
}
