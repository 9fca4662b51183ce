/* What the MTA in front of a policy has to fit, read from the settings of every role and override. */
#include "policy_query.h"

#include "check/dnsbl/dnsbl.h"
#include "dns/dns_settings.h"
#include "check/recipients.h"
#include "check/relay/relay.h"
#include "check/size.h"
#include "engine/engine.h"

/* The limit that a check's settings set, 0 where they set none. */
typedef uint64_t limit_of_settings(const void *settings);

static uint64_t size_limit(const void *settings)
{
    const struct size_settings *size = settings;
    return size->common.mode == MODE_OFF || size->measure == SIZE_OF_ATTACHMENT ? 0 : size->limit;
}

static uint64_t recipients_limit(const void *settings)
{
    const struct recipients_settings *recipients = settings;
    return recipients->common.mode == MODE_OFF ? 0 : recipients->limit;
}

/* The largest limit of all roles and overrides; `*from` is the override that alone sets it, or has no file.
 */
static uint64_t largest_limit(const struct policy_snapshot *snapshot, const struct check *check,
                              limit_of_settings *limit_of, struct config_place *from)
{
    const size_t index = check_index(check);
    uint64_t largest = 0;
    *from = (struct config_place){0};
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        const uint64_t limit = limit_of(snapshot_check_settings(snapshot, index, role));
        largest = limit > largest ? limit : largest;
    }
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        const void *settings;
        struct config_place place;
        for (size_t i = 0; config_document_patch(snapshot->document, SECTION_FIRST_CHECK + index, i, role,
                                                 &settings, &place);
             i++) {
            if (settings == NULL || limit_of(settings) <= largest)
                continue;
            largest = limit_of(settings);
            *from = place;
        }
    }
    return largest;
}

/* The limit where what is beyond it is refused recipient by recipient, 0 elsewhere. */
static uint64_t refusing_limit(const void *settings)
{
    const struct recipients_settings *recipients = settings;
    return recipients->common.mode == MODE_ENFORCE && recipients->excess == RECIPIENTS_REFUSE
               ? recipients->limit
               : 0;
}

/* The smallest one that a login can meet. */
static uint64_t smallest_refusing_limit(const struct policy_snapshot *snapshot)
{
    const size_t index = check_index(&recipients_check);
    uint64_t smallest = refusing_limit(snapshot_check_settings(snapshot, index, ROLE_SUBMISSION));
    const void *settings;
    struct config_place place;
    for (size_t i = 0; config_document_patch(snapshot->document, SECTION_FIRST_CHECK + index, i,
                                             ROLE_SUBMISSION, &settings, &place);
         i++) {
        const uint64_t limit = settings == NULL ? 0 : refusing_limit(settings);
        if (limit > 0 && (smallest == 0 || limit < smallest))
            smallest = limit;
    }
    return snapshot->root->mode == MODE_ENFORCE ? smallest : 0;
}

static const char *first_block_list(const struct dnsbl_settings *settings)
{
    for (size_t i = 0; i < settings->lists.count; i++)
        if (dnsbl_list_at(settings, i)->wanted && !dnsbl_list_at(settings, i)->allow)
            return dnsbl_list_at(settings, i)->shown;
    return NULL;
}

const char *policy_snapshot_listed_logins(const struct policy_snapshot *snapshot)
{
    static const char *const words[] = {"reject", "evidence", "off"};
    const struct dnsbl_settings *settings =
        snapshot_check_settings(snapshot, check_index(&dnsbl_check), ROLE_SUBMISSION);
    unsigned roles = 0;
    for (size_t i = 0; i < settings->lists.count; i++)
        roles |= dnsbl_list_at(settings, i)->roles;
    const bool is_enforced = settings->common.mode == MODE_ENFORCE && snapshot->root->mode == MODE_ENFORCE;
    return is_enforced && (roles & 1U << ROLE_SUBMISSION) != 0 ? words[settings->logins] : NULL;
}

void policy_snapshot_mta_requirements(const struct policy_snapshot *snapshot,
                                      struct policy_mta_requirements *needs)
{
    const struct dns_settings *dns = snapshot_dns_settings(snapshot);
    *needs = (struct policy_mta_requirements){
        .listen = snapshot->daemon.listen,
        .wait_ms = dns->timeout_ms,
        .block_list = first_block_list(snapshot_dnsbl_settings(snapshot)),
        .name_servers = dns->servers,
        .resolv_conf = dns->resolv_conf,
    };
    needs->size_limit_bytes = largest_limit(snapshot, &size_check, size_limit, &needs->size_from);
    needs->refused_recipients_from = smallest_refusing_limit(snapshot);
    needs->recipients_limit =
        largest_limit(snapshot, &recipients_check, recipients_limit, &needs->recipients_from);
}

bool policy_snapshot_trusts(const struct policy_snapshot *snapshot, const struct ip_network *network)
{
    struct ip_network around;
    return network_set_find(snapshot_relay_settings(snapshot)->trusted_networks, &network->address,
                            &around) &&
           around.prefix_bits <= network->prefix_bits;
}
