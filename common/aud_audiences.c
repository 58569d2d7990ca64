#include <inttypes.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_checksum.h"
#include "aud_manifest_format.h"
#include "aud_mapping.h"

static const char  *check_header(const char *map, size_t bytes,
    uint64_t number);
static const char  *bind_audiences(aud_audiences_t *a);
static int          ascending(const aud_uuid_t *ids, size_t n);


void
aud_audiences_name(char out[AUD_AUDIENCES_NAME_LEN + 1], uint64_t number)
{
    snprintf(out, AUD_AUDIENCES_NAME_LEN + 1, "%016" PRIx64 ".aud", number);
}


aud_audiences_t *
aud_audiences_open(const char *dir, uint64_t number, uint64_t checksum,
    aud_error_t *err)
{
    char                           name[AUD_AUDIENCES_NAME_LEN + 1];
    size_t                         bytes;
    const char                    *map, *wrong;
    aud_audiences_t               *a;
    const aud_audiences_header_t  *header;

    aud_audiences_name(name, number);
    map = aud_map_file(dir, name, sizeof(aud_audiences_header_t), &bytes, err);

    if (map == NULL) {
        return NULL;
    }

    a = NULL;
    header = (const aud_audiences_header_t *) map;
    wrong = check_header(map, bytes, number);

    if (wrong == NULL && checksum != 0 && header->checksum != checksum) {
        wrong = "it is not the file that the manifest names";
    }

    if (wrong) {
        goto done;
    }

    a = aud_calloc(1, sizeof(aud_audiences_t)
                      + (size_t) header->naudiences * sizeof(aud_audience_t));
    if (a == NULL) {
        wrong = "memory is out";
        goto done;
    }

    atomic_init(&a->references, 1);
    a->number = number;
    a->checksum = header->checksum;
    a->map = map;
    a->bytes = bytes;
    a->n = header->naudiences;

    wrong = bind_audiences(a);

done:

    if (wrong) {
        aud_error_set(err, "%s/%s is unusable: %s", dir, name, wrong);
        aud_unmap(map, bytes);
        aud_free(a);
        return NULL;
    }

    return a;
}


aud_audiences_t *
aud_audiences_retain(aud_audiences_t *a)
{
    atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
    return a;
}


void
aud_audiences_release(aud_audiences_t *a)
{
    if (a == NULL
        || atomic_fetch_sub_explicit(&a->references, 1, memory_order_acq_rel)
           != 1)
    {
        return;
    }

    aud_unmap(a->map, a->bytes);
    aud_free(a);
}


static const char *
check_header(const char *map, size_t bytes, uint64_t number)
{
    uint64_t                       left;
    const aud_audiences_header_t  *header;

    header = (const aud_audiences_header_t *) map;

    if (memcmp(header->magic, AUD_AUDIENCES_MAGIC, sizeof(header->magic)) != 0
        || header->version != AUD_AUDIENCES_VERSION
        || header->bytes != bytes)
    {
        return "it is no audiences file";
    }

    /* Each part is measured by what the one before it left. */
    left = bytes - AUD_HEADER_BYTES;

    if (aud_checksum(map, map + AUD_HEADER_BYTES, left) != header->checksum) {
        return "its checksum is wrong";
    }

    if (header->naudiences > left / sizeof(aud_audience_record_t)) {
        return "its header does not add up";
    }

    left -= header->naudiences * sizeof(aud_audience_record_t);

    if (header->nmembers > left / sizeof(aud_uuid_t)
        || left - header->nmembers * sizeof(aud_uuid_t) != header->filters_len
        || header->number != number
        || header->reserved != 0)
    {
        return "its header does not add up";
    }

    return NULL;
}


static const char *
bind_audiences(aud_audiences_t *a)
{
    size_t                         i;
    const char                    *filters;
    aud_audience_t                *audience;
    const aud_uuid_t              *members;
    const aud_audience_record_t   *record;
    const aud_audiences_header_t  *header;

    header = (const aud_audiences_header_t *) a->map;
    record = (const aud_audience_record_t *) (header + 1);
    members = (const aud_uuid_t *) (record + a->n);
    filters = (const char *) (members + header->nmembers);

    for (i = 0; i < a->n; i++, record++) {
        audience = &a->audiences[i];

        if (record->filter_at > header->filters_len
            || record->filter_len > header->filters_len - record->filter_at
            || record->member_at > header->nmembers
            || record->nmembers > header->nmembers - record->member_at)
        {
            return "an audience is out of place";
        }

        memcpy(audience->id.bytes, record->id, sizeof(record->id));
        audience->filter = aud_str(filters + record->filter_at,
                                   record->filter_len);
        audience->members = members + record->member_at;
        audience->nmembers = record->nmembers;

        if (i && aud_uuid_compare(&a->audiences[i - 1].id, &audience->id) >= 0)
        {
            return "the order of its audiences";
        }

        if (!ascending(audience->members, audience->nmembers)) {
            return "the order of an audience's members";
        }
    }

    return NULL;
}


static int
ascending(const aud_uuid_t *ids, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {
        if (aud_uuid_compare(&ids[i - 1], &ids[i]) >= 0) {
            return 0;
        }
    }

    return 1;
}
