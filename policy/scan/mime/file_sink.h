/* Whom the readers of texts with files in base64 inside report them to: calendars, address cards, XML
 * documents. */
#ifndef CLOSEDRELAY_SCAN_MIME_FILE_SINK_H
#define CLOSEDRELAY_SCAN_MIME_FILE_SINK_H

#include "base/slice.h"

/* Called during the reader's push: for each file begin, names, content, end. */
struct file_sink {
    void *context;
    void (*file_begin)(void *context);
    void (*file_name)(void *context, struct slice name);
    /* In base64, as it stands there; line ends are left out. */
    void (*file_data)(void *context, struct slice base64);
    void (*file_end)(void *context);
    /* Something longer than the reader keeps was passed over. */
    void (*over_budget)(void *context);
};

#endif
