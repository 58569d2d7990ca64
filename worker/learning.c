/*
 * What a tenant's conversations teach, in the store.
 */

#include <stdio.h>
#include <string.h>

#include "learning.h"
#include "label.h"

#define LEARNING_MODEL  ".model"


static int learning_take(learning_t *l, aud_str_t rest, aud_str_t value);
static int learning_json(json_t **to, aud_str_t value);


int
learning_read(learning_t *l, store_t *store, const char *tenant,
    aud_error_t *err)
{
    int            rc;
    char           owner[65];
    aud_str_t      key, value, rest;
    key_kind_t     kind;
    store_key_t    prefix = key_prefix(tenant, KEY_LEARNING);
    store_scan_t  *scan;

    memset(l, 0, sizeof(learning_t));
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (key_split(key, owner, &kind, &rest) != 0
            || learning_take(l, rest, value) != 0)
        {
            rc = aud_error_set(err, "what was learned cannot be read");
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
learning_take(learning_t *l, aud_str_t rest, aud_str_t value)
{
    char                 name[64];
    const char          *dot = memchr(rest.data, '.', rest.len);
    classifier_label_t   label;

    if (rest.len == 0) {
        return learning_json(&l->counts, value);
    }

    snprintf(name, sizeof(name), "%.*s",
             (int) (dot ? dot - rest.data : rest.len), rest.data);
    label = label_find(name);

    if (label == CLASSIFIER_LABELS) {
        return -1;
    }

    if (dot) {
        aud_buffer_add(&l->models[label], value.data, value.len);
        return l->models[label].failed ? -1 : 0;
    }

    return learning_json(&l->trained[label], value);
}


static int
learning_json(json_t **to, aud_str_t value)
{
    *to = json_loadb(value.data, value.len, 0, NULL);

    return *to ? 0 : -1;
}


void
learning_free(learning_t *l)
{
    classifier_label_t  label;

    json_decref(l->counts);

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        json_decref(l->trained[label]);
        aud_buffer_free(&l->models[label]);
    }
}


store_key_t
learning_counts_key(const char *tenant)
{
    return key_prefix(tenant, KEY_LEARNING);
}


store_key_t
learning_trained_key(const char *tenant, classifier_label_t label)
{
    const char  *name = classifier_label_name(label);

    return key_text(tenant, KEY_LEARNING, aud_str(name, strlen(name)));
}


store_key_t
learning_model_key(const char *tenant, classifier_label_t label)
{
    int   len;
    char  name[64];

    len = snprintf(name, sizeof(name), "%s" LEARNING_MODEL,
                   classifier_label_name(label));

    return key_text(tenant, KEY_LEARNING, aud_str(name, len));
}
