/*
 * The inside of aud_plan_t: aud_plan.c binds it, aud_simplify.c makes it
 * simpler, aud_prepare.c and aud_match.c evaluate it, aud_page.c walks through
 * what matched.
 *
 * "not" is pushed down to the leaves when a filter is bound, so that what is
 * left are groups and leaves, and a leaf may be negated:
 *
 *   {"not": {"all": [a, {"not": b}]}}      ANY
 *                                         /   \
 *                                       not a   b
 *
 * A group in a group of its kind is dissolved, and conditions of one group on
 * one field become one leaf, whose codes are those of both before any row is
 * read:
 *
 *   birth after 1989, birth before 1995    ALL           birth in 1990 .. 1994
 *                                         /   \
 *                                    after     before
 *
 * A saved audience that occurs once is evaluated where it stands; one that
 * occurs more often is evaluated once per slice and kept.
 */

#ifndef AUD_PLAN_H
#define AUD_PLAN_H

#include "aud_condition.h"
#include "aud_eval.h"
#include "aud_rows.h"

/* Audiences within audiences within …; a plan is evaluated recursively. */
#define AUD_PLAN_MAX_NESTED  32

typedef struct aud_bound_s  aud_bound_t;

typedef struct {                    /* an audience that the plan uses */
    const aud_audience_t  *saved;
    aud_bound_t           *root;    /* NULL: a fixed sample, or empty */
    uint32_t               uses;
    unsigned               height;      /* audiences in a chain from here */
    unsigned               bound:1;     /* else it is being bound: a cycle */

    uint64_t              *words;       /* kept, where it is used often */
    size_t                 words_slice; /* of which slice, from 1; 0: none */
    uint64_t               estimate;
    size_t                 estimate_slice;
} aud_plan_audience_t;

struct aud_bound_s {
    enum {
        AUD_BOUND_ALL = 0, AUD_BOUND_ANY,
        AUD_BOUND_CONDITION, AUD_BOUND_AUDIENCE
    }                       kind;
    unsigned                negated:1;      /* of leaves only */

    aud_bound_t           **children;       /* ordered anew for each slice */
    uint32_t                nchildren;

    aud_condition_t         condition;      /* joined: its field alone */
    aud_codes_t           **codes;          /* [nslices]; NULL: not yet */
    aud_bound_t           **joined;         /* [njoined], the conditions that a
                                               leaf stands for, or NULL */
    uint32_t                njoined;
    unsigned                any:1;          /* of those joined, else all */
    aud_plan_audience_t    *audience;       /* NULL: nobody is in it */

    /* in the slice at hand */
    uint64_t                estimate;       /* of rows */
    unsigned                settled:1;      /* everybody matches or nobody: */
    unsigned                everybody:1;
    uint32_t                used;           /* of the children, the first: the
                                               others change nothing */
    aud_rows_t              rows;           /* of a condition */
    uint64_t               *buffer;         /* for rows, of every slice */
};

typedef struct {                    /* of aud_plan_page(), in one slice */
    const aud_segment_t  *segment;
    const uint64_t       *rows;
    uint32_t              row;      /* the next match; segment->rows: none */
} aud_cursor_t;

/*
 * The first matches in the order of ids, while they are found: those of the
 * slices before, and rows of the slice at hand.
 */
typedef struct {
    const aud_generation_t  *generation;
    const aud_uuid_t        *after;     /* or NULL */
    size_t                   limit;     /* not 0 */
    aud_place_t             *places;    /* [limit] */
    size_t                   n;
    uint32_t                *rows;      /* [limit], of the slice */
    size_t                   nrows;
    size_t                   slice;
    uint32_t                 first;     /* row behind `after` */
    uint32_t                 end;       /* the places are full, and no row from
                                           here on stands before the last */
} aud_page_t;

struct aud_plan_s {
    aud_generation_t       *generation;
    aud_arena_t             arena;
    aud_bound_t            *root;           /* NULL: everybody */
    aud_plan_audience_t   **audiences;      /* by place in the generation;
                                               NULL: none used */
    double                  cost;           /* but for the root's conditions */
    uint64_t                count;
    const uint64_t        **rows;           /* [nslices], after the run, unless
                                               it counted only */
    aud_cursor_t           *cursors;        /* [nslices], likewise */
    size_t                  max_words;      /* of the largest slice */
};

/* Makes what was bound simpler; NULL where memory is out. */
aud_bound_t *aud_plan_simplify(aud_plan_t *plan, aud_bound_t *b);

/* The microseconds of its conditions, where their rows are needed or, of a
 * single one, no more than their number. */
double aud_plan_estimate(aud_plan_t *plan, aud_bound_t *b, int count_only);

/* The filter of a saved audience; NULL for a fixed sample, where it cannot be
 * read, and where memory is out (then *no_memory is set to 1). */
aud_filter_t *aud_saved_filter(const aud_audience_t *saved, int *no_memory);

/* The first row from `from` on whose profile does not stand before id. */
uint32_t aud_plan_row_from(const aud_segment_t *s, const aud_uuid_t *id,
    uint32_t from);

/*
 * Each slice in turn: begin says whether it can have any of the page; take looks
 * through the matches in n words of rows, from word `from` on, struck out or
 * not, and says whether it wants more; end follows either.
 */
int  aud_page_begin(aud_page_t *page, size_t slice);
int  aud_page_take(aud_page_t *page, const uint64_t *rows, size_t from,
    size_t n);
void aud_page_end(aud_page_t *page);

/* The codes of a condition in a slice, found now unless they were.  NULL where
 * memory is out. */
aud_codes_t *aud_plan_codes(aud_plan_t *plan, aud_bound_t *b,
    const aud_column_t *c, size_t slice);

/* The column of a condition in a slice, or of the words in it where those tell;
 * NULL where no row has the field. */
const aud_column_t *aud_plan_column(const aud_plan_t *plan,
    const aud_bound_t *b, size_t slice);

#endif
