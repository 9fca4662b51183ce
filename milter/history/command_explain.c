/* `closedrelay explain`: the story of one message. */
#include "commands/command.h"
#include "doctor/command_output.h"
#include "history/history_source.h"
#include "policy_query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { PASTED_BYTES_MAX = 1 << 20, ACCOUNT_BYTES_MAX = 1 << 20, EXIT_NOT_FOUND = 1 };

struct explain_options {
    const char *config, *since, *until, *top, *columns, *html;
    bool json, masked;
};

/* A bounce, pasted into standard input. */
static bool read_pasted(struct strbuf *text)
{
    char chunk[4096];
    for (size_t count; (count = fread(chunk, 1, sizeof chunk, stdin)) > 0 && text->length < PASTED_BYTES_MAX;)
        strbuf_append(text, chunk, count);
    if (text->length > 0 && !text->failed)
        return true;
    complain("explain", "nothing came over standard input");
    return false;
}

static bool read_query(const struct explain_options *options, const char *what,
                       struct policy_explain_query *query, struct policy_history_page *page)
{
    char *end = NULL;
    if (strspn(what, " \t\r\n") == strlen(what)) {
        complain("explain", "name what is to be explained: the id in the refusal, a queue id, a login, …");
        return false;
    }
    *query = (struct policy_explain_query){
        .what = what,
        .since = options->since,
        .until = options->until,
        .is_masked = options->masked,
        .top = 20,
        .now_us = clock_system_wall_us(NULL),
    };
    const unsigned long top = options->top == NULL ? 20 : strtoul(options->top, &end, 10);
    if ((end != NULL && *end != '\0') || top == 0 || top > 10000) {
        complain("--top", "'%s' is no number of lines from 1 to 10000", options->top);
        return false;
    }
    query->top = (unsigned)top;
    if (!history_page_for_terminal(options->columns, page))
        return false;
    page->form = options->json ? HISTORY_JSON : options->html != NULL ? HISTORY_HTML : HISTORY_TEXT;
    return true;
}

/* Where a login stands now, if the daemon runs and knows: this program is what knows how to ask. */
static void ask_daemon(const struct explain_options *options, const char *what, struct strbuf *account)
{
    char *path = policy_control_path(options_config(options->config));
    const char *const argv[] = {"/proc/self/exe", "suspects", "--json", "--socket", path, what, NULL};
    if (path != NULL && path[0] != '\0' && access(path, R_OK | W_OK) == 0 && what[0] != '-' &&
        !command_output(argv, true, account))
        strbuf_reset(account);
    free(path);
}

static int explain(const struct explain_options *options, struct policy_explain_query *query,
                   const struct policy_history_page *page, const struct option_list *paths)
{
    struct history_terminal terminal;
    struct strbuf out, account;
    strbuf_init(&account, ACCOUNT_BYTES_MAX);
    /* Files that are named may be another server's. */
    if (paths->count == 0 && !query->is_masked && strpbrk(query->what, " \n") == NULL)
        ask_daemon(options, query->what, &account);
    query->account = strbuf_slice(&account);
    const struct policy_history_source source = history_source(paths, options->config, &terminal);
    strbuf_init(&out, 0);
    const enum policy_explain_result result = policy_explain(&source, query, page, &out);
    history_source_finish(&terminal);
    int status = EX_NOINPUT;
    if (result == EXPLAIN_FAILED || out.failed)
        complain("explain", "%s", out.failed ? "out of memory" : strbuf_text(&out));
    else
        status = history_write("explain", options->html, &out);
    strbuf_deinit(&out);
    strbuf_deinit(&account);
    return status == EX_OK && result == EXPLAIN_NOT_FOUND ? EXIT_NOT_FOUND : status;
}

static int run(struct command_call *call)
{
    const struct explain_options *options = call->options;
    struct policy_explain_query query;
    struct policy_history_page page;
    struct strbuf pasted;
    const struct option_list paths = {call->arguments.items + 1, call->arguments.count - 1};
    strbuf_init(&pasted, 0);
    int status = EX_USAGE;
    const char *what = call->arguments.items[0];
    const bool is_pasted = strcmp(what, "-") == 0;
    if ((!is_pasted || read_pasted(&pasted)) &&
        read_query(options, is_pasted ? strbuf_text(&pasted) : what, &query, &page))
        status = explain(options, &query, &page, &paths);
    strbuf_deinit(&pasted);
    return status;
}

static const struct option options[] = {
    {"since", 's', OPTION_TEXT, offsetof(struct explain_options, since), "TIME",
     "look no further back than 2026-11-30, 7d (ago), yesterday, …"},
    {"until", 'u', OPTION_TEXT, offsetof(struct explain_options, until), "TIME", "look no further than that"},
    {"masked", 'm', OPTION_FLAG, offsetof(struct explain_options, masked), NULL,
     "hide the addresses of others than the user, for a help desk"},
    {"top", 'n', OPTION_TEXT, offsetof(struct explain_options, top), "N",
     "lines of a list, if nothing is said 20"},
    {"json", 'j', OPTION_FLAG, offsetof(struct explain_options, json), NULL,
     "print one JSON object, the record itself in it"},
    {"html", '\0', OPTION_TEXT, offsetof(struct explain_options, html), "FILE",
     "write a page to FILE (-: standard output)"},
    {"columns", '\0', OPTION_TEXT, offsetof(struct explain_options, columns), "N",
     "the width of the text; that of the terminal, else 80"},
    {"config", 'c', OPTION_TEXT, offsetof(struct explain_options, config), "FILE",
     "the daemon's configuration, to find the record"},
    {0},
};

const struct command explain_command = {
    .name = "explain",
    .arguments = "WHAT [FILE…]",
    .arguments_min = 1,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .help = "tell why one message was refused or accepted, or why a login looks stolen",
    .summary =
        "Tells the story of one message from the record: what became of it, what the sender read, what each check saw,\n"
        "which line of the configuration decided, and what would change it. WHAT is the id in a refusal's text, in any\n"
        "form, or the whole bounce as it was pasted (-: over standard input); a queue id, Message-ID, address, login or\n"
        "client finds messages too: one is told, several are listed. Of a login it tells as well how it came up the\n"
        "ladder of the check account: each step with its points and the evidence, locks and who lifted them, within 30\n"
        "days unless --since says otherwise, and where it stands now, if the daemon runs. Exit status 1 where nothing\n"
        "was found.",
    .options = options,
    .options_bytes = sizeof(struct explain_options),
    .run = run,
};
