/* Configurations that are right by their form and do not mean what was meant: each is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_fixture.h"

static const struct {
    const char *yaml, *told;
} careless[] = {
    {"relay: { local_domains: yes }\n",
     ":1:25: error: local_domains: 'yes' is no entry of a list, such as [example.com]; if the very word is meant, put it in quotes"},
    {"relay: { local_domains: 'example.com, example.org' }\n",
     ":1:25: error: local_domains: 'example.com, example.org' is one text, not a list: write [example.com, example.org]"},
    {"relay: { local_domains: example.com example.org }\n",
     ":1:25: error: local_domains: 'example.com example.org' is one text, not a list: write [example.com, example.org]"},
    {"relay: { local_domains: { add: example.com;example.org } }\n",
     ":1:32: error: local_domains: 'example.com;example.org' is one text, not a list: write [example.com, example.org]"},
    {"relay: { local_domains: /etc/closedrelay/domains }\n",
     ":1:25: error: local_domains: '/etc/closedrelay/domains' is a path: write file:/etc/closedrelay/domains for the entries of a file"},
    {"relay: { local_domains: $mydestination }\n",
     ":1:25: error: local_domains: '$mydestination': the MTA's own settings are not read here: write what it stands for"},
    {"relay: { local_domains: ['@example.com'] }\n",
     ":1:26: error: local_domains: '@example.com' is no domain: write the domain only, without '@'"},
    {"relay: { local_domains: [hash:/etc/postfix/domains] }\n",
     ":1:26: error: local_domains: 'hash:/etc/postfix/domains': closedrelay reads no Berkeley DB: run `postmap lmdb:PATH` and write lmdb:PATH, or cdb:, or f"},
    {"relay: { local_domains: mysql:/etc/postfix/domains.cf }\n",
     ":1:25: error: local_domains: 'mysql:/etc/postfix/domains.cf': closedrelay asks no such server itself: write socketmap:unix:PATH:NAME or socketmap:inet"},
    {"relay: { local_domains: none }\n",
     ":1:25: warning: local_domains: 'none' is taken for a domain of that name; for no domain write []"},
    {"relay: { trusted_networks: '192.0.2.0/24, 127.0.0.0/8' }\n",
     ":1:28: error: trusted_networks: '192.0.2.0/24, 127.0.0.0/8' is one text, not a list: write [192.0.2.0/24, 127.0.0.0/8]"},
    {"relay: { trusted_networks: [0.0.0.0/1, 128.0.0.0/1] }\n",
     ":1:28: warning: an open relay: everybody is in a trusted network (IPv4)"},
    {"relay: { trusted_networks: [0.0.0.0/2, 64.0.0.0/2] }\n",
     ":1:28: warning: an open relay: about 57 % of all IPv4 addresses are in trusted networks"},
    {"relay: { trusted_networks: [8.0.0.0/5] }\n",
     ":1:28: warning: an open relay: about 3 % of all IPv4 addresses are in trusted networks"},
    {"relay: { trusted_networks: ['2000::/4', '3000::/4'] }\n",
     ":1:28: warning: an open relay: everybody is in a trusted network (IPv6)"},
    {"relay: { trusted_networks: [cidr:/etc/postfix/net] }\n",
     ":1:29: error: trusted_networks: 'cidr:/etc/postfix/net': write file: before the path"},
    {"relay: { default_realm: '@example.com' }\n",
     ":1:25: error: default_realm: '@example.com' is no domain: write the domain only, without '@'"},
    {"relay: { default_realm: $myhostname }\n",
     ":1:25: error: default_realm: '$myhostname' is no domain: a domain has letters, digits, '-' and dots only"},
    {"relay: { trusted_certificates: 'CN=a.example, CN=b.example' }\n",
     ":1:32: warning: trusted_certificates: 'CN=a.example, CN=b.example' is one text, not a list: if several are meant write [\"CN=a.example\", \"CN=b.example\""},
    {"customers: { 'ann@example.com, ben@example.com': acme }\n",
     ":1:14: error: customers: 'ann@example.com, ben@example.com' is one key: write a line for each"},
    {"customers: { '*@example.com': acme }\n",
     ":1:14: error: customers: '*@example.com': there are no patterns here: write @example.com for all of a domain"},
    {"relay: { local_domains: example.com }\ncustomers: { example.com: acme }\n",
     ":2:12: warning: customers: 'example.com' is a domain, no login: write @example.com for all of it"},
    {"customers: ldap:/etc/customers\n",
     ":1:12: error: customers: 'ldap:/etc/customers': closedrelay asks no such server itself: write socketmap:unix:PATH:NAME or socketmap:inet:HOST:PORT:NAM"},
    {"relay: { default_realm: example.com }\ncustomers: { ann: acme }\n",
     ":2:12: warning: customers: 'ann' matches no login: with relay.default_realm every login has a domain: write ann@example.com"},
    {"customers: { ann@example.com: acme }\noverrides: [ { when: { customer: acmee }, size: { limit: 1MB } } ]\n",
     ":2:34: warning: customer: 'acmee' matches nobody: no user in 'customers' has it"},
    {"overrides: [ { when: { customer: acme }, size: { limit: 1MB } } ]\n",
     ":1:34: warning: customer: 'acme' matches nobody: 'customers' does not say who is whose"},
    {"overrides: [ { when: { user: ann@example.com, domain: example.org }, size: { limit: 1MB } } ]\n",
     ":1:22: warning: this matches nobody: none of the logins is at one of the domains, and both conditions must hold"},
    {"overrides: [ { when: { user: ann@example.com, role: trusted }, size: { limit: 1MB } } ]\n",
     ":1:30: warning: user: 'ann@example.com' with role trusted matches only a client who was let in by a recent login (closedrelay allow --user): who logs "},
    {"overrides: [ { when: { user: ann@example.com, role: local }, size: { limit: 1MB } } ]\n",
     ":1:30: warning: user: 'ann@example.com' matches nobody with role local: users there are uid:NUMBER or script:PATH"},
    {"overrides: [ { when: { role: 'submission, local' }, size: { limit: 1MB } } ]\n",
     ":1:30: error: role: 'submission, local' is one text, not a list: write [submission, local]"},
    {"overrides: [ { when: { user: 'ann@example.com, ben@example.com' }, size: { limit: 1MB } } ]\n",
     ":1:30: warning: user: 'ann@example.com, ben@example.com' is one text, not a list: if several are meant write [ann@example.com, ben@example.com]"},
    {"overrides: [ { when: { user: ann@example.com ben@example.com }, size: { limit: 1MB } } ]\n",
     ":1:30: warning: user: 'ann@example.com ben@example.com' is one text, not a list: if several are meant write [ann@example.com, ben@example.com]"},
    {"overrides: [ { when: { user: ann@example.com|ben@example.com }, size: { limit: 1MB } } ]\n",
     ":1:30: warning: user: 'ann@example.com|ben@example.com' is one text, not a list: if several are meant write [ann@example.com, ben@example.com]"},
    {"overrides: [ { when: { user: '@example.com' }, size: { limit: 1MB } } ]\n",
     ":1:30: error: user: '@example.com' is no login: for all logins of a domain write domain: example.com"},
    {"overrides: [ { when: { user: '*@example.com' }, size: { limit: 1MB } } ]\n",
     ":1:30: error: user: '*@example.com' is no login: for all logins of a domain write domain: example.com"},
    {"overrides: [ { when: { user: 'a*@example.com' }, size: { limit: 1MB } } ]\n",
     ":1:30: error: user: 'a*@example.com': there are no patterns here: write the logins, or domain: and their domain"},
    {"relay: { default_realm: example.com }\noverrides: [ { when: { user: ann }, size: { limit: 1MB } } ]\n",
     ":2:30: warning: user: 'ann' matches no login: with relay.default_realm every login has a domain: write ann@example.com"},
    {"relay: { local_domains: example.com }\noverrides: [ { when: { user: example.com }, size: { limit: 1MB } } ]\n",
     ":2:30: warning: user: 'example.com' is a domain, no login: write domain: example.com"},
    {"overrides: [ { when: { sender: '*@example.com' }, size: { limit: 1MB } } ]\n",
     ":1:32: error: sender: '*@example.com': there are no patterns here: all senders of a domain are written @example.com"},
    {"overrides: [ { when: { sender: ann }, size: { limit: 1MB } } ]\n",
     ":1:32: warning: sender: 'ann' is no address: write it with its domain, <> for the empty sender, or user: where the login is meant"},
    {"overrides: [ { when: { domain: example.com;example.org }, size: { limit: 1MB } } ]\n",
     ":1:32: error: domain: 'example.com;example.org' is one text, not a list: write [example.com, example.org]"},
    {"overrides: [ { when: { network: 192.0.2.1 192.0.2.2 }, size: { limit: 1MB } } ]\n",
     ":1:33: error: network: '192.0.2.1 192.0.2.2' is one text, not a list: write [192.0.2.1, 192.0.2.2]"},
    {"overrides: [ { when: { user: ann@example.com }, size: {} } ]\n",
     ":1:55: warning: size: this changes nothing"},
    {"overrides: [ { when: { user: ann@example.com }, size: { limit: 50MB } }, { when: { domain: example.com }, size: { limit: 5MB } } ]\n",
     ":1:14: warning: size: this has no effect: "},
    {"overrides: [ { when: { user: ann@example.com }, size: { limit: 50MB } }, { when: { role: submission }, size: { limit: 5MB } } ]\n",
     ":1:14: warning: size: this has no effect: "},
    {"mode: monitor\n",
     ":1:7: notice: everything is only watched: no message is refused, deferred or held until this is enforce"},
    {"mode: off\n", ":1:7: warning: closedrelay does not look at any mail"},
    {"attachments: { blocked: exe, scr, bat }\n", ":1:30: error: unknown key 'scr' under 'attachments:'"},
    {"attachments: { blocked: 'exe, scr, bat' }\n",
     ":1:25: error: blocked: 'exe, scr, bat' is one text, not a list: write [exe, scr, bat]"},
    {"attachments: { blocked: exe;scr }\n",
     ":1:25: error: blocked: 'exe;scr' is one text, not a list: write [exe, scr]"},
    {"attachments: { blocked: exe|scr }\n",
     ":1:25: error: blocked: 'exe|scr' is one text, not a list: write [exe, scr]"},
    {"attachments: { blocked: [exe, scr bat] }\n",
     ":1:31: error: blocked: 'scr bat' is one text, not a list: write [scr, bat]"},
    {"attachments: { blocked: [no] }\n",
     ":1:26: error: blocked: 'no' is no entry of a list, such as [word]; if the very word is meant, put it in quotes"},
    {"attachments: { blocked_names: 'invoice*.xls, *.docm' }\n",
     ":1:31: warning: blocked_names: 'invoice*.xls, *.docm' is one text, not a list: if several are meant write [\"invoice*.xls\", \"*.docm\"]"},
    {"attachments: { blocked: [] }\n",
     ":1:25: notice: blocked: empty: programs are accepted under their own names"},
    {"sender: { header_from: enforce, mode: monitor }\n",
     ":1:24: warning: header_from: this is never stricter than 'mode', which is monitor"},
    {"sender: { match: table, table: { 'ann@example.com,ben@example.com': x@example.com } }\n",
     ":1:34: error: table: 'ann@example.com,ben@example.com' is one key: write a line for each"},
    {"sender: { match: table, login_maps: { example.com: ann@example.com } }\n",
     ":1:37: warning: login_maps: 'example.com' is no address, so nobody asks for it: write @example.com for all addresses of a domain"},
    {"sender: { match: table, login_maps: [pcre:/etc/postfix/login_maps.pcre] }\n",
     ":1:38: error: login_maps: 'pcre:/etc/postfix/login_maps.pcre': there are no patterns here: write the entries, .example.com for all domains below one, "},
    {"dnsbl: { lists: [ { zone: 'zen.spamhaus.org=127.0.0.[2..11]' } ] }\n",
     ":1:27: error: zen.spamhaus.org=127.0.0.[2..11]: not the name of a zone that addresses can be asked under: the answers that count are written codes: [1"},
    {"dnsbl: { lists: [ { zone: 'zen.spamhaus.org, bl.example.org' } ] }\n",
     ":1:27: error: zen.spamhaus.org, bl.example.org: not the name of a zone that addresses can be asked under: each list is an entry of its own: - { zone: "},
    {"dnsbl: { threshold: 5 }\n",
     ":1:21: warning: threshold: 5 can never be reached: all lists together weigh 1 for role submission"},
    {"dnsbl: { lists: [ { zone: bl.example.org, codes: '127.0.0.2, 127.0.0.3' } ] }\n",
     ":1:50: error: codes: '127.0.0.2, 127.0.0.3' is one text, not a list: write [127.0.0.2, 127.0.0.3]"},
};

static void each_careless_configuration_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof careless / sizeof *careless; i++) {
        struct strbuf problems;
        strbuf_init(&problems, 0);
        struct policy_snapshot *snapshot = policy_fixture_try(careless[i].yaml, &problems);
        assert_int_equal(snapshot == NULL, strstr(strbuf_text(&problems), ": error: ") != NULL);
        if (strstr(strbuf_text(&problems), careless[i].told) == NULL)
            fail_msg("%s gave:\n%s", careless[i].yaml, strbuf_text(&problems));
        policy_snapshot_unref(snapshot);
        strbuf_deinit(&problems);
    }
}

/* What looks like one of them and is right. */
static void what_is_meant_so_is_not_doubted(void **state)
{
    (void)state;
    static const char *const right[] = {
        "attachments: { blocked: [\"no\", .exe], blocked_names: [\"a, b.pdf\", \"my invoice.xls\"] }\n",
        "relay: { trusted_networks: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 9.0.0.0/8, "
        "\"2001:db8::/32\", \"fd00::/8\"], default_realm: Example.COM, trusted_certificates: [\"CN=a, b\"] }\n",
        "customers: { ann@example.com: \"Smith, Jones; Sons\", uid:1000: b, \"@example.org\": c, ann: d }\n"
        "overrides:\n"
        "- { when: { customer: \"smith, jones; sons\" }, size: { limit: 1MB } }\n"
        "- { when: { user: [ann, uid:1000, \"script:/srv/my shop, 2/x.php\"] }, size: { limit: 2MB } }\n"
        "- { when: { domain: example.com }, size: { limit: 5MB } }\n"
        "- { when: { user: ben@example.com, domain: .com }, size: { limit: 50MB } }\n"
        "- { when: { role: trusted, user: [192.0.2.0/24, relay.example] }, size: { limit: 3MB } }\n"
        "- { when: { sender: [<>, \"@example.com\", .example.org, example.net] }, size: { limit: 3MB } }\n",
        "overrides:\n"
        "- { when: { user: ann@example.com }, recipients: { limit: 100 } }\n"
        "- { when: { user: ann@example.com }, recipients: { excess: drop } }\n"
        "- { when: { user: ann@example.com }, attachments: { blocked: { add: [zip] } } }\n"
        "- { when: { domain: example.com }, attachments: { blocked: { add: [rar] } } }\n",
        "sender: { match: table, table: { \"*\": \"*\", ann@example.com: \"a@example.com, b@example.com\" } }\n",
        "dnsbl: { threshold: 3, lists: [ { zone: a.example.org, weight: 2 }, { zone: b.example.org } ] }\n",
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct strbuf problems;
        strbuf_init(&problems, 0);
        struct policy_snapshot *snapshot = policy_fixture_try(right[i], &problems);
        if (snapshot == NULL || problems.length > 0)
            fail_msg("%s gave:\n%s", right[i], strbuf_text(&problems));
        policy_snapshot_unref(snapshot);
        strbuf_deinit(&problems);
    }
}

