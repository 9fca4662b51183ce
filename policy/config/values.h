/* Plain values of a configuration that its users handle. Their texts belong to the document they come from.
 */
#ifndef CLOSEDRELAY_CONFIG_VALUES_H
#define CLOSEDRELAY_CONFIG_VALUES_H

#include <stddef.h>
#include <stdint.h>

/* Where to listen or to connect to. */
enum config_endpoint_kind { ENDPOINT_NONE, ENDPOINT_INET, ENDPOINT_INET6, ENDPOINT_UNIX };

struct config_endpoint {
    enum config_endpoint_kind kind;
    const char *host; /* numeric address; "" for any */
    uint16_t port;
    const char *path; /* unix */
};

struct config_endpoint_list {
    struct config_endpoint *items;
    size_t count;
};

struct config_text_list {
    const char **items;
    size_t count;
};

/* Where a value was written. */
struct config_place {
    const char *file; /* NULL: the built-in default */
    unsigned line;
    unsigned column;
};

#endif
