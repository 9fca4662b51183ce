/*
 * One step of decoding a field that is outside the strict form, as some mail program takes it: encoded words,
 * percent codes, character references, or just without what may be dropped before anything is decoded. For
 * mime/name_superset.h, which takes them in any order. Pure functions, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_NAME_STEP_H
#define CLOSEDRELAY_SCAN_MIME_NAME_STEP_H

#include "base/strbuf.h"

/* In the result: the edge of an encoded word. */
enum { NAME_STEP_EDGE = '\1' };

enum name_step {
    NAME_STEP_WORDS,               /* encoded words in their form (RFC 2047) */
    NAME_STEP_LOOSE_WORDS,         /* without regard to their form */
    NAME_STEP_BLANKLESS_WORDS,     /* and without the blanks in them */
    NAME_STEP_PADDED_WORDS,        /* and base64 to its first padding, whatever follows */
    NAME_STEP_WHOLE_WORDS,         /* and base64 without the padding in it, whatever that ends */
    NAME_STEP_DROPPED_WORDS,       /* and each as a comment: who knows no such charset leaves it out */
    NAME_STEP_CLOSED_WORDS,        /* and base64 to "?=", with any "?" in it */
    NAME_STEP_CLOSED_PADDED_WORDS, /* and that to its first padding */
    NAME_STEP_PERCENT,             /* %XX */
    NAME_STEP_LOOSE_PERCENT,       /* whatever some program drops stands between */
    NAME_STEP_STRIPPED,            /* without backslashes and folds */
    NAME_STEP_BLANKLESS,           /* without blanks, where that may make a word */
    NAME_STEP_BARE,                /* without quotes, comments, specials and what is no visible ASCII */
    NAME_STEP_REFERENCES,          /* &name; and &#NUMBER; */
    NAME_STEP_COUNT,
};

/* Appends what the step makes of `text`; nothing where there is nothing for it to do. */
void name_step_append(enum name_step step, struct slice text, struct strbuf *out);

/* Appends the pieces of one value as they stand, without what separates them: `a"; name*1="b` as `ab`. */
void name_step_append_joined(struct slice text, struct strbuf *out);

#endif
