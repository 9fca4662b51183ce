/* A request on its way to its answer, and the table of what can be asked for. */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_CALL_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_CALL_H

#include "http/http_request.h"
#include "policy_dashboard.h"
#include "policy_query.h"

/* An answer may not be larger: what would be is a 500, and said in the log. */
enum { HTTP_BODY_BYTES_MAX = 2 << 20 };
/* What is sent with a POST; more is a 413. */
enum { HTTP_CONTENT_BYTES_MAX = 8 << 10 };

/* What the answers are made from. Lives as long as the server. */
struct http_target {
    struct policy_engine *engine;
    struct policy_dashboard *dashboard; /* NULL: it could not be started */
};

struct http_call {
    const struct http_target *target;
    struct http_request request;
    struct strbuf content; /* what was sent; at most HTTP_CONTENT_BYTES_MAX */
    char who[128];         /* "admin over HTTP from 127.0.0.1": for the record */
    /* the answer */
    unsigned status;
    const char *content_type;
    struct strbuf body;
};

enum http_lane {
    HTTP_LANE_QUICK,   /* from memory: never more than a few ms */
    HTTP_LANE_HISTORY, /* reads the record: one at a time, at the lowest priority */
};

struct http_route {
    const char *path;
    bool takes_content;        /* POST; else GET and HEAD */
    enum policy_viewer viewer; /* the least that one must be */
    enum http_lane lane;
    void (*serve)(struct http_call *call);
};

/* NULL: there is no such thing. */
const struct http_route *http_route_find(const char *path, bool has_content);

/* A plain text as the answer. */
void http_answer_text(struct http_call *call, unsigned status, const char *text);
/* Takes `answer`, which may be NULL (out of memory), as JSON; refusals are 400. */
void http_answer_json(struct http_call *call, struct answer *answer);

#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"
#define HTTP_TYPE_JSON "application/json"
#define HTTP_TYPE_HTML "text/html; charset=utf-8"

/* ---- the rows (http_api.c, http_pages.c) --------------------------------------------------------------- */

void http_serve_metrics(struct http_call *call);
void http_serve_health(struct http_call *call);
void http_serve_readiness(struct http_call *call);
void http_serve_api_index(struct http_call *call);
void http_serve_status(struct http_call *call);
void http_serve_problems(struct http_call *call);
void http_serve_lookup(struct http_call *call);
void http_serve_usage(struct http_call *call);
void http_serve_top(struct http_call *call);
void http_serve_blocks(struct http_call *call);
void http_serve_grants(struct http_call *call);
void http_serve_suspects(struct http_call *call);
void http_serve_suspect(struct http_call *call);
void http_serve_settings(struct http_call *call);
void http_serve_recent(struct http_call *call);
void http_serve_report(struct http_call *call);
void http_serve_explain(struct http_call *call);
void http_serve_held(struct http_call *call);
void http_serve_page(struct http_call *call);
void http_serve_style(struct http_call *call);
void http_serve_script(struct http_call *call);
void http_serve_icon(struct http_call *call);
void http_serve_auth_policy(struct http_call *call);

#endif
