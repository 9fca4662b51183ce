/*
 * The scan with too little memory: each allocation in turn fails, and the answer is "failed" or the whole
 * truth, never a list that lacks something.
 *
 * Linked with --wrap for the allocators that the policy library calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive_events.h"
#include "scan_message.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

enum { NO_FAILURE = -1 };

static long allocations_left = NO_FAILURE; /* until one fails, once */
static bool has_failed;

static bool fails_now(void)
{
    if (allocations_left == NO_FAILURE || has_failed)
        return false;
    has_failed = allocations_left-- == 0;
    if (has_failed)
        errno = ENOMEM;
    return has_failed;
}

void *__real__talloc_zero(const void *owner, size_t size, const char *name);
void *__real__talloc_memdup(const void *owner, const void *data, size_t size, const char *name);
void *__real__talloc_realloc_array(void *owner, void *data, size_t size, unsigned count, const char *name);
void *__real__talloc_realloc(const void *owner, void *data, size_t size, const char *name);
void *__real_talloc_named_const(const void *owner, size_t size, const char *name);
char *__real_talloc_strdup(const void *owner, const char *text);
void *__real_realloc(void *data, size_t size);
iconv_t __real_iconv_open(const char *to, const char *from);

void *__wrap__talloc_zero(const void *owner, size_t size, const char *name);
void *__wrap__talloc_memdup(const void *owner, const void *data, size_t size, const char *name);
void *__wrap__talloc_realloc_array(void *owner, void *data, size_t size, unsigned count, const char *name);
void *__wrap__talloc_realloc(const void *owner, void *data, size_t size, const char *name);
void *__wrap_talloc_named_const(const void *owner, size_t size, const char *name);
char *__wrap_talloc_strdup(const void *owner, const char *text);
char *__wrap_talloc_asprintf(const void *owner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void *__wrap_realloc(void *data, size_t size);
iconv_t __wrap_iconv_open(const char *to, const char *from);

void *__wrap__talloc_zero(const void *owner, size_t size, const char *name)
{
    return fails_now() ? NULL : __real__talloc_zero(owner, size, name);
}

void *__wrap__talloc_memdup(const void *owner, const void *data, size_t size, const char *name)
{
    return fails_now() ? NULL : __real__talloc_memdup(owner, data, size, name);
}

void *__wrap__talloc_realloc_array(void *owner, void *data, size_t size, unsigned count, const char *name)
{
    return fails_now() ? NULL : __real__talloc_realloc_array(owner, data, size, count, name);
}

void *__wrap__talloc_realloc(const void *owner, void *data, size_t size, const char *name)
{
    return fails_now() ? NULL : __real__talloc_realloc(owner, data, size, name);
}

void *__wrap_talloc_named_const(const void *owner, size_t size, const char *name)
{
    return fails_now() ? NULL : __real_talloc_named_const(owner, size, name);
}

char *__wrap_talloc_strdup(const void *owner, const char *text)
{
    return fails_now() ? NULL : __real_talloc_strdup(owner, text);
}

char *__wrap_talloc_asprintf(const void *owner, const char *format, ...)
{
    va_list arguments;
    if (fails_now())
        return NULL;
    va_start(arguments, format);
    char *text = talloc_vasprintf(owner, format, arguments);
    va_end(arguments);
    return text;
}

void *__wrap_realloc(void *data, size_t size)
{
    return fails_now() ? NULL : __real_realloc(data, size);
}

iconv_t __wrap_iconv_open(const char *to, const char *from)
{
    return fails_now() ? (iconv_t)-1 : __real_iconv_open(to, from);
}

static struct slice read_case(void *owner, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "../fuzz/corpus/mime/%s.eml", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = talloc_size(owner, 1 << 20);
    size_t length = fread(data, 1, 1 << 20, file);
    fclose(file);
    return slice_make(data, length);
}

static const char over_budget[] = " !3:";
static const char uninspectable[] = " !1:";

/* Scans with the allocation number `failing` failing. */
static char *scan_short_of_memory(void *owner, struct slice raw, long failing)
{
    has_failed = false;
    allocations_left = failing;
    const struct attachment_list *list =
        scan_message(owner, raw, NULL, (struct scan_cuts){.piece_bytes = 64});
    allocations_left = NO_FAILURE;
    return scan_describe(owner, list);
}

/* `other`: what may be told in place of a failure. */
static void each_allocation_fails_once(const char *name, struct slice raw, const char *other)
{
    void *owner = talloc_new(NULL);
    char *expected = scan_short_of_memory(owner, raw, NO_FAILURE);
    unsigned failed_count = 0;
    assert_true(other == over_budget || strstr(expected, other) == NULL);
    has_failed = true;
    for (long failing = 0; has_failed; failing++) {
        void *inner = talloc_new(owner);
        char *facts = scan_short_of_memory(inner, raw, failing);
        if (strcmp(facts, "failed\n") == 0)
            failed_count++;
        else if (strcmp(facts, expected) != 0 && strstr(facts, over_budget) == NULL &&
                 strstr(facts, other) == NULL)
            fail_msg("%s, allocation %ld:\n%sinstead of\n%s", name, failing, facts, expected);
        talloc_free(inner);
    }
    assert_true(failed_count > 20);
    talloc_free(owner);
}

static void assert_case(const char *name)
{
    void *owner = talloc_new(NULL);
    each_allocation_fails_once(name, read_case(owner, name), over_budget);
    talloc_free(owner);
}

static void failure_is_never_clean(void **state)
{
    (void)state;
    static const char *const names[] = {
        "blocked-smime-pieces",
        "blocked-smime-compressed",
        "blocked-calendar-zip",
        "blocked-multipart-qp",
        "blocked-name-rfc2231-mixed",
        "blocked-name-rfc2047-jp",
        "blocked-zip-eml",
        "blocked-message-base64",
        "blocked-uuencode",
        "ambiguous-boundary-twice",
        "blocked-deep",
        "disguised-in-zip",
        "blocked-preamble",
        "blocked-digest",
        "honest-dual",
        "blocked-zip-glued-0-76",
        "disguised-flat-opc",
        "disguised-pdf-flate",
        "blocked-pdf-objects",
        "blocked-pgp-armored",
        "blocked-mbox-second",
        "blocked-zip-xceed",
        "encrypted-odt",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_case(names[i]);
}

/* Where there is no room to unpack in, a file in a RAR may be anything. */
static void what_no_memory_unpacks_is_uninspectable(void **state)
{
    (void)state;
    static const char *const fixtures[] = {"lz.rar5.rar", "solid.rar5.rar", "lz.rar4.rar", "solid.rar4.rar"};
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        static const char head[] = "Content-Type: application/octet-stream; name=a.rar\r\n\r\n";
        struct slice file = archive_events_fixture(fixtures[i]);
        struct strbuf raw;
        strbuf_init(&raw, 0);
        strbuf_append_text(&raw, head);
        strbuf_append_slice(&raw, file);
        each_allocation_fails_once(fixtures[i], strbuf_slice(&raw), uninspectable);
        strbuf_deinit(&raw);
        test_free((void *)(uintptr_t)file.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_is_never_clean),
        cmocka_unit_test(what_no_memory_unpacks_is_uninspectable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
