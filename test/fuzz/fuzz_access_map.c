/* Sendmail's access map and its lists of hosts, as doctor reads them. */
#include "doctor/sendmail_access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make((const char *)data, size), rest = input, host;
    struct access_entry entry;
    struct ip_network network;
    for (unsigned line = 0; access_next(&rest, &line, &entry);)
        access_network(entry.key, &network);
    rest = input;
    for (unsigned line = 0; host_list_next(&rest, &line, &host);)
        access_network(host, &network);
    return 0;
}
