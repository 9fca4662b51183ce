#include "live/contacts.h"

#include "base/brief_mutex.h"
#include "base/siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

static const char KIND[] = "contacts";
static const char SEED_KIND[] = "contacts seed";

enum { SLOTS_FIRST = 8, SLOTS_MOST = 2 * CONTACTS_MAX };
static const int64_t DAY_US = 86400LL * 1000000;

/* An open-addressed set: 5 bytes a slot, half of them free at least. Fingerprint 0 is a free slot. */
struct contact_set {
    char *login; /* the key; not NUL-terminated */
    size_t login_length;
    uint32_t *prints;
    uint8_t *weeks; /* modulo 256: of whole weeks since 1970 */
    uint32_t slots, count;
    int64_t used_us;
    bool is_changed;
    UT_hash_handle hh;
};

struct contacts {
    const struct clock *clock;
    struct state_database *database;
    uint64_t seed[2];
    pthread_mutex_t lock;     /* guards the sets */
    struct contact_set *sets; /* the longest idle first */
};

static uint8_t week_of(int64_t now_us)
{
    return (uint8_t)(now_us / (7 * DAY_US));
}

static uint8_t age_weeks(uint8_t week, uint8_t now)
{
    return (uint8_t)(now - week);
}

static uint32_t print_of(const struct contacts *contacts, struct slice address)
{
    char lower[320];
    size_t length = address.length < sizeof lower ? address.length : sizeof lower;
    for (size_t i = 0; i < length; i++)
        lower[i] = ascii_lower(address.data[i]);
    uint32_t print = (uint32_t)siphash(contacts->seed, slice_make(lower, length));
    return print == 0 ? 1 : print;
}

/* ---- one set ----------------------------------------------------------------------------------------- */

static uint32_t slot_of(const struct contact_set *set, uint32_t print)
{
    uint32_t at = print & (set->slots - 1);
    while (set->prints[at] != 0 && set->prints[at] != print)
        at = (at + 1) & (set->slots - 1);
    return at;
}

static bool set_resize(struct contact_set *set, uint32_t slots, uint8_t oldest_age, uint8_t now)
{
    struct contact_set grown = {.slots = slots};
    grown.prints = calloc(slots, sizeof *grown.prints);
    grown.weeks = calloc(slots, sizeof *grown.weeks);
    if (grown.prints == NULL || grown.weeks == NULL) {
        free(grown.prints);
        free(grown.weeks);
        return false;
    }
    for (uint32_t i = 0; i < set->slots; i++) {
        if (set->prints[i] == 0 || age_weeks(set->weeks[i], now) > oldest_age)
            continue;
        uint32_t at = slot_of(&grown, set->prints[i]);
        grown.prints[at] = set->prints[i];
        grown.weeks[at] = set->weeks[i];
        grown.count++;
    }
    free(set->prints);
    free(set->weeks);
    set->prints = grown.prints;
    set->weeks = grown.weeks;
    set->slots = grown.slots;
    set->count = grown.count;
    return true;
}

/* The age from which on contacts must go, so that at most three quarters of the bound are left. */
static uint8_t age_to_keep(const struct contact_set *set, uint8_t now)
{
    uint32_t by_age[256] = {0}, kept = 0;
    for (uint32_t i = 0; i < set->slots; i++)
        if (set->prints[i] != 0)
            by_age[age_weeks(set->weeks[i], now)]++;
    for (unsigned age = 0; age <= CONTACT_WEEKS; age++) {
        kept += by_age[age];
        if (kept > CONTACTS_MAX * 3 / 4)
            return (uint8_t)(age == 0 ? 0 : age - 1);
    }
    return CONTACT_WEEKS;
}

/* A login that met thousands within one week has them all at one age: then the set begins anew. */
static bool set_has_room(struct contact_set *set, uint8_t now)
{
    if (set->slots == 0)
        return set_resize(set, SLOTS_FIRST, CONTACT_WEEKS, now);
    if (set->count * 2 < set->slots)
        return true;
    if (set->slots < SLOTS_MOST)
        return set_resize(set, set->slots * 2, CONTACT_WEEKS, now);
    uint8_t kept_age = age_to_keep(set, now);
    if (!set_resize(set, set->slots, kept_age, now))
        return false;
    if (set->count < CONTACTS_MAX)
        return true;
    memset(set->prints, 0, set->slots * sizeof *set->prints);
    set->count = 0;
    return true;
}

static bool set_add(struct contact_set *set, uint32_t print, uint8_t week)
{
    if (!set_has_room(set, week))
        return false;
    uint32_t at = slot_of(set, print);
    bool is_new = set->prints[at] == 0, is_fresh = !is_new && set->weeks[at] == week;
    set->prints[at] = print;
    set->weeks[at] = week;
    set->count += is_new;
    set->is_changed = set->is_changed || !is_fresh;
    return true;
}

