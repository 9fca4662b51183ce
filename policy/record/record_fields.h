/*
 * Every key of the record, version 1: the one table from which the writer, the JSON Schema, the page
 * docs/record.md and the reader are made.
 *
 * Rows stand in the order in which keys stand in a line; a row one deeper belongs to the last row that is one
 * higher. Keys are only ever added, and RECORD_VERSION rises only when the meaning of one changes. Constant
 * data; any thread.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_FIELDS_H
#define CLOSEDRELAY_RECORD_RECORD_FIELDS_H

#include "base/json_reader.h"
#include "base/slice.h"
#include "base/strbuf.h"

enum { RECORD_VERSION = 1 };

/* What a line is about: the value of its key `type`. */
enum record_line {
    RECORD_LINE_MESSAGE,
    RECORD_LINE_START,
    RECORD_LINE_STOP,
    RECORD_LINE_POLICY,
    RECORD_LINE_RELOAD_REFUSED,
    RECORD_LINE_LIST,
    RECORD_LINE_GRANT,
    RECORD_LINE_LOGIN,
    RECORD_LINE_BLOCK,
    RECORD_LINE_UNBLOCK,
    RECORD_LINE_LOCK,
    RECORD_LINE_UNLOCK,
    RECORD_LINE_WARN,
    RECORD_LINE_TABLE,
    RECORD_LINE_LOST,
    RECORD_LINE_LOOKUP,
    RECORD_LINE_STORE,
    RECORD_LINE_COUNT
};

enum record_value {
    RECORD_VALUE_TEXT,
    RECORD_VALUE_TEXT_OR_NULL,
    RECORD_VALUE_ENUM, /* a text of those in `values`; later versions may know more */
    RECORD_VALUE_TIME, /* RFC 3339, UTC, with microseconds */
    RECORD_VALUE_U64,
    RECORD_VALUE_BOOL,
    RECORD_VALUE_OBJECT,  /* its keys are the deeper rows */
    RECORD_VALUE_OBJECTS, /* an array of such objects */
    RECORD_VALUE_TEXTS,   /* an array of texts */
};

/* What a value tells of somebody: `audit.privacy` treats each kind in a way of its own. */
enum record_privacy_kind {
    PRIVACY_NONE,
    PRIVACY_ADDRESS,      /* a mailbox: local part and domain */
    PRIVACY_ADDRESS_TEXT, /* a header field with addresses and names */
    PRIVACY_IDENTITY,     /* a login, or what stands for one: a mailbox, or a name without a domain */
    PRIVACY_CLIENT_IP,
    PRIVACY_CLIENT_NAME,  /* what a client is called, or calls itself */
    PRIVACY_MESSAGE_NAME, /* a Message-ID */
    PRIVACY_FREE_TEXT,    /* words of ours in which any of the above may be quoted */
    PRIVACY_FILE_NAME,    /* of an attachment */
};

