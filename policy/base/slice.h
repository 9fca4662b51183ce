/*
 * Untrusted bytes as pointer and length.
 *
 * A slice never owns what it points to and is never NUL-terminated: mail data goes through the program in
 * this form so that no byte value is special. All functions are pure and may be called from any thread.
 * Letter case is folded for ASCII only; what lies beyond is the business of whoever knows the charset.
 */
#ifndef CLOSEDRELAY_BASE_SLICE_H
#define CLOSEDRELAY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

/* A slice over a string literal or any NUL-terminated string; NULL gives the empty slice. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

/* The same of a literal, for tables whose lengths are known before the program runs. */
#define SLICE_LITERAL(text)                                                                                  \
    {                                                                                                        \
        (text), sizeof(text) - 1                                                                             \
    }

static inline struct slice slice_make(const char *data, size_t length)
{
    return (struct slice){data, length};
}

/* The bytes [from, to) of `whole`; the caller guarantees from <= to <= whole.length. */
static inline struct slice slice_part(struct slice whole, size_t from, size_t to)
{
    return (struct slice){whole.length == 0 ? whole.data : whole.data + from, to - from};
}

/* A text of its own, to be freed with free(); NULL: out of memory. */
static inline char *slice_duplicate(struct slice s)
{
    char *copy = (char *)malloc(s.length + 1);
    if (copy == NULL)
        return NULL;
    if (s.length > 0)
        memcpy(copy, s.data, s.length);
    copy[s.length] = '\0';
    return copy;
}

static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* All letters of `text` in lower case; NULL is allowed. */
static inline void ascii_lower_text(char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        *text = ascii_lower(*text);
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value of a hexadecimal digit, or -1. */
static inline int ascii_hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

static inline bool slice_starts_nocase(struct slice whole, struct slice prefix)
{
    return whole.length >= prefix.length && slice_equal_nocase(slice_make(whole.data, prefix.length), prefix);
}

static inline bool slice_ends_nocase(struct slice whole, struct slice suffix)
{
    return whole.length >= suffix.length &&
           slice_equal_nocase(slice_make(whole.data + (whole.length - suffix.length), suffix.length), suffix);
}

static inline bool ascii_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the spaces, tabs, CRs and LFs at both ends. */
static inline struct slice slice_trim(struct slice s)
{
    while (s.length > 0 && ascii_is_blank(s.data[0])) {
        s.data++;
        s.length--;
    }
    while (s.length > 0 && ascii_is_blank(s.data[s.length - 1]))
        s.length--;
    return s;
}

/* The offset of the first / last `c`, or `s.length` where there is none. */
static inline size_t slice_find(struct slice s, char c)
{
    const char *found = s.length == 0 ? NULL : memchr(s.data, c, s.length);
    return found == NULL ? s.length : (size_t)(found - s.data);
}

static inline size_t slice_find_last(struct slice s, char c)
{
    const char *found = s.length == 0 ? NULL : memrchr(s.data, c, s.length);
    return found == NULL ? s.length : (size_t)(found - s.data);
}

#endif
