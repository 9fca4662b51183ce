#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <talloc.h>

#include "check/relay/origin_address.h"
#include "check/relay/relay.h"
#include "check_fixture.h"

#define FINGERPRINT_TOO_LONG FINGERPRINT "00"
#define FINGERPRINT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char settings[] =
    "relay:\n"
    "  trusted_networks: [127.0.0.0/8, \"::1\", 192.0.2.0/24]\n"
    "  trusted_certificates: [\"CN=relay.branch.example\", \"sha256:" FINGERPRINT "\"]\n"
    "  default_realm: example.com\n";

struct role_case {
    const char *ip; /* NULL: unknown */
    uint64_t port;
    const char *name;
    const char *mta;
    const char *auth_type;
    const char *login;
    const char *subject;
    const char *fingerprint;
    bool verified;
    enum role role;
    const char *user;
};

static const char postfix[] = "Postfix 3.7.11", sendmail[] = "8.17.1.9";

static const struct role_case role_cases[] = {
    /* Logins count with their mechanism, and not anonymous ones. */
    {"198.51.100.7", 4000, "x", postfix, "PLAIN", "Ann+x@Example.com", "", "", false, ROLE_SUBMISSION,
     "ann@example.com"},
    {"198.51.100.7", 4000, "x", postfix, "PLAIN", "ann", "", "", false, ROLE_SUBMISSION, "ann@example.com"},
    {"198.51.100.7", 4000, "x", postfix, "XCLIENT", "ann%example.net", "", "", false, ROLE_SUBMISSION,
     "ann@example.net"},
    {"198.51.100.7", 4000, "x", postfix, "", "ann@example.com", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "PLAIN", "", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "PLAIN", " ", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "anonymous", "guest", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "ANONYMOUS", "guest", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, " ANONYMOUS ", "guest", "", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "  ", "ann", "", "", false, ROLE_OUTSIDE, ""},
    {"192.0.2.7", 4000, "x", postfix, "PLAIN", "ann", "", "", false, ROLE_SUBMISSION, "ann@example.com"},
    /* Networks. */
    {"192.0.2.7", 4000, "x", postfix, "", "", "", "", false, ROLE_TRUSTED, "192.0.2.0/24"},
    {"::ffff:192.0.2.7", 4000, "x", postfix, "", "", "", "", false, ROLE_TRUSTED, "192.0.2.0/24"},
    {"192.0.3.7", 4000, "x", postfix, "", "", "", "", false, ROLE_OUTSIDE, ""},
    {"2001:db8::1", 4000, "x", postfix, "", "", "", "", false, ROLE_OUTSIDE, ""},
    {"192.0.2.7", 4000, "x", postfix, "ANONYMOUS", "guest", "", "", false, ROLE_TRUSTED, "192.0.2.0/24"},
    /* Local: no port, or no address at all; a loopback client with a port came by network. */
    {"127.0.0.1", 0, "localhost", postfix, "", "", "", "", false, ROLE_LOCAL, "local"},
    {"::1", 0, "localhost", postfix, "", "", "", "", false, ROLE_LOCAL, "local"},
    {NULL, 0, "localhost", sendmail, "", "", "", "", false, ROLE_LOCAL, "local"},
    {"127.0.0.1", 4000, "localhost", postfix, "", "", "", "", false, ROLE_TRUSTED, "127.0.0.0/8"},
    {"198.51.100.7", 0, "localhost", postfix, "", "", "", "", false, ROLE_OUTSIDE, ""},
    {NULL, 0, "unknown", postfix, "", "", "", "", false, ROLE_OUTSIDE, ""},
    {NULL, 0, "", postfix, "", "", "", "", false, ROLE_OUTSIDE, ""},
    /* Certificates, verified ones only. */
    {"198.51.100.7", 4000, "x", postfix, "", "", "relay.branch.example", "", true, ROLE_TRUSTED,
     "CN=relay.branch.example"},
    {"198.51.100.7", 4000, "x", postfix, "", "", "Relay.Branch.Example", "", true, ROLE_TRUSTED,
     "CN=relay.branch.example"},
    {"198.51.100.7", 4000, "x", postfix, "", "", "relay.branch.example", "", false, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "", "", "relay.branch.example.evil", "", true, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "", "", "/CN=relay.branch.example", "", true, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "", "", "", "", true, ROLE_OUTSIDE, ""},
    /* A DN alone proves no name. */
    {"198.51.100.7", 4000, "x", sendmail, "", "", "/C=DE/O=Branch/CN=relay.branch.example", "", true,
     ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", sendmail, "", "", "/O=x/CN=relay.branch.example/CN=evil", "", true,
     ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", sendmail, "", "", "/CN=evil/O=x/cn=relay.branch.example", "", true,
     ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", sendmail, "", "", "/C=DE/O=Branch", "", true, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "", "", "x",
     "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF", true,
     ROLE_TRUSTED, "sha256:" FINGERPRINT},
    {"198.51.100.7", 4000, "x", postfix, "", "", "x", FINGERPRINT_TOO_LONG, true, ROLE_OUTSIDE, ""},
    {"198.51.100.7", 4000, "x", postfix, "", "", "x", FINGERPRINT, false, ROLE_OUTSIDE, ""},
};

