#include "traffic.h"

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Of 1000. */
static unsigned per_mille(uint64_t *state)
{
    return (unsigned)(next_random(state) % 1000);
}

/* Few users send much: the cube of a fraction. */
static uint64_t pick_user(uint64_t *state, uint64_t users)
{
    double fraction = (double)(next_random(state) >> 11) / 9007199254740992.0;
    return (uint64_t)((double)users * fraction * fraction * fraction);
}

static enum traffic_fate pick_fate(uint64_t *state, enum traffic_role role)
{
    unsigned roll = per_mille(state);
    if (role == TRAFFIC_OUTSIDE)
        return roll < 120   ? TRAFFIC_NOT_LOCAL
               : roll < 230 ? TRAFFIC_LISTED
               : roll < 236 ? TRAFFIC_BLOCKED
               : roll < 240 ? TRAFFIC_UNREADABLE
               : roll < 250 ? TRAFFIC_GIVEN_UP
                            : TRAFFIC_ACCEPTED;
    if (role == TRAFFIC_SUBMISSION && roll < 16)
        return roll < 4 ? TRAFFIC_NOT_OWN : roll < 6 ? TRAFFIC_TOO_MANY : TRAFFIC_MONITORED;
    return roll < 19   ? TRAFFIC_BLOCKED
           : roll < 20 ? TRAFFIC_TOO_LARGE
           : roll < 22 ? TRAFFIC_UNREADABLE
           : roll < 24 ? TRAFFIC_LATER
           : roll < 28 ? TRAFFIC_GIVEN_UP
                       : TRAFFIC_ACCEPTED;
}

static unsigned pick_recipients(uint64_t *state, enum traffic_fate fate)
{
    unsigned roll = per_mille(state);
    if (fate == TRAFFIC_TOO_MANY)
        return 31 + roll % 20;
    return roll < 800 ? 1 : roll < 970 ? 2 + roll % 4 : 6 + roll % 25;
}

static uint64_t pick_size(uint64_t *state, enum traffic_fate fate)
{
    unsigned roll = per_mille(state);
    uint64_t jitter = next_random(state);
    if (fate == TRAFFIC_TOO_LARGE)
        return 30000001 + jitter % 20000000;
    return roll < 700   ? 2000 + jitter % 20000
           : roll < 980 ? 30000 + jitter % 800000
                        : 1000000 + jitter % 20000000;
}

/* A user has an office and a telephone; who comes from outside, any address. */
static uint32_t pick_client(uint64_t *state, const struct traffic_message *message)
{
    uint64_t home = message->user * UINT64_C(2654435761);
    if (message->role == TRAFFIC_LOCAL)
        return 0x7f000001;
    if (message->role == TRAFFIC_OUTSIDE)
        return (uint32_t)(0x0b000000 + next_random(state) % 0x02000000);
    if (message->role == TRAFFIC_TRUSTED)
        return (uint32_t)(0xc0000200 + message->user % 250);
    return per_mille(state) < 900
               ? (uint32_t)(0x50000000 + home % 0x01000000)
               : (uint32_t)(0x60000000 + (home + next_random(state) % 4 * 256) % 0x01000000);
}

static void make_message(const struct traffic_plan *plan, struct traffic_message *message)
{
    uint64_t state = plan->seed ^ (message->number * UINT64_C(0xd1342543de82ef95));
    unsigned roll = per_mille(&state);
    message->role = roll < 700   ? TRAFFIC_SUBMISSION
                    : roll < 780 ? TRAFFIC_TRUSTED
                    : roll < 800 ? TRAFFIC_LOCAL
                                 : TRAFFIC_OUTSIDE;
    message->fate = pick_fate(&state, message->role);
    message->user = pick_user(&state, plan->users);
    message->domain = message->user / 10;
    message->customer = message->user / 40;
    message->client = pick_client(&state, message);
    message->recipients = pick_recipients(&state, message->fate);
    message->size_bytes = traffic_is_refused_at_rcpt(message) ? 0 : pick_size(&state, message->fate);
    message->random = next_random(&state);
}

/* How busy an hour of the week is. */
static uint64_t weight_of(uint64_t hour)
{
    static const unsigned char of_day[24] = {4,  3,  2,  2,  3,  5,  12, 30, 60, 75, 80, 72,
                                             58, 62, 70, 68, 60, 45, 28, 18, 14, 12, 9,  6};
    uint64_t day = hour / 24 % 7;
    return of_day[hour % 24] * (day >= 5 ? 3U : 10U);
}

void traffic_run(const struct traffic_plan *plan,
                 void (*take)(void *context, const struct traffic_message *message), void *context)
{
    uint64_t total = 0, passed = 0, number = 0;
    for (uint64_t hour = 0; hour < plan->days * 24; hour++)
        total += weight_of(hour);
    for (uint64_t hour = 0; hour < plan->days * 24; hour++) {
        passed += weight_of(hour);
        uint64_t first = number;
        uint64_t end = (uint64_t)((double)plan->records * (double)passed / (double)total + 0.5);
        for (; number < end; number++) {
            struct traffic_message message = {.number = number};
            int64_t offset_us = (int64_t)((number - first) * UINT64_C(3600000000) / (end - first));
            message.time_us = (plan->start_sec + (int64_t)hour * 3600) * 1000000 + offset_us;
            make_message(plan, &message);
            take(context, &message);
        }
    }
}

bool traffic_is_refused_at_rcpt(const struct traffic_message *message)
{
    return message->fate == TRAFFIC_NOT_LOCAL || message->fate == TRAFFIC_LISTED ||
           message->fate == TRAFFIC_NOT_OWN;
}

bool traffic_is_accepted(const struct traffic_message *message)
{
    return message->fate == TRAFFIC_ACCEPTED || message->fate == TRAFFIC_MONITORED ||
           message->fate == TRAFFIC_UNREADABLE;
}
