#include "history/replay_judge.h"

#include "check/account/account.h"
#include "check/attachments/attachments.h"
#include "check/blocks.h"
#include "check/dnsbl/dnsbl.h"
#include "history/replay_names.h"
#include "outcome/outcome.h"
#include "record/audit_line.h"
#include "scan/mime/name_superset.h"
#include "store/store.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <talloc.h>

enum { COUNTERS_MAX = 200000 };

struct replay_judge {
    const struct policy_snapshot *snapshot;
    const struct replay_names *names; /* whom hashes stand for; or NULL */
    int64_t now_us;                   /* the time of the present record */
    struct clock clock;
    struct store *store;
    struct check_services services;
    void *message_owner; /* of the present message */
};

/* What is put together for one message. */
struct replayed {
    struct replay_judge *judge;
    struct record *record;
    void *owner;
    bool failed;
    struct session_facts session;
    struct message_facts message;
    struct judgement judgement;
    void *session_slots[CHECK_COUNT_MAX];
    bool was_refused_at_mail;
};

/* ---- the judge -------------------------------------------------------------------------------------- */

static uint64_t record_monotonic_us(void *context)
{
    return (uint64_t)((const struct replay_judge *)context)->now_us;
}

static int64_t record_wall_us(void *context)
{
    return ((const struct replay_judge *)context)->now_us;
}

static int release(struct replay_judge *judge)
{
    TALLOC_FREE(judge->message_owner);
    store_destroy(judge->store);
    return 0;
}

struct replay_judge *replay_judge_create(void *owner, const struct policy_snapshot *snapshot,
                                         const struct replay_names *names)
{
    struct replay_judge *judge = talloc_zero(owner, struct replay_judge);
    if (judge == NULL)
        return NULL;
    judge->snapshot = snapshot;
    judge->names = names;
    judge->clock = (struct clock){record_monotonic_us, record_wall_us, judge};
    const struct store_memory_options options = {.clock = judge->clock,
                                                 .keys_max = {COUNTERS_MAX, COUNTERS_MAX}};
    judge->store = store_memory_create(&options);
    judge->services = (struct check_services){.clock = &judge->clock, .store = judge->store};
    talloc_set_destructor(judge, release);
    if (judge->store != NULL)
        return judge;
    talloc_free(judge);
    return NULL;
}

/* ---- facts ------------------------------------------------------------------------------------------ */

static const char *text_of(struct replayed *replayed, enum record_key key)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const struct slice text = record_text(replayed->record, key, &scratch);
    const char *copy = text.length == 0 ? "" : talloc_strndup(replayed->owner, text.data, text.length);
    replayed->failed = replayed->failed || copy == NULL || scratch.failed;
    strbuf_deinit(&scratch);
    return copy == NULL ? "" : replay_names_find(replayed->judge->names, copy);
}

static void fill_session(struct replayed *replayed)
{
    struct session_facts *session = &replayed->session;
    record_enter(replayed->record, RECORD_CLIENT);
    session->client_ip_known =
        ip_address_parse(slice_of(text_of(replayed, RECORD_CLIENT_ADDRESS)), &session->client_ip);
    session->client_port = (uint16_t)record_u64(replayed->record, RECORD_CLIENT_PORT);
    session->client_name = text_of(replayed, RECORD_CLIENT_HOST);
    session->helo = text_of(replayed, RECORD_HELO);
    session->daemon_name = text_of(replayed, RECORD_SERVICE);
    session->mta_version = "";
    judge_session(&replayed->judge->snapshot->judge, session);
}

static bool parse_address(struct replayed *replayed, const char *text, struct mail_address *address)
{
    const char *path = talloc_asprintf(replayed->owner, "<%s>", text);
    return path != NULL && mail_address_parse(replayed->owner, slice_of(path), address);
}

