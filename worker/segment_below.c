/*
 * Bitmaps of the rows whose value lies below a bound: the difference of two is
 * a range.  Bounds part the values of a column into about as many rows each.
 */

#include "aud_alloc.h"
#include "segment_aids.h"

#define BOUNDS_MAX   128
#define VALUES_FEW   4

static int  choose_bounds(const segment_values_t *v, segment_aids_t *aids,
    uint8_t *part);
static int  fill_below(const segment_values_t *v, segment_aids_t *aids,
    const uint8_t *part);


int
segment_below_build(const segment_values_t *v, segment_aids_t *aids)
{
    int       rc;
    uint8_t  *part;

    if (v->dictionary->typed == 0 || v->dictionary->n < VALUES_FEW) {
        return 0;
    }

    /* Which bounds lie above each code: all from this one on. */
    part = aud_calloc((size_t) v->dictionary->n + 1, 1);

    rc = part && choose_bounds(v, aids, part) == 0
         && fill_below(v, aids, part) == 0 ? 0 : -1;

    aud_free(part);

    return rc;
}


static int
choose_bounds(const segment_values_t *v, segment_aids_t *aids, uint8_t *part)
{
    uint32_t   code, i, n = v->dictionary->n, *count;
    uint64_t   rows = 0;

    count = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    aids->below_codes = aud_calloc(BOUNDS_MAX, sizeof(uint32_t));

    if (count == NULL || aids->below_codes == NULL) {
        aud_free(count);
        return -1;
    }

    for (i = 0; i < v->n; i++) {
        count[v->value_codes[i]]++;
    }

    for (code = 0; code < n; code++) {

        if (code && aids->nbelow < BOUNDS_MAX - 1
            && (n <= BOUNDS_MAX
                || rows * BOUNDS_MAX >= (aids->nbelow + 1) * (uint64_t) v->n))
        {
            aids->below_codes[aids->nbelow++] = code;
        }

        part[code] = aids->nbelow;
        rows += count[code];
    }

    aud_free(count);

    return 0;
}


static int
fill_below(const segment_values_t *v, segment_aids_t *aids,
    const uint8_t *part)
{
    size_t     words = AUD_WORDS(v->rows), j;
    uint32_t   i, k, row;

    aids->below = aud_calloc(aids->nbelow * words + 1, sizeof(uint64_t));

    if (aids->below == NULL) {
        return -1;
    }

    for (i = 0; i < v->n; i++) {
        k = part[v->value_codes[i]];
        row = v->value_rows[i];

        if (k < aids->nbelow) {
            aids->below[k * words + (row >> 6)] |= (uint64_t) 1 << (row & 63);
        }
    }

    for (j = words; j < aids->nbelow * words; j++) {
        aids->below[j] |= aids->below[j - words];
    }

    return 0;
}
