/*
 * The store on RocksDB, through its C API.  The only file that includes it.
 *
 * One column family.  Batches are RocksDB's own; joining two costs a copy of
 * the second.  RocksDB's errors are sentences: the ones that matter here are
 * told apart by their text.
 */

#include <rocksdb/c.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "aud_alloc.h"
#include "keys.h"
#include "store.h"
#include "store_log.h"

#define STORE_FORMAT      "2"
#define STORE_CACHE       (64 * 1024 * 1024)
#define STORE_BUFFER      (16 * 1024 * 1024)
#define STORE_OPEN_FILES  256
#define STORE_LEVELS      7
#define STORE_LOG_BYTES   (4 * 1024 * 1024)
#define STORE_EDGES       (2 * STORE_BUFFER)    /* of a range: tables */

/* Space that a batch must leave free, besides what RocksDB has yet to write of
 * what it was given before: Debian's RocksDB has assertions, and one of them
 * ends the process when a log or a table meets a full disk.  So a full disk is
 * met here, where nothing has been written. */
#define STORE_RESERVE     (1024 * 1024)

enum {
    ROCKSDB_TOLERATE_TORN_TAIL = 0,
    ROCKSDB_POINT_IN_TIME = 2,
    ROCKSDB_LOG_WARNINGS = 2
};


struct store_s {
    rocksdb_t              *db;
    rocksdb_options_t      *options;
    rocksdb_readoptions_t  *read;
    rocksdb_writeoptions_t *write;
    char                   *path;
};

struct store_batch_s {
    rocksdb_writebatch_t   *batch;
};

struct store_scan_s {
    rocksdb_iterator_t     *iterator;
    rocksdb_readoptions_t  *read;
    unsigned                started:1;
    unsigned                backwards:1;
    size_t                  upper_len;      /* 0: none */
    size_t                  lower_len;
    char                    bounds[];       /* upper, then lower */
};


static void store_open_db(store_t *store, char **text);
static rocksdb_options_t *store_options(void);
static int store_check_format(const char *path, aud_error_t *err);
static int store_read_format(rocksdb_t *db, const char *path, aud_error_t *err);
static int store_mark_format(store_t *store, aud_error_t *err);
static int store_room(const store_t *store, size_t bytes);
static int store_purge_room(const store_t *store, const aud_str_t *prefixes,
    size_t n);
static uint64_t store_range_bytes(const store_t *store, aud_str_t prefix);
static uint64_t store_failures(const store_t *store);
static store_status_t store_failure(char *text, aud_error_t *err);
static size_t store_upper_bound(char *out, aud_str_t prefix);
static void store_batch_put_one(void *arg, const char *key, size_t key_len,
    const char *value, size_t value_len);
static void store_batch_delete_one(void *arg, const char *key, size_t key_len);


static const aud_str_t  format_key = { "\0format", 7 };


