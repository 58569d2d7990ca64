#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_words.h"
#include "class_explain.h"
#include "class_test.h"
#include "share_out.h"


typedef struct {
    const behaviours_t   *behaviours;
    uint64_t *const      *members;
    size_t                classes;
    size_t                nvalues;      /* of a class */
    size_t               *first;        /* [fields] of its values */
    class_explanation_t  *made;         /* [classes] */
} explaining_t;

typedef struct {                        /* neighbouring values of a field */
    uint32_t  first;
    uint32_t  last;
    double    g;
} run_t;


static int make_room(explaining_t *e);
static void count_members(explaining_t *e);
static uint64_t count_both(const uint64_t *a, const uint64_t *b, size_t words);
static int explain_field(void *arg, size_t field);
static void count_categories(const uint8_t *codes, const uint64_t *members,
    size_t words, uint64_t *counts);
static void compare(class_value_t *value);
static int find_significant(explaining_t *e);
static int choose_principal(explaining_t *e, class_explanation_t *made);
static int best_run(const explaining_t *e, const class_explanation_t *made,
    size_t field, run_t *best);
static int is_more_frequent(const class_value_t *value);
static int is_principal(const class_value_t *run, uint64_t members);
static int can_join(const behaviour_category_t *category);
static int by_g(const void *a, const void *b);


class_explanation_t *
class_explain(const behaviours_t *b, uint64_t *const *members, size_t classes,
    unsigned threads)
{
    int           rc;
    size_t        i;
    share_out_t   s = { .work = explain_field };
    explaining_t  e = { .behaviours = b, .members = members,
                        .classes = classes };

    rc = make_room(&e);

    if (rc == 0) {
        s.arg = &e;
        count_members(&e);
        rc = share_out(&s, b->n, threads);
    }

    if (rc == 0) {
        rc = find_significant(&e);
    }

    for (i = 0; i < classes && rc == 0; i++) {
        rc = choose_principal(&e, &e.made[i]);
    }

    aud_free(e.first);

    if (rc != 0) {
        class_explanations_free(e.made, classes);
        return NULL;
    }

    return e.made;
}


void
class_explanations_free(class_explanation_t *explanations, size_t classes)
{
    size_t  i;

    for (i = 0; explanations && i < classes; i++) {
        aud_free(explanations[i].values);
        aud_free(explanations[i].principal);
        aud_free(explanations[i].overlap);
    }

    aud_free(explanations);
}


static int
make_room(explaining_t *e)
{
    size_t               i;
    class_explanation_t *made;

    e->made = aud_calloc(e->classes + 1, sizeof(class_explanation_t));
    e->first = aud_malloc((e->behaviours->n + 1) * sizeof(size_t));

    if (e->made == NULL || e->first == NULL) {
        return -1;
    }

    for (i = 0; i < e->behaviours->n; i++) {
        e->first[i] = e->nvalues;
        e->nvalues += e->behaviours->fields[i].ncategories;
    }

    for (i = 0; i < e->classes; i++) {
        made = &e->made[i];
        made->nvalues = e->nvalues;
        made->values = aud_calloc(e->nvalues + 1, sizeof(class_value_t));
        made->principal = aud_calloc(e->nvalues + 1, sizeof(uint32_t));
        made->overlap = aud_calloc(e->classes, sizeof(double));

        if (!made->values || !made->principal || !made->overlap) {
            return -1;
        }
    }

    return 0;
}


static void
count_members(explaining_t *e)
{
    size_t                i, j, words = AUD_WORDS(e->behaviours->rows);
    uint64_t              both;
    class_explanation_t  *made;

    for (i = 0; i < e->classes; i++) {
        made = &e->made[i];
        made->members = count_both(e->members[i], e->members[i], words);

        if (made->members) {
            made->share = (double) made->members / e->behaviours->rows;
        }

        for (j = 0; j < e->classes; j++) {
            both = count_both(e->members[i], e->members[j], words);
            made->overlap[j] = made->members ? (double) both / made->members
                                             : 0;
        }
    }
}


static uint64_t
count_both(const uint64_t *a, const uint64_t *b, size_t words)
{
    return aud_bits_join_count(AUD_BITS_AND, aud_bits(a), aud_bits(b), NULL,
                               words);
}


