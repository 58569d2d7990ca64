#include <inttypes.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_checksum.h"
#include "aud_manifest_format.h"
#include "aud_mapping.h"

typedef struct {                    /* of a mapped file */
    const aud_audiences_header_t  *header;
    const aud_audiences_below_t   *below;       /* NULL: it has all */
    const aud_audience_record_t   *records;
    uint64_t                       ndropped;
    const aud_uuid_t              *dropped;
    const aud_uuid_t              *members;
    const char                    *filters;
} parts_t;

static aud_audiences_t  *open_file(const char *dir, uint64_t number,
    uint64_t checksum, aud_audiences_t *before, int changes,
    aud_error_t *err);
static aud_audiences_t  *open_below(const char *dir,
    const aud_audiences_below_t *below, aud_audiences_t *before,
    aud_error_t *err);
static const char  *find_parts(const char *map, size_t bytes, parts_t *parts);
static const char  *measure_parts(const char *at, uint64_t left,
    parts_t *parts);
static aud_audiences_t  *create(const parts_t *parts, aud_audiences_t *below);
static const char  *bind_audiences(const parts_t *parts, aud_audiences_t *a);
static const char  *bind_audience(const parts_t *parts,
    const aud_audience_record_t *record, aud_audience_t *audience);
static size_t       copy(aud_audience_t *list, const aud_audience_t *from,
    size_t first, size_t end);
static int          is_file(const aud_audiences_t *a, uint64_t number,
    uint64_t checksum);
static int          ascending(const aud_uuid_t *ids, size_t n);


void
aud_audiences_name(char out[AUD_AUDIENCES_NAME_LEN + 1], uint64_t number)
{
    snprintf(out, AUD_AUDIENCES_NAME_LEN + 1, "%016" PRIx64 ".aud", number);
}


aud_audiences_t *
aud_audiences_open(const char *dir, uint64_t number, uint64_t checksum,
    aud_audiences_t *before, aud_error_t *err)
{
    if (before && is_file(before, number, checksum)) {
        return aud_audiences_retain(before);
    }

    return open_file(dir, number, checksum, before, 1, err);
}


/* changes: whether it may be one that changes another. */
static aud_audiences_t *
open_file(const char *dir, uint64_t number, uint64_t checksum,
    aud_audiences_t *before, int changes, aud_error_t *err)
{
    char              name[AUD_AUDIENCES_NAME_LEN + 1];
    size_t            bytes;
    parts_t           parts;
    const char       *map, *wrong;
    aud_audiences_t  *a = NULL, *below = NULL;

    aud_audiences_name(name, number);
    map = aud_map_file(dir, name, sizeof(aud_audiences_header_t), &bytes, err);

    if (map == NULL) {
        return NULL;
    }

    wrong = find_parts(map, bytes, &parts);

    if (wrong == NULL
        && (parts.header->number != number
            || (checksum != 0 && parts.header->checksum != checksum)
            || (parts.below && !changes)))
    {
        wrong = "it is not the file that is named";
    }

    if (wrong) {
        goto done;
    }

    if (parts.below) {
        below = open_below(dir, parts.below, before, err);
        if (below == NULL) {
            aud_unmap(map, bytes);
            return NULL;
        }
    }

    a = create(&parts, below);
    wrong = a ? bind_audiences(&parts, a) : "memory is out";

done:

    if (wrong) {
        aud_error_set(err, "%s/%s is unusable: %s", dir, name, wrong);
        aud_unmap(map, bytes);
        aud_audiences_release(below);
        aud_free(a);
        return NULL;
    }

    a->map = map;
    a->bytes = bytes;

    return a;
}


/* It has all audiences itself: no file has more than one below it. */
static aud_audiences_t *
open_below(const char *dir, const aud_audiences_below_t *below,
    aud_audiences_t *before, aud_error_t *err)
{
    if (before && before->below) {
        before = before->below;
    }

    if (before && is_file(before, below->number, below->checksum)) {
        return aud_audiences_retain(before);
    }

    return open_file(dir, below->number, below->checksum, NULL, 0, err);
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

    aud_audiences_release(a->below);
    aud_unmap(a->map, a->bytes);
    aud_free(a);
}


size_t
aud_audiences_merge(const aud_audience_t *from, size_t n,
    const aud_audience_t *put, size_t nput, const aud_uuid_t *dropped,
    size_t ndropped, aud_audience_t *list)
{
    int                is_put;
    size_t             i = 0, p = 0, d = 0, at, k = 0;
    const aud_uuid_t  *id;

    /* What lies between two changes is copied at once. */
    while (p < nput || d < ndropped) {
        is_put = d == ndropped
                 || (p < nput
                     && aud_uuid_compare(&put[p].id, &dropped[d]) <= 0);
        id = is_put ? &put[p].id : &dropped[d];
        at = aud_audiences_place(from, i, n, id);
        k += copy(list + k, from, i, at);
        i = at + (at < n && aud_uuid_compare(&from[at].id, id) == 0);

        if (is_put) {
            list[k++] = put[p++];

        } else {
            d++;
        }
    }

    return k + copy(list + k, from, i, n);
}


size_t
aud_audiences_place(const aud_audience_t *list, size_t low, size_t n,
    const aud_uuid_t *id)
{
    size_t  middle;

    while (low < n) {
        middle = low + (n - low) / 2;

        if (aud_uuid_compare(&list[middle].id, id) < 0) {
            low = middle + 1;

        } else {
            n = middle;
        }
    }

    return low;
}


