#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "config_test_schema.h"

/* Reads `text`; the problems go to `told`, which the caller frees. */
static struct config_document *read_config(void *owner, const char *text, struct strbuf *told)
{
    struct config_problems *problems = config_problems_create(owner);
    assert_non_null(problems);
    struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_of(text), problems);
    assert_int_equal(document == NULL, config_problems_error_count(problems) != 0);
    strbuf_init(told, 0);
    config_problems_render(problems, told);
    return document;
}

/* The same where it must be right; without warnings. */
static struct config_document *read_good(void *owner, const char *text)
{
    struct strbuf told;
    struct config_document *document = read_config(owner, text, &told);
    assert_string_equal(strbuf_text(&told), "");
    strbuf_deinit(&told);
    return document;
}

static const struct test_recipients *recipients_of(const struct config_document *document, enum role role)
{
    return config_document_settings(document, TEST_RECIPIENTS, role);
}

static void nothing_gives_the_defaults(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "# nothing\n", "---\n", "relay:\nrecipients: {}\n",
                                        "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        void *owner = talloc_new(NULL);
        const struct config_document *document = read_good(owner, empty[i]);
        const struct test_root *root = config_document_settings(document, TEST_ROOT, ROLE_OUTSIDE);
        assert_int_equal(root->listen.kind, ENDPOINT_INET);
        assert_int_equal(root->listen.port, 10891);
        assert_string_equal(root->listen.host, "127.0.0.1");
        assert_string_equal(root->banner, "");
        assert_string_equal(root->password, "");
        assert_int_equal(root->control.kind, ENDPOINT_NONE);
        assert_int_equal(root->socket_mode, 0660);
        const struct test_relay *relay = config_document_settings(document, TEST_RELAY, ROLE_OUTSIDE);
        assert_int_equal(relay->logins.remember_ms, 1800000);
        assert_int_equal(relay->roles, 1U << ROLE_SUBMISSION | 1U << ROLE_TRUSTED);
        assert_int_equal(text_set_count(relay->domains), 0);
        assert_int_equal(recipients_of(document, ROLE_SUBMISSION)->limit, 30);
        assert_int_equal(recipients_of(document, ROLE_OUTSIDE)->limit, 100);
        assert_int_equal(recipients_of(document, ROLE_OUTSIDE)->derived, 200);
        assert_int_equal(recipients_of(document, ROLE_TRUSTED)->excess, 1);
        assert_int_equal(recipients_of(document, ROLE_LOCAL)->slow.pause_ms, 5000);
        assert_int_equal(recipients_of(document, ROLE_LOCAL)->slow.tell, true);
        const struct test_lists *lists = config_document_settings(document, TEST_LISTS, ROLE_LOCAL);
        assert_int_equal(lists->lists.count, 1);
        const struct test_list *list = lists->lists.items;
        assert_string_equal(list->zone, "xbl.example.org");
        assert_int_equal(list->weight, 1);
        assert_int_equal(list->codes.count, 1);
        talloc_free(owner);
    }
}

static void no_file_gives_the_defaults(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct config_problems *problems = config_problems_create(owner);
    const struct config_document *document = config_document_load(owner, &test_schema, NULL, problems);
    assert_non_null(document);
    assert_int_equal(recipients_of(document, ROLE_SUBMISSION)->limit, 30);
    talloc_free(owner);
}

static void layers_win_in_their_order(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct config_document *document =
        read_good(owner, "recipients:\n"
                         "  limit: 200\n"
                         "  slow: { tell: false }\n"
                         "  roles:\n"
                         "    trusted: { limit: 300, excess: drop, slow: { pause: 2m } }\n"
                         "    local:\n");
    assert_int_equal(recipients_of(document, ROLE_SUBMISSION)->limit, 200);
    assert_int_equal(recipients_of(document, ROLE_OUTSIDE)->limit,
                     200); /* the file wins over the role's default */
    assert_int_equal(recipients_of(document, ROLE_TRUSTED)->limit, 300);
    assert_int_equal(recipients_of(document, ROLE_TRUSTED)->derived, 600);
    assert_int_equal(recipients_of(document, ROLE_TRUSTED)->excess, 2);
    assert_int_equal(recipients_of(document, ROLE_TRUSTED)->slow.pause_ms, 120000);
    assert_int_equal(recipients_of(document, ROLE_LOCAL)->slow.pause_ms, 5000);
    assert_int_equal(recipients_of(document, ROLE_LOCAL)->slow.tell, false);
    talloc_free(owner);
}

