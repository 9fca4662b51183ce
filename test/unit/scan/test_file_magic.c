#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scan/content/file_magic.h"

struct magic_case {
    const char *what;
    const char *bytes;
    size_t length;
    const char *kind; /* NULL: not executable */
    bool harmless;    /* asked only of what is not executable */
};

#define CASE(what, bytes, kind, harmless)                                                                    \
    {                                                                                                        \
        what, bytes, sizeof(bytes) - 1, kind, harmless                                                       \
    }

#define DOS_FIELDS "MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0"
#define DOS_REST                                                                                             \
    "\0\0\0\0"                                                                                               \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\0\0\0\0"
#define CLSID_LNK "\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"

static const struct magic_case cases[] = {
    CASE("PE in sight", DOS_FIELDS DOS_REST "\x40\0\0\0PE\0\0L\x01", "Windows program", false),
    CASE("PE further on", DOS_FIELDS DOS_REST "\0\0\x01\0rest", "Windows program", false),
    CASE("PE with a senseless old header",
         "MZ\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" DOS_REST
         "\x40\0\0\0PE\0\0",
         "Windows program", false),
    CASE("NE", DOS_FIELDS DOS_REST "\x40\0\0\0NE", "Windows program", false),
    CASE("DOS program", DOS_FIELDS, "DOS program", false),
    CASE("text that begins with MZ",
         "MZ;Menge;Zahl\r\n1;2;3\r\n4;5;6\r\n7;8;9\r\n10;11;12\r\n13;14;15\r\n16;17;18\r\n", NULL, true),
    CASE("two letters", "MZ", NULL, true),
    CASE("ELF", "\177ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0", "Linux program", false),
    CASE("ELF of no class", "\177ELF\x07\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0", NULL, false),
    CASE("Mach-O", "\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0", "macOS program", false),
    CASE("Mach-O, big end first", "\xfe\xed\xfa\xce\0\0\0\x12\0\0\0\0\0\0\0\x02", "macOS program", false),
    CASE("fat Mach-O", "\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07\0\0\0\x03", "macOS program", false),
    CASE("Java class", "\xca\xfe\xba\xbe\0\0\0\x34\0\x1d\x0a\0\0\0\0\0", "Java program", false),
    CASE("neither of both", "\xca\xfe\xba\xbe\0\x01\0\x02\0\0\0\0\0\0\0\0", NULL, false),
    CASE("script", "#!/bin/sh\necho\n", "script", false),
    CASE("script with a space", "#! /usr/bin/env python3\n", "script", false),
    CASE("AMR sound", "#!AMR\n\x3c\0", NULL, true),
    CASE("news batch", "#! rnews 1234\n", NULL, true),
    CASE("shortcut", "\x4c\0\0\0" CLSID_LNK "\0\0", "Windows shortcut", false),
    CASE("not quite a shortcut", "\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x47", NULL, false),
    CASE("HTML application", "\xef\xbb\xbf\r\n<html><head><HTA:Application id=x>", "HTML application", false),
    CASE("HTML application, UTF-16", "\xff\xfe<\0h\0t\0a\0:\0a\0p\0p\0l\0i\0c\0a\0t\0i\0o\0n\0 \0",
         "HTML application", false),
    CASE("HTA behind much else", "<html><<head>\r\n<<<HTA:Application>", "HTML application", false),
    CASE("a tag that is cut short", "<html><script><hta:applicatio", NULL, true),
    CASE("HTML about HTA", "<html>&lt;hta:application&gt;</html>", NULL, true),
    CASE("prose about HTA", "Write <hta:application> first.", NULL, true),
    CASE("console file", "<?xml version=\"1.0\"?>\n<MMC_ConsoleFile ConsoleVersion=\"3.0\">",
         "management console file", false),
    CASE("encoded script", "#@~^BAAAAA==abcd", "encoded script", false),
    CASE("a line with #@~^", "#@~^ is no swearing", NULL, true),
    CASE("compiled help", "ITSF\x03\0\0\0\x60\0\0\0", "compiled help file", false),
    CASE("DEX", "dex\n035\0abcd", "Android program", false),
    CASE("registry 5",
         "\xff\xfeR\0"
         "E\0"
         "G\0"
         "E\0"
         "D\0"
         "I\0"
         "T\0"
         "4\0",
         "registry file", false),
    CASE("registry 4", "REGEDIT4\r\n\r\n[HKEY", "registry file", false),
    CASE("shortcut to a page", "\r\n[internetshortcut]\r\nURL=file://x/y.exe", "Internet shortcut", false),
    CASE("SCF", "[Shell]\r\nCommand=2\r\nIconFile=\\\\x\\y\r\n", "Explorer command file", false),
    CASE("[Shell] in a text", "[Shell] and tube heat exchangers\r\n", NULL, true),
    CASE("launcher", "[Desktop Entry]\nExec=sh\n", "desktop launcher", false),
    CASE("mp4",
         "\0\0\0\x20"
         "ftypisom\0\0\x02\0",
         NULL, true),
    CASE("csv", "a,b,c\n1,2,3\n", NULL, true),
    CASE("csv in UTF-8",
         "Stra\xc3\x9f"
         "e,Ort\n",
         NULL, true),
    CASE("zip", "PK\x03\x04\x14\0\0\0\x08\0", NULL, false),
    CASE("pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", NULL, true),
    CASE("jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0", NULL, true),
    CASE("png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", NULL, true),
    CASE("mp3 without ID3", "\xff\xfb\x90\x64\0\0\0\0", NULL, true),
    CASE("UTF-16 text", "\xff\xfeH\0i\0", NULL, false),
    CASE("nothing", "", NULL, false),
};

