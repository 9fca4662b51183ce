/* `closedrelay doctor`: what in the MTA's settings does not fit the policy, with the line to change. */
#include "command_output.h"
#include "commands/command.h"
#include "doctor_checks.h"
#include "commands/problems.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    EXIT_FINDINGS = 1,
    SETTINGS_BYTES_MAX = 4 << 20,
};

#define POSTFIX_DIRECTORY "/etc/postfix"
#define SENDMAIL_FILE "/etc/mail/sendmail.cf"

struct doctor_options {
    const char *config_path;
    const char *postfix_directory;
    const char *postconf_output;
    const char *sendmail_file;
    bool json;
};

/* What was read of the MTAs; zeroed: of none. */
struct mta_settings {
    struct postfix_settings postfix;
    struct sendmail_cf sendmail;
};

/* ---- reading ---------------------------------------------------------------------------------------- */

/* The three lists of settings, one behind the other. EX_OK, or said on stderr. */
static int run_postconf(const char *directory, struct strbuf *output)
{
    const char *const main_settings[] = {"postconf", "-x", "-c", directory, NULL};
    const char *const services[] = {"postconf", "-M", "-c", directory, NULL};
    const char *const service_settings[] = {"postconf", "-P", "-x", "-c", directory, NULL};
    if (command_output(main_settings, false, output) && command_output(services, true, output) &&
        command_output(service_settings, true, output))
        return EX_OK;
    complain("doctor", "postconf -c %s: %s", directory,
             output->failed ? "it prints too much"
             : errno != 0   ? strerror(errno)
                            : "it failed");
    return errno == ENOENT ? EX_UNAVAILABLE : EX_NOINPUT;
}

static int read_file(const char *path, struct strbuf *content)
{
    if (file_content(path, content))
        return EX_OK;
    complain("doctor", "%s: %s", path, strerror(errno));
    return EX_NOINPUT;
}

static int read_postfix(const struct doctor_options *options, struct postfix_settings *settings)
{
    struct strbuf output;
    strbuf_init(&output, SETTINGS_BYTES_MAX);
    int status = options->postconf_output != NULL ? read_file(options->postconf_output, &output)
                                                  : run_postconf(options->postfix_directory, &output);
    if (status == EX_OK && !postfix_settings_read(settings, strbuf_slice(&output)))
        status = EX_OSERR;
    if (status == EX_OK && options->postconf_output == NULL && !postfix_settings_read_networks(settings))
        status = EX_OSERR;
    if (status == EX_OK && postfix_setting(settings, "mail_version") == NULL) {
        complain("doctor", "that is not what `postconf -x` prints: there is no mail_version");
        status = EX_DATAERR;
    }
    strbuf_deinit(&output);
    return status;
}

static int read_sendmail(const struct doctor_options *options, struct sendmail_cf *cf)
{
    struct strbuf content;
    strbuf_init(&content, SETTINGS_BYTES_MAX);
    int status = read_file(options->sendmail_file, &content);
    if (status == EX_OK && !sendmail_cf_read(cf, strbuf_slice(&content)))
        status = EX_OSERR;
    if (status == EX_OK && cf->line_count == 0) {
        complain("doctor", "%s: that is no sendmail.cf", options->sendmail_file);
        status = EX_DATAERR;
    }
    strbuf_deinit(&content);
    return status;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static int print_report(const struct doctor_report *report, bool json)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    bool is_whole = doctor_report_print(report, json, &text);
    bool is_written = fputs(strbuf_text(&text), stdout) >= 0 && fflush(stdout) == 0;
    strbuf_deinit(&text);
    if (!is_whole)
        complain("doctor", "out of memory");
    if (!is_whole || !is_written)
        return is_whole ? EX_IOERR : EX_OSERR;
    bool has_findings =
        doctor_report_count(report, DOCTOR_PROBLEM) + doctor_report_count(report, DOCTOR_WARNING) > 0;
    return has_findings ? EXIT_FINDINGS : EX_OK;
}

