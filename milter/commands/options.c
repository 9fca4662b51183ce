#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORD_BYTES_MAX = 32, /* a longer word is no misspelt option */
    OPTIONS_MAX = 32,    /* among which a suggestion is looked for */
    HELP_COLUMN = 26,
    SCREEN_COLUMNS = 80,
};

void complain(const char *what, const char *format, ...)
{
    fprintf(stderr, "closedrelay: %s: ", what);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized): it is set */
    fputc('\n', stderr);
    va_end(arguments);
}

const char *options_config(const char *named)
{
    static const char path[] = "/etc/closedrelay/closedrelay.yaml";
    return named != NULL ? named : access(path, F_OK) == 0 ? path : NULL;
}

/* ---- suggestions ------------------------------------------------------------------------------------ */

const char *options_suggest(const char *typed, const char *const *words)
{
    return nearest_word(slice_of(typed), words);
}

static const char *suggest_option(const struct option_values *into, const char *typed)
{
    const char *words[OPTIONS_MAX + 2];
    size_t count = 0;
    for (; into->options != NULL; into++)
        for (const struct option *option = into->options; option->name != NULL && count < OPTIONS_MAX;
             option++)
            words[count++] = option->name;
    words[count++] = "help";
    words[count] = NULL;
    return options_suggest(typed, words);
}

/* ---- help ------------------------------------------------------------------------------------------- */

/* The columns that `length` bytes of UTF-8 take: all but continuations count. */
static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

/* A line's end is a blank, but an empty line stays, and so does the end before an indented line. */
static bool is_meant(const char *blanks, size_t length)
{
    const char *end = memchr(blanks, '\n', length);
    return end != NULL && (size_t)(end - blanks) + 1 < length;
}

void options_print_folded(const char *text, size_t indent)
{
    size_t column = indent;
    while (*text != '\0') {
        const size_t blanks = strspn(text, " \n");
        const size_t word = strcspn(text + blanks, " \n");
        const size_t columns = columns_of(text + blanks, word);
        if (is_meant(text, blanks)) {
            const char *last = memrchr(text, '\n', blanks);
            printf("%.*s", (int)blanks, text);
            column = (size_t)(text + blanks - last) - 1;
        } else if (column > indent && column + 1 + columns > SCREEN_COLUMNS) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (blanks > 0) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text + blanks);
        column += columns;
        text += blanks + word;
    }
    putchar('\n');
}

static void print_option(const struct option *option)
{
    char left[80];
    char letter[8] = "    ";
    if (option->letter != '\0')
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->value_name == NULL ? "" : " ",
             option->value_name == NULL ? "" : option->value_name);
    if (strlen(left) >= HELP_COLUMN)
        printf("%s\n%*s", left, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, left);
    options_print_folded(option->help, HELP_COLUMN);
}

void options_print_help(const struct option *options)
{
    for (; options->name != NULL; options++)
        print_option(options);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reader {
    const struct option_values *into;
    char **next; /* the next word of argv */
    struct option_list *arguments;
    struct strbuf *problem;
};

/* An option, and where its value goes. */
struct found {
    const struct option *option; /* NULL: there is none */
    void *target;
};

static void *target_of(const struct option_values *of, const struct option *option)
{
    return (char *)of->values + option->offset;
}

static struct found find_long(const struct option_values *into, struct slice name)
{
    for (; into->options != NULL; into++)
        for (const struct option *option = into->options; option->name != NULL; option++)
            if (slice_equal(slice_of(option->name), name))
                return (struct found){option, target_of(into, option)};
    return (struct found){NULL, NULL};
}

static struct found find_letter(const struct option_values *into, char letter)
{
    for (; into->options != NULL; into++)
        for (const struct option *option = into->options; option->name != NULL; option++)
            if (option->letter != '\0' && option->letter == letter)
                return (struct found){option, target_of(into, option)};
    return (struct found){NULL, NULL};
}

static bool append(struct reader *reader, struct option_list *list, const char *item)
{
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL) {
        strbuf_append_text(reader->problem, "out of memory");
        return false;
    }
    list->items = items;
    items[list->count++] = item;
    return true;
}

void options_free_list(struct option_list *list)
{
    free(list->items);
    *list = (struct option_list){0};
}

void options_free(const struct option_values *of)
{
    for (const struct option *option = of->options; option->name != NULL; option++)
        if (option->kind == OPTION_LIST)
            options_free_list(target_of(of, option));
}

static bool store(struct reader *reader, const struct found *found, const char *value)
{
    switch (found->option->kind) {
    case OPTION_FLAG:
        *(bool *)found->target = true;
        return true;
    case OPTION_TEXT:
        *(const char **)found->target = value;
        return true;
    case OPTION_LIST:
        return append(reader, found->target, value);
    }
    return false;
}

/* `value` is what was written in the same word, or NULL. */
static bool take(struct reader *reader, const struct found *found, const char *value)
{
    const struct option *option = found->option;
    if (option->kind == OPTION_FLAG && value != NULL) {
        strbuf_printf(reader->problem, "--%s takes no value", option->name);
        return false;
    }
    if (option->kind != OPTION_FLAG && value == NULL) {
        value = *reader->next;
        if (value == NULL) {
            strbuf_printf(reader->problem, "--%s needs a value: %s", option->name, option->value_name);
            return false;
        }
        reader->next++;
    }
    return store(reader, found, value);
}

static void say_unknown(const struct reader *reader, const char *word, size_t length)
{
    char *name = strndup(word, length);
    const char *meant = name == NULL ? NULL : suggest_option(reader->into, name);
    strbuf_printf(reader->problem, "there is no option --%.*s", (int)length, word);
    if (meant != NULL)
        strbuf_printf(reader->problem, " (did you mean --%s?)", meant);
    free(name);
}

static bool take_long(struct reader *reader, const char *word)
{
    const size_t length = strcspn(word, "=");
    const struct found found = find_long(reader->into, slice_make(word, length));
    if (found.option != NULL)
        return take(reader, &found, word[length] == '=' ? word + length + 1 : NULL);
    say_unknown(reader, word, length);
    return false;
}

static bool take_letter(struct reader *reader, const char *word)
{
    const struct found found = find_letter(reader->into, word[1]);
    if (found.option != NULL)
        return take(reader, &found, word[2] == '\0' ? NULL : word + 2);
    strbuf_printf(reader->problem, "there is no option -%c; --help lists them", word[1]);
    return false;
}

static bool take_word(struct reader *reader, const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return append(reader, reader->arguments, word);
    return word[1] == '-' ? take_long(reader, word + 2) : take_letter(reader, word);
}

enum options_result options_read(const struct option_values *into, char **argv, struct option_list *arguments,
                                 struct strbuf *problem)
{
    struct reader reader = {into, argv[0] == NULL ? argv : argv + 1, arguments, problem};
    while (*reader.next != NULL) {
        const char *word = *reader.next++;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            return OPTIONS_HELP;
        if (strcmp(word, "--") == 0)
            break;
        if (!take_word(&reader, word))
            return OPTIONS_WRONG;
    }
    while (*reader.next != NULL)
        if (!append(&reader, arguments, *reader.next++))
            return OPTIONS_WRONG;
    return OPTIONS_READ;
}
