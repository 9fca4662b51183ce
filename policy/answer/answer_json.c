#include "answer/answer_tree.h"

#include "base/json_writer.h"

/* Whether programs see it; the members of a list have no keys. */
static bool is_written(const struct answer_node *node)
{
    return node->kind != ANSWER_LINE && (node->key != NULL || node->parent->kind == ANSWER_LIST);
}

/* The depth is that of the question's own code: each level was opened by a call of it. */
static void write_node(const struct answer_node *node,
                       struct json_writer *json) /* NOLINT(misc-no-recursion) */
{
    const bool is_list = node->kind == ANSWER_LIST;
    switch (node->kind) {
    case ANSWER_TEXT:
        json_text(json, node->key, node->text);
        return;
    case ANSWER_NUMBER:
        json_u64(json, node->key, node->number);
        return;
    case ANSWER_BOOL:
        json_bool(json, node->key, node->number != 0);
        return;
    case ANSWER_LINE:
        return;
    case ANSWER_OBJECT:
    case ANSWER_LIST:
        break;
    }
    (is_list ? json_open_array : json_open_object)(json, node->key);
    for (const struct answer_node *child = node->first; child != NULL; child = child->next)
        if (is_written(child))
            write_node(child, json);
    (is_list ? json_close_array : json_close_object)(json);
}

void answer_write_json(const struct answer *answer, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    if (answer->failed || answer->refusal != NULL) {
        json_open_object(&json, NULL);
        json_text(&json, "error", answer->failed ? "out of memory" : answer->refusal);
        json_close_object(&json);
    } else {
        write_node(&answer->root, &json);
    }
    strbuf_append_byte(out, '\n');
}
