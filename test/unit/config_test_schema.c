#include "config_test_schema.h"

static const struct config_choice mode_choices[] = {
    {"enforce", TEST_ENFORCE, "Acts."},
    {"monitor", TEST_MONITOR, "Only records."},
    {"off", TEST_OFF, "Does nothing."},
    {NULL, 0, NULL},
};

static const struct config_choice excess_choices[] = {
    {"refuse", 0, "All of it."}, {"defer", 1, "Later."}, {"drop", 2, "Some of it."}, {NULL, 0, NULL}};

static const struct config_key root_keys[] = {
    {.name = "listen",
     .type = &config_type_endpoint,
     .offset = offsetof(struct test_root, listen),
     .default_text = "inet:10891@127.0.0.1",
     .text = "Where the MTA connects to."},
    {.name = "mode",
     .type = &config_type_choice,
     .offset = offsetof(struct test_root, mode),
     .choices = mode_choices,
     .default_text = "enforce",
     .text = "For everything."},
    {.name = "banner",
     .type = &config_type_text,
     .offset = offsetof(struct test_root, banner),
     .flags = CONFIG_MAY_BE_EMPTY,
     .text = "A text."},
    {.name = "run_folder",
     .type = &config_type_path,
     .offset = offsetof(struct test_root, run_folder),
     .default_text = "/run/test",
     .text = "A folder."},
    {.name = "password",
     .type = &config_type_secret,
     .offset = offsetof(struct test_root, password),
     .text = "A secret."},
    {.name = "socket_mode",
     .type = &config_type_octal,
     .offset = offsetof(struct test_root, socket_mode),
     .default_text = "0660",
     .text = "A file mode."},
    {.name = "control",
     .type = &config_type_endpoint,
     .offset = offsetof(struct test_root, control),
     .flags = CONFIG_MAY_BE_EMPTY,
     .default_text = "",
     .text = "A socket, or none."},
    {.name = NULL},
};

static const struct config_section root_section = {
    .name = "", .struct_bytes = sizeof(struct test_root), .keys = root_keys, .text = "The whole."};

struct test_logins {
    uint64_t remember_ms;
    bool enabled;
};

static const struct config_key logins_keys[] = {
    {.name = "remember",
     .type = &config_type_duration,
     .offset = offsetof(struct test_logins, remember_ms),
     .least = 1000,
     .most = 86400000,
     .default_text = "30m",
     .text = "How long."},
    {.name = "enabled",
     .type = &config_type_bool,
     .offset = offsetof(struct test_logins, enabled),
     .default_text = "false",
     .text = "Whether."},
    {.name = NULL},
};

static const struct config_section logins_section = {
    .name = "logins", .struct_bytes = sizeof(struct test_logins), .keys = logins_keys, .text = "Logins."};

static const struct config_key relay_keys[] = {
    {.name = "domains",
     .type = &config_type_domain_set,
     .offset = offsetof(struct test_relay, domains),
     .text = "One's own."},
    {.name = "networks",
     .type = &config_type_network_set,
     .offset = offsetof(struct test_relay, networks),
     .default_text = "[127.0.0.0/8, \"::1\"]",
     .text = "Known ones."},
    {.name = "words",
     .type = &config_type_text_set,
     .offset = offsetof(struct test_relay, words),
     .text = "Words."},
    {.name = "lines",
     .type = &config_type_text_list,
     .offset = offsetof(struct test_relay, lines),
     .flags = CONFIG_FREE_TEXT,
     .text = "Lines."},
    {.name = "servers",
     .type = &config_type_endpoint_list,
     .offset = offsetof(struct test_relay, servers),
     .text = "Servers."},
    {.name = "roles",
     .type = &config_type_role_set,
     .offset = offsetof(struct test_relay, roles),
     .default_text = "[submission, trusted]",
     .text = "Who."},
    {.name = "logins",
     .type = &config_type_section,
     .offset = offsetof(struct test_relay, logins),
     .section = &logins_section,
     .text = "Recent logins."},
    {.name = NULL},
};

static const struct config_section relay_section = {
    .name = "relay", .struct_bytes = sizeof(struct test_relay), .keys = relay_keys, .text = "Relaying."};

struct test_slow {
    uint64_t pause_ms;
    bool tell;
};

static void finish_slow(void *owner, void *settings, const struct config_finish *context)
{
    const struct test_slow *slow = settings;
    (void)owner;
    if (slow->tell && slow->pause_ms > 60000)
        config_finish_error(context, "pause", "a pause that is told is at most 1m");
}

static const struct config_key slow_keys[] = {
    {.name = "pause",
     .type = &config_type_duration,
     .offset = offsetof(struct test_slow, pause_ms),
     .default_text = "0",
     .text = "How long."},
    {.name = "tell",
     .type = &config_type_bool,
     .offset = offsetof(struct test_slow, tell),
     .default_text = "true",
     .text = "Whether it is told."},
    {.name = NULL},
};

static const struct config_section slow_section = {.name = "slow",
                                                   .struct_bytes = sizeof(struct test_slow),
                                                   .keys = slow_keys,
                                                   .finish = finish_slow,
                                                   .text = "Slowing down."};

