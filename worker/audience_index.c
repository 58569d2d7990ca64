/*
 * What lists of audiences are made from.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "audience_index.h"
#include "audience_sizes.h"
#include "document.h"
#include "heap.h"


typedef struct {
    aud_uuid_t   id;
    int64_t      created;
    int64_t      updated;               /* INT64_MIN: never */
    uint64_t     size;                  /* when it was last counted */
    uint64_t     data;                  /* of what; 0: not at all */
    char        *text;                  /* folded: name, NUL, description */
    uint32_t     name_len;
    uint32_t     text_len;
    unsigned     automatic:1;
    unsigned     leans:1;               /* on the time, on other audiences or on
                                           what a segmentation makes of it */
} entry_t;

typedef struct {
    audience_place_t          place;
    const audience_search_t  *search;
    size_t                    at;       /* in the heap */
} chosen_t;

typedef struct {                        /* of all that match, those that stand
                                           first */
    const audience_search_t  *search;
    chosen_t                 *chosen;   /* [search->limit] */
    size_t                    n;
    heap_t                    last;     /* the last of them at its top, unless
                                           they come in order */
    unsigned                  more:1;
    unsigned                  failed:1;
} page_t;

struct audience_index_s {
    store_t     *store;
    char         tenant[65];
    uv_mutex_t   mutex;                 /* guards: */
    entry_t     *entries;               /* ascending ids */
    size_t       n;
    size_t       capacity;
    unsigned     loaded:1;
};


static int index_load(audience_index_t *index);
static int index_load_sizes(audience_index_t *index);
static void index_forget(audience_index_t *index);
static size_t index_place(const audience_index_t *index, const aud_uuid_t *id,
    int *found);
static int index_insert(audience_index_t *index, const aud_uuid_t *id,
    const json_t *record);
static int entry_read(entry_t *entry, const json_t *record);
static int64_t entry_time(const json_t *record, const char *name);
static int entry_leans(const json_t *filter);
static int entry_matches(const entry_t *entry, const audience_search_t *s);
static void entry_place(const entry_t *entry, audience_order_t order,
    audience_place_t *place);
static int place_compare(const audience_search_t *search,
    const audience_place_t *a, const audience_place_t *b);
static int order_compare(const void *a, const void *b, void *search);
static size_t index_first(const audience_index_t *index,
    const audience_search_t *search);
static size_t index_choose(const audience_index_t *index, page_t *page);
static int page_add(page_t *page, const audience_place_t *place);
static int chosen_later(const void *a, const void *b);
static int page_take(page_t *page, audience_found_t *found);


audience_index_t *
audience_index_create(store_t *store, const char *tenant)
{
    audience_index_t  *index;

    index = aud_calloc(1, sizeof(audience_index_t));

    if (index == NULL || uv_mutex_init(&index->mutex) != 0) {
        aud_free(index);
        return NULL;
    }

    index->store = store;
    strcpy(index->tenant, tenant);

    return index;
}


void
audience_index_free(audience_index_t *index)
{
    if (index) {
        index_forget(index);
        uv_mutex_destroy(&index->mutex);
        aud_free(index);
    }
}


static void
index_forget(audience_index_t *index)
{
    size_t  i;

    for (i = 0; i < index->n; i++) {
        aud_free(index->entries[i].text);
    }

    aud_free(index->entries);
    index->entries = NULL;
    index->n = 0;
    index->capacity = 0;
    index->loaded = 0;
}


/* Under the mutex, as who changes an audience meanwhile tells it afterwards. */

static int
index_load(audience_index_t *index)
{
    int            rc;
    json_t        *record;
    aud_str_t      key, value;
    aud_uuid_t     id;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    if (index->loaded) {
        return 0;
    }

    prefix = key_prefix(index->tenant, KEY_AUDIENCE);
    scan = store_scan(index->store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &err)) == 1) {
        if (key.len != prefix.len + sizeof(aud_uuid_t)) {
            continue;
        }

        memcpy(&id, key.data + prefix.len, sizeof(aud_uuid_t));
        record = json_loadb(value.data, value.len, 0, NULL);

        if (record && index_insert(index, &id, record) != 0) {
            rc = -1;
        }

        json_decref(record);

        if (rc < 0) {
            break;
        }
    }

    store_scan_free(scan);

    if (rc < 0 || index_load_sizes(index) != 0) {
        index_forget(index);
        return -1;
    }

    index->loaded = 1;

    return 0;
}


