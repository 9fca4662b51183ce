#include "base/text_join.h"

#include <string.h>
#include <talloc.h>

char *text_join(void *owner, const char *first, const char *second, const char *third)
{
    const size_t first_length = strlen(first), second_length = strlen(second), third_length = strlen(third);
    char *text = talloc_size(owner, first_length + second_length + third_length + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, first, first_length);
    memcpy(text + first_length, second, second_length);
    memcpy(text + first_length + second_length, third, third_length + 1);
    return text;
}
