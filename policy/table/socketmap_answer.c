#include "table/socketmap_answer.h"

enum { WORDS_SHOWN_BYTES = 200 };

enum netstring_state netstring_read(struct slice received, struct slice *payload, size_t *bytes)
{
    size_t length = 0, at = 0;
    for (; at < received.length && ascii_is_digit(received.data[at]); at++) {
        length = length * 10 + (size_t)(received.data[at] - '0');
        if (length > SOCKETMAP_PAYLOAD_BYTES_MAX || at > 8)
            return NETSTRING_BROKEN;
    }
    if (at == received.length)
        return NETSTRING_PART;
    if (at == 0 || received.data[at] != ':')
        return NETSTRING_BROKEN;
    *bytes = at + 1 + length + 1;
    if (received.length < *bytes)
        return NETSTRING_PART;
    *payload = slice_part(received, at + 1, at + 1 + length);
    return received.data[*bytes - 1] == ',' ? NETSTRING_WHOLE : NETSTRING_BROKEN;
}

enum table_answer socketmap_answer_read(struct slice payload, struct strbuf *value, struct strbuf *problem)
{
    if (slice_starts_nocase(payload, slice_of("OK "))) {
        strbuf_append_slice(value, slice_part(payload, 3, payload.length));
        return TABLE_FOUND;
    }
    if (slice_starts_nocase(payload, slice_of("NOTFOUND")))
        return TABLE_MISSING;
    const size_t shown = payload.length > WORDS_SHOWN_BYTES ? WORDS_SHOWN_BYTES : payload.length;
    strbuf_append_text(problem, "the server says: ");
    strbuf_append_slice(problem, slice_part(payload, 0, shown));
    return TABLE_UNKNOWN;
}
