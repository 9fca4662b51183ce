/*
 * A connection's turn at its reactor: it is served, and settled: what it waits for next, and until when.
 *
 * By the thread that drives the reactor, where nothing else is said. A turn may take long. Then another
 * thread takes the reactor over in the middle of it; who gave the turn stays with that connection alone,
 * gives it back afterwards, and has no reactor any more.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_TURN_H
#define CLOSEDRELAY_MILTER_ENGINE_TURN_H

#include "reactor.h"

/* A new one, which is the reactor's from now on. */
void turn_add(struct reactor *reactor, struct connection *connection);

/* Serves it, or gives it up where it `is_to_end`, and settles it. Its answer may wait for turn_answer().
 * False: another thread drives the reactor now. */
bool turn_give(struct worker *worker, struct connection *connection, bool is_to_end, uint64_t now_ms);

/* The reactor has nothing to do with it until it is given back. */
void turn_give_away(struct connection *connection);

/* By a thread for large messages, which `worker` is: stays with the connection until its message ends, or for
 * as long as it sends something each second, and gives it back. */
void turn_stay(struct worker *worker);

/* Sends the answers that wait. */
void turn_answer(struct worker *worker, uint64_t now_ms);

/* Has it wait for what it needs; frees it where it is over. */
void turn_settle(struct worker *worker, struct connection *connection, uint64_t now_ms);

/* One that waits for what a callback waits for is to wait no longer. False: it is being told at this moment,
 * and comes back by itself. */
bool turn_take_from_aside(struct connection *connection);

/* Those that are idle have a deadline from now on that has perhaps passed. */
void turn_hurry_idle(struct reactor *reactor);

/* Puts `successor` in the place of `worker`, if that is serving a connection of the reactor. Any thread. */
bool turn_take_over(struct reactor *reactor, struct worker *worker, struct worker *successor);

#endif
