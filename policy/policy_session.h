/*
 * One connection of the MTA, stage by stage: what the callbacks need.
 *
 * What the MTA says goes in as facts; the answer for the MTA comes out of the same call, and the record is
 * written before the call that ends a message returns. A session pins the snapshot that was in force when it
 * began. Each is used by one thread at a time; which one may change between calls.
 *
 * No call blocks longer than the DNS budget (dns.timeout), or the second that a table may take for each of
 * its questions; who can put a session aside (policy_connect.can_wait) waits for lists, the shared store and
 * servers behind tables outside of the calls, and keeps no thread for it. No data passed in need outlive the
 * call.
 */
#ifndef CLOSEDRELAY_POLICY_SESSION_H
#define CLOSEDRELAY_POLICY_SESSION_H

#include "base/pending.h"
#include "outcome/outcome.h"
#include "policy.h"

struct policy_session;

/* ---- what the MTA says ------------------------------------------------------------------------------ */

struct policy_connect {
    const struct sockaddr *address; /* NULL: unknown */
    const char *client_name;        /* may be NULL, as every text below */
    const char *mta_version;        /* {v} */
    const char *daemon_name;        /* {daemon_name} */
    bool cannot_hold;               /* the MTA lets a filter hold no mail: it is deferred instead */
    bool cannot_drop;               /* nor take out recipients: the message is refused instead */
    bool can_wait;                  /* the caller knows what to do about POLICY_WAIT */
};

struct policy_mail {
    const char *path;          /* first argument of MAIL, as typed */
    const char *const *params; /* "SIZE=1000", …; ended by NULL; or NULL */
    const char *auth_type;     /* {auth_type} */
    const char *auth_authen;   /* {auth_authen}, xtext already decoded where the MTA encodes it */
    const char *queue_id;      /* {i} */
    struct tls_facts tls;      /* NULL texts are taken as "" */
};

struct policy_recipient {
    const char *path;   /* first argument of RCPT, as typed */
    const char *mailer; /* {rcpt_mailer}: "error" means that the MTA refuses it itself */
};

/* ---- what comes of it -------------------------------------------------------------------------------- */

/* What to tell the MTA now. */
enum policy_step {
    POLICY_CONTINUE,
    POLICY_REJECT, /* 5xx */
    POLICY_DEFER,  /* 4xx */
    POLICY_WAIT,   /* nothing yet: policy_session_resume is to be called next, once `awaited` is there or late
                    */
};

struct policy_answer {
    enum policy_step step;
    /* reply text and codes of a refusal; otherwise NULL. Valid until the next call. */
    const struct verdict *verdict;
    struct pending_awaited awaited; /* of POLICY_WAIT; it stays in place until the next call */
};

/* The end of a message: a refusal, or the edits; neither: it goes on as it is. Valid until the next call. */
struct policy_ending {
    struct policy_answer answer;
    struct outcome_edits edits;
};

/* One finished message and its record. Valid during the call. */
struct policy_record {
    const struct outcome *outcome;
    struct slice line; /* the audit line, one JSON object without the final newline */
};

/* ---- the stages ------------------------------------------------------------------------------------- */

/* NULL: out of memory; the caller then defers the connection. */
struct policy_session *policy_session_begin(struct policy_engine *engine,
                                            const struct policy_connect *connect);
void policy_session_helo(struct policy_session *session, const char *name);

/* A new message; an unfinished one before it is closed as aborted. POLICY_REJECT / POLICY_DEFER end it. */
struct policy_answer policy_session_mail(struct policy_session *session, const struct policy_mail *mail);
/* After POLICY_WAIT: the answer that was asked for, or what else to wait for; edits at the end of a message
 * only. Abort and end may come instead. */
struct policy_ending policy_session_resume(struct policy_session *session);
/* POLICY_REJECT / POLICY_DEFER refuse this recipient only. */
struct policy_answer policy_session_recipient(struct policy_session *session,
                                              const struct policy_recipient *recipient);
void policy_session_queue_id(struct policy_session *session, const char *queue_id);
void policy_session_header(struct policy_session *session, const char *name, const char *value);
void policy_session_end_of_headers(struct policy_session *session);
/* False: the rest of the body no longer matters. */
bool policy_session_body(struct policy_session *session, const void *bytes, size_t length);
/* Writes the record, then returns the verdict. Pointers are valid until the next call. */
struct policy_ending policy_session_end_of_message(struct policy_session *session);

/* Closes an unfinished message, if any, and writes its record. Harmless at any time. */
void policy_session_abort(struct policy_session *session);
/* NULL is allowed. */
void policy_session_end(struct policy_session *session);

#endif
