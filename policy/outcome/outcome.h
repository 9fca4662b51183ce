/*
 * The outcome: everything there is to say about one message once its verdict has fallen.
 *
 * The session makes one at the end of each message (refused at MAIL, at its end, or given up by the client)
 * and publishes it once: engine/observers.c has the table of those who are told, in their order. What a
 * record, a counter, a limit or a score is made from is in here, and nowhere else.
 *
 * An outcome and all it points to is valid during the call only, belongs to the session's thread, and is
 * const to whoever is told.
 */
#ifndef CLOSEDRELAY_OUTCOME_OUTCOME_H
#define CLOSEDRELAY_OUTCOME_OUTCOME_H

#include "facts/session.h"
#include "check/finding.h"
#include "judge/verdict.h"

/* What the MTA is asked to do to a message that goes on; all empty where it is refused. */
struct outcome_edits {
    const char *hold_reason;    /* not NULL: put on hold / quarantine, with this reason */
    const char *const *dropped; /* recipients to take out, verbatim */
    size_t dropped_count;
    const struct header_field *added; /* header fields to add */
    size_t added_count;
};

struct outcome {
    const struct session_facts *session; /* what the MTA said of the connection */
    const struct message_facts *message; /* and of the message; the recipients with what became of each */
    const struct finding_list *findings; /* what the checks said, in the order they were asked */

    /* What was decided, with what the MTA cannot do taken into account: this is what a record shows. */
    const struct verdict *verdict;
    /* What would have been decided, were everything in monitor mode enforced. The same pointer as `verdict`
     * where that changes nothing. */
    const struct verdict *would;
    /* What the MTA is told. The same as `verdict`, but where the record could not be written and the
     * configuration defers such mail; the observer that writes the record sets it, and is the first in the
     * table. Whoever charges a message looks here: it went on if answer->action is below ACTION_DEFER and
     * it was not `aborted`. */
    const struct verdict *answer;
    struct outcome_edits edits;

    /* Why the message ended without an answer to the whole of it: one of the names below; NULL: it was
     * answered. Its verdict is then that of the last refused recipient, or accept where any was accepted. */
    const char *aborted;

    int64_t time_us;      /* wall clock, when the verdict fell */
    uint64_t duration_us; /* from MAIL to the verdict */
    enum check_mode mode; /* the global one: monitor and off let everything pass */
    const char *policy;   /* a short hash of the effective configuration it was judged by */
};

/* The client or the MTA reset the transaction (RSET, a lost connection before the final dot, a refusal by
 * somebody else). */
#define OUTCOME_ABORTED_RESET "reset"
/* A new MAIL began while it was open. */
#define OUTCOME_ABORTED_NEXT_MESSAGE "next_message"
/* The connection, or the daemon, ended first. */
#define OUTCOME_ABORTED_DISCONNECTED "disconnected"

/* "accept", "hold", "defer", "reject"; "aborted" where a message that nothing spoke against was given up. */
const char *outcome_verdict_name(const struct outcome *outcome);

#endif
