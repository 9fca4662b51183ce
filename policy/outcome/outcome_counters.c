#include "outcome/outcome_counters.h"

#include "base/counter.h"

#define MESSAGES "messages_total"
#define MESSAGES_HELP "Messages by what became of them."

COUNTER(accepted, "accepted", MESSAGES, "verdict=\"accept\"", MESSAGES_HELP);
COUNTER(held, "held", MESSAGES, "verdict=\"hold\"", MESSAGES_HELP);
COUNTER(deferred, "deferred", MESSAGES, "verdict=\"defer\"", MESSAGES_HELP);
COUNTER(rejected, "rejected", MESSAGES, "verdict=\"reject\"", MESSAGES_HELP);
COUNTER(aborted, "aborted", MESSAGES, "verdict=\"aborted\"", MESSAGES_HELP);
COUNTER(recipients_refused, "recipients_refused", "recipients_refused_total", "",
        "Recipients refused or deferred at RCPT.");
COUNTER(would_stop, "would_stop", "monitored_messages_total", "",
        "Messages that went on only because a check, or everything, is in monitor mode.");

static struct counter *const by_action[] = {
    [ACTION_ACCEPT] = &accepted,
    [ACTION_HOLD] = &held,
    [ACTION_DEFER] = &deferred,
    [ACTION_REJECT] = &rejected,
};

void outcome_count(const struct outcome *outcome)
{
    enum action action = outcome->answer->action;
    bool is_aborted = outcome->aborted != NULL && action == ACTION_ACCEPT;
    counter_add(is_aborted ? &aborted : by_action[action], 1);
    if (outcome->would->action != ACTION_ACCEPT && outcome->verdict->action == ACTION_ACCEPT)
        counter_add(&would_stop, 1);
    size_t refused_count = 0;
    for (size_t i = 0; i < outcome->message->recipient_count; i++)
        refused_count += outcome->message->recipients[i].action == RECIPIENT_REJECTED ||
                         outcome->message->recipients[i].action == RECIPIENT_DEFERRED;
    if (refused_count > 0)
        counter_add(&recipients_refused, refused_count);
}
