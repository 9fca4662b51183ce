/* endpoint: where to listen or to connect to. */
#include "config/types.h"

#include <sys/un.h>

/* Lists of endpoints are name servers. */
static const char *advice_for(const struct config_key *key)
{
    return key->type == &config_type_endpoint_list
               ? "write ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53"
               : "write inet:10891@127.0.0.1, 127.0.0.1:10891, [::1]:10891 or unix:/run/NAME.sock";
}

static bool tell(const struct config_parse *parse, struct slice text, struct config_place place,
                 const char *why)
{
    config_value_error(parse, place, "'%s': %s", config_excerpt_of(text).text, why);
    return false;
}

static bool parse_port(struct slice text, uint16_t *port)
{
    uint64_t number;
    if (!config_digits(text, &number) || number == 0 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* ADDRESS, "" and "*" for any; of the wanted family. */
static bool take_host(const struct config_parse *parse, struct slice whole, struct slice host,
                      struct config_place place, struct config_endpoint *endpoint)
{
    struct ip_address address;
    char printed[IP_ADDRESS_TEXT_BYTES] = "";
    if (host.length > 0 && !slice_equal(host, slice_of("*"))) {
        if (!ip_address_parse(host, &address))
            return tell(parse, whole, place, "a numeric address is needed, such as 127.0.0.1");
        if (ip_address_is_ipv4(&address) != (endpoint->kind == ENDPOINT_INET))
            return tell(parse, whole, place,
                        endpoint->kind == ENDPOINT_INET ? "write inet6: before the port of an IPv6 address"
                                                        : "write inet: before the port of an IPv4 address");
        ip_address_print(&address, printed);
    }
    endpoint->host = config_copy_text(parse, slice_of(printed));
    return endpoint->host != NULL;
}

static bool parse_unix(const struct config_parse *parse, struct slice whole, struct config_place place,
                       struct config_endpoint *endpoint)
{
    const struct slice path = slice_part(whole, slice_find(whole, ':') + 1, whole.length);
    if (path.length == 0 || path.data[0] != '/')
        return tell(parse, whole, place, "an absolute path is needed: unix:/run/NAME.sock");
    if (path.length >= sizeof((struct sockaddr_un *)0)->sun_path)
        return tell(parse, whole, place, "the path of a socket has at most 107 bytes");
    endpoint->kind = ENDPOINT_UNIX;
    endpoint->path = config_copy_text(parse, path);
    return endpoint->path != NULL;
}

/* PORT@ADDRESS or PORT behind "inet:" or "inet6:". */
static bool parse_inet(const struct config_parse *parse, struct slice whole, struct config_place place,
                       struct config_endpoint *endpoint)
{
    const struct slice rest = slice_part(whole, slice_find(whole, ':') + 1, whole.length);
    const size_t at = slice_find(rest, '@');
    const struct slice host = slice_part(rest, at < rest.length ? at + 1 : at, rest.length);
    endpoint->kind = slice_starts_nocase(whole, slice_of("inet6:")) ? ENDPOINT_INET6 : ENDPOINT_INET;
    if (parse_port(slice_part(rest, 0, at), &endpoint->port))
        return take_host(parse, whole, host, place, endpoint);
    if (at == rest.length && slice_find(rest, ':') < rest.length)
        return tell(parse, whole, place, "the port comes first: inet:10891@127.0.0.1");
    return tell(parse, whole, place, "a port from 1 to 65535 is needed: inet:10891@127.0.0.1");
}

/* ADDRESS:PORT, an IPv6 address in brackets. */
static bool parse_address_and_port(const struct config_parse *parse, struct slice whole,
                                   struct config_place place, struct config_endpoint *endpoint)
{
    const size_t colon = slice_find_last(whole, ':');
    const struct slice host = slice_part(whole, 0, colon);
    const bool bracketed = whole.length > 0 && whole.data[0] == '[';
    struct ip_address address;
    if (ip_address_parse(whole, &address))
        return tell(parse, whole, place,
                    "the port is missing: write ADDRESS:PORT, such as 127.0.0.1:53 or [::1]:53");
    if (colon == whole.length || (!bracketed && slice_find(whole, ':') != colon))
        return tell(parse, whole, place, advice_for(parse->key));
    if (!parse_port(slice_part(whole, colon + 1, whole.length), &endpoint->port))
        return tell(parse, whole, place, "a port from 1 to 65535 is needed: 127.0.0.1:10891");
    if (host.length == 0)
        return tell(parse, whole, place, "an address is needed before the port, such as 127.0.0.1");
    endpoint->kind = bracketed ? ENDPOINT_INET6 : ENDPOINT_INET;
    return take_host(parse, whole, host, place, endpoint);
}

bool config_endpoint_parse(const struct config_parse *parse, struct slice text, struct config_place place,
                           struct config_endpoint *endpoint)
{
    *endpoint = (struct config_endpoint){.host = "", .path = ""};
    if (slice_starts_nocase(text, slice_of("unix:")) || slice_starts_nocase(text, slice_of("local:")))
        return parse_unix(parse, text, place, endpoint);
    if (slice_starts_nocase(text, slice_of("inet:")) || slice_starts_nocase(text, slice_of("inet6:")))
        return parse_inet(parse, text, place, endpoint);
    if (text.length > 0 && text.data[0] == '/')
        return tell(parse, text, place, "write unix: before the path of a socket");
    return parse_address_and_port(parse, text, place, endpoint);
}

static bool endpoint_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    struct slice text;
    if (!config_scalar(parse, node, &text))
        return false;
    if (text.length > 0)
        return config_endpoint_parse(parse, text, node->place, value);
    *(struct config_endpoint *)value = (struct config_endpoint){.host = "", .path = ""};
    if ((parse->key->flags & CONFIG_MAY_BE_EMPTY) != 0 || node->place.file == NULL)
        return true;
    config_value_error(parse, node->place, "it may not be empty: %s", advice_for(parse->key));
    return false;
}

static void endpoint_print(const struct config_key *key, const struct config_node *node, const void *value,
                           struct strbuf *out)
{
    const struct config_endpoint *endpoint = value;
    (void)key;
    (void)node;
    struct strbuf text;
    strbuf_init(&text, 0);
    if (endpoint->kind == ENDPOINT_UNIX)
        strbuf_printf(&text, "unix:%s", endpoint->path);
    else if (endpoint->kind != ENDPOINT_NONE)
        strbuf_printf(&text, "inet%s:%u%s%s", endpoint->kind == ENDPOINT_INET6 ? "6" : "", endpoint->port,
                      endpoint->host[0] == '\0' ? "" : "@", endpoint->host);
    config_print_text(strbuf_slice(&text), out);
    if (text.failed)
        out->failed = true;
    strbuf_deinit(&text);
}

static void endpoint_describe(const struct config_key *key, struct strbuf *out)
{
    strbuf_append_text(
        out, "an endpoint: `inet:PORT@ADDRESS`, `inet6:PORT@ADDRESS`, `ADDRESS:PORT` or `unix:PATH`");
    if ((key->flags & CONFIG_MAY_BE_EMPTY) != 0)
        strbuf_append_text(out, ", or `\"\"` for none");
}

static void endpoint_json_schema(const struct config_key *key, struct strbuf *out)
{
    strbuf_printf(out,
                  "\"type\": \"string\", \"pattern\": "
                  "\"^(unix|local):/|^inet6?:[0-9]+(@.*)?$|^[0-9.*]+:[0-9]+$|^\\\\[.*\\\\]:[0-9]+$%s\"",
                  (key->flags & CONFIG_MAY_BE_EMPTY) != 0 ? "|^$" : "");
}

const struct config_type config_type_endpoint = {
    .name = "endpoint",
    .bytes = sizeof(struct config_endpoint),
    .empty_text = "",
    .example = "inet:10891@127.0.0.1",
    .parse = endpoint_parse,
    .print = endpoint_print,
    .describe = endpoint_describe,
    .json_schema = endpoint_json_schema,
};
