/*
 * What the names of an attachment say under the settings of the check `attachments`, and whether its content
 * contradicts them. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENT_NAME_H
#define CLOSEDRELAY_CHECK_ATTACHMENTS_ATTACHMENT_NAME_H

#include "facts/attachment.h"
#include "scan/mime/file_name.h"

struct attachments_settings;

/* The default of `blocked`, as in YAML; why each: docs/checks/attachments.md. */
#define ATTACHMENT_DEFAULT_BLOCKED                                                                           \
    "[accda, accde, accdr, ade, adp, apk, app, appcontent-ms, appinstaller, application, "                   \
    "appref-ms, appx, appxbundle, asp, bas, bat, chm, cmd, com, command, cpl, csh, "                         \
    "deskthemepack, diagcab, diagcfg, diagpkg, dll, exe, fileloc, fxp, gadget, hlp, hta, "                   \
    "inetloc, inf, ins, iqy, isp, jar, jnlp, js, jse, ksh, library-ms, lnk, mda, mdb, mde, "                 \
    "mdt, mdw, mdz, msc, msi, msix, msixbundle, msp, mst, msu, ops, pcd, pif, ppa, ppam, "                   \
    "prf, prg, ps1, psc1, pst, pyw, pyz, pyzw, rdp, reg, scf, scr, sct, search-ms, "                         \
    "searchconnector-ms, settingcontent-ms, shb, shs, slk, terminal, theme, themepack, vb, "                 \
    "vbe, vbs, vxd, webpnp, website, wll, ws, wsb, wsc, wsf, wsh, xbap, xla, xlam, xll, xnk]"

/* What it has that it had not in version 0.1.0, and the other way round. */
#define ATTACHMENT_BLOCKED_SINCE_0_1                                                                         \
    "[accda, accde, accdr, apk, appcontent-ms, appinstaller, application, appref-ms, appx, "                 \
    "appxbundle, command, deskthemepack, diagcab, diagcfg, diagpkg, fileloc, gadget, "                       \
    "inetloc, iqy, jnlp, library-ms, msix, msixbundle, msu, ppa, ppam, psc1, pyw, pyz, pyzw, "               \
    "rdp, search-ms, searchconnector-ms, settingcontent-ms, slk, terminal, theme, themepack, "               \
    "webpnp, website, wll, ws, wsb, xbap, xla, xlam, xll]"
#define ATTACHMENT_BLOCKED_UNTIL_0_1 "[crt, url]"

/* What in the configuration blocks a name: an extension, or a pattern (then not NULL). */
struct attachment_blocked_by {
    char extension[FILE_NAME_EXTENSION_BYTES];
    const char *pattern;
    bool is_not_listed; /* `only` lacks it */
    struct slice name;  /* the one of the attachment's names that it blocks */
    bool is_spelled;    /* no name of its own: a damaged field may be read so */
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
