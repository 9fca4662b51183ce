/* `learn`: what is usual for each login, from the record and from mail servers' logs. */
#include "accounts/accounts.h"
#include "base/array.h"
#include "check/relay/relay.h"
#include "facts/ip_address.h"
#include "history/learn_logs.h"
#include "record/record_stream.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { LOGINS_TOLD = 20, LOGINS_MAX = 100000, NETWORKS_TOLD = 4 };

/* Of whom something was learnt. */
struct learnt_login {
    char *user;
    uint64_t message_count;
    char networks[NETWORKS_TOLD][IP_ADDRESS_TEXT_BYTES + 4]; /* the first ones */
    size_t network_count;
    bool has_more_networks;
    UT_hash_handle hh;
};

struct learning {
    struct accounts_replay replay;
    const struct policy_history_source *source;
    const struct policy_snapshot *snapshot;
    struct policy_history_source records; /* those of the files that are records */
    struct learn_logs logs;
    struct learnt_login *logins;
    uint64_t sent_count;
    struct strbuf problem;
};

/* ---- of whom ---------------------------------------------------------------------------------------- */

static void note_network(struct learnt_login *login, const struct ip_address *client)
{
    char text[IP_ADDRESS_TEXT_BYTES + 4];
    struct ip_network network = {.address = *client, .prefix_bits = ip_address_is_ipv4(client) ? 120 : 48};
    memset(network.address.bytes + network.prefix_bits / 8, 0, (size_t)(16 - network.prefix_bits / 8));
    ip_network_print(&network, text);
    for (size_t i = 0; i < login->network_count; i++)
        if (strcmp(login->networks[i], text) == 0)
            return;
    login->has_more_networks = login->network_count == NETWORKS_TOLD;
    if (!login->has_more_networks)
        memcpy(login->networks[login->network_count++], text, sizeof text);
}

static struct learnt_login *login_of(struct learning *learning, struct slice user)
{
    struct learnt_login *login = NULL;
    HASH_FIND(hh, learning->logins, user.data, user.length, login);
    if (login != NULL || HASH_COUNT(learning->logins) >= LOGINS_MAX)
        return login;
    login = talloc_zero(learning->replay.owner, struct learnt_login);
    if (login == NULL)
        return NULL;
    login->user = talloc_strndup(login, user.data, user.length);
    if (login->user != NULL)
        HASH_ADD_KEYPTR(hh, learning->logins, login->user, user.length, login);
    if (login->hh.tbl == NULL)
        TALLOC_FREE(login);
    return login;
}

static void note_sent(struct accounts_replay *replay, const struct account_message *message)
{
    struct learning *learning = replay->note_context;
    struct learnt_login *login = login_of(learning, message->user);
    learning->sent_count++;
    if (login == NULL)
        return;
    login->message_count++;
    if (message->client != NULL)
        note_network(login, message->client);
}

static int most_first(const struct learnt_login *a, const struct learnt_login *b)
{
    if (a->message_count != b->message_count)
        return a->message_count < b->message_count ? 1 : -1;
    return strcmp(a->user, b->user);
}

