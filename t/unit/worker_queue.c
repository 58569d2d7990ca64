/*
 * The queue on a real store: what becomes of jobs that end, fail, hang, are
 * cancelled, or whose process is killed.
 */

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "aud_clock.h"
#include "commit.h"
#include "keys.h"
#include "log.h"
#include "queue.h"
#include "settings.h"

#define MAX_JOBS  3000
#define TOO_LONG  (120 * AUD_SECOND)


static job_outcome_t work(job_run_t *run);
static void start_mail(job_run_t *run);
static void start_pair(job_run_t *run);
static json_t *gave_up(worker_t *worker, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch);

static const job_type_t  work_job = {
    .name = "work", .run = work, .gave_up = gave_up
};
static const job_type_t  solo_job = {
    .name = "solo", .run = work, .gave_up = gave_up, .exclusive = 1
};
static const job_type_t  mail_job = {
    .name = "mail", .start = start_mail, .gave_up = gave_up
};
static const job_type_t  pair_job = {
    .name = "pair", .start = start_pair, .at_once = 2
};

static const job_type_t  quiet_job = {
    .name = "quiet", .run = work, .background = 1
};

const job_type_t *const  job_types[] = {
    &work_job, &solo_job, &mail_job, &pair_job, &quiet_job, NULL
};


static char         folder[64];
static uv_loop_t    loop;
static uv_timer_t   ticking;
static settings_t   settings;
static worker_t     worker;

static atomic_int   runs, running, most_running, solo_running, most_solo;
static atomic_int   release, stale, order_n;
static atomic_int   order[MAX_JOBS];
static job_run_t   *pair[8];            /* what start_pair() began */
static int          pairs, pairs_ended;


static void
tick(uv_timer_t *timer)
{
}


static void
open_worker(void)
{
    char         path[80];
    aud_error_t  err = { 0 };

    memset(&worker, 0, sizeof(worker));
    uv_loop_init(&loop);
    uv_timer_init(&loop, &ticking);
    uv_timer_start(&ticking, tick, 2, 2);

    snprintf(path, sizeof(path), "%s/db", folder);
    worker.loop = &loop;
    worker.settings = &settings;
    worker.store = store_open(path, &err);
    assert_non_null(worker.store);
    worker.commit = commit_create(&loop, worker.store, &err);
    worker.queue = queue_create(&worker, &err);

    if (worker.queue == NULL) {
        fail_msg("%s", err.text);
    }
}


static void
set_flag(void *arg)
{
    *(int *) arg = 1;
}


