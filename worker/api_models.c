/*
 * Calls about models that are learned from corrected conversations: one for each
 * label.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "api_private.h"
#include "classifier_llm.h"
#include "document.h"
#include "label.h"
#include "learned_models.h"
#include "learning_job.h"
#include "llm.h"
#include "log.h"
#include "queue.h"


typedef struct {
    json_t         *items;
    size_t          most;           /* conversations that a label was given to */
    aud_uuid_t      job;
    aud_error_t     err;
} models_call_t;


static void models_list(api_call_t *call);
static void models_learn(api_call_t *call);
static void models_begin(api_call_t *call, void (*done)(api_call_t *call));
static void models_read(api_call_t *call);
static json_t *models_item(const learning_t *learning,
    const learned_models_t *models, const char *built_in,
    classifier_label_t label);
static json_t *models_trained(const json_t *trained);
static void models_answer(api_call_t *call);
static json_t *models_language(const worker_t *worker);
static void models_look(api_call_t *call);
static int models_waiting(api_call_t *call);
static void models_too_few(api_call_t *call);
static void models_queue(api_call_t *call);
static void models_queued(api_call_t *call, store_status_t status);
static void models_failed(api_call_t *call);
static void models_end(api_call_t *call);


const api_route_t  model_routes[] = {
    { AUD_METHOD_GET, "/v1/models", models_list },
    { AUD_METHOD_POST, "/v1/models", models_learn },
    { 0, NULL, NULL }
};


static void
models_list(api_call_t *call)
{
    models_begin(call, models_answer);
}


static void
models_learn(api_call_t *call)
{
    if (!api_replayed(call)) {
        models_begin(call, models_look);
    }
}


static void
models_begin(api_call_t *call, void (*done)(api_call_t *call))
{
    call->data = aud_calloc(1, sizeof(models_call_t));

    if (call->data) {
        api_work(call, models_read, done);

    } else {
        api_no_memory(call);
    }
}


/* A model that is damaged is not used, and not said to be. */

static void
models_read(api_call_t *call)
{
    worker_t            *worker = call->worker;
    learning_t           learning;
    const char          *tenant = call->request.tenant.data;
    models_call_t       *c = call->data;
    learned_models_t    *models = NULL;
    classifier_label_t   label;

    if (learning_read(&learning, worker->store, tenant, &c->err) == 0) {
        models = learned_models_of(&learning, tenant, worker->classifier,
                                   &c->err);
    }

    if (models) {
        c->items = json_array();
    }

    for (label = 0; c->items && label < CLASSIFIER_LABELS; label++) {
        c->most = learning_given(&learning, label) > c->most
                  ? learning_given(&learning, label) : c->most;

        if (json_array_append_new(c->items, models_item(
                &learning, models, classifier_version(worker->classifier),
                label))
            != 0)
        {
            json_decref(c->items);
            c->items = NULL;
        }
    }

    learned_models_free(models);
    learning_free(&learning);
}


static json_t *
models_item(const learning_t *learning, const learned_models_t *models,
    const char *built_in, classifier_label_t label)
{
    const char  *learned = learned_models_version(models, label);

    return json_pack("{s:s, s:I, s:i, s:s, s:s, s:o}",
                     "label", classifier_label_name(label),
                     "examples", (json_int_t) learning_given(learning, label),
                     "needed", LEARNED_EXAMPLES,
                     "model", learned ? LEARNED_MODEL : "builtin",
                     "version", learned ? learned : built_in,
                     "training", models_trained(learning->trained[label]));
}


static json_t *
models_trained(const json_t *trained)
{
    json_t  *shown;

    if (trained == NULL) {
        return json_null();
    }

    shown = json_copy((json_t *) trained);
    json_object_del(shown, "changes");

    return shown;
}


static void
models_answer(api_call_t *call)
{
    json_t         *items;
    models_call_t  *c = call->data;

    if (c->items == NULL) {
        models_failed(call);
        return;
    }

    items = json_incref(c->items);
    models_end(call);
    api_json(call, 200, json_pack("{s:o, s:o}", "items", items,
                                  "language_model",
                                  models_language(call->worker)));
}


/* It labels before the others; null where none is configured. */

static json_t *
models_language(const worker_t *worker)
{
    const char  *model = llm_model(worker->llm);

    return model ? json_pack("{s:s, s:s}", "model", model,
                             "version", CLASSIFIER_LLM_VERSION)
                 : json_null();
}


/* --- learning -------------------------------------------------------------- */


static void
models_look(api_call_t *call)
{
    models_call_t  *c = call->data;

    if (c->items == NULL) {
        models_failed(call);

    } else if (c->most < LEARNED_EXAMPLES) {
        models_too_few(call);

    } else if (!models_waiting(call)) {
        models_queue(call);
    }
}


static void
models_too_few(api_call_t *call)
{
    aud_problem_t   problem = { 0 };
    models_call_t  *c = call->data;

    aud_problem_set(&problem, 409, "too-little-to-learn",
                    "Too few conversations were corrected",
                    "A label is learned from %u conversations in which it was "
                    "corrected or came with them, and the one that most have "
                    "has %zu. Correct more, or send labels with "
                    "conversations.", LEARNED_EXAMPLES, c->most);
    problem.count = c->most;
    problem.counted = 1;
    problem.limit = LEARNED_EXAMPLES;
    models_end(call);
    api_problem(call, &problem);
}


/* 1 where one has not begun, which will learn from all that there is: it is the
 * answer, once it is durable. */

static int
models_waiting(api_call_t *call)
{
    char            location[64], text[AUD_ID_LEN + 1];
    json_t         *job;
    aud_uuid_t      id;
    const char     *tenant = call->request.tenant.data;

    if (!queue_waiting(call->worker->queue, tenant, learn_job.name, &id)) {
        return 0;
    }

    job = queue_show(call->worker->queue, tenant, &id);
    aud_id_format(text, "job", &id);
    snprintf(location, sizeof(location), "/v1/jobs/%s", text);
    models_end(call);
    api_commit(call, store_batch_create(), 200, location, job, NULL);

    return 1;
}


static void
models_queue(api_call_t *call)
{
    char            location[64], text[AUD_ID_LEN + 1];
    json_t         *job;
    queue_t        *queue = call->worker->queue;
    store_batch_t  *batch;
    models_call_t  *c = call->data;

    batch = store_batch_create();
    queue_add(queue, batch, call->request.tenant.data, learn_job.name,
              json_object(), 0, &c->job);
    job = queue_show(queue, call->request.tenant.data, &c->job);
    aud_id_format(text, "job", &c->job);
    snprintf(location, sizeof(location), "/v1/jobs/%s", text);
    api_commit(call, batch, 202, location, job, models_queued);
}


static void
models_queued(api_call_t *call, store_status_t status)
{
    models_call_t  *c = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &c->job);

    } else {
        queue_dropped(call->worker->queue, &c->job);
    }

    models_end(call);
}


static void
models_failed(api_call_t *call)
{
    aud_problem_t   problem = { 0 };
    models_call_t  *c = call->data;

    log_line(LOG_ERROR, call->request.request_id.data,
             "models cannot be read", "s:tenant", call->request.tenant.data,
             "s:error", c->err.text, NULL);
    aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                    "The models cannot be read.");
    models_end(call);
    api_problem(call, &problem);
}


static void
models_end(api_call_t *call)
{
    models_call_t  *c = call->data;

    call->data = NULL;
    json_decref(c->items);
    aud_free(c);
}
