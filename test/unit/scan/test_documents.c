/* PDF, ActiveMime and documents in XML: the files in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scan/archive/archive_formats.h"
#include "scan/archive/pdf/pdf_decode.h"
#include "scan/archive/pdf/pdf_lexer.h"
#include "scan/content/xml_document.h"
#include "archive_events.h"

#define HEAD "%PDF-1.7\n"
#define SPEC "3 0 obj<</Type/Filespec/F(a.exe)/UF(a.exe)/EF<</F 4 0 R>>>>endobj\n"
#define NAMES "member a.exe\nend incomplete\nmember a.exe\nend incomplete\n"
#define CONTENT "end complete 17 24fd469a\n"
#define FLATE                                                                                                \
    "\x78\xda\x4b\xce\xcf\x2b\x49\xcd\x2b\x51\xc8\x4f\x53\x48\x54\x48\xcb\xcc\x49\x05\x00\x39"               \
    "\xd0\x06\x32"
#define PACKED_SPEC                                                                                          \
    "\x78\xda\x33\x56\x30\x50\xb0\xb1\xd1\x0f\xa9\x2c\x48\xd5\x77\xcb\xcc\x49\x2d\x2e\x48\x4d"               \
    "\xd6\x0f\x75\xd3\x48\x2d\xcb\xcc\xd1\xcb\x2a\xd6\xd4\x77\x75\x03\x4a\xbb\x29\x98\x00\xd5"               \
    "\x05\xd9\x01\x01\x00\x68\x7d\x0d\xd2"
/* Between objects, and more than is looked at in one piece. */
#define JUNK_64 "\n0000000016 00000 n objects (trailers> [/9 0 objx trailer_ 0 o b j "
#define JUNK_512 JUNK_64 JUNK_64 JUNK_64 JUNK_64 JUNK_64 JUNK_64 JUNK_64 JUNK_64
#define JUNK JUNK_512 JUNK_512 JUNK_512

