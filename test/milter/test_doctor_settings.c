/* What doctor reads: words, postconf's output and sendmail.cf, also where they are not what they should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doctor/postfix_restrictions.h"
#include "doctor/postfix_settings.h"
#include "doctor/sendmail_cf.h"
#include "doctor/setting_value.h"

#include <stdlib.h>

static void expect_word(struct slice *rest, const char *text)
{
    struct slice word;
    assert_true(setting_next_word(rest, &word));
    assert_true(slice_equal(word, slice_of(text)));
}

static void cuts_words(void **state)
{
    (void)state;
    struct slice rest = slice_of(" a,b\t, { c d={ e f } } {}x {open y"), word;
    expect_word(&rest, "a");
    expect_word(&rest, "b");
    expect_word(&rest, "c d={ e f }");
    expect_word(&rest, "{}x");
    expect_word(&rest, "{open y");
    assert_false(setting_next_word(&rest, &word));
    assert_true(setting_has_word("permit_mynetworks, Reject", "reject"));
    assert_false(setting_has_word("reject_unauth_destination", "reject"));
    assert_false(setting_has_word("", "reject"));
}

static void reads_values(void **state)
{
    (void)state;
    uint64_t number;
    struct slice value;
    assert_true(setting_number(slice_of("10240000"), &number));
    assert_int_equal(number, 10240000);
    assert_false(setting_number(slice_of("99999999999999999999999"), &number));
    assert_false(setting_number(slice_of(""), &number));
    assert_false(setting_number(slice_of("-1"), &number));
    assert_true(setting_time_ms(slice_of("30"), 1000, &number) && number == 30000);
    assert_true(setting_time_ms(slice_of("5m"), 1000, &number) && number == 300000);
    assert_false(setting_time_ms(slice_of("m"), 1000, &number));
    assert_false(setting_time_ms(slice_of("5w2"), 1000, &number));
    assert_true(setting_option(slice_of("S = inet:10891@::1 "), "s", &value));
    assert_true(slice_equal(value, slice_of("inet:10891@::1")));
    assert_false(setting_option(slice_of("SS=1"), "s", &value));
    assert_true(setting_is_yes("yes") && setting_is_yes("True") && setting_is_yes("on"));
    assert_false(setting_is_yes("no") || setting_is_yes("off") || setting_is_yes(""));
}

static void knows_the_whole_world(void **state)
{
    (void)state;
    static const char *const everybody[] = {
        "0.0.0.0/0",
        "[::]/0",
        "static:all",
        "0.0.0.0/1 128.0.0.0/1",
        "127.0.0.0/8, 0.0.0.0/2, 64.0.0.0/2",
        "[2000::]/3",
        "[::ffff:0:0]/96",
        "0.0.0.0/4",
    };
    static const char *const some[] = {
        "",
        "127.0.0.0/8 [::1]/128",
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16",
        "cidr:/etc/postfix/networks",
        "10.0.0.0/8 10.0.0.0/8 10.1.0.0/9 10.2.0.0/10",
        "[fd00::]/8",
        "not a network",
    };
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++)
        assert_true(postfix_networks_are_everybody(everybody[i]));
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_false(postfix_networks_are_everybody(some[i]));
}

static const char postconf[] = "mail_version = 3.7.11\n"
                               "inet_interfaces = all\n"
                               "smtpd_milters = inet:127.0.0.1:10891\n"
                               "empty =\n"
                               "smtp       inet  n       -       y       -       -       smtpd\n"
                               "submission inet  n       -       -       -       -       smtpd -o a=b\n"
                               "127.0.0.1:10025 inet n   -       n       -       -       smtpd\n"
                               "smtpd      pass  -       -       y       -       -       smtpd\n"
                               "smtp       unix  -       -       y       -       -       smtp\n"
                               "too few columns\n"
                               "submission/inet/smtpd_milters =\n"
                               "submission/inet/empty = no longer";

static void asks_services_before_main(void **state)
{
    (void)state;
    struct postfix_settings settings;
    bool is_own;
    assert_true(postfix_settings_read(&settings, slice_of(postconf)));
    assert_int_equal(settings.service_count, 5);
    const struct postfix_service *smtp = &settings.services[0], *submission = &settings.services[1];
    assert_string_equal(postfix_service_setting(&settings, smtp, "smtpd_milters", &is_own),
                        "inet:127.0.0.1:10891");
    assert_false(is_own);
    assert_string_equal(postfix_service_setting(&settings, submission, "smtpd_milters", &is_own), "");
    assert_true(is_own);
    assert_string_equal(postfix_service_setting(&settings, submission, "empty", NULL), "no longer");
    assert_string_equal(postfix_setting(&settings, "empty"), "");
    assert_null(postfix_setting(&settings, "smtpd_milter"));
    postfix_settings_deinit(&settings);
}

static void knows_what_services_are_for(void **state)
{
    (void)state;
    struct postfix_settings settings;
    assert_true(postfix_settings_read(&settings, slice_of(postconf)));
    const bool takes_mail[] = {true, true, true, true, false};
    const bool is_local[] = {false, false, true, false, false};
    for (size_t i = 0; i < settings.service_count; i++) {
        assert_int_equal(postfix_service_is_smtpd(&settings.services[i]), takes_mail[i]);
        assert_int_equal(postfix_service_is_loopback(&settings, &settings.services[i]), is_local[i]);
        assert_int_equal(postfix_service_is_submission(&settings.services[i]), i == 1);
    }
    postfix_settings_deinit(&settings);
}

/* Not a byte is read beyond the end, nor written anywhere. */
static void reads_any_bytes(void **state)
{
    (void)state;
    static const char *const inputs[] = {"",
                                         "=",
                                         " = x",
                                         "\n\n",
                                         "a",
                                         "a/b/c = d",
                                         "x =",
                                         "\t=\n",
                                         "a b c d e f g h",
                                         "/ = /\n//// = \n",
                                         "{ { { = }"};
    static const char alphabet[] = "a=/ \n\t{},XO\0\xff#";
    unsigned seed = 1;
    for (size_t i = 0; i < 2000; i++) {
        size_t fixed_count = sizeof inputs / sizeof inputs[0];
        size_t length = i < fixed_count ? strlen(inputs[i]) : i % 60;
        char *exact = malloc(length == 0 ? 1 : length);
        assert_non_null(exact);
        for (size_t j = 0; j < length; j++) {
            seed = seed * 1103515245 + 12345;
            exact[j] = alphabet[(seed >> 16) % sizeof alphabet];
            if (i < fixed_count)
                exact[j] = inputs[i][j];
        }
        struct postfix_settings settings;
        struct sendmail_cf cf;
        assert_true(postfix_settings_read(&settings, slice_make(exact, length)));
        for (size_t j = 0; j < settings.service_count; j++)
            postfix_service_setting(&settings, &settings.services[j], "a", NULL);
        assert_true(sendmail_cf_read(&cf, slice_make(exact, length)));
        sendmail_option(&cf, "a");
        postfix_settings_deinit(&settings);
        sendmail_cf_deinit(&cf);
        free(exact);
    }
}

