/*
 * A request, apart from the server that took it: what it asks for, and whether it may.
 *
 * Everything in here came from a stranger. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_REQUEST_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_REQUEST_H

#include "policy.h"

enum { HTTP_ARGUMENTS_MAX = 8, HTTP_ARGUMENT_BYTES_MAX = 1000, HTTP_PATH_BYTES_MAX = 200 };

/* Of the query (?NAME=VALUE), decoded. */
struct http_argument {
    char *name, *value;
};

struct http_request {
    char *path; /* decoded, without the query */
    struct http_argument arguments[HTTP_ARGUMENTS_MAX];
    size_t argument_count;
    enum policy_viewer viewer;
};

/* False: out of memory, or too long. */
bool http_request_set_path(struct http_request *request, const char *path);
/* The same; a value may be NULL. Arguments beyond HTTP_ARGUMENTS_MAX are refused too. */
bool http_request_add_argument(struct http_request *request, const char *name, const char *value);
void http_request_deinit(struct http_request *request);

/* NULL: there is none, or it is empty. */
const char *http_request_argument(const struct http_request *request, const char *name);

/* What a request says of itself in its head; NULL where it does not. */
struct http_head {
    const char *method;
    const char *host;
    const char *authorization;
    const char *api_key;                 /* X-API-Key: a token, as Authorization has */
    const char *content_type;            /* of what is sent */
    const char *fetch_site, *fetch_mode; /* Sec-Fetch-*: where a browser says that it comes from */
};

enum http_access {
    HTTP_GRANTED,
    HTTP_BAD_METHOD,  /* 405: nothing can be changed here */
    HTTP_BAD_TYPE,    /* 415: what is sent is not application/json; web pages cannot send that unasked */
    HTTP_BAD_HOST,    /* 421: by a name that is not ours, so perhaps a web page's own (DNS rebinding) */
    HTTP_CROSS_SITE,  /* 403: asked for by a page of somebody else's */
    HTTP_UNAUTHORIZED /* 401 */
};

/*
 * Whether it may ask at all; then `viewer` is who it is. POST is for settings->auth_policy alone. A host is
 * known where it is an address, localhost, or one of settings->hosts: whoever rebinds a name of his own to
 * this machine has none of these. A token is taken as `Bearer TOKEN`, as the password of `Basic` (RFC 7617)
 * or as X-API-Key, and compared in constant time.
 */
enum http_access http_check_access(const struct policy_http_settings *settings, const struct http_head *head,
                                   enum policy_viewer *viewer);

/* Whether `viewer` may use what takes at least `least`. Who tells of logins may do that alone. */
bool http_viewer_may(enum policy_viewer viewer, enum policy_viewer least);

#endif
