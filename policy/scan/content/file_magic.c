#include "scan/content/file_magic.h"

/* A signature at the very beginning; `bytes` may contain NUL. */
struct file_magic_signature {
    const char *bytes;
    size_t length;
    const char *kind;
};

#define SIGNATURE(bytes, kind)                                                                               \
    {                                                                                                        \
        bytes, sizeof(bytes) - 1, kind                                                                       \
    }

static uint16_t magic_u16le(struct slice s, size_t at)
{
    return (uint16_t)((unsigned char)s.data[at] | (unsigned char)s.data[at + 1] << 8);
}

static uint32_t magic_u32le(struct slice s, size_t at)
{
    return magic_u16le(s, at) | (uint32_t)magic_u16le(s, at + 2) << 16;
}

static uint32_t magic_u32be(struct slice s, size_t at)
{
    return __builtin_bswap32(magic_u32le(s, at));
}

/* Whether `count` bytes are there at `at`. */
static bool magic_has(struct slice s, uint64_t at, size_t count)
{
    return at <= s.length && s.length - at >= count;
}

static bool magic_is_at(struct slice s, size_t at, const char *bytes, size_t length)
{
    return magic_has(s, at, length) && memcmp(s.data + at, bytes, length) == 0;
}

static const char *magic_find_signature(struct slice head, const struct file_magic_signature *table,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (magic_is_at(head, 0, table[i].bytes, table[i].length))
            return table[i].kind;
    return NULL;
}

/* Without a PE header only the fields of the old header tell a program from a text that begins with "MZ". */
static bool magic_is_dos_program(struct slice head)
{
    if (head.length < 28)
        return false;
    unsigned last_page_bytes = magic_u16le(head, 2), page_count = magic_u16le(head, 4);
    unsigned relocation_count = magic_u16le(head, 6), header_paragraphs = magic_u16le(head, 8);
    unsigned least_memory = magic_u16le(head, 10), most_memory = magic_u16le(head, 12);
    unsigned relocations_at = magic_u16le(head, 24);
    if (last_page_bytes > 511 || page_count == 0 || header_paragraphs < 2 || least_memory > most_memory)
        return false;
    if (header_paragraphs * 16U > page_count * 512U)
        return false;
    return relocation_count == 0 ||
           (relocations_at >= 28 && relocations_at + relocation_count * 4U <= header_paragraphs * 16U);
}

/* MZ programs. The newer header may begin beyond `head`: its offset is believed where no text could have it.
 */
static const char *magic_mz_program(struct slice head)
{
    enum { NEW_HEADER_FIELD = 0x3c, NEW_HEADER_MOST = 1 << 26 };
    if (!magic_is_at(head, 0, "MZ", 2) && !magic_is_at(head, 0, "ZM", 2))
        return NULL;
    if (magic_has(head, NEW_HEADER_FIELD, 4)) {
        uint32_t at = magic_u32le(head, NEW_HEADER_FIELD);
        if (magic_is_at(head, at, "PE\0\0", 4) || magic_is_at(head, at, "NE", 2) ||
            magic_is_at(head, at, "LE\0\0", 4) || magic_is_at(head, at, "LX\0\0", 4))
            return "Windows program";
        if (at >= head.length && at < NEW_HEADER_MOST)
            return "Windows program";
    }
    return magic_is_dos_program(head) ? "DOS program" : NULL;
}

static const char *magic_elf_program(struct slice head)
{
    if (!magic_is_at(head, 0, "\177ELF", 4) || head.length < 20)
        return NULL;
    bool class_known = head.data[4] == 1 || head.data[4] == 2;
    bool order_known = head.data[5] == 1 || head.data[5] == 2;
    return class_known && order_known ? "Linux program" : NULL;
}

/* Mach-O processor types: the low bits, without those for 64 bits and the like. */
static bool magic_is_mach_processor(uint32_t type)
{
    type &= 0x00ffffffU;
    return type == 1 || type == 6 || type == 7 || type == 10 || type == 11 || (type >= 12 && type <= 18);
}

/* 0xCAFEBABE begins Mach-O files for several processors and Java classes; what follows is a count in the
 * first and the version, at least 45, in the second. */
static const char *magic_cafebabe_program(struct slice head)
{
    enum { JAVA_VERSION_LEAST = 45, JAVA_VERSION_MOST = 200, FAT_HEADER_BYTES = 12 };
    if (head.length < FAT_HEADER_BYTES)
        return NULL;
    uint32_t count = magic_u32be(head, 4);
    if (count > 0 && count < JAVA_VERSION_LEAST && magic_is_mach_processor(magic_u32be(head, 8)))
        return "macOS program";
    uint32_t major = count & 0xffffU;
    bool is_java =
        magic_u32be(head, 0) == 0xcafebabeU && major >= JAVA_VERSION_LEAST && major <= JAVA_VERSION_MOST;
    return is_java ? "Java program" : NULL;
}

