/* What RAR 1.5 to 4 and RAR 5 share. */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_H

static const char rar_is_volume[] = "a piece of a RAR archive that is split over several files";

#endif
