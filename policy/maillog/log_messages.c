#include "maillog/log_messages.h"

#include "base/array.h"

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    MESSAGES_MAX = 20000,
    BYTES_MAX = 32 << 20,
    RECIPIENTS_MAX = 1000,
    TEXT_BYTES_MAX = 500,
    KEY_BYTES_MAX = 200,
    PROCESSES = 4096,
};

/* A talloc context of all that belongs to it. */
struct entry {
    char *key; /* HOST QUEUE-ID */
    char *user, *sender, *message_id;
    struct ip_address client;
    bool has_client;
    bool is_told;
    uint32_t wanted_count, tried_count; /* recipients */
    uint32_t bounce_count;              /* not told yet */
    struct logged_recipient *recipients;
    size_t recipient_count;
    size_t bytes;
    UT_hash_handle hh;
};

/* Sendmail: who logged in to a process last. */
struct process {
    uint32_t number;
    struct ip_address client;
    char *host, *user;
};

struct log_messages {
    struct logged_takers takers;
    struct entry *entries; /* in the order in which they came */
    size_t bytes;
    struct process processes[PROCESSES];
};

struct log_messages *log_messages_create(void *owner, const struct logged_takers *takers)
{
    struct log_messages *messages = talloc_zero(owner, struct log_messages);
    if (messages != NULL)
        messages->takers = *takers;
    return messages;
}

/* ---- telling ---------------------------------------------------------------------------------------- */

static const char *text_of(const char *text)
{
    return text == NULL ? "" : text;
}

static void tell_bounces(struct log_messages *messages, struct entry *entry)
{
    for (; entry->bounce_count > 0; entry->bounce_count--)
        messages->takers.bounce(messages->takers.context, text_of(entry->message_id));
}

static void tell(struct log_messages *messages, struct entry *entry)
{
    if (entry->is_told)
        return;
    entry->is_told = true;
    const struct logged_message message = {
        .user = text_of(entry->user),
        .sender = text_of(entry->sender),
        .message_id = text_of(entry->message_id),
        .client = entry->has_client ? &entry->client : NULL,
        .recipients = entry->recipients,
        .recipient_count = entry->recipient_count,
    };
    if (entry->recipient_count > 0)
        messages->takers.message(messages->takers.context, &message);
    tell_bounces(messages, entry);
}

static void drop(struct log_messages *messages, struct entry *entry)
{
    messages->bytes -= entry->bytes;
    HASH_DEL(messages->entries, entry);
    talloc_free(entry);
}

void log_messages_finish(struct log_messages *messages)
{
    for (struct entry *oldest; (oldest = messages->entries) != NULL;) {
        tell(messages, oldest);
        drop(messages, oldest);
    }
}

/* ---- entries ---------------------------------------------------------------------------------------- */

/* Keeps a text, cut where it is long; a former one stays. False: out of memory. */
static bool keep(struct log_messages *messages, struct entry *entry, char **place, struct slice text)
{
    if (*place != NULL || text.length == 0)
        return true;
    const size_t length = text.length < TEXT_BYTES_MAX ? text.length : TEXT_BYTES_MAX;
    *place = talloc_strndup(entry, text.data, length);
    entry->bytes += length;
    messages->bytes += length;
    return *place != NULL;
}

static bool create_entry(struct log_messages *messages, const char *key, struct entry **entry)
{
    struct entry *fresh = talloc_zero(messages, struct entry);
    if (fresh == NULL)
        return false;
    fresh->key = talloc_strdup(fresh, key);
    fresh->bytes = sizeof *fresh;
    if (fresh->key != NULL)
        HASH_ADD_KEYPTR(hh, messages->entries, fresh->key, strlen(fresh->key), fresh);
    if (fresh->hh.tbl == NULL) {
        talloc_free(fresh);
        return false;
    }
    messages->bytes += fresh->bytes;
    for (struct entry *oldest; (oldest = messages->entries) != NULL && oldest != fresh &&
                               (HASH_COUNT(oldest) > MESSAGES_MAX || messages->bytes > BYTES_MAX);) {
        tell(messages, oldest);
        drop(messages, oldest);
    }
    *entry = fresh;
    return true;
}

/* The entry of the line's message. NULL: out of memory, or the line came too late (`failed` tells). */
static struct entry *entry_of(struct log_messages *messages, const struct log_line *line, bool *failed)
{
    char key[KEY_BYTES_MAX + 1];
    struct entry *entry = NULL;
    const size_t length = line->host.length + 1 + line->queue_id.length;
    if (length > KEY_BYTES_MAX)
        return NULL;
    if (line->host.length > 0)
        memcpy(key, line->host.data, line->host.length);
    key[line->host.length] = ' ';
    memcpy(key + line->host.length + 1, line->queue_id.data, line->queue_id.length);
    key[length] = '\0';
    HASH_FIND(hh, messages->entries, key, strlen(key), entry);
    const bool begins = line->event == LOG_CLIENT || line->event == LOG_SENDER;
    if (entry == NULL && begins)
        *failed = !create_entry(messages, key, &entry);
    return entry;
}

