#include "history/tally.h"

#include "base/siphash.h"

#include <stdlib.h>
#include <sys/random.h>
#include <talloc.h>

enum { FIRST_SLOT_COUNT = 1024, NAME_BYTES_MAX = 320, NAME_BLOCK_BYTES = 65536 };

void tally_init(struct tally *tally, void *owner)
{
    *tally = (struct tally){.owner = owner};
    /* Without randomness the hash is only easier to guess. */
    if (getrandom(tally->key, sizeof tally->key, GRND_NONBLOCK) != (ssize_t)sizeof tally->key)
        tally->key[0] = 1;
}

static struct tally_slot *slot_of(struct tally *tally, uint64_t hash)
{
    const size_t mask = tally->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (tally->slots[at].index != 0 && tally->slots[at].hash != hash)
        at = (at + 1) & mask;
    return &tally->slots[at];
}

static bool rebuild_slots(struct tally *tally, size_t slot_count)
{
    struct tally_slot *slots = talloc_zero_array(tally->owner, struct tally_slot, (unsigned)slot_count);
    if (slots == NULL)
        return false;
    talloc_free(tally->slots);
    tally->slots = slots;
    tally->slot_count = slot_count;
    for (size_t i = 0; i < tally->count; i++)
        *slot_of(tally, tally->entries[i].hash) =
            (struct tally_slot){tally->entries[i].hash, (uint32_t)i + 1};
    return true;
}

static uint64_t messages_of(const struct tally_entry *entry)
{
    return entry->counts[PERIOD_NOW].messages + entry->counts[PERIOD_BEFORE].messages;
}

static int by_messages(const void *left, const void *right)
{
    const uint64_t a = messages_of(left), b = messages_of(right);
    return a > b ? -1 : a < b;
}

/* Names lie in blocks: an allocation for each would cost more than the name. */
static char *copy_name(struct tally *tally, struct slice name)
{
    if (tally->block == NULL || tally->block_left < name.length) {
        tally->block = talloc_size(tally->names, NAME_BLOCK_BYTES);
        tally->block_left = tally->block == NULL ? 0 : NAME_BLOCK_BYTES;
    }
    if (tally->block == NULL)
        return NULL;
    char *copy = tally->block;
    if (name.length > 0)
        memcpy(copy, name.data, name.length);
    tally->block += name.length;
    tally->block_left -= name.length;
    return copy;
}

/* The half with the fewest messages goes. Names and networks are copied, so that the memory of the others is
 * free. */
static bool forget_half(struct tally *tally)
{
    void *old_names = tally->names;
    const size_t kept = tally->count / 2;
    qsort(tally->entries, tally->count, sizeof *tally->entries, by_messages);
    tally->missing_messages_max += messages_of(&tally->entries[kept]);
    tally->count = kept;
    tally->names = talloc_new(tally->owner);
    tally->block = NULL;
    for (size_t i = 0; i < kept; i++) {
        struct tally_entry *entry = &tally->entries[i];
        entry->name.data = copy_name(tally, entry->name);
        if (entry->name.data == NULL)
            return false;
        talloc_steal(tally->names, entry->far_networks);
    }
    talloc_free(old_names);
    return rebuild_slots(tally, tally->slot_count);
}

static bool make_room(struct tally *tally)
{
    if (tally->count == TALLY_ENTRIES_MAX)
        return forget_half(tally);
    if (tally->count < tally->capacity)
        return true;
    size_t capacity = tally->capacity == 0 ? FIRST_SLOT_COUNT / 2 : tally->capacity * 2;
    struct tally_entry *grown =
        talloc_realloc(tally->owner, tally->entries, struct tally_entry, (unsigned)capacity);
    if (grown == NULL)
        return false;
    tally->entries = grown;
    tally->capacity = capacity;
    if (tally->names == NULL && (tally->names = talloc_new(tally->owner)) == NULL)
        return false;
    return rebuild_slots(tally, capacity * 2);
}

struct tally_entry *tally_find(struct tally *tally, struct slice name)
{
    name.length = name.length > NAME_BYTES_MAX ? NAME_BYTES_MAX : name.length;
    const uint64_t hash = siphash(tally->key, name);
    const struct tally_slot *slot = tally->slot_count == 0 ? NULL : slot_of(tally, hash);
    if (slot != NULL && slot->index != 0)
        return &tally->entries[slot->index - 1];
    if (tally->failed || !make_room(tally)) {
        tally->failed = true;
        return NULL;
    }
    char *copy = copy_name(tally, name);
    if (copy == NULL) {
        tally->failed = true;
        return NULL;
    }
    struct tally_entry *entry = &tally->entries[tally->count++];
    *entry = (struct tally_entry){.name = slice_make(copy, name.length), .hash = hash};
    *slot_of(tally, hash) = (struct tally_slot){hash, (uint32_t)tally->count};
    return entry;
}

static bool has_network(const struct tally_entry *entry, uint32_t network)
{
    const unsigned count = entry->network_count;
    for (unsigned i = 0; i < count && i < TALLY_NETWORKS_NEAR; i++)
        if (entry->near_networks[i] == network)
            return true;
    for (unsigned i = TALLY_NETWORKS_NEAR; i < count; i++)
        if (entry->far_networks[i - TALLY_NETWORKS_NEAR] == network)
            return true;
    return false;
}

/* Few are in more than a handful: those have room for all at once. */
static bool make_room_for_network(struct tally *tally, struct tally_entry *entry)
{
    if (entry->network_count < TALLY_NETWORKS_NEAR || entry->far_networks != NULL)
        return true;
    entry->far_networks = talloc_array(tally->names, uint32_t, TALLY_NETWORKS_MAX - TALLY_NETWORKS_NEAR);
    tally->failed = tally->failed || entry->far_networks == NULL;
    return entry->far_networks != NULL;
}

void tally_add_network(struct tally *tally, struct tally_entry *entry, uint32_t network)
{
    if (has_network(entry, network))
        return;
    if (entry->network_count == TALLY_NETWORKS_MAX) {
        entry->has_more_networks = true;
        return;
    }
    if (!make_room_for_network(tally, entry))
        return;
    if (entry->network_count < TALLY_NETWORKS_NEAR)
        entry->near_networks[entry->network_count] = network;
    else
        entry->far_networks[entry->network_count - TALLY_NETWORKS_NEAR] = network;
    entry->network_count++;
}

void tally_counts_add(struct tally_counts *sum, const struct tally_counts *more)
{
    sum->messages += more->messages;
    sum->accepted += more->accepted;
    sum->held += more->held;
    sum->deferred += more->deferred;
    sum->refused += more->refused;
    sum->aborted += more->aborted;
    sum->would += more->would;
    sum->recipients += more->recipients;
    sum->recipients_refused += more->recipients_refused;
    sum->bytes += more->bytes;
}
