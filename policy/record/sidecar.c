#include "record/sidecar.h"

#include "base/array.h"
#include "record/cache_file.h"
#include "record/record_reader.h"

#include <stdlib.h>
#include <talloc.h>

static const char MAGIC[8] = {'C', 'L', 'R', 'D', 'I', 'D', 'X', '1'};

enum {
    HEADER_BYTES = 24,
    ENTRY_BYTES = 32,
    BITS_PER_TERM = 10, /* with seven probes about one frame in a hundred is read in vain */
    PROBES = 7,
    FILTER_BYTES_LEAST = 8,
    SIDECAR_BYTES_MAX = 256 << 20,
};

/* ---- terms ------------------------------------------------------------------------------------------ */

uint64_t sidecar_term(struct slice text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    text = slice_trim(text);
    if (text.length > 2 && text.data[0] == '<' && text.data[text.length - 1] == '>')
        text = slice_part(text, 1, text.length - 1);
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)ascii_lower(text.data[i])) * UINT64_C(0x100000001b3);
    /* FNV leaves its low bits alike for texts that are alike: mixed as MurmurHash3 does in the end. */
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

struct visit {
    sidecar_visitor visit;
    void *context;
    struct strbuf scratch;
};

static void visit_text(struct visit *visit, struct slice text)
{
    if (text.length > 0)
        visit->visit(visit->context, sidecar_term(text));
}

static void visit_key(struct visit *visit, const struct record *record, enum record_key key)
{
    visit_text(visit, record_text(record, key, &visit->scratch));
}

/* The address in "Ann <ann@example.com>". */
static void visit_from(struct visit *visit, const struct record *record)
{
    struct slice text = record_text(record, RECORD_FROM, &visit->scratch);
    const size_t open = slice_find_last(text, '<'), close = slice_find_last(text, '>');
    if (open < close && close < text.length)
        text = slice_part(text, open + 1, close);
    visit_text(visit, slice_trim(text));
}

static void visit_texts(struct visit *visit, const struct record *record, enum record_key key)
{
    struct json_cursor cursor = record_begin(record, key);
    struct json_value text;
    while (json_next(&cursor, NULL, &text))
        visit_text(visit, json_read_string(&text, &visit->scratch));
}

static void visit_message(struct visit *visit, struct record *record)
{
    static const enum record_key keys[] = {RECORD_QUEUE_ID,   RECORD_USER,       RECORD_SENDER,
                                           RECORD_SESSION,    RECORD_MESSAGE_ID, RECORD_ORIGIN_ADDRESS,
                                           RECORD_FINGERPRINT};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        visit_key(visit, record, keys[i]);
    visit_from(visit, record);
    record_enter(record, RECORD_CLIENT);
    visit_key(visit, record, RECORD_CLIENT_ADDRESS);
    record_enter(record, RECORD_AUTH);
    visit_key(visit, record, RECORD_AUTH_LOGIN);
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor))
        visit_key(visit, record, RECORD_RECIPIENT_ADDRESS);
    if (record_has(record, RECORD_DSN)) {
        record_enter(record, RECORD_DSN);
        visit_key(visit, record, RECORD_DSN_MESSAGE_ID);
        visit_texts(visit, record, RECORD_DSN_RECIPIENTS);
    }
}

static void visit_event(struct visit *visit, struct record *record)
{
    visit_key(visit, record, RECORD_USER);
    record_enter(record, RECORD_CLIENT);
    visit_key(visit, record, RECORD_CLIENT_ADDRESS);
    record_enter(record, RECORD_SUBJECT);
    visit_key(visit, record, RECORD_SUBJECT_NAME);
}

void sidecar_visit_terms(struct record *record, sidecar_visitor visitor, void *context)
{
    struct visit visit = {.visit = visitor, .context = context};
    strbuf_init(&visit.scratch, 0);
    visit_key(&visit, record, RECORD_ID);
    if (record_line_of(record) == RECORD_LINE_MESSAGE)
        visit_message(&visit, record);
    else
        visit_event(&visit, record);
    strbuf_deinit(&visit.scratch);
}

/* ---- filters ---------------------------------------------------------------------------------------- */

/* The place of a term's probe number `i`. */
static uint64_t probe(uint64_t term, unsigned i, uint32_t filter_bytes)
{
    const uint64_t step = (term >> 32) | 1;
    return (term + i * step) % ((uint64_t)filter_bytes * 8);
}

