/* The streams part of a 7z index; see seven_zip_index.h, of which this is a piece. */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_STREAMS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_STREAMS_H

#include "scan/archive/seven_zip/seven_zip_index.h"

enum seven_zip_property {
    SEVEN_ZIP_END = 0x00,
    SEVEN_ZIP_HEADER = 0x01,
    SEVEN_ZIP_ARCHIVE_PROPERTIES = 0x02,
    SEVEN_ZIP_ADDITIONAL_STREAMS = 0x03,
    SEVEN_ZIP_MAIN_STREAMS = 0x04,
    SEVEN_ZIP_FILES = 0x05,
    SEVEN_ZIP_PACK_INFO = 0x06,
    SEVEN_ZIP_UNPACK_INFO = 0x07,
    SEVEN_ZIP_SUBSTREAMS = 0x08,
    SEVEN_ZIP_SIZE = 0x09,
    SEVEN_ZIP_CRC = 0x0A,
    SEVEN_ZIP_FOLDER = 0x0B,
    SEVEN_ZIP_UNPACK_SIZE = 0x0C,
    SEVEN_ZIP_MEMBER_COUNT = 0x0D,
    SEVEN_ZIP_EMPTY_STREAM = 0x0E,
    SEVEN_ZIP_EMPTY_FILE = 0x0F,
    SEVEN_ZIP_NAMES = 0x11,
    SEVEN_ZIP_PACKED_INDEX = 0x17,
};

/* 7z's variable-length number: the leading ones of the first byte count the bytes that follow. */
uint64_t seven_zip_number(struct archive_bytes *bytes);

/* Passes over a property's size and content. */
void seven_zip_skip_property(struct archive_bytes *bytes);

/* Parses a StreamsInfo structure up to and with its end mark. */
enum seven_zip_status seven_zip_streams_parse(void *owner, struct archive_bytes *bytes,
                                              struct seven_zip_streams *streams);

#endif
