/* The whole loader over a schema with every kind of row; what loads must print to something that loads as
 * well. */
#include "config/load.h"
#include "config/print.h"
#include "../unit/config_test_schema.h"

#include <assert.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *owner = talloc_new(NULL);
    struct config_problems *problems = config_problems_create(owner);
    const struct config_subject subject = {ROLE_SUBMISSION, "a", "d", "c", NULL, "s@d"};
    struct strbuf out;
    strbuf_init(&out, 0);
    const struct config_document *document =
        config_document_read(owner, &test_schema, "c", slice_make((const char *)data, size), problems);
    assert((document == NULL) == (config_problems_error_count(problems) != 0));
    config_problems_render(problems, &out);
    if (document != NULL && memmem(data, size, "file:", 5) == NULL) {
        strbuf_reset(&out);
        config_document_print(document, &out);
        assert(config_document_read(owner, &test_schema, "p", strbuf_slice(&out), problems) != NULL);
        assert(config_document_effective(document, TEST_RECIPIENTS, &subject, owner) != NULL);
    }
    strbuf_deinit(&out);
    talloc_free(owner);
    return 0;
}
