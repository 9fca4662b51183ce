#include "doctor_report.h"

#include <stdlib.h>

enum { LINE_BYTES = 100, LABEL_BYTES = 10 };

struct doctor_finding *doctor_report_add(struct doctor_report *report, enum doctor_level level,
                                         const char *id, const char *why)
{
    struct doctor_finding *finding = calloc(1, sizeof *finding);
    struct doctor_finding **findings = reallocarray(report->findings, report->count + 1, sizeof(void *));
    if (findings != NULL)
        report->findings = findings;
    if (finding == NULL || findings == NULL) {
        free(finding);
        report->failed = true;
        return &report->spare;
    }
    finding->level = level;
    finding->id = id;
    finding->why = why;
    findings[report->count++] = finding;
    return finding;
}

static void deinit_texts(struct doctor_finding *finding)
{
    strbuf_deinit(&finding->where);
    strbuf_deinit(&finding->what);
    strbuf_deinit(&finding->change);
}

void doctor_report_deinit(struct doctor_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        deinit_texts(report->findings[i]);
        free(report->findings[i]);
    }
    deinit_texts(&report->spare);
    free(report->findings);
    *report = (struct doctor_report){0};
}

void doctor_append_override(struct strbuf *what, const struct config_place *from)
{
    if (from->file != NULL)
        strbuf_printf(what, " (the override at %s:%u)", from->file, from->line);
}

size_t doctor_report_count(const struct doctor_report *report, enum doctor_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->findings[i]->level == level;
    return count;
}

/* ---- for people ------------------------------------------------------------------------------------- */

static const char *level_name(enum doctor_level level)
{
    static const char *const names[] = {"note", "warning", "problem"};
    return names[level];
}

/* Settings are an admin's, but what could steer a terminal is not printed. */
static void append_clean(struct strbuf *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_control = (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f;
        strbuf_append(out, is_control ? "?" : &text.data[i], 1);
    }
}

/* Words of `text` behind `label`, in lines of LINE_BYTES where there is room to break them. */
static void append_wrapped(struct strbuf *out, const char *label, const char *text)
{
    strbuf_printf(out, "%-*s", LABEL_BYTES, label);
    size_t column = LABEL_BYTES;
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t length = strcspn(text, " ");
        if (!is_first && column + 1 + length > LINE_BYTES) {
            strbuf_printf(out, "\n%*s", LABEL_BYTES, "");
            column = LABEL_BYTES;
        } else if (!is_first) {
            strbuf_append_byte(out, ' ');
            column++;
        }
        append_clean(out, slice_make(text, length));
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    strbuf_append_byte(out, '\n');
}

/* Lines to be copied stay as they are. */
static void append_lines(struct strbuf *out, const char *label, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        strbuf_printf(out, "%-*s", LABEL_BYTES, label);
        append_clean(out, slice_make(text, length));
        strbuf_append_byte(out, '\n');
        text += length + (text[length] == '\n' ? 1 : 0);
        label = "";
    }
}

static void append_text(struct strbuf *out, const struct doctor_finding *finding)
{
    char label[16];
    size_t i = 0;
    for (const char *name = level_name(finding->level); name[i] != '\0'; i++)
        label[i] = (char)(finding->level == DOCTOR_NOTE ? name[i] : name[i] - 'a' + 'A');
    label[i] = '\0';
    append_wrapped(out, label, strbuf_text(&finding->what));
    append_wrapped(out, "  in", strbuf_text(&finding->where));
    append_wrapped(out, "  why", finding->why);
    append_lines(out, "  write", strbuf_text(&finding->change));
    strbuf_append_byte(out, '\n');
}

static void append_summary(struct strbuf *out, const struct doctor_report *report)
{
    size_t problems = doctor_report_count(report, DOCTOR_PROBLEM);
    size_t warnings = doctor_report_count(report, DOCTOR_WARNING);
    if (problems + warnings == 0)
        strbuf_append_text(out, "The MTA's settings fit the policy.\n");
    else
        strbuf_printf(out, "%zu problem%s, %zu warning%s. Change, reload the MTA, and run doctor again.\n",
                      problems, problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void append_json_text(struct strbuf *out, const char *text)
{
    strbuf_append_byte(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            strbuf_printf(out, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7f)
            strbuf_printf(out, "\\u%04x", byte);
        else
            strbuf_append_byte(out, *text);
    }
    strbuf_append_byte(out, '"');
}

static void append_json_member(struct strbuf *out, const char *name, const char *text)
{
    strbuf_printf(out, ", \"%s\": ", name);
    append_json_text(out, text);
}

static void append_json(struct strbuf *out, const struct doctor_finding *finding)
{
    strbuf_append_text(out, "{\"level\": ");
    append_json_text(out, level_name(finding->level));
    append_json_member(out, "id", finding->id);
    append_json_member(out, "where", strbuf_text(&finding->where));
    append_json_member(out, "what", strbuf_text(&finding->what));
    append_json_member(out, "why", finding->why);
    append_json_member(out, "change", strbuf_text(&finding->change));
    strbuf_append_byte(out, '}');
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static bool is_complete(const struct doctor_report *report)
{
    bool complete = !report->failed;
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = report->findings[i];
        complete = complete && !finding->where.failed && !finding->what.failed && !finding->change.failed;
    }
    return complete;
}

bool doctor_report_print(const struct doctor_report *report, bool json, struct strbuf *out)
{
    const char *separator = "";
    if (json)
        strbuf_append_text(out, "{\"findings\": [");
    for (int level = DOCTOR_PROBLEM; level >= DOCTOR_NOTE; level--) {
        for (size_t i = 0; i < report->count; i++) {
            if ((int)report->findings[i]->level != level)
                continue;
            strbuf_append_text(out, json ? separator : "");
            (json ? append_json : append_text)(out, report->findings[i]);
            separator = ", ";
        }
    }
    if (json)
        strbuf_printf(out, "], \"problems\": %zu, \"warnings\": %zu}\n",
                      doctor_report_count(report, DOCTOR_PROBLEM),
                      doctor_report_count(report, DOCTOR_WARNING));
    else
        append_summary(out, report);
    return is_complete(report) && !out->failed;
}
