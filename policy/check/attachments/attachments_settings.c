/* The section `attachments`. */
#include "check/attachments/attachment_name.h"
#include "check/attachments/attachments.h"
#include "config/problems.h"
#include "config/sets.h"

#define OUTCOME_KEY(key, member, action, words)                                                              \
    {                                                                                                        \
        .name = (key), .type = &config_type_choice, .offset = offsetof(struct attachments_settings, member), \
        .choices = check_action_choices, .default_text = (action), .text = (words)                           \
    }

#define LIMIT_KEY(member, number, most_number, words)                                                        \
    {                                                                                                        \
        .name = #member, .type = &config_type_count, .offset = offsetof(struct attachments_limits, member),  \
        .default_text = (number), .least = 1, .most = (most_number), .text = (words)                         \
    }

#define LIMIT_SIZE_KEY(member, number, words)                                                                \
    {                                                                                                        \
        .name = #member, .type = &config_type_size, .offset = offsetof(struct attachments_limits, member),   \
        .default_text = (number), .least = 65536, .text = (words)                                            \
    }

static const struct config_key limit_keys[] = {
    LIMIT_KEY(levels, "64", 1000, "Multiparts and forwarded messages within each other."),
    LIMIT_KEY(parts, "2000", 100000, "Parts of all kinds in one message."),
    LIMIT_KEY(headers_per_part, "1000", 100000, "Header fields in one part."),
    LIMIT_SIZE_KEY(header_bytes, "65536", "One header field."),
    LIMIT_KEY(parameters_per_header, "64", 10000, "Parameters (`name=value`) in one header field."),
    LIMIT_KEY(comment_levels, "8", 1000, "Comments within each other in one header field."),
    LIMIT_KEY(names_per_part, "100", 10000, "Different names of one part."),
    LIMIT_KEY(archive_entries, "10000", 1000000, "Members of all archives in one message."),
    LIMIT_KEY(archive_levels, "3", 20, "Archives within each other."),
    LIMIT_SIZE_KEY(unpacked_bytes, "256MiB", "What all decompressors may produce for one message."),
    LIMIT_SIZE_KEY(kept_bytes, "16MiB", "Memory that the archive readers of one message may hold."),
    LIMIT_SIZE_KEY(work_units, "4GiB", "Work for one message: bytes looked at, at any level."),
    {0},
};

static const struct config_section limits_section = {
    .name = "limits",
    .struct_bytes = sizeof(struct attachments_limits),
    .keys = limit_keys,
    .text = "How far a message is looked into. What goes beyond has the outcome over_budget.",
};

static const struct config_key attachments_keys[] = {
    CHECK_COMMON_KEYS(struct attachments_settings, "enforce", "defer"),
    {.name = "blocked",
     .type = &config_type_text_set,
     .offset = offsetof(struct attachments_settings, blocked),
     .default_text = ATTACHMENT_DEFAULT_BLOCKED,
     .flags = CONFIG_MAY_BE_EMPTY | CONFIG_FILES_ONLY,
     .text = "The extensions that are not accepted, however the name is written and wherever it is nested."},
    {.name = "allowed",
     .type = &config_type_text_set,
     .offset = offsetof(struct attachments_settings, allowed),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY | CONFIG_FILES_ONLY,
     .text = "Extensions that are accepted although they stand in `blocked`, and although the content is a "
             "program."},
    {.name = "only",
     .type = &config_type_text_set,
     .offset = offsetof(struct attachments_settings, only),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY | CONFIG_FILES_ONLY,
     .text =
         "The only extensions that are accepted, if any are given; what is in a document is not counted, and "
         "what has no name at all neither. `blocked` applies all the same."},
    {.name = "blocked_names",
     .type = &config_type_text_list,
     .offset = offsetof(struct attachments_settings, blocked_names),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY | CONFIG_FREE_TEXT,
     .text = "Whole names that are not accepted. `*` stands for any characters, `?` for one; letter case "
             "does not count."},
    {.name = "allowed_names",
     .type = &config_type_text_list,
     .offset = offsetof(struct attachments_settings, allowed_names),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY | CONFIG_FREE_TEXT,
     .text = "Whole names that are accepted whatever `blocked` and `blocked_names` say, written as these."},
    OUTCOME_KEY("blocked_action", blocked_action, "reject", "A blocked extension or name."),
    OUTCOME_KEY("disguised", disguised, "reject",
                "A program by its content, under a name that is not a program's."),
    OUTCOME_KEY("encrypted", encrypted, "accept",
                "An archive or member that needs a password. Its names, where they can be read, are judged "
                "all the same."),
    OUTCOME_KEY("macros", macros, "accept", "A document with VBA macros, whatever it is called."),
    OUTCOME_KEY("uninspectable", uninspectable, "hold", "A damaged, unsupported or contradictory container."),
    OUTCOME_KEY(
        "ambiguous", ambiguous, "reject",
        "What mail programs or unpackers would read in different ways, not all of which could be read "
        "here."),
    OUTCOME_KEY("ambiguous_clean", ambiguous_clean, "accept",
                "What mail programs would read in different ways, all of which were read and found clean."),
    OUTCOME_KEY("over_budget", over_budget, "hold", "More than `limits` allows to look into."),
    OUTCOME_KEY("partial", partial, "reject",
                "A piece of a message sent in several (message/partial): its attachments come together at "
                "the reader only."),
    {.name = "uuencode_in_text",
     .type = &config_type_bool,
     .offset = offsetof(struct attachments_settings, uuencode_in_text),
     .default_text = "false",
     .text = "Whether uuencoded files are looked for in the text parts of MIME mail too."},
    {.name = "limits",
     .type = &config_type_section,
     .offset = offsetof(struct attachments_settings, limits),
     .section = &limits_section,
     .text = "How far a message is looked into."},
    {0},
};

