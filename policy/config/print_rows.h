/* Prints the values of a section's rows as YAML; for print.c only. */
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

#endif
