/*
 * Archives that are recognised and not read. Unpackers for them are at large, so a file of such a kind is
 * never taken for one without names: it is reported as unsupported.
 */
#include "scan/archive/archive_formats.h"

#include <talloc.h>

struct uninspectable_kind {
    size_t at;
    const char *bytes;
    size_t length;
    const char *why;
};

#define UNINSPECTABLE(at, bytes, what)                                                                       \
    {                                                                                                        \
        at, bytes, sizeof(bytes) - 1, what " cannot be looked into"                                          \
    }

static const struct uninspectable_kind kinds[] = {
    UNINSPECTABLE(0, "\x02\x21\x4c\x18", "old LZ4 data"),
    UNINSPECTABLE(0, "LRZI", "lrzip data"),
    UNINSPECTABLE(0, "7kSt\xa0\x31\x83\xd3\x8c\xb2\x28\xb0\xd3", "a ZPAQ archive"),
    UNINSPECTABLE(0, "\x89LZO\0\r\n\x1a\n", "lzop data"),
    UNINSPECTABLE(20, "\xdc\xa7\xc4\xfd", "a zoo archive"),
    UNINSPECTABLE(0, "MSWIM\0\0\0", "a Windows image"),
    UNINSPECTABLE(0, "WLPWM\0\0\0", "a Windows image"),
    UNINSPECTABLE(0, "xar!", "a xar archive"),
    UNINSPECTABLE(0, "070701", "a cpio archive"),
    UNINSPECTABLE(0, "070702", "a cpio archive"),
    UNINSPECTABLE(0, "070707", "a cpio archive"),
    UNINSPECTABLE(0, "\xc7\x71", "a cpio archive"),
    UNINSPECTABLE(0, "\x71\xc7", "a cpio archive"),
    UNINSPECTABLE(0, "WARC/1.", "a web archive"),
    UNINSPECTABLE(0, "\xed\xab\xee\xdb", "an RPM package"),
    UNINSPECTABLE(0, "vhdxfile", "a disk image"),
    UNINSPECTABLE(0, "conectix", "a disk image"),
    UNINSPECTABLE(0, "KDMV", "a disk image"),
    UNINSPECTABLE(0, "QFI\xfb", "a disk image"),
    UNINSPECTABLE(0, "<<< Oracle VM VirtualBox Disk Image", "a disk image"),
    UNINSPECTABLE(3, "NTFS    ", "a disk image"),
    UNINSPECTABLE(3, "EXFAT   ", "a disk image"),
    UNINSPECTABLE(54, "FAT12   ", "a disk image"),
    UNINSPECTABLE(54, "FAT16   ", "a disk image"),
    UNINSPECTABLE(82, "FAT32   ", "a disk image"),
    UNINSPECTABLE(1024, "H+\0\4", "a disk image"),
    UNINSPECTABLE(1024, "HX\0\5", "a disk image"),
    UNINSPECTABLE(0, "hsqs", "a squashfs image"),
    UNINSPECTABLE(0, "SIT!", "a StuffIt archive"),
    UNINSPECTABLE(0, "StuffIt (c)", "a StuffIt archive"),
    UNINSPECTABLE(0, "StuffIt!", "a StuffIt archive"),
    UNINSPECTABLE(0, "EGGA", "an EGG archive"),
    UNINSPECTABLE(0, "ALZ\x01", "an ALZ archive"),
};

enum { UNINSPECTABLE_PROBE_BYTES = 1028 };

/* The binary header of old cpio: words in either order, at 6 the mode, at 20 the length of the name with its
 * NUL. */
static bool uninspectable_is_binary_cpio(struct slice probe)
{
    enum { MODE_AT = 6, NAME_LENGTH_AT = 20, NAME_AT = 26, NAME_BYTES_MAX = 1024 };
    if (probe.length <= NAME_AT)
        return false;
    const unsigned char *bytes = (const unsigned char *)probe.data;
    unsigned low = bytes[0] == 0xc7 ? 0 : 1;
    unsigned type = bytes[MODE_AT + 1 - low] >> 4;
    unsigned length = bytes[NAME_LENGTH_AT + low] | (unsigned)bytes[NAME_LENGTH_AT + 1 - low] << 8;
    bool is_known = type == 8 || type == 4 || type == 10 || type == 2 || type == 6 || type == 1;
    return is_known && length > 1 && length <= NAME_BYTES_MAX && bytes[NAME_AT] > ' ';
}

/* What is weak in a mark is made up for by what else must be there. */
static bool uninspectable_suits(const struct uninspectable_kind *kind, struct slice probe)
{
    switch (kind->at) {
    case 0:
        return kind->length > 2 || uninspectable_is_binary_cpio(probe);
    case 3: /* a boot sector */
    case 54:
    case 82:
        return probe.length >= 512 && memcmp(probe.data + 510, "\x55\xaa", 2) == 0;
    default:
        return true;
    }
}

static const char *uninspectable_find(struct slice probe)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct uninspectable_kind *kind = &kinds[i];
        if (probe.length < kind->at + kind->length ||
            memcmp(probe.data + kind->at, kind->bytes, kind->length) != 0)
            continue;
        if (uninspectable_suits(kind, probe))
            return kind->why;
    }
    return NULL;
}

static bool uninspectable_recognise(struct slice probe)
{
    return uninspectable_find(probe) != NULL;
}

/* The probe once more, gathered from the pushes. */
struct uninspectable_reader {
    const struct archive_sink *sink;
    size_t length;
    char probe[UNINSPECTABLE_PROBE_BYTES];
};

static void *uninspectable_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct uninspectable_reader *reader = talloc_zero(owner, struct uninspectable_reader);
    (void)budget;
    if (reader != NULL)
        reader->sink = sink;
    return reader;
}

static bool uninspectable_push(void *context, struct slice bytes)
{
    struct uninspectable_reader *reader = context;
    size_t room = UNINSPECTABLE_PROBE_BYTES - reader->length;
    size_t count = bytes.length < room ? bytes.length : room;
    if (count > 0)
        memcpy(reader->probe + reader->length, bytes.data, count);
    reader->length += count;
    return reader->length < UNINSPECTABLE_PROBE_BYTES;
}

static void uninspectable_end(void *context)
{
    struct uninspectable_reader *reader = context;
    const char *why = uninspectable_find(slice_make(reader->probe, reader->length));
    if (why != NULL)
        reader->sink->outcome(reader->sink->context, ARCHIVE_UNSUPPORTED, why);
    else
        reader->sink->outcome(reader->sink->context, ARCHIVE_DAMAGED, "the archive ends early");
}

const struct archive_format uninspectable_format = {
    .name = "uninspectable",
    .extensions = "lzo br lrz zpaq zoo cpio sit sitx alz egg dmg sparseimage vhd vhdx avhdx vdi vmdk "
                  "qcow2 wim swm esd",
    .traits = ARCHIVE_NAME_BINDS,
    .probe_bytes = UNINSPECTABLE_PROBE_BYTES,
    .recognise = uninspectable_recognise,
    .create = uninspectable_create,
    .push = uninspectable_push,
    .end = uninspectable_end,
};
