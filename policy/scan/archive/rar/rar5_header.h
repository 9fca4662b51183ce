/*
 * The headers of RAR 5 archives, parsed from memory. After RARLAB's "RAR 5.0 archive format". Pure; any
 * thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR5_HEADER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR5_HEADER_H

#include "scan/archive/archive_bytes.h"

enum {
    /* A header's CRC, the longest size field and what it cannot do without: what every header has at least.
     */
    RAR5_PREFIX_BYTES = 7,
};

enum rar5_type {
    RAR5_MAIN = 1,
    RAR5_FILE = 2,
    RAR5_SERVICE = 3,
    RAR5_ENCRYPTION = 4,
    RAR5_END = 5,
};

struct rar5_header {
    uint64_t type;       /* enum rar5_type, or one unknown to us */
    uint64_t data_bytes; /* that follow the header */
    bool intact;         /* its CRC fits */
    bool split_before;   /* the data begins in an earlier volume */
    bool split_after;    /* the data goes on in the next volume */
    /* Of files and services: */
    bool is_folder;
    bool encrypted;
    bool stored;             /* data is content as it is */
    bool solid;              /* packed as the rest of what stands before it */
    unsigned version;        /* of the method of packing: 0 is RAR 5 */
    uint64_t unpacked_bytes; /* UINT64_MAX: not said */
    struct slice name;
    struct slice service_data; /* of services; of STM the name of a stream */
    bool is_volume;            /* of the main header: one of several files */
};

/* How many bytes follow `prefix` (RAR5_PREFIX_BYTES long) in the same header; false: its size makes no sense.
 */
bool rar5_header_rest(struct slice prefix, size_t *rest_bytes);

/* Parses a whole header, its CRC and size fields included. False: fields lie beyond its end. */
bool rar5_header_parse(struct slice bytes, struct rar5_header *header);

/* RAR's variable-length number: seven bits a byte, the least significant first, the top bit set on all but
 * the last. */
uint64_t rar5_number(struct archive_bytes *bytes);

#endif
