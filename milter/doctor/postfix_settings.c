#include "postfix_settings.h"

#include "setting_value.h"

#include <stdio.h>
#include <stdlib.h>

enum { MASTER_COLUMNS = 8 };

static bool add_setting(struct postfix_settings *settings, const char *name, const char *value)
{
    struct postfix_setting *grown =
        realloc(settings->settings, (settings->setting_count + 1) * sizeof *settings->settings);
    if (grown == NULL)
        return false;
    settings->settings = grown;
    grown[settings->setting_count++] = (struct postfix_setting){name, value, NULL};
    return true;
}

static bool add_service(struct postfix_settings *settings, const struct slice *columns)
{
    struct postfix_service *grown =
        realloc(settings->services, (settings->service_count + 1) * sizeof *settings->services);
    if (grown == NULL)
        return false;
    settings->services = grown;
    grown[settings->service_count++] =
        (struct postfix_service){columns[0], columns[1], columns[4], columns[7]};
    return true;
}

static bool read_service(struct postfix_settings *settings, const char *line)
{
    struct slice rest = slice_of(line), columns[MASTER_COLUMNS];
    for (size_t i = 0; i < MASTER_COLUMNS; i++)
        if (!setting_next_word(&rest, &columns[i]))
            return true;
    return add_service(settings, columns);
}

/* "name = value"; only names have no white space in front of the sign. */
static bool read_line(struct postfix_settings *settings, char *line)
{
    size_t name_length = strcspn(line, " \t=");
    char *sign = line + name_length + strspn(line + name_length, " \t");
    if (line[0] == '\0' || line[0] == ' ' || line[0] == '\t' || line[0] == '#')
        return true;
    if (*sign != '=' || name_length == 0)
        return read_service(settings, line);
    line[name_length] = '\0';
    char *value = sign + 1 + strspn(sign + 1, " \t");
    value[slice_trim(slice_of(value)).length] = '\0';
    return add_setting(settings, line, value);
}

bool postfix_settings_read(struct postfix_settings *settings, struct slice output)
{
    *settings = (struct postfix_settings){.text = malloc(output.length + 1)};
    if (settings->text == NULL)
        return false;
    if (output.length > 0)
        memcpy(settings->text, output.data, output.length);
    for (size_t i = 0; i < output.length; i++)
        if (settings->text[i] == '\0')
            settings->text[i] = '?';
    settings->text[output.length] = '\0';
    for (char *line = settings->text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!read_line(settings, line))
            return false;
    }
    return true;
}

void postfix_settings_deinit(struct postfix_settings *settings)
{
    for (size_t i = 0; i < settings->setting_count; i++)
        free(settings->settings[i].own);
    free(settings->settings);
    free(settings->services);
    free(settings->text);
    *settings = (struct postfix_settings){0};
}

const char *postfix_setting(const struct postfix_settings *settings, const char *name)
{
    for (size_t i = settings->setting_count; i-- > 0;)
        if (strcmp(settings->settings[i].name, name) == 0)
            return settings->settings[i].value;
    return NULL;
}

/* "submission/inet/smtpd_milters" is this service's `name`. */
static bool is_override(const char *key, const struct postfix_service *service, const char *name)
{
    size_t length = service->name.length + service->type.length + 2;
    return strlen(key) == length + strlen(name) && key[service->name.length] == '/' &&
           key[length - 1] == '/' && strncmp(key, service->name.data, service->name.length) == 0 &&
           strncmp(key + service->name.length + 1, service->type.data, service->type.length) == 0 &&
           strcmp(key + length, name) == 0;
}

const char *postfix_service_setting(const struct postfix_settings *settings,
                                    const struct postfix_service *service, const char *name, bool *is_own)
{
    bool ignored = false;
    is_own = is_own == NULL ? &ignored : is_own;
    *is_own = true;
    for (size_t i = settings->setting_count; service != NULL && i-- > 0;)
        if (is_override(settings->settings[i].name, service, name))
            return settings->settings[i].value;
    *is_own = false;
    return postfix_setting(settings, name);
}

bool postfix_service_is_smtpd(const struct postfix_service *service)
{
    return slice_equal(service->command, slice_of("smtpd")) &&
           (slice_equal(service->type, slice_of("inet")) || slice_equal(service->type, slice_of("pass")));
}

static bool is_loopback_name(struct slice host)
{
    struct ip_address address;
    return slice_equal_nocase(host, slice_of("localhost")) ||
           (ip_address_parse(host, &address) && ip_address_is_loopback(&address));
}

bool postfix_service_is_loopback(const struct postfix_settings *settings,
                                 const struct postfix_service *service)
{
    size_t colon = slice_find_last(service->name, ':');
    if (colon < service->name.length)
        return is_loopback_name(slice_part(service->name, 0, colon));
    const char *interfaces = postfix_service_setting(settings, service, "inet_interfaces", NULL);
    struct slice rest = slice_of(interfaces == NULL ? "all" : interfaces), word;
    bool is_loopback = false;
    while (setting_next_word(&rest, &word)) {
        if (!is_loopback_name(word) && !slice_equal(word, slice_of("loopback-only")))
            return false;
        is_loopback = true;
    }
    return is_loopback && slice_equal(service->type, slice_of("inet"));
}

bool postfix_service_is_submission(const struct postfix_service *service)
{
    static const char *const names[] = {"submission", "submissions", "smtps", "587", "465"};
    size_t colon = slice_find_last(service->name, ':');
    struct slice port = colon == service->name.length
                            ? service->name
                            : slice_part(service->name, colon + 1, service->name.length);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_equal(port, slice_of(names[i])))
            return true;
    return false;
}

void postfix_place(struct strbuf *out, const struct postfix_service *service)
{
    if (service == NULL) {
        strbuf_append_text(out, "main.cf");
        return;
    }
    strbuf_append_text(out, "master.cf, service ");
    strbuf_append_slice(out, service->name);
    strbuf_append_byte(out, '/');
    strbuf_append_slice(out, service->type);
}
