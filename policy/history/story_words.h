/* What reasons mean, and what helps against them. Private to story.c. */
#ifndef CLOSEDRELAY_HISTORY_STORY_WORDS_H
#define CLOSEDRELAY_HISTORY_STORY_WORDS_H

/*
 * Texts in which {user}, {domain}, {client}, {sender}, {to} (the recipient's domain), {detail}, {seen},
 * {limit} and {when} (the condition of an override for whom the message was from) are put in.
 */
struct story_reason {
    const char *check, *reason; /* NULL: any */
    const char *meaning;        /* goes on the sentence "Refused …: " */
    const char *changes[3];     /* what would change it: for the sender first, then for the admin */
    const char *override;       /* keys of an override that would, or NULL */
    const char *useless;        /* what would not, or NULL */
};

/* Never NULL: what is not known has a row too. */
const struct story_reason *story_reason_find(const char *check, const char *reason);

/* How a role was found, in words. */
const char *story_role_words(const char *role, const char *role_reason);

#endif
