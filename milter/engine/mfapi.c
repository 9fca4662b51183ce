/* The functions of libmilter's header that callbacks call. Prototypes and meaning are libmilter's. */
#include "context.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>

enum { REPLY_BYTES_MAX = 980 };

void context_answer(struct smfi_str *context, char command, const void *data, size_t length)
{
    const uint32_t told = htonl((uint32_t)length + 1);
    strbuf_append(context->answers, &told, sizeof told);
    strbuf_append_byte(context->answers, command);
    if (length > 0)
        strbuf_append(context->answers, data, length);
}

/* ---- what belongs to the session ---------------------------------------------------------------------- */

int smfi_setpriv(SMFICTX *context, void *data)
{
    context->private_data = data;
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *context)
{
    return context->private_data;
}

char *smfi_getsymval(SMFICTX *context, char *name)
{
    return name == NULL || *name == '\0' ? NULL : (char *)(uintptr_t)macro_store_find(&context->macros, name);
}

int smfi_setsymlist(SMFICTX *context, int stage, char *names)
{
    if (context->symbol_lists == NULL || names == NULL || *names == '\0' || stage < SMFIM_FIRST ||
        stage > SMFIM_LAST || (context->symbol_lists_set & 1U << stage) != 0)
        return MI_FAILURE;
    const uint32_t told = htonl((uint32_t)stage);
    context->symbol_lists_set |= (uint8_t)(1U << stage);
    strbuf_append(context->symbol_lists, &told, sizeof told);
    strbuf_append(context->symbol_lists, names, strlen(names) + 1);
    return context->symbol_lists->failed ? MI_FAILURE : MI_SUCCESS;
}

/* ---- the text of a refusal ---------------------------------------------------------------------------- */

static bool is_code(const char *code)
{
    return strlen(code) == 3 && (code[0] == '4' || code[0] == '5') && ascii_is_digit(code[1]) &&
           ascii_is_digit(code[2]);
}

/* One to three digits, and what follows them. */
static const char *skip_number(const char *text)
{
    const char *at = text;
    while (at - text < 3 && ascii_is_digit(*at))
        at++;
    return at == text ? NULL : at;
}

/* RFC 3463: class "." subject "." detail. */
static bool is_enhanced_code(const char *code)
{
    if ((code[0] != '2' && code[0] != '4' && code[0] != '5') || code[1] != '.')
        return false;
    const char *at = skip_number(code + 2);
    if (at == NULL || *at != '.')
        return false;
    at = skip_number(at + 1);
    return at != NULL && *at == '\0';
}

int smfi_setreply(SMFICTX *context, char *code, char *enhanced, char *text)
{
    if (code == NULL || !is_code(code) || (enhanced != NULL && !is_enhanced_code(enhanced)) ||
        (text != NULL && (strpbrk(text, "\r\n") != NULL || strlen(text) > REPLY_BYTES_MAX)))
        return MI_FAILURE;
    struct strbuf reply;
    strbuf_init(&reply, 0);
    strbuf_printf(&reply, "%s %s%s%s", code, enhanced == NULL ? "" : enhanced,
                  enhanced == NULL || text == NULL ? "" : " ", text == NULL ? "" : text);
    if (reply.failed) {
        strbuf_deinit(&reply);
        return MI_FAILURE;
    }
    free(context->reply);
    context->reply = reply.data;
    return MI_SUCCESS;
}

/* ---- changes of a message ----------------------------------------------------------------------------- */

/* At its end only, and only what was agreed on. */
static bool may_change(const struct smfi_str *context, unsigned long action)
{
    return context->state == STATE_END && (context->actions & action) != 0;
}

/* A text with its NUL. */
static int change(struct smfi_str *context, unsigned long action, char command, const char *text)
{
    if (text == NULL || *text == '\0' || !may_change(context, action))
        return MI_FAILURE;
    context_answer(context, command, text, strlen(text) + 1);
    return context->answers->failed ? MI_FAILURE : MI_SUCCESS;
}

int smfi_delrcpt(SMFICTX *context, char *recipient)
{
    return change(context, SMFIF_DELRCPT, SMFIR_DELRCPT, recipient);
}

int smfi_quarantine(SMFICTX *context, char *reason)
{
    return change(context, SMFIF_QUARANTINE, SMFIR_QUARANTINE, reason);
}

int smfi_addheader(SMFICTX *context, char *name, char *value)
{
    if (name == NULL || *name == '\0' || value == NULL || !may_change(context, SMFIF_ADDHDRS))
        return MI_FAILURE;
    struct strbuf field;
    strbuf_init(&field, 0);
    strbuf_append(&field, name, strlen(name) + 1);
    strbuf_append(&field, value, strlen(value) + 1);
    const bool is_made = !field.failed;
    if (is_made)
        context_answer(context, SMFIR_ADDHEADER, field.data, field.length);
    strbuf_deinit(&field);
    return is_made && !context->answers->failed ? MI_SUCCESS : MI_FAILURE;
}
