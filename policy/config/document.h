/*
 * How a loaded configuration is kept; for the loader and the printers only.
 *
 * A section's rows, nested sections taken apart, are its flat keys. A layer is a list of values for
 * flat keys; a struct is made by putting layers on one another, and remembers for each flat key which value
 * it has.
 */
#ifndef CLOSEDRELAY_CONFIG_DOCUMENT_H
#define CLOSEDRELAY_CONFIG_DOCUMENT_H

#include "config/load.h"
#include "config/node.h"
#include "config/tables.h"
#include "config/types.h"

/* Of a key with CONFIG_RESTART, for the reference. */
#define CONFIG_RESTART_TEXT "A change takes a restart."

struct config_flat_key {
    const struct config_key *key;
    size_t offset;    /* in the whole section's struct */
    const char *path; /* "limit", "tls.verify" */
    unsigned flags;   /* the key's, and CONFIG_GLOBAL where a section around it has it */
};

struct config_flat_keys {
    const struct config_section *section;
    struct config_flat_key *items;
    size_t count;
    bool has_finish; /* the section, or one nested in it */
};

/* A value for one flat key. */
struct config_value {
    size_t flat_key;
    const void *bytes;              /* key->type->bytes of them; of a change: what it adds */
    const void *removed;            /* a change of the list below it: what is taken out; NULL: no change */
    struct config_place place;      /* of the value; no file: a default */
    const struct config_node *node; /* what it was read from */
    int role;                       /* written for, or the default of, this role; or ROLE_COUNT */
    /* In a struct, where a change was applied: the change, what it was applied to; `bytes` are the whole. */
    const struct config_value *change, *below;
};

struct config_layer {
    struct config_value **items;
    size_t count;
};

struct config_struct {
    void *settings;
    const struct config_value **values; /* one a flat key; NULL: none was given */
    struct config_place place;
};

/* Behind config_array.origins. */
struct config_array_origins {
    const struct config_flat_keys *flat_keys;
    struct config_struct *entries;
};

struct config_override_when {
    unsigned roles; /* 0: any */
    const struct text_set *users, *domains, *customers, *senders;
    const struct network_set *networks;
};

struct config_override {
    struct config_override_when when;
    struct config_struct when_struct;
    struct config_place place;
};

/* What one override changes in one section. */
struct config_patch {
    const struct config_override *override;
    struct config_layer layer;
    void *settings[ROLE_COUNT]; /* the role's struct with this patch alone; NULL where the override cannot
                                   match */
};

/* Which patches may match a text: sorted by text, then by patch. */
struct config_patch_key {
    const char *text;
    size_t patch;
};

struct config_patch_index {
    struct config_patch_key *items;
    size_t count, capacity;
};

/* A patch is found by the first of these conditions that its override has. */
enum config_patch_condition {
    CONFIG_PATCH_USER,
    CONFIG_PATCH_CUSTOMER,
    CONFIG_PATCH_DOMAIN,
    CONFIG_PATCH_OTHER, /* none of them that is known at load; texts are "" */
    CONFIG_PATCH_CONDITION_COUNT
};

struct config_section_state {
    struct config_flat_keys flat_keys;
    struct config_place place;
    struct config_layer defaults, written;
    struct config_layer role_defaults[ROLE_COUNT], role_written[ROLE_COUNT];
    struct config_struct base;              /* defaults and written: not per role, or for the printers only */
    struct config_struct roles[ROLE_COUNT]; /* per_role sections */
    struct config_patch *patches;           /* in the order of overrides */
    size_t patch_count;
    struct config_patch_index indexes[CONFIG_PATCH_CONDITION_COUNT];
};

struct config_document {
    struct config_schema schema;
    struct config_tables *tables;
    struct config_section_state *sections;
    struct config_override *overrides;
    size_t override_count;
    struct config_flat_keys when_flat_keys;
};

/* What is needed while a document is made. */
struct config_build {
    struct config_document *document;
    struct config_problems *problems;
    struct config_place whole;       /* the first file */
    struct config_flat_keys *arrays; /* flat keys of array sections met so far */
    size_t array_count;
};

/* ---- flat_keys.c ------------------------------------------------------------------------------------- */

/* The rows of a section and of those nested in it. */
size_t config_flat_key_count(const struct config_section *section);
/* All rows of a section. False when memory ran out. */
bool config_flat_keys_make(void *owner, const struct config_section *section,
                           struct config_flat_keys *flat_keys);
/* The flat key with that path; flat_keys->count where there is none. */
size_t config_flat_key_by_path(const struct config_flat_keys *flat_keys, const char *path);
/* The section with that name; NULL where there is none. The top level's has none. */
struct config_section_state *config_section_by_name(const struct config_document *document, const char *name);
const struct config_key *config_section_key(const struct config_section *section, const char *name);

/* ---- layer.c ----------------------------------------------------------------------------------------- */

/* Reads a mapping. Leaves with a flag of `refused` are errors. False when memory ran out. */
struct config_layer_source {
    const struct config_flat_keys *flat_keys;
    const struct config_node *node;
    int role;                /* ROLE_COUNT: not for one role */
    unsigned refused;        /* CONFIG_GLOBAL under roles and overrides */
    bool is_top_of_per_role; /* `roles` is no key here but the caller's */
};

bool config_layer_read(struct config_build *build, const struct config_layer_source *source,
                       struct config_layer *layer);
/* Reads one child, whose key the section knows; source->node is not looked at. */
bool config_layer_read_child(struct config_build *build, const struct config_layer_source *source,
                             const struct config_node *child, struct config_layer *layer);
