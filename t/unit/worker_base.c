/*
 * A base against a plain model: random changes, a stop at every step of a
 * change, merges while rows are struck out, damage and rebuilding.
 *
 * The job that merges is driven by a job_run_t of this test.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_clock.h"
#include "base.h"
#include "merge.h"
#include "segment_writer.h"
#include "settings.h"

#define PEOPLE     600
#define AUDIENCES  5

typedef enum {
    STOP_NEVER = 0, STOP_BEFORE_PREPARE, STOP_BEFORE_COMMIT,
    STOP_BEFORE_PUBLISH, STOP_AFTER_PUBLISH, STOPS
} stop_t;

struct job_run_s {
    void  (*in_between)(void);  /* called once, in the middle of the job */
    int     follows;
    int     completed;
};

static char        root[64];
static worker_t    worker;
static settings_t  settings;
static base_t     *base;

/* The model. */
static int         version[PEOPLE];         /* of each profile, 0: none */
static int         wanted[AUDIENCES];       /* of each audience, 0: none */
static uint64_t    generation;

static base_field_t  registry[] = {
    { { AUD_STR("name"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 }, { 1 } },
    { { AUD_STR("tags"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 1 }, { 2 } },
};


static unsigned
random_below(unsigned n)
{
    static uint64_t  state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (state >> 20) % n;
}


static aud_uuid_t
uuid(unsigned i)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[0] = 1;
    id.bytes[14] = i >> 8;
    id.bytes[15] = i;

    return id;
}


static void
start(void)
{
    aud_error_t  err;

    worker.bases = bases_create(&worker, &err);

    if (worker.bases == NULL) {
        fail_msg("%s", err.text);
    }

    base = bases_get(worker.bases, "demo");
}


static void
stop(void)
{
    bases_free(worker.bases);
    base = NULL;
}


static void
restart(void)
{
    stop();
    start();
}


static base_segment_t
write_segment(const unsigned *people, const int *versions, size_t n)
{
    char                text[2][32];
    size_t              i;
    aud_uuid_t          id;
    aud_error_t         err;
    base_segment_t      segment;
    aud_field_t         fields[] = { registry[0].field, registry[1].field };
    segment_value_t     values[2];
    segment_writer_t   *w;
    segment_summary_t   summary;

    w = segment_writer_create(fields, 2);

    for (i = 0; i < n; i++) {
        id = uuid(people[i]);
        values[0].field = 0;
        values[0].text = aud_str(text[0], sprintf(text[0], "%u/%d", people[i],
                                                  versions[i]));
        values[1].field = 1;
        values[1].text = aud_str(text[1], sprintf(text[1], "tag %d",
                                                  versions[i] % 3));
        assert_int_equal(segment_writer_add(w, &id, values, 2), 0);
        assert_int_equal(segment_writer_identifier(w, AUD_IDENTIFIER_PHONE,
                                                   values[0].text), 0);
        assert_int_equal(segment_writer_identifier(w, AUD_IDENTIFIER_EMAIL,
                                                   AUD_STR("a@example.com")),
                         0);
    }

    segment.number = base_segment_number(base);

    if (segment_writer_write(w, base_folder(base), segment.number, &summary,
                             &err) != 0)
    {
        fail_msg("%s", err.text);
    }

    segment_writer_free(w);
    segment.checksum = summary.checksum;
    segment.rows = summary.rows;

    return segment;
}


static int
commit(store_batch_t *batch)
{
    aud_error_t     err;
    store_status_t  status;

    status = store_apply(worker.store, batch, &err);
    store_batch_free(batch);

    return status == STORE_OK ? 0 : -1;
}


/* Whether the change became true. */
static int
apply(const base_change_t *change, stop_t at)
{
    aud_error_t     err;
    store_batch_t  *batch;

    if (at == STOP_BEFORE_PREPARE) {
        restart();
        return 0;
    }

    batch = store_batch_create();
    base_lock(base);

    if (base_prepare(base, change, batch, &err) != BASE_OK) {
        fail_msg("%s", err.text);
    }

    if (at == STOP_BEFORE_COMMIT) {
        base_unlock(base);
        store_batch_free(batch);
        restart();
        return 0;
    }

    assert_int_equal(commit(batch), 0);
    generation++;

    if (at == STOP_BEFORE_PUBLISH) {
        base_unlock(base);
        restart();
        return 1;
    }

    assert_int_equal(base_publish(base, &err), BASE_OK);
    base_unlock(base);

    if (at == STOP_AFTER_PUBLISH) {
        restart();
    }

    return 1;
}


/* An import of random people, new ones and old ones. */
static void
import(unsigned odds, stop_t at)
{
    int              versions[PEOPLE];
    size_t           n;
    unsigned         i, people[PEOPLE];
    aud_uuid_t       struck[PEOPLE];
    base_change_t    change = { 0 };
    base_segment_t   added;

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            people[n] = i;
            versions[n] = version[i] + 1;
            struck[n++] = uuid(i);
        }
    }

    added = write_segment(people, versions, n);
    change.added = &added;
    change.struck = struck;
    change.nstruck = n;
    change.fields = registry;
    change.nfields = 2;

    if (apply(&change, at)) {
        while (n-- > 0) {
            version[people[n]] = versions[n];
        }
    }
}


