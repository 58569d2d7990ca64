/*
 * Lists: records are read and parsed in libuv's pool, some hundred at a time,
 * and chosen in the loop thread, so that a long list delays nobody.
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "api_private.h"

#define LIST_CHUNK    256
#define LIST_SHOWN    8         /* items completed in one turn */
#define LIST_DEFAULT  50
#define LIST_MAX      1000


typedef struct {
    aud_uuid_t     id;
    json_t        *record;          /* NULL: it cannot be read */
} found_t;

typedef struct list_s {
    key_kind_t     kind;
    const char    *prefix;
    api_keep_fn    keep;
    api_show_fn    show;
    size_t         limit;
    aud_uuid_t     before;          /* where the next chunk begins */
    unsigned       has_before:1;
    unsigned       ended:1;         /* nothing older is left */
    unsigned       failed:1;
    unsigned       more:1;          /* than the answer holds */
    size_t         nfound;
    found_t        found[LIST_CHUNK];
    json_t        *items;
    size_t         shown;           /* of items: completed */
    aud_uuid_t     last;            /* of items */
} list_t;


static list_t *list_create(api_call_t *call, aud_problem_t *problem);
static int list_check_time(api_call_t *call, const char *name,
    aud_problem_t *problem);
static void list_read(api_call_t *call);
static void list_choose(api_call_t *call);
static void list_take(api_call_t *call, list_t *list);
static void list_show(api_call_t *call);
static void list_shown(api_call_t *call);
static void list_answer(api_call_t *call);
static void list_free(api_call_t *call);
static int list_bound(api_call_t *call, const char *name, int64_t *us,
    int *whole_day);


void
api_list(api_call_t *call, int kind, const char *id_prefix, api_keep_fn keep,
    api_show_fn show)
{
    list_t         *list;
    aud_problem_t   problem = { 0 };

    list = list_create(call, &problem);
    if (list == NULL) {
        api_problem(call, &problem);
        return;
    }

    list->kind = kind;
    list->prefix = id_prefix;
    list->keep = keep;
    list->show = show;
    ((exchange_t *) call)->list = list;

    if (api_arg_present(call, "cursor")) {
        aud_str_t  cursor = api_arg(call, "cursor");

        if (aud_id_parse(cursor.data, cursor.len, id_prefix, &list->before)
            != 0)
        {
            api_list_bad(&problem, "cursor",
                         "the \"next\" of a former answer");
            list_free(call);
            api_problem(call, &problem);
            return;
        }

        list->has_before = 1;
    }

    api_work(call, list_read, list_choose);
}


static list_t *
list_create(api_call_t *call, aud_problem_t *problem)
{
    size_t   limit;
    list_t  *list;

    if (api_list_check(call, problem) != 0
        || api_list_limit(call, &limit, problem) != 0)
    {
        return NULL;
    }

    list = aud_calloc(1, sizeof(list_t));

    if (list == NULL || (list->items = json_array()) == NULL) {
        aud_free(list);
        aud_problem_set(problem, 500, "internal-error", "Something went wrong",
                        "The server is out of memory.");
        return NULL;
    }

    list->limit = limit;

    return list;
}


int
api_list_limit(api_call_t *call, size_t *limit, aud_problem_t *problem)
{
    size_t     i;
    aud_str_t  text;

    *limit = LIST_DEFAULT;

    if (!api_arg_present(call, "limit")) {
        return 0;
    }

    text = api_arg(call, "limit");
    *limit = 0;

    for (i = 0; i < text.len && i < 5; i++) {
        *limit = text.data[i] >= '0' && text.data[i] <= '9'
                 ? *limit * 10 + (text.data[i] - '0') : LIST_MAX + 1;
    }

    if (*limit < 1 || *limit > LIST_MAX || text.len > 4) {
        return api_list_bad(problem, "limit", "a number from 1 to 1000");
    }

    return 0;
}


int
api_list_check(api_call_t *call, aud_problem_t *problem)
{
    return list_check_time(call, "from", problem) == 0
           && list_check_time(call, "to", problem) == 0 ? 0 : -1;
}


static int
list_check_time(api_call_t *call, const char *name, aud_problem_t *problem)
{
    int      whole_day;
    int64_t  us;

    if (api_arg(call, name).len && !list_bound(call, name, &us, &whole_day)) {
        return api_list_bad(problem, name, "a date such as 2026-11-21, or a "
                            "time such as 2026-11-21T19:32:00Z");
    }

    return 0;
}


int
api_list_bad(aud_problem_t *problem, const char *name, const char *expected)
{
    return aud_problem_set(problem, 400, "invalid-argument",
                           "An argument is wrong", "\"%s\" must be %s.", name,
                           expected);
}


/* In libuv's pool. */

