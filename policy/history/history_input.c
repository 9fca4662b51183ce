#include "history/history_input.h"

#include "history/history_config.h"
#include "record/record_files.h"
#include "record/record_stream.h"
#include "record/sidecar.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>

enum {
    PROGRESS_LINES = 16384,   /* between two progress calls */
    SLOW_BYTES_MIN = 4 << 20, /* what is smaller is not slow */
};

void history_note(const struct policy_history_source *source, const char *format, ...)
{
    struct strbuf text;
    va_list arguments;
    if (source->note == NULL)
        return;
    strbuf_init(&text, 0);
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    source->note(source->context, strbuf_text(&text));
    strbuf_deinit(&text);
}

/* ---- finding the files ------------------------------------------------------------------------------ */

static bool add_file(struct history_input *input, const struct history_file *file)
{
    struct history_file *grown =
        talloc_realloc(input->owner, input->files, struct history_file, (unsigned)input->file_count + 1);
    if (grown == NULL)
        return false;
    input->files = grown;
    grown[input->file_count++] = *file;
    input->bytes_total += file->bytes;
    return true;
}

static bool find_configured(struct history_input *input, struct strbuf *problem)
{
    struct record_file_list list;
    struct history_config config;
    history_config_read(input->owner, input->source->config, &config);
    const char *path = input->source->record != NULL ? input->source->record : config.file;
    if (path == NULL) {
        strbuf_append_text(
            problem, "this configuration keeps no record (audit.file is empty); name the files to read");
        return false;
    }
    if (!record_files_list(input->owner, path, &list)) {
        strbuf_printf(problem, "%s: %s", path, strerror(errno));
        return false;
    }
    input->is_sequence = true;
    for (size_t i = 0; i < list.count; i++) {
        const struct record_file *found = &list.items[i];
        const int64_t closed_us = found->kind == RECORD_FILE_CURRENT ? INT64_MAX : found->closed_us;
        if (!add_file(input, &(struct history_file){found->path, closed_us, found->bytes}))
            break;
    }
    if (input->file_count == 0)
        strbuf_printf(problem, "%s: there is no record yet; name the files to read where they are elsewhere",
                      path);
    return input->file_count > 0;
}

static bool find_named(struct history_input *input, struct strbuf *problem)
{
    for (size_t i = 0; i < input->source->path_count; i++) {
        const char *path = input->source->paths[i];
        struct stat status;
        if (stat(path, &status) != 0) {
            strbuf_printf(problem, "%s: %s", path, strerror(errno));
            return false;
        }
        if (S_ISDIR(status.st_mode)) {
            strbuf_printf(problem, "%s is a folder; name the files in it", path);
            return false;
        }
        /* Whoever copies a file makes it younger, never older. */
        const int64_t closed_us =
            S_ISREG(status.st_mode) ? ((int64_t)status.st_mtim.tv_sec + 1) * 1000000 : INT64_MAX;
        if (!add_file(input, &(struct history_file){path, closed_us, (uint64_t)status.st_size}))
            return false;
    }
    return true;
}

bool history_input_open(struct history_input *input, void *owner, const struct policy_history_source *source,
                        struct strbuf *problem)
{
    *input = (struct history_input){.owner = owner, .source = source};
    return source->path_count > 0 ? find_named(input, problem) : find_configured(input, problem);
}

/* ---- reading one file ------------------------------------------------------------------------------- */

/* A file that is being read, with the record it has come to. */
struct lane {
    struct history_file *file;
    struct record_stream *stream; /* NULL: not opened yet, or over */
    struct slice line;
    int64_t time_us;
    int64_t first_us; /* history_merge only */
    bool is_past;     /* it has come to what is younger than was asked for */
    uint64_t lines;
    uint64_t consumed; /* bytes that bytes_done knows of */
};

static void report_progress(struct history_input *input, struct lane *lane, bool is_over)
{
    const uint64_t consumed = is_over ? lane->file->bytes : record_stream_consumed(lane->stream);
    if (consumed > lane->consumed) {
        input->bytes_done += consumed - lane->consumed;
        lane->consumed = consumed;
    }
    if (input->source->progress != NULL)
        input->source->progress(input->source->context, input->bytes_done, input->bytes_total);
}

