/* Logins to mailboxes: what a mailbox server tells of them, and which it should refuse. */
#include "policy_query.h"

#include "accounts/account_book.h"
#include "base/counter.h"
#include "base/json_writer.h"
#include "check/account/account.h"
#include "check/blocks.h"
#include "check/relay/relay.h"
#include "engine/engine.h"
#include "engine/events.h"
#include "live/blocks.h"
#include "query/auth_request.h"

#include <talloc.h>

COUNTER(logins_succeeded, "logins_succeeded", "mailbox_logins_total", "result=\"success\"",
        "Logins to mailboxes that were told to closedrelay, and what became of them.");
COUNTER(logins_failed, "logins_failed", "mailbox_logins_total", "result=\"failure\"",
        "Logins to mailboxes that were told to closedrelay, and what became of them.");
COUNTER(logins_refused, "logins_refused", "mailbox_logins_total", "result=\"locked\"",
        "Logins to mailboxes that were told to closedrelay, and what became of them.");

enum { MESSAGE_LOGIN_BYTES = 80 };

static const struct account_settings *account_settings_of(const struct policy_snapshot *snapshot)
{
    return snapshot_check_settings(snapshot, check_index(&account_check), ROLE_SUBMISSION);
}

/* Whether what is locked is refused, and not only told. */
static bool is_enforced(const struct policy_snapshot *snapshot)
{
    const struct blocks_settings *blocks =
        snapshot_check_settings(snapshot, check_index(&blocks_check), ROLE_SUBMISSION);
    return snapshot->judge.mode == MODE_ENFORCE && blocks->common.mode == MODE_ENFORCE;
}

/* A login as it is asked about. */
struct asked_login {
    void *scratch; /* talloc: to be freed */
    struct policy_snapshot *snapshot;
    const char *user; /* canonical; NULL: out of memory */
    bool is_locked, is_refused;
};

static void look_login_up(struct policy_engine *engine, const char *user, struct asked_login *login)
{
    struct block found;
    bool failed = false;
    login->scratch = talloc_new(NULL);
    login->snapshot = policy_engine_snapshot(engine);
    login->user = login_canonical(login->scratch, slice_of(user),
                                  snapshot_relay_settings(login->snapshot)->default_realm);
    login->is_locked =
        login->user != NULL && engine->services.blocks != NULL &&
        blocks_find_lock(engine->services.blocks, login->user, login->scratch, &found, &failed);
    login->is_refused = login->is_locked && is_enforced(login->snapshot);
}

static void release_login(struct asked_login *login)
{
    policy_snapshot_unref(login->snapshot);
    talloc_free(login->scratch);
}

/* The record and the accounts are told of the same logins, so that a replay ends where this did. */
static void tell_of_login(struct policy_engine *engine, const struct asked_login *login,
                          const struct ip_address *client, const char *service)
{
    const int64_t now_us = clock_wall_us(&engine->options.clock);
    char address[IP_ADDRESS_TEXT_BYTES];
    struct accounts *accounts = account_book_hold(engine->services.accounts);
    const bool is_news = account_book_is_news(engine->services.accounts, login->user, client, now_us);
    if (is_news)
        accounts_take_login(accounts, &account_settings_of(login->snapshot)->judged, slice_of(login->user),
                            client, now_us);
    account_book_release(engine->services.accounts);
    if (!is_news)
        return;
    ip_address_print(client, address);
    engine_record_event(engine, &(struct record_event){.line = RECORD_LINE_LOGIN,
                                                       .user = login->user,
                                                       .service = service,
                                                       .client = address,
                                                       .state = login->is_locked ? "locked" : NULL});
}

bool policy_account_login(struct policy_engine *engine, const struct policy_login *login,
                          struct answer *answer)
{
    struct ip_address client;
    struct asked_login asked;
    if (engine->services.accounts == NULL) {
        answer_refuse(answer, "nobody is watched here");
        return false;
    }
    if (!ip_address_parse(slice_of(login->client), &client)) {
        answer_refuse(answer, "'%s' is no IP address", login->client);
        return false;
    }
    look_login_up(engine, login->user, &asked);
    const bool is_allowed = asked.user != NULL && !asked.is_refused;
    if (asked.user != NULL)
        tell_of_login(engine, &asked, &client, login->service);
    if (is_allowed)
        answer_line(answer, "user %s may log in%s", asked.user,
                    asked.is_locked ? ": it is locked, but locks are in monitor mode" : "");
    else if (asked.user != NULL)
        answer_refuse(answer, "user %s is locked", asked.user);
    else
        answer_refuse(answer, "out of memory");
    release_login(&asked);
    return is_allowed;
}

/* ---- Dovecot's questions ------------------------------------------------------------------------------ */

/* {"status":STATUS,"msg":"user USER WORDS"}; without words the message is empty. */
static void say(struct strbuf *out, int status, const char *user, const char *words)
{
    struct json_writer json;
    struct strbuf text;
    strbuf_init(&text, 0);
    if (words != NULL)
        strbuf_printf(&text, "user %.*s %s", MESSAGE_LOGIN_BYTES, user, words);
    strbuf_printf(out, "{\"status\":%d,\"msg\":", status);
    json_writer_init(&json, out);
    json_string(&json, NULL, strbuf_slice(&text));
    strbuf_append_text(out, "}\n");
    strbuf_deinit(&text);
}

static void answer_allow(struct policy_engine *engine, const struct auth_request *request, struct strbuf *out)
{
    struct asked_login login;
    look_login_up(engine, request->login, &login);
    if (login.is_refused) {
        counter_add(&logins_refused, 1);
        say(out, -1, login.user, "is locked: the password was perhaps stolen, and is to be changed");
    } else {
        say(out, 0, login.user, login.is_locked ? "is locked, but locks are in monitor mode" : NULL);
    }
    release_login(&login);
}

static void take_report(struct policy_engine *engine, const struct auth_request *request, struct strbuf *out)
{
    struct ip_address client;
    const bool is_success = request->is_success && !request->is_policy_reject;
    if (!request->is_policy_reject)
        counter_add(is_success ? &logins_succeeded : &logins_failed, 1);
    if (is_success && engine->services.accounts != NULL &&
        ip_address_parse(slice_of(request->remote), &client)) {
        struct asked_login login;
        look_login_up(engine, request->login, &login);
        if (login.user != NULL)
            tell_of_login(engine, &login, &client, request->protocol[0] == '\0' ? NULL : request->protocol);
        release_login(&login);
    }
    say(out, 0, "", NULL);
}

bool policy_auth_policy(struct policy_engine *engine, const char *command, struct slice json,
                        struct strbuf *out)
{
    struct auth_request request;
    const struct slice word = slice_of(command == NULL ? "" : command);
    const bool is_allow = slice_equal(word, slice_of("allow"));
    if (!is_allow && !slice_equal(word, slice_of("report"))) {
        strbuf_append_text(out, "which command? ?command=allow or ?command=report\n");
        return false;
    }
    const char *wrong = auth_request_read(json, &request);
    if (wrong != NULL) {
        strbuf_printf(out, "%s\n", wrong);
        return false;
    }
    if (is_allow)
        answer_allow(engine, &request, out);
    else
        take_report(engine, &request, out);
    return true;
}
