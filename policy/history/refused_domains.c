/* Which domains strangers were refused for not being ours. */
#include "facts/domain_name.h"
#include "history/history_input.h"

#include <talloc.h>
#include <uthash.h>

enum { DOMAINS_MAX = 10000 };

struct refused {
    const char *domain;
    UT_hash_handle hh;
};

struct search {
    void *owner;
    struct refused *domains; /* uthash */
};

/* False: no more are taken. */
static bool add(struct search *search, struct slice address)
{
    const size_t at = slice_find_last(address, '@');
    const char *domain = at == address.length
                             ? NULL
                             : domain_canonical(search->owner, slice_part(address, at + 1, address.length));
    struct refused *refused = NULL;
    if (domain == NULL)
        return true;
    HASH_FIND_STR(search->domains, domain, refused);
    if (refused != NULL)
        return true;
    refused = talloc(search->owner, struct refused);
    if (refused == NULL || HASH_COUNT(search->domains) == DOMAINS_MAX)
        return false;
    refused->domain = domain;
    HASH_ADD_KEYPTR(hh, search->domains, refused->domain, strlen(refused->domain), refused);
    return true;
}

static bool take(void *context, struct record *record, int64_t time_us)
{
    struct search *search = context;
    bool goes_on = true;
    (void)time_us;
    if (record_line_of(record) != RECORD_LINE_MESSAGE || !record_is(record, RECORD_ROLE, "outside"))
        return true;
    struct json_cursor recipients = record_begin(record, RECORD_RECIPIENTS);
    while (goes_on && record_next(record, RECORD_RECIPIENTS, &recipients)) {
        struct strbuf scratch;
        strbuf_init(&scratch, 0);
        if (record_is(record, RECORD_RECIPIENT_ACTION, "reject") &&
            record_is(record, RECORD_RECIPIENT_REASON, "relay.not_local_domain"))
            goes_on = add(search, record_text(record, RECORD_RECIPIENT_ADDRESS, &scratch));
        strbuf_deinit(&scratch);
    }
    return goes_on;
}

bool policy_refused_domains(const struct policy_history_source *source, int64_t since_us, int64_t until_us,
                            struct strbuf *out)
{
    struct search search = {.owner = talloc_new(NULL)};
    struct history_input input;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    const bool is_read = search.owner != NULL && history_input_open(&input, search.owner, source, &problem) &&
                         history_scan(&input, since_us, until_us, take, &search, &problem);
    for (const struct refused *refused = search.domains; refused != NULL; refused = refused->hh.next)
        strbuf_printf(out, "%s\n", refused->domain);
    HASH_CLEAR(hh, search.domains);
    talloc_free(search.owner);
    strbuf_deinit(&problem);
    return is_read;
}
