#include "scan/archive/rar/rar4_name.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_text.h"

struct name_unpacking {
    struct slice plain;
    struct archive_bytes packed;
    unsigned high;       /* upper byte of the code units that come with a lower byte only */
    struct strbuf utf16; /* little endian */
};

static void append_unit(struct name_unpacking *unpacking, unsigned low, unsigned high)
{
    strbuf_append_byte(&unpacking->utf16, (char)low);
    strbuf_append_byte(&unpacking->utf16, (char)high);
}

/* A run of the plain name, from where the Unicode name has got to, as it is or moved into another code page.
 */
static void append_run(struct name_unpacking *unpacking)
{
    unsigned length = archive_bytes_u8(&unpacking->packed);
    bool moved = (length & 0x80) != 0;
    unsigned correction = moved ? archive_bytes_u8(&unpacking->packed) : 0;
    size_t at = unpacking->utf16.length / 2;
    for (unsigned left = (length & 0x7F) + 2; left > 0 && at < unpacking->plain.length; left--, at++) {
        unsigned byte = (unsigned char)unpacking->plain.data[at];
        append_unit(unpacking, (byte + correction) & 0xFF, moved ? unpacking->high : 0);
    }
}

static void append_by_code(struct name_unpacking *unpacking, unsigned code)
{
    unsigned low;
    if (code == 3) {
        append_run(unpacking);
        return;
    }
    low = archive_bytes_u8(&unpacking->packed);
    unsigned high = code == 0 ? 0 : code == 1 ? unpacking->high : archive_bytes_u8(&unpacking->packed);
    if (!unpacking->packed.overrun)
        append_unit(unpacking, low, high);
}

void rar4_name_unpack(struct slice plain, struct slice packed, struct strbuf *name)
{
    struct name_unpacking unpacking = {.plain = plain, .packed = archive_bytes_of(packed)};
    strbuf_init(&unpacking.utf16, 0);
    unpacking.high = archive_bytes_u8(&unpacking.packed);
    while (unpacking.packed.left.length > 0) {
        unsigned codes = archive_bytes_u8(&unpacking.packed); /* of up to four units or runs, two bits each */
        for (int shift = 6; shift >= 0 && unpacking.packed.left.length > 0; shift -= 2)
            append_by_code(&unpacking, codes >> shift & 3);
    }
    archive_text_append_utf16(name, strbuf_slice(&unpacking.utf16), ARCHIVE_LITTLE_ENDIAN);
    name->failed = name->failed || unpacking.utf16.failed;
    strbuf_deinit(&unpacking.utf16);
}
