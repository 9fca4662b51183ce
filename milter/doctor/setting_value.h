/*
 * The values of MTA settings, word by word. Pure.
 */
#ifndef CLOSEDRELAY_MILTER_SETTING_VALUE_H
#define CLOSEDRELAY_MILTER_SETTING_VALUE_H

#include "policy.h"

/* Cuts the next word off `rest`: words stand between commas and white space; what is in braces is one word,
 * without its outer braces. False: there is none left. */
bool setting_next_word(struct slice *rest, struct slice *word);

/* Whether `value` has this word, without regard to case. */
bool setting_has_word(const char *value, const char *word);

/* "name=value" within `word`; `value` becomes what stands behind. */
bool setting_option(struct slice word, const char *name, struct slice *value);

/* A number without sign, all of `text`. */
bool setting_number(struct slice text, uint64_t *number);

/* A time such as "30s", "5m", "1h" or "1d" in ms; without a unit in `default_unit_ms`. */
bool setting_time_ms(struct slice text, uint64_t default_unit_ms, uint64_t *time_ms);

/* "yes", "true", "on" or a word that begins so. */
bool setting_is_yes(const char *value);

#endif
