/*
 * Names of people, two to an input with a newline between them: canonical forms
 * are fixed points and bounded, comparing is symmetric.
 */

#include "aud_person_name.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static void
canonical(aud_buffer_t *out, aud_str_t text)
{
    aud_buffer_t  again = { 0 };

    aud_person_name_canonical(out, text);
    REQUIRE(out->len <= AUD_PERSON_NAME_LEN);
    aud_person_name_canonical(&again, aud_buffer_str(out));
    REQUIRE(aud_str_equal(aud_buffer_str(out), aud_buffer_str(&again)));
    aud_buffer_free(&again);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t          first;
    aud_str_t       x, y;
    const char     *text = (const char *) data, *newline;
    aud_buffer_t    a = { 0 }, b = { 0 };

    newline = len ? memchr(text, '\n', len) : NULL;
    first = newline ? (size_t) (newline - text) : len;

    canonical(&a, aud_str(text, first));
    canonical(&b, aud_str(text + first, len - first));
    x = aud_buffer_str(&a);
    y = aud_buffer_str(&b);

    REQUIRE(aud_person_names_compare(x, y) == aud_person_names_compare(y, x));
    REQUIRE(x.len == 0 || aud_person_names_compare(x, x) == AUD_NAMES_SUPPORT);

    aud_buffer_free(&a);
    aud_buffer_free(&b);

    return 0;
}
