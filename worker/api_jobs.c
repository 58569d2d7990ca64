/*
 * Calls about jobs, and their progress as server-sent events.
 *
 * While streams are open one timer compares each job with what its peer was
 * told last.  The id of an event is a digest of the job as it was told, so that
 * a peer that comes back with Last-Event-ID is told only what is new to it,
 * even by another process.
 */

#define XXH_INLINE_ALL

#include <stdlib.h>
#include <xxhash.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "api_private.h"
#include "document.h"
#include "log.h"
#include "queue.h"
#include "settings.h"

#define JOBS_CONTENT_TYPE  "text/event-stream; charset=utf-8"

#define JOBS_TICK     100                       /* ms */
#define JOBS_STREAMS  384           /* of the connections that there may be */


typedef struct watch_s  watch_t;

struct watch_s {                                /* one stream */
    watch_t     *next;
    api_call_t  *call;
    aud_uuid_t   id;
    uint64_t     told;                          /* digest; 0: nothing yet */
    int64_t      written;                       /* aud_ticks() */
};


static void jobs_list(api_call_t *call);
static json_t *jobs_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
static void jobs_name(const api_call_t *call, json_t *shown);
static void jobs_get(api_call_t *call);
static json_t *jobs_shown(api_call_t *call, aud_uuid_t *id);
static void jobs_cancel(api_call_t *call);
static void jobs_retry(api_call_t *call);
static void jobs_cancelled(void *arg, store_status_t status);
static void jobs_retried(void *arg, store_status_t status);
static void jobs_changed(api_call_t *call, store_status_t status,
    const char *full);
static void jobs_refuse(api_call_t *call, int rc, const char *slug,
    const char *title, const char *detail);
static int jobs_id(api_call_t *call, aud_uuid_t *id);
static void jobs_events(api_call_t *call);
static void jobs_watch(api_call_t *call, const aud_uuid_t *id, uint64_t told);
static void jobs_tick(uv_timer_t *timer);
static int jobs_look(watch_t *w, int64_t now);
static uint64_t jobs_digest(const char *text);
static int jobs_ended(const json_t *job);
static void jobs_tell(watch_t *w, const char *event, const char *data,
    uint64_t digest);
static void jobs_peer_gone(api_call_t *call);
static void jobs_unwatch(watch_t *w);
static void jobs_timer_closed(uv_handle_t *handle);


const api_route_t  job_routes[] = {
    { AUD_METHOD_GET, "/v1/jobs", jobs_list },
    { AUD_METHOD_GET, "/v1/jobs/{id}", jobs_get },
    { AUD_METHOD_POST, "/v1/jobs/{id}/cancel", jobs_cancel },
    { AUD_METHOD_POST, "/v1/jobs/{id}/retry", jobs_retry },
    { AUD_METHOD_GET, "/v1/jobs/{id}/events", jobs_events },
    { 0, NULL, NULL }
};

static watch_t     *watches;
static unsigned     nwatches;
static uv_timer_t  *ticking;                    /* while there are any */


static void
jobs_list(api_call_t *call)
{
    size_t             i;
    aud_str_t          state;
    aud_problem_t      problem = { 0 };

    static const char *states[] = {
        "ready", "scheduled", "running", "done", "dead", "cancelled", NULL
    };

    state = api_arg(call, "state");

    for (i = 0; states[i] && state.len; i++) {
        if (aud_str_equal(state, aud_str(states[i], strlen(states[i])))) {
            break;
        }
    }

    if (state.len && states[i] == NULL) {
        aud_problem_set(&problem, 400, "invalid-argument",
                        "An argument is wrong", "\"state\" must be ready, "
                        "scheduled, running, done, dead or cancelled.");
        api_problem(call, &problem);
        return;
    }

    api_list(call, KEY_JOB, "job", jobs_keep, NULL);
}


static json_t *
jobs_keep(api_call_t *call, const aud_uuid_t *id, json_t *record)
{
    int           matches;
    json_t       *shown;
    aud_str_t     state, type;
    const char   *is_state, *is_type;
    aud_buffer_t  text = { 0 };

    shown = queue_show_record(call->worker->queue,
                              call->request.tenant.data, id, record);
    is_state = json_string_value(json_object_get(shown, "state"));
    is_type = json_string_value(json_object_get(shown, "type"));
    state = api_arg(call, "state");
    type = api_arg(call, "type");

    if (is_state == NULL || is_type == NULL
        || (state.len && strcmp(state.data, is_state) != 0)
        || (type.len && strcmp(type.data, is_type) != 0))
    {
        json_decref(shown);
        return NULL;
    }

    jobs_name(call, shown);
    aud_buffer_printf(&text, "%s\n%s", is_type, document_text(shown, "name"));
    matches = !text.failed
              && api_list_match(call, text.data,
                                document_text(shown, "created_at"));
    aud_buffer_free(&text);

    if (!matches) {
        json_decref(shown);
        return NULL;
    }

    return shown;
}


