/* The corpus: its classes in their order, and how a case is found in them. */
#include "case_rows.h"

#include <string.h>

#define CLASS(name, title, rows)                                                                             \
    {                                                                                                        \
        name, title, rows, &rows##_count                                                                     \
    }

const struct selftest_class selftest_classes[] = {
    CLASS("names", "Where a name may stand", selftest_names),
    CLASS("extended", "Extended parameters (RFC 2231)", selftest_extended),
    CLASS("words", "Encoded words (RFC 2047)", selftest_words),
    CLASS("quoting", "Quotes, comments, folding", selftest_quoting),
    CLASS("duplicates", "Duplicate headers and parameters", selftest_duplicates),
    CLASS("fields", "Odd header fields and header ends", selftest_fields),
    CLASS("boundaries", "Boundaries", selftest_boundaries),
    CLASS("structure", "Parts and where they end", selftest_structure),
    CLASS("encodings", "Transfer encodings in doubt", selftest_encodings),
    CLASS("payload", "Content that decoders read differently", selftest_payload),
    CLASS("extensions", "Names as the receiver's system reads them", selftest_extensions),
    CLASS("disguised", "Programs under harmless names", selftest_disguised),
    CLASS("messages", "Files in messages", selftest_messages),
    CLASS("calendars", "Files in calendars and address cards", selftest_calendars),
    CLASS("uuencode", "Uuencoded files", selftest_uuencode),
    CLASS("outlook", "TNEF, Outlook messages, OLE", selftest_outlook),
    CLASS("partial", "Messages in pieces", selftest_partial),
    CLASS("zip", "Zip", selftest_zip),
    CLASS("archives", "Other archives", selftest_archives),
    CLASS("documents", "Documents: files and macros in them, passwords", selftest_documents),
    CLASS("split", "Archives in pieces, names that few read", selftest_split),
    CLASS("nesting", "Archives in archives", selftest_nesting),
    CLASS("encrypted", "Encrypted archives", selftest_encrypted),
    CLASS("bounds", "Bounds", selftest_bounds),
    CLASS("mail", "Honest mail", selftest_mail),
    CLASS("honest-names", "Honest names", selftest_honest_names),
    CLASS("honest-files", "Honest files", selftest_honest_files),
    {0},
};

const struct selftest_family selftest_families[] = {
    {"conflicting transfer encodings",
     "duplicates/encoding-first duplicates/encoding-last encodings/conflict-qp encodings/conflict-binary"},
    {"Content-Type twice", "duplicates/type-first duplicates/type-last duplicates/type-multipart-first "
                           "duplicates/type-multipart-last"},
    {"boundary twice, in two headers", "duplicates/boundary-header-first duplicates/boundary-header-last"},
    {"boundary twice, in one header",
     "duplicates/boundary-parameter-first duplicates/boundary-parameter-last"},
    {"NUL or blank around or in a field's name",
     "fields/nul-in-name fields/nul-after-name fields/nul-before-name fields/blank-before-colon "
     "fields/tab-before-colon"},
    {"NUL in a field's value", "fields/nul-in-value fields/nul-in-filename encodings/nul"},
    {"odd letter case", "fields/odd-case encodings/case names/upper-case"},
    {"folding before and after the colon",
     "fields/folded-colon fields/folded-start quoting/value-on-next-line encodings/folded"},
    {"truncated folding", "fields/truncated-fold fields/empty-fold"},
    {"bare CR, bare LF, LFCR, CRCRLF between headers",
     "fields/bare-cr-between fields/bare-lf-between fields/lfcr-between fields/crcrlf-between"},
    {"the same between header and body",
     "fields/bare-cr-body fields/bare-lf-body fields/blank-line-of-blanks"},
    {"boundary with leading or trailing blanks",
     "boundaries/leading-blank boundaries/leading-blank-kept boundaries/trailing-blank"},
    {"boundary with a semicolon", "boundaries/semicolon boundaries/semicolon-whole"},
    {"boundary with half quotes", "boundaries/open-quote boundaries/close-quote boundaries/quote-inside"},
    {"empty boundary", "boundaries/empty"},
    {"\"boundary\" without \"=\"", "boundaries/no-equals boundaries/missing"},
    {"comment inside the boundary", "boundaries/comment boundaries/comment-kept boundaries/comment-in-name"},
    {"boundary as an encoded word", "boundaries/word boundaries/word-kept"},
    {"parameter without \";\"", "boundaries/no-semicolon quoting/no-semicolon"},
    {"entity in the preamble or epilogue", "structure/preamble structure/epilogue structure/after-close"},
    {"an inner part reuses the outer boundary",
     "structure/inner-reuses structure/inner-prefix structure/outer-after-inner"},
    {"missing final boundary", "structure/no-close structure/inner-unclosed"},
    {"comments in the transfer encoding", "encodings/comment encodings/comment-before"},
    {"the transfer encoding as an encoded word", "encodings/word"},
    {"unknown transfer encoding (\"base645\")", "encodings/unknown encodings/x-prefix encodings/empty"},
    {"junk characters in base64",
     "payload/junk payload/junk-inside payload/nul-between payload/url-alphabet"},
    {"\"=\" at the line's end or mid-stream",
     "payload/padding-each-line payload/padding-inside payload/padding-first"},
    {"concatenated base64 streams", "payload/concatenated"},
    {"6 characters a line", "payload/short-lines payload/one-a-line"},
    {"quoted-printable: bare \"=\", \"=0x\", bad hex", "payload/qp-odd"},
    {"quoted-printable: lower-case hex", "payload/qp-lower"},
    {"odd line ends in encoded content",
     "payload/bare-cr-lines payload/empty-lines payload/qp-blank-break payload/qp-soft-breaks"},
    {"over-long lines", "payload/one-line payload/qp-long-line payload/long-base64"},
    {0},
};

static const struct selftest_case *find_in_class(const struct selftest_class *class, const char *id,
                                                 size_t length)
{
    for (size_t i = 0; i < *class->case_count; i++)
        if (strlen(class->cases[i].id) == length && memcmp(class->cases[i].id, id, length) == 0)
            return &class->cases[i];
    return NULL;
}

const struct selftest_case *selftest_find(const char *path, size_t length)
{
    for (const struct selftest_class *class = selftest_classes; class->name != NULL; class ++) {
        size_t prefix = strlen(class->name);
        if (length > prefix + 1 && memcmp(path, class->name, prefix) == 0 && path[prefix] == '/')
            return find_in_class(class, path + prefix + 1, length - prefix - 1);
    }
    return NULL;
}
