#include "base/incident_id.h"

#include <stdatomic.h>
#include <sys/random.h>

static const int64_t EPOCH_2020_SEC = 1577836800;

static uint32_t random_start(void)
{
    uint32_t start = 0;
    /* Where the kernel has no randomness yet the counter starts at 0: ids stay unique, only guessable. */
    if (getrandom(&start, sizeof start, GRND_NONBLOCK) != (ssize_t)sizeof start)
        start = 0;
    return start;
}

static uint32_t next_count(void)
{
    static atomic_uint_least64_t counter; /* 0: not seeded yet; the seed sets bit 63 */
    uint64_t seen = atomic_load(&counter);
    if (seen == 0) {
        uint64_t seed = (UINT64_C(1) << 63) | random_start();
        atomic_compare_exchange_strong(&counter, &seen, seed);
    }
    return (uint32_t)atomic_fetch_add(&counter, 1);
}

static void put_base32(char *out, int digits, uint64_t value)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = alphabet[value & 31];
        value >>= 5;
    }
}

struct incident_id incident_id_new(int64_t wall_us)
{
    struct incident_id id;
    put_base32(id.text, 7, (uint64_t)(wall_us / 1000000 - EPOCH_2020_SEC));
    put_base32(id.text + 7, 5, next_count());
    id.text[INCIDENT_ID_LENGTH] = '\0';
    return id;
}
