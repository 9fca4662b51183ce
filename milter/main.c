/* closedrelay: one program, one table of commands. */
#include "commands/command.h"
#include "commands/completion.h"
#include "commands/man_page.h"

#include <stdio.h>
#include <sysexits.h>

enum { COMMANDS_SUGGESTED_MAX = 64, NAMES_END = 12 };

static int print_help(void)
{
    puts("closedrelay keeps a mail relay closed: a milter for Postfix and Sendmail that\n"
         "decides who may send what through it.\n"
         "\n"
         "Usage: closedrelay COMMAND [OPTION]…\n"
         "\n"
         "Commands:");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("  %-10s", command_table[i]->name);
        options_print_folded(command_table[i]->help, NAMES_END);
    }
    puts("\n"
         "Options:\n"
         "  --help    print this text; closedrelay COMMAND --help tells more\n"
         "  --version print the version\n"
         "  --completion bash|zsh|fish\n"
         "            print the shell's completion script\n"
         "\n"
         "Without a configuration the founding policy holds: logins, trusted networks and\n"
         "mail for one's own domains only, 30 recipients, 30 MB, no executables, no client\n"
         "listed by Spamhaus XBL.");
    return EX_OK;
}

static int complain_about(const char *typed)
{
    const char *names[COMMANDS_SUGGESTED_MAX + 1] = {0};
    for (size_t i = 0; i < COMMANDS_SUGGESTED_MAX && command_table[i] != NULL; i++)
        names[i] = command_table[i]->name;
    const char *meant = options_suggest(typed, names);
    if (meant != NULL)
        complain("usage", "there is no command '%s' (did you mean %s?)", typed, meant);
    else
        complain("usage", "there is no command '%s'; closedrelay --help lists them", typed);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        complain("usage", "a command is missing; closedrelay --help lists them");
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        puts("closedrelay " CLOSEDRELAY_VERSION);
        return EX_OK;
    }
    if (strcmp(argv[1], "--man-commands") == 0)
        return man_page_print_commands();
    if (strcmp(argv[1], "--man-pages") == 0 && argc == 3)
        return man_page_write_all(argv[2]);
    if (strcmp(argv[1], "--completion") == 0 && argc == 3)
        return completion_print(argv[2]);
    const struct command *command = command_find(argv[1]);
    return command == NULL ? complain_about(argv[1]) : command_run(command, argv + 1);
}
