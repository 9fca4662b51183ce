#include "dns/block_lists_private.h"

#include "base/brief_mutex.h"
#include "base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t block_lists_now_ms(const struct block_lists *set)
{
    return clock_monotonic_ms(&set->options.clock);
}

struct block_lists *block_lists_create(const struct block_lists_options *options)
{
    struct block_lists *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->options = *options;
    atomic_init(&set->random, options->seed);
    pending_bound_init(&set->waiting, options->waiting_max);
    pthread_mutex_init(&set->lock, NULL);
    return set;
}

static void free_list(struct block_list *list)
{
    pending_drop(list->changed);
    pthread_mutex_destroy(&list->lock);
    free(list);
}

void block_lists_destroy(struct block_lists *set)
{
    if (set == NULL)
        return;
    struct block_list *list = set->lists;
    HASH_CLEAR(hh, set->lists); /* the table only; the lists stay chained */
    while (list != NULL) {
        struct block_list *next = list->hh.next;
        free_list(list);
        list = next;
    }
    pthread_mutex_destroy(&set->lock);
    free(set);
}

/* ---- configuration ----------------------------------------------------------------------------------- */

void block_list_publish_locked(struct block_list *list)
{
    const struct list_health *health = &list->health;
    unsigned flags = 0;
    if (list_health_is_askable(health))
        flags |= BLOCK_LIST_ASKABLE;
    if (health->state != LIST_UNTESTED)
        flags |= BLOCK_LIST_TESTED;
    if (health->ipv6_works)
        flags |= BLOCK_LIST_IPV6;
    if (list->wants_text)
        flags |= BLOCK_LIST_TEXT;
    atomic_store(&list->believed_from_ms, health->believed_from_ms);
    atomic_store(&list->proven_ms, health->proven_ms);
    atomic_store(&list->trouble, health->trouble);
    atomic_store(&list->flags, flags);
}

static struct block_list *new_list(struct block_lists *set, const struct list_settings *settings,
                                   uint64_t now_ms)
{
    struct block_list *list = calloc(1, sizeof *list);
    if (list == NULL)
        return NULL;
    brief_mutex_init(&list->lock);
    list->set = set;
    list->changed = pending_create();
    if (list->changed == NULL || !dns_zone_parse(settings->zone, &list->zone)) {
        free_list(list);
        return NULL;
    }
    struct dns_name masked;
    dns_zone_mask(&masked, settings->zone);
    snprintf(list->shown, sizeof list->shown, "%s", settings->shown == NULL ? masked.text : settings->shown);
    uint64_t seed = atomic_fetch_add(&set->random, UINT64_C(0x9e3779b97f4a7c15));
    list_health_init(&list->health, &settings->health, seed, now_ms);
    HASH_ADD_KEYPTR(hh, set->lists, list->zone.text, (unsigned)list->zone.length, list);
    return list;
}

static struct block_list *find_locked(struct block_lists *set, struct slice zone)
{
    struct block_list *list;
    HASH_FIND(hh, set->lists, zone.data, zone.length, list);
    return list;
}

static void apply_settings(struct block_list *list, const struct list_settings *settings, uint64_t now_ms)
{
    pthread_mutex_lock(&list->lock);
    list->error_count = settings->error_codes.count;
    if (list->error_count > LIST_ERROR_RANGES_MAX)
        list->error_count = LIST_ERROR_RANGES_MAX;
    for (size_t i = 0; i < list->error_count; i++)
        list->errors[i] = settings->error_codes.items[i];
    list->wants_text = settings->wants_text;
    list->retired = false;
    list_health_configure(&list->health, &settings->health, now_ms);
    block_list_publish_locked(list);
    pthread_mutex_unlock(&list->lock);
}

static void retire_all_locked(struct block_lists *set)
{
    for (struct block_list *list = set->lists; list != NULL; list = list->hh.next) {
        pthread_mutex_lock(&list->lock);
        list->retired = true;
        pthread_mutex_unlock(&list->lock);
    }
}

void block_lists_wake(struct block_lists *set)
{
    if (set->options.wake != NULL)
        set->options.wake(set->options.wake_context);
}

bool block_lists_configure(struct block_lists *set, const struct list_settings *settings, size_t count)
{
    uint64_t now_ms = block_lists_now_ms(set);
    bool complete = true;
    pthread_mutex_lock(&set->lock);
    retire_all_locked(set);
    for (size_t i = 0; i < count; i++) {
        struct block_list *list = find_locked(set, settings[i].zone);
        if (list == NULL)
            list = new_list(set, &settings[i], now_ms);
        if (list != NULL)
            apply_settings(list, &settings[i], now_ms);
        complete = complete && list != NULL;
    }
    pthread_mutex_unlock(&set->lock);
    block_lists_wake(set);
    return complete;
}

struct block_list *block_lists_find(struct block_lists *set, struct slice zone)
{
    pthread_mutex_lock(&set->lock);
    struct block_list *list = find_locked(set, zone);
    pthread_mutex_unlock(&set->lock);
    return list;
}

uint64_t block_lists_tick(void *context, uint64_t now_ms)
{
    struct block_lists *set = context;
    uint64_t next_ms = now_ms + 3600 * 1000;
    pthread_mutex_lock(&set->lock);
    for (struct block_list *list = set->lists; list != NULL; list = list->hh.next) {
        block_list_consider(list, now_ms);
        pthread_mutex_lock(&list->lock);
        uint64_t due_ms = list->retired ? UINT64_MAX : list_health_next_ms(&list->health);
        pthread_mutex_unlock(&list->lock);
        if (due_ms < next_ms)
            next_ms = due_ms;
    }
    pthread_mutex_unlock(&set->lock);
    return next_ms;
}

/* ---- status ------------------------------------------------------------------------------------------ */

static void fill_status(struct block_list *list, struct list_status *status)
{
    memcpy(status->shown, list->shown, sizeof status->shown);
    pthread_mutex_lock(&list->lock);
    const struct list_health *health = &list->health;
    status->state = health->state;
    status->trouble = health->trouble;
    status->trouble_code = health->trouble_code;
    status->since_ms = health->since_ms;
    status->next_test_ms = health->next_test_ms;
    status->proven_ms = health->proven_ms;
    status->latency_ms = health->latency_ms;
    status->ipv6_works = health->ipv6_works;
    status->retired = list->retired;
    status->suspended_count = list->suspended_count;
    pthread_mutex_unlock(&list->lock);
    status->listed_count = atomic_load(&list->listed_count);
    status->not_listed_count = atomic_load(&list->not_listed_count);
    status->failed_count = atomic_load(&list->failed_count);
}

size_t block_lists_get_status(struct block_lists *set, struct list_status *statuses, size_t capacity)
{
    size_t count = 0;
    pthread_mutex_lock(&set->lock);
    for (struct block_list *list = set->lists; list != NULL; list = list->hh.next, count++)
        if (count < capacity)
            fill_status(list, &statuses[count]);
    pthread_mutex_unlock(&set->lock);
    return count;
}

unsigned block_lists_waiting_count(const struct block_lists *set)
{
    return atomic_load(&set->waiting.count);
}

void block_lists_limit_waiting(struct block_lists *set, unsigned waiting_max)
{
    pending_bound_set(&set->waiting, waiting_max);
}
