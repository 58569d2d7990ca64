/*
 * The store: ordered keys and values that survive a power cut.  The only unit
 * that includes RocksDB (store_rocksdb.c); PostgreSQL is meant to be the second
 * implementation, so nothing here promises more than ordered scans and atomic
 * batches.
 *
 * One process may open a store.  Reads from any thread.  Applying is left to
 * commit.h, whose thread is the only writer.
 */

#ifndef STORE_H
#define STORE_H

#include "aud_error.h"
#include "aud_str.h"

typedef struct store_s           store_t;
typedef struct store_batch_s     store_batch_t;
typedef struct store_snapshot_s  store_snapshot_t;
typedef struct store_scan_s      store_scan_t;

typedef enum {
    STORE_OK = 0,
    STORE_NOT_FOUND,
    STORE_FULL,         /* no space: nothing was written, later calls may pass */
    STORE_FAILED        /* the log is in doubt: the process must end */
} store_status_t;

store_t *store_open(const char *path, aud_error_t *err);
void     store_close(store_t *store);

/* A batch belongs to one thread at a time.  put and delete copy. */
store_batch_t *store_batch_create(void);
void           store_batch_free(store_batch_t *batch);
void           store_batch_put(store_batch_t *b, aud_str_t key, aud_str_t value);
void           store_batch_delete(store_batch_t *b, aud_str_t key);
void           store_batch_append(store_batch_t *b, const store_batch_t *other);
size_t         store_batch_count(const store_batch_t *b);
size_t         store_batch_bytes(const store_batch_t *b);

/* Atomic and synced before it returns. */
store_status_t store_apply(store_t *store, store_batch_t *batch,
    aud_error_t *err);

/* On STORE_OK *value is the caller's: store_value_free(). */
store_status_t store_get(store_t *store, aud_str_t key, aud_str_t *value,
    aud_error_t *err);
void           store_value_free(aud_str_t value);

store_snapshot_t *store_snapshot(store_t *store);
void              store_snapshot_release(store_t *store, store_snapshot_t *s);

/*
 * Keys that begin with prefix, from `from` (which begins with prefix, or is
 * empty: the end that the direction starts at), upwards or downwards.
 * snapshot may be NULL.  key and value live until the next call.
 * store_scan_next: 1 and a pair, 0 at the end, -1 on a read error, or of a scan
 * that is NULL because memory was out.
 */
store_scan_t *store_scan(store_t *store, const store_snapshot_t *snapshot,
    aud_str_t prefix, aud_str_t from, int backwards);
int           store_scan_next(store_scan_t *scan, aud_str_t *key,
    aud_str_t *value, aud_error_t *err);
void          store_scan_free(store_scan_t *scan);

/*
 * Rewrites what is on disk of keys that begin with one of the prefixes, so that
 * nothing is left there of what was deleted or put anew, in tables or logs: it
 * costs what the tables cost that hold such keys.  What a scan that is open
 * still reads goes when that ends.  STORE_FULL: there is no room for it; call it
 * again.  Any thread.
 */
store_status_t store_purge(store_t *store, const aud_str_t *prefixes,
    size_t n, aud_error_t *err);

/*
 * The store as it is now, at `path`, which must not be there: tables are shared
 * with the store's by hard links where both are in one file system.  What is
 * applied meanwhile may be in it or not: commit_pause().  Any thread; -1 with
 * err, and nothing at `path` (but what a power cut leaves).
 */
int store_checkpoint(store_t *store, const char *path, aud_error_t *err);

/* Whether a small batch would find space. */
int store_writable(store_t *store);

/* The tenant whose keys come next after `tenant` ("": the first), in its place:
 * 1, 0 at the end, -1 on a read error. */
int store_next_tenant(store_t *store, char tenant[65], aud_error_t *err);

/* Bytes on disk, for metrics. */
unsigned long long store_bytes(store_t *store);

#endif
