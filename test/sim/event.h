/* What happens at the provider, by the day: kept until its day is written. */
#ifndef CLOSEDRELAY_TEST_SIM_EVENT_H
#define CLOSEDRELAY_TEST_SIM_EVENT_H

#include "network.h"

enum event_type { EVENT_OUT, EVENT_IN, EVENT_LOGIN };
enum event_report { REPORT_NONE, REPORT_BOUNCE, REPORT_COMPLAINT };

/*
 * An address is a number. Accounts have the highest bit and their number; the others are people outside, whom
 * write_address names.
 */
enum { ADDRESS_NONE = 0 };
#define ADDRESS_ACCOUNT UINT32_C(0x80000000)
#define ADDRESS_NOBODY                                                                                       \
    UINT32_C(0xc0000000) /* in the domain of the account whose number follows: no such user */
#define ADDRESS_ROBOT UINT32_C(0x40000000)

enum client_kind {
    CLIENT_LAN,
    CLIENT_PC,
    CLIENT_APPLE,
    CLIENT_ANDROID,
    CLIENT_SERVER,
    CLIENT_WEBMAIL,
    CLIENT_TOOL
};

struct event {
    int64_t time_us;
    uint64_t serial; /* names the message */
    enum event_type type;
    enum event_report report;
    uint32_t account; /* who sends, or to whom; or who logs in */
    struct ip client;
    struct ip origin; /* whom the webmail names; v4 and v6 0: none */
    enum client_kind helo_kind;
    uint32_t helo;
    uint32_t sender; /* of mail from outside, or that is passed on; else ADDRESS_NONE: the account itself */
    uint32_t from;   /* the same, for From: */
    size_t recipients_at;
    uint32_t recipient_count;
    uint32_t refused_count; /* the last of them, whom the MTA refuses */
    uint64_t fingerprint;
    uint64_t returned; /* of a report, the message's serial */
    uint32_t returned_account, returned_recipient;
    uint32_t size_bytes;
    uint32_t theft; /* 0: honest; else one more than its number */
    bool is_listed, is_blocked, has_file;
};

struct day {
    struct event *events;
    size_t count, room;
    uint32_t *recipients;
    size_t recipient_count, recipient_room;
};

/* Of `day_count` days, the last of which takes in nothing that is later. */
struct diary {
    int64_t start_us;
    uint32_t day_count, today; /* what would be on a day before today is left out, as is what is too late */
    uint64_t serial;
    struct day *days;
};

void diary_init(struct diary *diary, int64_t start_us, uint32_t day_count);
void diary_deinit(struct diary *diary);
/* Takes a copy, with these recipients. The result is the message's serial, 0 where it is out of the days. */
uint64_t diary_add(struct diary *diary, const struct event *event, const uint32_t *recipients,
                   uint32_t count);
/* Puts a day in order of time. */
void diary_sort(struct diary *diary, uint32_t day);
void diary_forget(struct diary *diary, uint32_t day);
/* Memory, or the end of the program. */
void *must(void *memory);

#endif
