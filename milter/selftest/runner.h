/*
 * Who is tested: the policy library under the effective configuration, or a running milter.
 */
#ifndef CLOSEDRELAY_SELFTEST_RUNNER_H
#define CLOSEDRELAY_SELFTEST_RUNNER_H

#include "selftest_case.h"

#include "policy.h"

struct selftest_result {
    unsigned answer; /* of enum selftest_answer; 0: only whether the message was let through is known */
    bool is_stopped; /* refused, deferred or put on hold */
    char word[80];   /* the answer, for people: "blocked", "reject 550 …" */
};

/* Whether the result is one of those expected. */
bool selftest_is_right(const struct selftest_case *test, const struct selftest_result *result);

struct selftest_sender {
    const char *role;      /* submission, trusted, local, outside */
    const char *user;      /* login of a submission */
    const char *mail;      /* envelope sender */
    const char *recipient; /* envelope recipient */
};

struct selftest_runner {
    void *context;
    /* What becomes of `message`. False: it cannot go on (said on stderr). */
    bool (*run)(void *context, struct slice message, struct selftest_result *result);
    void (*close)(void *context);
};

/* Both say on stderr what is wrong when they return an exit status other than EX_OK. The texts of `sender`
 * must outlive the runner. */
int policy_runner_open(struct selftest_runner *runner, const char *config_path,
                       const struct selftest_sender *sender);
int milter_runner_open(struct selftest_runner *runner, const char *address,
                       const struct selftest_sender *sender);

#endif
