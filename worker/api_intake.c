/*
 * Calls that bring lines, or files of rows that say the same (intake.h): contact
 * extras, campaign events, conversations.
 *
 * nginx has spooled the body and hands it over; it is read once here, so that
 * the answer says of each line whether it is accepted.  Then it is an import.
 */

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_filter.h"
#include "api_private.h"
#include "document.h"
#include "import_record.h"
#include "log.h"
#include "queue.h"
#include "settings.h"

#define INTAKE_ERRORS  100          /* that the answer names */


typedef struct {
    aud_uuid_t      id;
    json_t         *upload;
    char            path[DOCUMENT_PATH_MAX];
    intake_kind_t   kind;
    int64_t         now;
    aud_uuid_t      job;

    aud_buffer_t    own;            /* lines that the worker writes itself */
    intake_t       *intake;         /* made by the reading */
    uint64_t        accepted, refused;
    json_t         *errors;
    aud_problem_t   problem;        /* of the first of them */
    int             failed;
} intake_call_t;


static void intake_take_extras(api_call_t *call);
static void intake_take_campaigns(api_call_t *call);
static void intake_take_conversations(api_call_t *call);
static intake_call_t *intake_open(api_call_t *call, intake_kind_t kind);
static void intake_work(api_call_t *call);
static const char *intake_digest(aud_str_t lines,
    char digest[2 * EVP_MAX_MD_SIZE + 1]);
static void intake_work_own(api_call_t *call);
static int intake_write(const intake_call_t *x, aud_error_t *err);
static int intake_count(void *arg, const intake_line_t *line);
static int intake_error(intake_call_t *x, const intake_line_t *line);
static void intake_done(api_call_t *call);
static void intake_nothing(api_call_t *call, intake_call_t *x);
static void intake_accept(api_call_t *call, intake_call_t *x);
static json_t *intake_record(api_call_t *call, intake_call_t *x);
static json_t *intake_answer(const intake_call_t *x, json_t *record);
static void intake_accepted(api_call_t *call, store_status_t status);
static void intake_broken(api_call_t *call, intake_call_t *x);
static void intake_close(intake_call_t *x, int keep);
static void intake_remove(intake_call_t *x);


const api_route_t  intake_routes[] = {
    { AUD_METHOD_IMPORT, "/v1/extras", intake_take_extras },
    { AUD_METHOD_IMPORT, "/v1/campaigns/events", intake_take_campaigns },
    { AUD_METHOD_IMPORT, "/v1/conversations", intake_take_conversations },
    { 0, NULL, NULL }
};


static void
intake_take_extras(api_call_t *call)
{
    intake_take(call, INTAKE_EXTRAS);
}


static void
intake_take_conversations(api_call_t *call)
{
    intake_take(call, INTAKE_CONVERSATIONS);
}


static void
intake_take_campaigns(api_call_t *call)
{
    intake_take(call, INTAKE_CAMPAIGNS);
}


/* From here on the file is the worker's, to be removed unless an import owns
 * it. */

void
intake_take(api_call_t *call, intake_kind_t kind)
{
    aud_problem_t   problem = { 0 };
    intake_call_t  *x;

    x = intake_open(call, kind);

    if (x == NULL) {
        aud_problem_set(&problem, 400, "bad-upload", "Not an upload",
                        "The hand-over of the lines cannot be read.");
        api_problem(call, &problem);
        return;
    }

    if (api_replayed(call)) {
        intake_close(x, 0);
        return;
    }

    call->data = x;
    api_work_long(call, intake_work, intake_done);
}


static intake_call_t *
intake_open(api_call_t *call, intake_kind_t kind)
{
    const char     *text;
    aud_problem_t   problem;
    intake_call_t  *x;

    x = aud_calloc(1, sizeof(intake_call_t));
    if (x == NULL) {
        return NULL;
    }

    x->kind = kind;
    x->now = aud_now();
    x->errors = json_array();
    x->upload = aud_json_read(call->request.body, AUD_FRAME_MAX_REQUEST,
                              &problem);
    text = document_text(x->upload, "id");

    if (x->errors == NULL
        || aud_id_parse(text, strlen(text), "imp", &x->id) != 0)
    {
        intake_close(x, 1);
        return NULL;
    }

    document_spool_path(call->worker, call->request.tenant.data, &x->id,
                        x->path);

    return x;
}


