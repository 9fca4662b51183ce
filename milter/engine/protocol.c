#include "protocol.h"

#include "options.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

enum {
    CALLBACK_CLOSES = 100, /* a callback's result, made here: the session cannot go on */
    CALLBACK_IS_SILENT,    /* nothing is answered, whatever was agreed on */
    ARGUMENTS_USUAL = 16,
};

struct command {
    enum protocol_state state; /* that it leads to; STATE_COUNT: it leads nowhere */
    bool has_data;             /* it may not come without */
    bool stays_when_refused;   /* a refusal is no refusal of the message */
    sfsistat (*run)(struct smfi_str *context, struct slice data);
};

/* ---- which command may follow ------------------------------------------------------------------------- */

#define BIT(state) (1U << (state))

/* What may come after each state. Who does not want a step (SMFIP_NO...) comes to the one after it. */
static const uint32_t followers[STATE_COUNT] = {
    [STATE_BEGIN] = BIT(STATE_NEGOTIATED),
    [STATE_NEGOTIATED] = BIT(STATE_CONNECT) | BIT(STATE_UNKNOWN),
    [STATE_CONNECT] = BIT(STATE_HELO) | BIT(STATE_MAIL) | BIT(STATE_UNKNOWN),
    [STATE_HELO] = BIT(STATE_HELO) | BIT(STATE_MAIL) | BIT(STATE_UNKNOWN),
    [STATE_MAIL] = BIT(STATE_RECIPIENT) | BIT(STATE_ABORT) | BIT(STATE_UNKNOWN),
    [STATE_RECIPIENT] = BIT(STATE_HEADER) | BIT(STATE_END_OF_HEADERS) | BIT(STATE_DATA) | BIT(STATE_BODY) |
                        BIT(STATE_END) | BIT(STATE_RECIPIENT) | BIT(STATE_ABORT) | BIT(STATE_UNKNOWN),
    [STATE_DATA] = BIT(STATE_END_OF_HEADERS) | BIT(STATE_HEADER) | BIT(STATE_ABORT),
    [STATE_HEADER] = BIT(STATE_END_OF_HEADERS) | BIT(STATE_HEADER) | BIT(STATE_ABORT),
    [STATE_END_OF_HEADERS] = BIT(STATE_BODY) | BIT(STATE_END) | BIT(STATE_ABORT),
    [STATE_BODY] = BIT(STATE_END) | BIT(STATE_BODY) | BIT(STATE_ABORT),
    [STATE_END] = BIT(STATE_QUIT) | BIT(STATE_MAIL) | BIT(STATE_UNKNOWN) | BIT(STATE_NEXT_CONNECTION),
    [STATE_UNKNOWN] = BIT(STATE_HELO) | BIT(STATE_MAIL) | BIT(STATE_RECIPIENT) | BIT(STATE_ABORT) |
                      BIT(STATE_DATA) | BIT(STATE_BODY) | BIT(STATE_UNKNOWN) | BIT(STATE_QUIT) |
                      BIT(STATE_NEXT_CONNECTION),
    [STATE_NEXT_CONNECTION] = BIT(STATE_CONNECT) | BIT(STATE_UNKNOWN),
};

static const uint32_t unwanted_steps[STATE_COUNT] = {
    [STATE_CONNECT] = SMFIP_NOCONNECT,    [STATE_HELO] = SMFIP_NOHELO, [STATE_MAIL] = SMFIP_NOMAIL,
    [STATE_RECIPIENT] = SMFIP_NORCPT,     [STATE_DATA] = SMFIP_NODATA, [STATE_HEADER] = SMFIP_NOHDRS,
    [STATE_END_OF_HEADERS] = SMFIP_NOEOH, [STATE_BODY] = SMFIP_NOBODY, [STATE_UNKNOWN] = SMFIP_NOUNKNOWN,
};

static bool may_follow(const struct smfi_str *context, enum protocol_state from, enum protocol_state to)
{
    for (unsigned at = from; at < STATE_COUNT; at++) {
        if ((followers[at] & BIT(to)) != 0)
            return true;
        if (at + 1 == STATE_COUNT || (context->steps & unwanted_steps[at + 1]) == 0)
            return false;
    }
    return false;
}

bool protocol_is_in_message(const struct smfi_str *context)
{
    return context->state >= STATE_MAIL && context->state < STATE_END;
}

