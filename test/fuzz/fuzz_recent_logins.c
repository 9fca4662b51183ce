/* The file of recent logins, however broken: what was read is written, and reads back as the same number of
 * grants. */
#include "base/log.h"
#include "live/recent_logins.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void say_nothing(enum log_level level, const char *line, void *context)
{
    (void)level;
    (void)line;
    (void)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t fixed_wall_us(void *context)
{
    (void)context;
    return INT64_C(1800000000) * 1000000;
}

static void count_only(void *context, const struct recent_login *login)
{
    (void)login;
    ++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/tmp/fuzz_recent_logins.XXXXXX";
    const struct clock clock = {clock_system_monotonic_us, fixed_wall_us, NULL};
    struct recent_logins *logins = recent_logins_create(&clock), *again = recent_logins_create(&clock);
    struct strbuf problem;
    size_t count = 0, count_again = 0;
    log_set_sink(say_nothing, NULL);
    int descriptor = path[sizeof path - 2] == 'X' ? mkstemp(path) : -1;
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : fopen(path, "w");
    assert(file != NULL && logins != NULL && again != NULL && fwrite(data, 1, size, file) == size &&
           fclose(file) == 0);
    strbuf_init(&problem, 0);
    assert(recent_logins_load(logins, path, &problem) && recent_logins_save(logins, path, &problem) &&
           recent_logins_load(again, path, &problem));
    recent_logins_each(logins, count_only, &count);
    recent_logins_each(again, count_only, &count_again);
    assert(count == count_again);
    unlink(path);
    recent_logins_destroy(logins);
    recent_logins_destroy(again);
    strbuf_deinit(&problem);
    return 0;
}
