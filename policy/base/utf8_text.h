/* Characters of strangers' text, one by one, fit to be shown. Pure functions. */
#ifndef CLOSEDRELAY_BASE_UTF8_TEXT_H
#define CLOSEDRELAY_BASE_UTF8_TEXT_H

#include "base/slice.h"

#include <stdint.h>

/* The character at the start of `text`, of which `*length` bytes are its; U+FFFD for a byte that is no UTF-8.
 * The text must not be empty. */
uint32_t utf8_next(struct slice text, size_t *length);

/* Whether it does something other than being seen: controls, and marks that turn the direction of what
 * follows. */
bool utf8_is_control(uint32_t character);

/* Columns of a terminal: 0 to 2. */
unsigned utf8_width(uint32_t character);

#endif
