#include "history/replay_facts.h"

#include "check/account/account.h"
#include "check/blocks.h"
#include "history/replay_names.h"
#include "scan/mime/name_superset.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <talloc.h>

const char *replay_facts_text(struct replay_facts *facts, enum record_key key)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const struct slice text = record_text(facts->record, key, &scratch);
    const char *copy = text.length == 0 ? "" : talloc_strndup(facts->owner, text.data, text.length);
    facts->failed = facts->failed || copy == NULL || scratch.failed;
    strbuf_deinit(&scratch);
    return copy == NULL ? "" : replay_names_find(facts->names, copy);
}

static void fill_session(struct replay_facts *facts)
{
    struct session_facts *session = &facts->session;
    record_enter(facts->record, RECORD_CLIENT);
    session->client_ip_known =
        ip_address_parse(slice_of(replay_facts_text(facts, RECORD_CLIENT_ADDRESS)), &session->client_ip);
    session->client_port = (uint16_t)record_u64(facts->record, RECORD_CLIENT_PORT);
    session->client_name = replay_facts_text(facts, RECORD_CLIENT_HOST);
    session->helo = replay_facts_text(facts, RECORD_HELO);
    session->daemon_name = replay_facts_text(facts, RECORD_SERVICE);
    session->mta_version = "";
}

static bool parse_address(struct replay_facts *facts, const char *text, struct mail_address *address)
{
    const char *path = talloc_asprintf(facts->owner, "<%s>", text);
    return path != NULL && mail_address_parse(facts->owner, slice_of(path), address);
}

static void fill_recipients(struct replay_facts *facts)
{
    struct message_facts *message = &facts->message;
    struct json_cursor cursor = record_begin(facts->record, RECORD_RECIPIENTS);
    size_t capacity = 0;
    while (!facts->failed && record_next(facts->record, RECORD_RECIPIENTS, &cursor)) {
        if (message->recipient_count == capacity) {
            capacity = capacity == 0 ? 4 : capacity * 2;
            message->recipients =
                talloc_realloc(facts->owner, message->recipients, struct recipient, (unsigned)capacity);
            facts->failed = message->recipients == NULL;
            if (facts->failed)
                return;
        }
        struct recipient *recipient = &message->recipients[message->recipient_count++];
        *recipient = (struct recipient){
            .verbatim = replay_facts_text(facts, RECORD_RECIPIENT_ADDRESS), .check = "", .reason = ""};
        if (record_is(facts->record, RECORD_RECIPIENT_ACTION, "ignore"))
            recipient->action = RECIPIENT_IGNORED;
        facts->failed = !parse_address(facts, recipient->verbatim, &recipient->address);
    }
}

static void add_header(struct replay_facts *facts, const char *name, const char *value)
{
    struct message_facts *message = &facts->message;
    struct header_field *grown = talloc_realloc(facts->owner, message->headers, struct header_field,
                                                (unsigned)message->header_count + 1);
    facts->failed = facts->failed || grown == NULL;
    if (grown == NULL)
        return;
    message->headers = grown;
    grown[message->header_count++] = (struct header_field){name, slice_of(value)};
}

static void add_headers(struct replay_facts *facts, const char *name, enum record_key key)
{
    struct json_cursor cursor = record_begin(facts->record, key);
    struct json_value text;
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    while (json_next(&cursor, NULL, &text)) {
        const struct slice value = json_read_string(&text, &scratch);
        const char *copy = talloc_strndup(facts->owner, value.length == 0 ? "" : value.data, value.length);
        facts->failed = facts->failed || copy == NULL;
        if (copy != NULL)
            add_header(facts, name, copy);
    }
    strbuf_deinit(&scratch);
}

/* Who handed a local message in stood in headers that are not recorded; what was made of them is. */
static void add_local_identity(struct replay_facts *facts)
{
    const char *user = replay_facts_text(facts, RECORD_USER);
    if (strncmp(user, "script:", 7) == 0)
        add_header(facts, "x-php-script", user + 7);
    if (strncmp(user, "uid:", 4) != 0)
        return;
    const bool is_number = user[4 + strspn(user + 4, "0123456789")] == '\0';
    const char *received = talloc_asprintf(
        facts->owner, is_number ? "by localhost (Postfix, from userid %s)" : "(from %s@localhost)", user + 4);
    facts->failed = facts->failed || received == NULL;
    if (received != NULL)
        add_header(facts, "received", received);
}

