/*
 * A run of codes by bitmaps of the rows below bounds (aud_segment.h): what lies
 * below one and not below another, and the few rows between a bound and the end
 * of the run.  No row is of two codes: columns with bounds have single values.
 *
 *   codes    0    5    10   15   20   25
 *   bounds             |         |             run 8 .. 21:
 *   below 20      #####|#########|
 *   below 10      #####|
 *   more             ##|         |#            8, 9 and 20
 */

#ifndef AUD_BOUNDS_H
#define AUD_BOUNDS_H

#include "aud_codes.h"

typedef struct {
    aud_bits_t  bits;               /* words NULL: nobody */
    aud_run_t   more[2];            /* codes that the run has besides, */
    aud_run_t   less[2];            /* and that it has not; or empty */
    uint64_t    rows;               /* of both */
} aud_bounds_t;

/* The bounds with the fewest rows between them and the ends of the run; inside:
 * that lie within it, so that it has none less. */
void aud_bounds_find(const aud_column_t *c, aud_run_t run, int inside,
    aud_bounds_t *b);

#endif
