#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORD_BYTES_MAX = 32, /* longer words are no typing mistakes of ours */
    HELP_COLUMN = 26,
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

const char *options_default_config(void)
{
    static const char path[] = "/etc/closedrelay/closedrelay.yaml";
    return access(path, F_OK) == 0 ? path : NULL;
}

/* ---- suggestions ------------------------------------------------------------------------------------ */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's: the fewest insertions, deletions and changes from one to the other. */
static unsigned edit_distance(const char *from, const char *to)
{
    size_t length = strlen(to);
    unsigned row[WORD_BYTES_MAX + 1];
    if (length > WORD_BYTES_MAX || strlen(from) > WORD_BYTES_MAX)
        return WORD_BYTES_MAX;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; from[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (from[i - 1] != to[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *options_suggest(const char *typed, const char *const *words)
{
    const char *best = NULL;
    unsigned best_distance = 3;
    for (; *words != NULL; words++) {
        unsigned distance = edit_distance(typed, *words);
        if (distance < best_distance && distance < strlen(*words)) {
            best = *words;
            best_distance = distance;
        }
    }
    return best;
}

static const char *suggest_option(const struct option *options, const char *typed)
{
    const char *words[32];
    size_t count = 0;
    for (; options->name != NULL && count < 30; options++)
        words[count++] = options->name;
    words[count++] = "help";
    words[count] = NULL;
    return options_suggest(typed, words);
}

/* ---- help ------------------------------------------------------------------------------------------- */

static void print_option(const struct option *option)
{
    char left[80];
    char letter[8] = "    ";
    if (option->letter != '\0')
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->value_name == NULL ? "" : " ",
             option->value_name == NULL ? "" : option->value_name);
    if (strlen(left) >= HELP_COLUMN)
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", option->help);
    else
        printf("%-*s%s\n", HELP_COLUMN, left, option->help);
}

static void print_help(const struct command_usage *usage)
{
    printf("Usage: closedrelay %s [OPTION]…%s%s\n\n%s\n\nOptions:\n", usage->name,
           usage->arguments[0] == '\0' ? "" : " ", usage->arguments, usage->summary);
    for (const struct option *option = usage->options; option->name != NULL; option++)
        print_option(option);
    const struct option help = {.name = "help", .help = "print this text"};
    print_option(&help);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reader {
    const struct command_usage *usage;
    char **next; /* the next word of argv */
};

static const struct option *find_long(const struct option *options, const char *name, size_t length)
{
    for (; options->name != NULL; options++)
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (; options->name != NULL; options++)
        if (options->letter != '\0' && options->letter == letter)
            return options;
    return NULL;
}

static bool append(struct option_list *list, const char *item)
{
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL) {
        complain("options", "out of memory");
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

static bool store(const struct option *option, const char *value)
{
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->target = true;
        return true;
    case OPTION_TEXT:
        *(const char **)option->target = value;
        return true;
    case OPTION_LIST:
        return append(option->target, value);
    }
    return false;
}

/* `value` is what was written in the same word, or NULL. */
static bool take(struct reader *reader, const struct option *option, const char *value)
{
    if (option->kind == OPTION_FLAG && value != NULL) {
        complain(reader->usage->name, "--%s takes no value", option->name);
        return false;
    }
    if (option->kind != OPTION_FLAG && value == NULL) {
        value = *reader->next;
        if (value == NULL) {
            complain(reader->usage->name, "--%s needs a value: %s", option->name, option->value_name);
            return false;
        }
        reader->next++;
    }
    return store(option, value);
}

static bool take_long(struct reader *reader, const char *word)
{
    size_t length = strcspn(word, "=");
    const struct option *option = find_long(reader->usage->options, word, length);
    if (option != NULL)
        return take(reader, option, word[length] == '=' ? word + length + 1 : NULL);
    const char *meant = suggest_option(reader->usage->options, word);
    complain(reader->usage->name, "there is no option --%s%s%s%s", word,
             meant == NULL ? "" : " (did you mean --", meant == NULL ? "" : meant, meant == NULL ? "" : "?)");
    return false;
}

static bool take_letter(struct reader *reader, const char *word)
{
    const struct option *option = find_letter(reader->usage->options, word[1]);
    if (option == NULL) {
        complain(reader->usage->name, "there is no option -%c; closedrelay %s --help lists them", word[1],
                 reader->usage->name);
        return false;
    }
    return take(reader, option, word[2] == '\0' ? NULL : word + 2);
}

static bool take_argument(const struct reader *reader, const char *word, struct option_list *arguments)
{
    if (arguments != NULL)
        return append(arguments, word);
    bool has_file = find_letter(reader->usage->options, 'c') != NULL;
    complain(reader->usage->name, "it takes no argument: '%s'%s; closedrelay %s --help tells more", word,
             has_file ? " (a configuration is named by -c FILE)" : "", reader->usage->name);
    return false;
}

static bool take_word(struct reader *reader, const char *word, struct option_list *arguments)
{
    if (word[0] != '-' || word[1] == '\0')
        return take_argument(reader, word, arguments);
    return word[1] == '-' ? take_long(reader, word + 2) : take_letter(reader, word);
}

enum options_result options_read(const struct command_usage *usage, int argc, char **argv,
                                 struct option_list *arguments)
{
    struct reader reader = {.usage = usage, .next = argc > 0 ? argv + 1 : argv};
    while (*reader.next != NULL) {
        const char *word = *reader.next++;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(usage);
            return OPTIONS_HELP;
        }
        if (strcmp(word, "--") == 0)
            break;
        if (!take_word(&reader, word, arguments))
            return OPTIONS_WRONG;
    }
    while (*reader.next != NULL)
        if (!take_argument(&reader, *reader.next++, arguments))
            return OPTIONS_WRONG;
    return OPTIONS_READ;
}