static void
erase(unsigned odds, stop_t at)
{
    size_t         n;
    unsigned       i, people[PEOPLE];
    aud_uuid_t     struck[PEOPLE];
    base_change_t  change = { 0 };

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            people[n] = i;
            struck[n++] = uuid(i);
        }
    }

    change.struck = struck;
    change.nstruck = n;

    if (apply(&change, at)) {
        while (n-- > 0) {
            version[people[n]] = 0;
        }
    }
}


static void
erase_some(void)
{
    erase(10, STOP_NEVER);
}


static void
import_some(void)
{
    import(20, STOP_NEVER);
}


static void
change_audience(stop_t at)
{
    char            filter[32];
    int             next;
    unsigned        i;
    aud_uuid_t      id;
    base_change_t   change = { 0 };
    aud_audience_t  audience = { 0 };

    i = random_below(AUDIENCES);
    next = random_below(3) ? wanted[i] + 1 : 0;
    id = uuid(i);

    if (next) {
        audience.id = id;
        audience.filter = aud_str(filter, sprintf(filter, "{\"v\":%d}", next));
        change.audience = &audience;

    } else {
        change.dropped = &id;
    }

    if (apply(&change, at)) {
        wanted[i] = next;
    }
}


static void
check_value(const aud_slice_t *slice, aud_str_t field, uint32_t row,
    const char *fmt, int a, int b)
{
    char                 text[32];
    size_t               first, len;
    const aud_column_t  *c;

    c = aud_segment_column(slice->segment, field);
    len = sprintf(text, fmt, a, b);
    assert_int_equal(aud_column_values(c, row, &first), 1);
    assert_true(aud_str_equal(aud_str(text, len),
        aud_column_display(c, aud_column_code_plus_one(c, first) - 1)));
}


/* Each living row has the two identifiers that it was written with. */
static void
check_identifiers(const aud_generation_t *g)
{
    size_t                 i, j, found;
    const aud_segment_t   *s;

    found = 0;

    for (i = 0; i < g->nslices; i++) {
        s = g->slices[i].segment;

        for (j = 0; j < s->nidentifiers; j++) {
            found += !g->slices[i].deleted
                     || !aud_bit(g->slices[i].deleted, s->identifiers[j].row);
        }
    }

    assert_int_equal(found, g->profiles * 2);
}


