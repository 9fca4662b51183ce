/*
 * What of a CD image is still to come: directories, files and long-name pieces, by their place in the image.
 *
 * A directory lists places further on in any order; the reader takes them in the order in which they pass.
 * Names hang on their extent as a chain. All memory is charged to the budget and belongs to the talloc owner.
 * One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_EXTENTS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_EXTENTS_H

#include "scan/archive/archive_buffer.h"

enum iso9660_extent_kind {
    ISO9660_DIRECTORY,
    ISO9660_NAME_PIECE, /* a System Use area that continues elsewhere */
    ISO9660_FILE,
};

/* How a tree of directories writes its names. */
enum iso9660_charset {
    ISO9660_BYTES,
    ISO9660_JOLIET, /* UTF-16, big endian */
};

enum { ISO9660_NONE = UINT32_MAX };

struct iso9660_extent {
    uint64_t from; /* byte position in the image */
    uint64_t bytes;
    enum iso9660_extent_kind kind;
    enum iso9660_charset charset; /* of a directory */
    bool partial;                 /* a file whose content is not all here, or not in one piece */
    bool reported;                /* a file's names were reported already */
    uint32_t owner;               /* of a name piece: the file it belongs to */
    uint32_t names;               /* first of its chain, or ISO9660_NONE; of a name piece: the name so far */
};

struct iso9660_extents {
    struct archive_buffer items;
    uint32_t item_count;
    struct archive_buffer heap; /* numbers of items, the one that comes first at the root */
    uint32_t heap_count;
    struct archive_buffer names; /* next (4 bytes), length (4), text */
    uint32_t names_bytes;
};

void iso9660_extents_init(struct iso9660_extents *extents, void *owner, struct archive_budget *budget);

/* Adds an extent and returns its number; ISO9660_NONE: there is no room. */
uint32_t iso9660_extents_add(struct iso9660_extents *extents, const struct iso9660_extent *extent);
/* Adds a name to an extent's chain. False: there is no room. */
bool iso9660_extents_add_name(struct iso9660_extents *extents, uint32_t extent, struct slice name);

/* The extent of this number; valid until the next one is added. */
struct iso9660_extent *iso9660_extents_get(const struct iso9660_extents *extents, uint32_t number);
/* The one that comes first, ISO9660_NONE if none is left; _pop takes it out, its number stays good. */
uint32_t iso9660_extents_first(const struct iso9660_extents *extents);
uint32_t iso9660_extents_pop(struct iso9660_extents *extents);

/* The name at `*at`, which is moved on to the next of the chain. `*at` must not be ISO9660_NONE. Valid until
 * a name is added. */
struct slice iso9660_extents_name(const struct iso9660_extents *extents, uint32_t *at);

#endif
