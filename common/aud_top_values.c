/*
 * Segments are walked unit by unit (aud_value_units.h).  A unit is counted
 * whole, in all segments, or not at all.
 *
 *   segment 0      lima 7   lisboa 2   lorena 1   …     rows of each unit
 *   segment 1      lima 3   lorena 4   luz 1      …
 *
 * Where lima 10 and lorena 5 are the best two so far, a value needs 6 rows to
 * stand before the second, or 5 and to stand before it in the alphabet.  With
 * thresholds of 5 and 2 in the segments, whoever has 6 reaches one of them.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_value_units.h"


typedef struct {                /* the units of a set with the most rows */
    aud_unit_t  *units;         /* a heap with the last at its root, until
                                   all are there; then in order */
    size_t       n;
    size_t       taken;
    uint64_t     walked;        /* units of the set */
    unsigned     mixed:1;       /* some of several texts of one value */
} first_t;

typedef struct {
    aud_top_values_t   *top;
    first_t            *first;          /* [nsets] */
    aud_unit_t         *found;          /* [nsets]: where a unit is */
    aud_tally_value_t   last;           /* that is listed so far */
    uint64_t           *thresholds;     /* [nsets] for more rows than last */
    uint64_t           *near;           /* [nsets] for as many */
} search_t;


static int      search_init(search_t *s, aud_top_values_t *top);
static void     search_free(search_t *s);
static int      count_first(search_t *s, size_t places);
static int      find_first(const aud_value_set_t *set, size_t places,
    first_t *first);
static void     first_add(first_t *first, size_t places, aud_unit_t unit);
static void     first_down(first_t *first, size_t i);
static int      by_rows(const void *a, const void *b);
static int      stands_behind(const aud_unit_t *a, const aud_unit_t *b);
static int      count_others(search_t *s);
static int      count_above(search_t *s, size_t i);
static int      is_walked(const aud_value_match_t *match,
    const aud_column_t *c, const aud_unit_t *unit);
static int      is_near(const search_t *s, size_t i, const aud_unit_t *unit);
static void     set_thresholds(const aud_top_values_t *top, uint64_t count,
    uint64_t *thresholds);
static int      count_unit(search_t *s, size_t i, const aud_unit_t *unit);
static void     bound_distinct(search_t *s);


int
aud_value_matches(const aud_value_match_t *match, const aud_column_t *c,
    uint32_t code)
{
    int        begins;
    aud_str_t  q = match->q, text = aud_column_folded(c, code);

    begins = q.len == 0
             || (text.len >= q.len && text.data[0] == q.data[0]
                 && memcmp(text.data, q.data, q.len) == 0);

    return match->within
           ? !begins && memmem(text.data, text.len, q.data, q.len) != NULL
           : begins;
}


int
aud_top_values_all(aud_top_values_t *top)
{
    size_t                  i;
    uint32_t                code, j;
    const aud_value_set_t  *set;

    for (i = 0; i < top->nsets; i++) {
        set = &top->sets[i];

        for (j = 0; j < set->codes.nruns; j++) {
            for (code = set->codes.runs[j].lo; code < set->codes.runs[j].hi;
                 code++)
            {
                if (aud_tally_add(&top->tally, set->slice, set->column, code)
                    != 0)
                {
                    return -1;
                }
            }
        }
    }

    top->distinct = top->tally.n;
    top->exact = 1;

    return 0;
}


/* The first of each segment in turn, more of them while too many turn out to
 * have no profiles any more; then what could stand before the last of them. */
int
aud_top_values(aud_top_values_t *top)
{
    int       rc = -1, all;
    size_t    i, places;
    search_t  s;

    if (search_init(&s, top) != 0) {
        goto done;
    }

    for (places = top->limit; /* void */ ; places *= 4) {

        all = 1;

        for (i = 0; i < top->nsets; i++) {
            all &= top->sets[i].n <= places;
        }

        if (all) {
            aud_tally_free(&top->tally);
            rc = aud_top_values_all(top);
            goto done;
        }

        if (count_first(&s, places) != 0) {
            goto done;
        }

        if (top->tally.n >= top->limit) {
            break;
        }
    }

    if (count_others(&s) == 0) {
        bound_distinct(&s);
        rc = 0;
    }

done:

    search_free(&s);

    return rc;
}