/* What nginx would see is what the worker says is what the model says. */
static void
check_base(void)
{
    char                   text[32];
    size_t                 slice;
    unsigned               i, live;
    uint32_t               row;
    aud_uuid_t             id;
    aud_error_t            err;
    aud_generation_t      *g, *seen;
    const aud_audience_t  *a;

    assert_false(base_needs_rebuild(base));
    g = base_generation(base);
    assert_int_equal(g->number, generation);
    live = 0;

    for (i = 0; i < PEOPLE; i++) {
        id = uuid(i);

        if (version[i] == 0) {
            assert_int_equal(aud_generation_find(g, &id, &slice, &row), -1);
            continue;
        }

        live++;
        assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
        check_value(&g->slices[slice], AUD_STR("name"), row, "%d/%d", i,
                    version[i]);
        check_value(&g->slices[slice], AUD_STR("tags"), row, "tag %d",
                    version[i] % 3, 0);
    }

    assert_int_equal(g->profiles, live);
    check_identifiers(g);

    for (i = 0; i < AUDIENCES; i++) {
        id = uuid(i);
        a = aud_generation_audience(g, &id);
        assert_int_equal(a != NULL, wanted[i] != 0);
        sprintf(text, "{\"v\":%d}", wanted[i]);
        assert_true(a == NULL
                    || aud_str_equal(a->filter, aud_str(text, strlen(text))));
    }

    if (generation) {
        seen = aud_generation_open(base_folder(base), NULL, NULL, &err);

        if (seen == NULL) {
            fail_msg("%s", err.text);
        }

        assert_int_equal(seen->number, g->number);
        assert_int_equal(seen->profiles, g->profiles);
        aud_generation_release(seen);
    }

    aud_generation_release(g);
}


static size_t
slices(void)
{
    size_t             n;
    aud_generation_t  *g;

    g = base_generation(base);
    n = g->nslices;
    aud_generation_release(g);

    return n;
}


static unsigned
files(const char *suffix)
{
    DIR            *dir;
    unsigned        n;
    struct dirent  *entry;

    n = 0;
    dir = opendir(base_folder(base));

    while (dir && (entry = readdir(dir)) != NULL) {
        n += strstr(entry->d_name, suffix) != NULL;
    }

    if (dir) {
        closedir(dir);
    }

    return n;
}


/* --- what merge.c sees of the queue --- */

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


