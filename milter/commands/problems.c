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
    static const struct {
        const char *word;
        void (*log)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    } kinds[] = {{": warning: ", log_warning}, {": notice: ", log_info}, {": error: ", log_error}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t word_bytes = strlen(kinds[i].word);
        const char *at = memmem(line.data, line.length, kinds[i].word, word_bytes);
        if (at == NULL)
            continue;
        const size_t place_bytes = (size_t)(at - line.data);
        const struct slice what = slice_part(line, place_bytes + word_bytes, line.length);
        kinds[i].log("%.*s: %.*s", (int)place_bytes, line.data, (int)what.length, what.data);
        return;
    }
    log_error("%.*s", (int)line.length, line.data);
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
