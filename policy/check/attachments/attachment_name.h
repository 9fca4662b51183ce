/*
 * What the names of an attachment say under the settings of the check `attachments`, and whether its content
 * contradicts them. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENT_NAME_H
#define CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENT_NAME_H

#include "facts/attachment.h"
#include "scan/mime/file_name.h"

struct attachments_settings;

/* The default of `blocked`, as in YAML. */
#define ATTACHMENT_DEFAULT_BLOCKED                                                                           \
    "[ade, adp, app, asp, bas, bat, chm, cmd, com, cpl, crt, csh, dll, exe, fxp, hlp, hta, inf, ins, isp, "  \
    "jar, js, jse, ksh, lnk, mda, mdb, mde, mdt, mdw, mdz, msc, msi, msp, mst, ops, pcd, pif, prf, prg, "    \
    "ps1, pst, reg, scf, scr, sct, shb, shs, url, vb, vbe, vbs, vxd, wsc, wsf, wsh, xnk]"

/* What in the configuration blocks a name: an extension, or a pattern (then not NULL). */
struct attachment_blocked_by {
    char extension[FILE_NAME_EXTENSION_BYTES];
    const char *pattern;
    bool is_not_listed; /* `only` lacks it */
    struct slice name;  /* the one of the attachment's names that it blocks */
};

/* Whether any name of the attachment is blocked; `by` may be NULL. */
bool attachment_name_blocked(const struct attachments_settings *settings, const struct attachment *attachment,
                             struct attachment_blocked_by *by);

/* Whether the content is a program that none of the names owns up to, and no exception of the settings
 * covers. */
bool attachment_is_disguised(const struct attachments_settings *settings,
                             const struct attachment *attachment);

/* Whether `pattern` (with * and ?) matches the whole of `text`, without regard to ASCII case. In the order of
 * pattern times text, never worse. */
bool attachment_pattern_matches(struct slice pattern, struct slice text);

#endif
