/*
 * GET /v1/audiences: a page of audiences, searched and ordered by the index
 * (audience_index.h), each with its count now.
 *
 * The cursor is the last id, with what the page is ordered by: of sort=size
 * "aud_….s1200", of updated "aud_….u1700000000000000", of name "aud_….n" and
 * the folded name in hexadecimal.  So a page begins where the one before ended,
 * whatever has come or gone meanwhile.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "api_audiences.h"
#include "api_private.h"
#include "audience.h"
#include "audience_index.h"
#include "audience_sizes.h"
#include "document.h"
#include "metrics.h"

#define LIST_SHOWN    8                 /* counted in one turn */
#define LIST_SIZING   (AUD_SECOND / 20) /* to learn sizes before the answer, */
#define LIST_SIZED    64                /* … of so many however long that takes */


typedef struct {
    audience_search_t  search;
    audience_place_t   after;
    aud_buffer_t       q;
    aud_buffer_t       name;            /* of the cursor */
    audience_found_t   found;
    json_t            *items;
    size_t             shown;           /* of found */
    int64_t            until;           /* aud_ticks(): sizes are learned */
    size_t             passed;          /* of the index, by then */
    size_t             sized;
    size_t             uncounted;
    unsigned           sizing:1;
    unsigned           failed:1;
} list_t;


static int list_arguments(api_call_t *call, list_t *list,
    aud_problem_t *problem);
static int list_sort(api_call_t *call, list_t *list, aud_problem_t *problem);
static int list_type(api_call_t *call, list_t *list, aud_problem_t *problem);
static int list_cursor(api_call_t *call, list_t *list,
    aud_problem_t *problem);
static int list_cursor_name(list_t *list, aud_str_t hex);
static json_t *list_next(const list_t *list);
static int list_by_size(const list_t *list);
static void list_size(api_call_t *call);
static void list_sized(api_call_t *call);
static void list_find(api_call_t *call);
static void list_show(api_call_t *call);
static json_t *list_show_one(api_call_t *call,
    const aud_uuid_t *id);
static void list_shown(api_call_t *call);
static void list_free(list_t *list);


static const char  letters[] = { '\0', 'u', 'n', 's' };


void
api_audience_list(api_call_t *call)
{
    list_t         *list;
    aud_problem_t   problem = { 0 };

    list = aud_calloc(1, sizeof(list_t));

    if (list == NULL || (list->items = json_array()) == NULL) {
        aud_free(list);
        api_no_memory(call);
        return;
    }

    if (list_arguments(call, list, &problem) != 0) {
        list_free(list);
        api_problem(call, &problem);
        return;
    }

    call->data = list;

    if (list_by_size(list) && list->search.after == NULL) {
        list->until = aud_ticks() + LIST_SIZING;
        api_work_long(call, list_size, list_sized);

    } else {
        api_work_long(call, list_find, list_shown);
    }
}


static int
list_arguments(api_call_t *call, list_t *list, aud_problem_t *problem)
{
    audience_search_t  *search = &list->search;

    if (api_list_check(call, problem) != 0
        || api_list_limit(call, &search->limit, problem) != 0
        || list_type(call, list, problem) != 0
        || list_sort(call, list, problem) != 0
        || list_cursor(call, list, problem) != 0)
    {
        return -1;
    }

    api_list_times(call, &search->from, &search->before);
    aud_fold(&list->q, api_arg(call, "q"));
    search->q = aud_buffer_str(&list->q);
    list->found.ids = aud_calloc(search->limit, sizeof(aud_uuid_t));

    if (list->q.failed || list->found.ids == NULL) {
        return aud_problem_set(problem, 500, "internal-error",
                               "Something went wrong",
                               "The server is out of memory.");
    }

    return 0;
}


static int
list_type(api_call_t *call, list_t *list, aud_problem_t *problem)
{
    aud_str_t  type = api_arg(call, "type");

    if (aud_str_equal(type, AUD_STR("manual"))) {
        list->search.type = AUDIENCE_MANUAL;

    } else if (aud_str_equal(type, AUD_STR("automatic"))) {
        list->search.type = AUDIENCE_AUTOMATIC;

    } else if (type.len) {
        return api_list_bad(problem, "type", "manual or automatic");
    }

    return 0;
}


