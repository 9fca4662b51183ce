#include "live/block_text.h"

#include "base/json_reader.h"
#include "base/json_writer.h"

#include <talloc.h>

static const char LOCK[] = "lock ";

void block_write_key(const struct block *block, struct strbuf *out)
{
    strbuf_printf(out, "%s%s %s", block->is_lock ? LOCK : "", block_target_name(block->target), block->whom);
}

void block_write_value(const struct block *block, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "reason", block->reason);
    json_text(&json, "by", block->by);
    json_text(&json, "origin", block->origin);
    json_bool(&json, "external_only", block->is_external_only);
    json_bool(&json, "lifted", block->is_lifted);
    json_u64(&json, "since_us", (uint64_t)block->since_us);
    json_u64(&json, "until_us", (uint64_t)block->until_us);
    json_u64(&json, "changed_us", (uint64_t)block->changed_us);
    json_close_object(&json);
}

static int64_t read_time(const struct json_value *object, const char *name)
{
    struct json_value value = json_member(object, name);
    uint64_t number = 0;
    return json_read_u64(&value, &number) && number <= INT64_MAX ? (int64_t)number : 0;
}

static const char *read_text(void *owner, const struct json_value *object, const char *name)
{
    struct json_value value = json_member(object, name);
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    struct slice text = json_read_string(&value, &scratch);
    const char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    strbuf_deinit(&scratch);
    return copy == NULL ? "" : copy;
}

static bool read_flag(const struct json_value *object, const char *name)
{
    return json_member(object, name).kind == JSON_KIND_TRUE;
}

/* "user ann@example.com" */
static bool read_target(const char *text, struct block *block)
{
    for (int target = BLOCK_USER; target <= BLOCK_CLIENT; target++) {
        const char *name = block_target_name((enum block_target)target);
        const size_t length = strlen(name);
        if (strncmp(text, name, length) != 0 || text[length] != ' ' || text[length + 1] == '\0')
            continue;
        block->target = (enum block_target)target;
        block->whom = text + length + 1;
        return true;
    }
    return false;
}

bool block_read(void *owner, struct slice key, struct slice value, struct block *block)
{
    const struct json_value object = {.kind = JSON_KIND_OBJECT, .text = value};
    const char *text = talloc_strndup(owner, key.length == 0 ? "" : key.data, key.length);
    *block = (struct block){0};
    if (text == NULL)
        return false;
    block->is_lock = strncmp(text, LOCK, sizeof LOCK - 1) == 0;
    if (!read_target(text + (block->is_lock ? sizeof LOCK - 1 : 0), block))
        return false;
    block->reason = read_text(owner, &object, "reason");
    block->by = read_text(owner, &object, "by");
    block->origin = read_text(owner, &object, "origin");
    block->is_external_only = read_flag(&object, "external_only");
    block->is_lifted = read_flag(&object, "lifted");
    block->since_us = read_time(&object, "since_us");
    block->until_us = read_time(&object, "until_us");
    block->changed_us = read_time(&object, "changed_us");
    return block->changed_us > 0;
}
