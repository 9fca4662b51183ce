/* Which macros are asked for, and what becomes of their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_milter.h"
#include "callbacks/macros.h"

#include <stdlib.h>

static int reset(void **state)
{
    (void)state;
    fake_milter_reset();
    return 0;
}

static void set_macro(size_t at, const char *name, const char *value)
{
    fake_milter.macros[at][0] = name;
    fake_milter.macros[at][1] = value;
}

static bool list_has(int stage, const char *name)
{
    struct slice rest = slice_of(fake_milter.lists[stage]);
    while (rest.length > 0) {
        size_t end = slice_find(rest, ' ');
        if (slice_equal(slice_part(rest, 0, end), slice_of(name)))
            return true;
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return false;
}

static void asks_for_what_it_reads(void **state)
{
    (void)state;
    assert_true(macros_request(NULL));
    assert_true(list_has(SMFIM_CONNECT, "v"));
    assert_true(list_has(SMFIM_ENVFROM, "{auth_authen}"));
    assert_true(list_has(SMFIM_ENVFROM, "{auth_type}"));
    assert_true(list_has(SMFIM_ENVRCPT, "{rcpt_mailer}"));
    assert_true(list_has(SMFIM_EOH, "i"));
    assert_true(list_has(SMFIM_EOM, "i"));
    /* A stage without any value would keep those of the message before; and HELO's i would be the last one's.
     */
    for (int stage = SMFIM_FIRST; stage <= SMFIM_LAST; stage++) {
        assert_true(list_has(stage, "j"));
        assert_false(list_has(stage, "{auth_author}"));
    }
    assert_false(list_has(SMFIM_HELO, "i"));
    fake_milter.list_result = MI_FAILURE;
    assert_false(macros_request(NULL));
}

static void xtext_table(void **state)
{
    (void)state;
    static const struct {
        const char *text, *decoded; /* NULL: no xtext */
    } cases[] = {
        {"carol+2Btag@x", "carol+tag@x"},
        {"plain", "plain"},
        {"", ""},
        {"+41+2B+3D", "A+="},
        {"a+", NULL},
        {"a+4", NULL},
        {"a+2b", NULL},
        {"+00", NULL},
        {"+C3+BC", "\xc3\xbc"},
        {"++2B", NULL},
        {"+2B2B", "+2B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *out = malloc(strlen(cases[i].text) + 1); /* as large as promised: a sanitizer sees one more */
        assert_non_null(out);
        assert_int_equal(xtext_decode(cases[i].text, out), cases[i].decoded != NULL);
        if (cases[i].decoded != NULL)
            assert_string_equal(out, cases[i].decoded);
        free(out);
    }
}

static void login_is_decoded_for_sendmail_alone(void **state)
{
    (void)state;
    static const struct {
        const char *version, *authen, *login;
    } cases[] = {
        {"8.17.1.9", "carol+2Btag@x", "carol+tag@x"}, {"Postfix 3.7.11", "alice+2Btag@x", "alice+2Btag@x"},
        {NULL, "alice+2Btag@x", "alice+2Btag@x"},     {"", "alice+2Btag@x", "alice+2Btag@x"},
        {"8.17.1.9", "not+xtext@x", "not+xtext@x"},   {"8.17.1.9", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reset(NULL);
        set_macro(0, "{auth_authen}", cases[i].authen);
        set_macro(1, "{auth_type}", "PLAIN");
        set_macro(2, "{auth_author}", "mallory@x");
        struct policy_mail mail = {.path = "<a@b>"};
        struct mail_macros macros;
        assert_true(macros_read_mail(NULL, cases[i].version, &mail, &macros));
        assert_string_equal(mail.auth_authen, cases[i].login);
        assert_string_equal(mail.auth_type, "PLAIN");
        assert_null(mail.queue_id);
        macros_mail_deinit(&macros);
    }
}

static void certificate_counts_where_the_mta_vouches_for_it(void **state)
{
    (void)state;
    static const struct {
        const char *version, *subject, *verify;
        bool verified;
        const char *read_subject;
    } cases[] = {
        {"Postfix 3.7.11", "relay.example", NULL, true, "relay.example"},
        {"Postfix 3.7.11", "", NULL, false, ""},
        {"8.17.1.9", "/CN=a+20b", "OK", true, "/CN=a b"},
        {"8.17.1.9", "/CN=relay.example", "NO", false, "/CN=relay.example"},
        {"8.17.1.9", "/CN=relay.example", "FAIL", false, "/CN=relay.example"},
        {"8.17.1.9", "/CN=relay.example", NULL, false, "/CN=relay.example"},
        {NULL, "relay.example", NULL, false, "relay.example"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reset(NULL);
        set_macro(0, "{cert_subject}", cases[i].subject);
        if (cases[i].verify != NULL)
            set_macro(1, "{verify}", cases[i].verify);
        struct policy_mail mail = {.path = "<a@b>"};
        struct mail_macros macros;
        assert_true(macros_read_mail(NULL, cases[i].version, &mail, &macros));
        assert_int_equal(mail.tls.cert_verified, cases[i].verified);
        assert_string_equal(mail.tls.cert_subject, cases[i].read_subject);
        macros_mail_deinit(&macros);
    }
}

static void other_stages_are_read(void **state)
{
    (void)state;
    set_macro(0, "v", "Postfix 3.7.11");
    set_macro(1, "{daemon_name}", "mx");
    set_macro(2, "{rcpt_mailer}", "error");
    set_macro(3, "i", "4ABC");
    struct policy_connect connect = {0};
    struct policy_recipient recipient = {0};
    macros_read_connect(NULL, &connect);
    macros_read_recipient(NULL, &recipient);
    assert_string_equal(connect.mta_version, "Postfix 3.7.11");
    assert_string_equal(connect.daemon_name, "mx");
    assert_string_equal(recipient.mailer, "error");
    assert_string_equal(macros_read_queue_id(NULL), "4ABC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(asks_for_what_it_reads, reset),
        cmocka_unit_test(xtext_table),
        cmocka_unit_test_setup(login_is_decoded_for_sendmail_alone, reset),
        cmocka_unit_test_setup(certificate_counts_where_the_mta_vouches_for_it, reset),
        cmocka_unit_test_setup(other_stages_are_read, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
