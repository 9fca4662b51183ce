/* `closedrelay suspects`, `lock`, `unlock` and `forgive`: logins that look stolen. */
#include "commands/command.h"

#include "control/control_call.h"
#include "policy_query.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int serve_suspects(struct control_call *call)
{
    const struct option_list *arguments = &call->request->arguments;
    const bool is_told = arguments->count == 0
                             ? policy_query_suspects(call->target->engine, call->answer)
                             : policy_query_suspect(call->target->engine, arguments->items[0], call->answer);
    return is_told ? EX_OK : EX_DATAERR;
}

const struct command suspects_command = {
    .name = "suspects",
    .arguments = "[LOGIN]",
    .arguments_max = 1,
    .help = "which logins look stolen, since when, and why",
    .summary =
        "Lists the logins on the ladder note, warn, slow, hold, lock, the highest first. Of one LOGIN: where it stands,\n"
        "the evidence as it is now in words, and how it came about.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_suspects,
};

struct lock_options {
    const char *duration, *reason, *scope;
};

static int serve_lock(struct control_call *call)
{
    const struct lock_options *options = call->request->options;
    const bool is_external_only = options->scope != NULL && strcmp(options->scope, "external") == 0;
    if (options->scope != NULL && !is_external_only && strcmp(options->scope, "all") != 0) {
        answer_refuse(call->answer, "--scope is all or external");
        return EX_USAGE;
    }
    const struct policy_block lock = {
        .whom = call->request->arguments.items[0],
        .duration = options->duration,
        .reason = options->reason,
        .by = call->caller->name,
        .is_external_only = is_external_only,
        .is_lock = true,
    };
    return policy_block_add(call->target->engine, &lock, call->answer) ? EX_OK : EX_DATAERR;
}

static const struct option lock_option_table[] = {
    {"for", 'f', OPTION_TEXT, offsetof(struct lock_options, duration), "TIME",
     "how long: 2h, 7d; else until it is unlocked"},
    {"reason", 'r', OPTION_TEXT, offsetof(struct lock_options, reason), "TEXT",
     "why, for the list and the log"},
    {"scope", 's', OPTION_TEXT, offsetof(struct lock_options, scope), "WHICH",
     "all mail, or only external: mail to one's own domains goes on"},
    {0},
};

const struct command lock_command = {
    .name = "lock",
    .arguments = "LOGIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "stop a stolen login from sending, at once",
    .summary =
        "Refuses mail of LOGIN from its next message on, also over connections that are open, and tells the sender to\n"
        "change the password. Kept over any end of the daemon.",
    .options = lock_option_table,
    .options_bytes = sizeof(struct lock_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_lock,
};

static int serve_unlock(struct control_call *call)
{
    return policy_account_forgive(call->target->engine, call->request->arguments.items[0], call->caller->name,
                                  false, call->answer)
               ? EX_OK
               : EX_DATAERR;
}

const struct command unlock_command = {
    .name = "unlock",
    .arguments = "LOGIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "lift the lock of a login, once its password is changed",
    .summary =
        "LOGIN may send again from its next message on. What spoke against it is forgotten; the networks that the thief\n"
        "came from stay new to it.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_unlock,
};

static int serve_forgive(struct control_call *call)
{
    return policy_account_forgive(call->target->engine, call->request->arguments.items[0], call->caller->name,
                                  true, call->answer)
               ? EX_OK
               : EX_DATAERR;
}

const struct command forgive_command = {
    .name = "forgive",
    .arguments = "LOGIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "it was the owner: what spoke against a login is forgotten",
    .summary =
        "Lifts the lock of LOGIN, if there is one, and forgets the evidence. All networks and programs it was seen with\n"
        "are its owner's from now on.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_forgive,
};

/* ---- what others know ------------------------------------------------------------------------------- */

struct feedback_options {
    const char *recipients;
    bool complaint;
};

static int serve_feedback(struct control_call *call)
{
    enum { MOST = 10000 };
    const struct feedback_options *options = call->request->options;
    char *end = NULL;
    const unsigned long count = options->recipients == NULL ? 1 : strtoul(options->recipients, &end, 10);
    if (count == 0 || count > MOST || (end != NULL && *end != '\0')) {
        answer_refuse(call->answer, "--recipients takes a number from 1 to %d", MOST);
        return EX_USAGE;
    }
    const struct policy_feedback feedback = {.message_id = call->request->arguments.items[0],
                                             .recipient_count = (unsigned)count,
                                             .is_complaint = options->complaint};
    return policy_account_feedback(call->target->engine, &feedback, call->answer) ? EX_OK : EX_DATAERR;
}

static const struct option feedback_option_table[] = {
    {"recipients", 'n', OPTION_TEXT, offsetof(struct feedback_options, recipients), "N",
     "how many recipients it did not reach; 1 if not said"},
    {"complaint", '\0', OPTION_FLAG, offsetof(struct feedback_options, complaint), NULL,
     "it was complained of, and did reach them"},
    {0},
};

const struct command feedback_command = {
    .name = "feedback",
    .arguments = "MESSAGE-ID",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "a message came back, or was complained of: its login should know",
    .summary =
        "Counts a bounce or a complaint for the login that sent the message, as bounces that pass the filter are counted\n"
        "by themselves. contrib/postfix/closedrelay-feedback feeds Postfix' log. Exit status 65 where no login here\n"
        "has sent it lately.",
    .options = feedback_option_table,
    .options_bytes = sizeof(struct feedback_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_feedback,
};

struct login_options {
    const char *service;
};

static int serve_login(struct control_call *call)
{
    const struct login_options *options = call->request->options;
    const struct policy_login login = {.user = call->request->arguments.items[0],
                                       .client = call->request->arguments.items[1],
                                       .service = options->service};
    return policy_account_login(call->target->engine, &login, call->answer) ? EX_OK : EX_NOPERM;
}

static const struct option login_option_table[] = {
    {"service", '\0', OPTION_TEXT, offsetof(struct login_options, service), "NAME",
     "what was logged in to: imap, pop3"},
    {0},
};

const struct command login_command = {
    .name = "login",
    .arguments = "LOGIN IP",
    .arguments_min = 2,
    .arguments_max = 2,
    .help = "somebody logged in to a mailbox: is the login locked?",
    .summary =
        "Tells the record, and makes the network of IP one that LOGIN has, so that its first mail from there is no\n"
        "surprise. Exit status 77 where LOGIN is locked: then the mailbox should be closed too.",
    .options = login_option_table,
    .options_bytes = sizeof(struct login_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_login,
};
