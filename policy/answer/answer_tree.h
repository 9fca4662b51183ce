/* What an answer is made of; for the renderers beside it. */
#ifndef CLOSEDRELAY_ANSWER_ANSWER_TREE_H
#define CLOSEDRELAY_ANSWER_ANSWER_TREE_H

#include "answer/answer.h"

enum answer_kind { ANSWER_TEXT, ANSWER_NUMBER, ANSWER_BOOL, ANSWER_LINE, ANSWER_OBJECT, ANSWER_LIST };

struct answer_node {
    enum answer_kind kind;
    const char *key, *title; /* either may be NULL */
    const char *text;        /* for people, and of ANSWER_TEXT; NULL: null */
    uint64_t number;         /* of ANSWER_NUMBER and ANSWER_BOOL */
    struct answer_node *parent, *next, *first, *last;
};

/* A talloc context that owns all of it. */
struct answer {
    struct answer_node root;
    struct answer_node *open; /* what is added to */
    const char *refusal;      /* NULL: it is answered */
    bool failed;              /* out of memory */
};

/* A value that people see in one line. */
static inline bool answer_is_shown_value(const struct answer_node *node)
{
    return node->title != NULL && node->kind <= ANSWER_BOOL;
}

#endif
