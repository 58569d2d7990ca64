/*
 * Keys of the store.
 */

#include <string.h>

#include "keys.h"


static void key_add(store_key_t *key, const void *data, size_t len);


store_key_t
key_prefix(const char *tenant, key_kind_t kind)
{
    char         middle[4] = { 0, 0, 0, (char) kind };  /* end, shard, kind */
    store_key_t  key;

    key.len = 0;
    key_add(&key, tenant, strlen(tenant));
    key_add(&key, middle, sizeof(middle));

    return key;
}


store_key_t
key_id(const char *tenant, key_kind_t kind, const aud_uuid_t *id)
{
    store_key_t  key;

    key = key_prefix(tenant, kind);
    key_add(&key, id->bytes, sizeof(id->bytes));

    return key;
}


store_key_t
key_part(const char *tenant, key_kind_t kind, const aud_uuid_t *id,
    uint32_t part)
{
    char         no[4] = { part >> 24, part >> 16, part >> 8, part };
    store_key_t  key;

    key = key_id(tenant, kind, id);
    key_add(&key, no, sizeof(no));

    return key;
}


store_key_t
key_text(const char *tenant, key_kind_t kind, aud_str_t rest)
{
    store_key_t  key;

    key = key_prefix(tenant, kind);
    key_add(&key, rest.data, rest.len);

    return key;
}


int
key_split(aud_str_t key, char tenant[65], key_kind_t *kind, aud_str_t *rest)
{
    size_t       len;
    const char  *end;

    end = key.len ? memchr(key.data, 0, key.len) : NULL;
    if (end == NULL) {
        return -1;
    }

    len = end - key.data;

    if (!aud_tenant_valid(key.data, len) || key.len - len < 4
        || end[1] != 0 || end[2] != 0)
    {
        return -1;
    }

    memcpy(tenant, key.data, len);
    tenant[len] = '\0';
    *kind = (key_kind_t) (unsigned char) end[3];
    *rest = aud_str(end + 4, key.len - len - 4);

    return 0;
}


/* What does not fit is cut: callers bound their texts (a user's id is at most
 * 254 bytes), and a cut key is still a key of its tenant and kind. */

static void
key_add(store_key_t *key, const void *data, size_t len)
{
    if (len > KEY_MAX - key->len) {
        len = KEY_MAX - key->len;
    }

    if (len) {
        memcpy(key->data + key->len, data, len);
        key->len += len;
    }
}
