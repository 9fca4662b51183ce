/* What is known of logins survives a restart, and what is no such thing is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "accounts/account.h"
#include "store/state_database.h"

static const uint64_t SEED[2] = {1, 2};
static const int64_t START_US = 1788220800LL * 1000000, DAY_US = 86400LL * 1000000;
static const char USER[] = "ann@example.com";

static char path[64];
static struct state_database *database;

static int open_database(void **state)
{
    struct strbuf problem;
    (void)state;
    strbuf_init(&problem, 0);
    snprintf(path, sizeof path, "/tmp/test_account_state.%d", (int)getpid());
    unlink(path);
    database = state_database_open(path, &problem);
    strbuf_deinit(&problem);
    return database == NULL;
}

static int close_database(void **state)
{
    (void)state;
    state_database_close(database);
    unlink(path);
    return 0;
}

static struct account_judgement send(struct accounts *accounts, const char *client_text, unsigned fresh,
                                     int64_t now_us)
{
    struct account_recipient recipients[40];
    char addresses[40][40];
    struct account_judgement judgement;
    struct ip_address client;
    static unsigned serial;
    for (unsigned i = 0; i < fresh; i++) {
        snprintf(addresses[i], sizeof addresses[i], "r%u@example.net", serial++);
        recipients[i] = (struct account_recipient){slice_of(addresses[i]), ACCOUNT_TAKEN, true};
    }
    assert_true(ip_address_parse(slice_of(client_text), &client));
    const struct account_message message = {
        .time_us = now_us,
        .user = slice_of(USER),
        .client = &client,
        .helo = slice_of("pc"),
        .sender = slice_of(USER),
        .from = slice_of(USER),
        .message_id = slice_of("<1@example.com>"),
        .fingerprint = slice_of("aaaa"),
        .recipients = recipients,
        .recipient_count = fresh,
    };
    assert_true(accounts_take_message(accounts, &accounts_settings_default, &message, &judgement));
    return judgement;
}

static void save(struct accounts *accounts, int64_t now_us)
{
    struct accounts_batch *batch = accounts_take_changed(accounts, now_us, true);
    assert_non_null(batch);
    assert_int_equal(accounts_batch_left(batch), 0);
    assert_true(accounts_batch_write(batch, database));
}

static struct accounts *live(void)
{
    struct accounts *accounts = accounts_create(database, SEED);
    assert_non_null(accounts);
    for (unsigned day = 0; day < 20; day++)
        send(accounts, "192.0.2.7", 1, START_US + day * DAY_US);
    return accounts;
}

static void a_restart_changes_no_judgement(void **state)
{
    (void)state;
    const int64_t now_us = START_US + 20 * DAY_US;
    struct accounts *accounts = live();
    const struct account_judgement before = send(accounts, "203.0.113.5", 20, now_us);
    save(accounts, now_us);
    accounts_destroy(accounts);

    const char *user = NULL;
    struct account_judgement judgement;
    struct account_standing standing;
    accounts = accounts_create(database, (const uint64_t[2]){9, 9}); /* the kept seed counts */
    assert_non_null(accounts);
    assert_true(accounts_look(accounts, &accounts_settings_default, slice_of(USER), now_us, &standing));
    assert_int_equal(standing.step, before.step);
    assert_int_equal((int)standing.judgement.points, (int)before.points);
    assert_int_equal(standing.judgement.evidence_count, before.evidence_count);
    assert_string_equal(accounts_owner_of(accounts, slice_of(USER)), USER);
    const struct account_report report = {now_us, slice_of("<1@example.com>"), 1, false};
    assert_true(accounts_take_report(accounts, &accounts_settings_default, &report, &user, &judgement));
    assert_string_equal(user, USER);
    accounts_destroy(accounts);
}

static void whoever_is_idle_is_on_the_disk_only(void **state)
{
    (void)state;
    struct accounts *accounts = live();
    const int64_t later_us = START_US + 40 * DAY_US;
    save(accounts, later_us);
    save(accounts, later_us); /* nothing has changed, and it was idle: it leaves memory */
    struct account_standing standing;
    assert_true(accounts_look(accounts, &accounts_settings_default, slice_of(USER), later_us, &standing));
    const struct account_judgement judgement = send(accounts, "192.0.2.9", 1, later_us);
    assert_true(judgement.families[ACCOUNT_NETWORKS] <= 0); /* its network is still its own */
    accounts_destroy(accounts);
}

static void what_is_cut_or_changed_is_not_believed(void **state)
{
    (void)state;
    struct accounts *accounts = live();
    struct login login = {.user = (char *)(uintptr_t)USER, .number = 7};
    struct domain domain = {.name = NULL};
    struct account *account = account_create(&login, &domain, START_US);
    struct strbuf bytes;
    strbuf_init(&bytes, 0);
    assert_true(known_set_add(&account->networks, 5, 1, NETWORKS_MAX) != NULL);
    assert_true(recent_set_add(&account->written_to, 8, 1));
    account_write(account, &bytes);
    assert_int_equal(account_read_number(strbuf_slice(&bytes)), 7);
    for (size_t length = 0; length < bytes.length; length++) {
        struct account *read = account_create(&login, &domain, START_US);
        assert_false(account_read(read, slice_part(strbuf_slice(&bytes), 0, length)));
        account_free(read);
    }
    for (size_t i = 0; i < bytes.length; i++) {
        struct account *read = account_create(&login, &domain, START_US);
        const char was = bytes.data[i];
        bytes.data[i] = (char)~was;
        account_read(read, strbuf_slice(&bytes)); /* whatever it says, nothing is read beyond its end */
        bytes.data[i] = was;
        account_free(read);
    }
    strbuf_deinit(&bytes);
    account_free(account);
    accounts_destroy(accounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_restart_changes_no_judgement, open_database, close_database),
        cmocka_unit_test_setup_teardown(whoever_is_idle_is_on_the_disk_only, open_database, close_database),
        cmocka_unit_test_setup_teardown(what_is_cut_or_changed_is_not_believed, open_database,
                                        close_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
