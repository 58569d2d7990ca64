#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "document.h"
#include "keys.h"
#include "locale.h"
#include "log.h"
#include "mime.h"
#include "settings.h"
#include "users.h"


typedef struct waiting_s  waiting_t;

struct waiting_s {                      /* a change of a record that is taken */
    waiting_t   *next;
    char        *name;
    api_call_t  *call;
    void       (*fn)(api_call_t *call);
};


static char *name_of(const api_call_t *call, const char *id);
static int  take(const char *name);
static void give(char *name);
static json_t *made(const api_call_t *call);
static void put_new(api_call_t *call, char *name);
static void user_put(void *arg, store_status_t status);


/*
 * "tenant/user" of records that are being written: until they can be read,
 * nobody writes them again over what a PUT may have changed meanwhile.  Loop
 * thread.
 */
static json_t     *being_written;
static waiting_t  *waiting;             /* the oldest first */


void
users_see(api_call_t *call)
{
    char    *name;
    json_t  *user;

    if (!mime_address_valid(call->request.user)) {
        return;
    }

    name = name_of(call, call->request.user.data);

    if (json_object_get(being_written, name)) {
        free(name);
        return;
    }

    user = users_get(call->worker, call->request.tenant.data,
                     call->request.user.data);

    if (user) {
        json_decref(user);
        free(name);
        return;
    }

    put_new(call, name);
}


static char *
name_of(const api_call_t *call, const char *id)
{
    char  *name;

    if (asprintf(&name, "%s/%s", call->request.tenant.data, id) < 0) {
        log_no_memory("user");
    }

    return name;
}


int
users_take(api_call_t *call, const char *id, void (*fn)(api_call_t *call))
{
    char        *name = name_of(call, id);
    waiting_t  **link, *w;

    if (take(name)) {
        free(name);
        return 1;
    }

    w = aud_malloc(sizeof(waiting_t));
    if (w == NULL) {
        log_no_memory("user");
    }

    *w = (waiting_t) { NULL, name, call, fn };

    for (link = &waiting; *link; link = &(*link)->next) {
        /* void */
    }

    *link = w;

    return 0;
}


static int
take(const char *name)
{
    if (json_object_get(being_written, name)) {
        return 0;
    }

    if (being_written == NULL) {
        being_written = json_object();
    }

    if (json_object_set_new(being_written, name, json_true()) != 0) {
        log_no_memory("user");
    }

    return 1;
}


void
users_give(const api_call_t *call, const char *id)
{
    give(name_of(call, id));
}


/* Takes name. */
static void
give(char *name)
{
    waiting_t  **link, *w;

    json_object_del(being_written, name);

    if (json_object_size(being_written) == 0) {
        json_decref(being_written);
        being_written = NULL;
    }

    for (link = &waiting; (w = *link) != NULL; link = &w->next) {
        if (strcmp(w->name, name) == 0) {
            *link = w->next;
            w->fn(w->call);             /* takes it at once */
            free(w->name);
            aud_free(w);
            break;
        }
    }

    free(name);
}


/* Whoever is asking, as a record. */
static json_t *
made(const api_call_t *call)
{
    const char  *language;

    language = locale_accepted(call->request.accept_language,
                               settings_language(call->worker->settings,
                                                 call->request.tenant.data));

    return users_new(call->request.user.data, language);
}


json_t *
users_asking(const api_call_t *call)
{
    json_t  *user;

    user = users_get(call->worker, call->request.tenant.data,
                     call->request.user.data);

    return user ? user : made(call);
}


/* Takes name. */
static void
put_new(api_call_t *call, char *name)
{
    json_t         *user = made(call);
    store_batch_t  *batch = store_batch_create();

    if (user == NULL || batch == NULL
        || users_put(batch, call->request.tenant.data, user) != 0
        || !take(name))
    {
        log_no_memory("user");
    }

    json_decref(user);
    commit_submit(call->worker->commit, batch, user_put, name);
}


/* Where the disk is full the next call tries again. */
static void
user_put(void *arg, store_status_t status)
{
    give(arg);
}


json_t *
users_get(worker_t *worker, const char *tenant, const char *id)
{
    json_t       *user;
    aud_str_t     value;
    aud_error_t   err;
    store_key_t   key;

    if (id[0] == '\0' || strlen(id) > USER_ID_MAX) {
        return NULL;
    }

    key = key_text(tenant, KEY_USER, aud_str(id, strlen(id)));

    if (store_get(worker->store, key_str(&key), &value, &err) != STORE_OK) {
        return NULL;
    }

    user = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);

    return user;
}


json_t *
users_new(const char *id, const char *language)
{
    const char  *email;

    email = mime_address_valid(aud_str(id, strlen(id))) ? id : NULL;

    return json_pack("{s:s, s:n, s:s?, s:s, s:o}", "id", id, "name",
                     "email", email, "language", language,
                     "created_at", document_time(aud_now()));
}


int
users_put(store_batch_t *batch, const char *tenant, const json_t *user)
{
    char        *text;
    const char  *id = document_text(user, "id");
    store_key_t  key;

    text = json_dumps(user, JSON_COMPACT);

    if (text == NULL) {
        return -1;
    }

    key = key_text(tenant, KEY_USER, aud_str(id, strlen(id)));
    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    free(text);

    return 0;
}
