/*
 * What an archive reader tells, as text, for comparing.
 *
 * One line an event: `member NAME [encrypted] [folder]`, `aka NAME`, `end complete|incomplete BYTES CRC32`
 * (of the content given), `outcome KIND`. Every push is made from memory that ends at a page nobody may read.
 */
#ifndef CLOSEDRELAY_TEST_ARCHIVE_EVENTS_H
#define CLOSEDRELAY_TEST_ARCHIVE_EVENTS_H

#include "scan/archive/archive.h"
#include "base/strbuf.h"

struct archive_events_options {
    size_t first_piece; /* bytes of the first push; 0: all */
    size_t piece;       /* bytes of every push after it; 0: all that is left */
    bool spared;        /* the sink wants no content */
    size_t data_most;   /* the sink has enough after so many bytes of a member; 0: never */
    struct archive_budget budget;
};

extern const struct archive_budget archive_events_budget; /* plenty */

/* Runs `format` over `file` and writes the events. `options` may be NULL. After the run the budget's kept
 * bytes must be back; that is asserted. */
void archive_events_run(const struct archive_format *format, struct slice file,
                        const struct archive_events_options *options, struct strbuf *events);

/* Asserts that `file` gives exactly `expected`: whole, byte by byte, and cut in two at every byte (large
 * files: a thousand). */
void archive_events_assert(const struct archive_format *format, struct slice file, const char *expected);

/* Asserts that `file` cut short at any byte tells an outcome, or all that the whole file tells. */
void archive_events_assert_truncated(const struct archive_format *format, struct slice file);

/* A fixture out of test/data/archive, unpacked if its name ends in .iso.gz; the memory is freed by test_free
 * of the result's data. */
struct slice archive_events_fixture(const char *name);

struct archive_events_case {
    const char *fixture;
    const char *events;
};

/* archive_events_assert for each fixture, which the format must recognise at its probe offset. */
void archive_events_assert_fixtures(const struct archive_format *format,
                                    const struct archive_events_case *cases, size_t count);

/* The same for bytes that stand in the test. */
struct archive_events_bytes {
    const char *bytes;
    size_t length;
    const char *events;
};

#define ARCHIVE_EVENTS_BYTES(bytes, events)                                                                  \
    {                                                                                                        \
        bytes, sizeof(bytes) - 1, events                                                                     \
    }

void archive_events_assert_bytes(const struct archive_format *format,
                                 const struct archive_events_bytes *cases, size_t count);

/* How many members of the fixture are told with so many entries in the budget; `over`: whether it was too
 * few. */
unsigned archive_events_count(const struct archive_format *format, const char *fixture, uint32_t entries,
                              bool *over);

/* The fewest units of work in the budget with which `file` is read without being over it; that one unit less
 * is too few, and one more as good, is asserted. */
uint64_t archive_events_work(const struct archive_format *format, struct slice file);

#endif