/* Reads the defaults of the rows. */
bool config_layer_read_defaults(struct config_build *build, const struct config_flat_keys *flat_keys,
                                struct config_layer *layer);
/* Reads one default given as text. */
bool config_layer_add_text(struct config_build *build, const struct config_flat_keys *flat_keys,
                           size_t flat_key, int role, const char *text, struct config_layer *layer);

/* Allocates a zeroed struct and its table of values under `owner`; false when memory ran out. */
bool config_struct_make(void *owner, const struct config_flat_keys *flat_keys, struct config_place place,
                        struct config_struct *made);
/* Puts a layer over it. False when memory ran out. */
bool config_struct_apply(struct config_struct *made, const struct config_flat_keys *flat_keys,
                         const struct config_layer *layer);
/* A section's struct for a role, or for none (ROLE_COUNT): defaults and what is written, without overrides,
 * not finished. False when memory ran out. */
bool config_role_struct_make(void *owner, const struct config_section_state *state, int role,
                             struct config_struct *made);
/* Tells what CONFIG_REQUIRED keys are missing. */
void config_struct_check_required(const struct config_struct *made, const struct config_flat_keys *flat_keys,
                                  struct config_problems *problems);
/* Calls `finish` of nested sections, then of the section; numbers that it changed become values of `made`. */
void config_struct_finish(void *owner, const struct config_struct *made,
                          const struct config_flat_keys *flat_keys, enum role role,
                          struct config_problems *problems);

/* ---- list_change.c ----------------------------------------------------------------------------------- */

/* Whether what stands at the key changes a list: a mapping where a list may stand. */
bool config_is_list_change(const struct config_key *key, const struct config_node *node);
/* Tells what is wrong with its keys; false where anything is. */
bool config_list_change_check(const struct config_build *build, const struct config_key *key,
                              const struct config_node *node);
/* The list that a change makes of `below` (NULL: an empty one), as a value of `owner`. NULL when memory ran
 * out. */
const struct config_value *config_list_change_apply(void *owner, const struct config_key *key,
                                                    const struct config_value *change,
                                                    const struct config_value *below);
/* Warns of what changes take out and is in the list in none of the structs, which are the roles' of one
 * section, or one alone. */
struct config_structs {
    const struct config_flat_keys *flat_keys;
    const struct config_struct *items;
    size_t count;
};

void config_list_change_warn_idle(const struct config_structs *structs, struct config_problems *problems);
/* Whether both were made by the same changes of the same value. */
bool config_values_are_same(const struct config_value *a, const struct config_value *b);

/* Entries of a list as nodes. */
struct config_entries {
    void *owner;
    const struct config_node **items;
    size_t count;
    bool failed; /* out of memory */
};

/* Appends the entries of a list, those of a change put together. False where they cannot be told one by one,
 * or memory ran out. */
bool config_list_entries(const struct config_key *key, const struct config_value *value,
                         struct config_entries *entries);

/* ---- unknown_key.c ----------------------------------------------------------------------------------- */

/* Tells that a mapping for `section` knows no such key, and what may have been meant. */
void config_tell_unknown_key(const struct config_build *build, const struct config_section *section,
                             const struct config_node *child);
/* The same at the top level. */
void config_tell_unknown_top_key(const struct config_build *build, const struct config_node *child);

/* ---- override.c -------------------------------------------------------------------------------------- */

extern const struct config_section config_when_section;

/* Reads the entries of `overrides:` (NULL: none) after all sections are complete. False when memory ran out.
 */
bool config_overrides_read(struct config_build *build, const struct config_node *node);

/* ---- override_doubts.c ------------------------------------------------------------------------------- */

/* Tells which conditions of one override can never match. */
void config_override_doubt(const struct config_build *build, const struct config_override *override);
/* Warns of patches that a later one leaves without effect. */
void config_overrides_doubt_order(const struct config_build *build, const struct config_section_state *state);

/* ---- override_match.c -------------------------------------------------------------------------------- */

/* Roles that can match at all: who is outside has no login, hence no domain and no customer. */
unsigned config_when_roles(const struct config_override_when *when);
bool config_when_matches(const struct config_override_when *when, const struct config_subject *subject);
/* False only where no subject can match both. */
bool config_when_can_meet(const struct config_override_when *a, const struct config_override_when *b);

/* Whether whoever matches `narrow` surely matches `wide`. */
bool config_when_covers(const struct config_override_when *wide, const struct config_override_when *narrow);
/* Whether one of the users may have one of the domains; true where only a table could tell. */
bool config_users_can_be_at(const struct text_set *users, const struct text_set *domains);

/* Makes the indexes of a section once it has all its patches. False when memory ran out. */
bool config_patches_index(void *owner, struct config_section_state *state);

/* The patches that match a subject, from top to bottom. */
struct config_patch_walk {
    const struct config_section_state *state;
    const struct config_subject *subject;
    size_t next[CONFIG_PATCH_CONDITION_COUNT]; /* in each index */
};

void config_patch_walk_begin(struct config_patch_walk *walk, const struct config_section_state *state,
                             const struct config_subject *subject);
const struct config_patch *config_patch_walk_next(struct config_patch_walk *walk); /* NULL at the end */

/* ---- override_effective.c ---------------------------------------------------------------------------- */

/* What config_document_effective finds for a per_role section, as a struct with its values; of `owner` or of
 * the document. False when memory ran out. */
bool config_effective_make(const struct config_section_state *state, const struct config_subject *subject,
                           void *owner, struct config_struct *made);

#endif
