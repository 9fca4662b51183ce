#include "engine/settings.h"

#include "check/check.h"
#include "store/redis_connection.h"
#include "config/types.h"
#include "dns/dns_settings.h"
#include "engine/geo_settings.h"
#include "engine/http_settings.h"
#include "notices/notify_settings.h"
#include "words/page_settings.h"
#include "words/replies.h"

#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

static const struct config_key root_keys[] = {
    {.name = "listen",
     .type = &config_type_endpoint,
     .offset = offsetof(struct root_settings, listen),
     .default_text = "inet:10891@127.0.0.1",
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .text = "Where the MTA reaches closedrelay."},
    {.name = "control",
     .type = &config_type_endpoint,
     .offset = offsetof(struct root_settings, control),
     .default_text = "unix:/run/closedrelay/control.sock",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "The unix socket for `closedrelay status`, `reload` and their like; empty: there is none."},
    {.name = "mode",
     .type = &config_type_choice,
     .offset = offsetof(struct root_settings, mode),
     .choices = check_mode_choices,
     .default_text = "enforce",
     .flags = CONFIG_GLOBAL,
     .text =
         "For everything at once: enforce acts, monitor records what would have been done and lets all mail "
         "pass, off does not look at mail."},
    {.name = "state",
     .type = &config_type_path,
     .offset = offsetof(struct root_settings, state),
     .default_text = "/var/lib/closedrelay",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "The folder for what is kept over a restart: who may relay by a recent login, who is blocked, "
             "what limits have counted. Empty: nothing is kept."},
    {.name = "customers",
     .type = &config_type_map,
     .offset = offsetof(struct root_settings, customers),
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_ONE_VALUE,
     .text =
         "User -> customer, for `overrides` by customer: canonical logins and other identities (`uid:1000`); "
         "`@example.com` for all logins of a domain that have no entry of their own."},
    {.name = "store",
     .type = &config_type_text,
     .offset = offsetof(struct root_settings, store),
     .default_text = "memory",
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .text =
         "Where the counters of `rates` are: memory, kept over a restart in `state`; or shared by several mail servers "
         "through Redis 6 or later, or Valkey: redis://127.0.0.1:6379/0, rediss://HOST (TLS), "
         "redis+unix:///run/redis/redis.sock, redis+sentinel://HOST:PORT,HOST:PORT/NAME/0; with ?password_file=PATH, "
         "timeout=MS, reserve=SECONDS, and for TLS ca_file, cert_file and key_file, joined by '&'. Servers that share it share blocks and locks too."},
    {.name = "timezone",
     .type = &config_type_text,
     .offset = offsetof(struct root_settings, timezone),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "By which clock a day begins, for limits by day or month: Europe/Berlin. Empty: the system's."},
    {.name = "notify",
     .type = &config_type_array,
     .offset = offsetof(struct root_settings, notify),
     .section = &notify_section,
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "Webhooks that are told of what an administrator should know: at most 8."},
    {0},
};

/* Names of the time zone database, none of which leads out of its folder. */
static bool is_timezone(const char *name)
{
    char path[128];
    int length = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    return length > 0 && (size_t)length < sizeof path && strstr(name, "..") == NULL &&
           access(path, R_OK) == 0;
}

static void check_store(void *owner, const char *store, const struct config_finish *context)
{
    struct redis_address address;
    struct strbuf problem;
    if (strcmp(store, "memory") == 0)
        return;
    strbuf_init(&problem, 0);
    if (!redis_address_read(owner, store, &address, &problem))
        config_finish_error(context, "store", "%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
}

static void root_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct root_settings *root = settings;
    check_store(owner, root->store, context);
    if (root->timezone[0] != '\0' && !is_timezone(root->timezone))
        config_finish_error(context, "timezone",
                            "'%s' is no time zone of /usr/share/zoneinfo: write Europe/Berlin or UTC",
                            root->timezone);
    if (root->control.kind != ENDPOINT_UNIX && root->control.kind != ENDPOINT_NONE)
        config_finish_error(context, "control",
                            "the control socket is a unix socket: unix:/run/closedrelay/control.sock");
    if (root->mode == MODE_MONITOR)
        config_finish_notice(
            context, "mode",
            "everything is only watched: no message is refused, deferred or held until this is "
            "enforce");
    else if (root->mode == MODE_OFF)
        config_finish_warning(context, "mode", "closedrelay does not look at any mail");
    if (root->listen.kind != ENDPOINT_UNIX && root->listen.host[0] == '\0')
        config_finish_warning(context, "listen",
                              "every address of this machine is listened on, and whoever reaches the port is "
                              "taken for the MTA: write inet:%u@127.0.0.1 if the MTA runs here",
                              (unsigned)root->listen.port);
}

