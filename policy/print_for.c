/* `check --print --for`: the policy that applies to one user, and where each value comes from. */
#include "engine.h"

#include "check/relay.h"
#include "config/print.h"
#include "facts/domain_name.h"

#include <talloc.h>

/* What was asked for; the rest is worked out as it would be for a message. */
struct whom {
    void *owner;
    struct config_subject subject;
    bool has_role;
    bool has_customer;
    struct ip_address client;
};

static bool set_role(struct whom *whom, struct slice value)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (slice_equal_nocase(value, slice_of(role_name((enum role)role)))) {
            whom->subject.role = (enum role)role;
            whom->has_role = true;
        }
    return whom->has_role;
}

static const char *lower_copy(void *owner, struct slice value)
{
    char *copy = talloc_strndup(owner, value.length == 0 ? "" : value.data, value.length);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        *c = ascii_lower(*c);
    return copy == NULL ? "" : copy;
}

static bool set_part(struct whom *whom, struct slice name, struct slice value)
{
    struct config_subject *subject = &whom->subject;
    if (slice_equal(name, slice_of("role")))
        return set_role(whom, value);
    if (slice_equal(name, slice_of("client"))) {
        subject->client_ip = &whom->client;
        return ip_address_parse(value, &whom->client);
    }
    if (slice_equal(name, slice_of("user")))
        subject->user = lower_copy(whom->owner, value);
    else if (slice_equal(name, slice_of("domain")))
        subject->domain = domain_canonical(whom->owner, value);
    else if (slice_equal(name, slice_of("customer")))
        subject->customer = lower_copy(whom->owner, value);
    else
        return false;
    whom->has_customer = whom->has_customer || slice_equal(name, slice_of("customer"));
    return value.length > 0;
}

/* "user=ann@example.com,client=192.0.2.7" */
static bool read_whom(struct whom *whom, const char *text, struct strbuf *problem)
{
    struct slice rest = slice_of(text);
    while (rest.length > 0) {
        const size_t comma = slice_find(rest, ',');
        const struct slice part = slice_part(rest, 0, comma);
        const size_t equals = slice_find(part, '=');
        const bool is_pair = equals < part.length;
        rest = slice_part(rest, comma < rest.length ? comma + 1 : comma, rest.length);
        if (is_pair && set_part(whom, slice_trim(slice_part(part, 0, equals)),
                                slice_trim(slice_part(part, equals + 1, part.length))))
            continue;
        strbuf_printf(problem, "'%.*s': write user=LOGIN, client=ADDRESS, role=ROLE, domain=DOMAIN or customer=NAME\n",
                      (int)part.length, part.data);
        return false;
    }
    return true;
}

/* A login as it would be canonical; uid:1000 and script:… are identities of the role local. */
static void complete_user(struct whom *whom, const struct relay_settings *relay)
{
    struct config_subject *subject = &whom->subject;
    const struct slice user = slice_of(subject->user);
    const bool is_local = slice_starts_nocase(user, slice_of("uid:")) || slice_starts_nocase(user, slice_of("script:"));
    if (user.length == 0)
        return;
    if (!whom->has_role)
        subject->role = is_local ? ROLE_LOCAL : ROLE_SUBMISSION;
    whom->has_role = true;
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
    if (subject->client_ip == NULL || !network_set_find(relay->trusted_networks, subject->client_ip, &network))
        return;
    ip_network_print(&network, text);
    subject->role = ROLE_TRUSTED;
    subject->user = lower_copy(whom->owner, slice_of(text));
}

static void complete_customer(struct whom *whom, const struct policy_snapshot *snapshot)
{
    struct strbuf name;
    strbuf_init(&name, 0);
    if (!whom->has_customer && snapshot_find_customer(snapshot, whom->subject.user, &name) == TABLE_FOUND)
        whom->subject.customer = lower_copy(whom->owner, strbuf_slice(&name));
    strbuf_deinit(&name);
}

static void tell_subject(const struct config_subject *subject, struct strbuf *out)
{
    char client[IP_ADDRESS_TEXT_BYTES] = "";
    if (subject->client_ip != NULL)
        ip_address_print(subject->client_ip, client);
    const char *const parts[][2] = {
        {"user", subject->user}, {"domain", subject->domain}, {"customer", subject->customer}, {"client", client}};
    strbuf_printf(out, "# for role %s", role_name(subject->role));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i][1][0] != '\0')
            strbuf_printf(out, ", %s %s", parts[i][0], parts[i][1]);
    strbuf_append_byte(out, '\n');
}

bool policy_snapshot_print_for(const struct policy_snapshot *snapshot, const char *text, struct strbuf *out)
{
    const struct relay_settings *relay = snapshot_relay_settings(snapshot);
    struct whom whom = {.owner = talloc_new(NULL), .subject = {ROLE_OUTSIDE, "", "", "", NULL}};
    bool is_read = read_whom(&whom, text, out);
    if (is_read) {
        complete_user(&whom, relay);
        complete_role(&whom, relay);
        complete_customer(&whom, snapshot);
        tell_subject(&whom.subject, out);
        config_document_print_for(snapshot->document, &whom.subject, out);
    }
    talloc_free(whom.owner);
    return is_read;
}
