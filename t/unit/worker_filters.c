/*
 * The evaluator held against a plain one on a base that lives: imports pile up
 * segments and strike out rows of older ones, people are erased, audiences
 * change, segments are merged (filters are asked in the middle of it, and from
 * another thread), the worker starts again.  Whoever asks what the worker holds
 * or what it has published gets the plain one's answer.
 *
 *   FILTERS_SEED=n   other people and filters
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "base.h"
#include "merge.h"
#include "random_filters.h"
#include "segment_writer.h"
#include "settings.h"

#define PEOPLE     500
#define AUDIENCES  6
#define NOW        (INT64_C(1768478400) * AUD_SECOND)   /* 2026-01-15T12:00Z */


struct job_run_s {
    int  asks;                  /* filters are asked while it merges */
};

static char              root[64];
static worker_t          worker;
static settings_t        settings;
static base_t           *live;
static base_field_t      registry[FIELDS];

/* The model: everybody there may be, who is there, in the order of ids. */
static plain_person_t    everybody[PEOPLE];
static char              there[PEOPLE];
static plain_person_t    people[PEOPLE];
static plain_audience_t  audiences[AUDIENCES];

/* What was met, for a test that met too little says nothing. */
static size_t            most_slices;
static unsigned          struck_seen, merging_seen;
static atomic_uint       merged_seen;

static void change(void);
static void ask(unsigned n);


/* --- the worker ----------------------------------------------------------- */

worker_t *
job_worker(job_run_t *run)
{
    return &worker;
}


const char *
job_tenant(const job_run_t *run)
{
    return "demo";
}


/* Every merge takes what one of a quiet base may, where none is due else. */
const json_t *
job_args(const job_run_t *run)
{
    static json_t  *quiet;

    if (quiet == NULL) {
        quiet = json_pack("{s:b}", "quiet", 1);
    }

    return quiet;
}


void
job_progress(job_run_t *run, const char *stage, double fraction)
{
    if (run->asks && fraction > 0) {
        merging_seen++;

        if (random_below(4) == 0) {
            change();
        }

        ask(2);
    }
}


int
job_stopping(const job_run_t *run)
{
    return 0;
}


void
job_error(job_run_t *run, const char *fmt, ...)
{
}


void
job_follow(job_run_t *run, const char *type, json_t *args)
{
    json_decref(args);
}


static void
commit(store_batch_t *batch)
{
    aud_error_t  err;

    assert_int_equal(store_apply(worker.store, batch, &err), STORE_OK);
    store_batch_free(batch);
}


job_outcome_t
job_complete(job_run_t *run, job_outcome_t outcome, store_batch_t *effects)
{
    if (effects) {
        commit(effects);
        merged_seen++;
    }

    return outcome;
}


static void
merge(int asks)
{
    job_run_t  run = { asks };

    assert_int_equal(merge_job.run(&run), JOB_DONE);
}


static void
start(void)
{
    char         path[128];
    aud_error_t  err;

    snprintf(path, sizeof(path), "%s/db", root);
    worker.settings = &settings;
    worker.store = store_open(path, &err);
    assert_non_null(worker.store);
    worker.bases = bases_create(&worker, &err);
    assert_non_null(worker.bases);
    live = bases_get(worker.bases, "demo");
    assert_false(base_needs_rebuild(live));
}


static void
stop(void)
{
    bases_free(worker.bases);
    store_close(worker.store);
}


/* --- changes -------------------------------------------------------------- */

static aud_uuid_t
uuid(unsigned i)
{
    aud_uuid_t  id = { { 1 } };

    id.bytes[14] = i >> 8;
    id.bytes[15] = i;

    return id;
}


static void
apply(const base_change_t *change)
{
    aud_error_t     err;
    store_batch_t  *batch = store_batch_create();

    base_lock(live);
    assert_int_equal(base_prepare(live, change, batch, &err), BASE_OK);
    commit(batch);
    assert_int_equal(base_publish(live, &err), BASE_OK);
    base_unlock(live);
}


static void
gather(void)
{
    size_t  i;

    base.people = people;
    base.npeople = 0;
    base.now = NOW;

    for (i = 0; i < PEOPLE; i++) {
        if (there[i]) {
            people[base.npeople++] = everybody[i];
        }
    }
}


