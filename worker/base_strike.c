#include <errno.h>

#include "aud_alloc.h"
#include "base_private.h"

static base_status_t  check_replaced(const base_t *base,
    const base_change_t *change, aud_error_t *err);
static int   is_replaced(const base_change_t *change, uint64_t number);
static int   keep(base_slices_t *slices, const aud_slice_t *slice,
    const base_change_t *change);
static int   add(base_slices_t *slices, const base_t *base,
    const base_change_t *change, aud_error_t *err);
static int   struck_since(const base_t *base, const base_change_t *change,
    const aud_segment_t *added, uint64_t *bitmap);
static int   carry_over(const aud_slice_t *now, const aud_slice_t *seen,
    const aud_segment_t *added, uint64_t *bitmap);
static const aud_slice_t  *find_slice(const aud_generation_t *g,
    uint64_t number);
static int   any_struck_since(const base_t *base, const base_change_t *change);
static void  strike(const aud_segment_t *s, const aud_uuid_t *profiles,
    size_t n, uint64_t *bitmap);
static void  append(base_slices_t *slices, uint64_t number, uint64_t checksum,
    uint32_t rows, const uint64_t *deleted, uint64_t *owned);
static int   all_struck(const uint64_t *bitmap, uint32_t rows);


base_status_t
base_slices(const base_t *base, const base_change_t *change,
    base_slices_t *slices, aud_error_t *err)
{
    size_t                   i, n;
    base_status_t            status;
    const aud_generation_t  *g;

    g = base->current;
    n = g->nslices + 1;
    memset(slices, 0, sizeof(*slices));

    status = check_replaced(base, change, err);

    if (status != BASE_OK) {
        return status;
    }

    slices->segments = aud_calloc(n, sizeof(manifest_segment_t));
    slices->bitmaps = aud_calloc(n, sizeof(uint64_t *));

    if (slices->segments == NULL || slices->bitmaps == NULL) {
        goto no_memory;
    }

    for (i = 0; i < g->nslices && !change->rebuilt; i++) {

        if (!is_replaced(change, g->slices[i].segment->number)
            && keep(slices, &g->slices[i], change) != 0)
        {
            goto no_memory;
        }
    }

    if (change->added && change->added->rows
        && add(slices, base, change, err) != 0)
    {
        return BASE_FAILED;
    }

    return BASE_OK;

no_memory:

    aud_error_set(err, "memory is out");
    return BASE_FAILED;
}


void
base_slices_free(base_slices_t *slices)
{
    size_t  i;

    for (i = 0; i < slices->n; i++) {
        aud_free(slices->bitmaps[i]);
    }

    aud_free(slices->bitmaps);
    aud_free(slices->segments);
}


static base_status_t
check_replaced(const base_t *base, const base_change_t *change,
    aud_error_t *err)
{
    size_t  i;

    if (change->nreplaced && change->seen == NULL) {
        aud_error_set(err, "segments are replaced without what was seen");
        return BASE_FAILED;
    }

    for (i = 0; i < change->nreplaced; i++) {

        if (find_slice(base->current, change->replaced[i]) == NULL) {
            aud_error_set(err, "segment %llu is not there any more",
                          (unsigned long long) change->replaced[i]);
            return BASE_MOVED;
        }
    }

    /* Unsorted profiles would be overlooked, and live twice. */
    for (i = 1; i < change->nstruck; i++) {

        if (aud_uuid_compare(&change->struck[i - 1], &change->struck[i]) > 0) {
            aud_error_set(err, "struck profiles are out of order");
            return BASE_FAILED;
        }
    }

    return BASE_OK;
}


static int
is_replaced(const base_change_t *change, uint64_t number)
{
    size_t  i;

    for (i = 0; i < change->nreplaced; i++) {
        if (change->replaced[i] == number) {
            return 1;
        }
    }

    return 0;
}


static int
keep(base_slices_t *slices, const aud_slice_t *slice,
    const base_change_t *change)
{
    size_t          words;
    uint64_t       *bitmap;
    aud_segment_t  *s;

    s = slice->segment;
    words = AUD_WORDS(s->rows);
    bitmap = aud_calloc(words + 1, sizeof(uint64_t));

    if (bitmap == NULL) {
        return -1;
    }

    if (slice->deleted) {
        memcpy(bitmap, slice->deleted, words * sizeof(uint64_t));
    }

    strike(s, change->struck, change->nstruck, bitmap);

    if (all_struck(bitmap, s->rows)) {
        aud_free(bitmap);
        return 0;
    }

    append(slices, s->number, s->checksum, s->rows, bitmap, bitmap);
    return 0;
}


/* The added segment is only opened here where rows of it have to go: it will be
 * opened and checked with the manifest, unless that has been done. */
