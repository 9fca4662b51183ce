#include "history/history_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_INTERVAL_MS = 200, COLUMNS_MIN = 40, COLUMNS_MAX = 400 };

void history_source_finish(struct history_terminal *terminal)
{
    if (terminal->has_progress)
        fputs("\r\033[K", stderr);
    terminal->has_progress = false;
}

static void report_note(void *context, const char *text)
{
    history_source_finish(context);
    fprintf(stderr, "closedrelay: %s\n", text);
}

static void report_progress(void *context, uint64_t done, uint64_t total)
{
    struct history_terminal *terminal = context;
    const int64_t now = (int64_t)clock_now_ms();
    if (now < terminal->due_ms || total == 0)
        return;
    terminal->due_ms = now + PROGRESS_INTERVAL_MS;
    terminal->has_progress = true;
    fprintf(stderr, "\rreading the record: %llu of %llu MB, %llu%%\033[K",
            (unsigned long long)(done / 1000000), (unsigned long long)(total / 1000000),
            (unsigned long long)(done * 100 / total));
}

struct policy_history_source history_source(const struct option_list *paths, const char *config,
                                            struct history_terminal *terminal)
{
    /* What is over at once needs no progress line. */
    *terminal = (struct history_terminal){.due_ms = (int64_t)clock_now_ms() + 2 * PROGRESS_INTERVAL_MS};
    return (struct policy_history_source){
        .paths = paths->items,
        .path_count = paths->count,
        .config = options_config(config),
        .note = report_note,
        .progress = isatty(STDERR_FILENO) ? report_progress : NULL,
        .context = terminal,
    };
}

bool history_page_for_terminal(const char *columns, struct policy_history_page *page)
{
    const bool is_terminal = isatty(STDOUT_FILENO);
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    struct winsize size;
    *page = (struct policy_history_page){.form = HISTORY_TEXT, .columns = 80};
    page->has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0') && kind != NULL &&
                       strcmp(kind, "dumb") != 0;
    if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= COLUMNS_MIN)
        page->columns = size.ws_col;
    if (columns == NULL)
        return true;
    char *end;
    const long wanted = strtol(columns, &end, 10);
    if (*end != '\0' || wanted < COLUMNS_MIN || wanted > COLUMNS_MAX) {
        complain("--columns", "'%s' is no width from %d to %d", columns, COLUMNS_MIN, COLUMNS_MAX);
        return false;
    }
    page->columns = (unsigned)wanted;
    return true;
}

int history_write(const char *command, const char *path, const struct strbuf *out)
{
    const bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    FILE *file = is_stdout ? stdout : fopen(path, "w");
    if (file == NULL) {
        complain(path, "%s", strerror(errno));
        return EX_CANTCREAT;
    }
    bool is_written = fwrite(strbuf_text(out), 1, out->length, file) == out->length;
    is_written = (is_stdout ? fflush(file) : fclose(file)) == 0 && is_written;
    if (!is_written)
        complain(is_stdout ? command : path, "cannot be written: %s", strerror(errno));
    return is_written ? EX_OK : EX_IOERR;
}
