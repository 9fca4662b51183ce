#include "check/dnsbl/dnsbl.h"

#include "base/text_join.h"
#include "config/load.h"

#include "check/dnsbl/dnsbl_lists.h"

#include <arpa/inet.h>
#include <talloc.h>

enum { LIST_TEXT_BYTES_MAX = 200 };

/* ---- asking and collecting ------------------------------------------------------------------------------
 */

/* The session's slot is its query. */
static void forget_query(void *session_slot)
{
    list_query_destroy(session_slot);
}

static bool is_asked_for(const struct session_facts *session)
{
    return session->client_ip_known && !session->client_is_trusted &&
           !ip_address_is_private(&session->client_ip);
}

static bool any_list_is_wanted(const struct dnsbl_settings *settings)
{
    for (size_t i = 0; i < settings->lists.count; i++)
        if (dnsbl_list_at(settings, i)->wanted)
            return true;
    return false;
}

static bool any_list_counts(const struct dnsbl_settings *settings, enum role role)
{
    if (role == ROLE_SUBMISSION && settings->logins == DNSBL_LOGINS_OFF)
        return false;
    for (size_t i = 0; i < settings->lists.count; i++)
        if ((dnsbl_list_at(settings, i)->roles & 1U << role) != 0)
            return true;
    return false;
}

/* At connect: which lists there are is the same for all. */
static void start_asking(const struct check_context *context, const struct check_services *services)
{
    const struct dnsbl_settings *settings = context->settings;
    if (services->dns == NULL || !any_list_is_wanted(settings) || !is_asked_for(context->session))
        return;
    *context->session_slot = dnsbl_ask(services->dns, settings, &context->session->client_ip);
}

/* At MAIL: within what is left of the budget. */
static void collect_answers(const struct check_context *context, const struct check_services *services,
                            struct gathered_facts *gathered)
{
    const struct dnsbl_settings *settings = context->settings;
    struct list_query *query = *context->session_slot;
    const size_t count = settings->lists.count;
    if (!any_list_counts(settings, context->message->role) || !is_asked_for(context->session))
        return;
    if (query != NULL && context->awaited != NULL && list_query_awaits(query, context->awaited))
        return;
    struct list_answer *answers =
        query != NULL ? talloc_zero_array(context->owner, struct list_answer, (unsigned)count) : NULL;
    if (answers == NULL) {
        gathered->lists_missing = services->dns == NULL ? "offline" : "out_of_memory";
        return;
    }
    list_query_collect(query, answers);
    for (size_t i = 0; i < count; i++)
        answers[i].list = dnsbl_list_at(settings, i)->shown;
    gathered->lists = answers;
    gathered->list_count = count;
}

static void dnsbl_begin(const struct check_context *context, const struct check_services *services,
                        struct gathered_facts *gathered)
{
    if (context->stage == STAGE_CONNECT)
        start_asking(context, services);
    else
        collect_answers(context, services, gathered);
}

/* ---- judging ----------------------------------------------------------------------------------------- */

static bool rule_matches(const struct dnsbl_rule *rule, const uint32_t *codes, size_t code_count)
{
    for (size_t i = 0; i < code_count; i++)
        if (list_code_in(&rule->codes, codes[i]))
            return true;
    return false;
}

const struct dnsbl_rule *dnsbl_rule_for(const struct dnsbl_list *list, const uint32_t *codes,
                                        size_t code_count, enum role role)
{
    const struct dnsbl_rule *strictest = NULL;
    for (size_t i = 0; i < list->rule_count; i++) {
        const struct dnsbl_rule *rule = &list->rules[i];
        if ((rule->roles & 1U << role) == 0 || !rule_matches(rule, codes, code_count))
            continue;
        if (strictest == NULL || rule->action > strictest->action ||
            (rule->action == strictest->action && rule->weight > strictest->weight))
            strictest = rule;
    }
    return strictest;
}

