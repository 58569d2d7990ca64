/*
 * Calls about users: the list, and what people are called, where e-mails go
 * and in which language.
 */

#include <stdlib.h>

#include "aud_filter_read.h"
#include "api_private.h"
#include "document.h"
#include "keys.h"
#include "locale.h"
#include "mime.h"
#include "settings.h"
#include "users.h"

#define USERS_BODY_MAX   (16 * 1024)
#define USERS_LIMIT      50
#define USERS_LIMIT_MAX  1000
#define USER_NAME_MAX    200            /* bytes */


static void users_list(api_call_t *call);
static void users_read(api_call_t *call);
static void users_answer(api_call_t *call);
static size_t users_limit(api_call_t *call);
static json_t *users_page(api_call_t *call, size_t limit);
static int  users_listed(api_call_t *call, const json_t *user);
static void users_me(api_call_t *call);
static void users_me_read(api_call_t *call);
static void users_me_answer(api_call_t *call);
static void users_change(api_call_t *call);
static void users_turn(api_call_t *call);
static void users_update(api_call_t *call);
static void users_updated(api_call_t *call, store_status_t status);
static int  user_id_valid(aud_str_t id);
static int  user_check(const json_t *body, aud_problem_t *problem);
static void user_check_member(const char *name, const json_t *value,
    aud_problem_t *problem);
static void user_wrong(aud_problem_t *problem, const char *slug,
    const char *member, const char *detail);


const api_route_t  user_routes[] = {
    { AUD_METHOD_GET, "/v1/users", users_list },
    { AUD_METHOD_PUT, "/v1/users/{id}", users_change },
    { AUD_METHOD_GET, "/v1/me", users_me },
    { 0, NULL, NULL }
};


static void
users_list(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    if (api_list_check(call, &problem) != 0) {
        api_problem(call, &problem);
        return;
    }

    if (users_limit(call) == 0) {
        aud_problem_set(&problem, 400, "invalid-argument",
                        "An argument is wrong",
                        "\"limit\" must be a number from 1 to %d.",
                        USERS_LIMIT_MAX);
        api_problem(call, &problem);
        return;
    }

    api_work(call, users_read, users_answer);
}


/* In libuv's pool. */
static void
users_read(api_call_t *call)
{
    call->data = users_page(call, users_limit(call));
}


static void
users_answer(api_call_t *call)
{
    json_t         *page = call->data;
    aud_problem_t   problem = { 0 };

    if (page == NULL) {
        aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                        "The list of users cannot be read.");
        api_problem(call, &problem);
        return;
    }

    api_json(call, 200, page);
}


/* 0 where it is none. */
static size_t
users_limit(api_call_t *call)
{
    size_t     n = 0;
    aud_str_t  text = api_arg(call, "limit");

    if (!api_arg_present(call, "limit")) {
        return USERS_LIMIT;
    }

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || n > USERS_LIMIT_MAX) {
            return 0;
        }

        n = n * 10 + (size_t) (text.data[i] - '0');
    }

    return n <= USERS_LIMIT_MAX ? n : 0;
}


/* In the order of their ids; the cursor is the last id of the page before. */
static json_t *
users_page(api_call_t *call, size_t limit)
{
    int            rc;
    json_t        *items = json_array(), *user, *next = json_null();
    const char    *tenant = call->request.tenant.data;
    aud_str_t      cursor = api_arg(call, "cursor"), key, value;
    aud_error_t    err;
    store_key_t    prefix = key_prefix(tenant, KEY_USER), from = prefix;
    store_scan_t  *scan;

    if (cursor.len && cursor.len <= USER_ID_MAX) {
        from = key_text(tenant, KEY_USER, cursor);
    }

    scan = store_scan(call->worker->store, NULL, key_str(&prefix),
                      key_str(&from), 0);

    if (scan == NULL) {
        json_decref(items);
        return NULL;
    }

    while ((rc = store_scan_next(scan, &key, &value, &err)) == 1) {
        if (cursor.len && aud_str_equal(key, key_str(&from))) {
            continue;
        }

        user = json_loadb(value.data, value.len, 0, NULL);

        if (!users_listed(call, user)) {
            json_decref(user);
            continue;
        }

        if (json_array_size(items) == limit) {
            json_decref(user);
            user = json_array_get(items, limit - 1);
            next = json_string(document_text(user, "id"));
            rc = 0;
            break;
        }

        json_array_append_new(items, user);
    }

    store_scan_free(scan);

    if (rc < 0) {
        json_decref(items);
        return NULL;
    }

    return json_pack("{s:o, s:o}", "items", items, "next", next);
}


