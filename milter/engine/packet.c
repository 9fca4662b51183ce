#include "packet.h"

/* The length that the head tells: that of command and data. */
static uint32_t told_length(struct slice input)
{
    const unsigned char *at = (const unsigned char *)input.data;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum packet_result packet_take(struct slice *input, struct packet *packet)
{
    if (input->length < PACKET_HEAD_BYTES - 1)
        return PACKET_PART;
    const uint32_t length = told_length(*input);
    if (length == 0 || length > PACKET_DATA_BYTES_MAX + 1)
        return PACKET_WRONG;
    const size_t whole = PACKET_HEAD_BYTES - 1 + (size_t)length;
    if (input->length < whole)
        return PACKET_PART;
    packet->command = input->data[PACKET_HEAD_BYTES - 1];
    packet->data = slice_part(*input, PACKET_HEAD_BYTES, whole);
    *input = slice_part(*input, whole, input->length);
    return PACKET_WHOLE;
}

size_t packet_size(struct slice input)
{
    return input.length < PACKET_HEAD_BYTES - 1 ? PACKET_HEAD_BYTES
                                                : PACKET_HEAD_BYTES - 1 + (size_t)told_length(input);
}

bool packet_string(struct slice *data, struct slice *string)
{
    const char *end = data->length == 0 ? NULL : memchr(data->data, '\0', data->length);
    if (end == NULL)
        return false;
    const size_t length = (size_t)(end - data->data);
    *string = slice_part(*data, 0, length);
    *data = slice_part(*data, length + 1, data->length);
    return true;
}

size_t packet_string_count(struct slice data)
{
    struct slice string;
    size_t count = 0;
    while (packet_string(&data, &string))
        count++;
    return count;
}

void packet_arguments(struct slice data, char **arguments)
{
    struct slice string;
    while (packet_string(&data, &string))
        *arguments++ = (char *)(uintptr_t)string.data; /* as callbacks take it */
    *arguments = NULL;
}

size_t packet_pairs(struct slice data, size_t *count)
{
    struct slice rest = data, string;
    size_t whole = 0;
    for (*count = 0; packet_string(&rest, &string) && packet_string(&rest, &string); ++*count)
        whole = data.length - rest.length;
    return whole;
}