static void fill_recipients(struct replayed *replayed)
{
    struct message_facts *message = &replayed->message;
    struct json_cursor cursor = record_begin(replayed->record, RECORD_RECIPIENTS);
    size_t capacity = 0;
    while (!replayed->failed && record_next(replayed->record, RECORD_RECIPIENTS, &cursor)) {
        if (message->recipient_count == capacity) {
            capacity = capacity == 0 ? 4 : capacity * 2;
            message->recipients =
                talloc_realloc(replayed->owner, message->recipients, struct recipient, (unsigned)capacity);
            replayed->failed = message->recipients == NULL;
            if (replayed->failed)
                return;
        }
        struct recipient *recipient = &message->recipients[message->recipient_count++];
        *recipient = (struct recipient){
            .verbatim = text_of(replayed, RECORD_RECIPIENT_ADDRESS), .check = "", .reason = ""};
        if (record_is(replayed->record, RECORD_RECIPIENT_ACTION, "ignore"))
            recipient->action = RECIPIENT_IGNORED;
        replayed->failed = !parse_address(replayed, recipient->verbatim, &recipient->address);
    }
}

static void add_header(struct replayed *replayed, const char *name, const char *value)
{
    struct message_facts *message = &replayed->message;
    struct header_field *grown = talloc_realloc(replayed->owner, message->headers, struct header_field,
                                                (unsigned)message->header_count + 1);
    replayed->failed = replayed->failed || grown == NULL;
    if (grown == NULL)
        return;
    message->headers = grown;
    grown[message->header_count++] = (struct header_field){name, slice_of(value)};
}

static void add_headers(struct replayed *replayed, const char *name, enum record_key key)
{
    struct json_cursor cursor = record_begin(replayed->record, key);
    struct json_value text;
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    while (json_next(&cursor, NULL, &text)) {
        const struct slice value = json_read_string(&text, &scratch);
        const char *copy = talloc_strndup(replayed->owner, value.length == 0 ? "" : value.data, value.length);
        replayed->failed = replayed->failed || copy == NULL;
        if (copy != NULL)
            add_header(replayed, name, copy);
    }
    strbuf_deinit(&scratch);
}

/* Who handed a local message in stood in headers that are not recorded; what was made of them is. */
static void add_local_identity(struct replayed *replayed)
{
    const char *user = text_of(replayed, RECORD_USER);
    if (strncmp(user, "script:", 7) == 0)
        add_header(replayed, "x-php-script", user + 7);
    if (strncmp(user, "uid:", 4) != 0)
        return;
    const bool is_number = user[4 + strspn(user + 4, "0123456789")] == '\0';
    const char *received = talloc_asprintf(
        replayed->owner, is_number ? "by localhost (Postfix, from userid %s)" : "(from %s@localhost)",
        user + 4);
    replayed->failed = replayed->failed || received == NULL;
    if (received != NULL)
        add_header(replayed, "received", received);
}

static void fill_headers(struct replayed *replayed)
{
    const char *from = text_of(replayed, RECORD_FROM);
    if (from[0] != '\0')
        add_header(replayed, "from", from);
    add_headers(replayed, "from", RECORD_FROM_MORE);
    add_headers(replayed, "sender", RECORD_HEADER_SENDER);
    add_header(replayed, "message-id", text_of(replayed, RECORD_MESSAGE_ID));
    add_local_identity(replayed);
}

static unsigned conditions_of(const struct record *record)
{
    static const char *const names[ATTACHMENT_CONDITION_COUNT] = {
        "encrypted", "uninspectable", "ambiguous", "over_budget", "partial", "alternatives", "macros"};
    struct json_cursor cursor = record_begin(record, RECORD_ATTACHMENT_CONDITIONS);
    struct json_value text;
    unsigned conditions = 0;
    while (json_next(&cursor, NULL, &text))
        for (unsigned bit = 0; bit < ATTACHMENT_CONDITION_COUNT; bit++)
            if (json_equals(&text, names[bit]))
                conditions |= 1U << bit;
    return conditions;
}

