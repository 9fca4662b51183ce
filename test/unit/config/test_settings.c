/* What the real table of keys takes, beyond what the types of values see to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "policy_fixture.h"

struct loaded {
    struct policy_snapshot *snapshot; /* NULL: there were errors */
    struct strbuf problems;
};

static struct loaded load(const char *yaml)
{
    struct loaded loaded;
    strbuf_init(&loaded.problems, 0);
    loaded.snapshot = policy_fixture_try(yaml, &loaded.problems);
    return loaded;
}

static void unload(struct loaded *loaded)
{
    policy_snapshot_unref(loaded->snapshot);
    strbuf_deinit(&loaded->problems);
}

static void what_would_be_passed_over_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *problem;
    } cases[] = {
        {"control: inet:8892@127.0.0.1\n", ":1:10: error: the control socket is a unix socket: "},
        {"daemon: { syslog_facility: mial }\n",
         ":1:28: error: syslog_facility: 'mial' is none of mail, daemon, "},
        {"daemon: { syslog_facility: local9 }\n", ":1:28: error: syslog_facility: 'local9' is none of "},
        {"attachments: { blocked: [.exe, \"*.scr\"] }\n",
         ":1:25: error: blocked: '*.scr' is no extension such as exe: "},
        {"customers: { ann@example.com: [a, b] }\n",
         ":1:31: error: customers: 'ann@example.com' has one value, no list\n"},
        {"attachments: { allowed: [tar.gz] }\n",
         ":1:25: error: allowed: 'tar.gz' is no extension such as exe: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded loaded = load(cases[i].yaml);
        assert_null(loaded.snapshot);
        if (strstr(strbuf_text(&loaded.problems), cases[i].problem) == NULL)
            fail_msg("%s gave: %s", cases[i].yaml, strbuf_text(&loaded.problems));
        unload(&loaded);
    }
}

static void listening_on_every_address_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *problem;
    } cases[] = {
        {"listen: inet:10891\n", ":1:9: warning: every address of this machine is listened on, "},
        {"listen: inet6:8892\n", "write inet:8892@127.0.0.1 if the MTA runs here\n"},
        {"listen: inet:10891@127.0.0.1\n", ""},
        {"listen: inet:10891@0.0.0.0\n", ""},
        {"listen: unix:/run/closedrelay/milter.sock\n", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded loaded = load(cases[i].yaml);
        assert_non_null(loaded.snapshot);
        if (strstr(strbuf_text(&loaded.problems), cases[i].problem) == NULL ||
            (cases[i].problem[0] == '\0' && loaded.problems.length > 0))
            fail_msg("%s gave: %s", cases[i].yaml, strbuf_text(&loaded.problems));
        unload(&loaded);
    }
}

static void daemon_settings_are_as_written(void **state)
{
    (void)state;
    struct loaded loaded = load("control: \"\"\ndaemon: { syslog_facility: local3, sessions: 7 }\n");
    assert_string_equal(strbuf_text(&loaded.problems), "");
    const struct policy_daemon_settings *daemon = policy_snapshot_daemon(loaded.snapshot);
    assert_int_equal(daemon->control.kind, ENDPOINT_NONE);
    assert_int_equal(daemon->syslog_facility, LOG_LOCAL3);
    assert_int_equal(daemon->sessions_max, 7);
    assert_int_equal(daemon->listen.port, 10891);
    unload(&loaded);
}

/* Folders are told by their own names; what one lacks does not keep the others from being made. */
static void folders_are_made_before_root_goes(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_settings.XXXXXX", yaml[300], expected[200], made[64];
    struct stat info;
    assert_non_null(mkdtemp(folder));
    snprintf(yaml, sizeof yaml,
             "control: unix:%s/control/socket\nstate: %s/no/such\naudit: { file: %s/log/audit }\n", folder,
             folder, folder);
    struct loaded loaded = load(yaml);
    assert_non_null(loaded.snapshot);
    assert_false(policy_snapshot_prepare(loaded.snapshot, getuid(), getgid(), &loaded.problems));
    snprintf(expected, sizeof expected, "%s/no/such: this folder cannot be made: No such file or directory\n",
             folder);
    assert_string_equal(strbuf_text(&loaded.problems), expected);
    static const char *const names[] = {"control", "log"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(made, sizeof made, "%s/%s", folder, names[i]);
        assert_int_equal(stat(made, &info), 0);
        assert_int_equal(info.st_mode & 0007, 0);
        rmdir(made);
    }
    rmdir(folder);
    unload(&loaded);
}

/* A limit for everybody is raised to 100 for outside, and so it is shown. */
static void what_is_shown_is_what_applies(void **state)
{
    (void)state;
    static const struct {
        const char *whom, *limit;
    } cases[] = {
        {"role=outside", "\n  limit: 100  # default for outside\n"},
        {"client=192.0.2.7", "\n  limit: 100  # default for outside\n"},
        {"user=ann@example.com", "\n  limit: 50  # "},
        {"user=ann@example.com,client=192.0.2.7", "\n  limit: 5  # "},
    };
    struct loaded loaded =
        load("recipients: { limit: 50 }\n"
             "overrides: [ { when: { network: 192.0.2.0/24 }, recipients: { limit: 5 } } ]\n");
    assert_non_null(loaded.snapshot);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        assert_true(policy_snapshot_print_subject(loaded.snapshot, cases[i].whom, &out));
        const char *section = strstr(strbuf_text(&out), "\nrecipients:\n");
        assert_non_null(section);
        if (strstr(section, cases[i].limit) == NULL)
            fail_msg("%s: %.200s", cases[i].whom, section);
        strbuf_deinit(&out);
    }
    unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_is_what_applies),
        cmocka_unit_test(what_would_be_passed_over_is_an_error),
        cmocka_unit_test(listening_on_every_address_is_said),
        cmocka_unit_test(daemon_settings_are_as_written),
        cmocka_unit_test(folders_are_made_before_root_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
