#include "macro_store.h"

#include "packet.h"

#include <stdlib.h>

enum macro_stage macro_stage_of(char command)
{
    switch (command) {
    case 'C':
        return MACRO_CONNECT;
    case 'H':
        return MACRO_HELO;
    case 'M':
        return MACRO_MAIL;
    case 'R':
        return MACRO_RECIPIENT;
    case 'T':
        return MACRO_DATA;
    case 'N':
        return MACRO_END_OF_HEADERS;
    case 'E':
        return MACRO_END;
    default:
        return MACRO_NO_STAGE;
    }
}

static void drop(struct macro_list *list)
{
    free(list->pairs);
    *list = (struct macro_list){.pairs = NULL};
}

bool macro_store_put(struct macro_store *store, enum macro_stage stage, struct slice data)
{
    struct macro_list *list = &store->stages[stage];
    const size_t length = packet_pairs(data);
    drop(list);
    if (length == 0)
        return true;
    list->pairs = malloc(length);
    if (list->pairs == NULL)
        return false;
    memcpy(list->pairs, data.data, length);
    list->length = (uint32_t)length;
    list->is_new = true;
    return true;
}

/* Stages up to RCPT follow one another; of the later ones a message has each but once. */
void macro_store_begin(struct macro_store *store, enum macro_stage stage)
{
    if (!store->stages[stage].is_new)
        drop(&store->stages[stage]);
    store->stages[stage].is_new = false;
    if (stage <= MACRO_RECIPIENT)
        for (unsigned later = stage + 1U; later < MACRO_STAGE_COUNT; later++)
            drop(&store->stages[later]);
}

/* A name without the braces that one letter may have. */
static struct slice bare(struct slice name)
{
    bool is_braced = name.length == 3 && name.data[0] == '{' && name.data[2] == '}';
    return is_braced ? slice_part(name, 1, 2) : name;
}

/* A message asks for some fifteen, of which most are in no stage. */
static const char *find_in(const struct macro_list *list, struct slice wanted)
{
    for (const char *name = list->pairs, *value; name < list->pairs + list->length;
         name = value + strlen(value) + 1) {
        const size_t length = strlen(name);
        value = name + length + 1;
        if (slice_equal(bare(slice_make(name, length)), wanted))
            return value;
    }
    return NULL;
}

const char *macro_store_find(const struct macro_store *store, const char *name)
{
    const struct slice wanted = bare(slice_of(name));
    const char *value = NULL;
    for (unsigned stage = MACRO_STAGE_COUNT; stage-- > 0 && value == NULL;)
        if (store->stages[stage].length > 0)
            value = find_in(&store->stages[stage], wanted);
    return value;
}

void macro_store_clear(struct macro_store *store)
{
    for (unsigned stage = 0; stage < MACRO_STAGE_COUNT; stage++)
        drop(&store->stages[stage]);
}
