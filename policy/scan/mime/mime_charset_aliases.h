/* Other names of charsets that mime_charset.c knows: labels of the WHATWG Encoding Standard and aliases of
 * IANA's registry, as lower-case letters and digits, without a "cs" or "x" in front. Included there alone. */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_CHARSET_ALIASES_H
#define CLOSEDRELAY_SCAN_MIME_MIME_CHARSET_ALIASES_H

/* clang-format off */

static const struct {
    const char *charset; /* as in mime_charset.c */
    const char *aliases; /* a blank before and behind each */
} charset_aliases[] = {
    {"ascii", " ansix341986 iso646irv isoir6 us ibm367 cp367 646 "},
    {"utf8", " unicode11utf8 unicode20utf8 utf8bom "},
    {"iso88591", " isolatin1 isoir100 l1 cp819 ibm819 819 latin1 isolatin1windows31latin1 "},
    {"iso88592", " isolatin2 isoir101 l2 latin2 "},
    {"iso88593", " isolatin3 isoir109 l3 latin3 "},
    {"iso88594", " isolatin4 isoir110 l4 latin4 "},
    {"iso88595", " isolatincyrillic cyrillic isoir144 "},
    {"iso88596", " isolatinarabic arabic asmo708 ecma114 isoir127 "},
    {"iso88597", " isolatingreek greek greek8 ecma118 elot928 isoir126 suneugreek "},
    {"iso88598", " isolatinhebrew hebrew isoir138 visual logical "},
    {"iso88599", " isolatin5 isoir148 l5 latin5 "},
    {"iso885910", " isolatin6 isoir157 l6 latin6 "},
    {"iso885913", " isolatin7 isoir179 l7 latin7 "},
    {"iso885914", " isolatin8 isoir199 isoceltic l8 latin8 "},
    {"iso885915", " isolatin9 isoir203 l9 latin9 latin0 "},
    {"iso885916", " isolatin10 isoir226 l10 latin10 "},
    {"koi8r", " koi koi8 "},
    {"macintosh", " mac macwestern "},
    {"maccyrillic", " macukrainian "},
    {"cp874", " dos874 isoir166 "},
    {"cp437", " 437 pc8codepage437 "},
    {"cp775", " 775 pc775baltic "},
    {"cp850", " 850 pc850multilingual "},
    {"cp852", " 852 pcp852 "},
    {"cp855", " 855 "},
    {"cp857", " 857 "},
    {"cp858", " ibm858 858 ccsid00858 cp00858 ibm00858 pcmultilingual850euro "},
    {"cp860", " 860 "},
    {"cp861", " 861 cpis "},
    {"cp862", " 862 pc862latinhebrew dos862 "},
    {"cp863", " 863 "},
    {"cp864", " 864 "},
    {"cp865", " 865 "},
    {"cp866", " 866 "},
    {"gbk", " chinese gb23121980 iso58gb231280 isoir58 cp936 ms936 windows936 936 gb2312eucc "},
    {"big5", " xbig5 "},
    {"eucjp", " eucpkdfmtjapanese extendedunixcodepackedformatforjapanese eucjpms cp51932 "},
    {"shiftjis", " ms932 windows31j 932 pck "},
    {"euckr", " korean isoir149 ksc56011989 ksc5601 kscs56011987 kscs5601 949 "},
    {"iso2022jp", " jis iso2022jpext cp50220 cp50221 cp50222 "},
    {"utf16be", " unicodefffe unicodebig "},
    {"utf16le", " unicodelittle "},
    {"utf16", " unicodefeff iso10646 iso10646unicodelatin1 "},
    {"utf7", " unicode11utf7 unicode20utf7 "},
    {"tis620", " tis6200 tis62025290 tis62025330 "},
    {"default", " replacement us7bit unspecified na "},
    /* Its small letters stand where ASCII has others. */
    {"ebcdickana", " ebcdicjpkana cp290 ibm290 cp930 ibm930 cp1390 ibm1390 ebcdicjpe cp281 ibm281 cp939 ibm939 cp1399 ibm1399 "},
    /* Letters and the dot stand at the same places in all of them. */
    {"ebcdic", " cp037 ibm037 ibm37 cp37 ebcdiccpus ebcdiccpca ebcdiccpwt ebcdiccpnl cp500 ibm500 ebcdiccpbe ebcdiccpch cp1047 ibm1047"
               " cp273 ibm273 cp274 ibm274 cp275 ibm275 cp277 ibm277 ebcdiccpdk ebcdiccpno cp278 ibm278 ebcdiccpfi ebcdiccpse cp280 ibm280"
               " ebcdiccpit cp284 ibm284 ebcdiccpes cp285 ibm285 ebcdiccpgb cp297 ibm297 ebcdiccpfr cp871 ibm871 ebcdiccpis cp870 ibm870"
               " ebcdiccproece ebcdiccpyu cp1026 ibm1026 cp924 ibm924 ibm00924 cp1140 cp1141 cp1142 cp1143 cp1144 cp1145 cp1146 cp1147"
               " cp1148 cp1149 ibm1140 ibm1141 ibm1142 ibm1143 ibm1144 ibm1145 ibm1146 ibm1147 ibm1148 ibm1149 ibm01140 ibm01141 ibm01142"
               " ibm01143 ibm01144 ibm01145 ibm01146 ibm01147 ibm01148 ibm01149 cp01140 ccsid01140 ebcdicus ebcdicus37euro ebcdicinternational "
               " ebcdicatde ebcdicatdea ebcdiccafr ebcdicdkno ebcdicdknoa ebcdices ebcdicesa ebcdicess ebcdicfise ebcdicfisea ebcdicfr"
               " ebcdicit ebcdicpt ebcdicuk ibm1047ebcdic "},
};

/* clang-format on */

#endif
