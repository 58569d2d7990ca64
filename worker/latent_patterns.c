/*
 * Rows made patterns: checked, grouped, and alike ones joined.
 */

#include <string.h>

#include "aud_alloc.h"
#include "latent_patterns.h"
#include "random_at.h"


#define BLOCK  256                      /* rows that are read at a time */


typedef struct {
    uint32_t  *slots;                   /* pattern + 1, or 0; by hash */
    uint32_t   mask;
} alike_t;


static int patterns_measure(latent_patterns_t *p, const latent_data_t *data,
    aud_error_t *err);
static int patterns_group(latent_patterns_t *p);
static int patterns_fill(latent_patterns_t *p, const latent_data_t *data,
    uint64_t seed);
static void patterns_join(const latent_patterns_t *p,
    const latent_data_t *data, uint32_t first, uint32_t count,
    uint8_t *joint);
static void patterns_add(latent_patterns_t *p, alike_t *alike,
    const uint8_t *joint);
static int patterns_sort(latent_patterns_t *p);
static uint32_t *patterns_order(const latent_patterns_t *p);
static void patterns_draw(latent_patterns_t *p, uint32_t n, uint64_t seed);
static int patterns_marginals(latent_patterns_t *p);
static void patterns_divide(latent_patterns_t *p, uint32_t field);


latent_patterns_t *
latent_patterns_create(const latent_data_t *data, uint32_t sample,
    uint64_t seed, aud_error_t *err)
{
    latent_patterns_t  *p;

    if (data->n == 0) {
        aud_error_set(err, "no rows to find classes in");
        return NULL;
    }

    p = aud_calloc(1, sizeof(latent_patterns_t));
    if (p == NULL) {
        goto memory;
    }

    p->m = data->m;
    p->rows = sample && sample < data->n ? sample : data->n;
    p->groups = aud_calloc(data->m + 1, sizeof(latent_group_t));
    p->passes = aud_calloc(data->m + 1, sizeof(uint32_t));
    p->firsts = aud_calloc(data->m + 1, sizeof(uint32_t));
    p->offsets = aud_calloc(data->m + 1, sizeof(uint32_t));
    p->sizes = aud_calloc(data->m + 1, 1);
    p->misses = aud_calloc(data->m + 1, 1);

    if (p->groups == NULL || p->passes == NULL || p->firsts == NULL
        || p->offsets == NULL || p->sizes == NULL || p->misses == NULL)
    {
        goto memory;
    }

    if (patterns_measure(p, data, err) != 0) {
        latent_patterns_free(p);
        return NULL;
    }

    if (patterns_group(p) == 0 && patterns_fill(p, data, seed) == 0) {
        return p;
    }

memory:

    aud_error_set(err, "out of memory for %u rows of %u fields", data->n,
                  data->m);
    latent_patterns_free(p);
    return NULL;
}


void
latent_patterns_free(latent_patterns_t *p)
{
    if (p == NULL) {
        return;
    }

    aud_free(p->groups);
    aud_free(p->passes);
    aud_free(p->firsts);
    aud_free(p->offsets);
    aud_free(p->sizes);
    aud_free(p->misses);
    aud_free(p->marginals);
    aud_free(p->codes);
    aud_free(p->weights);
    aud_free(p);
}


/* Checks all codes, of rows that are not in the sample too. */
static int
patterns_measure(latent_patterns_t *p, const latent_data_t *data,
    aud_error_t *err)
{
    unsigned  limit;
    uint32_t  i, j, counts[256];

    for (j = 0; j < data->m; j++) {
        limit = data->categories[j];
        if (limit == 0 || limit > LATENT_CATEGORIES) {
            return aud_error_set(err, "field %u has %u categories, not 1 to %u",
                                 j, limit, LATENT_CATEGORIES);
        }

        memset(counts, 0, sizeof(counts));
        for (i = 0; i < data->n; i++) {
            counts[data->codes[j][i]]++;
        }

        for (i = limit; i < LATENT_MISSING; i++) {
            if (counts[i]) {
                return aud_error_set(err, "field %u has code %u of %u "
                                     "categories", j, i, limit);
            }
        }

        p->misses[j] = counts[LATENT_MISSING] != 0;
        p->sizes[j] = limit + p->misses[j];
        p->offsets[j + 1] = p->offsets[j] + limit;
    }

    return 0;
}


static int
patterns_group(latent_patterns_t *p)
{
    uint32_t         j, depth = 0;
    latent_group_t  *group = p->groups;

    group->cells = 1;

    for (j = 0; j < p->m; j++) {
        if (group->cells * p->sizes[j] > LATENT_CELLS
            || group->fields == LATENT_FIELDS)
        {
            group[1].field = j;
            group[1].first = group->first + group->cells;
            group++;
            group->cells = 1;
        }

        group->cells *= p->sizes[j];
        group->fields++;
    }

    p->ngroups = group - p->groups + 1;
    p->ncells = group->first + group->cells;

    for (j = 0; j < p->ngroups; j++) {
        p->firsts[j] = p->groups[j].first;

        if (depth + p->groups[j].fields > LATENT_DEPTH) {
            p->passes[p->npasses++] = j;
            depth = 0;
        }

        depth += p->groups[j].fields;
    }

    p->passes[p->npasses++] = p->ngroups;

    return 0;
}


