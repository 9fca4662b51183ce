#include "man_page.h"

#include "command.h"
#include "control/control_command.h"

#include <stdio.h>
#include <sysexits.h>

/* As text in roff: no escape, and no request where a line begins. */
static void print_text(const char *text)
{
    bool begins_line = true;
    for (; *text != '\0'; text++) {
        if (begins_line && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (begins_line && *text == '\n')
            fputs(".PP", stdout);
        begins_line = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
}

static void print_option(const struct option *option)
{
    fputs(".TP\n\\fB", stdout);
    if (option->letter != '\0')
        printf("\\-%c\\fR, \\fB", option->letter);
    fputs("\\-\\-", stdout);
    for (const char *c = option->name; *c != '\0'; c++)
        printf(*c == '-' ? "\\-" : "%c", *c);
    fputs("\\fR", stdout);
    if (option->value_name != NULL)
        printf(" \\fI%s\\fR", option->value_name);
    putchar('\n');
    print_text(option->help);
}

static void print_options(const struct option *options)
{
    for (; options != NULL && options->name != NULL; options++)
        print_option(options);
}

static void print_command(const struct command *command)
{
    printf(".SS \"closedrelay %s", command->name);
    if (command->options != NULL)
        fputs(" [OPTION]...", stdout);
    printf("%s%s\"\n", command->arguments[0] == '\0' ? "" : " ", command->arguments);
    print_text(command->summary);
    print_options(command->options);
    if (command->serve != NULL && command->has_json)
        print_option(control_command_options(command));
}

int man_page_print_commands(void)
{
    puts(".SH COMMANDS");
    puts(
        "Those that ask the running daemon also take\n"
        "\\fB\\-c\\fR, \\fB\\-\\-config\\fR \\fIFILE\\fR, the configuration that names its control socket, or\n"
        "\\fB\\-\\-socket\\fR \\fIPATH\\fR, the socket itself. Every command tells about itself with \\fB\\-\\-help\\fR.");
    for (size_t i = 0; command_table[i] != NULL; i++)
        print_command(command_table[i]);
    return ferror(stdout) || fflush(stdout) != 0 ? EX_IOERR : EX_OK;
}
