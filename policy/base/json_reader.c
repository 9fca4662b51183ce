#include "base/json_reader.h"

#include "base/json_scan.h"

#include <stddef.h>

/* A NUL byte too: a crash leaves runs of them before the line that follows, and jansson skips one behind a
 * number. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

static void skip_blanks(struct json_cursor *cursor)
{
    if (cursor->at < cursor->end && (unsigned char)*cursor->at > ' ')
        return;
    while (cursor->at < cursor->end && is_blank(*cursor->at))
        cursor->at++;
}

/* `from` is behind the opening quote. Returns the closing one, or NULL. */
static const char *string_end(const char *from, const char *end, bool *is_escaped)
{
    const char *at = from;
    for (;;) {
        unsigned plain = 16;
        while (end - at >= 16 && (plain = json_plain_16(at)) == 16)
            at += 16;
        at += plain < 16 ? plain : 0;
        while (at < end && *at != '"' && *at != '\\')
            at++;
        if (at >= end || *at == '"')
            return at < end ? at : NULL;
        *is_escaped = true;
        if (end - at < 2)
            return NULL;
        at += 2;
    }
}

/* Goes on at `*at`, byte by byte, up to `limit` or a little further. True: the bracket that brings `*depth`
 * to 0 was met, and `*at` is behind it. `*at` NULL: a string has no end. */
static bool skip_bytes(const char **at, const char *limit, const char *end, size_t *depth)
{
    const char *c = *at;
    for (; c < limit; c++) {
        bool is_escaped;
        if (*c == '"' && (c = string_end(c + 1, end, &is_escaped)) == NULL)
            break;
        if ((*c | 0x20) == '{') /* '[' too */
            ++*depth;
        else if ((*c | 0x20) == '}' && --*depth == 0) /* ']' too */
            break;
    }
    *at = c == NULL || c >= limit ? c : c + 1;
    return c != NULL && *depth == 0;
}

