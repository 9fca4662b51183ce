#include "man_page.h"

#include "command.h"
#include "control/control_command.h"
#include "man_markdown.h"
#include "policy_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* ---- parts -------------------------------------------------------------------------------------------- */

static void append_text(const char *text, struct strbuf *out)
{
    man_markdown_append(slice_of(text), out);
}

static void append_option(const struct option *option, struct strbuf *out)
{
    strbuf_append_text(out, ".TP\n\\fB");
    if (option->letter != '\0')
        strbuf_printf(out, "\\-%c\\fR, \\fB", option->letter);
    strbuf_append_text(out, "\\-\\-");
    for (const char *c = option->name; *c != '\0'; c++)
        strbuf_printf(out, *c == '-' ? "\\-" : "%c", *c);
    strbuf_append_text(out, "\\fR");
    if (option->value_name != NULL)
        strbuf_printf(out, " \\fI%s\\fR", option->value_name);
    strbuf_append_byte(out, '\n');
    append_text(option->help, out);
}

static void append_options(const struct option *options, struct strbuf *out)
{
    for (; options != NULL && options->name != NULL; options++)
        append_option(options, out);
}

static void append_usage(const struct command *command, struct strbuf *out)
{
    strbuf_printf(out, "closedrelay %s", command->name);
    if (command->options != NULL)
        strbuf_append_text(out, " [OPTION]...");
    strbuf_printf(out, "%s%s", command->arguments[0] == '\0' ? "" : " ", command->arguments);
}

/* ---- closedrelay(8) ----------------------------------------------------------------------------------- */

static void append_command(const struct command *command, struct strbuf *out)
{
    strbuf_append_text(out, ".SS \"");
    append_usage(command, out);
    strbuf_append_text(out, "\"\n");
    append_text(command->summary, out);
    append_options(command->options, out);
    if (command->serve != NULL && command->has_json)
        append_option(control_command_options(command), out);
}

static bool print_whole(const struct strbuf *text, FILE *file)
{
    return !text->failed && fwrite(text->data, 1, text->length, file) == text->length && fflush(file) == 0;
}

int man_page_print_commands(void)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    strbuf_append_text(
        &out,
        ".SH COMMANDS\n"
        "Those that ask the running daemon also take\n"
        "\\fB\\-c\\fR, \\fB\\-\\-config\\fR \\fIFILE\\fR, the configuration that names its control socket, or\n"
        "\\fB\\-\\-socket\\fR \\fIPATH\\fR, the socket itself. Every command tells about itself with \\fB\\-\\-help\\fR.\n");
    for (size_t i = 0; command_table[i] != NULL; i++)
        append_command(command_table[i], &out);
    const bool is_written = print_whole(&out, stdout);
    strbuf_deinit(&out);
    return is_written ? EX_OK : EX_IOERR;
}

/* ---- a page each -------------------------------------------------------------------------------------- */

/* The page's date is the version's: built on another day it is the same. */
static void append_title(const char *name, const char *section, const char *kind, struct strbuf *out)
{
    strbuf_printf(out, ".TH %s %s %s \"closedrelay %s\" \"%s\"\n", name, section, CLOSEDRELAY_DATE,
                  CLOSEDRELAY_VERSION, kind);
}

static void append_command_page(const struct command *command, struct strbuf *out)
{
    strbuf_printf(out, ".TH closedrelay\\-%s 8 %s \"closedrelay %s\" \"System administration\"\n",
                  command->name, CLOSEDRELAY_DATE, CLOSEDRELAY_VERSION);
    strbuf_printf(out, ".SH NAME\nclosedrelay\\-%s \\- ", command->name);
    append_text(command->help, out);
    strbuf_append_text(out, ".SH SYNOPSIS\n.B ");
    append_usage(command, out);
    strbuf_append_text(out, "\n.SH DESCRIPTION\n");
    append_text(command->summary, out);
    strbuf_append_text(out, ".SH OPTIONS\n");
    append_options(command->options, out);
    if (command->serve != NULL)
        append_options(control_command_options(command), out);
    strbuf_append_text(out, ".TP\n\\fB\\-\\-help\\fR\nprint this in short\n"
                            ".SH \"EXIT STATUS\"\n0, or as in\n.BR sysexits.h (3head)\nand as said above.\n"
                            ".SH \"SEE ALSO\"\n.BR closedrelay (8),\n.BR closedrelay.yaml (5)\n");
}

static void append_configuration_page(struct strbuf *out)
{
    struct strbuf markdown;
    strbuf_init(&markdown, 0);
    policy_print_reference(&markdown);
    append_title("closedrelay.yaml", "5", "File formats", out);
    strbuf_append_text(out, ".SH NAME\nclosedrelay.yaml \\- the configuration of closedrelay\n"
                            ".SH DESCRIPTION\n");
    man_markdown_append(strbuf_slice(&markdown), out);
    strbuf_append_text(out, ".SH FILES\n.I /etc/closedrelay/closedrelay.yaml\n"
                            ".SH \"SEE ALSO\"\n.BR closedrelay (8),\n.BR closedrelay\\-check (8)\n");
    out->failed = out->failed || markdown.failed;
    strbuf_deinit(&markdown);
}

static bool write_page(const char *folder, const char *name, const struct strbuf *text)
{
    char *path = NULL;
    FILE *file = asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : fopen(path, "w");
    bool is_written = file != NULL && print_whole(text, file);
    if (file != NULL && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        complain("man pages", "%s cannot be written", path == NULL ? name : path);
    free(path);
    return is_written;
}

int man_page_write_all(const char *path)
{
    struct strbuf text, name;
    strbuf_init(&text, 0);
    strbuf_init(&name, 0);
    append_configuration_page(&text);
    bool good = write_page(path, "closedrelay.yaml.5", &text);
    for (size_t i = 0; good && command_table[i] != NULL; i++) {
        strbuf_reset(&text);
        strbuf_reset(&name);
        append_command_page(command_table[i], &text);
        strbuf_printf(&name, "closedrelay-%s.8", command_table[i]->name);
        good = write_page(path, strbuf_text(&name), &text);
    }
    strbuf_deinit(&name);
    strbuf_deinit(&text);
    return good ? EX_OK : EX_CANTCREAT;
}