/* Without a list of names there is one: the end of the path, as far as it can be told. */
static void fill_names(struct replayed *replayed, struct attachment *attachment)
{
    struct json_cursor cursor = record_begin(replayed->record, RECORD_ATTACHMENT_NAMES);
    struct json_value text;
    struct strbuf name;
    while (json_next(&cursor, NULL, &text)) {
        struct slice *grown = talloc_realloc(replayed->owner, attachment->names, struct slice,
                                             (unsigned)attachment->name_count + 1);
        strbuf_init(&name, 0);
        json_append_string(&text, &name);
        char *copy = talloc_strndup(replayed->owner, strbuf_text(&name), name.length);
        replayed->failed = replayed->failed || grown == NULL || copy == NULL;
        if (grown != NULL && copy != NULL) {
            attachment->names = grown;
            grown[attachment->name_count++] = slice_make(copy, name.length);
        }
        strbuf_deinit(&name);
    }
    if (attachment->name_count > 0)
        return;
    const char *last = attachment->path;
    for (const char *next; (next = strstr(last, " > ")) != NULL;)
        last = next + 3;
    attachment->names = talloc_array(replayed->owner, struct slice, 1);
    replayed->failed = replayed->failed || attachment->names == NULL;
    if (attachment->names != NULL && last[0] != '(')
        attachment->names[attachment->name_count++] = slice_of(last);
}

static void fill_set(struct replayed *replayed, enum record_key key, struct name_set *set)
{
    struct json_cursor cursor = record_begin(replayed->record, key);
    struct json_value text;
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    while (json_next(&cursor, NULL, &text))
        name_set_add(set, json_read_string(&text, &scratch));
    replayed->failed = replayed->failed || set->failed || scratch.failed;
    strbuf_deinit(&scratch);
}

/* What damaged fields may spell. */
static void fill_superset(struct replayed *replayed, struct attachment *attachment)
{
    if (!record_has(replayed->record, RECORD_ATTACHMENT_SPELLED) &&
        !record_has(replayed->record, RECORD_ATTACHMENT_PIECES))
        return;
    attachment->superset = talloc(replayed->owner, struct name_superset);
    replayed->failed = replayed->failed || attachment->superset == NULL;
    if (attachment->superset == NULL)
        return;
    name_superset_init(attachment->superset, replayed->owner);
    fill_set(replayed, RECORD_ATTACHMENT_SPELLED, &attachment->superset->texts);
    fill_set(replayed, RECORD_ATTACHMENT_PIECES, &attachment->superset->pieces);
}

static void fill_attachments(struct replayed *replayed)
{
    struct record *record = replayed->record;
    struct attachment_list *list = talloc_zero(replayed->owner, struct attachment_list);
    struct json_cursor cursor = record_begin(record, RECORD_ATTACHMENTS);
    replayed->failed = replayed->failed || list == NULL;
    while (!replayed->failed && record_next(record, RECORD_ATTACHMENTS, &cursor)) {
        struct attachment *grown =
            talloc_realloc(replayed->owner, list->items, struct attachment, (unsigned)list->count + 1);
        replayed->failed = grown == NULL;
        if (grown == NULL)
            return;
        list->items = grown;
        struct attachment *attachment = &grown[list->count++];
        *attachment = (struct attachment){
            .path = text_of(replayed, RECORD_ATTACHMENT_PATH),
            .conditions = conditions_of(record),
            .size_bytes = record_u64(record, RECORD_ATTACHMENT_SIZE),
            .is_member = record->values[RECORD_ATTACHMENT_IS_MEMBER].kind == JSON_KIND_TRUE,
            .is_part_of_document = record->values[RECORD_ATTACHMENT_IS_OF_DOCUMENT].kind == JSON_KIND_TRUE,
        };
        if (record_has(record, RECORD_ATTACHMENT_SCRIPT))
            attachment->script_extension = text_of(replayed, RECORD_ATTACHMENT_SCRIPT);
        fill_superset(replayed, attachment);
        if (record_has(record, RECORD_ATTACHMENT_TYPE))
            attachment->executable = text_of(replayed, RECORD_ATTACHMENT_TYPE);
        for (size_t i = 0; i < ATTACHMENT_CONDITION_COUNT; i++)
            attachment->condition_reason[i] = "as it was recorded";
        fill_names(replayed, attachment);
    }
    replayed->message.attachments = list;
}

