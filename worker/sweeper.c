/*
 * The sweeper.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "base.h"
#include "commit.h"
#include "document.h"
#include "llm.h"
#include "log.h"
#include "settings.h"
#include "sweeper.h"


#define SWEEPER_PERIOD_MS    60000
#define SWEEPER_FILE_AGE     3600           /* seconds */
#define SWEEPER_RETRY_AGE    (7 * 86400)    /* as the queue keeps dead jobs */
#define SWEEPER_ANSWER_AGE   AUD_DAY


struct sweeper_s {
    worker_t    *worker;
    uv_timer_t   timer;
    uv_work_t    work;
    unsigned     busy:1;
    unsigned     closed:1;
};

typedef void (*sweeper_file_fn)(worker_t *worker, const char *tenant,
    const char *name, const char *path, const struct stat *st);


static void sweeper_tick(uv_timer_t *timer);
static void sweeper_work(uv_work_t *work);
static void sweeper_worked(uv_work_t *work, int status);
static void sweeper_closed(uv_handle_t *handle);
static void sweeper_folder(worker_t *worker, const char *folder,
    sweeper_file_fn fn);
static void sweeper_tenant(worker_t *worker, const char *folder,
    const char *tenant, sweeper_file_fn fn);
static int sweeper_old(const struct stat *st, int64_t age);
static int sweeper_id(const char *name, const char *prefix,
    const char *suffix, aud_uuid_t *id);
static void sweeper_spool(worker_t *worker, const char *tenant,
    const char *name, const char *path, const struct stat *st);
static void sweeper_export(worker_t *worker, const char *tenant,
    const char *name, const char *path, const struct stat *st);
static void sweeper_expire(worker_t *worker, const char *tenant,
    const aud_uuid_t *id, const char *path);
static int sweeper_expired(const json_t *record);
static void sweeper_answers(worker_t *worker);
static void sweeper_tenant_answers(worker_t *worker, const char *tenant);
static int sweeper_answer_old(aud_str_t value);


sweeper_t *
sweeper_create(worker_t *worker, aud_error_t *err)
{
    sweeper_t  *sweeper;

    sweeper = aud_calloc(1, sizeof(sweeper_t));
    if (sweeper == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    sweeper->worker = worker;
    sweeper->timer.data = sweeper;
    sweeper->work.data = sweeper;

    uv_timer_init(worker->loop, &sweeper->timer);
    uv_timer_start(&sweeper->timer, sweeper_tick, 0, SWEEPER_PERIOD_MS);

    return sweeper;
}


void
sweeper_close(sweeper_t *sweeper)
{
    if (sweeper) {
        uv_close((uv_handle_t *) &sweeper->timer, sweeper_closed);
    }
}


static void
sweeper_closed(uv_handle_t *handle)
{
    sweeper_t  *sweeper = handle->data;

    sweeper->closed = 1;

    if (!sweeper->busy) {
        aud_free(sweeper);
    }
}


static void
sweeper_tick(uv_timer_t *timer)
{
    sweeper_t  *sweeper = timer->data;

    if (!sweeper->busy
        && uv_queue_work(timer->loop, &sweeper->work, sweeper_work,
                         sweeper_worked)
           == 0)
    {
        sweeper->busy = 1;
    }
}


static void
sweeper_worked(uv_work_t *work, int status)
{
    sweeper_t  *sweeper = work->data;

    sweeper->busy = 0;

    if (sweeper->closed) {
        aud_free(sweeper);
    }
}


static void
sweeper_work(uv_work_t *work)
{
    sweeper_t  *sweeper = work->data;

    sweeper_folder(sweeper->worker, "spool", sweeper_spool);
    sweeper_folder(sweeper->worker, "exports", sweeper_export);
    sweeper_answers(sweeper->worker);
    bases_sweep(sweeper->worker->bases);
    llm_sweep(sweeper->worker->llm);
}


static void
sweeper_folder(worker_t *worker, const char *folder, sweeper_file_fn fn)
{
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX];
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/%s", worker->settings->root, folder);

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (aud_tenant_valid(entry->d_name, strlen(entry->d_name))) {
            sweeper_tenant(worker, path, entry->d_name, fn);
        }
    }

    closedir(dir);
}


static void
sweeper_tenant(worker_t *worker, const char *folder, const char *tenant,
    sweeper_file_fn fn)
{
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX + 65];
    char            file[DOCUMENT_PATH_MAX + 65 + 257];
    struct stat     st;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/%.64s", folder, tenant);

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);

        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(st.st_mode))
        {
            fn(worker, tenant, entry->d_name, file, &st);
        }
    }

    closedir(dir);
}


static int
sweeper_old(const struct stat *st, int64_t age)
{
    return st->st_mtime + age < aud_now() / AUD_SECOND;
}