store_t *
store_open(const char *path, aud_error_t *err)
{
    char     *text = NULL;
    store_t  *store;

    if (store_log_check(path, err) != 0
        || store_check_format(path, err) != 0)
    {
        return NULL;
    }

    store = aud_calloc(1, sizeof(store_t));
    if (store == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    store->options = store_options();
    store->read = rocksdb_readoptions_create();
    store->write = rocksdb_writeoptions_create();
    store->path = aud_strndup(path, strlen(path));
    rocksdb_writeoptions_set_sync(store->write, 1);

    if (store->path == NULL) {
        aud_error_set(err, "no memory");
        goto failed;
    }

    store_open_db(store, &text);
    if (text) {
        store_failure(text, err);
        goto failed;
    }

    if (store_mark_format(store, err) == 0) {
        return store;
    }

failed:

    store_close(store);

    return NULL;
}


/* Once more where all that is wrong is a write that nobody was told of. */

static void
store_open_db(store_t *store, char **text)
{
    aud_error_t  ignored;

    store->db = rocksdb_open(store->options, store->path, text);

    if (*text && strstr(*text, "Corruption")
        && store_log_cut_torn(store->path, &ignored) == 1)
    {
        rocksdb_free(*text);
        *text = NULL;
        store->db = rocksdb_open(store->options, store->path, text);
    }
}


void
store_close(store_t *store)
{
    if (store == NULL) {
        return;
    }

    if (store->db) {
        rocksdb_close(store->db);
    }

    rocksdb_writeoptions_destroy(store->write);
    rocksdb_readoptions_destroy(store->read);
    rocksdb_options_destroy(store->options);
    aud_free(store->path);
    aud_free(store);
}


static rocksdb_options_t *
store_options(void)
{
    int                                   levels[STORE_LEVELS];
    size_t                                i;
    rocksdb_cache_t                      *cache;
    rocksdb_options_t                    *o;
    rocksdb_block_based_table_options_t  *table;

    o = rocksdb_options_create();

    /* The default mode opens a damaged log with what stood before the damage,
     * and says nothing; this one forgives a torn last record only. */
    rocksdb_options_set_wal_recovery_mode(o, ROCKSDB_TOLERATE_TORN_TAIL);

    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_write_buffer_size(o, STORE_BUFFER);
    rocksdb_options_set_max_write_buffer_number(o, 2);
    rocksdb_options_set_max_total_wal_size(o, 2 * STORE_BUFFER);
    rocksdb_options_set_max_open_files(o, STORE_OPEN_FILES);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_bytes_per_sync(o, 1024 * 1024);

    /* What imports bring is written down as it is: to compress it would take
     * the time of a core from the import that follows. */

    for (i = 0; i < STORE_LEVELS; i++) {
        levels[i] = i < 2 ? rocksdb_no_compression : rocksdb_lz4_compression;
    }

    rocksdb_options_set_compression_per_level(o, levels, STORE_LEVELS);
    rocksdb_options_set_info_log_level(o, ROCKSDB_LOG_WARNINGS);
    rocksdb_options_set_max_log_file_size(o, STORE_LOG_BYTES);
    rocksdb_options_set_keep_log_file_num(o, 2);

    cache = rocksdb_cache_create_lru(STORE_CACHE);
    table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_filter_policy(table,
                                       rocksdb_filterpolicy_create_bloom(10));
    rocksdb_options_set_block_based_table_factory(o, table);

    rocksdb_block_based_options_destroy(table);
    rocksdb_cache_destroy(cache);

    return o;
}


/*
 * Whether path holds a store of this format, or none yet.  Opening for reading
 * changes no file; its own log is sent where no file can be made.  What is wrong
 * with the end of the log is left to who opens it for writing.
 */

static int
store_check_format(const char *path, aud_error_t *err)
{
    int                   rc;
    char                  current[1024], *text = NULL;
    rocksdb_t            *db;
    struct stat           st;
    rocksdb_options_t    *options;

    if (snprintf(current, sizeof(current), "%s/CURRENT", path)
        >= (int) sizeof(current))
    {
        return aud_error_set(err, "the path of the store is too long");
    }

    if (stat(current, &st) != 0) {
        return 0;
    }

    options = store_options();
    rocksdb_options_set_wal_recovery_mode(options, ROCKSDB_POINT_IN_TIME);
    rocksdb_options_set_db_log_dir(options, "/dev/null");
    db = rocksdb_open_for_read_only(options, path, 0, &text);

    if (text) {
        store_failure(text, err);
        rc = -1;

    } else {
        rc = store_read_format(db, path, err);
        rocksdb_close(db);
    }

    rocksdb_options_destroy(options);

    return rc;
}


static int
store_read_format(rocksdb_t *db, const char *path, aud_error_t *err)
{
    int                     rc = 0;
    char                   *value, *text = NULL;
    size_t                  len = 0;
    rocksdb_iterator_t     *first;
    rocksdb_readoptions_t  *read;

    read = rocksdb_readoptions_create();
    first = rocksdb_create_iterator(db, read);
    rocksdb_iter_seek_to_first(first);

    value = rocksdb_get(db, read, format_key.data, format_key.len, &len,
                        &text);

    if (text) {
        store_failure(text, err);
        rc = -1;

    } else if (value == NULL && rocksdb_iter_valid(first)) {
        rc = aud_error_set(err, "%s is not a store of this worker", path);

    } else if (value && !aud_str_equal(aud_str(value, len),
                                       AUD_STR(STORE_FORMAT)))
    {
        rc = aud_error_set(err, "%s has format \"%.*s\", this worker reads"
                           " \"%s\"", path, (int) (len < 32 ? len : 32),
                           value, STORE_FORMAT);
    }

    if (value) {
        rocksdb_free(value);
    }

    rocksdb_iter_destroy(first);
    rocksdb_readoptions_destroy(read);

    return rc;
}


static int
store_mark_format(store_t *store, aud_error_t *err)
{
    aud_str_t        value;
    store_batch_t   *batch;
    store_status_t   status;

    status = store_get(store, format_key, &value, err);

    if (status == STORE_OK) {
        store_value_free(value);
        return 0;
    }

    if (status != STORE_NOT_FOUND) {
        return -1;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        return aud_error_set(err, "no memory");
    }

    store_batch_put(batch, format_key, AUD_STR(STORE_FORMAT));
    status = store_apply(store, batch, err);
    store_batch_free(batch);

    return status == STORE_OK ? 0 : -1;
}


store_batch_t *
store_batch_create(void)
{
    store_batch_t  *b;

    b = aud_malloc(sizeof(store_batch_t));

    if (b) {
        b->batch = rocksdb_writebatch_create();
    }

    return b;
}


void
store_batch_free(store_batch_t *b)
{
    if (b) {
        rocksdb_writebatch_destroy(b->batch);
        aud_free(b);
    }
}


void
store_batch_put(store_batch_t *b, aud_str_t key, aud_str_t value)
{
    rocksdb_writebatch_put(b->batch, key.data, key.len, value.data, value.len);
}


void
store_batch_delete(store_batch_t *b, aud_str_t key)
{
    rocksdb_writebatch_delete(b->batch, key.data, key.len);
}


void
store_batch_append(store_batch_t *b, const store_batch_t *other)
{
    rocksdb_writebatch_iterate(other->batch, b->batch, store_batch_put_one,
                               store_batch_delete_one);
}


static void
store_batch_put_one(void *arg, const char *key, size_t key_len,
    const char *value, size_t value_len)
{
    rocksdb_writebatch_put(arg, key, key_len, value, value_len);
}


static void
store_batch_delete_one(void *arg, const char *key, size_t key_len)
{
    rocksdb_writebatch_delete(arg, key, key_len);
}


size_t
store_batch_count(const store_batch_t *b)
{
    return rocksdb_writebatch_count(b->batch);
}


size_t
store_batch_bytes(const store_batch_t *b)
{
    size_t  len;

    (void) rocksdb_writebatch_data(b->batch, &len);

    return len;
}


store_status_t
store_apply(store_t *store, store_batch_t *batch, aud_error_t *err)
{
    char  *text = NULL;

    if (!store_room(store, store_batch_bytes(batch))) {
        aud_error_set(err, "no space left for %zu bytes",
                      store_batch_bytes(batch));
        return STORE_FULL;
    }

    rocksdb_write(store->db, store->write, batch->batch, &text);

    return text ? store_failure(text, err) : STORE_OK;
}


/* Twice the batch: its log now, its table file later. */

static int
store_room(const store_t *store, size_t bytes)
{
    uint64_t            pending = 0;
    struct statvfs      fs;
    unsigned long long  room;

    if (statvfs(store->path, &fs) != 0) {
        return 1;               /* the write itself will tell */
    }

    rocksdb_property_int(store->db, "rocksdb.cur-size-all-mem-tables",
                         &pending);
    room = (unsigned long long) fs.f_bavail * fs.f_frsize;

    return room >= STORE_RESERVE + pending + 2 * (unsigned long long) bytes;
}


/* Flushes first: a checkpoint then has no log, which would go on growing. */

int
store_checkpoint(store_t *store, const char *path, aud_error_t *err)
{
    char                  *text = NULL;
    rocksdb_checkpoint_t  *checkpoint;

    checkpoint = rocksdb_checkpoint_object_create(store->db, &text);

    if (text == NULL) {
        rocksdb_checkpoint_create(checkpoint, path, 0, &text);
    }

    if (checkpoint) {
        rocksdb_checkpoint_object_destroy(checkpoint);
    }

    return text == NULL ? 0 : (store_failure(text, err), -1);
}


int
store_writable(store_t *store)
{
    return store_room(store, 0);
}


/* A flush ends the log that the deletions stand in, and those before it;
 * compacting drops what they and newer values hide.  It tells nobody that it
 * failed, but counts it.  Files that nobody needs any more are looked for at
 * last, and removed before that returns. */

store_status_t
store_purge(store_t *store, const aud_str_t *prefixes, size_t n,
    aud_error_t *err)
{
    char                    upper[KEY_MAX], *text = NULL;
    size_t                  i, len;
    uint64_t                failed, before;
    rocksdb_flushoptions_t *flush;

    if (!store_purge_room(store, prefixes, n)) {
        aud_error_set(err, "no space left to rewrite tables");
        return STORE_FULL;
    }

    before = store_failures(store);
    flush = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(flush, 1);
    rocksdb_flush(store->db, flush, &text);
    rocksdb_flushoptions_destroy(flush);

    for (i = 0; text == NULL && i < n; i++) {
        len = store_upper_bound(upper, prefixes[i]);
        rocksdb_compact_range(store->db, prefixes[i].data, prefixes[i].len,
                              upper, len);
    }

    if (text == NULL) {
        rocksdb_disable_file_deletions(store->db, &text);
    }

    if (text == NULL) {
        rocksdb_enable_file_deletions(store->db, 1, &text);
    }

    if (text) {
        return store_failure(text, err);
    }

    failed = store_failures(store) - before;

    if (failed) {
        aud_error_set(err, "the store could not rewrite its tables");
    }

    return failed ? STORE_FULL : STORE_OK;
}


/* Tables are rewritten whole that hold some of the keys: so what else is in
 * those at both ends counts, too. */

static int
store_purge_room(const store_t *store, const aud_str_t *prefixes, size_t n)
{
    size_t    i;
    uint64_t  all = 0, bytes = 0;

    for (i = 0; i < n; i++) {
        bytes += store_range_bytes(store, prefixes[i]) + STORE_EDGES;
    }

    rocksdb_property_int(store->db, "rocksdb.total-sst-files-size", &all);

    return store_room(store, (bytes < all ? bytes : all) / 2);
}


static uint64_t
store_range_bytes(const store_t *store, aud_str_t prefix)
{
    char        upper[KEY_MAX], *text = NULL;
    size_t      upper_len;
    uint64_t    bytes = 0;
    const char *from = prefix.data, *to = upper;

    upper_len = store_upper_bound(upper, prefix);
    rocksdb_approximate_sizes(store->db, 1, &from, &prefix.len, &to,
                              &upper_len, &bytes, &text);

    if (text) {
        rocksdb_free(text);
    }

    return bytes;
}


static uint64_t
store_failures(const store_t *store)
{
    uint64_t  n = 0;

    rocksdb_property_int(store->db, "rocksdb.background-errors", &n);

    return n;
}


/* Takes RocksDB's sentence. */

static store_status_t
store_failure(char *text, aud_error_t *err)
{
    store_status_t  status;

    status = strstr(text, "No space left") ? STORE_FULL : STORE_FAILED;
    aud_error_set(err, "%s", text);
    rocksdb_free(text);

    return status;
}


store_status_t
store_get(store_t *store, aud_str_t key, aud_str_t *value, aud_error_t *err)
{
    char    *data, *text = NULL;
    size_t   len;

    data = rocksdb_get(store->db, store->read, key.data, key.len, &len, &text);

    if (text) {
        store_failure(text, err);
        return STORE_FAILED;
    }

    if (data == NULL) {
        return STORE_NOT_FOUND;
    }

    *value = aud_str(data, len);

    return STORE_OK;
}


void
store_value_free(aud_str_t value)
{
    rocksdb_free((void *) value.data);
}


store_snapshot_t *
store_snapshot(store_t *store)
{
    return (store_snapshot_t *) rocksdb_create_snapshot(store->db);
}


void
store_snapshot_release(store_t *store, store_snapshot_t *s)
{
    rocksdb_release_snapshot(store->db, (const rocksdb_snapshot_t *) s);
}


store_scan_t *
store_scan(store_t *store, const store_snapshot_t *snapshot, aud_str_t prefix,
    aud_str_t from, int backwards)
{
    char          *lower;
    store_scan_t  *scan;

    scan = aud_calloc(1, sizeof(store_scan_t) + 2 * prefix.len);
    if (scan == NULL) {
        return NULL;
    }

    scan->backwards = backwards != 0;
    scan->upper_len = store_upper_bound(scan->bounds, prefix);
    scan->lower_len = prefix.len;
    lower = scan->bounds + prefix.len;

    scan->read = rocksdb_readoptions_create();

    if (snapshot) {
        rocksdb_readoptions_set_snapshot(scan->read,
                                         (const rocksdb_snapshot_t *) snapshot);
    }

    if (scan->upper_len) {
        rocksdb_readoptions_set_iterate_upper_bound(scan->read, scan->bounds,
                                                    scan->upper_len);
    }

    if (scan->lower_len) {
        memcpy(lower, prefix.data, prefix.len);
        rocksdb_readoptions_set_iterate_lower_bound(scan->read, lower,
                                                    scan->lower_len);
    }

    scan->iterator = rocksdb_create_iterator(store->db, scan->read);

    if (from.len && backwards) {
        rocksdb_iter_seek_for_prev(scan->iterator, from.data, from.len);

    } else if (from.len) {
        rocksdb_iter_seek(scan->iterator, from.data, from.len);

    } else if (backwards) {
        rocksdb_iter_seek_to_last(scan->iterator);

    } else {
        rocksdb_iter_seek_to_first(scan->iterator);
    }

    return scan;
}


/* The first key behind all that begin with prefix; 0: there is none. */

static size_t
store_upper_bound(char *out, aud_str_t prefix)
{
    size_t  n = prefix.len;

    while (n && (unsigned char) prefix.data[n - 1] == 0xff) {
        n--;
    }

    if (n) {
        memcpy(out, prefix.data, n);
        out[n - 1]++;
    }

    return n;
}


int
store_scan_next(store_scan_t *scan, aud_str_t *key, aud_str_t *value,
    aud_error_t *err)
{
    char  *text = NULL;

    if (scan == NULL) {
        return aud_error_set(err, "out of memory");
    }

    if (!scan->started) {
        scan->started = 1;

    } else if (!rocksdb_iter_valid(scan->iterator)) {
        return 0;

    } else if (scan->backwards) {
        rocksdb_iter_prev(scan->iterator);

    } else {
        rocksdb_iter_next(scan->iterator);
    }

    if (!rocksdb_iter_valid(scan->iterator)) {
        rocksdb_iter_get_error(scan->iterator, &text);

        if (text) {
            store_failure(text, err);
            return -1;
        }

        return 0;
    }

    key->data = rocksdb_iter_key(scan->iterator, &key->len);
    value->data = rocksdb_iter_value(scan->iterator, &value->len);

    return 1;
}


void
store_scan_free(store_scan_t *scan)
{
    if (scan) {
        rocksdb_iter_destroy(scan->iterator);
        rocksdb_readoptions_destroy(scan->read);
        aud_free(scan);
    }
}


/* Keys begin with their tenant and a NUL: one look-up leads over them all. */

int
store_next_tenant(store_t *store, char tenant[65], aud_error_t *err)
{
    int            rc;
    char           from[67];
    size_t         len;
    aud_str_t      key, value, rest;
    key_kind_t     kind;
    store_scan_t  *scan;

    len = strlen(tenant);
    memcpy(from, tenant, len);
    from[len++] = '\x01';

    scan = store_scan(store, NULL, aud_str("", 0), aud_str(from, len), 0);
    if (scan == NULL) {
        return aud_error_set(err, "no memory");
    }

    rc = store_scan_next(scan, &key, &value, err);

    if (rc == 1 && key_split(key, tenant, &kind, &rest) != 0) {
        rc = aud_error_set(err, "a key of an unknown form");
    }

    store_scan_free(scan);

    return rc;
}


unsigned long long
store_bytes(store_t *store)
{
    uint64_t  files = 0, memory = 0;

    rocksdb_property_int(store->db, "rocksdb.total-sst-files-size", &files);
    rocksdb_property_int(store->db, "rocksdb.cur-size-all-mem-tables",
                         &memory);

    return files + memory;
}
