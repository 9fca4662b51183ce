/* Whom a block is for, as an administrator types it. */
#include "live/blocks.h"

#include <talloc.h>

const char *block_target_name(enum block_target target)
{
    static const char *const names[] = {"user", "domain", "customer", "client"};
    return names[target];
}

/* "user:ann", "user ann" */
static bool take_target(const char **text, enum block_target *target)
{
    static const struct {
        const char *word;
        enum block_target target;
    } words[] = {{"user", BLOCK_USER},         {"login", BLOCK_USER},    {"domain", BLOCK_DOMAIN},
                 {"customer", BLOCK_CUSTOMER}, {"client", BLOCK_CLIENT}, {"ip", BLOCK_CLIENT}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].word);
        if (strncasecmp(*text, words[i].word, length) == 0 &&
            ((*text)[length] == ':' || (*text)[length] == ' ')) {
            *text += length + 1;
            *target = words[i].target;
            return true;
        }
    }
    return false;
}

static enum block_target guess_target(const char *text)
{
    struct ip_network network;
    if (ip_network_parse(slice_of(text), &network, NULL))
        return BLOCK_CLIENT;
    const char *at = strrchr(text, '@');
    if (at == text || (at == NULL && strchr(text, '.') != NULL && strchr(text, ':') == NULL))
        return BLOCK_DOMAIN;
    return BLOCK_USER;
}

static const char *lower_copy(void *owner, const char *text)
{
    char *copy = talloc_strndup(owner, text, BLOCK_TEXT_BYTES_MAX);
    ascii_lower_text(copy);
    return copy;
}

static const char *network_copy(void *owner, const char *text, struct strbuf *problem)
{
    struct ip_network network;
    char printed[IP_ADDRESS_TEXT_BYTES + 4];
    bool has_host_bits = false;
    if (!ip_network_parse(slice_of(text), &network, &has_host_bits)) {
        strbuf_printf(problem, "'%s' is no address and no network%s", text,
                      has_host_bits ? ": bits are set behind its prefix" : "");
        return NULL;
    }
    ip_network_print(&network, printed);
    return talloc_strdup(owner, printed);
}

bool block_target_read(void *owner, const char *text, enum block_target *target, const char **whom,
                       struct strbuf *problem)
{
    const char *what = text;
    if (!take_target(&what, target))
        *target = guess_target(what);
    if (*target == BLOCK_DOMAIN && *what == '@')
        what++;
    if (*what == '\0') {
        strbuf_printf(problem, "'%s' names nobody: a login, a domain, customer:NAME or an address", text);
        return false;
    }
    *whom = *target == BLOCK_CLIENT ? network_copy(owner, what, problem) : lower_copy(owner, what);
    if (*whom == NULL && problem->length == 0)
        strbuf_append_text(problem, "out of memory");
    return *whom != NULL;
}
