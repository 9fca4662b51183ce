/* Private data in the record: kept, hashed, cut or left out; and found again by who has the keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "record/record_privacy.h"
#include "record/record_writer.h"

/* 2026-11-30T12:00:00Z */
static const int64_t NOON_US = INT64_C(1796040000000000);
static const uint64_t DAY_MS = 86400000;

struct privacy_test {
    char folder[40], path[60];
    struct record_keyring *ring;
    struct record_privacy_settings settings;
    struct record_privacy privacy;
    struct strbuf scratch, problem;
};

static void quiet(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
}

static void open_ring(struct privacy_test *test)
{
    record_keyring_close(test->ring);
    strbuf_reset(&test->problem);
    test->ring = record_keyring_open(test->path, &test->problem);
    test->privacy = (struct record_privacy){&test->settings, test->ring};
}

static int set_up(void **state)
{
    struct privacy_test *test = talloc_zero(NULL, struct privacy_test);
    strcpy(test->folder, "/tmp/test_privacy.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->path, sizeof test->path, "%s/audit.keys", test->folder);
    test->settings.period_ms = DAY_MS;
    strbuf_init(&test->scratch, 0);
    strbuf_init(&test->problem, 0);
    open_ring(test);
    log_set_sink(quiet, NULL);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct privacy_test *test = *state;
    char command[80];
    record_keyring_close(test->ring);
    strbuf_deinit(&test->scratch);
    strbuf_deinit(&test->problem);
    snprintf(command, sizeof command, "rm -r %s", test->folder);
    assert_int_equal(system(command), 0);
    talloc_free(test);
    log_set_sink(NULL, NULL);
    return 0;
}

/* What is written for `text` in a line of that time; to be freed with talloc_free. */
static char *treat_at(struct privacy_test *test, int64_t time_us, enum record_privacy_kind kind,
                      const char *text)
{
    struct record_privacy_line line;
    record_privacy_begin(&test->privacy, time_us, &line);
    const struct slice treated = record_privacy_apply(&line, kind, slice_of(text), &test->scratch);
    return talloc_strndup(test, treated.length == 0 ? "" : treated.data, treated.length);
}

static char *treat(struct privacy_test *test, enum record_privacy_kind kind, const char *text)
{
    return treat_at(test, NOON_US, kind, text);
}

static void assert_treated(struct privacy_test *test, enum record_privacy_kind kind, const char *text,
                           const char *expected)
{
    char *treated = treat(test, kind, text);
    assert_string_equal(treated, expected);
    talloc_free(treated);
}

/* ---- kinds ------------------------------------------------------------------------------------------ */

static void what_is_kept_is_as_it_is(void **state)
{
    struct privacy_test *test = *state;
    for (enum record_privacy_kind kind = PRIVACY_NONE; kind <= PRIVACY_FILE_NAME; kind++)
        assert_treated(test, kind, "Ann <ann@example.com>", "Ann <ann@example.com>");
    assert_false(record_privacy_is_on(&test->settings));
    assert_int_not_equal(access(test->path, F_OK), 0); /* nor is a key made */
}

static void what_is_cut_keeps_what_says_nothing_of_somebody(void **state)
{
    struct privacy_test *test = *state;
    test->settings.addresses = test->settings.logins = test->settings.clients = test->settings.files =
        RECORD_CUT;
    assert_treated(test, PRIVACY_ADDRESS, "ann@example.com", "@example.com");
    assert_treated(test, PRIVACY_ADDRESS, "", "");
    assert_treated(test, PRIVACY_ADDRESS_TEXT, "\"Ann A.\" <ann@example.com>", "@example.com");
    assert_treated(test, PRIVACY_IDENTITY, "uid:1000", "");
    assert_treated(test, PRIVACY_CLIENT_IP, "192.0.2.77", "192.0.2.0");
    assert_treated(test, PRIVACY_CLIENT_IP, "2001:db8:1:2::77", "2001:db8:1::");
    assert_treated(test, PRIVACY_CLIENT_IP, "192.0.2.77/32", "192.0.2.0");
    assert_treated(test, PRIVACY_CLIENT_NAME, "ann-laptop.example.com", "");
    assert_treated(test, PRIVACY_FILE_NAME, "bill of ann.zip > ann.pdf.exe", ".exe");
    assert_treated(test, PRIVACY_FILE_NAME, "ann", "");
}

static void what_is_left_out_is_empty_but_for_codes(void **state)
{
    struct privacy_test *test = *state;
    test->settings.addresses = test->settings.texts = RECORD_OMIT;
    assert_treated(test, PRIVACY_ADDRESS, "ann@example.com", "");
    assert_treated(test, PRIVACY_FREE_TEXT, "550 5.7.1 ann@example.com is not yours (id abcdefghjkmn)",
                   "550 5.7.1");
    assert_treated(test, PRIVACY_FREE_TEXT, "login ann@example.com, sender x", "");
    assert_treated(test, PRIVACY_IDENTITY, "ann@example.com", "ann@example.com");
}

static void a_hash_stands_for_the_same_all_through_a_period(void **state)
{
    struct privacy_test *test = *state;
    test->settings.addresses = test->settings.logins = RECORD_HASH;
    char *sender = treat(test, PRIVACY_ADDRESS, "Ann@Example.com");
    assert_int_equal(strncmp(sender, "~20261130T000000Z.", 18), 0);
    assert_string_equal(sender + 34, "@Example.com");
    char *login = treat_at(test, NOON_US + INT64_C(40000000000), PRIVACY_IDENTITY, "ann@example.com");
    assert_int_equal(strncmp(sender, login, 34), 0);
    assert_treated(test, PRIVACY_ADDRESS_TEXT, "Ann <ann@example.com>", login);
    char *other = treat(test, PRIVACY_ADDRESS, "ann@example.net");
    assert_int_not_equal(strncmp(sender, other, 34), 0);
    char *next_day = treat_at(test, NOON_US + INT64_C(86400000000), PRIVACY_IDENTITY, "ann@example.com");
    assert_int_not_equal(strncmp(login, next_day, 34), 0);
    test->settings.domains = RECORD_HASH;
    char *apart = treat(test, PRIVACY_ADDRESS, "bob@example.com"),
         *same_domain = treat(test, PRIVACY_ADDRESS, "ann@example.com");
    assert_string_equal(strchr(apart, '@'), strchr(same_domain, '@'));
    assert_null(strstr(apart, "example"));
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static void keys_are_kept_over_a_restart_and_from_others(void **state)
{
    struct privacy_test *test = *state;
    struct stat status;
    test->settings.logins = RECORD_HASH;
    char *before = treat(test, PRIVACY_IDENTITY, "ann");
    assert_int_equal(stat(test->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    open_ring(test);
    assert_treated(test, PRIVACY_IDENTITY, "ann", before);
    assert_int_equal(chmod(test->path, 0640), 0);
    open_ring(test);
    assert_null(test->ring);
    assert_non_null(strstr(strbuf_text(&test->problem), "others may read it: chmod 600"));
}

/* A deleted line: the same login has another hash, and nobody can make the old one. */
static void a_deleted_key_is_gone_for_good(void **state)
{
    struct privacy_test *test = *state;
    test->settings.logins = RECORD_HASH;
    char *before = treat(test, PRIVACY_IDENTITY, "ann");
    assert_int_equal(truncate(test->path, 0), 0);
    record_keyring_refresh(test->ring, NOON_US, 0);
    char *after = treat(test, PRIVACY_IDENTITY, "ann");
    assert_string_not_equal(before, after);
    record_keyring_refresh(test->ring, NOON_US + INT64_C(200000000000), DAY_MS);
    size_t count;
    assert_null(record_keyring_list(test->ring, test, &count));
    assert_int_equal(count, 0);
}

/* No key, no hash: private data is left out rather than written. */
static void without_a_key_nothing_is_told(void **state)
{
    struct privacy_test *test = *state;
    test->settings.logins = RECORD_HASH;
    snprintf(test->path, sizeof test->path, "%s/no/audit.keys", test->folder);
    open_ring(test);
    assert_treated(test, PRIVACY_IDENTITY, "ann@example.com", "");
    test->privacy.ring = NULL;
    assert_treated(test, PRIVACY_IDENTITY, "ann@example.com", "");
}

struct wanted {
    const char *token;
    bool is_found;
};

static void compare(void *context, const struct record_token *token)
{
    struct wanted *wanted = context;
    const bool is_it = slice_equal(token->text, slice_of(wanted->token));
    assert_true(!is_it || (token->since_us <= NOON_US && token->until_us > NOON_US));
    wanted->is_found = wanted->is_found || is_it;
}

static void who_has_the_keys_finds_everything(void **state)
{
    struct privacy_test *test = *state;
    static const struct {
        enum record_privacy_kind kind;
        const char *text;
    } cases[] = {{PRIVACY_ADDRESS, "ann@example.com"},
                 {PRIVACY_IDENTITY, "uid:1000"},
                 {PRIVACY_CLIENT_IP, "192.0.2.7"},
                 {PRIVACY_MESSAGE_NAME, "<1@x>"}};
    test->settings.addresses = test->settings.logins = test->settings.clients = test->settings.message_ids =
        RECORD_HASH;
    treat_at(test, NOON_US + INT64_C(864000000000), PRIVACY_ADDRESS, "a later period");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wanted wanted = {treat(test, cases[i].kind, cases[i].text), false};
        record_privacy_tokens(&test->privacy, slice_of(cases[i].text), compare, &wanted);
        assert_true(wanted.is_found);
    }
}

/* ---- lines ------------------------------------------------------------------------------------------ */

/* Whatever kind of line: what is in it of a private kind is treated, in lists too. */
static void a_line_tells_nothing_of_anybody(void **state)
{
    struct privacy_test *test = *state;
    struct record_writer record;
    struct strbuf line;
    const struct record_context context = {"mx1", &test->privacy};
    const struct record_start start = {RECORD_LINE_MESSAGE, NOON_US, "abcdefghjkmn"};
    test->settings = (struct record_privacy_settings){RECORD_OMIT, RECORD_OMIT, RECORD_OMIT, RECORD_OMIT,
                                                      RECORD_OMIT, RECORD_OMIT, RECORD_OMIT, DAY_MS};
    strbuf_init(&line, 0);
    record_line_begin(&record, &context, &start, &line);
    for (enum record_key key = RECORD_SESSION; key < RECORD_KEY_COUNT; key++) {
        const struct record_field *field = &record_fields[key];
        if ((field->lines & 1) == 0 || field->depth > 0 || field->privacy == PRIVACY_NONE)
            continue;
        if (field->value == RECORD_VALUE_TEXTS) {
            record_open_texts(&record, key);
            record_put_element(&record, slice_of("secret@example.com"));
            record_close_texts(&record);
        } else {
            record_put_text(&record, key, "secret@example.com");
        }
    }
    record_line_end(&record);
    assert_null(strstr(strbuf_text(&line), "secret"));
    assert_non_null(strstr(strbuf_text(&line), "\"from_more\":[\"\"]"));
    strbuf_deinit(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_is_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cut_keeps_what_says_nothing_of_somebody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_left_out_is_empty_but_for_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hash_stands_for_the_same_all_through_a_period, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_kept_over_a_restart_and_from_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_key_is_gone_for_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_key_nothing_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_the_keys_finds_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_tells_nothing_of_anybody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
