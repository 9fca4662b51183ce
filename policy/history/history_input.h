/*
 * The files of the record as one: found, opened where the wanted time begins, and read record by record.
 *
 * history_scan goes file by file, for questions that do not mind the order; history_merge in the order of
 * time, over the files of several servers. Lines that are no records (half of one, after a crash) are left
 * out and counted.
 */
#ifndef CLOSEDRELAY_HISTORY_HISTORY_INPUT_H
#define CLOSEDRELAY_HISTORY_HISTORY_INPUT_H

#include "history/history_terms.h"
#include "policy_history.h"
#include "record/record_reader.h"
#include "record/seekable.h"

struct history_file {
    const char *path;
    int64_t closed_us; /* nothing in it is younger; INT64_MAX where it may still be written to */
    uint64_t bytes;
};

struct history_input {
    void *owner;
    const struct policy_history_source *source;
    struct history_file *files;
    size_t file_count;
    bool is_sequence; /* they are one server's, the oldest first: each begins where the one before it ends */
    uint64_t bytes_total, bytes_done;
    /* Asked by history_scan about each file with a table (record/seekable.h) before it is read, with the
     * taker's context: true, and the file is done with. Or NULL. */
    bool (*take_whole)(void *context, const char *path, const struct seekable_table *table);
    uint64_t broken_count; /* lines that were left out */
    size_t slow_count;     /* files without an order to go by */
    uint64_t slow_bytes;
};

/* Finds the files. False: there is none, or they cannot be listed (`problem` says why). */
bool history_input_open(struct history_input *input, void *owner, const struct policy_history_source *source,
                        struct strbuf *problem);

/* One record, valid during the call. False: that is enough. */
typedef bool (*history_taker)(void *context, struct record *record, int64_t time_us);

struct history_wanted {
    int64_t since_us, until_us;
    const struct history_terms *terms;
    bool (*enough)(void *context);
};

/* Those of [since, until); a file that cannot be read is noted and left out. False: none could be read
 * (`problem`). */
bool history_scan(struct history_input *input, int64_t since_us, int64_t until_us, history_taker take,
                  void *context, struct strbuf *problem);

/* The same in the order of time. */
bool history_merge(struct history_input *input, int64_t since_us, int64_t until_us, history_taker take,
                   void *context, struct strbuf *problem);

/*
 * The records of [since, until) that have one of the terms, the newest files and frames first;
 * within one of them in the order of time. Where a file has a sidecar only the frames that may hold one
 * are read. `enough`, asked behind each frame and file, ends it.
 */
bool history_find(struct history_input *input, const struct history_wanted *wanted, history_taker take,
                  void *context, struct strbuf *problem);

/* Notes what was left out or took long; once, at the end. */
void history_input_finish(const struct history_input *input);

/* One note, formatted. */
void history_note(const struct policy_history_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
