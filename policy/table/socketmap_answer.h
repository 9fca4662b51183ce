/*
 * What a socketmap server answers: a netstring with a word and what it says (socketmap_table(5)).
 *
 * Pure functions over bytes of the network. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_SOCKETMAP_ANSWER_H
#define CLOSEDRELAY_TABLE_SOCKETMAP_ANSWER_H

#include "table/table.h"

enum {
    SOCKETMAP_PAYLOAD_BYTES_MAX = TABLE_VALUE_BYTES_MAX + 16, /* a longer one is refused by its length */
    SOCKETMAP_ANSWER_BYTES_MAX = SOCKETMAP_PAYLOAD_BYTES_MAX + 16,
};

enum netstring_state {
    NETSTRING_WHOLE,
    NETSTRING_PART,   /* more has to come */
    NETSTRING_BROKEN, /* it is none, or too long */
};

/* The netstring that `received` begins with. NETSTRING_WHOLE: its payload, a part of `received`, and how many
 * bytes it takes in all. */
enum netstring_state netstring_read(struct slice received, struct slice *payload, size_t *bytes);

/* What a payload says. TABLE_FOUND appends to `value`; TABLE_UNKNOWN: `problem` has the server's own words.
 */
enum table_answer socketmap_answer_read(struct slice payload, struct strbuf *value, struct strbuf *problem);

#endif
