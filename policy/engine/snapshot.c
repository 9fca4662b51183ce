/* One configuration as all sessions that began with it see it. */
#include "engine/engine.h"

#include "config/print.h"
#include "engine/advice.h"
#include "engine/geo_settings.h"
#include "config/problems.h"
#include "check/dnsbl/dnsbl.h"
#include "check/relay/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

/* The settings of a section that is the same for everybody. */
static const void *global_settings(const struct policy_snapshot *snapshot, size_t section)
{
    return config_document_settings(snapshot->document, section, ROLE_OUTSIDE);
}

/* FNV-1a: tells one configuration from another, and resists nobody. */
static void identify(struct policy_snapshot *snapshot)
{
    struct strbuf text;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    strbuf_init(&text, 0);
    config_document_print_values(snapshot->document, &text);
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    snprintf(snapshot->id, sizeof snapshot->id, "%016" PRIx64, hash);
    strbuf_deinit(&text);
}

static struct policy_snapshot *load(const char *path, struct table_registry *tables, struct strbuf *problems)
{
    const struct config_section *sections[CONFIG_SECTIONS_MAX];
    struct config_schema schema = config_schema_fill(sections);
    struct policy_snapshot *snapshot = calloc(1, sizeof *snapshot);
    struct config_problems *found = config_problems_create(NULL);
    schema.tables = tables;
    if (snapshot != NULL && found != NULL)
        snapshot->document = config_document_load(NULL, &schema, path, found);
    else
        strbuf_append_text(problems, "out of memory\n");
    if (snapshot != NULL && snapshot->document != NULL)
        config_advise(snapshot->document, found);
    if (found != NULL)
        config_problems_render(found, problems);
    talloc_free(found);
    if (snapshot == NULL || snapshot->document == NULL) {
        free(snapshot);
        return NULL;
    }
    atomic_init(&snapshot->reference_count, 1);
    snapshot->path = path == NULL ? NULL : strdup(path);
    snapshot->root = global_settings(snapshot, SECTION_ROOT);
    snapshot->audit_settings = global_settings(snapshot, SECTION_AUDIT);
    snapshot->daemon = *(const struct policy_daemon_settings *)global_settings(snapshot, SECTION_DAEMON);
    snapshot->daemon.listen = snapshot->root->listen;
    snapshot->daemon.control = snapshot->root->control;
    snapshot->daemon.timezone = snapshot->root->timezone;
    judge_policy_init(&snapshot->judge, snapshot->document, SECTION_FIRST_CHECK, SECTION_REPLIES);
    snapshot->judge.mode = snapshot->root->mode;
    snapshot->judge.customers = snapshot->root->customers;
    identify(snapshot);
    return snapshot;
}

struct policy_snapshot *policy_load(const char *path, struct strbuf *problems)
{
    return load(path, NULL, problems);
}

struct policy_snapshot *policy_engine_load(struct policy_engine *engine, const char *path,
                                           struct strbuf *problems)
{
    struct policy_snapshot *current = policy_engine_snapshot(engine);
    struct policy_snapshot *fresh = load(path, config_document_tables(current->document), problems);
    policy_snapshot_unref(current);
    return fresh;
}

struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->reference_count, 1);
    return snapshot;
}

void policy_snapshot_unref(struct policy_snapshot *snapshot)
{
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->reference_count, 1) != 1)
        return;
    audit_file_unref(snapshot->audit);
    talloc_free(snapshot->document);
    free(snapshot->path);
    free(snapshot);
}

const struct policy_daemon_settings *policy_snapshot_daemon(const struct policy_snapshot *snapshot)
{
    return &snapshot->daemon;
}

const void *snapshot_check_settings(const struct policy_snapshot *snapshot, size_t index, enum role role)
{
    return config_document_settings(snapshot->document, SECTION_FIRST_CHECK + index, role);
}