static void
close_worker(void)
{
    int  drained = 0;

    queue_drain(worker.queue, set_flag, &drained);

    while (!drained) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_int_equal(queue_hung(worker.queue), 0);
    uv_close((uv_handle_t *) &ticking, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    commit_close(worker.commit);
    queue_free(worker.queue);
    uv_run(&loop, UV_RUN_DEFAULT);
    store_close(worker.store);
    assert_int_equal(uv_loop_close(&loop), 0);
}


static int
set_up(void **state)
{
    settings = (settings_t) {
        .job_threads = 2, .job_max_attempts = 3, .retry_base_ms = 4,
        .lease_seconds = 300
    };

    log_set_level(LOG_ERROR);
    strcpy(folder, "/tmp/worker_queue.XXXXXX");
    assert_non_null(mkdtemp(folder));
    runs = running = most_running = solo_running = most_solo = 0;
    release = stale = order_n = pairs = pairs_ended = 0;
    open_worker();

    return 0;
}


static int
tear_down(void **state)
{
    char  command[128];

    while (pairs_ended < pairs) {               /* of a test that failed */
        job_end(pair[pairs_ended++], JOB_DONE, NULL);
    }

    close_worker();
    snprintf(command, sizeof(command), "rm -rf %s", folder);

    return system(command);
}


/* --- jobs ---------------------------------------------------------------- */


/* The effect of a job: a key of its id and the attempt that had it. */

static void
put_effect(store_batch_t *batch, const char *tenant, const char *kind,
    const aud_uuid_t *id, unsigned attempt)
{
    char         rest[80], text[AUD_ID_LEN + 1];
    store_key_t  key;

    aud_id_format(text, "job", id);
    snprintf(rest, sizeof(rest), "%s-%s-%u", text, kind, attempt);
    key = key_text(tenant, KEY_USER, aud_str(rest, strlen(rest)));
    store_batch_put(batch, key_str(&key), AUD_STR("x"));
}


static int
effects(const char *tenant, const char *kind, const aud_uuid_t *id)
{
    int            n = 0;
    char           rest[80], text[AUD_ID_LEN + 1];
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    aud_id_format(text, "job", id);
    snprintf(rest, sizeof(rest), "%s-%s-", text, kind);
    prefix = key_text(tenant, KEY_USER, aud_str(rest, strlen(rest)));
    scan = store_scan(worker.store, NULL, key_str(&prefix), AUD_STR(""), 0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        n++;
    }

    store_scan_free(scan);

    return n;
}


static void
raise_to(atomic_int *most, int n)
{
    int  old = atomic_load(most);

    while (n > old && !atomic_compare_exchange_weak(most, &old, n)) {
        /* again */
    }
}


/* Arguments: "sleep" (ms), "retry" (attempts that fail), "fail", "quiet" (ends
 * without completing), "hang" (the first attempt waits for release), "follow",
 * "wait" (until it is told to stop), "ends" (until released, or the worker ends),
 * "alone" (so often), "ends alone", "number". */

static int
arg(const job_run_t *run, const char *name)
{
    return (int) json_integer_value(json_object_get(job_args(run), name));
}


/* How often it could be alone. */

static int
be_alone(job_run_t *run)
{
    int  i;

    for (i = 0; i < arg(run, "alone"); i++) {
        if (job_alone(run) != 0) {
            break;
        }

        raise_to(&most_solo, ++solo_running);
        usleep(2000);
        solo_running--;

        if (!arg(run, "ends alone")) {
            job_together(run);
        }
    }

    return i;
}


static job_outcome_t
behave(job_run_t *run)
{
    store_batch_t  *batch;
    job_outcome_t   outcome;

    if (be_alone(run) < arg(run, "alone")) {
        return JOB_CANCELLED;
    }

    usleep(arg(run, "sleep") * 1000);

    if (arg(run, "hang") && job_attempt(run) == 1) {
        while (!release) {
            usleep(1000);
        }
    }

    while (arg(run, "ends") && !release) {
        if (job_ending(run)) {
            return JOB_RETRY;
        }

        usleep(1000);
    }

    while (arg(run, "wait") && !job_stopping(run)) {
        job_progress(run, "waiting", 0.5);
        usleep(1000);
    }

    if (arg(run, "wait")) {
        return JOB_CANCELLED;
    }

    if (job_attempt(run) <= (unsigned) arg(run, "retry")) {
        job_error(run, "attempt %u failed", job_attempt(run));
        return JOB_RETRY;
    }

    if (arg(run, "fail")) {
        job_error(run, "it cannot be");
        return JOB_FAILED;
    }

    if (arg(run, "quiet")) {
        return JOB_DONE;
    }

    if (arg(run, "follow")) {
        job_follow(run, "work", json_pack("{s:i}", "number", 1000));
    }

    batch = store_batch_create();
    put_effect(batch, job_tenant(run), "done", job_id(run), job_attempt(run));
    outcome = job_complete(run, JOB_DONE, batch);
    stale += outcome == JOB_STALE;

    return outcome;
}


static job_outcome_t
work(job_run_t *run)
{
    int            solo = arg(run, "solo");
    job_outcome_t  outcome;

    runs++;
    order[order_n++ % MAX_JOBS] = arg(run, "number");
    raise_to(&most_running, ++running);

    if (solo) {
        raise_to(&most_solo, ++solo_running);
    }

    outcome = behave(run);
    solo_running -= solo;
    running--;

    return outcome;
}


static void
start_mail(job_run_t *run)
{
    store_batch_t  *batch;

    runs++;

    if (job_attempt(run) <= (unsigned) arg(run, "retry")) {
        job_end(run, JOB_RETRY, NULL);
        return;
    }

    if (arg(run, "fail")) {
        job_error(run, "no such address");
        job_end(run, JOB_FAILED, NULL);
        return;
    }

    batch = store_batch_create();
    put_effect(batch, job_tenant(run), "done", job_id(run), job_attempt(run));
    job_end(run, JOB_DONE, batch);
}


static void
start_pair(job_run_t *run)
{
    pair[pairs++] = run;
}


static json_t *
gave_up(worker_t *w, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch)
{
    char         rest[40];
    store_key_t  key;

    snprintf(rest, sizeof(rest), "gave-up-%d",
             (int) json_integer_value(json_object_get(args, "number")));
    key = key_text(tenant, KEY_USER, aud_str(rest, strlen(rest)));
    store_batch_put(batch, key_str(&key), aud_str(error, strlen(error)));

    return NULL;
}


/* What gave_up() wrote for the job of that number. */

static const char *
given_up(const char *tenant, int number)
{
    char              rest[40];
    aud_str_t         value;
    aud_error_t       err;
    store_key_t       key;

    static char       out[256];

    snprintf(rest, sizeof(rest), "gave-up-%d", number);
    key = key_text(tenant, KEY_USER, aud_str(rest, strlen(rest)));

    if (store_get(worker.store, key_str(&key), &value, &err) != STORE_OK) {
        return NULL;
    }

    snprintf(out, sizeof(out), "%.*s", (int) value.len, value.data);
    store_value_free(value);

    return out;
}


/* --- steps --------------------------------------------------------------- */


static void
added(void *arg, store_status_t status)
{
    assert_int_equal(status, STORE_OK);
    queue_added(worker.queue, arg);
}


static aud_uuid_t *
add_later(const char *tenant, const char *type, const char *args,
    unsigned delay)
{
    store_batch_t      *batch = store_batch_create();
    aud_uuid_t         *id;

    static aud_uuid_t   ids[MAX_JOBS];
    static int          n;

    id = &ids[n++ % MAX_JOBS];
    queue_add(worker.queue, batch, tenant, type, json_loads(args, 0, NULL),
              delay, id);
    commit_submit(worker.commit, batch, added, id);

    return id;
}


static aud_uuid_t *
add(const char *tenant, const char *type, const char *args)
{
    return add_later(tenant, type, args, 0);
}


static void
until_state(const char *tenant, const aud_uuid_t *id, const char *state)
{
    int64_t  end = aud_ticks() + TOO_LONG;

    while (strcmp(queue_state(worker.queue, tenant, id), state) != 0) {
        if (aud_ticks() > end) {
            fail_msg("not %s but %s", state,
                     queue_state(worker.queue, tenant, id));
        }

        uv_run(&loop, UV_RUN_ONCE);
    }
}


/* Until that many are counted, for a test that fails to say so. */

static void
until_count(const int *count, int n)
{
    int64_t  end = aud_ticks() + TOO_LONG;

    while (*count < n && aud_ticks() < end) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_true(*count >= n);
}


static void
until_running(int n)
{
    int64_t  end = aud_ticks() + TOO_LONG;

    while (running < n && aud_ticks() < end) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_true(running >= n);
}


static void
until_gone(const char *tenant, const aud_uuid_t *id)
{
    json_t   *job;
    int64_t   end = aud_ticks() + TOO_LONG;

    while ((job = queue_show(worker.queue, tenant, id)) != NULL) {
        json_decref(job);
        assert_true(aud_ticks() < end);
        uv_run(&loop, UV_RUN_ONCE);
    }
}


/* So that what must not happen has some time to happen; never so that what must
 * happen does. */

static void
turn_for(unsigned ms)
{
    int64_t  end = aud_ticks() + ms * INT64_C(1000);

    while (aud_ticks() < end) {
        uv_run(&loop, UV_RUN_ONCE);
    }
}


static int
shown_int(const char *tenant, const aud_uuid_t *id, const char *name)
{
    int      n;
    json_t  *job = queue_show(worker.queue, tenant, id);

    n = json_integer_value(json_object_get(job, name));
    json_decref(job);

    return n;
}


static const char *
shown(const char *tenant, const aud_uuid_t *id, const char *name)
{
    json_t       *job = queue_show(worker.queue, tenant, id);
    const char   *text = json_string_value(json_object_get(job, name));

    static char   out[256];

    snprintf(out, sizeof(out), "%s", text ? text : "");
    json_decref(job);

    return out;
}


static int  wished;

static void
wish(void *arg, store_status_t status)
{
    assert_int_equal(status, STORE_OK);
    wished++;
}


/* --- tests --------------------------------------------------------------- */


static void
a_job_and_its_effect_are_there_after_a_restart(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{}");

    until_state("demo", id, "done");
    assert_int_equal(effects("demo", "done", id), 1);

    close_worker();
    open_worker();
    turn_for(20);
    assert_string_equal(queue_state(worker.queue, "demo", id), "done");
    assert_int_equal(effects("demo", "done", id), 1);
    assert_int_equal(runs, 1);
    assert_int_equal(shown_int("demo", id, "attempts"), 1);
}


static void
another_tenant_has_no_such_job(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{}");

    assert_null(queue_show(worker.queue, "other", id));
    assert_int_equal(queue_cancel(worker.queue, "other", id, wish, NULL), -1);
    until_state("demo", id, "done");
    assert_null(queue_show(worker.queue, "other", id));
    assert_int_equal(queue_retry(worker.queue, "other", id, wish, NULL), -1);
}


static void
passing_trouble_is_tried_again(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"retry\": 2}");

    until_state("demo", id, "done");
    assert_int_equal(runs, 3);
    assert_int_equal(shown_int("demo", id, "attempts"), 3);
    assert_int_equal(effects("demo", "done", id), 1);
}


