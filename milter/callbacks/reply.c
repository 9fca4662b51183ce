#include "reply.h"

#include <stdio.h>

enum { REPLY_TEXT_BYTES_MAX = 980 }; /* libmilter's own limit */

static char *without_const(const char *text)
{
    return (char *)text; /* libmilter's prototypes lack the const */
}

static char printable(char c)
{
    return (char)(c >= 0x20 && c < 0x7f ? c : '?');
}

void reply_escape(struct strbuf *out, const char *text, bool is_utf8)
{
    for (; *text != '\0'; text++) {
        strbuf_append_byte(out, is_utf8 && (unsigned char)*text >= 0x80 ? *text : printable(*text));
        if (*text == '%')
            strbuf_append_byte(out, '%');
    }
}

/* Text and code for `result`, SMFIS_REJECT or SMFIS_TEMPFAIL, whose first digit they must have. */
static bool set_reply(SMFICTX *ctx, sfsistat result, const struct verdict *verdict)
{
    unsigned class = result == SMFIS_REJECT ? 5 : 4;
    if (verdict->code / 100 != class || verdict->enhanced[0] != (char)('0' + class))
        return false;
    char code[12];
    snprintf(code, sizeof code, "%u", verdict->code);
    char enhanced[VERDICT_ENHANCED_BYTES];
    snprintf(enhanced, sizeof enhanced, "%s", verdict->enhanced);
    struct strbuf text;
    strbuf_init(&text, REPLY_TEXT_BYTES_MAX);
    reply_escape(&text, verdict->text, verdict->is_utf8);
    bool is_set =
        !text.failed && text.length > 0 && smfi_setreply(ctx, code, enhanced, text.data) == MI_SUCCESS;
    strbuf_deinit(&text);
    return is_set;
}

static sfsistat reply_fixed(SMFICTX *ctx, sfsistat result)
{
    if (result == SMFIS_REJECT)
        smfi_setreply(ctx, without_const("550"), without_const("5.7.1"),
                      without_const("Refused by the policy of this server"));
    else
        smfi_setreply(ctx, without_const("451"), without_const("4.7.1"),
                      without_const("Please try again later"));
    return result;
}

sfsistat reply_answer(SMFICTX *ctx, const struct policy_answer *answer)
{
    if (answer->step == POLICY_CONTINUE)
        return SMFIS_CONTINUE;
    sfsistat result = answer->step == POLICY_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
    if (answer->verdict != NULL && set_reply(ctx, result, answer->verdict))
        return result;
    log_error("reply: a text could not be used: code %u, \"%s\"",
              answer->verdict == NULL ? 0U : answer->verdict->code,
              answer->verdict == NULL ? "" : answer->verdict->text);
    return reply_fixed(ctx, result);
}

sfsistat reply_too_busy(SMFICTX *ctx)
{
    smfi_setreply(ctx, without_const("421"), without_const("4.3.2"),
                  without_const("Too many connections, please try again later"));
    return SMFIS_TEMPFAIL;
}

sfsistat reply_own_failure(SMFICTX *ctx)
{
    smfi_setreply(ctx, without_const("451"), without_const("4.3.0"),
                  without_const("Temporary failure, please try again later"));
    return SMFIS_TEMPFAIL;
}

/* Refuses with a fixed text what was granted but cannot be done. */
static sfsistat reply_cannot_drop(SMFICTX *ctx)
{
    log_error("reply: recipients to be dropped: the MTA does not let a filter remove recipients");
    smfi_setreply(ctx, without_const("550"), without_const("5.5.3"), without_const("Too many recipients"));
    return SMFIS_REJECT;
}

static bool drop_recipients(SMFICTX *ctx, unsigned long actions, const struct policy_ending *ending)
{
    if (ending->edits.dropped_count > 0 && (actions & SMFIF_DELRCPT) == 0)
        return false;
    for (size_t i = 0; i < ending->edits.dropped_count; i++)
        if (smfi_delrcpt(ctx, without_const(ending->edits.dropped[i])) != MI_SUCCESS)
            return false;
    return true;
}

/* A field that cannot be added costs nobody their mail. */
static void add_header(SMFICTX *ctx, const struct header_field *field)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    strbuf_append_slice(&value, field->value);
    if (value.failed ||
        smfi_addheader(ctx, without_const(field->name), without_const(strbuf_text(&value))) != MI_SUCCESS)
        log_warning("reply: header field %s could not be added", field->name);
    strbuf_deinit(&value);
}

static void add_headers(SMFICTX *ctx, unsigned long actions, const struct policy_ending *ending)
{
    if ((actions & SMFIF_ADDHDRS) == 0)
        return;
    for (size_t i = 0; i < ending->edits.added_count; i++)
        add_header(ctx, &ending->edits.added[i]);
}

static bool hold(SMFICTX *ctx, unsigned long actions, const char *reason)
{
    if ((actions & SMFIF_QUARANTINE) == 0)
        return false;
    struct strbuf text;
    strbuf_init(&text, REPLY_TEXT_BYTES_MAX);
    for (; *reason != '\0'; reason++)
        strbuf_append_byte(&text, printable(*reason));
    bool is_held = text.length > 0 && smfi_quarantine(ctx, text.data) == MI_SUCCESS;
    strbuf_deinit(&text);
    return is_held;
}

sfsistat reply_ending(SMFICTX *ctx, unsigned long actions, const struct policy_ending *ending)
{
    if (ending->answer.step != POLICY_CONTINUE)
        return reply_answer(ctx, &ending->answer);
    if (!drop_recipients(ctx, actions, ending))
        return reply_cannot_drop(ctx);
    add_headers(ctx, actions, ending);
    if (ending->edits.hold_reason != NULL && !hold(ctx, actions, ending->edits.hold_reason)) {
        log_error("reply: a message to be held is deferred: the MTA does not let a filter hold mail");
        return reply_own_failure(ctx);
    }
    return SMFIS_CONTINUE;
}
