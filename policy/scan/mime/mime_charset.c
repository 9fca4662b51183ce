#include "scan/mime/mime_charset.h"

#include "scan/mime/mime_charset_aliases.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>

enum { LABEL_BYTES = 48 };

enum charset_kind {
    CHARSET_PLAIN,    /* ASCII or UTF-8, or a label that says nothing: bytes are taken as they are */
    CHARSET_SUPERSET, /* ASCII bytes are ASCII characters */
    CHARSET_SHIFTED,  /* so they are until one of the bytes of `shifts` */
    CHARSET_STATEFUL, /* ASCII bytes may mean anything */
    CHARSET_UNMARKED, /* the order of bytes is told by a mark at the beginning, or not at all */
};

struct charset {
    const char *label;      /* lower-case letters and digits alone */
    const char *iconv_name; /* NULL: not to be decoded here */
    enum charset_kind kind;
    const char *shifts; /* CHARSET_SHIFTED */
};

static const char iso_2022_shifts[] = "\x1b\x0e\x0f";

static const struct charset charsets[] = {
    {"utf8", "UTF-8", CHARSET_PLAIN, NULL},
    {"utf8mb4", "UTF-8", CHARSET_PLAIN, NULL},
    {"usascii", "UTF-8", CHARSET_PLAIN, NULL},
    {"ascii", "UTF-8", CHARSET_PLAIN, NULL},
    {"iso646us", "UTF-8", CHARSET_PLAIN, NULL},
    {"ansix341968", "UTF-8", CHARSET_PLAIN, NULL},
    {"unknown8bit", "UTF-8", CHARSET_PLAIN, NULL},
    {"unknown", "UTF-8", CHARSET_PLAIN, NULL},
    {"default", "UTF-8", CHARSET_PLAIN, NULL},
    {"defaultcharset", "UTF-8", CHARSET_PLAIN, NULL},
    {"userdefined", "UTF-8", CHARSET_PLAIN, NULL},
    {"binary", "UTF-8", CHARSET_PLAIN, NULL},
    {"8bit", "UTF-8", CHARSET_PLAIN, NULL},
    {"7bit", "UTF-8", CHARSET_PLAIN, NULL},
    {"none", "UTF-8", CHARSET_PLAIN, NULL},
    {"ansi", "CP1252", CHARSET_SUPERSET, NULL},
    {"latin1", "ISO-8859-1", CHARSET_SUPERSET, NULL},
    {"latin2", "ISO-8859-2", CHARSET_SUPERSET, NULL},
    {"latin9", "ISO-8859-15", CHARSET_SUPERSET, NULL},
    {"koi8r", "KOI8-R", CHARSET_SUPERSET, NULL},
    {"koi8u", "KOI8-U", CHARSET_SUPERSET, NULL},
    {"koi8ru", "KOI8-U", CHARSET_SUPERSET, NULL},
    {"macintosh", "MACINTOSH", CHARSET_SUPERSET, NULL},
    {"macroman", "MACINTOSH", CHARSET_SUPERSET, NULL},
    {"maccyrillic", "MAC-CYRILLIC", CHARSET_SUPERSET, NULL},
    {"tis620", "TIS-620", CHARSET_SUPERSET, NULL},
    {"viscii", "VISCII", CHARSET_SUPERSET, NULL},
    {"gb2312", "GBK", CHARSET_SUPERSET, NULL},
    {"gb231280", "GBK", CHARSET_SUPERSET, NULL},
    {"gbk", "GBK", CHARSET_SUPERSET, NULL},
    {"euccn", "GBK", CHARSET_SUPERSET, NULL},
    {"cngb", "GBK", CHARSET_SUPERSET, NULL},
    {"gb18030", "GB18030", CHARSET_SUPERSET, NULL},
    {"big5", "BIG5", CHARSET_SUPERSET, NULL},
    {"cnbig5", "BIG5", CHARSET_SUPERSET, NULL},
    {"big5hkscs", "BIG5-HKSCS", CHARSET_SUPERSET, NULL},
    {"euctw", "EUC-TW", CHARSET_SUPERSET, NULL},
    {"eucjp", "EUC-JP", CHARSET_SUPERSET, NULL},
    {"ujis", "EUC-JP", CHARSET_SUPERSET, NULL},
    {"euckr", "CP949", CHARSET_SUPERSET, NULL},
    {"ksc56011987", "CP949", CHARSET_SUPERSET, NULL},
    {"ksc5601", "CP949", CHARSET_SUPERSET, NULL},
    {"uhc", "CP949", CHARSET_SUPERSET, NULL},
    {"shiftjis", "CP932", CHARSET_SUPERSET, NULL},
    {"sjis", "CP932", CHARSET_SUPERSET, NULL},
    {"mskanji", "CP932", CHARSET_SUPERSET, NULL},
    {"windows31j", "CP932", CHARSET_SUPERSET, NULL},
    {"iso2022jp", "ISO-2022-JP-2", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022jp1", "ISO-2022-JP-2", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022jp2", "ISO-2022-JP-2", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022jpms", "ISO-2022-JP-3", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022jp3", "ISO-2022-JP-3", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022kr", "ISO-2022-KR", CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022cn", NULL, CHARSET_SHIFTED, iso_2022_shifts},
    {"iso2022cnext", NULL, CHARSET_SHIFTED, iso_2022_shifts},
    {"hzgb2312", NULL, CHARSET_SHIFTED, "~"},
    {"utf7", "UTF-7", CHARSET_SHIFTED, "+"},
    {"unicode11utf7", "UTF-7", CHARSET_SHIFTED, "+"},
    {"utf7imap", NULL, CHARSET_SHIFTED, "&"},
    {"ebcdic", "IBM037", CHARSET_STATEFUL, NULL},
    {"ebcdickana", NULL, CHARSET_STATEFUL, NULL},
    {"utf16le", "UTF-16LE", CHARSET_STATEFUL, NULL},
    {"utf16be", "UTF-16BE", CHARSET_STATEFUL, NULL},
    {"utf32le", "UTF-32LE", CHARSET_STATEFUL, NULL},
    {"utf32be", "UTF-32BE", CHARSET_STATEFUL, NULL},
    {"utf16", "UTF-16", CHARSET_UNMARKED, NULL},
    {"unicode", "UTF-16", CHARSET_UNMARKED, NULL},
    {"iso10646ucs2", "UTF-16", CHARSET_UNMARKED, NULL},
    {"ucs2", "UTF-16", CHARSET_UNMARKED, NULL},
    {"utf32", NULL, CHARSET_STATEFUL, NULL}, /* nobody writes it */
};

