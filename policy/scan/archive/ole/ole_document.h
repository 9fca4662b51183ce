/*
 * What a document in an OLE file is as a whole: encrypted, or with macros. By the names of its streams, and
 * by what the first bytes of some say ([MS-OFFCRYPTO], [MS-DOC] 2.5.2, [MS-XLS] 2.4.117, [MS-PPT] 2.3.2,
 * [MS-OVBA] 2.2.1). Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_DOCUMENT_H
#define CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_DOCUMENT_H

#include "scan/archive/ole/ole_file.h"

enum ole_trait {
    OLE_IS_ENCRYPTED = 1 << 0,
    OLE_HAS_MACROS = 1 << 1,
};

/* The ole_trait bits that an entry's name shows. */
unsigned ole_document_traits_of_name(const struct ole_entry *entry);

/* Those that its content shows, too. */
unsigned ole_document_traits(const struct ole_file *file, const struct ole_entry *entry);

/* Those of what may be the beginning of the stream of a text or a table, as they are written first in a file.
 */
unsigned ole_document_traits_of_start(struct slice start);

#endif
