/*
 * Counters under one lock: they are touched a few thousand times a second at
 * most.
 */

#include <inttypes.h>
#include <pthread.h>

#include "aud_alloc.h"
#include "metrics.h"

#define METRICS_BUCKETS  10


typedef struct request_s  request_t;

struct request_s {              /* one per route, method and status */
    request_t   *next;
    const char  *method;
    const char  *route;
    unsigned     status;
    uint64_t     count;
};

typedef struct {
    uint64_t     below[METRICS_BUCKETS];
    uint64_t     count;
    int64_t      sum;
} histogram_t;


static void histogram_add(histogram_t *h, const int64_t *bounds, int64_t value);
static void histogram_render(aud_buffer_t *out, const histogram_t *h,
    const char *name, const int64_t *bounds, double unit);


static const int64_t  us_bounds[METRICS_BUCKETS] = {
    500, 1000, 2500, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000
};

static const int64_t  batch_bounds[METRICS_BUCKETS] = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512
};

static pthread_mutex_t  metrics_lock = PTHREAD_MUTEX_INITIALIZER;
static request_t       *requests;
static histogram_t      request_us, commit_us, commit_batches;
static uint64_t         commit_bytes, works[METRICS_WORKS];

static const char *const  work_names[METRICS_WORKS] = {
    "records", "counts", "entries"
};


void
metrics_commit(unsigned batches, size_t bytes, int64_t us)
{
    pthread_mutex_lock(&metrics_lock);
    histogram_add(&commit_us, us_bounds, us);
    histogram_add(&commit_batches, batch_bounds, batches);
    commit_bytes += bytes;
    pthread_mutex_unlock(&metrics_lock);
}


void
metrics_request(const char *method, const char *route, unsigned status,
    int64_t us)
{
    request_t  *r;

    pthread_mutex_lock(&metrics_lock);

    if (us >= 0) {
        histogram_add(&request_us, us_bounds, us);
    }

    for (r = requests; r; r = r->next) {
        if (r->route == route && r->method == method && r->status == status) {
            break;
        }
    }

    if (r == NULL) {
        r = aud_calloc(1, sizeof(request_t));

        if (r) {
            r->method = method;
            r->route = route;
            r->status = status;
            r->next = requests;
            requests = r;
        }
    }

    if (r) {
        r->count++;
    }

    pthread_mutex_unlock(&metrics_lock);
}


void
metrics_work(metrics_work_t what, uint64_t n)
{
    pthread_mutex_lock(&metrics_lock);
    works[what] += n;
    pthread_mutex_unlock(&metrics_lock);
}


void
metrics_render(aud_buffer_t *out)
{
    unsigned    i;
    request_t  *r;

    pthread_mutex_lock(&metrics_lock);

    metrics_head(out, "audience_requests_total", "counter",
                 "Calls answered, by route and status.");

    for (r = requests; r; r = r->next) {
        aud_buffer_printf(out, "audience_requests_total{method=\"%s\","
                          "route=\"%s\",status=\"%u\"} %" PRIu64 "\n",
                          r->method, r->route, r->status, r->count);
    }

    metrics_head(out, "audience_request_seconds", "histogram",
                 "Time from a call's last byte to its answer.");
    histogram_render(out, &request_us, "audience_request_seconds", us_bounds,
                     1e-6);

    metrics_head(out, "audience_commit_seconds", "histogram",
                 "Time of a synced write of the store.");
    histogram_render(out, &commit_us, "audience_commit_seconds", us_bounds,
                     1e-6);

    metrics_head(out, "audience_commit_batches", "histogram",
                 "Batches that shared a synced write.");
    histogram_render(out, &commit_batches, "audience_commit_batches",
                     batch_bounds, 1);

    metrics_head(out, "audience_commit_bytes_total", "counter",
                 "Bytes of batches written to the store.");
    aud_buffer_printf(out, "audience_commit_bytes_total %" PRIu64 "\n",
                      commit_bytes);

    metrics_head(out, "audience_audiences_work_total", "counter",
                 "Lists of audiences: records read, audiences counted, entries"
                 " of their index looked at.");

    for (i = 0; i < METRICS_WORKS; i++) {
        aud_buffer_printf(out, "audience_audiences_work_total{what=\"%s\"} %"
                          PRIu64 "\n", work_names[i], works[i]);
    }

    pthread_mutex_unlock(&metrics_lock);
}


void
metrics_head(aud_buffer_t *out, const char *name, const char *type,
    const char *help)
{
    aud_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                      type);
}


static void
histogram_add(histogram_t *h, const int64_t *bounds, int64_t value)
{
    unsigned  i;

    for (i = 0; i < METRICS_BUCKETS; i++) {
        h->below[i] += value <= bounds[i];
    }

    h->count++;
    h->sum += value;
}


static void
histogram_render(aud_buffer_t *out, const histogram_t *h, const char *name,
    const int64_t *bounds, double unit)
{
    unsigned  i;

    for (i = 0; i < METRICS_BUCKETS; i++) {
        aud_buffer_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                          bounds[i] * unit, h->below[i]);
    }

    aud_buffer_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n"
                      "%s_sum %g\n%s_count %" PRIu64 "\n", name, h->count,
                      name, h->sum * unit, name, h->count);
}
