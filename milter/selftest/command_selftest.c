/* `closedrelay selftest`: its options, and the way through the corpus. */
#include "commands/command.h"

#include "report.h"
#include "template.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>

enum { EXIT_WRONG = 1 };

struct selftest_options {
    const char *config_path;
    const char *milter;
    const char *only_class;
    const char *only_case;
    const char *folder;
    struct selftest_sender sender;
    bool lists;
    bool as_json;
    bool as_table;
};

/* ---- cases ------------------------------------------------------------------------------------------ */

typedef bool (*case_visit)(void *context, const struct selftest_class *class,
                           const struct selftest_case *test);

static bool is_wanted(const char *only, const char *name)
{
    return only == NULL || strcmp(only, name) == 0;
}

/* Calls `visit` for each case that the options ask for, until it returns false. Returns how many there are.
 */
static unsigned visit_class(const struct selftest_options *options, const struct selftest_class *class,
                            case_visit visit, void *context)
{
    unsigned count = 0;
    for (size_t i = 0; i < *class->case_count && is_wanted(options->only_class, class->name); i++) {
        if (!is_wanted(options->only_case, class->cases[i].id))
            continue;
        count++;
        if (!visit(context, class, &class->cases[i]))
            break;
    }
    return count;
}

static unsigned visit_all(const struct selftest_options *options, case_visit visit, void *context)
{
    unsigned count = 0;
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++)
        count += visit_class(options, class, visit, context);
    return count;
}

/* The message of a case. False: its template is not well-formed. */
static bool build_message(const struct selftest_case *test, struct strbuf *message)
{
    static const char fields[] =
        "From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nSubject: A file for you\r\n"
        "Date: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <selftest@example.com>\r\n";
    strbuf_reset(message);
    strbuf_append_text(message, fields);
    if (template_expand(slice_of(test->message), 0, 0, message))
        return true;
    complain(test->id, "the template of this case is not well-formed");
    return false;
}

static bool list_case(void *context, const struct selftest_class *class, const struct selftest_case *test)
{
    (void)context;
    report_list(class, test);
    return true;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

struct writing {
    const char *folder;
    struct strbuf message;
    bool failed;
};

static bool write_case(void *context, const struct selftest_class *class, const struct selftest_case *test)
{
    struct writing *writing = context;
    struct strbuf path;
    strbuf_init(&path, 0);
    strbuf_printf(&path, "%s/%s-%s.eml", writing->folder, class->name, test->id);
    FILE *file = build_message(test, &writing->message) ? fopen(strbuf_text(&path), "we") : NULL;
    bool is_written = file != NULL && fwrite(writing->message.data, 1, writing->message.length, file) ==
                                          writing->message.length;
    if ((file != NULL && fclose(file) != 0) || !is_written) {
        complain(strbuf_text(&path), "%s", strerror(errno));
        writing->failed = true;
    }
    strbuf_deinit(&path);
    return !writing->failed;
}

static int write_all(const struct selftest_options *options)
{
    struct writing writing = {.folder = options->folder};
    if (mkdir(options->folder, 0777) != 0 && errno != EEXIST) {
        complain(options->folder, "%s", strerror(errno));
        return EX_CANTCREAT;
    }
    strbuf_init(&writing.message, 0);
    visit_all(options, write_case, &writing);
    strbuf_deinit(&writing.message);
    return writing.failed ? EX_CANTCREAT : EX_OK;
}

/* ---- running ---------------------------------------------------------------------------------------- */

struct run {
    const struct selftest_options *options;
    struct selftest_runner runner;
    struct strbuf message;
    struct selftest_count count; /* of the class */
    bool failed;
};

static bool run_case(void *context, const struct selftest_class *class, const struct selftest_case *test)
{
    struct run *run = context;
    struct selftest_result result;
    if (!build_message(test, &run->message) ||
        !run->runner.run(run->runner.context, strbuf_slice(&run->message), &result)) {
        run->failed = true;
        return false;
    }
    bool is_right = selftest_is_right(test, &result);
    run->count.cases++;
    run->count.right += is_right ? 1 : 0;
    if (run->options->as_json)
        report_json(class, test, &result);
    else if (!is_right)
        report_wrong(class, test, &result);
    return true;
}

static int run_classes(struct run *run)
{
    struct selftest_count total = {0};
    if (!run->options->as_json)
        report_class_head();
    for (const struct selftest_class *class = selftest_classes; class->name != NULL && !run->failed;
         class ++) {
        run->count = (struct selftest_count){0};
        visit_class(run->options, class, run_case, run);
        total.cases += run->count.cases;
        total.right += run->count.right;
        if (!run->options->as_json && run->count.cases > 0)
            report_class(class->name, &run->count);
    }
    if (!run->options->as_json)
        report_class("all", &total);
    if (run->failed)
        return EX_SOFTWARE;
    if (total.cases == 0) {
        complain("selftest", "there is no such case; closedrelay selftest --list shows them");
        return EX_USAGE;
    }
    return total.right == total.cases ? EX_OK : EXIT_WRONG;
}

static int run_all(const struct selftest_options *options)
{
    struct run run = {.options = options};
    int status = options->milter != NULL
                     ? milter_runner_open(&run.runner, options->milter, &options->sender)
                     : policy_runner_open(&run.runner, options->config_path, &options->sender);
    if (status != EX_OK)
        return status;
    strbuf_init(&run.message, 0);
    status = run_classes(&run);
    strbuf_deinit(&run.message);
    run.runner.close(run.runner.context);
    return status;
}

static int print_table(void)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    report_markdown(&out);
    fwrite(strbuf_text(&out), 1, out.length, stdout);
    bool failed = out.failed;
    strbuf_deinit(&out);
    return failed ? EX_OSERR : EX_OK;
}

