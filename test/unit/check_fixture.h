/* What a check's test needs around it: settings from YAML, facts, the question, the findings. */
#ifndef CLOSEDRELAY_TEST_CHECK_FIXTURE_H
#define CLOSEDRELAY_TEST_CHECK_FIXTURE_H

#include "check/check.h"

struct check_fixture {
    void *owner; /* of everything below */
    const struct check *check;
    const void *settings;
    const struct text_set *local_domains; /* NULL: none */
    struct session_facts session;
    struct message_facts message;
    struct finding_list findings;
    void *message_slot, *session_slot;
    struct check_services
        services; /* what the check gathers from; no store by default, and then it gathers nothing */
};

/* The check with the settings that `yaml` (a whole configuration; "" for the defaults) gives for `role`; the
 * message has that role. A configuration with errors fails the test. */
struct check_fixture check_fixture_begin(const struct check *check, const char *yaml, enum role role);
void check_fixture_end(struct check_fixture *fixture);

/* The problems of a configuration for `check`, or "" where there are none; under `owner`. */
const char *check_fixture_problems(void *owner, const struct check *check, const char *yaml);

/* Asks the check; at STAGE_RECIPIENT use the next one. */
void check_fixture_ask(struct check_fixture *fixture, enum check_stage stage);

/* The message has ended: the check settles, and its slot begins anew. */
void check_fixture_settle(struct check_fixture *fixture, bool is_accepted);

/* Gives RCPT, and does what the engine does: takes the recipient unless an enforced finding refuses it. */
enum recipient_action check_fixture_recipient(struct check_fixture *fixture, const char *path);

/* A header field, as kept for checks. */
void check_fixture_header(struct check_fixture *fixture, const char *name, const char *value);

/* The last finding; there must be one. */
const struct finding *check_fixture_last(const struct check_fixture *fixture);

struct expected_finding {
    enum finding_outcome outcome;
    const char *reason;
    enum check_mode mode;
    enum action action;
    unsigned code;        /* 0: whatever */
    const char *enhanced; /* with a code */
};

void assert_finding(const struct finding *finding, const struct expected_finding *expected);

/* That the reply says all of these (ended by NULL), in plain ASCII. */
void assert_reply_says(const struct finding *finding, const char *const *words);

#endif
