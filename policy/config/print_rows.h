/* What the two ways of showing a configuration (print.h: YAML, settings_answer.h) have in common, and the
 * rows as YAML. */
#ifndef CLOSEDRELAY_CONFIG_PRINT_ROWS_H
#define CLOSEDRELAY_CONFIG_PRINT_ROWS_H

#include "config/document.h"

#include "base/strbuf.h"

struct config_printer {
    struct strbuf *out;
    bool with_origins; /* each line ends in a comment: where its value was written */
};

/* One line or more for each flat key that has a value in `values`, at `depth` levels of indentation. */
void config_print_values(const struct config_printer *printer, const struct config_flat_keys *flat_keys,
                         const struct config_value *const *values, unsigned depth);

/* Where a value comes from ("default for outside", FILE:LINE:COLUMN); of a changed list first what was
 * changed. */
void config_print_origin(const struct config_value *value, struct strbuf *out);

/* Whether it is a key that has no value and could not be written without one. */
bool config_value_is_unset(const struct config_flat_key *flat_key, const struct config_value *value);

/* Into `values`, one a flat key, what a role has in another way than the section itself; false where there is
 * nothing. */
bool config_role_differences(const struct config_section_state *state, int role,
                             const struct config_value **values);

/* What an override changes in a section; NULL: nothing. */
const struct config_patch *config_patch_of(const struct config_section_state *state,
                                           const struct config_override *override);

#endif
