/* libmilter's functions as tests want them: what was asked of them is kept, what they answer is set. */
#ifndef CLOSEDRELAY_TEST_FAKE_MILTER_H
#define CLOSEDRELAY_TEST_FAKE_MILTER_H

#include <libmilter/mfapi.h>

enum { FAKE_MACROS_MAX = 16 };

struct fake_milter {
    /* of smfi_setreply */
    int setreply_result;
    unsigned setreply_failures; /* so many calls fail first */
    char code[8], enhanced[16], text[1024];
    /* edits, in order: "-<a@b> +X-Name=value ?reason " */
    char edits[1024];
    int edit_result;
    /* macros: name, value */
    const char *macros[FAKE_MACROS_MAX][2];
    /* of smfi_setsymlist, by stage */
    char lists[SMFIM_LAST + 1][512];
    int list_result;
};

extern struct fake_milter fake_milter;

void fake_milter_reset(void);

#endif
