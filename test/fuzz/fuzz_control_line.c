/* The words of the control socket's line: any are split and decoded; what is written is read as it was. */
#include "control/control_line.h"

#include <stdlib.h>

enum { WORDS_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One argument on its way over the socket. */
static void check_way(const char *argument)
{
    static const struct option none[] = {{0}};
    static const struct command command = {.name = "lookup", .arguments = "ADDRESS"};
    const struct command_call call = {&command, NULL, {none, NULL}, {&argument, 1}};
    char *words[WORDS_MAX];
    struct strbuf line;
    strbuf_init(&line, 0);
    control_line_write(&call, false, &line);
    char *copy = strdup(strbuf_text(&line));
    if (copy == NULL || line.failed || strpbrk(copy, "\r\n") != NULL)
        abort();
    const int count = control_line_split(copy, words, WORDS_MAX);
    const bool is_whole =
        argument[0] == '\0' ? count == 2 /* an empty word is none */
                            : count == 3 && control_line_decode(words[2]) && strcmp(words[2], argument) == 0;
    if (!is_whole)
        abort();
    free(copy);
    strbuf_deinit(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words[WORDS_MAX], *line = malloc(size + 1);
    if (line == NULL)
        abort();
    if (size > 0)
        memcpy(line, data, size);
    line[size] = '\0';
    check_way(line);
    const int count = control_line_split(line, words, WORDS_MAX);
    for (int i = 0; i < count; i++)
        control_line_decode(words[i]);
    free(line);
    return 0;
}
