/*
 * A sendmail.cf as lines that can be asked: options, mail filters, and which features made it.
 *
 * Rules are not understood. Constant once read; one thread.
 */
#ifndef CLOSEDRELAY_MILTER_SENDMAIL_CF_H
#define CLOSEDRELAY_MILTER_SENDMAIL_CF_H

#include "policy.h"

struct sendmail_cf {
    char *text;
    const char **lines; /* continuation lines joined, without comments but those that name a feature */
    size_t line_count;
};

/* False: out of memory. `content` may have any bytes. */
bool sendmail_cf_read(struct sendmail_cf *cf, struct slice content);
void sendmail_cf_deinit(struct sendmail_cf *cf);

/* The value of option `name` (any case), the last one that is set; NULL: Sendmail's default holds. */
const char *sendmail_option(const struct sendmail_cf *cf, const char *name);

/* For options that may be there several times: the value at or behind line `*next`, which moves on. NULL: no
 * more. */
const char *sendmail_next_option(const struct sendmail_cf *cf, const char *name, size_t *next);

/* What stands behind the name of filter `name` in its X line; NULL: there is no such line. */
const char *sendmail_filter(const struct sendmail_cf *cf, struct slice name);

/* Whether FEATURE(`name') took part in making it. */
bool sendmail_has_feature(const struct sendmail_cf *cf, const char *name);

#endif
