/* Loading with too little memory: an error like any other, never a crash and never a configuration that is
 * not the one that was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <talloc.h>

#include "config/print.h"
#include "config_test_schema.h"

static const char rich[] =
    "include: /dev/shm/no-such-file-*.yaml\n"
    "listen: unix:/run/x.sock\n"
    "banner: \"a: b\"\n"
    "password: hunter2\n"
    "relay:\n"
    "  domains: [bücher.example, example.com]\n"
    "  networks: [192.0.2.0/24, \"2001:db8::/32\", 198.51.100.0/24]\n"
    "  lines: [one, two, three, four, five, six, seven, eight, nine, ten]\n"
    "  words: { add: [a, b, c, d, e, f, g, h, i, j, k, l] }\n"
    "  servers: [\"[2001:db8::1]:53\", 192.0.2.1:53]\n"
    "recipients:\n"
    "  limit: 200\n"
    "  roles: { trusted: { limit: 300, slow: { tell: false } } }\n"
    "dnsbl:\n"
    "  lists:\n"
    "  - { zone: a.example }\n"
    "  - { zone: b.example, codes: [], roles: { add: local, remove: outside } }\n"
    "overrides:\n"
    "- { when: { user: ann@example.com, network: [192.0.2.0/24] }, recipients: { limit: 500 } }\n"
    "- { when: { domain: example.com }, recipients: { excess: drop }, size: { limit: 2MB } }\n"
    "- { when: { role: trusted }, dnsbl: { lists: { add: [{ zone: c.example }], remove: [a.example] } } }\n"
    "- { when: { user: bob@example.com }, dnsbl: { lists: { remove: b.example } } }\n";

static const char wrong[] =
    "recipients: { limt: 3, limit: 0, roles: { trustd: {} } }\nsize: { limit: 3 parsecs }\n"
    "x: &a 1\noverrides: [ { when: { usr: x } } ]\nmode: enforced\n";

/* Loads, and prints what was loaded to `printed` (empty: nothing was). Whether memory sufficed for all of it.
 */
static bool load_and_print(void *owner, const char *text, struct strbuf *printed)
{
    strbuf_init(printed, 0);
    struct config_problems *problems = config_problems_create(owner);
    if (problems == NULL)
        return false;
    const struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_of(text), problems);
    assert_int_equal(document == NULL, config_problems_error_count(problems) != 0);
    if (document != NULL)
        config_document_print(document, printed);
    else
        config_problems_render(problems, printed);
    return !printed->failed && strstr(strbuf_text(printed), "out of memory") == NULL;
}

static void expect_whole(const char *text, struct strbuf *whole)
{
    void *owner = talloc_new(NULL);
    assert_true(load_and_print(owner, text, whole));
    talloc_free(owner);
}

/* ---- talloc's memory -------------------------------------------------------------------------------- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* it does its work, and nothing replaces it */
static void limit_memory(void *owner, size_t bytes)
{
    assert_int_equal(talloc_set_memlimit(owner, bytes), 0);
}
#pragma GCC diagnostic pop

static void survives_any_limit(const char *text)
{
    struct strbuf whole, printed;
    bool sufficed = false;
    expect_whole(text, &whole);
    for (size_t limit = 200; !sufficed; limit += 400) {
        void *owner = talloc_new(NULL);
        limit_memory(owner, limit);
        sufficed = load_and_print(owner, text, &printed);
        if (sufficed)
            assert_string_equal(strbuf_text(&printed), strbuf_text(&whole));
        strbuf_deinit(&printed);
        talloc_free(owner);
    }
    strbuf_deinit(&whole);
}

static void a_limit_on_memory_is_told(void **state)
{
    (void)state;
    survives_any_limit(rich);
    survives_any_limit(wrong);
}

/* ---- any allocation ---------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
/* The allocation with this number fails, and only it; 0: none. In place of the C library's own names, so that
 * talloc, libyaml, libidn2 and uthash meet it too. A sanitizer has its own. */
static unsigned long failing, made;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool must_fail(void)
{
    if (failing == 0 || ++made != failing)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(old, size);
}

/* An allocation that nothing depends on may fail unseen, as long as the result is the whole one. */
static void survives_every_failure(const char *text)
{
    struct strbuf whole, printed;
    expect_whole(text, &whole);
    bool reached = true;
    for (unsigned long number = 1; reached; number++) {
        void *owner = talloc_new(NULL);
        made = 0;
        failing = number;
        const bool sufficed = load_and_print(owner, text, &printed);
        failing = 0;
        reached = made >= number;
        if (sufficed && strcmp(strbuf_text(&printed), strbuf_text(&whole)) != 0)
            fail_msg("with allocation %lu failing:\n%s", number, strbuf_text(&printed));
        strbuf_deinit(&printed);
        talloc_free(owner);
    }
    strbuf_deinit(&whole);
}

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    survives_every_failure(rich);
    survives_every_failure(wrong);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_on_memory_is_told),
#ifndef SANITIZED
        cmocka_unit_test(every_failing_allocation_is_told),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