static int
users_listed(api_call_t *call, const json_t *user)
{
    int           listed;
    aud_buffer_t  text = { 0 };

    aud_buffer_printf(&text, "%s\n%s\n%s", document_text(user, "id"),
                      document_text(user, "name"),
                      document_text(user, "email"));
    listed = user && !text.failed
             && api_list_match(call, text.data,
                               document_text(user, "created_at"));
    aud_buffer_free(&text);

    return listed;
}


/* Who asks, and whether e-mails to them leave the machine. */
static void
users_me(api_call_t *call)
{
    api_work(call, users_me_read, users_me_answer);
}


/* In libuv's pool. */
static void
users_me_read(api_call_t *call)
{
    json_t  *user = users_asking(call);

    if (user) {
        json_object_set_new(user, "mail", json_string(
                            call->worker->settings->smtp_host[0]
                            ? "smtp" : "outbox"));
        json_object_set_new(user, "link_hours", json_integer(
                            call->worker->settings->link_hours));
    }

    call->data = user;
}


static void
users_me_answer(api_call_t *call)
{
    if (call->data) {
        api_json(call, 200, call->data);

    } else {
        api_no_memory(call);
    }
}


/* Members that are left out keep their value. */
static void
users_change(api_call_t *call)
{
    json_t         *body;
    aud_str_t       id = call->params[0];
    aud_problem_t   problem = { 0 };

    if (!user_id_valid(id)) {
        api_not_found(call);
        return;
    }

    body = api_body(call, USERS_BODY_MAX);

    if (body == NULL) {
        return;
    }

    if (user_check(body, &problem) != 0) {
        json_decref(body);
        api_problem(call, &problem);
        return;
    }

    call->data = body;

    users_turn(call);
}


/* Again when the record was somebody else's until now. */
static void
users_turn(api_call_t *call)
{
    if (users_take(call, call->params[0].data, users_turn)) {
        users_update(call);
    }
}


static void
users_update(api_call_t *call)
{
    int             known;
    json_t         *body = call->data, *user;
    aud_str_t       id = call->params[0];
    const char     *tenant = call->request.tenant.data;
    store_batch_t  *batch;

    user = users_get(call->worker, tenant, id.data);
    known = user != NULL;

    if (!known) {
        user = users_new(id.data, settings_language(call->worker->settings,
                                                    tenant));
    }

    batch = store_batch_create();

    if (user == NULL || batch == NULL || json_object_update(user, body) != 0
        || users_put(batch, tenant, user) != 0)
    {
        store_batch_free(batch);
        json_decref(user);
        users_give(call, id.data);
        api_no_memory(call);

    } else {
        api_commit(call, batch, known ? 200 : 201, NULL, user, users_updated);
    }

    json_decref(body);
}


static void
users_updated(api_call_t *call, store_status_t status)
{
    users_give(call, call->params[0].data);
}


static int
user_id_valid(aud_str_t id)
{
    return id.len > 0 && id.len <= USER_ID_MAX && mime_header_valid(id);
}


static int
user_check(const json_t *body, aud_problem_t *problem)
{
    aud_problem_set(problem, 422, "invalid-user", "The user is not valid",
                    "The user cannot be saved as it is; see errors.");

    for (void *i = json_object_iter((json_t *) body); i;
         i = json_object_iter_next((json_t *) body, i))
    {
        user_check_member(json_object_iter_key(i), json_object_iter_value(i),
                          problem);
    }

    if (problem->nerrors) {
        return -1;
    }

    problem->status = 0;

    return 0;
}


static void
user_check_member(const char *name, const json_t *value,
    aud_problem_t *problem)
{
    aud_str_t  text;

    text = aud_str(json_string_value(value), json_string_length(value));

    if (strcmp(name, "name") == 0) {
        if (!json_is_null(value)
            && (!json_is_string(value) || text.len == 0
                || text.len > USER_NAME_MAX || !mime_header_valid(text)))
        {
            user_wrong(problem, "invalid-name", name,
                       "A name is a line of 1 to 200 bytes, or null.");
        }

    } else if (strcmp(name, "email") == 0) {
        if (!json_is_null(value)
            && (!json_is_string(value) || !mime_address_valid(text)))
        {
            user_wrong(problem, "invalid-email", name,
                       "This is not an e-mail address such as"
                       " ana@example.com.");
        }

    } else if (strcmp(name, "language") == 0) {
        if (!json_is_string(value) || locale_language(text) == NULL
            || strcmp(locale_language(text), text.data) != 0)
        {
            user_wrong(problem, "invalid-language", name,
                       "The language is one of pt-BR, en and es.");
        }

    } else {
        user_wrong(problem, "unknown-member", name,
                   "A user has a name, an email and a language, nothing"
                   " else.");
    }
}


static void
user_wrong(aud_problem_t *problem, const char *slug, const char *member,
    const char *detail)
{
    aud_problem_error_t  *e;

    e = aud_problem_add(problem, slug, "%s", detail);
    aud_pointer_add(e->pointer, sizeof(e->pointer), member);
}
