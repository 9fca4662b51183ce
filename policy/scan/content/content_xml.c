/* Documents that are one XML file, with the files in them. */
#include "scan/content/content_files.h"
#include "scan/content/xml_document.h"

#include <talloc.h>

struct content_xml {
    struct content_subject *subject;
    struct xml_document document;
};

static int xml_destroy(struct content_xml *xml)
{
    xml_document_deinit(&xml->document);
    return 0;
}

struct content_xml *content_xml_create(void *owner, struct content_subject *subject,
                                       struct content_depth depth)
{
    struct content_xml *xml = talloc_zero(owner, struct content_xml);
    if (xml == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    struct content_files *files = content_files_create(xml, subject, depth);
    if (files == NULL) {
        talloc_free(xml);
        return NULL;
    }
    xml->subject = subject;
    xml_document_init(&xml->document, content_files_sink(files));
    talloc_set_destructor(xml, xml_destroy);
    return xml;
}

static bool xml_push(void *state, struct slice bytes)
{
    struct content_xml *xml = state;
    xml_document_push(&xml->document, bytes);
    if (xml->document.failed)
        content_fail(xml->subject->scan);
    return !xml->document.failed;
}

static void xml_end(void *state, bool is_cut)
{
    struct content_xml *xml = state;
    (void)is_cut;
    xml_document_end(&xml->document);
    if (xml->document.is_encrypted)
        content_add_condition(xml->subject, ATTACHMENT_ENCRYPTED, "a document that needs a password");
}

const struct content_consumer content_xml_consumer = {xml_push, xml_end};
