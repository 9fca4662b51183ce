#include "scan/content/content_private.h"

#include "base/array.h"
#include "base/text_join.h"

#include <talloc.h>

enum { LABEL_BYTES = 255, PATH_BYTES = 1024 };

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* The length of the UTF-8 sequence at the front of `s`, or 0. Overlong forms and surrogates are none. */
static size_t utf8_length(struct slice s)
{
    unsigned char a = (unsigned char)s.data[0];
    if (a < 0x80)
        return 1;
    size_t length = a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3 : a >= 0xf0 && a < 0xf5 ? 4 : 0;
    if (length == 0 || length > s.length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)s.data[i] & 0xc0) != 0x80)
            return 0;
    unsigned char b = (unsigned char)s.data[1];
    bool is_bad = (a == 0xe0 && b < 0xa0) || (a == 0xed && b >= 0xa0) || (a == 0xf0 && b < 0x90) ||
                  (a == 0xf4 && b >= 0x90);
    return is_bad ? 0 : length;
}

char *content_label(struct content_scan *scan, void *owner, struct slice name)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    while (name.length > 0 && text.length < LABEL_BYTES) {
        size_t length = utf8_length(name);
        unsigned char c = (unsigned char)name.data[0];
        if (length == 0)
            strbuf_append_text(&text, replacement);
        else if (c < 0x20 || c == 0x7f)
            strbuf_append_byte(&text, '?');
        else
            strbuf_append(&text, name.data, length);
        length = length == 0 ? 1 : length;
        name = slice_part(name, length, name.length);
    }
    if (name.length > 0)
        strbuf_append_text(&text, "\xe2\x80\xa6");
    char *label = text.failed ? NULL : talloc_strdup(owner, strbuf_text(&text));
    strbuf_deinit(&text);
    if (label == NULL)
        content_fail(scan);
    return label;
}

/* Whether a name still shows how it was encoded. */
static bool looks_encoded(struct slice name)
{
    return memmem(name.data, name.length, "=?", 2) != NULL ||
           memmem(name.data, name.length, "''", 2) != NULL || slice_find(name, '%') < name.length;
}

struct slice content_best_name(const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!looks_encoded(names[i]))
            return names[i];
    return count > 0 ? names[0] : slice_make("", 0);
}

char *content_path(struct content_scan *scan, void *owner, const char *outer, const char *label)
{
    char *path = NULL;
    if (outer == NULL)
        path = talloc_strdup(owner, label);
    else if (strlen(outer) > PATH_BYTES)
        path = text_join(owner, "\xe2\x80\xa6", " > ", label);
    else
        path = text_join(owner, outer, " > ", label);
    if (path == NULL)
        content_fail(scan);
    return path;
}

/* Bills what stays in memory until the message is over. False once the budget is used up, which is noted. */
static bool keep_bytes(struct content_scan *scan, size_t bytes)
{
    if (scan->archive_budget.kept_bytes_left >= bytes) {
        scan->archive_budget.kept_bytes_left -= bytes;
        return true;
    }
    content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many names to keep");
    return false;
}

/* In the decoded reading of a multipart: takes the entry that its raw reading has made. */
static bool find_entry(struct content_subject *subject)
{
    const struct attachment_list *list = &subject->scan->list;
    for (size_t i = 0; i < list->count && !subject->is_member; i++) {
        if (strcmp(list->items[i].path, subject->path) == 0) {
            subject->entry = i;
            subject->is_known_from_raw = true;
            return true;
        }
    }
    return false;
}

struct attachment *content_entry(struct content_subject *subject)
{
    struct content_scan *scan = subject->scan;
    bool is_decoded_pass = scan->decoded_pass_count > 0 && subject != &scan->message;
    if (subject->entry != CONTENT_NO_ENTRY || (is_decoded_pass && find_entry(subject)))
        return &scan->list.items[subject->entry];
    /* The entry that says so is never denied. */
    if (subject != &scan->message && !keep_bytes(scan, sizeof(struct attachment) + strlen(subject->path)))
        return NULL;
    char *path = array_reserve(scan, scan->list.items, scan->list.count)
                     ? talloc_strdup(scan->list.items, subject->path)
                     : NULL;
    if (path == NULL) {
        content_fail(scan);
        return NULL;
    }
    subject->entry = scan->list.count++;
    struct attachment *entry = &scan->list.items[subject->entry];
    *entry = (struct attachment){.path = path,
                                 .is_member = subject->is_member,
                                 .is_part_of_document = subject->is_part_of_document,
                                 .is_from_second_pass = scan->second_pass_count > 0};
    if (is_decoded_pass && scan->is_decoded_pass_ambiguous && !subject->is_member)
        content_add_condition(subject, ATTACHMENT_ALTERNATIVES, "in a multipart that is encoded");
    return &scan->list.items[subject->entry];
}