/* What people call what the job is about: a file's name, an audience's. */
static void
jobs_name(const api_call_t *call, json_t *shown)
{
    size_t       i;
    json_t      *record;
    aud_uuid_t   id;
    const char  *about = document_text(shown, "about");

    static const struct {
        const char  *prefix;
        key_kind_t   kind;
        const char  *member;
    } named[] = {
        { "imp", KEY_IMPORT, "filename" },
        { "exp", KEY_EXPORT, "audience_name" },
        { NULL, 0, NULL }
    };

    json_object_set_new(shown, "name", json_null());

    for (i = 0; named[i].prefix; i++) {
        if (aud_id_parse(about, strlen(about), named[i].prefix, &id) == 0) {
            break;
        }
    }

    if (named[i].prefix == NULL) {
        return;
    }

    record = document_get(call->worker->store, call->request.tenant.data,
                          named[i].kind, &id, NULL);

    if (record) {
        json_object_set(shown, "name",
                        json_object_get(record, named[i].member));
        json_decref(record);
    }
}


static void
jobs_get(api_call_t *call)
{
    json_t      *job;
    aud_uuid_t   id;

    job = jobs_shown(call, &id);

    if (job) {
        api_json(call, 200, job);
    }
}


/* As people see it; NULL where there is none, or it cannot be read, which is
 * answered then. */

static json_t *
jobs_shown(api_call_t *call, aud_uuid_t *id)
{
    json_t      *job = NULL, *record;
    queue_t     *q = call->worker->queue;
    const char  *tenant = call->request.tenant.data;

    if (jobs_id(call, id) == 0) {
        job = queue_show(q, tenant, id);
    }

    if (job) {
        return job;
    }

    record = api_named(call, KEY_JOB, "job", id);

    if (record) {
        job = queue_show_record(q, tenant, id, record);
        json_decref(record);
    }

    if (record && job == NULL) {
        api_no_memory(call);
    }

    return job;
}


static void
jobs_cancel(api_call_t *call)
{
    int         rc = -1;
    aud_uuid_t  id;

    if (jobs_id(call, &id) == 0) {
        rc = queue_cancel(call->worker->queue, call->request.tenant.data, &id,
                          jobs_cancelled, call);
    }

    jobs_refuse(call, rc, "job-not-cancellable", "The job cannot be cancelled",
                "The job has ended already, or was cancelled before.");
}


static void
jobs_retry(api_call_t *call)
{
    int         rc = -1;
    aud_uuid_t  id;

    if (jobs_id(call, &id) == 0) {
        rc = queue_retry(call->worker->queue, call->request.tenant.data, &id,
                         jobs_retried, call);
    }

    jobs_refuse(call, rc, "job-not-dead", "The job cannot be retried",
                "Only a job that is dead can be retried.");
}


static void
jobs_cancelled(void *arg, store_status_t status)
{
    jobs_changed(arg, status, "The job is being stopped, but that could not "
                 "be written down: if the server starts again before there "
                 "is space, the job does too.");
}


static void
jobs_retried(void *arg, store_status_t status)
{
    jobs_changed(arg, status, "Nothing was changed.");
}


static void
jobs_changed(api_call_t *call, store_status_t status, const char *full)
{
    aud_uuid_t      id;
    aud_problem_t   problem = { 0 };

    if (status != STORE_OK) {
        aud_problem_set(&problem, 507, "disk-full",
                        "The server has no space left", "%s", full);
        api_problem(call, &problem);
        return;
    }

    jobs_id(call, &id);
    api_json(call, 202, queue_show(call->worker->queue,
                                   call->request.tenant.data, &id));
}


/* rc is what queue.h returned: nothing to do for 0. */

static void
jobs_refuse(api_call_t *call, int rc, const char *slug, const char *title,
    const char *detail)
{
    aud_problem_t  problem = { 0 };

    if (rc < 0) {
        api_not_found(call);

    } else if (rc > 0) {
        aud_problem_set(&problem, 409, slug, title, "%s", detail);
        api_problem(call, &problem);
    }
}


static int
jobs_id(api_call_t *call, aud_uuid_t *id)
{
    return aud_id_parse(call->params[0].data, call->params[0].len, "job", id);
}


/* --- server-sent events -------------------------------------------------- */


