/* What is kept of one message: its facts, its settings, its outcome. */
#include "session/session_state.h"

#include "base/array.h"
#include "check/relay/role.h"
#include "engine/observers.h"

#include <talloc.h>

enum {
    HEADERS_KEPT_MAX = 64,          /* fields kept for the checks */
    HEADER_BYTES_KEPT_MAX = 262144, /* of all of them */
    PIECES_USUAL = 24,
    PIECES_USUAL_BYTES = 4096,
};

const char *facts_text(void *owner, const char *text, bool *failed)
{
    if (text == NULL || text[0] == '\0')
        return "";
    const char *copy = talloc_strdup(owner, text);
    if (copy == NULL)
        *failed = true;
    return copy == NULL ? "" : copy;
}

/* RFC 1870: SIZE=number, the keyword in any case. Anything else is left to the MTA to refuse. */
static void read_declared_size(struct message_facts *facts, const char *const *params)
{
    for (; params != NULL && *params != NULL; params++) {
        struct slice param = slice_of(*params);
        if (!slice_starts_nocase(param, slice_of("SIZE=")) || param.length == 5)
            continue;
        uint64_t bytes = 0;
        bool valid = true;
        for (size_t i = 5; i < param.length && valid; i++)
            valid = ascii_is_digit(param.data[i]) && !__builtin_mul_overflow(bytes, 10, &bytes) &&
                    !__builtin_add_overflow(bytes, (uint64_t)(param.data[i] - '0'), &bytes);
        facts->has_declared_size = valid;
        facts->declared_size_bytes = valid ? bytes : 0;
    }
}

/* RFC 6531, 3.4. */
static bool says_smtputf8(const char *const *params)
{
    for (; params != NULL && *params != NULL; params++)
        if (slice_equal_nocase(slice_of(*params), slice_of("SMTPUTF8")))
            return true;
    return false;
}

static void copy_tls(struct message *message, const struct tls_facts *tls)
{
    bool *failed = &message->judgement.out_of_memory;
    message->facts.tls = (struct tls_facts){
        .version = facts_text(message, tls->version, failed),
        .cipher = facts_text(message, tls->cipher, failed),
        .cert_subject = facts_text(message, tls->cert_subject, failed),
        .cert_issuer = facts_text(message, tls->cert_issuer, failed),
        .cert_fingerprint = facts_text(message, tls->cert_fingerprint, failed),
        .cert_verified = tls->cert_verified,
        .cert_common_name = facts_text(message, tls->cert_common_name, failed),
    };
}

static void find_recent_login(struct policy_session *session, struct message *message)
{
    struct message_facts *facts = &message->facts;
    if (session->engine->recent_logins == NULL ||
        !role_wants_recent_login(session->snapshot->judge.relay, &session->facts, facts))
        return;
    if (recent_logins_find(session->engine->recent_logins, &session->facts.client_ip, message,
                           &facts->gathered.recent_login) == RECENT_LOGIN_NO_MEMORY)
        message->judgement.out_of_memory = true;
}

/* With room for what a small message takes, so that this is one piece of memory and not fifty; the sanitizers
 * see each of them. */
static struct message *create_message(struct policy_session *session)
{
#ifdef CLOSEDRELAY_SANITIZED
    return talloc_zero(session, struct message);
#else
    struct message *message = talloc_pooled_object(session, struct message, PIECES_USUAL, PIECES_USUAL_BYTES);
    if (message != NULL)
        memset(message, 0, sizeof *message);
    return message;
#endif
}

struct message *message_begin(struct policy_session *session, const struct policy_mail *mail)
{
    const struct clock *clock = &session->engine->options.clock;
    struct message *message = create_message(session);
    if (message == NULL)
        return NULL;
    struct message_facts *facts = &message->facts;
    struct judgement *judgement = &message->judgement;
    bool *failed = &judgement->out_of_memory;
    *judgement = (struct judgement){
        .policy = &session->snapshot->judge,
        .session = &session->facts,
        .message = facts,
        .owner = message,
        .session_slots = session->check_slots,
        .cannot_hold = session->cannot_hold,
        .cannot_drop = session->cannot_drop,
        .can_wait = session->can_wait,
    };
    message->started_us = clock_monotonic_us(clock);
    facts->id = incident_id_new(clock_wall_us(clock));
    facts->queue_id = facts_text(message, mail->queue_id, failed);
    facts->auth_type = facts_text(message, mail->auth_type, failed);
    facts->login = facts_text(message, mail->auth_authen, failed);
    copy_tls(message, &mail->tls);
    read_declared_size(facts, mail->params);
    facts->is_smtputf8 = says_smtputf8(mail->params);
    find_recent_login(session, message);
    if (!mail_address_parse(message, slice_of(mail->path), &facts->sender)) {
        talloc_free(message);
        return NULL;
    }
    return message;
}

