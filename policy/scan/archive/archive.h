/*
 * Reading the names inside archives, from a stream.
 *
 * A format is a small table of functions. The caller recognises one by content, creates its reader, pushes
 * the archive's bytes in pieces of any size, and hears of members through a sink. Readers never hold the
 * archive: they keep what they need (bounded), and stop with an outcome when a bound is reached. Nothing is
 * unpacked except what a name is hidden behind (compressed tar, packed 7z index) or what the sink asks for.
 *
 * All names of a member are reported: a zip's central directory AND its local headers, whatever they say.
 * A reader belongs to one message and is used by one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_H

#include "base/slice.h"

#include <stdint.h>

/* Shared by all archives of one message, nested ones too; each reader takes from it. */
struct archive_budget {
    uint32_t entries_left;        /* members still allowed */
    uint64_t unpacked_bytes_left; /* bytes decompressors may still produce */
    uint64_t kept_bytes_left;     /* memory readers may still hold */
    uint64_t work_left;           /* units of work decompressors may still do (archive_budget_take_work) */
};

struct archive_member {
    struct slice name; /* as stored, converted to UTF-8 only from UTF-16; valid during the call */
    bool encrypted;    /* content needs a password */
    bool is_folder;
};

enum archive_outcome {
    ARCHIVE_INDEX_ENCRYPTED, /* the names themselves need a password */
    ARCHIVE_CONTRADICTORY, /* unpackers would disagree: indexes differ, two archives in one, hidden members */
    ARCHIVE_DAMAGED,       /* ends early, checks fail, sizes make no sense */
    ARCHIVE_UNSUPPORTED,   /* a method or variant whose names cannot be read here */
    ARCHIVE_OVER_BUDGET,   /* a bound was reached */
    ARCHIVE_HAS_MACROS,    /* a document with VBA in it */
};

/* Reported to the caller of archive_reader_push, during the call. */
struct archive_sink {
    void *context;
    /* A member begins. Returns true to be given its content where the reader can produce it. */
    bool (*member)(void *context, const struct archive_member *member);
    /* Another name of the member begun last, for some unpackers show this one. May come any time before its
     * member_end, after its content too (TNEF). The first name is empty where none was known in time. */
    void (*other_name)(void *context, struct slice name);
    /* Content of the member begun last, unpacked, in order. Returns false to be spared the rest. */
    bool (*member_data)(void *context, struct slice data);
    /* The member begun last is over; comes once for every member. `complete`: all of its content was given
     * (or it has none); false after content that the sink did not want. */
    void (*member_end)(void *context, bool complete);
    /* Something to know about the archive; `why` is a constant sentence for the record. May come repeatedly.
     */
    void (*outcome)(void *context, enum archive_outcome outcome, const char *why);
};

/* What files of a format are counted as where they stand within each other. */
enum archive_depth {
    ARCHIVE_DEPTH_ARCHIVE,
    /* As messages: it holds files as they do (documents, Outlook's containers, what the Macintosh wraps a
     * single file in). */
    ARCHIVE_DEPTH_MESSAGE,
};

enum archive_trait {
    /* Compressed data without an index: its one member is called as the file, without the last extension. */
    ARCHIVE_IS_ONE_FILE = 1 << 0,
    /* Nothing else has one of these extensions: what has, and is no archive, is not to be trusted. */
    ARCHIVE_NAME_BINDS = 1 << 1,
    /* Unpackers look for its end, behind whatever stands first and whatever the file is called. */
    ARCHIVE_OPENS_FROM_END = 1 << 2,
    /* Unpackers go by the name, and pass over what makes no sense at the beginning (GNU tar). */
    ARCHIVE_OPENS_BY_NAME = 1 << 3,
    /* A document to who opens it. Called an archive it is both, for unpackers find one behind it. */
    ARCHIVE_IS_DOCUMENT = 1 << 4,
    /* Packs in ways of its own, not all of which are read: a file of which nothing is given may be anything.
     */
    ARCHIVE_HAS_OWN_METHODS = 1 << 5,
};

struct archive_format {
    const char *name; /* "zip", "7z", … for the record */
    /* What files of this format are called: extensions in lower case, a blank between them; NULL: none that
     * tell. Documents that are such a file inside have other ones. */
    const char *extensions;
    const char *document_extensions;
    unsigned traits; /* enum archive_trait */
    enum archive_depth depth;
    struct slice embedded_mark; /* begins it behind other bytes; empty: it is not looked for there */
    uint64_t probe_offset;      /* where in the file the recognisable bytes are (0; ISO 9660: 32768) */
    size_t probe_bytes;         /* how many bytes from there `recognise` wants to see */
    /* Whether `probe` (probe_bytes long, or less at the end of the file) is this format. */
    bool (*recognise)(struct slice probe);
    /* A new reader under `owner` (talloc), for the bytes from probe_offset on; NULL: out of memory. The sink
     * and budget must outlive it. Freed with talloc_free. */
    void *(*create)(void *owner, const struct archive_sink *sink, struct archive_budget *budget);
    /* The next bytes of the archive. Returns false once nothing more needs to be pushed. */
    bool (*push)(void *reader, struct slice bytes);
    /* No more bytes come. Outcomes and members may still be reported. */
    void (*end)(void *reader);
};

/* All formats, in the order to try them; ended by NULL. */
extern const struct archive_format *const archive_formats[];

/* Whether `word` is one of `list`, which has a blank between two; NULL: an empty list. */
bool archive_list_has(const char *list, const char *word);

/* The format whose files, or (`documents`) the documents that are such a file inside, have this extension, in
 * lower case without the dot; NULL: none. */
const struct archive_format *archive_format_of_extension(const char *extension, bool documents);

#endif
