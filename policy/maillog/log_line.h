/*
 * What one line of a mail server's log tells of a message: Postfix' smtpd, cleanup, qmgr and delivery agents,
 * and Sendmail.
 *
 * Much of such a line was written by strangers (addresses, Message-IDs), who may write what looks like more
 * of it: only what their text cannot come before is believed of who they are. Slices point into the line.
 * Pure functions.
 */
#ifndef CLOSEDRELAY_MAILLOG_LOG_LINE_H
#define CLOSEDRELAY_MAILLOG_LOG_LINE_H

#include "facts/ip_address.h"

enum log_event {
    LOG_CLIENT,     /* Postfix: who hands it in: client, user */
    LOG_MESSAGE_ID, /* Postfix */
    LOG_SENDER,     /* sender, recipient_count; Sendmail: client, message_id too */
    LOG_RECIPIENTS, /* what became of some: recipients, fate */
    LOG_REFUSED,    /* a recipient that was not taken */
    LOG_LOGIN,      /* Sendmail: the login of what the process will tell of: client, user */
    LOG_OVER,       /* Postfix has no more to do with it */
};

enum log_fate { LOG_DELIVERED, LOG_BOUNCED };

struct log_line {
    enum log_event event;
    struct slice host;
    uint32_t process;
    struct slice queue_id;                 /* empty: LOG_LOGIN */
    struct slice user, sender, message_id; /* the last with its brackets */
    struct slice recipients; /* "<ann@example.com>", or Sendmail's "<ann@example.com>,<bob@example.net>" */
    enum log_fate fate;
    uint32_t recipient_count; /* 0: not told */
    bool has_client;
    struct ip_address client;
};

/* `line`: what follows the stamp. False: it tells nothing of a message. */
bool log_line_read(struct slice line, struct log_line *told);

/* Takes the next address off a list of recipients, without its brackets; false: that was all. */
bool log_line_next_recipient(struct slice *list, struct slice *address);

#endif
