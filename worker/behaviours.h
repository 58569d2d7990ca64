/*
 * What automatic segmentation looks at: behaviours and labels of conversations
 * of every live profile of a generation, each as one of a few categories.
 *
 *   text      its frequent values, by folded text; the rest is "other"
 *   yes/no    the two
 *   number    its values where there are few, else at most five ranges with
 *             round bounds
 *   date      how long ago it is, counted from `now`; in full years where
 *             nearly all dates are more than a year ago (births)
 *
 * Fields that cannot tell people apart are left out, with the reason;
 * docs/segmentation.md has the rules.  A value that is missing stays missing,
 * and missing is one that does not fit its field's type ("vinte" among ages) or
 * says that there is none ("não informado").
 * Of several values of a profile the one counts whose category stands first:
 * the most frequent text, the lowest number, the latest date.
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
#define BEHAVIOUR_RANGES      5
#define BEHAVIOUR_FIELDS      64        /* at most: memory is a byte for each
                                           of them and profile */

typedef enum {
    BEHAVIOUR_VALUE = 0,                /* one value: text, yes/no, number */
    BEHAVIOUR_RANGE,                    /* from <= number < to; years */
    BEHAVIOUR_RECENCY,                  /* from <= days ago < to; below 0: days
                                           ahead */
    BEHAVIOUR_OTHER                     /* any text that is too rare */
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
    unsigned               years:1;     /* a date in ranges of full years since
                                           then: born 18 to 25 years ago */
    uint64_t               filled;      /* profiles in one of its categories */
    uint32_t               ncategories; /* 2 or more */
    behaviour_category_t  *categories;  /* texts by descending count, "other"
                                           last; yes, no; numbers ascending;
                                           dates from the latest on */
    uint8_t               *codes;       /* [rows], or BEHAVIOUR_MISSING */
} behaviour_t;

typedef enum {
    BEHAVIOUR_IDENTIFIER = 0,           /* who a person is */
    BEHAVIOUR_EXTRA,                    /* for manual filters */
    BEHAVIOUR_CAMPAIGN,
    BEHAVIOUR_SYSTEM,                   /* created_at, sources, consent … */
    BEHAVIOUR_EMPTY,
    BEHAVIOUR_ONE_VALUE,
    BEHAVIOUR_NEARLY_ONE_VALUE,         /* hardly anybody has another one */
    BEHAVIOUR_ALL_DISTINCT,
    BEHAVIOUR_FREE_TEXT,
    BEHAVIOUR_TOO_MANY_VALUES,          /* nearly all would be "other" */
    BEHAVIOUR_TOO_FEW_PEOPLE,           /* filled for hardly anybody */
    BEHAVIOUR_SAME_AS,                  /* parts people as another field does */
    BEHAVIOUR_TOO_MANY_FIELDS,          /* others tell more */
    BEHAVIOUR_REASONS
} behaviour_reason_t;

typedef struct {
    aud_str_t           field;
    behaviour_reason_t  reason;
    aud_str_t           same_as;        /* the field that is kept; SAME_AS */
} behaviour_left_out_t;

typedef struct {
    uint32_t               rows;
    size_t                 n;
    behaviour_t           *fields;      /* by name */
    size_t                 nleft_out;
    behaviour_left_out_t  *left_out;    /* by name */
} behaviours_t;

/* now: microseconds.  threads: at work, the caller's among them.  stopping,
 * which may be NULL, is asked now and then, by the calling thread; NULL is
 * returned where it says so (err->no is ECANCELED), and where memory is out. */
behaviours_t *behaviours_read(const aud_generation_t *g, int64_t now,
    unsigned threads, int (*stopping)(void *arg), void *arg,
    aud_error_t *err);
void          behaviours_free(behaviours_t *b);

/* "one_value" */
const char *behaviour_reason_name(behaviour_reason_t reason);

#endif
