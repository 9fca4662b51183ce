#include "words/reply_words.h"

#include "base/nearest_word.h"
#include "base/utf8_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* ---- the table -------------------------------------------------------------------------------------- */

const struct reply_row_text reply_rows[REPLY_ROW_COUNT] = {
#define REPLY_TEXT(check, name, reason, placeholders, en, de, fr, es)                                        \
    {#check, #name, #reason, placeholders, {en, de, fr, es}},
    REPLY_ROWS(REPLY_TEXT)
#undef REPLY_TEXT
};

static const char *const parts[REPLY_PART_COUNT][LANGUAGE_COUNT] = {
#define REPLY_TEXT(name, en, de, fr, es) {en, de, fr, es},
    REPLY_PARTS(REPLY_TEXT)
#undef REPLY_TEXT
};

enum reply_row reply_row_of_reason(enum reply_row row)
{
    for (size_t i = 0; i < REPLY_ROW_COUNT; i++)
        if (strcmp(reply_rows[i].check, reply_rows[row].check) == 0 &&
            strcmp(reply_rows[i].name, reply_rows[row].reason) == 0)
            return (enum reply_row)i;
    return row;
}

void reply_words_add(struct reply_words *words, const struct reply_value *value)
{
    if (words->count < REPLY_VALUES_MAX)
        words->values[words->count++] = *value;
}

/* ---- numbers and times ------------------------------------------------------------------------------ */

void reply_size_append(enum language language, uint64_t bytes, bool is_rounded_up, struct strbuf *out)
{
    static const char *const byte_words[LANGUAGE_COUNT] = {"bytes", "Bytes", "octets", "bytes"};
    const uint64_t unit = bytes >= 1000000 ? 1000000 : 1000;
    const char *name = bytes >= 1000000 ? "MB" : "kB";
    if (language == LANGUAGE_FR)
        name = bytes >= 1000000 ? "Mo" : "ko";
    if (bytes < 1000) {
        strbuf_printf(out, "%" PRIu64 " %s", bytes, byte_words[language]);
        return;
    }
    const uint64_t tenths = bytes / (unit / 10) + (is_rounded_up && bytes % (unit / 10) != 0);
    strbuf_append_u64(out, tenths / 10);
    if (tenths % 10 != 0)
        strbuf_printf(out, "%c%" PRIu64, language == LANGUAGE_EN ? '.' : ',', tenths % 10);
    strbuf_printf(out, " %s", name);
}

void reply_moment_append(enum language language, int64_t at_us, struct strbuf *out)
{
    enum { US_PER_SECOND = 1000000 };
    static const char *const later[LANGUAGE_COUNT] = {"later", "später", "plus tard", "más tarde"};
    const time_t seconds = (time_t)((at_us + US_PER_SECOND - 1) / US_PER_SECOND);
    struct tm at;
    char clock[24];
    if (gmtime_r(&seconds, &at) == NULL || strftime(clock, sizeof clock, "%H:%M:%S UTC", &at) == 0) {
        strbuf_append_text(out, later[language]);
        return;
    }
    if (language == LANGUAGE_EN)
        strbuf_printf(out, "%s on ", clock);
    language_append_day(language, (unsigned)at.tm_mday, (unsigned)at.tm_mon, out);
    if (language != LANGUAGE_EN)
        strbuf_printf(out, ", %s", clock);
}

/* ---- rendering -------------------------------------------------------------------------------------- */

struct rendering {
    const struct reply_words *words;
    const struct reply_manner *manner;
    struct strbuf *out;
    bool is_part; /* parts have no parts */
};

static bool render_template(const struct rendering *rendering, const char *text);

/* What is ours to write, not a message's. */
static void append_plain(const struct rendering *rendering, struct slice text)
{
    if (rendering->manner->is_utf8)
        strbuf_append_slice(rendering->out, text);
    else
        language_append_ascii(rendering->manner->language, text, rendering->out);
}

/* "später" and "März" are words too. */
static void append_moment(const struct rendering *rendering, int64_t at_us)
{
    struct strbuf moment;
    strbuf_init(&moment, 0);
    reply_moment_append(rendering->manner->language, at_us, &moment);
    append_plain(rendering, strbuf_slice(&moment));
    strbuf_deinit(&moment);
}

static bool append_value(const struct rendering *rendering, const struct reply_value *value)
{
    const enum language language = rendering->manner->language;
    const struct rendering inner = {rendering->words, rendering->manner, rendering->out, true};
    switch (value->kind) {
    case REPLY_VALUE_TEXT:
        if (value->text != NULL)
            strbuf_append_text(rendering->out, value->text);
        return value->text != NULL;
    case REPLY_VALUE_COUNT:
        strbuf_append_u64(rendering->out, value->number);
        return true;
    case REPLY_VALUE_SIZE:
    case REPLY_VALUE_SIZE_OVER:
        reply_size_append(language, value->number, value->kind == REPLY_VALUE_SIZE_OVER, rendering->out);
        return true;
    case REPLY_VALUE_MOMENT:
        append_moment(rendering, (int64_t)value->number);
        return true;
    case REPLY_VALUE_PART:
        return !rendering->is_part && render_template(&inner, parts[value->number][language]);
    }
    return false;
}

static bool append_named(const struct rendering *rendering, struct slice name)
{
    const struct reply_manner *manner = rendering->manner;
    const struct {
        const char *name, *text;
    } known[] = {{"user", manner->user}, {"id", manner->id}, {"help_url", manner->help_url}};
    for (size_t i = 0; i < rendering->words->count; i++)
        if (slice_equal(name, slice_of(rendering->words->values[i].name)))
            return append_value(rendering, &rendering->words->values[i]);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(name, slice_of(known[i].name)) && known[i].text != NULL)
            strbuf_append_text(rendering->out, known[i].text);
    return true;
}

