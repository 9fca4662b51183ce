/* What the methods share: the window, and the matches that both remember. */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_UNPACK_PRIVATE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_UNPACK_PRIVATE_H

#include "scan/archive/archive_buffer.h"
#include "scan/archive/rar/rar_code.h"
#include "scan/archive/rar/rar_unpack.h"

enum { RAR_TABLE_SYMBOLS_MAX = 430, RAR_FILTERS_MAX = 256 };

enum rar_end {
    RAR_GOES_ON,
    RAR_END,     /* of the file */
    RAR_IS_FULL, /* the window is */
    RAR_IS_UNKNOWN,
    RAR_IS_DAMAGED,
};

/* RAR 5: done to some of the content before it is what it was. */
struct rar_filter {
    size_t from; /* in the window */
    uint32_t length;
    uint8_t kind;
    uint8_t channels;
};

struct rar_unpack {
    struct archive_budget *budget;
    struct archive_buffer window;
    size_t length;  /* of what is in it */
    size_t from;    /* where the file begins */
    size_t most;    /* bytes it may hold for this file */
    bool is_usable; /* all files so far were unpacked whole */
    bool has_tables;
    struct rar_code literals, distances, low_distances, repeats;
    uint32_t old_distances[4];
    uint32_t last_length;
    uint8_t lengths[RAR_TABLE_SYMBOLS_MAX]; /* of the codes, which RAR 3 tells by what they differ */
    /* RAR 3 */
    uint32_t last_low_distance, low_distance_repeats;
    /* RAR 5 */
    struct rar_filter filters[RAR_FILTERS_MAX];
    size_t filter_count;
};

/* How many symbols each code has. */
struct rar_counts {
    uint16_t literals, distances, low_distances, repeats; /* RAR_TABLE_SYMBOLS_MAX together, at most */
};

/* Reads the lengths of all codes, added to those before, and makes the codes. False: they are damaged. */
bool rar_take_tables(struct rar_unpack *unpack, struct rar_bits *bits, const struct rar_counts *counts);
void rar_forget_tables(struct rar_unpack *unpack);

enum rar_end rar_put(struct rar_unpack *unpack, unsigned char byte);
enum rar_end rar_copy(struct rar_unpack *unpack, uint32_t distance, uint32_t length);
void rar_remember(struct rar_unpack *unpack, uint32_t distance);
/* The distance remembered as number `index`, which becomes the last. */
uint32_t rar_recall(struct rar_unpack *unpack, unsigned index);

/* rar5_unpack.c, rar3_unpack.c: to the end of the file, of the packed bytes, or of the window. */
enum rar_end rar5_unpack(struct rar_unpack *unpack, struct rar_bits *bits);
enum rar_end rar3_unpack(struct rar_unpack *unpack, struct rar_bits *bits);

/* rar5_filter.c: undoes a filter on its bytes, which stand at `offset` in the file, into `out` (as long).
 * False: an unknown one. */
bool rar5_filter_undo(const struct rar_filter *filter, struct slice bytes, uint32_t offset, char *out);

#endif