static void abort_message(struct smfi_str *context)
{
    if (protocol_is_in_message(context) && context->description->xxfi_abort != NULL)
        context->description->xxfi_abort(context);
}

/* ---- answers ------------------------------------------------------------------------------------------ */

static void refuse(struct smfi_str *context, sfsistat result)
{
    const char class = result == SMFIS_REJECT ? '5' : '4';
    if (context->reply == NULL || context->reply[0] != class) {
        context_answer(context, result == SMFIS_REJECT ? SMFIR_REJECT : SMFIR_TEMPFAIL, NULL, 0);
        return;
    }
    context_answer(context, SMFIR_REPLYCODE, context->reply, strlen(context->reply) + 1);
    free(context->reply);
    context->reply = NULL;
}

static void give(struct smfi_str *context, sfsistat result)
{
    switch (result) {
    case SMFIS_CONTINUE:
        context_answer(context, SMFIR_CONTINUE, NULL, 0);
        break;
    case SMFIS_REJECT:
    case SMFIS_TEMPFAIL:
        refuse(context, result);
        break;
    case SMFIS_DISCARD:
        context_answer(context, SMFIR_DISCARD, NULL, 0);
        break;
    case SMFIS_ACCEPT:
        context_answer(context, SMFIR_ACCEPT, NULL, 0);
        break;
    case SMFIS_SKIP:
        context_answer(context, SMFIR_SKIP, NULL, 0);
        break;
    default:
        break;
    }
}

/* Where no reply was agreed on there is none; an MTA that knows no such agreement gets one all the same. */
static void answer(struct smfi_str *context, sfsistat result)
{
    const uint32_t bit = options_no_reply(context->state);
    const bool is_agreed = (context->steps & bit) != 0;
    if (result == CALLBACK_IS_SILENT)
        return;
    if (!is_agreed) {
        give(context, result);
        return;
    }
    if (result != SMFIS_NOREPLY)
        log_error("milter: an answer in a step without answers is not sent");
    if ((context->offered_steps & bit) == 0)
        context_answer(context, SMFIR_CONTINUE, NULL, 0);
}

/* ---- the connection ----------------------------------------------------------------------------------- */

static sfsistat run_negotiation(struct smfi_str *context, struct slice data)
{
    macro_store_clear(&context->macros);
    return options_negotiate(context, data) ? CALLBACK_IS_SILENT : CALLBACK_CLOSES;
}

union client_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static bool read_ipv6(const char *text, struct in6_addr *address)
{
    static const char prefix[] = "IPv6:"; /* RFC 5321, 4.1.3 */
    if (strncasecmp(text, prefix, sizeof prefix - 1) == 0)
        text += sizeof prefix - 1;
    return inet_pton(AF_INET6, text, address) == 1;
}

static bool read_address(char family, uint16_t port, const char *text, union client_address *address)
{
    switch (family) {
    case SMFIA_INET:
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = port;
        return inet_aton(text, &address->v4.sin_addr) == 1;
    case SMFIA_INET6:
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = port;
        return read_ipv6(text, &address->v6.sin6_addr);
    case SMFIA_UNIX:
        address->local.sun_family = AF_UNIX;
        if (strlen(text) >= sizeof address->local.sun_path)
            return false;
        memcpy(address->local.sun_path, text, strlen(text) + 1);
        return true;
    default:
        return false;
    }
}

/* Name, family, and but for an unknown one port and address. */
static sfsistat run_connect(struct smfi_str *context, struct slice data)
{
    union client_address address;
    struct slice name, text;
    uint16_t port;
    memset(&address, 0, sizeof address);
    if (context->description->xxfi_connect == NULL)
        return SMFIS_CONTINUE;
    if (!packet_string(&data, &name) || data.length == 0)
        return CALLBACK_CLOSES;
    const char family = data.data[0];
    struct sockaddr *known = NULL;
    if (family != SMFIA_UNKNOWN) {
        if (data.length < 1 + sizeof port)
            return CALLBACK_CLOSES;
        memcpy(&port, data.data + 1, sizeof port);
        data = slice_part(data, 1 + sizeof port, data.length);
        if (data.length == 0 || data.data[data.length - 1] != '\0' || !packet_string(&data, &text) ||
            !read_address(family, port, text.data, &address)) {
            log_warning("milter: a client's address cannot be read");
            return CALLBACK_CLOSES;
        }
        known = &address.any;
    }
    return context->description->xxfi_connect(context, (char *)(uintptr_t)name.data, known);
}

