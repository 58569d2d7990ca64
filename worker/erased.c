/*
 * The list of those who were erased.
 */

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "document.h"
#include "erased_private.h"
#include "log.h"
#include "queue.h"
#include "settings.h"


typedef struct {
    worker_t    *worker;
    aud_uuid_t   job;
} erased_job_t;


static int erased_read_files(erased_t *e, aud_error_t *err);
static int erased_read_store(erased_t *e, aud_error_t *err);
static int erased_read_stored(erased_t *e, const char *tenant,
    aud_error_t *err);
static int erased_take(erased_t *e, const char *tenant, const json_t *document,
    aud_error_t *err);
static int erased_read_by(const erased_t *e, erased_tenant_t *t,
    const json_t *document);
static void erased_queued(void *arg, store_status_t status);
static int erased_waits(worker_t *worker, const char *tenant, const char *id);
static void erased_queue_one(worker_t *worker, const char *tenant,
    json_t *args);
static json_t *erased_args(void);


erased_t *
erased_create(worker_t *worker, aud_error_t *err)
{
    erased_t  *e;

    e = aud_calloc(1, sizeof(erased_t));
    if (e == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    e->worker = worker;
    pthread_mutex_init(&e->lock, NULL);

    if (erased_key_read(e, err) != 0 || erased_read_files(e, err) != 0
        || erased_read_store(e, err) != 0)
    {
        erased_free(e);
        return NULL;
    }

    return e;
}


void
erased_free(erased_t *e)
{
    size_t  i;

    if (e == NULL) {
        return;
    }

    for (i = 0; i < e->n; i++) {
        aud_free(e->tenants[i].hashes);
        json_decref(e->tenants[i].kept);
        json_decref(e->tenants[i].stored);
        json_decref(e->tenants[i].pending);
        json_decref(e->tenants[i].read_by);
    }

    aud_free(e->tenants);
    pthread_mutex_destroy(&e->lock);
    explicit_bzero(e->key, sizeof(e->key));
    aud_free(e);
}


/* Under the lock, or before threads.  NULL: no memory. */

erased_tenant_t *
erased_tenant(erased_t *e, const char *tenant)
{
    size_t            i;
    erased_tenant_t  *tenants, *t;

    for (i = 0; i < e->n; i++) {
        if (strcmp(e->tenants[i].name, tenant) == 0) {
            return &e->tenants[i];
        }
    }

    tenants = aud_realloc(e->tenants, (e->n + 1) * sizeof(erased_tenant_t));
    if (tenants == NULL) {
        return NULL;
    }

    e->tenants = tenants;
    t = &tenants[e->n];
    memset(t, 0, sizeof(erased_tenant_t));
    snprintf(t->name, sizeof(t->name), "%s", tenant);
    t->kept = json_object();
    t->stored = json_object();
    t->pending = json_object();
    t->read_by = json_object();
    e->n++;

    return t->kept && t->stored && t->pending && t->read_by ? t : NULL;
}


static int
erased_read_files(erased_t *e, aud_error_t *err)
{
    int             rc = 0;
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX], tenant[65];
    size_t          i, len;
    json_t         *documents, *document;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/erased", e->worker->settings->root);
    dir = opendir(path);

    if (dir == NULL) {
        return errno == ENOENT ? 0 : aud_error_system(err, "%s", path);
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);
        len -= len > strlen(ERASED_SUFFIX) ? strlen(ERASED_SUFFIX) : len;

        if (strcmp(entry->d_name + len, ERASED_SUFFIX) != 0
            || !aud_tenant_valid(entry->d_name, len))
        {
            continue;
        }

        snprintf(tenant, sizeof(tenant), "%.*s", (int) len, entry->d_name);
        documents = erased_file_read(e, tenant, err);
        rc = documents ? 0 : -1;

        json_array_foreach(documents, i, document) {
            if (rc == 0) {
                rc = erased_take(e, tenant, document, err);
                json_object_set_new(erased_tenant(e, tenant)->kept,
                                    document_text(document, "id"),
                                    json_true());
            }
        }

        json_decref(documents);
    }

    closedir(dir);

    return rc;
}


static int
erased_read_store(erased_t *e, aud_error_t *err)
{
    int   rc;
    char  tenant[65] = "";

    while ((rc = store_next_tenant(e->worker->store, tenant, err)) == 1) {
        if (erased_read_stored(e, tenant, err) != 0) {
            return -1;
        }
    }

    return rc;
}


/* What the file has not is added to it: it was lost, or never written as the
 * worker was killed before. */