static bool has_weight(const struct dnsbl_rule *rule)
{
    return rule->action >= DNSBL_ACTION_HOLD;
}

static enum action action_of(enum dnsbl_action action)
{
    switch (action) {
    case DNSBL_ACTION_HOLD:
        return ACTION_HOLD;
    case DNSBL_ACTION_DEFER:
        return ACTION_DEFER;
    case DNSBL_ACTION_REJECT:
    case DNSBL_ACTION_UNSET:
        return ACTION_REJECT;
    default:
        return ACTION_ACCEPT;
    }
}

/* A listing's share of the whole. */
static void add_weight(struct dnsbl_weight *weight, const struct dnsbl_list *list,
                       const struct dnsbl_rule *rule)
{
    if (!has_weight(rule))
        return;
    if (list->allow) {
        weight->in_favour += rule->weight;
        return;
    }
    weight->against += rule->weight;
    if (action_of(rule->action) > weight->action)
        weight->action = action_of(rule->action);
}

bool dnsbl_is_evidence_only(const struct dnsbl_settings *settings, enum role role)
{
    return role == ROLE_SUBMISSION && settings->logins != DNSBL_LOGINS_REJECT;
}

struct dnsbl_weight dnsbl_weigh(const struct dnsbl_settings *settings, const struct list_answer *results,
                                enum role role, const struct dnsbl_rule **rules)
{
    struct dnsbl_weight weight = {.action = ACTION_ACCEPT};
    bool any_is_unknown = false;
    for (size_t i = 0; i < settings->lists.count; i++) {
        const struct dnsbl_list *list = dnsbl_list_at(settings, i);
        const struct list_answer *result = &results[i];
        const struct dnsbl_rule *rule = result->verdict == LIST_LISTED
                                            ? dnsbl_rule_for(list, result->codes, result->code_count, role)
                                            : NULL;
        bool counts = (list->roles & 1U << role) != 0 &&
                      !(role == ROLE_SUBMISSION && settings->logins == DNSBL_LOGINS_OFF);
        weight.any_list_counts = weight.any_list_counts || counts;
        any_is_unknown = any_is_unknown || (counts && result->verdict == LIST_UNKNOWN);
        if (rule != NULL)
            add_weight(&weight, list, rule);
        if (rules != NULL)
            rules[i] = rule;
    }
    weight.is_enough =
        weight.against >= weight.in_favour && weight.against - weight.in_favour >= settings->threshold;
    if (!weight.is_enough)
        weight.action = ACTION_ACCEPT;
    if (any_is_unknown && settings->common.on_unknown > weight.action)
        weight.action = settings->common.on_unknown;
    if (dnsbl_is_evidence_only(settings, role)) {
        weight.is_enough = false;
        weight.action = ACTION_ACCEPT;
    }
    return weight;
}

/* What the lists say, weighed for the message's role. */
struct weighing {
    const struct check_context *context;
    const struct dnsbl_settings *settings;
    const struct list_answer *results; /* in the order of settings->lists */
    const struct dnsbl_rule **rules;   /* which counts, a list each; NULL: none */
    struct dnsbl_weight weight;
};

/* ---- words ------------------------------------------------------------------------------------------- */

static const char *codes_text(const struct weighing *weighing, const struct list_answer *result)
{
    char *text = talloc_strdup(weighing->context->owner, "");
    for (size_t i = 0; i < result->code_count && text != NULL; i++) {
        char code[INET_ADDRSTRLEN];
        struct in_addr address = {htonl(result->codes[i])};
        inet_ntop(AF_INET, &address, code, sizeof code);
        text = text_join(weighing->context->owner, text, i == 0 ? "" : " ", code);
    }
    return text;
}

