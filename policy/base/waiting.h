/*
 * To be told before a thread waits.
 *
 * Where many sessions share a few threads, one that is about to wait for something outside of the process (a
 * name server, a database) is to make room for the others first. Whoever waits calls waiting_begins; whoever
 * runs the threads has asked to be told. A wait that is not announced is no fault, but makes others wait a
 * moment longer.
 */
#ifndef CLOSEDRELAY_BASE_WAITING_H
#define CLOSEDRELAY_BASE_WAITING_H

/* `told` is called on each thread that is about to wait; once, before there are threads. */
void waiting_tell(void (*told)(void));

/* Any thread, with no lock but one that its wait gives up. */
void waiting_begins(void);

#endif