bool message_add_recipient(struct message *message, const struct recipient *recipient)
{
    struct message_facts *facts = &message->facts;
    if (facts->recipient_count == message->recipient_capacity) {
        size_t capacity = message->recipient_capacity == 0 ? 4 : message->recipient_capacity * 2;
        struct recipient *grown =
            talloc_realloc(message, facts->recipients, struct recipient, (unsigned)capacity);
        if (grown == NULL)
            return false;
        facts->recipients = grown;
        message->recipient_capacity = capacity;
    }
    facts->recipients[facts->recipient_count++] = *recipient;
    return true;
}

/* The fields that checks and the record look at, and how many of each are kept. */
static const struct kept_header {
    struct slice name; /* with a NUL behind it */
    size_t most;
    bool must_be_whole; /* a check has to see all there are */
} kept_headers[] = {
    {SLICE_LITERAL("from"), 16, true},
    {SLICE_LITERAL("sender"), 8, true},
    {SLICE_LITERAL("message-id"), 4, false},
    {SLICE_LITERAL("received"), 4, false},
    {SLICE_LITERAL("x-php-originating-script"), 4, false},
    {SLICE_LITERAL("x-php-script"), 4, false},
    {SLICE_LITERAL("x-originating-ip"), 2, false},
    {SLICE_LITERAL("x-sender-ip"), 2, false},
    {SLICE_LITERAL("x-client-ip"), 2, false},
    {SLICE_LITERAL("x-forward"), 2, false},
};

static const struct kept_header *find_kept_header(struct slice name)
{
    for (size_t k = 0; k < sizeof kept_headers / sizeof kept_headers[0]; k++)
        if (slice_equal_nocase(name, kept_headers[k].name))
            return &kept_headers[k];
    return NULL;
}

static bool has_room_for(const struct message *message, const struct kept_header *kept, struct slice value)
{
    const struct message_facts *facts = &message->facts;
    size_t count = 0;
    for (size_t i = 0; i < facts->header_count; i++)
        count += facts->headers[i].name == kept->name.data;
    return count < kept->most && facts->header_count < HEADERS_KEPT_MAX &&
           value.length <= HEADER_BYTES_KEPT_MAX - message->header_bytes_kept;
}

void message_keep_header(struct message *message, struct slice name, struct slice value)
{
    struct message_facts *facts = &message->facts;
    const struct kept_header *kept = find_kept_header(name);
    if (kept == NULL)
        return;
    if (!has_room_for(message, kept, value)) {
        facts->headers_over_budget = facts->headers_over_budget || kept->must_be_whole;
        return;
    }
    if (facts->headers == NULL)
        facts->headers = talloc_array(message, struct header_field, HEADERS_KEPT_MAX);
    char *copy = talloc_strndup(message, value.data == NULL ? "" : value.data, value.length);
    if (facts->headers == NULL || copy == NULL) {
        message->judgement.findings.failed = true;
        return;
    }
    message->header_bytes_kept += value.length;
    facts->headers[facts->header_count++] =
        (struct header_field){kept->name.data, slice_make(copy, value.length)};
}

/* ---- outcome ---------------------------------------------------------------------------------------- */

const struct verdict *message_publish(struct policy_session *session, const struct outcome_edits *edits,
                                      const char *aborted)
{
    struct message *message = session->message;
    const struct clock *clock = &session->engine->options.clock;
    struct outcome outcome = {
        .session = &session->facts,
        .message = &message->facts,
        .findings = &message->judgement.findings,
        .verdict = &message->judgement.verdict,
        .would = message->judgement.would,
        .edits = *edits,
        .aborted = aborted,
        .time_us = clock_wall_us(clock),
        .duration_us = clock_monotonic_us(clock) - message->started_us,
        .mode = session->snapshot->judge.mode,
        .policy = session->snapshot->id,
    };
    message->is_over = true;
    engine_publish(
        &(struct publication){session->engine, session->snapshot, &outcome, &message->unrecorded_answer});
    message->is_accepted = aborted == NULL && outcome.answer->action < ACTION_DEFER;
    return outcome.answer;
}