static void fill_headers(struct replay_facts *facts)
{
    const char *from = replay_facts_text(facts, RECORD_FROM);
    if (from[0] != '\0')
        add_header(facts, "from", from);
    add_headers(facts, "from", RECORD_FROM_MORE);
    add_headers(facts, "sender", RECORD_HEADER_SENDER);
    add_header(facts, "message-id", replay_facts_text(facts, RECORD_MESSAGE_ID));
    add_local_identity(facts);
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
static void fill_names(struct replay_facts *facts, struct attachment *attachment)
{
    struct json_cursor cursor = record_begin(facts->record, RECORD_ATTACHMENT_NAMES);
    struct json_value text;
    struct strbuf name;
    while (json_next(&cursor, NULL, &text)) {
        struct slice *grown = talloc_realloc(facts->owner, attachment->names, struct slice,
                                             (unsigned)attachment->name_count + 1);
        strbuf_init(&name, 0);
        json_append_string(&text, &name);
        char *copy = talloc_strndup(facts->owner, strbuf_text(&name), name.length);
        facts->failed = facts->failed || grown == NULL || copy == NULL;
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
    attachment->names = talloc_array(facts->owner, struct slice, 1);
    facts->failed = facts->failed || attachment->names == NULL;
    if (attachment->names != NULL && last[0] != '(')
        attachment->names[attachment->name_count++] = slice_of(last);
}

static void fill_set(struct replay_facts *facts, enum record_key key, struct name_set *set)
{
    struct json_cursor cursor = record_begin(facts->record, key);
    struct json_value text;
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    while (json_next(&cursor, NULL, &text))
        name_set_add(set, json_read_string(&text, &scratch));
    facts->failed = facts->failed || set->failed || scratch.failed;
    strbuf_deinit(&scratch);
}

/* What damaged fields may spell. */
static void fill_superset(struct replay_facts *facts, struct attachment *attachment)
{
    if (!record_has(facts->record, RECORD_ATTACHMENT_SPELLED) &&
        !record_has(facts->record, RECORD_ATTACHMENT_PIECES))
        return;
    attachment->superset = talloc(facts->owner, struct name_superset);
    facts->failed = facts->failed || attachment->superset == NULL;
    if (attachment->superset == NULL)
        return;
    name_superset_init(attachment->superset, facts->owner);
    fill_set(facts, RECORD_ATTACHMENT_SPELLED, &attachment->superset->texts);
    fill_set(facts, RECORD_ATTACHMENT_PIECES, &attachment->superset->pieces);
}

static void fill_attachments(struct replay_facts *facts)
{
    struct record *record = facts->record;
    struct attachment_list *list = talloc_zero(facts->owner, struct attachment_list);
    struct json_cursor cursor = record_begin(record, RECORD_ATTACHMENTS);
    facts->failed = facts->failed || list == NULL;
    while (!facts->failed && record_next(record, RECORD_ATTACHMENTS, &cursor)) {
        struct attachment *grown =
            talloc_realloc(facts->owner, list->items, struct attachment, (unsigned)list->count + 1);
        facts->failed = grown == NULL;
        if (grown == NULL)
            return;
        list->items = grown;
        struct attachment *attachment = &grown[list->count++];
        *attachment = (struct attachment){
            .path = replay_facts_text(facts, RECORD_ATTACHMENT_PATH),
            .conditions = conditions_of(record),
            .size_bytes = record_u64(record, RECORD_ATTACHMENT_SIZE),
            .is_member = record->values[RECORD_ATTACHMENT_IS_MEMBER].kind == JSON_KIND_TRUE,
            .is_part_of_document = record->values[RECORD_ATTACHMENT_IS_OF_DOCUMENT].kind == JSON_KIND_TRUE,
        };
        if (record_has(record, RECORD_ATTACHMENT_SCRIPT))
            attachment->script_extension = replay_facts_text(facts, RECORD_ATTACHMENT_SCRIPT);
        fill_superset(facts, attachment);
        if (record_has(record, RECORD_ATTACHMENT_TYPE))
            attachment->executable = replay_facts_text(facts, RECORD_ATTACHMENT_TYPE);
        for (size_t i = 0; i < ATTACHMENT_CONDITION_COUNT; i++)
            attachment->condition_reason[i] = "as it was recorded";
        fill_names(facts, attachment);
    }
    facts->message.attachments = list;
}

/* Sendmail takes the name out of the certificate itself; the record has it where it was trusted by it. */
static const char *common_name_of(struct replay_facts *facts)
{
    const char *user = replay_facts_text(facts, RECORD_USER);
    const bool is_trusted_by_it =
        strcmp(replay_facts_text(facts, RECORD_ROLE_REASON), "trusted_certificate") == 0 &&
        strncmp(user, "CN=", 3) == 0;
    return is_trusted_by_it ? user + 3 : "";
}

static void fill_message(struct replay_facts *facts)
{
    struct record *record = facts->record;
    struct message_facts *message = &facts->message;
    record_enter(record, RECORD_AUTH);
    record_enter(record, RECORD_TLS);
    const struct slice id = record->values[RECORD_ID].text;
    memcpy(message->id.text, id.data, id.length < INCIDENT_ID_LENGTH ? id.length : INCIDENT_ID_LENGTH);
    message->queue_id = replay_facts_text(facts, RECORD_QUEUE_ID);
    message->auth_type = replay_facts_text(facts, RECORD_AUTH_TYPE);
    message->login = replay_facts_text(facts, RECORD_AUTH_LOGIN);
    message->tls = (struct tls_facts){
        .version = replay_facts_text(facts, RECORD_TLS_VERSION),
        .cipher = replay_facts_text(facts, RECORD_TLS_CIPHER),
        .cert_subject = replay_facts_text(facts, RECORD_TLS_CERT_SUBJECT),
        .cert_issuer = replay_facts_text(facts, RECORD_TLS_CERT_ISSUER),
        .cert_fingerprint = replay_facts_text(facts, RECORD_TLS_CERT_FINGERPRINT),
        .cert_verified = record->values[RECORD_TLS_CERT_VERIFIED].kind == JSON_KIND_TRUE,
        .cert_common_name = common_name_of(facts),
    };
    message->has_declared_size = record_has(record, RECORD_DECLARED_SIZE);
    message->declared_size_bytes = record_u64(record, RECORD_DECLARED_SIZE);
    message->body_bytes = record_u64(record, RECORD_SIZE);
    message->part_count = (size_t)record_u64(record, RECORD_PARTS);
    message->origin_ip_known =
        ip_address_parse(slice_of(replay_facts_text(facts, RECORD_ORIGIN_ADDRESS)), &message->origin_ip);
    snprintf(message->fingerprint, sizeof message->fingerprint, "%s",
             replay_facts_text(facts, RECORD_FINGERPRINT));
    facts->failed =
        facts->failed || !parse_address(facts, replay_facts_text(facts, RECORD_SENDER), &message->sender);
    fill_recipients(facts);
    fill_headers(facts);
    if (record_has(record, RECORD_PARTS))
        fill_attachments(facts);
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

static void fill_codes(struct replay_facts *facts, struct list_answer *answer)
{
    struct json_cursor cursor = record_begin(facts->record, RECORD_LIST_ANSWERS);
    struct json_value text;
    uint32_t *codes = NULL;
    while (json_next(&cursor, NULL, &text)) {
        char address[INET_ADDRSTRLEN] = "";
        struct in_addr code;
        memcpy(address, text.text.data,
               text.text.length < sizeof address ? text.text.length : sizeof address - 1);
        uint32_t *grown = talloc_realloc(facts->owner, codes, uint32_t, (unsigned)answer->code_count + 1);
        facts->failed = facts->failed || grown == NULL;
        if (grown == NULL)
            return;
        codes = grown;
        if (inet_pton(AF_INET, address, &code) == 1)
            codes[answer->code_count++] = ntohl(code.s_addr);
    }
    answer->codes = codes;
}

static void fill_lists(struct replay_facts *facts)
{
    struct gathered_facts *gathered = &facts->message.gathered;
    struct json_cursor cursor = record_begin(facts->record, RECORD_LISTS);
    struct list_answer *lists = NULL;
    while (!facts->failed && record_next(facts->record, RECORD_LISTS, &cursor)) {
        struct list_answer *grown =
            talloc_realloc(facts->owner, lists, struct list_answer, (unsigned)gathered->list_count + 1);
        facts->failed = grown == NULL;
        if (grown == NULL)
            return;
        lists = grown;
        struct list_answer *answer = &lists[gathered->list_count++];
        *answer = (struct list_answer){.list = replay_facts_text(facts, RECORD_LIST_ZONE),
                                       .verdict = verdict_of(facts->record)};
        if (answer->verdict == LIST_UNKNOWN)
            answer->why = answer->why_text = replay_facts_text(facts, RECORD_LIST_STATE);
        if (answer->verdict == LIST_LISTED)
            fill_codes(facts, answer);
    }
    gathered->lists = lists;
}

static void read_blocks_finding(struct replay_facts *facts)
{
    const char *detail = replay_facts_text(facts, RECORD_FINDING_DETAIL);
    struct gathered_block *block = talloc(facts->owner, struct gathered_block);
    facts->failed = facts->failed || block == NULL;
    if (block == NULL)
        return;
    *block = (struct gathered_block){
        .target = "as recorded:",
        .whom = detail,
        .reason = "",
        .until_us = INT64_MAX,
        .is_lock = record_is(facts->record, RECORD_FINDING_REASON, "locked"),
        .is_external_only = strstr(detail, ", external mail") != NULL,
    };
    facts->message.gathered.block = block;
}

/* Where its login stood on the ladder; of several findings the highest step counts. */
static void read_account_finding(struct replay_facts *facts)
{
    struct record *record = facts->record;
    const struct gathered_account *before = facts->message.gathered.account;
    unsigned step = ACCOUNT_LOCK;
    while (step > ACCOUNT_CALM &&
           !record_is(record, RECORD_FINDING_REASON, account_step_name((enum account_step)step)))
        step--;
    struct gathered_account *account = talloc(facts->owner, struct gathered_account);
    facts->failed = facts->failed || account == NULL;
    if (account == NULL || step == ACCOUNT_CALM)
        return;
    const bool was_too_fast = step == ACCOUNT_SLOW && record_is(record, RECORD_FINDING_OUTCOME, "fail");
    *account = (struct gathered_account){
        .step = before != NULL && before->step > step ? before->step : step,
        .points = record_u64(record, RECORD_FINDING_SEEN),
        .messages_of_hour = was_too_fast     ? UINT64_MAX
                            : before != NULL ? before->messages_of_hour
                                             : 0,
        .evidence = replay_facts_text(facts, RECORD_FINDING_DETAIL),
    };
    facts->message.gathered.account = account;
}

/* What only the findings tell: a block that was in force, a step of the ladder. */
static void fill_gathered(struct replay_facts *facts)
{
    struct record *record = facts->record;
    if (record_is(record, RECORD_ROLE_REASON, "recent_login"))
        facts->message.gathered.recent_login = replay_facts_text(facts, RECORD_USER);
    fill_lists(facts);
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor))
        if (record_is(record, RECORD_FINDING_CHECK, account_check.name))
            read_account_finding(facts);
        else if (record_is(record, RECORD_FINDING_CHECK, blocks_check.name) &&
                 !record_is(record, RECORD_FINDING_OUTCOME, "pass"))
            read_blocks_finding(facts);
}

bool replay_facts_read(struct replay_facts *facts)
{
    fill_session(facts);
    fill_message(facts);
    fill_gathered(facts);
    return !facts->failed;
}
