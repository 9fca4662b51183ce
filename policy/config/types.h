/*
 * How each kind of value is read, printed and described.
 *
 * A type reads one node and either fills the value or tells at least one problem. Values are immutable once
 * read and are shared by the structs they are copied into. What is printed reads back as the same value.
 */
#ifndef CLOSEDRELAY_CONFIG_TYPES_H
#define CLOSEDRELAY_CONFIG_TYPES_H

#include "config/node.h"
#include "config/schema.h"

struct config_tables;

struct config_parse {
    void *owner; /* what values are allocated under */
    struct config_problems *problems;
    const struct config_key *key;
    struct config_tables *tables; /* config/tables.h: those that the configuration names */
};

struct table;

/* Tables that a value names, in order. */
struct config_table_list {
    struct table **items;
    size_t count;
};

enum config_shape {
    CONFIG_SHAPE_SCALAR,
    CONFIG_SHAPE_LIST,
    CONFIG_SHAPE_MAP,
    CONFIG_SHAPE_SECTION,
    CONFIG_SHAPE_ARRAY
};

/* A list made of the one below it: `added` is put in and `removed` taken out; what stands in both is out.
 * Values of the list's type; for arrays `removed` is a struct config_text_list of names. Any may be zero. */
struct config_list_change {
    const void *below, *added, *removed;
};

/* Sections and arrays have no functions but `change` and `has`: the loader takes them apart itself. */
struct config_type {
    const char *name;
    enum config_shape shape;
    size_t bytes;           /* of the value in the settings struct */
    const char *empty_text; /* the default of a key without one; NULL: zero bytes */
    const char *example;    /* for messages and the reference */
    bool (*parse)(const struct config_parse *parse, const struct config_node *node, void *value);
    /* Scalars only: lists and maps are printed entry by entry, as they were written. */
    void (*print)(const struct config_key *key, const struct config_node *node, const void *value,
                  struct strbuf *out);
    /* What may be written, in words: "a size from 1kB to 1GB". */
    void (*describe)(const struct config_key *key, struct strbuf *out);
    /* The members of its JSON Schema object, without the braces; of one entry for lists. */
    void (*json_schema)(const struct config_key *key, struct strbuf *out);
    /* Lists and arrays only: makes the changed list at `value`, of `owner`, under which no file is read; what
     * it is made of must live as long. False when memory ran out. */
    bool (*change)(void *owner, const struct config_key *key, const struct config_list_change *change,
                   void *value);
    /* With `change`: whether the list is another without `entry`; true where only a table could tell. */
    bool (*has)(const struct config_key *key, const void *list, struct slice entry);
    bool entries_overlap; /* an entry may stand for more than itself: ".example.com", 192.0.2.0/24 */
};

/* ---- for the types themselves ------------------------------------------------------------------------ */

/* An error "KEY: WHAT". */
void config_value_error(const struct config_parse *parse, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text of a scalar; false, and the problem told, where the node is something else or has no value. */
bool config_scalar(const struct config_parse *parse, const struct config_node *node, struct slice *text);

/* As above, for types whose values are no texts: quotes are an error as well. */
bool config_plain_scalar(const struct config_parse *parse, const struct config_node *node,
                         struct slice *text);

/* "30m", as config_type_duration takes it, and "500MB", as config_type_size does; false: it is none. */
bool config_duration_read(struct slice text, uint64_t *ms);
bool config_size_read(struct slice text, uint64_t *bytes);

/* Digits only, without a leading zero; at most UINT64_MAX. */
bool config_digits(struct slice text, uint64_t *number);

/* One entry of a list; false stops, the problem told. */
typedef bool (*config_entry_taker)(void *context, const struct config_parse *parse, struct slice entry,
                                   struct config_place place);

/* Every entry of a list, those of the files it names included; errors in entries do not keep the others from
 * being looked at. False where there was any. */
bool config_list_each(const struct config_parse *parse, const struct config_node *node,
                      config_entry_taker take, void *context);

/* What the entries of a set are read into. */
struct config_set_reading {
    config_entry_taker take;
    void *context;
    enum table_shape shape;
    struct config_table_list tables; /* talloc children of parse->owner */
};

/* Every entry of a list in the configuration: those that name a source (table/table.h) are opened and put
 * into `tables`, the others go to `take`. False where anything was told. */
bool config_set_each(const struct config_parse *parse, const struct config_node *node,
                     struct config_set_reading *reading);

/* An entry of a list on its way in. */
struct config_entry {
    struct slice text;
    struct config_place place;
    bool is_quoted;
    bool is_line; /* of a file */
};

/* Whether an entry can mean what it says: tells of several in one text, tables of kinds that there are not,
 * paths without file:, "yes" and the like. Of CONFIG_FREE_TEXT only a warning. */
bool config_entry_check(const struct config_parse *parse, const struct config_entry *entry);
/* The same of the key of a map's child. */
bool config_map_key_check(const struct config_parse *parse, const struct config_node *child);
/* What to write in place of a table that only other programs know ("mysql:…"); NULL: `text` is none. Static.
 */
const char *config_foreign_table(struct slice text);

/* Whether `text` is "file:PATH"; then PATH as seen from the file it is written in (NULL: out of memory,
 * told). */
bool config_file_reference(const struct config_parse *parse, struct slice text, struct config_place place,
                           const char **path);

/* In the JSON schema: an entry that is some text. */
void config_entry_json_schema(const struct config_key *key, struct strbuf *out);

/* A copy under parse->owner; NULL: out of memory, told. */
const char *config_copy_text(const struct config_parse *parse, struct slice text);

/* Parses an endpoint; false, and the problem told, otherwise. */
bool config_endpoint_parse(const struct config_parse *parse, struct slice text, struct config_place place,
                           struct config_endpoint *endpoint);

/* ---- texts in YAML and JSON -------------------------------------------------------------------------- */

/* As a YAML scalar that is read as this very text: in quotes unless it is a harmless word. */
void config_print_text(struct slice text, struct strbuf *out);

/* A scalar as it was written, a source with its path made independent of the file it was written in. */
void config_print_entry(const struct config_node *node, struct strbuf *out);

/* In JSON: with its quotes. */
void config_print_json_text(struct slice text, struct strbuf *out);

/* "30MB", "30MiB", "512"; "2s", "500ms". */
void config_print_size(uint64_t bytes, struct strbuf *out);
void config_print_duration(uint64_t ms, struct strbuf *out);

#endif
