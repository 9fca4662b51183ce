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

void problems_log(const struct strbuf *problems)
{
    struct slice rest = strbuf_slice(problems);
    while (rest.length > 0) {
        size_t end = slice_find(rest, '\n');
        struct slice line = slice_part(rest, 0, end);
        bool is_warning = memmem(line.data, line.length, ": warning: ", 11) != NULL;
        if (line.length > 0 && is_warning)
            log_warning("%.*s", (int)line.length, line.data);
        else if (line.length > 0)
            log_error("%.*s", (int)line.length, line.data);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
}