/* The list's explanation; a list may quote the question, and with it the key. */
static const char *list_text(const struct weighing *weighing, const struct dnsbl_list *list,
                             const struct list_answer *result)
{
    if (result->text == NULL)
        return "";
    char *text = talloc_strdup(weighing->context->owner, result->text);
    size_t key_length = strlen(list->key);
    for (char *at = text; at != NULL && key_length > 0 && (at = strcasestr(at, list->key)) != NULL;
         at += key_length)
        memset(at, '*', key_length);
    return text == NULL ? "" : check_shorten(weighing->context, text, LIST_TEXT_BYTES_MAX);
}

struct placeholder {
    const char *name;
    const char *value;
};

/* The admin's template with {ip}, {list}, {code} and {text} filled in, once and not in what was filled in. */
static const char *fill_template(const struct weighing *weighing, const char *template,
                                 const struct placeholder *placeholders, size_t count)
{
    char *text = talloc_strdup(weighing->context->owner, "");
    while (*template != '\0' && text != NULL) {
        size_t found = count;
        for (size_t i = 0; i < count && found == count; i++)
            if (strncmp(template, placeholders[i].name, strlen(placeholders[i].name)) == 0)
                found = i;
        if (found < count) {
            text = talloc_strdup_append_buffer(text, placeholders[found].value);
            template += strlen(placeholders[found].name);
            continue;
        }
        text = talloc_strndup_append_buffer(text, template, 1);
        template ++;
    }
    return text;
}

static void say_listed(const struct weighing *weighing, struct finding *finding, size_t i, const char *codes)
{
    const struct dnsbl_list *list = dnsbl_list_at(weighing->settings, i);
    char ip[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&weighing->context->session->client_ip, ip);
    const char *text = list_text(weighing, list, &weighing->results[i]);
    const char *ip_copy = check_text(weighing->context, "%s", ip);
    if (codes == NULL || text == NULL)
        return;
    check_say(weighing->context, finding,
              text[0] == '\0' ? REPLY_dnsbl_listed_unexplained : REPLY_dnsbl_listed,
              (const struct reply_value[]){reply_text("ip", ip_copy),
                                           reply_text("list", list->shown),
                                           reply_text("code", codes),
                                           reply_text("text", text),
                                           {0}});
    if (list->reply[0] == '\0')
        return;
    const struct placeholder placeholders[] = {
        {"{ip}", ip}, {"{list}", list->shown}, {"{code}", codes}, {"{text}", text}};
    finding->reply.text =
        fill_template(weighing, list->reply, placeholders, sizeof placeholders / sizeof placeholders[0]);
    finding->has_own_text = true;
}

static const char *listing_detail(const struct weighing *weighing, const struct dnsbl_list *list,
                                  const struct dnsbl_rule *rule, const char *codes)
{
    const char *name = rule->name;
    const char *text = codes == NULL
                           ? NULL
                           : check_text(weighing->context, "%s: %s%s%s%s", list->shown, codes,
                                        name[0] == '\0' ? "" : " (", name, name[0] == '\0' ? "" : ")");
    return text == NULL ? list->shown : text;
}

/* ---- findings ---------------------------------------------------------------------------------------- */

/* A stable token for what a listing leads to. */
static const char *listing_reason(const struct weighing *weighing, const struct dnsbl_rule *rule,
                                  bool refused)
{
    if (has_weight(rule) && dnsbl_is_evidence_only(weighing->settings, weighing->context->message->role))
        return "listed_evidence";
    switch (rule->action) {
    case DNSBL_ACTION_NONE:
        return "listed_ignored";
    case DNSBL_ACTION_SCORE:
        return "listed_score";
    case DNSBL_ACTION_TAG:
        return "listed_tag";
    default:
        return refused ? "listed" : "listed_below_threshold";
    }
}

/* "bl.example: 127.0.0.10 (PBL), client 192.0.2.4" */
static const char *tag_text(const struct weighing *weighing, const char *detail)
{
    char ip[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&weighing->context->session->client_ip, ip);
    const char *text = check_text(weighing->context, "%s, client %s", detail, ip);
    return text == NULL ? detail : text;
}

