/* Warnings about a loaded configuration that no section can give alone. */
#ifndef CLOSEDRELAY_ENGINE_ADVICE_H
#define CLOSEDRELAY_ENGINE_ADVICE_H

#include "config/load.h"

/* Appends to `problems`, never an error. */
void config_advise(const struct config_document *document, struct config_problems *problems);

#endif