static int
patterns_fill(latent_patterns_t *p, const latent_data_t *data, uint64_t seed)
{
    int       rc = -1;
    void     *smaller;
    uint8_t  *joint;
    alike_t   alike;
    uint32_t  i, k, count;

    for (alike.mask = 1; alike.mask < data->n; alike.mask = alike.mask * 2 + 1);

    alike.mask = alike.mask * 2 + 1;
    alike.slots = aud_calloc((size_t) alike.mask + 1, sizeof(uint32_t));
    joint = aud_malloc((size_t) BLOCK * p->ngroups);
    p->codes = aud_malloc((size_t) data->n * p->ngroups);
    p->weights = aud_malloc(data->n * sizeof(double));

    if (alike.slots == NULL || joint == NULL || p->codes == NULL
        || p->weights == NULL)
    {
        goto done;
    }

    for (i = 0; i < data->n; i += count) {
        count = data->n - i < BLOCK ? data->n - i : BLOCK;
        patterns_join(p, data, i, count, joint);

        for (k = 0; k < count; k++) {
            patterns_add(p, &alike, joint + (size_t) k * p->ngroups);
        }
    }

    if (patterns_sort(p) != 0) {
        goto done;
    }

    if (p->rows < data->n) {
        patterns_draw(p, data->n, seed);
    }

    /* Fewer patterns than rows give back what they do not need. */
    smaller = aud_realloc(p->codes, (size_t) p->n * p->ngroups);
    p->codes = smaller ? smaller : p->codes;
    smaller = aud_realloc(p->weights, p->n * sizeof(double));
    p->weights = smaller ? smaller : p->weights;
    rc = patterns_marginals(p);

done:

    aud_free(alike.slots);
    aud_free(joint);
    return rc;
}


/* joint[k][group] of so many rows */
static void
patterns_join(const latent_patterns_t *p, const latent_data_t *data,
    uint32_t first, uint32_t count, uint8_t *joint)
{
    unsigned               code;
    uint32_t               g, j, k, stride;
    const uint8_t         *column;
    const latent_group_t  *group;

    memset(joint, 0, (size_t) count * p->ngroups);

    for (g = 0; g < p->ngroups; g++) {
        group = &p->groups[g];
        stride = 1;

        for (j = group->field; j < group->field + group->fields; j++) {
            column = data->codes[j] + first;

            for (k = 0; k < count; k++) {
                code = column[k];
                code = code == LATENT_MISSING ? p->sizes[j] - 1 : code;
                joint[(size_t) k * p->ngroups + g] += code * stride;
            }

            stride *= p->sizes[j];
        }
    }
}


static void
patterns_add(latent_patterns_t *p, alike_t *alike, const uint8_t *joint)
{
    uint32_t  g, slot, found;
    uint64_t  hash = 0;

    for (g = 0; g < p->ngroups; g++) {
        hash = (hash + joint[g] + 1) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }

    for (slot = hash & alike->mask; ; slot = (slot + 1) & alike->mask) {
        found = alike->slots[slot];

        if (found == 0) {
            break;
        }

        if (memcmp(p->codes + (size_t) (found - 1) * p->ngroups, joint,
                   p->ngroups)
            == 0)
        {
            p->weights[found - 1]++;
            return;
        }
    }

    memcpy(p->codes + (size_t) p->n * p->ngroups, joint, p->ngroups);
    p->weights[p->n++] = 1;
    alike->slots[slot] = p->n;
}


/* By their codes, so that the order of rows does not show. */
static int
patterns_sort(latent_patterns_t *p)
{
    double    *weights;
    uint8_t   *codes;
    uint32_t   i, *order;

    order = patterns_order(p);
    codes = aud_malloc((size_t) p->n * p->ngroups);
    weights = aud_malloc(p->n * sizeof(double));

    if (order == NULL || codes == NULL || weights == NULL) {
        aud_free(order);
        aud_free(codes);
        aud_free(weights);
        return -1;
    }

    for (i = 0; i < p->n; i++) {
        memcpy(codes + (size_t) i * p->ngroups,
               p->codes + (size_t) order[i] * p->ngroups, p->ngroups);
        weights[i] = p->weights[order[i]];
    }

    aud_free(order);
    aud_free(p->codes);
    aud_free(p->weights);
    p->codes = codes;
    p->weights = weights;

    return 0;
}


