/* What is kept of logins over a restart, and who may leave memory meanwhile. */
#include "accounts/accounts_private.h"

#include "base/log.h"

#include <stdlib.h>

static const char LOGIN_KIND[] = "account", DOMAIN_KIND[] = "account domain", TABLE_KIND[] = "account table";
static const char EVERY_DOMAIN[] = "*";
static const int64_t IDLE_US = 24LL * 3600 * 1000000;
enum { LOGINS_AT_ONCE = 5000 };

/* ---- tables over all logins ------------------------------------------------------------------------- */

struct table_bytes {
    const char *name;
    void *data;
    size_t bytes;
};

enum { TABLE_COUNT = 10 };

static void list_tables(struct accounts *accounts, struct table_bytes tables[TABLE_COUNT])
{
    const struct table_bytes all[TABLE_COUNT] = {
        {"seed", accounts->seed, sizeof accounts->seed},
        {"first", &accounts->first_us, sizeof accounts->first_us},
        {"networks", accounts->networks, shared_uses_bytes()},
        {"wide_networks", accounts->wide_networks, shared_uses_bytes()},
        {"places", accounts->place_counts, sizeof accounts->place_counts},
        {"texts", accounts->texts, shared_uses_bytes()},
        {"greetings", accounts->greetings, shared_uses_bytes()},
        {"sent", accounts->sent, SENT_PLACES * sizeof *accounts->sent},
        {"mailboxes", accounts->mailboxes, MAILBOX_PLACES * sizeof *accounts->mailboxes},
        {"owners", accounts->owners, OWNER_PLACES * sizeof *accounts->owners},
    };
    memcpy(tables, all, sizeof all);
}

/* Of another size it was written by a version that has another table. */
static void load_table(void *context, struct slice key, struct slice value)
{
    struct table_bytes tables[TABLE_COUNT];
    list_tables(context, tables);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (slice_equal(key, slice_of(tables[i].name)) && value.length == tables[i].bytes)
            memcpy(tables[i].data, value.data, value.length);
}

/* ---- domains ---------------------------------------------------------------------------------------- */

struct domain_bytes {
    struct prior priors[QUESTION_COUNT];
    struct level levels[LEVEL_COUNT];
};

static void load_domain(void *context, struct slice key, struct slice value)
{
    struct strbuf user;
    if (value.length != sizeof(struct domain_bytes))
        return;
    strbuf_init(&user, 0);
    strbuf_append_byte(&user, '@');
    strbuf_append_slice(&user, key);
    struct accounts *accounts = context;
    struct domain *domain = slice_equal(key, slice_of(EVERY_DOMAIN))
                                ? &accounts->all_domains
                                : accounts_domain(accounts, strbuf_slice(&user));
    strbuf_deinit(&user);
    if (domain == NULL)
        return;
    struct domain_bytes bytes;
    memcpy(&bytes, value.data, sizeof bytes);
    memcpy(domain->priors, bytes.priors, sizeof domain->priors);
    memcpy(domain->levels, bytes.levels, sizeof domain->levels);
}

/* ---- logins ----------------------------------------------------------------------------------------- */

/* Only its name: the rest is read when it sends. */
static void load_name(void *context, struct slice key, struct slice value)
{
    struct accounts *accounts = context;
    const uint32_t number = account_read_number(value);
    struct login *login = number == 0 || number > (1U << 30) ? NULL : accounts_login(accounts, key);
    if (login == NULL)
        return;
    login->number = number;
    if (!accounts_number_login(accounts, login))
        login->number = 0;
}

static void load_account(void *context, struct slice key, struct slice value)
{
    struct login *login = context;
    struct domain *domain = login->account->domain;
    struct account *read = account_create(login, domain, 0);
    (void)key;
    if (read == NULL || !account_read(read, value)) {
        if (read != NULL)
            account_free(read);
        return;
    }
    account_free(login->account);
    login->account = read;
}

bool accounts_load_login(struct accounts *accounts, struct login *login)
{
    const struct account *before = login->account;
    if (accounts->database == NULL)
        return false;
    state_database_get(accounts->database, LOGIN_KIND, slice_of(login->user), load_account, login);
    return login->account != before;
}

