#include "check/attachments/attachments.h"

#include "check/attachments/attachment_name.h"

#include <talloc.h>

/* ---- outcomes --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t action_offset; /* of the configured action */
    unsigned condition;   /* the attachment_condition it stands for, or 0 */
} outcomes[ATTACHMENT_OUTCOME_COUNT] = {
    [ATTACHMENT_IS_CLEAN] = {"pass", 0, 0},
    [ATTACHMENT_IS_BLOCKED] = {"blocked", offsetof(struct attachments_settings, blocked_action), 0},
    [ATTACHMENT_IS_DISGUISED] = {"disguised", offsetof(struct attachments_settings, disguised), 0},
    [ATTACHMENT_IS_AMBIGUOUS] = {"ambiguous", offsetof(struct attachments_settings, ambiguous),
                                 ATTACHMENT_AMBIGUOUS},
    [ATTACHMENT_IS_PARTIAL] = {"partial", offsetof(struct attachments_settings, partial), ATTACHMENT_PARTIAL},
    [ATTACHMENT_IS_OVER_BUDGET] = {"over_budget", offsetof(struct attachments_settings, over_budget),
                                   ATTACHMENT_OVER_BUDGET},
    [ATTACHMENT_IS_UNINSPECTABLE] = {"uninspectable", offsetof(struct attachments_settings, uninspectable),
                                     ATTACHMENT_UNINSPECTABLE},
    [ATTACHMENT_IS_ENCRYPTED] = {"encrypted", offsetof(struct attachments_settings, encrypted),
                                 ATTACHMENT_ENCRYPTED},
    [ATTACHMENT_HAS_MACROS] = {"macros", offsetof(struct attachments_settings, macros), ATTACHMENT_MACROS},
    [ATTACHMENT_IS_AMBIGUOUS_CLEAN] = {"ambiguous_clean",
                                       offsetof(struct attachments_settings, ambiguous_clean),
                                       ATTACHMENT_ALTERNATIVES},
};

const char *attachment_outcome_name(enum attachment_outcome outcome)
{
    return outcomes[outcome].name;
}

static enum action outcome_action(const struct attachments_settings *settings,
                                  enum attachment_outcome outcome)
{
    if (outcome == ATTACHMENT_IS_CLEAN)
        return ACTION_ACCEPT;
    enum action action;
    memcpy(&action, (const char *)settings + outcomes[outcome].action_offset, sizeof action);
    return action;
}

static bool has_outcome(const struct attachments_settings *settings, const struct attachment *attachment,
                        enum attachment_outcome outcome)
{
    if (outcome == ATTACHMENT_IS_BLOCKED)
        return attachment_name_blocked(settings, attachment, NULL);
    if (outcome == ATTACHMENT_IS_DISGUISED)
        return attachment_is_disguised(settings, attachment);
    return (attachment->conditions & outcomes[outcome].condition) != 0;
}

enum attachment_outcome attachments_outcome(const struct attachments_settings *settings,
                                            const struct attachment *attachment)
{
    enum attachment_outcome result = ATTACHMENT_IS_CLEAN;
    for (enum attachment_outcome outcome = ATTACHMENT_IS_BLOCKED; outcome < ATTACHMENT_OUTCOME_COUNT;
         outcome++) {
        bool is_stricter = result == ATTACHMENT_IS_CLEAN ||
                           outcome_action(settings, outcome) > outcome_action(settings, result);
        if (is_stricter && has_outcome(settings, attachment, outcome))
            result = outcome;
    }
    return result;
}

/* ---- words ------------------------------------------------------------------------------------------ */

/* Why the scan set the condition that stands for `outcome`; or NULL. */
static const char *condition_reason(const struct attachment *attachment, enum attachment_outcome outcome)
{
    unsigned condition = outcomes[outcome].condition;
    return condition == 0 ? NULL : attachment->condition_reason[__builtin_ctz(condition)];
}

/* The path, and behind it the blocked name where that is another than the one shown: a client may show
 * either. */
static const char *blocked_path(const struct check_context *context, const struct attachment *attachment)
{
    enum { NAME_SHOWN_BYTES = 80 };
    struct attachment_blocked_by by;
    if (!attachment_name_blocked(context->settings, attachment, &by) ||
        memmem(attachment->path, strlen(attachment->path), by.name.data, by.name.length) != NULL)
        return attachment->path;
    const char *path = check_shorten(context, attachment->path, 90);
    int shown = (int)(by.name.length > NAME_SHOWN_BYTES ? NAME_SHOWN_BYTES : by.name.length);
    const char *both =
        path == NULL ? NULL : check_text(context, "%s (also named %.*s)", path, shown, by.name.data);
    return both == NULL ? attachment->path : both;
}

