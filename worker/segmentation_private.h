/*
 * A run of job "segment": segmentation.c takes the steps, segmentation_find.c
 * finds groups and their members, segmentation_before.c looks at earlier runs
 * and gives names, segmentation_audience.c writes audiences' records,
 * segmentation_mail.c the e-mail with copies, segmentation_save.c makes all
 * true.
 */

#ifndef SEGMENTATION_PRIVATE_H
#define SEGMENTATION_PRIVATE_H

#include "base.h"
#include "class_explain.h"
#include "class_match.h"
#include "latent_classes.h"
#include "locale.h"
#include "segmentation.h"

#define SEGMENTATION_SAMPLE     200000      /* rows that choose the classes */
#define SEGMENTATION_RESAMPLES  10

typedef struct {                            /* an automatic audience there is */
    aud_uuid_t   id;
    json_t      *record;
    unsigned     latest:1;                  /* found by the latest run */
} earlier_t;

typedef struct {                            /* a group, soon an audience */
    aud_uuid_t         id;                  /* of the audience */
    json_t            *words;               /* class_names.h */
    double             stability;
    const earlier_t   *continues;           /* NULL: new */
    json_t            *before;              /* record of its audience so far */
    json_t            *record;              /* the new one */
    aud_uuid_t        *ids;                 /* members that are still there */
    size_t             n;
    unsigned           published:1;         /* they are enough */
} group_t;

typedef struct {
    job_run_t            *run;
    worker_t             *worker;
    const char           *tenant;
    base_t               *base;
    aud_uuid_t            id;
    char                  id_text[AUD_ID_LEN + 1];
    json_t               *record;
    int64_t               at;               /* it was asked for */
    int                   copies;
    locales_t            *locales;
    const locale_texts_t *texts;
    aud_generation_t     *g;                /* that it sees */

    behaviours_t         *behaviours;
    latent_data_t         data;
    latent_options_t      options;
    double                bics[LATENT_CLASSES];
    latent_model_t       *model;
    uint64_t             *members[LATENT_CLASSES];  /* bitmaps of rows: of
                                               the model's classes, then of
                                               groups */
    uint32_t              classes[LATENT_CLASSES];  /* of groups, in the model */
    group_t               groups[LATENT_CLASSES];
    size_t                ngroups;
    size_t                too_small;        /* groups that are not published */
    size_t                published;        /* that are */
    uint64_t              unassigned;       /* rows in no group */
    class_explanation_t  *explanations;

    earlier_t            *earlier;          /* ascending by id */
    size_t                nearlier;
    class_match_t        *match;
    aud_error_t           err;
} segmentation_t;

typedef enum {
    SEGMENTATION_OK = 0,
    SEGMENTATION_STOPPED,
    SEGMENTATION_FAILED                     /* s->err says why */
} segmentation_status_t;

/* segmentation_find.c: fills model to too_small and stability. */
segmentation_status_t segmentation_find(segmentation_t *s);
segmentation_status_t segmentation_stability(segmentation_t *s);
void segmentation_find_free(segmentation_t *s);

/* segmentation_before.c: earlier to match, and words. */
segmentation_status_t segmentation_name(segmentation_t *s);
void segmentation_before_free(segmentation_t *s);

/* segmentation_audience.c: sets the record of a group's audience.  -1: memory
 * is out. */
int  segmentation_audience(segmentation_t *s, size_t group);

/* Whether a person has written that member of an audience's record. */
int  segmentation_edited(const json_t *record, const char *member);

/* segmentation_holds.c: whether the name of the audience that a group continues
 * is still true of it. */
int  segmentation_holds(const segmentation_t *s, size_t group);

/* segmentation_mail.c: jobs that follow, an e-mail to each user. */
int  segmentation_mail(segmentation_t *s);

/* segmentation_save.c: ends the job.  Groups get their audiences' ids. */
job_outcome_t segmentation_save(segmentation_t *s);

/* segmentation_record.c: what a run has found, put into its record. */
int  segmentation_record(segmentation_t *s);

/* Callbacks of latent_options_t and behaviours_read(); arg is s. */
int  segmentation_stopping(void *arg);

/* A number with so many digits as people read. */
json_t *segmentation_number(double value);

#endif
