/*
 * The answer to a question: one small document, which people read as text and programs as JSON.
 *
 * A question (policy_query.h) fills it in order, value by value; the two renderers at the end know nothing of
 * the question. Every value has a `key` for programs and a `title` for people. NULL as the key leaves it out
 * of the JSON, NULL as the title out of the text: a sentence made of several figures is for people only, each
 * of the figures for programs only.
 *
 * An answer is an object at first. As text, each titled value of an object is a line "TITLE  VALUE" (a title
 * of "" continues the line before); a titled object or list is a heading with its members indented below. A
 * list of objects is a table: a row each, whose titled values are its columns, always the same and in the
 * same order (the last ones may be missing); where the first row's titles are not "", they head the columns.
 * Lines in a row stand below it.
 *
 * Texts are copied, and may be anything: control bytes are not shown to a terminal. Memory that runs out is
 * remembered and told by the renderers. One thread at a time.
 */
#ifndef CLOSEDRELAY_ANSWER_ANSWER_H
#define CLOSEDRELAY_ANSWER_ANSWER_H

#include "base/strbuf.h"

struct answer;

/* NULL: out of memory. */
struct answer *answer_create(void);
void answer_destroy(struct answer *answer); /* NULL is allowed */

/* ---- filling ---------------------------------------------------------------------------------------- */

/* All of it is a list instead; before anything else is added. */
void answer_become_list(struct answer *answer);

/* What is added until answer_close is a member of it. Key and title as above; both are NULL for a row. */
void answer_open_object(struct answer *answer, const char *key, const char *title);
void answer_open_list(struct answer *answer, const char *key, const char *title);
void answer_close(struct answer *answer);

/* NULL: null for programs, "-" for people. */
void answer_text(struct answer *answer, const char *key, const char *title, const char *value);
void answer_count(struct answer *answer, const char *key, const char *title, uint64_t value);
/* "yes" and "no" for people. */
void answer_bool(struct answer *answer, const char *key, const char *title, bool value);
/* RFC 3339, UTC; `wall_us` since 1970. */
void answer_time(struct answer *answer, const char *key, const char *title, int64_t wall_us);
/* A number for programs, "3 d 4 h" for people. */
void answer_seconds(struct answer *answer, const char *key, const char *title, uint64_t seconds);

/* A text composed on the spot. */
void answer_words(struct answer *answer, const char *key, const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A line of its own, for people only. */
void answer_line(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The question cannot be answered, or what was asked for not be done: all that either form then tells. */
void answer_refuse(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool answer_is_refused(const struct answer *answer);

/* ---- rendering -------------------------------------------------------------------------------------- */

/* Appends it as text, each line with its newline. */
void answer_print(const struct answer *answer, struct strbuf *out);

/* Appends it as one JSON value and a newline; a refusal is {"error": "…"}. */
void answer_write_json(const struct answer *answer, struct strbuf *out);

#endif
