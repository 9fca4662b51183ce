/* `check --print`: what is in force, for everybody or for one user, and where each value comes from. */
#include "policy_query.h"

#include "engine/engine.h"

#include "check/relay/relay.h"
#include "config/print.h"
#include "config/settings_answer.h"
#include "facts/domain_name.h"

#include <talloc.h>

/* What was asked for; the rest is worked out as it would be for a message. */
struct whom {
    void *owner;
    struct config_subject subject;
    bool has_role;
    bool has_customer;
    bool is_customer_unknown; /* the table of customers cannot be asked */
    struct ip_address client;
};

static bool set_role(struct whom *whom, struct slice value, struct strbuf *problem)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (slice_equal_nocase(value, slice_of(role_name((enum role)role)))) {
            whom->subject.role = (enum role)role;
            whom->has_role = true;
        }
    if (!whom->has_role)
        strbuf_append_text(problem, "a role is submission, trusted, local or outside");
    return whom->has_role;
}

static bool set_client(struct whom *whom, struct slice value, struct strbuf *problem)
{
    whom->subject.client_ip = &whom->client;
    if (ip_address_parse(value, &whom->client))
        return true;
    strbuf_append_text(problem, "that is no IP address");
    return false;
}

static const char *lower_copy(void *owner, struct slice value)
{
    char *copy = talloc_strndup(owner, value.length == 0 ? "" : value.data, value.length);
    ascii_lower_text(copy);
    return copy == NULL ? "" : copy;
}

/* Whether there is a value already. */
static bool is_given(const struct whom *whom, struct slice name)
{
    const struct config_subject *subject = &whom->subject;
    return (slice_equal(name, slice_of("role")) && whom->has_role) ||
           (slice_equal(name, slice_of("client")) && subject->client_ip != NULL) ||
           (slice_equal(name, slice_of("user")) && subject->user[0] != '\0') ||
           (slice_equal(name, slice_of("domain")) && subject->domain[0] != '\0') ||
           (slice_equal(name, slice_of("customer")) && subject->customer[0] != '\0') ||
           (slice_equal(name, slice_of("sender")) && subject->sender[0] != '\0');
}

/* False: why not is appended to `problem`. */
static bool set_part(struct whom *whom, struct slice name, struct slice value, struct strbuf *problem)
{
    struct config_subject *subject = &whom->subject;
    const char **const texts[] = {&subject->user, &subject->domain, &subject->customer, &subject->sender};
    static const char *const names[] = {"user", "domain", "customer", "sender"};
    if (is_given(whom, name)) {
        strbuf_append_text(problem, "one of each is all that a message has");
        return false;
    }
    if (slice_equal(name, slice_of("role")))
        return set_role(whom, value, problem);
    if (slice_equal(name, slice_of("client")))
        return set_client(whom, value, problem);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!slice_equal(name, slice_of(names[i])) || value.length == 0)
            continue;
        const char *text = i == 1 ? domain_canonical(whom->owner, value) : lower_copy(whom->owner, value);
        if (text == NULL) {
            strbuf_append_text(problem, "out of memory");
            return false;
        }
        *texts[i] = text;
        whom->has_customer = whom->has_customer || i == 2;
        return true;
    }
    strbuf_append_text(
        problem,
        "write user=LOGIN, client=ADDRESS, role=ROLE, domain=DOMAIN, customer=NAME or sender=ADDRESS");
    return false;
}

/* "user=ann@example.com,client=192.0.2.7" */
static bool read_whom(struct whom *whom, const char *text, struct strbuf *problem)
{
    struct slice rest = slice_of(text);
    while (rest.length > 0) {
        const size_t comma = slice_find(rest, ',');
        const struct slice part = slice_part(rest, 0, comma);
        const size_t equals = slice_find(part, '=');
        const struct slice value = slice_part(part, equals < part.length ? equals + 1 : equals, part.length);
        struct strbuf why;
        strbuf_init(&why, 0);
        const bool is_set = set_part(whom, slice_trim(slice_part(part, 0, equals)), slice_trim(value), &why);
        if (!is_set)
            strbuf_printf(problem, "'%.*s': %s\n", (int)part.length, part.data, strbuf_text(&why));
        strbuf_deinit(&why);
        if (!is_set)
            return false;
        rest = slice_part(rest, comma < rest.length ? comma + 1 : comma, rest.length);
    }
    const struct config_subject *subject = &whom->subject;
    const bool is_known =
        subject->user[0] != '\0' || subject->domain[0] != '\0' || subject->customer[0] != '\0';
    if (whom->has_role && subject->role == ROLE_OUTSIDE && is_known)
        strbuf_append_text(problem, "who has the role outside has no user, domain or customer\n");
    return !whom->has_role || subject->role != ROLE_OUTSIDE || !is_known;
}

/* A login as it would be canonical; a domain or customer alone stands for a login of theirs. uid:1000 and
 * script:… are identities of the role local. */
static void complete_user(struct whom *whom, const struct relay_settings *relay)
{
    struct config_subject *subject = &whom->subject;
    const struct slice user = slice_of(subject->user);
    const bool is_local =
        slice_starts_nocase(user, slice_of("uid:")) || slice_starts_nocase(user, slice_of("script:"));
    const bool is_known = user.length > 0 || subject->domain[0] != '\0' || subject->customer[0] != '\0';
    if (!whom->has_role && is_known)
        subject->role = is_local ? ROLE_LOCAL : ROLE_SUBMISSION;
    whom->has_role = whom->has_role || is_known;
    if (user.length == 0)
        return;
    if (subject->role == ROLE_SUBMISSION) {
        const char *canonical = login_canonical(whom->owner, user, relay->default_realm);
        subject->user = canonical == NULL ? subject->user : canonical;
    }
    const char *at = strrchr(subject->user, '@');
    if (subject->domain[0] == '\0' && at != NULL)
        subject->domain = at + 1;
}

