#include "store/store_checkpoint.h"

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/log.h"

#include <stdlib.h>

static const char KIND[] = "counter";

/* One row: key and value behind each other in the buffer of its batch. */
struct row {
    size_t key_at, value_at, end;
};

struct batch {
    struct strbuf bytes;
    struct row *rows;
    size_t row_count, row_capacity;
    bool failed;
};

/* ---- writing ----------------------------------------------------------------------------------------- */

static void write_value(const struct store_counter *counter, struct strbuf *out)
{
    struct json_writer json;
    const struct window_state *state = counter->state;
    int last = WINDOW_SLOTS - 1;
    while (last >= 0 && state->used[last] == 0)
        last--;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_bool(&json, "stranger", counter->population == STORE_STRANGERS);
    json_u64(&json, "stamp", (uint64_t)state->stamp);
    json_u64(&json, "empty_at_us", (uint64_t)state->empty_at_us);
    json_open_array(&json, "used");
    for (int i = 0; i <= last; i++)
        json_u64(&json, NULL, state->used[i]);
    json_close_array(&json);
    json_close_object(&json);
}

static bool has_room(struct batch *batch)
{
    if (batch->row_count < batch->row_capacity)
        return true;
    size_t capacity = batch->row_capacity == 0 ? 64 : batch->row_capacity * 2;
    struct row *grown = realloc(batch->rows, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    batch->rows = grown;
    batch->row_capacity = capacity;
    return true;
}

/* Called with a part of the store locked: copies, and no more. */
static void take_row(void *context, const struct store_counter *counter)
{
    struct batch *batch = context;
    if (!has_room(batch)) {
        batch->failed = true;
        return;
    }
    struct row *row = &batch->rows[batch->row_count++];
    row->key_at = batch->bytes.length;
    strbuf_append(&batch->bytes, counter->limit.data, counter->limit.length);
    strbuf_append_byte(&batch->bytes, '\0');
    strbuf_append(&batch->bytes, counter->key.data, counter->key.length);
    row->value_at = batch->bytes.length;
    write_value(counter, &batch->bytes);
    row->end = batch->bytes.length;
}

static bool write_rows(struct state_database *database, const struct batch *batch)
{
    if (batch->row_count == 0)
        return true;
    if (!state_database_batch_begin(database))
        return false;
    bool written = true;
    for (size_t i = 0; i < batch->row_count && written; i++) {
        const struct row *row = &batch->rows[i];
        const struct slice all = strbuf_slice(&batch->bytes);
        const struct slice value = slice_part(all, row->value_at, row->end);
        written =
            state_database_batch_put(database, KIND, slice_part(all, row->key_at, row->value_at), &value);
    }
    return state_database_batch_end(database) && written;
}

bool store_checkpoint_save(struct store *store, struct state_database *database, struct strbuf *problem)
{
    struct batch batch = {.rows = NULL};
    bool saved = true;
    strbuf_init(&batch.bytes, 0);
    for (size_t part = 0; part < STORE_MEMORY_PARTS; part++) {
        batch.row_count = 0;
        strbuf_truncate(&batch.bytes, 0);
        store_memory_take_changed(store, part, take_row, &batch);
        bool is_whole = !batch.failed && !batch.bytes.failed;
        if (is_whole && write_rows(database, &batch))
            continue;
        if (saved)
            strbuf_append_text(problem, is_whole ? state_database_error(database) : "out of memory");
        saved = false;
    }
    strbuf_deinit(&batch.bytes);
    free(batch.rows);
    return saved;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

struct loading {
    struct store *store;
    struct batch lapsed;
    size_t loaded_count, broken_count;
};

static int64_t read_i64(const struct json_value *object, const char *name)
{
    struct json_value value = json_member(object, name);
    uint64_t number = 0;
    return json_read_u64(&value, &number) && number <= INT64_MAX ? (int64_t)number : 0;
}

static void read_used(const struct json_value *object, struct window_state *state)
{
    struct json_value list = json_member(object, "used"), value;
    struct json_cursor cursor = json_enter(&list);
    for (size_t i = 0; i < WINDOW_SLOTS && json_next(&cursor, NULL, &value); i++) {
        uint64_t number = 0;
        state->used[i] = json_read_u64(&value, &number) && number <= UINT32_MAX ? (uint32_t)number : 0;
    }
}

static void note_lapsed(struct batch *batch, struct slice key)
{
    if (!has_room(batch))
        return;
    struct row *row = &batch->rows[batch->row_count++];
    row->key_at = batch->bytes.length;
    strbuf_append(&batch->bytes, key.data, key.length);
    row->value_at = row->end = batch->bytes.length;
}

static void load_row(void *context, struct slice key, struct slice value)
{
    struct loading *loading = context;
    struct window_state state = {0};
    const struct json_value object = {.kind = JSON_KIND_OBJECT, .text = value};
    const char *separator = key.length == 0 ? NULL : memchr(key.data, '\0', key.length);
    state.stamp = read_i64(&object, "stamp");
    state.empty_at_us = read_i64(&object, "empty_at_us");
    read_used(&object, &state);
    if (separator == NULL || window_is_empty(&state, store_now_us(loading->store))) {
        note_lapsed(&loading->lapsed, key);
        return;
    }
    const size_t limit_length = (size_t)(separator - key.data);
    const struct store_counter counter = {
        .limit = slice_part(key, 0, limit_length),
        .key = slice_part(key, limit_length + 1, key.length),
        .population =
            json_member(&object, "stranger").kind == JSON_KIND_TRUE ? STORE_STRANGERS : STORE_LOGINS,
        .state = &state,
    };
    if (store_memory_put(loading->store, &counter))
        loading->loaded_count++;
    else
        loading->broken_count++;
}

static void remove_lapsed(struct state_database *database, const struct batch *lapsed)
{
    if (lapsed->row_count == 0 || lapsed->bytes.failed || !state_database_batch_begin(database))
        return;
    for (size_t i = 0; i < lapsed->row_count; i++) {
        const struct row *row = &lapsed->rows[i];
        state_database_batch_put(database, KIND,
                                 slice_part(strbuf_slice(&lapsed->bytes), row->key_at, row->end), NULL);
    }
    state_database_batch_end(database);
}

size_t store_checkpoint_load(struct store *store, struct state_database *database)
{
    struct loading loading = {.store = store};
    strbuf_init(&loading.lapsed.bytes, 0);
    if (!state_database_each(database, KIND, load_row, &loading))
        log_error("the counters of before the restart cannot be read to their end: %s",
                  state_database_error(database));
    if (loading.broken_count > 0)
        log_error("%zu counters of before the restart find no room, and begin anew", loading.broken_count);
    remove_lapsed(database, &loading.lapsed);
    strbuf_deinit(&loading.lapsed.bytes);
    free(loading.lapsed.rows);
    return loading.loaded_count;
}
