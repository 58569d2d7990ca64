/*
 * Calls about imports.
 */

#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_filter.h"
#include "aud_import_check.h"
#include "api.h"
#include "document.h"
#include "import_profiles.h"
#include "import_read.h"
#include "import_record.h"
#include "queue.h"


typedef struct {                    /* an upload until it is durable */
    aud_uuid_t  job;
    char        path[DOCUMENT_PATH_MAX];
} imports_upload_t;


static void imports_receive(api_call_t *call);
static int imports_upload_id(const json_t *upload, aud_uuid_t *id);
static void imports_accept(api_call_t *call, const json_t *upload,
    const aud_uuid_t *id, imports_upload_t *state);
static void imports_accepted(api_call_t *call, store_status_t status);
static void imports_refuse(api_call_t *call, const char *path, int status,
    const char *slug, const char *title, const char *detail);
static void imports_list(api_call_t *call);
static json_t *imports_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
static void imports_get(api_call_t *call);
static json_t *imports_show(api_call_t *call, json_t *record);
static void imports_template(api_call_t *call);
static void imports_template_columns(aud_import_kind_t kind,
    aud_buffer_t *out);
static json_t *imports_ended(api_call_t *call, aud_uuid_t *id);
static void imports_profiles(api_call_t *call);
static void imports_errors(api_call_t *call);
static int imports_errors_stored(api_call_t *call, const aud_uuid_t *id,
    aud_buffer_t *out);
static void imports_undo(api_call_t *call);
static void imports_undo_start(api_call_t *call, const aud_uuid_t *id,
    json_t *record, json_t *shown);
static void imports_undoing(api_call_t *call, store_status_t status);


const api_route_t  import_routes[] = {
    { AUD_METHOD_IMPORT, "/v1/imports", imports_receive },
    { AUD_METHOD_GET, "/v1/imports", imports_list },
    { AUD_METHOD_GET, "/v1/imports/template.csv", imports_template },
    { AUD_METHOD_GET, "/v1/imports/{id}", imports_get },
    { AUD_METHOD_GET, "/v1/imports/{id}/errors.csv", imports_errors },
    { AUD_METHOD_GET, "/v1/imports/{id}/profiles.csv", imports_profiles },
    { AUD_METHOD_DELETE, "/v1/imports/{id}", imports_undo },
    { 0, NULL, NULL }
};


/* The edge has spooled a file and hands it over: from here on the file is the
 * worker's, to be removed unless an import owns it. */

static void
imports_receive(api_call_t *call)
{
    char               path[DOCUMENT_PATH_MAX];
    json_t            *upload;
    aud_uuid_t         id;
    aud_problem_t      problem = { 0 };
    intake_kind_t      kind;
    imports_upload_t  *state;

    upload = aud_json_read(call->request.body, AUD_FRAME_MAX_REQUEST,
                           &problem);

    if (upload == NULL || imports_upload_id(upload, &id) != 0) {
        json_decref(upload);
        imports_refuse(call, NULL, 400, "bad-upload", "Not an upload",
                       "The hand-over of the upload cannot be read.");
        return;
    }

    kind = intake_kind(document_text(upload, "kind"));

    if (kind > INTAKE_CONTACTS && kind < INTAKE_LABELS) {
        json_decref(upload);
        intake_take(call, kind);
        return;
    }

    document_spool_path(call->worker, call->request.tenant.data, &id, path);

    if (api_replayed(call)) {
        (void) unlink(path);
        json_decref(upload);
        return;
    }

    state = aud_calloc(1, sizeof(imports_upload_t));

    if (access(path, F_OK) != 0) {
        imports_refuse(call, NULL, 400, "bad-upload", "Not an upload",
                       "The uploaded file is not in the spool.");
        aud_free(state);

    } else if (state == NULL) {
        imports_refuse(call, path, 500, "internal-error",
                       "Something went wrong", "The server is out of memory.");

    } else {
        memcpy(state->path, path, sizeof(path));
        imports_accept(call, upload, &id, state);
    }

    json_decref(upload);
}


