/* Files packed into documents ("Package" objects of OLE). Pure; any thread. */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_PACKAGE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_PACKAGE_H

#include "base/slice.h"

/*
 * Where a package has the path of its file it may have that of the file of its icon instead: shell32.dll.
 * That is so where label and source name another file. What could hide behind is no script: icons are in
 * programs and in files of their own, and those are known by their content.
 */
bool ole_package_path_is_icon(struct slice path, struct slice label, struct slice source);

#endif
