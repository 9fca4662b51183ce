#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/mime/file_name.h"

#include <stdio.h>

/* The candidates of `name`, joined by blanks. */
static const char *candidates(struct slice name)
{
    static char text[1024];
    struct file_name_extensions extensions;
    file_name_extension_candidates(name, &extensions);
    text[0] = '\0';
    for (size_t i = 0; i < extensions.count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, extensions.text[i]);
    }
    return text;
}

static const struct {
    const char *name;
    const char *expected;
} names[] = {
    {"report.pdf", "pdf"},
    {"example.com.pdf", "pdf"},
    {"evil.EXE", "exe"},
    {"evil.exe. . ", "exe"},
    {"evil.exe\t\r\n", "exe"},
    {"evil.exe::$DATA", "exe::$data exe exe$data exe::xdata"},
    {"evil.exe\xf3\xa0\x81\xa1", "exe"},
    {"evil.e\xe3\x85\xa4xe", "exe"},
    {"evil.exe:stream", "exe:stream exe exestream"},
    {"evil.exe:stream.txt", "txt exe"},
    {"backup.com:8080", "com:8080 com8080"},
    {"Re: problem at example.com: more.eml", "eml"},
    {"C:\\dir\\evil.exe", "exe"},
    {"dir.exe/report.pdf", "pdf"},
    {"dir/evil.exe/", "exe"},
    {"http://example.com/report", "comreport"},
    {"evil%2Eexe", "exe"},
    {"evil%252eexe", "exe"},
    {"100%.pdf", "pdf"},
    {"evil.exe%00.txt", "txt exe"},
    {"evil.exe\x01.txt", "exe txt"},
    {"evil.exe\ntxt", "exe exetxt exextxt"},
    {"www.example.com\r\nlogo.png", "png"},
    {"www.example.com%0Alogo.png", "png"},
    {"evil.com\x01.png", "com png"},
    {"evil.com\r\n", "com"},
    {"evil\xe2\x80\xae"
     "fdp.exe",
     "exe"},
    {"evil.e\xe2\x80\x8bxe", "exe"},
    {"evil\xef\xbc\x8e\xef\xbd\x85\xef\xbd\x98\xef\xbd\x85", "exe"},
    {"evil.a\xef\xbc*\x8e"
     "exe",
     "a\xef\xbc*\x8e"
     "exe a\xef\xbc\x8e"
     "exe exe a*exe aexe"},
    {"evil.exe\xc2\xa0", "exe"},
    {"evil.exe\xa0", "exe"},
    {"\"evil.exe\"", "exe"},
    {"'evil.exe'", "exe"},
    {"evil.exe;", "exe"},
    {"evil.exe*", "exe"},
    {"evil.exe?", "exe"},
    {"evil.exe%", "exe"},
    {"evil.exe+", "exe"},
    {"evil&#46;exe", "exe"},
    {"evil.&#x65;xe", "&#x65;xe exe"},
    {"evil&#65582;exe", "exe"},
    {"evil%26%2346%3Bexe", "exe"},
    {"evil.&#101;x&#x65;", "&#101;x&#x65 exe"},
    {"evil&#8211;exe", ""},
    {"Q&A &#8211; notes.pdf", "pdf"},
    {"evil.e|xe", "e|xe exe exxe"},
    {"evil.e\\xe", "exe"},
    {"evil.e]e", "e]e exe"},
    {"evil.exe=", "exe"},
    {"evil.exe\xc2\x85", "exe"},
    {"evil.exe\xe2\xa0\x80", "exe"},
    {"evil\xef\xb9\x92"
     "exe",
     "exe"},
    {"evil.ln\xe2\x84\xaa", "lnk"},
    {"evil.\xc5\xbf"
     "cr",
     "scr"},
    {"discount 100%", ""},
    {"readme", ""},
    {"...", ""},
    {"", ""},
    {".htaccess", "htaccess"},
    {"invoice.pdf                              .exe", "exe"},
    {"tar.gz", "gz"},
    {"a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}", "hta"},
    {"a.{00000000-0000-0000-0000-000000000000}", "{00000000-0000-0000-0000-000000000000}"},
    {"a.averyveryveryveryveryveryveryveryverylongextension", ""},
};

static void extensions_as_systems_read_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *found = candidates(slice_of(names[i].name));
        /* The order is not promised, the set is: compare both ways for the short lists here. */
        if (strcmp(found, names[i].expected) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", names[i].name, found, names[i].expected);
    }
}

static void embedded_nul_cuts_for_some(void **state)
{
    (void)state;
    assert_string_equal(candidates(slice_make("evil.exe\0.txt", 13)), "exe txt");
}

static void long_names_are_read_from_their_end(void **state)
{
    (void)state;
    char name[5000];
    memset(name, 'a', sizeof name);
    memcpy(name + sizeof name - 4, ".exe", 4);
    assert_string_equal(candidates(slice_make(name, sizeof name)), "exe");
    memset(name + 8, ' ', sizeof name - 8);
    memcpy(name, "evil.exe", 8);
    assert_string_equal(candidates(slice_make(name, sizeof name)), "exe");
}

static void tells_what_is_hidden(void **state)
{
    (void)state;
    struct file_name_extensions extensions;
    file_name_extension_candidates(slice_of("a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}"), &extensions);
    assert_true(extensions.has_class_id);
    assert_false(extensions.has_bidi_control);
    file_name_extension_candidates(slice_of("a\xe2\x80\xae"
                                            "b.txt"),
                                   &extensions);
    assert_true(extensions.has_bidi_control);
    assert_false(extensions.has_class_id);
}

static bool count_form(void *context, struct slice form)
{
    (void)form;
    return ++*(unsigned *)context < 2;
}

static void forms_stop_when_told(void **state)
{
    (void)state;
    unsigned count = 0;
    file_name_forms(slice_of("A%2eB:c\x01%2ed"), count_form, &count);
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_as_systems_read_them),
        cmocka_unit_test(embedded_nul_cuts_for_some),
        cmocka_unit_test(long_names_are_read_from_their_end),
        cmocka_unit_test(tells_what_is_hidden),
        cmocka_unit_test(forms_stop_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