/* Until they are counted again, audiences are as large as they were. */

static int
index_load_sizes(audience_index_t *index)
{
    int              rc, found;
    size_t           at;
    aud_str_t        key, value;
    aud_uuid_t       id;
    aud_error_t      err;
    store_key_t      prefix;
    store_scan_t    *scan;
    audience_size_t  last;

    prefix = key_prefix(index->tenant, KEY_SIZES);
    scan = store_scan(index->store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &err)) == 1) {
        if (key.len != prefix.len + sizeof(aud_uuid_t)
            || !audience_sizes_last(value, &last))
        {
            continue;
        }

        memcpy(&id, key.data + prefix.len, sizeof(aud_uuid_t));
        at = index_place(index, &id, &found);

        if (found) {
            index->entries[at].size = last.size;
        }
    }

    store_scan_free(scan);

    return rc;
}


void
audience_index_put(audience_index_t *index, const aud_uuid_t *id,
    const json_t *record)
{
    int     found;
    size_t  at;

    uv_mutex_lock(&index->mutex);

    if (index->loaded && record) {

        /* Without memory it is read anew the next time. */
        if (index_insert(index, id, record) != 0) {
            index_forget(index);
        }

    } else if (index->loaded) {
        at = index_place(index, id, &found);

        if (found) {
            aud_free(index->entries[at].text);
            memmove(index->entries + at, index->entries + at + 1,
                    (--index->n - at) * sizeof(entry_t));
        }
    }

    uv_mutex_unlock(&index->mutex);
}


/* Where it stands, or belongs. */

