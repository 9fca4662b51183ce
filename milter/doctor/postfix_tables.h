/*
 * The domains that a list of Postfix's stands for: words, files and tables, listed where they can be, and
 * asked where they cannot. Runs postmap; one thread.
 */
#ifndef CLOSEDRELAY_MILTER_POSTFIX_TABLES_H
#define CLOSEDRELAY_MILTER_POSTFIX_TABLES_H

#include "policy.h"

struct domain_table {
    char *name;          /* "mysql:/etc/postfix/domains.cf" */
    const char *setting; /* that names it */
};

/* All that some settings name. Domains are in lower case; ".example.com" stands for those below it. */
struct served_domains {
    struct strbuf text; /* the domains, each with its NUL, as they are added */
    char **domains;     /* sorted, once served_domains_sort was called; point into text */
    size_t domain_count;
    struct domain_table *tables; /* that can only be asked */
    size_t table_count;
    bool failed; /* memory ran out, or a list is longer than is read */
};

/* Adds what `value`, the value of `setting`, stands for. `visit` (may be NULL) is called for each domain,
 * before it is sorted. `directory` is Postfix's, for postmap. `unread` gets one line for each table or file
 * that cannot be read: "NAME: why". */
void served_domains_add(struct served_domains *served, const char *setting, const char *value,
                        const char *directory, struct strbuf *unread);

/* Before served_domains_has. */
void served_domains_sort(struct served_domains *served);

/* Whether the domain itself, or a ".parent" of it, is among those that could be listed. */
bool served_domains_has(const struct served_domains *served, const char *domain);

/* Of the `keys`, one a line, those that `table` knows, one a line in `known`. False: it cannot be asked. */
bool domain_table_ask(const struct domain_table *table, const char *directory, struct slice keys,
                      struct strbuf *known);

void served_domains_deinit(struct served_domains *served);

#endif
