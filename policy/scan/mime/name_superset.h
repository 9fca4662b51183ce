/*
 * All names that the pieces of a damaged field could spell.
 *
 * Outside the strict form (mime/mime_field.h) every mail program makes something else of a field: values end
 * at other places, are joined in other orders, decoded more or less often, and lose other characters. None of
 * these is followed by itself. The field is kept as a few texts, each decoded once more than the one before
 * (encoded words, percent, character references, charsets) and reduced to what can be a part of an extension;
 * then the question is only whether an extension can be spelled:
 *   - in a text, from a dot on, with anything between its letters that some program drops (quotes, comments,
 * backslashes, controls, folds, punctuation, what is no ASCII) or one puts an x in place of, up to where a
 * name can end;
 *   - where stars number pieces, by any pieces in any order.
 * That is more than any program does, and honest damage hardly ever spells one. Extensions that are words or
 * domains too (com, app, url …) count only where a value ends, not before a blank.
 *
 * Belongs to its talloc owner; asking is pure and thread-safe.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_NAME_SUPERSET_H
#define CLOSEDRELAY_SCAN_MIME_NAME_SUPERSET_H

#include "scan/mime/name_set.h"

#include <stdbool.h>

enum {
    NAME_SUPERSET_FIELD_BYTES = 16384, /* of a longer field the rest is left out, which is told */
    NAME_SUPERSET_TEXTS = 256,
    NAME_SUPERSET_PIECES = 256,
    NAME_SUPERSET_EXTENSION_BYTES = 40,
    NAME_SUPERSET_DECODED_BYTES = 1 << 20, /* that go through a step of decoding */
    NAME_SUPERSET_STEPS = 1 << 17,         /* of spelling, a millisecond */
};

struct name_superset {
    struct name_set texts;  /* reduced; distinct */
    struct name_set pieces; /* reduced values of fields with stars, in no order */
    size_t decoded_bytes;
    size_t spelling_steps; /* as measured */
    bool has_too_many_spellings;
};

void name_superset_init(struct name_superset *superset, void *owner);

/* Adds a field's value; one in which nothing can be called a name adds nothing. */
void name_superset_add(struct name_superset *superset, struct slice field);

/* Whether anything was added. */
bool name_superset_is_empty(const struct name_superset *superset);

/* Calls `visit` for every extension (lower-case, valid during the call) that a text spells, or two pieces do,
 * until it returns false. Returns false if it did. */
bool name_superset_visit(const struct name_superset *superset,
                         bool (*visit)(void *context, struct slice extension), void *context);

/* Whether pieces, any number of them in any order, spell a name that ends in a dot and `extension`
 * (lower-case). */
bool name_superset_pieces_spell(const struct name_superset *superset, struct slice extension);

/* Counts the ways to spell what was added, after the last was and before it is asked about limits. */
void name_superset_measure(struct name_superset *superset);

/* Units of work (about a nanosecond each) that adding, and all asking, takes of what was measured. */
uint64_t name_superset_work(const struct name_superset *superset);

/* Whether something was left out: too long, or too much of it, or too many ways to spell it. */
bool name_superset_is_over_limit(const struct name_superset *superset);

bool name_superset_failed(const struct name_superset *superset);

#endif
