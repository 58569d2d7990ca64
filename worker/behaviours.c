/*
 * Fields are planned, the best are filled, and copies are left out.
 */

#include <errno.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "behaviour_copies.h"
#include "share_out.h"


typedef struct {
    const aud_generation_t  *generation;
    int64_t                  now;
    behaviour_plan_t        *plans;         /* [generation->nfields] */
} reading_t;


static int read_fields(share_out_t *s, unsigned threads);
static int plan_field(void *arg, size_t i);
static int fill_field(void *arg, size_t i);
static int keep_best(reading_t *r);
static int by_bits(const void *a, const void *b);
static behaviours_t *result(reading_t *r);
static void plans_free(reading_t *r);


behaviours_t *
behaviours_read(const aud_generation_t *g, int64_t now, unsigned threads,
    int (*stopping)(void *arg), void *arg, aud_error_t *err)
{
    int            no;
    reading_t      r = { .generation = g, .now = now };
    share_out_t    s = { .arg = &r, .stopping = stopping,
                         .stopping_arg = arg };
    behaviours_t  *b = NULL;

    r.plans = aud_calloc(g->nfields + 1, sizeof(behaviour_plan_t));
    no = r.plans ? read_fields(&s, threads) : ENOMEM;

    if (no == 0) {
        b = result(&r);
        no = b ? 0 : ENOMEM;
    }

    if (r.plans) {
        plans_free(&r);
    }

    if (no) {
        aud_error_set(err, no == ECANCELED ? "stopped while reading fields"
                                           : "no memory to read fields");
        err->no = no;
    }

    return b;
}


/* 0 or an errno. */
static int
read_fields(share_out_t *s, unsigned threads)
{
    int         no;
    reading_t  *r = s->arg;

    s->work = plan_field;
    no = share_out(s, r->generation->nfields, threads);

    if (no == 0) {
        no = keep_best(r);
    }

    if (no == 0) {
        s->work = fill_field;
        no = share_out(s, r->generation->nfields, threads);
    }

    if (no == 0) {
        no = behaviour_copies(r->plans, r->generation->nfields,
                              r->generation->profiles) ? ENOMEM : 0;
    }

    return no;
}


static int
plan_field(void *arg, size_t i)
{
    reading_t  *r = arg;

    return behaviour_plan(&r->plans[i], r->generation,
                          &r->generation->fields[i], r->now) ? ENOMEM : 0;
}


static int
fill_field(void *arg, size_t i)
{
    reading_t  *r = arg;

    if (r->plans[i].left_out) {
        return 0;
    }

    return behaviour_plan_fill(&r->plans[i], r->generation, r->now) ? ENOMEM
                                                                    : 0;
}


static int
keep_best(reading_t *r)
{
    size_t              i, n = 0;
    behaviour_plan_t  **kept;

    kept = aud_malloc((r->generation->nfields + 1)
                      * sizeof(behaviour_plan_t *));
    if (kept == NULL) {
        return ENOMEM;
    }

    for (i = 0; i < r->generation->nfields; i++) {
        if (!r->plans[i].left_out) {
            kept[n++] = &r->plans[i];
        }
    }

    qsort(kept, n, sizeof(behaviour_plan_t *), by_bits);

    for (i = BEHAVIOUR_FIELDS; i < n; i++) {
        kept[i]->left_out = 1;
        kept[i]->reason = BEHAVIOUR_TOO_MANY_FIELDS;
    }

    aud_free(kept);

    return 0;
}


/* Plans stand by name. */
static int
by_bits(const void *a, const void *b)
{
    const behaviour_plan_t  *x = *(behaviour_plan_t *const *) a;
    const behaviour_plan_t  *y = *(behaviour_plan_t *const *) b;
    double                   more = behaviour_plan_bits(y)
                                    - behaviour_plan_bits(x);

    return more != 0 ? (more > 0 ? 1 : -1) : (x > y) - (x < y);
}


static behaviours_t *
result(reading_t *r)
{
    size_t             i, n = r->generation->nfields;
    behaviours_t      *b;
    behaviour_plan_t  *plan;

    b = aud_calloc(1, sizeof(behaviours_t));
    if (b == NULL) {
        return NULL;
    }

    b->rows = r->generation->profiles;
    b->fields = aud_calloc(n + 1, sizeof(behaviour_t));
    b->left_out = aud_calloc(n + 1, sizeof(behaviour_left_out_t));

    if (b->fields == NULL || b->left_out == NULL) {
        behaviours_free(b);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        plan = &r->plans[i];

        if (plan->left_out) {
            b->left_out[b->nleft_out++] = (behaviour_left_out_t) {
                plan->behaviour.name, plan->reason, plan->same_as
            };

        } else {
            b->fields[b->n++] = plan->behaviour;
            plan->behaviour.categories = NULL;
            plan->behaviour.codes = NULL;
        }
    }

    return b;
}


static void
plans_free(reading_t *r)
{
    size_t  i;

    for (i = 0; i < r->generation->nfields; i++) {
        behaviour_plan_free(&r->plans[i]);
    }

    aud_free(r->plans);
}


void
behaviours_free(behaviours_t *b)
{
    size_t  i;

    if (b == NULL) {
        return;
    }

    for (i = 0; b->fields && i < b->n; i++) {
        aud_free(b->fields[i].categories);
        aud_free(b->fields[i].codes);
    }

    aud_free(b->fields);
    aud_free(b->left_out);
    aud_free(b);
}


const char *
behaviour_reason_name(behaviour_reason_t reason)
{
    static const char *const  names[BEHAVIOUR_REASONS] = {
        "identifier", "extra", "campaign", "system", "empty", "one_value",
        "nearly_one_value", "all_distinct", "free_text", "too_many_values",
        "too_few_people", "same_as", "too_many_fields"
    };

    return names[reason];
}
