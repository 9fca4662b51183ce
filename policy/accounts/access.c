/* The ways in to an account: networks and greetings, which of them are new, and how new. */
#include "accounts/accounts_private.h"

#include "geo/geo.h"

#include <math.h>
#include <stdio.h>

enum {
    FAMILIAR_DAYS = 3,    /* used on so many days … */
    FAMILIAR_HOURS = 168, /* … since so long: familiar for good */
    MANY_LOGINS = 10,     /* of a network that so many know, and … */
    PART_OF_ALL = 20,     /* … such a part of all: a gateway, a webmail server */
    SOME_LOGINS = 3,
    AT_ONCE_HOURS = 4,
};
static const int64_t HOUR_US = 3600LL * 1000000;
/* A mailbox that has been there for long, and now sends for the first time. */
static const float FIRST_EXPECTED = 0.2F;

static bool is_familiar(const struct known *known, uint32_t hour)
{
    return known->is_original || (known->days >= FAMILIAR_DAYS && hour - known->first_hour >= FAMILIAR_HOURS);
}

static float newness_of(const struct known *known, const struct accounts_settings *settings, uint32_t hour)
{
    if (known == NULL || is_familiar(known, hour))
        return 0;
    return exp2f(-(float)(hour - known->first_hour) * 3600000 / (float)settings->network_half_life_ms);
}

/* The network that addresses are taken by: a /24, of IPv6 a /48; and the wider one, mostly one provider's: a
 * /16, of IPv6 a /32. */
static uint32_t network_print(const struct accounts *accounts, const struct ip_address *client, bool is_wide)
{
    const size_t length = ip_address_is_ipv4(client) ? (is_wide ? 14 : 15) : is_wide ? 4 : 6;
    return accounts_print(accounts, slice_make((const char *)client->bytes, length));
}

/* One operator's networks (AS), where that is known. */
static uint32_t wide_print(const struct accounts *accounts, const struct ip_address *client)
{
    char name[16];
    const uint32_t number = geo_find_as(accounts->geo, client);
    if (number == 0)
        return network_print(accounts, client, true);
    snprintf(name, sizeof name, "AS%u", number);
    return accounts_print(accounts, slice_of(name));
}

/* Whether there is anything that a first way in could be compared with. */
static bool is_first_day(const struct accounts *accounts, const struct accounts_settings *settings,
                         const struct account *account)
{
    const int64_t learning_us = (int64_t)settings->learning_ms * 1000;
    return account->last_us - accounts->first_us < learning_us ||
           account->last_us - account->first_us < learning_us;
}

/* Each network and day counts once for the login; for the domain only the first of a day, so that one login
 * alone does not make it usual. */
static void count_use(struct account *account, enum account_question question, bool is_new)
{
    if (account->today[question].trials == 0)
        account_note(account, question, is_new, 1);
    account->today[question].trials += 1;
    account->today[question].hits += is_new;
}

/* `client`: the greeting, whose own habit counts; NULL: there is none, or it is new too. */
static float expected_network(const struct accounts_settings *settings, const struct account *account,
                              const struct known *client)
{
    static const float WEIGHT = 3;
    const float expected = account_expect(account, settings, QUESTION_NEW_NETWORK);
    if (account->networks.count == 0)
        return fmaxf(expected, FIRST_EXPECTED);
    if (client == NULL)
        return expected;
    const struct tendency own = {client->new_visits, client->visits};
    return fmaxf(tendency_part(&own, expected, WEIGHT),
                 account_excess(account, settings, QUESTION_NEW_NETWORK));
}

static void count_visit(struct known *client, bool is_new)
{
    enum { FULL = 60 };
    if (client == NULL)
        return;
    if (client->visits == FULL) {
        client->visits /= 2;
        client->new_visits /= 2;
    }
    client->visits++;
    client->new_visits = (uint8_t)(client->new_visits + is_new);
}

/* Near is what lies beside a network of another day: a thief has several at once too. */
static enum network_place place_of(const struct accounts *accounts, const struct account *account,
                                   uint32_t print, uint32_t wide)
{
    const struct shared_use *own = shared_uses_find(accounts->networks, print);
    const struct shared_use *use = shared_uses_find(accounts->wide_networks, wide);
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    for (unsigned i = 0; i < account->networks.count; i++)
        if (account->networks.items[i].wide == wide &&
            hour - account->networks.items[i].first_hour >= HOURS_PER_DAY)
            return PLACE_NEAR;
    if (own != NULL && (own->familiar_count >= SOME_LOGINS || own->former_count >= SOME_LOGINS))
        return PLACE_SHARED;
    return use != NULL && use->familiar_count >= SOME_LOGINS ? PLACE_AMONG : PLACE_ABROAD;
}

