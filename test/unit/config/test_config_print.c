#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <talloc.h>

#include "config/print.h"
#include "config/reference.h"
#include "config_test_schema.h"

static struct config_document *read_good(void *owner, const char *text)
{
    struct strbuf told;
    struct config_problems *problems = config_problems_create(owner);
    struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_of(text), problems);
    strbuf_init(&told, 0);
    config_problems_render(problems, &told);
    if (document == NULL)
        print_error("%s\n", strbuf_text(&told));
    strbuf_deinit(&told);
    assert_non_null(document);
    return document;
}

/* Without the comments, which name another place once what was printed is read again. */
static void strip_comments(struct strbuf *text)
{
    struct strbuf kept;
    strbuf_init(&kept, 0);
    for (const char *line = strbuf_text(text); *line != '\0';) {
        const char *end = strchr(line, '\n'), *comment = strstr(line, "  # ");
        strbuf_append(&kept, line, (size_t)((comment != NULL && comment < end ? comment : end) - line));
        strbuf_append_byte(&kept, '\n');
        line = end + 1;
    }
    strbuf_deinit(text);
    *text = kept;
}

static void prints_defaults_with_their_origin(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct strbuf out;
    strbuf_init(&out, 0);
    config_document_print(read_good(owner, ""), &out);
    assert_string_equal(strbuf_text(&out), "listen: inet:10891@127.0.0.1  # default\n"
                                           "mode: enforce  # default\n"
                                           "banner: \"\"  # default\n"
                                           "run_folder: /run/test  # default\n"
                                           "# password: (not set)\n"
                                           "socket_mode: \"0660\"  # default\n"
                                           "control: \"\"  # default\n"
                                           "\n"
                                           "relay:\n"
                                           "  domains: []  # default\n"
                                           "  networks: [127.0.0.0/8, \"::1\"]  # default\n"
                                           "  words: []  # default\n"
                                           "  lines: []  # default\n"
                                           "  servers: []  # default\n"
                                           "  roles: [submission, trusted]  # default\n"
                                           "  logins:\n"
                                           "    remember: 30m  # default\n"
                                           "    enabled: false  # default\n"
                                           "\n"
                                           "recipients:\n"
                                           "  mode: enforce  # default\n"
                                           "  limit: 30  # default\n"
                                           "  soft_limit: 10  # default\n"
                                           "  timeout: 2s  # default\n"
                                           "  excess: refuse  # default\n"
                                           "  slow:\n"
                                           "    pause: 0s  # default\n"
                                           "    tell: true  # default\n"
                                           "  roles:\n"
                                           "    trusted:\n"
                                           "      excess: defer  # default for trusted\n"
                                           "    local:\n"
                                           "      slow:\n"
                                           "        pause: 5s  # default for local\n"
                                           "    outside:\n"
                                           "      limit: 100  # default for outside\n"
                                           "\n"
                                           "size:\n"
                                           "  limit: 30MB  # default\n"
                                           "  strict: true  # default\n"
                                           "\n"
                                           "dnsbl:\n"
                                           "  lists:  # default\n"
                                           "    - zone: xbl.example.org  # default\n"
                                           "      weight: 1  # default\n"
                                           "      codes: [127.0.0.4-127.0.0.7]  # default\n"
                                           "      roles: [outside]  # default\n"
                                           "  threshold: 1  # default\n");
    strbuf_deinit(&out);
    talloc_free(owner);
}

static const char rich[] =
    "listen: unix:/run/x.sock\n"
    "mode: off\n"
    "banner: \"no\"\n"
    "password: hunter2\n"
    "relay:\n"
    "  domains: [bücher.example]\n"
    "  lines: [\"a: b\", \"# c\", \"\\u0085\\u2028 \\\"\\\\\", 'true', \"12\", \"*\", abc def]\n"
    "  words: [aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccc, "
    "dddddddddddddddddddd]\n"
    "  servers: [\"[2001:db8::1]:53\", 192.0.2.1:53]\n"
    "recipients:\n"
    "  limit: 200\n"
    "  roles: { trusted: { limit: 200, slow: { tell: false } } }\n"
    "size: { limit: 1MiB }\n"
    "dnsbl:\n"
    "  lists:\n"
    "  - { zone: a.example }\n"
    "  - { zone: b.example, codes: [], roles: [submission, local] }\n"
    "  roles: { trusted: { lists: [], threshold: 3 } }\n"
    "overrides:\n"
    "- { when: { user: ann@example.com, network: [192.0.2.0/24, \"2001:db8::/32\"] },\n"
    "    recipients: { limit: 500, slow: { pause: 1s } }, size: { limit: 2MB } }\n"
    "- { when: { role: outside }, dnsbl: { lists: [ { zone: c.example } ] } }\n";

