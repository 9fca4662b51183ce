#include "facts/domain_name.h"

#include <idn2.h>
#include <talloc.h>

enum {
    DOMAIN_BYTES_MAX = 253, /* RFC 1035, 2.3.4, without the root's dot */
    IDN_BYTES_MAX = 1024,   /* in UTF-8; a longer name cannot fit as A-labels */
};

static bool has_high_byte(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return true;
    return false;
}

static void lower_in_place(char *text)
{
    for (; *text != '\0'; text++)
        *text = ascii_lower(*text);
}

static void cut_final_dots(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '.')
        text[--length] = '\0';
}

/* The A-label form of `text`, or `text` itself where it has none; NULL: out of memory. */
static char *to_a_labels(void *owner, char *text)
{
    char *encoded = NULL;
    if (strlen(text) > IDN_BYTES_MAX)
        return text;
    int status = idn2_to_ascii_8z(text, &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (status == IDN2_MALLOC)
        return NULL;
    if (status != IDN2_OK)
        return text;
    char *copy = talloc_strdup(owner, encoded);
    idn2_free(encoded);
    talloc_free(text);
    return copy;
}

const char *domain_canonical(void *owner, struct slice domain)
{
    char *text = talloc_strndup(owner, domain.length == 0 ? "" : domain.data, domain.length);
    if (text == NULL)
        return NULL;
    if (has_high_byte(text))
        text = to_a_labels(owner, text);
    if (text == NULL)
        return NULL;
    lower_in_place(text);
    cut_final_dots(text);
    return text;
}

bool domain_is_valid(const char *domain)
{
    size_t length = strlen(domain), label_length = 0;
    if (length == 0 || length > DOMAIN_BYTES_MAX)
        return false;
    for (; *domain != '\0'; domain++) {
        if (*domain == '.') {
            if (label_length == 0)
                return false;
            label_length = 0;
        } else if (ascii_is_alpha(*domain) || ascii_is_digit(*domain) || *domain == '-' || *domain == '_') {
            label_length++;
        } else {
            return false;
        }
    }
    return label_length > 0;
}
