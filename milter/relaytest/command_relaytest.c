/* `closedrelay relaytest HOST[:PORT]`: the classic open-relay forms, tried against one's own server. */
#include "commands/command.h"
#include "relay_forms.h"
#include "smtp_client.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct relaytest_options {
    const char *victim;
    const char *local_domain;
    bool send;
    bool no_tls;
};

enum {
    EXIT_RELAY_IS_OPEN = 1,
    ANSWER_SHOWN_BYTES = 100,
    WAIT_MS = 60000, /* servers that make strangers wait do so for less */
    /* Postfix makes a client wait for each answer after ten errors, and hangs up after twenty. */
    FORMS_PER_CONNECTION = 8,
};

struct relaytest {
    struct smtp_target target;
    const char *victim;
    const char *local_domain;
    bool send;
    bool use_tls;
    struct smtp_client *client; /* NULL between connections */
    struct relay_names names;
    char *victim_local_part; /* what `names` points to */
    char *server_name;
    bool is_offered_tls, is_offered_utf8;
    bool is_plainly_open; /* it takes the plain address, the first of the forms */
    unsigned connection_count;
    unsigned form_count; /* on this connection */
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

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 128)
        text++;
    return *text == '\0';
}

/* The pattern of what stands behind MAIL FROM:. Without SMTPUTF8 (RFC 6531) other forms would be refused as
 * such. */
static void sender_pattern(const struct relaytest *test, const struct relay_form *form,
                           struct strbuf *pattern)
{
    strbuf_init(pattern, 0);
    strbuf_printf(pattern, "<%s>%s", form->sender,
                  test->is_offered_utf8 && !is_ascii(form->recipient) ? " SMTPUTF8" : "");
}

static struct smtp_answer offer_sender(struct relaytest *test, const struct relay_form *form)
{
    struct strbuf pattern;
    sender_pattern(test, form, &pattern);
    struct smtp_answer answer = command(test, "MAIL FROM:", strbuf_text(&pattern));
    strbuf_deinit(&pattern);
    return answer;
}

/* With --send: a message that says what it is, so that whoever finds it knows. */
static struct smtp_answer send_message(struct relaytest *test, const struct relay_form *form)
{
    struct smtp_answer answer = smtp_client_command(test->client, "DATA");
    if (answer.code != 354)
        return answer;
    char message[1024];
    snprintf(message, sizeof message,
             "From: <relaytest@sender.example>\r\nTo: <%.200s>\r\nSubject: relay test: %s\r\n\r\n"
             "This message was sent by `closedrelay relaytest` to see whether the\r\n"
             "server passes it on. Form: %s\r\n.",
             test->victim, form->name, form->name);
    return smtp_client_command(test->client, message);
}

static struct smtp_answer ask_for_relay(struct relaytest *test, const struct relay_form *form)
{
    struct smtp_answer answer = offer_sender(test, form);
    if (answer.code / 100 == 2)
        answer = command(test, "RCPT TO:", form->recipient);
    if (answer.code / 100 == 2 && test->send)
        answer = send_message(test, form);
    return answer;
}

/* 421 announces that the server hangs up (RFC 5321, 3.8): it answers no form. */
static bool is_connection_lost(const struct smtp_answer *answer)
{
    return answer->code == 0 || answer->code == 421;
}

/* "530 Must issue a STARTTLS command first" (RFC 3207, 4) is the same answer to everything, and so none to a
 * form. Where STARTTLS was offered and not used, nobody can tell what another 530 would be behind it. */
static bool demands_tls(const struct relaytest *test, const struct smtp_answer *answer)
{
    return answer->code == 530 && smtp_client_tls_version(test->client) == NULL &&
           (test->is_offered_tls || strstr(answer->text, "STARTTLS") != NULL);
}

/* What was said, for whoever wants to try it by hand. */
static void show_commands(const struct relaytest *test, const struct relay_form *form)
{
    struct strbuf pattern, line;
    sender_pattern(test, form, &pattern);
    strbuf_init(&line, 0);
    strbuf_append_text(&line, "MAIL FROM:");
    relay_form_expand(strbuf_text(&pattern), &test->names, &line);
    strbuf_append_text(&line, "  RCPT TO:");
    relay_form_expand(form->recipient, &test->names, &line);
    printf("          %s\n", strbuf_text(&line));
    strbuf_deinit(&pattern);
    strbuf_deinit(&line);
}

