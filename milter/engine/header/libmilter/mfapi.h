/*
 * The part of libmilter's interface that closedrelay's callbacks use, as milter/engine/ implements it.
 *
 * Names, values and prototypes are libmilter's (its documentation: the milter API of Sendmail), so that the
 * same callbacks compile against either; a build with libmilter takes that library's own header instead.
 */
#ifndef CLOSEDRELAY_LIBMILTER_MFAPI_H
#define CLOSEDRELAY_LIBMILTER_MFAPI_H

#include <libmilter/mfdef.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define SMFI_VERSION 0x01000001

#define _SOCK_ADDR struct sockaddr /* NOLINT(bugprone-reserved-identifier): libmilter's name */

/* What functions return. */
#define MI_SUCCESS 0
#define MI_FAILURE (-1)

/* What callbacks return. */
typedef int sfsistat;
#define SMFIS_CONTINUE 0
#define SMFIS_REJECT 1
#define SMFIS_DISCARD 2
#define SMFIS_ACCEPT 3
#define SMFIS_TEMPFAIL 4
#define SMFIS_NOREPLY 7
#define SMFIS_SKIP 8
#define SMFIS_ALL_OPTS 10

/* Actions. */
#define SMFIF_ADDHDRS 0x001L
#define SMFIF_CHGBODY 0x002L
#define SMFIF_ADDRCPT 0x004L
#define SMFIF_DELRCPT 0x008L
#define SMFIF_CHGHDRS 0x010L
#define SMFIF_QUARANTINE 0x020L
#define SMFIF_CHGFROM 0x040L
#define SMFIF_ADDRCPT_PAR 0x080L
#define SMFIF_SETSYMLIST 0x100L

/* Stages that macros are asked for. */
#define SMFIM_FIRST 0
#define SMFIM_CONNECT 0
#define SMFIM_HELO 1
#define SMFIM_ENVFROM 2
#define SMFIM_ENVRCPT 3
#define SMFIM_DATA 4
#define SMFIM_EOM 5
#define SMFIM_EOH 6
#define SMFIM_LAST 6

/* One connection. */
typedef struct smfi_str SMFICTX;

/* A callback that is NULL means that its event is not wanted. */
struct smfiDesc {
    char *xxfi_name;
    int xxfi_version;
    unsigned long xxfi_flags; /* actions, where nothing is negotiated */
    sfsistat (*xxfi_connect)(SMFICTX *context, char *name, _SOCK_ADDR *address);
    sfsistat (*xxfi_helo)(SMFICTX *context, char *name);
    sfsistat (*xxfi_envfrom)(SMFICTX *context, char **arguments);
    sfsistat (*xxfi_envrcpt)(SMFICTX *context, char **arguments);
    sfsistat (*xxfi_header)(SMFICTX *context, char *name, char *value);
    sfsistat (*xxfi_eoh)(SMFICTX *context);
    sfsistat (*xxfi_body)(SMFICTX *context, unsigned char *bytes, size_t length);
    sfsistat (*xxfi_eom)(SMFICTX *context);
    sfsistat (*xxfi_abort)(SMFICTX *context);
    sfsistat (*xxfi_close)(SMFICTX *context);
    sfsistat (*xxfi_unknown)(SMFICTX *context, const char *command);
    sfsistat (*xxfi_data)(SMFICTX *context);
    sfsistat (*xxfi_negotiate)(SMFICTX *context, unsigned long actions, unsigned long steps,
                               unsigned long unused2, unsigned long unused3, unsigned long *chosen_actions,
                               unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3);
};

/* Data of the callbacks' own. */
int smfi_setpriv(SMFICTX *context, void *data);
void *smfi_getpriv(SMFICTX *context);

/* The value of a macro, or NULL; valid during the callback. */
char *smfi_getsymval(SMFICTX *context, char *name);
/* In xxfi_negotiate only, once a stage: the macros that are wanted, with blanks between. */
int smfi_setsymlist(SMFICTX *context, int stage, char *names);

/* The text of the next refusal of this class; `enhanced` (RFC 3463) and `text` may be NULL. */
int smfi_setreply(SMFICTX *context, char *code, char *enhanced, char *text);

/* Changes of the message: in xxfi_eom only. */
int smfi_addheader(SMFICTX *context, char *name, char *value);
int smfi_delrcpt(SMFICTX *context, char *recipient);
int smfi_quarantine(SMFICTX *context, char *reason);

/* What a program of its own starts with; tests have them (test/milter/engine_main.c). */
int smfi_register(struct smfiDesc description);
int smfi_setconn(char *address);
int smfi_opensocket(bool removes);
int smfi_main(void);

#endif
