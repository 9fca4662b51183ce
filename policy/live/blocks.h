/*
 * Who may not send at the moment: blocks that an administrator sets by hand, and locks of logins that look
 * stolen.
 *
 * Live state: it acts at the next MAIL of sessions that are open, survives every reload and any end of the
 * daemon, and is kept by who, until when, why, by whom and on which server. One block and one lock a target:
 * neither lifts the other. What was lifted is remembered for a while, so that of servers that share a store
 * the newest change wins on all (blocks_share). Each server keeps all of them in its own database: a shared
 * store may forget what it acknowledged. Any thread may call everything but create and destroy.
 *
 * A lock is a block of a user with is_lock set, the evidence as its reason and "account", or who typed it, as
 * its `by`; to lift it is to put the same with is_lifted.
 */
#ifndef CLOSEDRELAY_LIVE_BLOCKS_H
#define CLOSEDRELAY_LIVE_BLOCKS_H

#include "base/clock.h"
#include "base/strbuf.h"
#include "facts/ip_address.h"
#include "store/state_database.h"

enum block_target { BLOCK_USER, BLOCK_DOMAIN, BLOCK_CUSTOMER, BLOCK_CLIENT };

enum {
    BLOCKS_MAX = 10000,         /* with those that are over and remembered, which give way to new ones */
    BLOCK_TEXT_BYTES_MAX = 320, /* of a target, a reason, a name; longer ones are cut */
};

/* Texts are valid as long as the caller's own, or during the call that shows it. */
struct block {
    enum block_target target;
    const char *whom;      /* canonical login, domain, customer in lower case; "192.0.2.0/24" */
    const char *reason;    /* for the reply and the lists; "" */
    const char *by;        /* who set it: "root (uid 0)", "account" */
    const char *origin;    /* on which server; NULL or "": not known */
    bool is_lock;          /* of a login that looks stolen: `unlock` lifts it, not `unblock` */
    bool is_external_only; /* mail to one's own domains goes on */
    bool is_lifted;        /* no longer in force, and remembered as such */
    int64_t since_us;      /* wall clock, as all times here */
    int64_t until_us;      /* INT64_MAX: until it is lifted */
    int64_t changed_us;    /* the newest change wins */
};

struct blocks;
struct store; /* store/store.h */

/* `database` keeps them, or NULL: they end with the process. It outlives the blocks. NULL: no memory, or the
 * database could not be read (reason in `problem`). */
struct blocks *blocks_create(const struct clock *clock, struct state_database *database,
                             struct strbuf *problem);
void blocks_destroy(struct blocks *blocks); /* NULL is allowed */

/* Reads "user ann@example.com", or "ann@example.com", "example.com" ("@example.com", "domain:example.com"),
 * "customer:acme", "192.0.2.7", "192.0.2.0/24" into a target and its canonical text under the talloc context
 * `owner`. False: it is none of these (said in `problem`). */
bool block_target_read(void *owner, const char *text, enum block_target *target, const char **whom,
                       struct strbuf *problem);
/* "user", "domain", "customer", "client" */
const char *block_target_name(enum block_target target);

/*
 * Sets or lifts (is_lifted) a block, whatever was there before, unless that is newer. changed_us 0 means now,
 * or right after the last change where another server's clock is ahead. On the disk when it returns true.
 * False: it could not be kept (reason in `problem`); then it is in force in this process all the same.
 */
bool blocks_put(struct blocks *blocks, const struct block *block, struct strbuf *problem);

/* Whom a message is from, in canonical form; "" where there is none. */
struct block_subject {
    const char *user;
    const char *customer;
    const struct ip_address *client; /* NULL: unknown */
};

/*
 * The strictest block in force for a subject: one for everything before one for external mail only; then user
 * before domain, customer and client; then a block before a lock. Texts under the talloc context `owner`.
 * False: none. `failed` is set where memory ran out, and there may be one.
 */
bool blocks_find(struct blocks *blocks, const struct block_subject *subject, void *owner, struct block *found,
                 bool *failed);

/* The lock of a login alone, whatever else is in force for it; otherwise as blocks_find. */
bool blocks_find_lock(struct blocks *blocks, const char *user, void *owner, struct block *found,
                      bool *failed);

/* Shows every block in force, the newest first, or with `all` also those that are over or lifted and still
 * remembered; `show` must not call back. Returns how many. */
size_t blocks_each(struct blocks *blocks, bool all, void (*show)(void *context, const struct block *block),
                   void *context);

/* Forgets what has been over for some days; about once a minute is enough. */
void blocks_prune(struct blocks *blocks);

/*
 * Tells the other servers what changed here, and takes over what changed there; about once a second, by one
 * thread, which waits for the store's time-outs at most. Whatever the store has forgotten (a restart, a
 * failover, FLUSHALL) is told again. A store that is not shared, or away, changes nothing.
 */
void blocks_share(struct blocks *blocks, struct store *store);

#endif
