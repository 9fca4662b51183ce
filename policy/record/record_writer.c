#include "record/record_writer.h"

#include <assert.h>
#include <time.h>

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

static enum record_key end_of(enum record_key key)
{
    enum record_key end = key + 1;
    while (end < RECORD_KEY_COUNT && record_fields[end].depth > record_fields[key].depth)
        end++;
    return end;
}

/* Takes `key` as the next one, and gives its name. */
static const char *take(struct record_writer *writer, enum record_key key)
{
    const struct record_field *field = &record_fields[key];
    assert(key >= writer->next && key < writer->end);
    assert(field->depth == (writer->open == RECORD_KEY_COUNT ? 0 : record_fields[writer->open].depth + 1));
    assert((field->lines & (1u << writer->line)) != 0);
    writer->next = key + 1;
    return field->name;
}

static bool is_text(enum record_value value)
{
    return value == RECORD_VALUE_TEXT || value == RECORD_VALUE_TEXT_OR_NULL || value == RECORD_VALUE_ENUM;
}

/* ---- values ----------------------------------------------------------------------------------------- */

static void put_private(struct record_writer *writer, enum record_privacy_kind kind, const char *name,
                        struct slice text)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    json_string(&writer->json, name, record_privacy_apply(&writer->privacy, kind, text, &scratch));
    strbuf_deinit(&scratch);
}

void record_put_slice(struct record_writer *writer, enum record_key key, struct slice text)
{
    const enum record_privacy_kind kind = record_fields[key].privacy;
    assert(is_text(record_fields[key].value));
    const char *name = take(writer, key);
    if (writer->is_private && kind != PRIVACY_NONE)
        put_private(writer, kind, name, text);
    else
        json_string(&writer->json, name, text);
}

void record_put_text(struct record_writer *writer, enum record_key key, const char *text)
{
    if (text == NULL && record_fields[key].value == RECORD_VALUE_TEXT_OR_NULL)
        json_text(&writer->json, take(writer, key), NULL);
    else
        record_put_slice(writer, key, slice_of(text));
}

void record_put_some(struct record_writer *writer, enum record_key key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        record_put_slice(writer, key, slice_of(text));
}

void record_put_u64(struct record_writer *writer, enum record_key key, uint64_t number)
{
    assert(record_fields[key].value == RECORD_VALUE_U64);
    json_u64(&writer->json, take(writer, key), number);
}

void record_put_bool(struct record_writer *writer, enum record_key key, bool value)
{
    assert(record_fields[key].value == RECORD_VALUE_BOOL);
    json_bool(&writer->json, take(writer, key), value);
}

void record_put_time(struct record_writer *writer, enum record_key key, int64_t time_us)
{
    char text[RECORD_TIME_BYTES];
    assert(record_fields[key].value == RECORD_VALUE_TIME);
    record_time_write(time_us, text);
    json_string(&writer->json, take(writer, key), slice_make(text, sizeof text - 1));
}

/* ---- objects and lists ------------------------------------------------------------------------------ */

static void descend(struct record_writer *writer, enum record_key key)
{
    writer->open = key;
    writer->next = key + 1;
    writer->end = end_of(key);
}

void record_open(struct record_writer *writer, enum record_key key)
{
    assert(record_fields[key].value == RECORD_VALUE_OBJECT);
    json_open_object(&writer->json, take(writer, key));
    descend(writer, key);
}

void record_open_list(struct record_writer *writer, enum record_key key)
{
    assert(record_fields[key].value == RECORD_VALUE_OBJECTS);
    json_open_array(&writer->json, take(writer, key));
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
    json_open_array(&writer->json, take(writer, key));
}

void record_put_element(struct record_writer *writer, struct slice text)
{
    if (writer->is_private && writer->texts != PRIVACY_NONE)
        put_private(writer, writer->texts, NULL, text);
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
