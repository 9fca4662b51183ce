/*
 * Characters of names as programs read, fold and drop them. Pure functions, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_NAME_TEXT_H
#define CLOSEDRELAY_SCAN_MIME_NAME_TEXT_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum name_text_kind {
    NAME_TEXT_CHARACTER,
    NAME_TEXT_LOOSE, /* none by RFC 3629 (overlong, a surrogate, above U+10FFFF): kept, replaced or dropped */
    NAME_TEXT_INVALID, /* one byte that is no UTF-8 */
};

/* Decodes one character at the front of `s`, which is not empty. Returns its length; `*code` is the byte
 * itself where it is invalid. */
size_t name_text_decode(struct slice s, uint32_t *code, enum name_text_kind *kind);

/* The ASCII character, in lower case, that some program makes of `code`: itself, a compatibility form, its
 * base letter (Unicode's NFKC, code page 1252's best fit); '\0': none. */
char name_text_look(uint32_t code);

/* Whether nothing is shown of `code`, or it only changes what stands before it. */
bool name_text_is_invisible(uint32_t code);

/* Whether `code` changes the order in which a name is shown. */
bool name_text_is_bidi_control(uint32_t code);

/* The length of the character reference of HTML (&#46; &#x2e; &period;) at the front of `s`, and the ASCII
 * character it stands for: a control for one that is invisible. 0: there is none for such. Its semicolon may
 * be missing at the end. */
size_t name_text_reference(struct slice s, char *character);

/* Whether `c` is a control character of ASCII. */
bool name_text_is_control(char c);

#endif
