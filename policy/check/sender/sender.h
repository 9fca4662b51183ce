/*
 * The check `sender`: who may use which envelope sender, and which From: header?
 *
 * A login has senders of its own. A trusted network, certificate or script may have some (`identities`). From
 * outside one's own domains may be forged (`outside`).
 */
#ifndef CLOSEDRELAY_CHECK_SENDER_SENDER_H
#define CLOSEDRELAY_CHECK_SENDER_SENDER_H

#include "check/check.h"
#include "facts/domain_name.h"

enum sender_match { SENDER_MATCH_OFF, SENDER_MATCH_DOMAIN, SENDER_MATCH_ADDRESS, SENDER_MATCH_TABLE };

/* What may stand in the name beside an address. */
enum sender_display { SENDER_DISPLAY_ANY, SENDER_DISPLAY_OWN };

enum sender_null { SENDER_NULL_ACCEPT, SENDER_NULL_REJECT };

struct sender_outside_settings {
    enum check_mode envelope, header_from; /* no stricter than common.mode */
    const struct network_set *forwarders;
    const struct text_set *lists; /* as for address_set_lookup */
};

struct sender_settings {
    struct check_settings common;
    enum sender_match match;
    enum sender_match own;             /* with SENDER_MATCH_TABLE: off, domain or address besides */
    const struct text_map *table;      /* login -> senders */
    const struct text_map *login_maps; /* sender -> logins */
    const struct text_map *groups;     /* login -> groups it is in */
    const char *recipient_delimiter;   /* characters before a tag; "" for none */
    const struct text_map *identities; /* network, certificate, script -> senders */
    enum check_mode header_from;       /* of the From: part; no stricter than common.mode */
    enum sender_null null_sender;
    enum sender_display display_name;
    struct sender_outside_settings outside;
};

extern const struct check sender_check;
extern const struct config_section sender_section;

/* Whether `address` belongs to `user` (a canonical login with a domain) under a `match` other than table.
 * Letter case does not count, nor does a tag behind one of `delimiters`. */
bool sender_belongs(const struct mail_address *address, const char *user, enum sender_match match,
                    const char *delimiters);

/* ---- for the files of this check ---------------------------------------------------------------------- */

extern const char sender_table_unavailable[]; /* a reason, compared by its address */

/* Whether `address` is of the message's login, or of its network, certificate or script, under the settings:
 * TABLE_FOUND, TABLE_MISSING, or TABLE_UNKNOWN where a table that may know cannot be asked. */
enum table_answer sender_ownership(const struct check_context *context, const struct mail_address *address);

/* Whether `identities` says anything of who hands the message in (roles trusted and local). */
enum table_answer sender_identity_is_listed(const struct check_context *context);

/* The domain of a canonical login, "" where it has none. */
const char *sender_user_domain(const char *user);

/* Why nothing can be said of this login whatever the sender, as a reason; NULL: it can. */
const char *sender_login_fault(const struct check_context *context);

/* The mode of a part of the check, which is never stricter than the check's own. */
enum check_mode sender_part_mode(const struct check_context *context, enum check_mode part);

/* Whether nothing is listed for the message's login where its senders are in tables: whatever it uses is
 * refused, its own address too. */
bool sender_login_is_unlisted(const struct check_context *context, const char *address);

/* The rows of words for one thing that may not be used: of a login, of one that nothing is listed for, of a
 * network, certificate or script. */
struct sender_rows {
    enum reply_row login, unlisted, identity;
};

/* The reply: both names, and what to do. */
void sender_say_refusal(const struct check_context *context, struct finding *finding,
                        const struct sender_rows *rows, const char *address);
void sender_add_unknown(const struct check_context *context, enum check_mode mode, const char *reason,
                        struct finding_list *findings);

/* Asked at the end of the message. */
void sender_judge_header(const struct check_context *context, struct finding_list *findings);

/* Of a message from outside: at MAIL, and at the end of the message. */
void sender_judge_outside(const struct check_context *context, struct finding_list *findings);

#endif
