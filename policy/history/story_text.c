#include "history/story_text.h"

#include "history/report_words.h"
#include "history/story.h"

#include <talloc.h>
#include <time.h>

const char *making_keep(struct making *making, const char *text)
{
    making->failed = making->failed || text == NULL;
    return text == NULL ? "" : text;
}

const char *making_text(struct making *making, enum record_key key)
{
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    const struct slice text = record_text(making->record, key, &scratch);
    const char *copy =
        text.length == 0 ? "" : making_keep(making, talloc_strndup(making->owner, text.data, text.length));
    strbuf_deinit(&scratch);
    return copy;
}

/* "***@example.net": who it is, is nobody's business at a help desk; where, may help. */
const char *making_mask(struct making *making, const char *address)
{
    const char *at = strrchr(address, '@');
    if (!making->is_masked || address[0] == '\0' || slice_equal_nocase(slice_of(address), making->own))
        return address;
    return making_keep(making, talloc_asprintf(making->owner, "***%s", at == NULL ? "" : at));
}

const char *making_address(struct making *making, enum record_key key)
{
    return making_mask(making, making_text(making, key));
}

static bool is_address_byte(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_alpha(c) || ascii_is_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~.-", c) != NULL);
}

/* Whatever looks like an address in our own words, or in a header field. */
const char *making_mask_text(struct making *making, const char *text)
{
    if (!making->is_masked || strchr(text, '@') == NULL)
        return text;
    char *out = talloc_strdup(making->owner, "");
    for (const char *at; out != NULL && (at = strchr(text, '@')) != NULL;) {
        const char *from = at, *end = at + 1;
        while (from > text && is_address_byte(from[-1]))
            from--;
        while (ascii_is_alpha(*end) || ascii_is_digit(*end) || *end == '.' || *end == '-')
            end++;
        const struct slice address = slice_make(from, (size_t)(end - from));
        const bool is_own = slice_equal_nocase(address, making->own);
        out = talloc_asprintf_append_buffer(out, "%.*s%.*s%.*s", (int)(from - text), text,
                                            is_own ? (int)(at - from) : 3, is_own ? from : "***",
                                            (int)(end - at), at);
        text = end;
    }
    if (out != NULL)
        out = talloc_asprintf_append_buffer(out, "%s", text);
    return making_keep(making, out);
}

const char *story_moment(void *owner, int64_t time_us)
{
    char text[64];
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(text, sizeof text, "%e %b %Y %H:%M:%S %Z", &local);
    const char *copy = talloc_strdup(owner, text[0] == ' ' ? text + 1 : text);
    return copy == NULL ? "" : copy;
}

const char *making_bytes(struct making *making, uint64_t bytes)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    report_write_bytes(&text, bytes);
    const char *copy = making_keep(making, talloc_strdup(making->owner, strbuf_text(&text)));
    strbuf_deinit(&text);
    return copy;
}
