/*
 * A base: the profiles of one tenant as derived data, and the only way to
 * change what queries see.
 *
 * A change is made in three steps, under the base's lock, none in the loop
 * thread:
 *
 *   base_prepare   writes MANIFEST.<n+1> (and the audiences file), all synced,
 *                  and puts the base record with n+1 into the batch
 *   commit         of that batch, with whatever else belongs to it
 *   base_publish   renames MANIFEST.<n+1> over MANIFEST, swaps the generation
 *
 * After a crash base_open() finds which of the two manifests the store speaks
 * of, and publishes or forgets the other; where neither is usable it says so,
 * and the segments are rebuilt from the source records.
 */

#ifndef BASE_H
#define BASE_H

#include <jansson.h>

#include "aud_generation.h"
#include "profile_ids.h"
#include "store.h"
#include "worker.h"

typedef struct bases_s  bases_t;
typedef struct base_s   base_t;

typedef struct {                        /* a row of the field registry */
    aud_field_t  field;
    uint64_t     counts[AUD_TYPE_COUNT];/* values that each type fits; TEXT: all */
} base_field_t;

typedef struct {
    uint64_t           number;          /* names the file, base_segment_number() */
    uint64_t           checksum;        /* segment_writer's */
    uint32_t           rows;
} base_segment_t;

typedef struct {
    const base_segment_t   *added;      /* a new segment, or NULL */
    aud_segment_t          *opened;     /* it, where it has been opened and
                                           checked, or NULL */
    const aud_uuid_t       *struck;     /* profiles whose older rows go out,
                                           ascending */
    size_t                  nstruck;
    const uint64_t         *replaced;   /* segments that `added` replaces */
    size_t                  nreplaced;
    const aud_generation_t *seen;       /* what `added` was made from: rows that
                                           were struck out since are struck out
                                           of it too; required with replaced */
    const base_field_t     *fields;     /* the whole registry, or NULL: as is */
    size_t                  nfields;

    const aud_audience_t   *put;        /* audiences, new or as they are now, */
    size_t                  nput;       /* ascending */
    const aud_uuid_t       *dropped;    /* an audience taken out, or NULL */
    const profile_change_t *ids;        /* of profiles, ascending: fixed samples
                                           follow them, sample.h */
    size_t                  nids;

    unsigned                alike:1;    /* every question has the answer that it
                                           had: who reads an older generation
                                           need not wait for this one */

    unsigned                rebuilt:1;  /* this is the whole base: whatever it
                                           held goes out, usable or not; fields
                                           and the next two are all there is */
    const aud_audience_t   *audiences;  /* ascending */
    size_t                  naudiences;
} base_change_t;

typedef enum {
    BASE_OK = 0,
    BASE_MOVED,         /* a replaced segment is not there any more: start over */
    BASE_FULL,          /* no space */
    BASE_FAILED
} base_status_t;

bases_t *bases_create(worker_t *worker, aud_error_t *err);   /* opens them all */
void     bases_free(bases_t *bases);

/* The tenant's base, made empty where it is new; lives until bases_free().
 * NULL when memory is out.  Any thread. */
base_t  *bases_get(bases_t *bases, const char *tenant);

/* The current generation, retained for the caller; an empty one while the
 * tenant has no data.  Any thread. */
aud_generation_t *base_generation(base_t *base);

/* The same, once each: NULL where it has been asked for so before, or where an
 * answer has changed in the last so many microseconds.  Any thread. */
aud_generation_t *base_quiet(base_t *base, int64_t since);

/* The manifest or a segment of it was found unusable, and nobody has rebuilt
 * the base since: it looks empty, and every change but a `rebuilt` one fails.
 * Any thread. */
int base_needs_rebuild(base_t *base);

/* The field registry: a copy for the caller, freed by base_fields_free(); names
 * are of aud_strndup(), each its own. */
base_field_t *base_fields(base_t *base, size_t *n);
void          base_fields_free(base_field_t *fields, size_t n);

/* What its people were found by (resolved_by.h), a new reference; that of today
 * where nobody is in it, NULL where it is not known, or not the same of all of
 * them.  Any thread. */
json_t       *base_resolved_by(base_t *base);

/* A number for a new segment file; never used twice.  Sees to it that the
 * folder is there.  Any thread but the loop's. */
uint64_t base_segment_number(base_t *base);
const char *base_folder(const base_t *base);    /* segments/<tenant> */

/* What lists of its audiences are made from, audience_index.h. */
struct audience_index_s *base_audience_index(base_t *base);

void base_lock(base_t *base);
void base_unlock(base_t *base);

/*
 * Where base_prepare() fails, and in base_abandon(), the added segment's file
 * is removed again: a second try writes another one.  base_publish() and
 * bases_sweep() remove files that have been superseded for BASE_GRACE seconds,
 * which nginx workers have to open what an older manifest named.
 */
#define BASE_GRACE  60

base_status_t base_prepare(base_t *base, const base_change_t *change,
    store_batch_t *batch, aud_error_t *err);
base_status_t base_publish(base_t *base, aud_error_t *err);
void          base_abandon(base_t *base);       /* instead of publish */

/* Removes superseded files now: somebody who was erased is in them.  Readers
 * that have them open or mapped keep them until they let go; who reads an older
 * manifest finds them missing, and the newer manifest.  Not under the lock. */
void base_purge(base_t *base);

/* What base_publish() will make current; NULL where nothing is prepared.  Under
 * the lock. */
const aud_generation_t *base_prepared(const base_t *base);

/* Removes superseded files that are due, of bases that nobody changes just now.
 * The sweeper's, in any thread. */
void bases_sweep(bases_t *bases);

/* Calls fn with every base there is.  Any thread; one may be met twice where
 * another is made meanwhile. */
void bases_each(bases_t *bases, void (*fn)(void *arg, base_t *base), void *arg);
const char *base_tenant(const base_t *base);

#endif
