/* bool, count, choice, octal: values that are no texts. */
#include "config/types.h"
#include "base/nearest_word.h"

/* ---- bool ------------------------------------------------------------------------------------------- */

static bool is_one_of(struct slice text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (slice_equal_nocase(text, slice_of(*words)))
            return true;
    return false;
}

static bool bool_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    static const char *const yes[] = {"true", "yes", "on", "y", "1", "enabled", NULL};
    static const char *const no[] = {"false", "no", "off", "n", "0", "disabled", NULL};
    struct slice text;
    if (!config_plain_scalar(parse, node, &text))
        return false;
    *(bool *)value = slice_equal(text, slice_of("true"));
    if (*(bool *)value || slice_equal(text, slice_of("false")))
        return true;
    const char *meant = is_one_of(text, yes) ? "true" : is_one_of(text, no) ? "false" : "true or false";
    config_value_error(parse, node->place, "'%s' is neither true nor false: write %s",
                       config_excerpt_of(text).text, meant);
    return false;
}

static void bool_print(const struct config_key *key, const struct config_node *node, const void *value,
                       struct strbuf *out)
{
    (void)key;
    (void)node;
    strbuf_append_text(out, *(const bool *)value ? "true" : "false");
}

static void bool_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "`true` or `false`");
}

static void bool_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": \"boolean\"");
}

const struct config_type config_type_bool = {
    .name = "bool",
    .bytes = sizeof(bool),
    .example = "true",
    .parse = bool_parse,
    .print = bool_print,
    .describe = bool_describe,
    .json_schema = bool_json_schema,
};

/* ---- count ------------------------------------------------------------------------------------------ */

/* What a number should have been written as; NULL where nothing comes to mind. */
static const char *count_hint(struct slice text)
{
    if (text.length > 1 && text.data[0] == '0')
        return "YAML takes a number that begins with 0 for octal: write it without";
    if (slice_find(text, ':') != text.length)
        return "YAML takes numbers with ':' for base 60: write one number";
    if (slice_find(text, '_') != text.length || slice_find(text, ',') != text.length)
        return "write it without signs between the digits";
    if (slice_find(text, '.') != text.length || text.data[0] == '-')
        return "it must be a whole number, 0 or more";
    return NULL;
}

static bool count_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    const struct config_key *key = parse->key;
    struct slice text;
    uint64_t number;
    if (!config_plain_scalar(parse, node, &text))
        return false;
    const struct config_excerpt shown = config_excerpt_of(text);
    if (!config_digits(text, &number)) {
        const char *hint = count_hint(text);
        config_value_error(parse, node->place, "'%s' is not a number: %s%s", shown.text,
                           hint == NULL ? "write digits only, such as " : hint, hint == NULL ? "30" : "");
        return false;
    }
    if (number < key->least) {
        config_value_error(parse, node->place, "%s is less than the least, %llu", shown.text,
                           (unsigned long long)key->least);
        return false;
    }
    if (key->most != 0 && number > key->most) {
        config_value_error(parse, node->place, "%s is more than the most, %llu", shown.text,
                           (unsigned long long)key->most);
        return false;
    }
    *(uint64_t *)value = number;
    return true;
}

static void count_print(const struct config_key *key, const struct config_node *node, const void *value,
                        struct strbuf *out)
{
    (void)key;
    (void)node;
    strbuf_append_u64(out, *(const uint64_t *)value);
}

static void count_describe(const struct config_key *key, struct strbuf *out)
{
    strbuf_append_text(out, "a number");
    if (key->unit != NULL)
        strbuf_printf(out, " of %s", key->unit);
    if (key->most != 0)
        strbuf_printf(out, " from %llu to %llu", (unsigned long long)key->least,
                      (unsigned long long)key->most);
    else if (key->least != 0)
        strbuf_printf(out, ", %llu or more", (unsigned long long)key->least);
}

static void count_json_schema(const struct config_key *key, struct strbuf *out)
{
    strbuf_printf(out, "\"type\": \"integer\", \"minimum\": %llu", (unsigned long long)key->least);
    if (key->most != 0)
        strbuf_printf(out, ", \"maximum\": %llu", (unsigned long long)key->most);
}

const struct config_type config_type_count = {
    .name = "count",
    .bytes = sizeof(uint64_t),
    .example = "30",
    .parse = count_parse,
    .print = count_print,
    .describe = count_describe,
    .json_schema = count_json_schema,
};