/* Sendmail takes the name out of the certificate itself; the record has it where it was trusted by it. */
static const char *common_name_of(struct replayed *replayed)
{
    const char *user = text_of(replayed, RECORD_USER);
    const bool is_trusted_by_it = strcmp(text_of(replayed, RECORD_ROLE_REASON), "trusted_certificate") == 0 &&
                                  strncmp(user, "CN=", 3) == 0;
    return is_trusted_by_it ? user + 3 : "";
}

static void fill_message(struct replayed *replayed)
{
    struct record *record = replayed->record;
    struct message_facts *message = &replayed->message;
    record_enter(record, RECORD_AUTH);
    record_enter(record, RECORD_TLS);
    const struct slice id = record->values[RECORD_ID].text;
    memcpy(message->id.text, id.data, id.length < INCIDENT_ID_LENGTH ? id.length : INCIDENT_ID_LENGTH);
    message->queue_id = text_of(replayed, RECORD_QUEUE_ID);
    message->auth_type = text_of(replayed, RECORD_AUTH_TYPE);
    message->login = text_of(replayed, RECORD_AUTH_LOGIN);
    message->tls = (struct tls_facts){
        .version = text_of(replayed, RECORD_TLS_VERSION),
        .cipher = text_of(replayed, RECORD_TLS_CIPHER),
        .cert_subject = text_of(replayed, RECORD_TLS_CERT_SUBJECT),
        .cert_issuer = text_of(replayed, RECORD_TLS_CERT_ISSUER),
        .cert_fingerprint = text_of(replayed, RECORD_TLS_CERT_FINGERPRINT),
        .cert_verified = record->values[RECORD_TLS_CERT_VERIFIED].kind == JSON_KIND_TRUE,
        .cert_common_name = common_name_of(replayed),
    };
    message->has_declared_size = record_has(record, RECORD_DECLARED_SIZE);
    message->declared_size_bytes = record_u64(record, RECORD_DECLARED_SIZE);
    message->body_bytes = record_u64(record, RECORD_SIZE);
    message->part_count = (size_t)record_u64(record, RECORD_PARTS);
    message->origin_ip_known =
        ip_address_parse(slice_of(text_of(replayed, RECORD_ORIGIN_ADDRESS)), &message->origin_ip);
    snprintf(message->fingerprint, sizeof message->fingerprint, "%s", text_of(replayed, RECORD_FINGERPRINT));
    replayed->failed =
        replayed->failed || !parse_address(replayed, text_of(replayed, RECORD_SENDER), &message->sender);
    fill_recipients(replayed);
    fill_headers(replayed);
    if (record_has(record, RECORD_PARTS))
        fill_attachments(replayed);
}

/* ---- what had been asked for ------------------------------------------------------------------------ */

static enum list_verdict verdict_of(const struct record *record)
{
    if (record_is(record, RECORD_LIST_STATE, "listed"))
        return LIST_LISTED;
    if (record_is(record, RECORD_LIST_STATE, "not_listed"))
        return LIST_NOT_LISTED;
    return record_is(record, RECORD_LIST_STATE, "skipped") ? LIST_SKIPPED : LIST_UNKNOWN;
}

