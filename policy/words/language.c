#include "words/language.h"

#include "base/utf8_text.h"

static const char *const tags[LANGUAGE_COUNT] = {"en", "de", "fr", "es"};

const char *language_tag(enum language language)
{
    return tags[language];
}

bool language_by_tag(struct slice tag, enum language *language)
{
    for (size_t i = 0; i < LANGUAGE_COUNT; i++)
        if (slice_equal_nocase(tag, slice_of(tags[i]))) {
            *language = (enum language)i;
            return true;
        }
    return false;
}

/* ---- ASCII ------------------------------------------------------------------------------------------ */

/* The letters of the Latin alphabets of Europe, by their bare form; "-" where there is none. */
static const char latin[] = "AAAAAA-CEEEEIIIIDNOOOOO-OUUUUY--aaaaaa-ceeeeiiiidnooooo-ouuuuy-y"  /* U+00C0 */
                            "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi--JjKk-LlLlLlL"  /* U+0100 */
                            "lLlNnNnNn---OoOoOo--RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs"; /* U+0140 */

static const struct written {
    uint32_t character;
    const char *ascii;
} others[] = {
    {0xa0, " "},    {0xa1, ""},     {0xab, "\""},    {0xb0, " deg."}, {0xb7, "-"},     {0xbb, "\""},
    {0xbf, ""},     {0xc6, "AE"},   {0xd7, "x"},     {0xde, "Th"},    {0xdf, "ss"},    {0xe6, "ae"},
    {0xf7, "/"},    {0xfe, "th"},   {0x132, "IJ"},   {0x133, "ij"},   {0x138, "k"},    {0x149, "'n"},
    {0x14a, "N"},   {0x14b, "n"},   {0x152, "OE"},   {0x153, "oe"},   {0x2010, "-"},   {0x2011, "-"},
    {0x2013, "-"},  {0x2014, "-"},  {0x2018, "'"},   {0x2019, "'"},   {0x201a, ","},   {0x201c, "\""},
    {0x201d, "\""}, {0x201e, "\""}, {0x2026, "..."}, {0x202f, " "},   {0x20ac, "EUR"},
};

static const struct written german[] = {{0xc4, "Ae"}, {0xd6, "Oe"}, {0xdc, "Ue"},
                                        {0xe4, "ae"}, {0xf6, "oe"}, {0xfc, "ue"}};

static const char *find_written(const struct written *rows, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].character == character)
            return rows[i].ascii;
    return NULL;
}

static void append_character(enum language language, struct slice bytes, uint32_t character,
                             struct strbuf *out)
{
    const char *ascii =
        language == LANGUAGE_DE ? find_written(german, sizeof german / sizeof german[0], character) : NULL;
    if (ascii == NULL)
        ascii = find_written(others, sizeof others / sizeof others[0], character);
    const bool is_latin = character >= 0xc0 && character - 0xc0 < sizeof latin - 1;
    if (ascii != NULL)
        strbuf_append_text(out, ascii);
    else if (is_latin && latin[character - 0xc0] != '-')
        strbuf_append_byte(out, latin[character - 0xc0]);
    else
        strbuf_append_slice(out, bytes);
}

void language_append_ascii(enum language language, struct slice text, struct strbuf *out)
{
    while (text.length > 0) {
        size_t length;
        const uint32_t character = utf8_next(text, &length);
        if (character < 0x80)
            strbuf_append_byte(out, (char)character);
        else
            append_character(language, slice_part(text, 0, length), character, out);
        text = slice_part(text, length, text.length);
    }
}

bool language_has_ascii(enum language language, const char *text)
{
    struct strbuf out;
    bool is_ascii;
    strbuf_init(&out, 0);
    language_append_ascii(language, slice_of(text), &out);
    is_ascii = !out.failed;
    for (size_t i = 0; i < out.length; i++)
        is_ascii = is_ascii && (unsigned char)out.data[i] < 0x80;
    strbuf_deinit(&out);
    return is_ascii;
}

/* ---- dates ------------------------------------------------------------------------------------------ */

void language_append_day(enum language language, unsigned day, unsigned month_from_0, struct strbuf *out)
{
    static const char *const months[LANGUAGE_COUNT][12] = {
        {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
         "November", "December"},
        {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
         "November", "Dezember"},
        {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
         "novembre", "décembre"},
        {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
         "noviembre", "diciembre"},
    };
    static const char *const between[LANGUAGE_COUNT] = {" ", ". ", " ", " de "};
    strbuf_printf(out, "%u%s%s%s", day, language == LANGUAGE_FR && day == 1 ? "er" : "", between[language],
                  months[language][month_from_0 % 12]);
}