/* At the end of its allocation, so that a sanitizer sees a byte read too far. */
static char *copy_exactly(const char *bytes, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

static void knows_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct magic_case *c = &cases[i];
        char *copy = copy_exactly(c->bytes, c->length);
        struct slice head = slice_make(copy, c->length);
        const char *kind = file_magic_executable(head);
        bool same = kind == NULL || c->kind == NULL ? kind == c->kind : strcmp(kind, c->kind) == 0;
        bool is_harmless = kind == NULL && file_magic_harmless(head);
        if (!same || is_harmless != c->harmless)
            print_error("%s: %s\n", c->what, kind == NULL ? "not executable" : kind);
        assert_true(same);
        assert_int_equal(is_harmless, c->harmless);
        free(copy);
    }
}

static void reads_no_byte_too_far(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t length = 0; length < cases[i].length; length++) {
            char *copy = copy_exactly(cases[i].bytes, length);
            uint64_t offset;
            file_magic_executable(slice_make(copy, length));
            file_magic_harmless(slice_make(copy, length));
            file_magic_ole_root_offset(slice_make(copy, length), &offset);
            free(copy);
        }
    }
}

static void finds_the_class_of_an_ole_file(void **state)
{
    (void)state;
    char head[512] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    uint64_t offset = 0;
    head[30] = 12;
    head[48] = 9;
    assert_true(file_magic_ole_root_offset(slice_make(head, sizeof head), &offset));
    assert_int_equal(offset, 10 * 4096);
    assert_true(file_magic_harmless(slice_make(head, sizeof head)));
    assert_false(file_magic_ole_root_offset(slice_make(head, sizeof head - 1), &offset));
    memset(head + 48, 0xff, 4);
    assert_false(file_magic_ole_root_offset(slice_make(head, sizeof head), &offset));

    char entry[FILE_MAGIC_OLE_ENTRY_BYTES] = "R\0o\0o\0t\0";
    entry[66] = 5;
    static const unsigned char installer[16] = {0x84, 0x10, 0x0c, 0, 0, 0, 0, 0,
                                                0xc0, 0,    0,    0, 0, 0, 0, 0x46};
    static const unsigned char word[16] = {0x06, 0x09, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
    memcpy(entry + 80, installer, sizeof installer);
    assert_string_equal(file_magic_ole_root(slice_make(entry, sizeof entry)), "Windows installer package");
    assert_null(file_magic_ole_root(slice_make(entry, sizeof entry - 1)));
    memcpy(entry + 80, word, sizeof word);
    assert_null(file_magic_ole_root(slice_make(entry, sizeof entry)));
}

/* A byte of each value at each place among others: one that is no text is seen wherever it stands. */
static void one_control_character_makes_no_text(void **state)
{
    (void)state;
    static const char *const others[] = {"text of all kinds, and more",
                                         "\x80\xff\x80\xff\x80\xff\x80\xff\x80\xff\x80\xff",
                                         " \t\r\n\x1b\f ~ \t\r\n\x1b\f ~ "};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char text[32];
        size_t length = strlen(others[i]);
        for (size_t at = 0; at < length; at++) {
            for (unsigned value = 0; value < 256; value++) {
                bool is_text =
                    value == 0x7f ? false : value >= 0x20 || strchr("\t\n\r\f\x1b", (int)value) != NULL;
                memcpy(text, others[i], length);
                text[at] = (char)value;
                bool is_harmless = file_magic_harmless(slice_make(text, length));
                assert_int_equal(is_harmless, is_text && value != 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_each_kind),
        cmocka_unit_test(reads_no_byte_too_far),
        cmocka_unit_test(finds_the_class_of_an_ole_file),
        cmocka_unit_test(one_control_character_makes_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
