/*
 * Configuration files and the table of keys -> settings structs.
 *
 * The document is immutable once loaded and may be read from any thread; nothing here keeps state between
 * calls, so one may be loaded while others are in use. Values come in layers, the later wins:
 *
 *   the key's default < its default for the role < what the files say < what they say under `roles:`
 *   < each entry of `overrides:` that matches, from top to bottom
 *
 * Files are merged before that: `include:` names further ones, and a key may be set in one file only (but
 * each may add entries to `overrides:`). Bounds: 1 MB a file (16 MB for lists that are read at load), 8 MB
 * and 1000 files in all, includes nested 8 deep. The files of tables (table/table.h) may have 1 GB each.
 */
#ifndef CLOSEDRELAY_CONFIG_LOAD_H
#define CLOSEDRELAY_CONFIG_LOAD_H

#include "config/problems.h"
#include "config/schema.h"

struct config_document;

/* The schema: root (name "") first, then the sections of the top level. Constant data. */
struct config_schema {
    const struct config_section *const *sections;
    size_t count;
    struct table_registry *tables; /* shared with another document; NULL: the document has its own */
};

/*
 * Reads the file at `path` (NULL: none, which gives the defaults) and whatever it names. Problems are
 * appended to `problems`. Returns the document, a talloc child of `owner`, or NULL where there is at least
 * one error. Reads files, so not for a thread that must not block.
 */
struct config_document *config_document_load(void *owner, const struct config_schema *schema,
                                             const char *path, struct config_problems *problems);

/* The same from bytes in memory; `name` is shown as the file's, and what it names is found relative to it. */
struct config_document *config_document_read(void *owner, const struct config_schema *schema,
                                             const char *name, struct slice text,
                                             struct config_problems *problems);

/* The struct of a section (index in the schema): for `role` where the section is per_role, else for all. */
const void *config_document_settings(const struct config_document *document, size_t section_index,
                                     enum role role);

/* Whether the files say something for the key at `path` ("recent_logins.remember") of a section, for
 * everybody. */
bool config_document_is_written(const struct config_document *document, size_t section_index,
                                const char *path);

/* Whom a message is from, as `overrides` may ask. Texts are "" where unknown, else in lower case. */
struct config_subject {
    enum role role;
    const char *user;   /* canonical login, or another identity of the role */
    const char *domain; /* of the login; without one, what the engine takes for it */
    const char *customer;
    const struct ip_address *client_ip; /* NULL: unknown */
    const char *sender;                 /* of the envelope; "<>" for the null sender */
};

/*
 * The struct that applies to `subject`. Where no override matches, or only one, it belongs to the document
 * and nothing is allocated; otherwise it is a talloc child of `owner`. Every struct returned went through the
 * section's `finish` without error: where several overrides match that are valid alone but not together (most
 * such cases are errors at load), the last of them applies alone. NULL when memory ran out.
 */
const void *config_document_effective(const struct config_document *document, size_t section_index,
                                      const struct config_subject *subject, void *owner);

/* Where the value of the key at `path` ("limit", "tls.verify") stands that applies to `subject`: in the files
 * of the configuration; no file: it is a default, or there is no such key. Allocates nothing. */
struct config_place config_document_place(const struct config_document *document, size_t section_index,
                                          const struct config_subject *subject, const char *path);

/* Where the `index`-th entry of an array stands. */
struct config_place config_array_place(const struct config_array *array, size_t index);

/* The overrides, and for each what its `when:` says: roles (0: any), and the entries that are written there
 * for another condition ("user"), sources left out. For what the owner of the sections knows of them. */
size_t config_document_override_count(const struct config_document *document);
unsigned config_override_roles(const struct config_document *document, size_t override);
void config_override_each(const struct config_document *document, size_t override, const char *condition,
                          void (*visit)(void *context, struct slice text, struct config_place place),
                          void *context);

/* The `patch`-th override that changes a per_role section: `*settings` for `role` with this override alone
 * over it (NULL: it cannot match the role), and where it stands. False: there are not so many. */
bool config_document_patch(const struct config_document *document, size_t section_index, size_t patch,
                           enum role role, const void **settings, struct config_place *place);

/* The registry in which its tables are open: for a document that is to share them, and to follow their files
 * (table_registry_refresh). Belongs to the document. */
struct table_registry *config_document_tables(const struct config_document *document);

/* Calls `tell` for each table behind lists and maps that something is wrong with. Any thread. */
void config_document_examine_tables(const struct config_document *document,
                                    void (*tell)(void *context, const char *name, const char *trouble),
                                    void *context);

#endif
