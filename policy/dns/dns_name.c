#include "dns/dns_name.h"

enum { LABEL_BYTES_MAX = 63, KEY_BYTES_LEAST = 16 };

struct in6_addr dns_address_ipv4(uint32_t ipv4)
{
    struct in6_addr address = {0};
    address.s6_addr[10] = address.s6_addr[11] = 0xff;
    for (unsigned i = 0; i < 4; i++)
        address.s6_addr[12 + i] = (uint8_t)(ipv4 >> (24 - 8 * i));
    return address;
}

bool dns_address_is_ipv4(const struct in6_addr *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->s6_addr, mapped, sizeof mapped) == 0;
}

uint32_t dns_address_to_ipv4(const struct in6_addr *address)
{
    const uint8_t *bytes = address->s6_addr + 12;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const char *public_ipv4(uint32_t ipv4)
{
    static const struct {
        uint32_t address;
        const char *service;
    } services[] = {
        {0x08080808, "Google"},     {0x08080404, "Google"},     {0x01010101, "Cloudflare"},
        {0x01000001, "Cloudflare"}, {0x01010102, "Cloudflare"}, {0x01000002, "Cloudflare"},
        {0x09090909, "Quad9"},      {0x95707070, "Quad9"},      {0x0909090a, "Quad9"},
        {0xd043dede, "OpenDNS"},    {0xd043dcdc, "OpenDNS"},    {0x040202f1, "Lumen"},
        {0x04020201, "Lumen"},      {0x04020202, "Lumen"},      {0x5e8c0e0e, "AdGuard"},
        {0x5e8c0f0f, "AdGuard"},    {0xb9dea8fe, "DNS.SB"},     {0x40064006, "Neustar"},
        {0x9c9a4616, "Neustar"},
    };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (services[i].address == ipv4)
            return services[i].service;
    return NULL;
}

const char *dns_address_public_resolver(const struct in6_addr *address)
{
    static const struct {
        uint8_t prefix[6]; /* the /48 these services answer from */
        const char *service;
    } services[] = {
        {{0x20, 0x01, 0x48, 0x60, 0x48, 0x60}, "Google"},
        {{0x26, 0x06, 0x47, 0x00, 0x47, 0x00}, "Cloudflare"},
        {{0x26, 0x20, 0x00, 0xfe, 0x00, 0x00}, "Quad9"},
        {{0x26, 0x20, 0x01, 0x19, 0x00, 0x35}, "OpenDNS"},
    };
    if (dns_address_is_ipv4(address))
        return public_ipv4(dns_address_to_ipv4(address));
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (memcmp(services[i].prefix, address->s6_addr, sizeof services[i].prefix) == 0)
            return services[i].service;
    return NULL;
}

static bool label_byte_is_valid(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool dns_zone_parse(struct slice text, struct dns_name *zone)
{
    if (text.length > 0 && text.data[text.length - 1] == '.')
        text.length--;
    if (text.length == 0 || text.length > DNS_NAME_BYTES_MAX)
        return false;
    size_t label_bytes = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '.' ? label_bytes == 0 : !label_byte_is_valid(c) || label_bytes == LABEL_BYTES_MAX)
            return false;
        label_bytes = c == '.' ? 0 : label_bytes + 1;
        zone->text[i] = ascii_lower(c);
    }
    zone->text[text.length] = '\0';
    zone->length = text.length;
    return label_bytes > 0;
}

/* Puts `bytes` of head, already in place, before the zone. */
static bool append_zone(struct dns_name *name, size_t bytes, struct slice zone)
{
    if (zone.length == 0 || bytes + zone.length > DNS_NAME_BYTES_MAX)
        return false;
    memcpy(name->text + bytes, zone.data, zone.length);
    name->length = bytes + zone.length;
    name->text[name->length] = '\0';
    return true;
}

static size_t write_octet(char *to, unsigned octet)
{
    size_t length = 0;
    if (octet >= 100)
        to[length++] = (char)('0' + octet / 100);
    if (octet >= 10)
        to[length++] = (char)('0' + octet / 10 % 10);
    to[length++] = (char)('0' + octet % 10);
    to[length++] = '.';
    return length;
}

bool dns_name_reverse(struct dns_name *name, const struct in6_addr *address, struct slice zone)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = 0;
    if (dns_address_is_ipv4(address)) {
        for (unsigned i = 16; i-- > 12;)
            length += write_octet(name->text + length, address->s6_addr[i]);
        return append_zone(name, length, zone);
    }
    for (unsigned i = 16; i-- > 0;) {
        name->text[length++] = digits[address->s6_addr[i] & 0xf];
        name->text[length++] = '.';
        name->text[length++] = digits[address->s6_addr[i] >> 4];
        name->text[length++] = '.';
    }
    return append_zone(name, length, zone);
}

bool dns_name_under(struct dns_name *name, struct slice label, struct slice zone)
{
    if (label.length == 0 || label.length > LABEL_BYTES_MAX)
        return false;
    memcpy(name->text, label.data, label.length);
    name->text[label.length] = '.';
    return append_zone(name, label.length + 1, zone);
}

static bool zone_has_key(struct slice zone, struct slice label)
{
    static const char *const keyed[] = {".dq.spamhaus.net", ".mail.abusix.zone"};
    for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++)
        if (slice_ends_nocase(slice_part(zone, label.length, zone.length), slice_of(keyed[i])))
            return true;
    bool has_digit = false;
    for (size_t i = 0; i < label.length; i++)
        has_digit = has_digit || ascii_is_digit(label.data[i]);
    return has_digit && label.length >= KEY_BYTES_LEAST;
}

void dns_zone_mask(struct dns_name *shown, struct slice zone)
{
    struct slice label = slice_part(zone, 0, slice_find(zone, '.'));
    struct slice rest = slice_part(zone, label.length, zone.length);
    if (zone_has_key(zone, label))
        label = slice_of("***");
    shown->length = 0;
    shown->text[0] = '\0';
    if (label.length + rest.length > DNS_NAME_BYTES_MAX)
        return;
    memcpy(shown->text, label.data, label.length);
    memcpy(shown->text + label.length, rest.data, rest.length);
    shown->length = label.length + rest.length;
    shown->text[shown->length] = '\0';
}
