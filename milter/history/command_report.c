/* `closedrelay report`: what the record of a period adds up to. */
#include "commands/command.h"
#include "history/history_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct report_options {
    const char *config, *since, *until, *by, *top, *columns, *html;
    bool json, csv;
};

static bool read_top(const char *text, unsigned *top)
{
    char *end;
    if (text == NULL)
        return true;
    const unsigned long number = strtoul(text, &end, 10);
    if (*end != '\0' || text[0] < '0' || text[0] > '9' || number > 1000000) {
        complain("--top", "'%s' is no number of rows; 0 is all of them", text);
        return false;
    }
    *top = (unsigned)number;
    return true;
}

static bool read_query(const struct report_options *options, struct policy_report_query *query,
                       struct policy_history_page *page)
{
    *query = (struct policy_report_query){
        .since = options->since,
        .until = options->until,
        .by = options->by,
        .top = options->by == NULL ? 10 : 20,
        .now_us = clock_system_wall_us(NULL),
    };
    if ((options->json + options->csv + (options->html != NULL)) > 1) {
        complain("report", "one of --json, --csv and --html at a time");
        return false;
    }
    if (!read_top(options->top, &query->top) || !history_page_for_terminal(options->columns, page))
        return false;
    page->form = options->json           ? HISTORY_JSON
                 : options->csv          ? HISTORY_CSV
                 : options->html != NULL ? HISTORY_HTML
                                         : HISTORY_TEXT;
    return true;
}

static int run(struct command_call *call)
{
    const struct report_options *options = call->options;
    struct policy_report_query query;
    struct policy_history_page page;
    struct history_terminal terminal;
    struct strbuf out;
    if (!read_query(options, &query, &page))
        return EX_USAGE;
    const struct policy_history_source source = history_source(&call->arguments, options->config, &terminal);
    strbuf_init(&out, 0);
    const bool is_made = policy_report(&source, &query, &page, &out);
    history_source_finish(&terminal);
    int status = EX_NOINPUT;
    if (is_made)
        status = history_write("report", options->html, &out);
    else
        complain("report", "%s", out.failed ? "out of memory" : strbuf_text(&out));
    strbuf_deinit(&out);
    return status;
}

static const struct option options[] = {
    {"since", 's', OPTION_TEXT, offsetof(struct report_options, since), "TIME",
     "from when on: 2026-11-30, 2026-11-30T08:00, 7d (ago; m, h and w too), yesterday, last-week, last-month; "
     "7d if nothing is said"},
    {"until", 'u', OPTION_TEXT, offsetof(struct report_options, until), "TIME",
     "to when; now, or the end of yesterday, last-week or last-month where --since says so"},
    {"by", 'b', OPTION_TEXT, offsetof(struct report_options, by), "WHAT",
     "one table by user, domain, customer, client, check, hour or day, instead of a page with the most of each"},
    {"top", 'n', OPTION_TEXT, offsetof(struct report_options, top), "N",
     "rows of a table: 20, of a page 10; 0 for all"},
    {"json", 'j', OPTION_FLAG, offsetof(struct report_options, json), NULL, "print one JSON object"},
    {"csv", '\0', OPTION_FLAG, offsetof(struct report_options, csv), NULL, "print lines for a spreadsheet"},
    {"html", '\0', OPTION_TEXT, offsetof(struct report_options, html), "FILE",
     "write a page with pictures to FILE (-: standard output); it has no script and needs no other file"},
    {"columns", '\0', OPTION_TEXT, offsetof(struct report_options, columns), "N",
     "the width of the text; that of the terminal, else 80"},
    {"config", 'c', OPTION_TEXT, offsetof(struct report_options, config), "FILE",
     "the daemon's configuration, to find the record"},
    {0},
};

const struct command report_command = {
    .name = "report",
    .arguments = "[FILE…]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .help = "add up the record: who sent how much, what was refused and why",
    .summary =
        "Adds up the record of a period and shows it beside the period before: messages, recipients and size; what was\n"
        "refused by which check; what monitor mode would have refused; from how many networks each login came. Reads\n"
        "the files of audit.file and those closed before, or the FILEs, compressed or not, also of several servers.",
    .options = options,
    .options_bytes = sizeof(struct report_options),
    .run = run,
};