static void
spent_attempts_are_death(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"retry\": 99, \"number\": 7}");

    until_state("demo", id, "dead");
    assert_int_equal(runs, 3);
    assert_string_equal(shown("demo", id, "error"), "attempt 3 failed");
    assert_string_equal(given_up("demo", 7), "attempt 3 failed");
}


static void
a_permanent_error_is_death_at_once(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"fail\": 1, \"number\": 8}");
    aud_uuid_t  *mail = add("demo", "mail", "{\"fail\": 1, \"number\": 9}");

    until_state("demo", id, "dead");
    until_state("demo", mail, "dead");
    assert_int_equal(runs, 2);
    assert_string_equal(given_up("demo", 8), "it cannot be");
    assert_string_equal(given_up("demo", 9), "no such address");
}


static void
a_job_may_end_without_effects(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"quiet\": 1}");

    until_state("demo", id, "done");
}


static void
loop_jobs_are_tried_again_too(void **state)
{
    aud_uuid_t  *id = add("demo", "mail", "{\"retry\": 2}");

    until_state("demo", id, "done");
    assert_int_equal(runs, 3);
    assert_int_equal(effects("demo", "done", id), 1);
}


static void
a_delayed_job_waits(void **state)
{
    int64_t      began = aud_ticks();
    aud_uuid_t  *id = add_later("demo", "work", "{}", 150);
    const char  *is;

    assert_string_equal(queue_state(worker.queue, "demo", id), "ready");
    turn_for(50);
    is = queue_state(worker.queue, "demo", id);

    if (aud_ticks() - began < 150000) {     /* it may have taken longer */
        assert_string_equal(is, "scheduled");
    }

    until_state("demo", id, "done");
    assert_true(aud_ticks() - began >= 150000);
}