static void
intake_work(api_call_t *call)
{
    aud_error_t        err = { 0 };
    intake_call_t     *x = call->data;
    const settings_t  *settings = call->worker->settings;

    x->intake = intake_create(x->kind, x->now, settings->country,
                              settings->area_code);

    if (x->intake) {
        intake_separated(x->intake, document_text(x->upload, "separator")[0]);
    }

    if (x->intake == NULL
        || intake_read(x->intake, x->path, intake_count, x, &err) != 0)
    {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "lines cannot be read", "s:error", err.text, NULL);
        x->failed = 1;
    }
}


void
intake_own(api_call_t *call, intake_kind_t kind, aud_buffer_t *lines)
{
    char            id[AUD_ID_LEN + 1], digest[2 * EVP_MAX_MD_SIZE + 1];
    intake_call_t  *x;

    x = aud_calloc(1, sizeof(intake_call_t));

    if (x == NULL || lines->failed) {
        aud_free(x);
        aud_buffer_free(lines);
        api_no_memory(call);
        return;
    }

    x->kind = kind;
    x->now = aud_now();
    x->own = *lines;
    memset(lines, 0, sizeof(aud_buffer_t));
    x->errors = json_array();
    aud_uuid_make(&x->id);
    aud_id_format(id, "imp", &x->id);
    x->upload = json_pack("{s:s, s:I, s:s}", "id", id, "bytes",
                          (json_int_t) x->own.len, "digest",
                          intake_digest(aud_buffer_str(&x->own), digest));
    document_spool_path(call->worker, call->request.tenant.data, &x->id,
                        x->path);
    call->data = x;
    api_work_long(call, intake_work_own, intake_done);
}


/* SHA-256 in hexadecimal, as nginx tells it of what was sent. */

static const char *
intake_digest(aud_str_t lines, char digest[2 * EVP_MAX_MD_SIZE + 1])
{
    unsigned       i, n = 0;
    unsigned char  sum[EVP_MAX_MD_SIZE];

    digest[0] = '\0';
    (void) EVP_Digest(lines.data, lines.len, sum, &n, EVP_sha256(), NULL);

    for (i = 0; i < n; i++) {
        snprintf(digest + 2 * i, 3, "%02x", sum[i]);
    }

    return digest;
}


static void
intake_work_own(api_call_t *call)
{
    aud_error_t     err = { 0 };
    intake_call_t  *x = call->data;

    if (x->upload == NULL || intake_write(x, &err) != 0) {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "lines cannot be written", "s:error", err.text, NULL);
        x->failed = 1;
        return;
    }

    intake_work(call);
}


/* As nginx does: the folder of the tenant may be new. */

static int
intake_write(const intake_call_t *x, aud_error_t *err)
{
    int    rc, fd;
    char   folder[DOCUMENT_PATH_MAX];

    strcpy(folder, x->path);
    *strrchr(folder, '/') = '\0';

    if (mkdir(folder, 0770) != 0 && errno != EEXIST) {
        return aud_error_system(err, "mkdir(\"%s\")", folder);
    }

    fd = open(x->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);

    if (fd == -1) {
        return aud_error_system(err, "open(\"%s\")", x->path);
    }

    rc = write(fd, x->own.data, x->own.len) == (ssize_t) x->own.len
         && fsync(fd) == 0 ? 0 : aud_error_system(err, "%s", x->path);
    close(fd);

    if (rc == 0) {
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = fd != -1 && fsync(fd) == 0 ? 0
                                        : aud_error_system(err, "%s", folder);
        if (fd != -1) {
            close(fd);
        }
    }

    return rc;
}


static int
intake_count(void *arg, const intake_line_t *line)
{
    intake_call_t  *x = arg;

    if (line->reason == NULL) {
        x->accepted++;
        return 0;
    }

    x->refused++;

    return intake_error(x, line);
}


static int
intake_error(intake_call_t *x, const intake_line_t *line)
{
    int                   separated;
    json_t               *error;
    aud_problem_error_t  *e;

    separated = document_text(x->upload, "separator")[0] != '\0';
    e = aud_problem_add(&x->problem, "refused-line", "%s", line->reason);
    e->row = line->number;
    e->column = line->column;

    if (!separated) {
        snprintf(e->pointer, sizeof(e->pointer), "%s", line->pointer);
        e->has_pointer = line->pointer[0] != '\0';
    }

    if (json_array_size(x->errors) == INTAKE_ERRORS) {
        return 0;
    }

    error = json_pack("{s:I, s:s, s:s}", "line", (json_int_t) line->number,
                      separated ? "column" : "pointer", line->pointer,
                      "detail", line->reason);

    return json_array_append_new(x->errors, error) == 0 ? 0 : 1;
}


