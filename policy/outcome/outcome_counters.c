#include "outcome/outcome_counters.h"

#include "base/counter.h"
#include "base/counter_family.h"

#include <stdio.h>

/* For status; the metrics have them by reason, below. */
COUNTER(accepted, "accepted", NULL, "", "Messages accepted.");
COUNTER(held, "held", NULL, "", "Messages put on hold.");
COUNTER(deferred, "deferred", NULL, "", "Messages deferred.");
COUNTER(rejected, "rejected", NULL, "", "Messages rejected.");
COUNTER(aborted, "aborted", NULL, "", "Messages given up by the client.");
COUNTER(recipients_refused, "recipients_refused", NULL, "", "Recipients refused or deferred at RCPT.");

COUNTER(would_stop, "would_stop", "monitored_messages_total", "",
        "Messages that went on only because a check, or everything, is in monitor mode.");
COUNTER(bytes, "message_bytes", "message_bytes_total", "",
        "Headers and bodies of messages that were accepted or held.");

COUNTER_FAMILY(
    messages, "messages_total",
    "Messages by what became of them, and why: the check and the reason of the finding that decided.",
    "verdict", "reason");
COUNTER_FAMILY(recipients, "recipients_total",
               "Recipients by what became of them at RCPT or at the end of the message, and why.", "action",
               "reason");
HISTOGRAM(verdict_seconds, "verdict_seconds",
          "From MAIL to the verdict, the time that the client took included.");

static struct counter *const by_action[] = {
    [ACTION_ACCEPT] = &accepted,
    [ACTION_HOLD] = &held,
    [ACTION_DEFER] = &deferred,
    [ACTION_REJECT] = &rejected,
};

static const char *const recipient_actions[] = {
    [RECIPIENT_ACCEPTED] = "accept", [RECIPIENT_REJECTED] = "reject", [RECIPIENT_DEFERRED] = "defer",
    [RECIPIENT_DROPPED] = "drop",    [RECIPIENT_IGNORED] = "ignore",
};

/* So that what has not happened yet is told as 0, and its first time is a rise. */
__attribute__((constructor(65535))) static void begin(void)
{
    static const char *const verdicts[] = {"accept", "hold", "defer", "reject", "aborted"};
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        counter_family_add(&messages, (const char *const[]){verdicts[i], ""}, 0);
    for (size_t i = 0; i < sizeof recipient_actions / sizeof recipient_actions[0]; i++)
        counter_family_add(&recipients, (const char *const[]){recipient_actions[i], ""}, 0);
}

static void count_by_reason(struct counter_family *family, const char *what, const char *check,
                            const char *reason)
{
    char cause[COUNTER_VALUE_BYTES_MAX] = "";
    if (check != NULL && check[0] != '\0')
        snprintf(cause, sizeof cause, "%s.%s", check, reason == NULL ? "" : reason);
    counter_family_add(family, (const char *const[]){what, cause}, 1);
}

static void count_recipients(const struct message_facts *message)
{
    size_t refused_count = 0;
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        refused_count += recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED;
        count_by_reason(&recipients, recipient_actions[recipient->action], recipient->check,
                        recipient->reason);
    }
    if (refused_count > 0)
        counter_add(&recipients_refused, refused_count);
}

void outcome_count(const struct outcome *outcome)
{
    const enum action action = outcome->answer->action;
    const bool is_aborted = outcome->aborted != NULL && action == ACTION_ACCEPT;
    const struct message_facts *message = outcome->message;
    counter_add(is_aborted ? &aborted : by_action[action], 1);
    count_by_reason(&messages, is_aborted ? "aborted" : action_name(action), outcome->answer->cause_check,
                    outcome->answer->cause_reason);
    if (outcome->would->action != ACTION_ACCEPT && outcome->verdict->action == ACTION_ACCEPT)
        counter_add(&would_stop, 1);
    if (action <= ACTION_HOLD && !is_aborted)
        counter_add(&bytes, message->header_bytes + message->body_bytes);
    count_recipients(message);
    histogram_add(&verdict_seconds, outcome->duration_us);
}
