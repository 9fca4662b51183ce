/* The subcommands; each takes its own argv (argv[0] is its name) and returns an exit status of sysexits(3).
 */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_COMMANDS_H
#define CLOSEDRELAY_MILTER_COMMANDS_COMMANDS_H

int command_serve(int argc, char **argv);
int command_check(int argc, char **argv);
int command_try(int argc, char **argv);
int command_relaytest(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_selftest(int argc, char **argv);
int command_status(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_lookup(int argc, char **argv);
int command_allow(int argc, char **argv);

#endif
