/*
 * Conversations in the store: found by id and by source record, taken away.
 */

#include <stdlib.h>
#include <string.h>

#include "conversations.h"
#include "document.h"


typedef struct {
    store_t        *store;
    const char     *tenant;
    store_batch_t  *batch;
    aud_error_t    *err;
} conversations_go_t;


static store_key_t conversation_at(const char *tenant,
    const uint8_t key[CONVERSATION_KEY]);
static int conversation_undo(const conversations_go_t *x,
    const uint8_t key[CONVERSATION_KEY], const char *import);
static void conversation_rows_go(const conversations_go_t *x,
    const json_t *document);


static store_key_t
conversation_at(const char *tenant, const uint8_t key[CONVERSATION_KEY])
{
    return key_text(tenant, KEY_CONVERSATION,
                    aud_str((const char *) key, CONVERSATION_KEY));
}


json_t *
conversations_get(store_t *store, const char *tenant,
    const uint8_t key[CONVERSATION_KEY], int *found)
{
    json_t          *document;
    aud_str_t        value;
    store_key_t      at;
    aud_error_t      err;
    store_status_t   status;

    at = conversation_at(tenant, key);
    status = store_get(store, key_str(&at), &value, &err);

    if (status != STORE_OK) {
        *found = status == STORE_NOT_FOUND ? 0 : -1;
        return NULL;
    }

    document = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);
    *found = document ? 1 : -1;

    return document;
}


int
conversations_of(store_t *store, const char *tenant, const aud_uuid_t *import,
    uint32_t line, uint8_t key[CONVERSATION_KEY], aud_error_t *err)
{
    aud_str_t        value;
    store_key_t      at;
    store_status_t   status;

    at = key_part(tenant, KEY_SAID, import, line);
    status = store_get(store, key_str(&at), &value, err);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? 0 : -1;
    }

    if (value.len != CONVERSATION_KEY) {
        store_value_free(value);
        return aud_error_set(err, "an index of conversations is damaged");
    }

    memcpy(key, value.data, CONVERSATION_KEY);
    store_value_free(value);

    return 1;
}


int
conversations_undo(store_t *store, const char *tenant,
    const aud_uuid_t *import, store_batch_t *batch, aud_error_t *err)
{
    int                  rc;
    char                 text[AUD_ID_LEN + 1];
    aud_str_t            key, value;
    store_key_t          prefix;
    store_scan_t        *scan;
    conversations_go_t   x = { store, tenant, batch, err };

    aud_id_format(text, "imp", import);
    prefix = key_id(tenant, KEY_SAID, import);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        store_batch_delete(batch, key);

        if (value.len == CONVERSATION_KEY
            && conversation_undo(&x, (const uint8_t *) value.data, text) != 0)
        {
            rc = -1;
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


/* Several of its lines may have spoken of the same one: the last of the writes
 * says what each of them does. */

static int
conversation_undo(const conversations_go_t *x,
    const uint8_t key[CONVERSATION_KEY], const char *import)
{
    int          found;
    char        *text;
    json_t      *document;
    store_key_t  at = conversation_at(x->tenant, key);

    document = conversations_get(x->store, x->tenant, key, &found);

    if (document == NULL) {
        return found < 0 ? aud_error_set(x->err, "a conversation cannot be "
                                         "read")
                         : 0;
    }

    if (conversation_forget(document, import) == 0) {
        store_batch_delete(x->batch, key_str(&at));
        json_decref(document);
        return 0;
    }

    text = json_dumps(document, JSON_COMPACT);
    json_decref(document);

    if (text == NULL) {
        return aud_error_set(x->err, "out of memory");
    }

    store_batch_put(x->batch, key_str(&at), aud_str(text, strlen(text)));
    free(text);

    return 0;
}


int
conversations_erase(store_t *store, const char *tenant,
    const aud_uuid_t *import, uint32_t line, store_batch_t *batch,
    aud_error_t *err)
{
    int                  rc, found;
    json_t              *document;
    uint8_t              key[CONVERSATION_KEY];
    store_key_t          at;
    conversations_go_t   x = { store, tenant, batch, err };

    rc = conversations_of(store, tenant, import, line, key, err);

    if (rc != 1) {
        return rc;
    }

    document = conversations_get(store, tenant, key, &found);

    if (found < 0) {
        return aud_error_set(err, "a conversation cannot be read");
    }

    at = key_part(tenant, KEY_SAID, import, line);
    store_batch_delete(batch, key_str(&at));
    at = conversation_at(tenant, key);
    store_batch_delete(batch, key_str(&at));
    conversation_rows_go(&x, document);
    json_decref(document);

    return 0;
}


static void
conversation_rows_go(const conversations_go_t *x, const json_t *document)
{
    size_t        i;
    json_t       *row;
    aud_uuid_t    import;
    const char   *text;
    store_key_t   at;

    json_array_foreach(json_object_get(document, "rows"), i, row) {
        text = document_text(row, "import");

        if (aud_id_parse(text, strlen(text), "imp", &import) == 0) {
            at = key_part(x->tenant, KEY_SAID, &import,
                          json_integer_value(json_object_get(row, "line")));
            store_batch_delete(x->batch, key_str(&at));
        }
    }
}
