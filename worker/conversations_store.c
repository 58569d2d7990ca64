/*
 * Conversations in the store: found by id, changed, taken away.
 */

#include <stdlib.h>
#include <string.h>

#include "conversations_private.h"
#include "document.h"


typedef struct {
    worker_t              *worker;
    const char            *tenant;
    conversation_index_t  *index;
    learning_change_t     *learning;
    store_batch_t         *batch;
    char                   import[AUD_ID_LEN + 1];
    labeller_t            *labeller;    /* once there is something to label */
    char                   now[AUD_TIME_LEN + 1];
    aud_error_t           *err;
} conversations_undo_t;


static int conversation_undo(conversations_undo_t *x,
    const uint8_t key[CONVERSATION_KEY]);
static int conversation_left(conversations_undo_t *x, json_t *document,
    size_t messages);


store_key_t
conversations_at(const char *tenant, const uint8_t key[CONVERSATION_KEY])
{
    return key_text(tenant, KEY_CONVERSATION,
                    aud_str((const char *) key, CONVERSATION_KEY));
}


json_t *
conversations_get(store_t *store, const char *tenant,
    const uint8_t key[CONVERSATION_KEY], int *found, aud_error_t *err)
{
    json_t          *document;
    aud_str_t        value;
    store_key_t      at;
    store_status_t   status;

    at = conversations_at(tenant, key);
    status = store_get(store, key_str(&at), &value, err);

    if (status != STORE_OK) {
        *found = status == STORE_NOT_FOUND ? 0 : -1;
        return NULL;
    }

    document = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);
    *found = document ? 1 : aud_error_set(err, "a conversation is no JSON");

    return document;
}


int
conversations_change(const char *tenant, json_t *document,
    conversation_index_t *index, store_batch_t *batch)
{
    char         *text;
    uint8_t       key[CONVERSATION_KEY];
    store_key_t   at;

    conversations_key(document_text(document, "id"), key);
    text = json_dumps(document, JSON_COMPACT);

    if (text == NULL || conversation_index_set(index, key, document, 0) != 0) {
        free(text);
        return -1;
    }

    at = conversations_at(tenant, key);
    store_batch_put(batch, key_str(&at), aud_str(text, strlen(text)));
    free(text);

    return 0;
}


int
conversations_undo(worker_t *worker, const char *tenant,
    const aud_uuid_t *import, conversation_index_t *index,
    learning_change_t *learning, store_batch_t *batch, aud_error_t *err)
{
    int                    rc;
    aud_str_t              key, value;
    store_key_t            prefix;
    store_scan_t          *scan;
    conversations_undo_t   x = {
        .worker = worker, .tenant = tenant, .index = index,
        .learning = learning, .batch = batch, .err = err
    };

    aud_id_format(x.import, "imp", import);
    aud_time_format(x.now, aud_now());
    prefix = key_id(tenant, KEY_SAID, import);
    scan = store_scan(worker->store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        store_batch_delete(batch, key);

        if (value.len >= CONVERSATION_KEY
            && conversation_undo(&x, (const uint8_t *) value.data) != 0)
        {
            rc = -1;
            break;
        }
    }

    store_scan_free(scan);
    labeller_free(x.labeller);

    return rc;
}


/* Several of its lines may have spoken of the same one. */

static int
conversation_undo(conversations_undo_t *x,
    const uint8_t key[CONVERSATION_KEY])
{
    int           rc, found;
    size_t        messages;
    json_t       *document, *before;
    store_key_t   at;

    if (conversation_index_has(x->index, key)) {
        return 0;
    }

    document = conversations_get(x->worker->store, x->tenant, key, &found,
                                 x->err);

    if (document == NULL) {
        return found;
    }

    messages = json_array_size(json_object_get(document, "messages"));
    before = json_incref((json_t *) conversation_labels(document));

    if (conversation_forget(document, x->import) == 0) {
        at = conversations_at(x->tenant, key);
        store_batch_delete(x->batch, key_str(&at));
        rc = conversation_index_set(x->index, key, document, 1) == 0
             ? 0 : aud_error_set(x->err, "out of memory");
        learning_take(x->learning, before, NULL);

    } else {
        rc = conversation_left(x, document, messages);
        learning_take(x->learning, before, conversation_labels(document));
    }

    json_decref(before);
    json_decref(document);

    return rc;
}


/* messages: how many it had. */

static int
conversation_left(conversations_undo_t *x, json_t *document, size_t messages)
{
    conversation_judge_t  judge = { .at = x->now };

    if (x->labeller == NULL) {
        x->labeller = labeller_create(x->worker, x->tenant, NULL, NULL,
                                      x->err);
    }

    if (x->labeller == NULL) {
        return -1;
    }

    judge.labeller = x->labeller;
    judge.anew = json_array_size(json_object_get(document, "messages"))
                 != messages;

    return conversation_settle(document, &judge) == 0
           && conversations_change(x->tenant, document, x->index, x->batch)
              == 0 ? 0 : aud_error_set(x->err, "out of memory");
}


int
conversations_erase(store_t *store, const char *tenant,
    const aud_uuid_t *import, uint32_t line, conversation_index_t *index,
    learning_change_t *learning, store_batch_t *batch, aud_error_t *err)
{
    int                   rc, found;
    json_t               *document;
    store_key_t           at;
    conversation_said_t   said;

    rc = conversation_index_of(index, import, line, &said, err);

    if (rc != 1) {
        return rc;          /* none, or it went with another record */
    }

    document = conversations_get(store, tenant, said.key, &found, err);

    if (found < 0) {
        return -1;
    }

    at = key_part(tenant, KEY_SAID, import, line);
    store_batch_delete(batch, key_str(&at));
    at = conversations_at(tenant, said.key);
    store_batch_delete(batch, key_str(&at));
    rc = document ? conversation_index_set(index, said.key, document, 1) : 0;
    learning_take(learning, conversation_labels(document), NULL);
    json_decref(document);

    return rc == 0 ? 0 : aud_error_set(err, "out of memory");
}
