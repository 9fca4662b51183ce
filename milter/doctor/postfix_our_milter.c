/* Which of Postfix's milters is this one? */
#include "postfix_checks.h"
#include "setting_value.h"

static bool is_any_host(const char *host)
{
    return host == NULL || host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

void postfix_append_our_milter(const struct doctor *doctor, struct strbuf *out)
{
    const struct config_endpoint *listen = &doctor->needs.listen;
    const char *queue = postfix_setting(doctor->postfix, "queue_directory");
    size_t queue_length = queue == NULL ? 0 : strlen(queue);
    if (listen->kind == ENDPOINT_UNIX && queue_length > 0 &&
        strncmp(listen->path, queue, queue_length) == 0 && listen->path[queue_length] == '/')
        strbuf_printf(out, "unix:%s", listen->path + queue_length + 1);
    else if (listen->kind == ENDPOINT_UNIX)
        strbuf_printf(out, "unix:%s", listen->path);
    else if (listen->kind == ENDPOINT_INET6)
        strbuf_printf(out, "inet:[%s]:%u", is_any_host(listen->host) ? "::1" : listen->host, listen->port);
    else
        strbuf_printf(out, "inet:%s:%u", is_any_host(listen->host) ? "127.0.0.1" : listen->host,
                      listen->port);
}

static bool is_our_host(const struct config_endpoint *listen, struct slice host)
{
    struct ip_address named, ours;
    if (!ip_address_parse(host, &named) || !ip_address_parse(slice_of(listen->host), &ours))
        return true;
    return is_any_host(listen->host) || ip_address_equal(&named, &ours);
}

static bool is_our_port(const struct config_endpoint *listen, struct slice host_and_port)
{
    size_t colon = slice_find_last(host_and_port, ':');
    uint64_t port;
    return colon < host_and_port.length &&
           setting_number(slice_part(host_and_port, colon + 1, host_and_port.length), &port) &&
           port == listen->port && is_our_host(listen, slice_part(host_and_port, 0, colon));
}

/* "-" is what compatibility_level makes of it: no from 3.0 on. */
bool postfix_is_chrooted(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *level = postfix_setting(doctor->postfix, "compatibility_level");
    if (service->chroot.data[0] == '-')
        return level == NULL || level[0] < '1';
    return service->chroot.data[0] == 'y';
}

/* The socket that `path` is for this service, seen from outside its chroot. */
static void append_socket_path(const struct postfix_settings *settings, bool chrooted, struct slice path,
                               struct strbuf *out)
{
    const char *queue = postfix_setting(settings, "queue_directory");
    bool is_absolute = path.length > 0 && path.data[0] == '/';
    if ((chrooted || !is_absolute) && queue != NULL) {
        strbuf_append_text(out, queue);
        strbuf_append_text(out, is_absolute ? "" : "/");
    }
    strbuf_append_slice(out, path);
}

static bool is_our_socket(const struct doctor *doctor, bool chrooted, struct slice path)
{
    struct strbuf seen;
    strbuf_init(&seen, 0);
    append_socket_path(doctor->postfix, chrooted, path, &seen);
    bool is_ours = strcmp(strbuf_text(&seen), doctor->needs.listen.path) == 0;
    strbuf_deinit(&seen);
    return is_ours;
}

static enum milter_match match_milter(const struct doctor *doctor, const struct postfix_service *service,
                                      struct slice word)
{
    const struct config_endpoint *listen = &doctor->needs.listen;
    struct slice options = word, address;
    if (!setting_next_word(&options, &address))
        return MILTER_OTHER;
    if (slice_starts_nocase(address, slice_of("unix:")) && listen->kind == ENDPOINT_UNIX) {
        struct slice path = slice_part(address, 5, address.length);
        if (is_our_socket(doctor, service != NULL && postfix_is_chrooted(doctor, service), path))
            return MILTER_OURS;
        return is_our_socket(doctor, false, path) ? MILTER_OUTSIDE_CHROOT : MILTER_OTHER;
    }
    bool is_inet = slice_starts_nocase(address, slice_of("inet:")) && listen->kind != ENDPOINT_UNIX;
    return is_inet && is_our_port(listen, slice_part(address, 5, address.length)) ? MILTER_OURS
                                                                                  : MILTER_OTHER;
}

enum milter_match postfix_find_our_milter(const struct doctor *doctor, const struct postfix_service *service,
                                          const char *list, struct slice *entry)
{
    struct slice rest = slice_of(list == NULL ? "" : list);
    enum milter_match found = MILTER_OTHER;
    while (found == MILTER_OTHER && setting_next_word(&rest, entry))
        found = match_milter(doctor, service, *entry);
    return found;
}

bool postfix_has_no_milters(const struct doctor *doctor, const struct postfix_service *service)
{
    const char *options = postfix_service_setting(doctor->postfix, service, "receive_override_options", NULL);
    return options != NULL && setting_has_word(options, "no_milters");
}

/* An option of the entry itself comes first; Postfix's default is tempfail. */
static bool fails_open(const struct doctor *doctor, const struct postfix_service *service, struct slice entry)
{
    const char *action = postfix_service_setting(doctor->postfix, service, "milter_default_action", NULL);
    struct slice word, option, in_force = slice_of(action == NULL ? "tempfail" : action);
    while (setting_next_word(&entry, &word))
        if (setting_option(word, "default_action", &option))
            in_force = option;
    return slice_equal_nocase(in_force, slice_of("accept"));
}

enum postfix_failure postfix_failure_of(const struct doctor *doctor, const struct postfix_service *service)
{
    struct slice entry = {0};
    const char *list = postfix_service_setting(doctor->postfix, service, "smtpd_milters", NULL);
    if (postfix_has_no_milters(doctor, service) ||
        postfix_find_our_milter(doctor, service, list, &entry) == MILTER_OTHER)
        return POSTFIX_NOT_ASKED;
    return fails_open(doctor, service, entry) ? POSTFIX_FAILS_OPEN : POSTFIX_FAILS_CLOSED;
}
