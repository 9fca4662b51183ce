/* The section `dnsbl`. */
#include "check/dnsbl/dnsbl.h"

#include "check/dnsbl/dnsbl_compile.h"

#include <stdio.h>

static const struct config_choice kind_choices[] = {
    {"block", DNSBL_BLOCK, "who is listed is suspect"},
    {"allow", DNSBL_ALLOW, "who is listed is vouched for: the weight counts against the block lists"},
    {0},
};

static const struct config_choice action_choices[] = {
    {"reject", DNSBL_ACTION_REJECT, "the mail is refused"},
    {"defer", DNSBL_ACTION_DEFER, "the sender is asked to come again later"},
    {"hold", DNSBL_ACTION_HOLD, "the mail waits in the MTA's hold queue"},
    {"tag", DNSBL_ACTION_TAG,
     "the mail goes on with a header field X-Closedrelay-DNSBL that says which list"},
    {"score", DNSBL_ACTION_SCORE, "the mail goes on; the record keeps it as evidence against the login"},
    {"none", DNSBL_ACTION_NONE, "the mail goes on; the answer counts for nothing"},
    {0},
};

static const struct config_choice logins_choices[] = {
    {"reject", DNSBL_LOGINS_REJECT,
     "what the list's `action` says, as for others: the message is refused unless that is changed. It stops stolen "
     "accounts that are used from infected computers, and customers whose own computer, or whose provider's shared "
     "address, is listed"},
    {"evidence", DNSBL_LOGINS_EVIDENCE,
     "the mail goes on; the record keeps it as evidence against the login"},
    {"off", DNSBL_LOGINS_OFF, "lists are not looked at for logins"},
    {0},
};

#define ANSWER_ROW(row_name, row_type, member, ...)                                                          \
    {                                                                                                        \
        .name = (row_name), .type = &config_type_##row_type,                                                 \
        .offset = offsetof(struct dnsbl_answer_settings, member), __VA_ARGS__                                \
    }

static const struct config_key answer_keys[] = {
    ANSWER_ROW("codes", text_list, codes, .flags = CONFIG_REQUIRED,
               .text = "The answers meant: 127.0.0.2, 127.0.0.4-127.0.0.7 or 127.0.[2-20].[1-3]."),
    ANSWER_ROW("name", text, name, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY,
               .text = "What such an answer is called in records: PBL."),
    ANSWER_ROW("roles", role_set, roles, .default_text = "[outside]",
               .text = "For which roles such an answer counts."),
    ANSWER_ROW("action", choice, action, .default_text = "reject", .choices = action_choices,
               .text = "What is done, once the weights reach the threshold."),
    ANSWER_ROW("weight", count, weight, .default_text = "1", .least = 1, .most = 1000,
               .text = "How much such an answer adds towards the threshold."),
    {0},
};

static const struct config_section answer_section = {
    .name = "answers",
    .struct_bytes = sizeof(struct dnsbl_answer_settings),
    .keys = answer_keys,
    .text = "What one kind of answer of a list means.",
};

#define LIST_ROW(row_name, row_type, member, ...)                                                            \
    {                                                                                                        \
        .name = (row_name), .type = &config_type_##row_type,                                                 \
        .offset = offsetof(struct dnsbl_list_settings, member), __VA_ARGS__                                  \
    }

static const struct config_key list_keys[] = {
    LIST_ROW("zone", text, zone, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY | CONFIG_NAMES_ENTRY,
             .text = "The domain that addresses are asked under: xbl.spamhaus.org."),
    LIST_ROW(
        "preset", text, preset, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY | CONFIG_NAMES_ENTRY,
        .text =
            "A list known by name, with its zone and the meaning of its answers: spamhaus-xbl, spamhaus-zen, "
            "spamhaus-sbl, spamhaus-pbl, spamhaus-dqs, abusix, barracuda, spamcop, psbl, mailspike, "
            "uceprotect-1, dnswl. Other keys change what they name."),
    LIST_ROW("key", secret, key, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY,
             .text = "The customer's key, put before the zone. It is shown nowhere."),
    LIST_ROW("name", text, name, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY | CONFIG_NAMES_ENTRY,
             .text = "The list's name in replies, records and `status`; empty: its zone, without a key."),
    LIST_ROW("kind", choice, kind, .default_text = "block", .choices = kind_choices,
             .text = "What being listed means."),
    LIST_ROW(
        "codes", text_list, codes,
        .text =
            "Which answers count; others are ignored. Without: what is known of the list, else 127.0.0.2 to "
            "127.0.0.254. Answers outside 127.0.0.0/8 and in 127.255.255.0/24 never count."),
    LIST_ROW("roles", role_set, roles,
             .text = "For which roles the list counts. Without: what is known of the list, else outside and "
                     "submission, but answers of policy lists (127.0.0.10, 127.0.0.11) for outside only."),
    LIST_ROW("action", choice, action, .choices = action_choices,
             .text = "What is done, once the weights reach the threshold. Without: reject."),
    LIST_ROW("weight", count, weight, .most = 1000,
             .text = "How much a listing adds towards the threshold. Without (or 0): 1, or what is known of "
                     "the list."),
    LIST_ROW("answers", array, answers, .section = &answer_section,
             .text = "Meanings of single answers, in place of `codes`, `roles`, `action` and `weight`."),
    LIST_ROW("error_codes", text_list, error_codes,
             .text = "Answers by which this list says that it does not serve the asker: they suspend it."),
    LIST_ROW(
        "text", bool, text, .default_text = "true",
        .text =
            "Whether the list's own explanation (TXT) is fetched for listed addresses and put into replies."),
    LIST_ROW("tested", bool, tested, .default_text = "true",
             .text = "Whether the list has the test points of RFC 5782 (127.0.0.2 listed, 127.0.0.1 not). A "
                     "private list without them needs false."),
    LIST_ROW("reply", text, reply, .default_text = "", .flags = CONFIG_MAY_BE_EMPTY,
             .text = "The reply to who is refused; {ip}, {list}, {code} and {text} are filled in. Empty: the "
                     "usual one."),
    {0},
};