static void reads_every_kind_of_list(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    const struct config_document *document =
        read_good(owner, "relay:\n"
                         "  domains: [Example.COM., bücher.example, \"[192.0.2.1]\"]\n"
                         "  networks: [192.0.2.0/24, 2001:db8::/32]\n"
                         "  words: EXE\n"
                         "  lines:\n"
                         "  - one\n"
                         "  - \"two: 2\"\n"
                         "  servers: [127.0.0.1:53, \"[::1]:53\", unix:/run/x]\n"
                         "  roles: outside\n");
    const struct test_relay *relay = config_document_settings(document, TEST_RELAY, ROLE_OUTSIDE);
    assert_true(text_set_contains(relay->domains, slice_of("example.com")));
    assert_true(text_set_contains(relay->domains, slice_of("xn--bcher-kva.example")));
    assert_true(text_set_contains(relay->domains, slice_of("[192.0.2.1]")));
    assert_false(text_set_contains(relay->domains, slice_of("example.co")));
    assert_int_equal(text_set_count(relay->domains), 3);
    struct ip_address address;
    assert_true(ip_address_parse(slice_of("192.0.2.77"), &address));
    assert_true(network_set_contains(relay->networks, &address));
    assert_true(ip_address_parse(slice_of("127.0.0.1"), &address));
    assert_false(network_set_contains(relay->networks, &address));
    assert_true(text_set_contains(relay->words, slice_of("exe")));
    assert_int_equal(relay->lines.count, 2);
    assert_string_equal(relay->lines.items[1], "two: 2");
    assert_int_equal(relay->servers.count, 3);
    assert_int_equal(relay->servers.items[1].kind, ENDPOINT_INET6);
    assert_string_equal(relay->servers.items[1].host, "::1");
    assert_string_equal(relay->servers.items[2].path, "/run/x");
    assert_int_equal(relay->roles, 1U << ROLE_OUTSIDE);
    talloc_free(owner);
}

/* Every line of `told` must be exactly what was expected. */
struct bad_case {
    const char *text, *told;
};

static void check_bad(const struct bad_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *owner = talloc_new(NULL);
        struct strbuf told;
        const struct config_document *document = read_config(owner, cases[i].text, &told);
        assert_string_equal(strbuf_text(&told), cases[i].told);
        assert_null(document);
        strbuf_deinit(&told);
        talloc_free(owner);
    }
}

static void tells_unknown_keys(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"recipients: { limt: 3 }\n",
         "c:1:15: error: unknown key 'limt' under 'recipients:' (did you mean 'limit'?)\n"},
        {"limit: 30\n", "c:1:1: error: unknown key 'limit': it belongs under 'recipients:' or 'size:'\n"},
        {"relay: { threshold: 1 }\n",
         "c:1:10: error: unknown key 'threshold' under 'relay:': it belongs under 'dnsbl:'\n"},
        {"relay: { listen: 1 }\n",
         "c:1:10: error: unknown key 'listen' under 'relay:': it belongs at the top level\n"},
        {"recipient: { limit: 3 }\n", "c:1:1: error: unknown key 'recipient' (did you mean 'recipients'?)\n"},
        {"recipients: { slow: { pauze: 3s } }\n",
         "c:1:23: error: unknown key 'pauze' under 'slow:' (did you mean 'pause'?)\n"},
        {"recipients: { roles: { trustd: { limit: 3 } } }\n",
         "c:1:24: error: 'trustd' is no role: submission, trusted, local or outside (did you mean "
         "'trusted'?)\n"},
        {"dnsbl: { lists: [ { zon: a.b } ] }\n",
         "c:1:21: error: unknown key 'zon' under 'lists:' (did you mean 'zone'?)\n"
         "c:1:19: error: 'zone' is missing here\n"},
        {"recipients: {limit:30}\n", "c:1:14: error: 'limit:30' has no space behind its ':'\n"},
        {"quarantine: x\n", "c:1:1: error: unknown key 'quarantine'\n"},
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

