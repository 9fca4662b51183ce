/* What the daemon has given up is the end of a process that does it all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/confinement.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_a_program(void)
{
    char name[] = "true";
    char *const words[] = {name, NULL};
    execv("/bin/true", words);
}

static void follow_a_process(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void mount_something(void)
{
    mount("none", "/nowhere", "tmpfs", 0, NULL);
}

static void write_a_file(void)
{
    FILE *file = tmpfile();
    if (file == NULL || fputs("as any process may", file) < 0 || fclose(file) != 0)
        _exit(2);
}

/* How a confined process that does it ends: a signal, or 0. */
static int end_of(void (*deed)(void))
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct strbuf problem;
        strbuf_init(&problem, 0);
        if (!confinement_enter(&problem))
            _exit(1);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_is_given_up_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(end_of(run_a_program), SIGSYS);
    assert_int_equal(end_of(follow_a_process), SIGSYS);
    assert_int_equal(end_of(mount_something), SIGSYS);
}

static void the_rest_is_as_before(void **state)
{
    (void)state;
    assert_int_equal(end_of(write_a_file), 0);
}

static pthread_barrier_t confined;

static void *run_a_program_once_confined(void *context)
{
    (void)context;
    pthread_barrier_wait(&confined);
    run_a_program();
    return NULL;
}

/* A thread that was there before. */
static void run_a_program_in_a_thread(void)
{
    pthread_t thread;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    pthread_barrier_init(&confined, NULL, 2);
    if (pthread_create(&thread, NULL, run_a_program_once_confined, NULL) != 0 || !confinement_enter(&problem))
        _exit(3);
    pthread_barrier_wait(&confined);
    pthread_join(thread, NULL);
}

static void all_threads_give_it_up(void **state)
{
    (void)state;
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_a_program_in_a_thread();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_up_ends_the_process),
        cmocka_unit_test(the_rest_is_as_before),
        cmocka_unit_test(all_threads_give_it_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
