/*
 * How large the audiences of people's own making were: points of time, size and
 * people in the base, 12 bytes each (u32 big-endian: seconds since 1970, size,
 * people), oldest first, one value of the store an audience.
 *
 * A point is taken when an audience is made, when its filter is changed, and by
 * the job "sizes" once in settings.sizes_seconds (a day) where the size is not
 * that of the last point.  The last 400 stay.  Automatic audiences have a
 * history of their own, by runs.
 */

#ifndef AUDIENCE_SIZES_H
#define AUDIENCE_SIZES_H

#include <jansson.h>

#include "aud_generation.h"
#include "base.h"
#include "job.h"
#include "store.h"

#define AUDIENCE_SIZES_MAX  400

typedef struct {
    uint32_t  at;                       /* seconds */
    uint32_t  size;
    uint32_t  people;                   /* in the base */
} audience_size_t;

/* What an audience is counted of: the same number while nobody has come, gone
 * or changed, never 0. */
uint64_t audience_data(const aud_generation_t *g);

/* The members of a saved audience; -1: memory is out, or its filter cannot be
 * evaluated. */
int audience_size(const aud_generation_t *g, const aud_uuid_t *id,
    uint64_t *size);

/* The point of an audience of that size now. */
audience_size_t audience_size_now(uint64_t size, const aud_generation_t *g);

/* The last point of a value of the store; 0 where there is none. */
int audience_sizes_last(aud_str_t value, audience_size_t *last);

/* Puts the value with one more point into batch, unless the size is that of the
 * last.  Returns whether it did; -1: it cannot be read, or memory is out. */
int audience_sizes_add(store_t *store, store_batch_t *batch,
    const char *tenant, const aud_uuid_t *id, audience_size_t point);

/* [{"at", "size", "share"}], with the point behind the others where it is not
 * NULL and not the same; NULL: as above. */
json_t *audience_sizes_show(store_t *store, const char *tenant,
    const aud_uuid_t *id, const audience_size_t *point);

extern const job_type_t  sizes_job;     /* "sizes", {} */

/* Asks for that job where it is due, each minute.  Loop thread. */
typedef struct audience_sizes_s  audience_sizes_t;

audience_sizes_t *audience_sizes_create(worker_t *worker, aud_error_t *err);
void              audience_sizes_close(audience_sizes_t *sizes);

#endif
