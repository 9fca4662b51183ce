/*
 * What Postfix's own restrictions let relay, word by word: smtpd_relay_restrictions, and what may still
 * refuse behind them, smtpd_recipient_restrictions. Tables are not read. Pure.
 */
#ifndef CLOSEDRELAY_MILTER_POSTFIX_RESTRICTIONS_H
#define CLOSEDRELAY_MILTER_POSTFIX_RESTRICTIONS_H

#include "postfix_settings.h"

/* Whose mail it is: each may do what the one before may, and more. */
enum relay_client {
    RELAY_STRANGER,        /* anybody */
    RELAY_IN_A_TABLE,      /* somebody whom a table of clients that the lists name may permit */
    RELAY_WITH_CERTIFICATE /* the same with a certificate that Postfix verified */
};

struct relay_answer {
    bool relays;
    const char *refused_by; /* the name of the list that ends before anything permits; NULL: it relays */
    /* the word of smtpd_relay_restrictions that permits; empty: none, the list just ends */
    struct slice permitted_by;
};

/* What this service (NULL: main.cf) says to mail for another domain. */
struct relay_answer postfix_relays(const struct postfix_settings *settings,
                                   const struct postfix_service *service, enum relay_client client);

/* Whether `networks`, the value of mynetworks or of a list like it, has the whole world in it, in one word or
 * in several. Tables and files are not read. */
bool postfix_networks_are_everybody(const char *networks);

/* "[2001:db8::]/32" as Postfix writes it, without the brackets. False: a table, a file, a name. */
bool postfix_network_parse(struct slice word, struct ip_network *network);

#endif