/* The same in the files of lists: at load they are read whole. */
static void several_entries_in_a_line_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *content;
    } cases[] = {
        {"attachments: { blocked: file:", " }\n", "exe, scr, bat\n"},
        {"relay: { local_domains: file:", " }\n", "example.com;example.org\n"},
        {"dnsbl: { lists: [ { zone: bl.example.org, codes: file:", " } ] }\n", "127.0.0.2|127.0.0.3\n"},
        {"customers: file:", "\n", "ann@example.com, ben@example.com\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/test_careless.XXXXXX", yaml[128];
        const int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, cases[i].content, strlen(cases[i].content)),
                         (ssize_t)strlen(cases[i].content));
        close(fd);
        snprintf(yaml, sizeof yaml, "%s%s%s", cases[i].before, path, cases[i].after);
        struct strbuf problems;
        strbuf_init(&problems, 0);
        assert_null(policy_fixture_try(yaml, &problems));
        if (strstr(strbuf_text(&problems), ":1:1: error: ") == NULL)
            fail_msg("%s gave:\n%s", yaml, strbuf_text(&problems));
        strbuf_deinit(&problems);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_careless_configuration_is_told),
        cmocka_unit_test(what_is_meant_so_is_not_doubted),
        cmocka_unit_test(several_entries_in_a_line_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