static void
exclusive_jobs_run_one_by_one_in_their_order(void **state)
{
    int          i;
    char         args[80];
    aud_uuid_t  *ids[12];

    for (i = 0; i < 12; i++) {
        snprintf(args, sizeof(args),
                 "{\"solo\": 1, \"sleep\": 3, \"number\": %d}", i);
        ids[i] = add("demo", "solo", args);
    }

    for (i = 0; i < 12; i++) {
        until_state("demo", ids[i], "done");
    }

    assert_int_equal(most_solo, 1);

    for (i = 0; i < 12; i++) {
        assert_int_equal(order[i], i);
    }
}


static void
a_job_that_is_alone_takes_turns_with_exclusive_ones(void **state)
{
    int          i;
    aud_uuid_t  *alone, *solo[6];

    alone = add("demo", "work", "{\"alone\": 8}");

    for (i = 0; i < 6; i++) {
        solo[i] = add("demo", "solo", "{\"solo\": 1, \"sleep\": 3}");
    }

    until_state("demo", alone, "done");

    for (i = 0; i < 6; i++) {
        until_state("demo", solo[i], "done");
    }

    assert_int_equal(most_solo, 1);
    assert_int_equal(runs, 7);
}


static void
a_run_that_ends_is_alone_no_more(void **state)
{
    until_state("demo", add("demo", "work",
                            "{\"alone\": 1, \"ends alone\": 1}"), "done");
    until_state("demo", add("demo", "solo", "{\"solo\": 1}"), "done");
}


static void
who_waits_to_be_alone_is_cancelled(void **state)
{
    aud_uuid_t  *solo, *alone;

    solo = add("demo", "solo", "{\"hang\": 1}");
    until_running(1);
    alone = add("demo", "work", "{\"alone\": 1}");
    until_running(2);
    until_state("other", add("other", "work", "{\"alone\": 1}"), "done");
    assert_int_equal(queue_cancel(worker.queue, "demo", alone, wish, NULL), 0);
    until_state("demo", alone, "cancelled");
    release = 1;
    until_state("demo", solo, "done");
    until_state("demo", add("demo", "solo", "{}"), "done");
}


