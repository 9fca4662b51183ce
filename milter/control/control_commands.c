#include "control_commands.h"

#include "allow_request.h"
#include "daemon/session_registry.h"

#include <sysexits.h>

struct control_command {
    const char *name;
    const char *arguments; /* what it takes, for the usage line */
    int (*run)(struct control_target *target, int argc, char **argv, struct strbuf *out);
};

static bool wants_json(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[argc - 1], "--json") == 0;
}

static int run_status(struct control_target *target, int argc, char **argv, struct strbuf *out)
{
    policy_engine_status(target->engine, registry_session_count(), wants_json(argc, argv), out);
    return EX_OK;
}

static int run_reload(struct control_target *target, int argc, char **argv, struct strbuf *out)
{
    (void)argc;
    (void)argv;
    bool is_in_force = target->reload(target->context, out);
    strbuf_append_text(out, is_in_force ? "the new policy is in force\n" : "the old policy stays in force\n");
    return is_in_force ? EX_OK : EX_CONFIG;
}

static int run_lookup(struct control_target *target, int argc, char **argv, struct strbuf *out)
{
    if (argc < 2)
        return EX_USAGE;
    return policy_engine_lookup(target->engine, argv[1], wants_json(argc, argv), out) ? EX_OK : EX_USAGE;
}

static int run_allow(struct control_target *target, int argc, char **argv, struct strbuf *out)
{
    return allow_request_run(target->engine, argc, argv, out);
}

static const struct control_command control_commands[] = {
    {"status", "[--json]", run_status},
    {"reload", "", run_reload},
    {"lookup", "ADDRESS [--json]", run_lookup},
    {"allow", "grant|remove ADDRESS…, or list [--json]", run_allow},
};

enum { CONTROL_COMMAND_COUNT = sizeof control_commands / sizeof control_commands[0] };

int control_commands_run(void *target, int argc, char **argv, struct strbuf *out)
{
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_command *command = &control_commands[i];
        if (strcmp(argv[0], command->name) != 0)
            continue;
        int status = command->run(target, argc, argv, out);
        if (status == EX_USAGE && out->length == 0)
            strbuf_printf(out, "usage: %s%s%s\n", command->name, command->arguments[0] == '\0' ? "" : " ",
                          command->arguments);
        return status;
    }
    strbuf_printf(out, "the daemon knows no command '%s'\n", argv[0]);
    return EX_USAGE;
}
