#include "store/redis_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

/* Cuts what stands before the first `separator` off the text; the whole of it where there is none. */
static struct slice cut(struct slice *text, char separator)
{
    const char *at = text->length == 0 ? NULL : memchr(text->data, separator, text->length);
    const size_t length = at == NULL ? text->length : (size_t)(at - text->data);
    const struct slice before = slice_part(*text, 0, length);
    *text = slice_part(*text, at == NULL ? length : length + 1, text->length);
    return before;
}

static bool starts(struct slice *text, const char *word)
{
    const size_t length = strlen(word);
    if (text->length < length || memcmp(text->data, word, length) != 0)
        return false;
    *text = slice_part(*text, length, text->length);
    return true;
}

/* "%40" in names and passwords is "@". */
static char *decode(void *owner, struct slice text)
{
    char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    char *out = copy;
    for (const char *in = copy; in != NULL && *in != '\0'; in++) {
        int high = *in == '%' ? ascii_hex_value(in[1]) : -1;
        int low = high >= 0 ? ascii_hex_value(in[2]) : -1;
        *out++ = low >= 0 ? (char)(high * 16 + low) : *in;
        in += low >= 0 ? 2 : 0;
    }
    if (out != NULL)
        *out = '\0';
    return copy;
}

static bool read_database(struct slice text, unsigned *database)
{
    *database = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]) || *database > 100000)
            return false;
        *database = *database * 10 + (unsigned)(text.data[i] - '0');
    }
    return true;
}

static char *read_first_line(void *owner, const char *path, struct strbuf *problem)
{
    char line[512];
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        strbuf_printf(problem, "the password cannot be read from %s", path);
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    return talloc_strdup(owner, line);
}

static bool read_option(void *owner, struct slice option, struct redis_address *address,
                        struct strbuf *problem)
{
    struct slice value = option;
    const struct slice name = cut(&value, '=');
    if (slice_equal(name, slice_of("db")))
        return read_database(value, &address->database);
    char *text = decode(owner, value);
    if (slice_equal(name, slice_of("password_file")))
        return text != NULL && (address->password = read_first_line(owner, text, problem)) != NULL;
    if (slice_equal(name, slice_of("ca_file"))) {
        address->ca_file = text;
        return text != NULL;
    }
    strbuf_printf(problem, "'%.*s' is no option of a store: use password_file=PATH, ca_file=PATH or db=N",
                  (int)name.length, name.data);
    return false;
}

static bool read_options(void *owner, struct slice options, struct redis_address *address,
                         struct strbuf *problem)
{
    while (options.length > 0)
        if (!read_option(owner, cut(&options, '&'), address, problem))
            return false;
    return true;
}

/* "user:password@" */
static void read_credentials(void *owner, struct slice *text, struct redis_address *address)
{
    if (text->length == 0 || memchr(text->data, '@', text->length) == NULL)
        return;
    struct slice credentials = cut(text, '@');
    const struct slice user = cut(&credentials, ':');
    if (user.length > 0)
        address->user = decode(owner, user);
    if (credentials.length > 0)
        address->password = decode(owner, credentials);
}

static void read_host(void *owner, struct slice text, struct redis_address *address)
{
    const bool is_bracketed = starts(&text, "[");
    const struct slice host = cut(&text, is_bracketed ? ']' : ':');
    if (is_bracketed)
        starts(&text, ":");
    address->host = talloc_strndup(owner, host.length == 0 ? "127.0.0.1" : host.data,
                                   host.length == 0 ? strlen("127.0.0.1") : host.length);
    address->port =
        text.length == 0 ? talloc_strdup(owner, "6379") : talloc_strndup(owner, text.data, text.length);
}

bool redis_address_read(void *owner, const char *url, struct redis_address *address, struct strbuf *problem)
{
    struct slice text = slice_of(url);
    *address = (struct redis_address){0};
    const size_t said = problem->length;
    bool is_unix = starts(&text, "redis+unix://") || starts(&text, "unix:");
    address->is_tls = !is_unix && starts(&text, "rediss://");
    if (!is_unix && !address->is_tls && !starts(&text, "redis://")) {
        strbuf_printf(problem,
                      "'%s' is no store: write memory, redis://127.0.0.1:6379/0, rediss://HOST or "
                      "redis+unix:///run/redis/redis.sock",
                      url);
        return false;
    }
    struct slice rest = text;
    struct slice place = cut(&rest, '?');
    if (is_unix) {
        address->path = talloc_strndup(owner, place.data, place.length);
    } else {
        read_credentials(owner, &place, address);
        const struct slice host = cut(&place, '/');
        read_host(owner, host, address);
        if (!read_database(place, &address->database))
            strbuf_printf(problem, "'%.*s' is no number of a database", (int)place.length, place.data);
    }
    bool is_whole = (is_unix ? address->path != NULL : address->host != NULL && address->port != NULL) &&
                    read_options(owner, rest, address, problem);
    if (!is_whole && problem->length == said)
        strbuf_printf(problem, "'%s' cannot be read as a store", url);
    return is_whole && problem->length == said;
}

void redis_address_print(const struct redis_address *address, struct strbuf *out)
{
    if (address->path != NULL)
        strbuf_printf(out, "redis+unix://%s", address->path);
    else
        strbuf_printf(out, "%s://%s:%s/%u", address->is_tls ? "rediss" : "redis", address->host,
                      address->port, address->database);
}
