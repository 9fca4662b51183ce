/* A request's head, line by line (method, host, authorization, Sec-Fetch-Site, Sec-Fetch-Mode, path, then
 * arguments): nobody gets in by what he does not know, and what is too long is refused. */
#include "http/http_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "correct-horse-battery-staple";

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The next line, to be freed; NULL where there is none. */
static char *next_line(struct slice *rest)
{
    if (rest->length == 0)
        return NULL;
    const size_t end = slice_find(*rest, '\n');
    char *line = slice_duplicate(slice_part(*rest, 0, end));
    *rest = slice_part(*rest, end < rest->length ? end + 1 : end, rest->length);
    return line;
}

static void try_access(struct slice *rest)
{
    struct policy_http_token token = {POLICY_VIEWER_ADMIN, secret};
    const struct policy_http_settings closed = {.tokens_path = "/t", .tokens = &token, .token_count = 1},
                                      open = {.tokens_path = ""};
    char *lines[5];
    enum policy_viewer viewer;
    for (size_t i = 0; i < 5; i++)
        lines[i] = next_line(rest);
    const struct http_head head = {.method = lines[0] == NULL ? "" : lines[0],
                                   .host = lines[1],
                                   .authorization = lines[2],
                                   .fetch_site = lines[3],
                                   .fetch_mode = lines[4]};
    const enum http_access access = http_check_access(&closed, &head, &viewer);
    /* The token itself, or in base64 behind a name. */
    require(access != HTTP_GRANTED || strstr(lines[2], secret) != NULL ||
            strncasecmp(lines[2], "Basic ", 6) == 0);
    if (http_check_access(&open, &head, &viewer) == HTTP_GRANTED)
        require(strcmp(head.method, "GET") == 0 || strcmp(head.method, "HEAD") == 0);
    for (size_t i = 0; i < 5; i++)
        free(lines[i]);
}

static void try_arguments(struct slice *rest)
{
    struct http_request request = {0};
    char *path = next_line(rest);
    if (path != NULL && http_request_set_path(&request, path)) {
        require(strlen(request.path) <= HTTP_PATH_BYTES_MAX);
        for (char *line; (line = next_line(rest)) != NULL; free(line))
            if (http_request_add_argument(&request, line, strchr(line, '=')))
                require(request.argument_count <= HTTP_ARGUMENTS_MAX);
        http_request_argument(&request, "q");
    }
    http_request_deinit(&request);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size);
    try_access(&rest);
    try_arguments(&rest);
    return 0;
}