static bool set_has(const struct contact_set *set, uint32_t print, uint8_t now)
{
    if (set->slots == 0)
        return false;
    uint32_t at = slot_of(set, print);
    return set->prints[at] == print && age_weeks(set->weeks[at], now) <= CONTACT_WEEKS;
}

static void set_free(struct contact_set *set)
{
    free(set->login);
    free(set->prints);
    free(set->weeks);
    free(set);
}

/* ---- on the disk ------------------------------------------------------------------------------------- */

/* "fingerprint week" pairs of five bytes, in no order. */
static void write_set(const struct contact_set *set, struct strbuf *out)
{
    for (uint32_t i = 0; i < set->slots; i++) {
        if (set->prints[i] == 0)
            continue;
        uint32_t print = set->prints[i];
        const char bytes[5] = {(char)(print >> 24), (char)(print >> 16), (char)(print >> 8), (char)print,
                               (char)set->weeks[i]};
        strbuf_append(out, bytes, sizeof bytes);
    }
}

struct reading {
    struct contact_set *set;
    uint8_t now;
    bool failed;
};

static void read_set(void *context, struct slice key, struct slice value)
{
    struct reading *reading = context;
    (void)key;
    for (size_t at = 0; at + 5 <= value.length && !reading->failed; at += 5) {
        const unsigned char *b = (const unsigned char *)value.data + at;
        uint32_t print = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (print == 0 || age_weeks(b[4], reading->now) > CONTACT_WEEKS)
            continue;
        reading->failed = !set_has_room(reading->set, reading->now);
        if (reading->failed)
            return;
        uint32_t slot = slot_of(reading->set, print);
        reading->set->count += reading->set->prints[slot] == 0;
        reading->set->prints[slot] = print;
        reading->set->weeks[slot] = b[4];
    }
}

/* ---- sets -------------------------------------------------------------------------------------------- */

static struct contact_set *find_locked(struct contacts *contacts, struct slice login)
{
    struct contact_set *set = NULL;
    if (contacts->sets == NULL)
        return NULL;
    HASH_FIND(hh, contacts->sets, login.data, login.length, set);
    if (set != NULL && set->hh.next != NULL) { /* to the end: the most recently used */
        HASH_DEL(contacts->sets, set);
        HASH_ADD_KEYPTR(hh, contacts->sets, set->login, set->login_length, set);
    }
    return set;
}

static struct contact_set *create_locked(struct contacts *contacts, struct slice login)
{
    struct contact_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->login = malloc(login.length == 0 ? 1 : login.length);
    if (set->login == NULL) {
        free(set);
        return NULL;
    }
    memcpy(set->login, login.data, login.length);
    set->login_length = login.length;
    struct reading reading = {.set = set, .now = week_of(clock_wall_us(contacts->clock))};
    bool read =
        contacts->database == NULL || state_database_get(contacts->database, KIND, login, read_set, &reading);
    if (read && !reading.failed)
        HASH_ADD_KEYPTR(hh, contacts->sets, set->login, set->login_length, set);
    if (!read || reading.failed || set->hh.tbl == NULL) {
        set_free(set);
        return NULL;
    }
    return set;
}

/* From memory, else from the disk. NULL: neither can be had. */
static struct contact_set *get_locked(struct contacts *contacts, struct slice login)
{
    struct contact_set *set = find_locked(contacts, login);
    if (set == NULL)
        set = create_locked(contacts, login);
    if (set != NULL)
        set->used_us = clock_wall_us(contacts->clock);
    return set;
}

static void take_seed(void *context, struct slice key, struct slice value)
{
    struct contacts *contacts = context;
    (void)key;
    if (value.length == sizeof contacts->seed)
        memcpy(contacts->seed, value.data, sizeof contacts->seed);
}

/* The same over every restart, or all contacts would be new. */
static bool find_seed(struct contacts *contacts)
{
    if (contacts->database != NULL)
        state_database_get(contacts->database, SEED_KIND, slice_of("1"), take_seed, contacts);
    if (contacts->seed[0] != 0)
        return true;
    if (getrandom(contacts->seed, sizeof contacts->seed, 0) != (ssize_t)sizeof contacts->seed)
        return false;
    const struct slice value = slice_make((const char *)contacts->seed, sizeof contacts->seed);
    if (contacts->database != NULL)
        state_database_put(contacts->database, SEED_KIND, slice_of("1"), &value);
    return true;
}

struct contacts *contacts_create(const struct clock *clock, struct state_database *database)
{
    struct contacts *contacts = calloc(1, sizeof *contacts);
    if (contacts == NULL)
        return NULL;
    contacts->clock = clock;
    contacts->database = database;
    brief_mutex_init(&contacts->lock);
    if (find_seed(contacts))
        return contacts;
    contacts_destroy(contacts);
    return NULL;
}

void contacts_destroy(struct contacts *contacts)
{
    if (contacts == NULL)
        return;
    struct contact_set *next = contacts->sets;
    HASH_CLEAR(hh, contacts->sets); /* the sets stay linked */
    while (next != NULL) {
        struct contact_set *set = next;
        next = set->hh.next;
        set_free(set);
    }
    pthread_mutex_destroy(&contacts->lock);
    free(contacts);
}

