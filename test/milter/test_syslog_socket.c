/* Lines for syslog: their form, a daemon that comes and goes, one that takes a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/syslog_socket.h"

static char folder[] = "/tmp/closedrelay-test.XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int open_syslog(int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int descriptor = socket(AF_UNIX, type, 0);
    assert_true(descriptor >= 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

static void close_syslog(int descriptor)
{
    close(descriptor);
    unlink(path);
}

/* Returns its length, with what ends it. */
static size_t assert_line(int descriptor, const char *level, const char *text)
{
    char line[512] = "", pattern[256];
    regex_t regex;
    const ssize_t length = recv(descriptor, line, sizeof line - 1, MSG_DONTWAIT);
    assert_true(length > 0);
    snprintf(pattern, sizeof pattern,
             "^<%s>(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123][0-9] "
             "[0-9]{2}:[0-9]{2}:[0-9]{2} closedrelay\\[%ld\\]: %s$",
             level, (long)getpid(), text);
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, line, 0, NULL, 0) != 0)
        fail_msg("%s is not %s", line, pattern);
    regfree(&regex);
    return (size_t)length;
}

static void lines_have_syslogs_form(void **state)
{
    (void)state;
    const int syslog = open_syslog(SOCK_DGRAM);
    syslog_socket_use(path, LOG_MAIL);
    syslog_socket_send(LOG_INFO, "", "one %s");
    assert_line(syslog, "22", "one %s");
    syslog_socket_use(path, LOG_DAEMON);
    syslog_socket_send(LOG_ERR, "error: ", "two");
    assert_line(syslog, "27", "error: two");
    close_syslog(syslog);
}

static void a_daemon_that_is_restarted_is_found(void **state)
{
    (void)state;
    int syslog = open_syslog(SOCK_DGRAM);
    syslog_socket_use(path, LOG_MAIL);
    syslog_socket_send(LOG_INFO, "", "one");
    close_syslog(syslog);
    syslog = open_syslog(SOCK_DGRAM);
    syslog_socket_send(LOG_INFO, "", "two");
    assert_line(syslog, "22", "two");
    close_syslog(syslog);
}

/* Perhaps not with the first line, for nobody looks for it with each. */
static void one_that_comes_later_is_found(void **state)
{
    (void)state;
    char byte;
    syslog_socket_use(path, LOG_MAIL);
    syslog_socket_send(LOG_INFO, "", "to nobody");
    const int syslog = open_syslog(SOCK_DGRAM);
    for (unsigned tries = 0; recv(syslog, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0; tries++) {
        assert_true(tries < 100);
        usleep(100 * 1000);
        syslog_socket_send(LOG_INFO, "", "to somebody");
    }
    assert_line(syslog, "22", "to somebody");
    close_syslog(syslog);
}

static void a_stream_has_a_nul_behind_each_line(void **state)
{
    (void)state;
    const int syslog = open_syslog(SOCK_STREAM);
    assert_int_equal(listen(syslog, 1), 0);
    syslog_socket_use(path, LOG_MAIL);
    syslog_socket_send(LOG_WARNING, "warning: ", "low");
    const int connection = accept(syslog, NULL, NULL);
    assert_true(connection >= 0);
    char line[512] = "";
    assert_true(recv(connection, line, sizeof line - 1, MSG_PEEK) > 0);
    assert_int_equal(assert_line(connection, "20", "warning: low"), strlen(line) + 1);
    close(connection);
    close_syslog(syslog);
    syslog_socket_use(path, LOG_MAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_syslogs_form),
        cmocka_unit_test(a_daemon_that_is_restarted_is_found),
        cmocka_unit_test(one_that_comes_later_is_found),
        cmocka_unit_test(a_stream_has_a_nul_behind_each_line),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
