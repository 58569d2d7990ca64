/*
 * What a tenant's conversations teach, in the store.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "label.h"
#include "learned.h"
#include "learning.h"

#define LEARNING_MODEL  ".model"
#define LEARNING_SHARE  10      /* one in so many has come or changed */


static int learning_take(learning_t *l, aud_str_t rest, aud_str_t value);
static int learning_json(json_t **to, aud_str_t value);
static const json_t *learning_counted(const learning_t *l,
    classifier_label_t label);
static json_t *learning_now(const learning_t *l, classifier_label_t label,
    const char *version);
static size_t learning_number(const json_t *object, const char *name);
static int learning_settled(size_t changes, const json_t *then,
    const char *then_version, const char *version);


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


static const json_t *
learning_counted(const learning_t *l, classifier_label_t label)
{
    return json_object_get(json_object_get(l->counts, "labels"),
                           classifier_label_name(label));
}


static size_t
learning_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}


size_t
learning_given(const learning_t *l, classifier_label_t label)
{
    return learning_number(learning_counted(l, label), "given");
}


size_t
learning_changes(const learning_t *l, classifier_label_t label)
{
    return learning_number(learning_counted(l, label), "changes");
}


size_t
learning_taken(const learning_t *l)
{
    return learning_number(l->counts, "taken");
}


int
learning_is_due(const learning_t *l, classifier_label_t label,
    const char *version)
{
    size_t         changes = learning_changes(l, label);
    const json_t  *trained = l->trained[label], *scheduled, *built_in;

    scheduled = json_object_get(learning_counted(l, label), "scheduled");
    built_in = json_object_get(trained, "built_in");

    return learning_given(l, label) >= LEARNED_EXAMPLES
           && !learning_settled(changes, scheduled,
                                document_text(scheduled, "version"), version)
           && !learning_settled(changes, trained,
                                document_text(built_in, "version"), version);
}


/* Whether little has changed since. */

static int
learning_settled(size_t changes, const json_t *then, const char *then_version,
    const char *version)
{
    return then && strcmp(then_version, version) == 0
           && (changes - learning_number(then, "changes")) * LEARNING_SHARE
              < learning_number(then, "examples");
}


int
learning_schedule(learning_t *l, const char *version)
{
    int                  due = 0;
    json_t              *counted;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        if (learning_is_due(l, label, version)) {
            counted = (json_t *) learning_counted(l, label);
            json_object_set_new(counted, "scheduled", learning_now(l, label,
                                                                   version));
            due = 1;
        }
    }

    return due;
}


static json_t *
learning_now(const learning_t *l, classifier_label_t label,
    const char *version)
{
    size_t  given = learning_given(l, label);

    return json_pack("{s:I, s:I, s:s}", "examples",
                     (json_int_t) (given < LEARNING_MOST ? given
                                                         : LEARNING_MOST),
                     "changes", (json_int_t) learning_changes(l, label),
                     "version", version);
}


int
learning_put_counts(const learning_t *l, const char *tenant,
    store_batch_t *batch)
{
    char         *text;
    store_key_t   key = key_prefix(tenant, KEY_LEARNING);

    text = json_dumps(l->counts, JSON_COMPACT);

    if (text == NULL) {
        return -1;
    }

    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    free(text);

    return 0;
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
