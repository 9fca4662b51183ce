/*
 * What a file is, by its first bytes.
 *
 * Two questions only. Does it run when it is opened? And is it a well-known kind that is no archive, so that
 * nobody need look for an archive at its end? Only signatures at the very beginning count, and only those
 * that other files do not carry by chance: a guess here would refuse honest mail.
 *
 * Pure functions over a slice; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_FILE_MAGIC_H
#define CLOSEDRELAY_SCAN_CONTENT_FILE_MAGIC_H

#include "base/slice.h"

#include <stdint.h>

/* `head` in all functions is the start of the file: this many bytes, or all of it where it is shorter. With
 * less, what shows only further in is missed (the mark of an HTML application behind a long comment). */
enum { FILE_MAGIC_HEAD_BYTES = 4096 };

/* What the content is if opening it runs it, in words for a reply ("Windows program"); NULL where it is not,
 * or not surely. The words are constant. */
const char *file_magic_executable(struct slice head);

/* The extension that files of the interpreter named in the "#!" line of `head` have; NULL: not known. */
const char *file_magic_script_extension(struct slice head);

/*
 * Windows installer packages are OLE files, as old Office documents are; only the class id in the root entry
 * of the directory tells, and that may lie anywhere in the file. True: `head` is an OLE file whose root entry
 * is FILE_MAGIC_OLE_ENTRY_BYTES long at `*offset` of the file; give those bytes to file_magic_ole_root.
 */
enum { FILE_MAGIC_OLE_ENTRY_BYTES = 128 };
bool file_magic_ole_root_offset(struct slice head, uint64_t *offset);

/* As file_magic_executable, for the root entry of an OLE file. */
const char *file_magic_ole_root(struct slice entry);

/*
 * Whether this, of which file_magic_executable knows nothing, is a well-known kind of file that is no
 * archive: documents, pictures, sound, film, plain text. Its end need not be searched for an archive, unless
 * its name says that it is one: a zip may stand behind any of them, and whoever is reported to open it as a
 * zip will find it.
 */
bool file_magic_harmless(struct slice head);

/* The same without text: by a signature alone. */
bool file_magic_known(struct slice head);

/* Whether `head`, of any length but 0, is text as people write it: no control characters but white space (and
 * form feed, escape). */
bool file_magic_plain_text(struct slice head);

#endif
