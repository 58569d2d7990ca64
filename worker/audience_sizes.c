/*
 * How large audiences were.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "audience_sizes.h"
#include "document.h"

#define POINT  12                       /* bytes */


static int sizes_read(store_t *store, const char *tenant,
    const aud_uuid_t *id, aud_str_t *value);
static audience_size_t point_read(const char *at);
static void point_put(aud_buffer_t *out, audience_size_t point);
static json_t *point_show(audience_size_t point);


uint64_t
audience_data(const aud_generation_t *g)
{
    size_t    i;
    uint64_t  data = 1469598103934665603u;  /* FNV-1a */

    for (i = 0; i < g->nslices; i++) {
        data = (data ^ g->slices[i].segment->checksum) * 1099511628211u;
        data = (data ^ g->slices[i].live) * 1099511628211u;
    }

    return data | 1;
}


int
audience_size(const aud_generation_t *g, const aud_uuid_t *id, uint64_t *size)
{
    int             rc = -1;
    char            text[64], name[AUD_ID_LEN + 1];
    aud_plan_t     *plan = NULL;
    aud_filter_t   *filter;
    aud_problem_t   problem = { 0 };

    aud_id_format(name, "aud", id);
    snprintf(text, sizeof(text), "{\"audience\":\"%s\"}", name);
    filter = aud_filter_parse_text(aud_str(text, strlen(text)), "", &problem);

    if (filter) {
        plan = aud_plan_create((aud_generation_t *) g, filter, aud_now(), 0,
                               &problem);
    }

    if (plan && aud_plan_run_count(plan) == 0) {
        *size = aud_plan_count(plan);
        rc = 0;
    }

    if (plan) {
        aud_plan_free(plan);
    }

    if (filter) {
        aud_filter_free(filter);
    }

    return rc;
}


audience_size_t
audience_size_now(uint64_t size, const aud_generation_t *g)
{
    return (audience_size_t) { (uint32_t) (aud_now() / AUD_SECOND),
                               (uint32_t) size, (uint32_t) g->profiles };
}


int
audience_sizes_last(aud_str_t value, audience_size_t *last)
{
    if (value.len < POINT) {
        return 0;
    }

    *last = point_read(value.data + value.len / POINT * POINT - POINT);

    return 1;
}


int
audience_sizes_add(store_t *store, store_batch_t *batch, const char *tenant,
    const aud_uuid_t *id, audience_size_t point)
{
    int              rc, same;
    size_t           skip;
    aud_str_t        value;
    store_key_t      key = key_id(tenant, KEY_SIZES, id);
    aud_buffer_t     out = { 0 };
    audience_size_t  last;

    if (sizes_read(store, tenant, id, &value) != 0) {
        return -1;
    }

    same = audience_sizes_last(value, &last) && last.size == point.size;

    if (!same) {
        skip = value.len < AUDIENCE_SIZES_MAX * POINT ? 0
               : value.len - (AUDIENCE_SIZES_MAX - 1) * POINT;
        aud_buffer_add(&out, value.data + skip, value.len - skip);
        point_put(&out, point);

        if (!out.failed) {
            store_batch_put(batch, key_str(&key), aud_buffer_str(&out));
        }
    }

    rc = out.failed ? -1 : !same;
    aud_buffer_free(&out);
    store_value_free(value);

    return rc;
}


json_t *
audience_sizes_show(store_t *store, const char *tenant, const aud_uuid_t *id,
    const audience_size_t *point)
{
    int               rc = 0;
    size_t            at;
    json_t           *sizes = json_array();
    aud_str_t         value;
    audience_size_t   last;

    if (sizes_read(store, tenant, id, &value) != 0) {
        json_decref(sizes);
        return NULL;
    }

    for (at = 0; at + POINT <= value.len; at += POINT) {
        rc |= json_array_append_new(sizes,
                                    point_show(point_read(value.data + at)));
    }

    if (point && !(audience_sizes_last(value, &last)
                   && last.size == point->size))
    {
        rc |= json_array_append_new(sizes, point_show(*point));
    }

    store_value_free(value);

    if (rc != 0) {
        json_decref(sizes);
        return NULL;
    }

    return sizes;
}


/* Empty where there is none yet. */

static int
sizes_read(store_t *store, const char *tenant, const aud_uuid_t *id,
    aud_str_t *value)
{
    aud_error_t     err;
    store_key_t     key = key_id(tenant, KEY_SIZES, id);
    store_status_t  status;

    status = store_get(store, key_str(&key), value, &err);

    if (status == STORE_NOT_FOUND) {
        *value = aud_str(NULL, 0);
        return 0;
    }

    return status == STORE_OK ? 0 : -1;
}


static audience_size_t
point_read(const char *at)
{
    uint32_t  raw[3];

    memcpy(raw, at, sizeof(raw));

    return (audience_size_t) { ntohl(raw[0]), ntohl(raw[1]), ntohl(raw[2]) };
}


static void
point_put(aud_buffer_t *out, audience_size_t point)
{
    aud_buffer_u32(out, point.at);
    aud_buffer_u32(out, point.size);
    aud_buffer_u32(out, point.people);
}


static json_t *
point_show(audience_size_t point)
{
    return json_pack("{s:o, s:I, s:f}",
                     "at", document_time(point.at * AUD_SECOND),
                     "size", (json_int_t) point.size, "share",
                     point.people ? (double) point.size / point.people : 0.0);
}
