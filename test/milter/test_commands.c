/*
 * A command of the daemon's, from the words at its caller's end over the control socket's line to its answer.
 *
 * The table of commands is the test's own, and there is no socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sysexits.h>

#include "control/control_call.h"
#include "control/control_command.h"
#include "control/control_line.h"

enum { WORDS_MAX = 12 };

/* ---- the commands ------------------------------------------------------------------------------------ */

struct greet_options {
    const char *reason;
    struct option_list also;
    bool loudly;
};

static int greet(struct control_call *call)
{
    const struct greet_options *options = call->request->options;
    if (call->request->arguments.count == 0) {
        answer_refuse(call->answer, "nobody is to be greeted");
        return EX_DATAERR;
    }
    answer_text(call->answer, "whom", "whom", call->request->arguments.items[0]);
    answer_text(call->answer, "reason", "reason", options->reason);
    answer_bool(call->answer, "loudly", "loudly", options->loudly);
    answer_open_list(call->answer, "also", "also");
    for (size_t i = 0; i < options->also.count; i++)
        answer_text(call->answer, NULL, "", options->also.items[i]);
    answer_close(call->answer);
    answer_text(call->answer, NULL, "by", call->caller->name);
    return EX_OK;
}

static const struct option greet_options[] = {
    {"reason", 'r', OPTION_TEXT, offsetof(struct greet_options, reason), "TEXT", "why"},
    {"also", 'a', OPTION_LIST, offsetof(struct greet_options, also), "WHOM", "somebody else"},
    {"loudly", 'l', OPTION_FLAG, offsetof(struct greet_options, loudly), NULL, "be heard"},
    {0},
};

static const struct command greet_command = {
    .name = "greet",
    .arguments = "[WHOM]",
    .arguments_max = 1,
    .help = "greets",
    .summary = "Greets.",
    .options = greet_options,
    .options_bytes = sizeof(struct greet_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = greet,
};

static int erase(struct control_call *call)
{
    answer_line(call->answer, "erased");
    return EX_OK;
}

static const struct command erase_command = {
    .name = "erase", .arguments = "", .summary = "", .right = COMMAND_FOR_ROOT, .serve = erase};

static int stay(struct command_call *call)
{
    (void)call;
    return EX_OK;
}

static const struct command stay_command = {.name = "stay", .arguments = "", .summary = "", .run = stay};

const struct command *const command_table[] = {&greet_command, &erase_command, &stay_command, NULL};

/* ---- the ends of the socket --------------------------------------------------------------------------- */

static struct control_caller caller;

const struct control_caller *control_connection_caller(const struct control_connection *connection)
{
    (void)connection;
    return &caller;
}

const struct option *control_command_options(const struct command *command)
{
    static const struct option options[] = {
        {"json", 'j', OPTION_FLAG, offsetof(struct control_options, json), NULL, ""}, {0}};
    return command->has_json ? options : options + 1;
}

static struct strbuf sent;

int control_command_ask(const struct command_call *call, const struct control_options *options)
{
    strbuf_reset(&sent);
    control_line_write(call, options->json, &sent);
    return EX_OK;
}

/* What the caller's end sends for these words. */
static const char *line_for(const char *const *words)
{
    char *argv[WORDS_MAX + 1] = {0};
    for (size_t i = 0; words[i] != NULL; i++)
        argv[i] = (char *)words[i];
    assert_int_equal(command_run(command_find(words[0]), argv), EX_OK);
    return strbuf_text(&sent);
}

static struct strbuf answered;

/* What the daemon does of that line. */
static int status_of(const char *line)
{
    char copy[256], *argv[WORDS_MAX + 1] = {0};
    snprintf(copy, sizeof copy, "%s", line);
    const int argc = control_line_split(copy, argv, WORDS_MAX);
    assert_true(argc > 0);
    strbuf_reset(&answered);
    return control_call_handle(NULL, NULL, argc, argv, &answered);
}

static void assert_answer(const char *line, int status, const char *expected)
{
    assert_int_equal(status_of(line), status);
    assert_string_equal(strbuf_text(&answered), expected);
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static void lines_are_split_at_blanks(void **state)
{
    (void)state;
    char *words[3];
    char line[] = "  one two   three\r", more[] = "1 2 3 4", empty[] = "", blank[] = "   ";
    assert_int_equal(control_line_split(line, words, 3), 3);
    assert_string_equal(words[0], "one");
    assert_string_equal(words[2], "three");
    assert_int_equal(control_line_split(more, words, 3), -1);
    assert_int_equal(control_line_split(empty, words, 3), 0);
    assert_int_equal(control_line_split(blank, words, 3), 0);
}

static void words_are_decoded(void **state)
{
    (void)state;
    char good[] = "%20a%25%c3%A4", short_one[] = "a%4", no_digits[] = "%zz", nul[] = "a%00b";
    assert_true(control_line_decode(good));
    assert_string_equal(good, " a%\xc3\xa4");
    assert_false(control_line_decode(short_one));
    assert_false(control_line_decode(no_digits));
    assert_false(control_line_decode(nul));
}

static void what_is_typed_is_what_the_daemon_reads(void **state)
{
    (void)state;
    const char *const words[] = {"greet",  "-r", "two words, 100%", "--also=x", "-l", "-a", "--y",
                                 "--json", "--", "-ann\n",          NULL};
    const char *line = line_for(words);
    assert_string_equal(line, "greet --reason=two%20words,%20100%25 --also=x --also=--y --loudly --json -- "
                              "-ann%0A");
    assert_answer(
        line, EX_OK,
        "{\"whom\":\"-ann\\u000a\",\"reason\":\"two words, 100%\",\"loudly\":true,\"also\":[\"x\",\"--y\"]}\n");
    const char *const few[] = {"greet", "ann", NULL};
    assert_answer(
        line_for(few), EX_OK,
        "whom          ann\nreason        -\nloudly        no\nalso          none\nby            bob\n");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_answer("greet", EX_DATAERR, "nobody is to be greeted\n");
    assert_answer("greet --json", EX_DATAERR, "nobody is to be greeted\n");
    assert_answer("greet a b", EX_USAGE, "usage: closedrelay greet [OPTION]… [WHOM]\n");
    assert_answer("greet --reson=x a", EX_USAGE, "there is no option --reson (did you mean --reason?)\n");
    assert_answer("greet --help", EX_USAGE, "usage: closedrelay greet [OPTION]… [WHOM]\n");
    assert_answer("greet %", EX_PROTOCOL, "'%' is not percent-encoded\n");
    assert_answer("stay", EX_USAGE, "the daemon knows no command 'stay'\n");
    assert_answer("go", EX_USAGE, "the daemon knows no command 'go'\n");
}

static void what_is_for_root_is_for_root(void **state)
{
    (void)state;
    assert_answer("erase", EX_NOPERM, "only root and the daemon's user may do that\n");
    caller.is_root = true;
    assert_answer("erase", EX_OK, "erased\n");
    assert_answer("erase --json", EX_USAGE, "there is no option --json\n");
    caller.is_root = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split_at_blanks),
        cmocka_unit_test(words_are_decoded),
        cmocka_unit_test(what_is_typed_is_what_the_daemon_reads),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(what_is_for_root_is_for_root),
    };
    strbuf_init(&sent, 0);
    strbuf_init(&answered, 0);
    caller = (struct control_caller){.user_id = 1000, .name = "bob"};
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_deinit(&sent);
    strbuf_deinit(&answered);
    return failed_count;
}
