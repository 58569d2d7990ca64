/*
 * Redaction: what comes out is UTF-8, the same each time, and has no ten digits
 * in a row, which no price has and every phone and document does.  The first
 * line of an input is a name that is known.
 */

#include "aud_text.h"
#include "pieces.h"
#include "redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static void
redact(const redaction_t *known, aud_str_t text, aud_buffer_t *out)
{
    redaction_run_t  *run;

    run = redaction_begin(known);
    redaction_text(run, text, out);
    redaction_end(run);
    REQUIRE(!out->failed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t         i, first, digits = 0;
    aud_str_t      rest;
    const char    *text = (const char *) data, *newline;
    redaction_t   *known;
    aud_buffer_t   out = { 0 }, again = { 0 };

    newline = len ? memchr(text, '\n', len) : NULL;
    first = newline ? (size_t) (newline - text) : 0;
    rest = aud_str(text + first, len - first);

    known = redaction_create();
    REQUIRE(redaction_name(known, aud_str(text, first)) == 0);
    REQUIRE(redaction_value(known, aud_str(text, first)) == 0);
    redact(known, rest, &out);
    redact(known, rest, &again);

    REQUIRE(aud_str_equal(aud_buffer_str(&out), aud_buffer_str(&again)));
    REQUIRE(aud_utf8_valid(aud_buffer_str(&out)) == out.len);

    for (i = 0; i < out.len; i++) {
        digits = out.data[i] >= '0' && out.data[i] <= '9' ? digits + 1 : 0;
        REQUIRE(digits < 10);
    }

    aud_buffer_free(&out);
    aud_buffer_free(&again);
    redaction_free(known);

    return 0;
}
