/*
 * What a message carries, as its scan found it (content/content_scan.h). Facts only: whether a name is
 * blocked or a condition refused is the attachments check's business.
 *
 * Everything here belongs to the talloc context the scan was created under.
 */
#ifndef CLOSEDRELAY_FACTS_ATTACHMENT_H
#define CLOSEDRELAY_FACTS_ATTACHMENT_H

#include "base/slice.h"

#include <stdint.h>

/* Why an attachment could not be, or not fully be, judged by its names. One bit each. */
enum attachment_condition {
    ATTACHMENT_ENCRYPTED = 1 << 0,     /* content or index cannot be read without a password */
    ATTACHMENT_UNINSPECTABLE = 1 << 1, /* damaged, unsupported or contradictory container */
    ATTACHMENT_AMBIGUOUS = 1 << 2,     /* clients or unpackers disagree on what it is, and not all was read */
    ATTACHMENT_OVER_BUDGET = 1 << 3,   /* a bound of the scan was reached: the rest was not read */
    ATTACHMENT_PARTIAL = 1 << 4,       /* message/partial: a piece of a message sent elsewhere */
    /* mail clients disagree on what it is; all that they make of it was read and is told like anything else
     */
    ATTACHMENT_ALTERNATIVES = 1 << 5,
    ATTACHMENT_MACROS = 1 << 6, /* a document with programs of its own in it (VBA) */
};

enum { ATTACHMENT_CONDITION_COUNT = 7 };

/* `executable` of a text that begins with "#!" and a path. */
#define ATTACHMENT_SCRIPT "script"

struct name_superset;

struct attachment {
    /* Where it is, for people: "invoice.zip > scan.pdf.exe", or "(part 2)" where it has no name. UTF-8. */
    const char *path;
    /* Every name under which some client would show it: raw and decoded, without duplicates. */
    struct slice *names;
    size_t name_count;
    /* Of fields outside their strict form: all names that they may spell; else NULL. */
    struct name_superset *superset;
    /* What its content is if that runs when opened ("Windows program"; ATTACHMENT_SCRIPT), else NULL. */
    const char *executable;
    /* Of a script: the extension that files of its interpreter have ("pl"), or NULL where that is not known.
     */
    const char *script_extension;
    /* attachment_condition bits, and for each set bit (by bit number) why, in words for the record. */
    unsigned conditions;
    const char *condition_reason[ATTACHMENT_CONDITION_COUNT];
    /* Decoded bytes, where the scan saw them all; else what it saw. */
    uint64_t size_bytes;
    /* A member of an archive: its bytes are part of the archive's own. */
    bool is_member;
    /* Such a member of a document: no file to its reader. */
    bool is_part_of_document;
    bool is_from_second_pass; /* found by a second look at what others were read from; they come last */
};

struct attachment_list {
    struct attachment *items;
    size_t count;
};

#endif
