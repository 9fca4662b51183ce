/*
 * A provider that never was: its domains, its accounts, and what each is used to.
 *
 * Where a figure has a source, it stands beside it (README.md lists them); the others are assumptions.
 */
#ifndef CLOSEDRELAY_TEST_SIM_WORLD_H
#define CLOSEDRELAY_TEST_SIM_WORLD_H

#include "event.h"

enum account_kind {
    KIND_OFFICE,
    KIND_HOME,
    KIND_SILENT,
    KIND_SALES,
    KIND_SHARED,
    KIND_CLUB,
    KIND_NEWSLETTER,
    KIND_SHOP,
    KIND_FORWARDER,
    KIND_SCANNER,
    KIND_MONITOR,
    KIND_LIST,
    KINDS
};
extern const char *const kind_names[KINDS];

/* What differs between the usual worlds and one that nobody tuned anything for. */
struct habits {
    double volume;        /* times the usual number of messages */
    double volume_sigma;  /* of the log-normal distribution over accounts */
    double new_share;     /* of recipients, the median over accounts */
    double mobile_share;  /* of accounts that mostly send over mobile networks */
    double vpn_share;     /* of accounts that leave by a VPN, anywhere in the world */
    double typo_share;    /* of first-time recipients whose address is wrong */
    double bounce_seen;   /* of failed deliveries whose bounce comes through the filter */
    double webmail_share; /* of people; behind an address that says nothing */
    double hour_shift;    /* of the day's rhythm */
    double change;        /* times the usual number of moves, new phones and journeys */
    bool has_logins;      /* Dovecot tells who logs in */
};

struct plan {
    uint32_t accounts, days, thefts; /* thefts of each style */
    uint64_t seed;
    bool is_odd; /* the other habits */
};

struct domain {
    uint32_t first, count; /* its accounts */
    uint32_t office_access;
    uint64_t office_net;
    uint32_t moves_on; /* the day its office moves; past the end: never */
};

struct account {
    enum account_kind kind;
    uint32_t domain;
    uint32_t begins_on, stays_until; /* days; what comes before and after belongs to another provider */
    double per_day;                  /* messages on a working day */
    double weekend;                  /* times that on Saturdays and Sundays */
    double new_share, internal_share, many_share;
    uint32_t *contacts; /* the most frequent first, more or less */
    uint32_t contact_count, contact_room;
    uint32_t home_access, mobile_access;
    uint64_t home_net;
    bool is_mobile, is_v6, has_vpn, is_traveller, is_webmail, names_origin, sends_greetings, is_migrated;
    enum client_kind desk_client;
    uint32_t away_from, away_until; /* on holiday */
    uint32_t moves_on, new_phone_on, mailing_on;
    uint32_t *members; /* of a club, a list, a newsletter */
    uint32_t member_count;
    uint32_t theft; /* one more than its number; 0: never stolen */
};

struct world {
    struct plan plan;
    struct habits habits;
    struct random random;
    struct diary diary;
    struct domain *domains;
    uint32_t domain_count;
    struct account *accounts;
};

void world_init(struct world *world, const struct plan *plan);
void world_deinit(struct world *world);

/* A person outside whom nobody has met yet; every other one has an address at one of the large free
 * providers. */
uint32_t world_stranger(struct world *world);
/* Somebody the account has written to, or an account of its domain; ADDRESS_NONE: it knows nobody. */
uint32_t world_contact(struct world *world, const struct account *account);
/* From now on the account knows this address. */
void account_meet(struct world *world, struct account *account, uint32_t address);
/* An account of the same domain, not this one; ADDRESS_NONE: there is none. */
uint32_t world_colleague(struct world *world, uint32_t account);

/* The moment `seconds` after midnight, by the provider's clock on the wall, which summer time shifts. */
int64_t world_time(const struct world *world, uint32_t day, double seconds);
uint32_t world_day_of(const struct world *world, int64_t time_us);
double world_hour_of(const struct world *world, int64_t time_us);
bool world_is_weekend(const struct world *world, uint32_t day);
/* The part of the usual work that is done on a day: less between the years. */
double world_season(const struct world *world, uint32_t day);
bool world_is_advent(const struct world *world, uint32_t day); /* when greetings are sent */

/* From where and with what program a person sends at that time. */
void world_place(const struct world *world, uint32_t account, int64_t time_us, struct event *event);
/* The address of the provider's webmail. */
struct ip world_webmail(void);
/* Where a program on a server of the account's owner runs. */
void world_server(const struct world *world, uint32_t account, struct event *event);

#endif
