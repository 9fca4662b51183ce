#include "history/story.h"

#include "history/story_text.h"
#include "history/story_words.h"

#include <stdlib.h>
#include <talloc.h>
#include <time.h>

/* ---- findings --------------------------------------------------------------------------------------- */

static const char *what_it_saw(struct making *making)
{
    struct record *record = making->record;
    const char *detail = making_mask_text(making, making_text(making, RECORD_FINDING_DETAIL));
    if (!record_has(record, RECORD_FINDING_SEEN))
        return detail;
    const unsigned long long seen = record_u64(record, RECORD_FINDING_SEEN);
    const unsigned long long limit = record_u64(record, RECORD_FINDING_LIMIT);
    const char *counted =
        making_keep(making, talloc_asprintf(making->owner, "%llu of %llu allowed", seen, limit));
    /* Some say the number themselves: "9000 bytes". */
    char *rest = NULL;
    if (detail[0] == '\0' || (strtoull(detail, &rest, 10) == seen && rest != detail))
        return counted;
    return making_keep(making, talloc_asprintf(making->owner, "%s; %s", detail, counted));
}

static void read_finding(struct making *making, struct story_finding *finding)
{
    *finding = (struct story_finding){
        .check = making_text(making, RECORD_FINDING_CHECK),
        .outcome = making_text(making, RECORD_FINDING_OUTCOME),
        .reason = making_text(making, RECORD_FINDING_REASON),
        .mode = making_text(making, RECORD_FINDING_MODE),
        .action = making_text(making, RECORD_FINDING_ACTION),
        .saw = what_it_saw(making),
        .rule = making_text(making, RECORD_FINDING_RULE),
        .limit = record_u64(making->record, RECORD_FINDING_LIMIT),
        .seen = record_u64(making->record, RECORD_FINDING_SEEN),
    };
}

/* Before version 1 a finding had no action: what failed and was enforced then decided. */
static bool asks_for(const struct story_finding *finding, const char *verdict)
{
    if (strcmp(finding->outcome, "pass") == 0 || strcmp(verdict, "accept") == 0)
        return false;
    return finding->action[0] == '\0' || strcmp(finding->action, verdict) == 0;
}

static void read_findings(struct making *making)
{
    struct story *story = making->story;
    struct json_cursor cursor = record_begin(making->record, RECORD_FINDINGS);
    const char *would = making_text(making, RECORD_WOULD);
    bool has_cause = false, has_would = strcmp(would, story->verdict) == 0;
    while (record_next(making->record, RECORD_FINDINGS, &cursor)) {
        struct story_finding *grown = talloc_realloc(making->owner, story->findings, struct story_finding,
                                                     (unsigned)story->finding_count + 1);
        making->failed = making->failed || grown == NULL;
        if (grown == NULL)
            return;
        story->findings = grown;
        struct story_finding *finding = &grown[story->finding_count++];
        read_finding(making, finding);
        finding->is_cause =
            !has_cause && strcmp(finding->mode, "monitor") != 0 && asks_for(finding, story->verdict);
        has_cause = has_cause || finding->is_cause;
        finding->would_cause = !has_would && asks_for(finding, would);
        has_would = has_would || finding->would_cause;
    }
}

static const struct story_finding *cause_of(const struct story *story)
{
    for (size_t i = 0; i < story->finding_count; i++)
        if (story->findings[i].is_cause)
            return &story->findings[i];
    return NULL;
}

static const struct story_finding *would_cause_of(const struct story *story)
{
    for (size_t i = 0; i < story->finding_count; i++)
        if (story->findings[i].would_cause)
            return &story->findings[i];
    return NULL;
}

/* Of a message that went on although some recipient was refused: why that was. */
static const struct story_finding *recipient_cause_of(const struct story *story)
{
    for (size_t r = 0; r < story->recipient_count; r++)
        for (size_t i = 0; i < story->finding_count; i++) {
            const struct story_finding *finding = &story->findings[i];
            const size_t length = strlen(finding->check);
            const char *reason = story->recipients[r].reason;
            if (strncmp(reason, finding->check, length) == 0 && reason[length] == '.' &&
                strcmp(reason + length + 1, finding->reason) == 0)
                return finding;
        }
    return NULL;
}

