#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "base_private.h"
#include "log.h"
#include "merge.h"
#include "segment_merge.h"
#include "settings.h"

#define SMALLEST  4096      /* rows: below, all are of one class */
#define CLASSES   12        /* beyond, too */
#define TRIES     5
#define LEAST_SHARE  8      /* one in so many */

static unsigned       size_class(uint64_t rows);
static int            is_small(const aud_slice_t *slice);
static job_outcome_t  run_merge(job_run_t *run);
static job_outcome_t  try_merge(job_run_t *run, base_t *base,
    base_status_t *status);
static job_outcome_t  merge_slices(job_run_t *run, base_t *base,
    aud_generation_t *g, const size_t *places, size_t n,
    base_status_t *status);
static int            step(void *arg, double fraction);
static job_outcome_t  commit(job_run_t *run, base_t *base,
    const base_change_t *change, base_status_t *status);

/* A merge in a thread of its own, which gives way to all others: imports and
 * queries have somebody waiting for them.  A tenth of a busy core is left to
 * it, so that segments do not pile up.  The thread ends with it, because a
 * process may not take such modesty back. */
#define MERGE_NICE  10

typedef struct {
    job_run_t                *run;
    base_t                   *base;
    const aud_slice_t *const *slices;
    size_t                    n;
    const aud_generation_t   *g;
    uint64_t                  number;
    segment_summary_t         summary;
    aud_segment_t            *merged;   /* opened and checked */
    aud_error_t               err;
    int                       rc;
} modest_merge_t;

static void           merge_modestly(modest_merge_t *m);
static void          *modest_thread(void *arg);
static void           modest_check(modest_merge_t *m);

const job_type_t  merge_job = {
    .name = "merge", .run = run_merge, .background = 1
};


void
merge_consider(job_run_t *run, base_t *base)
{
    size_t                  *places;
    const aud_generation_t  *g;

    g = base_prepared(base);
    places = aud_calloc(g->nslices + 1, sizeof(size_t));

    /* Without memory the next import will see to it. */
    if (places == NULL) {
        return;
    }

    if (merge_choose(g, job_worker(run)->settings->merge_at, places)) {
        job_follow(run, merge_job.name, json_object());
    }

    aud_free(places);
}


/* The smallest class that is due: it costs least and helps most.  Where what
 * comes of it makes the next class due, that is merged with it at once. */
size_t
merge_choose(const aud_generation_t *g, unsigned merge_at, size_t *places)
{
    size_t    i, n;
    uint64_t  rows;
    unsigned  class, last, of, counts[CLASSES] = { 0 };

    if (merge_at < 2) {
        merge_at = 2;
    }

    for (i = 0; i < g->nslices; i++) {
        if (is_small(&g->slices[i])) {
            counts[size_class(g->slices[i].live)]++;
        }
    }

    for (class = 0; class < CLASSES && counts[class] < merge_at; class++) {
        /* void */
    }

    for (last = class;
         last < CLASSES - 1 && counts[last + 1] + 1 >= merge_at;
         last++)
    {
        /* void */
    }

    n = 0;
    rows = 0;

    for (i = 0; class < CLASSES && i < g->nslices; i++) {
        of = size_class(g->slices[i].live);

        if (of >= class && of <= last && is_small(&g->slices[i])
            && rows + g->slices[i].live <= MERGE_ROWS)
        {
            rows += g->slices[i].live;
            places[n++] = i;
        }
    }

    return n;
}


size_t
merge_choose_quiet(const aud_generation_t *g, size_t *places)
{
    int                 all;
    size_t              i, n;
    uint64_t            rows, struck;
    const aud_slice_t  *slice, *largest;

    largest = NULL;
    rows = 0;

    for (i = 0; i < g->nslices; i++) {
        slice = &g->slices[i];

        if (is_small(slice)) {
            rows += slice->live;
            largest = largest && largest->live >= slice->live ? largest : slice;
        }
    }

    if (largest == NULL) {
        return 0;
    }

    struck = largest->segment->rows - largest->live;
    all = (rows - largest->live + struck) * LEAST_SHARE >= largest->live
          && rows <= MERGE_ROWS;
    n = 0;

    for (i = 0, rows = 0; i < g->nslices; i++) {
        slice = &g->slices[i];

        if (is_small(slice) && (all || slice != largest)
            && rows + slice->live <= MERGE_ROWS)
        {
            rows += slice->live;
            places[n++] = i;
        }
    }

    return n > 1 || (all && struck) ? n : 0;
}


static int
is_small(const aud_slice_t *slice)
{
    return slice->live < MERGE_ROWS / 2;
}


static unsigned
size_class(uint64_t rows)
{
    unsigned  class;

    for (class = 0; rows >= SMALLEST && class < CLASSES - 1; class++) {
        rows /= 4;
    }

    return class;
}


/* One merge of a base at a time: a second one would choose the same segments.
 * What became due meanwhile follows the first. */
static job_outcome_t
run_merge(job_run_t *run)
{
    int            try;
    base_t        *base;
    job_outcome_t  outcome;
    base_status_t  status;

    base = bases_get(job_worker(run)->bases, job_tenant(run));

    if (base == NULL) {
        job_error(run, "Memory is out.");
        return JOB_RETRY;
    }

    if (base_needs_rebuild(base) || uv_mutex_trylock(&base->merging) != 0) {
        return job_complete(run, JOB_DONE, NULL);
    }

    outcome = JOB_RETRY;
    status = BASE_MOVED;

    for (try = 0; try < TRIES && status == BASE_MOVED; try++) {
        outcome = try_merge(run, base, &status);
    }

    uv_mutex_unlock(&base->merging);

    /* Whatever replaced the segments each time asks for the next merge. */
    return status == BASE_MOVED ? job_complete(run, JOB_DONE, NULL) : outcome;
}