static void tells_what_is_no_mapping(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"- a\n", "c:1:1: error: a configuration is made of keys and values, such as 'mode: enforce'\n"},
        {"enforce\n", "c:1:1: error: a configuration is made of keys and values, such as 'mode: enforce'\n"},
        {"relay: yes\n", "c:1:8: error: relay: keys belong here, one a line and indented\n"},
        {"relay: [a]\n", "c:1:8: error: relay: keys belong here, one a line and indented\n"},
        {"recipients: { roles: [trusted] }\n",
         "c:1:22: error: roles: keys belong here, one a line and indented\n"},
        {"recipients: { roles: { trusted: 3 } }\n",
         "c:1:33: error: trusted: keys belong here, one a line and indented\n"},
        {"recipients: { slow: 3s }\n", "c:1:21: error: slow: keys belong here, such as { pause: … }\n"},
        {"dnsbl: { lists: xbl.example.org }\n",
         "c:1:17: error: lists: a list of entries belongs here: - { zone: … }\n"},
        {"dnsbl: { lists: [xbl.example.org] }\n",
         "c:1:18: error: lists: an entry is made of keys, such as { zone: … }\n"},
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

static void tells_all_errors_at_once(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"mode: enforced\nrecipients:\n  limit: 0\n  limit: 5\n  excess: bounce\nsize: { limit: 30 GB }\nx: "
         "&a 1\n",
         "c:4:3: error: 'limit' is set already, at c:3:3\n"
         "c:7:4: error: anchors (&name) are not supported: leave it out, or put text that begins with '&' in "
         "quotes\n"
         "c:1:7: error: mode: 'enforced' is none of enforce, monitor, off (did you mean 'enforce'?)\n"
         "c:3:10: error: limit: 0 is less than the least, 1\n"
         "c:5:11: error: excess: 'bounce' is none of refuse, defer, drop\n"
         "c:6:16: error: limit: 30 GB is more than the most, 1GB\n"
         "c:7:1: error: unknown key 'x'\n"},
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

static void sections_check_themselves(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"recipients:\n  soft_limit: 40\n  roles: { trusted: { limit: 50 } }\n",
         "c:2:15: error: soft_limit: 40 is more than limit, 30\n"},
        {"recipients:\n  roles: { trusted: { soft_limit: 50 } }\n",
         "c:2:35: error: soft_limit: 50 is more than limit, 30\n"},
        {"recipients:\n  limit: 5\n",
         "c:1:1: error: soft_limit: 10 is more than limit, 5\n"
         "c:2:10: warning: limit: less than 100 for outside (RFC 5321, 4.5.3.1.8)\n"},
        {"recipients: { slow: { pause: 2m } }\n", "c:1:30: error: a pause that is told is at most 1m\n"},
        {"dnsbl: { lists: [ { zone: nodot } ] }\n", "c:1:27: error: zone: 'nodot' has no dot\n"},
        {"recipients: { roles: { trusted: { timeout: 1s } } }\n",
         "c:1:35: error: 'timeout' is the same for everybody: write it directly under 'recipients:'\n"},
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

/* ---- overrides -------------------------------------------------------------------------------------- */

static uint64_t limit_for(const struct config_document *document, const struct config_subject *subject,
                          void *owner)
{
    const struct test_recipients *effective =
        config_document_effective(document, TEST_RECIPIENTS, subject, owner);
    assert_non_null(effective);
    assert_int_equal(effective->derived, effective->limit * 2);
    return effective->limit;
}

