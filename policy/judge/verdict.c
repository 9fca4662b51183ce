#include "judge/verdict.h"

#include "base/slice.h"

#include <stdio.h>

/* Codes for a finding that brings none, or one of the wrong class. */
static const struct reply default_reject = {550, "5.7.1",
                                            "This message is refused by the policy of this server."};
static const struct reply default_defer = {451, "4.7.1",
                                           "This message cannot be judged right now; try again later."};
static const struct reply memory_defer = {452, "4.3.1", "This server is short of memory; try again later."};

/* Copies `text` as an SMTP reply may carry it (RFC 5321, 4.2: printable ASCII): each other character becomes
 * one
 * '?', however many bytes it had in UTF-8. Returns the length written. */
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

static const struct finding *strictest(const struct finding_list *findings, size_t from)
{
    const struct finding *cause = NULL;
    for (size_t i = from; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->answered || finding->mode != MODE_ENFORCE || finding->outcome == FINDING_PASS ||
            finding->action == ACTION_ACCEPT)
            continue;
        if (cause == NULL || finding->action > cause->action)
            cause = finding;
    }
    return cause;
}

struct verdict verdict_decide(const struct finding_list *findings, size_t from, enum check_mode everything,
                              const struct incident_id *id)
{
    struct verdict verdict = {.action = ACTION_ACCEPT, .code = 250, .enhanced = "2.0.0"};
    if (everything != MODE_ENFORCE)
        return verdict;
    const struct finding *cause = strictest(findings, from);
    if (findings->failed && (cause == NULL || cause->action < ACTION_DEFER)) {
        verdict.action = ACTION_DEFER;
        write_reply(&verdict, &memory_defer, id);
        return verdict;
    }
    if (cause == NULL)
        return verdict;
    verdict.action = cause->action;
    verdict.cause_check = cause->check;
    verdict.cause_reason = cause->reason;
    if (verdict.action >= ACTION_DEFER)
        write_reply(&verdict, &cause->reply, id);
    return verdict;
}
