/* `closedrelay held`: what the policy had held, and what is still in the MTA's queue. */
#include "commands/command.h"
#include "doctor/command_output.h"
#include "history/history_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { QUEUE_BYTES_MAX = 256 << 20 };

struct held_options {
    const char *config, *postfix_directory;
    bool json;
};

/* False: it could not be asked, said on stderr. Without the program there is no Postfix, and no queue. */
static bool read_queue(const struct held_options *options, struct strbuf *queue, bool *has_queue)
{
    const char *const here[] = {"postqueue", "-j", NULL};
    const char *const there[] = {"postqueue", "-c", options->postfix_directory, "-j", NULL};
    *has_queue = true;
    if (command_output(options->postfix_directory == NULL ? here : there, false, queue))
        return true;
    *has_queue = errno != ENOENT;
    if (*has_queue)
        complain("held", "postqueue -j: %s", errno == 0 ? "it failed" : strerror(errno));
    return !*has_queue;
}

static int print(const struct answer *answer, bool json, bool is_made)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    (json ? answer_write_json : answer_print)(answer, &out);
    if (is_made || json)
        fputs(strbuf_text(&out), stdout);
    else
        complain("held", "%.*s", (int)strcspn(strbuf_text(&out), "\n"), strbuf_text(&out));
    bool is_written = !out.failed && fflush(stdout) == 0;
    strbuf_deinit(&out);
    return !is_made ? EX_NOINPUT : is_written ? EX_OK : EX_IOERR;
}

static int run(struct command_call *call)
{
    const struct held_options *options = call->options;
    struct history_terminal terminal;
    struct strbuf queue;
    bool has_queue;
    int status = EX_UNAVAILABLE;
    strbuf_init(&queue, QUEUE_BYTES_MAX);
    if (read_queue(options, &queue, &has_queue)) {
        const struct policy_history_source source =
            history_source(&call->arguments, options->config, &terminal);
        const struct policy_held_query query = {strbuf_slice(&queue), has_queue, clock_system_wall_us(NULL)};
        struct answer *answer = answer_create();
        bool is_made = answer != NULL && policy_held(&source, &query, answer);
        history_source_finish(&terminal);
        status = answer == NULL ? EX_OSERR : print(answer, options->json, is_made);
        answer_destroy(answer);
    }
    strbuf_deinit(&queue);
    return status;
}

static const struct option options[] = {
    {"json", 'j', OPTION_FLAG, offsetof(struct held_options, json), NULL, "print one JSON object"},
    {"config", 'c', OPTION_TEXT, offsetof(struct held_options, config), "FILE",
     "the daemon's configuration, to find the record"},
    {"postfix-config", '\0', OPTION_TEXT, offsetof(struct held_options, postfix_directory), "DIR",
     "the queue of the Postfix configured in DIR (/etc/postfix)"},
    {0},
};

const struct command held_command = {
    .name = "held",
    .arguments = "[FILE…]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .help = "what the policy has held: whose it is, why, and since when",
    .summary =
        "Lists what is in Postfix' hold queue, with what the record says of it: whose it is, since when and why. With\n"
        "`postsuper -H` it is let go on, with `postsuper -d` deleted. Where there is no postqueue, what was held within\n"
        "a week. Reads the files of audit.file and those closed before, or the FILEs.",
    .options = options,
    .options_bytes = sizeof(struct held_options),
    .run = run,
};
