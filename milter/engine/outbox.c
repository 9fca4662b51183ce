#include "outbox.h"

enum { BYTES_KEPT = 4096 };

void outbox_init(struct outbox *outbox)
{
    outbox->count = 0;
    strbuf_init(&outbox->bytes, 0);
}

void outbox_deinit(struct outbox *outbox)
{
    strbuf_deinit(&outbox->bytes);
}

bool outbox_put(struct outbox *outbox, struct connection *connection, struct slice answer)
{
    const size_t before = outbox->bytes.length;
    strbuf_append_slice(&outbox->bytes, answer);
    if (outbox->bytes.failed) {
        outbox->bytes.failed = false;
        strbuf_truncate(&outbox->bytes, before);
        return false;
    }
    outbox->answers[outbox->count++] = (struct outbox_answer){connection, outbox->bytes.length};
    connection->is_answered_later = true;
    return true;
}

struct slice outbox_answer_bytes(const struct outbox *outbox, size_t index)
{
    const size_t start = index == 0 ? 0 : outbox->answers[index - 1].end;
    return slice_part(strbuf_slice(&outbox->bytes), start, outbox->answers[index].end);
}

void outbox_forget(struct outbox *outbox, const struct connection *connection)
{
    for (size_t i = 0; i < outbox->count; i++)
        if (outbox->answers[i].connection == connection)
            outbox->answers[i].connection = NULL;
}

void outbox_empty(struct outbox *outbox)
{
    outbox->count = 0;
    if (outbox->bytes.capacity > BYTES_KEPT)
        strbuf_deinit(&outbox->bytes);
    else
        strbuf_reset(&outbox->bytes);
}
