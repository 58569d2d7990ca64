/*
 * The reader of requests, beside jansson: both accept the same texts and read
 * the same from them.
 */

#include <stdlib.h>

#include "../unit/json_compare.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* compact, so that a read beyond the end is one beyond the memory */
    char  *text = malloc(size ? size : 1);

    if (size) {
        memcpy(text, data, size);
    }

    if (json_compare(aud_str(text, size)) < 0) {
        abort();
    }

    free(text);

    return 0;
}
