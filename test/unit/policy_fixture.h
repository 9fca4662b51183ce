/*
 * For tests: a configuration that stands in the test.
 */
#ifndef CLOSEDRELAY_TEST_POLICY_FIXTURE_H
#define CLOSEDRELAY_TEST_POLICY_FIXTURE_H

#include "policy_query.h"

/* policy_load from a file with this text, which is gone again. NULL: `problems` says why. */
struct policy_snapshot *policy_fixture_try(const char *yaml, struct strbuf *problems);

/* The same where there must be no problem. */
struct policy_snapshot *policy_fixture_load(const char *yaml);

#endif
