/*
 * The state of a TNEF reader, shared by its two halves: tnef.c walks through the attributes and tells
 * attachments, tnef_properties.c walks through the MAPI properties inside one attribute. After [MS-OXTNEF].
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_TNEF_TNEF_READER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_TNEF_TNEF_READER_H

#include "scan/archive/archive_walk.h"

enum { TNEF_NAMES_BYTES_MOST = 65536 }; /* of one attachment together */

enum tnef_state {
    TNEF_AT_SIGNATURE,
    TNEF_AT_ATTRIBUTE,
    TNEF_AT_TITLE,
    TNEF_AT_CHECKSUM,
    TNEF_AT_PROPERTIES, /* tnef_properties.c goes on */
};

enum tnef_property_state {
    TNEF_AT_PROPERTY_COUNT,
    TNEF_AT_PROPERTY_TAG,
    TNEF_AT_PROPERTY_SET, /* the property has a name instead of a number */
    TNEF_AT_PROPERTY_NAME_BYTES,
    TNEF_AT_VALUE_COUNT,
    TNEF_AT_VALUE_BYTES,
    TNEF_AT_NAME_VALUE,
    TNEF_AT_OBJECT_KIND,
};

/* What a name is good for. */
enum tnef_name_kind {
    TNEF_FILE_NAME, /* as a file is saved */
    TNEF_LABEL,     /* as it is shown; for an attached message this is its subject, and no file's name */
};

struct tnef_reader {
    struct archive_walk walk;
    enum tnef_state state;
    bool has_attribute;      /* at least one came */
    uint64_t attribute_left; /* bytes of the attribute that were not asked for yet */
    /* The attachment being read. */
    bool in_attachment;
    bool has_content;    /* the open member was given content */
    bool is_message;     /* the open member, or what is to come, is an attached message */
    bool was_reported;   /* some member was begun for this attachment */
    struct strbuf names; /* its names so far: kind byte, text, NUL */
    /* Inside an attribute of properties. */
    enum tnef_property_state property_state;
    uint32_t properties_left;
    uint32_t values_left; /* of the property */
    uint16_t property_type;
    uint16_t property_id;
    uint32_t value_bytes; /* of the value being read */
};

/* Begins an attribute of properties, reader->attribute_left bytes long. */
void tnef_properties_begin(struct tnef_reader *reader);
/* Takes the record that was asked for. */
void tnef_properties_step(struct tnef_reader *reader, struct slice record);

/* For tnef_properties.c: a name of the attachment, in UTF-8 or 8-bit; every piece between NULs counts as one.
 */
void tnef_add_name(struct tnef_reader *reader, enum tnef_name_kind kind, struct slice name);
/* The next `byte_count` bytes are content of the attachment. */
void tnef_begin_content(struct tnef_reader *reader, bool is_message, uint64_t byte_count);
/* The attribute is over but for what is left of it, and its checksum. */
void tnef_end_attribute(struct tnef_reader *reader);

#endif
