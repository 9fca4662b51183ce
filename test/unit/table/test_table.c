#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cdb.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "table/entry_map.h"
#include "table/table.h"

struct table_test {
    char folder[32];
    char path[64];
    unsigned errors_logged;
};

static void count_errors(enum log_level level, const char *line, void *context)
{
    (void)line;
    ((struct table_test *)context)->errors_logged += level == LOG_LEVEL_ERROR;
}

static int set_up(void **state)
{
    struct table_test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    strcpy(test->folder, "/tmp/test_table.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->path, sizeof test->path, "%s/t", test->folder);
    log_set_sink(count_errors, test);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct table_test *test = *state;
    static const char *const endings[] = {"", ".new", ".cdb", ".lmdb", ".db"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", test->path, endings[i]);
        unlink(path);
    }
    rmdir(test->folder);
    free(test);
    log_set_sink(NULL, NULL);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct table *open_table(const char *prefix, const char *path, enum table_shape shape)
{
    char name[256];
    struct strbuf problem;
    strbuf_init(&problem, 0);
    snprintf(name, sizeof name, "%s%s", prefix, path);
    struct table *table = table_open(slice_of(name), shape, &problem);
    if (table == NULL)
        fail_msg("%s: %s", name, strbuf_text(&problem));
    strbuf_deinit(&problem);
    return table;
}

static void assert_open_fails(const char *name, enum table_shape shape, const char *expected)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_null(table_open(slice_of(name), shape, &problem));
    assert_string_equal(strbuf_text(&problem), expected);
    strbuf_deinit(&problem);
}

static void assert_answer(struct table *table, const char *key, enum table_answer expected,
                          const char *expected_value)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    enum table_answer answer = table_lookup(table, slice_of(key), &value);
    if (answer != expected)
        fail_msg("%s: answer %d", key, (int)answer);
    assert_string_equal(strbuf_text(&value), expected_value);
    strbuf_deinit(&value);
}

/* ---- file ------------------------------------------------------------------------------------------- */

static void a_file_gives_values_without_regard_to_case(void **state)
{
    struct table_test *test = *state;
    write_file(test->path, "# domains\nExample.COM\r\n\n ann@example.com \t ann, *  \nlast v");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    assert_answer(table, "EXAMPLE.com", TABLE_FOUND, "");
    assert_answer(table, "ann@example.com", TABLE_FOUND, "ann, *");
    assert_answer(table, "last", TABLE_FOUND, "v");
    assert_answer(table, "example", TABLE_MISSING, "");
    assert_answer(table, "#", TABLE_MISSING, "");
    assert_answer(table, "", TABLE_MISSING, "");
    table_close(table);
}

