#include "check/blocks.h"

#include "live/blocks.h"

#include <talloc.h>

static const struct config_key blocks_keys[] = {
    CHECK_COMMON_KEYS(struct blocks_settings, "enforce", "accept"),
    {0},
};

static const struct config_section blocks_section = {
    .name = "blocks",
    .struct_bytes = sizeof(struct blocks_settings),
    .keys = blocks_keys,
    .per_role = true,
    .text = "Who may not send at the moment: what `closedrelay block` sets and `closedrelay blocks` lists.",
};

/* ---- facts ------------------------------------------------------------------------------------------- */

static void blocks_begin(const struct check_context *context, const struct check_services *services,
                         struct gathered_facts *gathered)
{
    const struct message_facts *message = context->message;
    const struct block_subject subject = {
        .user = message->user,
        .customer = message->customer,
        .client = context->session->client_ip_known ? &context->session->client_ip : NULL,
    };
    struct block found;
    bool failed = false;
    if (context->stage != STAGE_MAIL || services->blocks == NULL ||
        !blocks_find(services->blocks, &subject, context->owner, &found, &failed))
        return;
    struct gathered_block *block = talloc(context->owner, struct gathered_block);
    gathered->blocks_missing = failed || block == NULL;
    if (gathered->blocks_missing)
        return;
    *block = (struct gathered_block){
        .target = block_target_name(found.target),
        .whom = found.whom,
        .reason = found.reason,
        .until_us = found.until_us,
        .is_lock = found.is_lock,
        .is_external_only = found.is_external_only,
    };
    gathered->block = block;
}

/* ---- decision ---------------------------------------------------------------------------------------- */

static void say_blocked(const struct check_context *context, struct finding *finding,
                        const struct gathered_block *block)
{
    enum reply_row row = REPLY_blocks_blocked;
    if (block->is_lock)
        row = REPLY_blocks_locked;
    else if (block->reason[0] == '\0')
        row = REPLY_blocks_blocked_unexplained;
    finding->reply = (struct reply){.code = 550, .enhanced = "5.7.1"};
    check_say(
        context, finding, row,
        (const struct reply_value[]){
            reply_part("where", block->is_external_only ? REPLY_PART_to_other_domains : REPLY_PART_none),
            reply_part("until", block->until_us == INT64_MAX ? REPLY_PART_none : REPLY_PART_until),
            reply_moment("when", block->until_us),
            reply_text("whom", check_shorten(context, block->whom, 80)),
            reply_text("reason", check_shorten(context, block->reason, 160)),
            {0}});
}

static void add_blocked(const struct check_context *context, const struct gathered_block *block,
                        struct finding_list *findings)
{
    struct finding finding =
        check_finding(blocks_check.name, context, FINDING_FAIL, block->is_lock ? "locked" : "blocked");
    finding.detail = check_text(context, "%s %s%s%s%s", block->target, block->whom,
                                block->is_external_only ? ", external mail" : "",
                                block->reason[0] == '\0' ? "" : ": ", block->reason);
    say_blocked(context, &finding, block);
    finding_add(findings, &finding);
}

static void blocks_decide(const struct check_context *context, struct finding_list *findings)
{
    const struct gathered_facts *gathered = &context->message->gathered;
    const struct gathered_block *block = gathered->block;
    if (gathered->blocks_missing && context->stage == STAGE_MAIL) {
        struct finding unknown = check_finding(blocks_check.name, context, FINDING_UNKNOWN, "out_of_memory");
        finding_add(findings, &unknown);
    }
    if (block == NULL)
        return;
    bool is_meant = context->stage == STAGE_MAIL
                        ? !block->is_external_only
                        : block->is_external_only && !context->recipient->is_internal;
    if (is_meant)
        add_blocked(context, block, findings);
}

const struct check blocks_check = {
    .name = "blocks",
    .section = &blocks_section,
    .stages = STAGE_MAIL | STAGE_RECIPIENT,
    .begin = blocks_begin,
    .decide = blocks_decide,
};