static void tell(struct learning *learning, struct strbuf *out)
{
    const struct learn_logs *logs = &learning->logs;
    const unsigned count = HASH_COUNT(learning->logins);
    size_t told = 0;
    const uint64_t messages = learning->replay.record_count + logs->message_count;
    strbuf_printf(out, "%llu messages were learnt from: %llu of %u logins, %llu from elsewhere\n",
                  (unsigned long long)messages, (unsigned long long)learning->sent_count, count,
                  (unsigned long long)(messages - learning->sent_count));
    if (logs->path_count > 0)
        strbuf_printf(out, "%llu of %llu lines of the logs tell of messages, and were understood\n",
                      (unsigned long long)logs->understood_count, (unsigned long long)logs->line_count);
    if (logs->late_count > 0)
        strbuf_printf(out, "%llu lines were left out: they are of the time that the record has\n",
                      (unsigned long long)logs->late_count);
    HASH_SORT(learning->logins, most_first);
    for (struct learnt_login *login = learning->logins; login != NULL && told < LOGINS_TOLD;
         login = login->hh.next, told++) {
        strbuf_printf(out, "%8llu  %s", (unsigned long long)login->message_count, login->user);
        for (size_t i = 0; i < login->network_count; i++)
            strbuf_printf(out, "%s%s", i == 0 ? "  from " : ", ", login->networks[i]);
        strbuf_append_text(out, login->has_more_networks ? ", …\n" : "\n");
    }
    if (count > told)
        strbuf_printf(out, "          and %u more\n", count - (unsigned)told);
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Logs apart from records; without any file named it is the record. */
static bool sort_files(struct learning *learning)
{
    const struct policy_history_source *source = learning->source;
    void *owner = learning->replay.owner;
    const char **records = talloc_array(owner, const char *, (unsigned)source->path_count + 1);
    const char **logs = talloc_array(owner, const char *, (unsigned)source->path_count + 1);
    learning->records = *source;
    if (records == NULL || logs == NULL) {
        strbuf_append_text(&learning->problem, "out of memory");
        return false;
    }
    learning->records.path_count = 0;
    for (size_t i = 0; i < source->path_count; i++)
        if (learn_is_log(owner, source->paths[i]))
            logs[learning->logs.path_count++] = source->paths[i];
        else
            records[learning->records.path_count++] = source->paths[i];
    learning->records.paths = records;
    learning->logs.paths = logs;
    return true;
}

/* When the record begins: what logs have of the time since would be learnt twice. */
static int64_t first_of_records(struct learning *learning)
{
    int64_t first_us = INT64_MAX, time_us;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    for (size_t i = 0; i < learning->records.path_count; i++) {
        struct record_stream *stream =
            record_stream_open(learning->replay.owner, learning->records.paths[i], &problem);
        if (stream != NULL && record_stream_first_time(stream, &time_us) && time_us < first_us)
            first_us = time_us;
        record_stream_close(stream);
    }
    strbuf_deinit(&problem);
    return first_us;
}

static bool read_files(struct learning *learning)
{
    const struct policy_accounts_query query = {.now_us = 0};
    if (!sort_files(learning))
        return false;
    learning->logs.default_realm = snapshot_relay_settings(learning->snapshot)->default_realm;
    learning->logs.until_us = first_of_records(learning);
    if (learning->logs.path_count > 0 &&
        !learn_from_logs(&learning->replay, &learning->logs, &learning->problem))
        return false;
    const bool has_records = learning->records.path_count > 0 || learning->logs.path_count == 0;
    return !has_records ||
           accounts_replay_records(&learning->replay, &learning->records, &query, &learning->problem);
}

/* ---- what stays ------------------------------------------------------------------------------------- */

static bool keep(struct accounts_replay *replay, struct state_database *database, struct strbuf *problem)
{
    for (;;) {
        /* As many at once as a batch takes; the tables are in each, and small beside them. */
        struct accounts_batch *batch = accounts_take_changed(replay->accounts, replay->now_us, true);
        const size_t left = batch == NULL ? 0 : accounts_batch_left(batch);
        if (batch == NULL || !accounts_batch_write(batch, database)) {
            strbuf_append_text(problem, batch == NULL ? "out of memory" : state_database_error(database));
            return false;
        }
        if (left == 0)
            return contacts_save(replay->contacts, problem);
    }
}

static bool learn(struct learning *learning, struct strbuf *out)
{
    struct accounts_replay *replay = &learning->replay;
    uint64_t seed[2];
    char path[PATH_MAX];
    if (learning->snapshot->root->state[0] == '\0') {
        strbuf_append_text(&learning->problem, "`state` is empty: what is learnt would be kept nowhere");
        return false;
    }
    snprintf(path, sizeof path, "%s/state.sqlite", learning->snapshot->root->state);
    struct state_database *database = state_database_open(path, &learning->problem);
    if (database == NULL)
        return false;
    const bool is_begun = getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed &&
                          accounts_replay_begin(replay, learning->snapshot, database, seed);
    if (!is_begun)
        strbuf_append_text(&learning->problem, "out of memory");
    replay->note_sent = note_sent;
    replay->note_context = learning;
    const bool is_learnt = is_begun && read_files(learning) && keep(replay, database, &learning->problem);
    if (is_learnt)
        tell(learning, out);
    HASH_CLEAR(hh, learning->logins);
    accounts_replay_end(replay);
    state_database_close(database);
    return is_learnt;
}

enum policy_replay_result policy_learn(const struct policy_history_source *source, const char *config,
                                       struct strbuf *out)
{
    struct policy_snapshot *snapshot = policy_load(config, out);
    struct learning learning = {.source = source, .snapshot = snapshot};
    if (snapshot == NULL)
        return REPLAY_BAD_CONFIG;
    strbuf_reset(out);
    strbuf_init(&learning.problem, 0);
    const bool is_learnt = learn(&learning, out);
    if (!is_learnt)
        strbuf_append_slice(out, strbuf_slice(&learning.problem));
    strbuf_deinit(&learning.problem);
    policy_snapshot_unref(snapshot);
    return is_learnt ? REPLAY_TOLD : REPLAY_FAILED;
}