/* Families of charsets with a number: `first` and `last` of what there is, or single numbers. */
static const struct {
    const char *prefix;
    const char *iconv_prefix;
    unsigned first, last;
} families[] = {
    {"iso8859", "ISO-8859-", 1, 11}, {"iso8859", "ISO-8859-", 13, 16}, {"windows", "CP", 1250, 1258},
    {"cp", "CP", 1250, 1258},        {"win", "CP", 1250, 1258},        {"windows", "CP", 874, 874},
    {"cp", "CP", 874, 874},          {"windows", "CP", 932, 932},      {"cp", "CP", 932, 932},
    {"windows", "CP", 936, 936},     {"cp", "CP", 936, 936},           {"windows", "CP", 949, 949},
    {"cp", "CP", 949, 949},          {"windows", "CP", 950, 950},      {"cp", "CP", 950, 950},
    {"cp", "CP", 437, 437},          {"ibm", "CP", 437, 437},          {"cp", "CP", 737, 737},
    {"cp", "CP", 775, 775},          {"ibm", "CP", 775, 775},          {"cp", "CP", 850, 850},
    {"ibm", "CP", 850, 850},         {"cp", "CP", 852, 852},           {"ibm", "CP", 852, 852},
    {"cp", "CP", 855, 855},          {"ibm", "CP", 855, 855},          {"cp", "CP", 857, 858},
    {"ibm", "CP", 857, 857},         {"cp", "CP", 860, 866},           {"ibm", "CP", 860, 866},
};

/* A charset that was found; one of a family has its name in `text`. */
struct found_charset {
    struct charset charset;
    char text[LABEL_BYTES];
};

/* Fills `label` with the letters and digits of `name`, in lower case, without language and year
 * (iso_8859-1:1987). Returns their number. */