static const char *detail_text(const struct check_context *context, const struct attachment *attachment,
                               enum attachment_outcome outcome)
{
    const char *why = condition_reason(attachment, outcome);
    if (outcome == ATTACHMENT_IS_DISGUISED)
        why = attachment->executable;
    if (outcome == ATTACHMENT_IS_BLOCKED)
        return blocked_path(context, attachment);
    return why == NULL ? attachment->path : check_text(context, "%s: %s", attachment->path, why);
}

/* Which words say why the name is not accepted, and with which extension or pattern. */
static enum reply_row blocked_row(const struct check_context *context, const struct attachment *attachment,
                                  const char **extension)
{
    struct attachment_blocked_by by;
    attachment_name_blocked(context->settings, attachment, &by);
    *extension = by.pattern;
    if (by.pattern != NULL)
        return REPLY_attachments_blocked_name;
    *extension = check_text(context, "%s", by.is_not_listed ? "" : by.extension);
    if (by.is_not_listed)
        return REPLY_attachments_blocked_unlisted;
    return by.is_spelled ? REPLY_attachments_blocked_spelling : REPLY_attachments_blocked;
}

static const enum reply_row outcome_rows[ATTACHMENT_OUTCOME_COUNT] = {
    [ATTACHMENT_IS_DISGUISED] = REPLY_attachments_disguised,
    [ATTACHMENT_IS_ENCRYPTED] = REPLY_attachments_encrypted,
    [ATTACHMENT_IS_UNINSPECTABLE] = REPLY_attachments_uninspectable,
    [ATTACHMENT_IS_AMBIGUOUS] = REPLY_attachments_ambiguous,
    [ATTACHMENT_IS_AMBIGUOUS_CLEAN] = REPLY_attachments_ambiguous_clean,
    [ATTACHMENT_IS_OVER_BUDGET] = REPLY_attachments_over_budget,
    [ATTACHMENT_IS_PARTIAL] = REPLY_attachments_partial,
    [ATTACHMENT_HAS_MACROS] = REPLY_attachments_macros,
};

/* Users should hear of all of them at once, not of one at each attempt: `others` is how many more there are.
 */
static void say_outcome(const struct check_context *context, struct finding *finding,
                        const struct attachment *attachment, enum attachment_outcome outcome, size_t others)
{
    const bool is_whole = strcmp(attachment->path, "(message)") == 0;
    const char *path =
        outcome == ATTACHMENT_IS_BLOCKED ? blocked_path(context, attachment) : attachment->path;
    const char *extension = "";
    const enum reply_row row = outcome == ATTACHMENT_IS_BLOCKED ? blocked_row(context, attachment, &extension)
                                                                : outcome_rows[outcome];
    enum reply_part more = others == 1 ? REPLY_PART_one_more : REPLY_PART_more;
    check_say(context, finding, row,
              (const struct reply_value[]){
                  reply_part("subject", is_whole ? REPLY_PART_this_message : REPLY_PART_this_attachment),
                  reply_text("file", is_whole ? "" : check_shorten(context, path, 200)),
                  reply_text("extension", extension),
                  reply_text("kind", outcome == ATTACHMENT_IS_DISGUISED ? attachment->executable : ""),
                  reply_part("others", others == 0 ? REPLY_PART_none : more),
                  reply_count("other_count", others),
                  {0}});
}

/* ---- decision --------------------------------------------------------------------------------------- */

enum { FINDINGS_MAX = 20 };

/* What one message's attachments are, judged once. */
struct judged {
    const struct attachment_list *attachments;
    unsigned char *outcomes;         /* enum attachment_outcome of each */
    size_t found[ACTION_REJECT + 1]; /* offending attachments, by action */
};

static bool judge_all(const struct check_context *context, struct judged *judged,
                      struct finding_list *findings)
{
    const struct attachments_settings *settings = context->settings;
    size_t count = judged->attachments->count;
    if (count == 0)
        return true;
    const char **names = talloc_array(findings->owner, const char *, (unsigned)count);
    judged->outcomes = talloc_size(context->owner, count);
    if (judged->outcomes == NULL || names == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        enum attachment_outcome outcome = attachments_outcome(settings, &judged->attachments->items[i]);
        judged->outcomes[i] = (unsigned char)outcome;
        judged->found[outcome_action(settings, outcome)] += outcome != ATTACHMENT_IS_CLEAN;
        names[i] = attachment_outcome_name(outcome);
    }
    findings->attachment_outcomes = names;
    return true;
}

