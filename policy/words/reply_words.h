/*
 * What a refusal says: rows of words (reply_rows.h) with values filled in, in the language that is asked for.
 *
 * A check names a row and gives its values; who answers the MTA renders them, in the words of `replies:`. So
 * no check knows a language, and no text of a provider reaches a check. Values may come from a message: they
 * are filled in once, never looked at for placeholders, and whoever sends the text cleans it (reply_clean).
 */
#ifndef CLOSEDRELAY_WORDS_REPLY_WORDS_H
#define CLOSEDRELAY_WORDS_REPLY_WORDS_H

#include "base/strbuf.h"
#include "words/language.h"
#include "words/reply_rows.h"

enum reply_row {
#define REPLY_NAME(check, name, ...) REPLY_##check##_##name,
    REPLY_ROWS(REPLY_NAME)
#undef REPLY_NAME
        REPLY_ROW_COUNT
};

enum reply_part {
#define REPLY_NAME(name, ...) REPLY_PART_##name,
    REPLY_PARTS(REPLY_NAME)
#undef REPLY_NAME
        REPLY_PART_COUNT
};

struct reply_row_text {
    const char *check, *name;
    const char *reason;       /* of the finding: the anchor of the help page is "CHECK-REASON" */
    const char *placeholders; /* separated by blanks */
    const char *texts[LANGUAGE_COUNT];
};

extern const struct reply_row_text reply_rows[REPLY_ROW_COUNT];

/* The row of a reason's plain form: what a text for `row` falls back on. */
enum reply_row reply_row_of_reason(enum reply_row row);

enum reply_value_kind {
    REPLY_VALUE_TEXT,
    REPLY_VALUE_COUNT,
    REPLY_VALUE_SIZE,      /* bytes, rounded down to a tenth of kB or MB */
    REPLY_VALUE_SIZE_OVER, /* bytes, rounded up: what is over a limit never reads like the limit */
    REPLY_VALUE_MOMENT,    /* µs of the wall clock, rounded up to a second */
    REPLY_VALUE_PART,      /* enum reply_part, with the same values filled in */
};

struct reply_value {
    const char *name;
    enum reply_value_kind kind;
    const char *text; /* NULL: memory ran out, and the whole cannot be rendered */
    uint64_t number;
};

static inline struct reply_value reply_text(const char *name, const char *text)
{
    return (struct reply_value){name, REPLY_VALUE_TEXT, text, 0};
}

static inline struct reply_value reply_count(const char *name, uint64_t count)
{
    return (struct reply_value){name, REPLY_VALUE_COUNT, NULL, count};
}

static inline struct reply_value reply_size(const char *name, uint64_t bytes)
{
    return (struct reply_value){name, REPLY_VALUE_SIZE, NULL, bytes};
}

static inline struct reply_value reply_size_over(const char *name, uint64_t bytes)
{
    return (struct reply_value){name, REPLY_VALUE_SIZE_OVER, NULL, bytes};
}

static inline struct reply_value reply_moment(const char *name, int64_t at_us)
{
    return (struct reply_value){name, REPLY_VALUE_MOMENT, NULL, (uint64_t)at_us};
}

static inline struct reply_value reply_part(const char *name, enum reply_part part)
{
    return (struct reply_value){name, REPLY_VALUE_PART, NULL, (uint64_t)part};
}

enum { REPLY_VALUES_MAX = 10 };

struct reply_words {
    enum reply_row row;
    struct reply_value values[REPLY_VALUES_MAX];
    size_t count;
};

void reply_words_add(struct reply_words *words, const struct reply_value *value);

struct reply_manner {
    enum language language;
    const char *own;       /* a template in place of the row's; NULL or "": there is none */
    bool is_utf8;          /* whoever reads it takes UTF-8; else letters of the template become ASCII */
    const char *user, *id; /* for {user} and {id}; or NULL */
    const char *help_url;  /* with its anchor, for {help_url}; "" for none; or NULL */
};

/* Appends the text. False: a value is missing. Blanks before a value that is empty are left out, and at the
 * end. */
bool reply_words_render(const struct reply_words *words, const struct reply_manner *manner,
                        struct strbuf *out);

/* Appends a part that has no values but those of `manner`. */
void reply_part_render(enum reply_part part, const struct reply_manner *manner, struct strbuf *out);

/* Whether `text` has the placeholder `name`: "{name}". */
bool reply_template_has(const char *text, const char *name);

/* What is wrong with a template for `row`, in plain words, appended to `fault`; false: nothing. */
bool reply_template_fault(enum reply_row row, const char *text, struct strbuf *fault);

/* "30.1 MB", "512 kB", "900 bytes" in the language's own writing. */
void reply_size_append(enum language language, uint64_t bytes, bool is_rounded_up, struct strbuf *out);
/* "11:20:00 UTC on 30 November". */
void reply_moment_append(enum language language, int64_t at_us, struct strbuf *out);

/* Copies `text`, at most `room` bytes and whole characters, as an SMTP reply may carry it: printable ASCII
 * (RFC 5321, 4.2), or UTF-8 (RFC 6531, 3.7.4.2) without controls and marks that turn the direction. What may
 * not stand becomes one '?', a blank in place of tab, CR or LF. Returns the length written; no NUL is. */
size_t reply_clean(char *out, size_t room, const char *text, bool is_utf8);

#endif