static bool add_recipient(struct log_messages *messages, struct entry *entry, struct slice address,
                          enum logged_fate fate)
{
    for (size_t i = 0; i < entry->recipient_count; i++)
        if (slice_equal_nocase(slice_of(entry->recipients[i].address), address))
            return true;
    entry->tried_count += fate == LOGGED_TAKEN;
    if (entry->recipient_count == RECIPIENTS_MAX || entry->is_told)
        return true;
    if (!array_reserve(entry, entry->recipients, entry->recipient_count))
        return false;
    struct logged_recipient *recipient = &entry->recipients[entry->recipient_count];
    *recipient = (struct logged_recipient){.fate = fate};
    entry->bytes += sizeof *recipient;
    messages->bytes += sizeof *recipient;
    entry->recipient_count += address.length > 0;
    return keep(messages, entry, &recipient->address, address);
}

static bool take_recipients(struct log_messages *messages, struct entry *entry, const struct log_line *line)
{
    struct slice list = line->recipients, address;
    bool is_taken = true;
    while (is_taken && log_line_next_recipient(&list, &address)) {
        is_taken = add_recipient(messages, entry, address,
                                 line->event == LOG_REFUSED ? LOGGED_REFUSED : LOGGED_TAKEN);
        entry->bounce_count += line->fate == LOG_BOUNCED;
    }
    if (entry->is_told)
        tell_bounces(messages, entry);
    return is_taken;
}

/* ---- Sendmail's logins ------------------------------------------------------------------------------ */

static bool note_login(struct log_messages *messages, const struct log_line *line)
{
    struct process *process = &messages->processes[line->process % PROCESSES];
    talloc_free(process->host);
    talloc_free(process->user);
    *process = (struct process){.number = line->process, .client = line->client};
    process->host = talloc_strndup(messages, line->host.data, line->host.length);
    process->user = talloc_strndup(messages, line->user.data,
                                   line->user.length < TEXT_BYTES_MAX ? line->user.length : TEXT_BYTES_MAX);
    return process->host != NULL && process->user != NULL;
}

/* Who logged in to the process that tells of a sender, from the same client; or nobody. */
static struct slice login_of(const struct log_messages *messages, const struct log_line *line)
{
    const struct process *process = &messages->processes[line->process % PROCESSES];
    const bool is_it = process->user != NULL && process->number == line->process && line->has_client &&
                       ip_address_equal(&process->client, &line->client) &&
                       slice_equal(slice_of(process->host), line->host);
    return is_it ? slice_of(process->user) : (struct slice){NULL, 0};
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static bool take_sender(struct log_messages *messages, struct entry *entry, const struct log_line *line)
{
    entry->wanted_count = line->recipient_count;
    return keep(messages, entry, &entry->sender, line->sender) &&
           keep(messages, entry, &entry->message_id, line->message_id) &&
           keep(messages, entry, &entry->user, login_of(messages, line));
}

static bool take_into(struct log_messages *messages, struct entry *entry, const struct log_line *line)
{
    if (line->has_client && !entry->has_client) {
        entry->client = line->client;
        entry->has_client = true;
    }
    switch (line->event) {
    case LOG_CLIENT:
        return keep(messages, entry, &entry->user, line->user);
    case LOG_MESSAGE_ID:
        return keep(messages, entry, &entry->message_id, line->message_id);
    case LOG_SENDER:
        return take_sender(messages, entry, line);
    case LOG_RECIPIENTS:
    case LOG_REFUSED:
        return take_recipients(messages, entry, line);
    case LOG_LOGIN:
    case LOG_OVER:
        break;
    }
    return true;
}

bool log_messages_take(struct log_messages *messages, const struct log_line *line)
{
    bool failed = false;
    if (line->event == LOG_LOGIN)
        return note_login(messages, line);
    struct entry *entry = entry_of(messages, line, &failed);
    if (entry == NULL)
        return !failed;
    if (!take_into(messages, entry, line))
        return false;
    const bool is_over = line->event == LOG_OVER;
    if (is_over || (entry->wanted_count > 0 && entry->tried_count >= entry->wanted_count))
        tell(messages, entry);
    if (is_over)
        drop(messages, entry);
    return true;
}
