/*
 * The shape of a check.
 *
 * A check looks at facts and appends findings. It knows its settings and nothing of other checks, of
 * libmilter, of replies already given or of the record. What is slow or comes from elsewhere it gathers
 * first, by `begin`, into facts; `decide` is then a pure function of facts and settings (a table that the
 * settings name counts as part of them), so that recorded mail can be judged again by the very same function.
 * To add one: its file here, its row in check_table.c, its test, its page in docs/checks/.
 */
#ifndef CLOSEDRELAY_CHECK_CHECK_H
#define CLOSEDRELAY_CHECK_CHECK_H

#include "base/clock.h"
#include "base/pending.h"
#include "check/finding.h"
#include "config/schema.h"
#include "facts/session.h"

/* When a check can be asked. One bit each in check.stages. */
enum check_stage {
    STAGE_CONNECT = 1 << 0, /* the client's address is known, its role is not: `begin` only */
    STAGE_MAIL = 1 << 1,    /* sender, login and role are known */
    /* Once for each RCPT; context.recipient is the last of message->recipients that has no action yet: those
     * before it do, those behind it (of local mail, which is judged late) do not count. */
    STAGE_RECIPIENT = 1 << 2,
    STAGE_MESSAGE = 1 << 3, /* the whole message was seen */
};

/* What a check needs of others for a message; bits of check.needs. */
enum check_need {
    CHECK_NEEDS_SCAN = 1 << 0,         /* message->attachments: the content is looked into */
    CHECK_NEEDS_DNS = 1 << 1,          /* services->dns */
    CHECK_NEEDS_DESTINATIONS = 1 << 2, /* recipient.is_internal */
    CHECK_NEEDS_CONTACTS = 1 << 3,     /* recipient.is_new */
};

struct dns_service;  /* dns/dns_service.h */
struct store;        /* store/store.h */
struct blocks;       /* live/blocks.h */
struct contacts;     /* live/contacts.h */
struct account_book; /* accounts/account_book.h */

/* A limit was filled up to its mark by mail that was accepted: said once, until it has emptied again. */
struct limit_warning {
    const char *limit; /* "user recipients 500/1h" */
    struct slice key;
    uint64_t used, capacity;
};

/* A login has risen on the ladder of the check account. Texts are valid during the call. */
struct account_notice {
    const char *user, *step;              /* "warn", "slow", "hold", "lock" */
    const char *evidence;                 /* in words */
    const char *families;                 /* "recipients, networks" */
    const struct account_reason *reasons; /* the evidence one by one, the most first */
    size_t reason_count;
    uint64_t points, score; /* what it has, and what the step takes */
    int64_t until_us;       /* wall clock */
    bool is_locked;         /* and may not send any more */
};

/* What `begin` and `settle` may call upon. Lives as long as the engine. */
struct check_services {
    const struct clock *clock;
    struct dns_service *dns; /* NULL: offline */
    struct store *store;     /* NULL: nothing is counted */
    struct blocks *blocks;   /* NULL: there are none */
    /* Or NULL: nobody to tell. */
    void (*warn_of_limit)(void *context, const struct limit_warning *warning);
    void *warn_context;                                                          /* of both */
    struct account_book *accounts;                                               /* NULL: nobody is watched */
    struct contacts *contacts;                                                   /* NULL: nobody is known */
    void (*tell_of_account)(void *context, const struct account_notice *notice); /* or NULL */
};

struct check_context {
    enum check_stage stage;
    const struct session_facts *session;
    const struct message_facts *message; /* NULL at STAGE_CONNECT */
    const struct recipient *recipient;   /* STAGE_RECIPIENT only */
    /* The check's settings struct, for this message. At STAGE_CONNECT nobody's: only keys that are the same
     * for everybody (CONFIG_GLOBAL) may be looked at. */
    const void *settings;
    const struct text_set *local_domains; /* relay.local_domains: one's own; NULL at STAGE_CONNECT */
    /* talloc context for details and replies; lives until the outcome was published and settled. */
    void *owner;
    /* The check's own slots, NULL at first, one for the message and one for the session. What it puts into
     * the message's must be a talloc child of `owner` (with a destructor where something is to be released);
     * the session's is given to `forget`. */
    void **message_slot; /* NULL at STAGE_CONNECT */
    void **session_slot;
    /* For `begin` and `settle`. NULL: it waits itself, no longer than its budget. Otherwise it fills this in
     * where something is on its way, and is called again, with everything else as it was, once that is there
     * or late. */
    struct pending_awaited *awaited;
};