static void drop_blank(struct strbuf *out)
{
    if (out->length > 0 && out->data[out->length - 1] == ' ')
        strbuf_truncate(out, out->length - 1);
}

/* The name behind a brace, and what follows; false: it is not closed. */
static bool take_name(const char *brace, struct slice *name, const char **rest)
{
    const char *end = strchr(brace, '}');
    if (end == NULL)
        return false;
    *name = slice_make(brace + 1, (size_t)(end - brace) - 1);
    *rest = end + 1;
    return true;
}

static bool render_template(const struct rendering *rendering, const char *text)
{
    struct slice name;
    bool good = true;
    while (*text != '\0') {
        const size_t plain = strcspn(text, "{");
        append_plain(rendering, slice_make(text, plain));
        text += plain;
        if (*text == '\0')
            break;
        if (text[1] == '{' || !take_name(text, &name, &text)) {
            strbuf_append_byte(rendering->out, '{');
            text += text[1] == '{' ? 2 : 1;
            continue;
        }
        const size_t before = rendering->out->length;
        good = append_named(rendering, name) && good;
        if (rendering->out->length == before)
            drop_blank(rendering->out);
    }
    return good;
}

bool reply_words_render(const struct reply_words *words, const struct reply_manner *manner,
                        struct strbuf *out)
{
    const struct rendering rendering = {words, manner, out, false};
    const bool has_own = manner->own != NULL && manner->own[0] != '\0';
    const bool good =
        render_template(&rendering, has_own ? manner->own : reply_rows[words->row].texts[manner->language]);
    drop_blank(out);
    return good && !out->failed;
}

void reply_part_render(enum reply_part part, const struct reply_manner *manner, struct strbuf *out)
{
    const struct reply_words none = {.row = REPLY_general_refused};
    const struct rendering rendering = {&none, manner, out, true};
    render_template(&rendering, parts[part][manner->language]);
}

/* ---- templates of others ---------------------------------------------------------------------------- */

bool reply_template_has(const char *text, const char *name)
{
    const struct slice wanted = slice_of(name);
    struct slice found;
    while ((text = strchr(text, '{')) != NULL) {
        if (text[1] == '{')
            text += 2;
        else if (!take_name(text, &found, &text))
            return false;
        else if (slice_equal(found, wanted))
            return true;
    }
    return false;
}