/* ---- words ------------------------------------------------------------------------------------------ */

/* Whom an override would be for: a login or a script by name, anybody else by the client. */
static const char *condition_of(struct making *making)
{
    const struct story *story = making->story;
    const bool has_name = story->user[0] != '\0' && !record_is(making->record, RECORD_ROLE, "trusted");
    return making_keep(making,
                       talloc_asprintf(making->owner, has_name ? "{ user: \"%s\" }" : "{ network: \"%s\" }",
                                       has_name ? story->user : story->client));
}

/* "exe" of "invoice.zip > scan.pdf.exe"; what stands in brackets behind it is another name of the same file.
 */
static struct slice extension_in(const char *detail)
{
    const char *end = strstr(detail, " (");
    struct slice name = slice_make(detail, end == NULL ? strlen(detail) : (size_t)(end - detail));
    const size_t dot = slice_find_last(name, '.');
    size_t to = dot + 1;
    while (to < name.length && (ascii_is_alpha(name.data[to]) || ascii_is_digit(name.data[to])))
        to++;
    return dot >= name.length ? slice_of("") : slice_part(name, dot + 1, to);
}

static struct slice named_value(struct making *making, const struct story_finding *finding, struct slice name)
{
    const struct story *story = making->story;
    const char *at = strrchr(story->user, '@');
    const char *values[][2] = {
        {"user", story->user[0] == '\0' ? "the client" : story->user},
        {"domain", at == NULL ? "" : at + 1},
        {"client", story->client},
        {"sender", making_address(making, RECORD_SENDER)},
        {"to", making->to},
        {"detail", finding->saw[0] == '\0' ? finding->reason : finding->saw},
        {"when", condition_of(making)},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (slice_equal(name, slice_of(values[i][0])))
            return slice_of(values[i][1]);
    return slice_equal(name, slice_of("extension")) ? extension_in(finding->saw) : slice_of("");
}

static const char *fill_in(struct making *making, const char *template, const struct story_finding *finding)
{
    char *out = talloc_strdup(making->owner, "");
    while (out != NULL && template[0] != '\0') {
        const size_t plain = strcspn(template, "{");
        out = talloc_strndup_append_buffer(out, template, plain);
        template += plain;
        const char *end = template[0] == '\0' ? NULL : strchr(template, '}');
        const struct slice name =
            end == NULL ? slice_of("") : slice_make(template + 1, (size_t)(end - template) - 1);
        const bool is_seen = slice_equal(name, slice_of("seen")),
                   is_limit = slice_equal(name, slice_of("limit"));
        const struct slice value = named_value(making, finding, name);
        if (out != NULL && (is_seen || is_limit))
            out = talloc_asprintf_append_buffer(
                out, "%llu", (unsigned long long)(is_limit ? finding->limit : finding->seen));
        else if (out != NULL && value.length > 0)
            out = talloc_strndup_append_buffer(out, value.data, value.length);
        else if (out != NULL && template[0] != '\0') { /* a brace of YAML */
            out = talloc_strndup_append_buffer(out, template, 1);
            template ++;
            continue;
        }
        template = template[0] == '\0' || end == NULL ? template : end + 1;
    }
    return making_keep(making, out);
}

static const char *verdict_words(const char *verdict)
{
    static const char *const words[][2] = {
        {"accept", "Accepted"},
        {"hold", "Put on hold for the administrator"},
        {"defer", "Put off: the sender was asked to try again later"},
        {"reject", "Refused"},
        {"aborted", "Given up by the client before it had an answer to the whole message"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(verdict, words[i][0]) == 0)
            return words[i][1];
    return verdict;
}

static const char *recipients_words(struct making *making)
{
    const struct story *story = making->story;
    size_t reached = 0;
    for (size_t i = 0; i < story->recipient_count; i++)
        reached += strcmp(story->recipients[i].action, "accept") == 0 ||
                   strcmp(story->recipients[i].action, "hold") == 0;
    if (story->recipient_count == 0 || strcmp(story->verdict, "aborted") == 0)
        return "";
    if (reached > 0 && reached < story->recipient_count)
        return making_keep(making, talloc_asprintf(making->owner, " for %zu of %zu recipients", reached,
                                                   story->recipient_count));
    if (story->recipient_count == 1)
        return making_keep(making, talloc_asprintf(making->owner, " for %s", story->recipients[0].address));
    return making_keep(making,
                       talloc_asprintf(making->owner, " for all %zu recipients", story->recipient_count));
}

static void write_sentence(struct making *making)
{
    struct story *story = making->story;
    const struct story_finding *cause = cause_of(story);
    cause = cause == NULL ? recipient_cause_of(story) : cause;
    const char *why = "";
    if (cause != NULL)
        why =
            talloc_asprintf(making->owner, ": %s",
                            fill_in(making, story_reason_find(cause->check, cause->reason)->meaning, cause));
    else if (strcmp(story->verdict, "aborted") == 0)
        why = talloc_asprintf(making->owner, " (%s)", making_text(making, RECORD_ABORT_REASON));
    story->sentence = making_keep(
        making, talloc_asprintf(making->owner, "%s%s on %s%s.", verdict_words(story->verdict),
                                recipients_words(making), story_moment(making->owner, story->time_us),
                                making_keep(making, why)));
    const struct story_finding *would = would_cause_of(story);
    const char *would_be = making_text(making, RECORD_WOULD);
    if (would != NULL)
        story->would = making_keep(
            making,
            talloc_asprintf(making->owner, "Were monitor mode enforced, it would have been %s: %s.",
                            strcmp(would_be, "reject") == 0 ? "refused"
                            : strcmp(would_be, "hold") == 0 ? "put on hold"
                                                            : "put off",
                            fill_in(making, story_reason_find(would->check, would->reason)->meaning, would)));
}

static void add_change(struct making *making, const char *text)
{
    if (making->story->change_count < STORY_REMEDIES_MAX)
        making->story->changes[making->story->change_count++] = text;
}

static void write_remedies(struct making *making)
{
    struct story *story = making->story;
    const struct story_finding *cause = cause_of(story);
    cause = cause != NULL ? cause : recipient_cause_of(story);
    cause = cause != NULL ? cause : would_cause_of(story);
    if (cause == NULL)
        return;
    const struct story_reason *reason = story_reason_find(cause->check, cause->reason);
    for (size_t i = 0; i < 3 && reason->changes[i] != NULL; i++)
        add_change(making, fill_in(making, reason->changes[i], cause));
    if (reason->override != NULL && (story->user[0] != '\0' || story->client[0] != '\0')) {
        add_change(making, "An exception in the configuration:");
        add_change(making,
                   making_keep(making, talloc_asprintf(making->owner, "  overrides:\n    - { when: %s, %s }",
                                                       condition_of(making),
                                                       fill_in(making, reason->override, cause))));
    }
    if (reason->useless != NULL)
        story->useless[story->useless_count++] = fill_in(making, reason->useless, cause);
    if (cause->rule[0] != '\0')
        story->deciding = making_keep(making, talloc_asprintf(making->owner, "%s decided.", cause->rule));
    else
        story->deciding = making_keep(
            making, talloc_asprintf(making->owner,
                                    "A default decided: no line of the configuration says otherwise "
                                    "(`closedrelay check --print` shows the section %s).",
                                    cause->check));
}

/* ---- facts ------------------------------------------------------------------------------------------ */

static void add_fact(struct making *making, const char *name, const char *value)
{
    struct story *story = making->story;
    if (value[0] != '\0' && story->fact_count < STORY_FACTS_MAX)
        story->facts[story->fact_count++] = (struct story_fact){name, value};
}

static const char *with_part(struct making *making, const char *value, const char *before, const char *part)
{
    if (part[0] == '\0' || strcmp(value, part) == 0)
        return value;
    return making_keep(
        making, talloc_asprintf(making->owner, "%s%s%s%s", value, value[0] == '\0' ? "" : " ", before, part));
}

static void read_facts(struct making *making)
{
    struct record *record = making->record;
    struct story *story = making->story;
    record_enter(record, RECORD_AUTH);
    record_enter(record, RECORD_TLS);
    add_fact(making, "user", story->user);
    add_fact(making, "login",
             with_part(making, making_text(making, RECORD_AUTH_LOGIN), "by ",
                       making_text(making, RECORD_AUTH_TYPE)));
    add_fact(making, "customer", making_text(making, RECORD_CUSTOMER));
    add_fact(making, "role",
             story_role_words(making_text(making, RECORD_ROLE), making_text(making, RECORD_ROLE_REASON)));
    add_fact(making, "client", with_part(making, story->client, "", making_text(making, RECORD_CLIENT_HOST)));
    add_fact(making, "browser",
             with_part(making, making_text(making, RECORD_ORIGIN_ADDRESS), "",
                       record_has(record, RECORD_ORIGIN_ADDRESS) ? "as the webmail says" : ""));
    add_fact(making, "called itself", making_text(making, RECORD_HELO));
    add_fact(making, "encryption",
             with_part(making, making_text(making, RECORD_TLS_VERSION), "",
                       making_text(making, RECORD_TLS_CIPHER)));
    add_fact(making, "certificate", making_text(making, RECORD_TLS_CERT_SUBJECT));
    add_fact(making, "sender",
             record_is(record, RECORD_SENDER, "") ? "<> (a bounce)" : making_address(making, RECORD_SENDER));
    add_fact(making, "From:", making_mask_text(making, making_text(making, RECORD_FROM)));
    add_fact(making, "Message-ID", making_mask_text(making, making_text(making, RECORD_MESSAGE_ID)));
    if (record_u64(record, RECORD_SIZE) > 0)
        add_fact(making, "size", making_bytes(making, record_u64(record, RECORD_SIZE)));
    else if (record_u64(record, RECORD_DECLARED_SIZE) > 0)
        add_fact(making, "announced size", making_bytes(making, record_u64(record, RECORD_DECLARED_SIZE)));
    add_fact(making, "fingerprint",
             with_part(making, making_text(making, RECORD_FINGERPRINT), "",
                       record_has(record, RECORD_FINGERPRINT) ? "the same for all copies of this text" : ""));
    add_fact(making, "queue id", making_text(making, RECORD_QUEUE_ID));
    add_fact(
        making, "server",
        with_part(making, making_text(making, RECORD_HOST), "service ", making_text(making, RECORD_SERVICE)));
    add_fact(making, "policy", story->policy);
    add_fact(making, "mode", making_text(making, RECORD_MODE));
    add_fact(making, "incident id", story->id);
}

static void read_recipients(struct making *making)
{
    struct story *story = making->story;
    struct json_cursor cursor = record_begin(making->record, RECORD_RECIPIENTS);
    bool is_refused = false;
    while (record_next(making->record, RECORD_RECIPIENTS, &cursor)) {
        struct story_recipient *grown = talloc_realloc(
            making->owner, story->recipients, struct story_recipient, (unsigned)story->recipient_count + 1);
        making->failed = making->failed || grown == NULL;
        if (grown == NULL)
            return;
        story->recipients = grown;
        struct story_recipient *recipient = &grown[story->recipient_count++];
        *recipient = (struct story_recipient){making_address(making, RECORD_RECIPIENT_ADDRESS),
                                              making_text(making, RECORD_RECIPIENT_ACTION),
                                              making_text(making, RECORD_RECIPIENT_REASON)};
        const char *at = strrchr(recipient->address, '@');
        const bool is_first_refused = !is_refused && recipient->reason[0] != '\0';
        if (making->to[0] == '\0' || is_first_refused)
            making->to = at == NULL ? recipient->address : at + 1;
        is_refused = is_refused || is_first_refused;
    }
}

static void read_attachments(struct making *making)
{
    struct story *story = making->story;
    struct json_cursor cursor = record_begin(making->record, RECORD_ATTACHMENTS);
    while (record_next(making->record, RECORD_ATTACHMENTS, &cursor)) {
        struct story_attachment *grown =
            talloc_realloc(making->owner, story->attachments, struct story_attachment,
                           (unsigned)story->attachment_count + 1);
        making->failed = making->failed || grown == NULL;
        if (grown == NULL)
            return;
        story->attachments = grown;
        grown[story->attachment_count++] = (struct story_attachment){
            making_text(making, RECORD_ATTACHMENT_PATH), making_text(making, RECORD_ATTACHMENT_OUTCOME),
            making_text(making, RECORD_ATTACHMENT_TYPE), record_u64(making->record, RECORD_ATTACHMENT_SIZE)};
    }
}

static struct making begin_making(void *owner, struct record *record, bool is_masked)
{
    struct making making = {.owner = owner, .record = record, .is_masked = is_masked, .to = ""};
    record_enter(record, RECORD_CLIENT);
    making.own = slice_of(making_text(&making, RECORD_USER));
    return making;
}

bool story_make(void *owner, struct record *record, bool is_masked, struct story *story)
{
    struct making making = begin_making(owner, record, is_masked);
    making.story = story;
    *story = (struct story){.reply = "", .deciding = "", .would = "", .sentence = ""};
    record_time(record, RECORD_TIME, &story->time_us);
    story->id = making_text(&making, RECORD_ID);
    story->verdict = making_text(&making, RECORD_VERDICT);
    story->user = making_text(&making, RECORD_USER);
    story->client = making_text(&making, RECORD_CLIENT_ADDRESS);
    story->policy = making_text(&making, RECORD_POLICY);
    story->reply = making_mask_text(&making, making_text(&making, RECORD_REPLY));
    story->record = is_masked
                        ? NULL
                        : making_keep(&making, talloc_strndup(owner, record->line.data, record->line.length));
    read_recipients(&making);
    read_attachments(&making);
    read_findings(&making);
    read_facts(&making);
    write_sentence(&making);
    write_remedies(&making);
    return !making.failed;
}

/* ---- lines of a list -------------------------------------------------------------------------------- */

static const char *why_of(struct making *making, const char *verdict)
{
    struct json_cursor cursor = record_begin(making->record, RECORD_FINDINGS);
    struct story_finding finding;
    while (record_next(making->record, RECORD_FINDINGS, &cursor)) {
        read_finding(making, &finding);
        if (asks_for(&finding, verdict) && strcmp(finding.mode, "monitor") != 0)
            return making_keep(making,
                               talloc_asprintf(making->owner, "%s %s", finding.check, finding.reason));
    }
    return "";
}

static void read_event_line(struct making *making, struct story_line *line)
{
    static const enum record_key subjects[] = {RECORD_SUBJECT_NAME, RECORD_ZONE, RECORD_FILE};
    record_enter(making->record, RECORD_SUBJECT);
    line->verdict = making_text(making, RECORD_STATE);
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects && line->user[0] == '\0'; i++)
        line->user = making_text(making, subjects[i]);
    line->why = making_text(making, RECORD_REASON);
    if (line->why[0] == '\0' && record_has(making->record, RECORD_ENTRIES))
        line->why = making_keep(
            making, talloc_asprintf(making->owner, "%llu entries",
                                    (unsigned long long)record_u64(making->record, RECORD_ENTRIES)));
}

bool story_line_make(void *owner, struct record *record, bool is_masked, struct story_line *line)
{
    struct making making = begin_making(owner, record, is_masked);
    *line = (struct story_line){.recipient = ""};
    record_time(record, RECORD_TIME, &line->time_us);
    line->id = making_text(&making, RECORD_ID);
    line->kind = making_text(&making, RECORD_TYPE);
    line->kind = line->kind[0] == '\0' ? "message" : line->kind;
    line->verdict = making_text(&making, RECORD_VERDICT);
    line->user = making_text(&making, RECORD_USER);
    line->client = making_text(&making, RECORD_CLIENT_ADDRESS);
    line->sender = making_address(&making, RECORD_SENDER);
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    while (record_next(record, RECORD_RECIPIENTS, &cursor))
        if (line->recipient_count++ == 0)
            line->recipient = making_address(&making, RECORD_RECIPIENT_ADDRESS);
    line->why = why_of(&making, line->verdict);
    if (record_line_of(record) != RECORD_LINE_MESSAGE)
        read_event_line(&making, line);
    return !making.failed;
}
