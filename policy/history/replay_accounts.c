#include "history/replay_accounts.h"

#include "base/array.h"
#include "base/json_writer.h"
#include "base/time_text.h"
#include "check/account/account.h"
#include "history/history_input.h"
#include "history/period.h"

#include <stdio.h>
#include <talloc.h>

static uint64_t replayed_monotonic_us(void *context)
{
    return (uint64_t)((struct accounts_replay *)context)->now_us;
}

static int64_t replayed_wall_us(void *context)
{
    return ((struct accounts_replay *)context)->now_us;
}

static struct slice text(struct accounts_replay *replay, const struct record *record, enum record_key key,
                         enum scratch scratch)
{
    return record_text(record, key, &replay->scratch[scratch]);
}

/* ---- what is told ----------------------------------------------------------------------------------- */

static void print_json(struct accounts_replay *replay, const char *user, enum account_step step,
                       const struct account_judgement *judgement)
{
    struct json_writer json;
    char time[40];
    time_text_utc(replay->now_us, time);
    snprintf(time + strlen(time) - 1, 10, ".%06dZ", (int)(replay->now_us % 1000000));
    json_writer_init(&json, replay->out);
    json_open_object(&json, NULL);
    json_text(&json, "time", time);
    json_text(&json, "user", user);
    json_text(&json, "step", account_step_name(step));
    json_u64(&json, "points", (uint64_t)(judgement->points + 0.5F));
    json_open_array(&json, "families");
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++)
        if (judgement->families[i] >= 1)
            json_text(&json, NULL, account_family_name((enum account_family)i));
    json_close_array(&json);
    json_close_object(&json);
    strbuf_append_byte(replay->out, '\n');
}

static void print_text(struct accounts_replay *replay, const char *user,
                       const struct account_judgement *judgement)
{
    char time[TIME_TEXT_BYTES];
    time_text_utc(replay->now_us, time);
    strbuf_printf(replay->out, "%s  %-4s  %3.0f  %s\n", time, account_step_name(judgement->step),
                  (double)judgement->points, user);
    for (size_t i = 0; i < judgement->evidence_count; i++) {
        strbuf_printf(replay->out, "  %3.0f  ", (double)judgement->evidence[i].points);
        account_evidence_describe(&judgement->evidence[i], replay->out);
        strbuf_append_byte(replay->out, '\n');
    }
}

/* A webmail, or a record that keeps no addresses. */
static void tell_of_hidden(struct accounts_replay *replay)
{
    enum { WORTH_TELLING = 10 }; /* one in so many */
    if (replay->page->form == HISTORY_JSON || replay->hidden_count == 0 ||
        replay->hidden_count * WORTH_TELLING < replay->sent_count)
        return;
    strbuf_printf(
        replay->out,
        "%llu of %llu messages of logins have no client address, or a private one: the family networks is "
        "not looked at for them, and little is noticed without it (docs/accounts.md)\n",
        (unsigned long long)replay->hidden_count, (unsigned long long)replay->sent_count);
}

/* Who jumps takes each step between as well: whoever waits for a warning sees one. */
static void tell(struct accounts_replay *replay, const char *user, const struct account_judgement *judgement)
{
    if (!judgement->is_raised || replay->page == NULL)
        return;
    if (replay->page->form != HISTORY_JSON) {
        print_text(replay, user, judgement);
        return;
    }
    for (unsigned step = judgement->before + 1U; step <= (unsigned)judgement->step; step++)
        print_json(replay, user, (enum account_step)step, judgement);
}

/* ---- messages of logins ----------------------------------------------------------------------------- */

/* Refused for what they are, not for what the message is. */
static enum account_delivery delivery_of(struct accounts_replay *replay, const struct record *record)
{
    static const char *const of_message[] = {"size.",  "attachments.", "sender.",  "rates.",
                                             "dnsbl.", "blocks.",      "account.", "recipients."};
    if (record_is(record, RECORD_RECIPIENT_ACTION, "accept") ||
        record_is(record, RECORD_RECIPIENT_ACTION, "hold"))
        return ACCOUNT_TAKEN;
    if (record_is(record, RECORD_RECIPIENT_ACTION, "ignore"))
        return ACCOUNT_REFUSED;
    if (!record_is(record, RECORD_RECIPIENT_ACTION, "reject"))
        return ACCOUNT_LEFT;
    const struct slice reason = text(replay, record, RECORD_RECIPIENT_REASON, OF_OTHER);
    for (size_t i = 0; i < sizeof of_message / sizeof of_message[0]; i++)
        if (slice_starts_nocase(reason, slice_of(of_message[i])))
            return ACCOUNT_LEFT;
    return ACCOUNT_REFUSED;
}

