#include "history/learn_logs.h"

#include "facts/mail_address.h"
#include "maillog/log_messages.h"
#include "maillog/log_stamp.h"
#include "record/record_stream.h"

#include <errno.h>
#include <sys/stat.h>
#include <talloc.h>

/* A file, and its next line. */
struct log_file {
    const char *path;
    struct record_stream *stream;
    struct log_years years;
    struct slice rest; /* of its next line: what follows the stamp */
    int64_t time_us;   /* of that line */
    bool is_over;
};

struct learning {
    struct accounts_replay *replay;
    struct learn_logs *logs;
    struct log_messages *messages;
    struct log_file *files;
    size_t file_count;
    struct strbuf *problem;
};

bool learn_is_log(void *owner, const char *path)
{
    struct strbuf problem;
    struct slice line = {NULL, 0};
    strbuf_init(&problem, 0);
    struct record_stream *stream = record_stream_open(owner, path, &problem);
    const bool has_line = stream != NULL && record_stream_next(stream, &line);
    const bool is_log = has_line && (line.length == 0 || line.data[0] != '{');
    record_stream_close(stream);
    strbuf_deinit(&problem);
    return is_log;
}

/* ---- what a message comes to ------------------------------------------------------------------------ */

static bool add_recipients(struct accounts_replay *replay, const struct logged_message *message)
{
    accounts_replay_begin_recipients(replay);
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct logged_recipient *recipient = &message->recipients[i];
        const enum account_delivery delivery =
            recipient->fate == LOGGED_REFUSED ? ACCOUNT_REFUSED : ACCOUNT_TAKEN;
        if (!accounts_replay_add_recipient(replay, delivery, slice_of(recipient->address)))
            return false;
    }
    return true;
}

static void take_message(void *context, const struct logged_message *message)
{
    struct learning *learning = context;
    struct accounts_replay *replay = learning->replay;
    const bool has_login = message->user[0] != '\0';
    /* What was handed in on the machine, or comes back from a filter on it, is nobody's. */
    const bool is_inbound = !has_login && message->client != NULL && !ip_address_is_private(message->client);
    void *scratch = talloc_new(replay->owner);
    const char *user =
        has_login ? login_canonical(scratch, slice_of(message->user), learning->logs->default_realm) : "";
    if (user == NULL || !add_recipients(replay, message)) {
        replay->failed = true;
    } else if (has_login) {
        accounts_replay_take_sent(replay,
                                  &(struct account_message){.user = slice_of(user),
                                                            .client = message->client,
                                                            .sender = slice_of(message->sender),
                                                            .message_id = slice_of(message->message_id)});
    } else if (is_inbound) {
        accounts_replay_take_inbound(replay, slice_of(message->sender));
    }
    learning->logs->message_count += has_login || is_inbound;
    talloc_free(scratch);
}

