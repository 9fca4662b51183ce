#include "judge/verdict.h"

#include "base/slice.h"

#include <stdio.h>

/* Codes for a finding that brings none, or one of the wrong class. */
static const struct reply default_reject = {550, "5.7.1",
                                            "This message is refused by the policy of this server."};
static const struct reply default_defer = {451, "4.7.1",
                                           "This message cannot be judged right now; try again later."};
static const struct reply memory_defer = {452, "4.3.1", "This server is short of memory; try again later."};
static const struct reply record_lost = {451, "4.3.0",
                                         "This server cannot keep its records right now; try again later."};
/* Where the MTA cannot do what was decided. */
static const struct reply hold_impossible = {
    451, "4.7.1", "This message is to be held for a look at it, which this server cannot do."};
static const struct reply drop_impossible = {550, "5.5.3", "This message has too many recipients."};

/* Copies `text` as an SMTP reply may carry it (RFC 5321, 4.2: printable ASCII): each other character becomes
 * one '?', however many bytes it had in UTF-8. Returns the length written. */
static size_t copy_clean(char *out, size_t room, const char *text)
{
    size_t length = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0' && length < room; c++) {
        bool continuation = (*c & 0xc0) == 0x80;
        if (*c >= 0x20 && *c < 0x7f)
            out[length++] = (char)*c;
        else if (!continuation)
            out[length++] = *c == '\t' || *c == '\n' || *c == '\r' ? ' ' : '?';
    }
    return length;
}

static void write_text(struct verdict *verdict, const char *text, const struct incident_id *id)
{
    char suffix[INCIDENT_ID_LENGTH + 8];
    int suffix_length = snprintf(suffix, sizeof suffix, " (id %s)", id->text);
    size_t room = VERDICT_TEXT_BYTES_MAX - (size_t)suffix_length;
    size_t length = copy_clean(verdict->text, room, text);
    memcpy(verdict->text + length, suffix, (size_t)suffix_length + 1);
}

/* RFC 3463 codes whose class suits the reply: "5.7.1" for a deferral becomes "4.7.1". */
static void write_enhanced(struct verdict *verdict, const char *enhanced, const char *fallback)
{
    bool usable = enhanced != NULL && enhanced[0] != '\0' && enhanced[1] == '.' &&
                  strlen(enhanced) < VERDICT_ENHANCED_BYTES;
    snprintf(verdict->enhanced, sizeof verdict->enhanced, "%s", usable ? enhanced : fallback);
    verdict->enhanced[0] = (char)('0' + verdict->code / 100);
}

static void write_reply(struct verdict *verdict, const struct reply *wanted, const struct incident_id *id)
{
    const struct reply *fallback = verdict->action == ACTION_REJECT ? &default_reject : &default_defer;
    bool code_suits = wanted->code / 100 == fallback->code / 100;
    verdict->code = code_suits ? wanted->code : fallback->code;
    write_enhanced(verdict, wanted->enhanced, fallback->enhanced);
    write_text(verdict, wanted->text != NULL ? wanted->text : fallback->text, id);
}

static bool counts(const struct verdict_question *question, const struct finding *finding)
{
    if (finding->outcome == FINDING_PASS || finding->answered)
        return false;
    return question->as_if_enforced ? !finding->would_be_answered : finding->mode == MODE_ENFORCE;
}

static const struct finding *strictest(const struct verdict_question *question)
{
    const struct finding *cause = NULL;
    for (size_t i = question->from; i < question->findings->count; i++) {
        const struct finding *finding = &question->findings->items[i];
        if (!counts(question, finding) || finding->action == ACTION_ACCEPT)
            continue;
        if (cause == NULL || finding->action > cause->action)
            cause = finding;
    }
    return cause;
}

/* The finding by which a recipient is taken out. */
static const struct finding *dropping(const struct verdict_question *question)
{
    for (size_t i = question->from; i < question->findings->count; i++)
        if (question->findings->items[i].drops_recipient && counts(question, &question->findings->items[i]))
            return &question->findings->items[i];
    return NULL;
}

static struct verdict verdict_with(enum action action, const struct finding *cause, const struct reply *reply,
                                   const struct incident_id *id)
{
    struct verdict verdict = {.action = action, .code = 250, .enhanced = "2.0.0"};
    if (cause != NULL) {
        verdict.cause_check = cause->check;
        verdict.cause_reason = cause->reason;
    }
    if (action >= ACTION_DEFER)
        write_reply(&verdict, reply, id);
    return verdict;
}

bool verdict_would_differ(const struct verdict_question *question)
{
    for (size_t i = question->from; i < question->findings->count; i++) {
        const struct finding *finding = &question->findings->items[i];
        bool in_force = finding->mode == MODE_ENFORCE && question->everything == MODE_ENFORCE;
        if (!in_force && finding->outcome != FINDING_PASS && finding->action > ACTION_ACCEPT)
            return true;
    }
    return false;
}

struct verdict verdict_decide(const struct verdict_question *question)
{
    const struct incident_id *id = question->id;
    struct verdict verdict;
    if (question->everything != MODE_ENFORCE && !question->as_if_enforced)
        return verdict_with(ACTION_ACCEPT, NULL, NULL, id);
    const struct finding *cause = strictest(question);
    enum action action = cause == NULL ? ACTION_ACCEPT : cause->action;
    if (question->findings->failed && action < ACTION_DEFER)
        return verdict_with(ACTION_DEFER, NULL, &memory_defer, id);
    if (action == ACTION_HOLD && question->cannot_hold) {
        verdict = verdict_with(ACTION_DEFER, cause, &hold_impossible, id);
        verdict.mta_cannot = "hold";
        return verdict;
    }
    if (action == ACTION_ACCEPT && question->drops_recipients && question->cannot_drop) {
        verdict = verdict_with(ACTION_REJECT, dropping(question), &drop_impossible, id);
        verdict.mta_cannot = "drop_recipients";
        return verdict;
    }
    return verdict_with(action, cause, cause == NULL ? NULL : &cause->reply, id);
}

struct verdict verdict_unrecorded(const struct verdict *decided, enum action on_error,
                                  const struct incident_id *id)
{
    if (on_error != ACTION_DEFER || decided->action >= ACTION_DEFER)
        return *decided;
    return verdict_with(ACTION_DEFER, NULL, &record_lost, id);
}
