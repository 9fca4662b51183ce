/* Readings of odd mail that only some clients have, through the whole scan: each must be followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive_events.h"
#include "scan_message.h"

#include <talloc.h>

#define TOP "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
#define PART(headers) TOP "--b\r\n" headers "\r\n\r\nx\r\n--b--\r\n"
#define DISPOSITION(value) PART("Content-Disposition: attachment; " value)
#define FIVE_BLANK_LINES " \r\n \r\n \r\n \r\n \r\n"
#define TWENTY_BLANK_LINES FIVE_BLANK_LINES FIVE_BLANK_LINES FIVE_BLANK_LINES FIVE_BLANK_LINES

static const struct {
    const char *message;
    bool is_blocked;
} cases[] = {
    {DISPOSITION("filename=\"evil.exe;.txt\""), true},
    {DISPOSITION("filename=\"about evil.exe; part two.txt\""), true},
    /* munpack puts an X in place of what cannot be in a file's name; a comment ends the name. */
    {DISPOSITION("filename=e=\"evi_l.e\"e(x"), true},
    {DISPOSITION("filename=e=\"evil.e!e\" (x"), true},
    {DISPOSITION("filename=evil.e;x=evil.exe"), true},
    {DISPOSITION("filename=a.pdf;size=3"), false},
    {DISPOSITION("\xa0"
                 "filename=evil.exe"),
     true},
    {PART("\xef\xbb\xbf"
          "Content-Disposition: attachment; filename=evil.exe\r\nX-A: b"),
     true},
    {PART("Content-Disposition: attachment;\r\n" TWENTY_BLANK_LINES " filename=evil.exe"), true},
    {TOP "--b\rContent-Disposition: attachment; filename=\"evil.exe\"\r\rx\r--b--\r\n", true},
    {TOP "--b\rContent-Disposition: attachment; filename=\"evil.exe\"\r\rx\r--b--\r", true},
    {TOP "--b\r\n\r\nx\r\n--b\rContent-Disposition: attachment; filename=evil.exe\r\n\r\nx\r\n--b--\r\n",
     true},
    /* Uuencoded: in what is called so, and in mail that is none of MIME whatever its type. */
    {TOP "--b\r\nContent-Type: text/plain; name=a.uue\r\n\r\nbegin 644 "
         "evil.exe\r\n#0V%T\r\n`\r\nend\r\n--b--\r\n",
     true},
    {TOP "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nbegin 644 "
         "evil.exe\r\n#0V%T\r\n`\r\nend\r\n--b--\r\n",
     false},
    /* Of two types one is a message: what would end its parts ends it to some, and to others is in a header.
     */
    {TOP
     "--b\r\nContent-Type: message/rfc822\r\nContent-Type: application/octet-stream\r\n\r\n"
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n--b\r\n"
     "Content-Type: text/plain\r\n\r\nx\r\n--c\r\nContent-Disposition: attachment; filename=evil.exe\r\n\r\n"
     "x\r\n--c--\r\n--b--\r\n",
     true},
    /* To whom a bare CR ends a line the header ends there, and what looks like the rest of a field is
       content. */
    {TOP "--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\r\n "
         "UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGU=\r\n--b--\r\n",
     true},
    /* A delimiter in the header of what is a message to some: MIME-tools goes on in that header. */
    {TOP "--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\tcontinued; x=y\r\n"
         "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=a.zip\r\n--b--\r\n\r\n"
         "UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGU=\r\n--b--\r\n",
     true},
    /* A field that begins with a blank, behind a line of a bare CR. */
    {TOP "--b\r\nContent-Type: application/zip\r\r\nContent-Disposition: attachment; name=a.zip\r\n\r\r\n"
         " Content-Transfer-Encoding: base64\r\n\r\n"
         "UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGU=\r\n--b--\r\n",
     true},
    /* A field whose name begins with two dashes. */
    {TOP
     "--b\r\nx\r\n--b--\r\n--X-Other: y\r\nContent-Disposition: attachment; filename=evil.exe\r\n\r\nx\r\n--b--\r\n",
     true},
    /* Who has the header end at its empty line has a text, in which some find parts. */
    {"MIME-Version: 1.0\r\n\r\nCont\xa0"
     "ent-Type: multip/mixed\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
     "x\r\n\r\n--b\r\nContent-Type: application/octet-stream; name=evil.exe\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8K\r\n\r\n--b--\r\n",
     true},
    /* Of two types one is a text, in which some find parts. */
    {"Content-Type: application/octet-stream\r\nMIME-Version: 1.0\r\n --b\r\nContent-Type: text/plain\r\n\r\n"
     "x\r\n--b\r\nContent-Type: application/octet-stream; name=evil.exe\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8K\r\n\r\n--b--\r\n",
     true},
    {"Content-Type: X-sun-attachment\r\n\r\nbegin 644 evil.exe\r\n#0V%T\r\n`\r\nend\r\n", true},
};

