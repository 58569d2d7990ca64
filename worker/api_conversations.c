/*
 * Calls about conversations: one, those of a profile, and labels that a person
 * corrects.  They come in by api_intake.c.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_segment.h"
#include "aud_source_record.h"
#include "api_private.h"
#include "base.h"
#include "conversations.h"
#include "document.h"
#include "label.h"
#include "log.h"
#include "number_set.h"
#include "profile_find.h"

#define CONVERSATION_BODY  4096     /* bytes of labels */


typedef struct {
    aud_uuid_t      profile;
    uint8_t         key[CONVERSATION_KEY];
    char            id[INTAKE_ID_MAX + 1];      /* of the path, or the cursor */
    size_t          limit;
    json_t         *labels;         /* a correction */
    json_t         *found;
    int             exists;         /* as *found of document_get() */
    aud_error_t     err;
    aud_problem_t   problem;
} conversations_call_t;

typedef struct {                    /* of a profile */
    conversation_said_t  *items;
    size_t                n;
    size_t                room;
} conversations_found_t;


static void conversations_one(api_call_t *call);
static void conversations_read(api_call_t *call);
static void conversations_answer(api_call_t *call);
static void conversations_list(api_call_t *call);
static void conversations_walk(api_call_t *call);
static int conversations_refs(api_call_t *call, const aud_generation_t *g,
    conversations_found_t *found);
static int conversations_gather(api_call_t *call, const aud_segment_t *segment,
    uint32_t row, const sequences_t *sequences, conversations_found_t *found);
static int conversations_newest_first(const void *a, const void *b);
static int conversations_page(api_call_t *call,
    const conversations_found_t *found);
static void conversations_correct(api_call_t *call);
static void conversations_corrected(api_call_t *call);
static conversations_call_t *conversations_call(api_call_t *call);
static void conversations_end(conversations_call_t *x);


const api_route_t  conversation_routes[] = {
    { AUD_METHOD_GET, "/v1/conversations", conversations_list },
    { AUD_METHOD_GET, "/v1/conversations/{id}", conversations_one },
    { AUD_METHOD_PUT, "/v1/conversations/{id}/labels", conversations_correct },
    { 0, NULL, NULL }
};


/* Of a path that names one.  NULL where it was answered. */

static conversations_call_t *
conversations_call(api_call_t *call)
{
    aud_str_t              id = call->params[0];
    conversations_call_t  *x;

    x = aud_calloc(1, sizeof(conversations_call_t));

    if (x == NULL) {
        api_no_memory(call);
        return NULL;
    }

    if (id.len > INTAKE_ID_MAX) {
        aud_free(x);
        api_not_found(call);
        return NULL;
    }

    memcpy(x->id, id.data, id.len);
    conversations_key(x->id, x->key);

    return x;
}


/* A call is gone once it is answered: this has its own. */

static void
conversations_end(conversations_call_t *x)
{
    json_decref(x->labels);
    json_decref(x->found);
    aud_free(x);
}


/* --- one ------------------------------------------------------------------- */


static void
conversations_one(api_call_t *call)
{
    call->data = conversations_call(call);

    if (call->data) {
        api_work(call, conversations_read, conversations_answer);
    }
}


static void
conversations_read(api_call_t *call)
{
    json_t                *document;
    conversations_call_t  *x = call->data;

    document = conversations_get(call->worker->store,
                                 call->request.tenant.data, x->key,
                                 &x->exists, &x->err);

    if (conversation_labels(document)) {
        x->found = conversation_show(document, 1);

    } else if (document) {
        x->exists = 0;
    }

    json_decref(document);
}


static void
conversations_answer(api_call_t *call)
{
    conversations_call_t  *x = call->data;

    call->data = NULL;

    if (x->problem.status) {
        api_problem(call, &x->problem);

    } else if (x->found) {
        api_json(call, 200, json_incref(x->found));

    } else if (x->exists == 0) {
        api_not_found(call);

    } else {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "conversations cannot be read",
                 "s:tenant", call->request.tenant.data, "s:error", x->err.text,
                 NULL);
        aud_problem_set(&x->problem, 500, "internal-error",
                        "Something went wrong",
                        "The conversation cannot be read.");
        api_problem(call, &x->problem);
    }

    conversations_end(x);
}


/* --- those of a profile ---------------------------------------------------- */


static void
conversations_list(api_call_t *call)
{
    aud_str_t              profile = api_arg(call, "profile");
    aud_str_t              cursor = api_arg(call, "cursor");
    conversations_call_t  *x;

    call->data = x = conversations_call(call);

    if (x == NULL) {
        return;
    }

    if (!api_arg_present(call, "profile")) {
        aud_problem_set(&x->problem, 400, "invalid-argument",
                        "An argument is wrong",
                        "Conversations are asked for by \"profile\".");

    } else if (aud_id_parse(profile.data, profile.len, "prf", &x->profile)
               != 0)
    {
        call->data = NULL;
        api_not_found(call);
        conversations_end(x);
        return;

    } else if (cursor.len > INTAKE_ID_MAX) {
        api_list_bad(&x->problem, "cursor", "the \"next\" of a former answer");

    } else if (api_list_limit(call, &x->limit, &x->problem) == 0) {
        if (cursor.len) {
            memcpy(x->id, cursor.data, cursor.len);
        }

        api_work_long(call, conversations_walk, conversations_answer);
        return;
    }

    conversations_answer(call);
}


