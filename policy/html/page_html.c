#include "html/page_html.h"

#include "base/utf8_text.h"

enum {
    TEXT_BYTES_MAX = 1000,
    CHART_WIDTH = 720,
    CHART_HEIGHT = 150,
    CHART_BOTTOM = 26,
    CHART_TOP = 24,
    LABELS_MAX = 12
};

/* clang-format off: as a style is read */
const char page_html_style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#5c6670;--line:#d9dee3;--paper:#fff;--card:#f5f7f9;--bar:#3b7dd8;"
    "--part:#d9822b;--good:#1a7f45;--bad:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#98a3ad;--line:#343b42;--paper:#14181c;--card:#1e242a;"
    "--bar:#6ea8f7;--part:#f0a35a;--good:#5fce8e;--bad:#ff8a80}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}"
    "main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}"
    "h2{font-size:1.1rem;margin:2.25rem 0 .5rem}"
    "p{margin:.5rem 0}.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.25rem 0}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}"
    ".card b{display:block;font-size:1.45rem;line-height:1.3;font-weight:600}"
    ".scroll{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}"
    "th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;"
    "vertical-align:top}"
    "th{color:var(--dim);font-weight:500;border-bottom-width:2px}"
    "th:first-child,td:first-child,.left th,.left td{text-align:left}"
    "td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:11rem}"
    ".left td{white-space:normal;overflow-wrap:anywhere}.lines td:nth-child(-n+2){white-space:nowrap}"
    "svg{display:block;width:100%;height:auto;margin:.5rem 0}"
    "svg .bar{fill:var(--bar)}svg .part{fill:var(--part)}svg .axis{stroke:var(--line)}"
    "svg text{fill:var(--dim);font-size:11px}"
    ".key{font-size:.85rem;color:var(--dim)}.key i{display:inline-block;width:.75rem;height:.75rem;border-radius:.15rem;"
    "margin:0 .35rem 0 .9rem;vertical-align:-.05rem}.key i:first-child{margin-left:0}.key .bar{background:var(--bar)}"
    ".key .part{background:var(--part)}"
    "details{margin:.75rem 0}summary{cursor:pointer;color:var(--dim)}"
    "blockquote,pre{margin:.5rem 0;padding:.7rem .9rem;background:var(--card);border-left:4px solid var(--part);"
    "border-radius:.3rem;font:.9rem/1.5 ui-monospace,\"DejaVu Sans Mono\",monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.25rem 1rem;margin:.5rem 0}"
    "dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}"
    ".lead{font-size:1.15rem}li{margin:.25rem 0;overflow-wrap:anywhere}"
    "footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--dim)}"
    "@media(max-width:34rem){th,td{padding:.3rem .4rem}td:first-child{min-width:10rem}svg text{font-size:19px}svg .odd{display:none}dl{grid-template-columns:1fr}"
    "dt{margin-top:.4rem}}"
    "@media print{:root{--ink:#000;--dim:#444;--line:#bbb;--paper:#fff;--card:#fff;--bar:#555;--part:#bbb}"
    "main{max-width:none;padding:0}h2{break-after:avoid}tr,svg,.card{break-inside:avoid}.scroll{overflow:visible}}";
/* clang-format on */

const char page_html_style_hash[] = "sha256-poXxV+eDORylzVnF+73kvydVIXR1Z5XXzF5j1ydlszA=";

/* ---- text ------------------------------------------------------------------------------------------- */

void page_html_text(struct strbuf *out, struct slice text)
{
    const bool is_cut = text.length > TEXT_BYTES_MAX;
    text.length = is_cut ? TEXT_BYTES_MAX : text.length;
    for (size_t at = 0, length; at < text.length; at += length) {
        const uint32_t character = utf8_next(slice_part(text, at, text.length), &length);
        const char *escape = character == '<'    ? "&lt;"
                             : character == '>'  ? "&gt;"
                             : character == '&'  ? "&amp;"
                             : character == '"'  ? "&quot;"
                             : character == '\'' ? "&#39;"
                             : character == '\n' ? "\n"
                             : utf8_is_control(character) || (character == 0xfffd && length == 1)
                                 ? "\xef\xbf\xbd"
                                 : NULL;
        if (escape != NULL)
            strbuf_append_text(out, escape);
        else
            strbuf_append(out, text.data + at, length);
    }
    if (is_cut)
        strbuf_append_text(out, "\xe2\x80\xa6");
}

void page_html_name(struct strbuf *out, struct slice text)
{
    strbuf_append_text(out, "<bdi>");
    page_html_text(out, text);
    strbuf_append_text(out, "</bdi>");
}

