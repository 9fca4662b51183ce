#include "setting_value.h"

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The length of the word at the start of `text`, braces within each other included. */
static size_t word_length(struct slice text)
{
    size_t depth = 0, i = 0;
    for (; i < text.length && (depth > 0 || !is_separator(text.data[i])); i++) {
        if (text.data[i] == '{')
            depth++;
        else if (text.data[i] == '}' && depth > 0)
            depth--;
    }
    return i;
}

bool setting_next_word(struct slice *rest, struct slice *word)
{
    size_t start = 0;
    while (start < rest->length && is_separator(rest->data[start]))
        start++;
    struct slice text = slice_part(*rest, start, rest->length);
    size_t length = word_length(text);
    *word = slice_part(text, 0, length);
    *rest = slice_part(text, length, text.length);
    if (length >= 2 && word->data[0] == '{' && word->data[length - 1] == '}')
        *word = slice_trim(slice_part(*word, 1, length - 1));
    return length > 0;
}

bool setting_has_word(const char *value, const char *word)
{
    struct slice rest = slice_of(value), next;
    while (setting_next_word(&rest, &next))
        if (slice_equal_nocase(next, slice_of(word)))
            return true;
    return false;
}

bool setting_option(struct slice word, const char *name, struct slice *value)
{
    size_t equals = slice_find(word, '=');
    if (equals == word.length || !slice_equal_nocase(slice_trim(slice_part(word, 0, equals)), slice_of(name)))
        return false;
    *value = slice_trim(slice_part(word, equals + 1, word.length));
    return true;
}

bool setting_number(struct slice text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]) || *number > UINT64_MAX / 10 - 9)
            return false;
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.length > 0;
}

static uint64_t unit_ms(char unit)
{
    switch (ascii_lower(unit)) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return 3600000;
    case 'd':
        return 86400000;
    default:
        return 0;
    }
}

bool setting_time_ms(struct slice text, uint64_t default_unit_ms, uint64_t *time_ms)
{
    if (text.length == 0)
        return false;
    uint64_t unit = unit_ms(text.data[text.length - 1]);
    struct slice digits = unit == 0 ? text : slice_part(text, 0, text.length - 1);
    if (!setting_number(digits, time_ms) || *time_ms > 1000000)
        return false;
    *time_ms *= unit == 0 ? default_unit_ms : unit;
    return true;
}

bool setting_is_yes(const char *value)
{
    char first = ascii_lower(value[0]);
    return first == 'y' || first == 't' || slice_equal_nocase(slice_of(value), slice_of("on"));
}
