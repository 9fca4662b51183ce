#include "judge/verdict.h"

#include <stdio.h>

/* A reply that no finding brings. */
struct general_reply {
    unsigned code;
    const char *enhanced;
    enum reply_row row;
};

static const struct general_reply default_reject = {550, "5.7.1", REPLY_general_refused};
static const struct general_reply default_defer = {451, "4.7.1", REPLY_general_deferred};
static const struct general_reply memory_defer = {452, "4.3.1", REPLY_general_short_of_memory};
static const struct general_reply record_lost = {451, "4.3.0", REPLY_general_record_lost};
/* Where the MTA cannot do what was decided. */
static const struct general_reply hold_impossible = {451, "4.7.1", REPLY_general_hold_impossible};
static const struct general_reply drop_impossible = {550, "5.5.3", REPLY_general_drop_impossible};

/* ---- the text ---------------------------------------------------------------------------------------- */

/* What one reply is written from. */
struct writing {
    const struct verdict_question *question;
    const struct reply_words *words;
    const char *given;  /* the text to say as it is; or NULL */
    char help_url[256]; /* with its anchor; "" for none */
    struct strbuf text, tail;
};

static struct reply_manner manner_of(const struct writing *writing)
{
    const struct verdict_words *words = &writing->question->words;
    const struct replies_settings *replies = words->replies;
    struct reply_manner manner = {
        .language = replies == NULL ? LANGUAGE_EN : replies->language,
        .own = replies == NULL ? NULL : replies_own_text(replies, writing->words->row),
        .is_utf8 = words->is_utf8,
        .user = words->user,
        .id = writing->question->id->text,
        .help_url = writing->help_url,
    };
    /* Letters that ASCII has nothing for would become a row of question marks. */
    if (!manner.is_utf8 && manner.own != NULL && !language_has_ascii(manner.language, manner.own))
        manner.own = NULL;
    return manner;
}

static void find_help(struct writing *writing)
{
    const struct replies_settings *replies = writing->question->words.replies;
    const struct reply_row_text *row = &reply_rows[writing->words->row];
    if (replies != NULL && replies->help_url[0] != '\0')
        snprintf(writing->help_url, sizeof writing->help_url, "%s#%s-%s", replies->help_url, row->check,
                 row->reason);
}

/* The page of help and the id, unless the text has them already. */
static void write_tail(struct writing *writing, const struct reply_manner *manner)
{
    const char *own = writing->given != NULL || manner->own == NULL ? "" : manner->own;
    if (writing->help_url[0] != '\0' && !reply_template_has(own, "help_url"))
        reply_part_render(REPLY_PART_see, manner, &writing->tail);
    if (!reply_template_has(own, "id"))
        strbuf_printf(&writing->tail, " (id %s)", manner->id);
}

static void copy_text(struct verdict *verdict, const struct writing *writing)
{
    const bool is_utf8 = writing->question->words.is_utf8;
    char tail[VERDICT_TEXT_BYTES_MAX];
    const size_t tail_length = reply_clean(tail, sizeof tail, strbuf_text(&writing->tail), is_utf8);
    const size_t room = VERDICT_TEXT_BYTES_MAX - tail_length;
    const char *text = writing->given != NULL ? writing->given : strbuf_text(&writing->text);
    size_t length = reply_clean(verdict->text, room, text, is_utf8);
    memcpy(verdict->text + length, tail, tail_length);
    length += tail_length;
    verdict->text[length] = '\0';
    verdict->is_utf8 = false;
    for (size_t i = 0; i < length; i++)
        verdict->is_utf8 = verdict->is_utf8 || (unsigned char)verdict->text[i] >= 0x80;
}