static void
the_end_of_the_worker_is_no_attempt(void **state)
{
    int          i;
    aud_uuid_t  *id = add("demo", "work", "{\"ends\": 1}");

    for (i = 0; i < 4; i++) {               /* of three attempts */
        until_running(1);
        close_worker();
        open_worker();
    }

    release = 1;
    until_state("demo", id, "done");
    assert_int_equal(shown_int("demo", id, "attempts"), 1);
}


static void
a_tenant_with_many_jobs_delays_nobody(void **state)
{
    int          i;
    aud_uuid_t  *last = NULL, *other;

    for (i = 0; i < 40; i++) {
        last = add("busy", "work", "{\"hang\": 1}");
    }

    until_running(2);
    other = add("other", "work", "{\"number\": 77}");
    until_state("other", other, "done");
    assert_int_equal(order_n, 3);
    assert_int_equal(order[2], 77);
    release = 1;
    until_state("busy", last, "done");
    assert_true(most_running <= 3);
}


/* Background jobs of as many tenants as may run them, and more that wait: every
 * other job of those tenants runs as if they were not there. */
static void
nobody_waits_for_background_jobs(void **state)
{
    int           i;
    aud_uuid_t   *id, *quiet[6];
    const char   *tenant;

    close_worker();
    settings.job_threads = 1;
    open_worker();

    for (i = 0; i < 6; i++) {
        quiet[i] = add(i % 2 ? "other" : "demo", "quiet", "{\"hang\": 1}");
    }

    while (running < 2) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    for (i = 0; i < 6; i++) {
        tenant = i % 2 ? "other" : "demo";
        id = add(tenant, i < 4 ? "work" : "solo", "{}");
        until_state(tenant, id, "done");
    }

    assert_int_equal(running, 2);
    release = 1;

    for (i = 0; i < 6; i++) {
        until_state(i % 2 ? "other" : "demo", quiet[i], "done");
    }

    assert_int_equal(runs, 12);
    assert_true(most_running <= 3);
}


static void
hung_jobs_of_one_tenant_leave_a_thread_for_others(void **state)
{
    aud_uuid_t  *a = add("busy", "work", "{\"hang\": 1}");
    aud_uuid_t  *b = add("busy", "work", "{\"hang\": 1}");
    aud_uuid_t  *c = add("busy", "work", "{\"hang\": 1}");
    aud_uuid_t  *other;

    until_running(2);
    turn_for(30);
    assert_int_equal(running, 2);
    other = add("other", "work", "{}");
    until_state("other", other, "done");
    release = 1;
    until_state("busy", a, "done");
    until_state("busy", b, "done");
    until_state("busy", c, "done");
}


static void
what_a_lost_lease_does_has_no_effect(void **state)
{
    aud_uuid_t  *id;

    settings.lease_seconds = 1;
    id = add("demo", "work", "{\"hang\": 1}");

    until_running(1);
    settings.lease_seconds = 300;           /* of its second attempt */
    until_state("demo", id, "done");
    assert_int_equal(runs, 2);
    assert_int_equal(queue_hung(worker.queue), 1);
    assert_int_equal(shown_int("demo", id, "attempts"), 2);

    release = 1;

    while (queue_hung(worker.queue)) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    turn_for(20);
    assert_int_equal(stale, 1);
    assert_int_equal(effects("demo", "done", id), 1);
}


static void
a_ready_job_is_cancelled_at_once(void **state)
{
    aud_uuid_t  *id = add_later("demo", "work", "{\"number\": 3}", 60000);

    until_state("demo", id, "scheduled");
    wished = 0;
    assert_int_equal(queue_cancel(worker.queue, "demo", id, wish, NULL), 0);
    until_state("demo", id, "cancelled");
    assert_int_equal(wished, 1);
    assert_int_equal(runs, 0);
    assert_non_null(given_up("demo", 3));
    assert_int_equal(queue_cancel(worker.queue, "demo", id, wish, NULL), 1);
    assert_int_equal(queue_retry(worker.queue, "demo", id, wish, NULL), 1);
}