static void fill_facts(struct check_fixture *fixture, const struct role_case *wanted)
{
    struct session_facts *session = &fixture->session;
    session->client_ip_known =
        wanted->ip != NULL && ip_address_parse(slice_of(wanted->ip), &session->client_ip);
    session->client_port = (uint16_t)wanted->port;
    session->client_name = wanted->name;
    session->mta_version = wanted->mta;
    struct message_facts *message = &fixture->message;
    message->auth_type = wanted->auth_type;
    message->login = wanted->login;
    message->tls.cert_subject = wanted->subject;
    message->tls.cert_fingerprint = wanted->fingerprint;
    message->tls.cert_verified = wanted->verified;
}

static void roles_follow_what_the_mta_vouches_for(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    for (size_t i = 0; i < sizeof role_cases / sizeof role_cases[0]; i++) {
        fill_facts(&fixture, &role_cases[i]);
        assert_true(role_decide(fixture.owner, fixture.settings, &fixture.session, &fixture.message));
        if (fixture.message.role != role_cases[i].role ||
            strcmp(fixture.message.user, role_cases[i].user) != 0)
            fail_msg("case %zu: %s \"%s\", expected %s \"%s\"", i, role_name(fixture.message.role),
                     fixture.message.user, role_name(role_cases[i].role), role_cases[i].user);
    }
    check_fixture_end(&fixture);
}

/* A DN as text can say more than the certificate: Sendmail also hands over the common name by itself. */
static void the_common_name_is_the_one_that_the_mta_read(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *common_name;
        enum role role;
    } cases[] = {
        {"/O=Branch/CN=relay.branch.example", "relay.branch.example", ROLE_TRUSTED},
        {"/O=Branch/CN=relay.branch.example", "Relay.Branch.Example", ROLE_TRUSTED},
        {"/CN=relay.branch.example/emailAddress=a@b", "relay.branch.example", ROLE_TRUSTED},
        {"/O=x/CN=relay.branch.example/CN=evil", "relay.branch.example", ROLE_OUTSIDE},
        {"/CN=evil/O=x/cn=relay.branch.example", "evil", ROLE_OUTSIDE},
        {"/O=x/CN=relay.branch.example", "BadCertificateUnknown", ROLE_OUTSIDE},
        {"/O=x/CN=relay.branch.example", "", ROLE_OUTSIDE},
        {"/O=x/CN=relay.branch.example", "relay.branch.example.evil", ROLE_OUTSIDE},
        {"/O=x/CN=evil", "relay.branch.example", ROLE_OUTSIDE},
    };
    struct check_fixture fixture = check_fixture_begin(&relay_check, settings, ROLE_OUTSIDE);
    fixture.session.client_ip_known = ip_address_parse(slice_of("198.51.100.7"), &fixture.session.client_ip);
    fixture.session.client_port = 4000;
    fixture.session.mta_version = sendmail;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_facts *tls = &fixture.message.tls;
        tls->cert_subject = cases[i].subject;
        tls->cert_common_name = cases[i].common_name;
        tls->cert_verified = true;
        assert_true(role_decide(fixture.owner, fixture.settings, &fixture.session, &fixture.message));
        assert_int_equal(fixture.message.role, cases[i].role);
    }
    check_fixture_end(&fixture);
}

