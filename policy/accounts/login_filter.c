#include "accounts/login_filter.h"

#include "base/siphash.h"

bool login_filter_is_news(struct login_filter *filter, const char *user, const struct ip_address *client,
                          int64_t time_us)
{
    static const int64_t HOUR_US = 3600LL * 1000000;
    static const uint64_t HOUR_BITS = (1 << 20) - 1;
    const size_t length = ip_address_is_ipv4(client) ? 15 : 6;
    const uint64_t both[2] = {
        siphash(filter->seed, slice_of(user)),
        siphash(filter->seed, slice_make((const char *)client->bytes, length)),
    };
    const uint64_t print = siphash(filter->seed, slice_make((const char *)both, sizeof both));
    const uint64_t told = (print & ~HOUR_BITS) | ((uint64_t)(time_us / HOUR_US) & HOUR_BITS);
    uint64_t *place = &filter->places[print % LOGIN_FILTER_PLACES];
    const bool is_news = *place != told;
    *place = told;
    return is_news;
}
