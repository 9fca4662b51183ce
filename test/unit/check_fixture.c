#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "check_fixture.h"

#include "config/load.h"

#include <stdio.h>

static const struct config_key no_keys[] = {{0}};
static const struct config_section root_section = {
    .name = "", .struct_bytes = 1, .keys = no_keys, .text = "The top level."};

static struct config_document *read_settings(void *owner, const struct check *check, const char *yaml,
                                             const char **problems_text)
{
    const struct config_section *const sections[] = {&root_section, check->section};
    const struct config_schema schema = {sections, 2, NULL};
    struct config_problems *problems = config_problems_create(owner);
    assert_non_null(problems);
    /* The schema must live as long as the document. */
    struct config_schema *kept = talloc_memdup(owner, &schema, sizeof schema);
    kept->sections = talloc_memdup(owner, sections, sizeof sections);
    struct config_document *document =
        config_document_read(owner, kept, "test.yaml", slice_of(yaml), problems);
    struct strbuf text;
    strbuf_init(&text, 0);
    config_problems_render(problems, &text);
    *problems_text = talloc_strdup(owner, strbuf_text(&text));
    strbuf_deinit(&text);
    return document;
}

const char *check_fixture_problems(void *owner, const struct check *check, const char *yaml)
{
    const char *problems;
    read_settings(owner, check, yaml, &problems);
    return problems;
}

struct check_fixture check_fixture_begin(const struct check *check, const char *yaml, enum role role)
{
    struct check_fixture fixture = {.owner = talloc_new(NULL), .check = check};
    const char *problems;
    struct config_document *document = read_settings(fixture.owner, check, yaml, &problems);
    if (document == NULL || strstr(problems, "error:") != NULL)
        fail_msg("%s", problems);
    fixture.settings = config_document_settings(document, 1, role);
    fixture.session =
        (struct session_facts){.client_name = "", .helo = "", .mta_version = "", .daemon_name = ""};
    fixture.message = (struct message_facts){
        .role = role,
        .queue_id = "",
        .auth_type = "",
        .login = "",
        .user = "",
        .role_reason = "",
        .local_uid = "",
        .local_script = "",
        .customer = "",
        .tls = {"", "", "", "", "", false, ""},
        .sender = {.text = "", .local_part = "", .domain = "", .route = "", .is_null = true},
    };
    finding_list_init(&fixture.findings, fixture.owner);
    return fixture;
}

void check_fixture_end(struct check_fixture *fixture)
{
    if (fixture->session_slot != NULL)
        fixture->check->forget(fixture->session_slot);
    fixture->session_slot = NULL;
    talloc_free(fixture->owner);
}

static struct check_context context_at(struct check_fixture *fixture, enum check_stage stage,
                                       const struct recipient *recipient)
{
    return (struct check_context){
        .stage = stage,
        .session = &fixture->session,
        .message = &fixture->message,
        .recipient = recipient,
        .settings = fixture->settings,
        .local_domains = fixture->local_domains,
        .owner = fixture->owner,
        .message_slot = &fixture->message_slot,
        .session_slot = &fixture->session_slot,
    };
}

/* That `placeholders`, separated by blanks, all have values. */
static void assert_filled_in(const struct reply_words *words, const char *placeholders)
{
    char names[160];
    char *rest = names;
    snprintf(names, sizeof names, "%s", placeholders);
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        size_t i = 0;
        while (i < words->count && strcmp(words->values[i].name, name) != 0)
            i++;
        if (i == words->count)
            fail_msg("nothing is filled in for {%s}", name);
    }
}

/* That what is refused is refused in words that exist in every language, under the finding's own reason. */
static void assert_has_words(const struct finding *finding)
{
    if (finding->outcome != FINDING_FAIL || finding->action < ACTION_DEFER)
        return;
    if (finding->words == NULL)
        fail_msg("%s: %s is refused without words of words/reply_rows.h", finding->check, finding->reason);
    const struct reply_row_text *row = &reply_rows[finding->words->row];
    assert_string_equal(row->check, finding->check);
    assert_string_equal(row->reason, finding->reason);
    assert_filled_in(finding->words, row->placeholders);
}

