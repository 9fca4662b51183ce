#include "history/tally.h"

#include "base/siphash.h"

#include <sys/random.h>
#include <talloc.h>

enum {
    FIRST_SLOT_COUNT = 1024,
    NAME_BYTES_MAX = 320,
    NAME_BLOCK_BYTES = 65536,
    EXACT_STEPS = 4096, /* numbers of messages of a name that are told apart */
};

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

/* Slots for all that are in the present ones, of which `kept` (NULL: all) says the new index of each entry, +
 * 1, or 0: it is no more. */
static bool rebuild_slots(struct tally *tally, size_t slot_count, const uint32_t *kept)
{
    struct tally_slot *old = tally->slots;
    const size_t old_count = tally->slot_count;
    struct tally_slot *slots = talloc_zero_array(tally->owner, struct tally_slot, (unsigned)slot_count);
    if (slots == NULL)
        return false;
    tally->slots = slots;
    tally->slot_count = slot_count;
    for (size_t i = 0; i < old_count; i++) {
        const uint32_t index = old[i].index == 0 || kept == NULL ? old[i].index : kept[old[i].index - 1];
        if (index != 0)
            *slot_of(tally, old[i].hash) = (struct tally_slot){old[i].hash, index};
    }
    talloc_free(old);
    return true;
}

static uint64_t messages_of(const struct tally_entry *entry)
{
    return (uint64_t)entry->counts[PERIOD_NOW].messages + entry->counts[PERIOD_BEFORE].messages;
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

/* Steps of a histogram: few names have many messages, and of those it need not be exact. */
static size_t step_of(const struct tally_entry *entry)
{
    const uint64_t messages = messages_of(entry);
    return messages < EXACT_STEPS ? (size_t)messages : EXACT_STEPS + 63 - (size_t)__builtin_clzll(messages);
}

/* The lowest step up to which at least half of the entries are. */
static size_t find_half(const struct tally *tally)
{
    size_t counts[EXACT_STEPS + 64] = {0}, passed = 0, step = 0;
    for (size_t i = 0; i < tally->count; i++)
        counts[step_of(&tally->entries[i])]++;
    while ((passed += counts[step]) < tally->count / 2)
        step++;
    return step;
}

/* Those with the fewest messages go, and of those that have as few as they, so many that half is left. Names
 * are copied, so that the memory of the others is free. */
static bool keep_half(struct tally *tally, uint32_t *places)
{
    const size_t half = find_half(tally);
    size_t kept = 0, spared = tally->count / 2;
    uint64_t lost = 0;
    for (size_t i = 0; i < tally->count; i++)
        spared -= step_of(&tally->entries[i]) > half && spared > 0;
    for (size_t i = 0; i < tally->count; i++) {
        struct tally_entry *entry = &tally->entries[i];
        const size_t step = step_of(entry);
        const bool is_spared = step == half && spared > 0;
        spared -= is_spared;
        places[i] = step > half || is_spared ? (uint32_t)++kept : 0;
        if (places[i] == 0) {
            lost = messages_of(entry) > lost ? messages_of(entry) : lost;
            continue;
        }
        entry->name = copy_name(tally, tally_name(entry));
        if (entry->name == NULL)
            return false;
        talloc_steal(tally->names, entry->far_networks);
        tally->entries[kept - 1] = *entry;
    }
    tally->count = kept;
    tally->missing_messages_max += lost;
    return rebuild_slots(tally, tally->slot_count, places);
}

static bool forget_half(struct tally *tally)
{
    void *old_names = tally->names;
    uint32_t *places = talloc_array(tally->owner, uint32_t, (unsigned)tally->count);
    tally->names = talloc_new(tally->owner);
    tally->block = NULL;
    const bool is_done = places != NULL && keep_half(tally, places);
    talloc_free(places);
    talloc_free(old_names);
    return is_done;
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
    return rebuild_slots(tally, capacity * 2, NULL);
}

static struct slice shortened(struct slice name)
{
    name.length = name.length > NAME_BYTES_MAX ? NAME_BYTES_MAX : name.length;
    return name;
}

uint64_t tally_hash(const struct tally *tally, struct slice name)
{
    return siphash(tally->key, shortened(name));
}

void tally_expect(const struct tally *tally, uint64_t hash)
{
    if (tally->slot_count > 0)
        __builtin_prefetch(&tally->slots[hash & (tally->slot_count - 1)]);
}

void tally_expect_entry(const struct tally *tally, uint64_t hash)
{
    if (tally->slot_count == 0)
        return;
    /* That of another name may stand in its place: it is a guess. */
    const struct tally_slot *slot = &tally->slots[hash & (tally->slot_count - 1)];
    if (slot->index != 0) {
        __builtin_prefetch(&tally->entries[slot->index - 1]);
        __builtin_prefetch(&tally->entries[slot->index - 1].far_networks);
    }
}

struct tally_entry *tally_find_hashed(struct tally *tally, struct slice name, uint64_t hash)
{
    name = shortened(name);
    const struct tally_slot *slot = tally->slot_count == 0 ? NULL : slot_of(tally, hash);
    if (slot != NULL && slot->index != 0)
        return &tally->entries[slot->index - 1];
    if (tally->failed || !make_room(tally)) {
        tally->failed = true;
        return NULL;
    }
    const char *copy = copy_name(tally, name);
    if (copy == NULL) {
        tally->failed = true;
        return NULL;
    }
    struct tally_entry *entry = &tally->entries[tally->count++];
    *entry = (struct tally_entry){.name = copy, .name_length = (uint16_t)name.length};
    *slot_of(tally, hash) = (struct tally_slot){hash, (uint32_t)tally->count};
    return entry;
}

struct tally_entry *tally_find(struct tally *tally, struct slice name)
{
    return tally_find_hashed(tally, name, tally_hash(tally, name));
}

struct slice tally_name(const struct tally_entry *entry)
{
    return slice_make(entry->name, entry->name_length);
}

/* ---- networks --------------------------------------------------------------------------------------- */

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

/* ---- counts ----------------------------------------------------------------------------------------- */

static void add(uint32_t *sum, uint64_t more)
{
    *sum = more > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)more;
}

void tally_add(struct tally_entry *entry, unsigned period, const struct record_counts *counts)
{
    struct tally_counts *sum = &entry->counts[period];
    add(&sum->messages, counts->messages);
    add(&sum->accepted, counts->accepted);
    add(&sum->held, counts->held);
    add(&sum->deferred, counts->deferred);
    add(&sum->refused, counts->refused);
    add(&sum->aborted, counts->aborted);
    add(&sum->would, counts->would);
    add(&sum->recipients, counts->recipients);
    add(&sum->recipients_refused, counts->recipients_refused);
    sum->bytes += counts->bytes;
}

struct record_counts tally_counts_of(const struct tally_entry *entry, unsigned period)
{
    const struct tally_counts *sum = &entry->counts[period];
    return (struct record_counts){
        .messages = sum->messages,
        .accepted = sum->accepted,
        .held = sum->held,
        .deferred = sum->deferred,
        .refused = sum->refused,
        .aborted = sum->aborted,
        .would = sum->would,
        .recipients = sum->recipients,
        .recipients_refused = sum->recipients_refused,
        .bytes = sum->bytes,
    };
}