static void finish_recipients(void *owner, void *settings, const struct config_finish *context)
{
    struct test_recipients *recipients = settings;
    (void)owner;
    recipients->derived = recipients->limit * 2;
    if (recipients->soft_limit > recipients->limit)
        config_finish_error(context, "soft_limit", "soft_limit: %llu is more than limit, %llu",
                            (unsigned long long)recipients->soft_limit,
                            (unsigned long long)recipients->limit);
    if (recipients->mode == TEST_OFF && recipients->excess == 2 && recipients->slow.pause_ms > 0)
        config_finish_error(context, NULL, "off, drop and slow do not go together");
    if (context->role == ROLE_OUTSIDE && recipients->limit < 100)
        config_finish_warning(context, "limit", "limit: less than 100 for outside (RFC 5321, 4.5.3.1.8)");
}

static const struct config_key recipients_keys[] = {
    {.name = "mode",
     .type = &config_type_choice,
     .offset = offsetof(struct test_recipients, mode),
     .choices = mode_choices,
     .default_text = "enforce",
     .text = "Whether it acts."},
    {.name = "limit",
     .type = &config_type_count,
     .offset = offsetof(struct test_recipients, limit),
     .least = 1,
     .most = 10000,
     .unit = "recipients",
     .default_text = "30",
     .text = "Distinct addresses of one message."},
    {.name = "soft_limit",
     .type = &config_type_count,
     .offset = offsetof(struct test_recipients, soft_limit),
     .default_text = "10",
     .text = "Where it begins to be noticed."},
    {.name = "timeout",
     .type = &config_type_duration,
     .offset = offsetof(struct test_recipients, timeout_ms),
     .flags = CONFIG_GLOBAL,
     .default_text = "2s",
     .text = "For all of them."},
    {.name = "excess",
     .type = &config_type_choice,
     .offset = offsetof(struct test_recipients, excess),
     .choices = excess_choices,
     .default_text = "refuse",
     .text = "What happens to more."},
    {.name = "slow",
     .type = &config_type_section,
     .offset = offsetof(struct test_recipients, slow),
     .section = &slow_section,
     .text = "Slowing down."},
    {.name = NULL},
};

static const struct config_role_default recipients_role_defaults[] = {{ROLE_TRUSTED, "excess", "defer"},
                                                                      {ROLE_OUTSIDE, "limit", "100"},
                                                                      {ROLE_LOCAL, "slow.pause", "5s"},
                                                                      {0, NULL, NULL}};

static const struct config_section recipients_section = {.name = "recipients",
                                                         .struct_bytes = sizeof(struct test_recipients),
                                                         .keys = recipients_keys,
                                                         .role_defaults = recipients_role_defaults,
                                                         .per_role = true,
                                                         .finish = finish_recipients,
                                                         .text = "How many."};

static const struct config_key size_keys[] = {
    {.name = "limit",
     .type = &config_type_size,
     .offset = offsetof(struct test_size, limit_bytes),
     .least = 1000,
     .most = 1000000000,
     .default_text = "30MB",
     .text = "Of one message."},
    {.name = "strict",
     .type = &config_type_bool,
     .offset = offsetof(struct test_size, strict),
     .default_text = "true",
     .text = "Whether it counts."},
    {.name = NULL},
};

static const struct config_section size_section = {.name = "size",
                                                   .struct_bytes = sizeof(struct test_size),
                                                   .keys = size_keys,
                                                   .per_role = true,
                                                   .text = "How large."};

static void finish_list(void *owner, void *settings, const struct config_finish *context)
{
    const struct test_list *list = settings;
    (void)owner;
    if (strchr(list->zone, '.') == NULL)
        config_finish_error(context, "zone", "zone: '%s' has no dot", list->zone);
}

static const struct config_key list_keys[] = {
    {.name = "zone",
     .type = &config_type_text,
     .offset = offsetof(struct test_list, zone),
     .flags = CONFIG_REQUIRED | CONFIG_NAMES_ENTRY,
     .text = "Its name."},
    {.name = "weight",
     .type = &config_type_count,
     .offset = offsetof(struct test_list, weight),
     .default_text = "1",
     .text = "What it counts."},
    {.name = "codes",
     .type = &config_type_text_list,
     .offset = offsetof(struct test_list, codes),
     .default_text = "[127.0.0.2]",
     .text = "Answers."},
    {.name = "roles",
     .type = &config_type_role_set,
     .offset = offsetof(struct test_list, roles),
     .default_text = "outside",
     .text = "For whom."},
    {.name = NULL},
};

static const struct config_section list_section = {.name = "lists",
                                                   .struct_bytes = sizeof(struct test_list),
                                                   .keys = list_keys,
                                                   .finish = finish_list,
                                                   .text = "A list."};

static const struct config_key lists_keys[] = {
    {.name = "lists",
     .type = &config_type_array,
     .offset = offsetof(struct test_lists, lists),
     .section = &list_section,
     .default_text = "[{ zone: xbl.example.org, codes: [127.0.0.4-127.0.0.7] }]",
     .text = "The lists."},
    {.name = "threshold",
     .type = &config_type_count,
     .offset = offsetof(struct test_lists, threshold),
     .default_text = "1",
     .text = "Sum of weights."},
    {.name = NULL},
};

static const struct config_section lists_section = {.name = "dnsbl",
                                                    .struct_bytes = sizeof(struct test_lists),
                                                    .keys = lists_keys,
                                                    .per_role = true,
                                                    .text = "Lists."};

static const struct config_section *const sections[TEST_SECTION_COUNT] = {
    &root_section, &relay_section, &recipients_section, &size_section, &lists_section};

const struct config_schema test_schema = {sections, TEST_SECTION_COUNT, NULL};
