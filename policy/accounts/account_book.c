#include "accounts/account_book.h"

#include "accounts/login_filter.h"
#include "base/brief_mutex.h"
#include "store/state_database.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

struct account_book {
    const struct clock *clock;
    struct state_database *database;
    pthread_mutex_t lock; /* guards those below */
    struct accounts *accounts;
    struct login_filter logins;
};

struct account_book *account_book_create(const struct clock *clock, struct state_database *database)
{
    struct account_book *book = calloc(1, sizeof *book);
    if (book == NULL)
        return NULL;
    book->clock = clock;
    book->database = database;
    uint64_t seed[2];
    if (getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed &&
        getrandom(book->logins.seed, sizeof book->logins.seed, 0) == (ssize_t)sizeof book->logins.seed)
        book->accounts = accounts_create(database, seed);
    if (book->accounts == NULL) {
        free(book);
        return NULL;
    }
    brief_mutex_init(&book->lock);
    return book;
}

void account_book_destroy(struct account_book *book)
{
    if (book == NULL)
        return;
    accounts_destroy(book->accounts);
    pthread_mutex_destroy(&book->lock);
    free(book);
}

struct accounts *account_book_hold(struct account_book *book)
{
    pthread_mutex_lock(&book->lock);
    return book->accounts;
}

void account_book_release(struct account_book *book)
{
    pthread_mutex_unlock(&book->lock);
}

bool account_book_is_news(struct account_book *book, const char *user, const struct ip_address *client,
                          int64_t time_us)
{
    return login_filter_is_news(&book->logins, user, client, time_us);
}

bool account_book_save(struct account_book *book, bool all, struct strbuf *problem)
{
    if (book->database == NULL)
        return true;
    struct accounts *accounts = account_book_hold(book);
    struct accounts_batch *batch = accounts_take_changed(accounts, clock_wall_us(book->clock), all);
    account_book_release(book);
    const bool is_taken = batch != NULL;
    if (is_taken && accounts_batch_write(batch, book->database))
        return true;
    strbuf_append_text(problem, is_taken ? state_database_error(book->database) : "out of memory");
    return false;
}
