#include "http/http_call.h"

void http_answer_text(struct http_call *call, unsigned status, const char *text)
{
    strbuf_reset(&call->body);
    strbuf_append_text(&call->body, text);
    call->status = status;
    call->content_type = HTTP_TYPE_TEXT;
}

void http_answer_json(struct http_call *call, struct answer *answer)
{
    call->content_type = HTTP_TYPE_JSON;
    if (answer == NULL) {
        strbuf_append_text(&call->body, "{\"error\":\"out of memory\"}\n");
        call->status = 500;
        return;
    }
    if (answer_is_refused(answer))
        call->status = 400;
    answer_write_json(answer, &call->body);
    answer_destroy(answer);
}
