/*
 * What the MTA tells in macros: one table of macro, stage and fact.
 *
 * The table is both what is asked for (smfi_setsymlist, so that nobody edits milter_*_macros in main.cf) and
 * what is read. Values are the MTA's, valid during the callback; absent ones are NULL.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_MACROS_H
#define CLOSEDRELAY_MILTER_CALLBACKS_MACROS_H

#include "policy_session.h"

#include <libmilter/mfapi.h>

/* Asks for the macros of every stage; from xxfi_negotiate only. False: out of memory. */
bool macros_request(SMFICTX *ctx);

/* Fills mta_version and daemon_name. */
void macros_read_connect(SMFICTX *ctx, struct policy_connect *connect);

enum { MACROS_DECODED_MAX = 4 };

/* Values that had to be decoded; free with macros_mail_deinit. */
struct mail_macros {
    char *decoded[MACROS_DECODED_MAX];
    unsigned decoded_count;
};

/* Fills auth_type, auth_authen, queue_id and tls. Sendmail writes logins and certificate names in xtext (RFC
 * 3461, 4), Postfix does not: `mta_version` is the macro {v}. False: out of memory. */
bool macros_read_mail(SMFICTX *ctx, const char *mta_version, struct policy_mail *mail,
                      struct mail_macros *macros);
void macros_mail_deinit(struct mail_macros *macros);

/* Fills the mailer. */
void macros_read_recipient(SMFICTX *ctx, struct policy_recipient *recipient);

/* {i}, or NULL while the MTA has not chosen one (Postfix: before the first accepted recipient). */
const char *macros_read_queue_id(SMFICTX *ctx);

/* Decodes xtext into `out`, which has room for strlen(text) + 1 bytes. False, and `out` undefined, where the
 * text is no xtext or has a NUL in it. */
bool xtext_decode(const char *text, char *out);

/* Whether this MTA encodes logins: anything that names itself and is not Postfix. */
bool mta_uses_xtext(const char *mta_version);

#endif
