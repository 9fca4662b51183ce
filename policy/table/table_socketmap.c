/*
 * `socketmap:inet:HOST:PORT:NAME` and `socketmap:unix:PATH:NAME`: the protocol of socketmap_table(5), to
 * reach SQL or LDAP through what an admin already runs (socketmap_client.h).
 *
 * Answers are kept for a short while: a message asks the same more than once, and a client sends more than
 * one.
 */
#include "base/clock.h"
#include "table/socketmap_client.h"
#include "table/table_source.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/un.h>

/* docs/tables.md says how long a change takes to be seen. */
static const struct lookup_cache_options cache_options = {
    .entries_max = 4096, .value_bytes_max = 4096, .found_us = 60000000, .missing_us = 10000000};

struct table_socketmap {
    struct socketmap_server server;
    char *map_name;
    struct socketmap_client *client;
};

/* ---- addresses -------------------------------------------------------------------------------------- */

static bool parse_inet(struct table_socketmap *table, struct slice host, struct slice port)
{
    char text[INET6_ADDRSTRLEN];
    unsigned long number = 0;
    for (size_t i = 0; i < port.length && number <= 65535; i++)
        number = ascii_is_digit(port.data[i]) ? number * 10 + (unsigned long)(port.data[i] - '0') : 65536;
    if (host.length >= 2 && host.data[0] == '[')
        host = slice_part(host, 1, host.length - 1);
    if (port.length == 0 || number == 0 || number > 65535 || host.length >= sizeof text)
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    struct sockaddr_in *v4 = (struct sockaddr_in *)&table->server.address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&table->server.address;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        table->server.address_bytes = sizeof *v4;
        return true;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)number);
    table->server.address_bytes = sizeof *v6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static bool parse_unix(struct table_socketmap *table, struct slice path)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&table->server.address;
    if (path.length == 0 || path.length >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path.data, path.length);
    table->server.address_bytes = sizeof *address;
    return true;
}

/* "inet:HOST:PORT:NAME" or "unix:PATH:NAME". */
static bool parse_place(struct table_socketmap *table, struct slice place)
{
    size_t last = slice_find_last(place, ':');
    if (last >= place.length || last + 1 == place.length || place.length < 5)
        return false;
    struct slice name = slice_part(place, last + 1, place.length);
    struct slice where = slice_part(place, 0, last);
    table->server.map_name = table->map_name = slice_duplicate(name);
    if (table->map_name == NULL)
        return false;
    if (slice_starts_nocase(where, slice_of("unix:")))
        return parse_unix(table, slice_part(where, 5, where.length));
    size_t colon = slice_find_last(where, ':');
    if (!slice_starts_nocase(where, slice_of("inet:")) || colon < 5 || colon >= where.length)
        return false;
    return parse_inet(table, slice_part(where, 5, colon), slice_part(where, colon + 1, where.length));
}

/* ---- the table -------------------------------------------------------------------------------------- */

static struct table_question *socketmap_ask(void *state, struct slice key)
{
    struct table_socketmap *table = state;
    const uint64_t now_us = clock_system_monotonic_us(NULL);
    struct table_question *question = table_question_create(key, now_us);
    if (question == NULL)
        return NULL;
    const enum table_answer known = lookup_cache_find(table->server.cache, key, &question->value, now_us);
    question->is_recalled = known != TABLE_UNKNOWN;
    if (question->is_recalled)
        table_question_answer(question, known);
    else
        socketmap_client_ask(table->client, question);
    return question;
}

static void socketmap_close(void *state)
{
    struct table_socketmap *table = state;
    socketmap_client_destroy(table->client);
    lookup_cache_destroy(table->server.cache);
    free(table->map_name);
    free(table);
}

static void *socketmap_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    struct table_socketmap *table = calloc(1, sizeof *table);
    if (table == NULL || (table->server.cache = lookup_cache_create(&cache_options)) == NULL ||
        (table->client = socketmap_client_create(&table->server)) == NULL) {
        strbuf_append_text(problem, "out of memory");
        if (table != NULL)
            socketmap_close(table);
        return NULL;
    }
    if (shape != TABLE_NETWORKS && parse_place(table, slice_of(place)))
        return table;
    strbuf_append_text(problem, shape != TABLE_NETWORKS ? "write socketmap:inet:127.0.0.1:PORT:NAME or "
                                                          "socketmap:unix:/path:NAME (a numeric address)"
                                                        : "networks are kept in a file:");
    socketmap_close(table);
    return NULL;
}

const struct table_source table_source_socketmap = {
    .prefix = "socketmap:",
    .open = socketmap_open,
    .close = socketmap_close,
    .ask = socketmap_ask,
};
