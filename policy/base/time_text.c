#include "base/time_text.h"

#include <time.h>

void time_text_utc(int64_t wall_us, char text[TIME_TEXT_BYTES])
{
    const time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;
    text[0] = '\0';
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void time_text_duration(struct strbuf *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    unsigned shown_count = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && shown_count < 2; i++) {
        const uint64_t count = seconds / units[i].seconds;
        const bool is_last = units[i].seconds == 1;
        seconds %= units[i].seconds;
        if (count == 0 && !(is_last && shown_count == 0))
            continue;
        strbuf_printf(out, "%s%llu %s", shown_count == 0 ? "" : " ", (unsigned long long)count,
                      units[i].name);
        shown_count++;
    }
}
