/* Values as YAML that reads back as the same. */
#include "config/tables.h"
#include "config/text_file.h"

/* Words that some reader of YAML takes for a boolean or for nothing. */
static bool is_yaml_word(struct slice text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal_nocase(text, slice_of(words[i])))
            return true;
    return false;
}

/* Digits first, but no number, date or time: "192.0.2.0/24". */
static bool is_dotted(struct slice text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.length; i++)
        dots += text.data[i] == '.';
    return ascii_is_digit(text.data[0]) && dots >= 2 && slice_find(text, ':') == text.length;
}

/* Letters, digits and a few harmless signs, begun by a letter or '/': no number, no indicator, no trap. A
 * colon only between such, so that it can neither end a key nor begin one. */
static bool is_plain_safe(struct slice text)
{
    if (text.length == 0 || is_yaml_word(text) ||
        (!ascii_is_alpha(text.data[0]) && text.data[0] != '/' && !is_dotted(text)))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        const char c = text.data[i];
        if (ascii_is_alpha(c) || ascii_is_digit(c) || (strchr("._/@-+", c) != NULL && c != '\0'))
            continue;
        if (c != ':' || i + 1 == text.length || text.data[i + 1] == ':')
            return false;
    }
    return true;
}

/* Characters that stand in double quotes as they are; breaks beyond ASCII would be folded. */
static bool stands_in_quotes(uint32_t point)
{
    return point >= ' ' && text_is_printable(point) && point != 0x85 && point != 0x2028 && point != 0x2029;
}

static void print_escaped(struct slice text, struct strbuf *out)
{
    strbuf_append_byte(out, '"');
    for (size_t at = 0, length; at < text.length; at += length) {
        uint32_t point;
        const struct slice rest = slice_part(text, at, text.length);
        length = text_utf8_next(rest, &point);
        if (length == 0) {
            length = 1;
            strbuf_append_byte(out, '?');
        } else if (!stands_in_quotes(point)) {
            strbuf_printf(out, "\\u%04x", (unsigned)point);
        } else {
            strbuf_append_text(out, point == '"' || point == '\\' ? "\\" : "");
            strbuf_append_slice(out, slice_part(rest, 0, length));
        }
    }
    strbuf_append_byte(out, '"');
}

void config_print_text(struct slice text, struct strbuf *out)
{
    if (is_plain_safe(text))
        strbuf_append_slice(out, text);
    else
        print_escaped(text, out);
}

void config_print_entry(const struct config_node *node, struct strbuf *out)
{
    const struct slice text = slice_make(node->text, node->length);
    struct strbuf reference;
    strbuf_init(&reference, 0);
    config_source_print(text, node->place.file, &reference);
    config_print_text(strbuf_slice(&reference), out);
    out->failed = out->failed || reference.failed;
    strbuf_deinit(&reference);
}

void config_print_json_text(struct slice text, struct strbuf *out)
{
    print_escaped(text, out);
}