static int
imports_upload_id(const json_t *upload, aud_uuid_t *id)
{
    uint32_t     n;
    aud_str_t   *columns;
    const char  *text;

    text = document_text(upload, "id");
    columns = import_record_texts(upload, "columns", &n);

    if (columns == NULL) {
        return -1;
    }

    aud_free(columns);

    return n ? aud_id_parse(text, strlen(text), "imp", id) : -1;
}


static void
imports_accept(api_call_t *call, const json_t *upload, const aud_uuid_t *id,
    imports_upload_t *state)
{
    char            text[AUD_ID_LEN + 1], job[AUD_ID_LEN + 1];
    char            location[64];
    json_t         *record;
    const char     *tenant;
    store_batch_t  *batch;

    tenant = call->request.tenant.data;
    aud_id_format(text, "imp", id);
    snprintf(location, sizeof(location), "/v1/imports/%s", text);

    batch = store_batch_create();
    queue_add(call->worker->queue, batch, tenant, "import",
              json_pack("{s:s}", "import", text), 0, &state->job);
    aud_id_format(job, "job", &state->job);

    record = import_record_create(upload, text, job, call->request.user.data,
                                  aud_now());

    if (record == NULL
        || document_put(batch, tenant, KEY_IMPORT, id, record) != 0)
    {
        queue_dropped(call->worker->queue, &state->job);
        store_batch_free(batch);
        json_decref(record);
        imports_refuse(call, state->path, 500, "internal-error",
                       "Something went wrong", "The server is out of memory.");
        aud_free(state);
        return;
    }

    call->data = state;
    api_commit(call, batch, 202, location, record, imports_accepted);
}


static void
imports_accepted(api_call_t *call, store_status_t status)
{
    imports_upload_t  *state = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &state->job);

    } else {
        queue_dropped(call->worker->queue, &state->job);
        (void) unlink(state->path);
    }

    call->data = NULL;
    aud_free(state);
}


static void
imports_refuse(api_call_t *call, const char *path, int status,
    const char *slug, const char *title, const char *detail)
{
    aud_problem_t  problem = { 0 };

    if (path) {
        (void) unlink(path);
    }

    aud_problem_set(&problem, status, slug, title, "%s", detail);
    api_problem(call, &problem);
}


static void
imports_list(api_call_t *call)
{
    api_list(call, KEY_IMPORT, "imp", imports_keep, NULL);
}


static json_t *
imports_keep(api_call_t *call, const aud_uuid_t *id, json_t *record)
{
    aud_str_t  kind;

    kind = api_arg(call, "kind");

    if ((kind.len && import_record_kind(record) != intake_kind(kind.data))
        || !api_list_match(call, document_text(record, "filename"),
                           document_text(record, "created_at")))
    {
        return NULL;
    }

    return imports_show(call, json_incref(record));
}


static void
imports_get(api_call_t *call)
{
    json_t      *record;
    aud_uuid_t   id;

    record = api_named(call, KEY_IMPORT, "imp", &id);

    if (record) {
        api_json(call, 200, imports_show(call, record));
    }
}


/* Takes record.  It is running until its job's thread has returned, so that
 * "succeeded" means that queries see it. */

static json_t *
imports_show(api_call_t *call, json_t *record)
{
    const char  *job, *state;
    aud_uuid_t   id;

    (void) json_object_del(record, "refusals");

    if (json_object_get(record, "kind") == NULL) {
        json_object_set_new(record, "kind",
                            json_string(intake_kind_name(INTAKE_CONTACTS)));
    }

    job = document_text(record, "job");

    if (aud_id_parse(job, strlen(job), "job", &id) != 0) {
        return record;
    }

    state = queue_state(call->worker->queue, call->request.tenant.data, &id);

    if (strcmp(state, "running") == 0) {
        json_object_set_new(record, "state", json_string("running"));

    } else if (strcmp(state, "ready") == 0
               || strcmp(state, "scheduled") == 0)
    {
        json_object_set_new(record, "state", json_string("queued"));
    }

    job = document_text(json_object_get(record, "undo"), "job");

    if (aud_id_parse(job, strlen(job), "job", &id) == 0) {
        state = queue_state(call->worker->queue, call->request.tenant.data,
                            &id);

        if (strcmp(state, "running") == 0 || strcmp(state, "ready") == 0
            || strcmp(state, "scheduled") == 0)
        {
            json_object_set_new(record, "state", json_string("undoing"));
        }
    }

    return record;
}


