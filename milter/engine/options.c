#include "options.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>

enum {
    VERSION_MIN = 2,
    VERSION_MAX = SMFI_PROT_VERSION,
    OFFER_BYTES = 12,
    /* Answers that are given for the callbacks where the MTA wants them all the same. */
    NO_REPLY = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |
               SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY,
    /* Events that an older MTA does not know, and so does not send. */
    LATER_EVENTS = SMFIP_NODATA | SMFIP_NOUNKNOWN,
};

struct offer {
    uint32_t version, actions, steps;
};

uint32_t options_no_reply(enum protocol_state state)
{
    static const uint32_t bits[STATE_COUNT] = {
        [STATE_CONNECT] = SMFIP_NR_CONN, [STATE_HELO] = SMFIP_NR_HELO,
        [STATE_MAIL] = SMFIP_NR_MAIL,    [STATE_RECIPIENT] = SMFIP_NR_RCPT,
        [STATE_DATA] = SMFIP_NR_DATA,    [STATE_UNKNOWN] = SMFIP_NR_UNKN,
        [STATE_HEADER] = SMFIP_NR_HDR,   [STATE_END_OF_HEADERS] = SMFIP_NR_EOH,
        [STATE_BODY] = SMFIP_NR_BODY,
    };
    return bits[state];
}

uint32_t options_without_callbacks(const struct smfiDesc *description)
{
    uint32_t steps = 0;
    steps |= description->xxfi_connect == NULL ? SMFIP_NOCONNECT : 0U;
    steps |= description->xxfi_helo == NULL ? SMFIP_NOHELO : 0U;
    steps |= description->xxfi_envfrom == NULL ? SMFIP_NOMAIL : 0U;
    steps |= description->xxfi_envrcpt == NULL ? SMFIP_NORCPT : 0U;
    steps |= description->xxfi_data == NULL ? SMFIP_NODATA : 0U;
    steps |= description->xxfi_header == NULL ? SMFIP_NOHDRS : 0U;
    steps |= description->xxfi_eoh == NULL ? SMFIP_NOEOH : 0U;
    steps |= description->xxfi_body == NULL ? SMFIP_NOBODY : 0U;
    steps |= description->xxfi_unknown == NULL ? SMFIP_NOUNKNOWN : 0U;
    return steps;
}

static uint32_t number_at(struct slice data, size_t at)
{
    uint32_t number;
    memcpy(&number, data.data + at, sizeof number);
    return ntohl(number);
}

/* An MTA that offers nothing means what version 1 had. */
static bool read_offer(struct slice data, struct offer *offer)
{
    if (data.length < OFFER_BYTES)
        return false;
    *offer = (struct offer){number_at(data, 0), number_at(data, 4), number_at(data, 8)};
    offer->actions = offer->actions == 0 ? SMFI_V1_ACTS : offer->actions;
    offer->steps = (offer->steps == 0 ? SMFI_V1_PROT : offer->steps) & ~(uint32_t)SMFI_INTERNAL;
    return offer->version >= VERSION_MIN;
}

/* What the callbacks want, in `context`. */
static bool ask(struct smfi_str *context, const struct offer *offer)
{
    const struct smfiDesc *description = context->description;
    unsigned long actions = offer->actions, unused2 = 0, unused3 = 0;
    unsigned long steps = context->steps | (offer->steps & SMFIP_SKIP);
    if (description->xxfi_negotiate == NULL) {
        context->actions = (uint32_t)description->xxfi_flags;
        return true;
    }
    const sfsistat result = description->xxfi_negotiate(context, offer->actions, offer->steps | NO_REPLY, 0,
                                                        0, &actions, &steps, &unused2, &unused3);
    if (result == SMFIS_ALL_OPTS) {
        context->actions = offer->actions;
        context->steps |= offer->steps & SMFIP_SKIP;
        return true;
    }
    context->actions = (uint32_t)actions;
    context->steps = (uint32_t)steps;
    return result == SMFIS_CONTINUE;
}

/* What the MTA is told: what it can do of what is wanted. */
static uint32_t steps_to_tell(const struct smfi_str *context)
{
    return context->steps & ~(uint32_t)SMFI_INTERNAL &
           (context->offered_steps | ~(uint32_t)(NO_REPLY | LATER_EVENTS));
}

static void answer(struct smfi_str *context, const struct offer *offer, uint32_t steps)
{
    const uint32_t version = offer->version < VERSION_MAX ? offer->version : VERSION_MAX;
    const uint32_t head[] = {htonl(version), htonl(context->actions), htonl(steps)};
    const struct slice lists = strbuf_slice(context->symbol_lists);
    const uint32_t told = htonl((uint32_t)(sizeof head + lists.length) + 1);
    strbuf_append(context->answers, &told, sizeof told);
    strbuf_append_byte(context->answers, SMFIC_OPTNEG);
    strbuf_append(context->answers, head, sizeof head);
    strbuf_append_slice(context->answers, lists);
}

bool options_negotiate(struct smfi_str *context, struct slice data)
{
    struct offer offer;
    struct strbuf symbol_lists;
    if (!read_offer(data, &offer)) {
        log_warning("milter: a negotiation that is too short, or older than version %d of the protocol",
                    VERSION_MIN);
        return false;
    }
    context->offered_steps = offer.steps;
    context->steps = options_without_callbacks(context->description);
    strbuf_init(&symbol_lists, 0);
    context->symbol_lists = &symbol_lists;
    bool is_agreed = ask(context, &offer);
    const uint32_t steps = steps_to_tell(context);
    if (is_agreed && ((context->actions & ~offer.actions) != 0 || (steps & ~offer.steps) != 0)) {
        log_warning("milter: the MTA offers too little: actions 0x%x, steps 0x%x", offer.actions,
                    offer.steps);
        is_agreed = false;
    }
    if (is_agreed)
        answer(context, &offer, steps);
    context->symbol_lists = NULL;
    strbuf_deinit(&symbol_lists);
    return is_agreed;
}
