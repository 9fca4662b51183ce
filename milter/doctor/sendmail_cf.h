/*
 * A sendmail.cf as lines that can be asked: options, mail filters, classes, maps, and which features made it.
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

/* The lines of class `name`: with `letter` 'C' words that are in it, with 'F' the file that lists them ("-o
 * /path"). As sendmail_next_option. */
const char *sendmail_next_class(const struct sendmail_cf *cf, char letter, const char *name, size_t *next);

/* Where map `name` is kept: its last word, "/etc/mail/access" of "hash -T<TMPF> /etc/mail/access", in new
 * memory (free). NULL: there is no such map (or no memory). */
char *sendmail_map_path(const struct sendmail_cf *cf, const char *name);

/* Whether FEATURE(`name') took part in making it. */
bool sendmail_has_feature(const struct sendmail_cf *cf, const char *name);

#endif
