#include "config/node.h"

#include <stdlib.h>
#include <talloc.h>

struct config_node *config_node_find(const struct config_node *mapping, const char *key)
{
    for (struct config_node *child = mapping->first; child != NULL; child = child->next)
        if (child->key != NULL && strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

void config_node_append(struct config_node *parent, struct config_node *child)
{
    child->next = NULL;
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->count++;
}

void config_node_remove(struct config_node *parent, struct config_node *child)
{
    struct config_node *before = NULL;
    for (struct config_node *other = parent->first; other != child; other = other->next)
        before = other;
    if (before == NULL)
        parent->first = child->next;
    else
        before->next = child->next;
    if (parent->last == child)
        parent->last = before;
    child->next = NULL;
    parent->count--;
}

struct config_node *config_node_create_text(void *owner, struct config_place place, const char *text)
{
    struct config_node *node = talloc_zero(owner, struct config_node);
    if (node == NULL)
        return NULL;
    *node = (struct config_node){
        .kind = CONFIG_NODE_SCALAR, .quoted = true, .place = place, .length = strlen(text)};
    node->text = talloc_strdup(node, text);
    if (node->text == NULL)
        TALLOC_FREE(node);
    return node;
}

/* By key, and what was written first comes first. */
static int compare_children(const void *a, const void *b)
{
    const struct config_node *const *x = a, *const *y = b;
    const int order = strcmp((*x)->key, (*y)->key);
    if (order != 0)
        return order;
    const struct config_place p = (*x)->key_place, q = (*y)->key_place;
    if (p.line != q.line)
        return p.line < q.line ? -1 : 1;
    return (p.column > q.column) - (p.column < q.column);
}

static void report_repeat(struct config_problems *problems, const struct config_node *repeat,
                          const struct config_node *first)
{
    config_problem_error(problems, repeat->key_place, "'%s' is set already, at %s:%u:%u",
                         config_excerpt_of(slice_of(repeat->key)).text, first->key_place.file,
                         first->key_place.line, first->key_place.column);
}

bool config_node_drop_repeats(struct config_node *mapping, struct config_problems *problems)
{
    if (mapping->count < 2)
        return true;
    struct config_node **children = talloc_array(mapping, struct config_node *, (unsigned)mapping->count);
    if (children == NULL)
        return false;
    size_t count = 0;
    for (struct config_node *child = mapping->first; child != NULL; child = child->next)
        children[count++] = child;
    qsort(children, count, sizeof(struct config_node *), compare_children);
    const struct config_node *kept = children[0];
    for (size_t i = 1; i < count; i++) {
        if (strcmp(children[i]->key, kept->key) == 0) {
            report_repeat(problems, children[i], kept);
            children[i]->kind = CONFIG_NODE_BROKEN;
        } else {
            kept = children[i];
        }
    }
    talloc_free(children);
    return true;
}

/* Moves all children of `from` behind those of `into`. */
static void append_all(struct config_node *into, struct config_node *from)
{
    for (struct config_node *child = from->first, *next; child != NULL; child = next) {
        next = child->next;
        config_node_append(into, child);
    }
    *from = (struct config_node){.kind = from->kind, .place = from->place};
}

static bool is_broken(const struct config_node *a, const struct config_node *b)
{
    return a->kind == CONFIG_NODE_BROKEN || b->kind == CONFIG_NODE_BROKEN;
}

static void merge_child(struct config_node *into, struct config_node *child, const char *joined,
                        struct config_problems *problems)
{
    struct config_node *same = config_node_find(into, child->key);
    if (same == NULL && into->count == CONFIG_KEYS_MAX)
        config_problem_error(problems, child->key_place, "more than %d keys in one mapping", CONFIG_KEYS_MAX);
    else if (same == NULL)
        config_node_append(into, child);
    else if (is_broken(same, child))
        return;
    else if (same->kind == CONFIG_NODE_MAPPING && child->kind == CONFIG_NODE_MAPPING)
        config_node_merge(same, child, NULL, problems);
    else if (joined != NULL && strcmp(child->key, joined) == 0 && same->kind == CONFIG_NODE_SEQUENCE &&
             child->kind == CONFIG_NODE_SEQUENCE)
        append_all(same, child);
    else
        report_repeat(problems, child, same);
}

/* As deep as the files are: CONFIG_DEPTH_MAX. */
void config_node_merge(struct config_node *into, struct config_node *from, const char *joined,
                       struct config_problems *problems)
{
    for (struct config_node *child = from->first, *next; child != NULL; child = next) {
        next = child->next;
        merge_child(into, child, joined, problems);
    }
    from->first = from->last = NULL;
    from->count = 0;
}
