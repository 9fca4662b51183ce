#include "scan/mime/mime_type.h"

static unsigned kind_of_message(struct slice subtype)
{
    /* The header of the file that message/external-body stands for is its body (RFC 2046 5.2.3). */
    static const char *const messages[] = {"rfc822", "global", "news", "rfc2822", "external-body"};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (slice_equal(subtype, slice_of(messages[i])))
            return MIME_KIND_MESSAGE;
    if (slice_equal(subtype, slice_of("partial")))
        return MIME_KIND_PARTIAL;
    /* RFC 2046 5.2.4: an unknown kind of message is a file. */
    static const char *const statuses[] = {"delivery-status",          "global-delivery-status",
                                           "disposition-notification", "global-disposition-notification",
                                           "feedback-report",          "tracking-status",
                                           "global-headers",           "imdn+xml"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (slice_equal(subtype, slice_of(statuses[i])))
            return MIME_KIND_STATUS;
    return MIME_KIND_OTHER;
}

static unsigned kind_of_application(struct slice subtype)
{
    static const char *const archives[] = {"zip",
                                           "x-zip",
                                           "x-zip-compressed",
                                           "x-compressed",
                                           "x-compress",
                                           "java-archive",
                                           "x-7z-compressed",
                                           "x-rar-compressed",
                                           "x-rar",
                                           "vnd.rar",
                                           "vnd.ms-cab-compressed",
                                           "x-tar",
                                           "gzip",
                                           "x-gzip",
                                           "x-bzip2",
                                           "x-xz",
                                           "x-iso9660-image",
                                           "epub+zip",
                                           "ms-tnef",
                                           "vnd.ms-tnef"};
    for (size_t i = 0; i < sizeof archives / sizeof archives[0]; i++)
        if (slice_equal(subtype, slice_of(archives[i])))
            return MIME_KIND_ARCHIVE | MIME_KIND_OTHER;
    return MIME_KIND_OTHER;
}

unsigned mime_type_kinds(struct slice type)
{
    size_t slash = slice_find(type, '/');
    struct slice top = slice_part(type, 0, slash);
    struct slice subtype =
        slash == type.length ? slice_make("", 0) : slice_part(type, slash + 1, type.length);
    if (slice_equal(top, slice_of("multipart")))
        return MIME_KIND_MULTIPART;
    if (slice_equal(top, slice_of("message")))
        return kind_of_message(subtype);
    if (slice_equal(top, slice_of("text")))
        return slice_equal(subtype, slice_of("rfc822-headers")) ? MIME_KIND_TEXT | MIME_KIND_STATUS
                                                                : MIME_KIND_TEXT;
    return slice_equal(top, slice_of("application")) ? kind_of_application(subtype) : MIME_KIND_OTHER;
}

/* Others take the end of the type for the extension: application/exe, image/x-foo.scr. */
static struct slice program_name_by_subtype(struct slice type)
{
    static const char *const names[] = {
        "part.exe", "part.scr", "part.pif", "part.bat", "part.cmd", "part.cpl", "part.dll", "part.js",
        "part.jse", "part.vbs", "part.vbe", "part.wsf", "part.wsh", "part.hta", "part.msi", "part.msp",
        "part.jar", "part.lnk", "part.chm", "part.hlp", "part.reg", "part.inf", "part.sct", "part.ps1",
        "part.mdb", "part.ins", "part.prf", "part.adp", "part.csh",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice extension = slice_part(slice_of(names[i]), 5, strlen(names[i]));
        if (type.length > extension.length && slice_ends_nocase(type, extension) &&
            strchr("/.", type.data[type.length - extension.length - 1]) != NULL)
            return slice_of(names[i]);
    }
    return slice_make("", 0);
}

struct slice mime_type_program_name(struct slice type)
{
    static const struct {
        struct slice type;
        const char *name;
    } programs[] = {
        {SLICE_LITERAL("application/x-msdownload"), "part.exe"},
        {SLICE_LITERAL("application/x-msdos-program"), "part.exe"},
        {SLICE_LITERAL("application/x-ms-dos-executable"), "part.exe"},
        {SLICE_LITERAL("application/x-dosexec"), "part.exe"},
        {SLICE_LITERAL("application/x-exe"), "part.exe"},
        {SLICE_LITERAL("application/com"), "part.com"},
        {SLICE_LITERAL("application/vnd.microsoft.portable-executable"), "part.exe"},
        {SLICE_LITERAL("application/x-bat"), "part.bat"},
        {SLICE_LITERAL("application/bat"), "part.bat"},
        {SLICE_LITERAL("application/hta"), "part.hta"},
        {SLICE_LITERAL("application/inf"), "part.inf"},
        {SLICE_LITERAL("application/java-archive"), "part.jar"},
        {SLICE_LITERAL("application/x-java-archive"), "part.jar"},
        {SLICE_LITERAL("application/javascript"), "part.js"},
        {SLICE_LITERAL("application/x-javascript"), "part.js"},
        {SLICE_LITERAL("text/javascript"), "part.js"},
        {SLICE_LITERAL("application/x-ms-shortcut"), "part.lnk"},
        {SLICE_LITERAL("application/x-msi"), "part.msi"},
        {SLICE_LITERAL("application/x-ms-installer"), "part.msi"},
        {SLICE_LITERAL("application/vnd.ms-htmlhelp"), "part.chm"},
        {SLICE_LITERAL("application/winhlp"), "part.hlp"},
        {SLICE_LITERAL("text/scriptlet"), "part.sct"},
        {SLICE_LITERAL("text/vbscript"), "part.vbs"},
        {SLICE_LITERAL("application/x-csh"), "part.csh"},
        {SLICE_LITERAL("application/x-msaccess"), "part.mdb"},
        {SLICE_LITERAL("application/x-internet-signup"), "part.ins"},
        {SLICE_LITERAL("application/pics-rules"), "part.prf"},
        {SLICE_LITERAL("audio/adpcm"), "part.adp"},
    };
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (slice_equal(type, programs[i].type))
            return slice_of(programs[i].name);
    return program_name_by_subtype(type);
}
