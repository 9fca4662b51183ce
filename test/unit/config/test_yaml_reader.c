#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <talloc.h>

#include "config/yaml_reader.h"
#include "base/nearest_word.h"

/* One reading and what was told. */
struct reading {
    void *owner;
    struct config_node *root;
    struct strbuf told;
};

static struct reading reading_begin(struct slice text)
{
    struct reading reading = {.owner = talloc_new(NULL)};
    struct config_problems *problems = config_problems_create(reading.owner);
    reading.root = yaml_reader_read(reading.owner, "f", text, problems);
    strbuf_init(&reading.told, 0);
    config_problems_render(problems, &reading.told);
    return reading;
}

static void reading_end(struct reading *reading)
{
    strbuf_deinit(&reading->told);
    talloc_free(reading->owner);
}

/* The tree in one line: [a, {k: "quoted"}]. */
static void show(const struct config_node *node, struct strbuf *out)
{
    const char *brackets = node->kind == CONFIG_NODE_MAPPING ? "{}" : "[]";
    if (node->kind == CONFIG_NODE_BROKEN) {
        strbuf_append_byte(out, '!');
        return;
    }
    if (node->kind == CONFIG_NODE_SCALAR) {
        strbuf_printf(out, "%s%s%s", node->quoted ? "\"" : "", node->text, node->quoted ? "\"" : "");
        return;
    }
    strbuf_append_byte(out, brackets[0]);
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        if (child->key != NULL)
            strbuf_printf(out, "%s:", child->key);
        show(child, out);
        strbuf_printf(out, "@%u:%u%s", child->place.line, child->place.column,
                      child->next == NULL ? "" : " ");
    }
    strbuf_append_byte(out, brackets[1]);
}

static void reads_trees_with_places(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"", "{}"},
        {"# nothing\n", "{}"},
        {"---\n", "{}"},
        {"a: b\n", "{a:b@1:4}"},
        {"a:\n- b\n- 'c'\n", "{a:[b@2:3 \"c\"@3:3]@2:1}"},
        {"\"a\": {b: [c, {d: e}], f: }\n", "{a:{b:[c@1:11 {d:e@1:18}@1:14]@1:10 f:@1:26}@1:6}"},
        {"é: [ä, b]\n", "{é:[ä@1:5 b@1:8]@1:4}"},
        {"\xef\xbb\xbf"
         "a: b\r\nc: |\r\n  x\r\n",
         "{a:b@1:4 c:\"x\n\"@2:4}"},
        {"[]\n", "[]"},
        {"a: \"\\u00e9\"\n...\n", "{a:\"é\"@1:4}"},
        {"%YAML 1.1\n---\na: ::1\n", "{a:::1@3:4}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = reading_begin(slice_of(cases[i].text));
        struct strbuf tree;
        strbuf_init(&tree, 0);
        assert_string_equal(strbuf_text(&reading.told), "");
        show(reading.root, &tree);
        assert_string_equal(strbuf_text(&tree), cases[i].tree);
        strbuf_deinit(&tree);
        reading_end(&reading);
    }
}