/* A name without its NUL is passed over, without an answer. */
static sfsistat run_helo(struct smfi_str *context, struct slice data)
{
    if (context->description->xxfi_helo == NULL)
        return SMFIS_CONTINUE;
    if (data.data[data.length - 1] != '\0')
        return CALLBACK_IS_SILENT;
    return context->description->xxfi_helo(context, (char *)(uintptr_t)data.data);
}

static sfsistat run_quit(struct smfi_str *context, struct slice data)
{
    (void)data;
    if (context->description->xxfi_close != NULL)
        context->description->xxfi_close(context);
    macro_store_clear(&context->macros);
    return CALLBACK_IS_SILENT;
}

static sfsistat run_unknown(struct smfi_str *context, struct slice data)
{
    struct slice text;
    if (context->description->xxfi_unknown == NULL)
        return SMFIS_CONTINUE;
    return packet_string(&data, &text) ? context->description->xxfi_unknown(context, text.data)
                                       : CALLBACK_CLOSES;
}

/* ---- the message -------------------------------------------------------------------------------------- */

typedef sfsistat envelope_callback(SMFICTX *context, char **arguments);

static sfsistat run_envelope(struct smfi_str *context, struct slice data, envelope_callback *callback)
{
    char *usual[ARGUMENTS_USUAL];
    const size_t count = packet_string_count(data);
    if (callback == NULL)
        return SMFIS_CONTINUE;
    if (count == 0)
        return CALLBACK_CLOSES;
    char **arguments = count < ARGUMENTS_USUAL ? usual : calloc(count + 1, sizeof *arguments);
    if (arguments == NULL)
        return CALLBACK_CLOSES;
    packet_arguments(data, arguments);
    const sfsistat result = callback(context, arguments);
    if (arguments != usual)
        free(arguments);
    return result;
}

static sfsistat run_mail(struct smfi_str *context, struct slice data)
{
    return run_envelope(context, data, context->description->xxfi_envfrom);
}

static sfsistat run_recipient(struct smfi_str *context, struct slice data)
{
    return run_envelope(context, data, context->description->xxfi_envrcpt);
}

static sfsistat run_data(struct smfi_str *context, struct slice data)
{
    (void)data;
    return context->description->xxfi_data == NULL ? SMFIS_CONTINUE
                                                   : context->description->xxfi_data(context);
}

static sfsistat run_header(struct smfi_str *context, struct slice data)
{
    struct slice name, value;
    if (context->description->xxfi_header == NULL)
        return SMFIS_CONTINUE;
    if (data.data[data.length - 1] != '\0' || !packet_string(&data, &name) || !packet_string(&data, &value))
        return CALLBACK_CLOSES;
    return context->description->xxfi_header(context, (char *)(uintptr_t)name.data,
                                             (char *)(uintptr_t)value.data);
}

static sfsistat run_end_of_headers(struct smfi_str *context, struct slice data)
{
    (void)data;
    return context->description->xxfi_eoh == NULL ? SMFIS_CONTINUE : context->description->xxfi_eoh(context);
}

static sfsistat run_body(struct smfi_str *context, struct slice data)
{
    if (context->description->xxfi_body == NULL)
        return SMFIS_CONTINUE;
    return context->description->xxfi_body(context, (unsigned char *)(uintptr_t)data.data, data.length);
}

static bool is_verdict(sfsistat result)
{
    return result == SMFIS_REJECT || result == SMFIS_TEMPFAIL || result == SMFIS_DISCARD ||
           result == SMFIS_ACCEPT;
}

/* The end may bring the last of the body with it; a verdict on that is the one on the message. */
static sfsistat run_end(struct smfi_str *context, struct slice data)
{
    const sfsistat result = data.length == 0 ? SMFIS_CONTINUE : run_body(context, data);
    if (is_verdict(result))
        return result;
    return context->description->xxfi_eom == NULL ? SMFIS_CONTINUE : context->description->xxfi_eom(context);
}

static sfsistat run_abort(struct smfi_str *context, struct slice data)
{
    (void)data;
    if (context->description->xxfi_abort != NULL)
        context->description->xxfi_abort(context);
    return CALLBACK_IS_SILENT;
}

/* Macros of a command that has none are passed over. */
static sfsistat run_macros(struct smfi_str *context, struct slice data)
{
    const enum macro_stage stage = macro_stage_of(data.data[0]);
    if (stage == MACRO_NO_STAGE)
        return CALLBACK_IS_SILENT;
    return macro_store_put(&context->macros, stage, slice_part(data, 1, data.length)) ? CALLBACK_IS_SILENT
                                                                                      : CALLBACK_CLOSES;
}

