/* The customers' help page, from whole configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_style.h"
#include "page/page_words.h"
#include "policy_fixture.h"
#include "policy_page.h"
#include "words/reply_words.h"

/* The page for `yaml`; the caller frees it. */
static char *render(const char *yaml, struct policy_page_options options, bool is_html)
{
    struct policy_snapshot *snapshot = policy_fixture_load(yaml);
    struct strbuf out, problem;
    strbuf_init(&out, 0);
    strbuf_init(&problem, 0);
    options.machine = "mail.example.net";
    const bool good = is_html ? policy_page_html(snapshot, &options, &out, &problem)
                              : policy_page_text(snapshot, &options, &out, &problem);
    if (!good)
        fail_msg("%s", strbuf_text(&problem));
    char *page = strdup(strbuf_text(&out));
    strbuf_deinit(&out);
    strbuf_deinit(&problem);
    policy_snapshot_unref(snapshot);
    return page;
}

static void assert_says(const char *yaml, const char *language, const char *const *wanted)
{
    char *page = render(yaml, (struct policy_page_options){.language = language}, true);
    for (; *wanted != NULL; wanted++)
        if (strstr(page, *wanted) == NULL)
            fail_msg("the page in %s for \"%s\" does not say \"%s\"", language, yaml, *wanted);
    free(page);
}

static void has_an_anchor_for_each_reason_in_each_language(void **state)
{
    (void)state;
    for (size_t i = 0; policy_page_languages[i] != NULL; i++) {
        char *page = render("", (struct policy_page_options){.language = policy_page_languages[i]}, true);
        for (enum reply_row row = 0; row < REPLY_ROW_COUNT; row++) {
            char anchor[120];
            snprintf(anchor, sizeof anchor, " id=\"%s-%s\"", reply_rows[row].check, reply_rows[row].reason);
            const char *found = strstr(page, anchor);
            if (found == NULL || strstr(found + 1, anchor) != NULL)
                fail_msg("%s: %s", policy_page_languages[i], found == NULL ? anchor : "twice");
        }
        free(page);
    }
}

/* What a translation forgets is not there; what it has too much is shown in braces. */
static void translations_fill_in_the_same(void **state)
{
    (void)state;
    static const char *const words[][LANGUAGE_COUNT] = {
#define WORD(name, en, de, fr, es) {en, de, fr, es},
        PAGE_WORDS(WORD)
#undef WORD
    };
    static const char *const names[] = {
        "provider", "contact",   "submission_port", "smtps_port", "port",   "security", "limit",
        "file",     "files_url", "extensions",      "holder",     "period", "interval", "names",
        "what",     "domain",    "imap_host",       "imap_port",  "host",   "lists",    "url"};
    for (size_t word = 0; word < sizeof words / sizeof words[0]; word++)
        for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
            if (words[word][language][0] == '\0')
                fail_msg("word %zu in %s is empty", word, language_tag(language));
            for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (reply_template_has(words[word][0], names[i]) !=
                    reply_template_has(words[word][language], names[i]))
                    fail_msg("\"%s\": {%s}", words[word][language], names[i]);
        }
}

static void numbers_are_those_of_the_configuration(void **state)
{
    (void)state;
    assert_says("", "en",
                (const char *const[]){"30 MB as mail: a file of about 21.9 MB", "At most 30 in one message",
                                      ".exe, ", "mail.example.net", "after 90 days", "xbl.spamhaus.org",
                                      NULL});
    assert_says(
        "recipients: { limit: 50 }\nsize: { limit: 12MB }\naudit: { retain: 7d, privacy: { clients: cut } }\n"
        "attachments: { blocked: [foo], encrypted: reject }\n"
        "rates: { limits: [ { key: user, count: recipients, limit: 500, per: 1h }, "
        "{ key: domain, count: messages, limit: 1, per: day } ] }\n",
        "de",
        (const char *const[]){
            "12 MB als Mail: eine Datei von etwa 8,7 MB", "Höchstens 50 in einer", ".foo</pre>",
            "nach 7 Tagen", "Adressen, von denen Mail kommt: gekürzt", "das ein Passwort verlangt: abgelehnt",
            "500 Empfänger auf einmal, danach eins mehr alle 7,2 Sekunden, für jede Anmeldung",
            "1 Nachricht am Tag, ab Mitternacht, für jede Domain", NULL});
    assert_says(
        "page: { smtp_host: smtp.example.com, submission_port: 0, smtps_port: 4650, provider: \"A & <b>\", "
        "port_25: redirected, imap_host: imap.example.com }\nsize: { mode: monitor, measure: attachment }\n"
        "dnsbl: { mode: off }\nrelay: { local_domains: [example.fr] }\n",
        "fr",
        (const char *const[]){"<title>A &amp; &lt;b&gt; : envoyer du courrier</title>", "4650 avec SSL/TLS",
                              "smtp.example.com", "se contente d&#39;observer", "anne@example.fr",
                              "telnet mx.example.net 25", "imap.example.com, port 993", NULL});
}