static size_t label_of(struct slice name, char *label)
{
    size_t length = 0;
    name = slice_part(name, 0, slice_find(name, '*'));
    name = slice_part(name, 0, slice_find(name, ':'));
    for (size_t i = 0; i < name.length && length < LABEL_BYTES; i++)
        if (ascii_is_alpha(name.data[i]) || ascii_is_digit(name.data[i]))
            label[length++] = ascii_lower(name.data[i]);
    return length;
}

static bool find_single(struct slice label, struct found_charset *found)
{
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++) {
        if (slice_equal(label, slice_of(charsets[i].label))) {
            found->charset = charsets[i];
            return true;
        }
    }
    return false;
}

/* The number at the front of `digits`; what may follow is the order of right-to-left text: iso-8859-8-i. */
static unsigned number_of(struct slice digits)
{
    unsigned number = 0;
    size_t at = 0;
    for (; at < digits.length && at < 5 && ascii_is_digit(digits.data[at]); at++)
        number = number * 10 + (unsigned)(digits.data[at] - '0');
    bool is_ordered = at + 1 == digits.length && (digits.data[at] == 'i' || digits.data[at] == 'e');
    return at == digits.length || is_ordered ? number : 0;
}

static bool find_in_family(struct slice label, struct found_charset *found)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct slice prefix = slice_of(families[i].prefix);
        if (!slice_starts_nocase(label, prefix))
            continue;
        unsigned number = number_of(slice_part(label, prefix.length, label.length));
        if (number < families[i].first || number > families[i].last)
            continue;
        snprintf(found->text, sizeof found->text, "%s%u", families[i].iconv_prefix, number);
        found->charset = (struct charset){NULL, found->text, CHARSET_SUPERSET, NULL};
        return true;
    }
    return false;
}

static bool find_known(struct slice label, struct found_charset *found)
{
    return find_single(label, found) || find_in_family(label, found);
}

static bool find_alias(struct slice label, struct found_charset *found)
{
    char word[LABEL_BYTES + 2] = " ";
    if (label.length == 0)
        return false;
    memcpy(word + 1, label.data, label.length);
    word[label.length + 1] = ' ';
    for (size_t i = 0; i < sizeof charset_aliases / sizeof charset_aliases[0]; i++)
        if (memmem(charset_aliases[i].aliases, strlen(charset_aliases[i].aliases), word, label.length + 2) !=
            NULL)
            return find_known(slice_of(charset_aliases[i].charset), found);
    return false;
}

/* Finds a charset by its name, or by an alias of it: x-gbk, csBig5, hebrew. */
static bool charset_find(struct slice name, struct found_charset *found)
{
    char text[LABEL_BYTES];
    struct slice label = slice_make(text, label_of(name, text));
    if (find_known(label, found) || find_alias(label, found))
        return true;
    size_t prefix = slice_starts_nocase(label, slice_of("cs"))  ? 2
                    : slice_starts_nocase(label, slice_of("x")) ? 1
                                                                : 0;
    label = slice_part(label, prefix, label.length);
    return prefix > 0 && (find_known(label, found) || find_alias(label, found));
}

static bool is_ascii(struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if ((unsigned char)bytes.data[i] >= 0x80)
            return false;
    return true;
}

/* One call of iconv into `out`; returns false once `in` is used up. */
static bool convert_some(iconv_t converter, struct slice *in, struct strbuf *out)
{
    char piece[512];
    char *to = piece;
    size_t room = sizeof piece;
    /* iconv does not write there; its type is historical. */
    char *from = (char *)(uintptr_t)in->data; // NOLINT(performance-no-int-to-ptr)
    size_t left = in->length;
    size_t result = iconv(converter, &from, &left, &to, &room);
    bool stuck = result == (size_t)-1 && errno != E2BIG;
    *in = slice_make(from, left);
    strbuf_append(out, piece, sizeof piece - room);
    if (stuck && in->length > 0) {
        strbuf_append(out, "\xef\xbf\xbd", 3);
        *in = slice_part(*in, 1, in->length);
    }
    return in->length > 0 && !out->failed;
}

static bool has_shift(struct slice bytes, const char *shifts)
{
    for (; *shifts != '\0'; shifts++)
        if (slice_find(bytes, *shifts) < bytes.length)
            return true;
    return false;
}