/* Most outcomes are called as their key. */
static const char *deciding_key(const struct check_context *context, const struct attachment *attachment,
                                enum attachment_outcome outcome)
{
    struct attachment_blocked_by by = {0};
    if (outcome != ATTACHMENT_IS_BLOCKED)
        return attachment_outcome_name(outcome);
    attachment_name_blocked(context->settings, attachment, &by);
    return by.pattern != NULL ? "blocked_names" : by.is_not_listed ? "only" : "blocked";
}

static void add_one(const struct check_context *context, const struct attachment *attachment,
                    enum attachment_outcome outcome, size_t others, struct finding_list *findings)
{
    enum action action = outcome_action(context->settings, outcome);
    /* What the configuration accepts is no failure, but the record shows it. */
    struct finding finding =
        check_finding(attachments_check.name, context, action == ACTION_ACCEPT ? FINDING_PASS : FINDING_FAIL,
                      attachment_outcome_name(outcome));
    finding.action = action;
    finding.key = deciding_key(context, attachment, outcome);
    finding.detail = detail_text(context, attachment, outcome);
    if (action >= ACTION_DEFER) {
        finding.reply.code = action == ACTION_REJECT ? 550 : 450;
        finding.reply.enhanced = action == ACTION_REJECT ? "5.7.1" : "4.7.1";
        say_outcome(context, &finding, attachment, outcome, others);
    }
    finding_add(findings, &finding);
}

/* Strictest first, so that the bound never hides what decides. */
static void add_offending(const struct check_context *context, const struct judged *judged,
                          struct finding_list *findings)
{
    size_t shown = 0, all = 0;
    for (int action = ACTION_REJECT; action >= ACTION_ACCEPT; action--) {
        size_t first = findings->count;
        all += judged->found[action];
        for (size_t i = 0; i < judged->attachments->count && shown < FINDINGS_MAX; i++) {
            enum attachment_outcome outcome = judged->outcomes[i];
            if (outcome == ATTACHMENT_IS_CLEAN || (int)outcome_action(context->settings, outcome) != action)
                continue;
            const size_t others = findings->count == first ? judged->found[action] - 1 : 0;
            add_one(context, &judged->attachments->items[i], outcome, others, findings);
            shown++;
        }
    }
    if (all > shown) {
        struct finding more = check_finding(attachments_check.name, context, FINDING_PASS, "more_not_shown");
        more.detail = check_text(context, "%zu more", all - shown);
        finding_add(findings, &more);
    }
}

static void add_unknown(const struct check_context *context, const char *reason,
                        struct finding_list *findings)
{
    struct finding unknown = check_finding(attachments_check.name, context, FINDING_UNKNOWN, reason);
    check_say(context, &unknown, REPLY_attachments_unknown, (const struct reply_value[]){{0}});
    finding_add(findings, &unknown);
}

static void attachments_decide(const struct check_context *context, struct finding_list *findings)
{
    struct judged judged = {.attachments = context->message->attachments};
    if (context->message->content_scan_failed) {
        add_unknown(context, "scan_failed", findings);
        return;
    }
    if (judged.attachments == NULL) {
        add_unknown(context, "not_scanned", findings);
        return;
    }
    if (!judge_all(context, &judged, findings)) {
        add_unknown(context, "out_of_memory", findings);
        return;
    }
    size_t before = findings->count;
    add_offending(context, &judged, findings);
    talloc_free(judged.outcomes);
    if (findings->count > before || findings->failed)
        return;
    struct finding pass = check_finding(attachments_check.name, context, FINDING_PASS, "clean");
    pass.detail = check_text(context, "%zu attachments", judged.attachments->count);
    finding_add(findings, &pass);
}

static unsigned attachments_needs(const void *settings)
{
    (void)settings;
    return CHECK_NEEDS_SCAN;
}

const struct check attachments_check = {
    .name = "attachments",
    .section = &attachments_section,
    .stages = STAGE_MESSAGE,
    .needs = attachments_needs,
    .decide = attachments_decide,
    .content_limits = attachments_content_limits,
};