const struct config_section root_section = {
    .name = "",
    .struct_bytes = sizeof(struct root_settings),
    .keys = root_keys,
    .finish = root_finish,
    .text = "The top level.",
};

static const struct config_choice facility_choices[] = {
    {"mail", LOG_MAIL, NULL},
    {"daemon", LOG_DAEMON, NULL},
    {"auth", LOG_AUTH, NULL},
    {"user", LOG_USER, NULL},
    {"local0", LOG_LOCAL0, NULL},
    {"local1", LOG_LOCAL1, NULL},
    {"local2", LOG_LOCAL2, NULL},
    {"local3", LOG_LOCAL3, NULL},
    {"local4", LOG_LOCAL4, NULL},
    {"local5", LOG_LOCAL5, NULL},
    {"local6", LOG_LOCAL6, NULL},
    {"local7", LOG_LOCAL7, NULL},
    {0},
};

static const struct config_key daemon_keys[] = {
    {.name = "user",
     .type = &config_type_text,
     .offset = offsetof(struct policy_daemon_settings, user),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "The user to become when started as root; empty: the user `closedrelay` where there is one."},
    {.name = "group",
     .type = &config_type_text,
     .offset = offsetof(struct policy_daemon_settings, group),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "The group to become; empty: the user's own."},
    {.name = "socket_mode",
     .type = &config_type_octal,
     .offset = offsetof(struct policy_daemon_settings, socket_mode),
     .default_text = "\"0660\"",
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .text = "Mode of the milter's socket, where `listen` is a unix socket."},
    {.name = "socket_group",
     .type = &config_type_text,
     .offset = offsetof(struct policy_daemon_settings, socket_group),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "Group of the milter's unix socket, such as `postfix`; empty: the daemon's own."},
    {.name = "control_mode",
     .type = &config_type_octal,
     .offset = offsetof(struct policy_daemon_settings, control_mode),
     .default_text = "\"0660\"",
     .flags = CONFIG_GLOBAL | CONFIG_RESTART,
     .text = "Mode of the control socket."},
    {.name = "control_group",
     .type = &config_type_text,
     .offset = offsetof(struct policy_daemon_settings, control_group),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text =
         "Group whose members may use the control socket, as root and the daemon's user may. Empty: the group "
         "`closedrelay-admin` where there is one, else nobody's. Not the group by which the MTA reaches the milter: "
         "its members could let anybody relay."},
    {.name = "sessions",
     .type = &config_type_count,
     .offset = offsetof(struct policy_daemon_settings, sessions_max),
     .default_text = "10000",
     .least = 1,
     .most = 1000000,
     .flags = CONFIG_GLOBAL,
     .unit = "connections",
     .text =
         "Most connections of the MTA served at a time; the next ones are told to come again later. The limit "
         "of open files is raised to suit, as far as the system allows."},
    {.name = "drain",
     .type = &config_type_duration,
     .offset = offsetof(struct policy_daemon_settings, drain_ms),
     .default_text = "30s",
     .most = 3600000,
     .flags = CONFIG_GLOBAL,
     .text = "How long a daemon that is told to stop waits for open connections to end."},
    {.name = "syslog",
     .type = &config_type_bool,
     .offset = offsetof(struct policy_daemon_settings, syslog),
     .default_text = "true",
     .flags = CONFIG_GLOBAL,
     .text =
         "Whether the short line for each message, and the daemon's own messages, go to syslog. Without a "
         "syslog socket they go to standard error."},
    {.name = "syslog_facility",
     .type = &config_type_choice,
     .offset = offsetof(struct policy_daemon_settings, syslog_facility),
     .choices = facility_choices,
     .default_text = "mail",
     .flags = CONFIG_GLOBAL,
     .text = "The syslog facility."},
    {0},
};

const struct config_section daemon_section = {
    .name = "daemon",
    .struct_bytes = sizeof(struct policy_daemon_settings),
    .keys = daemon_keys,
    .text = "The process itself.",
};

static const struct config_choice audit_error_choices[] = {
    {"accept", ACTION_ACCEPT, "the message goes on, and the failure is logged"},
    {"defer", ACTION_DEFER, "the message is told to come again later"},
    {0},
};