void accounts_replay_begin_recipients(struct accounts_replay *replay)
{
    replay->recipient_count = 0;
    strbuf_reset(&replay->addresses);
}

bool accounts_replay_add_recipient(struct accounts_replay *replay, enum account_delivery delivery,
                                   struct slice address)
{
    if (!array_reserve(replay->owner, replay->recipients, replay->recipient_count))
        return false;
    replay->recipients[replay->recipient_count++] =
        (struct account_recipient){.address = {NULL, address.length}, .delivery = delivery};
    strbuf_append_slice(&replay->addresses, address);
    return !replay->addresses.failed;
}

static bool read_recipients(struct accounts_replay *replay, struct record *record)
{
    struct json_cursor cursor = record_begin(record, RECORD_RECIPIENTS);
    accounts_replay_begin_recipients(replay);
    while (record_next(record, RECORD_RECIPIENTS, &cursor)) {
        const enum account_delivery delivery = delivery_of(replay, record);
        if (!accounts_replay_add_recipient(replay, delivery,
                                           text(replay, record, RECORD_RECIPIENT_ADDRESS, OF_OTHER)))
            return false;
    }
    return true;
}

/* The buffer has moved while it grew. */
static void settle_recipients(struct accounts_replay *replay)
{
    const char *at = strbuf_text(&replay->addresses);
    for (size_t i = 0; i < replay->recipient_count; i++) {
        replay->recipients[i].address.data = at;
        at += replay->recipients[i].address.length;
    }
}

static bool is_new_to(struct accounts_replay *replay, struct slice login, struct slice address)
{
    return login.length == 0 || contacts_look(replay->contacts, login, address) == CONTACT_NEW;
}

/* Whoever wrote to the login's address before it ever sent is known by that address. */
static void look_up_contacts(struct accounts_replay *replay, const struct account_message *message)
{
    for (size_t i = 0; i < replay->recipient_count; i++) {
        struct account_recipient *recipient = &replay->recipients[i];
        if (recipient->delivery != ACCOUNT_REFUSED)
            recipient->is_new = is_new_to(replay, message->user, recipient->address) &&
                                (slice_equal_nocase(message->user, message->sender) ||
                                 is_new_to(replay, message->sender, recipient->address));
    }
}

/* The recipients know the sender, and the sender them. */
static void meet(struct accounts_replay *replay, struct slice user, struct slice sender)
{
    for (size_t i = 0; i < replay->recipient_count; i++) {
        const struct account_recipient *recipient = &replay->recipients[i];
        if (recipient->delivery != ACCOUNT_TAKEN)
            continue;
        const char *reader = accounts_owner_of(replay->accounts, recipient->address);
        const struct slice mailbox = reader == NULL ? recipient->address : slice_of(reader);
        if (user.length > 0 && !contacts_meet(replay->contacts, user, recipient->address))
            replay->failed = true;
        /* Whose mailbox is elsewhere needs no memory here. */
        if (sender.length > 0 && (user.length == 0 || reader != NULL) &&
            !contacts_meet(replay->contacts, mailbox, sender))
            replay->failed = true;
    }
}

static unsigned count_blocked(struct record *record)
{
    unsigned count = 0;
    struct json_cursor cursor = record_begin(record, RECORD_ATTACHMENTS);
    while (record_next(record, RECORD_ATTACHMENTS, &cursor))
        count += record_is(record, RECORD_ATTACHMENT_OUTCOME, "blocked") ||
                 record_is(record, RECORD_ATTACHMENT_OUTCOME, "disguised");
    return count;
}

static bool is_listed(struct record *record)
{
    struct json_cursor cursor = record_begin(record, RECORD_LISTS);
    while (record_next(record, RECORD_LISTS, &cursor))
        if (record_is(record, RECORD_LIST_STATE, "listed"))
            return true;
    return false;
}

static bool find_client(struct accounts_replay *replay, struct record *record, struct ip_address *client)
{
    if (ip_address_parse(text(replay, record, RECORD_ORIGIN_ADDRESS, OF_OTHER), client))
        return true;
    record_enter(record, RECORD_CLIENT);
    return ip_address_parse(text(replay, record, RECORD_CLIENT_ADDRESS, OF_OTHER), client);
}

