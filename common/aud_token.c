#include "aud_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define VERSION     1
#define DIGEST_LEN  32

/* version, key id, expiry, tenant, export id, digest */
#define BYTES_MAX   (1 + 1 + 16 + 8 + 1 + 64 + 16 + DIGEST_LEN)

typedef struct {
    uint8_t  data[BYTES_MAX];
    size_t   len;
} token_bytes_t;

static void put(token_bytes_t *b, const void *data, size_t len);
static void put_number(token_bytes_t *b, uint64_t v, size_t len);
static int digest(const aud_link_key_t *key, const uint8_t *data, size_t len,
    uint8_t out[DIGEST_LEN]);
static const aud_link_key_t *find_key(const aud_link_keys_t *keys,
    const uint8_t *id, size_t len);
static int read_fields(const aud_link_keys_t *keys, const token_bytes_t *b,
    const aud_link_key_t **key, aud_token_t *token);
static size_t base64url_encode(const token_bytes_t *b, char *out);
static int base64url_decode(aud_str_t text, token_bytes_t *b);

static const char  alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


size_t
aud_token_sign(const aud_link_keys_t *keys, const aud_token_t *token,
    char out[AUD_TOKEN_MAX + 1])
{
    size_t                 id_len, tenant_len;
    uint8_t                mac[DIGEST_LEN];
    token_bytes_t          b;
    const aud_link_key_t  *key;

    if (keys->n == 0) {
        return 0;
    }

    key = &keys->keys[0];
    id_len = strnlen(key->id, sizeof(key->id) - 1);
    tenant_len = strnlen(token->tenant, sizeof(token->tenant) - 1);

    b.len = 0;
    put_number(&b, VERSION, 1);
    put_number(&b, id_len, 1);
    put(&b, key->id, id_len);
    put_number(&b, token->expires, 8);
    put_number(&b, tenant_len, 1);
    put(&b, token->tenant, tenant_len);
    put(&b, token->export_id.bytes, sizeof(token->export_id.bytes));

    if (digest(key, b.data, b.len, mac) != 0) {
        return 0;
    }

    put(&b, mac, DIGEST_LEN);

    return base64url_encode(&b, out);
}


aud_token_status_t
aud_token_verify(const aud_link_keys_t *keys, aud_str_t text, int64_t now,
    aud_token_t *token)
{
    size_t                 signed_len;
    uint8_t                mac[DIGEST_LEN];
    aud_token_t            read;
    token_bytes_t          b;
    const aud_link_key_t  *key;

    if (base64url_decode(text, &b) != 0
        || read_fields(keys, &b, &key, &read) != 0)
    {
        return AUD_TOKEN_FORGED;
    }

    signed_len = b.len - DIGEST_LEN;

    if (digest(key, b.data, signed_len, mac) != 0) {
        return AUD_TOKEN_NO_MEMORY;
    }

    if (CRYPTO_memcmp(mac, b.data + signed_len, DIGEST_LEN) != 0) {
        return AUD_TOKEN_FORGED;
    }

    *token = read;

    return now < token->expires ? AUD_TOKEN_OK : AUD_TOKEN_EXPIRED;
}


static void
put(token_bytes_t *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += len;
}


static void
put_number(token_bytes_t *b, uint64_t v, size_t len)
{
    while (len--) {
        b->data[b->len++] = (uint8_t) (v >> (8 * len));
    }
}


static int
digest(const aud_link_key_t *key, const uint8_t *data, size_t len,
    uint8_t out[DIGEST_LEN])
{
    return HMAC(EVP_sha256(), key->key, (int) key->len, data, len, out, NULL)
           ? 0 : -1;
}


static const aud_link_key_t *
find_key(const aud_link_keys_t *keys, const uint8_t *id, size_t len)
{
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        if (strlen(keys->keys[i].id) == len
            && memcmp(keys->keys[i].id, id, len) == 0)
        {
            return &keys->keys[i];
        }
    }

    return NULL;
}


/* Every length is checked before what it counts is read; nothing may be left
 * over, so that a token has one form. */

static int
read_fields(const aud_link_keys_t *keys, const token_bytes_t *b,
    const aud_link_key_t **key, aud_token_t *token)
{
    size_t          i, at, id_len, tenant_len;
    uint64_t        expires;
    const uint8_t  *p;

    p = b->data;

    if (b->len < 2 || p[0] != VERSION) {
        return -1;
    }

    id_len = p[1];
    at = 2 + id_len + 8;

    if (b->len <= at) {
        return -1;
    }

    *key = find_key(keys, p + 2, id_len);
    tenant_len = p[at];

    if (*key == NULL || b->len != at + 1 + tenant_len + 16 + DIGEST_LEN
        || !aud_tenant_valid((const char *) p + at + 1, tenant_len))
    {
        return -1;
    }

    for (expires = 0, i = 2 + id_len; i < at; i++) {
        expires = expires << 8 | p[i];
    }

    if (expires > INT64_MAX) {
        return -1;
    }

    memset(token, 0, sizeof(aud_token_t));
    token->expires = (int64_t) expires;
    memcpy(token->tenant, p + at + 1, tenant_len);
    memcpy(token->export_id.bytes, p + at + 1 + tenant_len, 16);

    return 0;
}


/* RFC 4648, section 5, without padding. */

static size_t
base64url_encode(const token_bytes_t *b, char *out)
{
    size_t    i, n;
    unsigned  bits;
    uint32_t  v;

    v = 0;
    n = 0;
    bits = 0;

    for (i = 0; i < b->len; i++) {
        v = v << 8 | b->data[i];

        for (bits += 8; bits >= 6; bits -= 6) {
            out[n++] = alphabet[v >> (bits - 6) & 63];
        }
    }

    if (bits) {
        out[n++] = alphabet[v << (6 - bits) & 63];
    }

    out[n] = '\0';

    return n;
}


static int
base64url_decode(aud_str_t text, token_bytes_t *b)
{
    size_t       i;
    unsigned     bits;
    uint32_t     v;
    const char  *at;

    v = 0;
    bits = 0;
    b->len = 0;

    if (text.len > AUD_TOKEN_MAX || text.len % 4 == 1) {
        return -1;
    }

    for (i = 0; i < text.len; i++) {
        at = memchr(alphabet, text.data[i], 64);

        if (at == NULL) {
            return -1;
        }

        v = v << 6 | (uint32_t) (at - alphabet);
        bits += 6;

        if (bits >= 8) {
            bits -= 8;

            if (b->len == sizeof(b->data)) {
                return -1;
            }

            b->data[b->len++] = (uint8_t) (v >> bits);
        }
    }

    /* The bits that no byte took must be zero. */

    return (v & ((1u << bits) - 1)) == 0 ? 0 : -1;
}
