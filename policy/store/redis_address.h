/*
 * Where Redis or Valkey is, as the configuration says it:
 *
 *   redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]      rediss://… with TLS
 *   redis+sentinel://HOST[:PORT],HOST[:PORT]/NAME[/DB]      the master of that name, as these Sentinels know
 * it redis+unix:///PATH
 *
 * and behind '?', joined by '&': password_file=PATH, db=N, timeout=MS, reserve=SECONDS, ca_file=PATH,
 * cert_file=PATH, key_file=PATH.
 */
#ifndef CLOSEDRELAY_STORE_REDIS_ADDRESS_H
#define CLOSEDRELAY_STORE_REDIS_ADDRESS_H

#include "base/strbuf.h"

enum { REDIS_PLACES_MAX = 8 };

struct redis_place {
    const char *host, *port;
};

struct redis_address {
    struct redis_place places[REDIS_PLACES_MAX]; /* the server, or the Sentinels */
    size_t place_count;
    char *path;   /* or a unix socket */
    char *master; /* the name that Sentinels know it by; NULL: there are none */
    char *user, *password;
    char *ca_file;              /* who signs the server's certificate; NULL: whom the system trusts */
    char *cert_file, *key_file; /* of one's own; NULL: none */
    unsigned database;
    unsigned timeout_ms;      /* of a command; 0: 20 */
    unsigned reserve_seconds; /* how long what a message reserved is held where its server is gone; 0: 600 */
    bool is_tls;
};

/* Under the talloc context `owner`. False: it cannot be read (what to write instead is in `problem`). Reads
 * the file of the password. */
bool redis_address_read(void *owner, const char *url, struct redis_address *address, struct strbuf *problem);

/* "redis://127.0.0.1:6379/0": without user and password. */
void redis_address_print(const struct redis_address *address, struct strbuf *out);

#endif
