/* The rules of the stub name server, and the answers made by them. No sockets, no threads. */
#ifndef CLOSEDRELAY_TEST_STUB_RULES_H
#define CLOSEDRELAY_TEST_STUB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STUB_NAME_BYTES = 256, STUB_MESSAGE_BYTES = 65535, STUB_ADDRESSES_MAX = 16 };

struct stub_question {
    char name[STUB_NAME_BYTES]; /* lower case, without the final dot */
    unsigned type;
    uint16_t id;
    size_t end; /* offset in the query behind the question */
};

struct stub_rule {
    char pattern[STUB_NAME_BYTES];
    unsigned type; /* 0: any */
    unsigned rcode;
    uint32_t addresses[STUB_ADDRESSES_MAX];
    unsigned address_count;
    char text[STUB_NAME_BYTES];
    uint32_t ttl_seconds, soa_seconds;
    unsigned delay_ms;
    unsigned flood_count;
    bool no_soa, drop, truncate, wrong_id, wrong_question, loop, garbage;
};

struct stub_rules {
    struct stub_rule *items;
    size_t count;
};

/* False: says on stderr which line is wrong. */
bool stub_rules_parse(struct stub_rules *rules, const char *text);
void stub_rules_free(struct stub_rules *rules);

/* The rule that answers; never NULL: at last there is "no such name". */
const struct stub_rule *stub_rules_find(const struct stub_rules *rules, const struct stub_question *question);

bool stub_name_matches(const char *pattern, const char *name);

bool stub_question_read(struct stub_question *question, const uint8_t *query, size_t length);

/* Writes the answer; returns its length. `tcp`: nothing gets truncated. */
size_t stub_answer_write(uint8_t *answer, const struct stub_rule *rule, const struct stub_question *question,
                         const uint8_t *query, bool tcp);

/* An answer with one TXT record. */
size_t stub_answer_text(uint8_t *answer, const char *text, const struct stub_question *question,
                        const uint8_t *query);

#endif
