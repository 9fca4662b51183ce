#include "base/waiting.h"

#include <stddef.h>

static void (*listener)(void);

void waiting_tell(void (*told)(void))
{
    listener = told;
}

void waiting_begins(void)
{
    if (listener != NULL)
        listener();
}
