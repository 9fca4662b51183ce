/* The running daemon beside the configuration, and what it says of its block lists. */
#include "command_output.h"
#include "doctor_checks.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATUS_BYTES_MAX = 1 << 20 };

/* The text behind "key":" in JSON of ours, to its closing quote; escapes stay. Empty: there is none, or null.
 */
static struct slice json_text_of(struct slice json, const char *key)
{
    struct strbuf needle;
    strbuf_init(&needle, 0);
    strbuf_printf(&needle, "\"%s\":\"", key);
    const char *at = memmem(json.data, json.length, strbuf_text(&needle), needle.length);
    struct slice value = slice_make("", 0);
    if (at != NULL) {
        size_t start = (size_t)(at - json.data) + needle.length, end = start;
        while (end < json.length && json.data[end] != '"')
            end += json.data[end] == '\\' ? 2 : 1;
        value = slice_part(json, start, end < json.length ? end : json.length);
    }
    strbuf_deinit(&needle);
    return value;
}

/* ---- another policy --------------------------------------------------------------------------------------
 */

static bool is_same_file(struct slice a, const char *b)
{
    char *path = strndup(a.data, a.length);
    char *first = path == NULL ? NULL : realpath(path, NULL), *second = b == NULL ? NULL : realpath(b, NULL);
    bool is_same = (first == NULL) == (second == NULL) && (first == NULL || strcmp(first, second) == 0);
    free(path);
    free(first);
    free(second);
    return is_same;
}

static void check_policy(const struct doctor *doctor, struct slice status)
{
    struct slice config = json_text_of(status, "config"), id = json_text_of(status, "policy");
    const char *ours = policy_snapshot_id(doctor->snapshot);
    if (!is_same_file(config, doctor->config_path)) {
        struct doctor_finding *finding =
            doctor_report_add(doctor->report, DOCTOR_WARNING, "other_policy",
                              "What is said here is of the one, mail is treated by the other.");
        strbuf_append_text(&finding->where, doctor->config_path == NULL ? "-" : doctor->config_path);
        strbuf_append_text(&finding->what, "the daemon runs with ");
        strbuf_append_slice(&finding->what, config.length == 0 ? slice_of("no configuration file") : config);
        strbuf_append_text(&finding->change, "closedrelay doctor -c ");
        strbuf_append_slice(&finding->change, config);
    } else if (id.length > 0 && !slice_equal(id, slice_of(ours))) {
        struct doctor_finding *finding = doctor_report_add(
            doctor->report, DOCTOR_WARNING, "not_reloaded",
            "The file says something else than what is in force: it was changed and not loaded, or a reload was refused "
            "and the log says why.");
        strbuf_append_text(&finding->where, doctor->config_path == NULL ? "-" : doctor->config_path);
        strbuf_append_text(&finding->what, "the daemon goes by an older policy, in force since ");
        strbuf_append_slice(&finding->what, json_text_of(status, "in_force_since"));
        strbuf_append_text(&finding->change, "closedrelay reload");
    }
}

/* ---- what it says of itself ------------------------------------------------------------------------------
 */

/* The rows of "ill": [{"what": …, "how": …}]. */
static struct slice ills_of(struct slice status)
{
    static const char begin[] = "\"ill\":[";
    const char *at = memmem(status.data, status.length, begin, sizeof begin - 1);
    if (at == NULL)
        return slice_make("", 0);
    struct slice rest = slice_part(status, (size_t)(at - status.data) + sizeof begin - 1, status.length);
    return slice_part(rest, 0, slice_find(rest, ']'));
}

static void check_health(const struct doctor *doctor, struct slice ills)
{
    while (ills.length > 0) {
        size_t end = slice_find(ills, '}');
        struct slice row = slice_part(ills, 0, end), what = json_text_of(row, "what");
        ills = slice_part(ills, end + (end < ills.length), ills.length);
        if (what.length == 0)
            continue;
        struct doctor_finding *finding =
            doctor_report_add(doctor->report, DOCTOR_WARNING, "daemon_ill",
                              "`closedrelay status --check` tells it too, for monitoring every few minutes.");
        strbuf_append_text(&finding->where, "the running daemon");
        strbuf_append_slice(&finding->what, what);
        strbuf_append_text(&finding->what, ": ");
        strbuf_append_slice(&finding->what, json_text_of(row, "how"));
    }
}

