/* MAPI properties within a TNEF stream. */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_text.h"
#include "scan/archive/tnef/tnef_reader.h"

enum {
    COUNT_BYTES = 4,
    TAG_BYTES = 4,
    SET_BYTES = 20, /* GUID, and whether a number or a text follows */
    KIND_BYTES = 16,
    NAMED_BY_TEXT = 1,
    NAMED_FROM = 0x8000,

    TYPE_MANY = 0x1000,
    TYPE_OBJECT = 0x000D,
    TYPE_STRING8 = 0x001E,
    TYPE_UNICODE = 0x001F,
    TYPE_BINARY = 0x0102,

    PR_DISPLAY_NAME = 0x3001,
    PR_ATTACH_DATA = 0x3701,
    PR_ATTACH_EXTENSION = 0x3703,
    PR_ATTACH_FILENAME = 0x3704,
    PR_ATTACH_LONG_FILENAME = 0x3707,
    PR_ATTACH_PATHNAME = 0x3708,
    PR_ATTACH_TRANSPORT_NAME = 0x370C,
    PR_ATTACH_LONG_PATHNAME = 0x370D,
};

static const struct {
    uint16_t id;
    enum tnef_name_kind kind;
} name_properties[] = {
    {PR_DISPLAY_NAME, TNEF_LABEL},
    {PR_ATTACH_EXTENSION, TNEF_LABEL},
    {PR_ATTACH_FILENAME, TNEF_FILE_NAME},
    {PR_ATTACH_LONG_FILENAME, TNEF_FILE_NAME},
    {PR_ATTACH_PATHNAME, TNEF_FILE_NAME},
    {PR_ATTACH_TRANSPORT_NAME, TNEF_FILE_NAME},
    {PR_ATTACH_LONG_PATHNAME, TNEF_FILE_NAME},
};

/* IID_IMessage {00020307-0000-0000-C000-000000000046}: the object is a message, itself in TNEF. */
static const char message_kind[KIND_BYTES] = {0x07,       0x03, 0x02, 0, 0, 0, 0, 0,
                                              (char)0xC0, 0,    0,    0, 0, 0, 0, 0x46};

/* Asks for `byte_count` bytes of the attribute. */
static void expect(struct tnef_reader *reader, enum tnef_property_state state, size_t byte_count)
{
    if (reader->walk.finished)
        return;
    if (byte_count > reader->attribute_left) {
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the properties of an attachment are damaged");
        tnef_end_attribute(reader);
        return;
    }
    reader->attribute_left -= byte_count;
    reader->property_state = state;
    archive_walk_record(&reader->walk, byte_count);
}

/* Passes over `byte_count` bytes of the attribute. False: there are fewer. */
static bool skip(struct tnef_reader *reader, uint64_t byte_count)
{
    if (byte_count > reader->attribute_left) {
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the properties of an attachment are damaged");
        tnef_end_attribute(reader);
        return false;
    }
    reader->attribute_left -= byte_count;
    archive_walk_skip(&reader->walk, byte_count);
    return true;
}

/* How much a value of so many bytes is padded; nothing where the attribute ends before. */
static uint32_t padding_of(const struct tnef_reader *reader, uint32_t value_bytes)
{
    uint32_t padding = (4 - value_bytes % 4) % 4;
    return padding < reader->attribute_left ? padding : (uint32_t)reader->attribute_left;
}

static void expect_property(struct tnef_reader *reader)
{
    if (reader->properties_left == 0)
        tnef_end_attribute(reader);
    else
        expect(reader, TNEF_AT_PROPERTY_TAG, TAG_BYTES);
}

static void expect_value(struct tnef_reader *reader)
{
    if (reader->values_left == 0)
        expect_property(reader);
    else
        expect(reader, TNEF_AT_VALUE_BYTES, COUNT_BYTES);
}

/* Bytes of a value of a fixed size, padding included; 0 for types of variable size. */
static uint32_t fixed_bytes(uint16_t type)
{
    switch (type) {
    case 0x05: /* double */
    case 0x06: /* currency */
    case 0x07: /* time as a double */
    case 0x14: /* 64 bits */
    case 0x40: /* time */
        return 8;
    case 0x48: /* GUID */
        return 16;
    case TYPE_OBJECT:
    case TYPE_STRING8:
    case TYPE_UNICODE:
    case TYPE_BINARY:
        return 0;
    default:
        return 4;
    }
}

void tnef_properties_begin(struct tnef_reader *reader)
{
    expect(reader, TNEF_AT_PROPERTY_COUNT, COUNT_BYTES);
}

static void begin_value(struct tnef_reader *reader)
{
    uint32_t fixed = fixed_bytes(reader->property_type & ~TYPE_MANY & 0xFFFF);
    if (fixed == 0 || (reader->property_type & TYPE_MANY) != 0)
        expect(reader, TNEF_AT_VALUE_COUNT, COUNT_BYTES);
    else if (skip(reader, fixed))
        expect_property(reader);
}