static bool is_far(enum network_place place)
{
    return place == PLACE_AMONG || place == PLACE_ABROAD;
}

/* A way in, as it stands before it is met. */
struct way {
    uint32_t network, wide;
    uint16_t country;
    struct known *client; /* the greeting, where it is familiar; or NULL */
};

/* By how much `place` makes `expected` more or less likely: where honest logins' new networks are is learnt,
 * where thieves are is not. */
static float expected_there(const struct accounts *accounts, enum network_place place, float expected)
{
    static const float stolen[PLACE_COUNT] = {0.08F, 0.25F, 0.27F, 0.4F}, first[PLACE_COUNT] = {14, 8, 6, 4};
    float all = 0, here = 0;
    for (unsigned i = 0; i < PLACE_COUNT; i++) {
        all += accounts->place_counts[i] + first[i];
        here = i == place ? accounts->place_counts[i] + first[i] : here;
    }
    return fminf(0.9F, expected * (here / all) / stolen[place]);
}

/* One of a login and day counts, so that no botnet makes itself usual. */
static void count_place(struct accounts *accounts, const struct account *account, enum network_place place)
{
    static const float MOST = 2000;
    if (account->today[QUESTION_NEW_NETWORK].hits > 0)
        return;
    accounts->place_counts[place] += 1;
    if (accounts->place_counts[place] > MOST)
        for (unsigned i = 0; i < PLACE_COUNT; i++)
            accounts->place_counts[i] /= 2;
}

static bool is_gateway(const struct accounts *accounts, uint32_t print)
{
    const struct shared_use *use = shared_uses_find(accounts->networks, print);
    return use != NULL && use->familiar_count >= MANY_LOGINS &&
           use->familiar_count >= accounts->number_count / PART_OF_ALL;
}

static void meet_new_network(struct accounts *accounts, const struct accounts_settings *settings,
                             struct account *account, const struct way *way)
{
    const uint32_t print = way->network, wide = way->wide;
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    const enum network_place place = place_of(accounts, account, print, wide);
    const bool is_original = (account->networks.count == 0 && is_first_day(accounts, settings, account)) ||
                             is_gateway(accounts, print);
    const float expected = expected_there(accounts, place, expected_network(settings, account, way->client));
    struct known *known = known_set_add(&account->networks, print, hour, NETWORKS_MAX);
    if (known == NULL)
        return;
    known->is_original = is_original;
    known->wide = wide;
    known->country = way->country;
    if (place != PLACE_NEAR)
        shared_uses_adopt(accounts->wide_networks, wide, hour);
    if (is_original) {
        shared_uses_adopt(accounts->networks, print, hour);
        return;
    }
    known->expected = expected;
    count_place(accounts, account, place);
    account->recent[PATH_NEW].new_networks += 1;
    level_note(&account->levels[LEVEL_NETWORKS], account->recent[PATH_NEW].new_networks);
    count_use(account, QUESTION_NEW_NETWORK, true);
    count_visit(way->client, true);
}

static void meet_known_network(struct accounts *accounts, struct account *account, struct known *known,
                               const struct way *way)
{
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    const bool was_familiar = is_familiar(known, known->last_hour);
    if (account->step >= ACCOUNT_WARN && !is_familiar(known, hour)) {
        known->last_hour = hour; /* nothing becomes familiar while it is suspected */
        return;
    }
    /* Databases come and go. */
    known->wide = way->wide;
    known->country = way->country;
    if (known_touch(known, hour)) {
        count_use(account, QUESTION_NEW_NETWORK, false);
        count_visit(way->client, false);
    }
    if (!was_familiar && is_familiar(known, known->last_hour))
        shared_uses_adopt(accounts->networks, known->print, hour);
}

static float meet_network(struct accounts *accounts, const struct accounts_settings *settings,
                          struct account *account, const struct way *way)
{
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    const uint32_t print = way->network;
    struct known *known = known_set_find(&account->networks, print);
    if (known == NULL)
        meet_new_network(accounts, settings, account, way);
    else
        meet_known_network(accounts, account, known, way);
    known = known_set_find(&account->networks, print);
    const float newness = newness_of(known, settings, hour);
    if (newness > 0) {
        account->network_expected = known->expected;
        const struct shared_use *use =
            shared_uses_meet(accounts->networks, print, account->number, hour, account->step >= ACCOUNT_WARN);
        const bool is_news =
            use != NULL && use->former_count == 0 && is_far(place_of(accounts, account, print, way->wide));
        account->network_logins = is_news ? use->login_count : 0;
    }
    return newness;
}

