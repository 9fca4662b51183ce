/* What programs ask: metrics, health, and the JSON of every question. */
#include "http/http_call.h"

#include "callbacks/milter_server.h"
#include "policy_history.h"

#include <stdlib.h>

enum { USAGE_ROWS = 100, TOP_ROWS = 20, EXPLAIN_ROWS = 50, STUCK_MS = 60000, ROWS_MAX = 10000 };

/* ---- metrics and health ------------------------------------------------------------------------------ */

void http_serve_metrics(struct http_call *call)
{
    policy_query_metrics(call->target->engine, milter_server_session_count(), &call->body);
    call->content_type = POLICY_METRICS_CONTENT_TYPE;
}

/* It answers, and no callback hangs: a restart would help with nothing. */
void http_serve_health(struct http_call *call)
{
    const bool is_stuck = milter_server_slowest_ms(clock_now_ms()) >= STUCK_MS;
    http_answer_text(call, is_stuck ? 503 : 200, is_stuck ? "a callback hangs\n" : "ok\n");
}

/* Mail can be judged and recorded; what is wrong else is for people (`/api/problems`). */
void http_serve_readiness(struct http_call *call)
{
    const bool is_ready = policy_query_readiness(call->target->engine, &call->body);
    if (is_ready)
        http_answer_text(call, 200, "ready\n");
    call->status = is_ready ? 200 : 503;
}

/* ---- of the daemon ------------------------------------------------------------------------------------ */

static const char *argument(const struct http_call *call, const char *name)
{
    return http_request_argument(&call->request, name);
}

/* A number of rows. */
static size_t rows(const struct http_call *call, size_t otherwise)
{
    const char *text = argument(call, "top");
    char *end;
    if (text == NULL)
        return otherwise;
    const unsigned long count = strtoul(text, &end, 10);
    return *end != '\0' || count == 0 ? otherwise : count > ROWS_MAX ? ROWS_MAX : count;
}

void http_serve_api_index(struct http_call *call)
{
    static const char *const names[] = {
        "status",
        "problems",
        "recent",
        "lookup?address=",
        "usage?key=&kind=&by=amount&top=",
        "top",
        "blocks",
        "grants",
        "suspects",
        "suspect?user=",
        "settings?for=",
        "report?since=&until=&by=&top=",
        "held",
        "explain?what=&since=&until=",
    };
    struct answer *answer = answer_create();
    if (answer != NULL) {
        answer_open_list(answer, "questions", NULL);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            answer_words(answer, NULL, NULL, "/api/%s", names[i]);
        answer_close(answer);
    }
    http_answer_json(call, answer);
}

void http_serve_status(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_status(call->target->engine, milter_server_session_count(), answer);
    http_answer_json(call, answer);
}

void http_serve_problems(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        answer_bool(answer, "well", NULL, policy_query_health(call->target->engine, "", answer));
    http_answer_json(call, answer);
}

void http_serve_lookup(struct http_call *call)
{
    struct answer *answer = answer_create();
    const char *address = argument(call, "address");
    if (answer != NULL && address == NULL)
        answer_refuse(answer, "which address? /api/lookup?address=192.0.2.7");
    if (answer != NULL && address != NULL) {
        policy_record_lookup(call->target->engine, call->who, "lookup", address);
        policy_query_lookup(call->target->engine, address, answer);
    }
    http_answer_json(call, answer);
}

static void serve_usage(struct http_call *call, size_t most)
{
    struct answer *answer = answer_create();
    const char *by = argument(call, "by");
    const struct policy_usage_question question = {
        .key = argument(call, "key"),
        .kind = argument(call, "kind"),
        .by_amount = by != NULL && slice_equal(slice_of(by), slice_of("amount")),
        .most = rows(call, most),
    };
    if (answer != NULL)
        policy_query_usage(call->target->engine, &question, answer);
    http_answer_json(call, answer);
}

void http_serve_usage(struct http_call *call)
{
    serve_usage(call, USAGE_ROWS);
}

void http_serve_top(struct http_call *call)
{
    serve_usage(call, TOP_ROWS);
}

void http_serve_blocks(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_blocks(call->target->engine, answer);
    http_answer_json(call, answer);
}

void http_serve_grants(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_grants(call->target->engine, answer);
    http_answer_json(call, answer);
}

void http_serve_suspects(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_suspects(call->target->engine, answer);
    http_answer_json(call, answer);
}

void http_serve_suspect(struct http_call *call)
{
    struct answer *answer = answer_create();
    const char *user = argument(call, "user");
    if (answer != NULL && user == NULL)
        answer_refuse(answer, "which login? /api/suspect?user=ann@example.com");
    if (answer != NULL && user != NULL) {
        policy_record_lookup(call->target->engine, call->who, "suspects", user);
        policy_query_suspect(call->target->engine, user, answer);
    }
    http_answer_json(call, answer);
}

