/* What a mailbox server tells of a login: whatever is taken has a login, and stays within its bounds. */
#include "query/auth_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct auth_request request;
    const char *wrong = auth_request_read(slice_make((const char *)data, size), &request);
    require(strnlen(request.login, sizeof request.login) <= AUTH_LOGIN_BYTES_MAX);
    require(strnlen(request.remote, sizeof request.remote) <= AUTH_REMOTE_BYTES_MAX);
    require(strnlen(request.protocol, sizeof request.protocol) <= AUTH_PROTOCOL_BYTES_MAX);
    require(wrong != NULL || request.login[0] != '\0');
    return 0;
}
