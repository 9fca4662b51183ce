#include "scan/mime/mime_entity.h"

#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_short(void *context, struct slice extension)
{
    (void)context;
    if (extension.length == 0 || extension.length > NAME_SUPERSET_EXTENSION_BYTES)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mime_limits limits = {64, 2000, 1000, 65536, 64, 8, 100};
    static const char *const fields[] = {"Content-Type", "Content-Disposition", "Content-Transfer-Encoding"};
    void *owner = talloc_new(NULL);
    struct mime_entity entity;
    mime_entity_init(&entity, owner, &limits);
    for (size_t i = 0; i < 3; i++)
        mime_entity_header(&entity, slice_of(fields[i]), slice_make((const char *)data, size));
    mime_entity_finish(&entity, false);
    /* What can be spelled may be asked of anything. */
    name_superset_visit(&entity.parameters.superset, is_short, NULL);
    name_superset_pieces_spell(&entity.parameters.superset, slice_of("exe"));
    if (mime_entity_failed(&entity) || entity.parameters.names.count > limits.names_per_part)
        abort();
    talloc_free(owner);
    return 0;
}
