#include "engine/http_settings.h"

#include "config/types.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum { TOKENS_MAX = 100, TOKEN_FILE_BYTES_MAX = 64 * 1024, TOKEN_BYTES_MIN = 16, TOKEN_BYTES_MAX = 200 };

static const struct config_key http_keys[] = {
    {.name = "listen",
     .type = &config_type_endpoint,
     .offset = offsetof(struct policy_http_settings, listen),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text =
         "Where metrics and the dashboard are to be had: 127.0.0.1:10892, [::1]:10892 or unix:/run/closedrelay/http.sock. "
         "Empty: nowhere. Anything but loopback and unix sockets takes `tokens`; there is no TLS: put a web server in "
         "front."},
    {.name = "tokens",
     .type = &config_type_path,
     .offset = offsetof(struct policy_http_settings, tokens_path),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "A file of lines `ROLE TOKEN`, read when a configuration is loaded. `admin` sees everything, `help-desk` "
         "refusals only, with the addresses of others than the user hidden, `metrics` the metrics only; `logins` sees "
         "nothing and tells of logins (`auth_policy`). A browser asks for it as the password, any name will do; programs send `Authorization: Bearer TOKEN`. Empty: who "
         "reaches the socket is an admin."},
    {.name = "hosts",
     .type = &config_type_text_list,
     .offset = offsetof(struct policy_http_settings, hosts),
     .flags = CONFIG_GLOBAL,
     .text =
         "Names under which browsers may ask, beside localhost, 127.0.0.1, [::1] and the address listened at: "
         "mail.example.com, where a web server in front passes that on. Other names are refused, so that no web page "
         "can reach the dashboard through a name of its own."},
    {.name = "auth_policy",
     .type = &config_type_bool,
     .offset = offsetof(struct policy_http_settings, auth_policy),
     .default_text = "false",
     .flags = CONFIG_GLOBAL,
     .text =
         "Whether Dovecot may tell of logins to mailboxes and ask whether a login is locked (its auth policy protocol: POST "
         "to /auth-policy). With `tokens` that takes one of the role `logins`, or an admin's."},
    {.name = "connections",
     .type = &config_type_count,
     .offset = offsetof(struct policy_http_settings, connections_max),
     .default_text = "64",
     .least = 1,
     .most = 1000,
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .unit = "connections",
     .text = "Most HTTP connections at a time; more have to wait."},
    {.name = "socket_mode",
     .type = &config_type_octal,
     .offset = offsetof(struct policy_http_settings, socket_mode),
     .default_text = "\"0660\"",
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .text = "Mode of the socket, where `listen` is a unix socket."},
    {.name = "socket_group",
     .type = &config_type_text,
     .offset = offsetof(struct policy_http_settings, socket_group),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "Group of the unix socket, such as `www-data`; empty: the daemon's own."},
    {0},
};

/* ---- tokens ----------------------------------------------------------------------------------------- */

static bool is_token(struct slice text)
{
    if (text.length < TOKEN_BYTES_MIN || text.length > TOKEN_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        const char c = text.data[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && (c == '\0' || strchr("-._~+/=", c) == NULL))
            return false;
    }
    return true;
}

