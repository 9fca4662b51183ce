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
        const char *type;
        const char *name;
    } programs[] = {
        {"application/x-msdownload", "part.exe"},
        {"application/x-msdos-program", "part.exe"},
        {"application/x-ms-dos-executable", "part.exe"},
        {"application/x-dosexec", "part.exe"},
        {"application/x-exe", "part.exe"},
        {"application/com", "part.com"},
        {"application/vnd.microsoft.portable-executable", "part.exe"},
        {"application/x-bat", "part.bat"},
        {"application/bat", "part.bat"},
        {"application/hta", "part.hta"},
        {"application/inf", "part.inf"},
        {"application/java-archive", "part.jar"},
        {"application/x-java-archive", "part.jar"},
        {"application/javascript", "part.js"},
        {"application/x-javascript", "part.js"},
        {"text/javascript", "part.js"},
        {"application/x-ms-shortcut", "part.lnk"},
        {"application/x-msi", "part.msi"},
        {"application/x-ms-installer", "part.msi"},
        {"application/vnd.ms-htmlhelp", "part.chm"},
        {"application/winhlp", "part.hlp"},
        {"text/scriptlet", "part.sct"},
        {"text/vbscript", "part.vbs"},
        {"application/x-csh", "part.csh"},
        {"application/x-msaccess", "part.mdb"},
        {"application/x-internet-signup", "part.ins"},
        {"application/pics-rules", "part.prf"},
        {"audio/adpcm", "part.adp"},
    };
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (slice_equal(type, slice_of(programs[i].type)))
            return slice_of(programs[i].name);
    return program_name_by_subtype(type);
}