static const char *magic_mach_program(struct slice head)
{
    if (head.length < 16)
        return NULL;
    uint32_t magic = magic_u32be(head, 0);
    if (magic == 0xcafebabeU || magic == 0xcafebabfU)
        return magic_cafebabe_program(head);
    bool big = magic == 0xfeedfaceU || magic == 0xfeedfacfU;
    bool little = magic == 0xcefaedfeU || magic == 0xcffaedfeU;
    if (!big && !little)
        return NULL;
    uint32_t processor = big ? magic_u32be(head, 4) : magic_u32le(head, 4);
    uint32_t file_type = big ? magic_u32be(head, 12) : magic_u32le(head, 12);
    return magic_is_mach_processor(processor) && file_type >= 1 && file_type <= 16 ? "macOS program" : NULL;
}

/* The kernel wants a path behind "#!"; news batches and AMR sound begin with it too, and have none. */
static const char *magic_script(struct slice head)
{
    if (!magic_is_at(head, 0, "#!", 2))
        return NULL;
    size_t at = 2;
    while (at < head.length && (head.data[at] == ' ' || head.data[at] == '\t'))
        at++;
    return at < head.length && head.data[at] == '/' ? "script" : NULL;
}

const char *file_magic_script_extension(struct slice head)
{
    static const struct {
        const char *program;
        const char *extension;
    } interpreters[] = {
        {"bash", "sh"},        {"dash", "sh"},  {"zsh", "zsh"},  {"tcsh", "csh"},
        {"csh", "csh"},        {"ksh", "ksh"},  {"sh", "sh"},    {"perl", "pl"},
        {"python", "py"},      {"ruby", "rb"},  {"php", "php"},  {"node", "js"},
        {"osascript", "scpt"}, {"pwsh", "ps1"}, {"wish", "tcl"}, {"tclsh", "tcl"},
    };
    struct slice line = slice_part(head, 0, slice_find(head, '\n'));
    while (line.length > 0) {
        size_t end = 0;
        while (end < line.length && strchr("/ \t\r", line.data[end]) == NULL)
            end++;
        for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++)
            if (slice_starts_nocase(slice_part(line, 0, end), slice_of(interpreters[i].program)))
                return interpreters[i].extension;
        line = slice_part(line, end + 1 < line.length ? end + 1 : line.length, line.length);
    }
    return NULL;
}

/* VBScript and JScript as Microsoft's encoder writes them: "#@~^", six base64 characters, "==". */
static const char *magic_encoded_script(struct slice head)
{
    return magic_is_at(head, 0, "#@~^", 4) && magic_is_at(head, 10, "==", 2) ? "encoded script" : NULL;
}

