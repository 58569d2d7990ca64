/*
 * Documents: JSON values of the store, and where their files lie.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_clock.h"
#include "document.h"
#include "log.h"
#include "settings.h"


static void document_path(const worker_t *worker, const char *folder,
    const char *tenant, const char *prefix, const aud_uuid_t *id,
    const char *suffix, char out[DOCUMENT_PATH_MAX]);


json_t *
document_get(store_t *store, const char *tenant, key_kind_t kind,
    const aud_uuid_t *id, int *found)
{
    int             ignored;
    json_t         *document;
    aud_str_t       value;
    aud_error_t     err = { 0 };
    store_key_t     key;
    store_status_t  status;

    if (found == NULL) {
        found = &ignored;
    }

    key = key_id(tenant, kind, id);
    status = store_get(store, key_str(&key), &value, &err);

    if (status == STORE_NOT_FOUND) {
        *found = 0;
        return NULL;
    }

    if (status == STORE_OK) {
        document = json_loadb(value.data, value.len, 0, NULL);
        store_value_free(value);

        if (document) {
            *found = 1;
            return document;
        }

        aud_error_set(&err, "it is no JSON");
    }

    *found = -1;
    log_line(LOG_ERROR, NULL, "a record cannot be read", "s:tenant", tenant,
             "s:error", err.text, NULL);

    return NULL;
}


int
document_put(store_batch_t *batch, const char *tenant, key_kind_t kind,
    const aud_uuid_t *id, const json_t *document)
{
    char         *text;
    store_key_t   key;

    text = json_dumps(document, JSON_COMPACT);
    if (text == NULL) {
        return -1;
    }

    key = key_id(tenant, kind, id);
    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    free(text);

    return 0;
}


const char *
document_text(const json_t *document, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(document, name));

    return text ? text : "";
}


void
document_state(json_t *document, const char *state, int64_t at)
{
    json_t  *history;

    history = json_object_get(document, "history");
    if (history == NULL) {
        history = json_array();
        json_object_set_new(document, "history", history);
    }

    json_object_set_new(document, "state", json_string(state));
    json_array_append_new(history,
                          json_pack("{s:s, s:o}", "state", state,
                                    "at", document_time(at)));
}


json_t *
document_time(int64_t at)
{
    char  text[AUD_TIME_LEN + 1];

    aud_time_format(text, at);

    return json_string(text);
}


void
document_spool_path(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id, char out[DOCUMENT_PATH_MAX])
{
    document_path(worker, "spool", tenant, "imp", id, ".csv", out);
}


void
document_export_path(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id, const char *suffix, char out[DOCUMENT_PATH_MAX])
{
    document_path(worker, "exports", tenant, "exp", id, suffix, out);
}


static void
document_path(const worker_t *worker, const char *folder, const char *tenant,
    const char *prefix, const aud_uuid_t *id, const char *suffix,
    char out[DOCUMENT_PATH_MAX])
{
    char  name[AUD_ID_LEN + 1];

    aud_id_format(name, prefix, id);
    snprintf(out, DOCUMENT_PATH_MAX, "%s/%s/%s/%s%s", worker->settings->root,
             folder, tenant, name, suffix);
}
