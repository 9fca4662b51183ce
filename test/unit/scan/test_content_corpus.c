/*
 * Every message of the corpus (test/data/mime/make_cases.py): the class in its file name is what the scan
 * must find, and the facts are the same however the body is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan_message.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

static const char folder[] = "../fuzz/corpus/mime";

enum { CUT_EVERYWHERE_BYTES = 2500 }; /* longer bodies are cut at some places only */

static struct slice read_file(void *owner, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = talloc_size(owner, 1 << 20);
    size_t length = fread(data, 1, 1 << 20, file);
    fclose(file);
    return slice_make(data, length);
}

static unsigned for_each_case(void (*check)(const char *name, struct slice raw))
{
    struct dirent **entries;
    unsigned count = 0;
    int found = scandir(folder, &entries, NULL, alphasort);
    assert_true(found > 0);
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.') {
            void *owner = talloc_new(NULL);
            check(entries[i]->d_name, read_file(owner, entries[i]->d_name));
            talloc_free(owner);
            count++;
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

static bool has_class(const char *name, const char *class)
{
    return strncmp(name, class, strlen(class)) == 0;
}

static bool is_right(const char *name, const struct attachment_list *list)
{
    bool is_blocked = scan_has_extension(list, "exe");
    unsigned conditions = scan_conditions(list);
    if (has_class(name, "blocked-"))
        return is_blocked;
    if (has_class(name, "disguised-"))
        return scan_executable(list) != NULL && !is_blocked;
    if (has_class(name, "ambiguous-"))
        return (conditions & ATTACHMENT_AMBIGUOUS) != 0;
    if (has_class(name, "alternatives-"))
        return conditions == ATTACHMENT_ALTERNATIVES && !is_blocked && scan_executable(list) == NULL;
    if (has_class(name, "uninspectable-"))
        return (conditions & ATTACHMENT_UNINSPECTABLE) != 0;
    if (has_class(name, "encrypted-"))
        return conditions == ATTACHMENT_ENCRYPTED && !is_blocked;
    if (has_class(name, "partial-"))
        return (conditions & ATTACHMENT_PARTIAL) != 0;
    return has_class(name, "honest-") && !is_blocked &&
           (conditions & ~(unsigned)ATTACHMENT_ALTERNATIVES) == 0 && scan_executable(list) == NULL;
}

static unsigned wrong_count;

static void check_class(const char *name, struct slice raw)
{
    void *owner = talloc_new(NULL);
    const struct attachment_list *list = scan_message(owner, raw, NULL, (struct scan_cuts){0});
    if (list == NULL || !is_right(name, list)) {
        wrong_count++;
        print_message("%s:\n%s", name, scan_describe(owner, list));
    }
    talloc_free(owner);
}

static void finds_what_the_class_says(void **state)
{
    (void)state;
    assert_true(for_each_case(check_class) > 100);
    assert_int_equal(wrong_count, 0);
}

static void assert_same_facts(const char *name, struct slice raw, const char *expected, struct scan_cuts cuts)
{
    void *owner = talloc_new(NULL);
    char *facts = scan_describe(owner, scan_message(owner, raw, NULL, cuts));
    if (strcmp(facts, expected) != 0) {
        print_message("%s, pieces of %zu, cut at %zu:\n%sinstead of\n%s", name, cuts.piece_bytes,
                      cuts.first_cut, facts, expected);
        fail();
    }
    talloc_free(owner);
}

static void check_cuts(const char *name, struct slice raw)
{
    void *owner = talloc_new(NULL);
    char *expected = scan_describe(owner, scan_message(owner, raw, NULL, (struct scan_cuts){0}));
    size_t step = raw.length > CUT_EVERYWHERE_BYTES ? raw.length / 97 : 1;
    for (size_t cut = 1; cut < raw.length; cut += step)
        assert_same_facts(name, raw, expected, (struct scan_cuts){.first_cut = cut});
    for (size_t piece = 1; piece < 8; piece++)
        assert_same_facts(name, raw, expected, (struct scan_cuts){.piece_bytes = piece});
    talloc_free(owner);
}

static void facts_do_not_depend_on_cuts(void **state)
{
    (void)state;
    for_each_case(check_cuts);
}

static void check_guarded(const char *name, struct slice raw)
{
    void *owner = talloc_new(NULL);
    char *expected = scan_describe(owner, scan_message(owner, raw, NULL, (struct scan_cuts){0}));
    assert_same_facts(name, raw, expected, (struct scan_cuts){.guarded = true});
    assert_same_facts(name, raw, expected, (struct scan_cuts){.guarded = true, .piece_bytes = 31});
    talloc_free(owner);
}

static void nothing_is_read_beyond_the_input(void **state)
{
    (void)state;
    for_each_case(check_guarded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_class_says),
        cmocka_unit_test(facts_do_not_depend_on_cuts),
        cmocka_unit_test(nothing_is_read_beyond_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