static void
conversations_walk(api_call_t *call)
{
    base_t                 *base;
    aud_generation_t       *g;
    conversations_call_t   *x = call->data;
    conversations_found_t   found = { 0 };

    base = bases_get(call->worker->bases, call->request.tenant.data);

    if (base == NULL || base_needs_rebuild(base)) {
        aud_problem_set(&x->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return;
    }

    g = base_generation(base);
    x->exists = g ? conversations_refs(call, g, &found) : -1;

    if (x->exists == 1 && conversations_page(call, &found) != 0) {
        x->exists = -1;
    }

    aud_free(found.items);
    aud_generation_release(g);
}


/* 1; 0 where there is no such profile; -1. */

static int
conversations_refs(api_call_t *call, const aud_generation_t *g,
    conversations_found_t *found)
{
    int                     rc;
    size_t                  slice;
    uint32_t                row;
    sequences_t             sequences = { 0 };
    const char             *tenant = call->request.tenant.data;
    conversations_call_t   *x = call->data;

    rc = sequences_load(&sequences, call->worker->store, tenant, &x->err) == 0
         ? profile_find(g, &sequences, call->worker->store, tenant, &x->profile,
                        &slice, &row, &x->err)
         : -1;

    if (rc == 1
        && conversations_gather(call, g->slices[slice].segment, row,
                                &sequences, found)
           != 0)
    {
        rc = -1;
    }

    sequences_free(&sequences);

    return rc;
}


/* What its records speak of, each conversation once, the newest first. */

static int
conversations_gather(api_call_t *call, const aud_segment_t *segment,
    uint32_t row, const sequences_t *sequences, conversations_found_t *found)
{
    int                     rc = 0;
    uint64_t                half;
    aud_str_t               records = aud_segment_records(segment, row);
    const aud_uuid_t       *import;
    aud_source_record_t     record;
    number_set_t            keys = { 0 };
    conversations_call_t   *x = call->data;
    conversation_index_t   *index;

    index = conversation_index_create(call->worker->store,
                                      call->request.tenant.data);

    while (index && rc >= 0 && aud_source_record_read(&records, &record) == 1)
    {
        import = sequences_import(sequences, record.ref >> 32);

        if (import == NULL) {
            continue;
        }

        rc = aud_grow(&found->items, sizeof(conversation_said_t), found->n,
                      &found->room)
             == 0 ? conversation_index_of(index, import, (uint32_t) record.ref,
                                          &found->items[found->n], &x->err)
                  : -1;

        if (rc == 1 && conversation_said_something(&found->items[found->n])) {
            memcpy(&half, found->items[found->n].key, sizeof(half));
            rc = number_set_add(&keys, half);
            found->n += rc == 1;
        }
    }

    conversation_index_free(index);
    number_set_free(&keys);

    if (found->n) {
        qsort(found->items, found->n, sizeof(conversation_said_t),
              conversations_newest_first);
    }

    return index && rc >= 0 ? 0 : -1;
}


static int
conversations_newest_first(const void *a, const void *b)
{
    return conversation_said_compare(b, a);
}


/* The cursor is the id of the last one of the page before. */

static int
conversations_page(api_call_t *call, const conversations_found_t *found)
{
    int                    exists;
    size_t                 i = 0;
    json_t                *items, *document, *next = NULL;
    uint8_t                after[CONVERSATION_KEY];
    conversations_call_t  *x = call->data;

    if (x->id[0]) {
        conversations_key(x->id, after);

        while (i < found->n && memcmp(found->items[i++].key, after,
                                      sizeof(after))
                               != 0)
        {
            /* it stands further on */
        }
    }

    items = json_array();

    for ( /* void */ ; i < found->n && json_array_size(items) < x->limit; i++) {
        document = conversations_get(call->worker->store,
                                     call->request.tenant.data, found->items[i].key,
                                     &exists, &x->err);

        if (document) {
            json_array_append_new(items, conversation_show(document, 0));
            json_decref(document);

        } else if (exists < 0) {
            json_decref(items);
            return -1;
        }
    }

    if (i < found->n) {
        next = json_object_get(json_array_get(items, json_array_size(items)
                                                     - 1), "id");
    }

    x->found = json_pack("{s:o, s:O?}", "items", items, "next", next);

    return x->found ? 0 : -1;
}


/* --- a correction ---------------------------------------------------------- */


static void
conversations_correct(api_call_t *call)
{
    const char            *wrong, *member;
    conversations_call_t  *x;

    if (api_replayed(call)) {
        return;
    }

    x = conversations_call(call);

    if (x == NULL) {
        return;
    }

    x->labels = api_body(call, CONVERSATION_BODY);

    if (x->labels == NULL) {
        conversations_end(x);
        return;
    }

    call->data = x;

    wrong = json_object_size(x->labels) ? label_wrong(x->labels, &member)
                                        : "It names no label.";
    if (wrong) {
        member = json_object_size(x->labels) ? member : "";
        aud_problem_set(&x->problem, 422, "invalid-labels",
                        "A label is wrong", "%s%s%s", member,
                        member[0] ? ": " : "", wrong);
        conversations_answer(call);
        return;
    }

    api_work(call, conversations_read, conversations_corrected);
}


/* Becomes a line of an import, about the same contact. */

static void
conversations_corrected(api_call_t *call)
{
    char                  *text = NULL;
    json_t                *line;
    aud_buffer_t           lines = { 0 };
    conversations_call_t  *x = call->data;

    if (x->found == NULL) {
        conversations_answer(call);
        return;
    }

    line = json_pack("{s:O, s:O}", "id", json_object_get(x->found, "id"),
                     "labels", x->labels);

    if (line && json_object_update(line, json_object_get(x->found, "contact"))
                == 0)
    {
        text = json_dumps(line, JSON_COMPACT);
    }

    json_decref(line);
    call->data = NULL;
    conversations_end(x);

    if (text == NULL) {
        api_no_memory(call);
        return;
    }

    aud_buffer_text(&lines, text);
    aud_buffer_char(&lines, '\n');
    free(text);
    intake_own(call, INTAKE_LABELS, &lines);
}
