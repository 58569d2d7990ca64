/*
 * Tax documents: what is read as valid is its own normal form.
 */

#include "aud_tax_document.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char                       out[AUD_TAX_DOCUMENT_LEN + 1];
    char                       again[AUD_TAX_DOCUMENT_LEN + 1];
    aud_tax_document_status_t  status;

    status = aud_tax_document_normalise(aud_str((const char *) data, len),
                                        out);
    REQUIRE((out[0] != '\0') == aud_tax_document_valid(status));

    if (out[0]) {
        REQUIRE(aud_tax_document_normalise(aud_str(out, strlen(out)), again)
                == status);
        REQUIRE(strcmp(out, again) == 0);
    }

    return 0;
}
