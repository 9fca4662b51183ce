/* Options: what is read, what is refused, what is suggested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/options.h"

#include <string.h>

struct read {
    const char *config;
    bool json;
    struct option_list recipients;
    struct option_list arguments;
};

enum { WORDS_MAX = 10 };

static struct strbuf problem;

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct read, config), "FILE", "a file"},
    {"json", 'j', OPTION_FLAG, offsetof(struct read, json), NULL, "as JSON"},
    {0},
};

/* Of another table, as the control socket's are. */
static const struct option more_options[] = {
    {"rcpt", 't', OPTION_LIST, offsetof(struct read, recipients), "ADDRESS", "a recipient"},
    {0},
};

/* What is wrong, if anything, is in `problem`. */
static enum options_result read_words(struct read *read, const char *const *words)
{
    char *argv[WORDS_MAX + 1] = {0};
    const struct option_values into[] = {{options, read}, {more_options, read}, {0}};
    for (int i = 0; words[i] != NULL; i++)
        argv[i] = (char *)words[i];
    *read = (struct read){0};
    strbuf_reset(&problem);
    return options_read(into, argv, &read->arguments, &problem);
}

static void free_read(struct read *read)
{
    options_free(&(struct option_values){more_options, read});
    options_free_list(&read->arguments);
}

static void reads_every_form(void **state)
{
    (void)state;
    struct read read;
    const char *const words[] = {"try", "-cA",    "--rcpt=x", "message", "-t",
                                 "y",   "--json", "--",       "--json",  NULL};
    assert_int_equal(read_words(&read, words), OPTIONS_READ);
    assert_string_equal(read.config, "A");
    assert_true(read.json);
    assert_int_equal(read.recipients.count, 2);
    assert_string_equal(read.recipients.items[0], "x");
    assert_string_equal(read.recipients.items[1], "y");
    assert_int_equal(read.arguments.count, 2);
    assert_string_equal(read.arguments.items[0], "message");
    assert_string_equal(read.arguments.items[1], "--json");
    free_read(&read);
}

static void the_last_text_counts(void **state)
{
    (void)state;
    struct read read;
    const char *const words[] = {"try", "--config", "A", "-c", "B", "-", NULL};
    assert_int_equal(read_words(&read, words), OPTIONS_READ);
    assert_string_equal(read.config, "B");
    assert_string_equal(read.arguments.items[0], "-");
    free_read(&read);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const wrong[][4] = {
        {"try", "--confg", "A", NULL}, {"try", "-x", NULL},      {"try", "--config", NULL},
        {"try", "--json=1", NULL},     {"try", "--jso", NULL},   {"try", "-t", NULL},
        {"try", "--", NULL},           {"try", "---json", NULL},
    };
    struct read read;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bool is_right = strcmp(wrong[i][1], "--") == 0;
        assert_int_equal(read_words(&read, wrong[i]), is_right ? OPTIONS_READ : OPTIONS_WRONG);
        free_read(&read);
    }
}

static void says_what_was_meant(void **state)
{
    (void)state;
    struct read read;
    const char *const wrong[] = {"try", "--confg", "A", NULL}, *const other[] = {"try", "--rcp", "A", NULL};
    assert_int_equal(read_words(&read, wrong), OPTIONS_WRONG);
    assert_string_equal(strbuf_text(&problem), "there is no option --confg (did you mean --config?)");
    assert_int_equal(read_words(&read, other), OPTIONS_WRONG);
    assert_string_equal(strbuf_text(&problem), "there is no option --rcp (did you mean --rcpt?)");
}

static void help_is_found_before_what_is_wrong(void **state)
{
    (void)state;
    struct read read;
    const char *const words[] = {"try", "-h", "--confg", NULL};
    assert_int_equal(read_words(&read, words), OPTIONS_HELP);
}

static void suggests_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {"serve", "check", "try", NULL};
    assert_string_equal(options_suggest("sevre", words), "serve");
    assert_string_equal(options_suggest("chek", words), "check");
    assert_string_equal(options_suggest("tyr", words), "try");
    assert_null(options_suggest("frobnicate", words));
    assert_null(options_suggest("", words));
    assert_null(options_suggest("a-word-that-is-much-longer-than-any-command-there-is", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(the_last_text_counts),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(says_what_was_meant),
        cmocka_unit_test(help_is_found_before_what_is_wrong),
        cmocka_unit_test(suggests_what_was_meant),
    };
    strbuf_init(&problem, 0);
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_deinit(&problem);
    return failed_count;
}
