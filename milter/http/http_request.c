#include "http/http_request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES_MAX = 260, CREDENTIALS_BYTES_MAX = 600 };

/* ---- what it asks for -------------------------------------------------------------------------------- */

bool http_request_set_path(struct http_request *request, const char *path)
{
    request->path = strnlen(path, HTTP_PATH_BYTES_MAX + 1) > HTTP_PATH_BYTES_MAX ? NULL : strdup(path);
    return request->path != NULL;
}

bool http_request_add_argument(struct http_request *request, const char *name, const char *value)
{
    value = value == NULL ? "" : value;
    if (request->argument_count == HTTP_ARGUMENTS_MAX || strlen(name) > HTTP_ARGUMENT_BYTES_MAX ||
        strlen(value) > HTTP_ARGUMENT_BYTES_MAX)
        return false;
    struct http_argument *argument = &request->arguments[request->argument_count++];
    argument->name = strdup(name);
    argument->value = strdup(value);
    return argument->name != NULL && argument->value != NULL;
}

void http_request_deinit(struct http_request *request)
{
    free(request->path);
    for (size_t i = 0; i < request->argument_count; i++) {
        free(request->arguments[i].name);
        free(request->arguments[i].value);
    }
}

const char *http_request_argument(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->argument_count; i++)
        if (strcmp(request->arguments[i].name, name) == 0)
            return request->arguments[i].value[0] == '\0' ? NULL : request->arguments[i].value;
    return NULL;
}

/* ---- by which name ----------------------------------------------------------------------------------- */

/* "[::1]:10892" -> "::1", "localhost:10892" -> "localhost". False: it is neither a name nor an address. */
static bool read_host(const char *header, char *host)
{
    const bool is_bracketed = header[0] == '[';
    const char *begin = header + is_bracketed;
    const size_t length = strcspn(begin, is_bracketed ? "]" : ":");
    const char *rest = begin + length + (is_bracketed && begin[length] == ']');
    if (length == 0 || length >= HOST_BYTES_MAX || (is_bracketed && begin[length] != ']') ||
        (rest[0] != '\0' && (rest[0] != ':' || strspn(rest + 1, "0123456789") != strlen(rest + 1))))
        return false;
    memcpy(host, begin, length);
    host[length] = '\0';
    return true;
}

static bool is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool host_is_known(const struct policy_http_settings *settings, const char *header)
{
    char host[HOST_BYTES_MAX];
    if (header == NULL) /* no browser leaves it out */
        return true;
    if (!read_host(header, host))
        return false;
    if (is_address(host) || slice_equal_nocase(slice_of(host), slice_of("localhost")))
        return true;
    for (size_t i = 0; i < settings->hosts.count; i++)
        if (slice_equal_nocase(slice_of(host), slice_of(settings->hosts.items[i])))
            return true;
    return false;
}

/* A page of another site may lead here, but not ask behind the reader's back. */
static bool is_cross_site(const struct http_head *head)
{
    const bool is_from_elsewhere = head->fetch_site != NULL && strcmp(head->fetch_site, "same-origin") != 0 &&
                                   strcmp(head->fetch_site, "none") != 0;
    return is_from_elsewhere && (head->fetch_mode == NULL || strcmp(head->fetch_mode, "navigate") != 0);
}

/* ---- by whom ----------------------------------------------------------------------------------------- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648. False: it is none, or does not fit. */
static bool decode_base64(const char *text, char *out, size_t room)
{
    unsigned bits = 0, count = 0;
    size_t length = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const int value = base64_value(*text);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        if (length + 1 >= room)
            return false;
        out[length++] = (char)(bits >> count & 0xff);
    }
    out[length] = '\0';
    return strspn(text, "=") == strlen(text) && strlen(out) == length;
}

/* The token in what was sent, in `room`; NULL: there is none. */
static const char *token_of(const char *authorization, char room[CREDENTIALS_BYTES_MAX])
{
    if (authorization == NULL)
        return NULL;
    if (strncasecmp(authorization, "Bearer ", 7) == 0)
        return authorization + 7 + strspn(authorization + 7, " ");
    if (strncasecmp(authorization, "Basic ", 6) != 0 ||
        !decode_base64(authorization + 6 + strspn(authorization + 6, " "), room, CREDENTIALS_BYTES_MAX))
        return NULL;
    const char *colon = strchr(room, ':');
    return colon == NULL ? NULL : colon + 1;
}

/* Takes the same time wherever they begin to differ. */
static bool is_same(const char *token, const char *sent)
{
    const size_t length = strlen(token), sent_length = strlen(sent);
    unsigned difference = length != sent_length;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned)(unsigned char)token[i] ^
                      (unsigned)(unsigned char)(sent_length == 0 ? 0 : sent[i % sent_length]);
    return difference == 0;
}

static bool find_viewer(const struct policy_http_settings *settings, const struct http_head *head,
                        enum policy_viewer *viewer)
{
    char room[CREDENTIALS_BYTES_MAX];
    bool is_found = false;
    const char *sent = head->api_key != NULL ? head->api_key : token_of(head->authorization, room);
    for (size_t i = 0; sent != NULL && i < settings->token_count; i++)
        if (is_same(settings->tokens[i].text, sent)) {
            *viewer = settings->tokens[i].viewer;
            is_found = true;
        }
    explicit_bzero(room, sizeof room);
    return is_found;
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    return content_type != NULL && strncasecmp(content_type, json, sizeof json - 1) == 0 &&
           strchr("; ", content_type[sizeof json - 1]) != NULL;
}

bool http_viewer_may(enum policy_viewer viewer, enum policy_viewer least)
{
    return viewer >= least &&
           (least > POLICY_VIEWER_LOGINS || viewer == POLICY_VIEWER_LOGINS || viewer == POLICY_VIEWER_ADMIN);
}

enum http_access http_check_access(const struct policy_http_settings *settings, const struct http_head *head,
                                   enum policy_viewer *viewer)
{
    const bool is_telling = settings->auth_policy && strcmp(head->method, "POST") == 0;
    if (!is_telling && strcmp(head->method, "GET") != 0 && strcmp(head->method, "HEAD") != 0)
        return HTTP_BAD_METHOD;
    if (is_telling && !is_json(head->content_type))
        return HTTP_BAD_TYPE;
    if (!host_is_known(settings, head->host))
        return HTTP_BAD_HOST;
    if (is_cross_site(head))
        return HTTP_CROSS_SITE;
    *viewer = POLICY_VIEWER_ADMIN;
    if (settings->tokens_path[0] == '\0')
        return HTTP_GRANTED;
    return find_viewer(settings, head, viewer) ? HTTP_GRANTED : HTTP_UNAUTHORIZED;
}
