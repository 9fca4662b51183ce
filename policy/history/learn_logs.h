/*
 * Mail servers' logs as what `learn` learns from: several files, of several servers, in the order of time.
 *
 * Files may be packed as those of the record. Nothing is kept of them but the messages that are under way
 * (maillog/log_messages.h).
 */
#ifndef CLOSEDRELAY_HISTORY_LEARN_LOGS_H
#define CLOSEDRELAY_HISTORY_LEARN_LOGS_H

#include "history/replay_accounts.h"

enum { LEARN_LOGS_MAX = 100 };

struct learn_logs {
    const char *const *paths;
    size_t path_count;
    const char *default_realm; /* of logins without a domain; or "" */
    int64_t until_us;          /* messages from there on are in the record */
    /* What came of it. */
    uint64_t line_count, understood_count, message_count, late_count;
};

/* Whether the file is a log, and no record: its first line does not begin with a brace. */
bool learn_is_log(void *owner, const char *path);

/* False: `problem` says why, with the file's name. */
bool learn_from_logs(struct accounts_replay *replay, struct learn_logs *logs, struct strbuf *problem);

#endif
