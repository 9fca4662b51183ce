/*
 * What a closed file of the record adds up to: beside `FILE.zst` stands `FILE.zst.sum`.
 *
 * A report over a long time adds up roll-ups of the files that lie wholly within it, and reads the lines of
 * the others. It is a cache: one that is missing, of another version, damaged or not of this very file is as
 * if there were none, and the file itself is read. Numbers are little-endian, or LEB128:
 *
 *   "CLRDSUM3"  u64 identity of the file's table  i64 first, i64 last (µs)  u64 lines  u64 lost
 *   u32 kinds   u64 how many lines of each kind (enum record_line)
 *   each of ROLLUP_BY_COUNT sections: u64 offset  u64 bytes  u64 rows  u64 checksum
 *     u64 the most messages that a name which is left out of the section has
 *   u16 bytes of the host's name, "" where the lines are of several, and the name
 *   u64 checksum of all before
 *   the sections: rows, one behind the other:
 *     LEB128 bytes of the name, and it
 *     u16 bits: which counts are not 0 (bit 0: messages, … as in struct record_counts); 1 << 10: all messages
 *       were accepted, and their number stands there once; 1 << 11: there are networks
 *     those counts, LEB128
 *     LEB128 2 * networks + 1 where there were more, and u32 of each
 */
#ifndef CLOSEDRELAY_RECORD_ROLLUP_H
#define CLOSEDRELAY_RECORD_ROLLUP_H

#include "record/record_sums.h"
#include "record/seekable.h"

/* Behind the name of the closed file. */
#define ROLLUP_ENDING ".sum"

/* Every message counts once in each section but the last three, where its name is not empty. */
enum rollup_by {
    ROLLUP_QUARTER, /* name: "N ROLE", N of 900 s since 1970: no zone's hours begin anywhere else */
    ROLLUP_USER,    /* the identity of the role */
    ROLLUP_DOMAIN, /* of the user, else of the sender; of what came from outside and went on, of the recipient
                    */
    ROLLUP_CUSTOMER, /* that the user belongs to */
    ROLLUP_CLIENT,   /* its address; IPv6: its /64 */
    ROLLUP_CHECK,    /* "CHECK REASON" of what was not just accepted */
    ROLLUP_ACCOUNT,  /* name: the line of an event `warn`, `lock` or `unlock`; messages: 1 */
    ROLLUP_LIST,     /* a DNS list; messages: it was asked, refused: it listed, deferred: it did not answer */
    ROLLUP_BY_COUNT
};

enum {
    ROLLUP_NETWORKS_MAX = 64,
    ROLLUP_CLIENTS_MAX = 2048, /* of the clients, which are without number, those with the most messages */
};

struct rollup_row {
    struct slice name;
    struct record_counts counts;
    /* ROLLUP_USER, _DOMAIN, _CUSTOMER: hashes (record_network) of the networks that its messages came from */
    uint32_t networks[ROLLUP_NETWORKS_MAX];
    unsigned network_count;
    bool has_more_networks;
};

struct rollup {
    int64_t first_us, last_us; /* the least and the most time of its lines; 0: there is none */
    uint64_t line_count;
    uint64_t lost_count; /* records that its events say were lost */
    uint64_t kind_counts[RECORD_LINE_COUNT];
    struct slice host;
    int descriptor; /* private, as what follows */
    struct rollup_section {
        uint64_t offset, bytes, rows, checksum;
        uint64_t missing_messages_max;
    } sections[ROLLUP_BY_COUNT];
};

/* Opens the roll-up of the file at `path`, whose table is given; texts are under `owner`. False: there is
 * none that is good. */
bool rollup_open(void *owner, const char *path, const struct seekable_table *table, struct rollup *rollup);
void rollup_close(struct rollup *rollup);

/* The rows of one section. */
struct rollup_rows {
    struct slice rest;
    uint64_t left;
};

/* Reads a section, under `owner`. False: it is damaged; use nothing of the roll-up. */
bool rollup_read_section(void *owner, const struct rollup *rollup, enum rollup_by by,
                         struct rollup_rows *rows);
/* False: that was all. The name points into what was read. */
bool rollup_next(struct rollup_rows *rows, struct rollup_row *row);

/* ---- making one ------------------------------------------------------------------------------------- */

struct rollup_builder;

/* A talloc child of `owner`; NULL: out of memory. One thread at a time. */
struct rollup_builder *rollup_builder_create(void *owner);

/* Counts one record; `time_us` 0: it has no time. */
void rollup_builder_add(struct rollup_builder *builder, struct record *record, int64_t time_us);

/* Writes the roll-up of the file at `path`, whose table is given. False: it cannot be written, memory ran
 * out, or there are more names than a roll-up is of use for. */
bool rollup_builder_write(struct rollup_builder *builder, const char *path,
                          const struct seekable_table *table);

#endif
