/*
 * The check `sender`: may this login use this envelope sender, and this From: header?
 *
 * Asked of authenticated clients only: nobody else has claimed to be somebody.
 */
#ifndef CLOSEDRELAY_CHECK_SENDER_SENDER_H
#define CLOSEDRELAY_CHECK_SENDER_SENDER_H

#include "check/check.h"
#include "facts/domain_name.h"

enum sender_match { SENDER_MATCH_OFF, SENDER_MATCH_DOMAIN, SENDER_MATCH_ADDRESS, SENDER_MATCH_TABLE };

/* What may stand in the name beside an address. */
enum sender_display { SENDER_DISPLAY_ANY, SENDER_DISPLAY_OWN };

enum sender_null { SENDER_NULL_ACCEPT, SENDER_NULL_REJECT };

struct sender_settings {
    struct check_settings common;
    enum sender_match match;
    const struct text_map *table;      /* login -> senders */
    const struct text_map *login_maps; /* sender -> logins */
    enum check_mode header_from;       /* of the From: part; no stricter than common.mode */
    enum sender_null null_sender;
    enum sender_display display_name;
};

extern const struct check sender_check;

/* Whether `address` belongs to `user` (a canonical login with a domain) under a `match` other than table.
 * Letter case does not count, nor does a +tag. */
bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match);

/* ---- for the files of this check ---------------------------------------------------------------------- */

extern const char sender_table_unavailable[]; /* a reason, compared by its address */

/* Whether `address` is of the message's login under the settings: TABLE_FOUND, TABLE_MISSING, or
 * TABLE_UNKNOWN where a table that may know cannot be asked. */
enum table_answer sender_ownership(const struct check_context *context, const struct mail_address *address);

/* The domain of a canonical login, "" where it has none. */
const char *sender_user_domain(const char *user);

/* Why nothing can be said of this login whatever the sender, as a reason; NULL: it can. */
const char *sender_login_fault(const struct check_context *context);

/* Both names, and what to do. `what` ends in a blank: "use the sender ". */
struct reply sender_refusal(const struct check_context *context, const char *what, const char *address);
void sender_add_unknown(const struct check_context *context, enum check_mode mode, const char *reason,
                        struct finding_list *findings);

/* Asked at the end of the message. */
void sender_judge_header(const struct check_context *context, struct finding_list *findings);

#endif
