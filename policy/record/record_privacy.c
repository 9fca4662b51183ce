#include "record/record_privacy.h"

#include "facts/ip_address.h"
#include "facts/mail_address.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <talloc.h>

enum { TOKEN_BYTES = 10, TOKEN_DIGITS = 16, IPV4_CUT_BITS = 24, IPV6_CUT_BITS = 48 };

bool record_privacy_is_on(const struct record_privacy_settings *settings)
{
    return settings->addresses != RECORD_KEEP || settings->logins != RECORD_KEEP ||
           settings->clients != RECORD_KEEP || settings->message_ids != RECORD_KEEP ||
           settings->files != RECORD_KEEP || settings->texts != RECORD_KEEP;
}

bool record_privacy_needs_keys(const struct record_privacy_settings *settings)
{
    return settings->addresses == RECORD_HASH || settings->logins == RECORD_HASH ||
           settings->clients == RECORD_HASH || settings->message_ids == RECORD_HASH ||
           settings->files == RECORD_HASH;
}

void record_privacy_begin(const struct record_privacy *privacy, int64_t time_us,
                          struct record_privacy_line *line)
{
    line->settings = privacy->settings;
    line->has_key = privacy->ring != NULL && record_privacy_needs_keys(privacy->settings) &&
                    record_keyring_take(privacy->ring, time_us, privacy->settings->period_ms, &line->key);
}

/* ---- tokens ----------------------------------------------------------------------------------------- */

/* Crockford's base 32, as incident ids: 80 bits are 16 digits. */
static void append_digits(struct strbuf *out, const unsigned char *bytes)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    for (unsigned digit = 0; digit < TOKEN_DIGITS; digit++) {
        const unsigned bit = digit * 5, shift = 11 - bit % 8;
        const unsigned pair =
            (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < TOKEN_BYTES ? bytes[bit / 8 + 1] : 0);
        strbuf_append_byte(out, alphabet[pair >> shift & 31]);
    }
}

/* `what` keeps apart what must not have the same token: a domain is none of an address. */
static void append_token(struct strbuf *out, const struct keyring_key *key, char what, struct slice text)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    struct strbuf plain;
    strbuf_init(&plain, 0);
    strbuf_append_byte(&plain, what);
    for (size_t i = 0; i < text.length; i++)
        strbuf_append_byte(&plain, ascii_lower(text.data[i]));
    if (plain.failed || HMAC(EVP_sha256(), key->bytes, KEYRING_KEY_BYTES, (const unsigned char *)plain.data,
                             plain.length, hash, &length) == NULL) {
        out->failed = true;
    } else {
        strbuf_printf(out, "~%s.", key->period);
        append_digits(out, hash);
    }
    strbuf_deinit(&plain);
}

/* ---- kinds ------------------------------------------------------------------------------------------ */

static void append_domain(struct strbuf *out, const struct keyring_key *key, enum record_treatment domains,
                          struct slice domain)
{
    if (domain.length == 0 || domains == RECORD_OMIT)
        return;
    strbuf_append_byte(out, '@');
    if (domains == RECORD_HASH)
        append_token(out, key, 'd', domain);
    else
        strbuf_append_slice(out, domain);
}

static struct slice domain_of(struct slice text)
{
    const size_t at = slice_find_last(text, '@');
    return at == text.length ? slice_of("") : slice_part(text, at + 1, text.length);
}

static void append_mailbox(struct strbuf *out, const struct keyring_key *key, enum record_treatment domains,
                           struct slice text)
{
    append_token(out, key, 'a', text);
    append_domain(out, key, domains, domain_of(text));
}

static void treat_mailbox(const struct record_privacy_line *line, enum record_treatment treatment,
                          struct slice text, struct strbuf *out)
{
    const struct slice domain = domain_of(text);
    if (treatment == RECORD_HASH && line->has_key) {
        append_mailbox(out, &line->key, line->settings->domains, text);
    } else if (treatment == RECORD_CUT && domain.length > 0) {
        strbuf_append_byte(out, '@');
        strbuf_append_slice(out, domain);
    }
}

/* Of a header field only its first address is left, without the name beside it. */
static void treat_address_text(const struct record_privacy_line *line, struct slice text, struct strbuf *out)
{
    struct mail_address_list list;
    void *scratch = talloc_new(NULL);
    if (mail_address_list_parse(scratch, text, 1, &list) && list.count > 0)
        treat_mailbox(line, line->settings->addresses, slice_of(list.items[0].text), out);
    talloc_free(scratch);
}

static void append_network(struct strbuf *out, struct ip_address address)
{
    char text[IP_ADDRESS_TEXT_BYTES];
    const bool is_ipv4 = ip_address_is_ipv4(&address);
    const size_t kept = is_ipv4 ? 12 + IPV4_CUT_BITS / 8 : IPV6_CUT_BITS / 8;
    memset(address.bytes + kept, 0, sizeof address.bytes - kept);
    ip_address_print(&address, text);
    strbuf_append_text(out, text);
}

static void treat_client(const struct record_privacy_line *line, struct slice text, struct strbuf *out)
{
    struct ip_address address;
    struct ip_network network;
    bool host_bits;
    if (line->settings->clients == RECORD_HASH && line->has_key)
        append_token(out, &line->key, 'c', text);
    else if (line->settings->clients == RECORD_CUT && ip_address_parse(text, &address))
        append_network(out, address);
    else if (line->settings->clients == RECORD_CUT && ip_network_parse(text, &network, &host_bits))
        append_network(out, network.address);
}

