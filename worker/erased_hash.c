/*
 * Keyed hashes of people who were erased.
 */

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "erased_hash.h"


enum { HASH_NONE = 0, HASH_PERSON, HASH_NAMELESS };


struct erased_hasher_s {
    EVP_MAC_CTX   *mac;             /* with the key in it */
    aud_buffer_t   name;            /* canonical */
    char           tenant[65];
};


static int hasher_run(erased_hasher_t *h, char what, const void *head,
    size_t head_len, aud_str_t text, uint8_t out[ERASED_HALF]);
static size_t hash_seek(const erased_hash_t *list, size_t n,
    const uint8_t value[ERASED_HALF]);
static int hash_match_names(erased_hasher_t *h, const erased_hash_t *list,
    size_t n, size_t at, aud_str_t name);


erased_hasher_t *
erased_hasher_create(const uint8_t key[ERASED_KEY], const char *tenant)
{
    EVP_MAC          *hmac;
    OSSL_PARAM        params[2];
    erased_hasher_t  *h;

    h = aud_calloc(1, sizeof(erased_hasher_t));
    if (h == NULL) {
        return NULL;
    }

    snprintf(h->tenant, sizeof(h->tenant), "%s", tenant);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    h->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);

    if (h->mac == NULL || EVP_MAC_init(h->mac, key, ERASED_KEY, params) != 1) {
        erased_hasher_free(h);
        return NULL;
    }

    return h;
}


void
erased_hasher_free(erased_hasher_t *h)
{
    if (h) {
        EVP_MAC_CTX_free(h->mac);
        aud_buffer_free(&h->name);
        aud_free(h);
    }
}


int
erased_hash_value(erased_hasher_t *h, component_kind_t kind, aud_str_t value,
    uint8_t out[ERASED_HALF])
{
    return hasher_run(h, "dpe"[kind], h->tenant, strlen(h->tenant) + 1, value,
                      out);
}


int
erased_hash_event(erased_hasher_t *h, aud_str_t digest,
    uint8_t out[ERASED_HALF])
{
    return hasher_run(h, 'n', h->tenant, strlen(h->tenant) + 1, digest, out);
}


int
erased_hash_key(erased_hasher_t *h, const char *purpose,
    uint8_t out[ERASED_HALF])
{
    return hasher_run(h, 'k', h->tenant, strlen(h->tenant) + 1,
                      aud_str(purpose, strlen(purpose)), out);
}


int
erased_hash_name(erased_hasher_t *h, const uint8_t value[ERASED_HALF],
    erased_name_t what, aud_str_t name, uint8_t out[ERASED_HALF])
{
    return hasher_run(h, what, value, ERASED_HALF, name, out);
}


/* Without a key in EVP_MAC_init() the one before is taken again. */

static int
hasher_run(erased_hasher_t *h, char what, const void *head, size_t head_len,
    aud_str_t text, uint8_t out[ERASED_HALF])
{
    size_t   len;
    uint8_t  sum[EVP_MAX_MD_SIZE];

    if (EVP_MAC_init(h->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(h->mac, (unsigned char *) &what, 1) != 1
        || EVP_MAC_update(h->mac, head, head_len) != 1
        || EVP_MAC_update(h->mac, (const unsigned char *) text.data, text.len)
           != 1
        || EVP_MAC_final(h->mac, sum, &len, sizeof(sum)) != 1)
    {
        return -1;
    }

    memcpy(out, sum, ERASED_HALF);

    return 0;
}


int
erased_hash_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(erased_hash_t));
}


void
erased_hash_format(char out[ERASED_HASH_TEXT + 1], const erased_hash_t *hash)
{
    size_t          i;
    const uint8_t  *bytes = hash->value;

    for (i = 0; i < sizeof(erased_hash_t); i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}


int
erased_hash_parse(erased_hash_t *hash, const char *text)
{
    size_t    i;
    unsigned  byte;
    uint8_t  *bytes = hash->value;

    if (text == NULL || strlen(text) != ERASED_HASH_TEXT
        || strspn(text, "0123456789abcdef") != ERASED_HASH_TEXT)
    {
        return -1;
    }

    for (i = 0; i < sizeof(erased_hash_t); i++) {
        (void) sscanf(text + 2 * i, "%2x", &byte);
        bytes[i] = byte;
    }

    return 0;
}


/* The first hash of a value, n where there is none. */

static size_t
hash_seek(const erased_hash_t *list, size_t n,
    const uint8_t value[ERASED_HALF])
{
    size_t  low, high, middle;

    for (low = 0, high = n; low < high; ) {
        middle = low + (high - low) / 2;

        if (memcmp(list[middle].value, value, ERASED_HALF) < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < n && memcmp(list[low].value, value, ERASED_HALF) == 0
           ? low : n;
}


int
erased_hash_match(erased_hasher_t *h, const erased_hash_t *list, size_t n,
    const component_record_t *record, erased_spare_fn spare, void *arg)
{
    int               found, spared;
    size_t            at;
    uint8_t           value[ERASED_HALF];
    component_kind_t  kind;

    for (kind = 0; n && kind < COMPONENT_KINDS; kind++) {
        if (record->values[kind].len == 0) {
            continue;
        }

        if (erased_hash_value(h, kind, record->values[kind], value) != 0) {
            return -1;
        }

        at = hash_seek(list, n, value);
        found = at < n ? hash_match_names(h, list, n, at, record->name) : 0;

        spared = found == HASH_NAMELESS && spare
                 ? spare(arg, kind, record->values[kind]) : 0;

        if (found < 0 || spared < 0) {
            return -1;
        }

        if (found && !spared) {
            return 1;
        }
    }

    return 0;
}


int
erased_hash_known(erased_hasher_t *h, const erased_hash_t *list, size_t n,
    component_kind_t kind, aud_str_t value)
{
    uint8_t  hash[ERASED_HALF];

    if (erased_hash_value(h, kind, value, hash) != 0) {
        return -1;
    }

    return hash_seek(list, n, hash) < n;
}


/* One of those above, or -1. */

static int
hash_match_names(erased_hasher_t *h, const erased_hash_t *list, size_t n,
    size_t at, aud_str_t name)
{
    int                  found = HASH_NONE;
    uint8_t              given[ERASED_HALF], whole[ERASED_HALF];
    const erased_hash_t  *first = &list[at];

    static const uint8_t  anybody[ERASED_HALF];

    h->name.len = 0;
    aud_person_name_canonical(&h->name, name);

    if (h->name.failed
        || erased_hash_name(h, first->value, ERASED_GIVEN,
                            aud_person_name_given(aud_buffer_str(&h->name)),
                            given)
           != 0
        || erased_hash_name(h, first->value, ERASED_WHOLE,
                            aud_buffer_str(&h->name), whole)
           != 0)
    {
        return -1;
    }

    for (; at < n && memcmp(list[at].value, first->value, ERASED_HALF) == 0;
         at++)
    {
        if (memcmp(list[at].name, anybody, ERASED_HALF) == 0
            || memcmp(list[at].name, whole, ERASED_HALF) == 0)
        {
            return HASH_PERSON;
        }

        if (memcmp(list[at].name, given, ERASED_HALF) == 0) {
            found = h->name.len ? HASH_PERSON : HASH_NAMELESS;
        }
    }

    return found;
}
