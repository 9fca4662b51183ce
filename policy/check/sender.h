/*
 * The check `sender`: may this login use this envelope sender, and this From: header?
 *
 * Asked of authenticated clients only: nobody else has claimed to be somebody.
 */
#ifndef CLOSEDRELAY_CHECK_SENDER_H
#define CLOSEDRELAY_CHECK_SENDER_H

#include "check/check.h"

enum sender_match { SENDER_MATCH_OFF, SENDER_MATCH_DOMAIN, SENDER_MATCH_ADDRESS };

enum sender_null { SENDER_NULL_ACCEPT, SENDER_NULL_REJECT };

struct sender_settings {
    struct check_settings common;
    enum sender_match match;
    enum check_mode header_from; /* of the From: part; no stricter than common.mode */
    enum sender_null null_sender;
};

extern const struct check sender_check;

/* Whether `address` belongs to `user` (a canonical login with a domain) under `match`. Letter case does not
 * count, nor does a +tag. */
bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match);

#endif
