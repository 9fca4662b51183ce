#include "check/size.h"

#include <inttypes.h>

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct config_choice measure_choices[] = {
    {"message", SIZE_OF_MESSAGE, "the whole message as it travels, headers and encoded attachments"},
    {"attachment", SIZE_OF_ATTACHMENT,
     "the largest attachment, decoded; the message itself is then left to the MTA's limit"},
    {0},
};

static const struct config_key size_keys[] = {
    CHECK_COMMON_KEYS(struct size_settings, "enforce", "defer"),
    {.name = "limit",
     .type = &config_type_size,
     .offset = offsetof(struct size_settings, limit),
     .default_text = "30MB",
     .least = 1024,
     .text = "The largest message. The MTA's own limit (message_size_limit, MaxMessageSize) must not be "
             "smaller, or "
             "it acts first. A file of 21 MB makes a message of 30 MB."},
    {.name = "measure",
     .type = &config_type_choice,
     .offset = offsetof(struct size_settings, measure),
     .choices = measure_choices,
     .default_text = "message",
     .text = "What is measured."},
    {0},
};

static const struct config_section size_section = {
    .name = "size",
    .struct_bytes = sizeof(struct size_settings),
    .keys = size_keys,
    .per_role = true,
    .text = "How large a message may be.",
};

/* ---- figures ---------------------------------------------------------------------------------------- */

enum { BASE64_LINE_FILE_BYTES = 57, BASE64_LINE_BYTES = 78 }; /* 76 characters, CR and LF: RFC 2045, 6.8 */

uint64_t size_of_file_within(uint64_t message_bytes)
{
    return message_bytes / BASE64_LINE_BYTES * BASE64_LINE_FILE_BYTES;
}

/* ---- decision --------------------------------------------------------------------------------------- */

static uint64_t counted_bytes(const struct message_facts *message)
{
    return message->header_bytes + message->body_bytes;
}

static bool size_is_certain(const void *given, const struct message_facts *message)
{
    const struct size_settings *settings = given;
    return settings->common.mode == MODE_ENFORCE && settings->measure == SIZE_OF_MESSAGE &&
           counted_bytes(message) > settings->limit;
}

static void add_message_failure(const struct check_context *context, const char *reason, uint64_t bytes,
                                struct finding_list *findings)
{
    const struct size_settings *settings = context->settings;
    /* What is counted may be less than all: an MTA is told to stop once the limit is passed. */
    const char *least = strcmp(reason, "message_too_large") == 0 ? "at least " : "";
    struct finding finding = check_finding(size_check.name, context, FINDING_FAIL, reason);
    finding.key = "limit";
    finding_set_numbers(&finding, settings->limit, bytes);
    finding.detail =
        check_text(context, "%s%" PRIu64 " bytes, limit %" PRIu64, least, bytes, settings->limit);
    finding.reply = (struct reply){.code = 552, .enhanced = "5.3.4"};
    check_say(context, &finding,
              least[0] == '\0' ? REPLY_size_declared_too_large : REPLY_size_message_too_large,
              (const struct reply_value[]){reply_size("limit", settings->limit),
                                           reply_size_over("seen", bytes),
                                           reply_size("limit_as_file", size_of_file_within(settings->limit)),
                                           {0}});
    finding_add(findings, &finding);
}

static void judge_message(const struct check_context *context, struct finding_list *findings)
{
    const struct size_settings *settings = context->settings;
    uint64_t bytes = counted_bytes(context->message);
    if (bytes > settings->limit) {
        add_message_failure(context, "message_too_large", bytes, findings);
        return;
    }
    struct finding pass = check_finding(size_check.name, context, FINDING_PASS, "within_limit");
    pass.key = "limit";
    finding_set_numbers(&pass, settings->limit, bytes);
    pass.detail = check_text(context, "%" PRIu64 " bytes", bytes);
    finding_add(findings, &pass);
}

static const struct attachment *largest_attachment(const struct attachment_list *attachments)
{
    const struct attachment *largest = NULL;
    for (size_t i = 0; i < attachments->count; i++) {
        const struct attachment *attachment = &attachments->items[i];
        if (!attachment->is_member && (largest == NULL || attachment->size_bytes > largest->size_bytes))
            largest = attachment;
    }
    return largest;
}

static void judge_attachments(const struct check_context *context, struct finding_list *findings)
{
    const struct size_settings *settings = context->settings;
    if (context->message->attachments == NULL) {
        struct finding unknown = check_finding(size_check.name, context, FINDING_UNKNOWN, "not_scanned");
        finding_add(findings, &unknown);
        return;
    }
    const struct attachment *largest = largest_attachment(context->message->attachments);
    if (largest == NULL || largest->size_bytes <= settings->limit) {
        struct finding pass = check_finding(size_check.name, context, FINDING_PASS, "within_limit");
        pass.key = "limit";
        finding_set_numbers(&pass, settings->limit, largest == NULL ? 0 : largest->size_bytes);
        finding_add(findings, &pass);
        return;
    }
    struct finding finding = check_finding(size_check.name, context, FINDING_FAIL, "attachment_too_large");
    finding.key = "limit";
    finding_set_numbers(&finding, settings->limit, largest->size_bytes);
    finding.detail = check_text(context, "%s: %" PRIu64 " bytes, limit %" PRIu64, largest->path,
                                largest->size_bytes, settings->limit);
    finding.reply = (struct reply){.code = 552, .enhanced = "5.3.4"};
    check_say(context, &finding, REPLY_size_attachment_too_large,
              (const struct reply_value[]){reply_size("limit", settings->limit),
                                           reply_size_over("seen", largest->size_bytes),
                                           reply_text("file", check_shorten(context, largest->path, 160)),
                                           {0}});
    finding_add(findings, &finding);
}

static void size_decide(const struct check_context *context, struct finding_list *findings)
{
    const struct size_settings *settings = context->settings;
    const struct message_facts *message = context->message;
    if (settings->measure == SIZE_OF_ATTACHMENT) {
        if (context->stage == STAGE_MESSAGE)
            judge_attachments(context, findings);
    } else if (context->stage == STAGE_MESSAGE) {
        judge_message(context, findings);
    } else if (message->has_declared_size && message->declared_size_bytes > settings->limit) {
        add_message_failure(context, "declared_too_large", message->declared_size_bytes, findings);
    }
}

static unsigned size_needs(const void *given)
{
    const struct size_settings *settings = given;
    return settings->measure == SIZE_OF_ATTACHMENT ? CHECK_NEEDS_SCAN : 0;
}

const struct check size_check = {
    .name = "size",
    .section = &size_section,
    .stages = STAGE_MAIL | STAGE_MESSAGE,
    .needs = size_needs,
    .decide = size_decide,
    .is_certain = size_is_certain,
};
