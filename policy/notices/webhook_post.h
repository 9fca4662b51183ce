/* One POST over HTTP (libcurl): bounded in time and size, no redirection, no proxy, no other protocol. */
#ifndef CLOSEDRELAY_NOTICES_WEBHOOK_POST_H
#define CLOSEDRELAY_NOTICES_WEBHOOK_POST_H

#include "base/slice.h"

enum post_result {
    POST_TAKEN,   /* 2xx */
    POST_FAILED,  /* no answer, 5xx, 408, 429: may be taken later */
    POST_REFUSED, /* any other answer */
};

struct webhook_post;

/* `is_ending` is asked about once a second while a request is under way, which it ends. NULL: no memory. */
struct webhook_post *webhook_post_create(bool (*is_ending)(void *context), void *context);
void webhook_post_destroy(struct webhook_post *post); /* NULL is allowed */

struct post_request {
    const char *url, *ca_file; /* "" for the system's */
    const char *event;
    struct slice secret, body;
};

/* At most 10 s. `trouble` says why it was not taken. One thread at a time. */
enum post_result webhook_post_send(struct webhook_post *post, const struct post_request *request,
                                   char *trouble, size_t trouble_bytes);

#endif