static void set_default(const char **value, const char *usual)
{
    if (*value == NULL)
        *value = usual;
}

static int run(struct command_call *call)
{
    struct selftest_options *options = call->options;
    options->config_path = options_config(options->config_path);
    set_default(&options->sender.role, "submission");
    set_default(&options->sender.user, "ann@example.com");
    set_default(&options->sender.mail, "<ann@example.com>");
    set_default(&options->sender.recipient, "<bob@example.net>");
    int status = EX_OK;
    if (options->as_table)
        status = print_table();
    else if (options->lists)
        visit_all(options, list_case, NULL);
    else if (options->folder != NULL)
        status = write_all(options);
    else
        status = run_all(options);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct selftest_options, config_path), "FILE",
     "use FILE instead of /etc/closedrelay/closedrelay.yaml"},
    {"milter", 'm', OPTION_TEXT, offsetof(struct selftest_options, milter), "ADDRESS",
     "send the messages to a running milter on this machine: inet:PORT@HOST or unix:PATH"},
    {"class", 'C', OPTION_TEXT, offsetof(struct selftest_options, only_class), "NAME", "only this class"},
    {"case", 'i', OPTION_TEXT, offsetof(struct selftest_options, only_case), "ID", "only this case"},
    {"role", 'r', OPTION_TEXT, offsetof(struct selftest_options, sender.role), "ROLE",
     "as whom to send: submission (if not given), trusted, local or outside"},
    {"user", 'u', OPTION_TEXT, offsetof(struct selftest_options, sender.user), "LOGIN",
     "the login of a submission"},
    {"mail", 'f', OPTION_TEXT, offsetof(struct selftest_options, sender.mail), "ADDRESS",
     "the envelope sender"},
    {"rcpt", 't', OPTION_TEXT, offsetof(struct selftest_options, sender.recipient), "ADDRESS",
     "the envelope recipient"},
    {"list", 'l', OPTION_FLAG, offsetof(struct selftest_options, lists), NULL, "list the cases, run none"},
    {"write", 'w', OPTION_TEXT, offsetof(struct selftest_options, folder), "DIR",
     "write the messages to DIR/CLASS-ID.eml, run none"},
    {"json", 'j', OPTION_FLAG, offsetof(struct selftest_options, as_json), NULL,
     "a JSON object a case instead of the table"},
    {"table", 'T', OPTION_FLAG, offsetof(struct selftest_options, as_table), NULL,
     "print docs/attachments.md"},
    {0},
};

const struct command selftest_command = {
    .name = "selftest",
    .arguments = "",
    .help = "try the corpus of attachment evasions against the policy, or a milter",
    .summary =
        "Tries the corpus of attachment evasions, and of honest mail that must pass, against the configuration in\n"
        "force, or against a running milter. Nothing in it can run; no mail is sent anywhere. Exit status 0 where\n"
        "every answer is right, 1 where one is wrong.",
    .options = options,
    .options_bytes = sizeof(struct selftest_options),
    .run = run,
};
