/* Replies: strangers' values in any template that is taken end in one line of SMTP, in ASCII or well-formed
 * UTF-8. */
#include "base/utf8_text.h"
#include "words/reply_words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 480 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_line(const char *text, bool is_utf8)
{
    char line[ROOM];
    const size_t length = reply_clean(line, sizeof line, text, is_utf8);
    require(length <= sizeof line);
    for (size_t at = 0, bytes; at < length; at += bytes) {
        const uint32_t character = utf8_next(slice_make(line + at, length - at), &bytes);
        require(!utf8_is_control(character));
        require(character < 0x80 || (is_utf8 && bytes > 1));
    }
}

/* The value stands for every placeholder of the row. */
static void fill_in(struct reply_words *words, char *names, const char *value)
{
    char *rest = names;
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        reply_words_add(words, &(struct reply_value){name, REPLY_VALUE_TEXT, value, 0});
}

static void try_reply(enum reply_row row, enum language language, bool is_utf8, const char *own,
                      const char *value)
{
    char names[160];
    struct strbuf fault, out;
    strbuf_init(&fault, 0);
    strbuf_init(&out, 0);
    struct reply_words words = {.row = row};
    snprintf(names, sizeof names, "%s", reply_rows[row].placeholders);
    fill_in(&words, names, value);
    const bool is_wrong = reply_template_fault(row, own, &fault);
    require(is_wrong == (fault.length > 0));
    const struct reply_manner manner = {.language = language,
                                        .own = is_wrong ? NULL : own,
                                        .is_utf8 = is_utf8,
                                        .user = value,
                                        .id = "abcdefghjkmn",
                                        .help_url = ""};
    require(reply_words_render(&words, &manner, &out));
    require_line(strbuf_text(&out), is_utf8);
    strbuf_deinit(&fault);
    strbuf_deinit(&out);
}

/* Three bytes of choice, then the template, a line end, the value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    char *text = slice_duplicate(slice_make((const char *)data + 3, size - 3));
    require(text != NULL);
    char *value = strchr(text, '\n');
    if (value != NULL)
        *value++ = '\0';
    try_reply((enum reply_row)(data[0] % REPLY_ROW_COUNT), (enum language)(data[1] % LANGUAGE_COUNT),
              data[2] % 2 != 0, text, value == NULL ? "" : value);
    free(text);
    return 0;
}