static void ask(struct check_fixture *fixture, enum check_stage stage, const struct recipient *recipient)
{
    const struct check_context context = context_at(fixture, stage, recipient);
    if (fixture->services.store != NULL)
        fixture->check->begin(&context, &fixture->services, &fixture->message.gathered);
    assert_true((fixture->check->stages & (unsigned)stage) != 0);
    const size_t before = fixture->findings.count;
    fixture->check->decide(&context, &fixture->findings);
    assert_false(fixture->findings.failed);
    for (size_t i = before; i < fixture->findings.count; i++)
        assert_has_words(&fixture->findings.items[i]);
}

void check_fixture_ask(struct check_fixture *fixture, enum check_stage stage)
{
    ask(fixture, stage, NULL);
}

void check_fixture_settle(struct check_fixture *fixture, bool is_accepted)
{
    const struct check_context context = context_at(fixture, STAGE_MESSAGE, NULL);
    const struct check_ending ending = {is_accepted, &fixture->findings};
    fixture->check->settle(&context, &fixture->services, &ending);
    TALLOC_FREE(fixture->message_slot);
    fixture->message.recipient_count = fixture->message.distinct_recipient_count = 0;
}

static enum recipient_action action_of(const struct finding_list *findings, size_t from)
{
    enum recipient_action action = RECIPIENT_ACCEPTED;
    for (size_t i = from; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->mode != MODE_ENFORCE)
            continue;
        if (finding->action == ACTION_REJECT)
            return RECIPIENT_REJECTED;
        if (finding->action == ACTION_DEFER)
            action = RECIPIENT_DEFERRED;
        else if (finding->drops_recipient)
            action = RECIPIENT_DROPPED;
    }
    return action;
}

enum recipient_action check_fixture_recipient(struct check_fixture *fixture, const char *path)
{
    struct message_facts *message = &fixture->message;
    const size_t from = fixture->findings.count, index = message->recipient_count;
    message->recipients =
        talloc_realloc_size(fixture->owner, message->recipients, (index + 1) * sizeof *message->recipients);
    assert_non_null(message->recipients);
    struct recipient *recipient = &message->recipients[index];
    *recipient = (struct recipient){
        .verbatim = path, .reason = "", .is_internal = strstr(path, "@example.com") != NULL};
    message->recipient_count++;
    assert_true(mail_address_parse(fixture->owner, slice_of(path), &recipient->address));
    for (size_t i = 0; i < index; i++) {
        const struct recipient *earlier = &message->recipients[i];
        if ((earlier->action == RECIPIENT_ACCEPTED || earlier->action == RECIPIENT_DROPPED) &&
            mail_address_same_mailbox(&earlier->address, &recipient->address))
            recipient->repeated = true;
    }
    ask(fixture, STAGE_RECIPIENT, recipient);
    recipient->action = action_of(&fixture->findings, from);
    bool taken = recipient->action == RECIPIENT_ACCEPTED || recipient->action == RECIPIENT_DROPPED;
    message->distinct_recipient_count += taken && !recipient->repeated;
    return recipient->action;
}

void check_fixture_header(struct check_fixture *fixture, const char *name, const char *value)
{
    struct message_facts *message = &fixture->message;
    message->headers = talloc_realloc_size(fixture->owner, message->headers,
                                           (message->header_count + 1) * sizeof *message->headers);
    assert_non_null(message->headers);
    message->headers[message->header_count++] = (struct header_field){name, slice_of(value)};
}

const struct finding *check_fixture_last(const struct check_fixture *fixture)
{
    assert_true(fixture->findings.count > 0);
    return &fixture->findings.items[fixture->findings.count - 1];
}

void assert_finding(const struct finding *finding, const struct expected_finding *expected)
{
    assert_string_equal(finding->reason, expected->reason);
    assert_string_equal(finding_outcome_name(finding->outcome), finding_outcome_name(expected->outcome));
    assert_string_equal(check_mode_name(finding->mode), check_mode_name(expected->mode));
    assert_string_equal(action_name(finding->action), action_name(expected->action));
    if (expected->code == 0)
        return;
    assert_int_equal(finding->reply.code, expected->code);
    assert_string_equal(finding->reply.enhanced, expected->enhanced);
    assert_non_null(finding->reply.text);
}

void assert_reply_says(const struct finding *finding, const char *const *words)
{
    assert_non_null(finding->reply.text);
    for (; *words != NULL; words++)
        if (strstr(finding->reply.text, *words) == NULL)
            fail_msg("the reply \"%s\" does not say \"%s\"", finding->reply.text, *words);
    for (const char *c = finding->reply.text; *c != '\0'; c++)
        assert_in_range(*c, 0x20, 0x7e);
}
