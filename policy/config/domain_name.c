#include "config/domain_name.h"

#include "facts/ip_address.h"

#include <idn2.h>
#include <stdio.h>

enum { LABEL_BYTES_MAX = 63, NAME_BYTES_MAX = 253 }; /* RFC 1035, 2.3.4 */

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

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

/* IDNA 2008 without the transitional mapping of ß and others, as browsers and mail clients show names today.
 */
static const char *idn_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
{
    char terminated[4 * DOMAIN_NAME_BYTES];
    char *converted = NULL;
    if (text.length >= sizeof terminated)
        return "a domain has at most 253 bytes";
    memcpy(terminated, text.data, text.length);
    terminated[text.length] = '\0';
    const int result = idn2_to_ascii_8z(terminated, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK)
        return result == IDN2_MALLOC ? "out of memory" : "not an internationalised domain name";
    const char *fault = ascii_canonical(slice_of(converted), name);
    idn2_free(converted);
    return fault;
}

const char *domain_name_canonical(struct slice text, char name[DOMAIN_NAME_BYTES])
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
    const char *fault = is_ascii(text) ? ascii_canonical(text, name) : idn_canonical(text, name);
    if (fault == NULL && is_suffix) {
        memmove(name + 1, name, strlen(name) + 1); /* NAME_BYTES_MAX leaves room for the dot */
        name[0] = '.';
    }
    return fault;
}