static void read_tag(struct tnef_reader *reader, struct slice record)
{
    reader->properties_left--;
    reader->property_type = (uint16_t)archive_le(record.data, 2);
    reader->property_id = (uint16_t)archive_le(record.data + 2, 2);
    if (reader->property_id >= NAMED_FROM)
        expect(reader, TNEF_AT_PROPERTY_SET, SET_BYTES);
    else
        begin_value(reader);
}

static void read_set(struct tnef_reader *reader, struct slice record)
{
    if (archive_le(record.data + KIND_BYTES, 4) == NAMED_BY_TEXT)
        expect(reader, TNEF_AT_PROPERTY_NAME_BYTES, COUNT_BYTES);
    else if (skip(reader, 4))
        begin_value(reader);
}

static void read_value_count(struct tnef_reader *reader, uint32_t count)
{
    uint32_t fixed = fixed_bytes(reader->property_type & ~TYPE_MANY & 0xFFFF);
    reader->values_left = fixed == 0 ? count : 0;
    if (fixed == 0 || skip(reader, (uint64_t)fixed * count))
        expect_value(reader);
}

static bool is_name(const struct tnef_reader *reader, enum tnef_name_kind *kind)
{
    uint16_t type = reader->property_type & ~TYPE_MANY & 0xFFFF;
    for (size_t i = 0; i < sizeof name_properties / sizeof name_properties[0]; i++) {
        if (name_properties[i].id == reader->property_id) {
            *kind = name_properties[i].kind;
            return fixed_bytes(type) == 0; /* some look at the number only, whatever the type */
        }
    }
    return false;
}

static void begin_data(struct tnef_reader *reader, bool is_message, uint32_t byte_count)
{
    if (byte_count > reader->attribute_left) {
        skip(reader, byte_count);
        return;
    }
    reader->attribute_left -= byte_count;
    tnef_begin_content(reader, is_message, byte_count);
    if (skip(reader, padding_of(reader, reader->value_bytes)))
        expect_value(reader);
}

static void read_value(struct tnef_reader *reader, uint32_t byte_count)
{
    enum tnef_name_kind kind;
    reader->values_left--;
    reader->value_bytes = byte_count;
    if (byte_count > 0 && is_name(reader, &kind)) {
        if (byte_count > TNEF_NAMES_BYTES_MOST && byte_count <= reader->attribute_left)
            archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET,
                              "the name of an attachment is too long to keep");
        else
            expect(reader, TNEF_AT_NAME_VALUE, byte_count);
    } else if (reader->property_id == PR_ATTACH_DATA && reader->property_type == TYPE_OBJECT &&
               byte_count >= KIND_BYTES) {
        expect(reader, TNEF_AT_OBJECT_KIND, KIND_BYTES);
    } else if (reader->property_id == PR_ATTACH_DATA && reader->property_type == TYPE_BINARY) {
        begin_data(reader, false, byte_count);
    } else if (skip(reader, byte_count) && skip(reader, padding_of(reader, byte_count))) {
        expect_value(reader);
    }
}

static void read_name_value(struct tnef_reader *reader, struct slice record)
{
    enum tnef_name_kind kind = TNEF_LABEL;
    is_name(reader, &kind);
    if ((reader->property_type & ~TYPE_MANY) == TYPE_UNICODE) {
        struct strbuf text;
        strbuf_init(&text, 0);
        archive_text_append_utf16(&text, record, ARCHIVE_LITTLE_ENDIAN);
        if (text.failed)
            archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the name of an attachment");
        tnef_add_name(reader, kind, strbuf_slice(&text));
        strbuf_deinit(&text);
    } else {
        tnef_add_name(reader, kind, record);
    }
    if (skip(reader, padding_of(reader, reader->value_bytes)))
        expect_value(reader);
}

void tnef_properties_step(struct tnef_reader *reader, struct slice record)
{
    switch (reader->property_state) {
    case TNEF_AT_PROPERTY_COUNT:
        reader->properties_left = (uint32_t)archive_le(record.data, 4);
        expect_property(reader);
        return;
    case TNEF_AT_PROPERTY_TAG:
        read_tag(reader, record);
        return;
    case TNEF_AT_PROPERTY_SET:
        read_set(reader, record);
        return;
    case TNEF_AT_PROPERTY_NAME_BYTES: {
        uint32_t name_bytes = (uint32_t)archive_le(record.data, 4);
        if (skip(reader, name_bytes) && skip(reader, padding_of(reader, name_bytes)))
            begin_value(reader);
        return;
    }
    case TNEF_AT_VALUE_COUNT:
        read_value_count(reader, (uint32_t)archive_le(record.data, 4));
        return;
    case TNEF_AT_VALUE_BYTES:
        read_value(reader, (uint32_t)archive_le(record.data, 4));
        return;
    case TNEF_AT_NAME_VALUE:
        read_name_value(reader, record);
        return;
    case TNEF_AT_OBJECT_KIND:
        begin_data(reader, memcmp(record.data, message_kind, KIND_BYTES) == 0,
                   reader->value_bytes - KIND_BYTES);
        return;
    }
}
