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

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void put_base32(char *out, int digits, uint64_t value)
{
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

/* The value of a character as a person may have read it, or -1. */
static int value_of(char c)
{
    c = ascii_lower(c);
    c = (char)(c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c);
    const char *found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? -1 : (int)(found - alphabet);
}

int64_t incident_id_seconds(const struct incident_id *id)
{
    int64_t seconds = 0;
    for (int i = 0; i < 7; i++) {
        const int value = value_of(id->text[i]);
        if (value < 0)
            return -1;
        seconds = seconds << 5 | value;
    }
    return EPOCH_2020_SEC + seconds;
}

/* An id that begins at `at`; `*end` is behind it. With `separated`, dashes and single blanks may stand
 * within. */
static bool read_id(struct slice text, size_t at, bool separated, struct incident_id *id, size_t *end)
{
    size_t length = 0;
    for (; at < text.length && length < INCIDENT_ID_LENGTH; at++) {
        const int value = value_of(text.data[at]);
        if (value < 0 && length > 0 && separated && (text.data[at] == '-' || text.data[at] == ' '))
            continue;
        if (value < 0)
            return false;
        id->text[length++] = alphabet[value];
    }
    id->text[length] = '\0';
    *end = at;
    return length == INCIDENT_ID_LENGTH;
}

static bool is_word(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '@' || c == '.' || c == '_' || c == '-';
}

/* A word of just that length, behind "id " or anywhere. */
static bool find_word(struct slice text, bool behind_id, struct incident_id *id)
{
    for (size_t at = 0; at < text.length; at++) {
        const bool begins = at == 0 || !is_word(text.data[at - 1]);
        const bool is_behind = at >= 3 && slice_equal_nocase(slice_part(text, at - 3, at), slice_of("id "));
        size_t end;
        if (begins && (is_behind || !behind_id) && read_id(text, at, is_behind, id, &end) &&
            (end == text.length || !is_word(text.data[end])))
            return true;
    }
    return false;
}

bool incident_id_find(struct slice text, struct incident_id *id)
{
    size_t end;
    text = slice_trim(text);
    if (read_id(text, 0, true, id, &end) && end == text.length)
        return true;
    return find_word(text, true, id) || find_word(text, false, id);
}