enum contact_answer contacts_look(struct contacts *contacts, struct slice login, struct slice address)
{
    pthread_mutex_lock(&contacts->lock);
    const struct contact_set *set = get_locked(contacts, login);
    enum contact_answer answer = CONTACT_UNKNOWN;
    if (set != NULL)
        answer =
            set_has(set, print_of(contacts, address), week_of(set->used_us)) ? CONTACT_KNOWN : CONTACT_NEW;
    pthread_mutex_unlock(&contacts->lock);
    return answer;
}

bool contacts_meet(struct contacts *contacts, struct slice login, struct slice address)
{
    pthread_mutex_lock(&contacts->lock);
    struct contact_set *set = get_locked(contacts, login);
    bool met = set != NULL && set_add(set, print_of(contacts, address), week_of(set->used_us));
    pthread_mutex_unlock(&contacts->lock);
    return met;
}

size_t contacts_count(struct contacts *contacts, struct slice login)
{
    pthread_mutex_lock(&contacts->lock);
    const struct contact_set *set = get_locked(contacts, login);
    size_t count = set == NULL ? 0 : set->count;
    pthread_mutex_unlock(&contacts->lock);
    return count;
}

void contacts_forget(struct contacts *contacts, struct slice login)
{
    pthread_mutex_lock(&contacts->lock);
    struct contact_set *set = find_locked(contacts, login);
    if (set != NULL) {
        HASH_DEL(contacts->sets, set);
        set_free(set);
    }
    if (contacts->database != NULL)
        state_database_put(contacts->database, KIND, login, NULL);
    pthread_mutex_unlock(&contacts->lock);
}

/* ---- saving ------------------------------------------------------------------------------------------ */

enum { SETS_AT_A_TIME = 100 };

/* What is to be written, copied, so that nobody waits for the disk. */
struct saved_set {
    struct strbuf login, value;
};

static bool may_go(const struct contacts *contacts, const struct contact_set *set, int64_t now_us)
{
    /* The linter takes a set without neighbours for the last one, which it is only once the others are gone.
     */
    const unsigned count = HASH_COUNT(contacts->sets); /* NOLINT(clang-analyzer-unix.Malloc) */
    bool is_idle = set->used_us < now_us - DAY_US || count > CONTACT_LOGINS_MAX;
    return is_idle && !set->is_changed;
}

static size_t take_changed(struct contacts *contacts, struct saved_set *taken)
{
    const int64_t now_us = clock_wall_us(contacts->clock);
    struct contact_set *set, *next;
    size_t count = 0;
    pthread_mutex_lock(&contacts->lock);
    HASH_ITER(hh, contacts->sets, set, next)
    {
        if (count == SETS_AT_A_TIME)
            break;
        if (may_go(contacts, set, now_us)) {
            HASH_DEL(contacts->sets, set); /* NOLINT(clang-analyzer-unix.Malloc) */
            set_free(set);
        } else if (set->is_changed) {
            strbuf_init(&taken[count].login, 0);
            strbuf_init(&taken[count].value, 0);
            strbuf_append(&taken[count].login, set->login, set->login_length);
            write_set(set, &taken[count].value);
            set->is_changed = taken[count].value.failed || taken[count].login.failed;
            count++;
        }
    }
    pthread_mutex_unlock(&contacts->lock);
    return count;
}

static bool write_taken(struct contacts *contacts, struct saved_set *taken, size_t count)
{
    bool written = state_database_batch_begin(contacts->database);
    if (!written)
        return false;
    for (size_t i = 0; i < count && written; i++) {
        const struct slice value = strbuf_slice(&taken[i].value);
        written = taken[i].value.failed || taken[i].login.failed ||
                  state_database_batch_put(contacts->database, KIND, strbuf_slice(&taken[i].login), &value);
    }
    return state_database_batch_end(contacts->database) && written;
}

static void set_changed(struct contacts *contacts, struct slice login)
{
    pthread_mutex_lock(&contacts->lock);
    struct contact_set *set = find_locked(contacts, login);
    if (set != NULL)
        set->is_changed = true;
    pthread_mutex_unlock(&contacts->lock);
}

bool contacts_save(struct contacts *contacts, struct strbuf *problem)
{
    struct saved_set taken[SETS_AT_A_TIME];
    size_t count = SETS_AT_A_TIME;
    bool saved = true;
    while (contacts->database != NULL && saved && count == SETS_AT_A_TIME) {
        count = take_changed(contacts, taken);
        saved = count == 0 || write_taken(contacts, taken, count);
        for (size_t i = 0; i < count; i++) {
            if (!saved)
                set_changed(contacts, strbuf_slice(&taken[i].login));
            strbuf_deinit(&taken[i].login);
            strbuf_deinit(&taken[i].value);
        }
    }
    if (!saved)
        strbuf_append_text(problem, state_database_error(contacts->database));
    return saved;
}
