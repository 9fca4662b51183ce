/* What the receiver's system makes of a name, and of content under another name. */
#include "case_rows.h"

/* A row is read as a whole. */
/* clang-format off */

#define NAMED(name) ATTACH(name, "This stands for a program.")
#define HIDDEN(content) ATTACH("report.pdf", content)
#define EXTENSION(id, what)                                                                                        \
    {                                                                                                              \
        "kind-" id, "." id, what, "Windows", ANSWER_BLOCKED, NAMED("file." id)                                     \
    }

const struct selftest_case selftest_extensions[] = {
    EXTENSION("bat", "a command file"), EXTENSION("cmd", "a command file"), EXTENSION("com", "a program"),
    EXTENSION("scr", "a screen saver is a program"), EXTENSION("pif", "a shortcut to a DOS program"),
    EXTENSION("vbs", "a script"), EXTENSION("js", "a script"), EXTENSION("hta", "an HTML application"),
    EXTENSION("lnk", "a shortcut runs what it names"), EXTENSION("cpl", "a control panel is a program"),
    EXTENSION("jar", "a Java program"), EXTENSION("msi", "an installer"), EXTENSION("ps1", "a script"),
    EXTENSION("reg", "changes the registry"), EXTENSION("wsf", "a script"), EXTENSION("chm", "help that runs scripts"),
    {"double", "scan.pdf.exe", "Explorer hides the last extension", "Windows", ANSWER_BLOCKED, NAMED("scan.pdf.exe")},
    {"blanks-between", "scan.pdf, many blanks, .exe", "the end is out of sight", "Windows", ANSWER_BLOCKED,
     NAMED("scan.pdf$[times|120| ].exe")},
    {"trailing-dot", "evil.exe.", "Windows drops it", "Windows", ANSWER_BLOCKED, NAMED("evil.exe.")},
    {"trailing-dots", "evil.exe. . .", "Windows drops them", "Windows", ANSWER_BLOCKED, NAMED("evil.exe. . .")},
    {"trailing-blank", "evil.exe and blanks", "Windows drops them", "Windows", ANSWER_BLOCKED, NAMED("evil.exe  ")},
    {"trailing-tab", "evil.exe and a tab", "dropped on saving", "Windows", ANSWER_BLOCKED, NAMED("evil.exe\t")},
    {"trailing-nbsp", "evil.exe and a no-break space", "dropped by some", "web mailers", ANSWER_BLOCKED,
     NAMED("evil.exe$[x|c2a0]")},
    {"stream", "evil.exe::$$DATA", "the same file on NTFS", "Windows", ANSWER_BLOCKED, NAMED("evil.exe::$$DATA")},
    {"named-stream", "evil.exe:x.txt", "a stream of that file on NTFS", "Windows", ANSWER_BLOCKED, NAMED("evil.exe:x.txt")},
    {"path", "..\\..\\evil.exe", "the path is cut off", "Windows", ANSWER_BLOCKED, NAMED("..\\\\..\\\\evil.exe")},
    {"slash-path", "safe.txt/evil.exe", "the path is cut off", ALL, ANSWER_BLOCKED, NAMED("safe.txt/evil.exe")},
    {"slash-end", "evil.exe/", "an empty last component", "clients differ", ANSWER_BLOCKED, NAMED("evil.exe/")},
    {"class-id", "a class id as extension", "Windows hides it and opens by it", "Windows", ANSWER_BLOCKED,
     NAMED("readme.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}")},
    {"right-to-left-mark", "evil.U+200Fexe", "an invisible mark inside", "Windows", ANSWER_BLOCKED,
     NAMED("evil.$[x|e2808f]exe")},
    {"percent", "evil%2Eexe", "decoded by web mailers", "web mailers", ANSWER_BLOCKED, NAMED("evil%2Eexe")},
    {"percent-nul", "evil.exe%00.txt", "a NUL after decoding", "web mailers", ANSWER_BLOCKED, NAMED("evil.exe%00.txt")},
    {"one-dot-leader", "evilU+2024exe", "looks like a dot and becomes one on conversion", "older Windows programs",
     ANSWER_BLOCKED, NAMED("evil$[x|e280a4]exe")},
    {"tag-characters", "an invisible tag character (U+E0061) behind the extension", "dropped by some", "web mailers",
     ANSWER_BLOCKED, NAMED("evil.exe$[x|f3a081a1]")},
    {"filler", "a Hangul filler (U+3164) inside the extension", "looks like nothing, dropped by some", "web mailers",
     ANSWER_BLOCKED, NAMED("evil.e$[x|e385a4]xe")},
    {"only-extension", ".exe", "no name at all", "Windows", ANSWER_BLOCKED, NAMED(".exe")},
    {"long-name", "300 letters, then .exe", "names are cut on saving", ALL, ANSWER_BLOCKED, NAMED("$[times|300|a].exe")},
    {"question-mark", "evil.exe?", "not allowed in names, dropped", "web mailers", ANSWER_BLOCKED | ANSWER_PASS,
     NAMED("evil.exe?")},
    {"semicolon", "evil.exe;1", "a version as on VMS and in ISO images", "clients differ", ANSWER_BLOCKED | ANSWER_PASS,
     NAMED("evil.exe;1")},
    {"domain-pdf", "example.com.pdf is a pdf", "the last extension counts", ALL, ANSWER_PASS, NAMED("example.com.pdf")},
    {"exe-pdf", "evil.exe.pdf is a pdf", "the last extension counts", ALL, ANSWER_PASS, NAMED("setup.exe.pdf")},
    {"star", "evil.exe*", "made a blank on saving, which Windows drops", "Thunderbird", ANSWER_BLOCKED,
     NAMED("evil.exe*")},
    {"small-full-stop", "evilU+FE52exe", "a form of the dot, and becomes one on conversion", "older Windows programs",
     ANSWER_BLOCKED, NAMED("evil$[x|efb992]exe")},
    {"kelvin", "evil.lnU+212A", "the sign for Kelvin is a K once letter case is left aside", "older Windows programs",
     ANSWER_BLOCKED, NAMED("evil.ln$[x|e284aa]")},
    {"braille-blank", "evil.exe and U+2800", "an empty pattern: looks like nothing, dropped by some", "web mailers",
     ANSWER_BLOCKED, NAMED("evil.exe$[x|e2a080]")},
    {"next-line", "evil.exe and U+0085", "a control character, dropped on saving", "web mailers", ANSWER_BLOCKED,
     NAMED("evil.exe$[x|c285]")},
    {"type-only", "no name, and the type of an HTML application", "web mailers and Windows name it by its type",
     "Roundcube, Outlook", ANSWER_BLOCKED, TYPE("application/hta")},
    {"type-only-script", "no name, and the type of a script", "web mailers name it by its type", "Roundcube",
     ANSWER_BLOCKED, TYPE("application/javascript")},
    {"type-of-named", "the type of a program, and the name of a document", "some servers declare all files so", ALL,
     ANSWER_PASS, PART("Content-Type: application/x-msdownload; name=\"a.doc\"\nContent-Transfer-Encoding: base64",
                       "$[base64|text]")},
};
const size_t selftest_extensions_count = sizeof selftest_extensions / sizeof selftest_extensions[0];