static int
erased_read_stored(erased_t *e, const char *tenant, aud_error_t *err)
{
    int               rc;
    json_t           *document;
    aud_str_t         key, value;
    store_key_t       prefix;
    store_scan_t     *scan;
    erased_tenant_t  *t;

    prefix = key_prefix(tenant, KEY_ERASED);
    scan = store_scan(e->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        document = json_loadb(value.data, value.len, 0, NULL);
        t = erased_tenant(e, tenant);

        if (document == NULL || t == NULL) {
            rc = aud_error_set(err, "an erasure of the store cannot be read");

        } else if (erased_take(e, tenant, document, err) != 0
                   || erased_keep(e, tenant, document, err) != 0)
        {
            rc = -1;

        } else {
            json_object_set_new(json_object_get(document, "pending")
                                ? t->pending : t->stored,
                                document_text(document, "id"), json_true());
        }

        json_decref(document);

        if (rc < 0) {
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


/* What was read at the start: the key must be the one that made its hashes. */

static int
erased_take(erased_t *e, const char *tenant, const json_t *document,
    aud_error_t *err)
{
    if (!e->has_key || strcmp(document_text(document, "key"), e->key_name) != 0)
    {
        return aud_error_set(err, "%s/erased/key is %s: put back the one that "
                             "belongs to the lists beside it, as people who "
                             "were erased would come back with another",
                             e->worker->settings->root,
                             e->has_key ? "another key" : "missing");
    }

    return erased_add(e, tenant, document) == 0
           ? 0 : aud_error_set(err, "out of memory");
}


erased_hasher_t *
erased_hasher(erased_t *e, const char *tenant, aud_error_t *err)
{
    erased_hasher_t  *hasher = NULL;

    pthread_mutex_lock(&e->lock);

    if (e->has_key || erased_key_make(e, err) == 0) {
        hasher = erased_hasher_create(e->key, tenant);

        if (hasher == NULL) {
            aud_error_set(err, "out of memory");
        }
    }

    pthread_mutex_unlock(&e->lock);

    return hasher;
}


json_t *
erased_document(erased_t *e, const char *id, int64_t at, json_t *hashes,
    json_t *records)
{
    const settings_t  *settings = e->worker->settings;

    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "id", id,
                     "key", e->key_name, "at", document_time(at),
                     "country", settings->country,
                     "area_code", settings->area_code,
                     "hashes", hashes, "records", records);
}


/* Under the lock.  -1: no memory. */

static int
erased_read_by(const erased_t *e, erased_tenant_t *t, const json_t *document)
{
    char               name[64];
    const char        *country, *area_code;
    const settings_t  *settings = e->worker->settings;

    country = document_text(document, "country");
    area_code = document_text(document, "area_code");

    if (json_object_get(document, "country") == NULL
        || (strcmp(country, settings->country) == 0
            && strcmp(area_code, settings->area_code) == 0))
    {
        return 0;
    }

    snprintf(name, sizeof(name), "%s %s", country, area_code);

    return json_object_set_new(t->read_by, name,
                               json_pack("[s, s]", country, area_code));
}


int
erased_add(erased_t *e, const char *tenant, const json_t *document)
{
    int               rc = -1;
    size_t            i, n;
    json_t           *hashes, *hash;
    erased_hash_t    *grown;
    erased_tenant_t  *t;

    hashes = json_object_get(document, "hashes");
    n = json_array_size(hashes);
    pthread_mutex_lock(&e->lock);
    t = erased_tenant(e, tenant);
    grown = t ? aud_realloc(t->hashes, (t->n + n + 1) * sizeof(erased_hash_t))
              : NULL;

    if (grown) {
        t->hashes = grown;
        rc = erased_read_by(e, t, document);

        json_array_foreach(hashes, i, hash) {
            if (erased_hash_parse(&grown[t->n], json_string_value(hash)) == 0) {
                t->n++;
            }
        }

        qsort(t->hashes, t->n, sizeof(erased_hash_t), erased_hash_compare);
    }

    pthread_mutex_unlock(&e->lock);

    return rc;
}


int
erased_keep(erased_t *e, const char *tenant, const json_t *document,
    aud_error_t *err)
{
    int               rc = 0;
    const char       *id = document_text(document, "id");
    erased_tenant_t  *t;

    pthread_mutex_lock(&e->lock);
    t = erased_tenant(e, tenant);

    if (t == NULL) {
        rc = aud_error_set(err, "out of memory");

    } else if (json_object_get(t->kept, id) == NULL) {
        rc = erased_file_add(e, tenant, document, err);

        if (rc == 0) {
            json_object_set_new(t->kept, id, json_true());
        }
    }

    pthread_mutex_unlock(&e->lock);

    return rc;
}


json_t *
erased_unheard(erased_t *e, const char *tenant, aud_error_t *err)
{
    int          found;
    size_t       i;
    json_t      *documents, *document;
    aud_uuid_t   id;
    const char  *text;

    documents = erased_file_read(e, tenant, err);

    for (i = json_array_size(documents); i-- > 0; /* void */ ) {
        text = document_text(json_array_get(documents, i), "id");

        if (aud_id_parse(text, strlen(text), "adt", &id) != 0) {
            continue;
        }

        document = document_get(e->worker->store, tenant, KEY_ERASED, &id,
                                &found);
        json_decref(document);

        if (found > 0) {
            json_array_remove(documents, i);
        }
    }

    return documents;
}


void
erased_queue(worker_t *worker)
{
    size_t            i;
    const char       *id;
    json_t           *ignored;
    erased_t         *e = worker->erased;
    erased_tenant_t  *t;

    for (i = 0; i < e->n; i++) {
        t = &e->tenants[i];

        json_object_foreach(t->pending, id, ignored) {
            if (!erased_waits(worker, t->name, id)) {
                erased_queue_one(worker, t->name, json_pack("{s:{s:s}}",
                                                     "erase", "id", id));
            }
        }

        json_object_foreach(t->kept, id, ignored) {
            if (json_object_get(t->stored, id) == NULL
                && json_object_get(t->pending, id) == NULL)
            {
                log_line(LOG_WARNING, NULL, "the store is older than the list "
                         "of who was erased: they are erased again",
                         "s:tenant", t->name, NULL);
                erased_queue_one(worker, t->name, erased_args());
                break;
            }
        }
    }
}


/* Whether its job goes on by itself. */

static int
erased_waits(worker_t *worker, const char *tenant, const char *id)
{
    int          waits;
    json_t      *audit = NULL;
    aud_uuid_t   uuid;
    const char  *text, *state;

    if (aud_id_parse(id, strlen(id), "adt", &uuid) == 0) {
        audit = document_get(worker->store, tenant, KEY_AUDIT, &uuid, NULL);
    }

    text = document_text(audit, "job");
    waits = aud_id_parse(text, strlen(text), "job", &uuid) == 0;
    json_decref(audit);

    if (!waits) {
        return 0;
    }

    state = queue_state(worker->queue, tenant, &uuid);

    return strcmp(state, "ready") == 0 || strcmp(state, "scheduled") == 0
           || strcmp(state, "running") == 0;
}


static void
erased_queue_one(worker_t *worker, const char *tenant, json_t *args)
{
    erased_job_t   *q;
    store_batch_t  *batch;

    q = aud_calloc(1, sizeof(erased_job_t));
    batch = store_batch_create();

    if (q == NULL || batch == NULL) {
        log_no_memory("erasing again");
    }

    q->worker = worker;
    queue_add(worker->queue, batch, tenant, "resolve", args, 0, &q->job);
    commit_submit(worker->commit, batch, erased_queued, q);
}


static json_t *
erased_args(void)
{
    char        text[AUD_ID_LEN + 1];
    aud_uuid_t  id;

    aud_uuid_make(&id);
    aud_id_format(text, "adt", &id);

    return json_pack("{s:{s:s, s:b}}", "erase", "id", text, "again", 1);
}


static void
erased_queued(void *arg, store_status_t status)
{
    erased_job_t  *q = arg;

    if (status == STORE_OK) {
        queue_added(q->worker->queue, &q->job);

    } else {
        queue_dropped(q->worker->queue, &q->job);
        log_line(LOG_ERROR, NULL, "erasing again is not queued: the disk is "
                 "full", NULL);
    }

    aud_free(q);
}


void
erased_set_generation(erased_t *e, const char *tenant, uint64_t generation)
{
    erased_tenant_t  *t;

    pthread_mutex_lock(&e->lock);
    t = erased_tenant(e, tenant);

    if (t == NULL) {
        log_no_memory("erasing");
    }

    t->generation = generation;
    pthread_mutex_unlock(&e->lock);
}


uint64_t
erased_generation(erased_t *e, const char *tenant)
{
    uint64_t          generation = 0;
    erased_tenant_t  *t;

    if (e) {
        pthread_mutex_lock(&e->lock);
        t = erased_tenant(e, tenant);
        generation = t ? t->generation : 0;
        pthread_mutex_unlock(&e->lock);
    }

    return generation;
}
