#include "live/recent_logins.h"

#include "base/brief_mutex.h"

#include <pthread.h>
#include <stdlib.h>
#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct grant {
    struct ip_network client; /* the key: its address */
    int64_t until_us;
    char *user;
    char *reason;
    UT_hash_handle hh;
};

struct recent_logins {
    const struct clock *clock;
    pthread_mutex_t lock; /* guards all below */
    struct grant *grants; /* in order of granting */
    bool is_changed;
};

struct ip_network recent_logins_network(const struct ip_address *address)
{
    enum { IPV6_PREFIX_BITS = 64 };
    struct ip_network network = {*address, 128};
    if (ip_address_is_ipv4(address))
        return network;
    network.prefix_bits = IPV6_PREFIX_BITS;
    memset(network.address.bytes + IPV6_PREFIX_BITS / 8, 0,
           sizeof network.address.bytes - IPV6_PREFIX_BITS / 8);
    return network;
}

struct recent_logins *recent_logins_create(const struct clock *clock)
{
    struct recent_logins *logins = calloc(1, sizeof *logins);
    if (logins == NULL)
        return NULL;
    logins->clock = clock;
    brief_mutex_init(&logins->lock);
    return logins;
}

static void grant_free(struct grant *grant)
{
    free(grant->user);
    free(grant->reason);
    free(grant);
}

static void forget_locked(struct recent_logins *logins, struct grant *grant)
{
    /* The linter takes a grant without neighbours for the last one, which it is only once the others are
     * gone. */
    HASH_DEL(logins->grants, grant); /* NOLINT(clang-analyzer-unix.Malloc) */
    grant_free(grant);
    logins->is_changed = true;
}

static struct grant *find_locked(struct recent_logins *logins, const struct ip_address *address)
{
    struct grant *found = NULL;
    const struct ip_network client = recent_logins_network(address);
    if (logins->grants != NULL)
        HASH_FIND(hh, logins->grants, &client.address, sizeof client.address, found);
    return found;
}

void recent_logins_destroy(struct recent_logins *logins)
{
    if (logins == NULL)
        return;
    struct grant *next = logins->grants;
    HASH_CLEAR(hh, logins->grants); /* the grants stay linked */
    while (next != NULL) {
        struct grant *grant = next;
        next = grant->hh.next;
        grant_free(grant);
    }
    pthread_mutex_destroy(&logins->lock);
    free(logins);
}

/* Without control bytes and blanks at the ends, cut to `most_bytes`. NULL: no memory. */
static char *clean_text(const char *text, size_t most_bytes)
{
    struct slice trimmed = slice_trim(slice_of(text));
    char *copy = strndup(trimmed.data == NULL ? "" : trimmed.data,
                         trimmed.length > most_bytes ? most_bytes : trimmed.length);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return copy;
}

static struct grant *grant_make(const struct recent_login *wanted)
{
    struct grant *grant = calloc(1, sizeof *grant);
    if (grant == NULL)
        return NULL;
    grant->client = recent_logins_network(&wanted->client.address);
    grant->until_us = wanted->until_us;
    grant->user = clean_text(wanted->user, RECENT_LOGIN_USER_BYTES_MAX);
    grant->reason = clean_text(wanted->reason, RECENT_LOGIN_REASON_BYTES_MAX);
    if (grant->user != NULL && grant->reason != NULL)
        return grant;
    grant_free(grant);
    return NULL;
}

bool recent_logins_add(struct recent_logins *logins, const struct recent_login *wanted)
{
    struct grant *grant = grant_make(wanted);
    if (grant == NULL)
        return false;
    pthread_mutex_lock(&logins->lock);
    struct grant *former = find_locked(logins, &wanted->client.address);
    if (former == NULL && HASH_COUNT(logins->grants) >= RECENT_LOGINS_MAX)
        former = logins->grants;
    if (former != NULL)
        forget_locked(logins, former);
    HASH_ADD(hh, logins->grants, client.address, sizeof grant->client.address, grant);
    bool is_added = grant->hh.tbl != NULL;
    logins->is_changed = true;
    pthread_mutex_unlock(&logins->lock);
    if (!is_added)
        grant_free(grant);
    return is_added;
}

bool recent_logins_remove(struct recent_logins *logins, const struct ip_address *address)
{
    const int64_t now_us = clock_wall_us(logins->clock);
    pthread_mutex_lock(&logins->lock);
    struct grant *grant = find_locked(logins, address);
    bool was_in_force = grant != NULL && grant->until_us > now_us;
    if (grant != NULL)
        forget_locked(logins, grant);
    pthread_mutex_unlock(&logins->lock);
    return was_in_force;
}

enum recent_login_answer recent_logins_find(struct recent_logins *logins, const struct ip_address *address,
                                            void *owner, const char **user)
{
    enum recent_login_answer answer = RECENT_LOGIN_NONE;
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    const int64_t now_us = clock_wall_us(logins->clock);
    pthread_mutex_lock(&logins->lock);
    const struct grant *grant = find_locked(logins, address);
    if (grant != NULL && grant->until_us > now_us) {
        ip_network_print(&grant->client, text);
        *user = talloc_strdup(owner, grant->user[0] == '\0' ? text : grant->user);
        answer = *user == NULL ? RECENT_LOGIN_NO_MEMORY : RECENT_LOGIN_FOUND;
    }
    pthread_mutex_unlock(&logins->lock);
    return answer;
}

size_t recent_logins_each(struct recent_logins *logins,
                          void (*show)(void *context, const struct recent_login *login), void *context)
{
    size_t count = 0;
    const int64_t now_us = clock_wall_us(logins->clock);
    pthread_mutex_lock(&logins->lock);
    for (const struct grant *grant = logins->grants; grant != NULL; grant = grant->hh.next) {
        const struct recent_login login = {grant->client, grant->user, grant->reason, grant->until_us};
        if (grant->until_us <= now_us)
            continue;
        show(context, &login);
        count++;
    }
    pthread_mutex_unlock(&logins->lock);
    return count;
}

void recent_logins_prune(struct recent_logins *logins)
{
    struct grant *grant, *next;
    const int64_t now_us = clock_wall_us(logins->clock);
    pthread_mutex_lock(&logins->lock);
    HASH_ITER(hh, logins->grants, grant, next)
    if (grant->until_us <= now_us)
        forget_locked(logins, grant);
    pthread_mutex_unlock(&logins->lock);
}

bool recent_logins_take_changed(struct recent_logins *logins)
{
    pthread_mutex_lock(&logins->lock);
    bool was_changed = logins->is_changed;
    logins->is_changed = false;
    pthread_mutex_unlock(&logins->lock);
    return was_changed;
}

void recent_logins_set_changed(struct recent_logins *logins)
{
    pthread_mutex_lock(&logins->lock);
    logins->is_changed = true;
    pthread_mutex_unlock(&logins->lock);
}
