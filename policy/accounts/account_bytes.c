/* A login as bytes: for the disk of the machine that wrote them. */
#include "accounts/account.h"

#include <stddef.h>
#include <stdlib.h>

#define FLAT_FROM offsetof(struct account, first_us)
#define FLAT_BYTES (offsetof(struct account, networks) - FLAT_FROM)

/* What was written by a version that keeps other things is none of ours. */
enum { FORMAT = 2 };

struct head {
    uint32_t format, flat_bytes, number;
    uint8_t set_counts[3], trace_count;
    uint16_t slot_count, added_count;
};

static struct known_set *set_at(struct account *account, unsigned index)
{
    struct known_set *sets[] = {&account->networks, &account->clients, &account->senders};
    return sets[index];
}

void account_write(const struct account *account, struct strbuf *out)
{
    const struct known_set *sets[] = {&account->networks, &account->clients, &account->senders};
    const struct head head = {
        .format = FORMAT,
        .flat_bytes = FLAT_BYTES,
        .number = account->number,
        .set_counts = {sets[0]->count, sets[1]->count, sets[2]->count},
        .trace_count = account->trace == NULL ? 0 : account->trace_count,
        .slot_count = account->written_to.slot_count,
        .added_count = account->written_to.added_count,
    };
    strbuf_append(out, &head, sizeof head);
    strbuf_append(out, (const char *)account + FLAT_FROM, FLAT_BYTES);
    for (unsigned i = 0; i < 3; i++)
        strbuf_append(out, sets[i]->items, sets[i]->count * sizeof(struct known));
    strbuf_append(out, account->written_to.slots, head.slot_count * sizeof(struct recent_entry));
    strbuf_append(out, account->trace, head.trace_count * sizeof(struct account_trace));
}

struct reading {
    const char *at, *end;
};

/* The next `bytes`; NULL: there are not as many. */
static const char *next(struct reading *reading, size_t bytes)
{
    const char *at = reading->at;
    if ((size_t)(reading->end - at) < bytes)
        return NULL;
    reading->at += bytes;
    return at;
}

/* A copy by malloc; NULL also where there is nothing to copy. */
static void *copy_next(struct reading *reading, size_t bytes, bool *failed)
{
    const char *from = next(reading, bytes);
    void *copy = from == NULL || bytes == 0 ? NULL : malloc(bytes);
    *failed = *failed || from == NULL || (bytes > 0 && copy == NULL);
    if (copy != NULL)
        memcpy(copy, from, bytes);
    return copy;
}

static bool is_ours(const struct head *head)
{
    static const uint8_t most[3] = {NETWORKS_MAX, CLIENTS_MAX, SENDERS_MAX};
    const bool is_power = (head->slot_count & (head->slot_count - 1)) == 0;
    for (unsigned i = 0; i < 3; i++)
        if (head->set_counts[i] > most[i])
            return false;
    return head->format == FORMAT && head->flat_bytes == FLAT_BYTES && head->number != 0 && is_power &&
           head->slot_count <= RECENT_SLOTS_MAX && head->trace_count <= TRACE_MAX;
}

static bool read_head(struct reading *reading, struct head *head)
{
    const char *at = next(reading, sizeof *head);
    if (at == NULL)
        return false;
    memcpy(head, at, sizeof *head);
    return is_ours(head);
}

uint32_t account_read_number(struct slice bytes)
{
    struct reading reading = {bytes.data, bytes.data + bytes.length};
    struct head head;
    return read_head(&reading, &head) ? head.number : 0;
}

bool account_read(struct account *account, struct slice bytes)
{
    struct reading reading = {bytes.data, bytes.data + bytes.length};
    struct head head;
    bool failed = !read_head(&reading, &head);
    const char *flat = failed ? NULL : next(&reading, FLAT_BYTES);
    if (flat == NULL)
        return false;
    memcpy((char *)account + FLAT_FROM, flat, FLAT_BYTES);
    for (unsigned i = 0; i < 3; i++) {
        struct known_set *set = set_at(account, i);
        set->items = copy_next(&reading, head.set_counts[i] * sizeof(struct known), &failed);
        set->count = set->capacity = set->items == NULL ? 0 : head.set_counts[i];
    }
    account->written_to.slots = copy_next(&reading, head.slot_count * sizeof(struct recent_entry), &failed);
    account->written_to.slot_count = account->written_to.slots == NULL ? 0 : head.slot_count;
    account->written_to.added_count = head.added_count;
    const char *trace = next(&reading, head.trace_count * sizeof(struct account_trace));
    account->trace =
        trace == NULL || head.trace_count == 0 ? NULL : calloc(TRACE_MAX, sizeof *account->trace);
    account->trace_count = account->trace == NULL ? 0 : head.trace_count;
    if (account->trace != NULL)
        memcpy(account->trace, trace, head.trace_count * sizeof *account->trace);
    return !failed && trace != NULL && (unsigned)account->step < ACCOUNT_STEP_COUNT;
}