static void
list_read(api_call_t *call)
{
    int            rc = 0;
    list_t        *list = ((exchange_t *) call)->list;
    found_t       *f;
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix, from;
    store_scan_t  *scan;

    list->nfound = 0;
    prefix = key_prefix(call->request.tenant.data, list->kind);
    from = list->has_before
           ? key_id(call->request.tenant.data, list->kind, &list->before)
           : (store_key_t) { .len = 0 };

    scan = store_scan(call->worker->store, NULL, key_str(&prefix),
                      key_str(&from), 1);
    if (scan == NULL) {
        list->failed = 1;
        return;
    }

    while (list->nfound < LIST_CHUNK
           && (rc = store_scan_next(scan, &key, &value, &err)) == 1)
    {
        if (key.len != prefix.len + sizeof(aud_uuid_t)
            || aud_str_equal(key, key_str(&from)))
        {
            continue;
        }

        f = &list->found[list->nfound++];
        memcpy(&f->id, key.data + prefix.len, sizeof(aud_uuid_t));
        f->record = json_loadb(value.data, value.len, 0, NULL);
    }

    list->ended = list->nfound < LIST_CHUNK;
    list->failed = list->ended && rc < 0;

    if (list->nfound) {
        list->before = list->found[list->nfound - 1].id;
        list->has_before = 1;
    }

    store_scan_free(scan);
}


/* In the loop thread. */

static void
list_choose(api_call_t *call)
{
    list_t         *list = ((exchange_t *) call)->list;
    aud_problem_t   problem = { 0 };

    list_take(call, list);

    if (call->connection == NULL) {
        list_free(call);
        api_end(call, 499);

    } else if (list->failed) {
        list_free(call);
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong",
                        "The list cannot be read.");
        api_problem(call, &problem);

    } else if (!list->more && !list->ended) {
        api_work(call, list_read, list_choose);

    } else if (list->show) {
        api_work_long(call, list_show, list_shown);

    } else {
        list_answer(call);
    }
}


static void
list_take(api_call_t *call, list_t *list)
{
    size_t   i;
    json_t  *item;

    for (i = 0; i < list->nfound; i++) {
        if (list->found[i].record == NULL) {
            continue;
        }

        item = list->more ? NULL : list->keep(call, &list->found[i].id,
                                              list->found[i].record);
        json_decref(list->found[i].record);

        if (item && json_array_size(list->items) == list->limit) {
            json_decref(item);
            list->more = 1;

        } else if (item) {
            json_array_append_new(list->items, item);
            list->last = list->found[i].id;
        }
    }

    list->nfound = 0;
}


/* Some at a time: the tenant's other calls come between. */

static void
list_show(api_call_t *call)
{
    size_t   i, end;
    list_t  *list = ((exchange_t *) call)->list;

    end = list->shown + LIST_SHOWN;

    for (i = list->shown; i < json_array_size(list->items) && i < end; i++) {
        json_array_set_new(list->items, i,
                           list->show(call, json_incref(
                                      json_array_get(list->items, i))));
    }

    list->shown = i;
}


static void
list_shown(api_call_t *call)
{
    list_t  *list = ((exchange_t *) call)->list;

    if (call->connection == NULL) {
        list_free(call);
        api_end(call, 499);

    } else if (list->shown < json_array_size(list->items)) {
        api_work_long(call, list_show, list_shown);

    } else {
        list_answer(call);
    }
}


static void
list_answer(api_call_t *call)
{
    char     next[AUD_ID_LEN + 1];
    json_t  *body;
    list_t  *list = ((exchange_t *) call)->list;

    aud_id_format(next, list->prefix, &list->last);
    body = json_pack("{s:O, s:o}", "items", list->items, "next",
                     list->more ? json_string(next) : json_null());
    list_free(call);
    api_json(call, 200, body);
}


static void
list_free(api_call_t *call)
{
    exchange_t  *x = (exchange_t *) call;

    json_decref(x->list->items);
    aud_free(x->list);
    x->list = NULL;
}


int
api_list_match(api_call_t *call, const char *text, const char *time)
{
    int           found;
    int64_t       at, from, before;
    aud_str_t     q;
    aud_buffer_t  folded = { 0 }, wanted = { 0 };

    if (time == NULL || aud_time_parse(time, strlen(time), &at, NULL) != 0) {
        at = 0;
    }

    api_list_times(call, &from, &before);

    if (at < from || at >= before) {
        return 0;
    }

    q = api_arg(call, "q");
    if (q.len == 0) {
        return 1;
    }

    aud_fold(&wanted, q);
    aud_fold(&folded, aud_str(text ? text : "", text ? strlen(text) : 0));

    found = wanted.len == 0
            || (folded.len && memmem(folded.data, folded.len, wanted.data,
                                     wanted.len) != NULL);

    aud_buffer_free(&folded);
    aud_buffer_free(&wanted);

    return found;
}


void
api_list_times(api_call_t *call, int64_t *from, int64_t *before)
{
    int  whole_day;

    if (!list_bound(call, "from", from, &whole_day)) {
        *from = INT64_MIN;
    }

    if (!list_bound(call, "to", before, &whole_day)) {
        *before = INT64_MAX;

    } else {
        *before += whole_day ? AUD_DAY : 1;
    }
}


/* Whether the argument is there and a time. */

static int
list_bound(api_call_t *call, const char *name, int64_t *us, int *whole_day)
{
    aud_str_t  text = api_arg(call, name);

    return text.len && aud_time_parse(text.data, text.len, us, whole_day) == 0;
}
