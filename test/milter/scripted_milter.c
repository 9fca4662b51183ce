/*
 * A milter that answers as its MTA wants, for comparing libmilter's engine and ours (test_transcripts.c).
 *
 *   scripted_milter ADDRESS
 *
 * The steps it asks for are in bits 9 and above of the actions that are offered, which have no meaning. The
 * client's name has a letter for each event, in the order of `events`: c(ontinue) r(eject) t(empfail)
 * d(iscard) a(ccept) n(o reply) s(kip); R and T with a reply of three lengths, X with one of the other class.
 */
#include <libmilter/mfapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum event { CONNECT, HELO, MAIL, RCPT, DATA, HEADER, EOH, BODY, EOM, UNKNOWN, EVENT_COUNT };

enum { STEPS_SHIFT = 9, ACTIONS = 0x1ff };

struct script {
    char letters[EVENT_COUNT];
};

static char *text(const char *constant)
{
    return (char *)(size_t)constant;
}

static sfsistat refuse(SMFICTX *ctx, sfsistat result, const char *code, const char *enhanced)
{
    smfi_setreply(ctx, text(code), text(enhanced), text("because the script says so"));
    return result;
}

static sfsistat act(SMFICTX *ctx, enum event event)
{
    const struct script *script = smfi_getpriv(ctx);
    switch (script == NULL ? 'c' : script->letters[event]) {
    case 'r':
        return SMFIS_REJECT;
    case 't':
        return SMFIS_TEMPFAIL;
    case 'R':
        return refuse(ctx, SMFIS_REJECT, "550", "5.7.1");
    case 'T':
        return refuse(ctx, SMFIS_TEMPFAIL, "451", NULL);
    case 'X':
        return refuse(ctx, SMFIS_REJECT, "451", "4.7.1");
    case 'd':
        return SMFIS_DISCARD;
    case 'a':
        return SMFIS_ACCEPT;
    case 'n':
        return SMFIS_NOREPLY;
    case 's':
        return SMFIS_SKIP;
    default:
        return SMFIS_CONTINUE;
    }
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long unused2,
                             unsigned long unused3, unsigned long *chosen_actions,
                             unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3)
{
    (void)unused2;
    (void)unused3;
    if ((actions & SMFIF_SETSYMLIST) != 0) {
        smfi_setsymlist(ctx, SMFIM_CONNECT, text("j v"));
        smfi_setsymlist(ctx, SMFIM_EOM, text("i {msg_size}"));
    }
    *chosen_actions = actions & ACTIONS;
    *chosen_steps = (actions >> STEPS_SHIFT) & steps;
    *chosen2 = *chosen3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    (void)address;
    struct script *script = smfi_getpriv(ctx);
    if (script == NULL)
        script = calloc(1, sizeof *script);
    if (script == NULL)
        return SMFIS_TEMPFAIL;
    memset(script->letters, 'c', sizeof script->letters);
    memcpy(script->letters, name, strnlen(name, sizeof script->letters));
    smfi_setpriv(ctx, script);
    return act(ctx, CONNECT);
}

/* NOLINTBEGIN(readability-non-const-parameter): the types are libmilter's */
static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    (void)name;
    return act(ctx, HELO);
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    (void)arguments;
    return act(ctx, MAIL);
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
    (void)arguments;
    return act(ctx, RCPT);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)name;
    (void)value;
    return act(ctx, HEADER);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    return act(ctx, BODY);
}

/* NOLINTEND(readability-non-const-parameter) */

static sfsistat on_data(SMFICTX *ctx)
{
    return act(ctx, DATA);
}

static sfsistat on_end_of_headers(SMFICTX *ctx)
{
    /* Not at this stage: refused by both. */
    smfi_addheader(ctx, text("X-Early"), text("no"));
    return act(ctx, EOH);
}

static sfsistat on_unknown(SMFICTX *ctx, const char *command)
{
    (void)command;
    return act(ctx, UNKNOWN);
}

static sfsistat on_end(SMFICTX *ctx)
{
    const char *queue_id = smfi_getsymval(ctx, text("i"));
    smfi_addheader(ctx, text("X-Queue-Id"), text(queue_id == NULL ? "-" : queue_id));
    smfi_addheader(ctx, text("X-Empty"), text(""));
    smfi_addheader(ctx, text(""), text("nameless"));
    smfi_delrcpt(ctx, text("<bob@y>"));
    smfi_quarantine(ctx, text("held"));
    return act(ctx, EOM);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    free(smfi_getpriv(ctx));
    smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    struct smfiDesc description = {
        .xxfi_name = text("scripted"),
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_unknown = on_unknown,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    if (argc != 2 || smfi_register(description) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS) {
        fputs("usage: scripted_milter ADDRESS\n", stderr);
        return 64;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
