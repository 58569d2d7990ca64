/*
 * A worker's store, base and queue in a folder of their own, and files that go
 * through its imports: what the tests of imports and exports share.
 */

#ifndef IMPORTING_H
#define IMPORTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_csv.h"
#include "base.h"
#include "commit.h"
#include "document.h"
#include "erased.h"
#include "import_record.h"
#include "listed.h"
#include "llm.h"
#include "queue.h"
#include "refusals.h"
#include "settings.h"

#define TENANT  "demo"

static uv_loop_t   loop;
static settings_t  settings;
static worker_t    worker;
static int64_t     upload_time;
static listed_t    listed;

/* The worker's own handles keep no loop alive; its server's would. */
static uv_timer_t  alive;


static inline void
still_alive(uv_timer_t *timer)
{
}


static inline void
worker_open(void)
{
    char         db[600];
    aud_error_t  err = { 0 };

    memset(&worker, 0, sizeof(worker));
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_init(&loop, &alive);
    uv_timer_start(&alive, still_alive, 1000, 1000);
    worker.loop = &loop;
    worker.settings = &settings;
    worker.listed = &listed;

    snprintf(db, sizeof(db), "%s/db", settings.root);
    worker.store = store_open(db, &err);
    assert_non_null(worker.store);
    worker.commit = commit_create(&loop, worker.store, &err);
    assert_non_null(worker.commit);
    worker.erased = erased_create(&worker, &err);
    assert_non_null(worker.erased);
    worker.refusals = refusals_create(&worker, &err);
    assert_non_null(worker.refusals);
    worker.bases = bases_create(&worker, &err);
    assert_non_null(worker.bases);
    worker.queue = queue_create(&worker, &err);
    assert_non_null(worker.queue);
    worker.llm = llm_create(&worker, &err);
    assert_non_null(worker.llm);
}


static inline void
drained(void *arg)
{
    *(int *) arg = 1;
}


static inline void
worker_close(void)
{
    int  over = 0;

    queue_drain(worker.queue, drained, &over);

    while (!over) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    llm_close(worker.llm);
    uv_close((uv_handle_t *) &alive, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    commit_close(worker.commit);
    llm_free(worker.llm);
    queue_free(worker.queue);
    bases_free(worker.bases);
    refusals_free(worker.refusals);
    erased_free(worker.erased);
    uv_run(&loop, UV_RUN_DEFAULT);
    store_close(worker.store);
    assert_int_equal(uv_loop_close(&loop), 0);
}


static inline int
worker_setup(void **state)
{
    char  path[600];

    memset(&settings, 0, sizeof(settings));
    strcpy(settings.root, "/tmp/worker_import.XXXXXX");

    if (mkdtemp(settings.root) == NULL) {
        return -1;
    }

    settings.policy = component_policy_default;
    settings.job_threads = 2;
    settings.job_max_attempts = 2;
    settings.retry_base_ms = 10;
    settings.lease_seconds = 60;
    settings.block_rows = 7;
    settings.merge_at = 3;
    settings.link_hours = 48;
    settings.llm_answers_days = 30;
    strcpy(settings.area_code, "11");

    snprintf(path, sizeof(path), "%s/spool", settings.root);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/spool/" TENANT, settings.root);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/segments", settings.root);
    mkdir(path, 0755);

    upload_time = INT64_C(1750000000000000);
    worker_open();

    return 0;
}


static inline int
worker_teardown(void **state)
{
    char  command[600];

    worker_close();
    snprintf(command, sizeof(command), "rm -rf %s", settings.root);

    return system(command);
}


static inline void
job_is_durable(void *arg, store_status_t status)
{
    assert_int_equal(status, STORE_OK);
    queue_added(worker.queue, arg);
}


/* Runs a job to its end and gives its state. */

static inline const char *
job_runs(const char *type, json_t *args, store_batch_t *batch, aud_uuid_t *id)
{
    const char  *state;

    if (batch == NULL) {
        batch = store_batch_create();
    }

    queue_add(worker.queue, batch, TENANT, type, args, 0, id);
    commit_submit(worker.commit, batch, job_is_durable, id);

    do {
        uv_run(&loop, UV_RUN_ONCE);
        state = queue_state(worker.queue, TENANT, id);
    } while (strcmp(state, "done") != 0 && strcmp(state, "dead") != 0
             && strcmp(state, "cancelled") != 0);

    return state;
}