/* All of it has to be read, for something that a file of our own would have had at once. */
static void note_slow(struct history_input *input, const struct lane *lane)
{
    if (!record_stream_is_slow(lane->stream) || lane->file->bytes < SLOW_BYTES_MIN)
        return;
    input->slow_count++;
    input->slow_bytes += lane->file->bytes;
}

static bool lane_open(struct history_input *input, struct lane *lane, int64_t since_us)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    lane->stream = record_stream_open(input->owner, lane->file->path, &problem);
    if (lane->stream == NULL) {
        history_note(input->source, "%s: cannot be read: %s", lane->file->path, strbuf_text(&problem));
    } else {
        if (since_us > INT64_MIN) {
            note_slow(input, lane);
            record_stream_seek(lane->stream, since_us);
        }
    }
    strbuf_deinit(&problem);
    return lane->stream != NULL;
}

static void lane_close(struct history_input *input, struct lane *lane)
{
    if (lane->stream == NULL)
        return;
    if (record_stream_problem(lane->stream)[0] != '\0')
        history_note(input->source, "%s: %s", lane->file->path, record_stream_problem(lane->stream));
    report_progress(input, lane, true);
    record_stream_close(lane->stream);
    lane->stream = NULL;
}

static bool is_over(const struct history_input *input)
{
    return input->source->is_over != NULL && input->source->is_over(input->source->context);
}

/* ---- file by file ----------------------------------------------------------------------------------- */

struct scan {
    struct history_input *input;
    int64_t since_us, until_us;
    history_taker take;
    void *context;
};

/* False: the taker has enough. */
static bool scan_lane(const struct scan *scan, struct lane *lane)
{
    struct record record;
    struct slice line;
    while (record_stream_next(lane->stream, &line)) {
        if ((++lane->lines % PROGRESS_LINES) == 0) {
            report_progress(scan->input, lane, false);
            if (is_over(scan->input))
                return false;
        }
        if (!record_read(line, &record) || !record_time(&record, RECORD_TIME, &lane->time_us)) {
            scan->input->broken_count += line.length > 0;
            continue;
        }
        lane->is_past = lane->time_us >= scan->until_us + RECORD_DISORDER_US;
        if (lane->is_past)
            break;
        if (lane->time_us >= scan->since_us && lane->time_us < scan->until_us &&
            !scan->take(scan->context, &record, lane->time_us))
            return false;
    }
    return true;
}

static bool all_failed(const struct history_input *input, size_t failed_count, struct strbuf *problem)
{
    if (failed_count == 0 || failed_count < input->file_count)
        return false;
    strbuf_append_text(problem, "no file of the record could be read");
    return true;
}

/* Where the first record that is asked for has to be looked for: in the first file of a sequence that is not
 * too old. */
static int64_t place_to_seek(const struct history_input *input, size_t i, int64_t since_us)
{
    const bool begins_later = input->is_sequence && i > 0 && input->files[i - 1].closed_us >= since_us;
    return begins_later || since_us <= 0 ? INT64_MIN : since_us;
}

static bool is_taken_whole(const struct history_input *input, const struct lane *lane, void *context)
{
    const struct seekable_table *table = record_stream_table(lane->stream);
    return input->take_whole != NULL && table != NULL && input->take_whole(context, lane->file->path, table);
}

bool history_scan(struct history_input *input, int64_t since_us, int64_t until_us, history_taker take,
                  void *context, struct strbuf *problem)
{
    const struct scan scan = {input, since_us, until_us, take, context};
    size_t failed_count = 0;
    bool goes_on = true;
    for (size_t i = 0; i < input->file_count && goes_on; i++) {
        struct lane lane = {.file = &input->files[i]};
        if (lane.file->closed_us < since_us) {
            input->bytes_done += lane.file->bytes;
            continue;
        }
        if (!lane_open(input, &lane, place_to_seek(input, i, since_us))) {
            failed_count++;
            continue;
        }
        if (is_taken_whole(input, &lane, context)) {
            lane_close(input, &lane);
            continue;
        }
        goes_on = scan_lane(&scan, &lane) && !(lane.is_past && input->is_sequence);
        lane_close(input, &lane);
    }
    return !all_failed(input, failed_count, problem);
}