static int
add(base_slices_t *slices, const base_t *base, const base_change_t *change,
    aud_error_t *err)
{
    int                    rc;
    uint64_t              *bitmap;
    aud_segment_t         *s;
    const base_segment_t  *added;

    added = change->added;

    if (!any_struck_since(base, change)) {
        append(slices, added->number, added->checksum, added->rows, NULL,
               NULL);
        return 0;
    }

    rc = -1;
    bitmap = NULL;
    s = change->opened
        ? aud_segment_retain(change->opened)
        : aud_segment_open(base->folder, added->number, added->checksum, err);

    if (s == NULL) {
        goto done;
    }

    bitmap = aud_calloc(AUD_WORDS(s->rows) + 1, sizeof(uint64_t));

    if (bitmap == NULL || struck_since(base, change, s, bitmap) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    if (!all_struck(bitmap, s->rows)) {
        append(slices, added->number, added->checksum, added->rows, bitmap,
               bitmap);
        bitmap = NULL;
    }

    rc = 0;

done:

    aud_segment_release(s);
    aud_free(bitmap);

    return rc;
}


static int
struck_since(const base_t *base, const base_change_t *change,
    const aud_segment_t *added, uint64_t *bitmap)
{
    size_t              i;
    const aud_slice_t  *now;

    for (i = 0; i < change->nreplaced; i++) {
        now = find_slice(base->current, change->replaced[i]);

        if (now->deleted
            && carry_over(now, find_slice(change->seen, change->replaced[i]),
                          added, bitmap) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* Rows of one segment are in the order of their profiles, so those that were
 * struck since are, too. */
static int
carry_over(const aud_slice_t *now, const aud_slice_t *seen,
    const aud_segment_t *added, uint64_t *bitmap)
{
    size_t       i, n;
    uint64_t     word;
    aud_uuid_t  *profiles;

    profiles = aud_calloc((size_t) now->segment->rows + 1, sizeof(aud_uuid_t));

    if (profiles == NULL) {
        return -1;
    }

    n = 0;

    for (i = 0; i < AUD_WORDS(now->segment->rows); i++) {
        word = now->deleted[i];

        if (seen && seen->deleted) {
            word &= ~seen->deleted[i];
        }

        for ( ; word; word &= word - 1) {
            profiles[n++] = now->segment->profiles[i * 64
                                                   + __builtin_ctzll(word)];
        }
    }

    strike(added, profiles, n, bitmap);
    aud_free(profiles);

    return 0;
}


static int
any_struck_since(const base_t *base, const base_change_t *change)
{
    size_t              i;
    const aud_slice_t  *now, *seen;

    for (i = 0; i < change->nreplaced; i++) {
        now = find_slice(base->current, change->replaced[i]);
        seen = find_slice(change->seen, change->replaced[i]);

        if (seen == NULL || now->live != seen->live) {
            return 1;
        }
    }

    return 0;
}


static const aud_slice_t *
find_slice(const aud_generation_t *g, uint64_t number)
{
    size_t  i;

    for (i = 0; i < g->nslices; i++) {
        if (g->slices[i].segment->number == number) {
            return &g->slices[i];
        }
    }

    return NULL;
}


/*
 * Sets the bits of those profiles that the segment has.  Both lists ascend: the
 * search for the next profile gallops on from where the last one ended, which
 * costs little whether few of many rows are struck or nearly all.
 */
static void
strike(const aud_segment_t *s, const aud_uuid_t *profiles, size_t n,
    uint64_t *bitmap)
{
    size_t  i, low, high, middle, step;

    low = 0;

    for (i = 0; i < n && low < s->rows; i++) {
        high = low;

        for (step = 1;
             high < s->rows
             && aud_uuid_compare(&s->profiles[high], &profiles[i]) < 0;
             step *= 2)
        {
            low = high + 1;
            high += step;
        }

        if (high > s->rows) {
            high = s->rows;
        }

        while (low < high) {
            middle = low + (high - low) / 2;

            if (aud_uuid_compare(&s->profiles[middle], &profiles[i]) < 0) {
                low = middle + 1;

            } else {
                high = middle;
            }
        }

        if (low < s->rows
            && aud_uuid_compare(&s->profiles[low], &profiles[i]) == 0)
        {
            bitmap[low >> 6] |= (uint64_t) 1 << (low & 63);
        }
    }
}


static void
append(base_slices_t *slices, uint64_t number, uint64_t checksum,
    uint32_t rows, const uint64_t *deleted, uint64_t *owned)
{
    slices->segments[slices->n].number = number;
    slices->segments[slices->n].checksum = checksum;
    slices->segments[slices->n].rows = rows;
    slices->segments[slices->n].deleted = deleted;
    slices->bitmaps[slices->n++] = owned;
}


static int
all_struck(const uint64_t *bitmap, uint32_t rows)
{
    size_t    i;
    uint64_t  count;

    count = 0;

    for (i = 0; i < AUD_WORDS(rows); i++) {
        count += __builtin_popcountll(bitmap[i]);
    }

    return count == rows;
}
