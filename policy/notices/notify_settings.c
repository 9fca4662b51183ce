#include "notices/notify_settings.h"

#include "base/nearest_word.h"
#include "notices/notice.h"

static const struct config_key notify_keys[] = {
    {.name = "url",
     .type = &config_type_text,
     .offset = offsetof(struct notify_settings, url),
     .flags = CONFIG_GLOBAL | CONFIG_REQUIRED,
     .text =
         "Where notices are POSTed to: https://… or http://…, without a login in it. Redirections are not followed."},
    {.name = "secret_file",
     .type = &config_type_path,
     .offset = offsetof(struct notify_settings, secret_file),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "A file whose content signs each notice (HMAC-SHA256), readable by the daemon's user; the end of its line "
         "does not count. Empty: notices are not signed."},
    {.name = "ca_file",
     .type = &config_type_path,
     .offset = offsetof(struct notify_settings, ca_file),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "The authority (PEM) that the server's certificate is checked by; empty: those that the system trusts."},
    {.name = "events",
     .type = &config_type_text_list,
     .offset = offsetof(struct notify_settings, events),
     .default_text = "[list, record_lost, disk_low, table, reload_refused, store, limit, warn, lock, unlock]",
     .flags = CONFIG_GLOBAL,
     .text =
         "What it is told of: list, record_lost, disk_low, table, reload_refused, store, limit, warn, lock, unlock, block, "
         "unblock ([notify.md](notify.md))."},
    {0},
};

static void read_event(struct notify_settings *notify, const char *name, const struct config_finish *context)
{
    const char *names[NOTICE_KIND_COUNT + 1] = {NULL};
    for (enum notice_kind kind = 0; kind < NOTICE_KIND_COUNT; kind++) {
        names[kind] = notice_kind_name(kind);
        if (strcmp(name, names[kind]) == 0) {
            notify->kinds |= 1U << kind;
            return;
        }
    }
    const char *nearest = nearest_word(slice_of(name), names);
    config_finish_error(context, "events", "events: there is no '%s'%s%s%s", name,
                        nearest == NULL ? "" : " (did you mean ",
                        nearest == NULL ? ": see docs/notify.md" : nearest, nearest == NULL ? "" : "?)");
}

static void check_url(const char *url, const struct config_finish *context)
{
    const struct slice text = slice_of(url);
    const bool is_https = slice_starts_nocase(text, slice_of("https://"));
    bool is_plain =
        is_https ? text.length > 8 : slice_starts_nocase(text, slice_of("http://")) && text.length > 7;
    for (const char *c = url; *c != '\0'; c++)
        is_plain = is_plain && *c > ' ' && *c < 0x7f;
    if (!is_plain)
        config_finish_error(context, "url",
                            "url: this is no web address: write https://hooks.example.com/path");
    else if (!is_https && strstr(url, "//127.") == NULL && strstr(url, "//localhost") == NULL &&
             strstr(url, "//[::1]") == NULL)
        config_finish_warning(context, "url",
                              "url: over http everybody on the way reads logins and addresses: use https");
}

static void notify_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct notify_settings *notify = settings;
    (void)owner;
    notify->kinds = 0;
    check_url(notify->url, context);
    for (size_t i = 0; i < notify->events.count; i++)
        read_event(notify, notify->events.items[i], context);
}

const struct config_section notify_section = {
    .name = "notify",
    .struct_bytes = sizeof(struct notify_settings),
    .keys = notify_keys,
    .finish = notify_finish,
    .text = "A webhook: who is told, as JSON, of what an administrator should know.",
};