static int
search_init(search_t *s, aud_top_values_t *top)
{
    memset(s, 0, sizeof(*s));

    s->top = top;
    s->first = aud_calloc(top->nsets, sizeof(first_t));
    s->found = aud_calloc(top->nsets, sizeof(aud_unit_t));
    s->thresholds = aud_calloc(top->nsets, sizeof(uint64_t));
    s->near = aud_calloc(top->nsets, sizeof(uint64_t));

    return s->first && s->found && s->thresholds && s->near ? 0 : -1;
}


static void
search_free(search_t *s)
{
    size_t  i;

    for (i = 0; s->first && i < s->top->nsets; i++) {
        aud_free(s->first[i].units);
    }

    aud_free(s->first);
    aud_free(s->found);
    aud_free(s->thresholds);
    aud_free(s->near);
}


/* One of each set in turn, until there are enough. */
static int
count_first(search_t *s, size_t places)
{
    int                more;
    size_t             i;
    first_t           *first;
    aud_top_values_t  *top = s->top;

    for (i = 0; i < top->nsets; i++) {
        if (find_first(&top->sets[i], places, &s->first[i]) != 0) {
            return -1;
        }
    }

    do {
        more = 0;

        for (i = 0; i < top->nsets; i++) {
            first = &s->first[i];

            if (first->taken == first->n) {
                continue;
            }

            memset(s->found, 0, top->nsets * sizeof(aud_unit_t));

            if (count_unit(s, i, &first->units[first->taken++]) != 0) {
                return -1;
            }

            more = 1;
        }

    } while (more && top->tally.n < top->limit);

    return 0;
}


/* Of those with as many rows, the ones that come first. */
static int
find_first(const aud_value_set_t *set, size_t places, first_t *first)
{
    uint64_t         least = 1;
    aud_unit_t       unit;
    aud_unit_walk_t  w = { .set = set };

    aud_free(first->units);

    memset(first, 0, sizeof(*first));

    first->units = aud_calloc(places, sizeof(aud_unit_t));
    if (first->units == NULL) {
        return -1;
    }

    while (aud_unit_next(&w, least, &unit)) {
        first_add(first, places, unit);

        if (first->n == places) {
            least = first->units[0].rows + 1;
        }
    }

    qsort(first->units, first->n, sizeof(aud_unit_t), by_rows);

    first->walked = w.units;
    first->mixed = w.mixed;

    return 0;
}


static void
first_add(first_t *first, size_t places, aud_unit_t unit)
{
    size_t  i;

    if (first->n == places) {
        first->units[0] = unit;
        first_down(first, 0);
        return;
    }

    for (i = first->n++; i; i = (i - 1) / 2) {
        if (!stands_behind(&unit, &first->units[(i - 1) / 2])) {
            break;
        }

        first->units[i] = first->units[(i - 1) / 2];
    }

    first->units[i] = unit;
}


static void
first_down(first_t *first, size_t i)
{
    size_t      child;
    aud_unit_t  unit = first->units[i];

    while ((child = 2 * i + 1) < first->n) {

        if (child + 1 < first->n
            && stands_behind(&first->units[child + 1], &first->units[child]))
        {
            child++;
        }

        if (!stands_behind(&first->units[child], &unit)) {
            break;
        }

        first->units[i] = first->units[child];
        i = child;
    }

    first->units[i] = unit;
}


static int
by_rows(const void *a, const void *b)
{
    return stands_behind(a, b) ? 1 : -1;
}


static int
stands_behind(const aud_unit_t *a, const aud_unit_t *b)
{
    return a->rows != b->rows ? a->rows < b->rows : a->lo > b->lo;
}


static int
count_others(search_t *s)
{
    int                        rc = 0;
    size_t                     i, n;
    aud_top_values_t          *top = s->top;
    const aud_tally_value_t  **best;

    best = aud_calloc(top->limit + 1, sizeof(aud_tally_value_t *));
    if (best == NULL) {
        return -1;
    }

    n = aud_tally_best(&top->tally, best, top->limit);
    s->last = *best[n - 1];

    aud_free(best);

    set_thresholds(top, s->last.count, s->near);
    set_thresholds(top, s->last.count + 1, s->thresholds);

    for (i = 0; i < top->nsets && rc == 0; i++) {
        rc = count_above(s, i);
    }

    return rc;
}


/*
 * So that whoever has `count` reaches the threshold of a set at least: those of
 * all sets, each less one, add up to less than count.  The largest set takes
 * what the others leave, for it costs most to walk.
 */
