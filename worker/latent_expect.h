/*
 * The expectation step of EM over a run of patterns: where the time goes.
 *
 * Compiled for several instruction sets where the compiler can; the best one
 * that the processor has is chosen when the program starts.  All give the same
 * bytes.  Any thread; nothing is allocated.
 */

#ifndef LATENT_EXPECT_H
#define LATENT_EXPECT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t   *codes;             /* [patterns][ngroups] */
    const double    *weights;           /* [patterns] */
    const uint32_t  *firsts;            /* [ngroups], cells before each group */
    const uint32_t  *passes;            /* [npasses], as in latent_patterns.h */
    const double    *tables;            /* [cells][width], probabilities; those
                                           of the first group times shares */
    uint32_t         ngroups;
    uint32_t         npasses;
    uint32_t         width;             /* classes, filled up with probability
                                           0 to latent_width() */
} latent_expect_t;

/* The next of 4, 8, 12 and 16. */
uint32_t latent_width(uint32_t classes);

/*
 * counts[cell][k] += weight times posterior of class k, over the patterns from
 * `from` to `to` - 1 with this cell.  Returns their log likelihood.
 */
double latent_expect(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts);

/* to[i] += from[i] */
void latent_add(double *to, const double *from, size_t n);

/* The instruction set to use from now on, 0 the plainest; -1, and nothing
 * changes, where this machine has none.  For tests: not while others run. */
int latent_expect_use(unsigned instructions);

#endif
