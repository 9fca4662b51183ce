/*
 * The shape of a check.
 *
 * A check looks at facts and appends findings. It knows its settings, its services and nothing of other
 * checks, of libmilter, of replies already given or of the record. To add one: its file here, its row in
 * check_table.c, its test, its page in docs/checks/.
 */
#ifndef CLOSEDRELAY_CHECK_CHECK_H
#define CLOSEDRELAY_CHECK_CHECK_H

#include "base/clock.h"
#include "config/schema.h"
#include "facts/session.h"
#include "judge/finding.h"

/* When a check can be asked. One bit each in check.stages. */
enum check_stage {
    STAGE_CONNECT = 1 << 0,   /* the client's address is known, its role is not: nothing is decided here */
    STAGE_MAIL = 1 << 1,      /* sender, login and role are known */
    STAGE_RECIPIENT = 1 << 2, /* once for each RCPT; context.recipient is not yet counted */
    STAGE_MESSAGE = 1 << 3,   /* the whole message was seen */
};

struct dnsbl_service; /* check/dnsbl_service.h: lists, cache and health; outlives snapshots */

/* What checks may call upon. Lives as long as the engine. */
struct check_services {
    const struct clock *clock;
    struct dnsbl_service *dnsbl;
};

struct check_context {
    enum check_stage stage;
    const struct session_facts *session;
    const struct message_facts *message; /* NULL at STAGE_CONNECT */
    const struct recipient *recipient;   /* STAGE_RECIPIENT only */
    const void *settings;                /* the check's settings struct, for this message */
    const struct check_services *services;
    /* talloc context for details and replies; lives until the record is written. */
    void *owner;
    /* The check's own slot for the session, NULL at first; what it puts there must be a talloc child of
     * session_owner (with a destructor where something is to be released). */
    void **session_state;
    void *session_owner;
};

/* First member of every check's settings struct; the schema rows CHECK_COMMON_KEYS describe it. */
struct check_settings {
    enum check_mode mode;
    enum action on_unknown;
};

struct check {
    const char *name;                     /* also its section in the configuration */
    const struct config_section *section; /* settings, schema rows */
    unsigned stages;                      /* check_stage bits at which `decide` is asked */
    /* Starts slow work at STAGE_CONNECT, so that its result is there when it is needed; or NULL. */
    void (*begin)(const struct check_context *context);
    /* Appends findings; every one with check, outcome, reason, mode and action set (check_finding helps). */
    void (*decide)(const struct check_context *context, struct finding_list *findings);
};

/* All checks in the order they are asked; ended by NULL (check_table.c). */
extern const struct check *const check_table[];
enum { CHECK_COUNT_MAX = 16 };

/* A finding of `name` with mode, and action on_unknown (unknown) or reject (fail), taken from the settings.
 */
struct finding check_finding(const char *name, const struct check_context *context,
                             enum finding_outcome outcome, const char *reason);

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
