/*
 * The zip reader's own state, for its three files: zip.c walks from record to record, zip_member.c reads
 * local headers and passes over data, zip_directory.c compares the central directory with what passed before.
 *
 * Each local header leaves a zip_record. A central entry is looked up by the offset it gives; what agrees is
 * not reported again, what differs is reported as a member of its own and as ARCHIVE_CONTRADICTORY.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_READER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_READER_H

#include "scan/archive/archive_window.h"
#include "scan/archive/unpack.h"
#include "scan/archive/zip/zip_headers.h"

/* What is reported at most once. The words are in zip.c. */
enum zip_reason {
    ZIP_REASON_NAMES_DIFFER,
    ZIP_REASON_ENTRIES_DIFFER,
    ZIP_REASON_NOT_IN_DIRECTORY,
    ZIP_REASON_ONLY_IN_DIRECTORY,
    ZIP_REASON_LISTED_TWICE,
    ZIP_REASON_SAME_NAME,
    ZIP_REASON_FOLDER_WITH_CONTENT,
    ZIP_REASON_BETWEEN,
    ZIP_REASON_AFTER_END,
    ZIP_REASON_SECOND_ARCHIVE,
    ZIP_REASON_AFTER_DIRECTORY,
    ZIP_REASON_END_DIFFERS,
    ZIP_REASON_DESCRIPTOR,
    ZIP_REASON_BEHIND_OTHER_DATA,
    ZIP_REASON_ENCRYPTED_INDEX,
    ZIP_REASON_DATA,
    ZIP_REASON_ENDS_EARLY,
    ZIP_REASON_SPLIT,
    ZIP_REASON_METHOD,
    ZIP_REASON_INDEX_OUT_OF_SIGHT,
    ZIP_REASON_ENTRIES,
    ZIP_REASON_UNPACKED,
    ZIP_REASON_KEPT,
    ZIP_REASON_COUNT,
};

enum zip_state {
    ZIP_STATE_RECORD,     /* a record is expected */
    ZIP_STATE_SEARCH,     /* something else was there: the next record is looked for */
    ZIP_STATE_DATA,       /* the data of a member */
    ZIP_STATE_DESCRIPTOR, /* behind the data */
    ZIP_STATE_DONE,
};

struct zip_record {
    uint64_t offset;       /* of the local header in the stream */
    uint64_t packed_bytes; /* as the local header or the data itself said */
    uint64_t unpacked_bytes;
    size_t name_at; /* in `names`; those of extra fields follow it */
    uint32_t crc;
    uint16_t name_length;
    uint32_t extra_names_bytes;
    uint16_t flags;
    uint16_t method;
    bool is_listed;       /* by the central directory */
    bool is_packed_known; /* packed_bytes */
};

/* The central directory being read. */
struct zip_directory {
    uint64_t at;      /* where it began */
    uint64_t end;     /* behind its last entry or signature */
    uint64_t entries; /* 0: not begun */
    bool has_zip64_end;
    struct zip_end zip64_end;
};

struct zip_reader {
    const struct archive_sink *sink;
    struct archive_budget *budget;
    struct archive_window window;
    enum zip_state state;
    unsigned reported; /* bit per zip_reason */

    struct archive_buffer records; /* struct zip_record[], by offset */
    size_t record_count;
    struct archive_buffer names;
    size_t names_length;
    struct strbuf extra_names; /* of the header being read */

    /* The member whose data passes, the last of the records. */
    bool member_open;
    bool data_wanted;        /* by the sink, and it can be given */
    bool data_complete;      /* so far */
    bool data_is_zip;        /* it is given as it is, and begins like one */
    bool data_size_is_known; /* else a data descriptor tells where it ends */
    uint64_t data_left;      /* where the size is known */
    uint64_t data_bytes;     /* consumed so far */
    struct unpack *unpack;
    size_t searched; /* bytes at the window's front that hold no undecided signature */

    struct archive_buffer inner; /* names in headers inside data: 4 bytes of length, then the name */
    size_t inner_length;
    size_t inner_mark; /* where those of the member that is open begin */
    bool inner_is_full;

    struct zip_directory directory;
    bool archive_begun;
    uint64_t archive_at;  /* where it began: offsets may count from there */
    uint64_t end_count;   /* end records seen */
    uint64_t comment_end; /* of the last end record */
    bool gap;             /* ZIP_STATE_SEARCH passed more than blanks */
    bool has_mark_behind; /* an archive's mark stands behind an end record */
    bool is_tail;         /* only the end of a file is read */
    bool is_index_encrypted;
    bool is_split;
    bool is_ending; /* no more bytes come: what is not whole is no record */
};

/* zip.c */
void zip_report(struct zip_reader *reader, enum zip_reason reason);
void zip_stop(struct zip_reader *reader, enum zip_reason reason);
/* False: too many members; the reader has stopped. */
bool zip_take_entry(struct zip_reader *reader);
/* Reports a member that has no data here, with its end. False: the reader has stopped. */
bool zip_report_name(struct zip_reader *reader, struct slice name, bool is_encrypted);
/* What stands at the front is no record: looks for the next one. False: there is no byte yet. */
bool zip_search(struct zip_reader *reader);
struct slice zip_record_name(const struct zip_reader *reader, const struct zip_record *record);
/* The names of its extra fields, for zip_names_next. */
struct slice zip_record_extra_names(const struct zip_reader *reader, const struct zip_record *record);
struct zip_record *zip_records(const struct zip_reader *reader);

/* zip_member.c; the steps return false when they need more bytes. */
bool zip_member_read_local(struct zip_reader *reader);
bool zip_member_pass(struct zip_reader *reader);
bool zip_member_read_descriptor(struct zip_reader *reader);
/* The stream is over: ends the member that is open, if any. */
void zip_member_cut_short(struct zip_reader *reader);

/*
 * zip_inner.c: names in headers that stand inside data, or inside other headers. For a zip in a zip that is
 * as it should be; they matter only where the sizes that say so are in doubt, and are kept until that is
 * known.
 */
/* A signature stands at `searched` and does not end the data: keeps the name behind it and moves `searched`
 * on. False: the name has not come yet. */
bool zip_inner_read(struct zip_reader *reader, enum zip_signature signature);
/* The same for all that lies in `bytes`. */
void zip_inner_search(struct zip_reader *reader, struct slice bytes);
/* Reports and forgets those kept from `mark` on. */
void zip_inner_report(struct zip_reader *reader, size_t mark);

/* zip_directory.c; likewise. */
bool zip_directory_read_central(struct zip_reader *reader);
bool zip_directory_read_zip64_end(struct zip_reader *reader);
bool zip_directory_read_end(struct zip_reader *reader);
/* All has been seen: what is missing, what is there twice? */
void zip_directory_check(struct zip_reader *reader);

#endif
