/*
 * What automatic segmentation looks at: behaviours and labels of conversations
 * of every live profile of a generation, each as one of a few categories.
 *
 *   text, yes/no   its frequent values, by folded text; the rest is "other"
 *   number         at most five ranges with round bounds
 *   date           how long ago it is, counted from `now`
 *
 * Fields that cannot tell people apart are left out, with the reason.  A value
 * that is missing stays missing.
 *
 * Rows are numbered as by behaviour_rows.h, which finds their profiles.  The
 * result borrows the generation, which the caller keeps.  Any thread; the same
 * generation and `now` give the same result, whatever the threads.
 */

#ifndef BEHAVIOURS_H
#define BEHAVIOURS_H

#include "behaviour_rows.h"

#define BEHAVIOUR_MISSING     255
#define BEHAVIOUR_CATEGORIES  12        /* at most, of one field */

typedef enum {
    BEHAVIOUR_VALUE = 0,                /* one value: text */
    BEHAVIOUR_RANGE,                    /* from <= number < to */
    BEHAVIOUR_RECENCY,                  /* from <= days ago < to */
    BEHAVIOUR_OTHER                     /* any value that is too rare */
} behaviour_category_kind_t;

typedef struct {
    behaviour_category_kind_t  kind;
    aud_str_t                  text;    /* as most profiles write it; VALUE */
    double                     from;    /* -INFINITY: open */
    double                     to;      /* INFINITY: open */
    unsigned                   yes:1;   /* VALUE of a yes/no field that says
                                           yes */
    uint64_t                   count;   /* profiles */
} behaviour_category_t;

typedef struct {
    aud_str_t              name;
    aud_type_t             type;
    aud_kind_t             kind;
    unsigned               whole:1;     /* every number is whole: 18 <= n < 26
                                           reads 18 to 25 */
    uint64_t               filled;      /* profiles with a value */
    uint32_t               ncategories; /* 2 or more */
    behaviour_category_t  *categories;
    uint8_t               *codes;       /* [rows], or BEHAVIOUR_MISSING */
} behaviour_t;

typedef enum {
    BEHAVIOUR_IDENTIFIER = 0,           /* who a person is */
    BEHAVIOUR_EXTRA,                    /* for manual filters */
    BEHAVIOUR_CAMPAIGN,
    BEHAVIOUR_SYSTEM,                   /* created_at, sources, consent … */
    BEHAVIOUR_EMPTY,
    BEHAVIOUR_ONE_VALUE,
    BEHAVIOUR_ALL_DISTINCT,
    BEHAVIOUR_FREE_TEXT,
    BEHAVIOUR_TOO_MANY_VALUES,          /* nearly all would be "other" */
    BEHAVIOUR_TOO_FEW_PEOPLE            /* filled for hardly anybody */
} behaviour_reason_t;

typedef struct {
    aud_str_t           field;
    behaviour_reason_t  reason;
} behaviour_left_out_t;

typedef struct {
    uint32_t               rows;
    size_t                 n;
    behaviour_t           *fields;      /* by name */
    size_t                 nleft_out;
    behaviour_left_out_t  *left_out;    /* by name */
} behaviours_t;

/* now: microseconds.  stopping, which may be NULL, is asked now and then; NULL
 * is returned where it says so, and where memory is out (err says which). */
behaviours_t *behaviours_read(const aud_generation_t *g, int64_t now,
    unsigned threads, int (*stopping)(void *arg), void *arg,
    aud_error_t *err);
void          behaviours_free(behaviours_t *b);

/* "one_value" */
const char *behaviour_reason_name(behaviour_reason_t reason);

#endif
