#include "problems.h"

#include <stdio.h>

void problems_print(const struct strbuf *problems)
{
    if (problems->failed)
        fputs("closedrelay: configuration: out of memory\n", stderr);
    if (problems->length == 0)
        return;
    fwrite(problems->data, 1, problems->length, stderr);
    if (problems->data[problems->length - 1] != '\n')
        fputc('\n', stderr);
}

struct policy_snapshot *problems_load_policy(const char *config_path)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(config_path, &problems);
    problems_print(&problems);
    strbuf_deinit(&problems);
    return snapshot;
}

/* "PLACE: error: WHAT" as "PLACE: WHAT": the log says itself how grave a line is. */
static void log_line(struct slice line)
{
    static const char warning[] = ": warning: ", error[] = ": error: ";
    const char *at = memmem(line.data, line.length, warning, sizeof warning - 1);
    const bool is_warning = at != NULL;
    const size_t word_bytes = is_warning ? sizeof warning - 1 : sizeof error - 1;
    if (!is_warning)
        at = memmem(line.data, line.length, error, sizeof error - 1);
    const size_t place_bytes = at == NULL ? 0 : (size_t)(at - line.data);
    const struct slice what = slice_part(line, at == NULL ? 0 : place_bytes + word_bytes, line.length);
    (is_warning ? log_warning : log_error)("%.*s%s%.*s", (int)place_bytes, line.data, at == NULL ? "" : ": ",
                                           (int)what.length, what.data);
}

void problems_log(const struct strbuf *problems)
{
    struct slice rest = strbuf_slice(problems);
    while (rest.length > 0) {
        size_t end = slice_find(rest, '\n');
        if (end > 0)
            log_line(slice_part(rest, 0, end));
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
}