void
job_progress(job_run_t *run, const char *stage, double fraction)
{
    void  (*in_between)(void) = run->in_between;

    run->in_between = NULL;

    if (in_between) {
        in_between();
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
    assert_string_equal(type, "merge");
    json_decref(args);
    run->follows++;
}


job_outcome_t
job_complete(job_run_t *run, job_outcome_t outcome, store_batch_t *effects)
{
    if (effects) {
        assert_int_equal(commit(effects), 0);
        generation++;
    }

    run->completed++;
    return outcome;
}


static void
merge(void (*in_between)(void))
{
    job_run_t  run = { .in_between = in_between };

    assert_int_equal(merge_job.run(&run), JOB_DONE);
    assert_int_equal(run.completed, 1);
}


/* --- tests --- */

static void
test_a_new_base_is_empty(void **state)
{
    size_t         n;
    base_field_t  *fields;

    fields = base_fields(base, &n);
    assert_int_equal(n, 0);
    base_fields_free(fields, n);
    check_base();
    restart();
    check_base();
}


static void
test_random_changes_with_stops_anywhere(void **state)
{
    int     i;
    stop_t  at;

    for (i = 0; i < 400; i++) {
        at = random_below(3) ? STOP_NEVER : random_below(STOPS);

        switch (random_below(8)) {
        case 0:
        case 1:
        case 2:
            import(random_below(30) + 1, at);
            break;
        case 3:
            erase(random_below(5) + 1, at);
            break;
        case 4:
            change_audience(at);
            break;
        case 5:
            merge(NULL);
            break;
        case 6:
            merge(erase_some);
            break;
        default:
            merge(import_some);
        }

        check_base();
    }
}


static void
test_the_field_registry_is_kept(void **state)
{
    size_t         n;
    base_field_t  *fields;

    import(10, STOP_NEVER);
    restart();
    fields = base_fields(base, &n);

    assert_int_equal(n, 2);
    assert_true(aud_str_equal(fields[1].field.name, AUD_STR("tags")));
    assert_int_equal(fields[1].field.multi, 1);
    assert_int_equal(fields[1].field.kind, AUD_KIND_BEHAVIOUR);
    assert_int_equal(fields[1].counts[AUD_TYPE_TEXT], 2);
    base_fields_free(fields, n);
}


static void
test_a_merge_makes_one_of_many(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    assert_true(slices() >= 3);
    merge(NULL);
    assert_true(slices() < 3);
    check_base();
}


static void
test_what_is_struck_during_a_merge_stays_struck(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    merge(erase_some);
    check_base();
    restart();
    check_base();
}


/* All segments but the newest have died: the merge finds them gone. */
static void
replace_all(void)
{
    import(1, STOP_NEVER);
}


static void
test_a_merge_whose_segments_have_gone_starts_over(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    merge(replace_all);
    check_base();
    assert_int_equal(slices(), 1);
}


static void
test_an_import_asks_for_a_merge_when_one_is_due(void **state)
{
    int              i;
    aud_error_t      err;
    job_run_t        run = { 0 };
    unsigned         one = 0;
    aud_uuid_t       id = uuid(0);
    base_change_t    change = { 0 };
    base_segment_t   added;
    store_batch_t   *batch;

    import(1, STOP_NEVER);

    for (i = 1; i < 4; i++) {
        version[i]++;
        added = write_segment(&one, &version[i], 1);
        change.added = &added;
        change.struck = &id;
        change.nstruck = 1;
        batch = store_batch_create();
        base_lock(base);
        assert_int_equal(base_prepare(base, &change, batch, &err), BASE_OK);
        run.follows = 0;
        merge_consider(&run, base);
        base_abandon(base);
        base_unlock(base);
        store_batch_free(batch);
        version[i]--;

        /* merge_at is 3 */
        assert_int_equal(run.follows, slices() + 1 >= 3);
        import(4, STOP_NEVER);
    }
}


static void
test_an_abandoned_change_leaves_no_file(void **state)
{
    int              versions[] = { 77 };
    unsigned         people[] = { 5 }, before;
    aud_error_t      err;
    base_change_t    change = { 0 };
    base_segment_t   added;
    aud_audience_t   audience = { .filter = AUD_STR("{}") };
    store_batch_t   *batch;

    before = files("");
    added = write_segment(people, versions, 1);
    change.added = &added;
    change.audience = &audience;
    batch = store_batch_create();

    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_OK);
    assert_int_equal(files(""), before + 3);
    base_abandon(base);
    base_unlock(base);
    store_batch_free(batch);

    assert_int_equal(files(""), before);
    check_base();
}


static void
test_struck_profiles_must_ascend(void **state)
{
    aud_error_t      err;
    aud_uuid_t       struck[] = { uuid(2), uuid(1) };
    base_change_t    change = { .struck = struck, .nstruck = 2 };
    store_batch_t   *batch;

    batch = store_batch_create();
    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_FAILED);
    base_unlock(base);
    assert_int_equal(store_batch_count(batch), 0);
    store_batch_free(batch);
    check_base();
}


static void
test_a_full_disk_refuses_a_change_and_keeps_the_base(void **state)
{
    unsigned         before;
    aud_error_t      err;
    struct rlimit    limit, unlimited;
    base_change_t    change = { 0 };
    store_batch_t   *batch;

    import(2, STOP_NEVER);
    before = files("");
    batch = store_batch_create();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &unlimited);
    limit = unlimited;
    limit.rlim_cur = 16;
    setrlimit(RLIMIT_FSIZE, &limit);

    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_FULL);
    base_unlock(base);

    setrlimit(RLIMIT_FSIZE, &unlimited);
    store_batch_free(batch);
    assert_int_equal(files(""), before);
    check_base();
    import(2, STOP_NEVER);
    check_base();
}


