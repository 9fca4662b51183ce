#include "scan_message.h"

#include "base/strbuf.h"
#include "scan/mime/file_name.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

/* One field at the front of `raw` as libmilter gives it: folded by LF, without its last line end and one
 * blank. Returns what follows, or `raw` itself where there is no field. */
static struct slice take_field(char *text, struct slice raw, struct slice *name, struct slice *value)
{
    size_t colon = slice_find(raw, ':');
    size_t line_end = slice_find(raw, '\n');
    if (colon >= line_end || colon == 0 || raw.data[0] == ' ' || raw.data[0] == '\t')
        return raw;
    size_t end = line_end;
    while (end + 1 < raw.length && (raw.data[end + 1] == ' ' || raw.data[end + 1] == '\t'))
        end += 1 + slice_find(slice_part(raw, end + 1, raw.length), '\n');
    *name = slice_part(raw, 0, colon);
    while (name->length > 0 && (name->data[name->length - 1] == ' ' || name->data[name->length - 1] == '\t'))
        name->length--;
    struct slice rest = slice_part(raw, colon + 1, end < raw.length ? end : raw.length);
    if (rest.length > 0 && rest.data[0] == ' ')
        rest = slice_part(rest, 1, rest.length);
    size_t length = 0;
    for (size_t i = 0; i < rest.length; i++)
        if (rest.data[i] != '\r' || (i + 1 < rest.length && rest.data[i + 1] != '\n'))
            text[length++] = rest.data[i];
    *value = slice_make(text, length);
    return slice_part(raw, end < raw.length ? end + 1 : raw.length, raw.length);
}

static struct slice give_header(struct content_scan *scan, struct slice raw)
{
    for (;;) {
        struct slice name, value;
        /* Not talloc: tests make its allocations fail. */
        char *copy = malloc(raw.length + 1);
        assert(copy != NULL);
        struct slice rest = take_field(copy, raw, &name, &value);
        if (rest.data != raw.data)
            content_scan_header(scan, name, value);
        free(copy);
        if (rest.data == raw.data)
            break;
        raw = rest;
        if (raw.length == 0)
            return raw;
    }
    if (raw.length >= 2 && raw.data[0] == '\r' && raw.data[1] == '\n')
        return slice_part(raw, 2, raw.length);
    return raw.length > 0 && raw.data[0] == '\n' ? slice_part(raw, 1, raw.length) : raw;
}

/* Pushes a copy whose end is the end of the last readable page. */
static void push_guarded(struct content_scan *scan, struct slice piece)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (piece.length + page - 1) / page * page;
    char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(map != MAP_FAILED);
    assert(mprotect(map + room, page, PROT_NONE) == 0);
    memcpy(map + room - piece.length, piece.data, piece.length);
    content_scan_body(scan, slice_make(map + room - piece.length, piece.length));
    munmap(map, room + page);
}

static void push_piece(struct content_scan *scan, struct slice piece, bool guarded)
{
    if (piece.length == 0)
        return;
    if (guarded)
        push_guarded(scan, piece);
    else
        content_scan_body(scan, piece);
}

const struct attachment_list *scan_message(void *owner, struct slice raw, const struct content_limits *limits,
                                           struct scan_cuts cuts)
{
    struct content_scan *scan = content_scan_create(owner, limits);
    if (scan == NULL)
        return NULL;
    struct slice body = give_header(scan, raw);
    content_scan_end_of_headers(scan);
    if (cuts.piece_bytes == 0) {
        size_t cut = cuts.first_cut < body.length ? cuts.first_cut : body.length;
        push_piece(scan, slice_part(body, 0, cut), cuts.guarded);
        push_piece(scan, slice_part(body, cut, body.length), cuts.guarded);
    }
    for (size_t at = 0; cuts.piece_bytes > 0 && at < body.length; at += cuts.piece_bytes) {
        size_t end = body.length - at < cuts.piece_bytes ? body.length : at + cuts.piece_bytes;
        push_piece(scan, slice_part(body, at, end), cuts.guarded);
    }
    return content_scan_end(scan);
}

const struct attachment_list *scan_file(void *owner, const char *name, struct slice file,
                                        const struct content_limits *limits, struct scan_cuts cuts)
{
    struct strbuf message;
    strbuf_init(&message, 0);
    strbuf_printf(&message,
                  "MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=%s\r\n"
                  "Content-Transfer-Encoding: binary\r\n\r\n",
                  name);
    strbuf_append_slice(&message, file);
    assert(!message.failed);
    const struct attachment_list *list = scan_message(owner, strbuf_slice(&message), limits, cuts);
    assert(list != NULL);
    strbuf_deinit(&message);
    return list;
}

char *scan_describe(void *owner, const struct attachment_list *list)
{
    char *text = talloc_strdup(owner, list == NULL ? "failed\n" : "");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct attachment *entry = &list->items[i];
        text = talloc_asprintf_append(text, "%s", entry->path);
        for (size_t n = 0; n < entry->name_count; n++)
            text = talloc_asprintf_append(text, " {%.*s}", (int)entry->names[n].length, entry->names[n].data);
        if (entry->executable != NULL)
            text = talloc_asprintf_append(text, " runs:%s", entry->executable);
        for (unsigned bit = 0; bit < ATTACHMENT_CONDITION_COUNT; bit++)
            if ((entry->conditions >> bit & 1) != 0)
                text = talloc_asprintf_append(text, " !%u:%s", bit, entry->condition_reason[bit]);
        /* How much of a member is unpacked follows the pieces its archive comes in. */
        if (!entry->is_member)
            text = talloc_asprintf_append(text, " %llu", (unsigned long long)entry->size_bytes);
        text = talloc_strdup_append(text, "\n");
    }
    return text;
}

static bool is_another(void *context, struct slice extension)
{
    const struct slice *wanted = context;
    return !slice_equal(extension, *wanted);
}

bool scan_spells(const struct name_superset *superset, const char *extension)
{
    struct slice wanted = slice_of(extension);
    return !name_superset_visit(superset, is_another, &wanted) ||
           name_superset_pieces_spell(superset, wanted);
}

bool scan_has_extension(const struct attachment_list *list, const char *extension)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].superset != NULL && scan_spells(list->items[i].superset, extension))
            return true;
        for (size_t n = 0; n < list->items[i].name_count; n++) {
            struct file_name_extensions extensions;
            file_name_extension_candidates(list->items[i].names[n], &extensions);
            for (size_t e = 0; e < extensions.count; e++)
                if (strcmp(extensions.text[e], extension) == 0)
                    return true;
        }
    }
    return false;
}

unsigned scan_conditions(const struct attachment_list *list)
{
    unsigned conditions = 0;
    for (size_t i = 0; i < list->count; i++)
        conditions |= list->items[i].conditions;
    return conditions;
}

const char *scan_executable(const struct attachment_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].executable != NULL)
            return list->items[i].executable;
    return NULL;
}