enum { NAMES_MAX = 16 };

/* The row's names and those that all rows have; they point into `room`. */
static void list_names(enum reply_row row, char *room, size_t room_bytes, const char *names[NAMES_MAX + 1])
{
    size_t count = 0;
    int length = snprintf(room, room_bytes, "%s user id help_url", reply_rows[row].placeholders);
    char *rest = room;
    (void)length;
    for (char *name = strtok_r(room, " ", &rest); name != NULL && count < NAMES_MAX;
         name = strtok_r(NULL, " ", &rest))
        names[count++] = name;
    names[count] = NULL;
}

static void tell_names(const char *const *names, struct strbuf *fault)
{
    for (size_t i = 0; names[i] != NULL; i++)
        strbuf_printf(fault, "%s{%s}", i == 0 ? "" : ", ", names[i]);
}

static bool name_fault(struct slice name, const char *const *names, struct strbuf *fault)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (slice_equal(name, slice_of(names[i])))
            return false;
    const char *nearest = nearest_word(name, names);
    strbuf_append_text(fault, "{");
    strbuf_append_slice(fault, slice_part(name, 0, name.length > 40 ? 40 : name.length));
    strbuf_append_text(fault, "} is nothing that can be filled in here");
    if (nearest != NULL)
        strbuf_printf(fault, " (did you mean {%s}?)", nearest);
    strbuf_append_text(fault, "; there are ");
    tell_names(names, fault);
    return true;
}

static bool character_fault(const char *text, struct strbuf *fault)
{
    struct slice rest = slice_of(text);
    while (rest.length > 0) {
        size_t length;
        const uint32_t character = utf8_next(rest, &length);
        if (utf8_is_control(character) || character == 0xfffd) {
            strbuf_printf(fault, "the character U+%04X cannot stand in a reply", (unsigned)character);
            return true;
        }
        rest = slice_part(rest, length, rest.length);
    }
    return false;
}

bool reply_template_fault(enum reply_row row, const char *text, struct strbuf *fault)
{
    enum { TEXT_BYTES_MAX = 400 };
    char room[160];
    const char *names[NAMES_MAX + 1];
    struct slice name;
    list_names(row, room, sizeof room, names);
    if (strlen(text) > TEXT_BYTES_MAX) {
        strbuf_printf(fault, "%zu bytes are too many for a reply: %d at most, a line of SMTP has 512",
                      strlen(text), (int)TEXT_BYTES_MAX);
        return true;
    }
    if (character_fault(text, fault))
        return true;
    while ((text = strchr(text, '{')) != NULL) {
        if (text[1] == '{') {
            text += 2;
        } else if (!take_name(text, &name, &text)) {
            strbuf_append_text(fault, "a brace is not closed: write {{ where a brace is meant");
            return true;
        } else if (name_fault(name, names, fault)) {
            return true;
        }
    }
    return false;
}

/* ---- cleaning --------------------------------------------------------------------------------------- */

size_t reply_clean(char *out, size_t room, const char *text, bool is_utf8)
{
    struct slice rest = slice_of(text);
    size_t written = 0;
    while (rest.length > 0) {
        size_t length;
        const uint32_t character = utf8_next(rest, &length);
        const bool is_blank = character == '\t' || character == '\n' || character == '\r';
        const bool is_broken = length == 1 && (unsigned char)rest.data[0] >= 0x80;
        const bool fits = !utf8_is_control(character) && !is_broken && (character < 0x80 || is_utf8);
        const size_t needed = fits ? length : 1;
        if (written + needed > room)
            break;
        /* A byte in the middle of what is no character was told of with its first. */
        const bool is_rest = is_broken && ((unsigned char)rest.data[0] & 0xc0) == 0x80;
        if (fits)
            memcpy(out + written, rest.data, length);
        else if (!is_rest)
            out[written] = is_blank ? ' ' : '?';
        written += is_rest ? 0 : needed;
        rest = slice_part(rest, length, rest.length);
    }
    return written;
}
