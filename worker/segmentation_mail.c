/*
 * The e-mail with the messages that a run proposes.
 */

#include <string.h>

#include "class_letter.h"
#include "document.h"
#include "mail.h"
#include "segmentation_private.h"


static json_t *mail_values(const segmentation_t *s);


/* The jobs of a batch that is not written do not come to be either, so that
 * nobody gets it twice. */

int
segmentation_mail(segmentation_t *s)
{
    int            rc = 0;
    json_t        *user, *values;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    values = s->copies ? mail_values(s) : NULL;
    if (values == NULL) {
        return 0;
    }

    prefix = key_prefix(s->tenant, KEY_USER);
    scan = store_scan(s->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &s->err)) == 1) {
        user = json_loadb(value.data, value.len, 0, NULL);

        if (document_text(user, "email")[0]) {
            job_follow(s->run, mail_job.name,
                       mail_args("copies", document_text(user, "id"),
                                 json_deep_copy(values)));
        }

        json_decref(user);
    }

    store_scan_free(scan);
    json_decref(values);

    return rc;
}


static json_t *
mail_values(const segmentation_t *s)
{
    size_t   i;
    json_t  *audiences = json_array(), *values;

    for (i = 0; i < s->ngroups; i++) {
        if (s->groups[i].published) {
            json_array_append(audiences, s->groups[i].record);
        }
    }

    values = class_letter_values(audiences);
    json_decref(audiences);

    if (values) {
        json_object_set_new(values, "segmentation", json_string(s->id_text));
    }

    return values;
}