void page_html_argument(struct strbuf *out, struct slice text)
{
    text.length = text.length > TEXT_BYTES_MAX ? TEXT_BYTES_MAX : text.length;
    for (size_t i = 0; i < text.length; i++) {
        const char c = text.data[i];
        if (ascii_is_alpha(c) || ascii_is_digit(c) || (c != '\0' && strchr("-._~@", c) != NULL))
            strbuf_append_byte(out, c);
        else
            strbuf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

/* ---- page ------------------------------------------------------------------------------------------- */

void page_html_heading(struct strbuf *out, const char *title, const char *subtitle)
{
    strbuf_append_text(out, "<h1>");
    page_html_text(out, slice_of(title));
    strbuf_append_text(out, "</h1>\n");
    if (subtitle[0] == '\0')
        return;
    strbuf_append_text(out, "<p class=\"dim\">");
    page_html_text(out, slice_of(subtitle));
    strbuf_append_text(out, "</p>\n");
}

void page_html_begin(struct strbuf *out, const char *title, const char *subtitle)
{
    strbuf_append_text(
        out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    strbuf_append_text(out, page_html_style_hash);
    strbuf_append_text(out, "'\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    page_html_text(out, slice_of(title));
    strbuf_append_text(out, "</title>\n<style>");
    strbuf_append_text(out, page_html_style);
    strbuf_append_text(out, "</style>\n</head>\n<body>\n<main>\n");
    page_html_heading(out, title, subtitle);
}

void page_html_end(struct strbuf *out)
{
    strbuf_append_text(out,
                       "<footer>closedrelay " CLOSEDRELAY_VERSION "</footer>\n</main>\n</body>\n</html>\n");
}

/* ---- charts ----------------------------------------------------------------------------------------- */

uint64_t page_html_round_up(uint64_t value)
{
    static const unsigned steps[] = {10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100};
    uint64_t unit = 1;
    while (unit * 100 < value * 10 && unit < UINT64_MAX / 1000)
        unit *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (unit * steps[i] / 10 >= value && unit * steps[i] % 10 == 0)
            return unit * steps[i] / 10;
    return unit * 10;
}

static void draw_rectangle(struct strbuf *out, const char *class_name, const double place[4])
{
    if (place[3] > 0)
        strbuf_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                      class_name, place[0], place[1], place[2], place[3]);
}

static void draw_bar(struct strbuf *out, const struct page_chart *chart, size_t i, uint64_t top)
{
    const struct page_bar *bar = &chart->bars[i];
    const double step = (double)CHART_WIDTH / (double)chart->count, height = CHART_HEIGHT;
    const double gap = step > 6 ? step * 0.2 : step > 3 ? 0.8 : 0;
    const double whole = height * (double)bar->value / (double)top,
                 part = height * (double)bar->part / (double)top;
    const double bottom = CHART_TOP + height;
    strbuf_append_text(out, "<g><title>");
    page_html_text(out, bar->name);
    strbuf_printf(out, ": %llu %s, %llu %s</title>", (unsigned long long)bar->value, chart->value_words,
                  (unsigned long long)bar->part, chart->part_words);
    draw_rectangle(
        out, "bar",
        (const double[4]){step * (double)i + gap / 2, bottom - whole + part, step - gap, whole - part});
    draw_rectangle(out, "part",
                   (const double[4]){step * (double)i + gap / 2, bottom - whole, step - gap, part});
    strbuf_append_text(out, "</g>\n");
}

static void append_count(struct strbuf *out, uint64_t count)
{
    if (count >= 1000)
        append_count(out, count / 1000);
    strbuf_printf(out, count >= 1000 ? ",%03llu" : "%llu", (unsigned long long)(count % 1000));
}

/* On a telephone every second one is left out, by the style. */
static void draw_labels(struct strbuf *out, const struct page_chart *chart, uint64_t top)
{
    const double step = (double)CHART_WIDTH / (double)chart->count, bottom = CHART_TOP + CHART_HEIGHT;
    const size_t every = (chart->count + LABELS_MAX - 1) / LABELS_MAX;
    strbuf_printf(out,
                  "<line class=\"axis\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n"
                  "<line class=\"axis\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n"
                  "<text x=\"0\" y=\"%d\">",
                  CHART_WIDTH, bottom, bottom, CHART_WIDTH, CHART_TOP, CHART_TOP, CHART_TOP - 4);
    append_count(out, top);
    strbuf_append_text(out, "</text>\n");
    for (size_t i = 0; i < chart->count; i += every) {
        const struct slice name = chart->bars[i].name;
        const double middle = step * ((double)i + 0.5);
        const bool is_at_end = middle > CHART_WIDTH - 20;
        strbuf_printf(out, "<text%s x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
                      i / every % 2 == 1 ? " class=\"odd\"" : "",
                      middle < 20 ? 0
                      : is_at_end ? (double)CHART_WIDTH
                                  : middle,
                      bottom + 15,
                      middle < 20 ? "start"
                      : is_at_end ? "end"
                                  : "middle");
        /* Of a date the year goes without saying. */
        page_html_text(out, name.length == 10 ? slice_part(name, 5, 10) : name);
        strbuf_append_text(out, "</text>\n");
    }
}

void page_html_chart(struct strbuf *out, const struct page_chart *chart)
{
    uint64_t most = 1;
    for (size_t i = 0; i < chart->count; i++)
        most = chart->bars[i].value > most ? chart->bars[i].value : most;
    const uint64_t top = page_html_round_up(most);
    strbuf_printf(out, "<svg role=\"img\" viewBox=\"0 0 %d %d\"><title>%s</title><desc>", CHART_WIDTH,
                  CHART_TOP + CHART_HEIGHT + CHART_BOTTOM, chart->title);
    page_html_text(out, slice_of(chart->description));
    strbuf_append_text(out, "</desc>\n");
    draw_labels(out, chart, top);
    for (size_t i = 0; i < chart->count; i++)
        draw_bar(out, chart, i, top);
    strbuf_printf(out, "</svg>\n<p class=\"key\"><i class=\"bar\"></i>%s<i class=\"part\"></i>%s</p>\n",
                  chart->value_words, chart->part_words);
}