const struct selftest_case selftest_disguised[] = {
    {"pe", "a Windows program called report.pdf", "renamed back by the reader, or run by what opens it", ALL,
     ANSWER_DISGUISED, HIDDEN("$[pe]")},
    {"pe-no-extension", "a Windows program without extension", "renamed back by the reader", ALL, ANSWER_DISGUISED,
     ATTACH("report", "$[pe]")},
    {"pe-no-name", "a Windows program without a name", "clients invent one from the type", ALL, FOUND,
     PART("Content-Type: application/x-msdownload\nContent-Transfer-Encoding: base64", "$[base64|$[pe]]")},
    {"pe-text", "a Windows program as text/plain body", "can be saved", ALL, ANSWER_DISGUISED,
     MIME "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n$[base64|$[pe]]\n"},
    {"elf", "a Linux program called data.bin", "runs once it is marked", "Linux", ANSWER_DISGUISED, ATTACH("data.bin", "$[elf]")},
    {"macho", "a macOS program called photo.jpg", "runs once it is marked", "macOS", ANSWER_DISGUISED,
     ATTACH("photo.jpg", "$[macho]")},
    {"script", "#!/bin/sh called notes.doc", "runs once it is marked", "Linux, macOS", ANSWER_DISGUISED,
     ATTACH("notes.doc", "#!/bin/sh\necho hello\n")},
    {"script-text", "#!/bin/ksh called notes.txt", "a script of a kind that is blocked", "Linux, macOS", ANSWER_DISGUISED,
     ATTACH("notes.txt", "#!/bin/ksh\necho hello\n")},
    {"shortcut", "a shortcut called letter.doc", "renamed back by the reader", "Windows", ANSWER_DISGUISED,
     ATTACH("letter.doc", "$[lnk]")},
    {"hta", "an HTML application called page.html", "mshta runs it", "Windows", ANSWER_DISGUISED,
     ATTACH("page.html", "<html><head><HTA:APPLICATION id=a></head><body>x</body></html>")},
    {"hta-comment", "an HTML application behind a comment", "mshta runs it", "Windows", ANSWER_DISGUISED,
     ATTACH("page.html", "<!-- $[times|500|x] -->\n<html><hta:application id=a></html>")},
    {"msi", "an installer called data.doc", "msiexec runs it under any name", "Windows", ANSWER_DISGUISED,
     ATTACH("data.doc", "$[ole|$[x|84100c0000000000c000000000000046]|data|text]")},
    {"java-class", "a Java class called image.gif", "java runs it", ALL, ANSWER_DISGUISED,
     ATTACH("image.gif", "$[x|cafebabe00000034000a0000000000000000]")},
    {"encoded-script", "an encoded VBScript called a.txt", "wscript runs it", "Windows", ANSWER_DISGUISED,
     ATTACH("a.txt", "#@~^DgAAAA==\\ko$$K6,J4VsWEAAAAA==^#~@")},
    {"chm", "a help file called a.pdf", "hh runs scripts in it", "Windows", ANSWER_DISGUISED,
     ATTACH("a.pdf", "ITSF$[x|0300000060000000010000000000000000]")},
    {"eicar", "the antivirus test file called a.txt", "a DOS program by every scanner's agreement", ALL, ANSWER_DISGUISED,
     ATTACH("a.txt", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$$")},
    {"zip-lzma", "in a zip, packed by LZMA", "method 14; few readers know it", "7-Zip, WinZip",
     ANSWER_DISGUISED,
     ATTACH("a.zip",
            "$[x|"
            "504b03043f0002000e00000021589bc694db21000000140000000a0000007265706f72742e706466090405005d000080"
            "00003f914584683d89a6da8acc93e24ecb1e5bffff39000000504b01023f033f0002000e00000021589bc694db210000"
            "00140000000a00000000000000000000008001000000007265706f72742e706466504b05060000000001000100380000"
            "00490000000000]")},
    {"7z-bzip2", "in a 7z file, packed by BZip2", "any of its methods may be chosen", "7-Zip",
     ANSWER_DISGUISED,
     ATTACH("a.7z",
            "$[x|"
            "377abcaf271c00045145886d340000000000000052000000000000007782f3ff425a6839314159265359b235c30a0000"
            "07cc807200000103040000a0002218434201800b2d17b95245e2ee48a70a121646b861400104060001093400070b0100"
            "01030402020c1400080a019bc694db00000501190c0000000000000000000000001117007200650070006f0072007400"
            "2e0070006400660000001900150601002080a4810000]")},
    {"7z-delta-copy", "in a 7z file, changed by a filter", "what is stored is no program until it is filtered back",
     "7-Zip",
     ANSWER_DISGUISED,
     ATTACH("a.7z",
            "$[x|"
            "377abcaf271c00042bd255a6140000000000000052000000000000007164b90d7f454cc7bdb5bbfeffff000000000000"
            "02003efe0104060001091400070b01000201002103010201000c141400080a019bc694db000005011907000000000000"
            "001117007200650070006f00720074002e0070006400660000001900150601002080a4810000]")},
    {"cab-mszip", "in a cabinet, packed by MSZIP", "opened by a double click", "Windows",
     ANSWER_DISGUISED,
     ATTACH("a.cab",
            "$[x|"
            "4d5343460000000060000000000000002c00000000000000030101000100000001000000470000000100010014000000"
            "000000000000213c000020007265706f72742e706466000000000011001400434bab77f57163626464800126063b0600]")},
    {"onenote", "embedded in a OneNote section", "runs at a click; a wave of malware came so in 2023", "OneNote",
     ANSWER_DISGUISED,
     ATTACH("a.one",
            "$[x|"
            "e4525c7b8cd8a74daeb15378d02996d30000000000000000000000000000000000000000000000000000000000000000"
            "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000007465787474657874746578747465787474657874e716e3bd65261145"
            "a4c48d4d0b7a9eac14000000000000000000000000000000000000007f454c4602010100000000000000000002003e00"
            "0000000022a7fb71790f0b4abb13899256426b24]")},
    {"mac-binary", "in MacBinary", "unwrapped on a Macintosh", "macOS, older mail programs",
     ANSWER_DISGUISED,
     ATTACH("a.pdf",
            "$[x|"
            "000a7265706f72742e706466000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000004150504c455845200000000000000000000000000014000000000000000000"
            "00000000000000000000000000000000000000000000000000008181f9ca00007f454c46020101000000000000000000"
            "02003e00]")},
    {"mac-binary-name", "a blocked name in MacBinary", "the inner name counts after unwrapping",
     "macOS, older mail programs",
     ANSWER_BLOCKED,
     ATTACH("a.pdf",
            "$[x|"
            "00086576696c2e6578650000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000004150504c455845200000000000000000000000000004000000000000000000"
            "00000000000000000000000000000000000000000000000000008181e0ec00007465787400]")},
    {"apple-single-name", "a blocked name in AppleSingle", "the inner name counts after unwrapping", "Apple Mail, mutt",
     ANSWER_BLOCKED,
     ATTACH("a.pdf",
            "$[x|"
            "0005160000020000000000000000000000000000000000000002000000030000003200000008000000010000003a0000"
            "00046576696c2e65786574657874]")},
    {"apple-double-name", "a blocked name in AppleDouble", "RFC 1740: the real name of the file beside it",
     "Apple Mail",
     ANSWER_BLOCKED,
     ATTACH("a.pdf",
            "$[x|"
            "0005160700020000000000000000000000000000000000000002000000030000003200000008000000090000003a0000"
            "00206576696c2e6578650000000000000000000000000000000000000000000000000000000000000000]")},
    {"binhex-name", "a blocked name in BinHex", "unwrapped on a Macintosh", "StuffIt, The Unarchiver",
     ANSWER_BLOCKED,
     ATTACH("a.hqx",
            "$[x|"
            "28546869732066696c65206d75737420626520636f6e76657274656420776974682042696e48657820342e30290a0a3a"
            "232739664440605a43414b50212634264026346447284b64212a21262221233322313070472739694725496d2121213a"
            "0a]")},
    {"rtf-package", "a file packed into rich text", "runs at a double click", "Word, WordPad",
     ANSWER_BLOCKED,
     ATTACH("a.rtf",
            "$[x|"
            "7b5c727466315c616e73692048656c6c6f207b5c6220796f757d2e5c7061720a7b5c6f626a6563745c6f626a656d627b"
            "5c2a5c6f626a636c617373205061636b6167657d7b5c2a5c6f626a646174612030313035303030303032303030303030"
            "303830303030303035303631363336623631363736353030303030303030303030303030303030303335303030303030"
            "303230303635373636393663326536353738363530303433336135633738356336353736363936633265363537383635"
            "303030303030303330303063303030303030343433613563363537363639366332653635373836353030303430303030"
            "303037343635373837347d7b5c726573756c7420787d7d7d0a]")},
    {"zip-member", "a Windows program called a.pdf in a zip", "renamed back after unpacking", ALL, ANSWER_DISGUISED,
     ATTACH("a.zip", "$[zip|a.pdf|$[pe]]")},
    {"tar-member", "a Linux program in a tar", "keeps its mark in a tar", "Linux, macOS", ANSWER_DISGUISED,
     ATTACH("a.tar", "$[tar|run|$[elf]]")},
    {"gz-content", "a Windows program in a gzip file", "renamed back after unpacking", ALL, ANSWER_DISGUISED,
     ATTACH("a.pdf.gz", "$[gz|a.pdf|$[pe]]")},
    {"7z-member", "a Windows program called a.pdf in a 7z", "renamed back after unpacking", ALL, ANSWER_DISGUISED,
     ATTACH("a.7z", "$[7z|a.pdf|$[pe]]")},
    {"rar-member", "a Windows program called a.pdf in a rar", "renamed back after unpacking", ALL, ANSWER_DISGUISED,
     ATTACH("a.rar", "$[rar5|a.pdf|$[pe]]")},
    {"cab-member", "a Windows program called a.pdf in a cab", "renamed back after unpacking; names in cabinets are judged, content is not read", "Windows",
     ANSWER_DISGUISED | ANSWER_UNINSPECTABLE | ANSWER_PASS, ATTACH("a.cab", "$[cab|a.pdf|$[pe]]")},
    {"iso-member", "a Windows program called a.pdf in an image", "mounted by a double click", "Windows", ANSWER_DISGUISED,
     ATTACH("a.iso", "$[iso|A.PDF;1|$[pe]]")},
    {"tnef-member", "a Windows program called a.pdf in winmail.dat", "Outlook shows it", "Outlook", ANSWER_DISGUISED,
     ATTACH("winmail.dat", "$[tnef|a.pdf|$[pe]]")},
    {"uu-content", "a Windows program uuencoded as a.pdf", "decoded by old clients", "Outlook", ANSWER_DISGUISED,
     "\nHello.\n\n$[uu|a.pdf|$[pe]]\n"},
};
const size_t selftest_disguised_count = sizeof selftest_disguised / sizeof selftest_disguised[0];