static const char *magic_binary_program(struct slice head)
{
    static const struct file_magic_signature signatures[] = {
        SIGNATURE("\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "Windows shortcut"),
        SIGNATURE("ITSF\x03\0\0\0", "compiled help file"),
        SIGNATURE("ITSF\x02\0\0\0", "compiled help file"),
        SIGNATURE("\x3f\x5f\x03\0", "Windows help file"),
        /* The one COM program that is known by its first bytes: the antivirus test file. */
        SIGNATURE("X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "DOS program"),
    };
    const char *kind = magic_find_signature(head, signatures, sizeof signatures / sizeof signatures[0]);
    if (kind == NULL && magic_is_at(head, 0, "dex\n0", 5) && magic_is_at(head, 7, "", 1))
        kind = "Android program";
    return kind;
}

/* The start of a text as single bytes. */
struct file_magic_text {
    struct slice text; /* in the head, or in `narrowed` */
    char narrowed[FILE_MAGIC_HEAD_BYTES];
};

/* Without byte order mark and the white space around; of UTF-16 every other byte. */
static void magic_read_text(struct file_magic_text *text, struct slice head)
{
    bool is_little = magic_is_at(head, 0, "\xff\xfe", 2), is_big = magic_is_at(head, 0, "\xfe\xff", 2);
    size_t length = 0;
    text->text = head;
    if (magic_is_at(head, 0, "\xef\xbb\xbf", 3))
        text->text = slice_part(head, 3, head.length);
    if (is_little || is_big) {
        for (size_t at = is_big ? 3 : 2; at < head.length && length < sizeof text->narrowed; at += 2)
            text->narrowed[length++] = head.data[at];
        text->text = slice_make(text->narrowed, length);
    }
    text->text = slice_trim(text->text);
}

static bool magic_text_contains(struct slice text, struct slice needle)
{
    const int other_case = 0x20;
    for (size_t at = 0; at + needle.length <= text.length; at++)
        if ((text.data[at] | other_case) == (needle.data[0] | other_case) &&
            slice_equal_nocase(slice_make(text.data + at, needle.length), needle))
            return true;
    return false;
}

/* Markup that its viewer runs with the rights of a program. */
static const char *magic_markup_program(struct slice text)
{
    static const struct file_magic_signature tags[] = {
        SIGNATURE("<hta:application", "HTML application"),
        SIGNATURE("<MMC_ConsoleFile", "management console file"),
        SIGNATURE("<scriptlet", "Windows scriptlet"),
    };
    if (text.length == 0 || text.data[0] != '<')
        return NULL;
    while (text.length > 0) {
        for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
            if (slice_starts_nocase(text, slice_make(tags[i].bytes, tags[i].length)))
                return tags[i].kind;
        size_t next = slice_find(slice_part(text, 1, text.length), '<');
        text = slice_part(text, next + 1, text.length);
    }
    return NULL;
}

/* Whether a shortcut leads to a web page, and its icon is on no other machine: what browsers write. */
static bool magic_is_web_link(struct slice text)
{
    static const char *const targets[] = {"http://", "https://", "mailto:"};
    bool is_web = false;
    while (text.length > 0) {
        size_t end = slice_find(text, '\n');
        struct slice line = slice_trim(slice_part(text, 0, end));
        size_t equals = slice_find(line, '=');
        struct slice key = slice_trim(slice_part(line, 0, equals));
        struct slice value =
            slice_trim(slice_part(line, equals < line.length ? equals + 1 : equals, line.length));
        bool is_target = slice_equal_nocase(key, slice_of("URL")), is_link = false;
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
            is_link = is_link || slice_starts_nocase(value, slice_of(targets[i]));
        if ((is_target && !is_link) || slice_equal_nocase(key, slice_of("WorkingDirectory")))
            return false;
        if (slice_equal_nocase(key, slice_of("IconFile")) && !is_link &&
            (slice_starts_nocase(value, slice_of("\\\\")) || slice_starts_nocase(value, slice_of("//")) ||
             slice_starts_nocase(value, slice_of("file:"))))
            return false;
        is_web = is_web || is_target;
        text = slice_part(text, end < text.length ? end + 1 : end, text.length);
    }
    return is_web;
}

static const char *magic_text_program(struct slice head)
{
    static const struct file_magic_signature openings[] = {
        SIGNATURE("Windows Registry Editor Version ", "registry file"),
        SIGNATURE("REGEDIT4", "registry file"),
        SIGNATURE("[{000214A0-0000-0000-C000-000000000046}]", "Internet shortcut"),
        SIGNATURE("[Desktop Entry]", "desktop launcher"),
    };
    struct file_magic_text start_of_text;
    magic_read_text(&start_of_text, head);
    struct slice text = start_of_text.text;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
        if (slice_starts_nocase(text, slice_make(openings[i].bytes, openings[i].length)))
            return openings[i].kind;
    if (slice_starts_nocase(text, slice_of("[InternetShortcut]")) && !magic_is_web_link(text))
        return "Internet shortcut";
    if (slice_starts_nocase(text, slice_of("[Shell]")) &&
        (magic_text_contains(text, slice_of("Command=")) || magic_text_contains(text, slice_of("IconFile="))))
        return "Explorer command file";
    return magic_markup_program(text);
}

const char *file_magic_executable(struct slice head)
{
    static const char *(*const tests[])(struct slice) = {
        magic_mz_program,     magic_elf_program,    magic_mach_program, magic_script,
        magic_encoded_script, magic_binary_program, magic_text_program,
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const char *kind = tests[i](head);
        if (kind != NULL)
            return kind;
    }
    return NULL;
}

static bool magic_is_ole(struct slice head)
{
    return magic_is_at(head, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
}

/* [MS-CFB] 2.2: sector size as a power of two at 30, first sector of the directory at 48. */
bool file_magic_ole_root_offset(struct slice head, uint64_t *offset)
{
    enum { OLE_HEADER_BYTES = 512, OLE_LAST_SECTOR = 0xfffffffa };
    if (!magic_is_ole(head) || head.length < OLE_HEADER_BYTES)
        return false;
    unsigned sector_shift = magic_u16le(head, 30);
    uint32_t first_sector = magic_u32le(head, 48);
    if ((sector_shift != 9 && sector_shift != 12) || first_sector > (uint32_t)OLE_LAST_SECTOR)
        return false;
    *offset = ((uint64_t)first_sector + 1) << sector_shift;
    return true;
}

/* [MS-CFB] 2.6.1: name at 0, its length at 64, type at 66 (5: root), class id at 80. */
const char *file_magic_ole_root(struct slice entry)
{
    enum { OLE_TYPE_AT = 66, OLE_CLASS_AT = 80, OLE_ROOT_TYPE = 5 };
    static const char class_end[] = "\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
    if (entry.length < FILE_MAGIC_OLE_ENTRY_BYTES || entry.data[OLE_TYPE_AT] != OLE_ROOT_TYPE)
        return NULL;
    if (memcmp(entry.data + OLE_CLASS_AT + 1, class_end, sizeof class_end - 1) != 0)
        return NULL;
    switch ((unsigned char)entry.data[OLE_CLASS_AT]) {
    case 0x82:
        return "Windows installer transform";
    case 0x84:
        return "Windows installer package";
    case 0x86:
        return "Windows installer patch";
    default:
        return NULL;
    }
}

static bool magic_is_text_byte(unsigned char c)
{
    bool is_space = c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0x1b;
    return c != 0x7f && (c >= 0x20 || is_space);
}

/* Whether none of eight bytes is below 0x20 or is 0x7f: a subtraction that has to borrow sets the high bit of
 * a byte that had none. A borrow may reach the next byte, which changes only where one is found. */
static bool magic_is_text_word(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101U, high_bits = ones * 0x80;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    uint64_t below_space = (word - ones * 0x20) & ~word;
    uint64_t delete = ((word ^ ones * 0x7f) - ones) & ~(word ^ ones * 0x7f);
    return ((below_space | delete) & high_bits) == 0;
}

bool file_magic_plain_text(struct slice head)
{
    for (size_t at = 0; at < head.length;) {
        if (head.length - at >= sizeof(uint64_t) && magic_is_text_word(head.data + at)) {
            at += sizeof(uint64_t);
            continue;
        }
        if (!magic_is_text_byte((unsigned char)head.data[at++]))
            return false;
    }
    return head.length > 0;
}

/* MPEG audio without ID3: eleven set bits, then no reserved version, layer, bit rate or sampling rate. Layer
 * I, long out of use, is left out because its first bytes are a UTF-16 byte order mark. */
static bool magic_is_mpeg_audio(struct slice head)
{
    if (head.length < 4)
        return false;
    uint32_t header = magic_u32be(head, 0);
    return (header >> 21) == 0x7ff && ((header >> 19) & 3) != 1 && ((header >> 17) & 3) != 0 &&
           ((header >> 17) & 3) != 3 && ((header >> 12) & 15) != 15 && ((header >> 10) & 3) != 3;
}

bool file_magic_known(struct slice head)
{
    static const struct file_magic_signature signatures[] = {
        SIGNATURE("%PDF-", "PDF"),
        SIGNATURE("\xff\xd8\xff", "JPEG"),
        SIGNATURE("\x89PNG\r\n\x1a\n", "PNG"),
        SIGNATURE("GIF87a", "GIF"),
        SIGNATURE("GIF89a", "GIF"),
        SIGNATURE("ID3", "MP3"),
        SIGNATURE("RIFF", "RIFF"),
        SIGNATURE("II*\0", "TIFF"),
        SIGNATURE("MM\0*", "TIFF"),
        SIGNATURE("{\\rtf", "RTF"),
        SIGNATURE("%!PS", "PostScript"),
        SIGNATURE("OggS", "Ogg"),
        SIGNATURE("fLaC", "FLAC"),
        SIGNATURE("8BPS", "Photoshop"),
        SIGNATURE("\x1a\x45\xdf\xa3", "Matroska"),
        SIGNATURE("\0\0\x01\xba", "MPEG"),
        SIGNATURE("\0\0\x01\xb3", "MPEG"),
        SIGNATURE("#!AMR", "AMR"),
    };
    if (magic_find_signature(head, signatures, sizeof signatures / sizeof signatures[0]) != NULL)
        return true;
    return magic_is_at(head, 4, "ftyp", 4) || magic_is_ole(head) || magic_is_mpeg_audio(head);
}

bool file_magic_harmless(struct slice head)
{
    return file_magic_known(head) || file_magic_plain_text(head);
}
