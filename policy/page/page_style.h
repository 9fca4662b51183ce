/* The style of the help page, and its hash for the Content-Security-Policy (a test compares them). */
#ifndef CLOSEDRELAY_PAGE_PAGE_STYLE_H
#define CLOSEDRELAY_PAGE_PAGE_STYLE_H

extern const char page_style[];
extern const char page_style_hash[]; /* "sha256-…" */

#endif