static void
set_thresholds(const aud_top_values_t *top, uint64_t count,
    uint64_t *thresholds)
{
    size_t    i, largest = 0;
    uint64_t  share = (count - 1) / top->nsets;

    for (i = 0; i < top->nsets; i++) {
        thresholds[i] = 1 + share;

        if (top->sets[i].n > top->sets[largest].n) {
            largest = i;
        }
    }

    thresholds[largest] = count - share * (top->nsets - 1);
}


/* Units of set i that reach its threshold, and not one of a set before. */
static int
count_above(search_t *s, size_t i)
{
    int                     near = 1, before;
    size_t                  j;
    aud_unit_t              unit;
    aud_unit_walk_t         w = { .set = &s->top->sets[i] };
    uint64_t                rows, least, *thresholds = s->near;
    const aud_value_set_t  *sets = s->top->sets;

    least = s->near[i] < s->thresholds[i] ? s->near[i] : s->thresholds[i];

    memset(s->found, 0, s->top->nsets * sizeof(aud_unit_t));

    while (aud_unit_next(&w, least, &unit)) {

        if (near && !is_near(s, i, &unit)) {
            near = 0;
            thresholds = s->thresholds;
            least = thresholds[i];
        }

        if (unit.rows < thresholds[i]) {
            continue;
        }

        rows = unit.rows;
        before = 0;

        for (j = 0; j < s->top->nsets; j++) {
            if (j != i) {
                aud_unit_find(sets[i].column, &unit, &sets[j], s->found[j].lo,
                              &s->found[j]);
                rows += s->found[j].rows;
                before |= j < i && s->found[j].rows >= thresholds[j]
                          && is_walked(s->top->match, sets[j].column,
                                       &s->found[j]);
            }
        }

        if (!before && rows + near > s->last.count
            && count_unit(s, i, &unit) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* Of a number or date a set may have none but texts that do not match. */
static int
is_walked(const aud_value_match_t *match, const aud_column_t *c,
    const aud_unit_t *unit)
{
    uint32_t  code;

    for (code = unit->lo; code < unit->hi; code++) {
        if (aud_value_matches(match, c, code)) {
            return 1;
        }
    }

    return 0;
}


/* Whether as many rows as the last one has are enough: one that is not is the
 * end of those that are.  Numbers and dates, which come first, are not in the
 * order of their texts. */
static int
is_near(const search_t *s, size_t i, const aud_unit_t *unit)
{
    const aud_column_t  *c = s->top->sets[i].column;

    return unit->lo < c->typed
           || aud_str_compare(aud_column_folded(c, unit->lo),
                              aud_column_folded(s->last.column, s->last.code))
              <= 0;
}


/* Adds what matches of a unit of set i in all sets, unless it was.  It is
 * looked for from where the one before was found. */
static int
count_unit(search_t *s, size_t i, const aud_unit_t *unit)
{
    size_t                  j;
    uint32_t                code;
    aud_top_values_t       *top = s->top;
    const aud_value_set_t  *set;

    for (j = 0; j < top->nsets; j++) {
        set = &top->sets[j];
        aud_unit_find(top->sets[i].column, unit, set, s->found[j].lo,
                      &s->found[j]);

        for (code = s->found[j].lo; code < s->found[j].hi; code++) {
            if (aud_value_matches(top->match, set->column, code)
                && aud_tally_has(&top->tally, set->column, code))
            {
                return 0;
            }
        }
    }

    for (j = 0; j < top->nsets; j++) {
        set = &top->sets[j];

        for (code = s->found[j].lo; code < s->found[j].hi; code++) {
            if (aud_value_matches(top->match, set->column, code)
                && aud_tally_add(&top->tally, set->slice, set->column, code)
                   != 0)
            {
                return -1;
            }
        }
    }

    return 0;
}


/*
 * A segment's own units differ from each other; each of its struck rows may be
 * the last of one.  A row of several values may be so for many.
 */
static void
bound_distinct(search_t *s)
{
    size_t                  i;
    uint64_t                struck, units;
    aud_top_values_t       *top = s->top;
    const aud_value_set_t  *set;

    top->distinct = top->tally.n;
    top->exact = 0;

    for (i = 0; i < top->nsets; i++) {
        set = &top->sets[i];
        units = s->first[i].walked;
        struck = set->column->rows - set->slice->live;

        if (set->column->multi && struck) {
            continue;
        }

        top->exact = top->nsets == 1 && struck == 0 && !s->first[i].mixed;

        if (units > struck && units - struck > top->distinct) {
            top->distinct = units - struck;
        }
    }
}
