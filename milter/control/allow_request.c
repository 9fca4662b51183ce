#include "allow_request.h"

#include "control_arguments.h"

#include <sysexits.h>

/* The value of "NAME=VALUE", decoded in place; NULL: another name, or not so written. */
static const char *value_of(char *word, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(word, name, length) != 0 || word[length] != '=' ||
        !control_argument_decode(word + length + 1))
        return NULL;
    return word + length + 1;
}

static int grant(struct policy_engine *engine, int argc, char **argv, struct strbuf *out)
{
    struct policy_allow allow = {.address = argv[2]};
    static const char *const names[] = {"user", "for", "reason"};
    const char **const values[] = {&allow.user, &allow.duration, &allow.reason};
    for (int i = 3; i < argc; i++) {
        size_t n = 0;
        while (n < 3 && (*values[n] != NULL || (*values[n] = value_of(argv[i], names[n])) == NULL))
            n++;
        if (n == 3)
            return EX_USAGE;
    }
    return policy_engine_allow(engine, &allow, out) ? EX_OK : EX_DATAERR;
}

int allow_request_run(struct policy_engine *engine, int argc, char **argv, struct strbuf *out)
{
    if (argc >= 3 && strcmp(argv[1], "grant") == 0)
        return grant(engine, argc, argv, out);
    if (argc == 3 && strcmp(argv[1], "remove") == 0)
        return policy_engine_disallow(engine, argv[2], out) ? EX_OK : EX_DATAERR;
    if (argc < 2 || strcmp(argv[1], "list") != 0)
        return EX_USAGE;
    policy_engine_list_allowed(engine, argc == 3 && strcmp(argv[2], "--json") == 0, out);
    return EX_OK;
}
