/* The members of a 7z: their names out of the index, their content out of the folders that they share. */
#include "scan/archive/archive_text.h"
#include "scan/archive/seven_zip/seven_zip_reader.h"

#include <talloc.h>

enum { NAME_BYTES_MOST = 65536 };

static void end_folder(struct seven_zip_reader *reader)
{
    TALLOC_FREE(reader->unpacker);
    reader->folder++;
    reader->member_in_folder = 0;
    reader->skip_in_folder = 0;
    reader->folder_failed = false;
}

/* The folder of the next member with content; NULL where the index has more members than folders hold. */
static const struct seven_zip_folder *current_folder(struct seven_zip_reader *reader)
{
    const struct seven_zip_streams *streams = &reader->index.streams;
    while (reader->folder < streams->folder_count &&
           reader->member_in_folder >= streams->folders[reader->folder].member_count)
        end_folder(reader);
    if (reader->folder == streams->folder_count || reader->member == streams->member_count)
        return NULL;
    return &streams->folders[reader->folder];
}

static bool start_unpacker(struct seven_zip_reader *reader, const struct seven_zip_folder *folder)
{
    struct seven_zip_packed packed;
    enum seven_zip_status status = SEVEN_ZIP_OK;
    if (reader->unpacker != NULL || reader->folder_failed)
        return !reader->folder_failed;
    if (!folder->encrypted && seven_zip_find_packed(reader, folder, &packed) == SEVEN_ZIP_OK)
        reader->unpacker = seven_zip_unpacker_create(reader, folder, packed, reader->walk.budget, &status);
    if (status == SEVEN_ZIP_UNSUPPORTED)
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                            "members of the 7z are packed in a way that is not read here (BCJ2, PPMd …)");
    reader->folder_failed = reader->unpacker == NULL;
    return !reader->folder_failed;
}

/* Unpacks `byte_count` bytes, for the open member or to get past them. False: they cannot be had. */
static bool unpack_bytes(struct seven_zip_reader *reader, uint64_t byte_count, bool for_member)
{
    char piece[SEVEN_ZIP_PIECE_BYTES];
    enum seven_zip_status status;
    while (byte_count > 0) {
        size_t most = byte_count < sizeof piece ? (size_t)byte_count : sizeof piece;
        size_t count = seven_zip_unpacker_read(reader->unpacker, piece, most, &status);
        if (count == 0) {
            if (status == SEVEN_ZIP_OVER_BUDGET)
                archive_walk_report(&reader->walk, ARCHIVE_OVER_BUDGET, "more content than may be unpacked");
            else if (status == SEVEN_ZIP_DAMAGED)
                archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the content of a 7z member is damaged");
            return false;
        }
        byte_count -= count;
        if (for_member && !archive_walk_data(&reader->walk, slice_make(piece, count))) {
            reader->skip_in_folder += byte_count;
            return true;
        }
    }
    return true;
}

static void give_content(struct seven_zip_reader *reader, const struct seven_zip_folder *folder,
                         uint64_t byte_count)
{
    archive_walk_content_missing(&reader->walk);
    if (!reader->walk.member_wanted || !start_unpacker(reader, folder)) {
        reader->skip_in_folder += byte_count;
        return;
    }
    uint64_t skip = reader->skip_in_folder;
    reader->skip_in_folder = 0;
    reader->folder_failed = !unpack_bytes(reader, skip, false);
    reader->walk.content_missing = reader->folder_failed;
    if (!reader->folder_failed && !unpack_bytes(reader, byte_count, true)) {
        reader->folder_failed = true;
        archive_walk_content_missing(&reader->walk);
    }
}

/* Reports one member; `has_content`: it takes the next of the folders' members. */
static bool report_member(struct seven_zip_reader *reader, struct slice name, bool has_content,
                          bool is_folder)
{
    const struct seven_zip_folder *folder = has_content ? current_folder(reader) : NULL;
    struct archive_member member = {
        .name = name, .encrypted = folder != NULL && folder->encrypted, .is_folder = is_folder};
    if (!archive_walk_member(&reader->walk, &member))
        return false;
    if (has_content && folder == NULL) {
        archive_walk_content_missing(&reader->walk);
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the 7z index has files without content");
    } else if (has_content) {
        uint64_t byte_count = reader->index.streams.member_bytes[reader->member++];
        reader->member_in_folder++;
        give_content(reader, folder, byte_count);
    }
    archive_walk_member_end(&reader->walk);
    return true;
}

/* The UTF-16 text before the next NUL, which is passed over; `overrun` is set where there is none. */
static struct slice next_name(struct archive_bytes *names)
{
    size_t length = 0;
    while (length + 1 < names->left.length &&
           (names->left.data[length] != '\0' || names->left.data[length + 1] != '\0'))
        length += 2;
    struct slice name = archive_bytes_take(names, length);
    archive_bytes_take(names, 2);
    return name;
}

void seven_zip_report_members(struct seven_zip_reader *reader)
{
    const struct seven_zip_index *index = &reader->index;
    struct archive_bytes names = archive_bytes_of(index->names);
    uint64_t empty_count = 0;
    for (uint64_t i = 0; i < index->file_count; i++) {
        bool has_content = !seven_zip_bit(index->empty_stream, i);
        bool is_folder = !has_content && !seven_zip_bit(index->empty_file, empty_count);
        empty_count += !has_content;
        struct slice name = index->has_names ? next_name(&names) : slice_make("", 0);
        if (names.overrun || name.length > NAME_BYTES_MOST) {
            seven_zip_stop(reader, SEVEN_ZIP_DAMAGED);
            return;
        }
        strbuf_reset(&reader->text);
        archive_text_append_utf16(&reader->text, name, ARCHIVE_LITTLE_ENDIAN);
        if (reader->text.failed) {
            seven_zip_stop(reader, SEVEN_ZIP_OVER_BUDGET);
            return;
        }
        if (!report_member(reader, strbuf_slice(&reader->text), has_content, is_folder))
            return;
    }
    archive_walk_expect_end(&reader->walk);
}
