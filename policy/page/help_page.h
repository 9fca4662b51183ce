/*
 * The customers' help page as a document: blocks in their order, made from the effective configuration.
 * Rendered as text (help_text.c) and as HTML (help_html.c). For the files of this room.
 */
#ifndef CLOSEDRELAY_PAGE_HELP_PAGE_H
#define CLOSEDRELAY_PAGE_HELP_PAGE_H

#include "engine/engine.h"
#include "page/page_words.h"
#include "words/page_settings.h"
#include "words/replies.h"

enum help_kind {
    HELP_HEADING,    /* begins a section; has an anchor */
    HELP_SUBHEADING, /* may have an anchor */
    HELP_TEXT,
    HELP_ITEM,  /* of a list: those that follow each other belong together */
    HELP_STEP,  /* of a numbered list, the same */
    HELP_VALUE, /* name and text, the same */
    HELP_CODE,
    HELP_REPLY, /* a refusal: anchor, name ("size.message_too_large"), text as customers read it */
};

/* Texts are UTF-8, never NULL, and belong to the page. */
struct help_block {
    enum help_kind kind;
    const char *anchor; /* "" for none */
    const char *name, *text;
};

struct help_page {
    void *owner; /* talloc context of all that is made */
    enum language language;
    const struct policy_snapshot *snapshot;
    const struct page_settings *settings;
    const char *host; /* what customers enter as outgoing server */
    const char *title;
    struct help_block *blocks;
    size_t count, capacity;
    bool failed; /* memory ran out: the page is not whole */
};

/* The whole page; a talloc child of `owner`. `machine` is this machine's name. NULL: no memory. */
struct help_page *help_page_make(void *owner, const struct policy_snapshot *snapshot, enum language language,
                                 const char *machine);

/* Renderers. */
void help_page_text(const struct help_page *page, struct strbuf *out);
/* What stands between the frame's parts. */
void help_html_contents(const struct help_page *page, struct strbuf *out);
void help_html_blocks(const struct help_page *page, struct strbuf *out);

/* ---- for who builds ----------------------------------------------------------------------------------- */

/* A word of the page in its language with values filled in, which end in one without a name; belongs to the
 * page. */
const char *help_words(struct help_page *page, enum page_word word, const struct reply_value *values);
const char *help_word(struct help_page *page, enum page_word word);
/* Of a duration in µs: "1 hour", "90 days". */
const char *help_period(struct help_page *page, int64_t us);

void help_add(struct help_page *page, enum help_kind kind, const char *anchor, const char *name,
              const char *text);
void help_heading(struct help_page *page, const char *anchor, enum page_word word);
void help_say(struct help_page *page, enum help_kind kind, enum page_word word,
              const struct reply_value *values);

/* Customers log in: the settings of that role. */
const void *help_settings(const struct help_page *page, const struct check *check);

void help_add_rules(struct help_page *page);
void help_add_files(struct help_page *page);
void help_add_setup(struct help_page *page);
void help_add_refusals(struct help_page *page);
void help_add_lists(struct help_page *page);
void help_add_privacy(struct help_page *page);
void help_add_port_25(struct help_page *page);

#endif
