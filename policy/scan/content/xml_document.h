/*
 * Documents that are one XML file: Flat OPC and WordML of Office, Flat ODF of LibreOffice, and the manifest
 * of a packed OpenDocument. What stands in them in base64 (binaryData, binData, binary-data) are files; the
 * element encryption-data of a manifest says that the rest of the package needs a password.
 *
 * Bytes are pushed, cut anywhere; NULs are left out, so that UTF-16 is read as what it spells. One thread at
 * a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_XML_DOCUMENT_H
#define CLOSEDRELAY_SCAN_CONTENT_XML_DOCUMENT_H

#include "base/strbuf.h"
#include "scan/mime/file_sink.h"

enum { XML_TAG_BYTES_MAX = 4096 }; /* of a tag that is kept; the rest of a longer one is passed over */

enum xml_state {
    XML_TEXT,
    XML_TAG,
    XML_COMMENT,
    XML_CDATA,
    XML_REFERENCE, /* behind "&", in a file */
};

struct xml_document {
    const struct file_sink *sink;
    enum xml_state state;
    struct strbuf tag;       /* behind its "<" */
    struct strbuf part_name; /* of the package's part that is open */
    char quote;              /* inside a tag, of the value that is open; or 0 */
    bool is_file_open;
    bool is_encrypted; /* encryption-data was seen */
    bool failed;
};

/* Whether `head`, the first bytes of something, begins such a document, as far as that can be seen. */
bool xml_document_recognise(struct slice head);

/* `sink` must outlive it. xml_document_deinit frees what it holds. */
void xml_document_init(struct xml_document *document, const struct file_sink *sink);
void xml_document_deinit(struct xml_document *document);

void xml_document_push(struct xml_document *document, struct slice bytes);
/* No more bytes: ends what is open. */
void xml_document_end(struct xml_document *document);

#endif
