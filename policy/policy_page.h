/*
 * The customers' help page: what is asked of them, how to set up their programs, and what each refusal means,
 * made from the effective configuration. Under the anchors that refusals link to (`replies.help_url`).
 */
#ifndef CLOSEDRELAY_POLICY_PAGE_H
#define CLOSEDRELAY_POLICY_PAGE_H

#include "policy.h"

/* The tags of the languages there are ("en", …), ended by NULL. */
extern const char *const policy_page_languages[];

/* The language that refusals speak without role or override. */
const char *policy_page_language(const struct policy_snapshot *snapshot);

/* The file of `page.template`; "" for none. */
const char *policy_page_template(const struct policy_snapshot *snapshot);

struct policy_page_options {
    const char *language; /* a tag of policy_page_languages */
    const char *machine;  /* this machine's name, for where no smtp_host is configured */
    /* Of HTML: whether "en.html" and the others lie beside it, to be linked to. */
    bool has_others;
    const char *template_text; /* the text of the template; NULL: the shipped frame */
};

/* Appends the page. False: `problem` says why. */
bool policy_page_text(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem);
bool policy_page_html(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem);

#endif
