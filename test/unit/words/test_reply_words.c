#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "words/reply_words.h"

/* ---- the table -------------------------------------------------------------------------------------- */

static void every_row_has_all_languages_and_fills_in_what_it_may(void **state)
{
    (void)state;
    for (enum reply_row row = 0; row < REPLY_ROW_COUNT; row++)
        for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
            struct strbuf fault;
            const char *text = reply_rows[row].texts[language];
            strbuf_init(&fault, 0);
            if (text[0] == '\0' || reply_template_fault(row, text, &fault))
                fail_msg("%s.%s in %s: %s", reply_rows[row].check, reply_rows[row].name,
                         language_tag(language), strbuf_text(&fault));
            assert_true(language_has_ascii(language, text));
            strbuf_deinit(&fault);
        }
}

/* A translation that leaves a number or a name out says less than it should. */
static void translations_fill_in_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"recipient",
                                        "how_to_authenticate",
                                        "sender",
                                        "allowed",
                                        "limit",
                                        "seen",
                                        "limit_as_file",
                                        "file",
                                        "subject",
                                        "extension",
                                        "others",
                                        "kind",
                                        "ip",
                                        "list",
                                        "code",
                                        "text",
                                        "holder",
                                        "per",
                                        "when",
                                        "advice",
                                        "where",
                                        "whom",
                                        "until",
                                        "reason",
                                        "user"};
    for (enum reply_row row = 0; row < REPLY_ROW_COUNT; row++)
        for (enum language language = 1; language < LANGUAGE_COUNT; language++)
            for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (reply_template_has(reply_rows[row].texts[LANGUAGE_EN], names[i]) !=
                    reply_template_has(reply_rows[row].texts[language], names[i]))
                    fail_msg("%s.%s in %s: {%s}", reply_rows[row].check, reply_rows[row].name,
                             language_tag(language), names[i]);
}

static void forms_of_a_reason_fill_in_the_same(void **state)
{
    (void)state;
    for (enum reply_row row = 0; row < REPLY_ROW_COUNT; row++) {
        const struct reply_row_text *plain = &reply_rows[reply_row_of_reason(row)];
        assert_string_equal(plain->name, reply_rows[row].reason);
        assert_string_equal(plain->placeholders, reply_rows[row].placeholders);
    }
}

/* ---- rendering -------------------------------------------------------------------------------------- */

static void assert_renders(const struct reply_words *words, const struct reply_manner *manner,
                           const char *expected)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    assert_true(reply_words_render(words, manner, &out));
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_deinit(&out);
}

static void numbers_and_times_are_written_as_the_language_does(void **state)
{
    (void)state;
    struct reply_words words = {.row = REPLY_size_attachment_too_large};
    const struct reply_value values[] = {reply_text("file", "a.mp4"), reply_size_over("seen", 31234567),
                                         reply_size("limit", 30050000)};
    for (size_t i = 0; i < 3; i++)
        reply_words_add(&words, &values[i]);
    assert_renders(
        &words, &(struct reply_manner){.language = LANGUAGE_EN},
        "The attachment a.mp4 has 31.3 MB, and the limit is 30 MB. Send a link to it, or a smaller file.");
    assert_renders(
        &words, &(struct reply_manner){.language = LANGUAGE_FR},
        "Le fichier joint a.mp4 fait 31,3 Mo, la limite est de 30 Mo. Envoyez un lien vers ce fichier ou un "
        "fichier plus petit.");
    words = (struct reply_words){.row = REPLY_rates_rate_exceeded};
    const struct reply_value rate[] = {reply_part("holder", REPLY_PART_of_domain),
                                       reply_text("key", "example.com"),
                                       reply_part("limit", REPLY_PART_new_recipients),
                                       reply_count("amount", 500),
                                       reply_text("per", "1h"),
                                       reply_count("seen", 500),
                                       reply_part("advice", REPLY_PART_fits_from),
                                       reply_moment("when", INT64_C(1772344800000000))};
    for (size_t i = 0; i < sizeof rate / sizeof rate[0]; i++)
        reply_words_add(&words, &rate[i]);
    assert_renders(
        &words, &(struct reply_manner){.language = LANGUAGE_EN},
        "Sending limit reached for the domain example.com: 500 new recipients in 1h, 500 used. It can be "
        "sent from 06:00:00 UTC on 1 March on.");
    assert_renders(
        &words, &(struct reply_manner){.language = LANGUAGE_FR, .is_utf8 = true},
        "Limite d'envoi atteinte pour le domaine example.com : 500 nouveaux destinataires en 1h, 500 utilisés. "
        "Il pourra être envoyé à partir du 1er mars, 06:00:00 UTC.");
    assert_renders(
        &words, &(struct reply_manner){.language = LANGUAGE_DE},
        "Sendelimit erreicht fuer die Domain example.com: 500 neue Empfaenger in 1h, 500 verbraucht. Ab 1. "
        "Maerz, 06:00:00 UTC kann sie gesendet werden.");
}

