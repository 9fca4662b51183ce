/* What the MTA in front may let relay by itself, asked entry by entry: its lists must not say other than the
 * section relay. */
#include "policy_query.h"

#include "check/relay/relay.h"
#include "check/sender/sender.h"
#include "config/sets.h"
#include "engine/engine.h"
#include "facts/domain_name.h"

#include <talloc.h>

void policy_snapshot_relay_requirements(const struct policy_snapshot *snapshot,
                                        struct policy_relay_requirements *needs)
{
    const struct relay_settings *relay = snapshot_relay_settings(snapshot);
    const struct sender_settings *sender =
        snapshot_check_settings(snapshot, check_index(&sender_check), ROLE_SUBMISSION);
    *needs = (struct policy_relay_requirements){
        .has_certificates = relay->trusted_certificates.count > 0,
        .has_local_daemons = !text_set_is_empty(relay->local_daemons),
        .has_recent_logins = relay->recent_logins.remember_ms > 0 &&
                             snapshot_relay_is_written(snapshot, "recent_logins.remember"),
        .is_enforced = snapshot->root->mode == MODE_ENFORCE && relay->common.mode == MODE_ENFORCE,
        .compares_senders = sender->common.mode != MODE_OFF &&
                            (sender->match == SENDER_MATCH_DOMAIN || sender->match == SENDER_MATCH_ADDRESS),
        .default_realm = relay->default_realm,
        .tag_delimiters = sender->recipient_delimiter,
    };
    for (size_t i = 0; i < relay->trusted_certificates.count; i++)
        if (slice_starts_nocase(slice_of(relay->trusted_certificates.items[i]), slice_of("sha256:")))
            needs->has_fingerprints = true;
}

bool policy_snapshot_has_domain(const struct policy_snapshot *snapshot, struct slice domain)
{
    const char *canonical = domain_canonical(NULL, domain);
    bool has_it = canonical != NULL && domain_set_lookup(snapshot_relay_settings(snapshot)->local_domains,
                                                         slice_of(canonical)) != TABLE_MISSING;
    talloc_free((char *)canonical);
    return has_it;
}

bool policy_snapshot_each_domain(const struct policy_snapshot *snapshot,
                                 bool (*visit)(void *context, const char *domain), void *context)
{
    return text_set_each(snapshot_relay_settings(snapshot)->local_domains, visit, context);
}

bool policy_snapshot_has_local_daemon(const struct policy_snapshot *snapshot, struct slice name)
{
    char *folded = talloc_strndup(NULL, name.length == 0 ? "" : name.data, name.length);
    ascii_lower_text(folded);
    bool has_it = folded != NULL &&
                  text_set_contains(snapshot_relay_settings(snapshot)->local_daemons, slice_of(folded));
    talloc_free(folded);
    return has_it;
}