static void add_listing(const struct weighing *weighing, size_t i, bool refused,
                        struct finding_list *findings)
{
    const struct dnsbl_list *list = dnsbl_list_at(weighing->settings, i);
    const struct dnsbl_rule *rule = weighing->rules[i];
    const struct list_answer *result = &weighing->results[i];
    const char *codes = codes_text(weighing, result);
    bool fails = has_weight(rule) && refused;
    struct finding finding =
        check_finding(dnsbl_check.name, weighing->context, fails ? FINDING_FAIL : FINDING_PASS,
                      list->allow ? "allowed" : listing_reason(weighing, rule, refused));
    const struct config_place place = config_array_place(&weighing->settings->lists, i);
    finding.rule_file = place.file;
    finding.rule_line = place.line;
    finding_set_numbers(&finding, weighing->settings->threshold, weighing->weight.against);
    finding.detail = listing_detail(weighing, list, rule, codes);
    if (rule->action == DNSBL_ACTION_TAG && !list->allow)
        finding.tag = tag_text(weighing, finding.detail);
    if (fails) {
        finding.action = action_of(rule->action);
        finding.reply.code = finding.action == ACTION_DEFER ? 450 : 550;
        finding.reply.enhanced = finding.action == ACTION_DEFER ? "4.7.1" : "5.7.1";
        say_listed(weighing, &finding, i, codes);
    }
    finding_add(findings, &finding);
}

static void add_unknown(const struct weighing *weighing, size_t i, struct finding_list *findings)
{
    const struct list_answer *result = &weighing->results[i];
    const struct dnsbl_list *list = dnsbl_list_at(weighing->settings, i);
    struct finding finding = check_finding(dnsbl_check.name, weighing->context, FINDING_UNKNOWN, result->why);
    finding.detail =
        check_text(weighing->context, "%s: %s%s%s", list->shown, result->why_text,
                   result->trouble == NULL ? "" : ": ", result->trouble == NULL ? "" : result->trouble);
    check_say(weighing->context, &finding, REPLY_dnsbl_unknown, (const struct reply_value[]){{0}});
    if (dnsbl_is_evidence_only(weighing->settings, weighing->context->message->role))
        finding.action = ACTION_ACCEPT;
    finding_add(findings, &finding);
}

/* One for all lists that have nothing against the client. */
static void add_pass(const struct weighing *weighing, struct finding_list *findings)
{
    char *names = talloc_strdup(weighing->context->owner, "");
    unsigned count = 0;
    for (size_t i = 0; i < weighing->settings->lists.count && names != NULL; i++) {
        const struct dnsbl_list *list = dnsbl_list_at(weighing->settings, i);
        bool counts = (list->roles & 1U << weighing->context->message->role) != 0;
        bool clear = weighing->results[i].verdict == LIST_NOT_LISTED ||
                     weighing->results[i].verdict == LIST_SKIPPED ||
                     (weighing->results[i].verdict == LIST_LISTED && weighing->rules[i] == NULL);
        if (counts && clear && !list->allow)
            names = text_join(weighing->context->owner, names, count++ == 0 ? "" : ", ", list->shown);
    }
    if (count == 0)
        return;
    struct finding finding = check_finding(dnsbl_check.name, weighing->context, FINDING_PASS, "not_listed");
    finding.detail = names;
    finding_add(findings, &finding);
}

static void add_findings(const struct weighing *weighing, struct finding_list *findings)
{
    bool refused = weighing->weight.is_enough;
    for (size_t i = 0; i < weighing->settings->lists.count; i++)
        if (weighing->rules[i] != NULL)
            add_listing(weighing, i, refused, findings);
    for (size_t i = 0; i < weighing->settings->lists.count; i++) {
        bool counts =
            (dnsbl_list_at(weighing->settings, i)->roles & 1U << weighing->context->message->role) != 0;
        if (counts && weighing->results[i].verdict == LIST_UNKNOWN)
            add_unknown(weighing, i, findings);
    }
    add_pass(weighing, findings);
}