static int64_t  shift;

static int64_t
shifted_clock(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * AUD_SECOND + t.tv_nsec / 1000 + shift;
}


/* nginx may still be opening what the manifest before named. */
static void
test_superseded_files_outlive_their_generation_for_a_while(void **state)
{
    unsigned    before;
    int64_t   (*clock)(void) = aud_clock;

    aud_clock = shifted_clock;
    shift = 0;
    import(1, STOP_NEVER);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    import(1, STOP_NEVER);
    before = files(".seg");

    import(1, STOP_NEVER);
    assert_int_equal(files(".seg"), before + 1);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    import(1, STOP_NEVER);
    assert_int_equal(files(".seg"), 2);

    bases_sweep(worker.bases);
    assert_int_equal(files(".seg"), 2);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    bases_sweep(worker.bases);
    assert_int_equal(files(".seg"), 1);
    import(1, STOP_NEVER);
    shift += (BASE_GRACE + 1) * AUD_SECOND;

    /* After a start the same goes for what nobody names. */
    restart();
    assert_int_equal(files(".seg"), 1);
    aud_clock = clock;
    check_base();
}


static void
test_numbers_are_never_used_twice(void **state)
{
    int       versions[] = { 1 };
    unsigned  people[] = { 1 };
    uint64_t  number;

    number = write_segment(people, versions, 1).number;
    restart();
    assert_true(base_segment_number(base) > number);
    import(3, STOP_BEFORE_PUBLISH);
    assert_true(base_segment_number(base) > number + 1);
}


static void
damage(const char *suffix)
{
    FILE           *file;
    char            path[512];
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(base_folder(base));

    while ((entry = readdir(dir)) != NULL) {

        if (strstr(entry->d_name, suffix)) {
            snprintf(path, sizeof(path), "%s/%s", base_folder(base),
                     entry->d_name);
            file = fopen(path, "r+");
            fseek(file, 40, SEEK_SET);
            fputc(0xa5, file);
            fputc(0x5a, file);
            fclose(file);
        }
    }

    closedir(dir);
}


static void
rebuild(void)
{
    int              versions[PEOPLE];
    char             filters[AUDIENCES][32];
    size_t           n;
    unsigned         i, people[PEOPLE];
    base_change_t    change = { .rebuilt = 1 };
    base_segment_t   added;
    aud_audience_t   audiences[AUDIENCES] = { 0 };

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (version[i]) {
            people[n] = i;
            versions[n++] = version[i];
        }
    }

    for (i = 0; i < AUDIENCES; i++) {
        if (wanted[i]) {
            audiences[change.naudiences].id = uuid(i);
            audiences[change.naudiences++].filter
                = aud_str(filters[i], sprintf(filters[i], "{\"v\":%d}",
                                              wanted[i]));
        }
    }

    added = write_segment(people, versions, n);
    change.added = &added;
    change.fields = registry;
    change.nfields = 2;
    change.audiences = audiences;
    assert_true(apply(&change, STOP_NEVER));
}


static void
test_a_damaged_base_is_rebuilt(void **state)
{
    size_t              i;
    aud_error_t         err;
    base_change_t       change = { 0 };
    store_batch_t      *batch;
    aud_generation_t   *g;
    static const char  *what[] = { "MANIFEST", ".seg", ".aud" };

    for (i = 0; i < 3; i++) {
        import(2, STOP_NEVER);
        wanted[0] = 0;
        while (wanted[0] == 0) {
            change_audience(STOP_NEVER);
        }

        stop();
        start();
        damage(what[i]);
        restart();

        assert_true(base_needs_rebuild(base));
        g = base_generation(base);
        assert_int_equal(g->profiles, 0);
        aud_generation_release(g);

        batch = store_batch_create();
        base_lock(base);
        assert_int_equal(base_prepare(base, &change, batch, &err),
                         BASE_FAILED);
        base_unlock(base);
        store_batch_free(batch);

        rebuild();
        check_base();
        restart();
        check_base();
        assert_int_equal(slices(), 1);
    }
}