static void follows_every_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece_bytes = 0; piece_bytes < 40; piece_bytes += 13) {
            void *owner = talloc_new(NULL);
            struct scan_cuts cuts = {.piece_bytes = piece_bytes};
            const struct attachment_list *list = scan_message(owner, slice_of(cases[i].message), NULL, cuts);
            if (list == NULL || scan_has_extension(list, "exe") != cases[i].is_blocked)
                fail_msg("case %zu in pieces of %zu: %s", i, piece_bytes, scan_describe(owner, list));
            talloc_free(owner);
        }
    }
}

/* A NUL at a line's end hides the empty line behind it from munpack. */
static void reads_on_behind_a_hidden_end(void **state)
{
    (void)state;
    static const char message[] = TOP
        "--b\r\nContent-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: base64\0\r\n\r\n"
        "X-Other: y\r\n\r\nUEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGU=\r\n--b--\r\n";
    void *owner = talloc_new(NULL);
    const struct attachment_list *list =
        scan_message(owner, slice_make(message, sizeof message - 1), NULL, (struct scan_cuts){0});
    assert_non_null(list);
    assert_true(scan_has_extension(list, "exe"));
    talloc_free(owner);
}

/* "TVqQ…" is a Windows program in base64. */
static void decodes_by_every_word_of_an_encoding(void **state)
{
    (void)state;
    static const char *const encodings[] = {"7bit, base64", "7bit base64", "x; base64", "base64"};
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        void *owner = talloc_new(NULL);
        char *message =
            talloc_asprintf(owner,
                            "MIME-Version: 1.0\r\nContent-Type: application/pdf; name=a.pdf\r\n"
                            "Content-Transfer-Encoding: %s\r\n\r\n"
                            "TVqQAAMAAAAEAAAA//"
                            "8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\r\n",
                            encodings[i]);
        const struct attachment_list *list =
            scan_message(owner, slice_of(message), NULL, (struct scan_cuts){0});
        assert_non_null(list);
        assert_non_null(scan_executable(list));
        talloc_free(owner);
    }
}

/* A fold that is a blank between type and name, and a name with one more, as Coremail writes every .docx:
 * there is one way to decode the file, and nothing of it is read in pieces. */
static void a_late_field_of_an_encoded_file_makes_no_text_of_it(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    static const char message[] = TOP
        "--b\r\nContent-Type: application/x-a;\r\n \r\n\tname=\"a plan.docx\"\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=\"a\r\n plan.docx\"\r\n\r\n"
        "LS14DQpDb250ZW50LVR5cGU6IGFwcGxpY2F0aW9uL3gtYg0K\r\nLS14\r\n--b--\r\n";
    const struct attachment_list *list = scan_message(owner, slice_of(message), NULL, (struct scan_cuts){0});
    assert_non_null(list);
    assert_int_equal(list->count, 1);
    assert_int_equal(scan_conditions(list), ATTACHMENT_ALTERNATIVES);
    talloc_free(owner);
}

/* A Windows program in base64, in two lines that a reader of fields takes for such, and as it should be. */
#define PROGRAM_FIELDS                                                                                       \
    "TVqQAAMAAA:AEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAA\r\n"                                          \
    "AAAAAAAAAA:AAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\r\n"
#define PROGRAM_LINES                                                                                        \
    "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAA\r\n"                                           \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA4fug4=\r\n"