/* A radix sort: by the last group first.  NULL when memory is out. */
static uint32_t *
patterns_order(const latent_patterns_t *p)
{
    uint32_t  c, g, i, before, count, *order, *next, *swap;
    uint32_t  starts[LATENT_CELLS];

    order = aud_malloc(p->n * sizeof(uint32_t));
    next = aud_malloc(p->n * sizeof(uint32_t));

    if (order == NULL || next == NULL) {
        aud_free(order);
        aud_free(next);
        return NULL;
    }

    for (i = 0; i < p->n; i++) {
        order[i] = i;
    }

    for (g = p->ngroups; g-- > 0; /* void */ ) {
        memset(starts, 0, sizeof(starts));

        for (i = 0; i < p->n; i++) {
            starts[p->codes[(size_t) i * p->ngroups + g]]++;
        }

        for (c = 0, before = 0; c < LATENT_CELLS; c++) {
            count = starts[c];
            starts[c] = before;
            before += count;
        }

        for (i = 0; i < p->n; i++) {
            c = p->codes[(size_t) order[i] * p->ngroups + g];
            next[starts[c]++] = order[i];
        }

        swap = order;
        order = next;
        next = swap;
    }

    aud_free(next);

    return order;
}


/* Leaves p->rows of n rows. */
static void
patterns_draw(latent_patterns_t *p, uint32_t n, uint64_t seed)
{
    double    passed = 0, drawn;
    uint32_t  i, k, kept = 0;
    uint64_t  from, row;

    for (i = 0, k = 0; k < p->n; k++) {
        passed += p->weights[k];

        for (drawn = 0; i < p->rows; drawn++, i++) {
            from = (uint64_t) i * n / p->rows;
            row = from + random_at_below(seed, 0, i, (uint64_t) (i + 1) * n
                                                     / p->rows - from);

            if (row >= passed) {
                break;
            }
        }

        if (drawn) {
            memmove(p->codes + (size_t) kept * p->ngroups,
                    p->codes + (size_t) k * p->ngroups, p->ngroups);
            p->weights[kept++] = drawn;
        }
    }

    p->n = kept;
}


void
latent_patterns_cell(const latent_patterns_t *p, const latent_group_t *group,
    unsigned cell, uint8_t *codes)
{
    uint32_t  j;

    for (j = group->field; j < group->field + group->fields; j++) {
        *codes = cell % p->sizes[j];
        cell /= p->sizes[j];

        if (p->misses[j] && *codes == p->sizes[j] - 1) {
            *codes = LATENT_MISSING;
        }

        codes++;
    }
}


void
latent_patterns_row(const latent_patterns_t *p, uint32_t pattern,
    uint8_t *codes)
{
    uint32_t               g;
    const latent_group_t  *group;

    for (g = 0; g < p->ngroups; g++) {
        group = &p->groups[g];
        latent_patterns_cell(p, group,
                             p->codes[(size_t) pattern * p->ngroups + g],
                             codes + group->field);
    }
}


static int
patterns_marginals(latent_patterns_t *p)
{
    double                *cells;
    uint8_t                codes[LATENT_FIELDS];
    uint32_t               c, g, i, j;
    const latent_group_t  *group;

    cells = aud_calloc(p->ncells, sizeof(double));
    p->marginals = aud_calloc(p->offsets[p->m] + 1, sizeof(double));
    if (cells == NULL || p->marginals == NULL) {
        aud_free(cells);
        return -1;
    }

    for (i = 0; i < p->n; i++) {
        for (g = 0; g < p->ngroups; g++) {
            cells[p->firsts[g] + p->codes[(size_t) i * p->ngroups + g]] +=
                p->weights[i];
        }
    }

    for (g = 0; g < p->ngroups; g++) {
        group = &p->groups[g];

        for (c = 0; c < group->cells; c++) {
            latent_patterns_cell(p, group, c, codes);

            for (j = 0; j < group->fields; j++) {
                if (codes[j] != LATENT_MISSING) {
                    p->marginals[p->offsets[group->field + j] + codes[j]] +=
                        cells[group->first + c];
                }
            }
        }
    }

    for (j = 0; j < p->m; j++) {
        patterns_divide(p, j);
    }

    aud_free(cells);
    return 0;
}


/* Categories that a sample has none of are no parameters. */
static void
patterns_divide(latent_patterns_t *p, uint32_t field)
{
    double    total = 0;
    uint32_t  c, seen = 0;

    for (c = p->offsets[field]; c < p->offsets[field + 1]; c++) {
        total += p->marginals[c];
        seen += p->marginals[c] > 0;
    }

    /* Of a field that no row has anything is as likely. */
    for (c = p->offsets[field]; c < p->offsets[field + 1]; c++) {
        p->marginals[c] = seen ? p->marginals[c] / total
                          : 1.0 / (p->offsets[field + 1] - p->offsets[field]);
    }

    p->spread += seen ? seen - 1 : 0;
}