static void fill_codes(struct replayed *replayed, struct list_answer *answer)
{
    struct json_cursor cursor = record_begin(replayed->record, RECORD_LIST_ANSWERS);
    struct json_value text;
    uint32_t *codes = NULL;
    while (json_next(&cursor, NULL, &text)) {
        char address[INET_ADDRSTRLEN] = "";
        struct in_addr code;
        memcpy(address, text.text.data,
               text.text.length < sizeof address ? text.text.length : sizeof address - 1);
        uint32_t *grown = talloc_realloc(replayed->owner, codes, uint32_t, (unsigned)answer->code_count + 1);
        replayed->failed = replayed->failed || grown == NULL;
        if (grown == NULL)
            return;
        codes = grown;
        if (inet_pton(AF_INET, address, &code) == 1)
            codes[answer->code_count++] = ntohl(code.s_addr);
    }
    answer->codes = codes;
}

static void fill_lists(struct replayed *replayed)
{
    struct gathered_facts *gathered = &replayed->message.gathered;
    struct json_cursor cursor = record_begin(replayed->record, RECORD_LISTS);
    struct list_answer *lists = NULL;
    while (!replayed->failed && record_next(replayed->record, RECORD_LISTS, &cursor)) {
        struct list_answer *grown =
            talloc_realloc(replayed->owner, lists, struct list_answer, (unsigned)gathered->list_count + 1);
        replayed->failed = grown == NULL;
        if (grown == NULL)
            return;
        lists = grown;
        struct list_answer *answer = &lists[gathered->list_count++];
        *answer = (struct list_answer){.list = text_of(replayed, RECORD_LIST_ZONE),
                                       .verdict = verdict_of(replayed->record)};
        if (answer->verdict == LIST_UNKNOWN)
            answer->why = answer->why_text = text_of(replayed, RECORD_LIST_STATE);
        if (answer->verdict == LIST_LISTED)
            fill_codes(replayed, answer);
    }
    gathered->lists = lists;
}

static void read_blocks_finding(struct replayed *replayed)
{
    const char *detail = text_of(replayed, RECORD_FINDING_DETAIL);
    struct gathered_block *block = talloc(replayed->owner, struct gathered_block);
    replayed->failed = replayed->failed || block == NULL;
    if (block == NULL)
        return;
    *block = (struct gathered_block){
        .target = "as recorded:",
        .whom = detail,
        .reason = "",
        .until_us = INT64_MAX,
        .is_lock = record_is(replayed->record, RECORD_FINDING_REASON, "locked"),
        .is_external_only = strstr(detail, ", external mail") != NULL,
    };
    replayed->message.gathered.block = block;
}

/* Where its login stood on the ladder; of several findings the highest step counts. */
static void read_account_finding(struct replayed *replayed)
{
    struct record *record = replayed->record;
    const struct gathered_account *before = replayed->message.gathered.account;
    unsigned step = ACCOUNT_LOCK;
    while (step > ACCOUNT_CALM &&
           !record_is(record, RECORD_FINDING_REASON, account_step_name((enum account_step)step)))
        step--;
    struct gathered_account *account = talloc(replayed->owner, struct gathered_account);
    replayed->failed = replayed->failed || account == NULL;
    if (account == NULL || step == ACCOUNT_CALM)
        return;
    const bool was_too_fast = step == ACCOUNT_SLOW && record_is(record, RECORD_FINDING_OUTCOME, "fail");
    *account = (struct gathered_account){
        .step = before != NULL && before->step > step ? before->step : step,
        .points = record_u64(record, RECORD_FINDING_SEEN),
        .messages_of_hour = was_too_fast     ? UINT64_MAX
                            : before != NULL ? before->messages_of_hour
                                             : 0,
        .evidence = text_of(replayed, RECORD_FINDING_DETAIL),
    };
    replayed->message.gathered.account = account;
}

/* What only the findings tell: a block that was in force, a step of the ladder. */
static void fill_gathered(struct replayed *replayed)
{
    struct record *record = replayed->record;
    if (record_is(record, RECORD_ROLE_REASON, "recent_login"))
        replayed->message.gathered.recent_login = text_of(replayed, RECORD_USER);
    fill_lists(replayed);
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor))
        if (record_is(record, RECORD_FINDING_CHECK, account_check.name))
            read_account_finding(replayed);
        else if (record_is(record, RECORD_FINDING_CHECK, blocks_check.name) &&
                 !record_is(record, RECORD_FINDING_OUTCOME, "pass"))
            read_blocks_finding(replayed);
}