void accounts_replay_take_sent(struct accounts_replay *replay, struct account_message *message)
{
    struct account_judgement judgement;
    settle_recipients(replay);
    replay->sent_count++;
    replay->hidden_count += message->client == NULL || ip_address_is_private(message->client);
    message->time_us = replay->now_us;
    look_up_contacts(replay, message);
    message->recipients = replay->recipients;
    message->recipient_count = replay->recipient_count;
    if (!accounts_take_message(replay->accounts, replay->settings, message, &judgement)) {
        replay->failed = true;
        return;
    }
    char *user = talloc_strndup(replay->owner, message->user.data, message->user.length);
    replay->failed = replay->failed || user == NULL;
    if (user != NULL)
        tell(replay, user, &judgement);
    talloc_free(user);
    meet(replay, message->user, message->sender);
    if (replay->note_sent != NULL)
        replay->note_sent(replay, message);
}

static void take_from_login(struct accounts_replay *replay, struct record *record)
{
    struct ip_address client;
    struct account_message message = {
        .user = text(replay, record, RECORD_USER, OF_USER),
        .client = find_client(replay, record, &client) ? &client : NULL,
        .helo = text(replay, record, RECORD_HELO, OF_HELO),
        .sender = text(replay, record, RECORD_SENDER, OF_SENDER),
        .from = account_from_address(text(replay, record, RECORD_FROM, OF_FROM)),
        .message_id = text(replay, record, RECORD_MESSAGE_ID, OF_MESSAGE_ID),
        .fingerprint = text(replay, record, RECORD_FINGERPRINT, OF_FINGERPRINT),
        .is_listed = is_listed(record),
        .blocked_attachments = count_blocked(record),
    };
    accounts_replay_take_sent(replay, &message);
}

/* ---- everything else -------------------------------------------------------------------------------- */

static void take_report(struct accounts_replay *replay, struct record *record, bool is_complaint)
{
    const enum record_key parent = is_complaint ? RECORD_ARF : RECORD_DSN;
    const enum record_key id = is_complaint ? RECORD_ARF_MESSAGE_ID : RECORD_DSN_MESSAGE_ID;
    const enum record_key list = is_complaint ? RECORD_ARF_RECIPIENTS : RECORD_DSN_RECIPIENTS;
    struct account_judgement judgement;
    const char *user;
    if (!record_has(record, parent))
        return;
    record_enter(record, parent);
    struct json_value value;
    struct json_cursor cursor = json_enter(&record->values[list]);
    struct account_report report = {.time_us = replay->now_us,
                                    .message_id = text(replay, record, id, OF_MESSAGE_ID),
                                    .is_complaint = is_complaint};
    while (json_next(&cursor, NULL, &value))
        report.recipient_count++;
    report.recipient_count = report.recipient_count == 0 ? 1 : report.recipient_count;
    if (accounts_take_report(replay->accounts, replay->settings, &report, &user, &judgement))
        tell(replay, user, &judgement);
}

void accounts_replay_take_inbound(struct accounts_replay *replay, struct slice sender)
{
    settle_recipients(replay);
    for (size_t i = 0; i < replay->recipient_count; i++)
        if (replay->recipients[i].delivery == ACCOUNT_TAKEN)
            accounts_take_inbound(replay->accounts, replay->recipients[i].address, replay->now_us);
    meet(replay, (struct slice){NULL, 0}, sender);
}

static void take_from_outside(struct accounts_replay *replay, struct record *record)
{
    accounts_replay_take_inbound(replay, text(replay, record, RECORD_SENDER, OF_SENDER));
    take_report(replay, record, false);
    take_report(replay, record, true);
}

static void take_login(struct accounts_replay *replay, struct record *record)
{
    struct ip_address client;
    const struct slice user = text(replay, record, RECORD_USER, OF_USER);
    record_enter(record, RECORD_CLIENT);
    if (user.length == 0 || record_is(record, RECORD_STATE, "failed") ||
        !ip_address_parse(text(replay, record, RECORD_CLIENT_ADDRESS, OF_OTHER), &client))
        return;
    if (!accounts_take_login(replay->accounts, replay->settings, user, &client, replay->now_us))
        replay->failed = true;
}

static void take_unlock(struct accounts_replay *replay, struct record *record)
{
    record_enter(record, RECORD_SUBJECT);
    if (record_is(record, RECORD_SUBJECT_KIND, "user"))
        accounts_forgive(replay->accounts, text(replay, record, RECORD_SUBJECT_NAME, OF_USER), replay->now_us,
                         record_is(record, RECORD_STATE, "forgiven"));
}

