/* Every decoder, with the input cut in two where its first byte says: the same bytes must come out as uncut.
 */
#include "scan/mime/transfer_decode.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t decode(enum transfer_encoding encoding, struct slice input, size_t cut, char *out, size_t room)
{
    struct transfer_decoder decoder;
    struct slice parts[2] = {slice_part(input, 0, cut), slice_part(input, cut, input.length)};
    size_t made = 0;
    transfer_decoder_init(&decoder, encoding);
    for (size_t i = 0; i < 2; i++)
        while (parts[i].length > 0)
            made += transfer_decode(&decoder, &parts[i], out + made, room - made);
    return made + transfer_decode_end(&decoder, out + made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make((const char *)data, size);
    size_t cut = size == 0 ? 0 : data[0] % size, room = size + 2 * TRANSFER_ROOM_MIN;
    char *whole = malloc(room), *parted = malloc(room);
    for (unsigned encoding = TRANSFER_IDENTITY; encoding <= TRANSFER_QUOTED_PRINTABLE; encoding <<= 1) {
        size_t made = decode((enum transfer_encoding)encoding, input, 0, whole, room);
        if (decode((enum transfer_encoding)encoding, input, cut, parted, room) != made ||
            memcmp(whole, parted, made) != 0)
            abort();
    }
    free(whole);
    free(parted);
    return 0;
}
