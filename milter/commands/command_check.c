/* `closedrelay check`: is the configuration right, and what is in force? */
#include "command.h"

#include "daemon/privileges.h"
#include "policy_query.h"
#include "problems.h"

#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct check_options {
    const char *config_path;
    bool print;
    const char *print_subject;
    const char *as_user;
    bool json;
    bool schema;
    bool reference;
    bool sample;
    bool record_schema;
    bool record_reference;
};

static int print_text(void (*print)(struct strbuf *out))
{
    struct strbuf text;
    strbuf_init(&text, 0);
    print(&text);
    bool is_written = !text.failed && fputs(strbuf_text(&text), stdout) >= 0 && fflush(stdout) == 0;
    strbuf_deinit(&text);
    return is_written ? EX_OK : EX_IOERR;
}

static int print_json(const struct policy_snapshot *snapshot, const char *whom)
{
    struct answer *answer = answer_create();
    struct strbuf text;
    if (answer == NULL) {
        complain("check", "out of memory");
        return EX_OSERR;
    }
    strbuf_init(&text, 0);
    int status = EX_OK;
    if (policy_query_settings(snapshot, whom, answer)) {
        answer_write_json(answer, &text);
        const bool is_written = !text.failed && fputs(strbuf_text(&text), stdout) >= 0 && fflush(stdout) == 0;
        status = is_written ? EX_OK : EX_IOERR;
    } else {
        answer_print(answer, &text);
        fprintf(stderr, "closedrelay: --for: %s", strbuf_text(&text));
        status = EX_USAGE;
    }
    strbuf_deinit(&text);
    answer_destroy(answer);
    return status;
}

static int print_snapshot(const struct policy_snapshot *snapshot, const char *whom)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    if (whom == NULL) {
        policy_snapshot_print(snapshot, &text);
    } else if (!policy_snapshot_print_subject(snapshot, whom, &text)) {
        fprintf(stderr, "closedrelay: --for: %s", strbuf_text(&text));
        strbuf_deinit(&text);
        return EX_USAGE;
    }
    bool is_written = !text.failed && fputs(strbuf_text(&text), stdout) >= 0 && fflush(stdout) == 0;
    strbuf_deinit(&text);
    return is_written ? EX_OK : EX_IOERR;
}

/* Goes on as `user`, so that files can be read, or not, as the daemon will. */
static int become(const char *user)
{
    struct privileges_identity identity = {.user = NULL};
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_root = geteuid() == 0;
    const struct passwd *entry = getpwnam(user);
    bool good = true;
    if (entry == NULL || (!is_root && entry->pw_uid != geteuid())) {
        strbuf_printf(&problem, entry == NULL ? "there is no user %s" : "only root can read files as %s",
                      user);
        good = false;
    }
    good = good && (!is_root ||
                    (privileges_find(user, "", &identity, &problem) && privileges_drop(&identity, &problem)));
    if (!good)
        fprintf(stderr, "closedrelay: --as: %s\n", strbuf_text(&problem));
    privileges_deinit(&identity);
    strbuf_deinit(&problem);
    return good ? EX_OK : EX_USAGE;
}

/* Files that are written, for who is asking now. */
static int check_writable(const struct policy_snapshot *snapshot)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    const bool good = policy_snapshot_check_writable(snapshot, &problems);
    problems_print(&problems);
    strbuf_deinit(&problems);
    return good ? EX_OK : EX_CONFIG;
}

static void report_no_errors(const struct check_options *options, const struct policy_snapshot *snapshot)
{
    const char *logins = policy_snapshot_listed_logins(snapshot);
    printf("%s: no errors\n",
           options->config_path == NULL ? "no configuration: the founding policy" : options->config_path);
    if (logins != NULL && strcmp(logins, "reject") == 0)
        puts(
            "Who logs in from an address on a block list is refused (dnsbl: { logins: reject }); evidence or off let "
            "the mail pass.");
}

static int check_configuration(const struct check_options *options)
{
    int status = options->as_user == NULL ? EX_OK : become(options->as_user);
    if (status != EX_OK)
        return status;
    struct policy_snapshot *snapshot = problems_load_policy(options->config_path);
    if (snapshot == NULL)
        return EX_CONFIG;
    if (options->as_user != NULL && (status = check_writable(snapshot)) != EX_OK) {
        policy_snapshot_unref(snapshot);
        return status;
    }
    if (options->json)
        status = print_json(snapshot, options->print_subject);
    else if (options->print || options->print_subject != NULL)
        status = print_snapshot(snapshot, options->print_subject);
    else
        report_no_errors(options, snapshot);
    policy_snapshot_unref(snapshot);
    return status;
}

static int run(struct command_call *call)
{
    struct check_options *options = call->options;
    options->config_path = options_config(options->config_path);
    if (options->schema)
        return print_text(policy_print_json_schema);
    if (options->reference)
        return print_text(policy_print_reference);
    if (options->sample)
        return print_text(policy_print_sample);
    if (options->record_schema)
        return print_text(policy_print_record_schema);
    if (options->record_reference)
        return print_text(policy_print_record_reference);
    return check_configuration(options);
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct check_options, config_path), "FILE",
     "check FILE instead of /etc/closedrelay/closedrelay.yaml"},
    {"print", 'p', OPTION_FLAG, offsetof(struct check_options, print), NULL,
     "print every value in force and where it comes from"},
    {"for", '\0', OPTION_TEXT, offsetof(struct check_options, print_subject), "WHOM",
     "print what applies to user=LOGIN,client=ADDRESS: any of user, client, role, domain, customer, sender"},
    {"json", 'j', OPTION_FLAG, offsetof(struct check_options, json), NULL,
     "what --print and --for print, as JSON"},
    {"as", '\0', OPTION_TEXT, offsetof(struct check_options, as_user), "USER",
     "read the files as USER, whom the daemon runs as, and look whether its own can be written"},
    {"schema", '\0', OPTION_FLAG, offsetof(struct check_options, schema), NULL,
     "print a JSON Schema of the configuration, for editors"},
    {"reference", '\0', OPTION_FLAG, offsetof(struct check_options, reference), NULL,
     "print the reference of all keys, in Markdown"},
    {"sample", '\0', OPTION_FLAG, offsetof(struct check_options, sample), NULL,
     "print a configuration to begin with, and all keys with their defaults"},
    {"record-schema", '\0', OPTION_FLAG, offsetof(struct check_options, record_schema), NULL,
     "print a JSON Schema of the record's lines"},
    {"record-reference", '\0', OPTION_FLAG, offsetof(struct check_options, record_reference), NULL,
     "print what the keys of the record mean, in Markdown"},
    {0},
};

const struct command check_command = {
    .name = "check",
    .arguments = "",
    .help = "check the configuration, or print what is in force",
    .summary =
        "Reads the configuration as serve would and prints every error with its file, line and column.\n"
        "Exit status 0 without errors, 78 with.",
    .options = options,
    .options_bytes = sizeof(struct check_options),
    .run = run,
};