static void overrides_apply_in_order(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL), *message = talloc_new(NULL);
    struct ip_address inside, elsewhere;
    assert_true(ip_address_parse(slice_of("192.0.2.9"), &inside));
    assert_true(ip_address_parse(slice_of("198.51.100.9"), &elsewhere));
    const struct config_document *document = read_good(
        owner, "recipients: { roles: { trusted: { limit: 40 } } }\n"
               "overrides:\n"
               "- { when: { domain: Example.com }, recipients: { limit: 500 } }\n"
               "- { when: { user: [ann@example.com, Bob@example.com] }, recipients: { limit: 5000, excess: "
               "drop } }\n"
               "- { when: { user: bob@example.com, network: 192.0.2.0/24 }, recipients: { limit: 7000 } }\n"
               "- { when: { customer: acme }, size: { limit: 1MB } }\n"
               "- { when: { role: outside }, size: { limit: 2MB }, recipients: { limit: 150 } }\n");
    struct config_subject subject = {ROLE_SUBMISSION, "carl@example.org", "example.org", "", &inside, ""};
    assert_ptr_equal(config_document_effective(document, TEST_RECIPIENTS, &subject, message),
                     recipients_of(document, ROLE_SUBMISSION));
    subject = (struct config_subject){ROLE_SUBMISSION, "carl@example.com", "example.com", "", &inside, ""};
    assert_int_equal(limit_for(document, &subject, message), 500);
    assert_int_equal(talloc_total_blocks(message), 1); /* one override matches: nothing was allocated */
    subject.role = ROLE_TRUSTED;
    assert_int_equal(limit_for(document, &subject, message), 500);
    subject = (struct config_subject){ROLE_SUBMISSION, "ann@example.com", "example.com", "", &inside, ""};
    assert_int_equal(limit_for(document, &subject, message), 5000);
    subject = (struct config_subject){ROLE_SUBMISSION, "bob@example.com", "example.com", "", &inside, ""};
    assert_int_equal(limit_for(document, &subject, message), 7000);
    const struct test_recipients *bob =
        config_document_effective(document, TEST_RECIPIENTS, &subject, message);
    assert_int_equal(bob->excess, 2);
    subject.client_ip = &elsewhere;
    assert_int_equal(limit_for(document, &subject, message), 5000);
    subject.client_ip = NULL;
    assert_int_equal(limit_for(document, &subject, message), 5000);
    subject = (struct config_subject){ROLE_OUTSIDE, "", "", "", &inside, ""};
    assert_int_equal(limit_for(document, &subject, message), 150);
    const struct test_size *size = config_document_effective(document, TEST_SIZE, &subject, message);
    assert_int_equal(size->limit_bytes, 2000000);
    subject = (struct config_subject){ROLE_SUBMISSION, "zed@example.org", "example.org", "acme", &inside, ""};
    size = config_document_effective(document, TEST_SIZE, &subject, message);
    assert_int_equal(size->limit_bytes, 1000000);
    assert_int_equal(size->strict, true);
    talloc_free(message);
    talloc_free(owner);
}

/* Logins are asked for with A-labels, whatever the administrator writes. */
static void users_are_written_in_any_way(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL), *message = talloc_new(NULL);
    const struct config_document *document =
        read_good(owner, "overrides: [ { when: { user: Ann@B\xc3\xbc"
                         "cher.Example }, recipients: { limit: 50 } } ]\n");
    const char *user = "ann@xn--bcher-kva.example";
    struct config_subject subject = {ROLE_SUBMISSION, user, "xn--bcher-kva.example", "", NULL, ""};
    assert_int_equal(limit_for(document, &subject, message), 50);
    talloc_free(message);
    talloc_free(owner);
}

