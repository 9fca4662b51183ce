/* The section `account`. */
#include "check/account/account.h"

#include <inttypes.h>

static const struct config_choice scope_choices[] = {
    {"all", ACCOUNT_SCOPE_ALL, "all mail of the login"},
    {"external", ACCOUNT_SCOPE_EXTERNAL, "mail to other domains than one's own; the rest goes on"},
    {0},
};

#define SCORE_KEY(default_score)                                                                             \
    {                                                                                                        \
        .name = "score", .type = &config_type_count, .offset = offsetof(struct account_step_keys, score),    \
        .default_text = (default_score), .least = 1, .most = 1000, .unit = "points",                         \
        .text = "From how many points on it is taken."                                                       \
    }

#define LASTS_KEY(default_lasts)                                                                             \
    {                                                                                                        \
        .name = "lasts", .type = &config_type_duration,                                                      \
        .offset = offsetof(struct account_step_keys, lasts_ms), .default_text = (default_lasts),             \
        .least = 60000, .most = 366ULL * 86400000,                                                           \
        .text = "How long it stays after the last time there were nearly as many."                           \
    }

#define MODE_KEY(default_mode)                                                                               \
    {                                                                                                        \
        .name = "mode", .type = &config_type_choice, .offset = offsetof(struct account_step_keys, mode),     \
        .choices = check_mode_choices, .default_text = (default_mode),                                       \
        .text = "Whether the step acts, or is only told. It is never stricter than the check's `mode`."      \
    }

static const struct config_key note_keys[] = {SCORE_KEY("30"), LASTS_KEY("1d"), {0}};
static const struct config_key warn_keys[] = {SCORE_KEY("57"), LASTS_KEY("7d"), {0}};
static const struct config_key slow_keys[] = {
    SCORE_KEY("62"),
    LASTS_KEY("1d"),
    MODE_KEY("enforce"),
    {.name = "messages",
     .type = &config_type_count,
     .offset = offsetof(struct account_step_keys, messages),
     .default_text = "10",
     .least = 1,
     .most = 1000000,
     .unit = "messages",
     .text = "How many go on within about an hour; others are deferred."},
    {0},
};
static const struct config_key hold_keys[] = {SCORE_KEY("75"), LASTS_KEY("1d"), MODE_KEY("monitor"), {0}};
static const struct config_key lock_keys[] = {
    SCORE_KEY("100"),
    LASTS_KEY("7d"),
    MODE_KEY("monitor"),
    {.name = "scope",
     .type = &config_type_choice,
     .offset = offsetof(struct account_step_keys, scope),
     .choices = scope_choices,
     .default_text = "all",
     .text = "Which mail a locked login may not send."},
    {0},
};

#define STEP_SECTION(section_name, rows)                                                                     \
    {                                                                                                        \
        .name = (section_name), .struct_bytes = sizeof(struct account_step_keys), .keys = (rows),            \
        .text = "A step of the ladder.",                                                                     \
    }

static const struct config_section step_sections[ACCOUNT_STEP_COUNT] = {
    [ACCOUNT_NOTE] = STEP_SECTION("note", note_keys), [ACCOUNT_WARN] = STEP_SECTION("warn", warn_keys),
    [ACCOUNT_SLOW] = STEP_SECTION("slow", slow_keys), [ACCOUNT_HOLD] = STEP_SECTION("hold", hold_keys),
    [ACCOUNT_LOCK] = STEP_SECTION("lock", lock_keys),
};

/* ---- weights ---------------------------------------------------------------------------------------- */

#define POINTS_KEY(key_name, member, default_points, meaning)                                                \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_count,                                                      \
        .offset = offsetof(struct account_caps_keys, member), .default_text = (default_points), .most = 100, \
        .unit = "points", .text = (meaning)                                                                  \
    }

static const struct config_key caps_keys[] = {
    POINTS_KEY("recipients", families[ACCOUNT_RECIPIENTS], "30",
               "Recipients never written to; more of them than usual."),
    POINTS_KEY("networks", families[ACCOUNT_NETWORKS], "36",
               "Client networks that are new to the login; several at once."),
    POINTS_KEY("failures", families[ACCOUNT_FAILURES], "30",
               "Recipients that are refused, mail that comes back."),
    POINTS_KEY("identity", families[ACCOUNT_IDENTITY], "20",
               "Another greeting of the client, other senders."),
    POINTS_KEY("content", families[ACCOUNT_CONTENT], "30",
               "One text many times, or from several logins; blocked attachments."),
    POINTS_KEY("volume", families[ACCOUNT_VOLUME], "30", "More within an hour than usual, at other hours."),
    POINTS_KEY("outside", families[ACCOUNT_OUTSIDE], "30", "A listed client, complaints."),
    POINTS_KEY("sending", sending, "38",
               "What a mailing has, together: recipients, volume, one text many times."),
    POINTS_KEY("access", access, "50", "What somebody has who moves, together: networks and identity."),
    {0},
};

