/*
 * For tests: a socketmap server whose every step the test takes itself. Whatever goes wrong fails the test.
 */
#ifndef CLOSEDRELAY_TEST_SOCKETMAP_FIXTURE_H
#define CLOSEDRELAY_TEST_SOCKETMAP_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

enum { SOCKETMAP_FIXTURE_CONNECTIONS_MAX = 64 };

struct socketmap_fixture {
    int listening;
    uint16_t port; /* on 127.0.0.1 */
    int connections[SOCKETMAP_FIXTURE_CONNECTIONS_MAX];
    size_t connection_count;
};

void socketmap_fixture_start(struct socketmap_fixture *server);
void socketmap_fixture_stop(struct socketmap_fixture *server);

/* Waits for a question ("users ann") on any connection and tells that; its netstring must be whole. */
int socketmap_fixture_take(struct socketmap_fixture *server, char *question, size_t size);
/* The same where `question` must be what comes. */
int socketmap_fixture_expect(struct socketmap_fixture *server, const char *question);
/* Answers "OK a", as a netstring. */
void socketmap_fixture_say(int connection, const char *answer);
/* socketmap_fixture_expect() and socketmap_fixture_say(). */
void socketmap_fixture_answer(struct socketmap_fixture *server, const char *question, const char *answer);

#endif
