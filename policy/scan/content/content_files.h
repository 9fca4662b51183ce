/*
 * Files in base64 inside of a text (a calendar, an address card, an XML document): each is read as any
 * attachment.
 *
 * Belongs to who reads the text; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_FILES_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_FILES_H

#include "scan/content/content_private.h"
#include "scan/mime/file_sink.h"

struct content_files;

/* For the files in `subject`, which stands at `depth`. NULL: too deep, or out of memory (noted). */
struct content_files *content_files_create(void *owner, struct content_subject *subject,
                                           struct content_depth depth);

/* Whom to report them to. */
const struct file_sink *content_files_sink(const struct content_files *files);

#endif
