/*
 * One small interface behind every list and map of the configuration.
 *
 * A table answers one question: what does it say for this key? Where the answer comes from is in its name:
 *
 * - file:PATH: one entry a line, a key, or a key and its value with white space between. '#' begins a comment
 *   at the start of a line or behind white space. Read again when it changes, as a whole or not at all.
 *
 * - lmdb:PATH, cdb:PATH: as `postmap` writes them.
 *
 * - socketmap:inet:HOST:PORT:NAME, socketmap:unix:PATH:NAME: Postfix's and Sendmail's protocol,
 *   socketmap_table(5).
 *
 * - sqlite:PATH:QUERY: a query with one `?` for the key.
 *
 * A source that can fail says TABLE_UNKNOWN, never "missing": what follows from that is the check's
 * on_unknown. Trouble is logged once when it begins and once when it is over. Lookups may be made from any
 * thread.
 */
#ifndef CLOSEDRELAY_TABLE_TABLE_H
#define CLOSEDRELAY_TABLE_TABLE_H

#include "base/strbuf.h"
#include "facts/ip_address.h"

enum table_answer { TABLE_FOUND, TABLE_MISSING, TABLE_UNKNOWN };

/* How keys are compared. */
enum table_shape {
    TABLE_TEXT,    /* the whole key, without regard to ASCII case */
    TABLE_PAIRS,   /* the same; in a `file:` a line that begins with white space goes on with the value before
                      it */
    TABLE_DOMAINS, /* as TABLE_TEXT; keys are domains as in facts/domain_name.h, and a `file:` may write them
                      in any way */
    TABLE_NETWORKS, /* keys are addresses; entries are networks, the longest prefix wins; `file:` only */
};

enum {
    TABLE_MOST_LOST_PERCENT = 50, /* until table_limit_shrinking() says otherwise */
    TABLE_KEY_BYTES_MAX = 1024,   /* a longer key is in no table: TABLE_MISSING without a question */
    TABLE_VALUE_BYTES_MAX = 65536 /* a longer value is TABLE_UNKNOWN */
};

struct table;

/* The part of `text` that is a path, where it names a source with a path: behind "file:", "lmdb:", "cdb:",
 * and between "sqlite:" and the next colon. False: it has none. */
bool table_source_path(struct slice text, struct slice *path);

/* Whether `text` names a source: begins with one of the words above and a colon. */
bool table_is_source(struct slice text);

/*
 * Opens the source `name`, for instance "file:/etc/closedrelay/domains". Files and databases are read now, so
 * that an unreadable one is an error of the configuration; socketmap is first asked when somebody looks a key
 * up. NULL: `problem` has one line a problem, with file and line where there is one. Freed with table_close.
 */
struct table *table_open(struct slice name, enum table_shape shape, struct strbuf *problem);
void table_close(struct table *table); /* NULL is allowed */

/*
 * What the table has for `key`. TABLE_FOUND appends the value (maybe empty) to `value`, unless that is NULL.
 * Blocks no longer than the source's time limit (socketmap and sqlite: 1 s; the others do not wait), and for
 * a socketmap not at all where lookups are in use (table_lookups.h).
 */
enum table_answer table_lookup(struct table *table, struct slice key, struct strbuf *value);

/* The network of a TABLE_NETWORKS table that has `address`. */
enum table_answer table_lookup_network(struct table *table, const struct ip_address *address,
                                       struct ip_network *network);

/* Looks for changed files and takes them into use, and logs how many entries each has. A content of a file or
 * a cdb that is empty, or has lost more than a share of the entries in use, is held back: the former stays
 * until the file is put right or table_accept_shrunk() says that it is meant. Called about once a second (by
 * the engine); tests call it directly. Any thread: one at a time does it. */
void table_refresh(struct table *table);

/* The same at once, as table_open() would read it, for a configuration that names the table again. False:
 * what is there now cannot be used, for the reason in `problem`, and the former content stays. */
bool table_renew(struct table *table, struct strbuf *problem);

/* Takes a content that is held back into use, as it is now; false: there is none, or it cannot be read. */
bool table_accept_shrunk(struct table *table);

/* Of 100 entries a new content may lose so many without being held back; 100: all but the last. */
void table_limit_shrinking(struct table *table, unsigned most_lost_percent);

/* How a table does. */
struct table_status {
    const char *name; /* the table's own */
    bool is_counted;  /* else entries are asked for one by one, and nobody knows how many there are */
    size_t entry_count;
    bool is_held_back; /* there is a content with held_entry_count, which is not in use */
    size_t held_entry_count;
    bool is_failing; /* it cannot be read anew, or could not be asked the last time */
};

/* What became of a table since it was asked last. */
enum table_news_kind {
    TABLE_NEWS_LOADED, /* a new content is in use, the first one too */
    TABLE_NEWS_KEPT,   /* a new content is held back */
    TABLE_NEWS_FAILED, /* a new content cannot be read, and the former stays */
};

struct table_news {
    enum table_news_kind kind;
    bool is_counted; /* the number of entries is known */
    bool has_former; /* there was a content before, with so many: */
    size_t entry_count, former_entry_count;
    char *reason; /* of what went wrong, for people; the caller's to free; NULL: nothing, or no memory */
};

/* The latest news, once. False: there are none. Known after a table_refresh() only. */
bool table_take_news(struct table *table, struct table_news *news);

/* Waits for a refresh that is going on. */
void table_get_status(struct table *table, struct table_status *status);

/* Whether there is anything that table_renew() does. */
bool table_is_renewable(const struct table *table);

/* What is wrong with it now, for people; NULL: nothing that is known. Any thread. */
const char *table_trouble(const struct table *table);

/* Whether a server is asked, so that table_lookups.h is of use. */
bool table_takes_time(const struct table *table);

/* The name it was opened by. */
const char *table_name(const struct table *table);

#endif