static const struct config_choice audit_compress_choices[] = {
    {"none", AUDIT_COMPRESS_NONE, "they stay as they are"},
    {"zstd", AUDIT_COMPRESS_ZSTD,
     "they are packed, in frames that can be read one by one, with caches for `explain` and `report` beside them"},
    {0},
};

static const struct config_choice privacy_choices[] = {
    {"keep", RECORD_KEEP, "written as it is"},
    {"hash", RECORD_HASH,
     "replaced by what stands for the same all through a period, and says nothing without its key"},
    {"cut", RECORD_CUT,
     "of an address or login its domain stays, of a client its network (/24, /48), of a file its extension"},
    {"omit", RECORD_OMIT, "left out"},
    {0},
};

static const struct config_choice privacy_choices_uncut[] = {
    {"keep", RECORD_KEEP, NULL},
    {"hash", RECORD_HASH, NULL},
    {"omit", RECORD_OMIT, NULL},
    {0},
};

static const struct config_choice privacy_choices_text[] = {
    {"keep", RECORD_KEEP, NULL},
    {"omit", RECORD_OMIT, "left out; of a reply its codes stay"},
    {0},
};

#define PRIVACY_KEY(key, member, allowed, words)                                                             \
    {                                                                                                        \
        .name = (key), .type = &config_type_choice,                                                          \
        .offset = offsetof(struct audit_privacy_settings, treatments.member), .choices = (allowed),          \
        .default_text = "keep", .flags = CONFIG_GLOBAL, .text = (words)                                      \
    }

static const struct config_key privacy_keys[] = {
    PRIVACY_KEY("addresses", addresses, privacy_choices, "Senders and recipients, also of header fields."),
    PRIVACY_KEY("logins", logins, privacy_choices,
                "Logins and what stands for one, customers, certificates, and whom events are about."),
    PRIVACY_KEY("domains", domains, privacy_choices_uncut, "The domains behind hashed addresses and logins."),
    PRIVACY_KEY("clients", clients, privacy_choices,
                "Addresses of clients; with anything but `keep` their names are left out."),
    PRIVACY_KEY("message_ids", message_ids, privacy_choices_uncut, "Message-IDs."),
    PRIVACY_KEY("files", files, privacy_choices, "Names of attachments."),
    PRIVACY_KEY(
        "texts", texts, privacy_choices_text,
        "Details of findings, replies and reasons: sentences in which any of the above may be quoted."),
    {.name = "period",
     .type = &config_type_duration,
     .offset = offsetof(struct audit_privacy_settings, treatments.period_ms),
     .default_text = "30d",
     .least = 3600000,
     .flags = CONFIG_GLOBAL,
     .text = "How long one key is used: within a period the same login has the same hash."},
    {.name = "forget",
     .type = &config_type_duration,
     .offset = offsetof(struct audit_privacy_settings, forget_ms),
     .default_text = "0s",
     .flags = CONFIG_GLOBAL,
     .text =
         "How long after a period began its key is deleted, which makes it unreadable for good; 0: never."},
    {.name = "keyring",
     .type = &config_type_path,
     .offset = offsetof(struct audit_privacy_settings, keyring),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY | CONFIG_RESTART,
     .text = "The file of the keys; empty: `audit.keys` in the folder `state`."},
    {0},
};

static const struct config_section privacy_section = {
    .name = "privacy",
    .struct_bytes = sizeof(struct audit_privacy_settings),
    .keys = privacy_keys,
    .text = "What of personal data goes into the record.",
};

enum { ROTATE_LEAST_MS = 60000, ROTATE_LEAST_BYTES = 64000 };

