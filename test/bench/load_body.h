/*
 * The body of the message that milter_load sends again and again: text, a made-up PDF, or a file as a base64
 * attachment. Made once, before the clock starts.
 */
#ifndef CLOSEDRELAY_TEST_BENCH_LOAD_BODY_H
#define CLOSEDRELAY_TEST_BENCH_LOAD_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct load_body {
    char *data; /* malloc */
    size_t length;
    bool is_multipart; /* with the boundary =_bound */
};

/* About `bytes` bytes: above 100000 a base64 attachment called report.pdf, below it lines of text. */
struct load_body load_body_make(size_t bytes);

/* The file at `path` as an attachment called as its last path component. Ends the program where it cannot be
 * read. */
struct load_body load_body_of_file(const char *path, const char *type);

/* A body of MIME parts that stands in the file at `path` as it is: boundary =_bound, lines ending in CR LF.
 */
struct load_body load_body_of_parts(const char *path);

#endif