static const struct config_section list_section = {
    .name = "lists",
    .struct_bytes = sizeof(struct dnsbl_list_settings),
    .keys = list_keys,
    .finish = dnsbl_list_finish,
    .text = "A block list or an allow list.",
};

#define CHECK_ROW(row_name, row_type, member, ...)                                                           \
    {                                                                                                        \
        .name = (row_name), .type = &config_type_##row_type,                                                 \
        .offset = offsetof(struct dnsbl_settings, member), __VA_ARGS__                                       \
    }

static const struct config_key dnsbl_keys[] = {
    CHECK_COMMON_KEYS(struct dnsbl_settings, "enforce", "accept"),
    CHECK_ROW("lists", array, lists, .section = &list_section, .flags = CONFIG_GLOBAL,
              .default_text = "[{zone: xbl.spamhaus.org, codes: [127.0.0.4-127.0.0.7]}]",
              .text = "The lists that are asked, all at once."),
    CHECK_ROW(
        "logins", choice, logins, .default_text = "reject", .choices = logins_choices,
        .text =
            "What a listing means for who has logged in (role `submission`). Answers that say only what an "
            "address is for, as Spamhaus PBL, never count against a login."),
    CHECK_ROW("threshold", count, threshold, .default_text = "1", .least = 1, .most = 1000,
              .text = "The sum of weights, those of allow lists taken off, from which on the lists' actions "
                      "are taken."),
    CHECK_ROW("timeout", duration, timeout_ms, .default_text = "0s", .most = 30000, .flags = CONFIG_GLOBAL,
              .text =
                  "How long after the connection all lists together may take; what has not answered then is "
                  "unknown. 0: as dns.timeout."),
    CHECK_ROW(
        "waiting", count, waiting_max, .default_text = "500", .least = 1, .most = 100000,
        .flags = CONFIG_GLOBAL, .unit = "sessions",
        .text =
            "How many sessions may wait for lists at a time where each keeps a thread (docs/threads.md); for "
            "further ones, what is not yet known is unknown at once."),
    CHECK_ROW("test_every", duration, test_every_ms, .default_text = "1h", .least = 1000, .most = 86400000,
              .flags = CONFIG_GLOBAL,
              .text = "How often a healthy list is tested, besides the proofs its listings ask for."),
    CHECK_ROW("retry", duration, retry_ms, .default_text = "15s", .least = 10, .most = 86400000,
              .flags = CONFIG_GLOBAL,
              .text = "After which time a suspended list is tested again; doubled each time it fails."),
    CHECK_ROW("retry_most", duration, retry_most_ms, .default_text = "15m", .least = 10, .most = 86400000,
              .flags = CONFIG_GLOBAL, .text = "The longest such pause."),
    {0},
};

/* What all block lists together can add for the role, at most. */
static void warn_of_threshold(const struct dnsbl_settings *dnsbl, const struct config_finish *context)
{
    const struct dnsbl_list_settings *entries = dnsbl->lists.items;
    uint64_t most = 0;
    for (size_t i = 0; i < dnsbl->lists.count; i++) {
        const struct dnsbl_list *list = entries[i].list;
        uint64_t heaviest = 0;
        for (size_t j = 0; list != NULL && !list->allow && j < list->rule_count; j++)
            if ((list->rules[j].roles & 1U << context->role) != 0 && list->rules[j].weight > heaviest)
                heaviest = list->rules[j].weight;
        most += heaviest;
    }
    if (most > 0 && dnsbl->common.mode != MODE_OFF && most < dnsbl->threshold)
        config_finish_warning(
            context, "threshold",
            "threshold: %llu can never be reached: all lists together weigh %llu for role %s",
            (unsigned long long)dnsbl->threshold, (unsigned long long)most, role_name(context->role));
}

/* Called for each role and override while the policy is loaded; entries are the same for all of them. Later
 * calls, for what several overrides make together, find everything set and write nothing. */
static void dnsbl_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct dnsbl_settings *dnsbl = settings;
    const struct dnsbl_list_settings *entries = dnsbl->lists.items;
    (void)owner;
    warn_of_threshold(dnsbl, context);
    for (size_t i = 0; i < dnsbl->lists.count && dnsbl->common.mode != MODE_OFF; i++)
        if (entries[i].list != NULL && !entries[i].list->wanted)
            entries[i].list->wanted = true;
}

const struct config_section dnsbl_section = {
    .name = "dnsbl",
    .struct_bytes = sizeof(struct dnsbl_settings),
    .keys = dnsbl_keys,
    .per_role = true,
    .finish = dnsbl_finish,
    .text = "Whether the client's address is on a block list.",
};

const struct dnsbl_list *dnsbl_list_at(const struct dnsbl_settings *settings, size_t i)
{
    return ((const struct dnsbl_list_settings *)settings->lists.items)[i].list;
}

const char *dnsbl_action_name(enum dnsbl_action action)
{
    for (const struct config_choice *choice = action_choices; choice->name != NULL; choice++)
        if (choice->value == (int)action)
            return choice->name;
    return "reject";
}
