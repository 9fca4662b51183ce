/* What is wrong with text that libyaml cannot parse, in words for the person who wrote it. */
#ifndef CLOSEDRELAY_CONFIG_YAML_ERROR_H
#define CLOSEDRELAY_CONFIG_YAML_ERROR_H

#include "base/slice.h"
#include "config/problems.h"

#include <yaml.h>

/* Tells the error that `parser` has stopped at in `text`, which is that of `file`. */
void yaml_error_tell(const yaml_parser_t *parser, struct slice text, const char *file,
                     struct config_problems *problems);

#endif
