#include "history/history_terms.h"

#include "facts/ip_address.h"
#include "history/history_config.h"
#include "history/history_input.h"
#include "record/sidecar.h"

#include <errno.h>
#include <talloc.h>
#include <unistd.h>

struct making {
    void *owner;
    struct history_terms *terms;
    bool failed;
};

static void add(struct making *making, uint64_t term, int64_t since_us, int64_t until_us)
{
    struct history_terms *terms = making->terms;
    struct history_term *grown =
        talloc_realloc(making->owner, terms->items, struct history_term, (unsigned)terms->count + 1);
    making->failed = making->failed || grown == NULL;
    if (grown == NULL)
        return;
    terms->items = grown;
    grown[terms->count++] = (struct history_term){term, since_us, until_us};
}

static void add_token(void *context, const struct record_token *token)
{
    add(context, sidecar_term(token->text), token->since_us, token->until_us);
}

static struct record_keyring *open_ring(const struct policy_history_source *source, const char *path)
{
    struct strbuf problem;
    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT))
        return NULL;
    strbuf_init(&problem, 0);
    struct record_keyring *ring = record_keyring_open(path, &problem);
    if (ring == NULL)
        history_note(source, "%s; what is hashed in the record is not found without it",
                     strbuf_text(&problem));
    strbuf_deinit(&problem);
    return ring;
}

struct record_keyring *history_open_keyring(void *owner, const struct policy_history_source *source)
{
    struct history_config config;
    history_config_read(owner, source->config, &config);
    return open_ring(source, config.keyring);
}

static void add_private(struct making *making, const struct policy_history_source *source, struct slice text)
{
    struct history_config config;
    history_config_read(making->owner, source->config, &config);
    const struct record_privacy_settings settings = {.clients =
                                                         config.cuts_clients ? RECORD_CUT : RECORD_KEEP};
    const struct record_privacy privacy = {&settings, open_ring(source, config.keyring)};
    record_privacy_tokens(&privacy, text, add_token, making);
    /* A Message-ID is hashed with its brackets, whoever asks may leave them out. */
    char *bracketed = talloc_asprintf(making->owner, "<%.*s>", (int)text.length, text.data);
    making->failed = making->failed || bracketed == NULL;
    if (bracketed != NULL && slice_find(text, '@') < text.length)
        record_privacy_tokens(&privacy, slice_of(bracketed), add_token, making);
    record_keyring_close(privacy.ring);
}

bool history_terms_make(void *owner, const struct policy_history_source *source, const char *what,
                        struct history_terms *terms)
{
    struct making making = {.owner = owner, .terms = terms};
    struct slice text = slice_trim(slice_of(what));
    struct ip_address address;
    char printed[IP_ADDRESS_TEXT_BYTES];
    *terms = (struct history_terms){0};
    if (text.length > 2 && text.data[0] == '<' && text.data[text.length - 1] == '>')
        text = slice_part(text, 1, text.length - 1);
    /* A client in any spelling is the one that the record has. */
    if (ip_address_parse(text, &address)) {
        ip_address_print(&address, printed);
        text = slice_of(printed);
    }
    add(&making, sidecar_term(text), INT64_MIN, INT64_MAX);
    add_private(&making, source, text);
    return !making.failed;
}
