/* size, duration: a number and its unit. */
#include "config/types.h"

#include <assert.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"TB", 1000000000000U},
    {"TiB", (uint64_t)1 << 40},
    {"GB", 1000000000U},
    {"GiB", (uint64_t)1 << 30},
    {"MB", 1000000U},
    {"MiB", (uint64_t)1 << 20},
    {"kB", 1000U},
    {"KiB", (uint64_t)1 << 10},
    {"B", 1},
    {NULL, 0},
};

static const struct unit duration_units[] = {
    {"d", 86400000U}, {"h", 3600000U}, {"m", 60000U}, {"s", 1000U}, {"ms", 1}, {NULL, 0},
};

/* Other ways to write units, and what is right. */
struct unit_hint {
    const char *written; /* in lower case */
    const char *right;
};

static const struct unit_hint size_hints[] = {
    {"t", "TB or TiB"},  {"g", "GB or GiB"},  {"m", "MB or MiB"},  {"k", "kB or KiB"}, {"tb", "TB or TiB"},
    {"gb", "GB or GiB"}, {"mb", "MB or MiB"}, {"kb", "kB or KiB"}, {"tib", "TiB"},     {"gib", "GiB"},
    {"mib", "MiB"},      {"kib", "KiB"},      {"b", "B"},          {"bytes", "B"},     {"byte", "B"},
    {"ki", "KiB"},       {"mi", "MiB"},       {"gi", "GiB"},       {NULL, NULL},
};

static const struct unit_hint duration_hints[] = {
    {"sec", "s"},  {"secs", "s"},   {"second", "s"},  {"seconds", "s"}, {"min", "m"},
    {"mins", "m"}, {"minute", "m"}, {"minutes", "m"}, {"hour", "h"},    {"hours", "h"},
    {"hr", "h"},   {"day", "d"},    {"days", "d"},    {"msec", "ms"},   {"w", "d: a week is 7d"},
    {"s", "s"},    {"m", "m"},      {"h", "h"},       {"d", "d"},       {"ms", "ms"},
    {NULL, NULL},
};

/* What differs between the two types. */
struct measure {
    const struct unit *units;
    const struct unit_hint *hints;
    bool may_lack_unit;
    const char *what;   /* "a size" */
    const char *advice; /* "write a unit: 30MB, 30MiB" */
    void (*print)(uint64_t value, struct strbuf *out);
};

static const struct measure size_measure = {
    size_units,       size_hints, true, "a size", "write a number and a unit: 30MB, 30MiB, 500kB",
    config_print_size};
static const struct measure duration_measure = {duration_units,
                                                duration_hints,
                                                false,
                                                "a duration",
                                                "write a number and a unit: 500ms, 2s, 30m, 1h, 7d",
                                                config_print_duration};

static uint64_t unit_factor(const struct measure *measure, struct slice unit)
{
    for (const struct unit *known = measure->units; known->name != NULL; known++)
        if (slice_equal(unit, slice_of(known->name)))
            return known->factor;
    return 0;
}

static const char *unit_hint_of(const struct measure *measure, struct slice unit)
{
    for (const struct unit_hint *hint = measure->hints; hint->written != NULL; hint++)
        if (slice_equal_nocase(unit, slice_of(hint->written)))
            return hint->right;
    return NULL;
}

/* Tells why "12 parsecs" is no size. */
static void report_bad_unit(const struct config_parse *parse, const struct config_node *node,
                            const struct measure *measure, struct slice number)
{
    const struct slice text = slice_make(node->text, node->length);
    const struct slice unit = slice_trim(slice_part(text, number.length, text.length));
    const char *right = unit_hint_of(measure, unit);
    if (number.length > 0 && right != NULL && unit_factor(measure, unit) == 0)
        config_value_error(parse, node->place, "'%s' is not a unit here: write %s",
                           config_excerpt_of(unit).text, right);
    else if (unit.length > 0 && unit.data[0] == ':')
        config_value_error(parse, node->place, "'%s': YAML takes numbers with ':' for base 60; %s",
                           config_excerpt_of(text).text, measure->advice);
    else if (unit.length > 1 && (unit.data[0] == '.' || unit.data[0] == ','))
        config_value_error(parse, node->place, "'%s' is not a whole number: use a smaller unit",
                           config_excerpt_of(text).text);
    else
        config_value_error(parse, node->place, "'%s' is not %s: %s", config_excerpt_of(text).text,
                           measure->what, measure->advice);
}

static void report_out_of_range(const struct config_parse *parse, const struct config_node *node,
                                const struct measure *measure, bool too_little)
{
    struct strbuf bound;
    strbuf_init(&bound, 0);
    measure->print(too_little              ? parse->key->least
                   : parse->key->most == 0 ? UINT64_MAX
                                           : parse->key->most,
                   &bound);
    const struct slice text = slice_make(node->text, node->length);
    const bool no_unit = text.length > 0 && ascii_is_digit(text.data[text.length - 1]);
    config_value_error(parse, node->place, "%s%s is %s, %s%s%s", config_excerpt_of(text).text,
                       no_unit && measure == &size_measure ? " bytes" : "",
                       too_little ? "less than the least" : "more than the most", strbuf_text(&bound),
                       no_unit ? ": " : "", no_unit ? measure->advice : "");
    if (bound.failed)
        config_problem_out_of_memory(parse->problems);
    strbuf_deinit(&bound);
}

