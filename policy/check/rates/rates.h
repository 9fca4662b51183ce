/*
 * The check `rates`: how much may be sent within a time.
 *
 * A limit counts one thing (recipients, messages, kB, ...) for one key (a login, its domain, its customer, an
 * address,
 * ...) in a window of time. At RCPT a message reserves what it would use, in all limits that concern it or in
 * none; when it was accepted, what it really used is charged, and everything else is given back
 * (store/store.h). So only accepted mail counts, and what is deferred and comes again counts once. An empty
 * key is never counted: there is no counter that strangers share by chance.
 */
#ifndef CLOSEDRELAY_CHECK_RATES_RATES_H
#define CLOSEDRELAY_CHECK_RATES_RATES_H

#include "check/check.h"
#include "store/window.h"

#include <stdatomic.h>

enum { RATES_LIMITS_MAX = 32 };

enum rate_key {
    RATE_BY_USER,
    RATE_BY_SENDER,
    RATE_BY_DOMAIN,
    RATE_BY_CUSTOMER,
    RATE_BY_IP,
    RATE_BY_UID,
    RATE_BY_SCRIPT
};

enum rate_count {
    RATE_OF_MESSAGES,
    RATE_OF_RECIPIENTS,
    RATE_OF_EXTERNAL_RECIPIENTS,
    RATE_OF_INTERNAL_RECIPIENTS,
    RATE_OF_NEW_RECIPIENTS,
    RATE_OF_REFUSED_RECIPIENTS,
    RATE_OF_BYTES
};

enum rate_scope { RATE_SCOPE_ALL, RATE_SCOPE_EXTERNAL };

/* What ends a window of `per: day` and its like; RATE_SPAN: none, it is a duration. */
enum rate_calendar { RATE_SPAN, RATE_DAY, RATE_MONTH };

/* An entry of `limits`, compiled: immutable, belongs to the snapshot. */
struct rate_limit {
    /* Identifies its counters: "user recipients 500/1h", NUL-terminated; a changed limit begins anew. */
    struct slice counter;
    uint64_t counter_hash;
    enum rate_key key;
    enum rate_count count;
    enum rate_calendar calendar;
    enum window_kind kind;
    uint64_t limit, burst; /* in kB where bytes are counted */
    int64_t period_us;     /* RATE_SPAN */
    const char *per;       /* "1h", "day": for replies */
    uint64_t warn_at;      /* 0: no warning */
    uint64_t warn_until;   /* re-armed below */
    enum rate_scope scope; /* external: mail to one's own domains passes all the same */
    enum action action;
    enum check_mode mode; /* its own */
    struct config_place place;
    /* The only part that changes: the day or month that was last worked out (rate_window). */
    atomic_uint_least64_t *last_window;
};

/* An entry of `limits`, as written. */
struct rate_limit_settings {
    enum rate_key key;
    enum rate_count count;
    const char *limit, *per, *burst, *warn;
    enum window_kind window;
    enum rate_scope scope;
    enum action action;
    enum check_mode mode;
    struct rate_limit *compiled;
};

struct rates_settings {
    struct check_settings common;
    struct config_array limits; /* struct rate_limit_settings */
    /* What is not off, and the check_need bits of all of it (rates_finish). */
    const struct rate_limit **in_use;
    size_t in_use_count;
    unsigned needs;
};

extern const struct check rates_check;
extern const struct config_section rates_section;

/* How far the limit acts: the stricter of its own mode and the check's counts less. */
enum check_mode rate_limit_mode(const struct rate_limit *limit, const struct rates_settings *settings);

const struct rate_limit *rates_limit_at(const struct rates_settings *settings, size_t i);

/* The words of the configuration: "user", "external_recipients". */
const char *rate_key_name(enum rate_key key);
const char *rate_count_name(enum rate_count count);

/* The limit that a counter of this name belongs to, as far as its window and its words: counters tell what
 * they are, also those of a policy that is no longer in force. `per` has room for the limit's text. False: it
 * is no such name. */
enum { RATE_PER_BYTES = 24 };
bool rate_limit_from_name(struct slice name, struct rate_limit *limit, char per[RATE_PER_BYTES]);

/* The window of a limit at `now_us` (wall clock): of a calendar limit the day or month it lies in, by the
 * time zone of the process. */
struct window rate_window(const struct rate_limit *limit, int64_t now_us);

/* What a limit means, in words: "500 recipients at once, then one every 7.2 s; at most 999 in any hour". */
void rate_limit_describe(const struct rate_limit *limit, struct strbuf *out);

/* "500 recipients", "30 MB": an amount as the limit counts it. */
void rate_amount_describe(enum rate_count count, uint64_t amount, struct strbuf *out);

/* The same in any language: the part of words whose {amount} is `*told`. */
enum reply_part rate_amount_part(enum rate_count count, uint64_t amount, uint64_t *told);

#endif