static void tells_what_it_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"a: &x b\n", "f:1:4: error: anchors (&name) are not supported: leave it out, or put text that "
                      "begins with '&' in quotes\n"},
        {"a: *x\n", "f:1:4: error: aliases (*name) are not supported: write the value out, or put text that "
                    "begins with '*' in "
                    "quotes\n"},
        {"*x : b\n", "f:1:1: error: aliases (*name) are not supported: write the value out, or put text that "
                     "begins with '*' in "
                     "quotes\n"},
        {"a: !!str b\n", "f:1:4: error: tags (!name) are not supported: leave it out, or put text that "
                         "begins with '!' in quotes\n"},
        {"a: !x [b]\n", "f:1:4: error: tags (!name) are not supported: leave it out, or put text that begins "
                        "with '!' in quotes\n"},
        {"a: &x {b: c}\n", "f:1:4: error: anchors (&name) are not supported: leave it out, or put text that "
                           "begins with '&' in quotes\n"},
        {"<<: {a: b}\n", "f:1:1: error: merge keys (<<) are not supported: write the keys out\n"},
        {"a: 1\nb: {c: 2, c: 3, c: 4}\na: 5\n", "f:2:11: error: 'c' is set already, at f:2:5\n"
                                                "f:2:17: error: 'c' is set already, at f:2:5\n"
                                                "f:3:1: error: 'a' is set already, at f:1:1\n"},
        {"a: 1\n---\nb: 2\n",
         "f:2:1: error: a second document begins here: a file holds one, so leave out the '---'\n"},
        {"? [a]\n: b\n", "f:1:3: error: a key must be a word, followed by ':'\n"},
        {"{a: b}: c\n", "f:1:1: error: a key must be a word, followed by ':'\n"},
        {"\"\": b\n", "f:1:1: error: a key is missing before ':'\n"},
        {"%TAG ! tag:x,2000:\n---\na: b\n",
         "f:1:1: error: %TAG directives are not supported: leave them out\n"},
        {"a:\n\tb: c\n", "f:2:1: error: a tab: YAML is indented with spaces\n"},
        {"a: |\n\tb\n", "f:2:1: error: a tab: YAML is indented with spaces\n"},
        {"a: 1\nb:2\nc: 3\n",
         "f:3:1: error: a key is followed by ':' and a space, a value by the next line\n"},
        {"a: @x\n", "f:1:4: error: text that begins with '@', '`' or '%' is written in quotes: \"@\"\n"},
        {"a: *.example.com\n",
         "f:1:5: error: text that begins with '*' or '&' is written in quotes: \"*\"\n"},
        {"a: [127.0.0.0/8, ::1]\n",
         "f:1:18: error: text that begins with ':' is written in quotes: \"::1\"\n"},
        {"a: b: c\n", "f:1:5: error: no ':' is expected here: check the indentation, and write text that "
                      "holds ': ' in quotes\n"},
        {"a: [b\n", "f:2:1: error: not valid YAML: did not find expected ',' or ']' while parsing a flow "
                    "sequence that began in "
                    "line 1\n"},
        {"a: \"b\n", "f:2:1: error: not valid YAML: found unexpected end of stream while scanning a quoted "
                     "scalar that began in "
                     "line 1\n"},
        {"a: \"\\0\"\n", "f:1:4: error: a NUL byte cannot be part of a value\n"},
        {"a: b\nc: \x01\n", "f:2:4: error: a control character: the file must be UTF-8 text\n"},
        {"a: b\nc: é\xc2\x84\n", "f:2:5: error: a control character: the file must be UTF-8 text\n"},
        {"a: \xef\xbb\xbf\n", "f:1:4: error: a control character: the file must be UTF-8 text\n"},
        {"a: \xef\xbf\xbf\n", "f:1:4: error: a control character: the file must be UTF-8 text\n"},
        {"é: \xff\n", "f:1:4: error: a byte that is not UTF-8: the file must be UTF-8 text\n"},
        {"a: \xc0\x80\n", "f:1:4: error: a byte that is not UTF-8: the file must be UTF-8 text\n"},
        {"a: \xed\xa0\x80\n", "f:1:4: error: a byte that is not UTF-8: the file must be UTF-8 text\n"},
        {"a: \xe2\x82", "f:1:4: error: a byte that is not UTF-8: the file must be UTF-8 text\n"},
        {"\xff\xfe"
         "a",
         "f:1:1: error: a byte that is not UTF-8: the file must be UTF-8 text\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading = reading_begin(slice_of(cases[i].text));
        assert_string_equal(strbuf_text(&reading.told), cases[i].told);
        reading_end(&reading);
    }
    struct reading reading = reading_begin(slice_make("a: b\n\0c: d\n", 11));
    assert_string_equal(strbuf_text(&reading.told),
                        "f:2:1: error: a NUL byte: the file must be UTF-8 text\n");
    reading_end(&reading);
}

/* `unit` repeated, within `before` and `after`. */
static void repeat(struct strbuf *out, const char *before, const char *unit, size_t count, const char *after)
{
    strbuf_init(out, 0);
    strbuf_append_text(out, before);
    for (size_t i = 0; i < count; i++)
        strbuf_append_text(out, unit);
    strbuf_append_text(out, after);
}

static void check_told(const struct strbuf *text, const char *told)
{
    struct reading reading = reading_begin(strbuf_slice(text));
    assert_string_equal(strbuf_text(&reading.told), told);
    assert_int_equal(reading.root == NULL, told[0] != '\0');
    reading_end(&reading);
}