/* "[192.168.1.7]" says which place the client has in its own network: those of one such network are one, and
 * so are all of carriers, "[10.1.2.3]". */
static uint32_t greeting_print(const struct accounts *accounts, struct slice helo)
{
    if (helo.length < 2 || helo.data[0] != '[')
        return accounts_print(accounts, helo);
    const bool is_home = slice_starts_nocase(helo, slice_of("[192.168."));
    const size_t end = is_home ? slice_find_last(helo, '.') : slice_find(helo, '.');
    return accounts_print(accounts, slice_part(helo, 0, end < helo.length ? end : 1));
}

static float meet_client(struct accounts *accounts, const struct accounts_settings *settings,
                         struct account *account, struct slice helo)
{
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    const uint32_t print = greeting_print(accounts, helo);
    struct known *known = known_set_find(&account->clients, print);
    if (known != NULL) {
        const bool was_familiar = is_familiar(known, known->last_hour);
        if ((account->step < ACCOUNT_WARN || is_familiar(known, hour)) && known_touch(known, hour))
            count_use(account, QUESTION_NEW_CLIENT, false);
        if (!was_familiar && is_familiar(known, known->last_hour))
            shared_uses_adopt(accounts->greetings, print, hour);
        return newness_of(known, settings, hour);
    }
    const bool is_original = account->clients.count == 0;
    const float expected = account_expect(account, settings, QUESTION_NEW_CLIENT);
    known = known_set_add(&account->clients, print, hour, CLIENTS_MAX);
    if (known == NULL || is_original) {
        if (known != NULL) {
            known->is_original = true;
            shared_uses_adopt(accounts->greetings, print, hour);
        }
        return 0;
    }
    account->client_expected = expected;
    count_use(account, QUESTION_NEW_CLIENT, true);
    return newness_of(known, settings, hour);
}

static bool is_own_network(const struct account *account, uint32_t network, uint32_t hour)
{
    const struct known *known = known_set_find(&account->networks, network);
    return known != NULL && is_familiar(known, hour);
}

/* The network is new since a few hours only, lies beside none that the owner had and is none that others here
 * have for long, and the client does not greet as one computer of the owner's does and nobody else's
 * ("DESKTOP-7F3A"): which are the owner's, the first days do not tell. */
static bool is_at_once(const struct accounts *accounts, const struct accounts_settings *settings,
                       const struct account *account, const struct way *way, uint32_t hour)
{
    const struct known *known = known_set_find(&account->networks, way->network);
    if (known == NULL || hour - known->first_hour >= AT_ONCE_HOURS ||
        !is_far(place_of(accounts, account, known->print, known->wide)))
        return false;
    const struct shared_use *greeting = way->client == NULL || is_first_day(accounts, settings, account)
                                            ? NULL
                                            : shared_uses_find(accounts->greetings, way->client->print);
    return greeting == NULL || greeting->familiar_count >= SOME_LOGINS;
}

enum account_path access_meet(struct accounts *accounts, const struct accounts_settings *settings,
                              struct account *account, const struct ip_address *client, struct slice helo)
{
    const uint32_t hour = (uint32_t)(account->last_us / HOUR_US);
    float newness = 0, client_newness = 0;
    struct way way = {0};
    if (helo.length > 0) {
        client_newness = meet_client(accounts, settings, account, helo);
        way.client = known_set_find(&account->clients, greeting_print(accounts, helo));
        if (way.client != NULL && !is_familiar(way.client, hour))
            way.client = NULL;
    }
    if (client != NULL && !ip_address_is_private(client)) {
        way.network = network_print(accounts, client, false);
        way.wide = wide_print(accounts, client);
        way.country = geo_find_country(accounts->geo, client);
        /* Another program where the owner always is: the owner's. */
        if (is_own_network(account, way.network, hour))
            client_newness = 0;
        newness = meet_network(accounts, settings, account, &way);
    }
    if (newness <= 0 && client_newness <= 0)
        return PATH_ALL;
    account->is_at_once = newness > 0 && is_at_once(accounts, settings, account, &way, hour);
    account->network_newness = newness;
    account->client_newness = client_newness;
    return PATH_NEW;
}
