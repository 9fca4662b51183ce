/*
 * closedrelay's answer for many messages in one process: reads paths of message files, one a line, and prints
 * the audit record of each, one a line, in the same order. Every message is a submission under the founding
 * policy, told to the library as the MTA tells it; no list is asked. For test/oracles/run and the honest
 * corpus.
 */
#include "commands/message_file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static bool print_record(void *context, const struct policy_record *record)
{
    (void)context;
    fwrite(record->line.data, 1, record->line.length, stdout);
    return putchar('\n') != EOF;
}

static bool scan_file(struct policy_engine *engine, const char *path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(40000)};
    inet_pton(AF_INET, "203.0.113.1", &address.sin_addr);
    struct policy_connect connect = {.address = (const struct sockaddr *)&address, .client_name = "unknown"};
    struct policy_mail mail = {
        .path = "<ann@example.com>", .auth_type = "PLAIN", .auth_authen = "ann@example.com"};
    struct policy_recipient recipient = {.path = "<bob@example.net>"};
    FILE *message = fopen(path, "re");
    struct policy_session *session = message == NULL ? NULL : policy_session_begin(engine, &connect);
    if (session == NULL) {
        perror(path);
        if (message != NULL)
            fclose(message);
        return false;
    }
    policy_session_helo(session, "client.example");
    policy_session_mail(session, &mail);
    policy_session_recipient(session, &recipient);
    bool was_read = message_file_feed(message, session);
    policy_session_end_of_message(session);
    policy_session_end(session);
    fclose(message);
    return was_read;
}

static bool scan_files(struct policy_engine *engine)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool is_fine = true;
    while (is_fine && (length = getline(&line, &room, stdin)) > 0) {
        line[length - 1] = line[length - 1] == '\n' ? '\0' : line[length - 1];
        is_fine = scan_file(engine, line) && fflush(stdout) == 0;
    }
    free(line);
    return is_fine;
}

int main(void)
{
    struct policy_engine_options options = {.clock = clock_system(), .record = print_record, .offline = true};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(NULL, &problems);
    struct policy_engine *engine =
        snapshot == NULL ? NULL : policy_engine_create(snapshot, &options, &problems);
    bool is_fine = engine != NULL && scan_files(engine);
    if (problems.length > 0)
        fputs(strbuf_text(&problems), stderr);
    strbuf_deinit(&problems);
    policy_engine_destroy(engine);
    policy_snapshot_unref(snapshot);
    return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