static void
a_running_job_is_told_to_stop(void **state)
{
    int64_t      end = aud_ticks() + TOO_LONG;
    aud_uuid_t  *id = add("demo", "work", "{\"wait\": 1}");

    until_state("demo", id, "running");

    while (strcmp(shown("demo", id, "stage"), "waiting") != 0) {
        assert_true(aud_ticks() < end);
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_int_equal(queue_cancel(worker.queue, "demo", id, wish, NULL), 0);
    assert_int_equal(queue_cancel(worker.queue, "demo", id, wish, NULL), 1);
    until_state("demo", id, "cancelled");
}


static void
a_dead_job_begins_anew(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"retry\": 99}");

    until_state("demo", id, "dead");
    wished = 0;
    assert_int_equal(queue_retry(worker.queue, "demo", id, wish, NULL), 0);
    assert_int_equal(queue_retry(worker.queue, "demo", id, wish, NULL), 1);
    turn_for(5);
    until_state("demo", id, "dead");
    assert_int_equal(wished, 1);
    assert_int_equal(runs, 6);
}


static void
a_following_job_runs(void **state)
{
    aud_uuid_t  *id = add("demo", "work", "{\"follow\": 1, \"number\": 1}");

    until_state("demo", id, "done");

    while (order_n < 2) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_int_equal(order[1], 1000);
}


/* The process ends between the job's commit and its return. */

static void
a_following_job_survives_a_kill(void **state)
{
    int    status;
    pid_t  pid;

    close_worker();
    pid = fork();

    if (pid == 0) {
        setenv("AUDIENCE_FAULT", "work:committed", 1);
        open_worker();
        add("demo", "work", "{\"follow\": 1, \"number\": 1}");
        turn_for(TOO_LONG / 1000);
        _exit(0);
    }

    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    open_worker();

    while (order_n < 1) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_int_equal(order[0], 1000);
}


static void
a_refused_commit_leaves_no_job(void **state)
{
    aud_uuid_t      id;
    store_batch_t  *batch = store_batch_create();

    queue_add(worker.queue, batch, "demo", "work", json_object(), 0, &id);
    assert_string_equal(queue_state(worker.queue, "demo", &id), "ready");
    queue_dropped(worker.queue, &id);
    store_batch_free(batch);
    assert_null(queue_show(worker.queue, "demo", &id));
    turn_for(20);
    assert_int_equal(runs, 0);
}


static int64_t  shift;
static int64_t (*real_clock)(void);

static int64_t
shifted_clock(void)
{
    return real_clock() + shift;
}


static void
ended_jobs_are_kept_a_week(void **state)
{
    aud_uuid_t  *done, *waiting;

    real_clock = aud_clock;
    done = add("demo", "work", "{}");
    waiting = add_later("demo", "work", "{}", 4000000000u);
    until_state("demo", done, "done");
    close_worker();

    aud_clock = shifted_clock;
    shift = 6 * AUD_DAY;
    open_worker();
    turn_for(50);
    assert_string_equal(shown("demo", done, "state"), "done");
    close_worker();

    shift = 8 * AUD_DAY;
    open_worker();
    until_gone("demo", done);
    assert_string_equal(shown("demo", waiting, "state"), "scheduled");
    assert_int_equal(queue_cancel(worker.queue, "demo", waiting, wish, NULL),
                     0);
    until_state("demo", waiting, "cancelled");
    aud_clock = real_clock;
}


/* Random jobs of three tenants, with cancels in between: each ends once, in a
 * state that its arguments allow, and has its effect once where it is done. */

static void
random_jobs_end_as_a_model_says(void **state)
{
    int          i, j, kind[300], cancelled[300] = { 0 };
    char         args[120];
    aud_uuid_t  *ids[300];
    const char  *is;

    static const char *tenants[] = { "one", "two", "three" };
    static const char *types[] = { "work", "solo", "mail" };

    srand(7);

    for (i = 0; i < 300; i++) {
        kind[i] = rand() % 4;
        snprintf(args, sizeof(args), "{\"number\": %d, \"solo\": %d, "
                 "\"%s\": %d}", i, i % 3 == 1,
                 kind[i] == 1 || kind[i] == 3 ? "retry" : "fail",
                 kind[i] == 0 ? 0 : kind[i] == 1 ? 1 : kind[i] == 2 ? 1 : 99);
        ids[i] = add(tenants[i % 7 % 3], types[i % 3], args);

        if (rand() % 4 == 0) {
            uv_run(&loop, UV_RUN_ONCE);
            j = rand() % (i + 1);

            if (queue_cancel(worker.queue, tenants[j % 7 % 3], ids[j], wish,
                             NULL) == 0)
            {
                cancelled[j] = 1;
            }
        }
    }

    for (i = 0; i < 300; i++) {
        do {
            uv_run(&loop, UV_RUN_NOWAIT);
            is = shown(tenants[i % 7 % 3], ids[i], "state");
        } while (strcmp(is, "done") != 0 && strcmp(is, "dead") != 0
                 && strcmp(is, "cancelled") != 0);

        if (strcmp(is, "cancelled") == 0) {
            assert_true(cancelled[i]);

        } else {
            assert_string_equal(is, kind[i] < 2 ? "done" : "dead");
        }

        assert_int_equal(effects(tenants[i % 7 % 3], "done", ids[i]),
                         strcmp(is, "done") == 0);
    }

    assert_true(most_solo <= 3);
}