/* Whether any name can end in it. */
static bool is_extension(void *context, const char *entry)
{
    const char **wrong = context;
    const char *bare = entry[0] == '.' ? entry + 1 : entry;
    if (bare[0] != '\0' && strpbrk(bare, "*?./\\") == NULL && strlen(bare) < FILE_NAME_EXTENSION_BYTES)
        return true;
    *wrong = entry;
    return false;
}

static void look_at_extensions(const struct config_finish *context, const char *key,
                               const struct text_set *set)
{
    const char *wrong = NULL;
    if (!text_set_each(set, is_extension, &wrong))
        config_finish_error(context, key,
                            "%s: '%s' is no extension such as exe: patterns and whole names go to %s_names",
                            key, config_excerpt_of(slice_of(wrong)).text, key);
}

/* Counts the words of a list in brackets that `set` has. */
static unsigned count_words(const struct text_set *set, const char *list, unsigned *all)
{
    unsigned count = 0;
    *all = 0;
    for (const char *word = list + 1; *word != '\0';) {
        size_t length = strcspn(word, ",]");
        count += text_set_contains(set, slice_make(word, length)) ? 1 : 0;
        (*all)++;
        word += length;
        word += strspn(word, ", ]");
    }
    return count;
}

/* What the default has become matters to who goes by it, and to who wrote it down as it was. */
static void look_at_default(const struct attachments_settings *attachments,
                            const struct config_finish *context)
{
    static const char added[] = ATTACHMENT_BLOCKED_SINCE_0_1, removed[] = ATTACHMENT_BLOCKED_UNTIL_0_1;
    unsigned all_added, all_removed, all;
    unsigned has_added = count_words(attachments->blocked, added, &all_added);
    unsigned has_removed = count_words(attachments->blocked, removed, &all_removed);
    unsigned has = count_words(attachments->blocked, ATTACHMENT_DEFAULT_BLOCKED, &all);
    bool is_section_written = false;
    for (const struct config_key *key = attachments_keys; key->name != NULL; key++)
        is_section_written = is_section_written || config_finish_is_written(context, key->name);
    if (!is_section_written || attachments->common.mode == MODE_OFF)
        return;
    if (!config_finish_is_written(context, "blocked"))
        config_finish_notice(
            context, "blocked",
            "blocked: the default has changed since 0.1.0: it has %.*s too, and no longer %.*s. "
            "What you need is taken out by blocked: { remove: [rdp] }, put in by add",
            (int)sizeof added - 3, added + 1, (int)sizeof removed - 3, removed + 1);
    else if (has_added == 0 && has_removed == all_removed && has + all_added == all)
        config_finish_notice(
            context, "blocked",
            "blocked: this is the default of 0.1.0 written out; the one of today has %.*s too, and "
            "no longer %.*s. Leave the key out to follow the default, or write { add: …, remove: … }",
            (int)sizeof added - 3, added + 1, (int)sizeof removed - 3, removed + 1);
}

static void attachments_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct attachments_settings *attachments = settings;
    (void)owner;
    look_at_extensions(context, "blocked", attachments->blocked);
    look_at_extensions(context, "allowed", attachments->allowed);
    look_at_extensions(context, "only", attachments->only);
    look_at_default(attachments, context);
    if (text_set_is_empty(attachments->blocked) && attachments->common.mode != MODE_OFF)
        config_finish_notice(context, "blocked",
                             "blocked: empty: programs are accepted under their own names");
}

const struct config_section attachments_section = {
    .name = "attachments",
    .struct_bytes = sizeof(struct attachments_settings),
    .keys = attachments_keys,
    .per_role = true,
    .finish = attachments_finish,
    .text = "Which files a message may carry.",
};

struct content_limits attachments_content_limits(const void *given)
{
    const struct attachments_settings *settings = given;
    const struct attachments_limits *limits = &settings->limits;
    struct content_limits result = content_limits_default;
    result.levels = (uint32_t)limits->levels;
    result.parts = (uint32_t)limits->parts;
    result.headers_per_part = (uint32_t)limits->headers_per_part;
    result.header_bytes = limits->header_bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)limits->header_bytes;
    result.parameters_per_header = (uint32_t)limits->parameters_per_header;
    result.comment_levels = (uint32_t)limits->comment_levels;
    result.names_per_part = (uint32_t)limits->names_per_part;
    result.archive_entries = (uint32_t)limits->archive_entries;
    result.archive_levels = (uint32_t)limits->archive_levels;
    result.unpacked_bytes = limits->unpacked_bytes;
    result.kept_bytes = limits->kept_bytes;
    result.work_units = limits->work_units;
    result.uuencode_in_text = settings->uuencode_in_text;
    return result;
}
