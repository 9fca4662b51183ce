#include "store/redis_address.h"

#include "base/slice.h"

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

static bool read_number(struct slice text, unsigned *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]) || *number > 100000)
            return false;
        *number = *number * 10 + (unsigned)(text.data[i] - '0');
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
    const struct {
        const char *name;
        char **path;
    } files[] = {
        {"ca_file", &address->ca_file}, {"cert_file", &address->cert_file}, {"key_file", &address->key_file}};
    struct slice value = option;
    const struct slice name = cut(&value, '=');
    if (slice_equal(name, slice_of("db")))
        return read_number(value, &address->database);
    if (slice_equal(name, slice_of("timeout")))
        return read_number(value, &address->timeout_ms);
    if (slice_equal(name, slice_of("reserve")))
        return read_number(value, &address->reserve_seconds);
    char *text = decode(owner, value);
    if (slice_equal(name, slice_of("password_file")))
        return text != NULL && (address->password = read_first_line(owner, text, problem)) != NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (slice_equal(name, slice_of(files[i].name)))
            return (*files[i].path = text) != NULL;
    strbuf_printf(
        problem,
        "'%.*s' is no option of a store: use password_file=PATH, db=N, timeout=MS, reserve=SECONDS, "
        "ca_file=PATH, cert_file=PATH or key_file=PATH",
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

static const char *copy_or(void *owner, struct slice text, const char *otherwise)
{
    return text.length == 0 ? talloc_strdup(owner, otherwise) : talloc_strndup(owner, text.data, text.length);
}

/* "store.example:6380", "[::1]" */
static bool read_place(void *owner, struct slice text, const char *port, struct redis_address *address)
{
    const bool is_bracketed = starts(&text, "[");
    const struct slice host = cut(&text, is_bracketed ? ']' : ':');
    if (address->place_count == REDIS_PLACES_MAX)
        return false;
    if (is_bracketed)
        starts(&text, ":");
    struct redis_place *place = &address->places[address->place_count++];
    *place = (struct redis_place){copy_or(owner, host, "127.0.0.1"), copy_or(owner, text, port)};
    return place->host != NULL && place->port != NULL;
}

/* "10.0.0.1:26379,10.0.0.2:26379/mymaster/0" */
static bool read_sentinels(void *owner, struct slice *place, struct redis_address *address)
{
    struct slice hosts = cut(place, '/');
    const struct slice name = cut(place, '/');
    bool is_whole = name.length > 0;
    do
        is_whole = is_whole && read_place(owner, cut(&hosts, ','), "26379", address);
    while (hosts.length > 0 && is_whole);
    address->master = talloc_strndup(owner, name.length == 0 ? "" : name.data, name.length);
    return is_whole && address->master != NULL;
}

/* What stands before the '?'. */
static bool read_where(void *owner, struct slice text, bool is_sentinel, struct redis_address *address)
{
    read_credentials(owner, &text, address);
    if (is_sentinel)
        return read_sentinels(owner, &text, address) && read_number(text, &address->database);
    return read_place(owner, cut(&text, '/'), "6379", address) && read_number(text, &address->database);
}

bool redis_address_read(void *owner, const char *url, struct redis_address *address, struct strbuf *problem)
{
    static const struct {
        const char *scheme;
        bool is_unix, is_tls, is_sentinel;
    } schemes[] = {{"redis+unix://", true, false, false},     {"unix:", true, false, false},
                   {"rediss+sentinel://", false, true, true}, {"redis+sentinel://", false, false, true},
                   {"rediss://", false, true, false},         {"redis://", false, false, false}};
    const size_t count = sizeof schemes / sizeof schemes[0], said = problem->length;
    struct slice rest = slice_of(url);
    size_t i = 0;
    *address = (struct redis_address){0};
    while (i < count && !starts(&rest, schemes[i].scheme))
        i++;
    if (i == count) {
        strbuf_printf(problem,
                      "'%s' is no store: write memory, redis://127.0.0.1:6379/0, rediss://HOST, "
                      "redis+unix:///run/redis/redis.sock or redis+sentinel://HOST,HOST/NAME",
                      url);
        return false;
    }
    const struct slice where = cut(&rest, '?');
    address->is_tls = schemes[i].is_tls;
    if (schemes[i].is_unix)
        address->path = talloc_strndup(owner, where.data, where.length);
    const bool is_placed = schemes[i].is_unix ? address->path != NULL
                                              : read_where(owner, where, schemes[i].is_sentinel, address);
    if (is_placed && read_options(owner, rest, address, problem))
        return true;
    if (problem->length == said)
        strbuf_printf(problem, "'%s' cannot be read as a store: %s", url,
                      schemes[i].is_sentinel ? "write redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB"
                                             : "write redis://HOST:PORT/DB, the DB a number");
    return false;
}

void redis_address_print(const struct redis_address *address, struct strbuf *out)
{
    if (address->path != NULL) {
        strbuf_printf(out, "redis+unix://%s", address->path);
        return;
    }
    strbuf_printf(out, "redis%s%s://", address->is_tls ? "s" : "",
                  address->master != NULL ? "+sentinel" : "");
    for (size_t i = 0; i < address->place_count; i++) {
        const bool is_bracketed = strchr(address->places[i].host, ':') != NULL;
        strbuf_printf(out, "%s%s%s%s:%s", i == 0 ? "" : ",", is_bracketed ? "[" : "", address->places[i].host,
                      is_bracketed ? "]" : "", address->places[i].port);
    }
    if (address->master != NULL)
        strbuf_printf(out, "/%s", address->master);
    strbuf_printf(out, "/%u", address->database);
}
