/*
 * What a media type ("type/subtype", RFC 2045 5.1) says of an entity. Pure functions, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_TYPE_H
#define CLOSEDRELAY_SCAN_MIME_MIME_TYPE_H

#include "base/slice.h"

enum mime_kind {
    MIME_KIND_TEXT = 1 << 0,
    MIME_KIND_MULTIPART = 1 << 1,
    MIME_KIND_MESSAGE = 1 << 2, /* message/rfc822, message/global, message/news */
    MIME_KIND_PARTIAL = 1 << 3, /* message/partial */
    MIME_KIND_STATUS = 1 << 4,  /* delivery reports and header extracts: lines that only look like headers */
    MIME_KIND_ARCHIVE = 1 << 5, /* a type that a zip is sent as */
    MIME_KIND_OTHER = 1 << 6,
};

/* mime_kind bits of a type in lower case, never 0. */
unsigned mime_type_kinds(struct slice type);

/* The name that web mailers, and systems that know the type, give a file without one; empty where that is
 * none of a program. Constant. */
struct slice mime_type_program_name(struct slice type);

#endif