/* One in `odds` of all people, those who are there with other values. */

static void
import(unsigned odds)
{
    size_t              i, n = 0;
    unsigned            f, density[FIELDS];
    aud_uuid_t          struck[PEOPLE];
    aud_error_t         err;
    aud_field_t         described[FIELDS];
    base_change_t       change = { 0 };
    base_segment_t      added;
    segment_writer_t   *w;
    segment_summary_t   summary;

    for (f = 0; f < FIELDS; f++) {
        described[f] = registry[f].field;
        density[f] = random_below(4) == 0 ? 100 : random_below(101);
    }

    w = segment_writer_create(described, FIELDS);

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            random_person(&everybody[i], density);
            everybody[i].id = uuid(i);
            there[i] = 1;
            struck[n++] = everybody[i].id;
            add_row(w, &everybody[i]);
        }
    }

    added.number = base_segment_number(live);
    assert_int_equal(segment_writer_write(w, base_folder(live), added.number,
                                          &summary, &err), 0);
    segment_writer_free(w);
    added.checksum = summary.checksum;
    added.rows = summary.rows;

    change.added = &added;
    change.struck = struck;
    change.nstruck = n;
    change.fields = registry;
    change.nfields = FIELDS;
    apply(&change);
    gather();
}


static void
erase(unsigned odds)
{
    size_t         i, n = 0;
    aud_uuid_t     struck[PEOPLE];
    base_change_t  change = { 0 };

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            there[i] = 0;
            struck[n++] = uuid(i);
        }
    }

    change.struck = struck;
    change.nstruck = n;
    apply(&change);
    gather();
}


/* A filter, which may use the audiences before it, or a fixed sample. */

static void
change_audience(unsigned which)
{
    size_t             i;
    aud_audience_t     saved = { 0 };
    base_change_t      change = { .put = &saved, .nput = 1 };
    plain_audience_t  *a = &audiences[which];

    json_decref(a->filter);
    free(a->members);
    memset(a, 0, sizeof(*a));

    a->uuid.bytes[0] = 2;
    a->uuid.bytes[15] = which;
    aud_id_format(a->id, "aud", &a->uuid);
    saved.id = a->uuid;

    if (random_below(4)) {
        base.naudiences = which;
        a->filter = random_filter(2, 1);
        saved.filter.data = json_dumps(a->filter, 0);
        saved.filter.len = strlen(saved.filter.data);

    } else {
        a->members = calloc(PEOPLE, sizeof(aud_uuid_t));

        for (i = 0; i < PEOPLE; i++) {
            if (random_below(3) == 0) {
                a->members[a->nmembers++] = uuid(i);
            }
        }

        saved.members = a->members;
        saved.nmembers = a->nmembers;
    }

    base.audiences = audiences;
    base.naudiences = AUDIENCES;
    apply(&change);
    free((void *) saved.filter.data);
}


/* --- questions ------------------------------------------------------------ */

static aud_plan_t *
plan_of(const aud_generation_t *g, const json_t *json)
{
    aud_plan_t     *plan;
    aud_filter_t   *filter;
    aud_problem_t   problem;

    filter = aud_filter_parse(json, "/filter", &problem);
    assert_non_null(filter);
    plan = aud_plan_create((aud_generation_t *) g, filter, NOW, 0, &problem);
    aud_filter_free(filter);
    assert_non_null(plan);

    return plan;
}


/* Of rows that are struck out none matches, of the others those of `matches`,
 * which is in the order of people. */

static int
agrees(const aud_generation_t *g, const json_t *json, const char *matches)
{
    int              ok = 1, alive;
    char             matches_of[PEOPLE] = { 0 };
    size_t           i;
    uint32_t         row;
    uint64_t         n = 0, seen = 0;
    aud_plan_t      *plan;
    const uint64_t  *rows;

    for (i = 0; i < base.npeople; i++) {
        n += matches[i];
        matches_of[people[i].id.bytes[14] << 8 | people[i].id.bytes[15]]
            = matches[i];
    }

    plan = plan_of(g, json);
    assert_int_equal(aud_plan_run_count(plan), 0);
    ok &= aud_plan_count(plan) == n;
    aud_plan_free(plan);

    plan = plan_of(g, json);
    assert_int_equal(aud_plan_run(plan), 0);
    ok &= aud_plan_count(plan) == n;

    for (i = 0; i < g->nslices; i++) {
        const aud_slice_t  *slice = &g->slices[i];
        const aud_uuid_t   *id = slice->segment->profiles;

        rows = aud_plan_rows(plan, i);

        for (row = 0; row < slice->segment->rows; row++, id++) {
            alive = !slice->deleted || !aud_bit(slice->deleted, row);
            struck_seen += !alive;
            seen += alive;
            ok &= aud_bit(rows, row)
                  == (alive && matches_of[id->bytes[14] << 8 | id->bytes[15]]);
        }
    }

    aud_plan_free(plan);

    return ok && seen == base.npeople;
}


