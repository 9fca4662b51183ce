/* `closedrelay replay`: what another configuration would have done to recorded mail. */
#include "commands/command.h"
#include "history/history_source.h"

#include "commands/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct replay_options {
    const char *config, *record_of, *since, *until, *examples, *columns, *html;
    bool json, accounts;
};

static bool read_query(const struct replay_options *options, struct policy_replay_query *query,
                       struct policy_history_page *page)
{
    char *end = NULL;
    *query = (struct policy_replay_query){
        .new_config = options->config,
        .since = options->since,
        .until = options->until,
        .now_us = clock_system_wall_us(NULL),
    };
    if (options->config == NULL) {
        complain("replay", "which configuration? --config NEW");
        return false;
    }
    const unsigned long examples = options->examples == NULL ? 3 : strtoul(options->examples, &end, 10);
    if ((end != NULL && *end != '\0') || examples > 20) {
        complain("--examples", "'%s' is no number from 0 to 20", options->examples);
        return false;
    }
    query->examples = (unsigned)examples;
    if (!history_page_for_terminal(options->columns, page))
        return false;
    page->form = options->json ? HISTORY_JSON : options->html != NULL ? HISTORY_HTML : HISTORY_TEXT;
    return true;
}

static int finish(enum policy_replay_result result, const char *path, struct strbuf *out)
{
    if (result == REPLAY_TOLD && !out->failed)
        return history_write("replay", path, out);
    if (result == REPLAY_BAD_CONFIG)
        problems_print(out);
    else
        complain("replay", "%s", out->failed ? "out of memory" : strbuf_text(out));
    return result == REPLAY_BAD_CONFIG ? EX_CONFIG : EX_NOINPUT;
}

/* `--accounts`: which logins would have looked stolen. The configuration is optional, for its weights. */
static int run_accounts(struct command_call *call)
{
    const struct replay_options *options = call->options;
    struct policy_history_page page;
    struct history_terminal terminal;
    struct strbuf out;
    const struct policy_accounts_query query = {.config = options->config,
                                                .since = options->since,
                                                .until = options->until,
                                                .now_us = clock_system_wall_us(NULL)};
    if (!history_page_for_terminal(options->columns, &page))
        return EX_USAGE;
    page.form = options->json ? HISTORY_JSON : HISTORY_TEXT;
    const struct policy_history_source source =
        history_source(&call->arguments, options->record_of, &terminal);
    strbuf_init(&out, 0);
    const enum policy_replay_result result = policy_replay_accounts(&source, &query, &page, &out);
    history_source_finish(&terminal);
    const int status = finish(result, NULL, &out);
    strbuf_deinit(&out);
    return status;
}

static int run(struct command_call *call)
{
    const struct replay_options *options = call->options;
    struct policy_replay_query query;
    struct policy_history_page page;
    struct history_terminal terminal;
    struct strbuf out;
    if (options->accounts)
        return run_accounts(call);
    if (!read_query(options, &query, &page))
        return EX_USAGE;
    const struct policy_history_source source =
        history_source(&call->arguments, options->record_of, &terminal);
    strbuf_init(&out, 0);
    const enum policy_replay_result result = policy_replay(&source, &query, &page, &out);
    history_source_finish(&terminal);
    const int status = finish(result, options->html, &out);
    strbuf_deinit(&out);
    return status;
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct replay_options, config), "NEW",
     "the configuration to judge by"},
    {"since", 's', OPTION_TEXT, offsetof(struct replay_options, since), "TIME",
     "only messages from then on: 2026-11-30, 7d (ago), yesterday, last-week, …"},
    {"until", 'u', OPTION_TEXT, offsetof(struct replay_options, until), "TIME", "only messages before that"},
    {"examples", 'n', OPTION_TEXT, offsetof(struct replay_options, examples), "N",
     "examples of each reason, 3 if nothing is said"},
    {"accounts", 'a', OPTION_FLAG, offsetof(struct replay_options, accounts), NULL,
     "tell which logins would have looked stolen, and when; NEW is optional then"},
    {"json", 'j', OPTION_FLAG, offsetof(struct replay_options, json), NULL,
     "print one JSON object; with --accounts one a line"},
    {"html", '\0', OPTION_TEXT, offsetof(struct replay_options, html), "FILE",
     "write a page to FILE (-: standard output); it has no script and needs no other file"},
    {"record-of", '\0', OPTION_TEXT, offsetof(struct replay_options, record_of), "FILE",
     "the daemon's present configuration, to find the record"},
    {"columns", '\0', OPTION_TEXT, offsetof(struct replay_options, columns), "N",
     "the width of the text; that of the terminal, else 80"},
    {0},
};

const struct command replay_command = {
    .name = "replay",
    .arguments = "[FILE…]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .help = "tell what another configuration would have done to the recorded mail",
    .summary =
        "Judges the recorded messages by the configuration NEW, with the functions that judge live mail and in the\n"
        "records' own time, and tells how many of them, and of how many users, would have ended otherwise, by which\n"
        "check. What the record cannot know is named and counted, never guessed. Reads the files of audit.file and\n"
        "those closed before, or the FILEs. Exit status 78 where NEW has errors.\n"
        "With --accounts it looks for stolen accounts instead: it begins knowing nothing, learns from the records as it\n"
        "goes, and tells each step of the ladder note, warn, slow, hold, lock (docs/accounts.md).",
    .options = options,
    .options_bytes = sizeof(struct replay_options),
    .run = run,
};