/* Whose browser it was says a webmail that is listed, and nobody else. */
static void only_a_trusted_webmail_names_the_origin(void **state)
{
    (void)state;
    static const struct {
        const char *client, *field, *value, *more_field, *more_value;
        const char *origin; /* NULL: none */
    } cases[] = {
        {"192.0.2.7", "x-originating-ip", "[198.51.100.9]", NULL, NULL, "198.51.100.9"},
        {"192.0.2.7", "x-sender-ip", " 2001:db8::1\r\n", NULL, NULL, "2001:db8::1"},
        {"192.0.2.7", "x-forward", "10.1.2.3", NULL, NULL, "10.1.2.3"},
        {"192.0.2.7", "x-client-ip", "198.51.100.9", "x-originating-ip", "[198.51.100.9]", "198.51.100.9"},
        {"192.0.2.7", "x-client-ip", "198.51.100.9", "x-originating-ip", "[198.51.100.8]", NULL},
        {"192.0.2.7", "x-client-ip", "127.0.0.1", "x-originating-ip", "[198.51.100.8]", "198.51.100.8"},
        {"192.0.2.7", "x-originating-ip", "somewhere", NULL, NULL, NULL},
        {"192.0.2.7", "from", "198.51.100.9", NULL, NULL, NULL},
        {"192.0.3.7", "x-originating-ip", "[198.51.100.9]", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct check_fixture fixture =
            check_fixture_begin(&relay_check, "relay: { trusted_webmail: 192.0.2.0/24 }", ROLE_SUBMISSION);
        char text[IP_ADDRESS_TEXT_BYTES] = "";
        fixture.session.client_ip_known =
            ip_address_parse(slice_of(cases[i].client), &fixture.session.client_ip);
        check_fixture_header(&fixture, cases[i].field, cases[i].value);
        if (cases[i].more_field != NULL)
            check_fixture_header(&fixture, cases[i].more_field, cases[i].more_value);
        origin_address_find(fixture.settings, &fixture.session, &fixture.message);
        assert_int_equal(fixture.message.origin_ip_known, cases[i].origin != NULL);
        if (cases[i].origin != NULL) {
            ip_address_print(&fixture.message.origin_ip, text);
            assert_string_equal(text, cases[i].origin);
        }
        check_fixture_end(&fixture);
    }
}

static void loopback_is_trusted_by_default_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        enum role role;
    } cases[] = {{"127.0.0.1", ROLE_TRUSTED}, {"::1", ROLE_TRUSTED}, {"10.0.0.1", ROLE_OUTSIDE}};
    struct check_fixture fixture = check_fixture_begin(&relay_check, "", ROLE_OUTSIDE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture.session.client_ip_known = ip_address_parse(slice_of(cases[i].ip), &fixture.session.client_ip);
        fixture.session.client_port = 4000;
        assert_true(role_decide(fixture.owner, fixture.settings, &fixture.session, &fixture.message));
        assert_int_equal(fixture.message.role, cases[i].role);
    }
    check_fixture_end(&fixture);
}

static void a_login_without_realm_keeps_its_name(void **state)
{
    (void)state;
    struct check_fixture fixture = check_fixture_begin(&relay_check, "", ROLE_OUTSIDE);
    fixture.message.auth_type = "PLAIN";
    fixture.message.login = "Ann";
    assert_true(role_decide(fixture.owner, fixture.settings, &fixture.session, &fixture.message));
    assert_int_equal(fixture.message.role, ROLE_SUBMISSION);
    assert_string_equal(fixture.message.user, "ann");
    check_fixture_end(&fixture);
}

static void wrong_certificates_are_configuration_errors(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    static const char too_long[] = "sha256:" FINGERPRINT_TOO_LONG;
    static const char *const entries[] = {"sha256:00", "md5:00", "CN=", "relay.branch.example", too_long};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const char *yaml = talloc_asprintf(owner, "relay:\n  trusted_certificates: [\"%s\"]\n", entries[i]);
        assert_non_null(strstr(check_fixture_problems(owner, &relay_check, yaml), "test.yaml:2:25: error:"));
    }
    assert_non_null(
        strstr(check_fixture_problems(owner, &relay_check,
                                      "relay: { trusted_certificates: \"sha256:" FINGERPRINT "\" }"),
               "warning: a fingerprint can match behind Sendmail"));
    assert_string_equal(check_fixture_problems(owner, &relay_check, "relay: { trusted_certificates: CN=x }"),
                        "");
    talloc_free(owner);
}

static void an_open_relay_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *told;
    } cases[] = {
        {"relay: { mode: monitor }", "test.yaml:1:16: warning: an open relay: with this mode"},
        {"relay: { roles: { outside: { mode: off } } }",
         "test.yaml:1:36: warning: an open relay: with this mode"},
        {"relay: { roles: { trusted: { mode: off } } }", NULL},
        {"relay: { trusted_networks: 0.0.0.0/0 }", "test.yaml:1:28: warning: an open relay: everybody"},
        {"relay: { trusted_networks: \"::/0\" }", "test.yaml:1:28: warning: an open relay: everybody"},
        {"relay: { trusted_networks: [10.0.0.0/8, 198.51.100.0/24, \"2001:db8::/32\"] }", NULL},
    };
    void *owner = talloc_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problems = check_fixture_problems(owner, &relay_check, cases[i].yaml);
        if (cases[i].told == NULL)
            assert_string_equal(problems, "");
        else if (strncmp(problems, cases[i].told, strlen(cases[i].told)) != 0)
            fail_msg("%s: %s", cases[i].yaml, problems);
    }
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_follow_what_the_mta_vouches_for),
        cmocka_unit_test(the_common_name_is_the_one_that_the_mta_read),
        cmocka_unit_test(only_a_trusted_webmail_names_the_origin),
        cmocka_unit_test(loopback_is_trusted_by_default_and_nothing_else),
        cmocka_unit_test(a_login_without_realm_keeps_its_name),
        cmocka_unit_test(an_open_relay_is_told),
        cmocka_unit_test(wrong_certificates_are_configuration_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