/* Counters are asked as they are at the records' time; nobody else is. */
static void gather(struct replayed *replayed, enum check_stage stage, const struct recipient *recipient)
{
    for (size_t i = 0; check_table[i] != NULL; i++) {
        const struct check *check = check_table[i];
        if (check->begin == NULL || check == &dnsbl_check || check == &blocks_check ||
            !judge_asks(&replayed->judgement, i, stage))
            continue;
        const struct check_context context = judge_context(&replayed->judgement, i, stage, recipient);
        check->begin(&context, &replayed->judge->services, &replayed->message.gathered);
    }
}

static void settle(struct replayed *replayed, bool is_accepted)
{
    const struct check_ending ending = {is_accepted, &replayed->judgement.findings};
    for (size_t i = 0; check_table[i] != NULL; i++) {
        if (check_table[i]->settle == NULL || replayed->judgement.asked_stages == 0 ||
            !judge_asks(&replayed->judgement, i, (enum check_stage)check_table[i]->stages))
            continue;
        const struct check_context context = judge_context(&replayed->judgement, i, STAGE_MESSAGE, NULL);
        check_table[i]->settle(&context, &replayed->judge->services, &ending);
    }
}

/* ---- judging ---------------------------------------------------------------------------------------- */

/* True: it ends here. */
static bool judge_envelope(struct replayed *replayed)
{
    struct judgement *judgement = &replayed->judgement;
    gather(replayed, STAGE_MAIL, NULL);
    judge_mail(judgement);
    if (!judge_answers_wait(judgement) && judgement->verdict.action >= ACTION_DEFER)
        return true;
    for (size_t i = 0; i < replayed->message.recipient_count; i++) {
        if (replayed->message.recipients[i].action == RECIPIENT_IGNORED)
            continue;
        judge_prepare_recipient(judgement, i);
        gather(replayed, STAGE_RECIPIENT, &replayed->message.recipients[i]);
        judge_recipient(judgement, i);
    }
    return false;
}

static bool any_is_taken(const struct message_facts *message)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].action == RECIPIENT_ACCEPTED ||
            message->recipients[i].action == RECIPIENT_DROPPED)
            return true;
    return false;
}

/* How it went: `*aborted` as in an outcome; `*has_rest`: the record goes as far as the judgement. */
static void judge_all(struct replayed *replayed, const char **aborted, bool *has_rest)
{
    struct judgement *judgement = &replayed->judgement;
    const char *abort_reason = text_of(replayed, RECORD_ABORT_REASON);
    *aborted = NULL;
    *has_rest = true;
    if (!judgement->is_settled)
        judge_settle(judgement);
    if (judge_envelope(replayed))
        return;
    if (abort_reason[0] != '\0' || replayed->was_refused_at_mail) {
        /* Nobody knows what would have come had it not been refused. */
        *has_rest =
            !replayed->was_refused_at_mail && (!record_is(replayed->record, RECORD_VERDICT, "reject") &&
                                                       !record_is(replayed->record, RECORD_VERDICT, "defer")
                                                   ? true
                                                   : !any_is_taken(&replayed->message));
        *aborted = abort_reason;
        judge_unfinished(judgement);
        return;
    }
    gather(replayed, STAGE_MESSAGE, NULL);
    judge_message(judgement);
    judge_conclude(judgement);
}

/* ---- comparing -------------------------------------------------------------------------------------- */

/* "~….…", "@example.com": what audit.privacy makes of a name. */
static bool is_treated(const char *name)
{
    return name[0] == '~' || name[0] == '@';
}

