/* `closedrelay relaytest HOST[:PORT]`: the classic open-relay forms, tried against one's own server. */
#include "commands.h"
#include "options.h"
#include "relay_forms.h"
#include "smtp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { EXIT_RELAY_IS_OPEN = 1, ANSWER_SHOWN_BYTES = 100 };

struct relaytest {
    const char *victim;
    const char *local_domain;
    bool send;
    bool use_tls;
    struct smtp_client *client;
    struct relay_names names;
    bool is_offered_tls;
    unsigned tried_count, refused_count, accepted_count, unclear_count;
};

/* ---- one form --------------------------------------------------------------------------------------- */

static struct smtp_answer command(struct relaytest *test, const char *verb, const char *pattern)
{
    struct strbuf line;
    strbuf_init(&line, 0);
    strbuf_append_text(&line, verb);
    relay_form_expand(pattern, &test->names, &line);
    struct smtp_answer answer = smtp_client_command(test->client, strbuf_text(&line));
    strbuf_deinit(&line);
    return answer;
}

static struct smtp_answer offer_sender(struct relaytest *test, const char *sender)
{
    char pattern[256];
    snprintf(pattern, sizeof pattern, "<%s>", sender);
    return command(test, "MAIL FROM:", pattern);
}

/* With --send: a message that says what it is, so that whoever finds it knows. */
static struct smtp_answer send_message(struct relaytest *test, const struct relay_form *form)
{
    struct smtp_answer answer = smtp_client_command(test->client, "DATA");
    if (answer.code != 354)
        return answer;
    char message[512];
    snprintf(message, sizeof message,
             "Subject: relay test: %s\r\n\r\nThis message was sent by `closedrelay relaytest` to see whether the\r\n"
             "server passes it on. Form: %s\r\n.",
             form->name, form->name);
    return smtp_client_command(test->client, message);
}

static void report(const struct relay_form *form, const char *outcome, const struct smtp_answer *answer)
{
    printf("%-9s %-46s %u %.*s\n", outcome, form->name, answer->code, ANSWER_SHOWN_BYTES, answer->text);
}

/* False: the connection is gone. */
static bool try_form(struct relaytest *test, const struct relay_form *form)
{
    struct smtp_answer answer = offer_sender(test, form->sender);
    test->tried_count++;
    if (answer.code / 100 == 2)
        answer = command(test, "RCPT TO:", form->recipient);
    if (answer.code / 100 == 2 && test->send)
        answer = send_message(test, form);
    if (answer.code / 100 == 2) {
        test->accepted_count++;
        report(form, "ACCEPTED", &answer);
    } else if (answer.code / 100 == 5) {
        test->refused_count++;
        report(form, "refused", &answer);
    } else {
        test->unclear_count++;
        report(form, "unclear", &answer);
    }
    return answer.code != 0 && answer.code != 421 && smtp_client_command(test->client, "RSET").code / 100 == 2;
}

/* ---- the conversation ------------------------------------------------------------------------------- */

/* The first word of an EHLO answer or a greeting is the server's name (RFC 5321, 4.1.1.1 and 4.2). */
static char *first_word(const char *text)
{
    return strndup(text, strcspn(text, " /"));
}

static bool say_hello(struct relaytest *test, struct strbuf *problem)
{
    struct smtp_answer answer = smtp_client_command(test->client, "EHLO relaytest.invalid");
    if (answer.code != 250)
        answer = smtp_client_command(test->client, "HELO relaytest.invalid");
    if (answer.code != 250) {
        strbuf_printf(problem, "the server does not answer EHLO: %u %s", answer.code, answer.text);
        return false;
    }
    test->is_offered_tls = strstr(answer.text, "STARTTLS") != NULL;
    free((void *)(uintptr_t)test->names.server_name);
    test->names.server_name = first_word(answer.text);
    return test->names.server_name != NULL;
}

static bool open_connection(struct relaytest *test, const char *host, const char *port, struct strbuf *problem)
{
    test->client = smtp_client_open(host, port, problem);
    if (test->client == NULL || !say_hello(test, problem))
        return false;
    if (test->use_tls && test->is_offered_tls &&
        (!smtp_client_start_tls(test->client, problem) || !say_hello(test, problem)))
        return false;
    test->names.server_address = smtp_client_peer(test->client);
    test->names.local_domain = test->local_domain != NULL ? test->local_domain : test->names.server_name;
    return true;
}