static void bad_overrides_are_told(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"overrides: { when: x }\n", "c:1:12: error: overrides: a list belongs here: - when: { … }\n"},
        {"overrides: [ x ]\n",
         "c:1:14: error: overrides: an entry is made of keys: { when: { user: … }, SECTION: { … } }\n"},
        {"overrides: [ { size: { limit: 1MB } } ]\n",
         "c:1:14: error: an override says whom it is for: when: { user: ann@example.com }\n"},
        {"overrides: [ { when: {}, size: { limit: 1MB } } ]\n",
         "c:1:22: error: an override says whom it is for: when: { user: ann@example.com }\n"},
        {"overrides: [ { when: { usr: x }, size: { limit: 1MB } } ]\n",
         "c:1:24: error: unknown key 'usr' under 'when:' (did you mean 'user'?)\n"},
        {"overrides: [ { when: { user: [] }, size: { limit: 1MB } } ]\n",
         "c:1:30: error: user: an empty list matches nobody: leave the override out\n"},
        {"overrides: [ { when: { role: outside, domain: example.com }, size: { limit: 1MB } } ]\n",
         "c:1:22: error: this matches nobody: who has the role outside has no user, domain or customer\n"},
        {"overrides: [ { when: { user: a } } ]\n",
         "c:1:14: error: an override changes something: recipients: { limit: 100 }\n"},
        {"overrides: [ { when: { user: a }, relay: { words: x } } ]\n",
         "c:1:35: error: 'relay' is the same for everybody: it cannot be overridden\n"},
        {"overrides: [ { when: { user: a }, mode: off } ]\n",
         "c:1:35: error: 'mode' is the same for everybody: it cannot be overridden\n"},
        {"overrides: [ { when: { user: a }, sise: { limit: 1MB } } ]\n",
         "c:1:35: error: unknown key 'sise' (did you mean 'size'?)\n"},
        {"overrides: [ { when: { user: a }, recipients: { timeout: 1s } } ]\n",
         "c:1:49: error: 'timeout' is the same for everybody: write it directly under 'recipients:'\n"},
        {"overrides: [ { when: { user: a }, recipients: { roles: { trusted: { limit: 3 } } } } ]\n",
         "c:1:49: error: an override says the role under 'when:'\n"},
        {"overrides: [ { when: { user: a }, recipients: { limit: 5 } } ]\n",
         "c:1:14: error: soft_limit: 10 is more than limit, 5\n"},
        /* Each is right alone. */
        {"overrides:\n"
         "- { when: { user: a }, recipients: { soft_limit: 25 } }\n"
         "- { when: { network: 192.0.2.0/24 }, recipients: { limit: 20 } }\n",
         "c:3:59: warning: limit: less than 100 for outside (RFC 5321, 4.5.3.1.8)\n"
         "c:2:50: error: soft_limit: 25 is more than limit, 20\n"},
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

static void overrides_may_ask_for_the_sender(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL), *message = talloc_new(NULL);
    const struct config_document *document = read_good(
        owner,
        "overrides:\n"
        "- { when: { sender: [Ann@Example.com, \"@bücher.example\", .example.net, <>] }, recipients: { "
        "limit: 200 } }\n"
        "- { when: { sender: \"@example.net\", role: outside }, recipients: { limit: 300 } }\n");
    static const struct {
        const char *sender;
        enum role role;
        uint64_t limit;
    } cases[] = {
        {"ann@example.com", ROLE_OUTSIDE, 200},
        {"ben@example.com", ROLE_OUTSIDE, 100},
        {"ben@xn--bcher-kva.example", ROLE_SUBMISSION, 200},
        {"ben@mail.xn--bcher-kva.example", ROLE_SUBMISSION, 30},
        {"ben@a.b.example.net", ROLE_LOCAL, 200},
        {"ben@example.net", ROLE_LOCAL, 30},
        {"ben@example.net", ROLE_OUTSIDE, 300},
        {"<>", ROLE_OUTSIDE, 200},
        {"ben", ROLE_OUTSIDE, 100},
        {"", ROLE_OUTSIDE, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct config_subject subject = {.role = cases[i].role, .sender = cases[i].sender};
        assert_int_equal(limit_for(document, &subject, message), cases[i].limit);
    }
    talloc_free(message);
    talloc_free(owner);
}