/* clang-format off */
static const struct archive_events_bytes pdfs[] = {
    ARCHIVE_EVENTS_BYTES(HEAD "1 0 obj<</Type/Page/Contents 2 0 R>>endobj 2 0 obj<</Length 9>>stream\n/Encrypt /EF\nendstream endobj\n", ""),
    ARCHIVE_EVENTS_BYTES(HEAD SPEC "4 0 obj<</Type/EmbeddedFile/Filter/FlateDecode>>stream\r\n" FLATE "\nendstream endobj", NAMES "member \n" CONTENT),
    ARCHIVE_EVENTS_BYTES(HEAD "4 0 obj<</Subtype/text#2Fxml/Filter [ /ASCIIHexDecode/Fl ]>>stream\n789c4bcecf2b49cd2b51c84f5348544848cb0482\nendstream",
              "member \nend incomplete 19 bf54c4bf\noutcome damaged\n"),
    ARCHIVE_EVENTS_BYTES(HEAD SPEC, NAMES "outcome unsupported\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "9 0 obj<</F 4 0 R>>endobj 3 0 obj<</F(a.txt)/EF 9 0 R>>endobj", "member a.txt\nend incomplete\noutcome unsupported\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "4 0 obj<</Type/EmbeddedFile>>stream\nx\nendstream endobj 3 0 obj<</F(a.txt)/EF 9 0 R>>endobj 5 0 obj<</Font 7 0 R>>endobj 9 0 obj<</F 4 0 R>>endobj",
              "member \nend complete 2 46ea081f\nmember a.txt\nend incomplete\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "5 0 obj<</S/GoToR/F 6 0 R>>endobj 6 0 obj<</Type/Filespec/F(b.pdf)>>endobj", ""),
    ARCHIVE_EVENTS_BYTES(HEAD SPEC "4 0 obj<</Type/EmbeddedFile/Filter/LZWDecode>>stream\nx\nendstream", NAMES "member \nend incomplete\noutcome unsupported\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "7 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" PACKED_SPEC "\nendstream endobj 4 0 obj<</Type/EmbeddedFile>>stream\nx\nendstream",
              "member evil.js\nend incomplete\nmember \nend complete 2 46ea081f\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "3 0 obj<</S/Launch/F(a.exe)>>endobj", ""),
    ARCHIVE_EVENTS_BYTES(HEAD "3 0 obj<</F(a\\.\\145x\\\ne)/EF<<>>>>endobj", "member a.exe\nend incomplete\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "3 0 obj<</F(a(b).js)/EF<<>>>>endobj", "member a(b).js\nend incomplete\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "3 0 obj<</F<612e6a7>/EF<<>>>>endobj", "member a.jp\nend incomplete\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "trailer<</Encrypt 9 0 R>>", "outcome index_encrypted\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "trailer<</#45ncrypt 9 0 R>>", "outcome index_encrypted\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "trailer<</EncryptMetadata true/Info(/Encrypt)>>%/Encrypt\n", ""),
    ARCHIVE_EVENTS_BYTES(HEAD "4 0 obj<</Type/EmbeddedFile>>stream\nendstrendstream", "member \nend complete 6 d852ecd9\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "4 0 obj<</Type/EmbeddedFile>>stream\nx", "member \nend complete 1 8cdc1683\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "3 0 obj<</F(a.js", ""),
    ARCHIVE_EVENTS_BYTES(HEAD "endobj ( <4 0 R\n%% 3 0 obj<</F(a.js)/EF<<>>>>endobj", "member a.js\nend incomplete\n"),
    ARCHIVE_EVENTS_BYTES(HEAD "/EF 4 0 R" JUNK "(3 0 obj<</F(a.js)/EF<<>>>>endobj" JUNK "trailer<</Encrypt 9 0 R>>",
              "member a.js\nend incomplete\noutcome index_encrypted\n"),
};
/* clang-format on */

static void reads_files_in_pdfs(void **state)
{
    (void)state;
    archive_events_assert_bytes(&pdf_format, pdfs, sizeof pdfs / sizeof pdfs[0]);
    assert_true(pdf_format.recognise(slice_of("junk\n%PDF-1.4")));
    assert_false(pdf_format.recognise(slice_make("\0%PDF-1.4", 9)));
}

/* ---- XML -------------------------------------------------------------------------------------------- */

static void on_begin(void *context)
{
    strbuf_append_text(context, "[");
}

static void on_name(void *context, struct slice name)
{
    strbuf_append_slice(context, name);
    strbuf_append_text(context, ":");
}

static void on_data(void *context, struct slice base64)
{
    strbuf_append_slice(context, base64);
}

static void on_end(void *context)
{
    strbuf_append_text(context, "]");
}

static void assert_files(struct slice file, size_t piece, const char *expected, bool is_encrypted)
{
    struct strbuf text;
    struct xml_document document;
    strbuf_init(&text, 0);
    const struct file_sink sink = {&text, on_begin, on_name, on_data, on_end, on_end};
    xml_document_init(&document, &sink);
    for (size_t at = 0; at < file.length; at += piece)
        xml_document_push(&document,
                          slice_part(file, at, file.length - at < piece ? file.length : at + piece));
    xml_document_end(&document);
    assert_string_equal(strbuf_text(&text), expected);
    assert_int_equal(document.is_encrypted, is_encrypted);
    xml_document_deinit(&document);
    strbuf_deinit(&text);
}

static const struct xml_case {
    const char *file;
    const char *files;
    bool is_encrypted;
} xmls[] = {
    {"<?xml version='1.0'?><a><w:binData w:name=\"x.mso\">AAAA</w:binData></a>", "[x.mso:AAAA]", false},
    {"<p:part p:name='/a.exe' p:contentType='x'><p:binaryData>AA&#65;&#x41;&amp;</p:binaryData></p:part>",
     "[/a.exe:AAAA]", false},
    {"<binData>A<!-- > --B -->A<![CDATA[A]A]]>A</binData>", "[AAAAA]", false},
    {"<binData/><binData a='>'>B</binData>", "[][B]", false},
    {"<binData>AB", "[AB]", false},
    {"<office:binary-data>AB<c/>CD</office:binary-data>", "[ABCD]", false},
    {"<m:file-entry><m:encryption-data/></m:file-entry>", "", true},
    {"<!-- <binData>A</binData> --><![CDATA[<binData>]]>text", "", false},
    {"<binDatum>A</binDatum><a name='binData'>text</a>", "", false},
};

static void reads_files_in_xml(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof xmls / sizeof xmls[0]; i++)
        for (size_t piece = 1; piece <= strlen(xmls[i].file); piece++)
            assert_files(slice_of(xmls[i].file), piece, xmls[i].files, xmls[i].is_encrypted);
    assert_files(slice_make("<\0b\0i\0n\0D\0a\0t\0a\0>\0A\0B\0<\0/\0b\0i\0n\0D\0a\0t\0a\0>\0", 42), 5, "[AB]",
                 false);
}

static void knows_documents_in_xml(void **state)
{
    (void)state;
    assert_true(xml_document_recognise(slice_of("<?xml version=\"1.0\"?>\n<pkg:package xmlns:pkg=\"x\">")));
    assert_true(xml_document_recognise(slice_of("\xef\xbb\xbf<?xml?><!-- x --><w:wordDocument>")));
    assert_true(xml_document_recognise(slice_of("<?xml?><!-- a comment without an end in sight")));
    assert_true(xml_document_recognise(
        slice_of("<?xml?><o:document xmlns:o=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">")));
    assert_false(xml_document_recognise(slice_of("<?xml?><w:document xmlns:w=\"x\">")));
    assert_false(xml_document_recognise(slice_of("<html><body>")));
    assert_false(xml_document_recognise(slice_of("package")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_in_pdfs),
        cmocka_unit_test(reads_files_in_xml),
        cmocka_unit_test(knows_documents_in_xml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
