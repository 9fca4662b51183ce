/*
 * One MIME entity as its header describes it: what it may be, how it may be encoded, what it may be called.
 *
 * All readings are kept side by side: `kinds` and `encodings` are sets, because duplicate or damaged fields
 * make clients choose differently. Belongs to its talloc owner; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_ENTITY_H
#define CLOSEDRELAY_SCAN_MIME_MIME_ENTITY_H

#include "scan/mime/mime_parameters.h"
#include "scan/mime/mime_type.h"
#include "scan/mime/transfer_decode.h"

struct mime_entity {
    struct mime_parameters parameters; /* names and boundaries */
    unsigned kinds;                    /* mime_kind bits; set by mime_entity_finish at the latest */
    unsigned encodings;                /* transfer_encoding bits, never empty after mime_entity_finish */
    uint32_t header_count;
    uint64_t content_bytes;        /* length of the values that were read in all ways */
    uint32_t content_header_count; /* those named Content-… that say something here */
    bool has_content_type;
    bool has_loose_type; /* a Content-Type outside the strict form: any line of dashes may be a delimiter */
    bool has_odd_type;   /* a Content-Type that some cannot read: to them the entity is a text, and headers in
                            it count */
    bool is_untyped;     /* a Content-Type that names no type: some clients guess by the content */
    bool has_mime_version;
    bool is_digest;                 /* multipart/digest: its parts are messages unless they say otherwise */
    bool has_conflicting_encodings; /* two that decode differently, or one written oddly */
    const char *ambiguous;          /* why clients would disagree, or NULL */
    const char *unreadable;         /* what only some clients can read, and cannot be read here; or NULL */
    /* Lines behind the header that others take for a part of it; valid while the entity is told. For each of
     * them it may end at another (mime/header_end.h). */
    struct slice doubtful_lines;
    bool is_doubt_told;          /* the content of a leaf begins with them in any case */
    bool is_header_unended;      /* no empty line came: to some the header goes on up to the first */
    struct name_set types;       /* each distinct "type/subtype", lower-case */
    struct slice description;    /* Content-Description */
    struct slice location;       /* Content-Location */
    struct slice last_type_name; /* file name in the last Content-Type, for comparing */
    struct slice last_disposition_name;
    unsigned type_count;
    unsigned disposition_count;
};

/* `limits` must outlive the entity. */
void mime_entity_init(struct mime_entity *entity, void *owner, const struct mime_limits *limits);

/* One header field; the value may be folded. Fields that say nothing about content are only counted. */
void mime_entity_header(struct mime_entity *entity, struct slice name, struct slice value);

/* Whether `name`, as it may be written on the wire, names a field that tells what an entity is. */
bool mime_entity_is_content_field(struct slice name);

/* The header is complete: fills in defaults (RFC 2045 5.2; RFC 2046 5.1.5 in a digest). */
void mime_entity_finish(struct mime_entity *entity, bool is_in_digest);

/* Whether memory ran out: the entity is not complete. */
bool mime_entity_failed(const struct mime_entity *entity);

/* Whether a bound on headers, parameters or names was reached. */
bool mime_entity_is_over_limit(const struct mime_entity *entity);

#endif