/* The newest first, unless something else is asked for. */

static int
list_sort(api_call_t *call, list_t *list, aud_problem_t *problem)
{
    size_t     i;
    aud_str_t  sort = api_arg(call, "sort");
    static const char *const  names[] = {
        "created", "updated", "name", "size"
    };

    if (sort.len == 0) {
        return 0;
    }

    list->search.ascending = sort.data[0] != '-';

    if (!list->search.ascending) {
        sort = aud_str(sort.data + 1, sort.len - 1);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (aud_str_equal(sort, aud_str(names[i], strlen(names[i])))) {
            list->search.order = (audience_order_t) i;
            return 0;
        }
    }

    return api_list_bad(problem, "sort", "created, updated, name or size, or "
                        "one of them behind a minus, the largest first");
}


static int
list_cursor(api_call_t *call, list_t *list, aud_problem_t *problem)
{
    int        rc = -1;
    char      *end, letter = letters[list->search.order];
    aud_str_t  text = api_arg(call, "cursor"), rest;

    if (!api_arg_present(call, "cursor")) {
        return 0;
    }

    list->search.after = &list->after;
    rest = text.len > AUD_ID_LEN + 2 ? aud_str(text.data + AUD_ID_LEN + 2,
                                               text.len - AUD_ID_LEN - 2)
                                     : aud_str("", 0);

    if (aud_id_parse(text.data, text.len < AUD_ID_LEN ? text.len : AUD_ID_LEN,
                     "aud", &list->after.id)
        == 0)
    {
        if (letter == '\0') {
            rc = text.len == AUD_ID_LEN ? 0 : -1;

        } else if (text.len >= AUD_ID_LEN + 2 && text.data[AUD_ID_LEN] == '.'
                   && text.data[AUD_ID_LEN + 1] == letter)
        {
            if (letter == 'n') {
                rc = list_cursor_name(list, rest);

            } else {
                list->after.number = strtoll(rest.data, &end, 10);
                rc = rest.len && end == rest.data + rest.len ? 0 : -1;
            }
        }
    }

    return rc == 0 ? 0 : api_list_bad(problem, "cursor", "the \"next\" of a "
                                      "former answer of the same \"sort\"");
}


static int
list_cursor_name(list_t *list, aud_str_t hex)
{
    size_t    i;
    unsigned  byte;

    for (i = 0; i + 1 < hex.len; i += 2) {
        if (sscanf(hex.data + i, "%2x", &byte) != 1) {
            return -1;
        }

        aud_buffer_u8(&list->name, (uint8_t) byte);
    }

    list->after.text = aud_buffer_str(&list->name);

    return hex.len % 2 || list->name.failed ? -1 : 0;
}


static json_t *
list_next(const list_t *list)
{
    char                     id[AUD_ID_LEN + 1];
    size_t                   i;
    json_t                  *next;
    aud_buffer_t             text = { 0 };
    const audience_place_t  *last = &list->found.last;

    if (!list->found.more) {
        return json_null();
    }

    aud_id_format(id, "aud", &last->id);
    aud_buffer_text(&text, id);

    if (list->search.order == AUDIENCE_BY_NAME) {
        aud_buffer_text(&text, ".n");

        for (i = 0; i < last->text.len; i++) {
            aud_buffer_printf(&text, "%02x", (uint8_t) last->text.data[i]);
        }

    } else if (list->search.order != AUDIENCE_BY_CREATED) {
        aud_buffer_printf(&text, ".%c%lld", letters[list->search.order],
                          (long long) last->number);
    }

    next = text.failed ? NULL : json_stringn(text.data, text.len);
    aud_buffer_free(&text);

    return next;
}


static int
list_by_size(const list_t *list)
{
    return list->search.order == AUDIENCE_BY_SIZE;
}


