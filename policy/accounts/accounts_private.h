/* The tables behind accounts.h. Private to this room. */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNTS_PRIVATE_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNTS_PRIVATE_H

#include "accounts/account.h"
#include "accounts/ladder.h"
#include "accounts/shared_uses.h"
#include "store/state_database.h"

enum {
    DOMAINS_MAX = 20000,
    SENT_PLACES = 65536,    /* messages that are known again when they come back */
    MAILBOX_PLACES = 65536, /* mailboxes of which is known since when they get mail */
    OWNER_PLACES = 65536,   /* addresses of which is known who sends with them */
};

/* A message that was sent: by whom, and whether over a network that was new. */
struct sent_message {
    uint32_t print;
    uint32_t number : 31, is_new_path : 1;
};

struct address_owner {
    uint32_t print, number;
};

/* Where a network is that is new to a login. */
enum network_place {
    PLACE_NEAR,   /* within a wider one that the login used on another day (a /16, of IPv6 a /32) */
    PLACE_SHARED, /* others here have used this very one for long, or came to it on other days */
    PLACE_AMONG,  /* within one that others here use */
    PLACE_ABROAD, /* within one that nobody here uses */
    PLACE_COUNT
};

struct mailbox {
    uint32_t print, first_hour;
};

struct accounts {
    struct geo *geo; /* or NULL */
    uint64_t seed[2];
    int64_t first_us;                /* since when anything is known; 0: nothing is */
    struct state_database *database; /* NULL: nothing is kept */
    struct login *by_user;
    struct login **by_number; /* malloc; [0] is nobody */
    uint32_t number_count, number_capacity;
    struct domain *domains;
    struct domain all_domains;
    struct domain other_domains; /* beyond DOMAINS_MAX */
    struct shared_uses *networks, *wide_networks, *texts, *greetings;
    float place_counts[PLACE_COUNT]; /* of new networks of logins */
    struct sent_message *sent;
    struct mailbox *mailboxes;
    struct address_owner *owners;
    struct ladder_budget budget;
};

/* A fingerprint, never 0; letter case does not count. */
uint32_t accounts_print(const struct accounts *accounts, struct slice text);

/* The login of that name, made where there is none; NULL: out of memory. */
struct login *accounts_login(struct accounts *accounts, struct slice user);
struct login *accounts_find_login(const struct accounts *accounts, struct slice user);
struct domain *accounts_domain(struct accounts *accounts, struct slice user);
/* Puts `login` where its number says. False: out of memory. */
bool accounts_number_login(struct accounts *accounts, struct login *login);

/* What is kept of a login: from memory, from the disk, or a new one. NULL: out of memory. */
struct account *accounts_open_login(struct accounts *accounts, struct login *login, int64_t now_us);
struct account *accounts_open(struct accounts *accounts, struct slice user, int64_t now_us);

/* Reads the tables, the domains and the names of logins from the database. False: out of memory. */
bool accounts_load(struct accounts *accounts);
/* What the database has of a login. False: nothing. */
bool accounts_load_login(struct accounts *accounts, struct login *login);

/* A message or login comes from `client` and greets with `helo`. PATH_NEW: over a network that is new to it.
 */
enum account_path access_meet(struct accounts *accounts, const struct accounts_settings *settings,
                              struct account *account, const struct ip_address *client, struct slice helo);

#endif
