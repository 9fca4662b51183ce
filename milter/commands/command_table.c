/* The one place that knows every command: a declaration and a line for each. */
#include "command.h"

extern const struct command serve_command, check_command, try_command, selftest_command, status_command,
    reload_command, lookup_command, allow_command, usage_command, top_command, reset_command, block_command,
    unblock_command, blocks_command, suspects_command, lock_command, unlock_command, forgive_command,
    learn_command, feedback_command, login_command, relaytest_command, doctor_command, report_command,
    explain_command, held_command, replay_command, watch_command, page_command;

/* A command a line. */
/* clang-format off */
const struct command *const command_table[] = {
    &serve_command,
    &check_command,
    &try_command,
    &selftest_command,
    &status_command,
    &reload_command,
    &lookup_command,
    &explain_command,
    &report_command,
    &held_command,
    &replay_command,
    &watch_command,
    &allow_command,
    &usage_command,
    &top_command,
    &reset_command,
    &block_command,
    &unblock_command,
    &blocks_command,
    &suspects_command,
    &lock_command,
    &unlock_command,
    &forgive_command,
    &feedback_command,
    &learn_command,
    &login_command,
    &relaytest_command,
    &doctor_command,
    &page_command,
    NULL,
};
/* clang-format on */
