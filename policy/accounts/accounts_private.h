/* The tables behind accounts.h. Private to this room. */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNTS_PRIVATE_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNTS_PRIVATE_H

#include "accounts/account.h"
#include "accounts/ladder.h"
#include "accounts/shared_uses.h"

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

struct mailbox {
    uint32_t print, first_hour;
};

struct accounts {
    uint64_t seed[2];
    int64_t first_us; /* since when anything is known; 0: nothing is */
    struct account *by_user;
    struct account **by_number; /* malloc; [0] is nobody */
    uint32_t number_count, number_capacity;
    struct domain *domains;
    struct domain other_domains; /* beyond DOMAINS_MAX */
    struct shared_uses *networks, *texts;
    struct sent_message *sent;
    struct mailbox *mailboxes;
    struct address_owner *owners;
    struct ladder_budget budget;
};

/* A fingerprint, never 0; letter case does not count. */
uint32_t accounts_print(const struct accounts *accounts, struct slice text);

/* NULL: out of memory. */
struct account *accounts_open(struct accounts *accounts, struct slice user, int64_t now_us);

/* A message or login comes from `client` and greets with `helo`. PATH_NEW: over a network that is new to it.
 */
enum account_path access_meet(struct accounts *accounts, const struct accounts_settings *settings,
                              struct account *account, const struct ip_address *client, struct slice helo);

#endif
