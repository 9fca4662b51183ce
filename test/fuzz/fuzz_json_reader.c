/* The reader of record lines beside jansson: what that reads, ours reads too, and finds the same in it. */
#include "record/record_reader.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void compare(const struct json_value *ours, const json_t *theirs);

static void compare_string(const struct json_value *ours, const json_t *theirs)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    struct slice text = json_read_string(ours, &scratch);
    require(slice_equal(text, slice_make(json_string_value(theirs), json_string_length(theirs))));
    strbuf_deinit(&scratch);
}

static void compare_number(const struct json_value *ours, const json_t *theirs)
{
    uint64_t number;
    bool is_read = json_read_u64(ours, &number);
    if (json_is_integer(theirs) && json_integer_value(theirs) > 0)
        require(is_read && number == (uint64_t)json_integer_value(theirs));
    if (json_is_real(theirs))
        require(!is_read);
}

static void compare_array(const struct json_value *ours, const json_t *theirs)
{
    struct json_cursor cursor = json_enter(ours);
    struct json_value element;
    size_t count = 0;
    while (json_next(&cursor, NULL, &element))
        compare(&element, json_array_get(theirs, count++));
    require(cursor.is_over && count == json_array_size(theirs));
}

/* A key that is there twice counts once, with its last value: asked for by name both must agree. */
static void compare_object(const struct json_value *ours, const json_t *theirs)
{
    const char *name;
    json_t *member;
    struct json_value key, value;
    struct json_cursor cursor = json_enter(ours);
    while (json_next(&cursor, &key, &value)) {
        struct strbuf text;
        strbuf_init(&text, 0);
        json_append_string(&key, &text);
        require(json_object_get(theirs, strbuf_text(&text)) != NULL);
        strbuf_deinit(&text);
    }
    require(cursor.is_over);
    json_object_foreach((json_t *)(uintptr_t)theirs, name, member)
    {
        struct json_value found = json_member(ours, name);
        compare(&found, member);
    }
}

static void compare(const struct json_value *ours, const json_t *theirs)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_KIND_OBJECT,  [JSON_ARRAY] = JSON_KIND_ARRAY, [JSON_STRING] = JSON_KIND_STRING,
        [JSON_INTEGER] = JSON_KIND_NUMBER, [JSON_REAL] = JSON_KIND_NUMBER, [JSON_TRUE] = JSON_KIND_TRUE,
        [JSON_FALSE] = JSON_KIND_FALSE,    [JSON_NULL] = JSON_KIND_NULL,
    };
    require(theirs != NULL && ours->kind == kinds[json_typeof(theirs)]);
    if (json_is_object(theirs))
        compare_object(ours, theirs);
    else if (json_is_array(theirs))
        compare_array(ours, theirs);
    else if (json_is_string(theirs))
        compare_string(ours, theirs);
    else if (json_is_number(theirs))
        compare_number(ours, theirs);
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* The keys below `parent` (RECORD_KEY_COUNT: of the line) that are in the record now. */
static void compare_keys(const struct record *record, enum record_key parent, const json_t *theirs)
{
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        const json_t *member = json_object_get(theirs, record_fields[key].name);
        if (record_parent(key) != parent)
            continue;
        require((record->values[key].text.data != NULL) == (member != NULL));
        if (member != NULL)
            compare(&record->values[key], member);
    }
}

static void compare_list(struct record *record, enum record_key list, const json_t *theirs)
{
    struct json_cursor cursor = record_begin(record, list);
    size_t count = 0;
    while (record_next(record, list, &cursor)) {
        const json_t *element = json_array_get(theirs, count++);
        if (json_is_object(element))
            compare_keys(record, list, element);
    }
    require(count == json_array_size(theirs));
}

/* By the names that it knows, our reader goes another way. */
static void compare_record(struct slice line, const json_t *theirs)
{
    struct record record;
    require(record_read(line, &record));
    compare_keys(&record, RECORD_KEY_COUNT, theirs);
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++) {
        const json_t *member = json_object_get(theirs, record_fields[key].name);
        if (record_fields[key].depth > 0)
            continue;
        if (record_fields[key].value == RECORD_VALUE_OBJECT && json_is_object(member)) {
            record_enter(&record, key);
            compare_keys(&record, key, member);
        }
        if (record_fields[key].value == RECORD_VALUE_OBJECTS && json_is_array(member))
            compare_list(&record, key, member);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* In memory of just that size, so that one byte too far is seen. */
    char *copy = malloc(size);
    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    struct json_cursor cursor = json_enter_line(slice_make(copy, size));
    struct json_value key, value;
    while (json_next(&cursor, &key, &value))
        ;
    json_t *theirs = size == 0 ? NULL : json_loadb(copy, size, 0, NULL);
    if (json_is_object(theirs)) {
        size_t from = 0, to = size;
        require(json_is_whole(&cursor));
        while (copy[from] != '{')
            from++;
        while (copy[to - 1] != '}')
            to--;
        value = (struct json_value){JSON_KIND_OBJECT, false, slice_make(copy + from, to - from)};
        compare(&value, theirs);
        compare_record(slice_make(copy, size), theirs);
    }
    json_decref(theirs);
    free(copy);
    return 0;
}