/* "552 5.7.1 The attachment …": the words may name somebody, the codes do not. */
static void treat_text(struct slice text, struct strbuf *out)
{
    size_t end = 0;
    while (end < text.length &&
           (ascii_is_digit(text.data[end]) || text.data[end] == '.' || text.data[end] == ' '))
        end++;
    if (end >= sizeof "550 5.7.1" - 1)
        strbuf_append_slice(out, slice_trim(slice_part(text, 0, end)));
}

static void treat_file(const struct record_privacy_line *line, struct slice text, struct strbuf *out)
{
    const size_t dot = slice_find_last(text, '.');
    if (line->settings->files == RECORD_HASH && line->has_key)
        append_token(out, &line->key, 'f', text);
    if (line->settings->files != RECORD_OMIT && dot < text.length &&
        slice_find(slice_part(text, dot, text.length), ' ') == text.length - dot)
        strbuf_append_slice(out, slice_part(text, dot, text.length));
}

static enum record_treatment treatment_of(const struct record_privacy_settings *settings,
                                          enum record_privacy_kind kind)
{
    switch (kind) {
    case PRIVACY_NONE:
        return RECORD_KEEP;
    case PRIVACY_ADDRESS:
    case PRIVACY_ADDRESS_TEXT:
        return settings->addresses;
    case PRIVACY_IDENTITY:
        return settings->logins;
    case PRIVACY_CLIENT_IP:
    case PRIVACY_CLIENT_NAME:
        return settings->clients;
    case PRIVACY_MESSAGE_NAME:
        return settings->message_ids;
    case PRIVACY_FREE_TEXT:
        return settings->texts;
    case PRIVACY_FILE_NAME:
        return settings->files;
    }
    return RECORD_OMIT;
}

static void treat(const struct record_privacy_line *line, enum record_privacy_kind kind, struct slice text,
                  struct strbuf *out)
{
    switch (kind) {
    case PRIVACY_ADDRESS:
        treat_mailbox(line, line->settings->addresses, text, out);
        break;
    case PRIVACY_ADDRESS_TEXT:
        treat_address_text(line, text, out);
        break;
    case PRIVACY_IDENTITY:
        treat_mailbox(line, line->settings->logins, text, out);
        break;
    case PRIVACY_CLIENT_IP:
        treat_client(line, text, out);
        break;
    case PRIVACY_MESSAGE_NAME:
        if (line->settings->message_ids == RECORD_HASH && line->has_key)
            append_token(out, &line->key, 'm', text);
        break;
    case PRIVACY_FREE_TEXT:
        treat_text(text, out);
        break;
    case PRIVACY_FILE_NAME:
        treat_file(line, text, out);
        break;
    case PRIVACY_NONE:
    case PRIVACY_CLIENT_NAME:
        break;
    }
}

struct slice record_privacy_apply(const struct record_privacy_line *line, enum record_privacy_kind kind,
                                  struct slice text, struct strbuf *scratch)
{
    if (text.length == 0 || treatment_of(line->settings, kind) == RECORD_KEEP)
        return text;
    strbuf_reset(scratch);
    treat(line, kind, text, scratch);
    return scratch->failed ? slice_of("") : strbuf_slice(scratch);
}

/* ---- looking for somebody --------------------------------------------------------------------------- */

struct token_visit {
    record_token_visitor visit;
    void *context;
    struct record_token token;
    struct strbuf text;
};

static void visit_token(struct token_visit *visit)
{
    visit->token.text = strbuf_slice(&visit->text);
    if (!visit->text.failed)
        visit->visit(visit->context, &visit->token);
    strbuf_reset(&visit->text);
}

static void visit_with_key(struct token_visit *visit, const struct keyring_key *key, struct slice text)
{
    static const enum record_treatment domains[] = {RECORD_KEEP, RECORD_HASH, RECORD_OMIT};
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        append_mailbox(&visit->text, key, domains[i], text);
        visit_token(visit);
    }
    append_token(&visit->text, key, 'c', text);
    visit_token(visit);
    append_token(&visit->text, key, 'm', text);
    visit_token(visit);
}

void record_privacy_tokens(const struct record_privacy *privacy, struct slice text,
                           record_token_visitor visitor, void *context)
{
    struct ip_address address;
    size_t count = 0;
    struct token_visit visit = {.visit = visitor, .context = context};
    void *scratch = talloc_new(NULL);
    struct keyring_key *keys =
        privacy->ring == NULL ? NULL : record_keyring_list(privacy->ring, scratch, &count);
    strbuf_init(&visit.text, 0);
    for (size_t i = 0; i < count; i++) {
        visit.token.since_us = record_stamp_read(slice_of(keys[i].period));
        visit.token.until_us = i + 1 < count ? record_stamp_read(slice_of(keys[i + 1].period)) : INT64_MAX;
        visit_with_key(&visit, &keys[i], text);
    }
    if (privacy->settings->clients == RECORD_CUT && ip_address_parse(text, &address)) {
        visit.token.since_us = INT64_MIN;
        visit.token.until_us = INT64_MAX;
        append_network(&visit.text, address);
        visit_token(&visit);
    }
    strbuf_deinit(&visit.text);
    talloc_free(scratch);
}
