/*
 * What the commands that read the record have to know of the daemon's configuration, found without loading
 * it: its tables may be large, and it may be broken.
 */
#ifndef CLOSEDRELAY_HISTORY_HISTORY_CONFIG_H
#define CLOSEDRELAY_HISTORY_HISTORY_CONFIG_H

#include <stdbool.h>

struct history_config {
    const char *file;    /* audit.file; NULL: there is no record */
    const char *keyring; /* where the keys of audit.privacy are, if there are any; NULL: no place */
    bool cuts_clients;   /* audit.privacy.clients: cut */
};

/* Of the configuration at `path`; NULL: the founding policy's. Texts are under `owner`; what cannot be read
 * is as if it were not said. */
void history_config_read(void *owner, const char *path, struct history_config *config);

#endif
