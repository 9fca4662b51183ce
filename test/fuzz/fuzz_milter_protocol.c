/* Streams of packets to the milter's protocol, each packet in memory of its own size: no read beyond it,
 * every argument of a callback a string. */
#include "engine/protocol.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_length; /* so that the strings are read */

static sfsistat look(SMFICTX *context, const char *text)
{
    const char *queue_id = smfi_getsymval(context, (char *)(uintptr_t) "i");
    read_length += strlen(text) + (queue_id == NULL ? 0 : strlen(queue_id));
    return strlen(text) % 7 == 3 ? SMFIS_REJECT : SMFIS_CONTINUE;
}

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3, unsigned long *chosen_actions,
                             unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3)
{
    (void)context;
    (void)unused2;
    (void)unused3;
    *chosen_actions = actions & 0x1ff;
    *chosen_steps = steps & 0x1fffff;
    *chosen2 = *chosen3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address)
{
    read_length += address == NULL ? 0 : address->sa_family;
    return look(context, name);
}

static sfsistat on_helo(SMFICTX *context, char *name)
{
    return look(context, name);
}

static sfsistat on_envelope(SMFICTX *context, char **arguments)
{
    for (char **at = arguments + 1; *at != NULL; at++)
        look(context, *at);
    return look(context, arguments[0]);
}

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
    look(context, value);
    return look(context, name);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libmilter's */
static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++)
        read_length += bytes[i];
    return SMFIS_NOREPLY;
}

static sfsistat on_end(SMFICTX *context)
{
    smfi_addheader(context, (char *)(uintptr_t) "X", (char *)(uintptr_t) "y");
    return SMFIS_CONTINUE;
}

static sfsistat on_unknown(SMFICTX *context, const char *command)
{
    return look(context, command);
}

static const struct smfiDesc description = {
    .xxfi_name = (char *)(uintptr_t) "fuzz",
    .xxfi_version = SMFI_VERSION,
    .xxfi_connect = on_connect,
    .xxfi_helo = on_helo,
    .xxfi_envfrom = on_envelope,
    .xxfi_envrcpt = on_envelope,
    .xxfi_header = on_header,
    .xxfi_eoh = on_end,
    .xxfi_body = on_body,
    .xxfi_eom = on_end,
    .xxfi_abort = on_end,
    .xxfi_close = on_end,
    .xxfi_unknown = on_unknown,
    .xxfi_data = on_end,
    .xxfi_negotiate = on_negotiate,
};

/* The packet in memory of its own. False: it ends the session. */
static bool take(struct smfi_str *context, const struct packet *packet)
{
    char *copy = malloc(packet->data.length == 0 ? 1 : packet->data.length);
    if (copy == NULL)
        abort();
    memcpy(copy, packet->data.data, packet->data.length);
    const struct packet alone = {packet->command, slice_make(copy, packet->data.length)};
    const bool goes_on = protocol_take(context, &alone) == PROTOCOL_NEXT;
    free(copy);
    return goes_on;
}

static void discard(enum log_level level, const char *line, void *context)
{
    (void)context;
    (void)level;
    (void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct strbuf answers;
    struct smfi_str context;
    struct packet packet;
    log_set_sink(discard, NULL);
    strbuf_init(&answers, 0);
    protocol_init(&context, &description);
    context.answers = &answers;
    while (packet_take(&input, &packet) == PACKET_WHOLE && take(&context, &packet))
        continue;
    protocol_end(&context);
    strbuf_deinit(&answers);
    return 0;
}