static void report(struct relaytest *test, const struct relay_form *form, const struct smtp_answer *answer)
{
    const char *outcome = "unclear";
    unsigned *count = &test->unclear_count;
    if (answer->code / 100 == 2) {
        outcome = "ACCEPTED";
        count = &test->accepted_count;
    } else if (answer->code / 100 == 5 && !demands_tls(test, answer)) {
        outcome = "refused";
        count = &test->refused_count;
    }
    ++*count;
    test->tried_count++;
    printf("%-9s %-46s %u %.*s\n", outcome, form->name, answer->code, ANSWER_SHOWN_BYTES, answer->text);
    if (count != &test->refused_count)
        show_commands(test, form);
    if (count == &test->accepted_count && form == relay_forms)
        test->is_plainly_open = true;
}

static void hang_up(struct relaytest *test)
{
    smtp_client_close(test->client);
    test->client = NULL;
}

/* ---- the conversation ------------------------------------------------------------------------------- */

/* The first word of an EHLO answer is the server's name (RFC 5321, 4.1.1.1). */
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
    test->is_offered_utf8 = strstr(answer.text, "SMTPUTF8") != NULL;
    free(test->server_name);
    test->server_name = first_word(answer.text);
    return test->server_name != NULL;
}

static void introduce(const struct relaytest *test)
{
    const char *version = smtp_client_tls_version(test->client);
    printf("%s [%s] port %s, %s\n\n", test->server_name, smtp_client_peer(test->client), test->target.port,
           version != NULL ? version : "without TLS");
}

static bool open_connection(struct relaytest *test, struct strbuf *problem)
{
    test->client = smtp_client_open(&test->target, problem);
    if (test->client == NULL || !say_hello(test, problem))
        return false;
    if (test->use_tls && test->is_offered_tls &&
        (!smtp_client_start_tls(test->client, problem) || !say_hello(test, problem)))
        return false;
    test->names.server_name = test->server_name;
    test->names.server_address = smtp_client_peer(test->client);
    test->names.local_domain = test->local_domain != NULL ? test->local_domain : test->server_name;
    test->form_count = 0;
    if (test->connection_count++ == 0)
        introduce(test);
    return true;
}

/* A connection that breaks in the middle of a form, as it does when the server has had enough of errors, says
 * nothing about the form: it is tried once more on a new one. */
static bool try_form(struct relaytest *test, const struct relay_form *form, struct strbuf *problem)
{
    struct smtp_answer answer;
    bool is_fresh;
    do {
        is_fresh = test->client == NULL;
        if (is_fresh && !open_connection(test, problem))
            return false;
        answer = ask_for_relay(test, form);
        if (is_connection_lost(&answer) && !is_fresh)
            hang_up(test);
    } while (test->client == NULL);
    if (test->tried_count == 0 && demands_tls(test, &answer)) {
        strbuf_printf(problem, "the server takes mail within TLS only, so nothing was tested: %u %s%s",
                      answer.code, answer.text, test->use_tls ? "" : " (try without --no-tls)");
        return false;
    }
    report(test, form, &answer);
    bool is_done = is_connection_lost(&answer) || smtp_client_command(test->client, "RSET").code / 100 != 2;
    if (!is_done && ++test->form_count == FORMS_PER_CONNECTION) {
        smtp_client_command(test->client, "QUIT");
        is_done = true;
    }
    if (is_done)
        hang_up(test);
    return true;
}

static bool try_all(struct relaytest *test, struct strbuf *problem)
{
    for (const struct relay_form *form = relay_forms; form->name != NULL; form++)
        if (!try_form(test, form, problem))
            return false;
    return true;
}

static void say_what_to_change(const struct relaytest *test)
{
    if (test->is_plainly_open)
        puts(
            "Even the plain address is accepted: this server passes mail from here to anywhere. First see whether you tried\n"
            "from an address that it trusts: relay.trusted_networks here, `mynetworks` in Postfix, `RELAY` entries in\n"
            "Sendmail's access map. Otherwise it is open to everybody. Put this into Postfix's main.cf:");
    else
        puts(
            "The plain address is refused, but not every form of it: the server may pass such mail on. Put this into\n"
            "Postfix's main.cf:");
    puts(
        "    smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination\n"
        "    smtpd_milters = inet:127.0.0.1:10891\n"
        "and list in closedrelay's relay.local_domains the domains that are really yours.");
    if (!test->is_plainly_open)
        puts(
            "An address with %, ! or @ in it that is accepted for an own domain may also only be a mailbox that takes\n"
            "everything: --send shows what really leaves.");
}

