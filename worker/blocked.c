/*
 * Values that do not link.
 */

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "blocked.h"
#include "document.h"
#include "keys.h"
#include "listed.h"

#define BLOCKED_HASH  32


static int blocked_read(blocked_t *blocked, aud_str_t value);
static store_key_t blocked_key(const char *tenant, component_kind_t kind,
    aud_str_t value);


static const char *const  kind_names[COMPONENT_KINDS] = {
    "tax_document", "phone", "email"
};


const char *
component_kind_name(component_kind_t kind)
{
    return kind_names[kind];
}


int
blocked_load(blocked_t *blocked, store_t *store, const char *tenant,
    aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    memset(blocked, 0, sizeof(blocked_t));
    blocked->documents = json_array();
    prefix = key_prefix(tenant, KEY_BLOCKED);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (blocked_read(blocked, value) != 0) {
            rc = aud_error_set(err, "a blocked value cannot be read");
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


/* The array keeps the text that the table borrows. */

static int
blocked_read(blocked_t *blocked, aud_str_t value)
{
    json_t            *document;
    uint32_t           number;
    const char        *text, *name;
    component_kind_t   kind;

    document = json_loadb(value.data, value.len, 0, NULL);

    if (json_array_append_new(blocked->documents, document) != 0) {
        return -1;
    }

    name = document_text(document, "kind");
    text = document_text(document, "value");

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (strcmp(name, kind_names[kind]) == 0) {
            return intern_add(&blocked->values[kind],
                              aud_str(text, strlen(text)), &number);
        }
    }

    return -1;
}


void
blocked_free(blocked_t *blocked)
{
    unsigned  kind;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        intern_free(&blocked->values[kind]);
    }

    json_decref(blocked->documents);
    blocked->documents = NULL;
}


int
blocked_has(const blocked_t *blocked, component_kind_t kind, aud_str_t value)
{
    return intern_find(&blocked->values[kind], value) != INTERN_NONE;
}


int
blocked_shared(worker_t *worker, const char *tenant, component_kind_t kind,
    aud_str_t value, aud_error_t *err)
{
    size_t             i;
    aud_str_t          stored;
    store_key_t        key;
    store_status_t     status;
    const listed_t    *listed = worker->listed;

    for (i = 0; i < listed->n; i++) {
        if (listed->items[i].kind == kind
            && aud_str_equal(listed->items[i].value, value))
        {
            return 1;
        }
    }

    if (kind == COMPONENT_PHONE) {
        return 0;
    }

    key = blocked_key(tenant, kind, value);
    status = store_get(worker->store, key_str(&key), &stored, err);

    if (status == STORE_OK) {
        store_value_free(stored);
        return 1;
    }

    return status == STORE_NOT_FOUND ? 0 : -1;
}


int
blocked_put(store_batch_t *batch, const char *tenant,
    const component_blocked_t *found, int64_t now)
{
    char         *text;
    json_t       *document;
    store_key_t   key;

    document = json_pack("{s:s, s:s%, s:s, s:I, s:I, s:o}",
                         "kind", kind_names[found->kind],
                         "value", found->value.data, found->value.len,
                         "why", found->why == COMPONENT_VARIANTS ? "variants"
                                                                 : "people",
                         "people", (json_int_t) found->people,
                         "records", (json_int_t) found->nodes,
                         "since", document_time(now));
    text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);

    if (text == NULL) {
        return -1;
    }

    key = blocked_key(tenant, found->kind, found->value);
    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    free(text);

    return 0;
}


void
blocked_delete(store_batch_t *batch, const char *tenant,
    component_kind_t kind, aud_str_t value)
{
    store_key_t  key = blocked_key(tenant, kind, value);

    store_batch_delete(batch, key_str(&key));
}


static store_key_t
blocked_key(const char *tenant, component_kind_t kind, aud_str_t value)
{
    unsigned char  rest[1 + BLOCKED_HASH];

    rest[0] = kind;
    (void) EVP_Digest(value.data, value.len, rest + 1, NULL, EVP_sha256(),
                      NULL);

    return key_text(tenant, KEY_BLOCKED,
                    aud_str((const char *) rest, sizeof(rest)));
}
