/*
 * The list of those who were erased: so that no file brings them back, and no
 * backup of the store.
 *
 *   <root>/erased/key         32 bytes as 64 hexadecimal digits, 0600; made
 *                             when the first person is erased, the first
 *                             campaign event comes or somebody refuses
 *   <root>/erased/<tenant>    0600, one erasure a line, only ever added to:
 *
 *     {"id": "adt_…", "key": "…", "at": "2026-11-22T01:00:00Z",
 *      "country": "BR", "area_code": "11",         phones were read by
 *      "hashes": ["…64 hexadecimal digits (erased_hash.h)…"],
 *      "records": [["imp_…", 17], …]}        import and line of what went
 *
 * The same stands in the store under 'H', with what is left to do of an erasure
 * while it is under way ("pending", resolve_erase.c).  At a start the two are
 * held against each other: what the file has not is added to it; where the
 * store has not heard of an erasure it is older than that, and a job erases
 * again.  `key` tells which key made the hashes: with another one, or none, the
 * worker does not start, as it would let people in again.
 *
 * Any thread, but for what says otherwise.
 */

#ifndef ERASED_H
#define ERASED_H

#include <jansson.h>

#include "aud_error.h"
#include "aud_generation.h"
#include "aud_source_record.h"
#include "erased_hash.h"
#include "worker.h"

typedef struct erased_s        erased_t;
typedef struct erased_check_s  erased_check_t;

/* Reads all; the store is open.  NULL with err. */
erased_t *erased_create(worker_t *worker, aud_error_t *err);
void      erased_free(erased_t *e);

/* Queues a job for each tenant whose store is older than its list, and for each
 * erasure that was left half done and has no job.  Loop thread, once, after
 * queue_create(). */
void      erased_queue(worker_t *worker);

/* A hasher with the key, which is made where there is none.  NULL with err. */
erased_hasher_t *erased_hasher(erased_t *e, const char *tenant,
    aud_error_t *err);

/* A new erasure as it is stored: at, hashes and records as above, which are
 * taken.  NULL: no memory. */
json_t *erased_document(erased_t *e, const char *id, int64_t at,
    json_t *hashes, json_t *records);

/* From now on its hashes count.  -1: no memory. */
int  erased_add(erased_t *e, const char *tenant, const json_t *document);

/* Adds it to the file and syncs, unless it stands there.  -1 with err. */
int  erased_keep(erased_t *e, const char *tenant, const json_t *document,
    aud_error_t *err);

/* Erasures of the file that the store has not, a new array.  NULL with err. */
json_t *erased_unheard(erased_t *e, const char *tenant, aud_error_t *err);

/*
 * Exports of generations before that one may hold somebody who is erased: they
 * must not be finished.  Set under the base's lock, and read under it.
 */
void     erased_set_generation(erased_t *e, const char *tenant,
    uint64_t generation);
uint64_t erased_generation(erased_t *e, const char *tenant);

/*
 * The list as it is now, to hold rows against; for one thread.  more: an
 * erasure that counts besides, or NULL.  *check is NULL where nobody was
 * erased.  -1 with err.
 */
int  erased_check_create(erased_t *e, const char *tenant, const json_t *more,
    erased_check_t **check, aud_error_t *err);
void erased_check_free(erased_check_t *c);

/* Those who live in g, which is retained: a row without a name, as extras and
 * campaign events are, is of one of them where it has a value of theirs. */
void erased_check_living(erased_check_t *c, aud_generation_t *g);

/* Whether a record is of somebody who was erased: 1, 0, or -1. */
int  erased_check_record(erased_check_t *c, const aud_source_record_t *record);

/* The same of its phone as it was written, read by the settings of erasures that
 * were made under others: their hashes are of numbers as they were read then. */
int  erased_check_phone(erased_check_t *c, aud_str_t cell,
    const aud_source_record_t *record);

/* The same of cells that nobody can tell the columns of: any value will do. */
int  erased_check_cells(erased_check_t *c, const aud_str_t *cells,
    uint32_t ncells, const char *country, const char *area_code);

#endif
