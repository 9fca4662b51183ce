#include "completion.h"

#include "command.h"
#include "control/control_command.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* ---- what all shells need ----------------------------------------------------------------------------- */

/* Between single quotes, in which no shell expands anything. `also`: a character that the caller's words may
 * not have bare, or '\0'. */
static void print_quoted(const char *text, char also)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == also || (also != '\0' && (*text == '[' || *text == ']')))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

typedef void print_option_fn(const struct command *command, const struct option *option);

static void walk(const struct command *command, const struct option *options, print_option_fn *print)
{
    for (; options != NULL && options->name != NULL; options++)
        print(command, options);
}

/* Each option of a command, those for the way to the daemon as well. */
static void walk_options(const struct command *command, print_option_fn *print)
{
    walk(command, command->options, print);
    if (command->serve != NULL)
        walk(command, control_command_options(command), print);
}

static bool takes_path(const struct option *option)
{
    return option->value_name != NULL &&
           (strcmp(option->value_name, "FILE") == 0 || strcmp(option->value_name, "DIR") == 0 ||
            strcmp(option->value_name, "PATH") == 0);
}

/* ---- bash --------------------------------------------------------------------------------------------- */

static void print_bash_option(const struct command *command, const struct option *option)
{
    (void)command;
    printf(" --%s", option->name);
}

static void print_bash_path_option(const struct command *command, const struct option *option)
{
    (void)command;
    if (takes_path(option))
        printf("|--%s", option->name);
}

static void print_bash(void)
{
    puts("# bash completion for closedrelay\n"
         "_closedrelay()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n"
         "    COMPREPLY=()\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    fputs("        mapfile -t COMPREPLY < <(compgen -W '--help --version", stdout);
    for (size_t i = 0; command_table[i] != NULL; i++)
        printf(" %s", command_table[i]->name);
    puts("' -- \"$word\")\n"
         "        return\n"
         "    fi\n"
         "    case ${COMP_WORDS[1]} in");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("    %s)\n        options='--help", command_table[i]->name);
        walk_options(command_table[i], print_bash_option);
        puts("'");
        fputs("        case $before in --config", stdout);
        walk_options(command_table[i], print_bash_path_option);
        puts("|-c) options= ;; esac\n"
             "        ;;");
    }
    puts("    esac\n"
         "    if [[ $word == -* && -n $options ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
         "    else\n"
         "        compopt -o filenames 2>/dev/null\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "    fi\n"
         "}\n"
         "complete -F _closedrelay closedrelay");
}

/* ---- zsh ---------------------------------------------------------------------------------------------- */

static void print_zsh_option(const struct command *command, const struct option *option)
{
    (void)command;
    printf(" \\\n            '%s--%s[", option->kind == OPTION_LIST ? "*" : "", option->name);
    print_quoted(option->help, ':');
    putchar(']');
    if (option->value_name != NULL)
        printf(":%s:%s", option->value_name, takes_path(option) ? "_files" : " ");
    putchar('\'');
}

static void print_zsh(void)
{
    puts("#compdef closedrelay\n"
         "_closedrelay()\n"
         "{\n"
         "    local -a commands\n"
         "    commands=(");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("        '%s:", command_table[i]->name);
        print_quoted(command_table[i]->help, ':');
        puts("'");
    }
    puts("    )\n"
         "    if (( CURRENT == 2 )); then\n"
         "        _describe command commands\n"
         "        return\n"
         "    fi\n"
         "    local called=$words[2]\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $called in");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("    %s)\n        _arguments '--help[tell about the command]'", command_table[i]->name);
        walk_options(command_table[i], print_zsh_option);
        puts(" \\\n            '*:argument:_files'\n        ;;");
    }
    puts("    esac\n"
         "}\n"
         "_closedrelay \"$@\"");
}

/* ---- fish --------------------------------------------------------------------------------------------- */

static void print_fish_option(const struct command *command, const struct option *option)
{
    printf("complete -c closedrelay -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter != '\0')
        printf(" -s %c", option->letter);
    if (option->value_name != NULL)
        fputs(takes_path(option) ? " -r -F" : " -x", stdout);
    fputs(" -d '", stdout);
    print_quoted(option->help, '\0');
    puts("'");
}

static void print_fish(void)
{
    puts("# fish completion for closedrelay\n"
         "complete -c closedrelay -n __fish_use_subcommand -f");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("complete -c closedrelay -n __fish_use_subcommand -a %s -d '", command_table[i]->name);
        print_quoted(command_table[i]->help, '\0');
        puts("'");
        walk_options(command_table[i], print_fish_option);
    }
}

/* ------------------------------------------------------------------------------------------------------- */

int completion_print(const char *shell)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } scripts[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (strcmp(shell, scripts[i].shell) == 0) {
            scripts[i].print();
            return ferror(stdout) || fflush(stdout) != 0 ? EX_IOERR : EX_OK;
        }
    complain("usage", "--completion takes bash, zsh or fish, not '%s'", shell);
    return EX_USAGE;
}