static bool names(struct slice text, struct slice name)
{
    return name.length > 0 && text.length >= name.length &&
           memmem(text.data, text.length, name.data, name.length) != NULL;
}

/* ---- its lists -------------------------------------------------------------------------------------------
 */

static void report_list(const struct doctor *doctor, struct slice list, bool is_unknown)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, is_unknown ? "list_unanswered" : "list_dead",
        is_unknown
            ? "Nobody is found on it. The daemon asks through its resolver (dns.servers, else resolv.conf)."
            : "Every list has that address (RFC 5782): one that does not is dead, or no list. Nobody is found on it.");
    strbuf_append_text(&finding->where, "closedrelay.yaml, dnsbl.lists");
    strbuf_append_text(&finding->what, "the block list ");
    strbuf_append_slice(&finding->what, json_text_of(list, "list"));
    if (!is_unknown) {
        strbuf_append_text(&finding->what, " does not have its own test address 127.0.0.2");
        return;
    }
    strbuf_append_text(&finding->what, " gives no answer: ");
    strbuf_append_slice(&finding->what, json_text_of(list, "why"));
    struct slice trouble = json_text_of(list, "trouble");
    strbuf_append_text(&finding->what, trouble.length == 0 ? "" : ", ");
    strbuf_append_slice(&finding->what, trouble);
}

/* Through the running daemon: its resolver, its rights, its name servers. Not those that it has told
 * (`ills`). */
static void check_lists(const struct doctor *doctor, const char *path, struct slice ills)
{
    const char *const argv[] = {"/proc/self/exe", "lookup", "127.0.0.2", "--json", "--socket", path, NULL};
    struct strbuf answer;
    strbuf_init(&answer, STATUS_BYTES_MAX);
    struct slice rest = slice_make("", 0);
    if (command_filter(argv, rest, &answer))
        rest = strbuf_slice(&answer);
    while (rest.length > 0) { /* an object a list, cut off at the first closing brace within */
        size_t end = slice_find(rest, '}');
        struct slice list = slice_part(rest, 0, end), found = json_text_of(list, "answer");
        rest = slice_part(rest, end + (end < rest.length), rest.length);
        bool is_unknown = slice_equal(found, slice_of("unknown"));
        if ((is_unknown || slice_equal(found, slice_of("not_listed"))) &&
            !names(ills, json_text_of(list, "list")))
            report_list(doctor, list, is_unknown);
    }
    strbuf_deinit(&answer);
}

/* ---- all of it -------------------------------------------------------------------------------------------
 */

/* Where Postfix asks, that no milter answers is said already; there the daemon may also run without a socket.
 */
static void report_away(const struct doctor *doctor, const char *path, struct slice said)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, doctor->postfix == NULL ? DOCTOR_PROBLEM : DOCTOR_WARNING, "daemon_away",
        "Without the daemon mail waits, or passes unseen, as the MTA's settings say.");
    strbuf_append_text(&finding->where, path);
    const bool may_ask = access(path, W_OK) == 0 || errno != EACCES;
    strbuf_append_text(&finding->what, may_ask ? "no running closedrelay answers at its control socket: "
                                               : "whether closedrelay runs could not be asked: ");
    strbuf_append_slice(&finding->what, slice_part(said, 0, slice_find(said, '\n')));
    strbuf_append_text(&finding->change, may_ask ? "systemctl restart closedrelay; journalctl -u closedrelay"
                                                 : "sudo closedrelay doctor");
}

void daemon_check(const struct doctor *doctor)
{
    char *path = policy_control_path(doctor->config_path);
    /* This program: `status` is what knows how to ask. */
    const char *const argv[] = {"/proc/self/exe", "status", "--json", "--socket", path, NULL};
    struct strbuf status;
    strbuf_init(&status, STATUS_BYTES_MAX);
    if (path != NULL && path[0] != '\0') {
        if (command_filter(argv, (struct slice){0}, &status)) {
            check_policy(doctor, strbuf_slice(&status));
            struct slice ills = ills_of(strbuf_slice(&status));
            check_health(doctor, ills);
            if (doctor->needs.block_list != NULL)
                check_lists(doctor, path, ills);
        } else {
            report_away(doctor, path, strbuf_slice(&status));
        }
    }
    strbuf_deinit(&status);
    free(path);
}