static void
imports_template(api_call_t *call)
{
    aud_buffer_t       body = { 0 };
    aud_import_kind_t  kind;

    kind = aud_import_kind(api_arg(call, "kind"));

    if (kind == AUD_IMPORT_KINDS) {
        imports_refuse(call, NULL, 422, "unknown-kind",
                       "The kind of import is not known",
                       "Files may be of the kind contacts, extras, campaigns "
                       "or conversations.");
        return;
    }

    imports_template_columns(kind, &body);
    api_header(call, "Content-Disposition",
               "attachment; filename=\"template.csv\"");
    api_text(call, 200, "text/csv; charset=utf-8", &body);
}


/* What may stand in a file, and one column of the user's own where it may have
 * any. */

static void
imports_template_columns(aud_import_kind_t kind, aud_buffer_t *out)
{
    size_t             i;
    aud_import_role_t  role;

    for (i = 0; kind == AUD_IMPORT_CONTACTS && aud_known_columns[i]; i++) {
        aud_buffer_printf(out, "%s,", aud_known_columns[i]);
    }

    for (role = 0; role < AUD_ROLES; role++) {
        if (aud_import_role_of(kind, role)) {
            aud_buffer_printf(out, "%s,", aud_import_role_name(role));
        }
    }

    if (kind == AUD_IMPORT_CONTACTS) {
        aud_buffer_text(out, "time do coração");

    } else if (kind == AUD_IMPORT_EXTRAS) {
        aud_buffer_text(out, "loja");

    } else {
        out->len--;
    }

    aud_buffer_text(out, "\r\n");
}


/* The record that the path names, of an import that has ended and was not
 * undone, or NULL after an answer. */

static json_t *
imports_ended(api_call_t *call, aud_uuid_t *id)
{
    json_t      *record;
    const char  *state;

    record = api_named(call, KEY_IMPORT, "imp", id);
    if (record == NULL) {
        return NULL;
    }

    record = imports_show(call, record);
    state = document_text(record, "state");

    if (strcmp(state, "queued") == 0 || strcmp(state, "running") == 0) {
        json_decref(record);
        imports_refuse(call, NULL, 409, "import-not-finished",
                       "The import has not finished",
                       "What became of its rows is known once the import has "
                       "finished.");
        return NULL;
    }

    if (strncmp(state, "undo", 4) == 0) {
        json_decref(record);
        imports_refuse(call, NULL, 409, "import-undone",
                       "The import has been undone",
                       "Nothing of its rows is kept.");
        return NULL;
    }

    return record;
}


static void
imports_profiles(api_call_t *call)
{
    json_t      *record;
    aud_uuid_t   id;

    record = imports_ended(call, &id);

    if (record) {
        import_profiles_answer(call, &id, record);
        json_decref(record);
    }
}


static void
imports_errors(api_call_t *call)
{
    int            stored;
    char           name[AUD_ID_LEN + 1], disposition[80];
    json_t        *record;
    uint32_t       n;
    aud_str_t     *columns;
    aud_uuid_t     id;
    aud_buffer_t   body = { 0 };

    record = imports_ended(call, &id);
    if (record == NULL) {
        return;
    }

    stored = imports_errors_stored(call, &id, &body);
    columns = import_record_texts(record, "columns", &n);

    if (stored == 0 && columns) {
        import_errors_header(&body, columns, n);
    }

    aud_free(columns);
    json_decref(record);

    if (stored < 0 || body.failed) {
        aud_buffer_free(&body);
        imports_refuse(call, NULL, 500, "internal-error",
                       "Something went wrong",
                       "The errors of the import cannot be read.");
        return;
    }

    aud_id_format(name, "imp", &id);
    snprintf(disposition, sizeof(disposition),
             "attachment; filename=\"errors-%s.csv\"", name);
    api_header(call, "Content-Disposition", disposition);
    api_text(call, 200, "text/csv; charset=utf-8", &body);
}


