#include "facts/domain_name.h"

#include "facts/ip_address.h"

#include <idn2.h>
#include <stdio.h>
#include <talloc.h>

enum {
    LABEL_BYTES_MAX = 63, /* RFC 1035, 2.3.4 */
    NAME_BYTES_MAX = 253, /* the same, without the root's dot */
    IDN_BYTES_MAX = 1024, /* in UTF-8; a longer name cannot fit as A-labels */
};

static bool has_high_byte(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return true;
    return false;
}

/* IDNA 2008 without the transitional mapping of ß and others, as browsers and mail clients show names today.
 * `*ascii` is freed with idn2_free; an IDN2 status. */
static int to_a_labels(const char *text, char **ascii)
{
    return idn2_to_ascii_8z(text, ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
}

/* ---- form ------------------------------------------------------------------------------------------- */

static const char *label_fault(struct slice label)
{
    if (label.length == 0)
        return "a label between two dots is empty";
    if (label.length > LABEL_BYTES_MAX)
        return "a label has at most 63 bytes";
    for (size_t i = 0; i < label.length; i++)
        if (!ascii_is_alpha(label.data[i]) && !ascii_is_digit(label.data[i]) && label.data[i] != '-' &&
            label.data[i] != '_')
            return "a domain has letters, digits, '-' and dots only";
    return NULL;
}

static const char *name_fault(struct slice text)
{
    if (text.length > NAME_BYTES_MAX)
        return "a domain has at most 253 bytes";
    for (size_t from = 0; from <= text.length;) {
        const struct slice rest = slice_part(text, from, text.length);
        const size_t dot = slice_find(rest, '.');
        const char *fault = label_fault(slice_part(rest, 0, dot));
        if (fault != NULL)
            return fault;
        from += dot + 1;
    }
    return NULL;
}

bool domain_is_valid(const char *domain)
{
    return name_fault(slice_of(domain)) == NULL;
}

/* ---- what clients write ----------------------------------------------------------------------------- */

/* The A-label form of `text`, or `text` itself where it has none; NULL: out of memory. */
static char *with_a_labels(void *owner, char *text)
{
    char *encoded = NULL;
    if (strlen(text) > IDN_BYTES_MAX)
        return text;
    const int status = to_a_labels(text, &encoded);
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
    if (text != NULL && has_high_byte(slice_of(text)))
        text = with_a_labels(owner, text);
    if (text == NULL)
        return NULL;
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '.')
        text[--length] = '\0';
    for (size_t i = 0; i < length; i++)
        text[i] = ascii_lower(text[i]);
    return text;
}

/* ---- what administrators write ----------------------------------------------------------------------- */

static const char *literal_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
{
    struct ip_address address;
    char printed[IP_ADDRESS_TEXT_BYTES];
    if (!ip_address_parse(text, &address) || text.data[text.length - 1] != ']')
        return "not an address literal such as [192.0.2.1]";
    ip_address_print(&address, printed);
    snprintf(name, DOMAIN_NAME_BYTES, ip_address_is_ipv4(&address) ? "[%s]" : "[ipv6:%s]", printed);
    return NULL;
}

static const char *ascii_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
{
    const char *fault = name_fault(text);
    if (fault != NULL)
        return fault;
    for (size_t i = 0; i < text.length; i++)
        name[i] = ascii_lower(text.data[i]);
    name[text.length] = '\0';
    return NULL;
}

static const char *idn_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
{
    char terminated[IDN_BYTES_MAX];
    char *converted = NULL;
    if (text.length >= sizeof terminated)
        return "a domain has at most 253 bytes";
    memcpy(terminated, text.data, text.length);
    terminated[text.length] = '\0';
    const int status = to_a_labels(terminated, &converted);
    if (status != IDN2_OK)
        return status == IDN2_MALLOC ? "out of memory" : "not an internationalised domain name";
    const char *fault = ascii_canonical(slice_of(converted), name);
    idn2_free(converted);
    return fault;
}

const char *domain_entry_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
{
    if (text.length > 0 && memchr(text.data, '\0', text.length) != NULL)
        return "a NUL byte is no part of a domain";
    if (text.length > 0 && text.data[0] == '[')
        return literal_canonical(text, name);
    if (text.length > 1 && text.data[text.length - 1] == '.')
        text.length--;
    if (text.length > 0 && slice_find(text, '@') != text.length)
        return "write the domain only, without '@'";
    if (text.length > 1 && text.data[0] == '*')
        return "all domains below example.com are written .example.com, without '*'";
    const bool is_suffix = text.length > 1 && text.data[0] == '.';
    if (is_suffix)
        text = slice_part(text, 1, text.length);
    const char *fault = has_high_byte(text) ? idn_canonical(text, name) : ascii_canonical(text, name);
    if (fault == NULL && is_suffix) {
        memmove(name + 1, name, strlen(name) + 1); /* NAME_BYTES_MAX leaves room for the dot */
        name[0] = '.';
    }
    return fault;
}

bool domain_entry_behind_at(struct slice entry, size_t *at, char name[DOMAIN_NAME_BYTES])
{
    *at = slice_find_last(entry, '@');
    struct slice domain = *at < entry.length ? slice_part(entry, *at + 1, entry.length) : slice_of("");
    return has_high_byte(domain) && domain_entry_canonical(domain, name) == NULL;
}