static const struct config_section caps_section = {
    .name = "families",
    .struct_bytes = sizeof(struct account_caps_keys),
    .keys = caps_keys,
    .text = "How many points each family of evidence has at most; 0: it is not looked at.",
};

#define KIND_KEY(key_name, kind, default_count, most_count, unit_name, meaning)                              \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_count,                                                      \
        .offset = offsetof(struct account_kind_keys, kinds[kind]), .default_text = (default_count),          \
        .most = (most_count), .unit = (unit_name), .text = (meaning)                                         \
    }

/* Each kind of evidence: what it counts for, in percent, and how many points it has at most before that. */
#define EVIDENCE_KINDS(ROW)                                                                                  \
    ROW("new_recipients", EVIDENCE_NEW_RECIPIENTS, "30", "30", "Recipients never written to.")               \
    ROW("many_recipients", EVIDENCE_MANY_RECIPIENTS, "10", "30", "More recipients in a day than usual.")     \
    ROW("new_network", EVIDENCE_NEW_NETWORK, "100", "25", "A network that is new to the login.")             \
    ROW("at_once", EVIDENCE_AT_ONCE, "100", "25", "It is so since a few hours only.")                        \
    ROW("many_networks", EVIDENCE_MANY_NETWORKS, "40", "25", "Several new networks in a day.")               \
    ROW("shared_network", EVIDENCE_SHARED_NETWORK, "60", "12", "One that is new to several logins.")         \
    ROW("failures", EVIDENCE_FAILURES, "100", "30", "Recipients that are refused, mail that comes back.")    \
    ROW("new_client", EVIDENCE_NEW_CLIENT, "100", "15", "Another greeting of the client.")                   \
    ROW("new_senders", EVIDENCE_NEW_SENDERS, "100", "15", "Senders never used before.")                      \
    ROW("one_text", EVIDENCE_ONE_TEXT, "65", "20", "One text many times.")                                   \
    ROW("letters", EVIDENCE_LETTERS, "40", "20", "Many messages in an hour, each with another text.")        \
    ROW("shared_text", EVIDENCE_SHARED_TEXT, "100", "15", "One new text from several logins.")               \
    ROW("blocked", EVIDENCE_BLOCKED, "100", "30", "Attachments of a blocked kind.")                          \
    ROW("messages_of_hour", EVIDENCE_BURST, "110", "20", "More messages in an hour than usual.")             \
    ROW("recipients_of_hour", EVIDENCE_FAN_OUT, "110", "20", "More recipients in an hour than usual.")       \
    ROW("odd_hours", EVIDENCE_ODD_HOURS, "100", "8", "At hours at which the login seldom sends.")            \
    ROW("listed", EVIDENCE_LISTED, "100", "12", "A listed client.")                                          \
    ROW("complaints", EVIDENCE_COMPLAINTS, "100", "30", "Complaints.")

#define WEIGHT_ROW(key_name, kind, weight, cap, meaning)                                                     \
    KIND_KEY(key_name, kind, weight, 500, "percent", meaning),
#define CAP_ROW(key_name, kind, weight, cap, meaning) KIND_KEY(key_name, kind, cap, 100, "points", meaning),

static const struct config_key weight_keys[] = {EVIDENCE_KINDS(WEIGHT_ROW){0}};
static const struct config_key kind_cap_keys[] = {EVIDENCE_KINDS(CAP_ROW){0}};

static const struct config_section weights_section = {
    .name = "weights",
    .struct_bytes = sizeof(struct account_kind_keys),
    .keys = weight_keys,
    .text = "How much each kind of evidence counts: less where another says half of it already.",
};

static const struct config_section kind_caps_section = {
    .name = "caps",
    .struct_bytes = sizeof(struct account_kind_keys),
    .keys = kind_cap_keys,
    .text = "How many points each kind of evidence has at most, before its weight.",
};

#define FLOOR_KEY(key_name, member, default_count, most_count, meaning)                                      \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_count, .offset = offsetof(struct account_floors, member),   \
        .default_text = (default_count), .least = 1, .most = (most_count), .text = (meaning)                 \
    }