static void overrides_for_some_do_not_speak_for_all(void **state)
{
    (void)state;
    assert_says("recipients: { roles: { submission: { limit: 40 } } }\n"
                "overrides: [ { when: { user: ann@example.com }, recipients: { limit: 5000 } } ]\n",
                "es", (const char *const[]){"Como máximo 40 por mensaje", NULL});
}

static void refusals_are_shown_in_the_providers_words(void **state)
{
    (void)state;
    static const char yaml[] = "replies: { lang: en, attachments: { macros: \"No {file} here\" } }";
    assert_says(yaml, "en", (const char *const[]){"No […] here <code>attachments.macros</code>", NULL});
    assert_says(yaml, "de", (const char *const[]){"ist ein Dokument mit Makros", NULL});
}

static void the_text_fits_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; policy_page_languages[i] != NULL; i++) {
        char *page = render("", (struct policy_page_options){.language = policy_page_languages[i]}, false);
        size_t columns = 0;
        for (const char *c = page; *c != '\0'; c++) {
            columns = *c == '\n' ? 0 : columns + (((unsigned char)*c & 0xc0) != 0x80);
            if (columns > 80)
                fail_msg("%s: a line is too long: %.*s", policy_page_languages[i], 90, c - 80);
        }
        free(page);
    }
}

/* ---- the frame -------------------------------------------------------------------------------------- */

static void the_hash_is_that_of_the_style(void **state)
{
    (void)state;
    unsigned char digest[EVP_MAX_MD_SIZE], encoded[64];
    unsigned length;
    char expected[80];
    assert_int_equal(EVP_Digest(page_style, strlen(page_style), digest, &length, EVP_sha256(), NULL), 1);
    EVP_EncodeBlock(encoded, digest, (int)length);
    snprintf(expected, sizeof expected, "sha256-%s", (const char *)encoded);
    assert_string_equal(page_style_hash, expected);
}

static void a_template_restyles_the_page(void **state)
{
    (void)state;
    const struct policy_page_options options = {
        .language = "fr", .template_text = "<p lang={{lang}}>{{title}}{{contents}}|{{text}}|{ {x} }"};
    char *page = render("page: { provider: ours }", options, true);
    assert_int_equal(strncmp(page, "<p lang=fr>ours : envoyer du courrier<nav ", 42), 0);
    assert_null(strstr(page, "<style"));
    assert_non_null(strstr(page, "</section>\n|{ {x} }"));
    free(page);
}

static void assert_template_fault(const char *template_text, const char *expected)
{
    struct policy_snapshot *snapshot = policy_fixture_load("");
    struct strbuf out, problem;
    const struct policy_page_options options = {
        .language = "en", .machine = "host", .template_text = template_text};
    strbuf_init(&out, 0);
    strbuf_init(&problem, 0);
    assert_false(policy_page_html(snapshot, &options, &out, &problem));
    assert_string_equal(strbuf_text(&problem), expected);
    strbuf_deinit(&out);
    strbuf_deinit(&problem);
    policy_snapshot_unref(snapshot);
}

static void a_wrong_template_is_told(void **state)
{
    (void)state;
    assert_template_fault("a\nb{{text}}\n{{titel}}",
                          "line 3: {{titel}} is no part of the page (did you mean {{title}}?)");
    assert_template_fault("{{title}}", "there is no {{text}}: the page has to stand somewhere");
}

static void links_are_made_of_web_addresses_only(void **state)
{
    (void)state;
    assert_says(
        "page: { contact: \"https://x.example/?a=1&b='2', or javascript:alert(1)\" }", "en",
        (const char *const[]){
            "<a href=\"https://x.example/?a=1&amp;b=\">https://x.example/?a=1&amp;b=</a>&#39;2&#39;, or "
            "javascript:alert(1)",
            NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_an_anchor_for_each_reason_in_each_language),
        cmocka_unit_test(translations_fill_in_the_same),
        cmocka_unit_test(numbers_are_those_of_the_configuration),
        cmocka_unit_test(overrides_for_some_do_not_speak_for_all),
        cmocka_unit_test(refusals_are_shown_in_the_providers_words),
        cmocka_unit_test(the_text_fits_a_terminal),
        cmocka_unit_test(the_hash_is_that_of_the_style),
        cmocka_unit_test(a_template_restyles_the_page),
        cmocka_unit_test(a_wrong_template_is_told),
        cmocka_unit_test(links_are_made_of_web_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
