/*
 * An erasure while it runs.
 *
 *   resolve_erase.c   its steps, and which of them is next after a crash
 *   erase_records.c   the person's rows go from blocks of source records
 *   erase_stored.c    what else the store holds of the person
 *   erase_spool.c     files that wait to be imported
 *   erase_files.c     segments and exports, and the store's own files
 */

#ifndef ERASE_PRIVATE_H
#define ERASE_PRIVATE_H

#include "erased.h"
#include "fold.h"
#include "resolve_private.h"

typedef struct {
    resolve_t        *r;            /* its refs: of the person's records,
                                       ascending; its effects: of the first
                                       batch */
    aud_uuid_t        id;
    char              text[AUD_ID_LEN + 1];     /* the same, adt_… */
    json_t           *document;     /* 'H' */
    json_t           *pending;      /* what is left to do of it, in it:
                                       {"generation": 7, "segments": [12, …],
                                        "imports": {"imp_…": true, …}} */
    json_t           *audit;        /* 'D' */

    /* Until the first batch is there, and in the same run. */
    aud_generation_t *g;
    json_t           *texts;        /* the person's values, as written and as
                                       normalised: {"…": true} */
    erased_check_t   *check;
    refs_t            listed;       /* that the list names, of `again` */
    fields_t          gone;         /* counts of what the records say */
    json_t           *leaving;      /* imports of which none is left */
    int               retyped;
    unsigned          again:1;      /* the store was restored */
    unsigned          known:1;      /* texts are all there are */
} erase_t;

/* Adds a value to e->texts, unless it is so short that it could be anybody's.
 * -1: no memory. */
#define ERASE_TEXT_LEAST  5

int  erase_text(erase_t *e, aud_str_t text);

/* Whether any of them stands in what is stored. */
int  erase_found(const erase_t *e, aud_str_t stored);

/* erase_records.c: -1 with r->err */
int  erase_records(erase_t *e);

/* erase_stored.c: the same */
int  erase_errors(erase_t *e);
int  erase_answers(erase_t *e);
int  erase_rules(erase_t *e);
int  erase_undone(erase_t *e);

/* erase_spool.c: the same */
int  erase_spool(erase_t *e);

/* erase_files.c; erase_segments() finds those that hold the person */
int           erase_segments(erase_t *e);
job_outcome_t erase_rewrite(erase_t *e);
job_outcome_t erase_exports(erase_t *e);
store_status_t erase_purge(erase_t *e);

#endif
