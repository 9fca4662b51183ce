/* `closedrelay allow`: who may relay for a while because they logged in, or because an administrator says so.
 */
#include "policy_query.h"

#include "base/log.h"
#include "base/time_text.h"
#include "check/relay/relay.h"
#include "config/types.h"
#include "engine/engine.h"
#include "engine/events.h"

#include <talloc.h>

#define ALLOW_MS_MAX (30 * UINT64_C(86400000))

enum { US_PER_MS = 1000 };

static bool read_address(const char *text, struct ip_address *address, struct answer *answer)
{
    if (ip_address_parse(slice_of(text), address))
        return true;
    answer_refuse(answer, "that is no IP address");
    return false;
}

static bool read_duration(const char *text, uint64_t usual_ms, uint64_t *ms, struct answer *answer)
{
    *ms = usual_ms;
    if (text != NULL && text[0] != '\0' && (!config_duration_read(slice_of(text), ms) || *ms == 0))
        answer_refuse(answer, "that is no duration: write a number and a unit: 30m, 1h, 7d");
    else if (*ms > ALLOW_MS_MAX)
        answer_refuse(answer, "30 days are the most");
    return !answer_is_refused(answer);
}

static const char *or_none(const char *text)
{
    return text[0] == '\0' ? "(none)" : text;
}

/* What was done, to the log and to who asked. */
static void report_grant(struct policy_engine *engine, const struct recent_login *login, const char *by,
                         struct answer *answer)
{
    char network[IP_ADDRESS_TEXT_BYTES + 4], until[TIME_TEXT_BYTES];
    ip_network_print(&login->client, network);
    time_text_utc(login->until_us, until);
    log_info("allow: %s may relay until %s, user %s, reason: %s; granted by %s", network, until,
             or_none(login->user), or_none(login->reason), by);
    engine_record_event(engine, &(struct record_event){
                                    .line = RECORD_LINE_GRANT,
                                    .state = "given",
                                    .client = network,
                                    .user = login->user,
                                    .reason = login->reason,
                                    .until_us = login->until_us,
                                    .by = by,
                                });
    answer_line(answer, "%s may relay until %s%s%s", network, until, login->user[0] == '\0' ? "" : " as ",
                login->user);
    answer_text(answer, "client", NULL, network);
    answer_text(answer, "until", NULL, until);
    answer_text(answer, "user", NULL, login->user);
}

static bool grant(struct policy_engine *engine, const struct policy_grant *asked,
                  const struct relay_settings *relay, struct answer *answer)
{
    struct ip_address address;
    uint64_t duration_ms;
    if (relay->recent_logins.remember_ms == 0) {
        answer_refuse(answer, "relay.recent_logins.remember is 0: nobody is let in by a recent login");
        return false;
    }
    if (!read_address(asked->address, &address, answer) ||
        !read_duration(asked->duration, relay->recent_logins.remember_ms, &duration_ms, answer))
        return false;
    void *scratch = talloc_new(NULL);
    const char *user =
        login_canonical(scratch, slice_of(asked->user), asked->user == NULL ? "" : relay->default_realm);
    const struct recent_login login = {
        .client = recent_logins_network(&address),
        .user = user == NULL ? "" : user,
        .reason = asked->reason == NULL ? "" : asked->reason,
        .until_us = clock_wall_us(&engine->options.clock) + (int64_t)(duration_ms * US_PER_MS),
    };
    const bool is_granted = user != NULL && recent_logins_add(engine->recent_logins, &login);
    if (is_granted)
        report_grant(engine, &login, asked->by, answer);
    else
        answer_refuse(answer, "out of memory");
    talloc_free(scratch);
    return is_granted;
}

bool policy_grant_add(struct policy_engine *engine, const struct policy_grant *asked, struct answer *answer)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const bool is_granted = grant(engine, asked, snapshot_relay_settings(snapshot), answer);
    policy_snapshot_unref(snapshot);
    return is_granted;
}

bool policy_grant_remove(struct policy_engine *engine, const char *text, const char *by,
                         struct answer *answer)
{
    struct ip_address address;
    char network[IP_ADDRESS_TEXT_BYTES + 4];
    if (!read_address(text, &address, answer))
        return false;
    const struct ip_network client = recent_logins_network(&address);
    ip_network_print(&client, network);
    if (!recent_logins_remove(engine->recent_logins, &address)) {
        answer_refuse(answer, "%s was not allowed by a recent login", network);
        return false;
    }
    log_info("allow: %s was removed by %s: it is outside again", network, by);
    engine_record_event(
        engine,
        &(struct record_event){.line = RECORD_LINE_GRANT, .state = "taken", .client = network, .by = by});
    answer_line(answer, "%s is outside again", network);
    answer_text(answer, "client", NULL, network);
    return true;
}

/* ---- the list --------------------------------------------------------------------------------------- */

static void add_one(void *context, const struct recent_login *login)
{
    struct answer *answer = context;
    char network[IP_ADDRESS_TEXT_BYTES + 4], until[TIME_TEXT_BYTES];
    ip_network_print(&login->client, network);
    time_text_utc(login->until_us, until);
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "client", "", network);
    answer_text(answer, "until", NULL, until);
    answer_words(answer, NULL, "", "until %s", until);
    answer_text(answer, NULL, "", login->user[0] == '\0' ? NULL : login->user);
    answer_text(answer, "user", NULL, login->user);
    answer_text(answer, "reason", login->reason[0] == '\0' ? NULL : "", login->reason);
    answer_close(answer);
}

void policy_query_grants(struct policy_engine *engine, struct answer *answer)
{
    answer_become_list(answer);
    if (recent_logins_each(engine->recent_logins, add_one, answer) == 0)
        answer_line(answer, "nobody is allowed by a recent login");
}