static size_t
index_place(const audience_index_t *index, const aud_uuid_t *id, int *found)
{
    int     order;
    size_t  low = 0, high = index->n, middle;

    *found = 0;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = aud_uuid_compare(&index->entries[middle].id, id);

        if (order == 0) {
            *found = 1;
            return middle;
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


static int
index_insert(audience_index_t *index, const aud_uuid_t *id,
    const json_t *record)
{
    int       found;
    size_t    at;
    entry_t   entry = { .id = *id }, *old;

    at = index_place(index, id, &found);

    if (entry_read(&entry, record) != 0
        || (!found && aud_grow(&index->entries, sizeof(entry_t), index->n,
                               &index->capacity)
                      != 0))
    {
        aud_free(entry.text);
        return -1;
    }

    old = &index->entries[at];

    if (found) {
        entry.size = old->size;     /* until it is counted again */
        aud_free(old->text);

    } else {
        memmove(old + 1, old, (index->n++ - at) * sizeof(entry_t));
    }

    *old = entry;

    return 0;
}


static int
entry_read(entry_t *entry, const json_t *record)
{
    const char    *name = document_text(record, "name");
    const char    *description = document_text(record, "description");
    aud_buffer_t   text = { 0 };

    aud_fold(&text, aud_str(name, strlen(name)));
    entry->name_len = text.len;
    aud_buffer_add(&text, "\0", 1);
    aud_fold(&text, aud_str(description, strlen(description)));
    entry->text_len = text.len;

    if (!text.failed) {
        entry->text = aud_strndup(text.data, text.len);
    }

    aud_buffer_free(&text);

    entry->created = entry_time(record, "created_at");
    entry->updated = entry_time(record, "updated_at");
    entry->automatic = strcmp(document_text(record, "type"), "automatic") == 0;
    entry->leans = entry->automatic
                   || entry_leans(json_object_get(record, "filter"));

    return entry->text ? 0 : -1;
}


static int64_t
entry_time(const json_t *record, const char *name)
{
    int64_t      us;
    const char  *text = document_text(record, name);

    return aud_time_parse(text, strlen(text), &us, NULL) == 0 ? us : INT64_MIN;
}


/* Filters are nested as deep as aud_filter.h allows. */

static int
entry_leans(const json_t *filter)
{
    int          leans = 0;
    size_t       i;
    json_t      *value;
    const char  *name;

    if (json_is_string(filter)) {
        return strstr(json_string_value(filter), "within_last") != NULL;
    }

    json_array_foreach(filter, i, value) {
        leans |= entry_leans(value);
    }

    json_object_foreach((json_t *) filter, name, value) {
        leans |= strcmp(name, "audience") == 0 || entry_leans(value);
    }

    return leans;
}


int
audience_index_find(audience_index_t *index, const audience_search_t *search,
    audience_found_t *found)
{
    int     rc = -1;
    page_t  page = { .search = search };

    found->n = 0;
    found->more = 0;
    heap_init(&page.last, offsetof(chosen_t, at), chosen_later);
    page.chosen = aud_calloc(search->limit, sizeof(chosen_t));

    if (page.chosen == NULL) {
        return -1;
    }

    uv_mutex_lock(&index->mutex);

    if (index_load(index) == 0) {
        found->looked = index_choose(index, &page);
        rc = page.failed ? -1 : page_take(&page, found);
    }

    uv_mutex_unlock(&index->mutex);
    heap_free(&page.last);
    aud_free(page.chosen);

    return rc;
}


/* Those that match behind the page before.  Returns how many were looked at:
 * where they stand in the order that is asked for, no more than it takes. */

static size_t
index_choose(const audience_index_t *index, page_t *page)
{
    size_t                    i, first;
    const entry_t            *entry;
    audience_place_t          place;
    const audience_search_t  *search = page->search;

    first = index_first(index, search);

    for (i = first; i < index->n; i++) {
        entry = &index->entries[search->ascending ? i : index->n - 1 - i];

        if (!entry_matches(entry, search)) {
            continue;
        }

        entry_place(entry, search->order, &place);

        if ((search->after == NULL
             || place_compare(search, &place, search->after) > 0)
            && page_add(page, &place) != 0)
        {
            break;
        }
    }

    if (search->order != AUDIENCE_BY_CREATED) {
        qsort_r(page->chosen, page->n, sizeof(chosen_t), order_compare,
                (void *) search);
    }

    return i - first;
}


/* They stand in the order of their ids, so of their making. */

static size_t
index_first(const audience_index_t *index, const audience_search_t *search)
{
    int     found;
    size_t  at;

    if (search->order != AUDIENCE_BY_CREATED || search->after == NULL) {
        return 0;
    }

    at = index_place(index, &search->after->id, &found);

    return search->ascending ? at : index->n - at - found;
}


/* -1: nothing that comes can be of the page, or memory is out. */

static int
page_add(page_t *page, const audience_place_t *place)
{
    int        in_order = page->search->order == AUDIENCE_BY_CREATED;
    chosen_t  *chosen = heap_top(&page->last);

    if (page->n < page->search->limit) {
        chosen = &page->chosen[page->n++];

    } else {
        page->more = 1;

        if (in_order) {
            return -1;
        }

        if (place_compare(page->search, place, &chosen->place) >= 0) {
            return 0;
        }

        heap_pop(&page->last);
    }

    *chosen = (chosen_t) { *place, page->search, 0 };
    page->failed = !in_order && heap_push(&page->last, chosen) != 0;

    return page->failed ? -1 : 0;
}


static int
chosen_later(const void *a, const void *b)
{
    const chosen_t  *left = a, *right = b;

    return place_compare(left->search, &left->place, &right->place) > 0;
}


static int
page_take(page_t *page, audience_found_t *found)
{
    const audience_place_t  *last;

    for (found->n = 0; found->n < page->n; found->n++) {
        found->ids[found->n] = page->chosen[found->n].place.id;
    }

    found->more = page->more;

    if (found->more) {
        last = &page->chosen[page->n - 1].place;
        aud_buffer_add(&found->text, last->text.data, last->text.len);
        found->last = *last;
        found->last.text = aud_str(found->text.data, found->text.len);
    }

    return found->text.failed ? -1 : 0;
}


static int
entry_matches(const entry_t *entry, const audience_search_t *s)
{
    if ((s->type == AUDIENCE_MANUAL && entry->automatic)
        || (s->type == AUDIENCE_AUTOMATIC && !entry->automatic)
        || entry->created < s->from || entry->created >= s->before)
    {
        return 0;
    }

    return s->q.len == 0
           || memmem(entry->text, entry->text_len, s->q.data, s->q.len);
}


static void
entry_place(const entry_t *entry, audience_order_t order,
    audience_place_t *place)
{
    place->id = entry->id;
    place->number = 0;
    place->text = aud_str("", 0);

    switch (order) {

    case AUDIENCE_BY_UPDATED:
        place->number = entry->updated;
        break;

    case AUDIENCE_BY_NAME:
        place->text = aud_str(entry->text, entry->name_len);
        break;

    case AUDIENCE_BY_SIZE:
        place->number = (int64_t) entry->size;
        break;

    default:
        break;
    }
}


/* Below 0 where a stands before b.  Alike ones stand by their age. */

static int
place_compare(const audience_search_t *search, const audience_place_t *a,
    const audience_place_t *b)
{
    int  order;

    order = (a->number > b->number) - (a->number < b->number);

    if (order == 0) {
        order = aud_str_compare(a->text, b->text);
    }

    if (order == 0) {
        order = aud_uuid_compare(&a->id, &b->id);
    }

    return search->ascending ? order : -order;
}


static int
order_compare(const void *a, const void *b, void *search)
{
    return place_compare(search, a, b);
}


void
audience_index_sized(audience_index_t *index, const aud_uuid_t *id,
    uint64_t size, uint64_t data)
{
    int     found;
    size_t  at;

    uv_mutex_lock(&index->mutex);
    at = index_place(index, id, &found);

    if (found) {
        index->entries[at].size = size;
        index->entries[at].data = data;
    }

    uv_mutex_unlock(&index->mutex);
}


int
audience_index_size(audience_index_t *index, const aud_uuid_t *id,
    uint64_t data, uint64_t *size)
{
    int             found, known;
    size_t          at;
    const entry_t  *entry;

    uv_mutex_lock(&index->mutex);
    at = index_place(index, id, &found);
    entry = &index->entries[at];
    known = found && entry->data == data && !entry->leans;

    if (known) {
        *size = entry->size;
    }

    uv_mutex_unlock(&index->mutex);

    return known;
}


int
audience_index_stale(audience_index_t *index, uint64_t data, aud_uuid_t *ids,
    size_t n, size_t *passed)
{
    size_t          stale = 0;
    const entry_t  *entry;

    uv_mutex_lock(&index->mutex);

    if (index_load(index) != 0) {
        uv_mutex_unlock(&index->mutex);
        return -1;
    }

    while (*passed < index->n && stale < n) {
        entry = &index->entries[index->n - 1 - (*passed)++];

        if (entry->data != data) {
            ids[stale++] = entry->id;
        }
    }

    uv_mutex_unlock(&index->mutex);

    return (int) stale;
}


size_t
audience_index_uncounted(audience_index_t *index, uint64_t data)
{
    size_t  i, n = 0;

    uv_mutex_lock(&index->mutex);

    for (i = 0; i < index->n; i++) {
        n += index->entries[i].data != data;
    }

    uv_mutex_unlock(&index->mutex);

    return n;
}


void
audience_index_unsized(audience_index_t *index)
{
    size_t  i;

    uv_mutex_lock(&index->mutex);

    for (i = 0; i < index->n; i++) {
        if (index->entries[i].leans) {
            index->entries[i].data = 0;
        }
    }

    uv_mutex_unlock(&index->mutex);
}