/* Whether every client takes the bytes for ASCII or UTF-8. */
static bool is_as_it_stands(const struct charset *charset, struct slice bytes)
{
    switch (charset->kind) {
    case CHARSET_PLAIN:
        return true;
    case CHARSET_SUPERSET:
        return is_ascii(bytes);
    case CHARSET_SHIFTED:
        return is_ascii(bytes) && !has_shift(bytes, charset->shifts);
    case CHARSET_STATEFUL:
    case CHARSET_UNMARKED:
        break;
    }
    return false;
}

static bool has_order_mark(struct slice bytes)
{
    return bytes.length >= 2 && ((bytes.data[0] == '\xff' && bytes.data[1] == '\xfe') ||
                                 (bytes.data[0] == '\xfe' && bytes.data[1] == '\xff') ||
                                 (bytes.length >= 4 && memcmp(bytes.data, "\0\0\xfe\xff", 4) == 0));
}

/* False: there is no such converter. */
static bool convert(const char *iconv_name, struct slice bytes, struct strbuf *out)
{
    iconv_t converter = iconv_open("UTF-8", iconv_name);
    if (converter == (iconv_t)-1) { // NOLINT(performance-no-int-to-ptr)
        out->failed = out->failed || errno == ENOMEM;
        return false;
    }
    while (bytes.length > 0 && convert_some(converter, &bytes, out))
        continue;
    iconv_close(converter);
    return true;
}

/*
 * UTF-16 without a mark may be read in either order, or as it stands by who knows no UTF-16. Of these at most
 * one has a dot in it where somebody meant a name: then that is the one that counts.
 */
static enum mime_charset_result convert_unmarked(struct slice bytes, struct strbuf *out)
{
    static const char *const orders[] = {"UTF-16LE", "UTF-16BE"};
    bool is_raw = slice_find(bytes, '\0') == bytes.length;
    unsigned dots = is_raw && slice_find(bytes, '.') < bytes.length ? 1 : 0;
    struct strbuf likely;
    strbuf_init(&likely, 0);
    if (dots > 0)
        strbuf_append_slice(&likely, bytes);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct strbuf reading;
        strbuf_init(&reading, 0);
        bool is_known = convert(orders[i], bytes, &reading);
        bool has_dot = slice_find(strbuf_slice(&reading), '.') < reading.length;
        dots += has_dot || !is_known ? 1 : 0;
        if (has_dot || (i == 0 && dots == 0)) {
            strbuf_truncate(&likely, 0);
            strbuf_append_slice(&likely, strbuf_slice(&reading));
        }
        likely.failed = likely.failed || reading.failed;
        strbuf_deinit(&reading);
    }
    strbuf_append_slice(out, strbuf_slice(&likely));
    out->failed = out->failed || likely.failed;
    strbuf_deinit(&likely);
    return dots > 1 ? MIME_CHARSET_DOUBTFUL : MIME_CHARSET_SURE;
}

enum mime_charset_result mime_charset_to_utf8(struct slice name, struct slice bytes, struct strbuf *out)
{
    struct found_charset found;
    enum mime_charset_result result = MIME_CHARSET_SURE;
    /* Where a label is unknown, plain ASCII is itself in any charset that could be meant: those in which it
     * is not (EBCDIC, UTF-16) spell no letter with it, or shift. */
    if (!charset_find(name, &found))
        found.charset = (struct charset){"", NULL, CHARSET_SHIFTED, iso_2022_shifts};
    if (is_as_it_stands(&found.charset, bytes)) {
        strbuf_append_slice(out, bytes);
        return MIME_CHARSET_SURE;
    }
    if (bytes.length > MIME_CHARSET_BYTES_MAX) {
        bytes = slice_part(bytes, bytes.length - MIME_CHARSET_BYTES_MAX, bytes.length);
        result = MIME_CHARSET_DOUBTFUL;
    }
    if (found.charset.kind == CHARSET_UNMARKED && !has_order_mark(bytes))
        return result == MIME_CHARSET_DOUBTFUL ? MIME_CHARSET_UNKNOWN : convert_unmarked(bytes, out);
    bool is_known = found.charset.iconv_name != NULL && convert(found.charset.iconv_name, bytes, out);
    return is_known ? result : MIME_CHARSET_UNKNOWN;
}
