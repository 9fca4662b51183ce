/*
 * The null milter: a libmilter program that decides nothing, with the steps and macros closedrelay asks for.
 * What it costs is what the protocol costs. A sender slow@… is waited for, for a second and with the thread.
 *
 *   null_milter ADDRESS       in libmilter's form, such as unix:/path
 */
#include "callbacks/macros.h"
#include "callbacks/negotiate.h"

#include <stdio.h>
#include <string.h>

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long unused2,
                             unsigned long unused3, unsigned long *chosen_actions,
                             unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3)
{
    (void)unused2;
    (void)unused3;
    struct negotiation chosen = negotiation_decide((struct negotiation){actions, steps}, false, false);
    *chosen_actions = chosen.actions;
    *chosen_steps = chosen.steps;
    *chosen2 = *chosen3 = 0;
    return macros_request(ctx) ? SMFIS_CONTINUE : SMFIS_REJECT;
}

/* NOLINTBEGIN(readability-non-const-parameter): the types are libmilter's */
static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    (void)ctx;
    (void)name;
    (void)address;
    return SMFIS_NOREPLY;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    (void)ctx;
    (void)name;
    return SMFIS_NOREPLY;
}

/* As a callback waits for a table. */
static void wait_a_second(void)
{
    struct pending *never = pending_create();
    if (never != NULL)
        pending_wait(never, 1000);
    pending_drop(never);
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    (void)ctx;
    if (strncmp(arguments[0], "<slow@", 6) == 0)
        wait_a_second();
    return SMFIS_CONTINUE;
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
    (void)ctx;
    (void)arguments;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return SMFIS_NOREPLY;
}

static sfsistat on_end_of_headers(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    (void)ctx;
    (void)bytes;
    (void)length;
    return SMFIS_NOREPLY;
}

/* NOLINTEND(readability-non-const-parameter) */

static sfsistat on_event(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    struct smfiDesc description = {
        .xxfi_name = (char *)"null",
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_event,
        .xxfi_abort = on_event,
        .xxfi_close = on_event,
        .xxfi_negotiate = on_negotiate,
    };
    if (argc != 2 || smfi_register(description) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS) {
        fputs("usage: null_milter ADDRESS\n", stderr);
        return 64;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
