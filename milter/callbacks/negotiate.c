#include "negotiate.h"

#include <libmilter/mfapi.h>

enum {
    ACTIONS_WANTED = SMFIF_ADDHDRS | SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
    /* Events never looked at. DATA is one: a refusal there would open a way round the filter, because the
     * client may send RCPT again and libmilter then ignores the rest of the transaction. */
    STEPS_NEVER_SENT = SMFIP_NODATA | SMFIP_NOUNKNOWN,
    STEPS_WITHOUT_REPLY = SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH,
};

struct negotiation negotiation_decide(struct negotiation offered, bool answers_connect, bool answers_body)
{
    struct negotiation chosen = {
        .actions = offered.actions & ACTIONS_WANTED,
        .steps = offered.steps & (STEPS_NEVER_SENT | STEPS_WITHOUT_REPLY),
    };
    if (!answers_connect)
        chosen.steps |= offered.steps & SMFIP_NR_CONN;
    /* A body sent without waiting is worth more than the right to stop it: a reply to every 64 kB costs more
     * than reading what is left of the few messages that no longer matter (test/bench). Where the MTA wants
     * its replies anyway, SMFIS_SKIP is free. */
    if (!answers_body)
        chosen.steps |= (offered.steps & SMFIP_NR_BODY) != 0 ? SMFIP_NR_BODY : offered.steps & SMFIP_SKIP;
    return chosen;
}
