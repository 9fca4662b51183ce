/* What the MTA in front of a policy has to fit, read from the settings of every role. */
#include "check/dnsbl.h"
#include "check/dnsbl_service.h"
#include "check/recipients.h"
#include "check/relay.h"
#include "check/size.h"
#include "engine.h"

static size_t index_of(const struct check *check)
{
    size_t index = 0;
    while (check_table[index] != check)
        index++;
    return index;
}

static uint64_t largest_size(const struct policy_snapshot *snapshot)
{
    uint64_t largest = 0;
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        const struct size_settings *size = snapshot_check_settings(snapshot, index_of(&size_check), role);
        if (size->common.mode == MODE_OFF || size->measure == SIZE_OF_ATTACHMENT)
            return 0;
        if (size->limit > largest)
            largest = size->limit;
    }
    return largest;
}

static uint64_t most_recipients(const struct policy_snapshot *snapshot)
{
    uint64_t most = 0;
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        const struct recipients_settings *recipients =
            snapshot_check_settings(snapshot, index_of(&recipients_check), role);
        if (recipients->common.mode != MODE_OFF && recipients->limit > most)
            most = recipients->limit;
    }
    return most;
}

static const char *first_block_list(const struct dnsbl_settings *settings)
{
    for (size_t i = 0; i < settings->lists.count; i++)
        if (dnsbl_list_at(settings, i)->wanted && !dnsbl_list_at(settings, i)->allow)
            return dnsbl_list_at(settings, i)->shown;
    return NULL;
}

void policy_snapshot_mta_needs(const struct policy_snapshot *snapshot, struct policy_mta_needs *needs)
{
    const struct dns_settings *dns = snapshot_dns_settings(snapshot);
    *needs = (struct policy_mta_needs){
        .listen = snapshot->daemon.listen,
        .size_limit_bytes = largest_size(snapshot),
        .recipients_limit = most_recipients(snapshot),
        .wait_ms = dns->timeout_ms,
        .block_list = first_block_list(snapshot_dnsbl_settings(snapshot)),
        .name_servers = dns->servers,
        .resolv_conf = dns->resolv_conf,
    };
}

bool policy_snapshot_trusts(const struct policy_snapshot *snapshot, const struct ip_network *network)
{
    struct ip_network around;
    return network_set_find(snapshot_relay_settings(snapshot)->trusted_networks, &network->address,
                            &around) &&
           around.prefix_bits <= network->prefix_bits;
}