static void add_simple(const struct check_context *context, enum finding_outcome outcome, const char *reason,
                       struct finding_list *findings)
{
    struct finding finding = check_finding(dnsbl_check.name, context, outcome, reason);
    finding_add(findings, &finding);
}

/* ---- decision, at MAIL ------------------------------------------------------------------------------- */

/* Whether the answers are those of these very lists, in their order: they are where the settings are those
 * they were asked by. */
static bool is_in_order(const struct dnsbl_settings *settings, const struct gathered_facts *gathered)
{
    bool same = gathered->list_count == settings->lists.count;
    for (size_t i = 0; same && i < gathered->list_count; i++)
        same = strcmp(gathered->lists[i].list, dnsbl_list_at(settings, i)->shown) == 0;
    return same;
}

static struct list_answer answer_of(const struct gathered_facts *gathered, const char *list)
{
    for (size_t i = 0; i < gathered->list_count; i++)
        if (strcmp(gathered->lists[i].list, list) == 0)
            return gathered->lists[i];
    return (struct list_answer){
        .list = list, .verdict = LIST_UNKNOWN, .why = "not_asked", .why_text = "the list was not asked"};
}

/* The answers in the order of the settings; NULL: no memory. */
static const struct list_answer *answers_in_order(const struct check_context *context)
{
    const struct dnsbl_settings *settings = context->settings;
    const struct gathered_facts *gathered = &context->message->gathered;
    if (is_in_order(settings, gathered))
        return gathered->lists;
    struct list_answer *answers =
        talloc_array(context->owner, struct list_answer, (unsigned)settings->lists.count);
    for (size_t i = 0; answers != NULL && i < settings->lists.count; i++)
        answers[i] = answer_of(gathered, dnsbl_list_at(settings, i)->shown);
    return answers;
}

static void judge(const struct check_context *context, struct finding_list *findings)
{
    const struct dnsbl_settings *settings = context->settings;
    struct weighing weighing = {.context = context, .settings = settings};
    weighing.results = answers_in_order(context);
    weighing.rules =
        talloc_zero_array(context->owner, const struct dnsbl_rule *, (unsigned)settings->lists.count);
    if (weighing.results == NULL || weighing.rules == NULL) {
        add_simple(context, FINDING_UNKNOWN, "out_of_memory", findings);
        return;
    }
    weighing.weight = dnsbl_weigh(settings, weighing.results, context->message->role, weighing.rules);
    add_findings(&weighing, findings);
}

static void dnsbl_decide(const struct check_context *context, struct finding_list *findings)
{
    const struct dnsbl_settings *settings = context->settings;
    const struct gathered_facts *gathered = &context->message->gathered;
    if (!any_list_counts(settings, context->message->role))
        return;
    if (!is_asked_for(context->session))
        add_simple(context, FINDING_PASS, "not_asked", findings);
    else if (gathered->lists_missing != NULL && dnsbl_is_evidence_only(settings, context->message->role))
        return; /* nothing would follow */
    else if (gathered->lists_missing != NULL)
        add_simple(context, FINDING_UNKNOWN, gathered->lists_missing, findings);
    else
        judge(context, findings);
}

static unsigned dnsbl_needs(const void *settings)
{
    return any_list_is_wanted(settings) ? CHECK_NEEDS_DNS : 0;
}

const struct check dnsbl_check = {
    .name = "dnsbl",
    .section = &dnsbl_section,
    .stages = STAGE_CONNECT | STAGE_MAIL,
    .use = dnsbl_use,
    .needs = dnsbl_needs,
    .begin = dnsbl_begin,
    .forget = forget_query,
    .decide = dnsbl_decide,
};