static void keeps_its_bounds(void **state)
{
    (void)state;
    struct strbuf text;
    repeat(&text, "a: ", "b", 1000000 - 4, "\n");
    check_told(&text, "");
    strbuf_deinit(&text);
    repeat(&text, "a: ", "b", 1000000 - 3, "\n");
    check_told(&text, "f:1:1: error: larger than 1 MB (1000001 bytes)\n");
    strbuf_deinit(&text);

    repeat(&text, "", "- ", 31, "[]");
    check_told(&text, "");
    strbuf_deinit(&text);
    repeat(&text, "", "- ", 32, "[]");
    check_told(&text, "f:1:65: error: nested more than 32 levels deep\n");
    strbuf_deinit(&text);

    repeat(&text, "", "- a\n", CONFIG_NODES_MAX - 1, "");
    check_told(&text, "");
    strbuf_deinit(&text);
    repeat(&text, "", "- a\n", CONFIG_NODES_MAX, "");
    check_told(&text, "f:100000:3: error: more than 100000 values in one file\n");
    strbuf_deinit(&text);

    struct strbuf keys;
    strbuf_init(&keys, 0);
    for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++)
        strbuf_printf(&keys, "k%u: v\n", i);
    check_told(&keys, "");
    strbuf_append_text(&keys, "one_more: v\n");
    check_told(&keys, "f:1001:1: error: more than 1000 keys in one mapping\n");
    strbuf_deinit(&keys);
}

/* libyaml alone takes ten seconds for the first of them; with its depth bounded none takes noticeable time,
 * which the time-out of the test holds to. */
static void deep_nesting_ends_at_once(void **state)
{
    (void)state;
    static const char *const units[] = {"[", "[\n", "{a: ", "- ", "? ", "{", "[{", "{? ", "a:\n"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct strbuf text;
        repeat(&text, "", units[i], 100000, "");
        struct reading reading = reading_begin(strbuf_slice(&text));
        assert_null(reading.root);
        reading_end(&reading);
        strbuf_deinit(&text);
    }
}

static void bounds_what_it_tells(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, 0);
    for (unsigned i = 0; i < 130; i++)
        strbuf_printf(&text, "- &a%u b\n", i);
    struct reading reading = reading_begin(strbuf_slice(&text));
    const char *last = strstr(strbuf_text(&reading.told), "f:100:3: error: anchors");
    assert_non_null(last);
    assert_string_equal(strchr(last, '\n'), "\n…and 30 more\n");
    reading_end(&reading);
    strbuf_deinit(&text);
}

/* What a file holds does not steer a terminal, and one problem stays one line. */
static void hides_controls(void **state)
{
    (void)state;
    void *owner = talloc_new(NULL);
    struct strbuf told;
    struct config_problems *problems = config_problems_create(owner);
    config_problem_error(problems, (struct config_place){"f\n", 1, 2}, "%s",
                         "a\x1b[2J\xc2\x9b"
                         "b\xff é");
    strbuf_init(&told, 0);
    config_problems_render(problems, &told);
    assert_string_equal(strbuf_text(&told), "f?:1:2: error: a?[2J??b? é\n");
    strbuf_deinit(&told);
    talloc_free(owner);
}

static void finds_the_nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"limit", "mode", "excess", "on_unknown", "threshold", NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"limt", "limit"},          {"Limit", "limit"},  {"limits", "limit"},
        {"ilmit", "limit"},         {"mdoe", "mode"},    {"on-unknown", "on_unknown"},
        {"treshhold", "threshold"}, {"xyz", NULL},       {"", NULL},
        {"accept", NULL},           {"exces", "excess"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = nearest_word(slice_of(cases[i].word), words);
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest == NULL ? "(none)" : nearest, cases[i].nearest);
    }
    assert_int_equal(word_distance(slice_of("kitten"), slice_of("sitting"), 9), 3);
    assert_int_equal(word_distance(slice_of("kitten"), slice_of("sitting"), 2), 3);
    assert_int_equal(word_distance(slice_of("ab"), slice_of("ba"), 9), 1);
}

static void excerpts_end_at_a_character(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof text);
    assert_string_equal(config_excerpt_of(slice_of("short")).text, "short");
    memcpy(text + 59, "é", 2); /* its second byte is the first that has no room */
    const struct config_excerpt cut = config_excerpt_of(slice_make(text, sizeof text));
    assert_int_equal(strlen(cut.text), 59 + strlen("…"));
    assert_string_equal(cut.text + 59, "…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_trees_with_places), cmocka_unit_test(tells_what_it_refuses),
        cmocka_unit_test(keeps_its_bounds),        cmocka_unit_test(deep_nesting_ends_at_once),
        cmocka_unit_test(bounds_what_it_tells),    cmocka_unit_test(hides_controls),
        cmocka_unit_test(finds_the_nearest_word),  cmocka_unit_test(excerpts_end_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
