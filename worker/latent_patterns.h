/*
 * Rows as the estimation reads them: alike ones are one pattern with a weight,
 * and neighbouring fields are one group, whose joint categories take one
 * look-up where its fields would take one each.
 *
 *   fields      0        1        2          3      4
 *   sizes       3 + 1    2        4 + 1      8      30 + 1   (+ 1: missing)
 *   groups      [ 4 * 2 * 5 = 40 cells ]     [ 8 ]  [ 31 ]   (at most 64)
 *   joint code  y0 + 4 * (y1 + 2 * y2)       y3     y4
 *
 * A missing value is the last code of its field, where the field misses any.
 * Cells of all groups are numbered through.  Not changed once made: threads
 * share it.
 */

#ifndef LATENT_PATTERNS_H
#define LATENT_PATTERNS_H

#include "latent_classes.h"

#define LATENT_CELLS  64                /* of a group; its tables stay in the
                                           first cache */
#define LATENT_FIELDS 8                 /* of a group: some have one category */
#define LATENT_DEPTH  20                /* fields whose probabilities are
                                           multiplied at a time: LATENT_FLOOR
                                           to this power is a double */

typedef struct {
    uint32_t  field;                    /* the first one */
    uint32_t  fields;
    uint32_t  cells;
    uint32_t  first;                    /* number of its first cell */
} latent_group_t;

typedef struct {
    uint32_t         n;                 /* patterns */
    uint32_t         m;                 /* fields */
    uint32_t         rows;              /* that the patterns stand for */
    uint32_t         ngroups;           /* at least 1 */
    uint32_t         ncells;            /* of all groups */
    uint32_t         npasses;
    uint32_t         spread;            /* sum over fields of categories that
                                           rows have, less one */
    latent_group_t  *groups;
    uint32_t        *passes;            /* [npasses], the group behind each: no
                                           pass has more than LATENT_DEPTH
                                           fields */
    uint32_t        *firsts;            /* [ngroups], groups[].first */
    uint32_t        *offsets;           /* [m + 1], of the fields' categories */
    uint8_t         *sizes;             /* [m], with the code for missing */
    uint8_t         *misses;            /* [m] */
    double          *marginals;         /* [offsets[m]], share of a category
                                           among the rows that have the field */
    uint8_t         *codes;             /* [n][ngroups] */
    double          *weights;           /* [n] */
} latent_patterns_t;

/*
 * Of all rows, or of `sample` of them, taken evenly: one, by a hash of seed and
 * position, of each of as many stretches of the rows sorted by their codes.  The
 * order in which rows come does not show, as it is another one whenever segments
 * are merged; patterns are in the order of their codes.  NULL when memory is out or a
 * code is none of its field's; err says so.
 */
latent_patterns_t *latent_patterns_create(const latent_data_t *data,
    uint32_t sample, uint64_t seed, aud_error_t *err);
void latent_patterns_free(latent_patterns_t *p);

/* The codes of the fields of a pattern, or of a cell of a group:
 * LATENT_MISSING among them. */
void latent_patterns_row(const latent_patterns_t *p, uint32_t pattern,
    uint8_t *codes);
void latent_patterns_cell(const latent_patterns_t *p,
    const latent_group_t *group, unsigned cell, uint8_t *codes);

#endif