/* --- kills --------------------------------------------------------------- */


static void
told(void *arg, store_status_t status)
{
    aud_uuid_t  *id = arg;

    assert_int_equal(status, STORE_OK);
    queue_added(worker.queue, id);
    assert_int_equal(write(3, id, sizeof(*id)), sizeof(*id));
}


/* A process that takes jobs for ever and tells their ids through the pipe. */

static void
be_killed(int fd, unsigned seed)
{
    char             args[120];
    aud_uuid_t      *id;
    store_batch_t   *batch;

    dup2(fd, 3);
    srand(seed);
    open_worker();

    for (;;) {
        batch = store_batch_create();
        id = malloc(sizeof(aud_uuid_t));
        snprintf(args, sizeof(args), "{\"retry\": %d, \"fail\": %d, "
                 "\"solo\": 0, \"sleep\": %d}", rand() % 3, rand() % 5 == 0,
                 rand() % 3);
        queue_add(worker.queue, batch, rand() % 2 ? "one" : "two",
                  rand() % 3 ? "solo" : "work", json_loads(args, 0, NULL), 0,
                  id);
        commit_submit(worker.commit, batch, told, id);
        uv_run(&loop, UV_RUN_ONCE);
    }
}


static void
kills_lose_no_job_and_repeat_no_effect(void **state)
{
    int          round, pipes[2], n = 0, told, i, done = 0, dead = 0;
    pid_t        pid;
    const char  *tenant, *is;

    static aud_uuid_t  ids[100000];

    close_worker();
    settings.job_max_attempts = 50;

    for (round = 0; round < 8; round++) {
        assert_int_equal(pipe(pipes), 0);
        pid = fork();

        if (pid == 0) {
            close(pipes[0]);
            be_killed(pipes[1], round);
        }

        close(pipes[1]);
        told = n + 20 + 31 * round;

        while (n < 100000
               && read(pipes[0], &ids[n], sizeof(ids[n])) == sizeof(ids[n]))
        {
            if (++n == told) {
                kill(pid, SIGKILL);
            }
        }

        waitpid(pid, NULL, 0);
        close(pipes[0]);
    }

    assert_true(n > 50);
    open_worker();

    for (i = 0; i < n; i++) {
        tenant = shown("one", &ids[i], "state")[0] ? "one" : "two";

        do {
            uv_run(&loop, UV_RUN_NOWAIT);
            is = shown(tenant, &ids[i], "state");
        } while (strcmp(is, "ready") == 0 || strcmp(is, "scheduled") == 0
                 || strcmp(is, "running") == 0);

        done += strcmp(is, "done") == 0;
        dead += strcmp(is, "dead") == 0;
        assert_int_equal(effects(tenant, "done", &ids[i]),
                         strcmp(is, "done") == 0);
    }

    assert_int_equal(done + dead, n);
    assert_true(done > 0 && dead > 0);
}


static void
a_type_keeps_to_its_limit(void **state)
{
    int          i;
    aud_uuid_t  *last = NULL;

    for (i = 0; i < 5; i++) {
        last = add("a", "pair", "{}");
    }

    until_count(&pairs, 2);
    turn_for(30);
    assert_int_equal(pairs, 2);

    /* a tenant that runs nothing does not wait for another */
    add("b", "pair", "{}");
    until_count(&pairs, 3);
    assert_int_equal(pairs, 3);

    for (i = 0; i < 6; i++) {
        while (pairs <= i) {
            uv_run(&loop, UV_RUN_ONCE);
        }

        job_end(pair[pairs_ended++], JOB_DONE, NULL);
    }

    until_state("a", last, "done");
    assert_int_equal(pairs, 6);
}