static bool has_private_names(struct replayed *replayed)
{
    const struct message_facts *message = &replayed->message;
    const char *client = text_of(replayed, RECORD_CLIENT_ADDRESS);
    const char *user = text_of(replayed, RECORD_USER);
    const bool has_no_user = user[0] == '\0' && record_is(replayed->record, RECORD_ROLE, "submission");
    if (is_treated(client) || is_treated(user) || is_treated(message->login) || has_no_user ||
        is_treated(text_of(replayed, RECORD_SENDER)))
        return true;
    for (size_t i = 0; i < message->recipient_count; i++)
        if (is_treated(message->recipients[i].verbatim))
            return true;
    return false;
}

static unsigned gaps_of(struct replayed *replayed, bool has_rest)
{
    unsigned gaps = has_rest ? 0 : REPLAY_GAP_REST;
    gaps |= has_private_names(replayed) ? REPLAY_GAP_PRIVATE : 0;
    for (size_t i = 0; i < replayed->judgement.findings.count; i++) {
        const struct finding *finding = &replayed->judgement.findings.items[i];
        if (strcmp(finding->check, dnsbl_check.name) == 0 && strcmp(finding->reason, "not_asked") == 0)
            gaps |= REPLAY_GAP_LIST;
        if (finding->outcome == FINDING_UNKNOWN && strcmp(finding->reason, "not_scanned") == 0 &&
            !record_has(replayed->record, RECORD_PARTS) && !record_has(replayed->record, RECORD_ABORT_REASON))
            gaps |= REPLAY_GAP_CONTENT;
    }
    if (judge_needs(&replayed->judgement, CHECK_NEEDS_CONTACTS))
        gaps |= REPLAY_GAP_CONTACTS;
    return gaps;
}

static void compare_recipients(struct replayed *replayed, const struct outcome *outcome,
                               struct replay_result *result)
{
    struct replay_recipient *recipients = talloc_array(replayed->owner, struct replay_recipient,
                                                       (unsigned)replayed->message.recipient_count + 1);
    struct json_cursor cursor = record_begin(replayed->record, RECORD_RECIPIENTS);
    replayed->failed = replayed->failed || recipients == NULL;
    for (size_t i = 0; recipients != NULL && i < replayed->message.recipient_count &&
                       record_next(replayed->record, RECORD_RECIPIENTS, &cursor);
         i++) {
        const struct recipient *recipient = &replayed->message.recipients[i];
        recipients[i] =
            (struct replay_recipient){recipient->address.text, text_of(replayed, RECORD_RECIPIENT_ACTION),
                                      audit_recipient_action(outcome, recipient)};
        result->changed_recipient_count += strcmp(recipients[i].was, recipients[i].is) != 0;
        result->recipient_count++;
    }
    result->recipients = recipients;
}

static unsigned severity_of(const char *verdict)
{
    static const char *const verdicts[] = {"accept", "hold", "defer", "reject"};
    for (unsigned i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(verdict, verdicts[i]) == 0)
            return i;
    return 0;
}

/* What decided then: the first finding that asked for `action`; NULL: for any but acceptance. */
static void find_old_cause(struct replayed *replayed, const char *action, struct replay_result *result)
{
    struct record *record = replayed->record;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        const bool asks = action == NULL ? !record_is(record, RECORD_FINDING_ACTION, "accept")
                                         : record_is(record, RECORD_FINDING_ACTION, action);
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") || !asks ||
            record_is(record, RECORD_FINDING_MODE, "monitor"))
            continue;
        result->check = text_of(replayed, RECORD_FINDING_CHECK);
        result->reason = text_of(replayed, RECORD_FINDING_REASON);
        result->detail = text_of(replayed, RECORD_FINDING_DETAIL);
        return;
    }
}

static void find_new_cause(const struct replayed *replayed, struct replay_result *result)
{
    for (size_t i = 0; i < replayed->judgement.findings.count; i++) {
        const struct finding *finding = &replayed->judgement.findings.items[i];
        if (finding->outcome == FINDING_PASS || finding->mode != MODE_ENFORCE ||
            (finding->action == ACTION_ACCEPT && !finding->drops_recipient))
            continue;
        result->check = finding->check;
        result->reason = finding->reason;
        result->detail = finding->detail == NULL ? "" : finding->detail;
        result->rule_file = finding->rule_file;
        result->rule_line = finding->rule_line;
        if (finding->action == replayed->judgement.verdict.action)
            return;
    }
}

