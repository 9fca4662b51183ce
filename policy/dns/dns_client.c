#include "dns/dns_client.h"

#include <stdlib.h>

struct dns_client {
    struct answer_cache *cache;
    struct dns_transport transport;
};

struct dns_client *dns_client_create(const struct answer_cache_options *options,
                                     struct dns_transport transport)
{
    struct dns_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->transport = transport;
    client->cache = answer_cache_create(options);
    if (client->cache != NULL)
        return client;
    free(client);
    return NULL;
}

void dns_client_destroy(struct dns_client *client)
{
    if (client == NULL)
        return;
    answer_cache_destroy(client->cache);
    free(client);
}

static void send(struct dns_client *client, struct dns_lookup *lookup, const struct dns_question *question,
                 uint64_t now_ms)
{
    lookup->observer = question->observer;
    if (question->subject != NULL)
        memcpy(lookup->subject, question->subject, sizeof lookup->subject);
    lookup->asked_ms = now_ms;
    client->transport.submit(client->transport.context, lookup);
}

/* Others may have joined it already: they are told, and the cache forgets it. */
static void give_up(struct dns_lookup *lookup, uint64_t now_ms)
{
    dns_lookup_complete(lookup, &(struct dns_answer){.outcome = DNS_OUTCOME_CANCELLED}, now_ms);
    dns_lookup_unref(lookup);
}

struct dns_lookup *dns_client_ask(struct dns_client *client, const struct dns_question *question,
                                  uint64_t now_ms)
{
    struct answer_cache_question wanted = {question->name, question->type, question->not_before_ms};
    struct answer_cache_result result = answer_cache_find(client->cache, &wanted, now_ms);
    if (result.submit == NULL)
        return result.lookup;
    if (client->transport.has_room(client->transport.context)) {
        send(client, result.submit, question, now_ms);
        return result.lookup;
    }
    bool was_prefetch = result.submit != result.lookup;
    give_up(result.submit, now_ms);
    if (was_prefetch)
        return result.lookup;
    dns_lookup_unref(result.lookup);
    return NULL;
}

struct dns_lookup *dns_client_ask_fresh(struct dns_client *client, const struct dns_question *question,
                                        uint64_t now_ms)
{
    if (!client->transport.has_room(client->transport.context))
        return NULL;
    struct dns_lookup *lookup = dns_lookup_create(question->name, question->type);
    if (lookup == NULL)
        return NULL;
    dns_lookup_ref(lookup);
    send(client, lookup, question, now_ms);
    return lookup;
}

void dns_client_get_status(struct dns_client *client, struct answer_cache_status *status)
{
    answer_cache_get_status(client->cache, status);
}