/* How a message ended, for `settle`; what became of each recipient is in the facts. */
struct check_ending {
    bool is_accepted; /* it went on, held or not, to the recipients with RECIPIENT_ACCEPTED */
    const struct finding_list *findings; /* of all checks */
};

/* First member of every check's settings struct; the schema rows CHECK_COMMON_KEYS describe it. */
struct check_settings {
    enum check_mode mode;
    enum action on_unknown;
};

struct content_limits;

/* All hooks but `decide` may be NULL. None but `begin` and `settle` may wait, and that no longer than its
 * budget. */
struct check {
    const char *name;                     /* also its section in the configuration */
    const struct config_section *section; /* settings, schema rows */
    unsigned stages;                      /* check_stage bits at which the check is asked */
    /* A configuration comes into force: hands to services what they have to know of it. `settings` as at
     * STAGE_CONNECT. False: it cannot be done (`problems` says why), and the former configuration stays. */
    bool (*use)(const void *settings, const struct check_services *services, struct strbuf *problems);
    /* Which check_need bits it has with these settings. */
    unsigned (*needs)(const void *settings);
    /* Called before `decide` at each stage of `stages`, and at STAGE_CONNECT if that is among them: starts
     * slow work, or collects what it brought into `gathered` (NULL at STAGE_CONNECT); context->awaited says
     * who waits for it. */
    void (*begin)(const struct check_context *context, const struct check_services *services,
                  struct gathered_facts *gathered);
    /* Frees what is in the session's slot, which is not NULL. */
    void (*forget)(void *session_slot);
    /* Appends findings; every one with check, outcome, reason, mode and action set (check_finding helps).
     * Pure but for context->message_slot. Where a table has not answered what it decided is thrown away, with
     * the slot, and it is called again. Not called at STAGE_CONNECT. */
    void (*decide)(const struct check_context *context, struct finding_list *findings);
    /* Whether what was seen of the message so far makes a refusal certain: the rest of its body is then
     * neither looked into nor waited for. */
    bool (*is_certain)(const void *settings, const struct message_facts *message);
    /* Called once at the end of each message for which `begin` or `decide` was called, whatever became of it:
     * what was reserved is now charged or given back. */
    void (*settle)(const struct check_context *context, const struct check_services *services,
                   const struct check_ending *ending);
    /* The bounds to scan a message with, from its settings: one check has them. */
    struct content_limits (*content_limits)(const void *settings);
};

/* All checks in the order they are asked; ended by NULL (check_table.c). */
extern const struct check *const check_table[];
enum { CHECK_COUNT_MAX = 10 };

/* The place of `check`, which must be in check_table. */
size_t check_index(const struct check *check);

/* A finding of `name` with mode, and action on_unknown (unknown, which names that key) or reject (fail),
 * taken from the settings. */
struct finding check_finding(const char *name, const struct check_context *context,
                             enum finding_outcome outcome, const char *reason);

/* Sets text and words of the finding's reply: a row with its values, which end in one without a name. */
void check_say(const struct check_context *context, struct finding *finding, enum reply_row row,
               const struct reply_value *values);

/* Formats into context->owner; NULL when memory ran out (a finding may carry a NULL detail). */
const char *check_text(const struct check_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `text` in at most `most_bytes` (at least 16), the middle left out where it is longer; under context->owner,
 * or `text` itself. For replies, which have little room; NULL when memory ran out. */
const char *check_shorten(const struct check_context *context, const char *text, size_t most_bytes);

/* Choices of the keys that every check has. */
extern const struct config_choice check_mode_choices[];
extern const struct config_choice check_action_choices[]; /* accept, hold, defer, reject */

/* The rows every check section begins with. `default_mode` and `default_unknown` are texts. */
#define CHECK_COMMON_KEYS(struct_type, default_mode, default_unknown)                                        \
    {.name = "mode",                                                                                         \
     .type = &config_type_choice,                                                                            \
     .offset = offsetof(struct_type, common.mode),                                                           \
     .choices = check_mode_choices,                                                                          \
     .default_text = (default_mode),                                                                         \
     .text =                                                                                                 \
         "Whether the check acts (enforce), only records what it would have done (monitor), or is off."},    \
    {                                                                                                        \
        .name = "on_unknown", .type = &config_type_choice,                                                   \
        .offset = offsetof(struct_type, common.on_unknown), .choices = check_action_choices,                 \
        .default_text = (default_unknown),                                                                   \
        .text = "What to do where the check cannot decide (time-out, unreadable, out of memory)."            \
    }

#endif