/* What is printed is read, and printed again as it was. */
static void what_is_printed_reads_back(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct strbuf input, first, second;
    strbuf_init(&input, 0);
    strbuf_append_text(&input, rich);
    strbuf_init(&first, 0);
    strbuf_init(&second, 0);
    config_document_print(read_good(owner, strbuf_text(&input)), &first);
    assert_non_null(strstr(strbuf_text(&first), "password: \"(secret)\"  # c:4:11\n"));
    assert_null(strstr(strbuf_text(&first), "hunter2"));
    assert_non_null(strstr(strbuf_text(&first), "\n      limit: 500  # c:21:26\n"));
    config_document_print(read_good(owner, strbuf_text(&first)), &second);
    strip_comments(&first);
    strip_comments(&second);
    assert_string_equal(strbuf_text(&first), strbuf_text(&second));
    strbuf_deinit(&input);
    strbuf_deinit(&first);
    strbuf_deinit(&second);
    talloc_free(owner);
}

static void prints_what_applies_to_one(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct strbuf out;
    strbuf_init(&out, 0);
    const struct config_document *document =
        read_good(owner, "recipients: { limit: 200, roles: { submission: { excess: drop } } }\n"
                         "overrides:\n"
                         "- { when: { user: ann }, recipients: { limit: 300 } }\n"
                         "- { when: { customer: acme }, recipients: { soft_limit: 20 } }\n");
    const struct config_subject ann = {ROLE_SUBMISSION, "ann", "", "acme", NULL, ""};
    config_document_print_subject(document, &ann, &out);
    const char *section = strstr(strbuf_text(&out), "recipients:\n");
    assert_non_null(section);
    *strstr(section, "\n\n") = '\0';
    assert_string_equal(section, "recipients:\n"
                                 "  mode: enforce  # default\n"
                                 "  limit: 300  # c:3:47\n"
                                 "  soft_limit: 20  # c:4:57\n"
                                 "  timeout: 2s  # default\n"
                                 "  excess: drop  # c:1:58\n"
                                 "  slow:\n"
                                 "    pause: 0s  # default\n"
                                 "    tell: true  # default");
    strbuf_deinit(&out);
    talloc_free(owner);
}

static void reference_names_every_key(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    config_reference_print(&test_schema, &out);
    assert_false(out.failed);
    static const char *const wanted[] = {
        "## Top level\n",
        "| `limit` | a number of recipients from 1 to 10000 | `30`; outside: `100` | ",
        "| `slow.pause` | a duration | `0`; local: `5s` |",
        "| `logins.remember` | a duration from 1s to 1d | `30m` | How long. |",
        "### Entries of dnsbl.lists\n",
        "| `zone` | text | (required) | Its name. |",
        "| `mode` | `enforce`, `monitor`, `off` | `enforce` | For everything.<br>`enforce`: Acts.",
        "For all of them. The same for everybody: not under `roles` or `overrides`. |",
        "## overrides\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strstr(strbuf_text(&out), wanted[i]) == NULL)
            fail_msg("not in the reference: %s", wanted[i]);
    strbuf_deinit(&out);
}

/* Brackets and quotes pair up, and roles refer to what they may change. */
static void json_schema_is_well_formed(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 0);
    config_reference_print_json_schema(&test_schema, &out);
    assert_false(out.failed);
    long depth = 0, quotes = 0;
    for (const char *c = strbuf_text(&out); *c != '\0'; c++) {
        if (*c == '\\')
            c++;
        else if (*c == '"')
            quotes++;
        else if (quotes % 2 == 0)
            depth += (*c == '{' || *c == '[') - (*c == '}' || *c == ']');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
    assert_int_equal(quotes % 2, 0);
    assert_non_null(strstr(strbuf_text(&out), "\"trusted\": {\"$ref\": \"#/definitions/recipients\"}"));
    assert_non_null(strstr(strbuf_text(&out), "\"required\": [\"zone\"]"));
    strbuf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_defaults_with_their_origin), cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(prints_what_applies_to_one),        cmocka_unit_test(reference_names_every_key),
        cmocka_unit_test(json_schema_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
