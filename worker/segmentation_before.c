/*
 * What earlier runs have left: the audiences that groups may continue, and the
 * names that are taken.
 */

#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "class_writer_llm.h"
#include "document.h"
#include "segmentation_private.h"


typedef struct {                        /* names of audiences */
    char    **items;
    size_t    n;
    size_t    room;
} before_names_t;


static int before_latest(segmentation_t *s, json_t **latest);
static int before_audiences(segmentation_t *s, const char *latest,
    before_names_t *taken);
static int before_audience(segmentation_t *s, const char *latest,
    before_names_t *taken, const aud_uuid_t *id, json_t *record);
static int before_match(segmentation_t *s, int64_t since);
static int before_words(segmentation_t *s, before_names_t *taken);
static int before_turn(void *arg, size_t answered);
static int before_taken(before_names_t *names, const char *name);
static void before_names_free(before_names_t *names);


segmentation_status_t
segmentation_name(segmentation_t *s)
{
    int64_t                 since = s->at;
    json_t                 *latest = NULL;
    const char             *created;
    before_names_t          taken = { 0 };
    segmentation_status_t   status = SEGMENTATION_FAILED;

    job_progress(s->run, "naming", 0.9);

    if (before_latest(s, &latest) != 0) {
        goto done;
    }

    created = document_text(latest, "created_at");
    (void) aud_time_parse(created, strlen(created), &since, NULL);

    if (before_audiences(s, document_text(latest, "id"), &taken) != 0
        || before_match(s, since) != 0 || before_words(s, &taken) != 0)
    {
        goto done;
    }

    status = SEGMENTATION_OK;

done:

    before_names_free(&taken);
    json_decref(latest);

    return status;
}


/* The record of the latest run that is done; *latest is NULL where there is
 * none. */

static int
before_latest(segmentation_t *s, json_t **latest)
{
    int            rc = 0;
    json_t        *record;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(s->tenant, KEY_SEGMENTATION);
    scan = store_scan(s->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 1);

    while (*latest == NULL
           && (rc = store_scan_next(scan, &key, &value, &s->err)) == 1)
    {
        record = json_loadb(value.data, value.len, 0, NULL);

        if (strcmp(document_text(record, "state"), "done") == 0) {
            *latest = record;

        } else {
            json_decref(record);
        }
    }

    store_scan_free(scan);

    return *latest ? 0 : rc;
}