static inline void
spool(const aud_uuid_t *id, const char *text, size_t len)
{
    char   path[DOCUMENT_PATH_MAX];
    FILE  *file;

    document_spool_path(&worker, TENANT, id, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}


static inline int
spool_holds(const aud_uuid_t *id)
{
    char  path[DOCUMENT_PATH_MAX];

    document_spool_path(&worker, TENANT, id, path);

    return access(path, F_OK) == 0;
}


/* The record as nginx's upload makes it.  header: names joined by the
 * separator, unquoted. */

static inline json_t *
upload_record(const char *id, const char *job, const char *header,
    char separator)
{
    char        *copy, *name, *rest, between[2] = { separator };
    json_t      *upload, *columns, *record;

    columns = json_array();
    copy = strdup(header);

    for (rest = copy; (name = strsep(&rest, between)) != NULL; /* void */ ) {
        json_array_append_new(columns, json_string(name));
    }

    free(copy);

    upload = json_pack("{s:s, s:s, s:o, s:i, s:i, s:s, s:s}",
                       "filename", "crm.csv", "separator", between,
                       "columns", columns, "rows", 1, "bytes", 1,
                       "encoding", "utf-8", "digest", "");
    upload_time += AUD_SECOND;
    record = import_record_create(upload, id, job, "ana", upload_time);
    json_decref(upload);

    return record;
}


/* Imports header and rows ("\n" between all) and gives the import's record. */

static inline json_t *
import_job_text(const char *text, size_t len, char separator, aud_uuid_t *id,
    aud_uuid_t *job)
{
    char            name[AUD_ID_LEN + 1], header[2000] = "";
    json_t         *record;
    const char     *end;
    store_batch_t  *batch;

    aud_uuid_make(id);
    aud_id_format(name, "imp", id);
    spool(id, text, len);

    end = strpbrk(text, "\r\n");
    memcpy(header, text, end - text);

    batch = store_batch_create();
    record = upload_record(name, "", header, separator);
    assert_int_equal(document_put(batch, TENANT, KEY_IMPORT, id, record), 0);
    json_decref(record);

    (void) job_runs("import", json_pack("{s:s}", "import", name), batch, job);

    return document_get(worker.store, TENANT, KEY_IMPORT, id, NULL);
}


static inline json_t *
import_text(const char *text, size_t len, char separator, aud_uuid_t *id)
{
    aud_uuid_t  job;

    return import_job_text(text, len, separator, id, &job);
}


static inline json_t *
import_of(const char *text)
{
    aud_uuid_t  id;

    return import_text(text, strlen(text), ',', &id);
}


static inline long long
rows_of(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(record, "rows"),
                                              name));
}


/* The display value of a field of the profile with that phone; values of a
 * multi-valued field joined by "|"; "" where there is none. */

static inline const char *
value_at(const aud_segment_t *segment, uint32_t row, const char *field)
{
    size_t               first;
    uint32_t             i, n, code;
    aud_str_t            value;
    static aud_buffer_t  out;
    const aud_column_t  *column;

    out.len = 0;
    column = aud_segment_column(segment, aud_str(field, strlen(field)));

    if (column) {
        n = aud_column_values(column, row, &first);

        for (i = 0; i < n; i++) {
            code = aud_column_code_plus_one(column, first + i) - 1;
            value = aud_column_display(column, code);
            aud_buffer_text(&out, i ? "|" : "");
            aud_buffer_add(&out, value.data, value.len);
        }
    }

    aud_buffer_char(&out, '\0');

    return out.data;
}


static inline const char *
value_of(const char *phone, const char *field)
{
    size_t                s;
    uint32_t              row;
    const char           *value = NULL;
    const aud_slice_t    *slice;
    aud_generation_t     *g;

    g = base_generation(bases_get(worker.bases, TENANT));

    for (s = 0; s < g->nslices && value == NULL; s++) {
        slice = &g->slices[s];

        for (row = 0; row < slice->segment->rows && value == NULL; row++) {
            if ((slice->deleted == NULL || !aud_bit(slice->deleted, row))
                && strcmp(value_at(slice->segment, row, "phoneNumber"), phone)
                   == 0)
            {
                value = value_at(slice->segment, row, field);
            }
        }
    }

    aud_generation_release(g);

    return value ? value : "no such profile";
}


static inline uint64_t
profiles_now(void)
{
    uint64_t           n;
    aud_generation_t  *g;

    g = base_generation(bases_get(worker.bases, TENANT));
    n = g->profiles;
    aud_generation_release(g);

    return n;
}


/* errors.csv as stored. */

static inline const char *
errors_of(const aud_uuid_t *id)
{
    aud_str_t            key, value;
    aud_error_t          err;
    store_key_t          prefix;
    store_scan_t        *scan;
    static aud_buffer_t  out;

    out.len = 0;
    prefix = key_id(TENANT, KEY_ERRORS, id);
    scan = store_scan(worker.store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        aud_buffer_add(&out, value.data, value.len);
    }

    store_scan_free(scan);
    aud_buffer_char(&out, '\0');

    return out.data;
}

#endif
