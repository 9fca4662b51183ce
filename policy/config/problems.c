#include "config/problems.h"

#include "config/text_file.h"

#include <talloc.h>

struct config_problems {
    char *lines[CONFIG_PROBLEMS_SHOWN];
    size_t line_count;
    size_t error_count;
    size_t left_out_count;
    bool out_of_memory;
};

struct config_problems *config_problems_create(void *owner)
{
    return talloc_zero(owner, struct config_problems);
}

static void append_place(struct strbuf *line, struct config_place place)
{
    if (place.file == NULL)
        strbuf_append_text(line, "(built-in default)");
    else if (place.line == 0)
        strbuf_append_text(line, place.file);
    else
        strbuf_printf(line, "%s:%u:%u", place.file, place.line, place.column);
}

static bool already_told(const struct config_problems *problems, const char *line)
{
    for (size_t i = 0; i < problems->line_count; i++)
        if (strcmp(problems->lines[i], line) == 0)
            return true;
    return false;
}

static void keep_line(struct config_problems *problems, struct strbuf *line, bool is_error)
{
    if (line->length > 0)
        text_hide_controls(line->data, line->length);
    if (already_told(problems, strbuf_text(line)))
        return;
    problems->error_count += is_error;
    if (problems->line_count == CONFIG_PROBLEMS_SHOWN) {
        problems->left_out_count++;
        return;
    }
    char *kept = talloc_strdup(problems, strbuf_text(line));
    if (kept == NULL)
        problems->out_of_memory = true;
    else
        problems->lines[problems->line_count++] = kept;
}

void config_problem_add(struct config_problems *problems, enum config_problem_kind kind,
                        const struct config_problem_about *about, const char *format, va_list arguments)
{
    static const char *const kinds[] = {": error: ", ": warning: ", ": notice: "};
    const bool is_error = kind == CONFIG_PROBLEM_ERROR;
    struct strbuf line;
    strbuf_init(&line, 0);
    append_place(&line, about->place);
    strbuf_append_text(&line, kinds[kind]);
    if (about->subject != NULL)
        strbuf_printf(&line, "%s: ", about->subject);
    strbuf_vprintf(&line, format, arguments);
    if (line.failed)
        problems->out_of_memory = true;
    else
        keep_line(problems, &line, is_error);
    strbuf_deinit(&line);
}

void config_problem_error(struct config_problems *problems, struct config_place place, const char *format,
                          ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_problem_add(problems, CONFIG_PROBLEM_ERROR, &(struct config_problem_about){place, NULL}, format,
                       arguments);
    va_end(arguments);
}

void config_problem_warning(struct config_problems *problems, struct config_place place, const char *format,
                            ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_problem_add(problems, CONFIG_PROBLEM_WARNING, &(struct config_problem_about){place, NULL}, format,
                       arguments);
    va_end(arguments);
}

void config_problem_out_of_memory(struct config_problems *problems)
{
    problems->out_of_memory = true;
}

size_t config_problems_error_count(const struct config_problems *problems)
{
    return problems->error_count + (problems->out_of_memory ? 1 : 0);
}

void config_problems_render(const struct config_problems *problems, struct strbuf *out)
{
    for (size_t i = 0; i < problems->line_count; i++) {
        strbuf_append_text(out, problems->lines[i]);
        strbuf_append_byte(out, '\n');
    }
    if (problems->left_out_count != 0)
        strbuf_printf(out, "…and %zu more\n", problems->left_out_count);
    if (problems->out_of_memory)
        strbuf_append_text(out, "(configuration): error: out of memory\n");
}

struct config_excerpt config_excerpt_of(struct slice text)
{
    static const char ellipsis[] = "…";
    struct config_excerpt excerpt;
    const size_t most = sizeof excerpt.text - sizeof ellipsis;
    size_t length = text.length;
    if (length > most)
        for (length = most; length > 0 && ((unsigned char)text.data[length] & 0xc0U) == 0x80;)
            length--;
    if (length > 0)
        memcpy(excerpt.text, text.data, length);
    memcpy(excerpt.text + length, ellipsis, sizeof ellipsis);
    if (length == text.length)
        excerpt.text[length] = '\0';
    return excerpt;
}
