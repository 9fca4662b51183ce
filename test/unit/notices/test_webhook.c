/* The queue, and the end of a webhook whose server answers nothing. What comes of answers:
 * test/e2e/test_notify.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notices/webhook.h"

/* A port that connections can be made to and that nobody answers at. */
static int listen_somewhere(char *url, size_t url_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    snprintf(url, url_bytes, "http://user:secret@127.0.0.1:%u/hook?key=1", (unsigned)ntohs(address.sin_port));
    return listener;
}

static void a_full_queue_drops_and_counts_and_ends(void **state)
{
    (void)state;
    char url[80];
    const int listener = listen_somewhere(url, sizeof url);
    const struct webhook_target target = {
        .url = url, .secret = slice_of("key"), .ca_file = "", .kinds = 1U << 2};
    const struct clock clock = clock_system();
    struct webhook_state told;
    assert_true(webhook_init());
    struct webhook *webhook = webhook_create(&target, &clock);
    assert_non_null(webhook);
    webhook_offer(webhook, 1, "other", slice_of("{}"));
    for (int i = 0; i < WEBHOOK_WAITING_MAX + 5; i++)
        webhook_offer(webhook, 2, "block", slice_of("{\"event\":\"block\"}"));
    webhook_get_state(webhook, &told);
    assert_int_equal(told.waiting, WEBHOOK_WAITING_MAX);
    assert_int_equal(told.dropped, 5);
    assert_int_equal(told.sent, 0);
    assert_int_equal(strncmp(told.host, "127.0.0.1:", 10), 0);
    assert_null(strchr(told.host, '/'));
    webhook_destroy(webhook);
    close(listener);
}

static void another_secret_or_other_events_keep_what_waits(void **state)
{
    (void)state;
    char url[80];
    const int listener = listen_somewhere(url, sizeof url);
    struct webhook_target target = {.url = url, .secret = slice_of("key"), .ca_file = "", .kinds = 1};
    const struct clock clock = clock_system();
    struct webhook_state told;
    struct webhook *webhook = webhook_create(&target, &clock);
    webhook_offer(webhook, 0, "list", slice_of("{}"));
    assert_true(webhook_is_for(webhook, &target));
    target.secret = slice_of("");
    target.kinds = 2;
    assert_true(webhook_change(webhook, &target));
    webhook_offer(webhook, 0, "list", slice_of("{}"));
    webhook_get_state(webhook, &told);
    assert_int_equal(told.waiting, 1);
    target.ca_file = "/ca.pem";
    assert_false(webhook_is_for(webhook, &target));
    webhook_destroy(webhook);
    webhook_destroy(NULL);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_drops_and_counts_and_ends),
        cmocka_unit_test(another_secret_or_other_events_keep_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
