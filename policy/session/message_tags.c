/* Header fields that findings ask for. */
#include "session/session_state.h"

#include <talloc.h>

enum {
    TAGS_MAX = 16,
    TAG_BYTES_MAX = 400, /* with its name well below the 998 of a line (RFC 5322, 2.1.1) */
};

static const char FIELD_PREFIX[] = "X-Closedrelay-";

static bool is_added(const struct finding *finding)
{
    return finding->tag != NULL && finding->mode == MODE_ENFORCE;
}

/* "X-Closedrelay-DNSBL" */
static const char *field_name(void *owner, const char *check)
{
    char *name = talloc_asprintf(owner, "%s%s", FIELD_PREFIX, check);
    for (char *at = name == NULL ? NULL : name + strlen(FIELD_PREFIX); at != NULL && *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return name;
}

/* One line of printable ASCII: what is in a finding may come from a list's server. */
static struct slice field_value(struct message *message, const char *tag)
{
    char *value = talloc_asprintf(message, "%.*s (id %s)", TAG_BYTES_MAX, tag, message->facts.id.text);
    for (char *at = value; at != NULL && *at != '\0'; at++)
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
    return slice_of(value);
}

void message_list_tags(struct message *message, struct outcome_edits *edits)
{
    struct header_field *added = NULL;
    for (size_t i = 0; i < message->judgement.findings.count && edits->added_count < TAGS_MAX; i++) {
        const struct finding *finding = &message->judgement.findings.items[i];
        if (!is_added(finding))
            continue;
        if (added == NULL)
            added = talloc_array(message, struct header_field, TAGS_MAX);
        struct header_field field = {field_name(message, finding->check), field_value(message, finding->tag)};
        if (added == NULL || field.name == NULL || field.value.data == NULL) {
            message->judgement.findings.failed = true;
            return;
        }
        added[edits->added_count++] = field;
    }
    edits->added = added;
}