static int examine(const struct doctor_options *options, const struct policy_snapshot *snapshot)
{
    struct doctor_report report = {0};
    struct mta_settings mta = {0};
    struct doctor doctor = {.config_path = options->config_path,
                            .snapshot = snapshot,
                            .postfix_directory = options->postfix_directory,
                            .report = &report};
    policy_snapshot_mta_requirements(snapshot, &doctor.needs);
    policy_snapshot_relay_requirements(snapshot, &doctor.relay);
    int status = EX_OK;
    if (options->postfix_directory != NULL || options->postconf_output != NULL) {
        status = read_postfix(options, &mta.postfix);
        doctor.postfix = &mta.postfix;
    }
    if (status == EX_OK && options->sendmail_file != NULL) {
        status = read_sendmail(options, &mta.sendmail);
        doctor.sendmail = &mta.sendmail;
    }
    if (status == EX_OK) {
        doctor_examine(&doctor);
        status = print_report(&report, options->json);
    }
    postfix_settings_deinit(&mta.postfix);
    sendmail_cf_deinit(&mta.sendmail);
    doctor_report_deinit(&report);
    return status;
}

/* Without a word about it, whatever MTA is installed. */
static bool find_mta(struct doctor_options *options)
{
    if (options->postfix_directory != NULL || options->postconf_output != NULL ||
        options->sendmail_file != NULL)
        return true;
    if (access(POSTFIX_DIRECTORY "/main.cf", F_OK) == 0)
        options->postfix_directory = POSTFIX_DIRECTORY;
    if (access(SENDMAIL_FILE, F_OK) == 0)
        options->sendmail_file = SENDMAIL_FILE;
    if (options->postfix_directory != NULL || options->sendmail_file != NULL)
        return true;
    if (panel_is_here()) /* its MTA is in a container */
        return true;
    complain("doctor", "there is neither " POSTFIX_DIRECTORY "/main.cf nor " SENDMAIL_FILE
                       ": use --postfix-config DIR or --sendmail-cf FILE");
    return false;
}

static int run(struct command_call *call)
{
    struct doctor_options *options = call->options;
    options->config_path = options_config(options->config_path);
    if (!find_mta(options))
        return EX_NOINPUT;
    struct policy_snapshot *snapshot = problems_load_policy(options->config_path);
    if (snapshot == NULL)
        return EX_CONFIG;
    int status = examine(options, snapshot);
    policy_snapshot_unref(snapshot);
    return status;
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct doctor_options, config_path), "FILE",
     "the policy, instead of /etc/closedrelay/closedrelay.yaml"},
    {"postfix-config", '\0', OPTION_TEXT, offsetof(struct doctor_options, postfix_directory), "DIR",
     "the Postfix configured in DIR (" POSTFIX_DIRECTORY ")"},
    {"postconf-output", '\0', OPTION_TEXT, offsetof(struct doctor_options, postconf_output), "FILE",
     "a Postfix elsewhere: what (postconf -x; postconf -M; postconf -P -x) printed there"},
    {"sendmail-cf", '\0', OPTION_TEXT, offsetof(struct doctor_options, sendmail_file), "FILE",
     "the Sendmail of this sendmail.cf (" SENDMAIL_FILE ")"},
    {"json", 'j', OPTION_FLAG, offsetof(struct doctor_options, json), NULL, "one JSON object"},
    {0},
};

const struct command doctor_command = {
    .name = "doctor",
    .arguments = "",
    .help = "find what in Postfix's or Sendmail's settings does not fit the policy",
    .summary =
        "Reads the MTA's settings and says what in them does not fit the policy: what it is, why it matters, and\n"
        "the lines to write. Nothing is changed. Exit status 0 where all is well, 1 with problems or warnings, more\n"
        "(sysexits) where something cannot be read.",
    .options = options,
    .options_bytes = sizeof(struct doctor_options),
    .run = run,
};
