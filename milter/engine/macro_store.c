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

static void drop(struct macro_store *store, enum macro_stage stage)
{
    free(store->stages[stage]);
    store->stages[stage] = NULL;
}

/* A name without the braces that one letter may have. */
static struct slice bare(struct slice name)
{
    bool is_braced = name.length == 3 && name.data[0] == '{' && name.data[2] == '}';
    return is_braced ? slice_part(name, 1, 2) : name;
}

static const char *bytes_of(const struct macro_list *list)
{
    return (const char *)(list->pairs + list->count);
}

/* Notes where each of the pairs in `data` stands. */
static void index_pairs(struct macro_pair *pairs, struct slice data)
{
    struct slice rest = data, name, value;
    while (packet_string(&rest, &name) && packet_string(&rest, &value)) {
        name = bare(name);
        *pairs++ = (struct macro_pair){(uint16_t)(name.data - data.data), (uint16_t)name.length,
                                       (uint16_t)(value.data - data.data)};
    }
}

bool macro_store_put(struct macro_store *store, enum macro_stage stage, struct slice data)
{
    size_t count;
    data.length = packet_pairs(data, &count);
    drop(store, stage);
    if (count == 0)
        return true;
    struct macro_list *list = malloc(sizeof *list + count * sizeof list->pairs[0] + data.length);
    if (list == NULL)
        return false;
    list->count = (uint16_t)count;
    list->is_new = true;
    index_pairs(list->pairs, data);
    memcpy(list->pairs + count, data.data, data.length);
    store->stages[stage] = list;
    return true;
}

/* Stages up to RCPT follow one another; of the later ones a message has each but once. */
void macro_store_begin(struct macro_store *store, enum macro_stage stage)
{
    struct macro_list *list = store->stages[stage];
    if (list != NULL && list->is_new)
        list->is_new = false;
    else
        drop(store, stage);
    if (stage <= MACRO_RECIPIENT)
        for (unsigned later = stage + 1U; later < MACRO_STAGE_COUNT; later++)
            drop(store, (enum macro_stage)later);
}

/* A message asks for some fifteen, of which most are in no stage. */
static const char *find_in(const struct macro_list *list, struct slice wanted)
{
    const char *const bytes = bytes_of(list);
    for (uint32_t i = 0; i < list->count; i++)
        if (slice_equal(slice_make(bytes + list->pairs[i].name, list->pairs[i].name_length), wanted))
            return bytes + list->pairs[i].value;
    return NULL;
}

const char *macro_store_find(const struct macro_store *store, const char *name)
{
    const struct slice wanted = bare(slice_of(name));
    const char *value = NULL;
    for (unsigned stage = MACRO_STAGE_COUNT; stage-- > 0 && value == NULL;)
        if (store->stages[stage] != NULL)
            value = find_in(store->stages[stage], wanted);
    return value;
}

void macro_store_clear(struct macro_store *store)
{
    for (unsigned stage = 0; stage < MACRO_STAGE_COUNT; stage++)
        drop(store, (enum macro_stage)stage);
}