/* Rows of the table; RECORD_CLIENT_ADDRESS is the key `ip` inside `client`. */
enum record_key {
    RECORD_V,
    RECORD_TYPE,
    RECORD_TIME,
    RECORD_ID,
    RECORD_HOST,
    RECORD_SESSION,
    RECORD_QUEUE_ID,
    RECORD_POLICY,
    RECORD_MODE,
    RECORD_ROLE,
    RECORD_ROLE_REASON,
    RECORD_USER,
    RECORD_CUSTOMER,
    RECORD_SERVICE,
    RECORD_CLIENT,
    RECORD_CLIENT_ADDRESS,
    RECORD_CLIENT_HOST,
    RECORD_CLIENT_PORT,
    RECORD_HELO,
    RECORD_AUTH,
    RECORD_AUTH_TYPE,
    RECORD_AUTH_LOGIN,
    RECORD_TLS,
    RECORD_TLS_VERSION,
    RECORD_TLS_CIPHER,
    RECORD_TLS_CERT_SUBJECT,
    RECORD_TLS_CERT_ISSUER,
    RECORD_TLS_CERT_VERIFIED,
    RECORD_TLS_CERT_FINGERPRINT,
    RECORD_SENDER,
    RECORD_FROM,
    RECORD_FROM_MORE,
    RECORD_HEADER_SENDER,
    RECORD_MESSAGE_ID,
    RECORD_RECIPIENTS,
    RECORD_RECIPIENT_ADDRESS,
    RECORD_RECIPIENT_ACTION,
    RECORD_RECIPIENT_REASON,
    RECORD_RECIPIENTS_REFUSED,
    RECORD_DECLARED_SIZE,
    RECORD_SIZE,
    RECORD_PARTS,
    RECORD_ATTACHMENTS,
    RECORD_ATTACHMENT_PATH,
    RECORD_ATTACHMENT_TYPE,
    RECORD_ATTACHMENT_SIZE,
    RECORD_ATTACHMENT_OUTCOME,
    RECORD_ATTACHMENT_CONDITIONS,
    RECORD_ATTACHMENT_NAMES,
    RECORD_ATTACHMENT_IS_MEMBER,
    RECORD_ATTACHMENT_IS_OF_DOCUMENT,
    RECORD_ATTACHMENT_SCRIPT,
    RECORD_ATTACHMENT_SPELLED,
    RECORD_ATTACHMENT_PIECES,
    RECORD_LISTS,
    RECORD_LIST_ZONE,
    RECORD_LIST_STATE,
    RECORD_LIST_ANSWERS,
    RECORD_FINDINGS,
    RECORD_FINDING_CHECK,
    RECORD_FINDING_OUTCOME,
    RECORD_FINDING_REASON,
    RECORD_FINDING_DETAIL,
    RECORD_FINDING_MODE,
    RECORD_FINDING_ACTION,
    RECORD_FINDING_RULE,
    RECORD_FINDING_LIMIT,
    RECORD_FINDING_SEEN,
    RECORD_DSN,
    RECORD_DSN_MESSAGE_ID,
    RECORD_DSN_RECIPIENTS,
    RECORD_ARF,
    RECORD_ARF_TYPE,
    RECORD_ARF_MESSAGE_ID,
    RECORD_ARF_RECIPIENTS,
    RECORD_ORIGIN_ADDRESS,
    RECORD_FINGERPRINT,
    RECORD_VERDICT,
    RECORD_ABORT_REASON,
    RECORD_WOULD,
    RECORD_REPLY,
    RECORD_MTA_CANNOT,
    RECORD_DURATION_US,
    /* of events only */
    RECORD_SUBJECT,
    RECORD_SUBJECT_KIND,
    RECORD_SUBJECT_NAME,
    RECORD_STATE,
    RECORD_REASON,
    RECORD_UNTIL,
    RECORD_FILE,
    RECORD_RELEASE,
    RECORD_ZONE,
    RECORD_ENTRIES,
    RECORD_ENTRIES_BEFORE,
    RECORD_COUNT,
    RECORD_LIMIT,
    RECORD_SEEN,
    RECORD_EVIDENCE,
    RECORD_EVIDENCE_FAMILY,
    RECORD_EVIDENCE_POINTS,
    RECORD_EVIDENCE_WORDS,
    RECORD_BY,
    RECORD_KEY_COUNT
};

enum { RECORD_DEPTH_MAX = 2 };

struct record_field {
    char name[JSON_NAME_BYTES];
    unsigned depth; /* 0: of the line; 1: of the object or of the objects above */
    enum record_value value;
    unsigned lines;  /* bits 1 << enum record_line: where the key may stand */
    unsigned always; /* those of `lines` that always have it, where its object is there */
    enum record_privacy_kind privacy;
    const char *values;  /* RECORD_VALUE_ENUM: "accept|hold|…"; else NULL */
    const char *meaning; /* Markdown, one sentence */
};

/* RECORD_KEY_COUNT rows. */
extern const struct record_field record_fields[];

/* The value of `type` for a kind of line: "message", "start", … */
const char *record_line_name(enum record_line line);

/* The kind of line that `name` stands for; RECORD_LINE_COUNT: none that is known. A line without a `type` is
 * of the time before version 1, and a message. */
enum record_line record_line_by_name(struct slice name);

/* The row that `key` belongs to: RECORD_CLIENT for RECORD_CLIENT_ADDRESS; RECORD_KEY_COUNT for one of the
 * line itself. */
enum record_key record_parent(enum record_key key);

/* docs/record.schema.json, and the table of keys for docs/record.md. */
void record_print_schema(struct strbuf *out);
void record_print_reference(struct strbuf *out);

#endif