/* Two users' overrides never meet, so what they would be together is no error. */
static void overrides_that_never_meet_may_differ(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    assert_non_null(read_good(owner, "overrides:\n"
                                     "- { when: { user: a }, recipients: { soft_limit: 25 } }\n"
                                     "- { when: { user: b }, recipients: { limit: 20 } }\n"
                                     "- { when: { role: local }, recipients: { limit: 26 } }\n"));
    talloc_free(owner);
}

/* Three that are right in pairs but not together: the last applies alone, and is finished. */
static void contradicting_overrides_leave_the_last(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL), *message = talloc_new(NULL);
    const struct config_document *document = read_good(
        owner, "overrides:\n"
               "- { when: { user: a }, recipients: { slow: { pause: 50s } } }\n"
               "- { when: { domain: d }, recipients: { mode: off } }\n"
               "- { when: { customer: c, role: submission }, recipients: { limit: 160, excess: drop } }\n");
    struct config_subject subject = {ROLE_SUBMISSION, "a", "d", "", NULL, ""};
    const struct test_recipients *effective =
        config_document_effective(document, TEST_RECIPIENTS, &subject, message);
    assert_int_equal(effective->mode, TEST_OFF);
    assert_int_equal(effective->slow.pause_ms, 50000);
    subject.customer = "c";
    effective = config_document_effective(document, TEST_RECIPIENTS, &subject, message);
    assert_int_equal(limit_for(document, &subject, message), 160);
    assert_int_equal(effective->mode, TEST_ENFORCE);
    assert_int_equal(effective->slow.pause_ms, 0);
    talloc_free(message);
    talloc_free(owner);
}

/* ---- threads ---------------------------------------------------------------------------------------- */

/* Asks a shared document and loads one of its own, as a reload under traffic does. */
static void *ask_and_load(void *argument)
{
    const struct config_document *shared = argument;
    const struct config_subject subject = {ROLE_SUBMISSION, "a", "d", "", NULL, ""};
    uint64_t sum = 0;
    for (unsigned i = 0; i < 50; i++) {
        void *message = talloc_new(NULL);
        const struct test_recipients *effective =
            config_document_effective(shared, TEST_RECIPIENTS, &subject, message);
        struct config_problems *problems = config_problems_create(message);
        sum += effective == NULL ? 0 : effective->derived;
        sum += config_document_load(message, &test_schema, NULL, problems) != NULL;
        talloc_free(message);
    }
    return sum == 50 * (300 + 1) ? argument : NULL;
}

static void threads_share_a_document(void **state)
{
    (void)state;
    enum { THREAD_COUNT = 4 };
    void *owner = talloc_new(NULL);
    pthread_t threads[THREAD_COUNT];
    struct config_document *document =
        read_good(owner, "overrides:\n"
                         "- { when: { user: a }, recipients: { limit: 120 } }\n"
                         "- { when: { domain: d }, recipients: { limit: 150 } }\n");
    for (size_t i = 0; i < THREAD_COUNT; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_load, document), 0);
    for (size_t i = 0; i < THREAD_COUNT; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, document);
    }
    talloc_free(owner);
}

/* ---- files ------------------------------------------------------------------------------------------ */

struct folder {
    char path[64];
    struct config_problems *problems;
    struct strbuf told;
    void *owner;
};

