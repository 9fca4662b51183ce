#include "history/replay_names.h"

#include "config/document.h"
#include "config/sets.h"
#include "history/history_terms.h"

#include <talloc.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (element)->hh.tbl = NULL
#include <uthash.h>

enum { NAMES_MAX = 100000 };

struct known_name {
    UT_hash_handle hh;
    const char *name;
    char token[];
};

struct replay_names {
    struct known_name *by_token;
    size_t count;
    const struct record_privacy *privacy;
    const char *name; /* whose tokens are being added */
};

static int release(struct replay_names *names)
{
    HASH_CLEAR(hh, names->by_token);
    return 0;
}

static void add_token(void *context, const struct record_token *token)
{
    struct replay_names *names = context;
    struct known_name *known = talloc_zero_size(names, sizeof *known + token->text.length + 1);
    if (known == NULL || ++names->count > NAMES_MAX)
        return;
    known->name = names->name;
    memcpy(known->token, token->text.data, token->text.length);
    HASH_ADD_STR(names->by_token, token, known);
}

static bool add_name(void *context, const char *name)
{
    struct replay_names *names = context;
    names->name = name;
    record_privacy_tokens(names->privacy, slice_of(name), add_token, names);
    return true;
}

struct replay_names *replay_names_create(void *owner, const struct policy_history_source *source,
                                         const struct policy_snapshot *snapshot)
{
    static const struct record_privacy_settings settings = {.clients = RECORD_KEEP};
    const struct config_document *document = snapshot->document;
    struct replay_names *names = talloc_zero(owner, struct replay_names);
    const struct record_privacy privacy = {&settings, history_open_keyring(owner, source)};
    if (names == NULL || privacy.ring == NULL)
        return NULL;
    talloc_set_destructor(names, release);
    names->privacy = &privacy;
    for (size_t i = 0; i < document->override_count; i++) {
        const struct config_override_when *when = &document->overrides[i].when;
        if (when->users != NULL)
            text_set_each(when->users, add_name, names);
        if (when->senders != NULL)
            text_set_each(when->senders, add_name, names);
    }
    names->privacy = NULL;
    record_keyring_close(privacy.ring);
    return names;
}

const char *replay_names_find(const struct replay_names *names, const char *text)
{
    struct known_name *known = NULL;
    if (names == NULL || text[0] != '~')
        return text;
    HASH_FIND_STR(names->by_token, text, known);
    return known == NULL ? text : known->name;
}