/* There are few: cheaper than __builtin_popcountll where that is a call. */
static size_t count_bits(uint64_t bits)
{
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* The bracket among 64 bytes that brings `*depth` to 0, or JSON_BLOCK_BYTES. */
static unsigned find_closing(const struct json_block *block, uint64_t inside, size_t *depth)
{
    uint64_t closing = block->closing & ~inside, opening = block->opening & ~inside;
    while (closing != 0) {
        unsigned at = (unsigned)__builtin_ctzll(closing);
        uint64_t before = (UINT64_C(1) << at) - 1;
        *depth += count_bits(opening & before);
        opening &= ~before;
        if (--*depth == 0)
            return at;
        closing &= closing - 1;
    }
    *depth += count_bits(opening);
    return JSON_BLOCK_BYTES;
}

/* The same for the last bytes, fewer than a block: as a block that is filled up, or byte by byte. */
static const char *last_container_end(const char *at, const char *end, uint64_t carried, size_t depth)
{
    bool is_escaped;
    char padded[JSON_BLOCK_BYTES] = {0};
    memcpy(padded, at, (size_t)(end - at));
    struct json_block block = json_block_read(padded);
    if (block.backslashes == 0) {
        const unsigned closing = find_closing(&block, json_inside(block.quotes) ^ carried, &depth);
        return closing < JSON_BLOCK_BYTES ? at + closing + 1 : NULL;
    }
    if (carried != 0) {
        at = string_end(at, end, &is_escaped);
        if (at == NULL)
            return NULL;
        at++;
    }
    return skip_bytes(&at, end, end, &depth) ? at : NULL;
}

/* Behind the bracket that closes the one at `from`; NULL: there is none. Which kind of bracket closes which
 * is not looked at. Begins outside of strings and goes by blocks; where one has a backslash, or ends within a
 * string that may have one, byte by byte. */
static const char *container_end(const char *from, const char *end)
{
    size_t depth = 0;
    const char *at = from;
    uint64_t carried = 0; /* all ones: the block begins within a string */
    while (end - at >= JSON_BLOCK_BYTES) {
        struct json_block block = json_block_read(at);
        if (block.backslashes != 0) {
            bool is_escaped;
            if (carried != 0 && (at = string_end(at, end, &is_escaped)) == NULL)
                return NULL;
            at += carried != 0;
            carried = 0;
            if (end - at < JSON_BLOCK_BYTES)
                break;
            if (skip_bytes(&at, at + JSON_BLOCK_BYTES, end, &depth))
                return at;
            if (at == NULL)
                return NULL;
            continue;
        }
        uint64_t inside = json_inside(block.quotes) ^ carried;
        unsigned closing = find_closing(&block, inside, &depth);
        if (closing < JSON_BLOCK_BYTES)
            return at + closing + 1;
        carried = (uint64_t)0 - (inside >> 63);
        at += JSON_BLOCK_BYTES;
    }
    return last_container_end(at, end, carried, depth);
}

static const char *word_end(const char *from, const char *end)
{
    const char *at = from;
    while (at < end && (ascii_is_alpha(*at) || ascii_is_digit(*at) || *at == '-' || *at == '+' || *at == '.'))
        at++;
    return at;
}

/* By the first byte of a value; 0: none begins so. */
static const unsigned char kinds_plus_1[256] = {
    ['"'] = JSON_KIND_STRING + 1, ['{'] = JSON_KIND_OBJECT + 1, ['['] = JSON_KIND_ARRAY + 1,
    ['t'] = JSON_KIND_TRUE + 1,   ['f'] = JSON_KIND_FALSE + 1,  ['n'] = JSON_KIND_NULL + 1,
    ['-'] = JSON_KIND_NUMBER + 1, ['0'] = JSON_KIND_NUMBER + 1, ['1'] = JSON_KIND_NUMBER + 1,
    ['2'] = JSON_KIND_NUMBER + 1, ['3'] = JSON_KIND_NUMBER + 1, ['4'] = JSON_KIND_NUMBER + 1,
    ['5'] = JSON_KIND_NUMBER + 1, ['6'] = JSON_KIND_NUMBER + 1, ['7'] = JSON_KIND_NUMBER + 1,
    ['8'] = JSON_KIND_NUMBER + 1, ['9'] = JSON_KIND_NUMBER + 1,
};

/* The value at the cursor, which goes behind it. */
static inline bool take_value(struct json_cursor *cursor, struct json_value *value)
{
    const char *from = cursor->at, *end;
    value->is_escaped = false;
    const unsigned kind = from >= cursor->end ? 0 : kinds_plus_1[(unsigned char)*from];
    if (kind == 0)
        return false;
    value->kind = (enum json_kind)(kind - 1);
    if (value->kind == JSON_KIND_STRING) {
        const unsigned plain = cursor->end - ++from >= 16 ? json_plain_16(from) : 16;
        /* Most end within sight. */
        end = plain < 16 && from[plain] == '"' ? from + plain
                                               : string_end(from, cursor->end, &value->is_escaped);
        cursor->at = end == NULL ? cursor->at : end + 1;
    } else {
        end = value->kind >= JSON_KIND_ARRAY ? container_end(from, cursor->end) : word_end(from, cursor->end);
        cursor->at = end == NULL ? cursor->at : end;
    }
    value->text = slice_make(from, end == NULL ? 0 : (size_t)(end - from));
    return end != NULL;
}

static struct json_cursor enter_text(struct slice text, bool is_line)
{
    struct json_cursor cursor = {.at = text.data, .end = text.data + text.length, .is_first = true};
    skip_blanks(&cursor);
    if (cursor.at < cursor.end && (*cursor.at == '{' || (*cursor.at == '[' && !is_line)))
        cursor.closing = *cursor.at++ == '{' ? '}' : ']';
    else
        cursor.is_broken = true;
    return cursor;
}

struct json_cursor json_enter_line(struct slice line)
{
    return enter_text(line.data == NULL ? slice_of("") : line, true);
}

struct json_cursor json_enter(const struct json_value *value)
{
    if (value->kind < JSON_KIND_ARRAY)
        return (struct json_cursor){.is_over = true};
    return enter_text(value->text, false);
}

/* A comma, or the bracket that ends it. True: a member or an element is to follow. */
static bool take_separator(struct json_cursor *cursor)
{
    skip_blanks(cursor);
    cursor->is_broken = cursor->at >= cursor->end;
    if (cursor->is_broken)
        return false;
    if (*cursor->at == cursor->closing) {
        cursor->at++;
        cursor->is_over = true;
        return false;
    }
    if (!cursor->is_first) {
        cursor->is_broken = *cursor->at++ != ',';
        skip_blanks(cursor);
    }
    cursor->is_first = false;
    return !cursor->is_broken;
}

static bool take_key(struct json_cursor *cursor, struct json_value *key)
{
    bool is_taken = take_value(cursor, key) && key->kind == JSON_KIND_STRING;
    skip_blanks(cursor);
    if (!is_taken || cursor->at >= cursor->end || *cursor->at != ':')
        return false;
    cursor->at++;
    skip_blanks(cursor);
    return true;
}

bool json_next(struct json_cursor *cursor, struct json_value *key, struct json_value *value)
{
    struct json_value unused;
    if (cursor->is_over || cursor->is_broken || !take_separator(cursor))
        return false;
    if (key == NULL)
        key = &unused;
    *key = (struct json_value){0};
    cursor->is_broken = (cursor->closing == '}' && !take_key(cursor, key)) || !take_value(cursor, value);
    return !cursor->is_broken;
}

/* Where the name of the next member stands; NULL: not where it would, written by us. */
static inline const char *next_name(const struct json_cursor *cursor)
{
    const char *at = cursor->at;
    if (cursor->end - at < 2 || (!cursor->is_first && *at++ != ','))
        return NULL;
    return *at == '"' ? at + 1 : NULL;
}

/* The length of the name at `at`, if it is `name`, with its quote and colon behind it; else 0. */
static inline size_t length_if_named(const char *at, const char *end, const char *name)
{
    size_t length = 0;
    if (end - at >= JSON_NAME_BYTES + 2)
        length = json_name_length(name, at);
    else
        while (name[length] != '\0' && at + length < end && at[length] == name[length])
            length++;
    const bool is_whole = name[length] == '\0' && end - at >= (ptrdiff_t)length + 2;
    return is_whole && at[length] == '"' && at[length + 1] == ':' ? length : 0;
}

unsigned json_take_known(struct json_cursor *cursor, const struct json_known *known, unsigned from,
                         unsigned end, struct json_value *values)
{
    const char *name;
    if (cursor->is_over || cursor->is_broken || cursor->closing != '}')
        return from;
    while ((name = next_name(cursor)) != NULL) {
        size_t length = 0;
        unsigned index = from;
        for (; index != end; index = known[index].next)
            if ((length = length_if_named(name, cursor->end, known[index].name)) > 0)
                break;
        const struct json_cursor before = *cursor;
        cursor->at = name + length + 2;
        cursor->is_first = false;
        if (index == end || !take_value(cursor, &values[index])) {
            *cursor = before;
            return from;
        }
        from = known[index].next;
    }
    return from;
}

bool json_is_whole(const struct json_cursor *cursor)
{
    if (!cursor->is_over)
        return false;
    for (const char *at = cursor->at; at < cursor->end; at++)
        if (!is_blank(*at))
            return false;
    return true;
}

struct json_value json_member(const struct json_value *object, const char *name)
{
    struct json_value key, value, found = {0};
    struct json_cursor cursor = json_enter(object);
    while (object->kind == JSON_KIND_OBJECT && json_next(&cursor, &key, &value))
        if (json_equals(&key, name))
            found = value;
    return found;
}

/* ---- strings ---------------------------------------------------------------------------------------- */

static bool read_hex4(struct slice text, size_t at, unsigned *unit)
{
    *unit = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = i < text.length ? ascii_hex_value(text.data[i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (unsigned)digit;
    }
    return true;
}

static void append_utf8(struct strbuf *out, unsigned code)
{
    if (code < 0x80) {
        strbuf_append_byte(out, (char)code);
    } else if (code < 0x800) {
        strbuf_append_byte(out, (char)(0xc0 | code >> 6));
        strbuf_append_byte(out, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        strbuf_append_byte(out, (char)(0xe0 | code >> 12));
        strbuf_append_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
        strbuf_append_byte(out, (char)(0x80 | (code & 0x3f)));
    } else {
        strbuf_append_byte(out, (char)(0xf0 | code >> 18));
        strbuf_append_byte(out, (char)(0x80 | (code >> 12 & 0x3f)));
        strbuf_append_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
        strbuf_append_byte(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* `at` is behind "\u". Returns how many bytes that was; half of a surrogate pair becomes U+FFFD. */
static size_t append_unicode_escape(struct strbuf *out, struct slice text, size_t at)
{
    unsigned unit, low;
    if (!read_hex4(text, at, &unit))
        return 0;
    if (unit < 0xd800 || unit > 0xdfff) {
        append_utf8(out, unit);
        return 4;
    }
    bool is_pair = unit < 0xdc00 && at + 6 <= text.length && text.data[at + 4] == '\\' &&
                   text.data[at + 5] == 'u' && read_hex4(text, at + 6, &low) && low >= 0xdc00 &&
                   low <= 0xdfff;
    append_utf8(out, is_pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : 0xfffd);
    return is_pair ? 10 : 4;
}

void json_append_string(const struct json_value *value, struct strbuf *out)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    struct slice text = value->kind == JSON_KIND_STRING ? value->text : slice_of("");
    for (size_t at = 0; at < text.length;) {
        struct slice rest = slice_part(text, at, text.length);
        size_t plain = value->is_escaped ? slice_find(rest, '\\') : rest.length;
        strbuf_append(out, rest.data, plain);
        at += plain;
        if (at + 1 >= text.length)
            break;
        char letter = text.data[at + 1];
        const char *found = strchr(letters, letter);
        at += 2;
        if (letter == 'u')
            at += append_unicode_escape(out, text, at);
        else
            strbuf_append_byte(out, found != NULL && letter != '\0' ? meanings[found - letters] : letter);
    }
}

struct slice json_read_string(const struct json_value *value, struct strbuf *scratch)
{
    if (value->kind != JSON_KIND_STRING)
        return slice_of("");
    if (!value->is_escaped)
        return value->text;
    strbuf_reset(scratch);
    json_append_string(value, scratch);
    return strbuf_slice(scratch);
}

/* ---- other values ----------------------------------------------------------------------------------- */

bool json_read_u64(const struct json_value *value, uint64_t *number)
{
    *number = 0;
    if (value->kind != JSON_KIND_NUMBER)
        return false;
    for (size_t i = 0; i < value->text.length; i++) {
        char c = value->text.data[i];
        if (!ascii_is_digit(c) || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(c - '0'), number))
            return false;
    }
    return true;
}

bool json_equals(const struct json_value *value, const char *text)
{
    if (value->kind != JSON_KIND_STRING)
        return false;
    if (!value->is_escaped)
        return slice_equal(value->text, slice_of(text));
    struct strbuf decoded;
    strbuf_init(&decoded, 0);
    json_append_string(value, &decoded);
    bool is_equal = !decoded.failed && slice_equal(strbuf_slice(&decoded), slice_of(text));
    strbuf_deinit(&decoded);
    return is_equal;
}