static void write_file(const struct folder *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void folder_begin(struct folder *folder)
{
    char path[96];
    snprintf(folder->path, sizeof folder->path, "/tmp/test_config_XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(path, sizeof path, "%s/conf.d", folder->path);
    assert_int_equal(mkdir(path, 0700), 0);
    folder->owner = talloc_new(NULL);
    folder->problems = config_problems_create(folder->owner);
    strbuf_init(&folder->told, 0);
}

static void folder_end(struct folder *folder)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
    strbuf_deinit(&folder->told);
    talloc_free(folder->owner);
}

/* Loads the file "main", and takes the folder's name out of what was told. */
static const struct config_document *folder_load(struct folder *folder)
{
    char path[96];
    struct strbuf raw;
    snprintf(path, sizeof path, "%s/main", folder->path);
    const struct config_document *document =
        config_document_load(folder->owner, &test_schema, path, folder->problems);
    strbuf_init(&raw, 0);
    config_problems_render(folder->problems, &raw);
    for (const char *at = strbuf_text(&raw); *at != '\0';) {
        const size_t length = strlen(folder->path);
        if (strncmp(at, folder->path, length) == 0) {
            strbuf_append_text(&folder->told, "DIR");
            at += length;
        } else {
            strbuf_append_byte(&folder->told, *at++);
        }
    }
    strbuf_deinit(&raw);
    return document;
}

static void includes_files_in_order(void **state)
{
    (void)state;
    struct folder folder;
    folder_begin(&folder);
    write_file(&folder, "main",
               "include: conf.d/*.yaml\nmode: monitor\nrecipients: { limit: 50 }\n"
               "overrides:\n- { when: { user: a }, size: { limit: 1MB } }\n");
    write_file(&folder, "conf.d/20.yaml", "overrides:\n- { when: { user: a }, size: { limit: 3MB } }\n");
    write_file(&folder, "conf.d/10.yaml",
               "recipients: { excess: drop }\nrelay: { words: file:words }\n"
               "overrides:\n- { when: { user: a }, size: { limit: 2MB } }\n");
    write_file(&folder, "conf.d/words", "# words\n\none\n  two # the second\r\n");
    write_file(&folder, "conf.d/30.txt", "not: read\n");
    const struct config_document *document = folder_load(&folder);
    assert_string_equal(
        strbuf_text(&folder.told),
        "DIR/main:3:22: warning: limit: less than 100 for outside (RFC 5321, 4.5.3.1.8)\n"
        "DIR/main:5:3: warning: size: this has no effect: the override at DIR/conf.d/10.yaml:4:3 is for the same "
        "messages, says the same keys and comes later: put the special case behind the general one\n"
        "DIR/conf.d/10.yaml:4:3: warning: size: this has no effect: the override at DIR/conf.d/20.yaml:2:3 is for the "
        "same messages, says the same keys and comes later: put the special case behind the general one\n");
    assert_int_equal(recipients_of(document, ROLE_SUBMISSION)->limit, 50);
    assert_int_equal(recipients_of(document, ROLE_SUBMISSION)->excess, 2);
    const struct test_relay *relay = config_document_settings(document, TEST_RELAY, ROLE_OUTSIDE);
    assert_true(text_set_contains(relay->words, slice_of("one")));
    assert_true(text_set_contains(relay->words, slice_of("two")));
    assert_false(text_set_contains(relay->words, slice_of("#")));
    const struct config_subject subject = {ROLE_SUBMISSION, "a", "", "", NULL, ""};
    const struct test_size *size = config_document_effective(document, TEST_SIZE, &subject, folder.owner);
    assert_int_equal(size->limit_bytes, 3000000);
    folder_end(&folder);
}

static void tells_what_is_wrong_with_files(void **state)
{
    (void)state;
    struct folder folder;
    folder_begin(&folder);
    write_file(&folder, "main",
               "include: [conf.d/*.yaml, missing.yaml, conf.d]\nmode: monitor\n"
               "relay:\n  words: file:/nonexistent/x\n  domains: file:domains\n");
    write_file(&folder, "domains", "example.com\nexa,mple.com # bad\n\n*.example.org\n");
    write_file(&folder, "conf.d/10.yaml", "mode: off\ninclude: ../main\n");
    write_file(&folder, "conf.d/20.yaml", "relay:\n  words: x\n  lines: [a\n");
    assert_null(folder_load(&folder));
    assert_string_equal(
        strbuf_text(&folder.told),
        "DIR/conf.d/10.yaml:2:10: error: include: DIR/conf.d/../main includes itself\n"
        "DIR/conf.d/10.yaml:1:1: error: 'mode' is set already, at DIR/main:2:1\n"
        "DIR/conf.d/20.yaml:4:1: error: not valid YAML: did not find expected ',' or ']' while parsing a "
        "flow "
        "sequence that began in line 3\n"
        "DIR/main:1:26: error: include: DIR/missing.yaml cannot be read: No such file or directory\n"
        "DIR/main:1:40: error: include: DIR/conf.d cannot be read: it is a folder\n"
        "DIR/main:4:10: error: words: /nonexistent/x: No such file or directory\n"
        "DIR/domains:2:1: error: domains: 'exa,mple.com' is not one entry: write one a line\n"
        "DIR/domains:4:1: error: domains: '*.example.org' is no domain: all domains below example.com are "
        "written .example.com, without '*'\n");
    folder_end(&folder);
}

static void tells_an_unreadable_file(void **state)
{
    (void)state;
    struct folder folder;
    folder_begin(&folder);
    assert_null(folder_load(&folder));
    assert_string_equal(strbuf_text(&folder.told),
                        "DIR/main:1:1: error: cannot be read: No such file or directory\n");
    folder_end(&folder);
}

static void keys_in_two_files_name_both(void **state)
{
    (void)state;
    struct folder folder;
    folder_begin(&folder);
    write_file(&folder, "main", "include: [conf.d/a, conf.d/b, conf.d/a]\n");
    write_file(&folder, "conf.d/a", "size: { limit: 1MB }\n");
    write_file(&folder, "conf.d/b", "size: { limit: 2MB, strict: false }\n");
    assert_null(folder_load(&folder));
    assert_string_equal(
        strbuf_text(&folder.told),
        "DIR/conf.d/b:1:9: error: 'limit' is set already, at DIR/conf.d/a:1:9\n"
        "DIR/main:1:31: error: include: DIR/conf.d/a is included already, at DIR/main:1:11\n");
    folder_end(&folder);
}

static void reads_secrets_from_files(void **state)
{
    (void)state;
    struct folder folder;
    char path[128];
    folder_begin(&folder);
    write_file(&folder, "main", "password: file:secret\n");
    write_file(&folder, "secret", "  open sesame \nsecond line\n");
    snprintf(path, sizeof path, "%s/secret", folder.path);
    assert_int_equal(chmod(path, 0644), 0);
    const struct config_document *document = folder_load(&folder);
    const struct test_root *root = config_document_settings(document, TEST_ROOT, ROLE_OUTSIDE);
    assert_string_equal(root->password, "open sesame");
    assert_string_equal(strbuf_text(&folder.told),
                        "DIR/main:1:11: warning: password: everybody can read DIR/secret, "
                        "which holds the secret: chmod o-r it\n");
    folder_end(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(no_file_gives_the_defaults),
        cmocka_unit_test(layers_win_in_their_order),
        cmocka_unit_test(reads_every_kind_of_list),
        cmocka_unit_test(tells_unknown_keys),
        cmocka_unit_test(tells_what_is_no_mapping),
        cmocka_unit_test(tells_all_errors_at_once),
        cmocka_unit_test(sections_check_themselves),
        cmocka_unit_test(overrides_apply_in_order),
        cmocka_unit_test(users_are_written_in_any_way),
        cmocka_unit_test(bad_overrides_are_told),
        cmocka_unit_test(overrides_may_ask_for_the_sender),
        cmocka_unit_test(overrides_that_never_meet_may_differ),
        cmocka_unit_test(contradicting_overrides_leave_the_last),
        cmocka_unit_test(threads_share_a_document),
        cmocka_unit_test(includes_files_in_order),
        cmocka_unit_test(tells_what_is_wrong_with_files),
        cmocka_unit_test(tells_an_unreadable_file),
        cmocka_unit_test(keys_in_two_files_name_both),
        cmocka_unit_test(reads_secrets_from_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
