#include "scan/content/xml_document.h"

enum { HEAD_BYTES = 4096, REFERENCE_BYTES_MAX = 12 };

void xml_document_init(struct xml_document *document, const struct file_sink *sink)
{
    *document = (struct xml_document){.sink = sink};
    strbuf_init(&document->tag, 0);
    strbuf_init(&document->part_name, 0);
}

void xml_document_deinit(struct xml_document *document)
{
    strbuf_deinit(&document->tag);
    strbuf_deinit(&document->part_name);
}

/* ---- tags ------------------------------------------------------------------------------------------- */

static bool is_name_end(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' || c == '>' || c == '=';
}

/* The name at the front of `text`, without its prefix. */
static struct slice local_name(struct slice text)
{
    size_t end = 0;
    while (end < text.length && !is_name_end(text.data[end]))
        end++;
    size_t colon = slice_find(slice_part(text, 0, end), ':');
    return slice_part(text, colon < end ? colon + 1 : 0, end);
}

static bool name_is(struct slice name, const char *word)
{
    return slice_equal(name, slice_of(word));
}

static bool is_file_element(struct slice name)
{
    return name_is(name, "binaryData") || name_is(name, "binData") || name_is(name, "binary-data");
}

/* The value of the first attribute whose name ends in "name"; empty: there is none. */
static struct slice name_attribute(struct slice tag)
{
    while (tag.length > 0) {
        size_t equals = slice_find(tag, '=');
        struct slice before = slice_trim(slice_part(tag, 0, equals));
        struct slice rest =
            slice_trim(slice_part(tag, equals < tag.length ? equals + 1 : equals, tag.length));
        if (rest.length == 0 || (rest.data[0] != '"' && rest.data[0] != '\''))
            return slice_make("", 0);
        char quote = rest.data[0];
        rest = slice_part(rest, 1, rest.length);
        size_t end = slice_find(rest, quote);
        if (slice_ends_nocase(before, slice_of("name")))
            return slice_part(rest, 0, end);
        tag = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return slice_make("", 0);
}

static void end_file(struct xml_document *document)
{
    if (document->is_file_open)
        document->sink->file_end(document->sink->context);
    document->is_file_open = false;
}

static void report_name(struct xml_document *document, struct slice name)
{
    if (name.length > 0)
        document->sink->file_name(document->sink->context, name);
}

static void begin_file(struct xml_document *document, struct slice tag)
{
    end_file(document);
    document->is_file_open = true;
    document->sink->file_begin(document->sink->context);
    report_name(document, name_attribute(tag));
    report_name(document, strbuf_slice(&document->part_name));
    if (tag.length > 0 && tag.data[tag.length - 1] == '/')
        end_file(document);
}

static void begin_element(struct xml_document *document, struct slice tag)
{
    struct slice name = local_name(tag);
    if (name_is(name, "part")) {
        strbuf_reset(&document->part_name);
        strbuf_append_slice(&document->part_name, name_attribute(tag));
    } else if (name_is(name, "encryption-data")) {
        document->is_encrypted = true;
    } else if (is_file_element(name)) {
        begin_file(document, tag);
    }
}

static void take_tag(struct xml_document *document)
{
    struct slice tag = strbuf_slice(&document->tag);
    document->state = XML_TEXT;
    if (tag.length > 0 && tag.data[0] == '/') {
        struct slice name = local_name(slice_part(tag, 1, tag.length));
        if (is_file_element(name))
            end_file(document);
        if (name_is(name, "part"))
            strbuf_reset(&document->part_name);
    } else if (tag.length > 0 && tag.data[0] != '?' && tag.data[0] != '!') {
        begin_element(document, tag);
    }
    document->failed = document->failed || document->tag.failed || document->part_name.failed;
    strbuf_reset(&document->tag);
}

static bool tag_is(const struct xml_document *document, const char *text)
{
    return slice_equal(strbuf_slice(&document->tag), slice_of(text));
}

static void take_tag_byte(struct xml_document *document, char c)
{
    if (c == '>' && document->quote == 0) {
        take_tag(document);
        return;
    }
    if (document->quote != 0)
        document->quote = c == document->quote ? 0 : document->quote;
    else if (c == '"' || c == '\'')
        document->quote = c;
    if (document->tag.length == XML_TAG_BYTES_MAX)
        return;
    strbuf_append_byte(&document->tag, c);
    if (tag_is(document, "!--"))
        document->state = XML_COMMENT;
    else if (tag_is(document, "![CDATA["))
        document->state = XML_CDATA;
    if (document->state != XML_TAG)
        strbuf_reset(&document->tag);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void file_data(struct xml_document *document, struct slice bytes)
{
    if (document->is_file_open && bytes.length > 0)
        document->sink->file_data(document->sink->context, bytes);
}

/* A character reference; base64 has no use for others. */
static void take_reference(struct xml_document *document)
{
    struct slice text = strbuf_slice(&document->tag);
    bool is_hex = slice_starts_nocase(text, slice_of("#x"));
    unsigned code = 0;
    for (size_t i = is_hex ? 2 : 1; i < text.length; i++) {
        int digit = ascii_hex_value(text.data[i]);
        if (digit < 0 || (!is_hex && digit > 9) || code > 0xff)
            return;
        code = code * (is_hex ? 16u : 10u) + (unsigned)digit;
    }
    char c = (char)code;
    if (text.length > 1 && text.data[0] == '#' && code > ' ' && code < 0x7f)
        file_data(document, slice_make(&c, 1));
}

static void take_reference_byte(struct xml_document *document, char c)
{
    if (c != ';' && c != '<' && document->tag.length < REFERENCE_BYTES_MAX) {
        strbuf_append_byte(&document->tag, c);
        return;
    }
    if (c == ';')
        take_reference(document);
    strbuf_reset(&document->tag);
    document->state = c == '<' ? XML_TAG : XML_TEXT;
}

/* Text up to what ends it; returns how much of `bytes` that was. */
static size_t take_text(struct xml_document *document, struct slice bytes)
{
    size_t length = 0;
    if (!document->is_file_open)
        length = slice_find(bytes, '<');
    else
        while (length < bytes.length && bytes.data[length] != '<' && bytes.data[length] != '&' &&
               bytes.data[length] != '\0')
            length++;
    file_data(document, slice_part(bytes, 0, length));
    if (length == bytes.length)
        return length;
    if (bytes.data[length] != '\0')
        document->state = bytes.data[length] == '<' ? XML_TAG : XML_REFERENCE;
    document->quote = 0;
    strbuf_reset(&document->tag);
    return length + 1;
}

/* In a comment or character data: `tag` holds what may be the beginning of its end. */
static void take_quoted_byte(struct xml_document *document, char c)
{
    const char *end = document->state == XML_COMMENT ? "-->" : "]]>";
    if (document->state == XML_CDATA && c != ']' && c != '>') /* none of base64 */
        file_data(document, slice_make(&c, 1));
    if (c == end[2] && document->tag.length >= 2)
        document->state = XML_TEXT;
    if (c != end[0] || document->state == XML_TEXT)
        strbuf_reset(&document->tag);
    else if (document->tag.length < 2)
        strbuf_append_byte(&document->tag, c);
}

void xml_document_push(struct xml_document *document, struct slice bytes)
{
    while (bytes.length > 0 && !document->failed) {
        size_t taken = 1;
        char c = bytes.data[0];
        if (document->state == XML_TEXT)
            taken = take_text(document, bytes);
        else if (c == '\0')
            ;
        else if (document->state == XML_TAG)
            take_tag_byte(document, c);
        else if (document->state == XML_REFERENCE)
            take_reference_byte(document, c);
        else
            take_quoted_byte(document, c);
        bytes = slice_part(bytes, taken, bytes.length);
    }
}

void xml_document_end(struct xml_document *document)
{
    end_file(document);
}

/* ---- recognition ------------------------------------------------------------------------------------ */

/* What stands before the document's first element is taken off; false: it has not begun, or this is no XML.
 */
static bool skip_prolog(struct slice *text)
{
    for (;;) {
        *text = slice_trim(*text);
        if (text->length < 2 || text->data[0] != '<')
            return false;
        bool is_comment = slice_starts_nocase(*text, slice_of("<!--"));
        if (text->data[1] != '?' && text->data[1] != '!')
            return true;
        const char *end =
            is_comment ? memmem(text->data, text->length, "-->", 3) : memchr(text->data, '>', text->length);
        if (end == NULL)
            return false;
        *text = slice_part(*text, (size_t)(end - text->data) + (is_comment ? 3 : 1), text->length);
    }
}

static bool has_text(struct slice head, const char *text)
{
    return memmem(head.data, head.length, text, strlen(text)) != NULL;
}

/* Whether the first character, behind a byte order mark and blanks, is that of XML: most files end here. */
static bool begins_like_xml(struct slice head)
{
    size_t at = 0;
    while (at < head.length && (head.data[at] == '\0' || (unsigned char)head.data[at] >= 0x80 ||
                                strchr(" \t\r\n", head.data[at]) != NULL))
        at++;
    return at < head.length && head.data[at] == '<';
}

bool xml_document_recognise(struct slice head)
{
    char narrow[HEAD_BYTES];
    size_t length = 0;
    if (!begins_like_xml(head))
        return false;
    for (size_t i = 0; i < head.length && length < sizeof narrow; i++) {
        bool is_mark = length == 0 && (unsigned char)head.data[i] >= 0x80; /* of the byte order */
        if (head.data[i] != '\0' && !is_mark)
            narrow[length++] = head.data[i];
    }
    struct slice text = slice_trim(slice_make(narrow, length));
    bool is_xml = slice_starts_nocase(text, slice_of("<?xml"));
    struct slice root = text;
    if (!skip_prolog(&root))
        return is_xml; /* it begins further in */
    root = slice_part(root, 1, root.length);
    struct slice name = local_name(root);
    return name_is(name, "wordDocument") || name_is(name, "package") || name_is(name, "manifest") ||
           (name_is(name, "document") && has_text(root, "opendocument:xmlns:office"));
}