static void
jobs_events(api_call_t *call)
{
    char           *text;
    json_t         *job;
    uint64_t        told;
    aud_uuid_t      id;
    aud_problem_t   problem = { 0 };

    job = jobs_shown(call, &id);

    if (job == NULL) {
        return;
    }

    told = strtoull(call->request.last_event_id.data, NULL, 16);
    text = json_dumps(job, JSON_COMPACT);

    if (text && told && told == jobs_digest(text) && jobs_ended(job)) {
        /* It has been told the end: 204 makes a browser stop asking. */
        api_empty(call, 204);

    } else if (call->request.method == AUD_METHOD_HEAD) {
        api_stream_begin(call, JOBS_CONTENT_TYPE, NULL);
        api_stream_end(call);

    } else if (nwatches == JOBS_STREAMS) {
        aud_problem_set(&problem, 503, "too-many-streams",
                        "Too many streams are open",
                        "The progress of too many jobs is being watched; ask "
                        "for the job itself now and then.");
        api_header(call, "Retry-After", "10");
        api_problem(call, &problem);

    } else {
        jobs_watch(call, &id, told);
    }

    free(text);
    json_decref(job);
}


static void
jobs_watch(api_call_t *call, const aud_uuid_t *id, uint64_t told)
{
    watch_t  *w;

    w = aud_calloc(1, sizeof(watch_t));

    if (w && ticking == NULL) {
        ticking = aud_calloc(1, sizeof(uv_timer_t));

        if (ticking) {
            uv_timer_init(call->worker->loop, ticking);
            uv_timer_start(ticking, jobs_tick, 0, JOBS_TICK);
        }
    }

    if (w == NULL || ticking == NULL) {
        aud_free(w);
        api_no_memory(call);
        return;
    }

    w->call = call;
    w->id = *id;
    w->told = told;
    w->written = aud_ticks();
    w->next = watches;
    watches = w;
    nwatches++;
    call->data = w;

    api_stream_begin(call, JOBS_CONTENT_TYPE, jobs_peer_gone);
    api_stream_write(call, AUD_STR("retry: 2000\n\n"));

    if (jobs_look(w, w->written)) {
        jobs_unwatch(w);
    }
}


static void
jobs_tick(uv_timer_t *timer)
{
    int64_t   now = aud_ticks();
    watch_t  *w, *next;

    for (w = watches; w; w = next) {
        next = w->next;

        if (jobs_look(w, now)) {
            jobs_unwatch(w);
        }
    }
}


/* Tells what is new; 1 when that was the end. */

static int
jobs_look(watch_t *w, int64_t now)
{
    int        ended = 1;
    char      *text;
    json_t    *job;
    int64_t    heartbeat;
    uint64_t   digest;
    worker_t  *worker = w->call->worker;

    heartbeat = worker->settings->heartbeat_seconds * AUD_SECOND;
    job = queue_show(worker->queue, w->call->request.tenant.data, &w->id);
    text = job ? json_dumps(job, JSON_COMPACT) : NULL;

    if (text) {
        ended = jobs_ended(job);
        digest = jobs_digest(text);

        if (digest != w->told || ended) {
            jobs_tell(w, ended ? "end" : "progress", text, digest);
            w->written = now;

        } else if (now - w->written >= heartbeat) {
            api_stream_write(w->call, AUD_STR(": still here\n\n"));
            w->written = now;
        }
    }

    free(text);
    json_decref(job);

    return ended;
}


static uint64_t
jobs_digest(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}


static int
jobs_ended(const json_t *job)
{
    const char  *state = json_string_value(json_object_get(job, "state"));

    return state == NULL || strcmp(state, "done") == 0
           || strcmp(state, "dead") == 0 || strcmp(state, "cancelled") == 0;
}


static void
jobs_tell(watch_t *w, const char *event, const char *data, uint64_t digest)
{
    aud_buffer_t  text = { 0 };

    aud_buffer_printf(&text, "id: %016llx\nevent: %s\ndata: ",
                      (unsigned long long) digest, event);
    aud_buffer_text(&text, data);
    aud_buffer_text(&text, "\n\n");

    if (!text.failed) {
        api_stream_write(w->call, aud_buffer_str(&text));
        w->told = digest;
    }

    aud_buffer_free(&text);
}


static void
jobs_peer_gone(api_call_t *call)
{
    jobs_unwatch(call->data);
}


static void
jobs_unwatch(watch_t *w)
{
    watch_t  **link;

    for (link = &watches; *link != w; link = &(*link)->next) {
        /* void */
    }

    *link = w->next;
    nwatches--;
    api_stream_end(w->call);
    aud_free(w);

    if (watches == NULL) {
        uv_close((uv_handle_t *) ticking, jobs_timer_closed);
        ticking = NULL;
    }
}


static void
jobs_timer_closed(uv_handle_t *handle)
{
    aud_free(handle);
}
