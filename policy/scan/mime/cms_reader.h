/*
 * What stands in a CMS structure (S/MIME, RFC 5652), from a stream of BER: the content of an opaque
 * signature.
 *
 * Knows as much of ASN.1 as it takes to walk to the content: definite and indefinite lengths, and strings in
 * pieces, as streaming signers write them. Nothing is verified and nothing is kept. The reader is a value of
 * its owner's; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_CMS_READER_H
#define CLOSEDRELAY_SCAN_MIME_CMS_READER_H

#include "base/slice.h"

#include <stdint.h>

enum cms_kind {
    CMS_NONE,
    CMS_PLAIN,      /* the content can be read: data, signed, digested, authenticated */
    CMS_COMPRESSED, /* it is a zlib stream (RFC 3274) */
    CMS_ENCRYPTED,  /* enveloped, with or without authentication */
};

/* What `head`, the first bytes of something, begins. Some 30 bytes tell. */
enum cms_kind cms_recognise(struct slice head);

enum { CMS_LEVELS_MAX = 32 };

enum cms_result {
    CMS_MORE,
    CMS_END,      /* what follows says nothing of the content */
    CMS_DAMAGED,  /* this is no BER */
    CMS_TOO_DEEP, /* it nests deeper than CMS_LEVELS_MAX */
};

struct cms_element {
    unsigned char tag;
    uint64_t end; /* offset; UINT64_MAX: its length is indefinite */
};

struct cms_reader {
    void (*content)(void *context, struct slice bytes); /* told to the owner, in order */
    void *context;
    uint64_t offset;
    struct cms_element open[CMS_LEVELS_MAX];
    uint32_t open_count;
    enum { CMS_IN_TAG, CMS_IN_LONG_TAG, CMS_IN_LENGTH, CMS_IN_LONG_LENGTH, CMS_IN_VALUE } state;
    unsigned char tag;
    uint32_t length_bytes_left;
    uint64_t length; /* of the element that is read; then of its value what is left */
    enum cms_result result;
    bool has_content; /* some was told */
};

void cms_reader_init(struct cms_reader *reader, void (*content)(void *context, struct slice bytes),
                     void *context);

/* The next bytes, from the structure's first on. */
enum cms_result cms_reader_push(struct cms_reader *reader, struct slice bytes);

#endif
