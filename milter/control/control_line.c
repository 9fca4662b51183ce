#include "control_line.h"

static void append_encoded(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text > ' ' && *text < 0x7f && *text != '%')
            strbuf_append_byte(out, *text);
        else
            strbuf_printf(out, "%%%02X", (unsigned char)*text);
}

static void append_option(struct strbuf *out, const struct option *option, const char *value)
{
    strbuf_printf(out, " --%s", option->name);
    if (value == NULL)
        return;
    strbuf_append_byte(out, '=');
    append_encoded(out, value);
}

static void append_options(const struct option_values *own, struct strbuf *out)
{
    for (const struct option *option = own->options; option->name != NULL; option++) {
        const void *value = (const char *)own->values + option->offset;
        const struct option_list *list = value;
        switch (option->kind) {
        case OPTION_FLAG:
            if (*(const bool *)value)
                append_option(out, option, NULL);
            break;
        case OPTION_TEXT:
            if (*(const char *const *)value != NULL)
                append_option(out, option, *(const char *const *)value);
            break;
        case OPTION_LIST:
            for (size_t i = 0; i < list->count; i++)
                append_option(out, option, list->items[i]);
            break;
        }
    }
}

void control_line_write(const struct command_call *call, bool json, struct strbuf *out)
{
    strbuf_append_text(out, call->command->name);
    append_options(&call->own, out);
    if (json)
        strbuf_append_text(out, " --json");
    if (call->arguments.count > 0)
        strbuf_append_text(out, " --");
    for (size_t i = 0; i < call->arguments.count; i++) {
        strbuf_append_byte(out, ' ');
        append_encoded(out, call->arguments.items[i]);
    }
}

int control_line_split(char *line, char **words, int words_max)
{
    int count = 0;
    char *rest = line;
    for (char *word; (word = strtok_r(rest, " \r", &rest)) != NULL;) {
        if (count == words_max)
            return -1;
        words[count++] = word;
    }
    return count;
}

bool control_line_decode(char *word)
{
    char *out = word;
    for (; *word != '\0'; word++) {
        if (*word != '%') {
            *out++ = *word;
            continue;
        }
        const int high = ascii_hex_value(word[1]);
        const int low = high < 0 ? -1 : ascii_hex_value(word[2]);
        if (low < 0 || high + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        word += 2;
    }
    *out = '\0';
    return true;
}