static int
before_audiences(segmentation_t *s, const char *latest, before_names_t *taken)
{
    int            rc;
    char           tenant[65];
    json_t        *record;
    aud_str_t      key, value, rest;
    key_kind_t     kind;
    aud_uuid_t     id;
    store_key_t    prefix;
    store_scan_t  *scan;

    s->earlier = aud_calloc(s->g->naudiences + 1, sizeof(earlier_t));
    if (s->earlier == NULL) {
        return aud_error_set(&s->err, "out of memory");
    }

    prefix = key_prefix(s->tenant, KEY_AUDIENCE);
    scan = store_scan(s->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &s->err)) == 1) {
        record = json_loadb(value.data, value.len, 0, NULL);

        if (record == NULL || key_split(key, tenant, &kind, &rest) != 0
            || rest.len != sizeof(id.bytes))
        {
            json_decref(record);
            continue;
        }

        memcpy(id.bytes, rest.data, sizeof(id.bytes));

        if (before_audience(s, latest, taken, &id, record) != 0) {
            rc = aud_error_set(&s->err, "out of memory");
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


/* Takes record.  Of fixed samples those count that the generation has. */

static int
before_audience(segmentation_t *s, const char *latest, before_names_t *taken,
    const aud_uuid_t *id, json_t *record)
{
    int                    rc = 0;
    earlier_t             *earlier;
    const aud_audience_t  *audience;

    audience = aud_generation_audience(s->g, id);

    if (audience == NULL || audience->filter.len) {
        rc = before_taken(taken, document_text(record, "name"));
        json_decref(record);
        return rc;
    }

    earlier = &s->earlier[s->nearlier++];
    earlier->id = *id;
    earlier->record = record;
    earlier->latest = latest[0] && strcmp(document_text(record, "segmentation"),
                                          latest) == 0;

    return 0;
}


static int
before_match(segmentation_t *s, int64_t since)
{
    size_t                 i;
    class_previous_t      *previous;
    const aud_audience_t  *audience;

    previous = aud_calloc(s->nearlier + 1, sizeof(class_previous_t));
    if (previous == NULL) {
        return aud_error_set(&s->err, "out of memory");
    }

    for (i = 0; i < s->nearlier; i++) {
        audience = aud_generation_audience(s->g, &s->earlier[i].id);
        previous[i].members = audience->members;
        previous[i].n = audience->nmembers;
    }

    s->match = class_match(s->g, s->members, s->ngroups, previous,
                           s->nearlier, since);
    aud_free(previous);

    if (s->match == NULL) {
        return aud_error_set(&s->err, "out of memory");
    }

    for (i = 0; i < s->ngroups; i++) {
        if (s->match->continues[i] != CLASS_NONE) {
            s->groups[i].continues = &s->earlier[s->match->continues[i]];
        }
    }

    return 0;
}


static int
before_words(segmentation_t *s, before_names_t *taken)
{
    int          rc = 0;
    size_t       i;
    json_t      *words[LATENT_CLASSES] = { NULL };
    const char  *kept[LATENT_CLASSES] = { NULL };

    if (s->ngroups == 0) {
        return 0;
    }

    for (i = 0; i < s->nearlier && rc == 0; i++) {
        if (s->match->continued[i] == CLASS_NONE) {
            rc = before_taken(taken, document_text(s->earlier[i].record,
                                                   "name"));
        }
    }

    for (i = 0; i < s->ngroups; i++) {
        if (s->groups[i].continues
            && (segmentation_edited(s->groups[i].continues->record, "name")
                || segmentation_holds(s, i)))
        {
            kept[i] = document_text(s->groups[i].continues->record, "name");
        }
    }

    if (rc == 0) {
        rc = class_names(s->texts, s->behaviours, s->explanations, s->ngroups,
                         kept, (const char *const *) taken->items, taken->n,
                         s->copies, words);
    }

    if (rc == 0) {
        rc = class_writer_llm(s->worker->llm, s->tenant, s->texts,
                              s->behaviours, s->explanations, s->ngroups, kept,
                              (const char *const *) taken->items, taken->n,
                              s->copies, words, before_turn, s);
    }

    for (i = 0; i < s->ngroups; i++) {
        s->groups[i].words = words[i];
    }

    return rc == 0 ? 0 : aud_error_set(&s->err, "out of memory");
}


static int
before_turn(void *arg, size_t answered)
{
    segmentation_t  *s = arg;

    job_progress(s->run, "naming", 0.9 + 0.05 * answered / s->ngroups);

    return segmentation_stopping(s);
}


static int
before_taken(before_names_t *names, const char *name)
{
    if (aud_grow(&names->items, sizeof(char *), names->n, &names->room) != 0) {
        return -1;
    }

    names->items[names->n] = aud_strndup(name, strlen(name));

    return names->items[names->n++] ? 0 : -1;
}


static void
before_names_free(before_names_t *names)
{
    size_t  i;

    for (i = 0; i < names->n; i++) {
        aud_free(names->items[i]);
    }

    aud_free(names->items);
}


void
segmentation_before_free(segmentation_t *s)
{
    size_t  i;

    for (i = 0; i < s->ngroups; i++) {
        json_decref(s->groups[i].words);
        json_decref(s->groups[i].before);
        json_decref(s->groups[i].record);
        aud_free(s->groups[i].ids);
    }

    for (i = 0; i < s->nearlier; i++) {
        json_decref(s->earlier[i].record);
    }

    aud_free(s->earlier);

    if (s->match) {
        class_match_free(s->match);
    }
}
