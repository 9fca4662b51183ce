#include "table/table_question.h"

#include <stdlib.h>

enum { ANSWER_LIMIT_US = 1000000, PROBLEM_BYTES_MAX = 1024 };

struct table_question *table_question_create(struct slice key, uint64_t now_us)
{
    struct table_question *question = calloc(1, sizeof *question + key.length);
    if (question == NULL)
        return NULL;
    pending_init(&question->pending);
    question->until_us = now_us + ANSWER_LIMIT_US;
    question->answer = TABLE_UNKNOWN;
    strbuf_init(&question->value, TABLE_VALUE_BYTES_MAX);
    strbuf_init(&question->problem, PROBLEM_BYTES_MAX);
    question->key_bytes = key.length;
    memcpy(question->key, key.data, key.length);
    return question;
}

void table_question_ref(struct table_question *question)
{
    pending_ref(&question->pending);
}

void table_question_drop(struct table_question *question)
{
    if (question == NULL || !pending_unref(&question->pending))
        return;
    strbuf_deinit(&question->value);
    strbuf_deinit(&question->problem);
    free(question);
}

void table_question_answer(struct table_question *question, enum table_answer answer)
{
    question->answer = question->value.failed ? TABLE_UNKNOWN : answer;
    if (question->value.failed)
        strbuf_append_text(&question->problem, "out of memory, or a value is too long");
    pending_complete(&question->pending);
}

void table_question_fail(struct table_question *question, const char *problem)
{
    strbuf_append_text(&question->problem, problem);
    table_question_answer(question, TABLE_UNKNOWN);
}
