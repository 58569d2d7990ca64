/*
 * The inside of aud_distribution_t: aud_distribution.c reads the request and
 * lists values, aud_distribution_ranges.c counts ranges, and
 * aud_distribution_json.c writes the answer.
 */

#ifndef AUD_DISTRIBUTION_H
#define AUD_DISTRIBUTION_H

#include "aud_counts.h"
#include "aud_query_read.h"
#include "aud_ranges.h"
#include "aud_spread.h"

typedef struct {
    uint64_t  values;               /* of others only */
    uint64_t  base;
    uint64_t  inside;
} aud_shares_t;

typedef enum {
    AUD_MARK_LEAST = 0, AUD_MARK_LOW, AUD_MARK_HIGH, AUD_MARK_GREATEST,
    AUD_MARKS
} aud_mark_t;

struct aud_distribution_s {
    aud_arena_t          arena;     /* this struct lies in it too */
    aud_generation_t    *generation;
    aud_plan_t          *plan;
    const aud_json_t    *request;
    const aud_field_t   *field;
    size_t               limit;
    int64_t              started;

    aud_spread_t         spread;
    uint64_t             distinct;  /* values that people have */
    uint64_t             typed;     /* of them fit the type */
    uint64_t             people;    /* with each of these, summed up */
    aud_spread_value_t   marks[AUD_MARKS];  /* of these; as in aud_ranges.h */
    unsigned             whole:1;           /* all are whole numbers */

    unsigned             ranged:1;
    size_t               n;
    aud_spread_value_t  *values;    /* [n], or */
    aud_shares_t        *ranges;    /* [n], by */
    aud_ranges_t         bounds;
    aud_shares_t         others;
};

/* Fills bounds, ranges and n.  0, or -1 where memory is out. */
int aud_distribution_ranges(aud_distribution_t *d);

void aud_distribution_json(const aud_distribution_t *d, aud_buffer_t *out);

#endif
