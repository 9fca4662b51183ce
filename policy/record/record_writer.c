#include "record/record_writer.h"

#include <assert.h>
#include <time.h>

enum { LINE_BYTES_USUAL = 4000 }; /* for these memory is taken at once */

/* ---- time ------------------------------------------------------------------------------------------- */

/* `count` digits of `number` at `text`. */
static void put_digits(char *text, int count, unsigned number)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* printf would cost more than all the rest of a line. */
void record_time_write(int64_t time_us, char *text)
{
    static const char blank[] = "0000-00-00T00:00:00.000000Z";
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    memcpy(text, blank, sizeof blank);
    put_digits(text, 4, (unsigned)utc.tm_year + 1900);
    put_digits(text + 5, 2, (unsigned)utc.tm_mon + 1);
    put_digits(text + 8, 2, (unsigned)utc.tm_mday);
    put_digits(text + 11, 2, (unsigned)utc.tm_hour);
    put_digits(text + 14, 2, (unsigned)utc.tm_min);
    put_digits(text + 17, 2, (unsigned)utc.tm_sec);
    put_digits(text + 20, 6, (unsigned)(time_us % 1000000));
}

/* ---- order ------------------------------------------------------------------------------------------ */

/* Each key as it is written, and where what belongs to it ends. */
static struct {
    struct json_key key;
    enum record_key end;
} rows[RECORD_KEY_COUNT];

__attribute__((constructor)) static void make_rows(void)
{
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        enum record_key end = key + 1;
        while (end < RECORD_KEY_COUNT && record_fields[end].depth > record_fields[key].depth)
            end++;
        rows[key].end = end;
        json_key_make(&rows[key].key, record_fields[key].name);
    }
}

/* Takes `key` as the next one, and writes its name. */
static void put_key(struct record_writer *writer, enum record_key key)
{
    const struct record_field *field = &record_fields[key];
    assert(key >= writer->next && key < writer->end);
    assert(field->depth == (writer->open == RECORD_KEY_COUNT ? 0 : record_fields[writer->open].depth + 1));
    assert((field->lines & (1u << writer->line)) != 0);
    writer->next = key + 1;
    json_put_key(&writer->json, &rows[key].key);
}

static bool is_text(enum record_value value)
{
    return value == RECORD_VALUE_TEXT || value == RECORD_VALUE_TEXT_OR_NULL || value == RECORD_VALUE_ENUM;
}

/* ---- values ----------------------------------------------------------------------------------------- */

static void put_private(struct record_writer *writer, enum record_privacy_kind kind, struct slice text)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    json_string(&writer->json, NULL, record_privacy_apply(&writer->privacy, kind, text, &scratch));
    strbuf_deinit(&scratch);
}

void record_put_slice(struct record_writer *writer, enum record_key key, struct slice text)
{
    const enum record_privacy_kind kind = record_fields[key].privacy;
    assert(is_text(record_fields[key].value));
    put_key(writer, key);
    if (writer->is_private && kind != PRIVACY_NONE)
        put_private(writer, kind, text);
    else
        json_string(&writer->json, NULL, text);
}

void record_put_text(struct record_writer *writer, enum record_key key, const char *text)
{
    if (text != NULL || record_fields[key].value != RECORD_VALUE_TEXT_OR_NULL) {
        record_put_slice(writer, key, slice_of(text));
        return;
    }
    put_key(writer, key);
    json_text(&writer->json, NULL, NULL);
}

void record_put_some(struct record_writer *writer, enum record_key key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        record_put_slice(writer, key, slice_of(text));
}

void record_put_u64(struct record_writer *writer, enum record_key key, uint64_t number)
{
    assert(record_fields[key].value == RECORD_VALUE_U64);
    put_key(writer, key);
    json_u64(&writer->json, NULL, number);
}

void record_put_bool(struct record_writer *writer, enum record_key key, bool value)
{
    assert(record_fields[key].value == RECORD_VALUE_BOOL);
    put_key(writer, key);
    json_bool(&writer->json, NULL, value);
}

void record_put_time(struct record_writer *writer, enum record_key key, int64_t time_us)
{
    char text[RECORD_TIME_BYTES];
    assert(record_fields[key].value == RECORD_VALUE_TIME);
    record_time_write(time_us, text);
    put_key(writer, key);
    json_string(&writer->json, NULL, slice_make(text, sizeof text - 1));
}

/* ---- objects and lists ------------------------------------------------------------------------------ */

static void descend(struct record_writer *writer, enum record_key key)
{
    writer->open = key;
    writer->next = key + 1;
    writer->end = rows[key].end;
}

void record_open(struct record_writer *writer, enum record_key key)
{
    assert(record_fields[key].value == RECORD_VALUE_OBJECT);
    put_key(writer, key);
    json_open_object(&writer->json, NULL);
    descend(writer, key);
}

void record_open_list(struct record_writer *writer, enum record_key key)
{
    assert(record_fields[key].value == RECORD_VALUE_OBJECTS);
    put_key(writer, key);
    json_open_array(&writer->json, NULL);
    descend(writer, key);
}

void record_element_begin(struct record_writer *writer)
{
    json_open_object(&writer->json, NULL);
    writer->next = writer->open + 1;
}

void record_element_end(struct record_writer *writer)
{
    json_close_object(&writer->json);
}

/* No object stands in another but in a line. */
void record_close(struct record_writer *writer)
{
    assert(writer->open < RECORD_KEY_COUNT && record_fields[writer->open].depth == 0);
    if (record_fields[writer->open].value == RECORD_VALUE_OBJECTS)
        json_close_array(&writer->json);
    else
        json_close_object(&writer->json);
    writer->next = writer->end;
    writer->end = RECORD_KEY_COUNT;
    writer->open = RECORD_KEY_COUNT;
}

void record_open_texts(struct record_writer *writer, enum record_key key)
{
    assert(record_fields[key].value == RECORD_VALUE_TEXTS);
    writer->texts = record_fields[key].privacy;
    put_key(writer, key);
    json_open_array(&writer->json, NULL);
}

void record_put_element(struct record_writer *writer, struct slice text)
{
    if (writer->is_private && writer->texts != PRIVACY_NONE)
        put_private(writer, writer->texts, text);
    else
        json_string(&writer->json, NULL, text);
}

void record_close_texts(struct record_writer *writer)
{
    json_close_array(&writer->json);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

void record_line_begin(struct record_writer *writer, const struct record_context *context,
                       const struct record_start *start, struct strbuf *out)
{
    *writer = (struct record_writer){
        .line = start->line, .next = 0, .end = RECORD_KEY_COUNT, .open = RECORD_KEY_COUNT};
    json_writer_init(&writer->json, out);
    strbuf_reserve(out, LINE_BYTES_USUAL);
    writer->is_private = context->privacy != NULL;
    if (writer->is_private)
        record_privacy_begin(context->privacy, start->time_us, &writer->privacy);
    json_open_object(&writer->json, NULL);
    record_put_u64(writer, RECORD_V, RECORD_VERSION);
    record_put_text(writer, RECORD_TYPE, record_line_name(start->line));
    record_put_time(writer, RECORD_TIME, start->time_us);
    record_put_text(writer, RECORD_ID, start->id);
    record_put_text(writer, RECORD_HOST, context->host);
}

void record_line_end(struct record_writer *writer)
{
    assert(writer->open == RECORD_KEY_COUNT);
    json_close_object(&writer->json);
}
