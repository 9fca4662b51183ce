#include "control_arguments.h"

void control_argument_encode(const char *text, struct strbuf *out)
{
    for (; *text != '\0'; text++)
        if (*text > ' ' && *text < 0x7f && *text != '%')
            strbuf_append_byte(out, *text);
        else
            strbuf_printf(out, "%%%02X", (unsigned char)*text);
}

bool control_argument_decode(char *word)
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