static const struct config_key floor_keys[] = {
    FLOOR_KEY("recipients", recipients, "8", 100000, "Recipients of one login within about a day."),
    FLOOR_KEY("networks", networks, "3", 1000, "New networks of one login within about a day."),
    FLOOR_KEY("countries", countries, "3", 250, "Countries of one login within a day (`geo`)."),
    FLOOR_KEY("failures", failures, "5", 100000, "Recipients that were refused or came back."),
    FLOOR_KEY("senders", senders, "3", 100000, "Messages with a sender that is new."),
    FLOOR_KEY("blocked", blocked, "2", 100000, "Attachments of a blocked kind: one is an accident."),
    FLOOR_KEY("complaints", complaints, "2", 100000, "Complaints: one is an accident."),
    FLOOR_KEY("messages_of_hour", messages_of_hour, "5", 100000, "Messages within about an hour."),
    FLOOR_KEY("logins", logins, "3", 8, "Logins that have one network, or one text, newly within a day."),
    {0},
};

static const struct config_section floors_section = {
    .name = "floors",
    .struct_bytes = sizeof(struct account_floors),
    .keys = floor_keys,
    .text = "Below these numbers there is no such evidence, however unusual.",
};

#define RATE_KEY(key_name, member, default_rate, most_rate, rate_unit, meaning)                              \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_count, .offset = offsetof(struct account_rates, member),    \
        .default_text = (default_rate), .least = 1, .most = (most_rate), .unit = (rate_unit),                \
        .text = (meaning)                                                                                    \
    }

static const struct config_key stolen_keys[] = {
    RATE_KEY("new_recipients", new_recipients, "85", 99, "percent", "Recipients that were never written to."),
    RATE_KEY("new_network", new_network, "95", 99, "percent", "The network is new to the login."),
    RATE_KEY("at_once", at_once, "90", 99, "percent",
             "The network is new since a few hours only, where a new one sends."),
    RATE_KEY("countries", countries, "30", 99, "percent",
             "Mail from as many countries within a day as the floor says; from each one more again."),
    RATE_KEY("new_client", new_client, "70", 99, "percent", "The greeting is."),
    RATE_KEY("failures", failures, "40", 99, "percent", "Recipients that are refused or come back."),
    RATE_KEY("new_sender", new_sender, "50", 99, "percent", "Messages with a sender that is new."),
    RATE_KEY("listed", listed, "40", 99, "percent", "Messages from a listed client."),
    RATE_KEY("blocked", blocked, "20", 99, "percent", "Messages with an attachment of a blocked kind."),
    RATE_KEY("complaints", complaints, "100", 9000, "per ten thousand", "Recipients who complain."),
    {0},
};

static const struct config_section stolen_section = {
    .name = "stolen",
    .struct_bytes = sizeof(struct account_rates),
    .keys = stolen_keys,
    .text = "How often something is so where an account was stolen.",
};

static const struct config_key usual_keys[] = {
    RATE_KEY("new_recipients", new_recipients, "150", 900, "per mille", "Recipients never written to."),
    RATE_KEY("new_network", new_network, "80", 900, "per mille", "Networks of a day that are new."),
    RATE_KEY("at_once", at_once, "5", 900, "per mille",
             "The network is new since a few hours only, where many have mail from a new one."),
    RATE_KEY("countries", countries, "3", 900, "per mille", "Mail from so many countries within a day."),
    RATE_KEY("new_client", new_client, "40", 900, "per mille", "Greetings of a day that are new."),
    RATE_KEY("failures", failures, "20", 900, "per mille", "Recipients that are refused or come back."),
    RATE_KEY(
        "old_list", old_list, "30", 900, "per mille",
        "Likewise where somebody writes to an old list for once: less than that is usual for everybody."),
    RATE_KEY("new_sender", new_sender, "10", 900, "per mille", "Messages with a sender that is new."),
    RATE_KEY("listed", listed, "20", 900, "per mille", "Messages from a listed client."),
    RATE_KEY("blocked", blocked, "2", 900, "per mille", "Messages with an attachment of a blocked kind."),
    RATE_KEY("complaints", complaints, "3", 9000, "per ten thousand", "Recipients who complain."),
    {0},
};

static const struct config_section usual_section = {
    .name = "usual",
    .struct_bytes = sizeof(struct account_rates),
    .keys = usual_keys,
    .text = "How often it is so where it was not, before anything is known of a login and its domain.",
};

/* ---- the section ------------------------------------------------------------------------------------ */

