/*
 * What judging a login's message costs, and how much memory logins take.
 *
 *   cmake --build BUILD --target bench_accounts
 *   BUILD/test/bench/bench_accounts [LOGINS]
 *
 * LOGINS (10,000) of 500 domains write to forty recipients each, from three networks, a message every few
 * seconds of all together; a tenth of it is a mailing. After a first round that makes them all, 250,000
 * messages at a time are timed, the best of four, making them up included. Not part of ctest: it says how
 * long things take on this machine.
 */
#include "accounts/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MESSAGES = 250000, ROUNDS = 4, RECIPIENTS_EACH = 40, DOMAINS = 500, NAME_BYTES = 64, TO_MANY = 10 };

struct bench {
    struct accounts *accounts;
    struct account_judgement judgement;
    unsigned login_count;
    unsigned random;
    int64_t now_us;
};

/* Of this thread's own time: other programs on the machine do not count. */
static double spent_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static unsigned draw(struct bench *bench, unsigned below)
{
    bench->random = bench->random * 1664525U + 1013904223U;
    return (bench->random >> 8) % below;
}

static void send(struct bench *bench, unsigned login)
{
    char user[NAME_BYTES], to[TO_MANY][NAME_BYTES], helo[NAME_BYTES], id[NAME_BYTES], text[NAME_BYTES];
    struct account_recipient recipients[TO_MANY];
    struct ip_address client;
    const unsigned count = draw(bench, 10) == 0 ? TO_MANY : 1, serial = draw(bench, 1U << 24);
    snprintf(user, sizeof user, "user%u@domain%u.example", login, login % DOMAINS);
    snprintf(helo, sizeof helo, "DESKTOP-%07X", login);
    snprintf(id, sizeof id, "<%u.%u@domain%u.example>", serial, login, login % DOMAINS);
    snprintf(text, sizeof text, "%08x", count > 1 ? login : serial);
    for (unsigned i = 0; i < count; i++) {
        snprintf(to[i], sizeof to[i], "friend%u@other%u.example", draw(bench, RECIPIENTS_EACH) + login,
                 login % 97);
        recipients[i] = (struct account_recipient){slice_of(to[i]), ACCOUNT_TAKEN, draw(bench, 8) == 0};
    }
    const unsigned network = (login * 3 + draw(bench, 3)) % (1U << 20);
    char address[NAME_BYTES];
    snprintf(address, sizeof address, "%u.%u.%u.9", 20 + (network >> 16), network >> 8 & 255, network & 255);
    ip_address_parse(slice_of(address), &client);
    const struct account_message message = {
        .time_us = bench->now_us += 400000,
        .user = slice_of(user),
        .client = &client,
        .helo = slice_of(helo),
        .sender = slice_of(user),
        .from = slice_of(user),
        .message_id = slice_of(id),
        .fingerprint = slice_of(text),
        .recipients = recipients,
        .recipient_count = count,
    };
    if (!accounts_take_message(bench->accounts, &accounts_settings_default, &message, &bench->judgement))
        exit(1);
}

int main(int argc, char **argv)
{
    static const uint64_t seed[2] = {1, 2};
    struct bench bench = {.login_count = argc > 1 ? (unsigned)atoi(argv[1]) : 10000,
                          .now_us = INT64_C(1760000000000000)};
    struct rusage usage;
    double best = 0;
    bench.accounts = accounts_create(NULL, seed);
    if (bench.accounts == NULL || bench.login_count == 0)
        return 1;
    for (unsigned login = 0; login < bench.login_count; login++)
        send(&bench, login);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const double start = spent_us();
        for (unsigned i = 0; i < MESSAGES; i++)
            send(&bench, draw(&bench, bench.login_count));
        const double each = (spent_us() - start) / MESSAGES;
        best = round == 0 || each < best ? each : best;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%u logins: %.2f us a message, %ld MB in all\n", bench.login_count, best, usage.ru_maxrss / 1024);
    accounts_destroy(bench.accounts);
    return 0;
}