/* ---- by what they say ------------------------------------------------------------------------------- */

struct find {
    const struct history_wanted *wanted;
    history_taker take;
    void *context;
    bool has_term; /* of the present record */
};

static void compare_term(void *context, uint64_t term)
{
    struct find *find = context;
    const struct history_terms *terms = find->wanted->terms;
    for (size_t i = 0; i < terms->count && !find->has_term; i++)
        find->has_term = term == terms->items[i].term;
}

static bool take_if_found(void *context, struct record *record, int64_t time_us)
{
    struct find *find = context;
    find->has_term = false;
    sidecar_visit_terms(record, compare_term, find);
    return !find->has_term || find->take(find->context, record, time_us);
}

/* Names stand in other words in other periods: so only those of the frame's time are looked for. */
static bool may_hold_any(const struct sidecar_frame *frame, const struct history_terms *terms)
{
    for (size_t i = 0; i < terms->count; i++)
        if (frame->last_us >= terms->items[i].since_us && frame->first_us < terms->items[i].until_us &&
            sidecar_may_hold(frame, terms->items[i].term))
            return true;
    return false;
}

/* The frames from the last to the first; false: the taker has enough. */
static bool find_in_frames(const struct scan *scan, struct lane *lane, struct find *find,
                           const struct sidecar *sidecar)
{
    for (size_t i = sidecar->count; i-- > 0;) {
        const struct sidecar_frame *frame = &sidecar->frames[i];
        if (frame->last_us < scan->since_us || frame->first_us >= scan->until_us ||
            !may_hold_any(frame, find->wanted->terms) || !record_stream_select_frame(lane->stream, i))
            continue;
        if (!scan_lane(scan, lane) || find->wanted->enough(find->context))
            return false;
    }
    return true;
}

static bool find_in_file(const struct scan *scan, struct lane *lane, struct find *find)
{
    struct sidecar sidecar;
    const struct seekable_table *table = record_stream_table(lane->stream);
    if (table != NULL && sidecar_read(scan->input->owner, lane->file->path, table, &sidecar))
        return find_in_frames(scan, lane, find, &sidecar);
    if (find->wanted->since_us > 0)
        record_stream_seek(lane->stream, find->wanted->since_us);
    return scan_lane(scan, lane) && !find->wanted->enough(find->context);
}

bool history_find(struct history_input *input, const struct history_wanted *wanted, history_taker take,
                  void *context, struct strbuf *problem)
{
    struct find find = {.wanted = wanted, .take = take, .context = context};
    const struct scan scan = {input, wanted->since_us, wanted->until_us, take_if_found, &find};
    size_t failed_count = 0;
    bool goes_on = true;
    for (size_t i = input->file_count; i-- > 0 && goes_on;) {
        struct lane lane = {.file = &input->files[i]};
        if (lane.file->closed_us < wanted->since_us)
            continue;
        if (!lane_open(input, &lane, INT64_MIN)) {
            failed_count++;
            continue;
        }
        note_slow(input, &lane);
        goes_on = find_in_file(&scan, &lane, &find);
        lane_close(input, &lane);
    }
    return !all_failed(input, failed_count, problem);
}

/* ---- in the order of time --------------------------------------------------------------------------- */

/* The next line with a time; false: that was all, and the lane is closed. */
static bool lane_advance(struct history_input *input, struct lane *lane, int64_t until_us)
{
    while (record_stream_next(lane->stream, &lane->line)) {
        if ((++lane->lines % PROGRESS_LINES) == 0) {
            report_progress(input, lane, false);
            if (is_over(input))
                break;
        }
        if (!record_line_time(lane->line, &lane->time_us)) {
            input->broken_count += lane->line.length > 0;
            continue;
        }
        if (lane->time_us >= until_us + RECORD_DISORDER_US)
            break;
        return true;
    }
    lane_close(input, lane);
    return false;
}