/* Each connection is used until the server has had enough of errors; then the next form gets a new one. */
static bool try_all(struct relaytest *test, const char *host, const char *port, struct strbuf *problem)
{
    for (const struct relay_form *form = relay_forms; form->name != NULL; form++) {
        if (test->client == NULL && !open_connection(test, host, port, problem))
            return false;
        if (!try_form(test, form)) {
            smtp_client_close(test->client);
            test->client = NULL;
        }
    }
    return true;
}

static void say_result(const struct relaytest *test)
{
    printf("\n%u forms tried: %u refused, %u accepted, %u unclear.\n", test->tried_count, test->refused_count,
           test->accepted_count, test->unclear_count);
    if (test->accepted_count == 0 && test->unclear_count == 0)
        puts("This server is closed to strangers.");
    if (test->unclear_count > 0)
        puts("Unclear: neither accepted nor refused for good (greylisting, a limit, a lost connection). Try those\n"
             "again later, and from an address the server does not trust.");
    if (test->accepted_count == 0)
        return;
    puts("Accepted means that the server may pass such mail on. First see whether you tried from an address that it\n"
         "trusts: relay.trusted_networks here, `mynetworks` in Postfix, `RELAY` entries in Sendmail's access map.\n"
         "Otherwise put this into Postfix's main.cf:\n"
         "    smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination\n"
         "    smtpd_milters = inet:127.0.0.1:8891\n"
         "and list in closedrelay's relay.local_domains the domains that are really yours. An address with % or !\n"
         "that is accepted for an own domain may also only be a mailbox that takes everything: --send shows what\n"
         "really leaves.");
}

static int run(struct relaytest *test, char *target)
{
    char *colon = strrchr(target, ':');
    bool has_port = colon != NULL && strchr(target, ':') == colon;
    const char *port = has_port ? colon + 1 : "25";
    const char *at = strchr(test->victim, '@');
    struct strbuf problem;
    if (at == NULL || at == test->victim || at[1] == '\0') {
        complain("relaytest", "--to wants an address: user@example.org");
        return EX_USAGE;
    }
    if (has_port)
        *colon = '\0';
    test->names.victim_domain = at + 1;
    test->names.victim_local_part = strndup(test->victim, (size_t)(at - test->victim));
    strbuf_init(&problem, 0);
    bool done = test->names.victim_local_part != NULL && try_all(test, target, port, &problem);
    if (done)
        say_result(test);
    else
        complain("relaytest", "%s", strbuf_text(&problem));
    smtp_client_close(test->client);
    strbuf_deinit(&problem);
    free((void *)(uintptr_t)test->names.server_name);
    free((void *)(uintptr_t)test->names.victim_local_part);
    return !done ? EX_UNAVAILABLE : test->accepted_count > 0 ? EXIT_RELAY_IS_OPEN : EX_OK;
}

int command_relaytest(int argc, char **argv)
{
    struct relaytest test = {.victim = "relaytest@victim.example", .use_tls = true};
    bool no_tls = false;
    const struct option options[] = {
        {"to", '\0', OPTION_TEXT, &test.victim, "ADDRESS",
         "an address of another server; with --send one that you read (relaytest@victim.example)"},
        {"domain", '\0', OPTION_TEXT, &test.local_domain, "DOMAIN",
         "one of the server's own domains (its name, as it greets)"},
        {"send", '\0', OPTION_FLAG, &test.send, NULL, "send a message wherever the recipient was accepted"},
        {"no-tls", '\0', OPTION_FLAG, &no_tls, NULL, "do not use STARTTLS, even where it is offered"},
        {0},
    };
    const struct command_usage usage = {
        "relaytest", "HOST[:PORT]",
        "Tries the forms that open-relay testers have used over the years against your own server, and says for\n"
        "each whether it was refused. Without --send no message is sent: it ends at RCPT. Run it from an address\n"
        "that the server does not trust. Exit status: 0 all refused, 1 something was accepted.",
        options,
    };
    struct option_list arguments = {0};
    enum options_result read = options_read(&usage, argc, argv, &arguments);
    int status = read == OPTIONS_HELP ? EX_OK : EX_USAGE;
    if (read == OPTIONS_READ && arguments.count == 1) {
        char *target = strdup(arguments.items[0]);
        test.use_tls = !no_tls;
        status = target == NULL ? EX_OSERR : run(&test, target);
        free(target);
    } else if (read == OPTIONS_READ) {
        complain("relaytest", "name one server: closedrelay relaytest HOST[:PORT]");
    }
    options_free_list(&arguments);
    return status;
}