static void say_result(const struct relaytest *test, bool is_complete)
{
    printf("\n%u forms tried: %u refused, %u accepted, %u unclear.\n", test->tried_count, test->refused_count,
           test->accepted_count, test->unclear_count);
    if (is_complete && test->accepted_count == 0 && test->unclear_count == 0)
        puts("This server is closed to strangers.");
    if (test->local_domain == NULL)
        printf("%s stood for a domain of its own: name a real one with --domain.\n", test->server_name);
    if (test->unclear_count > 0)
        puts(
            "Unclear: neither accepted nor refused for good (greylisting, a limit, a lost connection). Try those\n"
            "again later, and from an address the server does not trust.");
    if (test->accepted_count > 0)
        say_what_to_change(test);
}

static int exit_status(const struct relaytest *test, bool is_complete)
{
    if (test->accepted_count > 0)
        return EXIT_RELAY_IS_OPEN;
    if (!is_complete)
        return EX_UNAVAILABLE;
    return test->unclear_count > 0 ? EX_TEMPFAIL : EX_OK;
}

static int run(struct relaytest *test)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    bool is_complete = try_all(test, &problem);
    if (test->tried_count > 0)
        say_result(test, is_complete);
    fflush(stdout);
    if (!is_complete)
        complain("relaytest", "%s", problem.length > 0 ? strbuf_text(&problem) : "out of memory");
    hang_up(test);
    strbuf_deinit(&problem);
    return exit_status(test, is_complete);
}

/* Cuts "HOST", "HOST:PORT", "[2001:db8::1]:PORT" or "2001:db8::1" in `text` into its parts. */
static struct smtp_target read_target(char *text)
{
    struct smtp_target target = {.host = text, .port = "25", .wait_ms = WAIT_MS};
    char *colon = strrchr(text, ':');
    char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    if (bracket != NULL) {
        *bracket = '\0';
        target.host = text + 1;
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
    } else if (colon != strchr(text, ':')) {
        colon = NULL; /* an IPv6 address without a port */
    }
    if (colon != NULL) {
        *colon = '\0';
        target.port = colon + 1;
    }
    return target;
}

static int run_against(struct relaytest *test, const char *server)
{
    const char *at = strchr(test->victim, '@');
    if (at == NULL || at == test->victim || at[1] == '\0') {
        complain("relaytest", "--to wants an address: user@example.org");
        return EX_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* a server that hangs up shows in what is read */
    char *text = strdup(server);
    test->victim_local_part = strndup(test->victim, (size_t)(at - test->victim));
    test->names.victim_local_part = test->victim_local_part;
    test->names.victim_domain = at + 1;
    int status = EX_OSERR;
    if (text != NULL && test->victim_local_part != NULL) {
        test->target = read_target(text);
        status = run(test);
    }
    free(text);
    free(test->victim_local_part);
    free(test->server_name);
    return status;
}

static int run_command(struct command_call *call)
{
    const struct relaytest_options *options = call->options;
    struct relaytest test = {
        .victim = options->victim == NULL ? "relaytest@victim.example" : options->victim,
        .local_domain = options->local_domain,
        .send = options->send,
        .use_tls = !options->no_tls,
    };
    return run_against(&test, call->arguments.items[0]);
}

static const struct option options[] = {
    {"to", '\0', OPTION_TEXT, offsetof(struct relaytest_options, victim), "ADDRESS",
     "an address of another server; with --send one that you read (relaytest@victim.example)"},
    {"domain", '\0', OPTION_TEXT, offsetof(struct relaytest_options, local_domain), "DOMAIN",
     "one of the server's own domains (its name, as it greets)"},
    {"send", '\0', OPTION_FLAG, offsetof(struct relaytest_options, send), NULL,
     "send a message wherever the recipient was accepted"},
    {"no-tls", '\0', OPTION_FLAG, offsetof(struct relaytest_options, no_tls), NULL,
     "do not use STARTTLS, even where it is offered"},
    {0},
};

const struct command relaytest_command = {
    .name = "relaytest",
    .arguments = "HOST[:PORT]",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "try the classic open-relay forms against your own server",
    .summary =
        "Tries the forms that open-relay testers have used over the years against your own server, and says for\n"
        "each whether it was refused. Without --send no message is sent: it ends at RCPT. Run it from an address\n"
        "that the server does not trust. Exit status: 0 all refused, 1 something was accepted, 75 something was\n"
        "neither, 69 the server could not be asked, or answers within TLS only.",
    .options = options,
    .options_bytes = sizeof(struct relaytest_options),
    .run = run_command,
};
