#include "control_call.h"

#include "control_line.h"

#include <stddef.h>
#include <sysexits.h>

/* What every command of the daemon may be asked for beside its own. */
struct common_options {
    bool json;
};

static const struct option common_options[] = {
    {"json", 'j', OPTION_FLAG, offsetof(struct common_options, json), NULL, "the answer as JSON"},
    {0},
};

static void render(const struct control_call *call, struct strbuf *out)
{
    if (call->json && !answer_is_refused(call->answer))
        answer_write_json(call->answer, out);
    else
        answer_print(call->answer, out);
}

static int serve(struct control_call *call, struct strbuf *out)
{
    call->answer = answer_create();
    if (call->answer == NULL) {
        strbuf_append_text(out, "out of memory\n");
        return EX_OSERR;
    }
    const int status = call->request->command->serve(call);
    render(call, out);
    answer_destroy(call->answer);
    return status;
}

static int read_and_serve(struct control_call *call, struct command_call *request, char **argv,
                          struct strbuf *out)
{
    struct common_options common = {0};
    const struct option_values into[] = {
        request->own, {request->command->has_json ? common_options : NULL, &common}, {0}};
    struct strbuf problem;
    strbuf_init(&problem, 0);
    int status = EX_USAGE;
    if (command_read(into, argv, request, &problem) == OPTIONS_READ) {
        call->request = request;
        call->json = common.json;
        status = serve(call, out);
    } else {
        if (problem.length == 0)
            command_print_usage(request->command, &problem);
        strbuf_printf(out, "%s\n", strbuf_text(&problem));
    }
    strbuf_deinit(&problem);
    return status;
}

/* NULL: said in `out`, with `*status`. */
static const struct command *find(const char *name, const struct control_caller *caller, int *status,
                                  struct strbuf *out)
{
    const struct command *command = command_find(name);
    if (command == NULL || command->serve == NULL) {
        strbuf_printf(out, "the daemon knows no command '%s'\n", name);
        *status = EX_USAGE;
        return NULL;
    }
    if (command->right == COMMAND_FOR_ROOT && !caller->is_root) {
        strbuf_append_text(out, "only root and the daemon's user may do that\n");
        *status = EX_NOPERM;
        return NULL;
    }
    return command;
}

int control_call_handle(void *target, struct control_connection *connection, int argc, char **argv,
                        struct strbuf *out)
{
    const struct control_caller *caller = control_connection_caller(connection);
    struct control_call call = {.target = target, .connection = connection, .caller = caller};
    struct command_call request;
    int status = EX_OSERR;
    for (int i = 0; i < argc; i++)
        if (!control_line_decode(argv[i])) {
            strbuf_printf(out, "'%s' is not percent-encoded\n", argv[i]);
            return EX_PROTOCOL;
        }
    const struct command *command = find(argv[0], caller, &status, out);
    if (command == NULL)
        return status;
    if (command_call_init(&request, command))
        status = read_and_serve(&call, &request, argv, out);
    else
        strbuf_append_text(out, "out of memory\n");
    command_call_deinit(&request);
    return status;
}
