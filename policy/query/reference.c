/* The reference of all keys, and the JSON Schema: `check --reference`, `check --schema`. */
#include "config/reference.h"

#include "engine/settings.h"
#include "policy_query.h"

static struct config_schema whole_schema(void)
{
    struct config_schema schema = {0};
    schema.sections = config_sections(&schema.count);
    return schema;
}

void policy_print_reference(struct strbuf *out)
{
    const struct config_schema schema = whole_schema();
    config_reference_print(&schema, out);
}

void policy_print_json_schema(struct strbuf *out)
{
    const struct config_schema schema = whole_schema();
    config_reference_print_json_schema(&schema, out);
}