bool snapshot_needs(const struct policy_snapshot *snapshot, unsigned needs)
{
    for (size_t i = 0; check_table[i] != NULL; i++)
        for (enum role role = 0; role < ROLE_COUNT && check_table[i]->needs != NULL; role++)
            if ((check_table[i]->needs(snapshot_check_settings(snapshot, i, role)) & needs) != 0)
                return true;
    return false;
}

static const void *named_check_settings(const struct policy_snapshot *snapshot, const struct check *check)
{
    return snapshot_check_settings(snapshot, check_index(check), ROLE_OUTSIDE);
}

const struct relay_settings *snapshot_relay_settings(const struct policy_snapshot *snapshot)
{
    return snapshot->judge.relay;
}

bool snapshot_relay_is_written(const struct policy_snapshot *snapshot, const char *path)
{
    return config_document_is_written(snapshot->document, SECTION_FIRST_CHECK + check_index(&relay_check),
                                      path);
}

const struct dnsbl_settings *snapshot_dnsbl_settings(const struct policy_snapshot *snapshot)
{
    return named_check_settings(snapshot, &dnsbl_check);
}

const struct dns_settings *snapshot_dns_settings(const struct policy_snapshot *snapshot)
{
    return global_settings(snapshot, SECTION_DNS);
}

const struct policy_http_settings *policy_snapshot_http(const struct policy_snapshot *snapshot)
{
    return global_settings(snapshot, SECTION_HTTP);
}

/* One level deep, for the daemon's user; a folder that is there stays as it is. */
static bool make_folder(const char *folder, unsigned user_id, unsigned group_id, struct strbuf *problems)
{
    bool made = mkdir(folder, 0750) == 0;
    bool usable = made ? chown(folder, user_id, group_id) == 0 : errno == EEXIST;
    if (!usable)
        strbuf_printf(problems, "%s: this folder cannot be made: %s\n", folder, strerror(errno));
    return usable;
}

static bool make_folder_of(const char *file, unsigned user_id, unsigned group_id, struct strbuf *problems)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL || slash == file)
        return true;
    char *folder = strndup(file, (size_t)(slash - file));
    bool usable = folder != NULL && make_folder(folder, user_id, group_id, problems);
    free(folder);
    return usable;
}

/* A file that is not there yet is made in its folder. */
static bool can_be_written(const char *path, const char *key, struct strbuf *problems)
{
    if (path[0] == '\0' || access(path, W_OK) == 0 || errno == ENOENT)
        return true;
    strbuf_printf(problems, "%s: error: %s: this cannot be written: %s\n", path, key, strerror(errno));
    return false;
}

bool policy_snapshot_check_writable(const struct policy_snapshot *snapshot, struct strbuf *problems)
{
    const char *file = snapshot->audit_settings->file, *slash = strrchr(file, '/');
    bool good = can_be_written(file, "audit.file", problems);
    char *folder = slash == NULL || slash == file ? NULL : strndup(file, (size_t)(slash - file));
    if (folder != NULL)
        good = can_be_written(folder, "audit.file", problems) && good;
    free(folder);
    return can_be_written(snapshot->root->state, "state", problems) && good;
}

bool policy_snapshot_prepare(const struct policy_snapshot *snapshot, unsigned user_id, unsigned group_id,
                             struct strbuf *problems)
{
    const struct config_endpoint *control = &snapshot->daemon.control;
    const char *state = snapshot->root->state;
    const struct config_endpoint *http = &policy_snapshot_http(snapshot)->listen;
    bool has_control =
        control->kind != ENDPOINT_UNIX || make_folder_of(control->path, user_id, group_id, problems);
    bool has_http = http->kind != ENDPOINT_UNIX || make_folder_of(http->path, user_id, group_id, problems);
    bool has_state = state[0] == '\0' || make_folder(state, user_id, group_id, problems);
    return make_folder_of(snapshot->audit_settings->file, user_id, group_id, problems) && has_control &&
           has_http && has_state;
}

struct geo *snapshot_geo(const struct policy_snapshot *snapshot)
{
    return ((const struct geo_settings *)global_settings(snapshot, SECTION_GEO))->geo;
}
