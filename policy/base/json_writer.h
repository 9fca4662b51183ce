/*
 * Writes one JSON value into a strbuf, member by member, in the order called.
 *
 * It exists because the audit line is written for every message and must not fail on what mail contains: text
 * that is not UTF-8 is kept, each stray byte as its Latin-1 character, so that nothing is lost (RFC 8259
 * wants UTF-8). Errors are the strbuf's sticky one.
 */
#ifndef CLOSEDRELAY_BASE_JSON_WRITER_H
#define CLOSEDRELAY_BASE_JSON_WRITER_H

#include "base/strbuf.h"

struct json_writer {
    struct strbuf *out;
    bool needs_comma;
};

void json_writer_init(struct json_writer *json, struct strbuf *out);

/* `key` NULL: the value is an element of an array, or the outermost one. Keys are constant ASCII. */
void json_open_object(struct json_writer *json, const char *key);
void json_close_object(struct json_writer *json);
void json_open_array(struct json_writer *json, const char *key);
void json_close_array(struct json_writer *json);

void json_string(struct json_writer *json, const char *key, struct slice value);
void json_text(struct json_writer *json, const char *key, const char *value); /* NULL writes null */
void json_u64(struct json_writer *json, const char *key, uint64_t value);
void json_bool(struct json_writer *json, const char *key, bool value);

enum { JSON_KEY_BYTES = 32 };

/* A key as it stands in an object, for who writes the same ones again and again. */
struct json_key {
    char text[JSON_KEY_BYTES]; /* ,"name": and what is left of it, so that all of it can be copied */
    size_t length;
};

/* `name` has no more than JSON_KEY_BYTES - 4 bytes. */
void json_key_make(struct json_key *key, const char *name);

/* Writes the key alone: its value is what is written next, with the key NULL. */
void json_put_key(struct json_writer *json, const struct json_key *key);

#endif
