#include "mime/mime_charset.h"

#include <errno.h>
#include <iconv.h>

enum charset_kind {
    CHARSET_PLAIN,    /* ASCII or UTF-8: bytes are taken as they are */
    CHARSET_SUPERSET, /* ASCII bytes are ASCII characters */
    CHARSET_STATEFUL, /* ASCII bytes may mean anything */
};

struct charset {
    const char *name;
    const char *iconv_name;
    enum charset_kind kind;
};

static const struct charset charsets[] = {
    {"utf-8", "UTF-8", CHARSET_PLAIN},
    {"utf8", "UTF-8", CHARSET_PLAIN},
    {"us-ascii", "UTF-8", CHARSET_PLAIN},
    {"ascii", "UTF-8", CHARSET_PLAIN},
    {"unknown-8bit", "UTF-8", CHARSET_PLAIN},
    {"iso-8859-1", "ISO-8859-1", CHARSET_SUPERSET},
    {"latin1", "ISO-8859-1", CHARSET_SUPERSET},
    {"iso-8859-2", "ISO-8859-2", CHARSET_SUPERSET},
    {"iso-8859-3", "ISO-8859-3", CHARSET_SUPERSET},
    {"iso-8859-4", "ISO-8859-4", CHARSET_SUPERSET},
    {"iso-8859-5", "ISO-8859-5", CHARSET_SUPERSET},
    {"iso-8859-6", "ISO-8859-6", CHARSET_SUPERSET},
    {"iso-8859-7", "ISO-8859-7", CHARSET_SUPERSET},
    {"iso-8859-8", "ISO-8859-8", CHARSET_SUPERSET},
    {"iso-8859-8-i", "ISO-8859-8", CHARSET_SUPERSET},
    {"iso-8859-9", "ISO-8859-9", CHARSET_SUPERSET},
    {"iso-8859-10", "ISO-8859-10", CHARSET_SUPERSET},
    {"iso-8859-13", "ISO-8859-13", CHARSET_SUPERSET},
    {"iso-8859-14", "ISO-8859-14", CHARSET_SUPERSET},
    {"iso-8859-15", "ISO-8859-15", CHARSET_SUPERSET},
    {"iso-8859-16", "ISO-8859-16", CHARSET_SUPERSET},
    {"windows-1250", "CP1250", CHARSET_SUPERSET},
    {"windows-1251", "CP1251", CHARSET_SUPERSET},
    {"windows-1252", "CP1252", CHARSET_SUPERSET},
    {"windows-1253", "CP1253", CHARSET_SUPERSET},
    {"windows-1254", "CP1254", CHARSET_SUPERSET},
    {"windows-1255", "CP1255", CHARSET_SUPERSET},
    {"windows-1256", "CP1256", CHARSET_SUPERSET},
    {"windows-1257", "CP1257", CHARSET_SUPERSET},
    {"windows-1258", "CP1258", CHARSET_SUPERSET},
    {"windows-874", "CP874", CHARSET_SUPERSET},
    {"cp1250", "CP1250", CHARSET_SUPERSET},
    {"cp1251", "CP1251", CHARSET_SUPERSET},
    {"cp1252", "CP1252", CHARSET_SUPERSET},
    {"cp437", "CP437", CHARSET_SUPERSET},
    {"ibm437", "CP437", CHARSET_SUPERSET},
    {"cp850", "CP850", CHARSET_SUPERSET},
    {"ibm850", "CP850", CHARSET_SUPERSET},
    {"cp866", "CP866", CHARSET_SUPERSET},
    {"ibm866", "CP866", CHARSET_SUPERSET},
    {"koi8-r", "KOI8-R", CHARSET_SUPERSET},
    {"koi8-u", "KOI8-U", CHARSET_SUPERSET},
    {"macintosh", "MACINTOSH", CHARSET_SUPERSET},
    {"tis-620", "TIS-620", CHARSET_SUPERSET},
    {"gb2312", "GBK", CHARSET_SUPERSET},
    {"gbk", "GBK", CHARSET_SUPERSET},
    {"gb18030", "GB18030", CHARSET_SUPERSET},
    {"big5", "BIG5", CHARSET_SUPERSET},
    {"euc-jp", "EUC-JP", CHARSET_SUPERSET},
    {"euc-kr", "EUC-KR", CHARSET_SUPERSET},
    {"ks_c_5601-1987", "CP949", CHARSET_SUPERSET},
    {"cp949", "CP949", CHARSET_SUPERSET},
    {"shift_jis", "CP932", CHARSET_SUPERSET},
    {"shift-jis", "CP932", CHARSET_SUPERSET},
    {"windows-31j", "CP932", CHARSET_SUPERSET},
    {"cp932", "CP932", CHARSET_SUPERSET},
    {"iso-2022-jp", "ISO-2022-JP", CHARSET_STATEFUL},
    {"iso-2022-kr", "ISO-2022-KR", CHARSET_STATEFUL},
    {"utf-7", "UTF-7", CHARSET_STATEFUL},
    {"unicode-1-1-utf-7", "UTF-7", CHARSET_STATEFUL},
    {"utf-16", "UTF-16", CHARSET_STATEFUL},
    {"utf-16le", "UTF-16LE", CHARSET_STATEFUL},
    {"utf-16be", "UTF-16BE", CHARSET_STATEFUL},
    {"utf-32", "UTF-32", CHARSET_STATEFUL},
    {"utf-32le", "UTF-32LE", CHARSET_STATEFUL},
    {"utf-32be", "UTF-32BE", CHARSET_STATEFUL},
};

static const struct charset *charset_find(struct slice name)
{
    name = slice_trim(slice_part(name, 0, slice_find(name, '*')));
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
        if (slice_equal_nocase(name, slice_of(charsets[i].name)))
            return &charsets[i];
    return NULL;
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

bool mime_charset_to_utf8(struct slice name, struct slice bytes, struct strbuf *out)
{
    const struct charset *charset = charset_find(name);
    if (charset == NULL)
        return false;
    if (bytes.length > MIME_CHARSET_BYTES_MAX && charset->kind != CHARSET_PLAIN)
        bytes = slice_part(bytes, bytes.length - MIME_CHARSET_BYTES_MAX, bytes.length);
    if (charset->kind == CHARSET_PLAIN || (charset->kind == CHARSET_SUPERSET && is_ascii(bytes))) {
        strbuf_append_slice(out, bytes);
        return true;
    }
    iconv_t converter = iconv_open("UTF-8", charset->iconv_name);
    if (converter == (iconv_t)-1) { // NOLINT(performance-no-int-to-ptr)
        out->failed = out->failed || errno == ENOMEM;
        return false;
    }
    while (bytes.length > 0 && convert_some(converter, &bytes, out))
        continue;
    iconv_close(converter);
    return true;
}
