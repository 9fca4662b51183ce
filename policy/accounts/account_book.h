/*
 * The logins of the running daemon: accounts.h for many threads at a time, kept over a restart.
 *
 * One lock; what it guards takes a few microseconds, but where a login that was idle for a day is read from
 * the database. Any thread may call everything but create and destroy.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_ACCOUNT_BOOK_H
#define CLOSEDRELAY_ACCOUNTS_ACCOUNT_BOOK_H

#include "accounts/accounts.h"
#include "base/clock.h"

struct account_book;

/* `database` keeps them, or NULL. NULL: out of memory. */
struct account_book *account_book_create(const struct clock *clock, struct state_database *database);
void account_book_destroy(struct account_book *book); /* NULL is allowed */

/* The accounts, locked, until account_book_release. */
struct accounts *account_book_hold(struct account_book *book);
void account_book_release(struct account_book *book);

/* Whether a login to a mailbox is told at all: only the first of a login and network within an hour is. With
 * the accounts locked. */
bool account_book_is_news(struct account_book *book, const char *user, const struct ip_address *client,
                          int64_t time_us);

/* Writes what has changed; `all`: the tables over all logins too. One thread at a time. False: not all could
 * be written (reason in `problem`). */
bool account_book_save(struct account_book *book, bool all, struct strbuf *problem);

#endif
