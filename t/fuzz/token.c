/*
 * Link tokens: a text either is one that the keys signed, to the letter, or is
 * forged.
 */

#include "aud_token.h"
#include "pieces.h"

#define NOW  1764000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


/* What verifies is what the same keys would sign for its content. */

static void
verify(const aud_link_keys_t *keys, aud_str_t text)
{
    char                again[AUD_TOKEN_MAX + 1];
    size_t              n;
    aud_token_t         token;
    aud_token_status_t  status;

    status = aud_token_verify(keys, text, NOW, &token);

    if (status == AUD_TOKEN_FORGED) {
        return;
    }

    REQUIRE((status == AUD_TOKEN_EXPIRED) == (token.expires <= NOW));
    n = aud_token_sign(keys, &token, again);
    REQUIRE(aud_str_equal(text, aud_str(again, n)));
}


/* data as a change to a good token: byte, new value, byte, new value … */

static void
alter(const aud_link_keys_t *keys, const uint8_t *data, size_t len)
{
    char         text[AUD_TOKEN_MAX + 1], good[AUD_TOKEN_MAX + 1];
    size_t       i, n;
    aud_token_t  token = { "demo", { { 1, 2, 3 } }, NOW + 100 }, read;

    n = aud_token_sign(keys, &token, good);
    memcpy(text, good, n);

    for (i = 0; i + 1 < len; i += 2) {
        text[data[i] % n] = (char) data[i + 1];
    }

    REQUIRE(aud_token_verify(keys, aud_str(text, n), NOW, &read)
            == (memcmp(text, good, n) ? AUD_TOKEN_FORGED : AUD_TOKEN_OK));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    aud_link_keys_t  keys = { 1, { { "k1", { 1, 2, 3, 4, 5 }, 32 } } };

    verify(&keys, aud_str((const char *) data, len));
    alter(&keys, data, len);

    return 0;
}
