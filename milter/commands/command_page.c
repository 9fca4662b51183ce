/* `closedrelay page`: the customers' help page, from the effective configuration. */
#include "command.h"

#include "policy_page.h"
#include "problems.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { TEMPLATE_BYTES_MAX = 1000000 };

struct page_command_options {
    const char *config_path, *html, *language;
};

static bool is_language(const char *tag)
{
    for (const char *const *known = policy_page_languages; *known != NULL; known++)
        if (strcmp(*known, tag) == 0)
            return true;
    return false;
}

/* What the page is made of, but for its language. */
struct making {
    const struct policy_snapshot *snapshot;
    struct policy_page_options options;
    char machine[256];
    struct strbuf template_text;
};

static bool read_template(const char *path, struct strbuf *text)
{
    char block[4096];
    size_t length;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        complain(path, "the page's template cannot be read: %s", strerror(errno));
        return false;
    }
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        strbuf_append(text, block, length);
    const bool good = ferror(file) == 0 && !text->failed && memchr(text->data, '\0', text->length) == NULL;
    fclose(file);
    if (!good)
        complain(path, "the page's template cannot be read: it is no text, or larger than 1 MB");
    return good;
}

/* Written beside and moved into place: who looks at the page meanwhile sees the old one or the new one. */
static bool write_file(const char *folder, const char *name, const struct strbuf *text)
{
    char path[4096], beside[sizeof path + 8];
    const int length = snprintf(path, sizeof path, "%s/%s.html", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        complain("--html", "the name of the folder is too long");
        return false;
    }
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "we");
    bool good = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    good = file != NULL && fclose(file) == 0 && good && rename(beside, path) == 0;
    if (!good) {
        complain(path, "this cannot be written: %s", strerror(errno));
        unlink(beside);
        return false;
    }
    puts(path);
    return true;
}

static int write_page(const struct making *making, const char *folder, const char *name, const char *language)
{
    struct policy_page_options options = making->options;
    struct strbuf text, problem;
    const char *template_path = policy_page_template(making->snapshot);
    options.language = language;
    strbuf_init(&text, 0);
    strbuf_init(&problem, 0);
    int status = EX_OK;
    if (!policy_page_html(making->snapshot, &options, &text, &problem)) {
        complain(template_path[0] == '\0' ? "page" : template_path, "%s", strbuf_text(&problem));
        status = EX_DATAERR;
    } else if (!write_file(folder, name, &text)) {
        status = EX_CANTCREAT;
    }
    strbuf_deinit(&text);
    strbuf_deinit(&problem);
    return status;
}

/* One page in the language asked for, or all, and the one in the language of refusals as the first. */
static int write_pages(struct making *making, const struct page_command_options *options)
{
    const char *template_path = policy_page_template(making->snapshot);
    const char *language =
        options->language != NULL ? options->language : policy_page_language(making->snapshot);
    if (template_path[0] != '\0') {
        if (!read_template(template_path, &making->template_text))
            return EX_NOINPUT;
        making->options.template_text = strbuf_text(&making->template_text);
    }
    if (mkdir(options->html, 0755) != 0 && errno != EEXIST) {
        complain(options->html, "this folder cannot be made: %s", strerror(errno));
        return EX_CANTCREAT;
    }
    making->options.has_others = options->language == NULL;
    int status = write_page(making, options->html, "index", language);
    for (size_t i = 0; status == EX_OK && making->options.has_others && policy_page_languages[i] != NULL; i++)
        status = write_page(making, options->html, policy_page_languages[i], policy_page_languages[i]);
    return status;
}

static int print_page(const struct making *making, const char *language)
{
    struct policy_page_options options = making->options;
    struct strbuf text, problem;
    options.language = language != NULL ? language : policy_page_language(making->snapshot);
    strbuf_init(&text, 0);
    strbuf_init(&problem, 0);
    int status = EX_OK;
    if (!policy_page_text(making->snapshot, &options, &text, &problem)) {
        complain("page", "%s", strbuf_text(&problem));
        status = EX_OSERR;
    } else if (fputs(strbuf_text(&text), stdout) < 0 || fflush(stdout) != 0) {
        status = EX_IOERR;
    }
    strbuf_deinit(&text);
    strbuf_deinit(&problem);
    return status;
}

static int run(struct command_call *call)
{
    const struct page_command_options *options = call->options;
    struct making making = {.options = {.machine = making.machine}};
    if (options->language != NULL && !is_language(options->language)) {
        complain("--lang", "there is no '%s': write en, de, fr or es", options->language);
        return EX_USAGE;
    }
    if (gethostname(making.machine, sizeof making.machine - 1) != 0)
        strcpy(making.machine, "localhost");
    struct policy_snapshot *snapshot = problems_load_policy(options_config(options->config_path));
    if (snapshot == NULL)
        return EX_CONFIG;
    making.snapshot = snapshot;
    strbuf_init(&making.template_text, TEMPLATE_BYTES_MAX);
    const int status =
        options->html != NULL ? write_pages(&making, options) : print_page(&making, options->language);
    strbuf_deinit(&making.template_text);
    policy_snapshot_unref(snapshot);
    return status;
}

static const struct option options[] = {
    {"html", '\0', OPTION_TEXT, offsetof(struct page_command_options, html), "DIR",
     "write index.html into DIR, and without --lang en.html, de.html, fr.html and es.html beside it"},
    {"lang", 'l', OPTION_TEXT, offsetof(struct page_command_options, language), "LANGUAGE",
     "en, de, fr or es; that of replies.lang if nothing is said"},
    {"config", 'c', OPTION_TEXT, offsetof(struct page_command_options, config_path), "FILE",
     "the configuration; /etc/closedrelay/closedrelay.yaml if there is one"},
    {0},
};

const struct command page_command = {
    .name = "page",
    .arguments = "",
    .help = "make the customers' help page from the configuration",
    .summary =
        "Prints what customers have to know of this server, made from the effective configuration: each limit with its\n"
        "number, which files are refused and what to do instead, how to set up their programs, what each refusal means,\n"
        "how to get off a block list, what is logged. replies.help_url is the address it is put at.",
    .options = options,
    .options_bytes = sizeof(struct page_command_options),
    .run = run,
};