/* What the store says of a job when its batch has become durable. */

static void
added_as(void *arg, store_status_t status)
{
    json_t       *record;
    aud_str_t     value;
    aud_error_t   err;
    store_key_t   key;

    key = key_id("a", KEY_JOB, arg);
    assert_int_equal(store_get(worker.store, key_str(&key), &value, &err),
                     STORE_OK);
    record = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);

    assert_int_equal(json_integer_value(json_object_get(record, "attempts")),
                     order_n++ < 2);
    json_decref(record);
    added(arg, status);
}


static void
a_job_whose_turn_it_is_starts_with_its_batch(void **state)
{
    int             i;
    aud_uuid_t      ids[3];
    store_batch_t  *batch;

    for (i = 0; i < 3; i++) {
        batch = store_batch_create();
        queue_add(worker.queue, batch, "a", "pair", json_object(), 0, &ids[i]);
        commit_submit(worker.commit, batch, added_as, &ids[i]);
    }

    for (i = 0; i < 3; i++) {
        while (pairs <= i) {
            uv_run(&loop, UV_RUN_ONCE);
        }

        assert_int_equal(job_attempt(pair[i]), 1);
        job_end(pair[pairs_ended++], JOB_DONE, NULL);
    }

    until_state("a", &ids[2], "done");
}


/* A place that was taken for a job is free again when its batch is refused. */

static void
a_refused_batch_gives_its_place_back(void **state)
{
    int             i;
    aud_uuid_t      id, *last;
    store_batch_t  *batch;

    for (i = 0; i < 4; i++) {
        batch = store_batch_create();
        queue_add(worker.queue, batch, "a", "pair", json_object(), 0, &id);
        queue_dropped(worker.queue, &id);
        store_batch_free(batch);
    }

    last = add("a", "pair", "{}");

    while (pairs == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    job_end(pair[pairs_ended++], JOB_DONE, NULL);
    until_state("a", last, "done");
}


int
main(void)
{
#define WITH_QUEUE(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

    const struct CMUnitTest  tests[] = {
        WITH_QUEUE(a_job_and_its_effect_are_there_after_a_restart),
        WITH_QUEUE(another_tenant_has_no_such_job),
        WITH_QUEUE(passing_trouble_is_tried_again),
        WITH_QUEUE(spent_attempts_are_death),
        WITH_QUEUE(a_permanent_error_is_death_at_once),
        WITH_QUEUE(a_job_may_end_without_effects),
        WITH_QUEUE(loop_jobs_are_tried_again_too),
        WITH_QUEUE(a_delayed_job_waits),
        WITH_QUEUE(exclusive_jobs_run_one_by_one_in_their_order),
        WITH_QUEUE(a_job_that_is_alone_takes_turns_with_exclusive_ones),
        WITH_QUEUE(a_run_that_ends_is_alone_no_more),
        WITH_QUEUE(who_waits_to_be_alone_is_cancelled),
        WITH_QUEUE(the_end_of_the_worker_is_no_attempt),
        WITH_QUEUE(a_tenant_with_many_jobs_delays_nobody),
        WITH_QUEUE(nobody_waits_for_background_jobs),
        WITH_QUEUE(a_type_keeps_to_its_limit),
        WITH_QUEUE(a_job_whose_turn_it_is_starts_with_its_batch),
        WITH_QUEUE(a_refused_batch_gives_its_place_back),
        WITH_QUEUE(hung_jobs_of_one_tenant_leave_a_thread_for_others),
        WITH_QUEUE(what_a_lost_lease_does_has_no_effect),
        WITH_QUEUE(a_ready_job_is_cancelled_at_once),
        WITH_QUEUE(a_running_job_is_told_to_stop),
        WITH_QUEUE(a_dead_job_begins_anew),
        WITH_QUEUE(a_following_job_runs),
        WITH_QUEUE(a_following_job_survives_a_kill),
        WITH_QUEUE(a_refused_commit_leaves_no_job),
        WITH_QUEUE(ended_jobs_are_kept_a_week),
        WITH_QUEUE(random_jobs_end_as_a_model_says),
        WITH_QUEUE(kills_lose_no_job_and_repeat_no_effect)
    };

#ifdef __SANITIZE_THREAD__
    /* there, what was forked off a process with threads cannot start any */
    cmocka_set_skip_filter("*kill*");
#endif

    return cmocka_run_group_tests(tests, NULL, NULL);
}