static job_outcome_t
try_merge(job_run_t *run, base_t *base, base_status_t *status)
{
    size_t             n, *places;
    job_outcome_t      outcome;
    aud_generation_t  *g;

    *status = BASE_FAILED;
    outcome = JOB_RETRY;
    g = base_generation(base);
    places = aud_calloc(g->nslices + 1, sizeof(size_t));

    if (places == NULL) {
        job_error(run, "Memory is out.");
        goto done;
    }

    n = merge_choose(g, job_worker(run)->settings->merge_at, places);

    if (n == 0 && json_is_true(json_object_get(job_args(run), "quiet"))) {
        n = merge_choose_quiet(g, places);
    }

    if (n == 0) {
        *status = BASE_OK;
        outcome = job_complete(run, JOB_DONE, NULL);
        goto done;
    }

    outcome = merge_slices(run, base, g, places, n, status);

done:

    aud_free(places);
    aud_generation_release(g);

    return outcome;
}


static job_outcome_t
merge_slices(job_run_t *run, base_t *base, aud_generation_t *g,
    const size_t *places, size_t n, base_status_t *status)
{
    size_t               i;
    uint64_t            *replaced;
    job_outcome_t        outcome;
    base_change_t        change = { 0 };
    base_segment_t       added;
    modest_merge_t       m = { .run = run, .base = base, .g = g, .n = n };
    const aud_slice_t  **slices;

    outcome = JOB_RETRY;
    replaced = aud_calloc(n, sizeof(uint64_t));
    slices = aud_calloc(n, sizeof(aud_slice_t *));

    if (replaced == NULL || slices == NULL) {
        job_error(run, "Memory is out.");
        goto done;
    }

    for (i = 0; i < n; i++) {
        slices[i] = &g->slices[places[i]];
        replaced[i] = slices[i]->segment->number;
    }

    added.number = base_segment_number(base);
    m.slices = slices;
    m.number = added.number;
    merge_modestly(&m);

    if (m.rc != 0) {
        if (m.rc < 0) {
            job_error(run, "%s", m.err.text);
        }

        outcome = m.rc < 0 ? JOB_RETRY : JOB_CANCELLED;
        goto done;
    }

    added.checksum = m.summary.checksum;
    added.rows = m.summary.rows;
    change.added = &added;
    change.opened = m.merged;
    change.replaced = replaced;
    change.nreplaced = n;
    change.seen = g;
    change.alike = 1;

    outcome = commit(run, base, &change, status);

done:

    aud_segment_release(m.merged);
    aud_free(slices);
    aud_free(replaced);

    return outcome;
}


static void
merge_modestly(modest_merge_t *m)
{
    pthread_t  thread;

    if (pthread_create(&thread, NULL, modest_thread, m) != 0) {
        m->rc = aud_error_set(&m->err, "a merge finds no thread");
        return;
    }

    pthread_join(thread, NULL);
}


static void *
modest_thread(void *arg)
{
    modest_merge_t  *m = arg;

    /* Linux has priorities of threads, whatever POSIX says of processes. */
    (void) setpriority(PRIO_PROCESS, gettid(), MERGE_NICE);

    m->rc = segment_merge(m->slices, m->n, m->g->fields, m->g->nfields,
                          base_folder(m->base), m->number, step, m->run,
                          &m->summary, &m->err);

    if (m->rc == 0) {
        modest_check(m);
    }

    return NULL;
}


/* Not where the base is locked: imports would wait for it. */
static void
modest_check(modest_merge_t *m)
{
    char  name[AUD_SEGMENT_NAME_LEN + 1];

    m->merged = aud_segment_open(base_folder(m->base), m->number,
                                 m->summary.checksum, &m->err);

    if (m->merged == NULL) {
        aud_segment_name(name, m->number);
        base_remove(m->base, name);
        m->rc = -1;
    }
}


static int
step(void *arg, double fraction)
{
    job_progress(arg, "merging", 0.95 * fraction);
    return job_stopping(arg);
}


static job_outcome_t
commit(job_run_t *run, base_t *base, const base_change_t *change,
    base_status_t *status)
{
    aud_error_t     err;
    job_outcome_t   outcome;
    store_batch_t  *batch;

    outcome = JOB_RETRY;
    batch = store_batch_create();

    base_lock(base);
    *status = base_prepare(base, change, batch, &err);

    if (*status != BASE_OK) {

        /* Having moved is not an error: it is tried again. */
        if (*status != BASE_MOVED) {
            job_error(run, "%s", err.text);
        }

        store_batch_free(batch);
        goto done;
    }

    merge_consider(run, base);
    outcome = job_complete(run, JOB_DONE, batch);

    if (outcome != JOB_DONE) {
        base_abandon(base);

    } else if (base_publish(base, &err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "merge is kept but not published",
                 "s:tenant", job_tenant(run), "s:reason", err.text, NULL);
    }

done:

    base_unlock(base);
    return outcome;
}
