#include "check/dnsbl/dnsbl_lists.h"

#include <stdlib.h>

static struct list_settings list_settings_of(const struct dnsbl_list *list,
                                             const struct dnsbl_settings *settings, uint64_t budget_ms)
{
    struct list_settings made = {
        .zone = slice_of(list->zone),
        .shown = list->shown,
        .error_codes = list->error_codes,
        .wants_text = list->text && !list->allow,
        .health = list_health_options_default(),
    };
    made.health.has_test_points = list->tested;
    made.health.test_every_ms = settings->test_every_ms;
    made.health.retry_first_ms = settings->retry_ms;
    made.health.retry_most_ms =
        settings->retry_most_ms < settings->retry_ms ? settings->retry_ms : settings->retry_most_ms;
    made.health.slow_ms = budget_ms - budget_ms / 4;
    return made;
}

static uint64_t budget_of(const struct dns_service *dns, const struct dnsbl_settings *settings)
{
    return settings->timeout_ms != 0 ? settings->timeout_ms : dns_service_budget_ms(dns);
}

bool dnsbl_use(const void *given, const struct check_services *services, struct strbuf *problems)
{
    const struct dnsbl_settings *settings = given;
    size_t count = settings->lists.count;
    if (services->dns == NULL)
        return true;
    struct list_settings *lists = calloc(count + 1, sizeof *lists);
    if (lists == NULL) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    struct block_lists *set = dns_service_lists(services->dns);
    const uint64_t budget_ms = budget_of(services->dns, settings);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (dnsbl_list_at(settings, i)->wanted)
            lists[used++] = list_settings_of(dnsbl_list_at(settings, i), settings, budget_ms);
    block_lists_limit_waiting(set, (unsigned)settings->waiting_max);
    bool complete = block_lists_configure(set, lists, used);
    free(lists);
    if (!complete)
        strbuf_append_text(problems, "out of memory\n");
    return complete;
}

struct list_query *dnsbl_ask(struct dns_service *dns, const struct dnsbl_settings *settings,
                             const struct ip_address *client)
{
    enum { ON_STACK = 32 };
    struct block_list *few[ON_STACK];
    struct block_lists *set = dns_service_lists(dns);
    size_t count = settings->lists.count;
    struct block_list **lists = count <= ON_STACK ? few : calloc(count, sizeof(struct block_list *));
    if (lists == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        lists[i] = block_lists_find(set, slice_of(dnsbl_list_at(settings, i)->zone));
    struct list_query_request request = {
        .lists = lists, .count = count, .budget_ms = budget_of(dns, settings)};
    memcpy(request.client.s6_addr, client->bytes, sizeof request.client.s6_addr);
    struct list_query *query = list_query_begin(set, &request);
    if (lists != few)
        free(lists);
    return query;
}