static void take_bounce(void *context, const char *message_id)
{
    struct learning *learning = context;
    struct account_judgement judgement;
    const char *user;
    const struct account_report report = {
        .time_us = learning->replay->now_us, .message_id = slice_of(message_id), .recipient_count = 1};
    if (message_id[0] != '\0')
        accounts_take_report(learning->replay->accounts, learning->replay->settings, &report, &user,
                             &judgement);
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* The file's next line that has a stamp. False: it has none any more. */
static bool next_stamp(struct log_file *file, struct log_stamp *stamp, struct slice *line)
{
    while (record_stream_next(file->stream, line))
        if (log_stamp_read(*line, stamp)) {
            log_years_pass(&file->years, stamp);
            return true;
        }
    return false;
}

/* False: there is something wrong with the file. */
static bool advance(struct learning *learning, struct log_file *file)
{
    struct log_stamp stamp;
    struct slice line;
    int64_t time_us;
    if (!next_stamp(file, &stamp, &line)) {
        const char *wrong = record_stream_problem(file->stream);
        if (wrong[0] != '\0')
            strbuf_printf(learning->problem, "%s: %s", file->path, wrong);
        file->is_over = true;
        return wrong[0] == '\0';
    }
    if (!log_years_time(&file->years, &stamp, &time_us)) {
        strbuf_printf(
            learning->problem,
            "%s: there is no %d February in the year that follows from the file's date: its lines have no year, "
            "so let it have the date of its last line (touch -d)",
            file->path, stamp.day);
        return false;
    }
    file->time_us = time_us > file->time_us ? time_us : file->time_us;
    file->rest = slice_part(line, stamp.length, line.length);
    return true;
}

/* Reads it once for the years, where it has none, and stands at its first line then. */
static bool find_years(struct learning *learning, struct log_file *file)
{
    struct log_stamp stamp, last = {0};
    struct slice line;
    struct stat info;
    bool has_lines = false;
    if (stat(file->path, &info) != 0) {
        strbuf_printf(learning->problem, "%s: %s", file->path, strerror(errno));
        return false;
    }
    while (next_stamp(file, &stamp, &line) && !stamp.has_year) {
        has_lines = true;
        last = stamp;
    }
    if (has_lines)
        log_years_settle(&file->years, &last, (int64_t)info.st_mtim.tv_sec * 1000000);
    record_stream_close(file->stream);
    file->stream = record_stream_open(learning->files, file->path, learning->problem);
    return file->stream != NULL;
}

static bool open_file(struct learning *learning, const char *path)
{
    struct log_file *file = &learning->files[learning->file_count++];
    *file = (struct log_file){.path = path, .time_us = INT64_MIN};
    file->stream = record_stream_open(learning->files, path, learning->problem);
    return file->stream != NULL && find_years(learning, file) && advance(learning, file);
}

/* NULL: all are over. */
static struct log_file *oldest(struct learning *learning)
{
    struct log_file *found = NULL;
    for (size_t i = 0; i < learning->file_count; i++) {
        struct log_file *file = &learning->files[i];
        if (!file->is_over && (found == NULL || file->time_us < found->time_us))
            found = file;
    }
    return found;
}

/* False: memory ran out. */
static bool take_line(struct learning *learning, const struct log_file *file)
{
    struct log_line told;
    struct learn_logs *logs = learning->logs;
    logs->line_count++;
    if (file->time_us >= logs->until_us) {
        logs->late_count++;
        return true;
    }
    if (!log_line_read(file->rest, &told))
        return true;
    logs->understood_count++;
    learning->replay->now_us = file->time_us;
    return log_messages_take(learning->messages, &told) && !learning->replay->failed;
}

static bool read_all(struct learning *learning)
{
    struct log_file *file;
    bool good = true;
    for (size_t i = 0; good && i < learning->logs->path_count; i++)
        good = open_file(learning, learning->logs->paths[i]);
    while (good && (file = oldest(learning)) != NULL) {
        good = take_line(learning, file);
        if (!good)
            strbuf_append_text(learning->problem, "out of memory");
        good = good && advance(learning, file);
    }
    if (good)
        log_messages_finish(learning->messages);
    return good;
}

bool learn_from_logs(struct accounts_replay *replay, struct learn_logs *logs, struct strbuf *problem)
{
    struct learning learning = {.replay = replay, .logs = logs, .problem = problem};
    const struct logged_takers takers = {take_message, take_bounce, &learning};
    if (logs->path_count > LEARN_LOGS_MAX) {
        strbuf_printf(problem, "more than %d logs at once: learn from some, and then from the rest",
                      LEARN_LOGS_MAX);
        return false;
    }
    learning.files = talloc_zero_array(replay->owner, struct log_file, LEARN_LOGS_MAX);
    learning.messages = log_messages_create(replay->owner, &takers);
    const bool is_ready = learning.files != NULL && learning.messages != NULL;
    if (!is_ready)
        strbuf_append_text(problem, "out of memory");
    const bool is_done = is_ready && read_all(&learning);
    talloc_free(learning.files);
    talloc_free(learning.messages);
    return is_done;
}
