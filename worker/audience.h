/*
 * Saved audiences: filters, or fixed samples, with a name; in the store for
 * people and in the base for the edge, changed in both by one batch.
 *
 *   {"id", "name", "description", "type": "manual", "filter", "created_by",
 *    "created_at", "updated_at"}          count and generation when shown
 *
 * Those of type "automatic" are made by segmentation_save.h alone, where their
 * members are drawn; people edit their words.
 */

#ifndef AUDIENCE_H
#define AUDIENCE_H

#include "api.h"
#include "aud_filter.h"
#include "base.h"

typedef struct {
    worker_t       *worker;         /* given */
    const char     *tenant;
    const char     *user;
    aud_uuid_t      id;             /* of the audience */
    json_t         *body;           /* name, description, filter: those that
                                       change; NULL drops the audience */
    unsigned        create:1;

    /* Puts more into the batch, such as the answer to be kept; may be NULL. */
    void          (*also)(void *arg, store_batch_t *batch, json_t *shown);
    void           *arg;

    json_t         *record;         /* made: as stored now */
    json_t         *shown;          /* the same with its count */
    aud_problem_t   problem;        /* status 404: there is no such audience */
} audience_change_t;

/* Checks the members of a request's body, and trims the name in it.  -1 with a
 * problem.  Any thread. */
int  audience_check(json_t *body, int create, aud_problem_t *problem);

/*
 * Makes the change durable and visible: checks the filter against the current
 * generation and audiences against cycles, all under the base's lock.  Dropping
 * revokes exports.  Blocking; any thread but the loop's.
 */
void audience_change(audience_change_t *change);

/* The record as the API shows it, with its count now, which is counted unless it
 * is known (takes and returns record).  In the tenant's lane: who changes its
 * filter is before it or after it. */
json_t *audience_show(worker_t *worker, const char *tenant, json_t *record);

/* The same record with how large it was, where it is a manual one ("sizes"; null
 * where that cannot be read).  Any thread. */
json_t *audience_show_sizes(worker_t *worker, const char *tenant,
    json_t *record);

/* Whether its members are a fixed sample. */
int     audience_is_sample(const json_t *record);

/* A record as lists show it: without long tables (a new reference). */
json_t *audience_summary(const json_t *record);

/* The filter of a record, of a sample one that contains it; NULL with a
 * problem. */
aud_filter_t *audience_filter(const json_t *record, aud_problem_t *problem);

#endif
