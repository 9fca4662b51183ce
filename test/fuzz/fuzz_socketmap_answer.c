/* A server's answer, in two pieces: the first byte says where it is cut. */
#include "table/socketmap_answer.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const struct slice whole = slice_make((const char *)data + 1, size - 1);
    const size_t cut = data[0] < whole.length ? data[0] : whole.length;
    struct slice payload = {0}, of_part = {0};
    size_t bytes = 0, of_part_bytes = 0;
    const enum netstring_state state = netstring_read(whole, &payload, &bytes);
    const enum netstring_state part = netstring_read(slice_part(whole, 0, cut), &of_part, &of_part_bytes);
    if (part != NETSTRING_PART && (part != state || of_part_bytes != bytes) && part != NETSTRING_BROKEN)
        abort();
    if (part == NETSTRING_BROKEN && state != NETSTRING_BROKEN)
        abort();
    if (state != NETSTRING_WHOLE)
        return 0;
    if (bytes > whole.length || payload.length > SOCKETMAP_PAYLOAD_BYTES_MAX)
        abort();
    struct strbuf value, problem;
    strbuf_init(&value, TABLE_VALUE_BYTES_MAX);
    strbuf_init(&problem, 0);
    const enum table_answer answer = socketmap_answer_read(payload, &value, &problem);
    if ((answer == TABLE_UNKNOWN) != (problem.length > 0) || (answer == TABLE_MISSING && value.length > 0))
        abort();
    strbuf_deinit(&value);
    strbuf_deinit(&problem);
    return 0;
}
