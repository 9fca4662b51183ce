#include "try_report.h"

#include <stdio.h>

/* Names and texts come from the message: what could steer a terminal is not printed. */
static void print_clean(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        putchar(byte < 0x20 || byte == 0x7f || (byte >= 0x80 && byte < 0xa0) ? '?' : text[i]);
    }
}

static void print_text(const char *text)
{
    print_clean(text, strlen(text));
}

static const char *outcome_word(const struct finding *finding)
{
    static const char *const words[] = {"pass", "FAIL", "unknown"};
    return words[finding->outcome];
}

static const char *consequence(const struct finding *finding)
{
    static const char *const words[] = {"accepted all the same", "to be held", "to be deferred",
                                        "to be refused"};
    return words[finding->action];
}

static void print_finding(const struct finding *finding)
{
    printf("  %-12s %-8s ", finding->check, outcome_word(finding));
    print_text(finding->reason == NULL ? "" : finding->reason);
    if (finding->detail != NULL && finding->detail[0] != '\0') {
        fputs(": ", stdout);
        print_text(finding->detail);
    }
    if (finding->outcome != FINDING_PASS)
        printf(" (%s%s)", finding->mode == MODE_MONITOR ? "only monitored; would be " : "",
               consequence(finding));
    putchar('\n');
}

static void print_identity(const struct policy_record *record)
{
    printf("Role: %s", role_name(record->outcome->message->role));
    if (record->outcome->message->user != NULL && record->outcome->message->user[0] != '\0') {
        fputs(", counted as ", stdout);
        print_text(record->outcome->message->user);
    }
    puts("\nFindings:");
}

bool try_report_record(void *context, const struct policy_record *record)
{
    struct try_report *report = context;
    report->has_record = true;
    if (record->outcome->message != NULL)
        report->role = record->outcome->message->role;
    if (report->as_json) {
        fwrite(record->line.data, 1, record->line.length, stdout);
        return putchar('\n') != EOF;
    }
    if (record->outcome->message != NULL)
        print_identity(record);
    for (size_t i = 0; i < record->outcome->findings->count; i++)
        print_finding(&record->outcome->findings->items[i]);
    if (record->outcome->findings->count == 0)
        puts("  none");
    return true;
}

void try_report_answer(const struct try_report *report, const char *command,
                       const struct policy_answer *answer)
{
    if (report->as_json)
        return;
    fputs("SMTP: ", stdout);
    print_text(command);
    if (answer->step == POLICY_CONTINUE || answer->verdict == NULL) {
        puts(answer->step == POLICY_CONTINUE ? " -> 250" : " -> refused");
        return;
    }
    printf(" -> %u %s ", answer->verdict->code, answer->verdict->enhanced);
    print_text(answer->verdict->text);
    putchar('\n');
}

void try_report_ending(const struct try_report *report, const struct policy_ending *ending)
{
    if (report->as_json)
        return;
    for (size_t i = 0; i < ending->edits.dropped_count; i++) {
        fputs("Dropped: ", stdout);
        print_text(ending->edits.dropped[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < ending->edits.added_count; i++) {
        printf("Added: %s: ", ending->edits.added[i].name);
        print_clean(ending->edits.added[i].value.data, ending->edits.added[i].value.length);
        putchar('\n');
    }
    if (ending->edits.hold_reason != NULL) {
        fputs("Held: ", stdout);
        print_text(ending->edits.hold_reason);
        putchar('\n');
    }
}

void try_report_outcome(const struct try_report *report, enum try_outcome outcome)
{
    static const char *const words[] = {"accepted", "accepted, and held by the MTA", "refused", "deferred"};
    if (!report->as_json)
        printf("Outcome: %s\n", words[outcome]);
}
