#include "record/record_reader.h"

/* ---- keys ------------------------------------------------------------------------------------------- */

/* The names, and the row behind each with the same parent; RECORD_KEY_COUNT: it is the last. */
static struct json_known known[RECORD_KEY_COUNT];

__attribute__((constructor)) static void make_known(void)
{
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        const unsigned depth = record_fields[key].depth;
        enum record_key next = key + 1;
        while (next < RECORD_KEY_COUNT && record_fields[next].depth > depth)
            next++;
        const bool is_last = next == RECORD_KEY_COUNT || record_fields[next].depth < depth;
        memcpy(known[key].name, record_fields[key].name, JSON_NAME_BYTES);
        known[key].next = is_last ? RECORD_KEY_COUNT : next;
    }
}

static enum record_key next_sibling(enum record_key key)
{
    return (enum record_key)known[key].next;
}

/* Keys of ours are short and have no escapes: cheaper than strlen and memcmp. */
static bool is_named(const struct json_value *name, const char *wanted)
{
    if (name->is_escaped)
        return json_equals(name, wanted);
    size_t i = 0;
    while (i < name->text.length && wanted[i] == name->text.data[i])
        i++;
    return i == name->text.length && wanted[i] == '\0';
}

/* From `*expected` on, then from the first: a line of ours never goes back. */
static enum record_key find_key(const struct json_value *name, enum record_key first,
                                enum record_key *expected)
{
    for (enum record_key key = *expected; key < RECORD_KEY_COUNT; key = next_sibling(key))
        if (is_named(name, record_fields[key].name)) {
            *expected = next_sibling(key);
            return key;
        }
    for (enum record_key key = first; key != *expected && key < RECORD_KEY_COUNT; key = next_sibling(key))
        if (is_named(name, record_fields[key].name))
            return key;
    return RECORD_KEY_COUNT;
}

static void read_members(struct json_cursor *cursor, enum record_key first, struct record *record)
{
    struct json_value name, value;
    enum record_key expected = first;
    for (;;) {
        expected =
            (enum record_key)json_take_known(cursor, known, expected, RECORD_KEY_COUNT, record->values);
        if (!json_next(cursor, &name, &value))
            return;
        enum record_key key = find_key(&name, first, &expected);
        if (key < RECORD_KEY_COUNT)
            record->values[key] = value;
    }
}

/* ---- lines ------------------------------------------------------------------------------------------ */

bool record_read(struct slice line, struct record *record)
{
    memset(record, 0, sizeof *record);
    record->line = line;
    struct json_cursor cursor = json_enter_line(line);
    read_members(&cursor, RECORD_V, record);
    return json_is_whole(&cursor);
}

static void enter_object(struct record *record, enum record_key parent, const struct json_value *object)
{
    enum record_key first = parent + 1;
    for (enum record_key key = first;
         key < RECORD_KEY_COUNT && record_fields[key].depth > record_fields[parent].depth; key++)
        record->values[key] = (struct json_value){0};
    if (object->kind != JSON_KIND_OBJECT)
        return;
    struct json_cursor cursor = json_enter(object);
    read_members(&cursor, first, record);
}

void record_enter(struct record *record, enum record_key parent)
{
    enter_object(record, parent, &record->values[parent]);
}

struct json_cursor record_begin(const struct record *record, enum record_key list)
{
    const struct json_value nothing = {0};
    return json_enter(record->values[list].kind == JSON_KIND_ARRAY ? &record->values[list] : &nothing);
}

bool record_next(struct record *record, enum record_key list, struct json_cursor *cursor)
{
    struct json_value object;
    if (!json_next(cursor, NULL, &object))
        return false;
    enter_object(record, list, &object);
    return true;
}

/* ---- values ----------------------------------------------------------------------------------------- */

struct slice record_text(const struct record *record, enum record_key key, struct strbuf *scratch)
{
    return json_read_string(&record->values[key], scratch);
}

uint64_t record_u64(const struct record *record, enum record_key key)
{
    uint64_t number;
    return json_read_u64(&record->values[key], &number) ? number : 0;
}

bool record_has(const struct record *record, enum record_key key)
{
    return record->values[key].text.data != NULL && record->values[key].kind != JSON_KIND_NULL;
}

bool record_is(const struct record *record, enum record_key key, const char *text)
{
    return json_equals(&record->values[key], text);
}

enum record_line record_line_of(const struct record *record)
{
    const struct json_value *type = &record->values[RECORD_TYPE];
    if (type->text.data == NULL || json_equals(type, "message"))
        return RECORD_LINE_MESSAGE;
    return type->kind == JSON_KIND_STRING ? record_line_by_name(type->text) : RECORD_LINE_COUNT;
}

/* ---- time ------------------------------------------------------------------------------------------- */

/* `count` digits at `at`; -1: they are not. */
static int64_t digits(struct slice text, size_t at, size_t count)
{
    int64_t number = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= text.length || !ascii_is_digit(text.data[i]))
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

/* Since 1970-01-01, in the Gregorian calendar; years begin in March, so that the leap day is their last. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted_year = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400 + day_of_year -
           719468;
}

/* The fraction behind the seconds, in microseconds; `*at` goes behind it. */
static int64_t read_fraction(struct slice text, size_t *at)
{
    int64_t fraction_us = 0, unit_us = 100000;
    if (*at < text.length && text.data[*at] == '.')
        for (++*at; *at < text.length && ascii_is_digit(text.data[*at]); ++*at, unit_us /= 10)
            fraction_us += (text.data[*at] - '0') * unit_us;
    return fraction_us;
}

/* "Z", or "+02:00". */
static bool read_offset(struct slice text, int64_t *offset_sec)
{
    *offset_sec = 0;
    if (text.length == 1)
        return ascii_lower(text.data[0]) == 'z';
    int64_t hours = digits(text, 1, 2), minutes = digits(text, 4, 2);
    if (text.length != 6 || (text.data[0] != '+' && text.data[0] != '-') || hours < 0 || minutes < 0)
        return false;
    *offset_sec = (hours * 60 + minutes) * (text.data[0] == '-' ? -60 : 60);
    return true;
}

bool record_parse_time(struct slice text, int64_t *time_us)
{
    int64_t year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    int64_t hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2),
            offset_sec;
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0)
        return false;
    size_t at = 19;
    int64_t fraction_us = read_fraction(text, &at);
    if (!read_offset(slice_part(text, at, text.length), &offset_sec))
        return false;
    int64_t seconds =
        days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_sec;
    *time_us = seconds * 1000000 + fraction_us;
    return true;
}

bool record_time(const struct record *record, enum record_key key, int64_t *time_us)
{
    return record->values[key].kind == JSON_KIND_STRING &&
           record_parse_time(record->values[key].text, time_us);
}

bool record_line_time(struct slice line, int64_t *time_us)
{
    struct json_value key, value;
    struct json_cursor cursor = json_enter_line(line);
    while (json_next(&cursor, &key, &value))
        if (is_named(&key, record_fields[RECORD_TIME].name))
            return value.kind == JSON_KIND_STRING && record_parse_time(value.text, time_us);
    return false;
}
