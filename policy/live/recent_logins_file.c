/*
 * The file that keeps recent logins over a restart: a first line that names the form, then one line a grant,
 * "NETWORK UNTIL USER REASON", the time in seconds since 1970, the texts percent-encoded and "-" where they
 * are empty.
 */
#include "live/recent_logins.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char FORM[] = "closedrelay recent logins 1";

enum { LINE_BYTES_MAX = 2048, US_PER_SECOND = 1000000 };

/* ---- writing ---------------------------------------------------------------------------------------- */

static void append_encoded(struct strbuf *out, const char *text)
{
    strbuf_append_text(out, text[0] == '\0' ? " -" : " ");
    for (; *text != '\0'; text++)
        if ((unsigned char)*text > ' ' && (unsigned char)*text < 0x7f && *text != '%' && *text != '-')
            strbuf_append_byte(out, *text);
        else
            strbuf_printf(out, "%%%02X", (unsigned char)*text);
}

static void append_line(void *context, const struct recent_login *login)
{
    struct strbuf *out = context;
    char network[IP_ADDRESS_TEXT_BYTES + 4];
    ip_network_print(&login->client, network);
    strbuf_printf(out, "%s %lld", network, (long long)(login->until_us / US_PER_SECOND));
    append_encoded(out, login->user);
    append_encoded(out, login->reason);
    strbuf_append_byte(out, '\n');
}

static bool write_file(const char *path, struct slice text)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return false;
    bool good = true;
    while (good && text.length > 0) {
        ssize_t count = write(descriptor, text.data, text.length);
        good = count > 0 || (count < 0 && errno == EINTR);
        text = slice_part(text, count > 0 ? (size_t)count : 0, text.length);
    }
    good = good && fsync(descriptor) == 0;
    return close(descriptor) == 0 && good;
}

bool recent_logins_save(struct recent_logins *logins, const char *path, struct strbuf *problem)
{
    char *fresh = NULL;
    struct strbuf text;
    strbuf_init(&text, 0);
    strbuf_printf(&text, "%s\n", FORM);
    recent_logins_each(logins, append_line, &text);
    bool good = !text.failed && asprintf(&fresh, "%s.new", path) >= 0;
    if (!good) {
        fresh = NULL;
        strbuf_append_text(problem, "out of memory");
    } else if (!write_file(fresh, strbuf_slice(&text)) || rename(fresh, path) != 0) {
        strbuf_printf(problem, "%s: %s", path, strerror(errno));
        unlink(fresh);
        good = false;
    }
    free(fresh);
    strbuf_deinit(&text);
    return good;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

/* The next word of the line, which is cut off it. */
static char *next_word(char **line)
{
    return strsep(line, " ");
}

/* In place; false: not as append_encoded writes it. */
static bool decode(char *text)
{
    char *out = text;
    if (strcmp(text, "-") == 0)
        *text = '\0';
    while (*text != '\0') {
        const bool is_encoded = *text == '%';
        const int high = is_encoded ? ascii_hex_value(text[1]) : 0;
        const int low = is_encoded && high >= 0 ? ascii_hex_value(text[2]) : 0;
        if (high < 0 || low < 0)
            return false;
        *out++ = is_encoded ? (char)(high * 16 + low) : *text;
        text += is_encoded ? 3 : 1;
    }
    *out = '\0';
    return true;
}

static bool read_line(struct recent_logins *logins, char *line)
{
    char *network = next_word(&line), *until = next_word(&line), *user = next_word(&line),
         *reason = next_word(&line);
    struct recent_login login;
    char *end;
    if (reason == NULL || line != NULL || !ip_network_parse(slice_of(network), &login.client, NULL) ||
        !decode(user) || !decode(reason))
        return false;
    errno = 0;
    const long long seconds = strtoll(until, &end, 10);
    if (*end != '\0' || end == until || errno != 0 || seconds < 0 || seconds > INT64_MAX / US_PER_SECOND)
        return false;
    login.until_us = (int64_t)seconds * US_PER_SECOND;
    login.user = user;
    login.reason = reason;
    return recent_logins_add(logins, &login);
}

static void read_lines(struct recent_logins *logins, FILE *file, const char *path)
{
    char line[LINE_BYTES_MAX];
    size_t broken_count = 0, line_count = 0;
    while (line_count++ <= RECENT_LOGINS_MAX && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        bool is_first = line_count == 1;
        broken_count += is_first ? strcmp(line, FORM) != 0 : !read_line(logins, line);
    }
    if (broken_count > 0)
        log_warning("%s: %zu lines cannot be read: the clients they name are outside again", path,
                    broken_count);
}

bool recent_logins_load(struct recent_logins *logins, const char *path, struct strbuf *problem)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        if (errno != ENOENT)
            strbuf_printf(problem, "%s: %s", path, strerror(errno));
        return errno == ENOENT;
    }
    read_lines(logins, file, path);
    fclose(file);
    recent_logins_prune(logins);
    recent_logins_take_changed(logins);
    return true;
}
