/* Making a roll-up: every record counts in each section. */
#include "record/rollup.h"

#include "record/cache_file.h"
#include "record/rollup_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <talloc.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (element)->hh.tbl = NULL
#include <uthash.h>

/* More names than this, and the file itself is as quick to read. */
enum { NAMES_MAX = 1000000, ACCOUNT_LINES_MAX = 10000, HOST_BYTES_MAX = 255 };

struct entry {
    UT_hash_handle hh;
    struct record_counts counts;
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
    struct record_sums sums; /* of the present message */
};

static int builder_release(struct rollup_builder *builder)
{
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++)
        HASH_CLEAR(hh, builder->sections[by]);
    record_sums_deinit(&builder->sums);
    return 0;
}

struct rollup_builder *rollup_builder_create(void *owner)
{
    struct rollup_builder *builder = talloc_zero(owner, struct rollup_builder);
    if (builder == NULL)
        return NULL;
    record_sums_init(&builder->sums);
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

static void add(struct rollup_builder *builder, enum rollup_by by, struct slice name)
{
    const struct record_sums *sums = &builder->sums;
    struct entry *entry = find_entry(builder, by, name);
    if (entry == NULL)
        return;
    record_counts_add(&entry->counts, &sums->counts);
    if (sums->network != 0 && (by == ROLLUP_USER || by == ROLLUP_DOMAIN || by == ROLLUP_CUSTOMER))
        add_network(builder, entry, sums->network);
}

static void add_check(void *context, struct slice name, const struct record_counts *counts)
{
    struct entry *entry = find_entry(context, ROLLUP_CHECK, name);
    if (entry != NULL)
        record_counts_add(&entry->counts, counts);
}

static void add_list(void *context, struct slice zone, const struct record_counts *counts)
{
    struct entry *entry = find_entry(context, ROLLUP_LIST, zone);
    if (entry != NULL)
        record_counts_add(&entry->counts, counts);
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void count_message(struct rollup_builder *builder, struct record *record, int64_t time_us)
{
    char quarter[64];
    struct record_sums *sums = &builder->sums;
    record_sums_read(record, sums);
    snprintf(quarter, sizeof quarter, "%" PRId64 " %s", time_us / INT64_C(900000000), role_name(sums->role));
    add(builder, ROLLUP_QUARTER, slice_of(quarter));
    add(builder, ROLLUP_CLIENT, sums->client);
    add(builder, ROLLUP_USER, sums->user);
    add(builder, ROLLUP_DOMAIN, sums->domain);
    add(builder, ROLLUP_CUSTOMER, sums->customer);
    record_sums_visit_checks(record, sums, add_check, builder);
    record_sums_visit_lists(record, add_list, builder);
}

/* Few, and who asks wants all of each: so they are kept as they are. */
static void keep_line(struct rollup_builder *builder, const struct record *record)
{
    struct entry *entry = find_entry(builder, ROLLUP_ACCOUNT, record->line);
    if (entry != NULL)
        entry->counts.messages = 1;
    builder->failed = builder->failed || HASH_COUNT(builder->sections[ROLLUP_ACCOUNT]) > ACCOUNT_LINES_MAX;
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
    if (line == RECORD_LINE_WARN || line == RECORD_LINE_LOCK || line == RECORD_LINE_UNLOCK)
        keep_line(builder, record);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void append_number(struct strbuf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        strbuf_append_byte(out, (char)(unsigned char)(number | 0x80));
    strbuf_append_byte(out, (char)number);
}

static void append_bytes(struct strbuf *out, uint32_t number, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, (char)(unsigned char)(number >> 8 * i));
}

static void append_networks(struct strbuf *out, const struct entry *entry)
{
    append_number(out, 2 * (uint64_t)entry->network_count + entry->has_more_networks);
    for (unsigned i = 0; i < entry->network_count; i++)
        append_bytes(out, entry->networks[i], 4);
}

static void append_row(struct strbuf *out, const struct entry *entry)
{
    struct record_counts counts = entry->counts;
    uint64_t *const fields[] = {ROLLUP_COUNT_FIELDS(&counts)};
    const bool is_all_accepted = counts.messages > 0 && counts.accepted == counts.messages;
    unsigned bits =
        (is_all_accepted ? ROLLUP_ALL_ACCEPTED : 0u) | (entry->network_count > 0 ? ROLLUP_HAS_NETWORKS : 0u);
    if (is_all_accepted)
        counts.accepted = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        bits |= *fields[i] != 0 ? 1u << i : 0u;
    append_number(out, entry->name_length);
    strbuf_append(out, entry->name, entry->name_length);
    append_bytes(out, bits, 2);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*fields[i] != 0)
            append_number(out, *fields[i]);
    if (entry->network_count > 0)
        append_networks(out, entry);
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
        cache_append_u64(out, sections[by].missing_messages_max);
    }
    strbuf_append_byte(out, (char)host_length);
    strbuf_append_byte(out, 0);
    strbuf_append(out, builder->host, host_length);
    cache_append_checksum(out);
}

static int by_messages(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return a->counts.messages > b->counts.messages ? -1 : a->counts.messages < b->counts.messages;
}

static struct rollup_section append_section(struct rollup_builder *builder, size_t by, struct strbuf *out)
{
    struct rollup_section section = {.offset = out->length};
    const uint64_t rows_max = by == ROLLUP_CLIENT ? ROLLUP_CLIENTS_MAX : UINT64_MAX;
    if (HASH_COUNT(builder->sections[by]) > rows_max)
        HASH_SRT(hh, builder->sections[by], by_messages);
    for (const struct entry *entry = builder->sections[by]; entry != NULL; entry = entry->hh.next) {
        if (section.rows == rows_max) {
            section.missing_messages_max = entry->counts.messages;
            break;
        }
        append_row(out, entry);
        section.rows++;
    }
    const struct slice bytes = slice_part(strbuf_slice(out), (size_t)section.offset, out->length);
    section.bytes = bytes.length;
    section.checksum = cache_hash(bytes);
    return section;
}

/* All sections behind each other; their offsets count from the first. */
static void append_sections(struct rollup_builder *builder, struct rollup_section *sections,
                            struct strbuf *out)
{
    for (size_t by = 0; by < ROLLUP_BY_COUNT; by++)
        sections[by] = append_section(builder, by, out);
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
