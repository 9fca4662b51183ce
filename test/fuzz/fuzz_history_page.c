/* Strangers' words on a page: nothing of HTML or of a terminal comes through, and cells keep their width. */
#include "html/page_html.h"
#include "history/page_text.h"
#include "base/utf8_text.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_clean(struct slice text)
{
    for (size_t at = 0, length; at < text.length; at += length) {
        const uint32_t character = utf8_next(slice_part(text, at, text.length), &length);
        require(character == '\n' || !utf8_is_control(character));
        require(character != 0xfffd || length == 3); /* well-formed */
    }
}

static void try_html(struct slice text, struct strbuf *out)
{
    page_html_text(out, text);
    const struct slice written = strbuf_slice(out);
    require_clean(written);
    for (size_t i = 0; i < written.length; i++)
        require(strchr("<>\"'", written.data[i]) == NULL || written.data[i] == '\0');
}

static void try_text(struct slice text, unsigned columns, struct strbuf *out)
{
    struct page_text page;
    page_text_init(&page, out, 80, false);
    page_text_cell(&page, text, columns);
    require(page_text_width(strbuf_slice(out)) + page.pending == columns);
    page_text_end_line(&page);
    page_text_indented(&page, 4, "  -", text);
    require_clean(strbuf_slice(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf out;
    const struct slice text = slice_make((const char *)data, size);
    strbuf_init(&out, 0);
    try_html(text, &out);
    strbuf_reset(&out);
    try_text(text, size > 0 ? 2 + data[0] % 60U : 8, &out);
    strbuf_deinit(&out);
    return 0;
}
