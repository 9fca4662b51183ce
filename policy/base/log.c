#include "base/log.h"

#include "base/strbuf.h"

#include <errno.h>
#include <stdio.h>

enum { LINE_BYTES_MAX = 4096 };

static void write_to_stderr(enum log_level level, const char *line, void *context)
{
    static const char *const names[] = {"error: ", "warning: ", ""};
    (void)context;
    fprintf(stderr, "closedrelay: %s%s\n", names[level], line);
}

static log_sink current_sink = write_to_stderr;
static void *current_context;

void log_set_sink(log_sink sink, void *context)
{
    current_sink = sink == NULL ? write_to_stderr : sink;
    current_context = context;
}

static void log_line(enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Frees the line. One over the ceiling holds nothing: what is fixed still says where to look. */
static void give_line(enum log_level level, struct strbuf *line, const char *fixed)
{
    for (size_t i = 0; i < line->length; i++)
        if ((unsigned char)line->data[i] < 0x20 || line->data[i] == 0x7f)
            line->data[i] = '?';
    current_sink(level, line->failed ? fixed : strbuf_text(line), current_context);
    strbuf_deinit(line);
}

static void log_line(enum log_level level, const char *format, va_list arguments)
{
    int saved_errno = errno;
    struct strbuf line;
    strbuf_init(&line, LINE_BYTES_MAX);
    strbuf_vprintf(&line, format, arguments);
    give_line(level, &line, format);
    errno = saved_errno;
}

void log_info_text(const char *text)
{
    int saved_errno = errno;
    struct strbuf line;
    strbuf_init(&line, LINE_BYTES_MAX);
    strbuf_append_text(&line, text);
    give_line(LOG_LEVEL_INFO, &line, "a line that is too long");
    errno = saved_errno;
}

#define LOG_AT(level)                                                                                        \
    va_list arguments;                                                                                       \
    va_start(arguments, format);                                                                             \
    log_line(level, format, arguments);                                                                      \
    va_end(arguments)

void log_error(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_ERROR);
}

void log_warning(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_WARNING);
}

void log_info(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_INFO);
}
