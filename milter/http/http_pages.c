/* The dashboard's pages, and what they name. */
#include "http/http_call.h"

#include "callbacks/milter_server.h"

static const char *argument(const void *context, const char *name)
{
    return http_request_argument(context, name);
}

void http_serve_page(struct http_call *call)
{
    const struct policy_page_question question = {
        .path = call->request.path,
        .argument = argument,
        .context = &call->request,
        .viewer = call->request.viewer,
        .who = call->who,
        .session_count = milter_server_session_count(),
    };
    call->content_type = HTTP_TYPE_HTML;
    call->status = policy_dashboard_page(call->target->dashboard, &question, &call->body);
}

void http_serve_style(struct http_call *call)
{
    strbuf_append_text(&call->body, policy_dashboard_style);
    call->content_type = "text/css; charset=utf-8";
}

void http_serve_script(struct http_call *call)
{
    strbuf_append_text(&call->body, policy_dashboard_script);
    call->content_type = "text/javascript; charset=utf-8";
}

void http_serve_icon(struct http_call *call)
{
    strbuf_append_text(&call->body, policy_dashboard_icon);
    call->content_type = "image/svg+xml";
}