bool sidecar_may_hold(const struct sidecar_frame *frame, uint64_t term)
{
    for (unsigned i = 0; i < PROBES; i++) {
        const uint64_t bit = probe(term, i, frame->filter_bytes);
        if ((frame->filter[bit / 8] & 1u << bit % 8) == 0)
            return false;
    }
    return true;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool read_frame(struct slice content, size_t index, struct sidecar_frame *frame)
{
    const unsigned char *bytes = (const unsigned char *)content.data;
    const unsigned char *entry = bytes + HEADER_BYTES + index * ENTRY_BYTES;
    const uint64_t offset = cache_read_u64(entry + 16);
    frame->first_us = (int64_t)cache_read_u64(entry);
    frame->last_us = (int64_t)cache_read_u64(entry + 8);
    frame->filter_bytes = cache_read_u32(entry + 24);
    frame->line_count = cache_read_u32(entry + 28);
    frame->filter = bytes + offset;
    return frame->filter_bytes >= FILTER_BYTES_LEAST && offset <= content.length &&
           frame->filter_bytes <= content.length - offset;
}

static bool read_content(void *owner, struct slice content, const struct seekable_table *table,
                         struct sidecar *sidecar)
{
    const unsigned char *bytes = (const unsigned char *)content.data;
    if (content.length < HEADER_BYTES + table->count * ENTRY_BYTES ||
        memcmp(bytes, MAGIC, sizeof MAGIC) != 0 || cache_read_u64(bytes + 8) != table->identity ||
        cache_read_u32(bytes + 16) != table->count)
        return false;
    sidecar->frames = talloc_array(owner, struct sidecar_frame, (unsigned)table->count + 1);
    sidecar->count = table->count;
    if (sidecar->frames == NULL)
        return false;
    for (size_t i = 0; i < table->count; i++)
        if (!read_frame(content, i, &sidecar->frames[i]))
            return false;
    return true;
}

bool sidecar_read(void *owner, const char *path, const struct seekable_table *table, struct sidecar *sidecar)
{
    struct slice content;
    void *mine = talloc_new(owner);
    char *name = talloc_asprintf(mine, "%s" SIDECAR_ENDING, path);
    *sidecar = (struct sidecar){0};
    if (name != NULL && cache_file_read(mine, name, SIDECAR_BYTES_MAX, &content) &&
        read_content(mine, content, table, sidecar))
        return true;
    talloc_free(mine);
    *sidecar = (struct sidecar){0};
    return false;
}

/* ---- making one ------------------------------------------------------------------------------------- */

struct built_frame {
    int64_t first_us, last_us;
    size_t offset; /* in `filters` */
    uint32_t filter_bytes;
    uint32_t line_count;
};

struct sidecar_builder {
    uint64_t *terms; /* of the present frame */
    size_t term_count;
    struct built_frame present;
    struct built_frame *frames;
    size_t frame_count;
    unsigned char *filters;
    size_t filters_length;
    bool failed;
};

struct sidecar_builder *sidecar_builder_create(void *owner)
{
    return talloc_zero(owner, struct sidecar_builder);
}

static void add_term(void *context, uint64_t term)
{
    struct sidecar_builder *builder = context;
    if (array_reserve(builder, builder->terms, builder->term_count))
        builder->terms[builder->term_count++] = term;
    else
        builder->failed = true;
}

void sidecar_builder_add(struct sidecar_builder *builder, struct record *record, int64_t time_us)
{
    struct built_frame *present = &builder->present;
    if (time_us != 0 && (present->first_us == 0 || time_us < present->first_us))
        present->first_us = time_us;
    if (time_us > present->last_us)
        present->last_us = time_us;
    present->line_count++;
    sidecar_visit_terms(record, add_term, builder);
}

static int compare_terms(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static size_t sort_and_drop_repeats(uint64_t *terms, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(terms, count, sizeof *terms, compare_terms);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || terms[i] != terms[kept - 1])
            terms[kept++] = terms[i];
    return kept;
}

static bool add_filter(struct sidecar_builder *builder)
{
    struct built_frame *present = &builder->present;
    const size_t count = sort_and_drop_repeats(builder->terms, builder->term_count);
    const size_t wanted = (count * BITS_PER_TERM + 7) / 8;
    present->filter_bytes = (uint32_t)(wanted < FILTER_BYTES_LEAST ? FILTER_BYTES_LEAST : wanted);
    present->offset = builder->filters_length;
    unsigned char *grown =
        talloc_realloc_size(builder, builder->filters, builder->filters_length + present->filter_bytes);
    if (grown == NULL)
        return false;
    builder->filters = grown;
    unsigned char *filter = grown + builder->filters_length;
    memset(filter, 0, present->filter_bytes);
    for (size_t i = 0; i < count; i++)
        for (unsigned p = 0; p < PROBES; p++) {
            const uint64_t bit = probe(builder->terms[i], p, present->filter_bytes);
            filter[bit / 8] = (unsigned char)(filter[bit / 8] | 1u << bit % 8);
        }
    builder->filters_length += present->filter_bytes;
    return true;
}

bool sidecar_builder_end_frame(struct sidecar_builder *builder)
{
    if (builder->failed || !array_reserve(builder, builder->frames, builder->frame_count) ||
        !add_filter(builder)) {
        builder->failed = true;
        return false;
    }
    builder->frames[builder->frame_count++] = builder->present;
    builder->present = (struct built_frame){0};
    builder->term_count = 0;
    return true;
}

void sidecar_builder_write(const struct sidecar_builder *builder, const struct seekable_table *table,
                           struct strbuf *out)
{
    const size_t filters_at = HEADER_BYTES + builder->frame_count * ENTRY_BYTES;
    out->failed = out->failed || builder->failed || builder->frame_count != table->count;
    strbuf_append(out, MAGIC, sizeof MAGIC);
    cache_append_u64(out, table->identity);
    cache_append_u32(out, (uint32_t)builder->frame_count);
    cache_append_u32(out, 0);
    for (size_t i = 0; i < builder->frame_count; i++) {
        const struct built_frame *frame = &builder->frames[i];
        cache_append_u64(out, (uint64_t)frame->first_us);
        cache_append_u64(out, (uint64_t)frame->last_us);
        cache_append_u64(out, filters_at + frame->offset);
        cache_append_u32(out, frame->filter_bytes);
        cache_append_u32(out, frame->line_count);
    }
    strbuf_append(out, builder->filters, builder->filters_length);
    cache_append_checksum(out);
}
