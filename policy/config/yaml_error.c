#include "config/yaml_error.h"

/* The byte that a mark stands on; its column counts characters. '\0' at the end. */
static char byte_at(struct slice text, yaml_mark_t mark)
{
    size_t at = 0, line = 0, column = 0;
    for (; at < text.length && line < mark.line; at++)
        line += text.data[at] == '\n';
    for (; at < text.length && column < mark.column; column++)
        do
            at++;
        while (at < text.length && ((unsigned char)text.data[at] & 0xc0U) == 0x80);
    return (char)(at < text.length ? text.data[at] : '\0');
}

/* What the writer most likely meant; NULL where libyaml's own words must do. */
static const char *syntax_hint(char byte, const char *problem, const char *context)
{
    if (byte == '\t' || strstr(problem, "tab character") != NULL)
        return "a tab: YAML is indented with spaces";
    if (strstr(context, "alias") != NULL || strstr(context, "anchor") != NULL)
        return "text that begins with '*' or '&' is written in quotes: \"*\"";
    if (strstr(context, "tag") != NULL)
        return "text that begins with '!' is written in quotes: \"!\"";
    if (byte == ':' && strstr(problem, "node content") != NULL)
        return "text that begins with ':' is written in quotes: \"::1\"";
    if (strstr(problem, "could not find expected ':'") != NULL)
        return "a key is followed by ':' and a space, a value by the next line";
    if (strstr(problem, "cannot start any token") != NULL)
        return "text that begins with '@', '`' or '%' is written in quotes: \"@\"";
    if (strstr(problem, "mapping values are not allowed") != NULL)
        return "no ':' is expected here: check the indentation, and write text that holds ': ' in quotes";
    return NULL;
}

void yaml_error_tell(const yaml_parser_t *parser, struct slice text, const char *file,
                     struct config_problems *problems)
{
    const yaml_mark_t mark = parser->problem_mark;
    const char *problem = parser->problem == NULL ? "cannot be read" : parser->problem;
    const char *context = parser->context == NULL ? "" : parser->context;
    const char *hint = syntax_hint(byte_at(text, mark), problem, context);
    const struct config_place place = {file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
    if (hint != NULL)
        config_problem_error(problems, place, "%s", hint);
    else if (context[0] == '\0')
        config_problem_error(problems, place, "not valid YAML: %s", problem);
    else
        config_problem_error(problems, place, "not valid YAML: %s %s that began in line %zu", problem,
                             context, parser->context_mark.line + 1);
}