void content_list_order(struct content_scan *scan)
{
    struct attachment_list *list = &scan->list;
    size_t first = 0, at = 0;
    while (first < list->count && !list->items[first].is_from_second_pass)
        first++;
    if (first == list->count || scan->failed)
        return;
    struct attachment *found = talloc_memdup(scan, list->items, list->count * sizeof *found);
    if (found == NULL) {
        content_fail(scan);
        return;
    }
    for (int second = 0; second <= 1; second++)
        for (size_t i = 0; i < list->count; i++)
            if (found[i].is_from_second_pass == (second != 0))
                list->items[at++] = found[i];
    talloc_free(found);
}

static void add_one_name(struct content_subject *subject, struct slice name)
{
    struct content_scan *scan = subject->scan;
    struct attachment *entry = name.length == 0 ? NULL : content_entry(subject);
    if (entry == NULL)
        return;
    for (size_t i = 0; i < entry->name_count; i++)
        if (slice_equal(entry->names[i], name))
            return;
    if (!keep_bytes(scan, sizeof(struct slice) + name.length))
        return;
    entry = &scan->list.items[subject->entry]; /* the list may have moved */
    bool has_room = array_reserve(scan->list.items, entry->names, entry->name_count);
    char *copy = has_room ? talloc_memdup(entry->names, name.data, name.length) : NULL;
    if (copy == NULL)
        content_fail(scan);
    else
        entry->names[entry->name_count++] = slice_make(copy, name.length);
}

void content_add_name(struct content_subject *subject, struct slice name)
{
    add_one_name(subject, name);
    add_one_name(subject, content_volume_whole_name(name));
}

enum content_volume content_subject_volume(struct content_subject *subject)
{
    enum content_volume volume = CONTENT_NO_VOLUME;
    size_t count = subject->entry == CONTENT_NO_ENTRY ? 0 : content_entry(subject)->name_count;
    for (size_t i = 0; i < count; i++) {
        struct slice name = subject->scan->list.items[subject->entry].names[i];
        enum content_volume one = content_volume_of_name(name);
        volume = one > volume ? one : volume;
    }
    return volume;
}

/* Copies what `from` holds to the end of `to`. */
static void add_all(struct content_scan *scan, struct name_set *to, const struct name_set *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (keep_bytes(scan, sizeof(struct slice) + from->items[i].length))
            name_set_add(to, from->items[i]);
    if (to->failed)
        content_fail(scan);
}

void content_add_superset(struct content_subject *subject, const struct name_superset *superset)
{
    struct content_scan *scan = subject->scan;
    struct attachment *entry = name_superset_is_empty(superset) ? NULL : content_entry(subject);
    if (entry == NULL)
        return;
    struct name_superset *own = entry->superset;
    if (own == NULL) {
        own = talloc(scan, struct name_superset);
        if (own == NULL) {
            content_fail(scan);
            return;
        }
        name_superset_init(own, own);
        entry->superset = own;
    }
    add_all(scan, &own->texts, &superset->texts);
    add_all(scan, &own->pieces, &superset->pieces);
    content_add_condition(subject, ATTACHMENT_ALTERNATIVES, "a field that mail programs read differently");
    name_superset_measure(own);
    if (name_superset_is_over_limit(own))
        content_add_condition(subject, ATTACHMENT_OVER_BUDGET, "a field is too large");
}

void content_add_executable(struct content_subject *subject, const char *executable)
{
    struct attachment *entry = content_entry(subject);
    if (entry != NULL && entry->executable == NULL)
        entry->executable = executable;
}

void content_add_script(struct content_subject *subject, const char *extension)
{
    struct attachment *entry = content_entry(subject);
    if (entry != NULL && entry->script_extension == NULL)
        entry->script_extension = extension;
}

void content_add_condition(struct content_subject *subject, enum attachment_condition condition,
                           const char *why)
{
    struct attachment *entry = content_entry(subject);
    if (entry == NULL || subject->is_known_from_raw)
        return;
    unsigned bit = (unsigned)__builtin_ctz((unsigned)condition);
    entry->conditions |= (unsigned)condition;
    if (entry->condition_reason[bit] == NULL)
        entry->condition_reason[bit] = why;
}

void content_add_message_condition(struct content_scan *scan, enum attachment_condition condition,
                                   const char *why)
{
    content_add_condition(&scan->message, condition, why);
}
