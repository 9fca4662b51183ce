/*
 * One table describes every key of the configuration.
 *
 * A section is a C struct and the rows that fill it: name, type, place in the struct, range, default (written
 * as one would in YAML, read by the same code) and text. The loader, `check --print`, docs/configuration.md
 * and the JSON Schema all walk these rows; nothing else knows a key's name. Rows are constant data.
 */
#ifndef CLOSEDRELAY_CONFIG_SCHEMA_H
#define CLOSEDRELAY_CONFIG_SCHEMA_H

#include "base/slice.h"
#include "config/values.h"
#include "facts/ip_address.h"
#include "facts/role.h"
#include "table/table.h"

#include <stdint.h>

struct config_type; /* config/types.h: how a kind of value is read, printed and described */

/*
 * The types. In brackets: what stands in the settings struct.
 *
 *   bool           true, false                            [bool]
 *   count          30                                     [uint64_t]
 *   size           30MB, 1MiB, 512 (MB is 10^6)           [uint64_t, bytes]
 *   duration       2s, 500ms, 30m, 1h, 7d                 [uint64_t, ms]
 *   choice         a word of `choices`                    [int-sized enum]
 *   text           any text                               [const char *]
 *   path           absolute path, or "" where allowed     [const char *]
 *   octal          "0660": file mode, quoted or not       [unsigned]
 *   secret         text or file:PATH; never printed       [const char *]
 *   endpoint       inet:10891@127.0.0.1, inet6:10891@::1,
 *                  unix:/path, 127.0.0.1:53, [::1]:53     [struct config_endpoint]
 *
 * Lists; each takes a single value too. Sets take entries that name a source (table/table.h), which is asked
 * when the value is; the other lists but role_set take `file:PATH`, one entry a line, '#' comments, read at
 * load:
 *
 *   text_list      in order                               [struct config_text_list]
 *   text_set       lower case, looked up                  [struct text_set *]
 *   domain_set     domains, ".example.com" for all below  [struct text_set *]
 *   network_set    CIDR                                   [struct network_set *]
 *   endpoint_list                                         [struct config_endpoint_list]
 *   role_set       role names                             [unsigned, 1 << enum role]
 *
 * Lists and arrays may be written as a change of what holds below (defaults, then the section, its `roles`,
 * each override): `{ add: [docm], remove: [url] }`.
 *
 *   map            keys with a value, or several, or a
 *                  source, or a sequence of such          [struct text_map *]
 *
 *   section        a mapping described by `section`       [its struct, embedded at the offset]
 *   array          a sequence of such mappings            [struct config_array]
 *
 * Texts are never NULL and sets never NULL once loaded: without a default they are empty.
 */
extern const struct config_type config_type_bool;
extern const struct config_type config_type_count;
extern const struct config_type config_type_size;
extern const struct config_type config_type_duration;
extern const struct config_type config_type_choice;
extern const struct config_type config_type_text;
extern const struct config_type config_type_path;
extern const struct config_type config_type_octal;
extern const struct config_type config_type_secret;
extern const struct config_type config_type_endpoint;
extern const struct config_type config_type_text_list;
extern const struct config_type config_type_text_set;
extern const struct config_type config_type_domain_set;
extern const struct config_type config_type_network_set;
extern const struct config_type config_type_endpoint_list;
extern const struct config_type config_type_role_set;
extern const struct config_type config_type_map;
extern const struct config_type config_type_section;
extern const struct config_type config_type_array;

struct config_choice {
    const char *name; /* NULL ends the list */
    int value;
    const char *text; /* what it means, for the reference */
};

struct config_array {
    void *items; /* count structs of section->struct_bytes */
    size_t count;
    const void *origins; /* the loader's: where the entries' values come from */
};

struct config_problems; /* config/problems.h: collects errors and warnings with their places */

enum config_key_flag {
    CONFIG_GLOBAL = 1 << 0,   /* the same for everybody: not allowed under `roles` and `overrides` */
    CONFIG_REQUIRED = 1 << 1, /* no default: must be written (entries of arrays) */
    CONFIG_MAY_BE_EMPTY = 1 << 2,
    CONFIG_FILES_ONLY = 1 << 3,  /* sets: of the sources only `file:`, which always has an answer */
    CONFIG_ONE_VALUE = 1 << 4,   /* maps: a key has one value, no list */
    CONFIG_FREE_TEXT = 1 << 6,   /* lists: blanks and commas may belong to an entry */
    CONFIG_NAMES_ENTRY = 1 << 5, /* texts in entries of arrays: `remove: [TEXT]` takes such an entry out */
    CONFIG_RESTART = 1 << 7,     /* scalars: read at the start only, a change takes a restart */
};

