/*
 * Who logged in a moment ago, and may relay for a while: POP before SMTP, and what an administrator allows by
 * hand.
 *
 * Live state: it outlives every snapshot and is kept over a restart in a file. An IPv4 address stands for
 * itself, an IPv6 address for its /64. Bounded: when full, the grant that is oldest makes room. Any thread
 * may call everything but create and destroy.
 */
#ifndef CLOSEDRELAY_LIVE_RECENT_LOGINS_H
#define CLOSEDRELAY_LIVE_RECENT_LOGINS_H

#include "base/clock.h"
#include "base/strbuf.h"
#include "facts/ip_address.h"

enum {
    RECENT_LOGINS_MAX = 100000,
    RECENT_LOGIN_USER_BYTES_MAX = 320, /* longer ones are cut */
    RECENT_LOGIN_REASON_BYTES_MAX = 200,
};

struct recent_logins;

/* One grant. Texts are valid during the call that shows it. */
struct recent_login {
    struct ip_network client;
    const char *user;   /* canonical login; "" where nobody was named */
    const char *reason; /* in the words of who granted it; or "" */
    int64_t until_us;   /* wall clock */
};

/* NULL: no memory. */
struct recent_logins *recent_logins_create(const struct clock *clock);
void recent_logins_destroy(struct recent_logins *logins); /* NULL is allowed */

/* What `address` stands for. */
struct ip_network recent_logins_network(const struct ip_address *address);

/* Grants, or renews, until grant->until_us; client.address is masked here. False: no memory. */
bool recent_logins_add(struct recent_logins *logins, const struct recent_login *grant);
/* False: there was none. */
bool recent_logins_remove(struct recent_logins *logins, const struct ip_address *address);

enum recent_login_answer { RECENT_LOGIN_NONE, RECENT_LOGIN_FOUND, RECENT_LOGIN_NO_MEMORY };

/* Whether a grant for `address` is in force; then `*user` is its user, or where nobody was named the address,
 * under the talloc context `owner`. */
enum recent_login_answer recent_logins_find(struct recent_logins *logins, const struct ip_address *address,
                                            void *owner, const char **user);

/* Shows every grant in force, the oldest first; `show` must not call back. Returns how many. */
size_t recent_logins_each(struct recent_logins *logins,
                          void (*show)(void *context, const struct recent_login *login), void *context);

/* Forgets what is over; about once a minute is enough. */
void recent_logins_prune(struct recent_logins *logins);

/* Whether something changed since this was last asked, for who writes the file. */
bool recent_logins_take_changed(struct recent_logins *logins);
/* It could not be written: there is still something to write. */
void recent_logins_set_changed(struct recent_logins *logins);

/* ---- recent_logins_file.c ----------------------------------------------------------------------------- */

/* Reads the grants that are still in force; lines that cannot be read are passed over and counted in the log.
 * True also where there is no file. */
bool recent_logins_load(struct recent_logins *logins, const char *path, struct strbuf *problem);

/* Puts a new file in the place of the old one, whole or not at all. */
bool recent_logins_save(struct recent_logins *logins, const char *path, struct strbuf *problem);

#endif