static int compare_lanes(const void *left, const void *right)
{
    const struct lane *a = left, *b = right;
    return a->first_us < b->first_us ? -1 : a->first_us > b->first_us;
}

/* One lane a file, by its first time; those that have none are left out. */
static size_t make_lanes(struct history_input *input, int64_t since_us, struct lane *lanes,
                         size_t *failed_count)
{
    size_t count = 0;
    for (size_t i = 0; i < input->file_count; i++) {
        struct lane lane = {.file = &input->files[i]};
        if (lane.file->closed_us < since_us)
            continue;
        if (!lane_open(input, &lane, INT64_MIN)) {
            ++*failed_count;
            continue;
        }
        if (record_stream_first_time(lane.stream, &lane.first_us))
            lanes[count++] = lane;
        record_stream_close(lane.stream);
    }
    if (count > 0)
        qsort(lanes, count, sizeof *lanes, compare_lanes);
    for (size_t i = 0; i < count; i++)
        lanes[i].stream = NULL;
    return count;
}

/* The open lane with the oldest record, those that begin by then opened; NULL: there is none. */
static struct lane *oldest_lane(const struct scan *scan, struct lane *lanes, size_t count, size_t *opened)
{
    for (;;) {
        struct lane *oldest = NULL;
        for (size_t i = 0; i < *opened; i++)
            if (lanes[i].stream != NULL && (oldest == NULL || lanes[i].time_us < oldest->time_us))
                oldest = &lanes[i];
        if (*opened == count || (oldest != NULL && lanes[*opened].first_us > oldest->time_us))
            return oldest;
        struct lane *next = &lanes[(*opened)++];
        const bool is_over = next->first_us >= scan->until_us + RECORD_DISORDER_US;
        if (!is_over &&
            lane_open(scan->input, next, next->first_us < scan->since_us ? scan->since_us : INT64_MIN))
            lane_advance(scan->input, next, scan->until_us);
    }
}

bool history_merge(struct history_input *input, int64_t since_us, int64_t until_us, history_taker take,
                   void *context, struct strbuf *problem)
{
    const struct scan scan = {input, since_us, until_us, take, context};
    struct lane *lanes = talloc_array(input->owner, struct lane, (unsigned)input->file_count);
    size_t failed_count = 0, opened = 0;
    const size_t count = lanes == NULL ? 0 : make_lanes(input, since_us, lanes, &failed_count);
    bool goes_on = true;
    for (struct lane *lane; goes_on && (lane = oldest_lane(&scan, lanes, count, &opened)) != NULL;) {
        struct record record;
        if (!record_read(lane->line, &record))
            input->broken_count++;
        else if (lane->time_us >= since_us && lane->time_us < until_us)
            goes_on = take(context, &record, lane->time_us);
        if (goes_on)
            lane_advance(input, lane, until_us);
    }
    for (size_t i = 0; i < opened; i++)
        lane_close(input, &lanes[i]);
    talloc_free(lanes);
    return !all_failed(input, failed_count, problem);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void history_input_finish(const struct history_input *input)
{
    if (input->slow_count > 0)
        history_note(
            input->source,
            "%zu file%s (%llu MB) had to be read from the beginning, because another program compressed %s; "
            "audit.rotate and audit.compress make files in which times and names are found at once",
            input->slow_count, input->slow_count == 1 ? "" : "s",
            (unsigned long long)(input->slow_bytes / 1000000), input->slow_count == 1 ? "it" : "them");
    if (input->broken_count > 0)
        history_note(input->source,
                     "%llu line%s no record and %s left out (half a line is what a crash or a full disk "
                     "leaves)",
                     (unsigned long long)input->broken_count, input->broken_count == 1 ? " is" : "s are",
                     input->broken_count == 1 ? "was" : "were");
}
