/* closedrelay: one program, one table of subcommands. */
#include "commands/commands.h"
#include "commands/options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"serve", command_serve, "run the filter in the foreground"},
    {"check", command_check, "check the configuration, or print what is in force"},
    {"try", command_try, "tell what would happen to a message, check by check"},
    {"selftest", command_selftest, "try the corpus of attachment evasions against the policy, or a milter"},
    {"status", command_status, "how the running daemon does"},
    {"reload", command_reload, "make the running daemon read its configuration anew"},
    {"lookup", command_lookup, "what the block lists say of an address"},
    {"allow", command_allow, "let a client relay for a while, because its user has just logged in"},
    {"relaytest", command_relaytest, "try the classic open-relay forms against your own server"},
    {"doctor", command_doctor, "find what in Postfix's or Sendmail's settings does not fit the policy"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int print_help(void)
{
    puts(
        "closedrelay keeps a mail relay closed: a milter for Postfix and Sendmail that decides who may send\n"
        "what through it.\n"
        "\n"
        "Usage: closedrelay COMMAND [OPTION]…\n"
        "\n"
        "Commands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s%s\n", commands[i].name, commands[i].help);
    puts(
        "\n"
        "Options:\n"
        "  --help    print this text; closedrelay COMMAND --help tells more\n"
        "  --version print the version\n"
        "\n"
        "Without a configuration the founding policy holds: logins, trusted networks and mail for one's own\n"
        "domains only, 30 recipients, 30 MB, no executables, no client listed by Spamhaus XBL.");
    return EX_OK;
}

static int complain_about(const char *typed)
{
    const char *names[COMMAND_COUNT + 1] = {0};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
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
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return complain_about(argv[1]);
}
