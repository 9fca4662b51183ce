#include "answer/answer_tree.h"

#include "base/time_text.h"

#include <assert.h>
#include <stdio.h>
#include <talloc.h>

struct answer *answer_create(void)
{
    struct answer *answer = talloc_zero(NULL, struct answer);
    if (answer != NULL) {
        answer->root.kind = ANSWER_OBJECT;
        answer->open = &answer->root;
    }
    return answer;
}

void answer_destroy(struct answer *answer)
{
    talloc_free(answer);
}

/* NULL: out of memory, and that is remembered. */
static const char *copy_of(struct answer *answer, const char *text)
{
    const char *copy = text == NULL ? NULL : talloc_strdup(answer, text);
    answer->failed = answer->failed || (text != NULL && copy == NULL);
    return copy;
}

/* A new last member of what is open. NULL: out of memory. */
static struct answer_node *add(struct answer *answer, enum answer_kind kind, const char *key,
                               const char *title)
{
    struct answer_node *parent = answer->open;
    struct answer_node *node = answer->failed ? NULL : talloc_zero(answer, struct answer_node);
    if (node == NULL) {
        answer->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->key = copy_of(answer, key);
    node->title = copy_of(answer, title);
    node->parent = parent;
    *(parent->last == NULL ? &parent->first : &parent->last->next) = node;
    parent->last = node;
    return node;
}

static void add_value(struct answer *answer, const struct answer_node *value)
{
    struct answer_node *node = add(answer, value->kind, value->key, value->title);
    if (node == NULL)
        return;
    node->text = copy_of(answer, value->text);
    node->number = value->number;
}

void answer_become_list(struct answer *answer)
{
    assert(answer->root.first == NULL);
    answer->root.kind = ANSWER_LIST;
}

static void open_branch(struct answer *answer, enum answer_kind kind, const char *key, const char *title)
{
    struct answer_node *node = add(answer, kind, key, title);
    if (node != NULL)
        answer->open = node;
}

void answer_open_object(struct answer *answer, const char *key, const char *title)
{
    open_branch(answer, ANSWER_OBJECT, key, title);
}

void answer_open_list(struct answer *answer, const char *key, const char *title)
{
    open_branch(answer, ANSWER_LIST, key, title);
}

void answer_close(struct answer *answer)
{
    if (answer->failed) /* what was to be opened may not be there */
        return;
    assert(answer->open->parent != NULL);
    answer->open = answer->open->parent;
}

void answer_text(struct answer *answer, const char *key, const char *title, const char *value)
{
    add_value(answer, &(struct answer_node){ANSWER_TEXT, key, title, .text = value});
}

void answer_count(struct answer *answer, const char *key, const char *title, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add_value(answer, &(struct answer_node){ANSWER_NUMBER, key, title, .text = text, .number = value});
}

void answer_bool(struct answer *answer, const char *key, const char *title, bool value)
{
    add_value(answer,
              &(struct answer_node){ANSWER_BOOL, key, title, .text = value ? "yes" : "no", .number = value});
}

void answer_time(struct answer *answer, const char *key, const char *title, int64_t wall_us)
{
    char text[TIME_TEXT_BYTES];
    time_text_utc(wall_us, text);
    answer_text(answer, key, title, text);
}

void answer_seconds(struct answer *answer, const char *key, const char *title, uint64_t seconds)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    time_text_duration(&text, seconds);
    add_value(answer, &(struct answer_node){ANSWER_NUMBER, key, title, .text = strbuf_text(&text),
                                            .number = seconds});
    strbuf_deinit(&text);
}

void answer_words(struct answer *answer, const char *key, const char *title, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = talloc_vasprintf(answer, format, arguments);
    va_end(arguments);
    answer->failed = answer->failed || text == NULL;
    answer_text(answer, key, title, text);
    talloc_free(text);
}

void answer_line(struct answer *answer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = talloc_vasprintf(answer, format, arguments);
    va_end(arguments);
    answer->failed = answer->failed || text == NULL;
    add_value(answer, &(struct answer_node){.kind = ANSWER_LINE, .text = text});
    talloc_free(text);
}

void answer_refuse(struct answer *answer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    answer->refusal = talloc_vasprintf(answer, format, arguments);
    va_end(arguments);
    answer->failed = answer->failed || answer->refusal == NULL;
}

bool answer_is_refused(const struct answer *answer)
{
    return answer->refusal != NULL;
}
