/*
 * The corpus of `closedrelay selftest`: messages that try to get a file past a filter, and honest ones.
 *
 * Every case is a row: what it does, why some mail program shows the file all the same, which ones do, what
 * the right answer is, and the message as a template (selftest/template.h), so that a reader sees the evasion
 * at a glance. Nothing in it can run: programs are their first bytes only. Constant data; any thread.
 */
#ifndef CLOSEDRELAY_SELFTEST_CASE_H
#define CLOSEDRELAY_SELFTEST_CASE_H

#include <stddef.h>

/* What the attachments check says of a message; one bit each. */
enum selftest_answer {
    ANSWER_PASS = 1 << 0,
    ANSWER_BLOCKED = 1 << 1,
    ANSWER_DISGUISED = 1 << 2,
    ANSWER_AMBIGUOUS = 1 << 3,
    ANSWER_PARTIAL = 1 << 4,
    ANSWER_OVER_BUDGET = 1 << 5,
    ANSWER_UNINSPECTABLE = 1 << 6,
    ANSWER_ENCRYPTED = 1 << 7,
    ANSWER_MACROS = 1 << 8,
};

enum { ANSWER_COUNT = 9 };

struct selftest_case {
    const char *id;        /* lower-case words joined by '-'; unique */
    const char *title;     /* what it does */
    const char *rationale; /* why it matters */
    const char *clients;   /* which programs show the file, or write such mail */
    unsigned expected;     /* the answers that are right: enum selftest_answer bits */
    const char *message;   /* template; the usual fields (From, To, Subject …) are put before it */
};

struct selftest_class {
    const char *name;
    const char *title;
    const struct selftest_case *cases;
    const size_t *case_count;
};

/* A family of the MIMEminer research ("Inbox Invasion", CCS 2024), and where the corpus covers it. */
struct selftest_family {
    const char *name;
    const char *cases; /* CLASS/ID, … */
};

/* All classes, in the order of the table; ended by a class without a name. */
extern const struct selftest_class selftest_classes[];

/* All families, ended by one without a name. */
extern const struct selftest_family selftest_families[];

/* The case called `CLASS/ID` (so many bytes); NULL where there is none. */
const struct selftest_case *selftest_find(const char *path, size_t length);

/* "pass", "blocked", …: the words of the record; for the bit of one answer. */
const char *selftest_answer_name(unsigned answer);

/* The answer of a word of the record ("clean" is ANSWER_PASS); 0: none of them. */
unsigned selftest_answer_of(const char *word);

#endif
