/* Who looked into the record. */
#include "engine/events.h"
#include "policy_query.h"

void policy_record_lookup(struct policy_engine *engine, const char *by, const char *what, const char *whom)
{
    engine_record_event(
        engine, &(struct record_event){
                    .line = RECORD_LINE_LOOKUP, .subject_kind = what, .subject_name = whom, .by = by});
}
