/*
 * Classification again: conversations that are there already get the labels that
 * they would get if they came now, by the language model or the learned models
 * or the lexicons as these are today.  What a person corrected, or what was sent
 * with a conversation, stays.
 *
 * Job "classify", {"filter"?, "user"}: goes through the tenant's conversations in
 * the order of their keys, which are digests, so that the place says how far it
 * has come.
 *
 *   chosen: those that  ──>  asked about:  ──>  [ alone (job.h): labels of the ]
 *   another one would        the model,         [ conversations and of their   ]
 *   label                    if any             [ profiles, and the place, in  ]
 *        ^                                      [ one batch                    ]
 *        └───────────────── the next piece ─────────────────────┘
 *
 * Nobody waits while a model is asked: imports and the like of the tenant take
 * turns with the pieces.  A run that was cut short goes on behind its last
 * piece, and what the model has said by then is kept (llm.h): nothing is asked
 * twice.  Labels follow from a conversation, so there is nothing to be undone.
 *
 * The job's result, KEY_RESULT: {"conversations": that the filter holds, as far
 * as it has come, "unchanged": of them, those that would be labelled by who has
 * labelled them, "classified": those that got labels anew, "by_model": of them,
 * by the language model, "after": place, in hexadecimal; not shown}.
 */

#ifndef CLASSIFICATION_H
#define CLASSIFICATION_H

#include "aud_filter.h"
#include "base.h"
#include "conversations.h"
#include "job.h"
#include "labeller.h"
#include "refused_profile.h"
#include "sequences.h"

extern const job_type_t  classify_job;

typedef struct {                        /* zeroes, then _begin(), then _end() */
    worker_t          *worker;
    const char        *tenant;
    const labeller_t  *labeller;
    aud_generation_t  *g;
    aud_filter_t      *filter;          /* NULL: all conversations */
    struct aud_plan_s *plan;
    refused_profiles_t refused;
    sequences_t        sequences;
    store_scan_t      *scan;
    uint8_t            key[CONVERSATION_KEY];   /* of the newest found, */
    size_t             bytes;           /* and its size in the store */
    uint64_t           conversations;   /* counted */
    uint64_t           unchanged;
} classification_walk_t;

/*
 * From behind the place `after` (NULL: the first) on; filter, which may be NULL,
 * as of POST /v1/query: conversations of profiles that it holds now; those of
 * people who have refused are left out.  strict: an unknown field is a problem.  -1 with a problem; end it in any case.  In a job
 * thread, or one of a call.
 */
int  classification_begin(classification_walk_t *w, worker_t *worker,
    const char *tenant, const labeller_t *labeller, const json_t *filter,
    int strict, const uint8_t *after, aud_problem_t *problem);
void classification_end(classification_walk_t *w);

/* The next conversation that another one would label: 1 with *document, the
 * caller's; 0 at the end; -1 with err.  look, which may be NULL, is called for
 * each that is looked at; non-zero ends it before that one. */
int  classification_next(classification_walk_t *w, json_t **document,
    int (*look)(void *arg), void *arg, aud_error_t *err);

/*
 * What a classification would do: {"conversations", "unchanged", "questions",
 * "tokens", "exact", "budget_left"?, "labels": {label: {"model", "version"}}}.
 * NULL with a problem.  In a thread of a call.
 */
json_t *classification_estimate(worker_t *worker, const char *tenant,
    const json_t *filter, aud_problem_t *problem);

#endif