bool accounts_load(struct accounts *accounts)
{
    const bool is_read = state_database_each(accounts->database, TABLE_KIND, load_table, accounts) &&
                         state_database_each(accounts->database, DOMAIN_KIND, load_domain, accounts) &&
                         state_database_each(accounts->database, LOGIN_KIND, load_name, accounts);
    if (!is_read)
        log_error("what is usual for logins cannot be read to its end, and is learnt anew: %s",
                  state_database_error(accounts->database));
    return true;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

struct row {
    const char *kind;
    size_t key_at, value_at, end; /* in the batch's bytes */
};

struct accounts_batch {
    struct strbuf bytes;
    struct row *rows; /* malloc */
    size_t row_count, row_capacity;
    size_t left_count; /* logins that have changed and are not in it */
    bool failed;
};

static struct row *begin_row(struct accounts_batch *batch, const char *kind, struct slice key)
{
    if (batch->row_count == batch->row_capacity) {
        const size_t capacity = batch->row_capacity == 0 ? 64 : batch->row_capacity * 2;
        struct row *grown = realloc(batch->rows, capacity * sizeof *grown);
        batch->failed = batch->failed || grown == NULL;
        if (grown == NULL)
            return NULL;
        batch->rows = grown;
        batch->row_capacity = capacity;
    }
    struct row *row = &batch->rows[batch->row_count++];
    row->kind = kind;
    row->key_at = batch->bytes.length;
    strbuf_append_slice(&batch->bytes, key);
    row->value_at = batch->bytes.length;
    return row;
}

static void add_row(struct accounts_batch *batch, const char *kind, struct slice key, const void *value,
                    size_t bytes)
{
    struct row *row = begin_row(batch, kind, key);
    if (row == NULL)
        return;
    strbuf_append(&batch->bytes, value, bytes);
    row->end = batch->bytes.length;
}

static void add_login(struct accounts_batch *batch, struct login *login)
{
    struct row *row = begin_row(batch, LOGIN_KIND, slice_of(login->user));
    if (row == NULL)
        return;
    account_write(login->account, &batch->bytes);
    row->end = batch->bytes.length;
    login->account->is_changed = batch->bytes.failed;
}

static void add_domain(struct accounts_batch *batch, const struct domain *domain, const char *name)
{
    struct domain_bytes bytes;
    memcpy(bytes.priors, domain->priors, sizeof bytes.priors);
    memcpy(bytes.levels, domain->levels, sizeof bytes.levels);
    add_row(batch, DOMAIN_KIND, slice_of(name), &bytes, sizeof bytes);
}

static void add_tables(struct accounts_batch *batch, struct accounts *accounts)
{
    struct table_bytes tables[TABLE_COUNT];
    list_tables(accounts, tables);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        add_row(batch, TABLE_KIND, slice_of(tables[i].name), tables[i].data, tables[i].bytes);
    add_domain(batch, &accounts->all_domains, EVERY_DOMAIN);
    for (const struct domain *domain = accounts->domains; domain != NULL; domain = domain->hh.next)
        add_domain(batch, domain, domain->name);
}

struct accounts_batch *accounts_take_changed(struct accounts *accounts, int64_t now_us, bool all)
{
    struct accounts_batch *batch = calloc(1, sizeof *batch);
    size_t count = 0;
    if (batch == NULL)
        return NULL;
    strbuf_init(&batch->bytes, 0);
    for (struct login *login = accounts->by_user; login != NULL; login = login->hh.next) {
        struct account *account = login->account;
        if (account == NULL || batch->failed || batch->bytes.failed)
            continue;
        batch->left_count += account->is_changed && count >= LOGINS_AT_ONCE;
        if (account->is_changed && count++ < LOGINS_AT_ONCE) {
            add_login(batch, login);
        } else if (!account->is_changed && now_us - account->last_us > IDLE_US &&
                   now_us >= account->step_until_us) {
            account_free(account);
            login->account = NULL;
        }
    }
    if (all)
        add_tables(batch, accounts);
    return batch;
}

size_t accounts_batch_left(const struct accounts_batch *batch)
{
    return batch->left_count;
}

bool accounts_batch_write(struct accounts_batch *batch, struct state_database *database)
{
    bool is_written = !batch->failed && !batch->bytes.failed;
    if (is_written && batch->row_count > 0) {
        is_written = state_database_batch_begin(database);
        for (size_t i = 0; i < batch->row_count && is_written; i++) {
            const struct row *row = &batch->rows[i];
            const struct slice all = strbuf_slice(&batch->bytes);
            const struct slice value = slice_part(all, row->value_at, row->end);
            is_written = state_database_batch_put(database, row->kind,
                                                  slice_part(all, row->key_at, row->value_at), &value);
        }
        is_written = state_database_batch_end(database) && is_written;
    }
    strbuf_deinit(&batch->bytes);
    free(batch->rows);
    free(batch);
    return is_written;
}