static void
ask_generation(aud_generation_t *g, unsigned n)
{
    char     matches[PEOPLE];
    json_t  *json;

    assert_non_null(g);
    most_slices = g->nslices > most_slices ? g->nslices : most_slices;

    while (n-- > 0) {
        json = random_filter(random_below(5), random_below(4) == 0);
        plain_eval(&base, json, matches);

        if (!agrees(g, json, matches)) {
            fail_msg("%s", json_dumps(json, 0));
        }

        json_decref(json);
    }

    aud_generation_release(g);
}


/* What the worker holds, and what nginx finds in the folder. */

static void
ask(unsigned n)
{
    aud_error_t  err;

    ask_generation(base_generation(live), n);
    ask_generation(aud_generation_open(base_folder(live), NULL, NULL, &err),
                   n);
}


/* --- tests ---------------------------------------------------------------- */

static void
begin(void)
{
    unsigned  i;

    import(2);

    for (i = 0; i < AUDIENCES; i++) {
        change_audience(i);
    }
}


static void
change(void)
{
    switch (random_below(6)) {
    case 0:
        erase(random_below(8) + 1);
        break;
    case 1:
        change_audience(random_below(AUDIENCES));
        break;
    default:
        import(random_below(30) + 1);
    }
}


/* Segments pile up until they are merged, now and then. */

static void
test_filters_of_a_base_that_changes(void **state)
{
    int  i;

    begin();

    for (i = 0; i < 300; i++) {
        change();
        ask(6);

        if (random_below(12) == 0) {
            merge(1);
            ask(6);
        }

        if (random_below(12) == 0) {
            stop();
            start();
            ask(6);
        }
    }

    assert_true(most_slices >= 6);
    assert_true(struck_seen > 0);
    assert_true(merging_seen > 0 && merged_seen > 0);
}


static atomic_int  over;

static void
merge_often(void *arg)
{
    while (!over) {
        merge(0);
    }
}


static void
test_filters_while_another_thread_merges(void **state)
{
    int          i;
    uv_thread_t  merger;

    begin();
    over = 0;
    merged_seen = 0;
    assert_int_equal(uv_thread_create(&merger, merge_often, NULL), 0);

    for (i = 0; i < 200 || merged_seen == 0; i++) {
        change();
        ask(6);
    }

    over = 1;
    uv_thread_join(&merger);
    ask(100);
    stop();
    start();
    ask(100);
}


static int
set_up(void **state)
{
    char      path[128];
    unsigned  f;

    strcpy(root, "/tmp/worker_filters.XXXXXX");

    if (mkdtemp(root) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/segments", root);
    mkdir(path, 0755);
    snprintf(settings.root, sizeof(settings.root), "%s", root);
    settings.merge_at = 3;
    memset(there, 0, sizeof(there));

    for (f = 0; f < FIELDS; f++) {
        registry[f].field = (aud_field_t) {
            aud_str(fields[f].name, strlen(fields[f].name)), fields[f].type,
            AUD_KIND_BEHAVIOUR, fields[f].multi
        };
    }

    start();

    return 0;
}


static int
tear_down(void **state)
{
    char  command[128];

    stop();
    snprintf(command, sizeof(command), "rm -rf %s", root);

    return system(command);
}


int
main(void)
{
    const char  *seed = getenv("FILTERS_SEED");

    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_filters_of_a_base_that_changes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_filters_while_another_thread_merges, set_up, tear_down),
    };

    random_state = (seed ? strtoull(seed, NULL, 10) : 1) | 1;
    print_message("FILTERS_SEED=%llu\n", (unsigned long long) random_state);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
