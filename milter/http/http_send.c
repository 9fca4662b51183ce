#include "http/http_send.h"

static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
     "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

enum MHD_Result http_send_answer(struct MHD_Connection *connection, struct http_call *call)
{
    struct strbuf *body = &call->body;
    const bool is_whole = !body->failed;
    struct MHD_Response *response =
        !is_whole || body->data == NULL
            ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_buffer(body->length, body->data, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return MHD_NO;
    if (is_whole)
        strbuf_init(body, 0); /* the response frees it */
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    MHD_add_response_header(response, "Content-Type", call->content_type);
    if (call->status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate",
                                "Basic realm=\"closedrelay\", charset=\"UTF-8\"");
    if (call->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (call->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "2");
    const enum MHD_Result result =
        MHD_queue_response(connection, is_whole ? call->status : MHD_HTTP_INTERNAL_SERVER_ERROR, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result http_send_refusal(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct http_call call = {.status = status};
    strbuf_init(&call.body, 0);
    http_answer_text(&call, status, text);
    const enum MHD_Result result = http_send_answer(connection, &call);
    strbuf_deinit(&call.body);
    return result;
}