static void
intake_done(api_call_t *call)
{
    intake_call_t  *x = call->data;

    if (x->failed) {
        intake_broken(call, x);

    } else if (x->accepted == 0) {
        intake_nothing(call, x);

    } else {
        intake_accept(call, x);
    }
}


static void
intake_nothing(api_call_t *call, intake_call_t *x)
{
    aud_problem_t  *p = &x->problem;

    p->status = 422;
    p->slug = "no-line-accepted";
    p->title = "No line was accepted";
    snprintf(p->detail, sizeof(p->detail), x->refused
             ? "All %llu lines were refused; nothing was stored."
             : "The body holds no line.", (unsigned long long) x->refused);

    intake_remove(x);
    call->data = NULL;              /* the answer ends the call */
    api_problem(call, p);
    intake_close(x, 0);
}


static void
intake_accept(api_call_t *call, intake_call_t *x)
{
    char            location[64];
    json_t         *record, *answer;
    store_batch_t  *batch;

    batch = store_batch_create();
    queue_add(call->worker->queue, batch, call->request.tenant.data, "import",
              json_pack("{s:O}", "import", json_object_get(x->upload, "id")),
              0, &x->job);

    record = intake_record(call, x);
    answer = record ? intake_answer(x, record) : NULL;

    if (answer == NULL
        || document_put(batch, call->request.tenant.data, KEY_IMPORT, &x->id,
                        record) != 0)
    {
        queue_dropped(call->worker->queue, &x->job);
        store_batch_free(batch);
        json_decref(record);
        json_decref(answer);
        intake_broken(call, x);
        return;
    }

    snprintf(location, sizeof(location), "/v1/imports/%s",
             document_text(record, "id"));
    json_decref(record);
    api_commit(call, batch, 202, location, answer, intake_accepted);
}


/* What the record of an import has of its file is known here: the fields that
 * the lines speak of.  Lines have no columns but these. */

static json_t *
intake_record(api_call_t *call, intake_call_t *x)
{
    int               separated;
    char              job[AUD_ID_LEN + 1];
    json_t           *fields, *record;
    uint32_t          i, n;
    const aud_str_t  *names;

    separated = document_text(x->upload, "separator")[0] != '\0';
    fields = json_array();
    names = intake_columns(x->intake, &n);

    for (i = 0; i < n; i++) {
        json_array_append_new(fields, json_stringn(names[i].data,
                                                   names[i].len));
    }

    if (!separated) {
        json_object_set(x->upload, "columns", fields);
    }

    json_object_set_new(x->upload, "rows",
                        json_integer(x->accepted + x->refused));

    aud_id_format(job, "job", &x->job);
    record = import_record_create(x->upload, document_text(x->upload, "id"),
                                  job, call->request.user.data, x->now);

    if (json_array_size(fields) != n
        || json_object_set_new(record, "kind",
                               json_string(intake_kind_name(x->kind)))
           != 0
        || (separated && json_object_set(record, "fields", fields) != 0))
    {
        json_decref(record);
        record = NULL;
    }

    json_decref(fields);

    return record;
}


static json_t *
intake_answer(const intake_call_t *x, json_t *record)
{
    json_t  *answer;

    answer = json_copy(record);

    if (answer
        && (json_object_set_new(answer, "accepted",
                                json_integer(x->accepted)) != 0
            || json_object_set_new(answer, "refused",
                                   json_integer(x->refused)) != 0
            || json_object_set(answer, "errors", x->errors) != 0))
    {
        json_decref(answer);
        answer = NULL;
    }

    return answer;
}


static void
intake_accepted(api_call_t *call, store_status_t status)
{
    intake_call_t  *x = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &x->job);

    } else {
        queue_dropped(call->worker->queue, &x->job);
    }

    call->data = NULL;
    intake_close(x, status == STORE_OK);
}


static void
intake_broken(api_call_t *call, intake_call_t *x)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                    "The server could not read the lines. Its log says why.");
    intake_remove(x);
    call->data = NULL;
    api_problem(call, &problem);
    intake_close(x, 0);
}


static void
intake_close(intake_call_t *x, int keep)
{
    if (!keep) {
        intake_remove(x);
    }

    intake_free(x->intake);
    aud_buffer_free(&x->own);
    json_decref(x->upload);
    json_decref(x->errors);
    aud_free(x);
}


/* Before an answer, so that who has it finds nothing any more. */

static void
intake_remove(intake_call_t *x)
{
    if (x->path[0]) {
        (void) unlink(x->path);
        x->path[0] = '\0';
    }
}