static void logins_are_looked_up_with_a_labels(void **state)
{
    struct table_test *test = *state;
    write_file(test->path, "Ann@B\xc3\xbc"
                           "cher.Example 1\n@b\xc3\xbc"
                           "cher.example 2\nb\xc3\xbc"
                           "cher 3\nann@\xc3\xbc..x 4\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    assert_answer(table, "ann@xn--bcher-kva.example", TABLE_FOUND, "1");
    assert_answer(table, "@xn--bcher-kva.example", TABLE_FOUND, "2");
    assert_answer(table,
                  "b\xc3\xbc"
                  "cher",
                  TABLE_FOUND, "3");
    assert_answer(table, "ann@\xc3\xbc..x", TABLE_FOUND, "4");
    assert_answer(table, "ann", TABLE_MISSING, "");
    table_close(table);
}

/* As postmap reads the files that smtpd_sender_login_maps comes from. */
static void a_value_goes_on_in_the_next_line(void **state)
{
    struct table_test *test = *state;
    char name[80], expected[200];
    write_file(
        test->path,
        "# maps\na x, # first\n\ty,\r\n# between\n   # indented\n\n  z # last\n\nb v\n \nc#d w\n #end");
    struct table *table = open_table("file:", test->path, TABLE_PAIRS);
    assert_answer(table, "b", TABLE_FOUND, "v");
    assert_answer(table, "c#d", TABLE_FOUND, "w");
    assert_answer(table, "y,", TABLE_MISSING, "");
    assert_answer(table, "z", TABLE_MISSING, "");
    struct strbuf value;
    strbuf_init(&value, 0);
    assert_int_equal(table_lookup(table, slice_of("a"), &value), TABLE_FOUND);
    struct slice rest = strbuf_slice(&value);
    assert_true(slice_starts_nocase(rest, slice_of("x, ")));
    assert_true(slice_ends_nocase(rest, slice_of(" z")));
    assert_int_equal(strspn(rest.data, "xyz, "), rest.length);
    strbuf_deinit(&value);
    table_close(table);
    snprintf(name, sizeof name, "file:%s", test->path);
    write_file(test->path, "# maps\n a x\nb y\n");
    snprintf(expected, sizeof expected,
             "%s:2: a line that begins with white space goes on with the one before, and there is none",
             test->path);
    assert_open_fails(name, TABLE_PAIRS, expected);
    write_file(test->path, "a x\n y\na z\n");
    snprintf(expected, sizeof expected, "%s:3: the same key stands above with another value", test->path);
    assert_open_fails(name, TABLE_PAIRS, expected);
}

static void networks_match_by_the_longest_prefix(void **state)
{
    struct table_test *test = *state;
    write_file(test->path, "192.0.2.0/24 wide\n192.0.2.64/26 narrow\n192.0.2.65 host\n2001:db8::/32 six\n");
    struct table *table = open_table("file:", test->path, TABLE_NETWORKS);
    assert_answer(table, "192.0.2.1", TABLE_FOUND, "wide");
    assert_answer(table, "192.0.2.66", TABLE_FOUND, "narrow");
    assert_answer(table, "192.0.2.65", TABLE_FOUND, "host");
    assert_answer(table, "2001:db8:1::1", TABLE_FOUND, "six");
    assert_answer(table, "192.0.3.1", TABLE_MISSING, "");
    assert_answer(table, "nonsense", TABLE_MISSING, "");
    table_close(table);
}

static void domains_are_written_in_any_way(void **state)
{
    struct table_test *test = *state;
    write_file(
        test->path,
        "Example.COM. ok # ours\n  # nothing\n.Bücher.Example\nxn--bcher-kva.example a#b\n[192.0.2.1]\n");
    struct table *table = open_table("file:", test->path, TABLE_DOMAINS);
    assert_answer(table, "example.com", TABLE_FOUND, "ok");
    assert_answer(table, ".xn--bcher-kva.example", TABLE_FOUND, "");
    assert_answer(table, "xn--bcher-kva.example", TABLE_FOUND, "a#b");
    assert_answer(table, "[192.0.2.1]", TABLE_FOUND, "");
    assert_answer(table, "example.com.", TABLE_MISSING, "");
    table_close(table);
}

static void every_broken_line_is_told(void **state)
{
    struct table_test *test = *state;
    char name[80], expected[400];
    snprintf(name, sizeof name, "file:%s", test->path);
    snprintf(expected, sizeof expected,
             "%s:1: 'a..b' is no domain: a label between two dots is empty\n"
             "%s:3: a control byte: the file must be UTF-8 text",
             test->path, test->path);
    write_file(test->path, "a..b\nexample.com\nexa\x01mple.com\n");
    assert_open_fails(name, TABLE_DOMAINS, expected);
}

static void the_network_is_told(void **state)
{
    struct table_test *test = *state;
    struct ip_address address;
    struct ip_network network;
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    write_file(test->path, "192.0.2.0/24\n192.0.2.64/26\n::/0\n");
    struct table *table = open_table("file:", test->path, TABLE_NETWORKS);
    assert_true(ip_address_parse(slice_of("192.0.2.70"), &address));
    assert_int_equal(table_lookup_network(table, &address, &network), TABLE_FOUND);
    ip_network_print(&network, text);
    assert_string_equal(text, "192.0.2.64/26");
    assert_true(ip_address_parse(slice_of("198.51.100.1"), &address));
    assert_int_equal(table_lookup_network(table, &address, &network), TABLE_MISSING);
    table_close(table);
}

static void paths_of_sources(void **state)
{
    (void)state;
    static const struct {
        const char *source, *path;
    } cases[] = {
        {"file:a/b", "a/b"},
        {"lmdb:/x", "/x"},
        {"cdb:x", "x"},
        {"sqlite:/d/b:SELECT 1", "/d/b"},
        {"socketmap:unix:/x:y", NULL},
        {"example.com", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice path;
        bool has_path = table_source_path(slice_of(cases[i].source), &path);
        assert_int_equal(has_path, cases[i].path != NULL);
        if (has_path)
            assert_true(slice_equal(path, slice_of(cases[i].path)));
    }
}

static void a_broken_file_is_told_with_its_line(void **state)
{
    struct table_test *test = *state;
    char name[80], expected[200];
    snprintf(name, sizeof name, "file:%s", test->path);
    write_file(test->path, "192.0.2.0/24\n192.0.2.1/24\n");
    snprintf(expected, sizeof expected,
             "%s:2: '192.0.2.1/24' has bits set behind its prefix: write the network's first address",
             test->path);
    assert_open_fails(name, TABLE_NETWORKS, expected);
    write_file(test->path, "a 1\na 1\nA 2\n");
    snprintf(expected, sizeof expected, "%s:3: the same key stands above with another value", test->path);
    assert_open_fails(name, TABLE_TEXT, expected);
    assert_open_fails("file:/nonexistent", TABLE_TEXT, "/nonexistent: No such file or directory");
}

static void a_renamed_file_is_used_at_the_next_look(void **state)
{
    struct table_test *test = *state;
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    write_file(test->path, "old\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    write_file(fresh, "new\n");
    assert_int_equal(rename(fresh, test->path), 0);
    assert_answer(table, "old", TABLE_FOUND, "");
    table_refresh(table);
    assert_answer(table, "old", TABLE_MISSING, "");
    assert_answer(table, "new", TABLE_FOUND, "");
    table_close(table);
}

static void a_file_being_written_is_left_until_it_keeps_still(void **state)
{
    struct table_test *test = *state;
    write_file(test->path, "old\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    write_file(test->path, "half");
    table_refresh(table);
    assert_answer(table, "old", TABLE_FOUND, "");
    write_file(test->path, "half a file\nwhole\n");
    table_refresh(table);
    assert_answer(table, "old", TABLE_FOUND, "");
    table_refresh(table);
    assert_answer(table, "whole", TABLE_FOUND, "");
    table_close(table);
}

/* Two contents that are exchanged again and again: whoever asks sees one of them, whole. */
enum { EXCHANGE_ENTRIES = 2000, EXCHANGE_ROUNDS = 40 };

struct asking {
    struct table *table;
    atomic_bool is_over;
    size_t asked_count, wrong_count;
};

static void *ask_until_over(void *context)
{
    struct asking *asking = context;
    struct strbuf value;
    strbuf_init(&value, 0);
    for (unsigned i = 0; !atomic_load(&asking->is_over) || asking->asked_count < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%u", i * 7919 % EXCHANGE_ENTRIES);
        strbuf_reset(&value);
        const enum table_answer answer = table_lookup(asking->table, slice_of(key), &value);
        const char *text = strbuf_text(&value);
        bool is_right = answer == TABLE_FOUND && (strcmp(text, "old") == 0 || strcmp(text, "new") == 0);
        asking->wrong_count += !is_right;
        asking->asked_count++;
    }
    strbuf_deinit(&value);
    return NULL;
}

/* Half of the entries, `is_second` tells which. */
static void append_half(const char *path, const char *value, bool is_second)
{
    FILE *file = fopen(path, is_second ? "a" : "w");
    assert_non_null(file);
    for (unsigned i = is_second ? EXCHANGE_ENTRIES / 2 : 0;
         i < (is_second ? EXCHANGE_ENTRIES : EXCHANGE_ENTRIES / 2); i++)
        fprintf(file, "key%u %s\n", i, value);
    assert_int_equal(fclose(file), 0);
}

/* As `mv` puts a new file in the place of an old one. */
static void exchange_by_rename(struct table *table, const char *path, const char *value)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    append_half(fresh, value, false);
    append_half(fresh, value, true);
    assert_int_equal(rename(fresh, path), 0);
    table_refresh(table);
}

/* As `cp` does it: the file is emptied and filled where it stands, and looked at after every step. */
static void exchange_in_place(struct table *table, const char *path, const char *value)
{
    write_file(path, "");
    table_refresh(table);
    append_half(path, value, false);
    table_refresh(table);
    append_half(path, value, true);
    table_refresh(table);
    table_refresh(table);
}

static void assert_never_half(const char *path,
                              void (*exchange)(struct table *table, const char *path, const char *value))
{
    pthread_t threads[2];
    append_half(path, "old", false);
    append_half(path, "old", true);
    struct table *table = open_table("file:", path, TABLE_TEXT);
    struct asking asking[2] = {{.table = table}, {.table = table}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_until_over, &asking[i]), 0);
    for (unsigned round = 0; round < EXCHANGE_ROUNDS; round++) {
        const char *value = round % 2 == 0 ? "new" : "old";
        exchange(table, path, value);
        assert_answer(table, "key1999", TABLE_FOUND, value);
    }
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&asking[i].is_over, true);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(asking[i].wrong_count, 0);
    }
    table_close(table);
}

