#include "outcome/outcome.h"

const char *outcome_verdict_name(const struct outcome *outcome)
{
    if (outcome->aborted != NULL && outcome->verdict->action == ACTION_ACCEPT)
        return "aborted";
    return action_name(outcome->verdict->action);
}