/* ---- packets ------------------------------------------------------------------------------------------ */

static const struct command *find_command(char letter)
{
    static const struct command commands[] = {
        ['A' - 'A'] = {STATE_ABORT, false, false, run_abort},
        ['B' - 'A'] = {STATE_BODY, true, false, run_body},
        ['C' - 'A'] = {STATE_CONNECT, true, false, run_connect},
        ['D' - 'A'] = {STATE_COUNT, true, false, run_macros},
        ['E' - 'A'] = {STATE_END, false, false, run_end},
        ['H' - 'A'] = {STATE_HELO, true, false, run_helo},
        ['K' - 'A'] = {STATE_NEXT_CONNECTION, false, false, run_quit},
        ['L' - 'A'] = {STATE_HEADER, true, false, run_header},
        ['M' - 'A'] = {STATE_MAIL, true, false, run_mail},
        ['N' - 'A'] = {STATE_END_OF_HEADERS, false, false, run_end_of_headers},
        ['O' - 'A'] = {STATE_NEGOTIATED, true, false, run_negotiation},
        ['Q' - 'A'] = {STATE_QUIT, false, false, run_quit},
        ['R' - 'A'] = {STATE_RECIPIENT, true, true, run_recipient},
        ['T' - 'A'] = {STATE_DATA, false, false, run_data},
        ['U' - 'A'] = {STATE_UNKNOWN, true, true, run_unknown},
    };
    const size_t index = (size_t)((unsigned char)letter - 'A');
    if (index >= sizeof commands / sizeof commands[0] || commands[index].run == NULL)
        return NULL;
    return &commands[index];
}

/* False: the command cannot be reached from here, and is passed over; an open message ends with that. */
static bool may_come(struct smfi_str *context, const struct command *command)
{
    if (command->state == STATE_COUNT || may_follow(context, context->state, command->state))
        return true;
    abort_message(context);
    context->state = STATE_HELO;
    return may_follow(context, STATE_HELO, command->state);
}

static enum protocol_result pass_over(const struct command *command)
{
    return command->state == STATE_QUIT ? PROTOCOL_CLOSE : PROTOCOL_NEXT;
}

static void begin(struct smfi_str *context, const struct command *command, char letter)
{
    const enum macro_stage stage = macro_stage_of(letter);
    if (command->state != STATE_COUNT)
        context->state = command->state;
    if (stage != MACRO_NO_STAGE)
        macro_store_begin(&context->macros, stage);
}

static enum protocol_result finish(struct smfi_str *context, char letter, sfsistat result)
{
    const struct command *command = find_command(letter);
    if (result == CALLBACK_CLOSES)
        return PROTOCOL_CLOSE;
    if (result == PROTOCOL_CALLBACK_WAITS) {
        context->waiting_command = letter;
        return PROTOCOL_WAIT;
    }
    answer(context, result);
    if (is_verdict(result) && (result == SMFIS_ACCEPT || !command->stays_when_refused))
        context->state = STATE_HELO;
    return command->state == STATE_QUIT || context->answers->failed ? PROTOCOL_CLOSE : PROTOCOL_NEXT;
}

enum protocol_result protocol_take(struct smfi_str *context, const struct packet *packet)
{
    const struct command *command = find_command(packet->command);
    if (command == NULL)
        return PROTOCOL_CLOSE;
    if (!may_come(context, command))
        return pass_over(command);
    if (command->has_data && packet->data.length == 0)
        return PROTOCOL_CLOSE;
    begin(context, command, packet->command);
    return finish(context, packet->command, command->run(context, packet->data));
}

enum protocol_result protocol_resume(struct smfi_str *context)
{
    sfsistat (*resume)(SMFICTX *) = context->resume;
    context->resume = NULL;
    return finish(context, context->waiting_command, resume(context));
}

void protocol_init(struct smfi_str *context, const struct smfiDesc *description)
{
    *context = (struct smfi_str){.description = description, .steps = options_without_callbacks(description)};
}

void protocol_end(struct smfi_str *context)
{
    abort_message(context);
    if (context->state != STATE_QUIT && context->description->xxfi_close != NULL)
        context->description->xxfi_close(context);
    macro_store_clear(&context->macros);
    free(context->reply);
}