/* Oddly written names may be read in more ways than a record lists that has not what they may spell, and one
 * of a former version has not the kind of a script. */
static bool has_odd_names(const struct replayed *replayed)
{
    const struct attachment_list *list = replayed->message.attachments;
    const unsigned odd = ATTACHMENT_ALTERNATIVES | ATTACHMENT_AMBIGUOUS;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct attachment *attachment = &list->items[i];
        const bool is_script =
            attachment->executable != NULL && strcmp(attachment->executable, ATTACHMENT_SCRIPT) == 0;
        if (((attachment->conditions & odd) != 0 && attachment->superset == NULL) ||
            (is_script && attachment->script_extension == NULL))
            return true;
    }
    return false;
}

static void compare(struct replayed *replayed, const char *aborted, bool has_rest,
                    struct replay_result *result)
{
    const struct outcome outcome = {
        .session = &replayed->session,
        .message = &replayed->message,
        .findings = &replayed->judgement.findings,
        .verdict = &replayed->judgement.verdict,
        .would = replayed->judgement.would,
        .aborted = aborted,
    };
    *result = (struct replay_result){.check = "", .reason = "", .detail = ""};
    result->was = text_of(replayed, RECORD_VERDICT);
    result->is = outcome_verdict_name(&outcome);
    result->user = text_of(replayed, RECORD_USER);
    result->id = text_of(replayed, RECORD_ID);
    result->gaps = gaps_of(replayed, has_rest);
    compare_recipients(replayed, &outcome, result);
    if (severity_of(result->is) >= severity_of(result->was))
        find_new_cause(replayed, result);
    else
        find_old_cause(replayed, result->was, result);
    if (strcmp(result->check, attachments_check.name) == 0 && has_odd_names(replayed) &&
        severity_of(result->is) != severity_of(result->was))
        result->gaps |= REPLAY_GAP_NAMES;
    /* The message stays as it was, some recipient is no longer refused. */
    if (result->check[0] == '\0' && result->changed_recipient_count > 0)
        find_old_cause(replayed, NULL, result);
}

bool replay_judge_message(struct replay_judge *judge, struct record *record, int64_t time_us,
                          struct replay_result *result)
{
    TALLOC_FREE(judge->message_owner);
    judge->message_owner = talloc_new(judge);
    struct replayed *replayed = talloc_zero(judge->message_owner, struct replayed);
    if (replayed == NULL)
        return false;
    judge->now_us = time_us;
    replayed->judge = judge;
    replayed->record = record;
    replayed->owner = judge->message_owner;
    fill_session(replayed);
    fill_message(replayed);
    fill_gathered(replayed);
    replayed->was_refused_at_mail = replayed->message.recipient_count == 0;
    replayed->judgement = (struct judgement){
        .policy = &judge->snapshot->judge,
        .session = &replayed->session,
        .message = &replayed->message,
        .owner = replayed->owner,
        .session_slots = replayed->session_slots,
        .session_owner = replayed->owner,
        .cannot_hold = record_is(record, RECORD_MTA_CANNOT, "hold"),
        .cannot_drop = record_is(record, RECORD_MTA_CANNOT, "drop_recipients"),
    };
    const char *aborted = NULL;
    bool has_rest = true;
    if (replayed->failed || !judge_begin(&replayed->judgement))
        return false;
    judge_all(replayed, &aborted, &has_rest);
    compare(replayed, aborted, has_rest, result);
    settle(replayed, aborted == NULL && replayed->judgement.verdict.action < ACTION_DEFER);
    return !replayed->failed && !replayed->judgement.out_of_memory;
}
