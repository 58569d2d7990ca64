/*
 * Counters of the worker for /metrics, since it started.  Counting: any thread.
 * Rendering: Prometheus text 0.0.4.
 */

#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>

#include "aud_buffer.h"

/* One synced write that `batches` batches shared. */
void metrics_commit(unsigned batches, size_t bytes, int64_t us);

/* One answered call; route is static text, a pattern and never a path.  us < 0:
 * a stream, which lasts as long as its peer wants. */
void metrics_request(const char *method, const char *route, unsigned status,
    int64_t us);

/*
 * What calls about audiences cost, whose number must not grow with that of the
 * audiences: records read from the store for lists, filters evaluated for the
 * count of one, entries looked at in the index of lists.
 */
typedef enum {
    METRICS_RECORDS = 0, METRICS_COUNTS, METRICS_ENTRIES, METRICS_WORKS
} metrics_work_t;

void metrics_work(metrics_work_t what, uint64_t n);

void metrics_render(aud_buffer_t *out);

/* "# HELP" and "# TYPE" of what follows. */
void metrics_head(aud_buffer_t *out, const char *name, const char *type,
    const char *help);

#endif