static bool read_viewer(struct slice word, enum policy_viewer *viewer)
{
    static const char *const words[] = {[POLICY_VIEWER_LOGINS] = "logins",
                                        [POLICY_VIEWER_METRICS] = "metrics",
                                        [POLICY_VIEWER_HELP_DESK] = "help-desk",
                                        [POLICY_VIEWER_ADMIN] = "admin"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(word, slice_of(words[i]))) {
            *viewer = (enum policy_viewer)i;
            return true;
        }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* NULL: taken, or nothing stands there. */
static const char *read_line(void *owner, struct slice line, struct policy_http_settings *settings)
{
    size_t end = 0, begin;
    struct policy_http_token token;
    if (line.length == 0 || line.data[0] == '#')
        return NULL;
    while (end < line.length && !is_blank(line.data[end]))
        end++;
    for (begin = end; begin < line.length && is_blank(line.data[begin]);)
        begin++;
    if (!read_viewer(slice_part(line, 0, end), &token.viewer))
        return "a line is a role (admin, help-desk, metrics or logins), a blank and a token";
    if (!is_token(slice_part(line, begin, line.length)))
        return "a token is 16 to 200 letters, digits and -._~+/=: openssl rand -base64 24 makes one";
    if (settings->token_count == TOKENS_MAX)
        return "more than 100 tokens";
    token.text = talloc_strndup(owner, line.data + begin, line.length - begin);
    struct policy_http_token *grown = talloc_realloc(owner, settings->tokens, struct policy_http_token,
                                                     (unsigned)settings->token_count + 1);
    if (token.text == NULL || grown == NULL)
        return "out of memory";
    grown[settings->token_count++] = token;
    settings->tokens = grown;
    return NULL;
}

bool http_tokens_read(void *owner, struct slice text, struct policy_http_settings *settings,
                      void (*tell)(void *context, unsigned line, const char *what), void *context)
{
    bool good = true;
    settings->tokens = NULL;
    settings->token_count = 0;
    for (unsigned number = 1; text.length > 0; number++) {
        const size_t end = slice_find(text, '\n');
        const char *wrong = read_line(owner, slice_trim(slice_part(text, 0, end)), settings);
        if (wrong != NULL)
            tell(context, number, wrong);
        good = good && wrong == NULL;
        text = slice_part(text, end < text.length ? end + 1 : end, text.length);
    }
    return good;
}

struct telling {
    const struct config_finish *finish;
    const char *path;
};

static void tell_line(void *context, unsigned line, const char *what)
{
    const struct telling *telling = context;
    config_finish_error(telling->finish, "tokens", "%s:%u: %s", telling->path, line, what);
}

static void read_file(void *owner, struct policy_http_settings *http, const struct config_finish *context)
{
    const int file = open(http->tokens_path, O_RDONLY | O_CLOEXEC);
    struct telling telling = {context, http->tokens_path};
    struct stat info;
    char *text = talloc_array(NULL, char, TOKEN_FILE_BYTES_MAX);
    ssize_t length = file < 0 || text == NULL ? -1 : read(file, text, TOKEN_FILE_BYTES_MAX);
    if (length < 0)
        config_finish_error(context, "tokens", "%s: %s", http->tokens_path,
                            text == NULL ? "out of memory" : strerror(errno));
    else if (length == TOKEN_FILE_BYTES_MAX)
        config_finish_error(context, "tokens", "%s: more than 64 kB", http->tokens_path);
    else if (http_tokens_read(owner, slice_make(text, (size_t)length), http, tell_line, &telling) &&
             http->token_count == 0)
        config_finish_error(context, "tokens", "%s: there is no token in it, so nobody could see anything",
                            http->tokens_path);
    if (file >= 0 && fstat(file, &info) == 0 && (info.st_mode & S_IROTH) != 0)
        config_finish_warning(context, "tokens", "everybody can read %s: chmod o-r it", http->tokens_path);
    if (file >= 0)
        close(file);
    talloc_free(text);
}

/* ---- the section ------------------------------------------------------------------------------------ */

static bool is_loopback(const struct config_endpoint *endpoint)
{
    struct in_addr v4;
    if (endpoint->kind == ENDPOINT_INET && inet_pton(AF_INET, endpoint->host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return endpoint->kind == ENDPOINT_INET6 && strcmp(endpoint->host, "::1") == 0;
}

static void http_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct policy_http_settings *http = settings;
    const bool is_network = http->listen.kind == ENDPOINT_INET || http->listen.kind == ENDPOINT_INET6;
    http->tokens = NULL;
    http->token_count = 0;
    if (http->tokens_path[0] != '\0')
        read_file(owner, http, context);
    else if (is_network && !is_loopback(&http->listen))
        config_finish_error(
            context, "listen",
            "whoever reaches this address would see all mail: name a file of tokens (http.tokens), "
            "or listen at 127.0.0.1:%u",
            (unsigned)http->listen.port);
    if (is_network && !is_loopback(&http->listen) && http->tokens_path[0] != '\0')
        config_finish_notice(
            context, "listen",
            "there is no TLS here: tokens and what is shown can be read on the way, unless a web "
            "server stands in front");
}

const struct config_section http_section = {
    .name = "http",
    .struct_bytes = sizeof(struct policy_http_settings),
    .keys = http_keys,
    .finish = http_finish,
    .text = "Metrics and the dashboard, over HTTP.",
};
