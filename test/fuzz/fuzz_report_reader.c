#include "scan/report/report_reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct report_facts *read_report(struct report_reader *reader, struct slice body, size_t piece)
{
    for (size_t at = 0; at < body.length; at += piece)
        report_reader_push(reader, slice_part(body, at, at + piece < body.length ? at + piece : body.length));
    return report_reader_end(reader);
}

/* The first line is the Content-Type; however the rest is cut, it tells the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice whole = slice_make((const char *)data, size);
    const size_t end = slice_find(whole, '\n');
    const struct slice body = slice_part(whole, end < size ? end + 1 : end, size);
    void *owner = talloc_new(NULL);
    struct report_reader *at_once = report_reader_create(owner, slice_part(whole, 0, end));
    struct report_reader *in_pieces = report_reader_create(owner, slice_part(whole, 0, end));
    if (at_once != NULL && in_pieces != NULL) {
        const struct report_facts *a = read_report(at_once, body, size + 1);
        const struct report_facts *b = read_report(in_pieces, body, 3);
        if ((a == NULL) != (b == NULL) || (a != NULL && (a->recipient_count != b->recipient_count ||
                                                         strcmp(a->message_id, b->message_id) != 0)))
            abort();
    }
    talloc_free(owner);
    return 0;
}
