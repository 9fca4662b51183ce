#include "fake_milter.h"

#include <stdio.h>
#include <string.h>

struct fake_milter fake_milter;

void fake_milter_reset(void)
{
    fake_milter = (struct fake_milter){
        .setreply_result = MI_SUCCESS, .edit_result = MI_SUCCESS, .list_result = MI_SUCCESS};
}

int smfi_setreply(SMFICTX *ctx, char *code, char *enhanced, char *text)
{
    (void)ctx;
    if (fake_milter.setreply_failures > 0) {
        fake_milter.setreply_failures--;
        return MI_FAILURE;
    }
    snprintf(fake_milter.code, sizeof fake_milter.code, "%s", code);
    snprintf(fake_milter.enhanced, sizeof fake_milter.enhanced, "%s", enhanced);
    snprintf(fake_milter.text, sizeof fake_milter.text, "%s", text);
    return fake_milter.setreply_result;
}

static int note(const char *kind, const char *what, const char *more)
{
    size_t used = strlen(fake_milter.edits);
    snprintf(fake_milter.edits + used, sizeof fake_milter.edits - used, "%s%s%s ", kind, what, more);
    return fake_milter.edit_result;
}

int smfi_delrcpt(SMFICTX *ctx, char *recipient)
{
    (void)ctx;
    return note("-", recipient, "");
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    note("+", name, "=");
    return note("", value, "");
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
    (void)ctx;
    return note("?", reason, "");
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    (void)ctx;
    for (size_t i = 0; i < FAKE_MACROS_MAX && fake_milter.macros[i][0] != NULL; i++)
        if (strcmp(fake_milter.macros[i][0], name) == 0)
            return (char *)fake_milter.macros[i][1];
    return NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *macros)
{
    (void)ctx;
    snprintf(fake_milter.lists[stage], sizeof fake_milter.lists[stage], "%s", macros);
    return fake_milter.list_result;
}