static void nobody_sees_half_of_a_renamed_file(void **state)
{
    assert_never_half(((struct table_test *)*state)->path, exchange_by_rename);
}

static void nobody_sees_half_of_a_file_written_in_place(void **state)
{
    assert_never_half(((struct table_test *)*state)->path, exchange_in_place);
}

static void trouble_keeps_the_old_entries_and_is_said_once(void **state)
{
    struct table_test *test = *state;
    write_file(test->path, "192.0.2.0/24 kept\n");
    struct table *table = open_table("file:", test->path, TABLE_NETWORKS);
    write_file(test->path, "oops, this is no network\nnor is this\n");
    for (int i = 0; i < 5; i++)
        table_refresh(table);
    assert_answer(table, "192.0.2.1", TABLE_FOUND, "kept");
    unlink(test->path);
    table_refresh(table);
    assert_answer(table, "192.0.2.1", TABLE_FOUND, "kept");
    assert_int_equal(test->errors_logged, 1);
    table_close(table);
}

static void replace_file(const struct table_test *test, const char *text)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    write_file(fresh, text);
    assert_int_equal(rename(fresh, test->path), 0);
}

/* Twice: a new file may have the number of the one before, and is then taken when it has kept still. */
static void look(struct table *table)
{
    table_refresh(table);
    table_refresh(table);
}