struct config_key {
    const char *name;
    const struct config_type *type;
    size_t offset;                        /* in the section's struct */
    const char *default_text;             /* as in YAML; NULL: CONFIG_REQUIRED, or zero / NULL / empty */
    uint64_t least, most;                 /* count, size, duration; most 0: no bound */
    const struct config_choice *choices;  /* choice */
    const struct config_section *section; /* section, array */
    unsigned flags;                       /* config_key_flag bits */
    const char *unit;                     /* what a count counts: "recipients"; NULL: nothing to add */
    const char *text;                     /* what it does, one or two sentences for the reference */
};

/* A default that differs for one role: "limit" is "100" for outside. */
struct config_role_default {
    enum role role;
    const char *key;
    const char *text;
};

struct config_finish;

struct config_section {
    const char *name; /* "" for the top level */
    size_t struct_bytes;
    const struct config_key *keys;                   /* ended by a row without a name */
    const struct config_role_default *role_defaults; /* ended by a row without a key; or NULL */
    bool per_role; /* `roles:` and `overrides:` may change it; the snapshot holds one struct per role */
    /* Checks what no single row can, after all values of one struct are set (for one role; for each override
     * over each role; entries of an array each); reports through config_finish_error. May compile derived
     * values under `owner`. Also called while mail passes, by several threads at a time, where several
     * overrides meet: it keeps no state and reads no files. Or NULL. */
    void (*finish)(void *owner, void *settings, const struct config_finish *context);
    /* Entries of arrays: what one means, in words, for `check --print`; or NULL. */
    void (*describe)(const void *settings, struct strbuf *out);
    const char *text; /* what the section is for */
};

struct config_finish {
    struct config_problems *problems;
    enum role role;            /* which role's struct; ROLE_COUNT: not per role */
    struct config_place place; /* of the section, or of the array's entry */
    const void *places;        /* opaque: config_finish_place() finds a key's own place */
};

/* The place where `key` of the struct being finished was written, or its section's place. */
struct config_place config_finish_place(const struct config_finish *context, const char *key);
/* Whether `key` of the struct being finished was written under `roles:`: `limit: 50` says nothing special of
 * outside, `roles: { outside: { limit: 50 } }` does. */
bool config_finish_is_special(const struct config_finish *context, const char *key);
/* Whether `key` of the struct being finished was written at all, for anybody. */
bool config_finish_is_written(const struct config_finish *context, const char *key);
void config_finish_error(const struct config_finish *context, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_finish_warning(const struct config_finish *context, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is right and meant to be seen. */
void config_finish_notice(const struct config_finish *context, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Sets that settings hold: what the configuration lists, and the tables it names. Lookups from any thread;
 * they wait where a table does (table/table.h). TABLE_UNKNOWN: nothing else has the key, and a table could
 * not be asked.
 * `_contains` is the same where that cannot be (CONFIG_FILES_ONLY), or where unknown is as good as missing.
 */
struct text_set;
struct network_set;

/* The caller passes `text` in lower case. */
enum table_answer text_set_lookup(const struct text_set *set, struct slice text);
bool text_set_contains(const struct text_set *set, struct slice text);

/* Of a domain_set: `domain` (canonical) itself, or ".parent" for one of its parents. */
enum table_answer domain_set_lookup(const struct text_set *set, struct slice domain);

/* Of a set with addresses, "@domain" for all of a domain, ".domain" for all of those below it: `address` in
 * lower case, or "<>". */
enum table_answer address_set_lookup(const struct text_set *set, struct slice address);

/* Entries in the configuration itself. */
size_t text_set_count(const struct text_set *set);
/* Neither entries nor tables. */
bool text_set_is_empty(const struct text_set *set);

/* Which network has the address: of networks of the configuration within each other the widest, of those of a
 * file the narrowest. */
enum table_answer network_set_lookup(const struct network_set *set, const struct ip_address *address,
                                     struct ip_network *network);
bool network_set_contains(const struct network_set *set, const struct ip_address *address);
bool network_set_find(const struct network_set *set, const struct ip_address *address,
                      struct ip_network *network);
bool network_set_is_empty(const struct network_set *set);

struct text_map;

/* The value of `key` (in lower case) is appended to `value`; a list as its entries with ", " between. What
 * the configuration says and what all sources have counts, in that order; of CONFIG_ONE_VALUE maps the first
 * that has the key. TABLE_UNKNOWN: a source cannot be asked; what others have is appended all the same. */
enum table_answer text_map_lookup(const struct text_map *map, struct slice key, struct strbuf *value);
bool text_map_is_empty(const struct text_map *map);

#endif
