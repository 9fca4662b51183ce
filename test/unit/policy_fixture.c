#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct policy_snapshot *policy_fixture_try(const char *yaml, struct strbuf *problems)
{
    char path[] = "/tmp/policy_fixture.XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    close(descriptor);
    struct policy_snapshot *snapshot = policy_load(path, problems);
    unlink(path);
    return snapshot;
}

struct policy_snapshot *policy_fixture_load(const char *yaml)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_fixture_try(yaml, &problems);
    if (snapshot == NULL)
        fail_msg("%s", strbuf_text(&problems));
    strbuf_deinit(&problems);
    return snapshot;
}