static void what_lost_too_much_is_held_back(void **state)
{
    struct table_test *test = *state;
    struct table_status status;
    replace_file(test, "a\nb\nc\nd\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    replace_file(test, "a\nb\n"); /* half of it: not more than half */
    look(table);
    assert_answer(table, "c", TABLE_MISSING, "");
    replace_file(test, "# nothing\n");
    look(table);
    assert_answer(table, "a", TABLE_FOUND, "");
    table_get_status(table, &status);
    assert_true(status.is_held_back && status.is_failing && status.is_counted);
    assert_int_equal(status.entry_count, 2);
    assert_int_equal(status.held_entry_count, 0);
    assert_int_equal(test->errors_logged, 1);
    /* Put right, it counts, and is no trouble any more. */
    replace_file(test, "b\n");
    look(table);
    assert_answer(table, "a", TABLE_MISSING, "");
    table_get_status(table, &status);
    assert_false(status.is_held_back || status.is_failing);
    table_close(table);
}

/* Each content is news once, and so is each trouble. */
static void what_became_of_a_table_is_told_once(void **state)
{
    struct table_test *test = *state;
    struct table_news news;
    replace_file(test, "a\nb\nc\nd\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    table_refresh(table);
    assert_true(table_take_news(table, &news));
    assert_true(news.kind == TABLE_NEWS_LOADED && news.is_counted && !news.has_former);
    assert_int_equal(news.entry_count, 4);
    assert_null(news.reason);
    look(table);
    assert_false(table_take_news(table, &news));
    replace_file(test, "a\nb\nc\n");
    look(table);
    assert_true(table_take_news(table, &news));
    assert_true(news.kind == TABLE_NEWS_LOADED && news.has_former);
    assert_int_equal(news.entry_count, 3);
    assert_int_equal(news.former_entry_count, 4);
    replace_file(test, "a\n");
    look(table);
    assert_true(table_take_news(table, &news));
    assert_true(news.kind == TABLE_NEWS_KEPT && news.entry_count == 3);
    assert_non_null(strstr(news.reason, "of 3 entries 1 are left"));
    free(news.reason);
    look(table);
    assert_false(table_take_news(table, &news));
    replace_file(test, "a\nb\nc\n");
    look(table);
    unlink(test->path);
    look(table);
    assert_true(table_take_news(table, &news));
    assert_int_equal(news.kind, TABLE_NEWS_FAILED);
    assert_non_null(news.reason);
    free(news.reason);
    table_close(table);
}

static void what_is_meant_to_shrink_is_accepted(void **state)
{
    struct table_test *test = *state;
    struct strbuf problem;
    struct table_status status;
    strbuf_init(&problem, 0);
    replace_file(test, "a\nb\nc\nd\n");
    struct table *table = open_table("file:", test->path, TABLE_TEXT);
    assert_false(table_accept_shrunk(table));
    replace_file(test, "d\n");
    assert_true(
        table_renew(table, &problem)); /* a configuration that names it again goes on with the former */
    assert_answer(table, "a", TABLE_FOUND, "");
    table_get_status(table, &status);
    assert_true(status.is_held_back);
    replace_file(test, "");
    assert_true(table_accept_shrunk(table)); /* as it is now */
    assert_answer(table, "d", TABLE_MISSING, "");
    table_get_status(table, &status);
    assert_false(status.is_held_back);
    assert_int_equal(status.entry_count, 0);
    table_limit_shrinking(table, 100);
    replace_file(test, "a\nb\nc\nd\n");
    look(table);
    replace_file(test, "d\n");
    look(table);
    assert_answer(table, "a", TABLE_MISSING, "");
    table_limit_shrinking(table, 0);
    replace_file(test, "e\nf\n");
    look(table);
    replace_file(test, "e\n");
    look(table);
    assert_answer(table, "f", TABLE_FOUND, "");
    strbuf_deinit(&problem);
    table_close(table);
}

/* ---- databases -------------------------------------------------------------------------------------- */

static void make_cdb(const char *path, const char *key, size_t key_bytes, const char *value,
                     size_t value_bytes)
{
    struct cdb_make maker;
    int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(cdb_make_start(&maker, descriptor), 0);
    assert_int_equal(cdb_make_add(&maker, key, (unsigned)key_bytes, value, (unsigned)value_bytes), 0);
    assert_int_equal(cdb_make_finish(&maker), 0);
    close(descriptor);
}

static void cdb_is_read_with_and_without_final_nul(void **state)
{
    struct table_test *test = *state;
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s.cdb", test->path);
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    make_cdb(path, "ann", 4, "x", 2);
    struct table *table = open_table("cdb:", test->path, TABLE_TEXT);
    assert_answer(table, "Ann", TABLE_FOUND, "x");
    assert_answer(table, "bob", TABLE_MISSING, "");
    make_cdb(fresh, "bob", 3, "y", 1);
    assert_int_equal(rename(fresh, path), 0);
    table_refresh(table);
    assert_answer(table, "bob", TABLE_FOUND, "y");
    table_close(table);
}

/* As `cp` does it, step by step. */
static void copy_over(struct table *table, const char *from, const char *to, const char *key)
{
    char bytes[65536];
    FILE *source = fopen(from, "r"), *target = fopen(to, "w");
    assert_true(source != NULL && target != NULL);
    const size_t length = fread(bytes, 1, sizeof bytes, source);
    assert_true(length > 100 && length < sizeof bytes);
    fclose(source);
    for (size_t done = 0; done < length;) {
        table_refresh(table);
        assert_int_not_equal(table_lookup(table, slice_of(key), NULL), TABLE_MISSING);
        const size_t count = length - done > length / 5 ? length / 5 : length - done;
        assert_int_equal(fwrite(bytes + done, 1, count, target), count);
        assert_int_equal(fflush(target), 0);
        done += count;
    }
    fclose(target);
    table_refresh(table);
    table_refresh(table);
}

static void a_cdb_written_over_counts_when_it_is_whole(void **state)
{
    struct table_test *test = *state;
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s.cdb", test->path);
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    make_cdb(path, "ann", 4, "x", 2);
    struct table *table = open_table("cdb:", test->path, TABLE_TEXT);
    make_cdb(fresh, "ann", 3, "another", 7);
    copy_over(table, fresh, path, "ann");
    assert_answer(table, "ann", TABLE_FOUND, "another");
    write_file(path, "this is none");
    for (int i = 0; i < 4; i++)
        table_refresh(table);
    assert_answer(table, "ann", TABLE_FOUND, "another");
    assert_int_equal(test->errors_logged, 1);
    table_close(table);
}

static void make_lmdb(const char *path, const char *key, const char *value)
{
    MDB_env *environment;
    MDB_txn *transaction;
    MDB_dbi database;
    MDB_val key_bytes = {strlen(key), (void *)(uintptr_t)key},
            value_bytes = {strlen(value), (void *)(uintptr_t)value};
    assert_int_equal(mdb_env_create(&environment), 0);
    assert_int_equal(mdb_env_open(environment, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
    assert_int_equal(mdb_txn_begin(environment, NULL, 0, &transaction), 0);
    assert_int_equal(mdb_dbi_open(transaction, NULL, 0, &database), 0);
    assert_int_equal(mdb_put(transaction, database, &key_bytes, &value_bytes, 0), 0);
    assert_int_equal(mdb_txn_commit(transaction), 0);
    mdb_env_close(environment);
}

static void an_empty_cdb_is_held_back(void **state)
{
    struct table_test *test = *state;
    struct table_status status;
    struct cdb_make maker;
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s.cdb", test->path);
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    make_cdb(path, "ann", 3, "x", 1);
    struct table *table = open_table("cdb:", test->path, TABLE_TEXT);
    const int descriptor = open(fresh, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(cdb_make_start(&maker, descriptor), 0);
    assert_int_equal(cdb_make_finish(&maker), 0);
    close(descriptor);
    assert_int_equal(rename(fresh, path), 0);
    table_refresh(table);
    assert_answer(table, "ann", TABLE_FOUND, "x");
    table_get_status(table, &status);
    assert_true(status.is_held_back);
    assert_int_equal(status.entry_count, 1);
    assert_true(table_accept_shrunk(table));
    assert_answer(table, "ann", TABLE_MISSING, "");
    table_close(table);
}

static void lmdb_sees_what_is_written_in_place(void **state)
{
    struct table_test *test = *state;
    char path[80];
    snprintf(path, sizeof path, "%s.lmdb", test->path);
    make_lmdb(path, "ann", "x");
    struct table *table = open_table("lmdb:", test->path, TABLE_TEXT);
    assert_answer(table, "ANN", TABLE_FOUND, "x");
    make_lmdb(path, "bob", "y");
    assert_answer(table, "bob", TABLE_FOUND, "y");
    assert_answer(table, "carol", TABLE_MISSING, "");
    table_close(table);
}

static void an_lmdb_written_over_is_unknown_until_it_is_whole(void **state)
{
    struct table_test *test = *state;
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s.lmdb", test->path);
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    make_lmdb(path, "ann", "x");
    struct table *table = open_table("lmdb:", test->path, TABLE_TEXT);
    assert_answer(table, "ann", TABLE_FOUND, "x");
    make_lmdb(fresh, "ann", "another");
    copy_over(table, fresh, path, "ann");
    assert_answer(table, "ann", TABLE_FOUND, "another");
    assert_int_equal(test->errors_logged, 1);
    table_close(table);
}

static void sqlite_answers_by_a_query(void **state)
{
    struct table_test *test = *state;
    char path[80], name[200];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s.db", test->path);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(database, "CREATE TABLE owner(login, address); INSERT INTO owner VALUES('ann', 'a@x')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(database);
    snprintf(name, sizeof name, "%s:SELECT address FROM owner WHERE login = ?", path);
    struct table *table = open_table("sqlite:", name, TABLE_TEXT);
    assert_answer(table, "ann", TABLE_FOUND, "a@x");
    assert_answer(table, "' OR 1=1 --", TABLE_MISSING, "");
    table_close(table);
    snprintf(name, sizeof name, "sqlite:%s:DELETE FROM owner WHERE login = ?", path);
    char expected[200];
    snprintf(expected, sizeof expected, "%s: the query must be a SELECT with one ? for the key", path);
    assert_open_fails(name, TABLE_TEXT, expected);
    snprintf(name, sizeof name, "sqlite:%s:SELECT 1 FROM owner WHERE login = ?; SELECT 2", path);
    assert_open_fails(name, TABLE_TEXT, expected);
}

/* Runs statements on a database of its own connection. */
static void change_database(const char *path, const char *statements)
{
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, statements, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

static const char owner_query[] = "SELECT address FROM owner WHERE login = ?";

/* The table of test->path + ".db", with these rows. */
static struct table *open_owners(const struct table_test *test, const char *rows)
{
    char path[80], name[200], statements[300];
    snprintf(path, sizeof path, "%s.db", test->path);
    snprintf(statements, sizeof statements, "CREATE TABLE owner(login, address); INSERT INTO owner VALUES %s",
             rows);
    change_database(path, statements);
    snprintf(name, sizeof name, "%s:%s", path, owner_query);
    return open_table("sqlite:", name, TABLE_TEXT);
}

static void all_rows_of_a_query_count(void **state)
{
    struct table *table =
        open_owners(*state, "('ann', 'a@x'), ('ann', 'b@x'), ('ben', 'c@x'), ('ann', 'd@x')");
    assert_answer(table, "ann", TABLE_FOUND, "a@x, b@x, d@x");
    assert_answer(table, "ben", TABLE_FOUND, "c@x");
    assert_int_equal(table_lookup(table, slice_of("ann"), NULL), TABLE_FOUND);
    table_close(table);
}

static void too_many_rows_are_unknown(void **state)
{
    struct table_test *test = *state;
    struct table *table = open_owners(test, "('ann', 'a@x')");
    char path[80];
    snprintf(path, sizeof path, "%s.db", test->path);
    change_database(
        path, "INSERT INTO owner WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
              "10000) SELECT 'ann', 'address-' || i || '@example.com' FROM n");
    assert_answer(table, "ann", TABLE_UNKNOWN, "");
    assert_int_equal(table_lookup(table, slice_of("ann"), NULL), TABLE_FOUND);
    table_close(table);
}

static void a_database_replaced_by_mv_is_seen(void **state)
{
    struct table_test *test = *state;
    struct table *table = open_owners(test, "('ann', 'a@x')");
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s.db", test->path);
    snprintf(fresh, sizeof fresh, "%s.new", test->path);
    change_database(fresh, "CREATE TABLE owner(login, address); INSERT INTO owner VALUES ('ben', 'b@x')");
    assert_int_equal(rename(fresh, path), 0);
    table_refresh(table);
    assert_answer(table, "ann", TABLE_MISSING, "");
    assert_answer(table, "ben", TABLE_FOUND, "b@x");
    /* One that the query does not fit leaves the one in use, until it is put right. */
    change_database(fresh, "CREATE TABLE other(login)");
    assert_int_equal(rename(fresh, path), 0);
    table_refresh(table);
    table_refresh(table);
    assert_answer(table, "ben", TABLE_FOUND, "b@x");
    assert_int_equal(test->errors_logged, 1);
    change_database(path, "CREATE TABLE owner(login, address); INSERT INTO owner VALUES ('carl', 'c@x')");
    table_refresh(table);
    assert_answer(table, "carl", TABLE_FOUND, "c@x");
    table_close(table);
}

static void *ask_locked(void *table)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    const enum table_answer answer = table_lookup(table, slice_of("ann"), &value);
    strbuf_deinit(&value);
    return answer == TABLE_UNKNOWN ? table : NULL;
}

/* The time that `count` lookups at once take, all of which find the database locked. */
static uint64_t locked_time_us(struct table *table, size_t count)
{
    pthread_t threads[24];
    const uint64_t from_us = clock_system_monotonic_us(NULL);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_locked, table), 0);
    for (size_t i = 0; i < count; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, table);
    }
    return clock_system_monotonic_us(NULL) - from_us;
}

/* Each waits for its own while, not for those of all who came before: compared with the time of one. */
static void a_locked_database_costs_each_waiter_its_own_time(void **state)
{
    struct table_test *test = *state;
    struct table *table = open_owners(test, "('ann', 'a@x')");
    char path[80];
    sqlite3 *writer;
    snprintf(path, sizeof path, "%s.db", test->path);
    assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    const uint64_t alone_us = locked_time_us(table, 1);
    assert_true(locked_time_us(table, 24) < 8 * alone_us);
    assert_int_equal(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(writer);
    assert_answer(table, "ann", TABLE_FOUND, "a@x");
    table_close(table);
}

static void a_query_without_end_is_broken_off(void **state)
{
    struct table_test *test = *state;
    char name[300];
    snprintf(
        name, sizeof name,
        "%s:WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0 AND ? <> ''",
        test->path);
    write_file(test->path, "");
    struct table *table = open_table("sqlite:", name, TABLE_TEXT);
    assert_answer(table, "ann", TABLE_UNKNOWN, "");
    assert_answer(table, "ann", TABLE_UNKNOWN, "");
    assert_int_equal(test->errors_logged, 1);
    table_close(table);
}

static void names_of_tables_are_checked(void **state)
{
    (void)state;
    static const char help[] =
        "write socketmap:inet:127.0.0.1:PORT:NAME or socketmap:unix:/path:NAME (a numeric address)";
    assert_true(table_is_source(slice_of("file:/x")));
    assert_false(table_is_source(slice_of("example.com")));
    assert_open_fails("socketmap:inet:localhost:1:x", TABLE_TEXT, help);
    assert_open_fails("socketmap:inet:127.0.0.1:70000:x", TABLE_TEXT, help);
    assert_open_fails("socketmap:unix:/x:", TABLE_TEXT, help);
    assert_open_fails("cdb:/x", TABLE_NETWORKS, "networks are kept in a file:");
    assert_open_fails("sqlite:/x", TABLE_TEXT, "write sqlite:PATH:SELECT value FROM table WHERE key = ?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_gives_values_without_regard_to_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(logins_are_looked_up_with_a_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_goes_on_in_the_next_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(networks_match_by_the_longest_prefix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_file_is_told_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(domains_are_written_in_any_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_line_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_network_is_told, set_up, tear_down),
        cmocka_unit_test(paths_of_sources),
        cmocka_unit_test_setup_teardown(a_renamed_file_is_used_at_the_next_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_being_written_is_left_until_it_keeps_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_sees_half_of_a_renamed_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_sees_half_of_a_file_written_in_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trouble_keeps_the_old_entries_and_is_said_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_lost_too_much_is_held_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_meant_to_shrink_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_cdb_is_held_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cdb_is_read_with_and_without_final_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lmdb_sees_what_is_written_in_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cdb_written_over_counts_when_it_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_lmdb_written_over_is_unknown_until_it_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sqlite_answers_by_a_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_rows_of_a_query_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_rows_are_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_database_replaced_by_mv_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_locked_database_costs_each_waiter_its_own_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_query_without_end_is_broken_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_became_of_a_table_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_tables_are_checked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
