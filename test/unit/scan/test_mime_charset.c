/* Charsets and encoded words, by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/mime/mime_charset.h"
#include "scan/mime/mime_word.h"

static void assert_converts(const char *charset, const char *bytes, const char *expected)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    assert_int_equal(mime_charset_to_utf8(slice_of(charset), slice_of(bytes), &out), MIME_CHARSET_SURE);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_deinit(&out);
}

static void charsets(void **state)
{
    (void)state;
    assert_converts("ISO-8859-1", "\xfc", "\xc3\xbc");
    assert_converts("shift_jis*ja", "\x95\x5c.exe", "\xe8\xa1\xa8.exe");
    assert_converts("utf-7", "a+AC4-exe", "a.exe");
    assert_converts("iso-2022-jp", "\x1b$BI=\x1b(B.exe", "\xe8\xa1\xa8.exe");
    assert_converts("iso-2022-cn-ext", "a.exe", "a.exe"); /* as long as nothing shifts */
    assert_converts("HZ-GB-2312", "a.exe", "a.exe");
    assert_converts("csShiftJIS", "\x95\x5c", "\xe8\xa1\xa8");
    assert_converts("x-gbk", "\xd6\xd0", "\xe4\xb8\xad");
    assert_converts("Windows_1251", "\xe0", "\xd0\xb0");
    assert_converts("cp866", "\xa0", "\xd0\xb0");
    assert_converts("ISO-8859-8-I", "\xe0", "\xd7\x90");
    assert_converts("iso_8859-15:1999", "a", "a");
    assert_converts("x-unknown", "\xfc", "\xfc");
    assert_converts("ibm037", "\x85\xa5\x89\x93\x4b\x85\xa7\x85", "evil.exe");
    assert_converts("made-up", "a+b~c", "a+b~c");
    assert_converts("hebrew", "\xe0", "\xd7\x90");
    assert_converts("euc-jp", "\xff.exe", "\xef\xbf\xbd.exe");
    struct strbuf out;
    strbuf_init(&out, 0);
    static const struct {
        const char *charset;
        const char *bytes;
    } unknown[] = {{"iso-2022-cn-ext", "a\x1b"},
                   {"hz-gb-2312", "~{a~}"},
                   {"IBM1390", "a"},
                   {"utf-7-imap", "a&AC4-"},
                   {"made-up", "\xe1"},
                   {"made-up", "a\x1b"},
                   {"iso-8859-12", "\xe1"},
                   {"windows-1259", "\xe1"},
                   {"cp12500", "\xe1"},
                   {"x", "\xe1"},
                   {"", "\xe1"}};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(mime_charset_to_utf8(slice_of(unknown[i].charset), slice_of(unknown[i].bytes), &out),
                         MIME_CHARSET_UNKNOWN);
    assert_int_equal(out.length, 0);
    strbuf_deinit(&out);
}

/* A byte order mark says how UTF-16 is meant; without one, that order counts in which there is a dot. */
static void unmarked_charsets_are_doubtful(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    assert_int_equal(mime_charset_to_utf8(slice_of("utf-16"),
                                          slice_make("\xff\xfe"
                                                     "a\0",
                                                     4),
                                          &out),
                     MIME_CHARSET_SURE);
    assert_string_equal(strbuf_text(&out), "a");
    strbuf_reset(&out);
    assert_int_equal(mime_charset_to_utf8(slice_of("utf-16"), slice_make("a\0.\0", 4), &out),
                     MIME_CHARSET_SURE);
    assert_string_equal(strbuf_text(&out), "a.");
    strbuf_reset(&out);
    assert_int_equal(mime_charset_to_utf8(slice_of("unicode"), slice_make("\0a\0.", 4), &out),
                     MIME_CHARSET_SURE);
    assert_string_equal(strbuf_text(&out), "a.");
    strbuf_reset(&out);
    assert_int_equal(mime_charset_to_utf8(slice_of("ucs-2"), slice_of("a.exe"), &out), MIME_CHARSET_SURE);
    assert_string_equal(strbuf_text(&out), "a.exe");
    assert_int_equal(mime_charset_to_utf8(slice_of("utf-16"), slice_make(".\0\0.", 4), &out),
                     MIME_CHARSET_DOUBTFUL);
    strbuf_deinit(&out);
}