void http_serve_settings(struct http_call *call)
{
    struct answer *answer = answer_create();
    struct policy_snapshot *snapshot = policy_engine_snapshot(call->target->engine);
    if (answer != NULL)
        policy_query_settings(snapshot, argument(call, "for"), answer);
    policy_snapshot_unref(snapshot);
    http_answer_json(call, answer);
}

void http_serve_recent(struct http_call *call)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_dashboard_recent(call->target->dashboard, answer);
    http_answer_json(call, answer);
}

/* ---- told by others ----------------------------------------------------------------------------------- */

void http_serve_auth_policy(struct http_call *call)
{
    const bool is_understood = policy_auth_policy(call->target->engine, argument(call, "command"),
                                                  strbuf_slice(&call->content), &call->body);
    call->content_type = is_understood ? HTTP_TYPE_JSON : HTTP_TYPE_TEXT;
    call->status = is_understood ? 200 : 400;
}

/* ---- of the record ------------------------------------------------------------------------------------ */

static void refuse(struct http_call *call, unsigned status, const char *why)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        answer_refuse(answer, "%s", why);
    http_answer_json(call, answer);
    call->status = status;
}

/* False: answered already. */
static bool find_source(struct http_call *call, struct policy_history_source *source, char **path)
{
    if (policy_dashboard_source(call->target->dashboard, source, path))
        return true;
    refuse(call, 404, "no record is kept: audit.file is empty");
    return false;
}

static const struct policy_history_page as_json = {.form = HISTORY_JSON};

void http_serve_report(struct http_call *call)
{
    struct policy_history_source source;
    struct strbuf text;
    char *path;
    const struct policy_report_query query = {
        .since = argument(call, "since"),
        .until = argument(call, "until"),
        .by = argument(call, "by"),
        .top = (unsigned)rows(call, TOP_ROWS),
        .now_us = clock_system_wall_us(NULL),
    };
    if (!find_source(call, &source, &path))
        return;
    policy_record_lookup(call->target->engine, call->who, "report", "");
    strbuf_init(&text, HTTP_BODY_BYTES_MAX);
    call->content_type = HTTP_TYPE_JSON;
    if (policy_report(&source, &query, &as_json, &text))
        strbuf_append_slice(&call->body, strbuf_slice(&text));
    else
        refuse(call, 400, strbuf_text(&text));
    strbuf_deinit(&text);
    free(path);
}

/* Where what was asked for stands, if it is a login; for an admin. */
static void look_account_up(struct http_call *call, struct strbuf *account)
{
    struct answer *answer = call->request.viewer < POLICY_VIEWER_ADMIN ? NULL : answer_create();
    if (answer != NULL && policy_query_suspect(call->target->engine, argument(call, "what"), answer))
        answer_write_json(answer, account);
    answer_destroy(answer);
}

void http_serve_explain(struct http_call *call)
{
    struct policy_history_source source;
    struct strbuf text, account;
    char *path;
    const bool is_help_desk = call->request.viewer < POLICY_VIEWER_ADMIN;
    struct policy_explain_query query = {
        .what = argument(call, "what"),
        .since = argument(call, "since"),
        .until = argument(call, "until"),
        .is_masked = is_help_desk,
        .refusals_only = is_help_desk,
        .top = (unsigned)rows(call, EXPLAIN_ROWS),
        .now_us = clock_system_wall_us(NULL),
    };
    if (query.what == NULL) {
        refuse(call, 400, "what is to be explained? /api/explain?what=ID");
        return;
    }
    if (!find_source(call, &source, &path))
        return;
    policy_record_lookup(call->target->engine, call->who, "explain", query.what);
    strbuf_init(&text, HTTP_BODY_BYTES_MAX);
    strbuf_init(&account, HTTP_BODY_BYTES_MAX);
    look_account_up(call, &account);
    query.account = strbuf_slice(&account);
    const enum policy_explain_result result = policy_explain(&source, &query, &as_json, &text);
    if (result == EXPLAIN_FAILED) {
        refuse(call, 400, strbuf_text(&text));
    } else {
        call->content_type = HTTP_TYPE_JSON;
        call->status = result == EXPLAIN_TOLD ? 200 : 404;
        strbuf_append_slice(&call->body, strbuf_slice(&text));
    }
    strbuf_deinit(&account);
    strbuf_deinit(&text);
    free(path);
}

/* The MTA's queue is not looked at from here: what was held within a week. */
void http_serve_held(struct http_call *call)
{
    struct policy_history_source source;
    const struct policy_held_query query = {.now_us = clock_system_wall_us(NULL)};
    char *path;
    struct answer *answer;
    if (!find_source(call, &source, &path))
        return;
    policy_record_lookup(call->target->engine, call->who, "held", "");
    answer = answer_create();
    if (answer != NULL)
        policy_held(&source, &query, answer);
    http_answer_json(call, answer);
    free(path);
}