static bool measure_parse(const struct config_parse *parse, const struct config_node *node, void *value,
                          const struct measure *measure)
{
    struct slice text;
    uint64_t number, factor = 1;
    if (!config_scalar(parse, node, &text))
        return false;
    size_t digits = 0;
    while (digits < text.length && ascii_is_digit(text.data[digits]))
        digits++;
    /* One space may stand between: "30 MB". */
    const size_t unit_at = digits < text.length && text.data[digits] == ' ' ? digits + 1 : digits;
    const struct slice unit = slice_part(text, unit_at, text.length);
    if (unit.length > 0 || (!measure->may_lack_unit && !slice_equal(text, slice_of("0"))))
        factor = unit_factor(measure, unit);
    if (digits > 1 && text.data[0] == '0') {
        config_value_error(parse, node->place,
                           "'%s': YAML takes a number that begins with 0 for octal: write it without",
                           config_excerpt_of(text).text);
        return false;
    }
    if (digits == 0 || factor == 0 || unit_at + unit.length != text.length) {
        report_bad_unit(parse, node, measure, slice_part(text, 0, digits));
        return false;
    }
    const bool fits = config_digits(slice_part(text, 0, digits), &number) && number <= UINT64_MAX / factor;
    const bool too_little = fits && number * factor < parse->key->least;
    if (!fits || too_little || (parse->key->most != 0 && number * factor > parse->key->most)) {
        report_out_of_range(parse, node, measure, too_little);
        return false;
    }
    *(uint64_t *)value = number * factor;
    return true;
}

static bool measure_read(struct slice text, const struct measure *measure, uint64_t *value)
{
    uint64_t number;
    size_t digits = 0;
    while (digits < text.length && ascii_is_digit(text.data[digits]))
        digits++;
    const uint64_t factor = unit_factor(measure, slice_part(text, digits, text.length));
    if (factor == 0 || !config_digits(slice_part(text, 0, digits), &number) || number > UINT64_MAX / factor)
        return false;
    *value = number * factor;
    return true;
}

bool config_duration_read(struct slice text, uint64_t *ms)
{
    return measure_read(text, &duration_measure, ms);
}

bool config_size_read(struct slice text, uint64_t *bytes)
{
    return measure_read(text, &size_measure, bytes);
}

static void describe_measure(const struct config_key *key, const struct measure *measure, struct strbuf *out)
{
    strbuf_append_text(out, measure->what);
    if (key->most != 0) {
        strbuf_append_text(out, " from ");
        measure->print(key->least, out);
        strbuf_append_text(out, " to ");
        measure->print(key->most, out);
    } else if (key->least != 0) {
        strbuf_append_text(out, ", ");
        measure->print(key->least, out);
        strbuf_append_text(out, " or more");
    }
}

/* The largest unit that leaves a whole number; of two such the one with the smaller number. */
static void print_with_unit(uint64_t value, const struct unit *units, struct strbuf *out)
{
    const struct unit *best = NULL;
    for (const struct unit *unit = units; unit->name != NULL; unit++)
        if (value % unit->factor == 0 && (best == NULL || unit->factor > best->factor))
            best = unit;
    assert(best != NULL); /* the last unit divides everything */
    strbuf_append_u64(out, value / best->factor);
    strbuf_append_text(out, best->factor == 1 && units == size_units ? "" : best->name);
}

void config_print_size(uint64_t bytes, struct strbuf *out)
{
    if (bytes == 0)
        strbuf_append_text(out, "0");
    else
        print_with_unit(bytes, size_units, out);
}

void config_print_duration(uint64_t ms, struct strbuf *out)
{
    if (ms == 0)
        strbuf_append_text(out, "0s");
    else
        print_with_unit(ms, duration_units, out);
}

/* ---- size ------------------------------------------------------------------------------------------- */

static bool size_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    return measure_parse(parse, node, value, &size_measure);
}

static void size_print(const struct config_key *key, const struct config_node *node, const void *value,
                       struct strbuf *out)
{
    (void)key;
    (void)node;
    config_print_size(*(const uint64_t *)value, out);
}

static void size_describe(const struct config_key *key, struct strbuf *out)
{
    describe_measure(key, &size_measure, out);
}

static void size_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": [\"string\", \"integer\"], \"minimum\": 0, "
                            "\"pattern\": \"^[0-9]+( ?([kMGT]B|[KMGT]iB|B))?$\"");
}

const struct config_type config_type_size = {
    .name = "size",
    .bytes = sizeof(uint64_t),
    .example = "30MB",
    .parse = size_parse,
    .print = size_print,
    .describe = size_describe,
    .json_schema = size_json_schema,
};

/* ---- duration --------------------------------------------------------------------------------------- */

static bool duration_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    return measure_parse(parse, node, value, &duration_measure);
}

static void duration_print(const struct config_key *key, const struct config_node *node, const void *value,
                           struct strbuf *out)
{
    (void)key;
    (void)node;
    config_print_duration(*(const uint64_t *)value, out);
}

static void duration_describe(const struct config_key *key, struct strbuf *out)
{
    describe_measure(key, &duration_measure, out);
}

static void duration_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": [\"string\", \"integer\"], \"minimum\": 0, \"maximum\": 0, "
                            "\"pattern\": \"^(0|[0-9]+ ?(ms|s|m|h|d))$\"");
}

const struct config_type config_type_duration = {
    .name = "duration",
    .bytes = sizeof(uint64_t),
    .example = "30s",
    .parse = duration_parse,
    .print = duration_print,
    .describe = duration_describe,
    .json_schema = duration_json_schema,
};
