/*
 * The text of Sendmail's access map, and of its lists of hosts, line by line. Pure.
 */
#ifndef CLOSEDRELAY_MILTER_SENDMAIL_ACCESS_H
#define CLOSEDRELAY_MILTER_SENDMAIL_ACCESS_H

#include "policy.h"

struct access_entry {
    struct slice tag;   /* "Connect", "To", "CERTIssuer"; empty: the key has none */
    struct slice key;   /* without the tag */
    struct slice value; /* "RELAY", "OK", "ERROR:550 no" */
    unsigned line;      /* from 1 */
};

/* Cuts the next entry off `rest`; `*line` counts the lines so far. Comments and lines without a value are
 * passed by. False: there is no more. */
bool access_next(struct slice *rest, unsigned *line, struct access_entry *entry);

/* The next line of a list (relay-domains): its first word. False: there is no more. */
bool host_list_next(struct slice *rest, unsigned *line, struct slice *host);

/* The network that an address of such a file stands for, by its parts: "192.0.2" is 192.0.2.0/24,
 * "IPv6:2001:db8" 2001:db8::/32. False: it is no address, but a name. */
bool access_network(struct slice key, struct ip_network *network);

#endif
