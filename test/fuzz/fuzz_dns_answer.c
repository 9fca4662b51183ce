/* A whole DNS message as it comes from a server; its first byte chooses what was asked for. */
#include "dns/dns_answer.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_TYPE_A, DNS_TYPE_TXT, DNS_TYPE_SOA};
    if (size == 0)
        return 0;
    struct dns_answer answer;
    dns_answer_read(&answer, data + 1, size - 1, types[data[0] % 3]);
    assert(answer.address_count <= DNS_ANSWER_ADDRESSES_MAX);
    assert(answer.ttl_seconds <= INT32_MAX || answer.outcome != DNS_OUTCOME_RECORDS);
    if (answer.text != NULL)
        for (size_t i = 0; i < strlen(answer.text); i++)
            assert(answer.text[i] >= 0x20 && answer.text[i] < 0x7f && i < DNS_ANSWER_TEXT_BYTES_MAX);
    assert(answer.outcome != DNS_OUTCOME_MALFORMED || answer.text == NULL);
    dns_answer_deinit(&answer);
    return 0;
}
