/* What the record's keys mean, for who reads it with tools of their own. */
#include "policy_query.h"

#include "record/record_fields.h"

void policy_print_record_schema(struct strbuf *out)
{
    record_print_schema(out);
}

void policy_print_record_reference(struct strbuf *out)
{
    record_print_reference(out);
}
