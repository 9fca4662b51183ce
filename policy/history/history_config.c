#include "history/history_config.h"

#include "config/files.h"

#include <string.h>
#include <talloc.h>

static const char usual_file[] = "/var/log/closedrelay/audit.jsonl";
static const char usual_state[] = "/var/lib/closedrelay";

static const struct config_node *find(const struct config_node *mapping, const char *key)
{
    return mapping == NULL || mapping->kind != CONFIG_NODE_MAPPING ? NULL : config_node_find(mapping, key);
}

/* "" where it is empty; `usual` where it is not said, or is no text. */
static const char *text_of(void *owner, const struct config_node *mapping, const char *key, const char *usual)
{
    const struct config_node *node = find(mapping, key);
    if (node == NULL || node->kind != CONFIG_NODE_SCALAR)
        return usual;
    const char *copy = talloc_strndup(owner, node->text, node->length);
    return copy == NULL ? usual : copy;
}

void history_config_read(void *owner, const char *path, struct history_config *config)
{
    struct config_problems *problems = path == NULL ? NULL : config_problems_create(owner);
    const struct config_node *root = problems == NULL ? NULL : config_files_read(owner, path, problems);
    const struct config_node *audit = find(root, "audit"), *privacy = find(audit, "privacy");
    const char *state = text_of(owner, root, "state", usual_state);
    *config = (struct history_config){
        .file = text_of(owner, audit, "file", usual_file),
        .keyring = text_of(owner, privacy, "keyring", ""),
        .cuts_clients = strcmp(text_of(owner, privacy, "clients", "keep"), "cut") == 0,
    };
    if (config->file[0] == '\0')
        config->file = NULL;
    if (config->keyring[0] == '\0')
        config->keyring = state[0] == '\0' ? NULL : talloc_asprintf(owner, "%s/audit.keys", state);
}