static int
explain_field(void *arg, size_t field)
{
    size_t              i, c;
    uint64_t            counts[BEHAVIOUR_MISSING + 1], filled;
    explaining_t       *e = arg;
    class_value_t      *values;
    const behaviour_t  *b = &e->behaviours->fields[field];

    for (i = 0; i < e->classes; i++) {
        values = e->made[i].values + e->first[field];
        count_categories(b->codes, e->members[i],
                         AUD_WORDS(e->behaviours->rows), counts);
        filled = e->made[i].members - counts[BEHAVIOUR_MISSING];

        for (c = 0; c < b->ncategories; c++) {
            values[c] = (class_value_t) {
                .field = field, .category = c,
                .inside = counts[c], .inside_filled = filled,
                .base = b->categories[c].count, .base_filled = b->filled
            };
            compare(&values[c]);
        }
    }

    return 0;
}


static void
count_categories(const uint8_t *codes, const uint64_t *members, size_t words,
    uint64_t *counts)
{
    size_t    word;
    uint64_t  rows;

    memset(counts, 0, (BEHAVIOUR_MISSING + 1) * sizeof(uint64_t));

    for (word = 0; word < words; word++) {
        for (rows = members[word]; rows; rows &= rows - 1) {
            counts[codes[word * 64 + __builtin_ctzll(rows)]]++;
        }
    }
}


static void
compare(class_value_t *v)
{
    uint64_t  outside = v->base - v->inside;
    uint64_t  outside_filled = v->base_filled - v->inside_filled;

    v->share = v->inside_filled ? (double) v->inside / v->inside_filled : 0;
    v->base_share = v->base_filled ? (double) v->base / v->base_filled : 0;
    v->lift = v->base_share > 0 ? v->share / v->base_share : 0;
    v->g = class_test_g(v->inside, v->inside_filled - v->inside, outside,
                        outside_filled - outside);
    v->p = class_test_p(v->g);
}


static int
find_significant(explaining_t *e)
{
    size_t          i, j, n = 0;
    double         *p, limit;
    class_value_t  *value;

    p = aud_malloc((e->classes * e->nvalues + 1) * sizeof(double));
    if (p == NULL) {
        return -1;
    }

    for (i = 0; i < e->classes; i++) {
        for (j = 0; j < e->nvalues; j++) {
            p[n++] = e->made[i].values[j].p;
        }
    }

    limit = class_test_limit(p, n, CLASS_FALSE);
    aud_free(p);

    for (i = 0; i < e->classes; i++) {
        for (j = 0; j < e->nvalues; j++) {
            value = &e->made[i].values[j];
            value->significant = value->p <= limit;
        }
    }

    return 0;
}


static int
choose_principal(explaining_t *e, class_explanation_t *made)
{
    size_t    i, n = 0;
    run_t    *runs;
    uint32_t  value;

    runs = aud_malloc((e->behaviours->n + 1) * sizeof(run_t));
    if (runs == NULL) {
        return -1;
    }

    for (i = 0; i < e->behaviours->n; i++) {
        n += best_run(e, made, i, &runs[n]);
    }

    qsort(runs, n, sizeof(run_t), by_g);

    for (i = 0; i < n; i++) {
        for (value = runs[i].first; value <= runs[i].last; value++) {
            made->principal[made->nprincipal++] = value;
        }
    }

    aud_free(runs);

    return 0;
}


static int
best_run(const explaining_t *e, const class_explanation_t *made, size_t field,
    run_t *best)
{
    size_t                i, j, first = e->first[field];
    class_value_t         run;
    const behaviour_t    *b = &e->behaviours->fields[field];
    const class_value_t  *value;

    best->g = 0;

    for (i = 0; i < b->ncategories; i++) {

        run = made->values[first + i];
        run.inside = run.base = 0;

        for (j = i; j < b->ncategories; j++) {
            value = &made->values[first + j];

            if (b->categories[j].kind == BEHAVIOUR_OTHER
                || !is_more_frequent(value)
                || (j > i && !can_join(&b->categories[j])))
            {
                break;
            }

            run.inside += value->inside;
            run.base += value->base;
            compare(&run);

            if (is_principal(&run, made->members) && run.g > best->g) {
                *best = (run_t) { first + i, first + j, run.g };
            }
        }
    }

    return best->g > 0;
}


static int
is_more_frequent(const class_value_t *value)
{
    return value->significant && value->share > value->base_share;
}


static int
is_principal(const class_value_t *run, uint64_t members)
{
    return run->lift >= CLASS_LIFT && run->share >= CLASS_SHARE
           && run->inside >= members * CLASS_KNOWN;
}


static int
can_join(const behaviour_category_t *category)
{
    return category->kind == BEHAVIOUR_RANGE
           || category->kind == BEHAVIOUR_RECENCY;
}


static int
by_g(const void *a, const void *b)
{
    const run_t  *x = a, *y = b;

    if (x->g != y->g) {
        return x->g < y->g ? 1 : -1;
    }

    return x->first < y->first ? -1 : 1;
}
