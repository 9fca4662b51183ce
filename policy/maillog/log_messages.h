/*
 * The messages that a mail server's log tells of, put together from their lines, each told once: as soon as
 * something was tried for all of its recipients, and in the order of that.
 *
 * Bounded: the newest 20,000 messages, 32 MB and 1,000 recipients of each are followed; who falls out is told
 * as far as it is known. One thread.
 */
#ifndef CLOSEDRELAY_MAILLOG_LOG_MESSAGES_H
#define CLOSEDRELAY_MAILLOG_LOG_MESSAGES_H

#include "maillog/log_line.h"

enum logged_fate { LOGGED_TAKEN, LOGGED_REFUSED };

struct logged_recipient {
    char *address;
    enum logged_fate fate;
};

/* Valid during the call. */
struct logged_message {
    const char *user; /* as it logged in; "": nobody did */
    const char *sender, *message_id;
    const struct ip_address *client; /* NULL: it was handed in on the machine, or nobody knows */
    const struct logged_recipient *recipients;
    size_t recipient_count;
};

struct logged_takers {
    void (*message)(void *context, const struct logged_message *message);
    /* A recipient of a message that was told. */
    void (*bounce)(void *context, const char *message_id);
    void *context;
};

struct log_messages;

/* NULL: out of memory. */
struct log_messages *log_messages_create(void *owner, const struct logged_takers *takers);

/* False: out of memory. */
bool log_messages_take(struct log_messages *messages, const struct log_line *line);

/* There are no more lines: tells what is left. Then talloc_free. */
void log_messages_finish(struct log_messages *messages);

#endif
