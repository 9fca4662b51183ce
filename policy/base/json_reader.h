/*
 * Reads JSON (RFC 8259) in place: a value is a kind and the bytes it stands in, and nothing is copied,
 * decoded or checked before somebody asks for it.
 *
 * Made for reading millions of record lines of which few members are wanted. It refuses what is no value, or
 * not a whole one (a line that a full disk cut short), and is otherwise generous: what a strict reader takes,
 * this one takes with the same meaning; control bytes, stray surrogates and text that is not UTF-8 are taken
 * too. There is no bound on depth, because nothing here calls itself. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_BASE_JSON_READER_H
#define CLOSEDRELAY_BASE_JSON_READER_H

#include "base/strbuf.h"

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_FALSE,
    JSON_KIND_TRUE,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

/* Points into what is read. A value of zeros is a null without text: "not there". */
struct json_value {
    enum json_kind kind;
    bool is_escaped;   /* JSON_KIND_STRING: it has a backslash */
    struct slice text; /* JSON_KIND_STRING: what stands between the quotes; else the value as it stands */
};

/* A place within an array or an object. */
struct json_cursor {
    const char *at, *end;
    char closing;   /* the bracket that ends it */
    bool is_first;  /* no comma is due */
    bool is_over;   /* its bracket was met */
    bool is_broken; /* what stands at `at` is no JSON, or the text ends within the value */
};

/* The members of the object that is all of `line`, blanks around it. No object: the cursor is broken. */
struct json_cursor json_enter_line(struct slice line);

/* The members or elements of a value; of one that is neither array nor object: none. */
struct json_cursor json_enter(const struct json_value *value);

/* The next member, or element (`key` is then empty; it may be NULL). False: that was all, or the rest is
 * broken (json_is_whole). Of a key that is there twice, strict readers take the last. */
bool json_next(struct json_cursor *cursor, struct json_value *key, struct json_value *value);

enum { JSON_NAME_BYTES = 24 };

/* A name that may come; `next` is the index of the one that may come behind it. */
struct json_known {
    char name[JSON_NAME_BYTES]; /* padded with NUL bytes */
    unsigned next;
};

/*
 * Takes members for as long as they are those of a table in its order, some left out, and written without
 * blanks and escaped names: for who knows what comes, and quicker than json_next. Begins with the name at
 * index `from`; index `end` is no name any more. Values go into `values`, by the index of their name. Returns
 * the index of the first name that may still come: of what comes next ask json_next.
 */
unsigned json_take_known(struct json_cursor *cursor, const struct json_known *known, unsigned from,
                         unsigned end, struct json_value *values);

/* After the last json_next of a cursor from json_enter_line: the line is one whole object and nothing else.
 */
bool json_is_whole(const struct json_cursor *cursor);

/* The member `name`, in whatever place; JSON_KIND_NULL without text where there is none. */
struct json_value json_member(const struct json_value *object, const char *name);

/* The text of a string, its escapes decoded; where it has any, in `scratch`, whose content is replaced and
 * which must not change while the text is used. Of other kinds: "". */
struct slice json_read_string(const struct json_value *value, struct strbuf *scratch);

/* Appends the text of a string, its escapes decoded. */
void json_append_string(const struct json_value *value, struct strbuf *out);

/* False: not a whole number from 0 to 2^64 - 1 without fraction or exponent. */
bool json_read_u64(const struct json_value *value, uint64_t *number);

/* Whether a string (or key) says `text`, which has no characters that JSON must escape. */
bool json_equals(const struct json_value *value, const char *text);

#endif
