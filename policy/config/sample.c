#include "config/reference.h"

#include "config/document.h"
#include "config/print.h"

#include <talloc.h>

static const char beginning[] =
    "# closedrelay: who may send what through this mail server.\n"
    "#\n"
    "#   closedrelay check            is this file right?\n"
    "#   closedrelay check --print    what is in force, and where each value comes from\n"
    "#   closedrelay reload           takes it into use; a broken file is told, and the old one stays\n"
    "#   closedrelay doctor           what in the mail server's own settings does not fit\n"
    "#\n"
    "# What each key means: man closedrelay.yaml\n"
    "\n"
    "# Nothing is refused yet. `closedrelay report` shows what would have been: read it for some days, then write\n"
    "# `enforce`, or take this line out.\n"
    "mode: monitor\n"
    "\n"
    "# Your own domains, one a line: what mail from outside is taken for.\n"
    "relay:\n"
    "  local_domains: [file:/etc/closedrelay/domains]\n"
    "\n"
    "# More files, in the order of their names. A key may be set in one file only.\n"
    "include: /etc/closedrelay/conf.d/*.yaml\n"
    "\n"
    "# ---- all keys, with what holds without them ----\n"
    "# To change one, take the # from its line and from the section's. A section may stand in this file once: what\n"
    "# belongs to `relay` goes to the one above.\n";

/* Each line of `yaml`, whose last ends too, as a comment. */
static void append_commented(struct slice yaml, struct strbuf *out)
{
    bool begins_line = true;
    for (size_t i = 0; i < yaml.length; i++) {
        if (begins_line)
            strbuf_append_byte(out, '#');
        strbuf_append_byte(out, yaml.data[i]);
        begins_line = yaml.data[i] == '\n';
    }
}

static void append_section(const struct config_document *defaults, size_t index, struct strbuf *out)
{
    const struct config_section *section = defaults->sections[index].flat_keys.section;
    struct strbuf yaml;
    strbuf_init(&yaml, 0);
    config_document_print_example(defaults, index, &yaml);
    strbuf_printf(out, "\n# %s\n", section->text == NULL ? section->name : section->text);
    append_commented(strbuf_slice(&yaml), out);
    out->failed = out->failed || yaml.failed;
    strbuf_deinit(&yaml);
}

void config_reference_print_sample(const struct config_schema *schema, struct strbuf *out)
{
    void *scratch = talloc_new(NULL);
    struct config_problems *problems = config_problems_create(scratch);
    const struct config_document *defaults =
        problems == NULL ? NULL : config_document_load(scratch, schema, NULL, problems);
    if (defaults == NULL)
        out->failed = true;
    strbuf_append_text(out, beginning);
    for (size_t i = 0; defaults != NULL && i < schema->count; i++)
        append_section(defaults, i, out);
    talloc_free(scratch);
}
