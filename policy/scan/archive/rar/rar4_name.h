/*
 * Names in RAR 1.5 to 4 file headers.
 *
 * With the Unicode flag the name field holds the name in the system's own charset, a NUL, and a packed form
 * of the Unicode name that refers to the first; without NUL it holds UTF-8. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR4_NAME_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR4_NAME_H

#include "base/strbuf.h"

/* Appends the Unicode name as UTF-8; `plain` is the name before the NUL, `packed` what follows the NUL.
 * Packed forms that end early give what they say until then. Memory trouble shows in the buffer's sticky
 * error. */
void rar4_name_unpack(struct slice plain, struct slice packed, struct strbuf *name);

#endif
