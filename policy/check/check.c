#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <talloc.h>

enum { BRIEF_BYTES = 200 };

const struct config_choice check_mode_choices[] = {
    {"enforce", MODE_ENFORCE, "acts on what it finds"},
    {"monitor", MODE_MONITOR, "records what it would have done, and lets the mail pass"},
    {"off", MODE_OFF, "does not look"},
    {0},
};

const struct config_choice check_action_choices[] = {
    {"accept", ACTION_ACCEPT, "the mail goes on; the record tells"},
    {"hold", ACTION_HOLD, "the mail waits in the MTA's hold queue (quarantine) for the administrator"},
    {"defer", ACTION_DEFER, "the sender is asked to try again later (4xx)"},
    {"reject", ACTION_REJECT, "the mail is refused for good (5xx)"},
    {0},
};

static enum action action_for(const struct check_settings *settings, enum finding_outcome outcome)
{
    switch (outcome) {
    case FINDING_FAIL:
        return ACTION_REJECT;
    case FINDING_UNKNOWN:
        return settings->on_unknown;
    case FINDING_PASS:
        break;
    }
    return ACTION_ACCEPT;
}

struct finding check_finding(const char *name, const struct check_context *context,
                             enum finding_outcome outcome, const char *reason)
{
    const struct check_settings *settings = context->settings;
    return (struct finding){
        .check = name,
        .outcome = outcome,
        .reason = reason,
        .mode = settings->mode,
        .action = action_for(settings, outcome),
        .key = outcome == FINDING_UNKNOWN ? "on_unknown" : NULL,
    };
}

const char *check_text(const struct check_context *context, const char *format, ...)
{
    char brief[BRIEF_BYTES]; /* most are: talloc would print twice, to know the length */
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(brief, sizeof brief, format, arguments);
    va_end(arguments);
    if (length >= 0 && length < (int)sizeof brief)
        return talloc_strndup(context->owner, brief, (size_t)length);
    va_start(arguments, format);
    char *text = talloc_vasprintf(context->owner, format, arguments);
    va_end(arguments);
    return text;
}

const char *check_shorten(const struct check_context *context, const char *text, size_t most_bytes)
{
    size_t length = strlen(text);
    if (length <= most_bytes)
        return text;
    /* The end says more than the beginning: there stands the file's own name, or the domain. */
    size_t head = most_bytes / 3;
    size_t tail = most_bytes - head - strlen("...");
    return check_text(context, "%.*s...%s", (int)head, text, text + (length - tail));
}

void check_say(const struct check_context *context, struct finding *finding, enum reply_row row,
               const struct reply_value *values)
{
    const struct reply_manner english = {.user = context->message->user};
    struct reply_words *words = talloc_zero(context->owner, struct reply_words);
    struct strbuf text;
    if (words == NULL)
        return;
    words->row = row;
    for (; values->name != NULL; values++)
        reply_words_add(words, values);
    strbuf_init(&text, 0);
    if (reply_words_render(words, &english, &text))
        finding->reply.text = talloc_strdup(context->owner, strbuf_text(&text));
    strbuf_deinit(&text);
    finding->words = finding->reply.text == NULL ? NULL : words;
}