static int
sweeper_id(const char *name, const char *prefix, const char *suffix,
    aud_uuid_t *id)
{
    return strlen(name) == AUD_ID_LEN + strlen(suffix)
           && strcmp(name + AUD_ID_LEN, suffix) == 0
           && aud_id_parse(name, AUD_ID_LEN, prefix, id) == 0;
}


/* What no import waits for.  Young files may belong to an upload whose
 * hand-over is on its way; a failed import's may be wanted for a retry. */

static void
sweeper_spool(worker_t *worker, const char *tenant, const char *name,
    const char *path, const struct stat *st)
{
    int          found, owned;
    json_t      *record;
    aud_uuid_t   id;
    const char  *state;

    if (!sweeper_old(st, SWEEPER_FILE_AGE)) {
        return;
    }

    owned = 0;

    if (sweeper_id(name, "imp", ".csv", &id)) {
        record = document_get(worker->store, tenant, KEY_IMPORT, &id, &found);
        state = document_text(record, "state");
        owned = found < 0 || strcmp(state, "queued") == 0
                || (strcmp(state, "failed") == 0
                    && !sweeper_old(st, SWEEPER_RETRY_AGE));
        json_decref(record);
    }

    if (!owned) {
        (void) unlink(path);
    }
}


static void
sweeper_export(worker_t *worker, const char *tenant, const char *name,
    const char *path, const struct stat *st)
{
    int          found, gone, stray;
    json_t      *record;
    aud_uuid_t   id;
    const char  *state;

    if (sweeper_id(name, "exp", ".csv.tmp", &id)) {
        if (sweeper_old(st, SWEEPER_FILE_AGE)) {
            (void) unlink(path);
        }

        return;
    }

    if (!sweeper_id(name, "exp", ".csv", &id)) {
        return;
    }

    record = document_get(worker->store, tenant, KEY_EXPORT, &id, &found);
    state = document_text(record, "state");

    /* Its link is dead for everybody, also where the worker was killed between
     * saying so and removing the file. */
    gone = strcmp(state, "revoked") == 0 || strcmp(state, "expired") == 0;
    stray = found == 0 || strcmp(state, "failed") == 0;

    if (found > 0 && sweeper_expired(record)) {
        sweeper_expire(worker, tenant, &id, path);

    } else if (gone || (stray && sweeper_old(st, SWEEPER_FILE_AGE))) {
        (void) unlink(path);
    }

    json_decref(record);
}


static int
sweeper_expired(const json_t *record)
{
    int64_t      expires;
    const char  *text;

    text = document_text(record, "expires_at");

    return strcmp(document_text(record, "state"), "done") == 0
           && aud_time_parse(text, strlen(text), &expires, NULL) == 0
           && expires <= aud_now();
}


/* Under the base's lock, as all that changes an export which is done. */

static void
sweeper_expire(worker_t *worker, const char *tenant, const aud_uuid_t *id,
    const char *path)
{
    base_t         *base;
    json_t         *record;
    store_batch_t  *batch;

    base = bases_get(worker->bases, tenant);
    if (base == NULL) {
        return;
    }

    (void) unlink(path);
    base_lock(base);

    record = document_get(worker->store, tenant, KEY_EXPORT, id, NULL);

    if (record && sweeper_expired(record)) {
        json_object_set_new(record, "state", json_string("expired"));
        json_object_set_new(record, "url", json_null());

        batch = store_batch_create();
        (void) document_put(batch, tenant, KEY_EXPORT, id, record);
        (void) commit_wait(worker->commit, batch);
    }

    base_unlock(base);
    json_decref(record);
}


static void
sweeper_answers(worker_t *worker)
{
    char         tenant[65] = "";
    aud_error_t  err;

    while (store_next_tenant(worker->store, tenant, &err) == 1) {
        sweeper_tenant_answers(worker, tenant);
    }
}


static void
sweeper_tenant_answers(worker_t *worker, const char *tenant)
{
    aud_str_t       key, value;
    aud_error_t     err;
    store_key_t     prefix;
    store_scan_t   *scan;
    store_batch_t  *batch;

    batch = store_batch_create();
    prefix = key_prefix(tenant, KEY_IDEMPOTENCY);
    scan = store_scan(worker->store, NULL, key_str(&prefix), aud_str("", 0),
                      0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        if (sweeper_answer_old(value)) {
            store_batch_delete(batch, key);
        }
    }

    store_scan_free(scan);

    if (store_batch_count(batch)) {
        (void) commit_wait(worker->commit, batch);

    } else {
        store_batch_free(batch);
    }
}


static int
sweeper_answer_old(aud_str_t value)
{
    int          old;
    json_t      *answer;
    int64_t      at;
    const char  *text;

    answer = json_loadb(value.data, value.len, 0, NULL);
    text = document_text(answer, "at");

    old = aud_time_parse(text, strlen(text), &at, NULL) != 0
          || at + SWEEPER_ANSWER_AGE < aud_now();
    json_decref(answer);

    return old;
}
