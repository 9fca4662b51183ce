/* `closedrelay allow`: who may relay for a while because they logged in, or because an administrator says so.
 */
#include "engine/engine.h"

#include "base/log.h"
#include "check/relay/relay.h"
#include "config/types.h"
#include "base/json_writer.h"

#include <talloc.h>
#include <time.h>

#define ALLOW_MS_MAX (30 * UINT64_C(86400000))

enum { US_PER_MS = 1000 };

static bool read_address(const char *text, struct ip_address *address, struct strbuf *out)
{
    if (ip_address_parse(slice_of(text), address))
        return true;
    strbuf_append_text(out, "that is no IP address\n");
    return false;
}

static bool read_duration(const char *text, uint64_t usual_ms, uint64_t *ms, struct strbuf *out)
{
    *ms = usual_ms;
    if (text != NULL && text[0] != '\0' && (!config_duration_read(slice_of(text), ms) || *ms == 0)) {
        strbuf_append_text(out, "that is no duration: write a number and a unit: 30m, 1h, 7d\n");
        return false;
    }
    if (*ms > ALLOW_MS_MAX) {
        strbuf_append_text(out, "30 days are the most\n");
        return false;
    }
    return true;
}

static void print_utc(int64_t wall_us, char *text, size_t room)
{
    const time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, room, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* What was done, to the log and to who asked. */
static void tell_grant(const struct recent_login *login, struct strbuf *out)
{
    char network[IP_ADDRESS_TEXT_BYTES + 4], until[24];
    ip_network_print(&login->client, network);
    print_utc(login->until_us, until, sizeof until);
    log_info("allow: %s may relay until %s, user %s, reason: %s", network, until,
             login->user[0] == '\0' ? "(none)" : login->user,
             login->reason[0] == '\0' ? "(none)" : login->reason);
    strbuf_printf(out, "%s may relay until %s%s%s\n", network, until, login->user[0] == '\0' ? "" : " as ",
                  login->user);
}

static bool grant(struct policy_engine *engine, const struct policy_allow *allow,
                  const struct relay_settings *relay, struct strbuf *out)
{
    struct ip_address address;
    uint64_t duration_ms;
    if (relay->recent_logins.remember_ms == 0) {
        strbuf_append_text(out, "relay.recent_logins.remember is 0: nobody is let in by a recent login\n");
        return false;
    }
    if (!read_address(allow->address, &address, out) ||
        !read_duration(allow->duration, relay->recent_logins.remember_ms, &duration_ms, out))
        return false;
    void *scratch = talloc_new(NULL);
    const char *user =
        login_canonical(scratch, slice_of(allow->user), allow->user == NULL ? "" : relay->default_realm);
    const struct recent_login login = {
        .client = recent_logins_network(&address),
        .user = user == NULL ? "" : user,
        .reason = allow->reason == NULL ? "" : allow->reason,
        .until_us = clock_wall_us(&engine->options.clock) + (int64_t)(duration_ms * US_PER_MS),
    };
    bool is_granted = user != NULL && recent_logins_add(engine->recent_logins, &login);
    if (is_granted)
        tell_grant(&login, out);
    else
        strbuf_append_text(out, "out of memory\n");
    talloc_free(scratch);
    return is_granted;
}

bool policy_engine_allow(struct policy_engine *engine, const struct policy_allow *allow, struct strbuf *out)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    bool is_granted = grant(engine, allow, snapshot_relay_settings(snapshot), out);
    policy_snapshot_unref(snapshot);
    return is_granted;
}

bool policy_engine_disallow(struct policy_engine *engine, const char *text, struct strbuf *out)
{
    struct ip_address address;
    char network[IP_ADDRESS_TEXT_BYTES + 4];
    if (!read_address(text, &address, out))
        return false;
    const struct ip_network client = recent_logins_network(&address);
    ip_network_print(&client, network);
    if (!recent_logins_remove(engine->recent_logins, &address)) {
        strbuf_printf(out, "%s was not allowed by a recent login\n", network);
        return false;
    }
    log_info("allow: %s was removed: it is outside again", network);
    strbuf_printf(out, "%s is outside again\n", network);
    return true;
}

/* ---- the list --------------------------------------------------------------------------------------- */

struct listing {
    struct strbuf *out;
    struct json_writer json;
};

static void list_as_text(void *context, const struct recent_login *login)
{
    struct listing *listing = context;
    char network[IP_ADDRESS_TEXT_BYTES + 4], until[24];
    ip_network_print(&login->client, network);
    print_utc(login->until_us, until, sizeof until);
    strbuf_printf(listing->out, "%-28s until %s  %s%s%s\n", network, until,
                  login->user[0] == '\0' ? "-" : login->user, login->reason[0] == '\0' ? "" : "  ",
                  login->reason);
}

static void list_as_json(void *context, const struct recent_login *login)
{
    struct listing *listing = context;
    char network[IP_ADDRESS_TEXT_BYTES + 4], until[24];
    ip_network_print(&login->client, network);
    print_utc(login->until_us, until, sizeof until);
    json_open_object(&listing->json, NULL);
    json_text(&listing->json, "client", network);
    json_text(&listing->json, "until", until);
    json_text(&listing->json, "user", login->user);
    json_text(&listing->json, "reason", login->reason);
    json_close_object(&listing->json);
}

void policy_engine_list_allowed(struct policy_engine *engine, bool json, struct strbuf *out)
{
    struct listing listing = {.out = out};
    json_writer_init(&listing.json, out);
    if (json)
        json_open_array(&listing.json, NULL);
    size_t count = recent_logins_each(engine->recent_logins, json ? list_as_json : list_as_text, &listing);
    if (json) {
        json_close_array(&listing.json);
        strbuf_append_byte(out, '\n');
    } else if (count == 0) {
        strbuf_append_text(out, "nobody is allowed by a recent login\n");
    }
}
