#include "postfix_restrictions.h"
#include "setting_value.h"

enum { IP_V4_PREFIX_BITS = 96, WIDE_BITS = 12, COVERAGE_NETWORKS_MAX = 64 };

bool postfix_network_parse(struct slice word, struct ip_network *network)
{
    char text[64];
    size_t length = 0;
    for (size_t i = 0; i < word.length; i++)
        if (word.data[i] != '[' && word.data[i] != ']') {
            if (length == sizeof text)
                return false;
            text[length++] = word.data[i];
        }
    return ip_network_parse(slice_make(text, length), network, NULL);
}

/* Networks of both families, and how much of its address space each covers. */
struct coverage {
    struct ip_network seen[COVERAGE_NETWORKS_MAX];
    size_t count;
    double shares[2]; /* IPv6, IPv4 */
};

static bool is_within_seen(const struct coverage *coverage, const struct ip_network *network)
{
    for (size_t i = 0; i < coverage->count; i++)
        if (coverage->seen[i].prefix_bits <= network->prefix_bits &&
            ip_network_contains(&coverage->seen[i], &network->address))
            return true;
    return false;
}

/* Only wide ones matter, and of those there are few. */
static void cover(struct coverage *coverage, const struct ip_network *network)
{
    bool is_v4 = network->prefix_bits >= IP_V4_PREFIX_BITS && ip_address_is_ipv4(&network->address);
    unsigned width = network->prefix_bits - (is_v4 ? (unsigned)IP_V4_PREFIX_BITS : 0);
    if (width >= WIDE_BITS || coverage->count == COVERAGE_NETWORKS_MAX || is_within_seen(coverage, network))
        return;
    coverage->seen[coverage->count++] = *network;
    coverage->shares[is_v4] += 1.0 / (double)(1u << width);
}

/* A sixteenth of all addresses is more than anybody has: 2000::/3 is the whole internet, and so are 0.0.0.0/1
 * and 128.0.0.0/1 together. */
bool postfix_networks_are_everybody(const char *networks)
{
    struct coverage coverage = {0};
    struct slice rest = slice_of(networks), word;
    while (setting_next_word(&rest, &word)) {
        struct ip_network network;
        if (slice_starts_nocase(word, slice_of("static:")))
            return true;
        if (postfix_network_parse(word, &network))
            cover(&coverage, &network);
    }
    return coverage.shares[0] >= 1.0 / 16 || coverage.shares[1] >= 1.0 / 16;
}

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (slice_equal_nocase(word, slice_of(*words)))
            return true;
    return false;
}

static bool trusts_everybody(const struct postfix_settings *settings, const struct postfix_service *service)
{
    const char *networks = postfix_service_setting(settings, service, "mynetworks", NULL);
    return networks != NULL && postfix_networks_are_everybody(networks);
}

/* What a lookup finds: "static:OK" says the same of everybody. Tables of senders and recipients know no
 * client. */
static bool table_permits(struct slice lookup, struct slice table, enum relay_client client)
{
    static const char *const permitting[] = {"static:OK", "static:permit", NULL};
    if (slice_starts_nocase(table, slice_of("static:")))
        return is_one_of(table, permitting);
    return (client >= RELAY_IN_A_TABLE && slice_equal_nocase(lookup, slice_of("check_client_access"))) ||
           (client == RELAY_WITH_CERTIFICATE && slice_equal_nocase(lookup, slice_of("check_ccert_access")));
}

enum list_answer { LIST_PERMITS, LIST_REFUSES, LIST_ENDS };

struct question {
    const struct postfix_settings *settings;
    const struct postfix_service *service;
    enum relay_client client;
};

static bool is_table_lookup(struct slice word)
{
    static const char *const lookups[] = {"check_client_access",    "check_sender_access",
                                          "check_recipient_access", "check_helo_access",
                                          "check_ccert_access",     NULL};
    return is_one_of(word, lookups);
}

static bool word_permits(const struct question *question, struct slice word, struct slice argument)
{
    static const char *const certificates[] = {"permit_tls_clientcerts", "permit_tls_all_clientcerts", NULL};
    return slice_equal_nocase(word, slice_of("permit")) ||
           (slice_equal_nocase(word, slice_of("permit_mynetworks")) &&
            trusts_everybody(question->settings, question->service)) ||
           (question->client == RELAY_WITH_CERTIFICATE && is_one_of(word, certificates)) ||
           (is_table_lookup(word) && table_permits(word, argument, question->client));
}

/* The first word that decides for such a client. */
static enum list_answer ask_list(const struct question *question, const char *list, struct slice *decider)
{
    static const char *const refusing[] = {
        "reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit", NULL};
    struct slice rest = slice_of(list == NULL ? "" : list);
    while (setting_next_word(&rest, decider)) {
        struct slice argument = {0};
        if (is_table_lookup(*decider) || slice_equal_nocase(*decider, slice_of("warn_if_reject")))
            setting_next_word(&rest, &argument);
        if (word_permits(question, *decider, argument))
            return LIST_PERMITS;
        if (is_one_of(*decider, refusing))
            return LIST_REFUSES;
    }
    *decider = (struct slice){0};
    return LIST_ENDS;
}

struct relay_answer postfix_relays(const struct postfix_settings *settings,
                                   const struct postfix_service *service, enum relay_client client)
{
    static const char *const lists[] = {"smtpd_relay_restrictions", "smtpd_recipient_restrictions"};
    const struct question question = {settings, service, client};
    struct relay_answer answer = {.relays = true};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && answer.relays; i++) {
        struct slice decider;
        const char *list = postfix_service_setting(settings, service, lists[i], NULL);
        answer.relays = ask_list(&question, list, &decider) != LIST_REFUSES;
        if (!answer.relays)
            answer.refused_by = lists[i];
        if (i == 0)
            answer.permitted_by = decider;
    }
    return answer;
}