static size_t
copy(aud_audience_t *list, const aud_audience_t *from, size_t first,
    size_t end)
{
    if (first == end) {
        return 0;
    }

    memcpy(list, from + first, (end - first) * sizeof(aud_audience_t));

    return end - first;
}


static const char *
find_parts(const char *map, size_t bytes, parts_t *parts)
{
    uint64_t                       left = bytes - AUD_HEADER_BYTES;
    const char                    *at = map + AUD_HEADER_BYTES;
    const aud_audiences_header_t  *header;

    header = (const aud_audiences_header_t *) map;
    parts->header = header;
    parts->below = NULL;
    parts->ndropped = 0;

    if (memcmp(header->magic, AUD_AUDIENCES_MAGIC, sizeof(header->magic)) != 0
        || (header->version != AUD_AUDIENCES_VERSION
            && header->version != AUD_AUDIENCES_CHANGES)
        || header->bytes != bytes)
    {
        return "it is no audiences file";
    }

    if (aud_checksum(map, at, left) != header->checksum) {
        return "its checksum is wrong";
    }

    if (header->version == AUD_AUDIENCES_CHANGES) {
        if (left < sizeof(aud_audiences_below_t)) {
            return "its header does not add up";
        }

        parts->below = (const aud_audiences_below_t *) at;
        parts->ndropped = parts->below->ndropped;
        at += sizeof(aud_audiences_below_t);
        left -= sizeof(aud_audiences_below_t);
    }

    return measure_parts(at, left, parts);
}


/* Each part is measured by what the one before it left. */
static const char *
measure_parts(const char *at, uint64_t left, parts_t *parts)
{
    const aud_audiences_header_t  *header = parts->header;

    if (header->naudiences > left / sizeof(aud_audience_record_t)) {
        return "its header does not add up";
    }

    left -= header->naudiences * sizeof(aud_audience_record_t);

    if (parts->ndropped > left / sizeof(aud_uuid_t)) {
        return "its header does not add up";
    }

    left -= parts->ndropped * sizeof(aud_uuid_t);

    if (header->nmembers > left / sizeof(aud_uuid_t)
        || left - header->nmembers * sizeof(aud_uuid_t) != header->filters_len
        || header->reserved != 0
        || (parts->below && parts->below->reserved != 0))
    {
        return "its header does not add up";
    }

    parts->records = (const aud_audience_record_t *) at;
    parts->dropped = (const aud_uuid_t *) (parts->records
                                           + header->naudiences);
    parts->members = parts->dropped + parts->ndropped;
    parts->filters = (const char *) (parts->members + header->nmembers);

    return NULL;
}


static aud_audiences_t *
create(const parts_t *parts, aud_audiences_t *below)
{
    size_t            nput = parts->header->naudiences, nall;
    aud_audience_t   *put;
    aud_audiences_t  *a;

    nall = below ? below->n + nput : 0;
    a = aud_malloc(sizeof(aud_audiences_t)
                   + (nput + nall) * sizeof(aud_audience_t));

    if (a) {
        put = (aud_audience_t *) (a + 1);
        atomic_init(&a->references, 1);
        a->number = parts->header->number;
        a->checksum = parts->header->checksum;
        a->below = below;
        a->put = put;
        a->nput = nput;
        a->dropped = parts->dropped;
        a->ndropped = parts->ndropped;
        a->audiences = below ? put + nput : put;
        a->n = nput;
    }

    return a;
}


static const char *
bind_audiences(const parts_t *parts, aud_audiences_t *a)
{
    size_t           i;
    const char      *wrong;
    aud_audience_t  *put = (aud_audience_t *) a->put;

    for (i = 0; i < a->nput; i++) {
        wrong = bind_audience(parts, &parts->records[i], &put[i]);
        if (wrong) {
            return wrong;
        }

        if (i && aud_uuid_compare(&put[i - 1].id, &put[i].id) >= 0) {
            return "the order of its audiences";
        }
    }

    if (!ascending(a->dropped, a->ndropped)) {
        return "the order of what is dropped";
    }

    if (a->below) {
        a->n = aud_audiences_merge(a->below->audiences, a->below->n, put,
                                   a->nput, a->dropped, a->ndropped,
                                   put + a->nput);
    }

    return NULL;
}


static const char *
bind_audience(const parts_t *parts, const aud_audience_record_t *record,
    aud_audience_t *audience)
{
    if (record->filter_at > parts->header->filters_len
        || record->filter_len > parts->header->filters_len - record->filter_at
        || record->member_at > parts->header->nmembers
        || record->nmembers > parts->header->nmembers - record->member_at)
    {
        return "an audience is out of place";
    }

    memcpy(audience->id.bytes, record->id, sizeof(record->id));
    audience->filter = aud_str(parts->filters + record->filter_at,
                               record->filter_len);
    audience->members = parts->members + record->member_at;
    audience->nmembers = record->nmembers;

    return ascending(audience->members, audience->nmembers)
           ? NULL : "the order of an audience's members";
}


static int
is_file(const aud_audiences_t *a, uint64_t number, uint64_t checksum)
{
    return a->number == number && a->checksum == checksum;
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