static const struct config_key audit_keys[] = {
    {.name = "file",
     .type = &config_type_path,
     .offset = offsetof(struct audit_settings, file),
     .default_text = "/var/log/closedrelay/audit.jsonl",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "The file that keeps one JSON line for each message; empty: none is kept. It is reopened when it was "
         "moved away, and on SIGHUP."},
    {.name = "on_error",
     .type = &config_type_choice,
     .offset = offsetof(struct audit_settings, on_error),
     .choices = audit_error_choices,
     .default_text = "accept",
     .flags = CONFIG_GLOBAL,
     .text = "What to do with a message whose record cannot be written."},
    {.name = "rotate",
     .type = &config_type_text_list,
     .offset = offsetof(struct audit_settings, rotate),
     .default_text = "1d",
     .flags = CONFIG_GLOBAL,
     .text =
         "When the file is closed and a new one begun: a duration (`1d`: at midnight, local time; `1h`: at each full "
         "hour), a size (`500MB`), both (`[1d, 500MB]`), or `never` where logrotate does it."},
    {.name = "compress",
     .type = &config_type_choice,
     .offset = offsetof(struct audit_settings, compress),
     .choices = audit_compress_choices,
     .default_text = "zstd",
     .flags = CONFIG_GLOBAL,
     .text = "What becomes of closed files."},
    {.name = "retain",
     .type = &config_type_duration,
     .offset = offsetof(struct audit_settings, retain_ms),
     .default_text = "90d",
     .flags = CONFIG_GLOBAL,
     .text =
         "How long closed files are kept; 0: for ever. Files that were moved away by others are never removed."},
    {.name = "disk_low",
     .type = &config_type_size,
     .offset = offsetof(struct audit_settings, disk_low_bytes),
     .default_text = "500MB",
     .flags = CONFIG_GLOBAL,
     .text =
         "When less room than this is left on the file's disk, the log says so, before the first record is lost; 0: "
         "never."},
    {.name = "privacy",
     .type = &config_type_section,
     .offset = offsetof(struct audit_settings, privacy),
     .section = &privacy_section,
     .flags = CONFIG_GLOBAL,
     .text = "What of personal data goes into the record."},
    {0},
};

static void read_rotation(struct audit_settings *audit, const char *text, const struct config_finish *context)
{
    uint64_t *target = NULL;
    uint64_t value;
    if (strcmp(text, "never") == 0 && audit->rotate.count == 1)
        return;
    if (config_duration_read(slice_of(text), &value))
        target = &audit->rotate_ms;
    else if (config_size_read(slice_of(text), &value))
        target = &audit->rotate_bytes;
    if (target == NULL || value == 0)
        config_finish_error(context, "rotate",
                            "'%s' is neither a duration nor a size: write 1d, 500MB, [1d, 500MB], or never",
                            text);
    else if (*target != 0)
        config_finish_error(context, "rotate", "'%s': one duration and one size are enough", text);
    else if (target == &audit->rotate_ms && value < ROTATE_LEAST_MS)
        config_finish_error(context, "rotate", "'%s' is too often: a minute or more", text);
    else if (target == &audit->rotate_bytes && value < ROTATE_LEAST_BYTES)
        config_finish_error(context, "rotate", "'%s' is too little: 64kB or more", text);
    else
        *target = value;
}

static void audit_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct audit_settings *audit = settings;
    (void)owner;
    audit->rotate_ms = audit->rotate_bytes = 0;
    for (size_t i = 0; i < audit->rotate.count; i++)
        read_rotation(audit, audit->rotate.items[i], context);
}

const struct config_section audit_section = {
    .name = "audit",
    .struct_bytes = sizeof(struct audit_settings),
    .keys = audit_keys,
    .finish = audit_finish,
    .text = "The record of every message.",
};

static const struct config_key tables_keys[] = {
    {.name = "shrink_limit",
     .type = &config_type_count,
     .offset = offsetof(struct tables_settings, shrink_limit_percent),
     .default_text = "50",
     .most = 100,
     .flags = CONFIG_GLOBAL,
     .unit = "percent",
     .text =
         "How much of its entries a file or a cdb may lose at a time. What lost more, or became empty, is not taken "
         "into use: the log and `status` say so, and `closedrelay reload --accept-shrunk` takes it. 100: only what "
         "became empty is held back."},
    {0},
};

const struct config_section tables_section = {
    .name = "tables",
    .struct_bytes = sizeof(struct tables_settings),
    .keys = tables_keys,
    .text = "The files and databases behind lists and maps.",
};

struct config_schema config_schema_fill(const struct config_section *sections[CONFIG_SECTIONS_MAX])
{
    size_t count = SECTION_FIRST_CHECK;
    sections[SECTION_ROOT] = &root_section;
    sections[SECTION_DAEMON] = &daemon_section;
    sections[SECTION_AUDIT] = &audit_section;
    sections[SECTION_HTTP] = &http_section;
    sections[SECTION_TABLES] = &tables_section;
    sections[SECTION_DNS] = &dns_section;
    sections[SECTION_REPLIES] = &replies_section;
    sections[SECTION_PAGE] = &page_section;
    sections[SECTION_GEO] = &geo_section;
    for (size_t i = 0; check_table[i] != NULL; i++)
        sections[count++] = check_table[i]->section;
    return (struct config_schema){sections, count, NULL};
}