static void what_is_empty_leaves_no_blank(void **state)
{
    (void)state;
    struct reply_words words = {.row = REPLY_relay_no_domain};
    const struct reply_value values[] = {reply_text("recipient", "bob"),
                                         reply_text("how_to_authenticate", "")};
    reply_words_add(&words, &values[0]);
    reply_words_add(&words, &values[1]);
    assert_renders(&words, &(struct reply_manner){0}, "Relaying denied: bob has no domain.");
    assert_renders(&words, &(struct reply_manner){.own = "{{{recipient} {how_to_authenticate}{unknown} !"},
                   "{bob !");
}

static void a_value_that_memory_ran_out_for_fails(void **state)
{
    (void)state;
    struct reply_words words = {.row = REPLY_relay_no_domain};
    struct strbuf out;
    const struct reply_value value = reply_text("recipient", NULL);
    reply_words_add(&words, &value);
    strbuf_init(&out, 0);
    assert_false(reply_words_render(&words, &(struct reply_manner){0}, &out));
    strbuf_deinit(&out);
}

static void ascii_is_found_for_the_letters_of_europe(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    language_append_ascii(
        LANGUAGE_FR, slice_of("Éléphant, naïve façon d'œuvre « ö » … ¿qué? señor Łódź Škoda ſ € ½"), &out);
    assert_string_equal(strbuf_text(&out),
                        "Elephant, naive facon d'oeuvre \" o \" ... que? senor Lodz Skoda s EUR ½");
    strbuf_reset(&out);
    language_append_ascii(LANGUAGE_DE, slice_of("Größe: „Ähre“"), &out);
    assert_string_equal(strbuf_text(&out), "Groesse: \"Aehre\"");
    assert_false(language_has_ascii(LANGUAGE_EN, "日本"));
    strbuf_deinit(&out);
}

/* ---- templates of others ---------------------------------------------------------------------------- */

static void assert_fault(enum reply_row row, const char *text, const char *expected)
{
    struct strbuf fault;
    strbuf_init(&fault, 0);
    assert_int_equal(reply_template_fault(row, text, &fault), expected != NULL);
    assert_string_equal(strbuf_text(&fault), expected == NULL ? "" : expected);
    strbuf_deinit(&fault);
}

static void a_wrong_template_is_told_with_what_there_is(void **state)
{
    (void)state;
    char long_text[500];
    assert_fault(REPLY_relay_no_domain, "{recipient}: {{ no {id} {user} {help_url}", NULL);
    assert_fault(
        REPLY_relay_no_domain, "{recipent}",
        "{recipent} is nothing that can be filled in here (did you mean {recipient}?); there are {recipient}, "
        "{how_to_authenticate}, {user}, {id}, {help_url}");
    assert_fault(REPLY_sender_from_missing, "{limit}",
                 "{limit} is nothing that can be filled in here; there are {user}, {id}, {help_url}");
    assert_fault(REPLY_relay_no_domain, "{recipient",
                 "a brace is not closed: write {{ where a brace is meant");
    assert_fault(REPLY_relay_no_domain, "a\nb", "the character U+000A cannot stand in a reply");
    assert_fault(REPLY_relay_no_domain,
                 "a\xe2\x80\xae"
                 "b",
                 "the character U+202E cannot stand in a reply");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_fault(REPLY_relay_no_domain, long_text,
                 "499 bytes are too many for a reply: 400 at most, a line of SMTP has 512");
}

static void whole_characters_are_cut(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(reply_clean(out, 3, "a\xc3\xa9\xc3\xa9", true), 3);
    assert_memory_equal(out, "a\xc3\xa9", 3);
    assert_int_equal(reply_clean(out, 4, "a\xc3\xa9\xc3\xa9", true), 3);
    assert_int_equal(reply_clean(out, 16, "\xf0\x9f\x98\x80\xf0\x9f", false), 2);
    assert_memory_equal(out, "??", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_all_languages_and_fills_in_what_it_may),
        cmocka_unit_test(translations_fill_in_the_same),
        cmocka_unit_test(forms_of_a_reason_fill_in_the_same),
        cmocka_unit_test(numbers_and_times_are_written_as_the_language_does),
        cmocka_unit_test(what_is_empty_leaves_no_blank),
        cmocka_unit_test(a_value_that_memory_ran_out_for_fails),
        cmocka_unit_test(ascii_is_found_for_the_letters_of_europe),
        cmocka_unit_test(a_wrong_template_is_told_with_what_there_is),
        cmocka_unit_test(whole_characters_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
