/*
 * Which conversation of a profile spoke last: its labels are the profile's, and
 * a correction of another one changes that one alone.
 */

#include <string.h>

#include "aud_segment.h"
#include "aud_source_record.h"
#include "base.h"
#include "conversations.h"
#include "document.h"
#include "profile_find.h"
#include "profile_ids.h"


typedef struct {
    store_t             *store;
    const char          *tenant;
    const sequences_t   *sequences;
    uint64_t             own;           /* record by which it spoke last */
    const json_t        *document;
    aud_error_t         *err;
} conversations_last_t;


static uint64_t last_spoke(const sequences_t *sequences,
    const json_t *document);
static int last_is_later(const conversations_last_t *x, uint64_t ref);


int
conversations_overtaken(worker_t *worker, const char *tenant,
    const json_t *document, aud_error_t *err)
{
    int                    rc = 0;
    size_t                 slice;
    uint32_t               row;
    base_t                *base;
    aud_str_t              records;
    sequences_t            sequences = { 0 };
    aud_generation_t      *g;
    aud_source_record_t    record;
    conversations_last_t   x = {
        .store = worker->store, .tenant = tenant, .sequences = &sequences,
        .document = document, .err = err
    };

    base = bases_get(worker->bases, tenant);
    g = base ? base_generation(base) : NULL;

    if (g == NULL) {
        return aud_error_set(err, "out of memory");
    }

    if (sequences_load(&sequences, worker->store, tenant, err) != 0) {
        rc = -1;

    } else {
        x.own = last_spoke(&sequences, document);

        if (profile_of_record(g, x.own, &slice, &row)) {
            records = aud_segment_records(g->slices[slice].segment, row);

            while (rc == 0 && aud_source_record_read(&records, &record) == 1) {
                rc = record.ref > x.own ? last_is_later(&x, record.ref) : 0;
            }
        }
    }

    sequences_free(&sequences);
    aud_generation_release(g);

    return rc;
}


/* Its newest row that is no correction; 0: none. */

static uint64_t
last_spoke(const sequences_t *sequences, const json_t *document)
{
    size_t         i;
    json_t        *row;
    uint32_t       sequence;
    aud_uuid_t     import;
    const char    *text;
    const json_t  *rows = json_object_get(document, "rows");

    for (i = json_array_size(rows); i-- > 0; /* void */ ) {
        row = json_array_get(rows, i);
        text = document_text(row, "import");

        if (json_is_true(json_object_get(row, "corrects"))
            || aud_id_parse(text, strlen(text), "imp", &import) != 0)
        {
            continue;
        }

        sequence = sequences_of(sequences, &import);

        if (sequence) {
            return profile_ref(sequence, json_integer_value(
                                             json_object_get(row, "line")));
        }
    }

    return 0;
}


/* Whether by that record another conversation speaks, and no correction. */

static int
last_is_later(const conversations_last_t *x, uint64_t ref)
{
    int                rc, found = 0;
    json_t            *other;
    uint8_t            key[CONVERSATION_KEY];
    const aud_uuid_t  *import;

    import = sequences_import(x->sequences, ref >> 32);
    rc = import ? conversations_of(x->store, x->tenant, import, (uint32_t) ref,
                                   key, x->err)
                : 0;

    if (rc != 1) {
        return rc;
    }

    other = conversations_get(x->store, x->tenant, key, &found);
    rc = last_spoke(x->sequences, other) > x->own
         && strcmp(document_text(other, "id"),
                   document_text(x->document, "id")) != 0;
    json_decref(other);

    return found < 0 ? aud_error_set(x->err, "a conversation cannot be read")
                     : rc;
}