/* Those whose size is not known of the data there are now: some in a turn, as
 * long as somebody may be let wait. */

static void
list_size(api_call_t *call)
{
    int                i, n;
    base_t            *base;
    list_t            *list = call->data;
    uint64_t           data, size;
    aud_uuid_t         ids[LIST_SHOWN];
    audience_index_t  *index;
    aud_generation_t  *g;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    g = base ? base_generation(base) : NULL;
    list->sizing = 0;

    if (g == NULL) {
        list->failed = 1;
        return;
    }

    data = audience_data(g);
    index = base_audience_index(base);
    n = audience_index_stale(index, data, ids, LIST_SHOWN, &list->passed);
    list->failed = n < 0;
    list->sizing = n == LIST_SHOWN;

    for (i = 0; i < n; i++) {
        size = 0;
        (void) audience_size(g, &ids[i], &size);
        audience_index_sized(index, &ids[i], size, data);
    }

    metrics_work(METRICS_COUNTS, n > 0 ? n : 0);
    list->sized += n > 0 ? n : 0;

    aud_generation_release(g);
}


static void
list_sized(api_call_t *call)
{
    list_t  *list = call->data;

    if (call->connection && list->sizing
        && (list->sized < LIST_SIZED || aud_ticks() < list->until))
    {
        api_work_long(call, list_size, list_sized);

    } else {
        api_work_long(call, list_find, list_shown);
    }
}


static void
list_find(api_call_t *call)
{
    base_t            *base;
    list_t            *list = call->data;
    audience_index_t  *index;
    aud_generation_t  *g;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    g = base ? base_generation(base) : NULL;

    if (g == NULL) {
        list->failed = 1;
        return;
    }

    index = base_audience_index(base);
    list->failed = audience_index_find(index, &list->search, &list->found)
                   != 0;
    metrics_work(METRICS_ENTRIES, list->found.looked);

    if (list_by_size(list)) {
        list->uncounted = audience_index_uncounted(index, audience_data(g));
    }

    aud_generation_release(g);
}


/* Some at a time: the tenant's other calls come between. */

static void
list_show(api_call_t *call)
{
    size_t   i;
    json_t  *item;
    list_t  *list = call->data;

    for (i = 0; i < LIST_SHOWN && list->shown < list->found.n; i++) {
        item = list_show_one(call, &list->found.ids[list->shown++]);

        if (item) {
            json_array_append_new(list->items, item);
        }
    }
}


/* NULL: somebody has deleted it just now. */

static json_t *
list_show_one(api_call_t *call, const aud_uuid_t *id)
{
    json_t  *record, *summary;

    record = document_get(call->worker->store, call->request.tenant.data,
                          KEY_AUDIENCE, id, NULL);
    if (record == NULL) {
        return NULL;
    }

    metrics_work(METRICS_RECORDS, 1);
    summary = audience_summary(record);
    json_decref(record);

    return audience_show(call->worker, call->request.tenant.data, summary);
}


/* In the loop thread: what is next. */

static void
list_shown(api_call_t *call)
{
    json_t         *body;
    list_t         *list = call->data;
    aud_problem_t   problem = { 0 };

    if (call->connection && !list->failed && list->shown < list->found.n) {
        api_work_long(call, list_show, list_shown);
        return;
    }

    call->data = NULL;
    body = json_pack("{s:O, s:o}", "items", list->items, "next",
                     list_next(list));

    if (list_by_size(list)) {
        json_object_set_new(body, "uncounted",
                            json_integer((json_int_t) list->uncounted));
    }

    if (call->connection == NULL) {
        json_decref(body);
        api_end(call, 499);

    } else if (list->failed) {
        json_decref(body);
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong", "The list cannot be read.");
        api_problem(call, &problem);

    } else {
        api_json(call, 200, body);
    }

    list_free(list);
}


static void
list_free(list_t *list)
{
    json_decref(list->items);
    aud_buffer_free(&list->q);
    aud_buffer_free(&list->name);
    aud_buffer_free(&list->found.text);
    aud_free(list->found.ids);
    aud_free(list);
}