/* How many parts there were; -1 on a read error. */

static int
imports_errors_stored(api_call_t *call, const aud_uuid_t *id,
    aud_buffer_t *out)
{
    int             rc, parts;
    aud_str_t       key, value;
    aud_error_t     err;
    store_key_t     prefix;
    store_scan_t   *scan;

    prefix = key_id(call->request.tenant.data, KEY_ERRORS, id);
    scan = store_scan(call->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);
    parts = 0;

    while ((rc = store_scan_next(scan, &key, &value, &err)) == 1) {
        aud_buffer_add(out, value.data, value.len);
        parts++;
    }

    store_scan_free(scan);

    return rc == 0 ? parts : -1;
}


/* The base as if the import had never been. */

static void
imports_undo(api_call_t *call)
{
    json_t      *record, *shown;
    aud_uuid_t   id;
    const char  *state;

    record = api_named(call, KEY_IMPORT, "imp", &id);
    if (record == NULL) {
        return;
    }

    if (api_replayed(call)) {
        json_decref(record);
        return;
    }

    shown = imports_show(call, json_copy(record));
    state = document_text(shown, "state");

    if (strcmp(state, "undone") == 0) {
        api_json(call, 200, shown);

    } else if (strcmp(state, "undoing") == 0) {
        api_json(call, 202, shown);

    } else if (strcmp(state, "succeeded") == 0 || strcmp(state, "failed") == 0)
    {
        imports_undo_start(call, &id, record, shown);

    } else {
        json_decref(shown);
        imports_refuse(call, NULL, 409, "import-not-finished",
                       "The import has not finished",
                       "It can be undone once it has; or cancel its job.");
    }

    json_decref(record);
}


/* record is stored as it is but for the note of its undoing: what it comes to
 * is the job's to say.  Takes shown, the answer. */

static void
imports_undo_start(api_call_t *call, const aud_uuid_t *id, json_t *record,
    json_t *shown)
{
    char            text[AUD_ID_LEN + 1], job[AUD_ID_LEN + 1];
    aud_uuid_t     *undo;
    const char     *tenant;
    store_batch_t  *batch;

    tenant = call->request.tenant.data;
    undo = aud_calloc(1, sizeof(aud_uuid_t));

    if (undo == NULL) {
        json_decref(shown);
        imports_refuse(call, NULL, 500, "internal-error",
                       "Something went wrong", "The server is out of memory.");
        return;
    }

    aud_id_format(text, "imp", id);
    batch = store_batch_create();
    queue_add(call->worker->queue, batch, tenant, "resolve",
              json_pack("{s:s}", "undo", text), 0, undo);
    aud_id_format(job, "job", undo);
    json_object_set_new(record, "undo",
                        json_pack("{s:s, s:s, s:o}", "job", job, "by",
                                  call->request.user.data, "at",
                                  document_time(aud_now())));
    json_object_set(shown, "undo", json_object_get(record, "undo"));

    if (document_put(batch, tenant, KEY_IMPORT, id, record) != 0) {
        queue_dropped(call->worker->queue, undo);
        store_batch_free(batch);
        json_decref(shown);
        aud_free(undo);
        imports_refuse(call, NULL, 500, "internal-error",
                       "Something went wrong", "The server is out of memory.");
        return;
    }

    json_object_set_new(shown, "state", json_string("undoing"));
    call->data = undo;
    api_commit(call, batch, 202, NULL, shown, imports_undoing);
}


static void
imports_undoing(api_call_t *call, store_status_t status)
{
    aud_uuid_t  *job = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, job);

    } else {
        queue_dropped(call->worker->queue, job);
    }

    call->data = NULL;
    aud_free(job);
}
