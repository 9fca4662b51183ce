/*
 * Which logins to a mailbox are news: a mail program logs in every few minutes, from the same network.
 *
 * Remembers of each login and network the hour in which it was told last; a fixed 128 kB, the newest in each
 * place. What is forgotten is told once more, which does no harm. One thread at a time.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_LOGIN_FILTER_H
#define CLOSEDRELAY_ACCOUNTS_LOGIN_FILTER_H

#include "facts/ip_address.h"

enum { LOGIN_FILTER_PLACES = 16384 };

struct login_filter {
    uint64_t seed[2]; /* random */
    uint64_t places[LOGIN_FILTER_PLACES];
};

/* Whether `user` (canonical) was not seen from the network of `client` (/24, of IPv6 /48) in this hour; from
 * now on it was. */
bool login_filter_is_news(struct login_filter *filter, const char *user, const struct ip_address *client,
                          int64_t time_us);

#endif