static void complete_role(struct whom *whom, const struct relay_settings *relay)
{
    struct config_subject *subject = &whom->subject;
    struct ip_network network;
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    if (whom->has_role)
        return;
    subject->role = ROLE_OUTSIDE;
    if (subject->client_ip == NULL ||
        !network_set_find(relay->trusted_networks, subject->client_ip, &network))
        return;
    ip_network_print(&network, text);
    subject->role = ROLE_TRUSTED;
    subject->user = lower_copy(whom->owner, slice_of(text));
}

/* A domain alone stands for its logins. False: the table cannot be asked. */
static bool complete_customer(struct whom *whom, const struct policy_snapshot *snapshot)
{
    struct strbuf user, name;
    enum table_answer answer = TABLE_MISSING;
    strbuf_init(&user, 0);
    strbuf_init(&name, 0);
    strbuf_append_text(&user, whom->subject.user);
    if (user.length == 0 && whom->subject.domain[0] != '\0')
        strbuf_printf(&user, "@%s", whom->subject.domain);
    if (!whom->has_customer && user.length > 0)
        answer = judge_find_customer(&snapshot->judge, strbuf_text(&user), &name);
    if (answer == TABLE_FOUND)
        whom->subject.customer = lower_copy(whom->owner, strbuf_slice(&name));
    strbuf_deinit(&user);
    strbuf_deinit(&name);
    return answer != TABLE_UNKNOWN;
}

static void report_subject(const struct config_subject *subject, struct strbuf *out)
{
    char client[IP_ADDRESS_TEXT_BYTES] = "";
    if (subject->client_ip != NULL)
        ip_address_print(subject->client_ip, client);
    const char *const parts[][2] = {{"user", subject->user},
                                    {"domain", subject->domain},
                                    {"customer", subject->customer},
                                    {"sender", subject->sender},
                                    {"client", client}};
    strbuf_printf(out, "# for role %s", role_name(subject->role));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i][1][0] != '\0')
            strbuf_printf(out, ", %s %s", parts[i][0], parts[i][1]);
    strbuf_append_byte(out, '\n');
}

/* Whom `text` is about, with what follows from it. False: it cannot be read, and `problem` says why. */
static bool find_whom(const struct policy_snapshot *snapshot, const char *text, struct whom *whom,
                      struct strbuf *problem)
{
    const struct relay_settings *relay = snapshot_relay_settings(snapshot);
    if (!read_whom(whom, text, problem))
        return false;
    complete_user(whom, relay);
    complete_role(whom, relay);
    whom->is_customer_unknown = !complete_customer(whom, snapshot);
    return true;
}

bool policy_snapshot_print_subject(const struct policy_snapshot *snapshot, const char *text,
                                   struct strbuf *out)
{
    struct whom whom = {.owner = talloc_new(NULL), .subject = {ROLE_OUTSIDE, "", "", "", NULL, ""}};
    const bool is_read = find_whom(snapshot, text, &whom, out);
    if (is_read) {
        report_subject(&whom.subject, out);
        if (whom.is_customer_unknown)
            strbuf_append_text(out,
                               "# the table of customers cannot be asked: no override by customer matches\n");
        config_document_print_matches(snapshot->document, &whom.subject, out);
        config_document_print_subject(snapshot->document, &whom.subject, out);
    }
    talloc_free(whom.owner);
    return is_read;
}

/* ---- as an answer ------------------------------------------------------------------------------------ */

static void answer_subject(const struct whom *whom, struct answer *answer)
{
    const struct config_subject *subject = &whom->subject;
    char client[IP_ADDRESS_TEXT_BYTES] = "";
    if (subject->client_ip != NULL)
        ip_address_print(subject->client_ip, client);
    answer_open_object(answer, "for", NULL);
    answer_text(answer, "role", NULL, role_name(subject->role));
    answer_text(answer, "user", NULL, subject->user);
    answer_text(answer, "domain", NULL, subject->domain);
    answer_text(answer, "customer", NULL, whom->is_customer_unknown ? NULL : subject->customer);
    answer_text(answer, "sender", NULL, subject->sender);
    answer_text(answer, "client", NULL, client);
    answer_close(answer);
}

bool policy_query_settings(const struct policy_snapshot *snapshot, const char *text, struct answer *answer)
{
    struct whom whom = {.owner = talloc_new(NULL), .subject = {ROLE_OUTSIDE, "", "", "", NULL, ""}};
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_read = text == NULL || find_whom(snapshot, text, &whom, &problem);
    if (!is_read)
        answer_refuse(answer, "%.*s", (int)slice_trim(strbuf_slice(&problem)).length, strbuf_text(&problem));
    answer_text(answer, "policy", NULL, snapshot->id);
    answer_text(answer, "config", NULL, snapshot->path);
    if (is_read && text == NULL) {
        config_document_answer(snapshot->document, answer);
    } else if (is_read) {
        answer_subject(&whom, answer);
        config_document_answer_subject(snapshot->document, &whom.subject, answer);
    }
    strbuf_deinit(&problem);
    talloc_free(whom.owner);
    return is_read;
}

const char *policy_snapshot_id(const struct policy_snapshot *snapshot)
{
    return snapshot->id;
}

void policy_snapshot_print(const struct policy_snapshot *snapshot, struct strbuf *out)
{
    config_document_print(snapshot->document, out);
}