static atomic_int  importing;

static void
import_often(void *arg)
{
    int  i;

    for (i = 0; i < 60; i++) {
        import(3, STOP_NEVER);
    }

    atomic_store(&importing, 0);
}


static void
merge_often(void *arg)
{
    while (atomic_load(&importing)) {
        merge(NULL);
    }
}


/* Two threads change the base; whoever reads sees everybody once, always. */
static void
test_readers_see_whole_generations(void **state)
{
    size_t             slice;
    unsigned           i, reads;
    uint32_t           row;
    aud_uuid_t         id;
    uv_thread_t        importer, merger;
    aud_generation_t  *g;

    import(1, STOP_NEVER);
    atomic_store(&importing, 1);
    assert_int_equal(uv_thread_create(&importer, import_often, NULL), 0);
    assert_int_equal(uv_thread_create(&merger, merge_often, NULL), 0);

    for (reads = 0; atomic_load(&importing); reads++) {
        g = base_generation(base);
        assert_int_equal(g->profiles, PEOPLE);

        for (i = 0; i < PEOPLE; i++) {
            id = uuid(i);
            assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
        }

        aud_generation_release(g);
    }

    uv_thread_join(&importer);
    uv_thread_join(&merger);
    assert_true(reads > 0);
    check_base();
}


static void
test_tenants_are_kept_apart(void **state)
{
    base_t            *other;
    aud_generation_t  *g;

    import(2, STOP_NEVER);
    other = bases_get(worker.bases, "other");
    assert_ptr_not_equal(other, base);
    assert_ptr_equal(bases_get(worker.bases, "other"), other);
    assert_ptr_equal(bases_get(worker.bases, "demo"), base);

    g = base_generation(other);
    assert_int_equal(g->profiles, 0);
    aud_generation_release(g);
}


static int
set_up(void **state)
{
    char         path[128];
    aud_error_t  err;

    strcpy(root, "/tmp/aud-base-XXXXXX");

    if (mkdtemp(root) == NULL) {
        return -1;
    }

    snprintf(settings.root, sizeof(settings.root), "%s", root);
    snprintf(path, sizeof(path), "%s/db", root);
    settings.merge_at = 3;
    worker.settings = &settings;
    worker.store = store_open(path, &err);

    if (worker.store == NULL) {
        return -1;
    }

    start();
    return 0;
}


static int
tear_down(void **state)
{
    char  command[128];

    stop();
    store_close(worker.store);
    snprintf(command, sizeof(command), "rm -rf %s", root);

    return system(command);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_new_base_is_empty),
        cmocka_unit_test(test_random_changes_with_stops_anywhere),
        cmocka_unit_test(test_the_field_registry_is_kept),
        cmocka_unit_test(test_a_merge_makes_one_of_many),
        cmocka_unit_test(test_what_is_struck_during_a_merge_stays_struck),
        cmocka_unit_test(test_a_merge_whose_segments_have_gone_starts_over),
        cmocka_unit_test(test_an_import_asks_for_a_merge_when_one_is_due),
        cmocka_unit_test(test_an_abandoned_change_leaves_no_file),
        cmocka_unit_test(test_struck_profiles_must_ascend),
        cmocka_unit_test(test_a_full_disk_refuses_a_change_and_keeps_the_base),
        cmocka_unit_test(
            test_superseded_files_outlive_their_generation_for_a_while),
        cmocka_unit_test(test_numbers_are_never_used_twice),
        cmocka_unit_test(test_a_damaged_base_is_rebuilt),
        cmocka_unit_test(test_readers_see_whole_generations),
        cmocka_unit_test(test_tenants_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
