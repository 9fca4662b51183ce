/* Puts the cases to a running milter, as an MTA would. */
#include "runner.h"

#include "commands/options.h"
#include "message_split.h"
#include "milter_client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { BODY_CHUNK_BYTES = 65535 };

struct milter_runner {
    const char *address;
    const struct selftest_sender *sender;
    struct milter_client client;
    struct strbuf scratch;
    struct strbuf packet;
    char letter; /* the last answer */
};

static bool goes_on(char letter)
{
    return letter == MILTER_CONTINUE || letter == MILTER_SKIP;
}

/* Texts, each with its NUL. */
static struct slice strings(struct milter_runner *runner, const char *a, const char *b)
{
    strbuf_reset(&runner->packet);
    strbuf_append(&runner->packet, a, strlen(a) + 1);
    if (b != NULL)
        strbuf_append(&runner->packet, b, strlen(b) + 1);
    return strbuf_slice(&runner->packet);
}

static bool say(struct milter_runner *runner, char command, struct slice data)
{
    runner->letter = milter_client_event(&runner->client, command, data);
    return goes_on(runner->letter);
}

static bool say_field(void *context, const char *name, const char *value)
{
    struct milter_runner *runner = context;
    return say(runner, 'L', strings(runner, name, value));
}

static bool say_connect(struct milter_runner *runner)
{
    bool is_far =
        strcmp(runner->sender->role, "submission") == 0 || strcmp(runner->sender->role, "outside") == 0;
    uint16_t port = htons(40000);
    strbuf_reset(&runner->packet);
    strbuf_append(&runner->packet,
                  "unknown\0"
                  "4",
                  9);
    strbuf_append(&runner->packet, &port, 2);
    strbuf_append(&runner->packet, is_far ? "203.0.113.1" : "127.0.0.1", is_far ? 12 : 10);
    return say(runner, 'C', strbuf_slice(&runner->packet)) &&
           say(runner, 'H', strings(runner, "selftest.example", NULL));
}

static bool connect_again(struct milter_runner *runner)
{
    struct strbuf problem;
    if (runner->client.descriptor >= 0)
        return true;
    strbuf_init(&problem, 0);
    bool is_open = milter_client_open(&runner->client, runner->address, &problem);
    if (!is_open)
        complain(runner->address, "%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return is_open && say_connect(runner);
}

static bool say_envelope(struct milter_runner *runner)
{
    const struct selftest_sender *sender = runner->sender;
    strbuf_reset(&runner->packet);
    strbuf_append(&runner->packet, "i\0selftest\0", 11);
    if (strcmp(sender->role, "submission") == 0) {
        strbuf_append(&runner->packet, "{auth_type}\0PLAIN\0{auth_authen}\0", 32);
        strbuf_append(&runner->packet, sender->user, strlen(sender->user) + 1);
    }
    return milter_client_macros(&runner->client, 'M', strbuf_slice(&runner->packet)) &&
           say(runner, 'M', strings(runner, sender->mail, NULL)) &&
           say(runner, 'R', strings(runner, sender->recipient, NULL)) && say(runner, 'T', slice_make("", 0));
}

static bool say_body(struct milter_runner *runner, struct slice body)
{
    while (body.length > 0) {
        size_t length = body.length < BODY_CHUNK_BYTES ? body.length : BODY_CHUNK_BYTES;
        if (!say(runner, 'B', slice_part(body, 0, length)))
            return false;
        if (runner->letter == MILTER_SKIP)
            break;
        body = slice_part(body, length, body.length);
    }
    return true;
}

static void describe(const struct milter_runner *runner, struct selftest_result *result)
{
    const char *word = runner->letter == 'a' || runner->letter == 'c' ? "accept"
                       : runner->letter == MILTER_QUARANTINE          ? "quarantine"
                       : runner->letter == MILTER_TEMPFAIL            ? "tempfail"
                       : runner->letter == MILTER_DISCARD             ? "discard"
                       : runner->letter == 0                          ? "no answer"
                                                                      : "reject";
    if (runner->letter == MILTER_REPLY && runner->client.text[0] == '4')
        word = "tempfail";
    result->is_stopped = strcmp(word, "accept") != 0;
    snprintf(result->word, sizeof result->word, "%s %.60s", word,
             runner->letter == MILTER_REPLY ? runner->client.text : "");
}

static bool run_message(void *context, struct slice message, struct selftest_result *result)
{
    struct milter_runner *runner = context;
    *result = (struct selftest_result){0};
    if (!connect_again(runner))
        return false;
    if (!say_envelope(runner) && runner->letter != MILTER_ACCEPT) {
        complain(runner->address, "it refuses MAIL or RCPT: %s", runner->client.text);
        return false;
    }
    struct slice body = message_split(message, &runner->scratch, say_field, runner);
    if (goes_on(runner->letter) && say(runner, 'N', slice_make("", 0)) && say_body(runner, body))
        runner->letter = milter_client_end(&runner->client);
    else if (runner->client.descriptor >= 0 && runner->letter != MILTER_ACCEPT)
        milter_client_close(&runner->client);
    describe(runner, result);
    return true;
}

static void close_runner(void *context)
{
    struct milter_runner *runner = context;
    milter_client_close(&runner->client);
    strbuf_deinit(&runner->scratch);
    strbuf_deinit(&runner->packet);
    free(runner);
}

int milter_runner_open(struct selftest_runner *runner, const char *address,
                       const struct selftest_sender *sender)
{
    struct milter_runner *milter = calloc(1, sizeof *milter);
    if (milter == NULL) {
        complain("selftest", "out of memory");
        return EX_OSERR;
    }
    *milter = (struct milter_runner){.address = address, .sender = sender, .client = {.descriptor = -1}};
    strbuf_init(&milter->scratch, 0);
    strbuf_init(&milter->packet, 0);
    *runner = (struct selftest_runner){.context = milter, .run = run_message, .close = close_runner};
    if (connect_again(milter))
        return EX_OK;
    close_runner(milter);
    return EX_UNAVAILABLE;
}
