#include "scan/archive/ole/ole_document.h"

enum {
    START_BYTES = 4096,       /* of a stream whose beginning tells */
    SECTOR_BYTES_MOST = 4096, /* what ole_stream_next gives at once */
};

unsigned ole_document_traits_of_name(const struct ole_entry *entry)
{
    bool is_stream = entry->type == OLE_STREAM, is_storage = entry->type == OLE_STORAGE;
    if (is_stream && (ole_name_is(entry, "EncryptedPackage") || ole_name_is(entry, "EncryptedSummary") ||
                      ole_name_is(entry, "\tDRMContent") || ole_name_is(entry, "\tDRMViewerContent")))
        return OLE_IS_ENCRYPTED;
    if ((is_storage && (ole_name_is(entry, "VBA") || ole_name_is(entry, "_VBA_PROJECT_CUR"))) ||
        (is_stream && ole_name_is(entry, "_VBA_PROJECT")))
        return OLE_HAS_MACROS;
    return 0;
}

/* Word: the file information block, and in it the flag fEncrypted. */
static bool is_encrypted_text(struct slice start)
{
    enum { WORD_97 = 0xA5EC, WORD_95 = 0xA5DC, FLAGS_AT = 10, IS_ENCRYPTED = 0x0100 };
    if (start.length < FLAGS_AT + 2)
        return false;
    uint64_t mark = archive_le(start.data, 2);
    return (mark == WORD_97 || mark == WORD_95) && (archive_le(start.data + FLAGS_AT, 2) & IS_ENCRYPTED) != 0;
}

/* Excel: among the first records, before the list of sheets, stands FilePass. */
static bool is_encrypted_table(struct slice start)
{
    enum { FILE_PASS = 0x002F, SHEET = 0x0085, END = 0x000A };
    struct archive_bytes bytes = archive_bytes_of(start);
    unsigned type = archive_bytes_u16(&bytes);
    if (type != 0x0809 && type != 0x0409 && type != 0x0209 && type != 0x0009)
        return false;
    while (!bytes.overrun && type != SHEET && type != END) {
        archive_bytes_take(&bytes, archive_bytes_u16(&bytes));
        type = archive_bytes_u16(&bytes);
        if (!bytes.overrun && type == FILE_PASS)
            return true;
    }
    return false;
}

unsigned ole_document_traits_of_start(struct slice start)
{
    return is_encrypted_text(start) || is_encrypted_table(start) ? OLE_IS_ENCRYPTED : 0;
}

/* PowerPoint: CurrentUserAtom has a token of its own where the rest is encrypted. */
static bool is_encrypted_show(struct slice start)
{
    enum { TOKEN_AT = 12 };
    return start.length >= TOKEN_AT + 4 && archive_le(start.data + TOKEN_AT, 4) == 0xF3D1C4DF;
}

/* PowerPoint: VBAInfoAtom, whose second field says that there is a project. */
static bool has_show_macros(const struct ole_file *file, const struct ole_entry *entry)
{
    static const char mark[] = {2, 0, 0, 4, 12, 0, 0, 0};
    enum { HAS_MACROS_AT = sizeof mark + 4, ATOM_BYTES = sizeof mark + 12 };
    char window[ATOM_BYTES + SECTOR_BYTES_MOST];
    size_t kept = 0;
    struct ole_stream stream;
    ole_stream_begin(&stream, file, entry);
    for (struct slice piece = ole_stream_next(&stream); piece.length > 0; piece = ole_stream_next(&stream)) {
        memcpy(window + kept, piece.data, piece.length);
        struct slice left = slice_make(window, kept + piece.length);
        const char *at;
        while ((at = memmem(left.data, left.length, mark, sizeof mark)) != NULL) {
            left = slice_part(left, (size_t)(at - left.data), left.length);
            if (left.length < ATOM_BYTES)
                break;
            if (archive_le(left.data + HAS_MACROS_AT, 4) == 1)
                return true;
            left = slice_part(left, 1, left.length);
        }
        kept = left.length < ATOM_BYTES ? left.length : ATOM_BYTES - 1;
        memmove(window, left.data + left.length - kept, kept);
    }
    return false;
}

/* The beginning of a stream, in `buffer` of START_BYTES. */
static struct slice read_start(const struct ole_file *file, const struct ole_entry *entry, char *buffer)
{
    struct ole_stream stream;
    size_t length = 0;
    ole_stream_begin(&stream, file, entry);
    for (struct slice piece = ole_stream_next(&stream); piece.length > 0 && length < START_BYTES;
         piece = ole_stream_next(&stream)) {
        size_t room = START_BYTES - length, count = piece.length < room ? piece.length : room;
        memcpy(buffer + length, piece.data, count);
        length += count;
    }
    return slice_make(buffer, length);
}

unsigned ole_document_traits(const struct ole_file *file, const struct ole_entry *entry)
{
    char buffer[START_BYTES];
    unsigned traits = ole_document_traits_of_name(entry);
    if (entry->type != OLE_STREAM)
        return traits;
    if (ole_name_is(entry, "WordDocument") || ole_name_is(entry, "Workbook") || ole_name_is(entry, "Book"))
        traits |= ole_document_traits_of_start(read_start(file, entry, buffer));
    if (ole_name_is(entry, "Current User") && is_encrypted_show(read_start(file, entry, buffer)))
        traits |= OLE_IS_ENCRYPTED;
    if (ole_name_is(entry, "PowerPoint Document") && has_show_macros(file, entry))
        traits |= OLE_HAS_MACROS;
    return traits;
}