static void asks_sendmail(void **state)
{
    (void)state;
    struct sendmail_cf cf;
    size_t next = 0;
    assert_true(sendmail_cf_read(&cf, slice_of("#####  $Id: promiscuous_relay.m4,v 8.13 x $  #####\n"
                                               "#O MaxMessageSize=7\n"
                                               "O DaemonPortOptions=Port=25,\n"
                                               "\tName=MTA\n"
                                               "O daemonportoptions=Port=587\n"
                                               "O MaxMessageSize=1\n"
                                               "O MaxMessageSize = 2\n"
                                               "Xcr, S=inet:10891@127.0.0.1, F=T\n"
                                               "Xcrx,S=local:/x\n"
                                               "R$* $: O MaxMessageSize=3")));
    assert_string_equal(sendmail_option(&cf, "MaxMessageSize"), "2");
    assert_null(sendmail_option(&cf, "MaxMessage"));
    assert_string_equal(sendmail_next_option(&cf, "DaemonPortOptions", &next), "Port=25, \tName=MTA");
    assert_string_equal(sendmail_next_option(&cf, "DaemonPortOptions", &next), "Port=587");
    assert_null(sendmail_next_option(&cf, "DaemonPortOptions", &next));
    assert_string_equal(sendmail_filter(&cf, slice_of("cr")), " S=inet:10891@127.0.0.1, F=T");
    assert_string_equal(sendmail_filter(&cf, slice_of(" crx ")), "S=local:/x");
    assert_null(sendmail_filter(&cf, slice_of("c")));
    assert_true(sendmail_has_feature(&cf, "promiscuous_relay"));
    assert_false(sendmail_has_feature(&cf, "promiscuous"));
    sendmail_cf_deinit(&cf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_words),
        cmocka_unit_test(reads_values),
        cmocka_unit_test(knows_the_whole_world),
        cmocka_unit_test(asks_services_before_main),
        cmocka_unit_test(knows_what_services_are_for),
        cmocka_unit_test(reads_any_bytes),
        cmocka_unit_test(asks_sendmail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