static bool take(void *context, struct record *record, int64_t time_us)
{
    struct accounts_replay *replay = context;
    const enum record_line line = record_line_of(record);
    replay->now_us = time_us;
    if (line == RECORD_LINE_LOGIN)
        take_login(replay, record);
    if (line == RECORD_LINE_UNLOCK)
        take_unlock(replay, record);
    if (line != RECORD_LINE_MESSAGE)
        return !replay->failed;
    if (!read_recipients(replay, record))
        replay->failed = true;
    else if (record_is(record, RECORD_ROLE, "submission") ||
             record_is(record, RECORD_ROLE_REASON, "recent_login"))
        take_from_login(replay, record);
    else
        take_from_outside(replay, record);
    replay->record_count++;
    return !replay->failed && (replay->out == NULL || !replay->out->failed);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

bool accounts_replay_records(struct accounts_replay *replay, const struct policy_history_source *source,
                             const struct policy_accounts_query *query, struct strbuf *problem)
{
    struct history_input input;
    struct history_period period = {.since_us = INT64_MIN / 2, .until_us = INT64_MAX / 2};
    if ((query->since != NULL || query->until != NULL) &&
        !history_period_read(query->since == NULL ? "1970-01-02" : query->since, query->until, query->now_us,
                             &period, problem))
        return false;
    if (!history_input_open(&input, replay->owner, source, problem) ||
        !history_merge(&input, period.since_us, period.until_us, take, replay, problem))
        return false;
    history_input_finish(&input);
    if (replay->failed)
        strbuf_append_text(problem, "out of memory");
    return !replay->failed;
}

static const struct account_settings *settings_of(const struct policy_snapshot *snapshot)
{
    return config_document_settings(snapshot->judge.document,
                                    snapshot->judge.first_section + check_index(&account_check),
                                    ROLE_SUBMISSION);
}

bool accounts_replay_begin(struct accounts_replay *replay, const struct policy_snapshot *snapshot,
                           struct state_database *database, const uint64_t seed[2])
{
    replay->clock = (struct clock){replayed_monotonic_us, replayed_wall_us, replay};
    replay->owner = talloc_new(NULL);
    replay->accounts = accounts_create(database, seed);
    if (replay->accounts != NULL)
        accounts_use_geo(replay->accounts, snapshot_geo(snapshot));
    replay->contacts = contacts_create(&replay->clock, database);
    replay->settings = &settings_of(snapshot)->judged;
    strbuf_init(&replay->addresses, 0);
    for (unsigned i = 0; i < SCRATCH_COUNT; i++)
        strbuf_init(&replay->scratch[i], 0);
    return replay->owner != NULL && replay->accounts != NULL && replay->contacts != NULL;
}

void accounts_replay_end(struct accounts_replay *replay)
{
    accounts_destroy(replay->accounts);
    contacts_destroy(replay->contacts);
    strbuf_deinit(&replay->addresses);
    for (unsigned i = 0; i < SCRATCH_COUNT; i++)
        strbuf_deinit(&replay->scratch[i]);
    talloc_free(replay->owner);
}

enum policy_replay_result policy_replay_accounts(const struct policy_history_source *source,
                                                 const struct policy_accounts_query *query,
                                                 const struct policy_history_page *page, struct strbuf *out)
{
    struct strbuf problem;
    struct accounts_replay replay = {.page = page, .out = out};
    struct policy_snapshot *snapshot = policy_load(query->config, out);
    if (snapshot == NULL)
        return REPLAY_BAD_CONFIG;
    strbuf_reset(out); /* warnings are check's to tell */
    strbuf_init(&problem, 0);
    static const uint64_t seed[2] = {1, 2}; /* the same records, the same answer */
    const bool is_begun = accounts_replay_begin(&replay, snapshot, NULL, seed);
    if (!is_begun)
        strbuf_append_text(&problem, "out of memory");
    const bool is_done = is_begun && accounts_replay_records(&replay, source, query, &problem);
    if (is_done)
        tell_of_hidden(&replay);
    if (!is_done) {
        strbuf_reset(out);
        strbuf_append_slice(out, strbuf_slice(&problem));
    }
    accounts_replay_end(&replay);
    strbuf_deinit(&problem);
    policy_snapshot_unref(snapshot);
    return is_done ? REPLAY_TOLD : REPLAY_FAILED;
}