static void finish(void *owner, void *given, const struct config_finish *context)
{
    struct account_settings *settings = given;
    struct accounts_settings *judged = &settings->judged;
    (void)owner;
    for (unsigned i = ACCOUNT_NOTE; i < ACCOUNT_STEP_COUNT; i++) {
        judged->steps[i] =
            (struct account_step_settings){settings->steps[i].score, settings->steps[i].lasts_ms};
        if (i > ACCOUNT_NOTE && settings->steps[i].score < settings->steps[i - 1].score)
            config_finish_error(context, account_step_name((enum account_step)i),
                                "%s: its score of %" PRIu64 " is below that of %s, %" PRIu64
                                ": the steps are note, warn, slow, hold, lock, upwards",
                                account_step_name((enum account_step)i), settings->steps[i].score,
                                account_step_name((enum account_step)(i - 1)), settings->steps[i - 1].score);
    }
    for (unsigned i = 0; i < ACCOUNT_FAMILY_COUNT; i++)
        judged->family_caps[i] = settings->caps.families[i];
    for (unsigned i = 0; i < EVIDENCE_KIND_COUNT; i++) {
        judged->weights[i] = settings->weights.kinds[i];
        judged->kind_caps[i] = settings->kind_caps.kinds[i];
    }
    judged->sending_cap = settings->caps.sending;
    judged->access_cap = settings->caps.access;
    judged->evidence_half_life_ms = settings->half_life_ms;
    judged->network_half_life_ms = settings->network_half_life_ms;
    judged->learning_ms = settings->learn_ms;
    judged->learning_messages = settings->learn_messages;
    judged->warnings_per_day = settings->warnings_per_day;
}

#define SECTION_KEY(key_name, member, key_section, meaning)                                                  \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_section,                                                    \
        .offset = offsetof(struct account_settings, member), .section = (key_section), .text = (meaning)     \
    }

#define SPAN_KEY(key_name, member, default_span, least_ms, meaning)                                          \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_duration,                                                   \
        .offset = offsetof(struct account_settings, member), .default_text = (default_span),                 \
        .least = (least_ms), .most = 366ULL * 86400000, .text = (meaning)                                    \
    }

#define COUNT_KEY(key_name, member, default_count, count_unit, meaning)                                      \
    {                                                                                                        \
        .name = (key_name), .type = &config_type_count, .offset = offsetof(struct account_settings, member), \
        .default_text = (default_count), .most = 1000000, .unit = (count_unit), .text = (meaning)            \
    }

static const struct config_key account_keys[] = {
    CHECK_COMMON_KEYS(struct account_settings, "enforce", "accept"),
    SECTION_KEY("note", steps[ACCOUNT_NOTE], &step_sections[ACCOUNT_NOTE], "Worth a look; nobody is told."),
    SECTION_KEY("warn", steps[ACCOUNT_WARN], &step_sections[ACCOUNT_WARN],
                "It probably was stolen: the record, the log and notices tell."),
    SECTION_KEY("slow", steps[ACCOUNT_SLOW], &step_sections[ACCOUNT_SLOW],
                "What comes faster than the owner would send waits at the client."),
    SECTION_KEY("hold", steps[ACCOUNT_HOLD], &step_sections[ACCOUNT_HOLD],
                "Its mail waits in the MTA's hold queue, for somebody to look at."),
    SECTION_KEY("lock", steps[ACCOUNT_LOCK], &step_sections[ACCOUNT_LOCK],
                "It may not send any more, also over connections that are open, until it is unlocked."),
    SECTION_KEY("families", caps, &caps_section, "How much each kind of evidence counts at most."),
    SECTION_KEY("weights", weights, &weights_section, "How much each evidence of these counts."),
    SECTION_KEY("caps", kind_caps, &kind_caps_section, "How much each evidence has at most."),
    SECTION_KEY("floors", judged.floors, &floors_section, "How many there must be at least."),
    SECTION_KEY("stolen", judged.stolen, &stolen_section, "What thieves do."),
    SECTION_KEY("usual", judged.usual, &usual_section, "What others do."),
    SPAN_KEY("half_life", half_life_ms, "1d", 60000, "In what time half of the evidence fades."),
    SPAN_KEY("network_half_life", network_half_life_ms, "7d", 60000,
             "In what time a new network becomes half as new."),
    SPAN_KEY(
        "learn", learn_ms, "4d", 0,
        "A login that is younger, and has sent less than `learn_messages`, or is younger than half of that, gets "
        "no further than `note`, and with the points of `hold` no further than `warn`, unless its mail does "
        "damage or it begins from `floors.networks` networks within a day."),
    COUNT_KEY("learn_messages", learn_messages, "20", "messages", "See `learn`."),
    COUNT_KEY("warnings_per_day", warnings_per_day, "50", "warnings",
              "Of all logins together; beyond, the score of `slow` is needed."),
    {0},
};

/* Networks that are trusted, and scripts, are no accounts. */
static const struct config_role_default account_role_defaults[] = {
    {ROLE_TRUSTED, "mode", "off"},
    {ROLE_LOCAL, "mode", "off"},
    {0},
};

const struct config_section account_section = {
    .name = "account",
    .struct_bytes = sizeof(struct account_settings),
    .keys = account_keys,
    .role_defaults = account_role_defaults,
    .per_role = true,
    .finish = finish,
    .text = "Which logins look stolen, and what follows (docs/accounts.md).",
};
