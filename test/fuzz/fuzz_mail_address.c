/* An envelope path, a header's address list and a login from the same bytes. */
#include <assert.h>
#include <stdint.h>
#include <talloc.h>

#include "facts/mail_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    void *owner = talloc_new(NULL);
    struct mail_address address, again;
    struct mail_address_list list;
    assert(mail_address_parse(owner, text, &address));
    /* The canonical text means the same address, and is its own canonical text. */
    assert(mail_address_parse(owner, slice_of(address.text), &again));
    if (!address.malformed) {
        assert(mail_address_same_mailbox(&address, &again));
        assert(strcmp(address.text, again.text) == 0);
    }
    assert(mail_address_list_parse(owner, text, 16, &list));
    assert(list.count <= 16);
    const char *login = login_canonical(owner, text, "");
    assert(login != NULL);
    /* Only a blank login may give the empty key. */
    assert(login[0] != '\0' || slice_trim(slice_part(text, 0, slice_find(text, '\0'))).length == 0);
    talloc_free(owner);
    return 0;
}