/* ---- choice ----------------------------------------------------------------------------------------- */

static void list_choices(const struct config_choice *choices, const char *quote, struct strbuf *out)
{
    for (const struct config_choice *choice = choices; choice->name != NULL; choice++)
        strbuf_printf(out, "%s%s%s%s", choice == choices ? "" : ", ", quote, choice->name, quote);
}

/* What a boolean of YAML 1.1 was most likely meant to say; else the nearest word; or NULL. */
static const char *choice_suggestion(const struct config_choice *choices, struct slice text)
{
    static const char *const no[] = {"no", "false", "n", "none", "disabled", NULL};
    enum { CHOICES_MAX = 32 };
    const char *words[CHOICES_MAX + 1];
    size_t count = 0;
    for (; choices->name != NULL && count < CHOICES_MAX; choices++) {
        if (strcmp(choices->name, "off") == 0 && is_one_of(text, no))
            return choices->name;
        words[count++] = choices->name;
    }
    words[count] = NULL;
    return nearest_word(text, words);
}

static void report_bad_choice(const struct config_parse *parse, const struct config_node *node,
                              struct slice text)
{
    struct strbuf words;
    strbuf_init(&words, 0);
    list_choices(parse->key->choices, "", &words);
    const char *meant = choice_suggestion(parse->key->choices, text);
    if (meant != NULL)
        config_value_error(parse, node->place, "'%s' is none of %s (did you mean '%s'?)",
                           config_excerpt_of(text).text, strbuf_text(&words), meant);
    else
        config_value_error(parse, node->place, "'%s' is none of %s", config_excerpt_of(text).text,
                           strbuf_text(&words));
    if (words.failed)
        config_problem_out_of_memory(parse->problems);
    strbuf_deinit(&words);
}

static bool choice_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    if (!config_scalar(parse, node, &text))
        return false;
    for (const struct config_choice *choice = parse->key->choices; choice->name != NULL; choice++) {
        if (slice_equal(text, slice_of(choice->name))) {
            *(int *)value = choice->value;
            return true;
        }
    }
    report_bad_choice(parse, node, text);
    return false;
}

static void choice_print(const struct config_key *key, const struct config_node *node, const void *value,
                         struct strbuf *out)
{
    (void)node;
    for (const struct config_choice *choice = key->choices; choice->name != NULL; choice++) {
        if (choice->value == *(const int *)value) {
            strbuf_append_text(out, choice->name);
            return;
        }
    }
}

static void choice_describe(const struct config_key *key, struct strbuf *out)
{
    list_choices(key->choices, "`", out);
}

static void choice_json_schema(const struct config_key *key, struct strbuf *out)
{
    strbuf_append_text(out, "\"enum\": [");
    list_choices(key->choices, "\"", out);
    strbuf_append_text(out, "]");
}

const struct config_type config_type_choice = {
    .name = "choice",
    .bytes = sizeof(int),
    .example = "one of its words",
    .parse = choice_parse,
    .print = choice_print,
    .describe = choice_describe,
    .json_schema = choice_json_schema,
};

/* ---- octal ------------------------------------------------------------------------------------------ */

static bool octal_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    unsigned bits = 0;
    if (!config_scalar(parse, node, &text))
        return false;
    bool good = text.length >= 2 && text.length <= 5 && text.data[0] == '0';
    for (size_t i = 0; good && i < text.length; i++) {
        good = text.data[i] >= '0' && text.data[i] <= '7';
        bits = bits * 8 + (unsigned)(text.data[i] - '0');
    }
    if (good && bits <= 07777) {
        *(unsigned *)value = bits;
        return true;
    }
    config_value_error(parse, node->place,
                       "'%s' is no file mode: write it in octal with a leading 0, such as 0660",
                       config_excerpt_of(text).text);
    return false;
}

static void octal_print(const struct config_key *key, const struct config_node *node, const void *value,
                        struct strbuf *out)
{
    (void)key;
    (void)node;
    strbuf_printf(out, "\"0%03o\"", *(const unsigned *)value);
}

static void octal_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a file mode, such as `0660`");
}

static void octal_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": [\"string\", \"integer\"], \"pattern\": \"^0[0-7]{1,4}$\"");
}

const struct config_type config_type_octal = {
    .name = "octal",
    .bytes = sizeof(unsigned),
    .example = "0660",
    .parse = octal_parse,
    .print = octal_print,
    .describe = octal_describe,
    .json_schema = octal_json_schema,
};
