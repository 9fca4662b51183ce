#include "query/auth_request.h"

#include "base/json_reader.h"

#include <string.h>

/* False: it is longer, or has a NUL byte. Of what is no text: "". */
static bool take_text(const struct json_value *value, char *out, size_t most)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const struct slice text = json_read_string(value, &scratch);
    const bool fits = !scratch.failed && text.length <= most &&
                      (text.length == 0 || memchr(text.data, '\0', text.length) == NULL);
    if (fits && text.length > 0)
        memcpy(out, text.data, text.length);
    out[fits ? text.length : 0] = '\0';
    strbuf_deinit(&scratch);
    return fits;
}

const char *auth_request_read(struct slice json, struct auth_request *request)
{
    struct json_cursor cursor = json_enter_line(json);
    struct json_value key, value;
    bool fits = true;
    memset(request, 0, sizeof *request);
    while (json_next(&cursor, &key, &value)) {
        if (json_equals(&key, "login"))
            fits = take_text(&value, request->login, AUTH_LOGIN_BYTES_MAX) && fits;
        else if (json_equals(&key, "remote"))
            fits = take_text(&value, request->remote, AUTH_REMOTE_BYTES_MAX) && fits;
        else if (json_equals(&key, "protocol"))
            fits = take_text(&value, request->protocol, AUTH_PROTOCOL_BYTES_MAX) && fits;
        else if (json_equals(&key, "success"))
            request->is_success = value.kind == JSON_KIND_TRUE;
        else if (json_equals(&key, "policy_reject"))
            request->is_policy_reject = value.kind == JSON_KIND_TRUE;
    }
    if (!json_is_whole(&cursor))
        return "this is no JSON object";
    if (!fits)
        return "login, remote or protocol is too long";
    return request->login[0] == '\0'
               ? "which login? auth_policy_request_attributes takes login=%{requested_username}"
               : NULL;
}