/* In the words of `row` where `words` is NULL, or cannot be said for lack of memory. */
static void write_text(struct verdict *verdict, const struct verdict_question *question,
                       const struct finding *cause, enum reply_row row)
{
    const struct reply_words plain = {.row = row};
    const struct reply_words *words = cause == NULL ? NULL : cause->words;
    struct writing writing = {.question = question, .words = words != NULL ? words : &plain};
    if (cause != NULL && (words == NULL || cause->has_own_text))
        writing.given = cause->reply.text;
    strbuf_init(&writing.text, 0);
    strbuf_init(&writing.tail, 0);
    find_help(&writing);
    const struct reply_manner manner = manner_of(&writing);
    if (writing.given == NULL && !reply_words_render(writing.words, &manner, &writing.text))
        writing.given = reply_rows[row].texts[LANGUAGE_EN];
    write_tail(&writing, &manner);
    copy_text(verdict, &writing);
    strbuf_deinit(&writing.text);
    strbuf_deinit(&writing.tail);
}

/* ---- the reply --------------------------------------------------------------------------------------- */

/* RFC 3463 codes whose class suits the reply: "5.7.1" for a deferral becomes "4.7.1". */
static void write_enhanced(struct verdict *verdict, const char *enhanced, const char *fallback)
{
    bool usable = enhanced != NULL && enhanced[0] != '\0' && enhanced[1] == '.' &&
                  strlen(enhanced) < VERDICT_ENHANCED_BYTES;
    snprintf(verdict->enhanced, sizeof verdict->enhanced, "%s", usable ? enhanced : fallback);
    verdict->enhanced[0] = (char)('0' + verdict->code / 100);
}

static void write_reply(struct verdict *verdict, const struct verdict_question *question,
                        const struct finding *cause)
{
    const struct reply *wanted = &cause->reply;
    const struct general_reply *fallback =
        verdict->action == ACTION_REJECT ? &default_reject : &default_defer;
    bool code_suits = wanted->code / 100 == fallback->code / 100;
    verdict->code = code_suits ? wanted->code : fallback->code;
    write_enhanced(verdict, wanted->enhanced, fallback->enhanced);
    write_text(verdict, question, cause, fallback->row);
}

static void write_general(struct verdict *verdict, const struct verdict_question *question,
                          const struct general_reply *reply)
{
    verdict->code = reply->code;
    write_enhanced(verdict, reply->enhanced, reply->enhanced);
    write_text(verdict, question, NULL, reply->row);
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

static struct verdict verdict_of(enum action action, const struct finding *cause)
{
    struct verdict verdict = {.action = action, .code = 250, .enhanced = "2.0.0"};
    if (cause != NULL) {
        verdict.cause_check = cause->check;
        verdict.cause_reason = cause->reason;
    }
    return verdict;
}

/* In place of what was wanted by `cause`, or for nobody's fault. */
static struct verdict verdict_general(enum action action, const struct finding *cause,
                                      const struct verdict_question *question,
                                      const struct general_reply *reply)
{
    struct verdict verdict = verdict_of(action, cause);
    write_general(&verdict, question, reply);
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
    struct verdict verdict;
    if (question->everything != MODE_ENFORCE && !question->as_if_enforced)
        return verdict_of(ACTION_ACCEPT, NULL);
    const struct finding *cause = strictest(question);
    enum action action = cause == NULL ? ACTION_ACCEPT : cause->action;
    if (question->findings->failed && action < ACTION_DEFER)
        return verdict_general(ACTION_DEFER, NULL, question, &memory_defer);
    if (action == ACTION_HOLD && question->cannot_hold) {
        verdict = verdict_general(ACTION_DEFER, cause, question, &hold_impossible);
        verdict.mta_cannot = "hold";
        return verdict;
    }
    if (action == ACTION_ACCEPT && question->drops_recipients && question->cannot_drop) {
        verdict = verdict_general(ACTION_REJECT, dropping(question), question, &drop_impossible);
        verdict.mta_cannot = "drop_recipients";
        return verdict;
    }
    verdict = verdict_of(action, cause);
    if (action >= ACTION_DEFER)
        write_reply(&verdict, question, cause);
    return verdict;
}

struct verdict verdict_unrecorded(const struct verdict *decided, enum action on_error,
                                  const struct verdict_question *question)
{
    if (on_error != ACTION_DEFER || decided->action >= ACTION_DEFER)
        return *decided;
    return verdict_general(ACTION_DEFER, NULL, question, &record_lost);
}
