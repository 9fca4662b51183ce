/* What the table of keys gives: `check --reference`, `check --sample`, `check --schema`. */
#include "config/reference.h"

#include "engine/settings.h"
#include "policy_query.h"

void policy_print_reference(struct strbuf *out)
{
    const struct config_section *sections[CONFIG_SECTIONS_MAX];
    const struct config_schema schema = config_schema_fill(sections);
    config_reference_print(&schema, out);
}

void policy_print_sample(struct strbuf *out)
{
    const struct config_section *sections[CONFIG_SECTIONS_MAX];
    const struct config_schema schema = config_schema_fill(sections);
    config_reference_print_sample(&schema, out);
}

void policy_print_json_schema(struct strbuf *out)
{
    const struct config_section *sections[CONFIG_SECTIONS_MAX];
    const struct config_schema schema = config_schema_fill(sections);
    config_reference_print_json_schema(&schema, out);
}
