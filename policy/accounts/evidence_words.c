/* Evidence as people read it. */
#include "accounts/accounts.h"

#include <math.h>

/* "1 in 8", "9 in 10". */
static void append_share(struct strbuf *out, float share)
{
    if (share >= 0.5F)
        strbuf_printf(out, "%.0f in 10", (double)(share * 10));
    else
        strbuf_printf(out, "1 in %.0f", (double)(1 / fmaxf(share, 0.0001F)));
}

static void append_seen_of(struct strbuf *out, const struct account_evidence *evidence, const char *what)
{
    strbuf_printf(out, "%.0f of the last %.0f %s; usual here: ", (double)evidence->seen,
                  (double)fmaxf(evidence->of, evidence->seen), what);
    append_share(out, evidence->usual);
}

static void append_usual(struct strbuf *out, const struct account_evidence *evidence, const char *what)
{
    strbuf_printf(out, "%.0f %s; most days here have fewer than %.0f", (double)evidence->seen, what,
                  (double)ceilf(evidence->usual + 1));
}

static void append_other(const struct account_evidence *evidence, struct strbuf *out)
{
    switch (evidence->kind) {
    case EVIDENCE_NEW_NETWORK:
        strbuf_append_text(out, "it comes from a network that this login has not used before; usual here: ");
        append_share(out, evidence->usual);
        strbuf_append_text(out, " networks of a day");
        break;
    case EVIDENCE_AT_ONCE:
        strbuf_append_text(
            out,
            "it was first seen within the last hours on this network, far from where it or others here have been");
        break;
    case EVIDENCE_SHARED_NETWORK:
        strbuf_printf(out, "%.0f logins have this network newly today", (double)evidence->seen);
        break;
    case EVIDENCE_NEW_CLIENT:
        strbuf_append_text(out, "the client greets (HELO) as none of this login's did before; usual here: ");
        append_share(out, evidence->usual);
        break;
    case EVIDENCE_SHARED_TEXT:
        strbuf_printf(out, "%.0f logins send the same new text today", (double)evidence->seen);
        break;
    case EVIDENCE_BLOCKED:
        strbuf_printf(out, "%.0f attachments of a blocked kind in %.0f messages", (double)evidence->seen,
                      (double)evidence->of);
        break;
    case EVIDENCE_ODD_HOURS:
        strbuf_append_text(out, "it sends at hours at which this login seldom does");
        break;
    case EVIDENCE_COMPLAINTS:
        strbuf_printf(out, "%.0f complaints about %.0f recipients' mail", (double)evidence->seen,
                      (double)evidence->of);
        break;
    default:
        break;
    }
}

void account_evidence_describe(const struct account_evidence *evidence, struct strbuf *out)
{
    switch (evidence->kind) {
    case EVIDENCE_NEW_RECIPIENTS:
        append_seen_of(out, evidence, "recipients were never written to");
        break;
    case EVIDENCE_MANY_RECIPIENTS:
        append_usual(out, evidence, "recipients within a day");
        break;
    case EVIDENCE_MANY_NETWORKS:
        if (evidence->of > 0)
            strbuf_printf(out, "it comes from %.0f countries within a day; ", (double)evidence->of);
        append_usual(out, evidence, "new networks within a day");
        break;
    case EVIDENCE_FAILURES:
        append_seen_of(out, evidence, "recipients were refused or came back");
        break;
    case EVIDENCE_NEW_SENDERS:
        append_seen_of(out, evidence, "messages have a sender that this login has not used before");
        break;
    case EVIDENCE_ONE_TEXT:
        append_usual(out, evidence, "times one text within a day");
        break;
    case EVIDENCE_LETTERS:
        append_usual(out, evidence, "messages that each have a text of their own within an hour");
        break;
    case EVIDENCE_FAN_OUT:
        append_usual(out, evidence, "recipients within an hour");
        break;
    case EVIDENCE_BURST:
        append_usual(out, evidence, "messages within an hour");
        break;
    case EVIDENCE_LISTED:
        append_seen_of(out, evidence, "messages came from an address that is listed");
        break;
    default:
        append_other(evidence, out);
        break;
    }
}

void account_judgement_sort(struct account_judgement *judgement)
{
    for (size_t i = 1; i < judgement->evidence_count; i++) {
        const struct account_evidence moved = judgement->evidence[i];
        size_t at = i;
        for (; at > 0 && judgement->evidence[at - 1].points < moved.points; at--)
            judgement->evidence[at] = judgement->evidence[at - 1];
        judgement->evidence[at] = moved;
    }
}

struct slice account_from_address(struct slice field)
{
    const size_t from = slice_find_last(field, '<'), to = slice_find_last(field, '>');
    return from < to && to < field.length ? slice_part(field, from + 1, to) : field;
}

void account_families_list(const float families[ACCOUNT_FAMILY_COUNT], struct strbuf *out)
{
    bool is_named[ACCOUNT_FAMILY_COUNT] = {false};
    const size_t start = out->length;
    for (;;) {
        int most = -1;
        for (int i = 0; i < ACCOUNT_FAMILY_COUNT; i++)
            if (!is_named[i] && families[i] >= 1 && (most < 0 || families[i] > families[most]))
                most = i;
        if (most < 0)
            return;
        is_named[most] = true;
        strbuf_append_text(out, out->length > start ? ", " : "");
        strbuf_append_text(out, account_family_name((enum account_family)most));
    }
}