/* One line, between two places of a header, any number of times. Every reader ends the header at another. */
static void finds_content_wherever_a_header_may_end(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "odd\r\n",    ": x\r\n", "two words: x\r\n",        "\x80: \r\n", "\r\r\n",
        "From a\r\n", " \r\n",   "X-A: b\r\n odd\r\n\t\r\n"};
    static const char file[] = TOP "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
                                   "Content-Transfer-Encoding: base64\r\n";
    static const char text[] = TOP "--b\r\nContent-Type: text/plain\r\n";
    static const char parts[] = TOP "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n";
    static const struct {
        const char *before, *after;
    } places[] = {
        {file, PROGRAM_LINES "--b--\r\n"},
        {file, PROGRAM_FIELDS "\r\nx\r\n--b--\r\n"},
        {file, "\r\r" PROGRAM_LINES "\r\n--b--\r\n"},
        {file, "\r\n" PROGRAM_LINES "--b--\r\n"},
        {file, "Content-Disposition: attachment\r\n\r\n" PROGRAM_LINES "--b--\r\n"},
        {text, "Content-Transfer-Encoding: base64\r\n\r\n" PROGRAM_LINES "--b--\r\n"},
        {parts,
         "--c\r\nContent-Transfer-Encoding: base64\r\n" PROGRAM_LINES "Content-Type:\r\n\r\n--b--\r\n"},
        {parts, "Content-Transfer-Encoding: base64\r\n\r\n" PROGRAM_LINES "--b--\r\n"},
    };
    enum {
        LINES = sizeof lines / sizeof lines[0],
        PLACES = sizeof places / sizeof places[0],
        WITHOUT_EMPTY_LINE = 3
    };
    static const size_t counts[] = {1, 17, 300};
    for (size_t i = 0; i < LINES * PLACES * sizeof counts / sizeof counts[0]; i++) {
        const size_t line = i % LINES, place = i / LINES % PLACES, count = counts[i / LINES / PLACES];
        if (line == 0 && place < WITHOUT_EMPTY_LINE &&
            count > 1) /* the first ends the header, or none does */
            continue;
        void *owner = talloc_new(NULL);
        char *message = talloc_strdup(owner, places[place].before);
        for (size_t k = 0; k < count; k++)
            message = talloc_strdup_append_buffer(message, lines[line]);
        message = talloc_strdup_append_buffer(message, places[place].after);
        const struct attachment_list *list =
            scan_message(owner, slice_of(message), NULL, (struct scan_cuts){0});
        assert_non_null(list);
        if (scan_executable(list) == NULL && (scan_conditions(list) & ATTACHMENT_OVER_BUDGET) == 0)
            fail_msg("%zu of line %zu at place %zu: %s", count, line, place, scan_describe(owner, list));
        talloc_free(owner);
    }
}

static void names_the_content_of_a_compressed_file_after_it(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        const char *name;
        const char *extension;
        bool is_found;
    } files[] = {
        {"readme.txt.gzip", "evil.exe.gz", "exe", true},
        {"readme.txt.bz2", "evil.exe.bz2", "exe", true},
        {"readme.txt.xz", "evil.exe.xz", "exe", true},
        {"readme.txt.gzip", "access-example.com.gz", "com", false},
        {"readme.txt.gzip", "evil.exe", "exe", true},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        void *owner = talloc_new(NULL);
        struct slice file = archive_events_fixture(files[i].fixture);
        const struct attachment_list *list =
            scan_file(owner, files[i].name, file, NULL, (struct scan_cuts){0});
        assert_int_equal(scan_has_extension(list, files[i].extension), files[i].is_found);
        test_free((void *)(uintptr_t)file.data);
        talloc_free(owner);
    }
}

/* A cabinet whose member is renamed in place; its content is packed by LZX, which is not read here. */
static void tells_of_archives_that_cannot_be_unpacked(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned condition;
    } members[] = {{"a.pdf", ATTACHMENT_UNINSPECTABLE},
                   {"a.zip", ATTACHMENT_UNINSPECTABLE},
                   {"a.eml", ATTACHMENT_UNINSPECTABLE}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        void *owner = talloc_new(NULL);
        struct slice file = archive_events_fixture("lzx.cab");
        char *name = memmem(file.data, file.length, "a.txt", 5);
        assert_non_null(name);
        memcpy(name, members[i].name, 5);
        unsigned conditions = scan_conditions(scan_file(owner, "a.cab", file, NULL, (struct scan_cuts){0}));
        assert_int_equal(conditions, members[i].condition);
        test_free((void *)(uintptr_t)file.data);
        talloc_free(owner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_every_reading),
        cmocka_unit_test(reads_on_behind_a_hidden_end),
        cmocka_unit_test(decodes_by_every_word_of_an_encoding),
        cmocka_unit_test(a_late_field_of_an_encoded_file_makes_no_text_of_it),
        cmocka_unit_test(finds_content_wherever_a_header_may_end),
        cmocka_unit_test(names_the_content_of_a_compressed_file_after_it),
        cmocka_unit_test(tells_of_archives_that_cannot_be_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