/* Labels of the WHATWG Encoding Standard, and aliases of IANA's registry. */
static const char *const labels[] = {"unicode-1-1-utf-8",
                                     "unicode11utf8",
                                     "unicode20utf8",
                                     "utf-8",
                                     "utf8",
                                     "x-unicode20utf8",
                                     "866",
                                     "cp866",
                                     "csibm866",
                                     "ibm866",
                                     "csisolatin2",
                                     "iso-8859-2",
                                     "iso-ir-101",
                                     "iso8859-2",
                                     "iso88592",
                                     "iso_8859-2",
                                     "iso_8859-2:1987",
                                     "l2",
                                     "latin2",
                                     "csisolatin3",
                                     "iso-8859-3",
                                     "iso-ir-109",
                                     "iso8859-3",
                                     "iso88593",
                                     "iso_8859-3",
                                     "l3",
                                     "latin3",
                                     "csisolatin4",
                                     "iso-ir-110",
                                     "l4",
                                     "latin4",
                                     "csisolatincyrillic",
                                     "cyrillic",
                                     "iso-ir-144",
                                     "arabic",
                                     "asmo-708",
                                     "csiso88596e",
                                     "csiso88596i",
                                     "csisolatinarabic",
                                     "ecma-114",
                                     "iso-8859-6-e",
                                     "iso-8859-6-i",
                                     "iso-ir-127",
                                     "csisolatingreek",
                                     "ecma-118",
                                     "elot_928",
                                     "greek",
                                     "greek8",
                                     "iso-ir-126",
                                     "sun_eu_greek",
                                     "csiso88598e",
                                     "csisolatinhebrew",
                                     "hebrew",
                                     "iso-8859-8-e",
                                     "iso-ir-138",
                                     "visual",
                                     "csiso88598i",
                                     "iso-8859-8-i",
                                     "logical",
                                     "csisolatin6",
                                     "iso-ir-157",
                                     "l6",
                                     "latin6",
                                     "iso885913",
                                     "iso885914",
                                     "csisolatin9",
                                     "iso885915",
                                     "l9",
                                     "iso-8859-16",
                                     "cskoi8r",
                                     "koi",
                                     "koi8",
                                     "koi8-r",
                                     "koi8_r",
                                     "koi8-ru",
                                     "koi8-u",
                                     "csmacintosh",
                                     "mac",
                                     "macintosh",
                                     "x-mac-roman",
                                     "dos-874",
                                     "iso-8859-11",
                                     "iso8859-11",
                                     "iso885911",
                                     "tis-620",
                                     "windows-874",
                                     "cp1250",
                                     "windows-1250",
                                     "x-cp1250",
                                     "cp1251",
                                     "x-cp1251",
                                     "ansi_x3.4-1968",
                                     "ascii",
                                     "cp1252",
                                     "cp819",
                                     "csisolatin1",
                                     "ibm819",
                                     "iso-8859-1",
                                     "iso-ir-100",
                                     "iso8859-1",
                                     "iso88591",
                                     "iso_8859-1",
                                     "l1",
                                     "latin1",
                                     "us-ascii",
                                     "windows-1252",
                                     "x-cp1252",
                                     "x-cp1253",
                                     "cp1254",
                                     "csisolatin5",
                                     "iso-8859-9",
                                     "iso-ir-148",
                                     "iso88599",
                                     "l5",
                                     "latin5",
                                     "x-cp1254",
                                     "x-cp1255",
                                     "x-cp1256",
                                     "x-cp1257",
                                     "x-cp1258",
                                     "x-mac-cyrillic",
                                     "x-mac-ukrainian",
                                     "chinese",
                                     "csgb2312",
                                     "csiso58gb231280",
                                     "gb2312",
                                     "gb_2312",
                                     "gb_2312-80",
                                     "gbk",
                                     "iso-ir-58",
                                     "x-gbk",
                                     "gb18030",
                                     "big5",
                                     "big5-hkscs",
                                     "cn-big5",
                                     "csbig5",
                                     "x-x-big5",
                                     "cseucpkdfmtjapanese",
                                     "euc-jp",
                                     "x-euc-jp",
                                     "csiso2022jp",
                                     "iso-2022-jp",
                                     "csshiftjis",
                                     "ms932",
                                     "ms_kanji",
                                     "shift-jis",
                                     "shift_jis",
                                     "sjis",
                                     "windows-31j",
                                     "x-sjis",
                                     "cseuckr",
                                     "csksc56011987",
                                     "euc-kr",
                                     "iso-ir-149",
                                     "korean",
                                     "ks_c_5601-1987",
                                     "ks_c_5601-1989",
                                     "ksc5601",
                                     "ksc_5601",
                                     "windows-949",
                                     "unicodefffe",
                                     "utf-16be",
                                     "csunicode",
                                     "iso-10646-ucs-2",
                                     "ucs-2",
                                     "unicode",
                                     "unicodefeff",
                                     "utf-16",
                                     "utf-16le",
                                     "x-user-defined",
                                     "ANSI_X3.4-1986",
                                     "ISO_646.irv:1991",
                                     "iso-ir-6",
                                     "IBM367",
                                     "cp367",
                                     "csASCII",
                                     "ISO_8859-8:1988",
                                     "IBM00858",
                                     "IBM037",
                                     "ebcdic-cp-us",
                                     "cp1140",
                                     "IBM1047",
                                     "csIBM500",
                                     "csISOLatin1",
                                     "csShiftJIS",
                                     "Extended_UNIX_Code_Packed_Format_for_Japanese",
                                     "KS_C_5601-1987",
                                     "csUnicode11UTF7"};

static void labels_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        /* A byte that is no ASCII has a meaning in all of them, or none: but it is known which. */
        if (mime_charset_to_utf8(slice_of(labels[i]), slice_of("\xe1\xe1"), &out) == MIME_CHARSET_UNKNOWN)
            fail_msg("%s", labels[i]);
        strbuf_deinit(&out);
    }
}

static void words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected; /* NULL: no word */
    } rows[] = {
        {"=?utf-8?B?w7w=?=", "\xc3\xbc"},
        {"=?utf-8?B?ww==?= =?utf-8?B?vA==?=", "\xc3\xbc"}, /* one character in two words */
        {"a =?utf-8?Q?b_c?= d", "a b c d"},
        {"=?utf-8?Q?a", "a"},
        {"=?utf-8?X?a?=", NULL},
        {"=?utf-8?", NULL},
        {"=?utf-8?B?", ""}, /* ends where its text would begin */
        {"a = b", NULL},
        {"=?=?utf-8?q?a?=", "=?a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf out;
        strbuf_init(&out, 0);
        bool found = mime_word_decode(slice_of(rows[i].text), MIME_WORD_BLANKS_DROPPED, &out);
        assert_int_equal(found, rows[i].expected != NULL);
        if (found)
            assert_string_equal(strbuf_text(&out), rows[i].expected);
        strbuf_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charsets),
        cmocka_unit_test(unmarked_charsets_are_doubtful),
        cmocka_unit_test(labels_are_known),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
