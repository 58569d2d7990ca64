/*
 * The expectation step in plain C; latent_expect.c includes this once for each
 * set of instructions, with KERNEL(name) naming the copy, and lets the compiler
 * turn the loops into vectors.
 *
 * Classes lie beside each other, `width` of them, a constant wherever these are
 * called; those beyond the model's have probability 0.  Products are of
 * probabilities, not sums of logarithms, and every `LATENT_DEPTH` fields a
 * power of two is taken out of them, so that nothing underflows.  No operation
 * is contracted and no sum reordered: copies agree to the last bit.
 */


/* products[i][k] = that of the groups from `first` to `last` - 1 */
static inline __attribute__((always_inline)) void
KERNEL(multiply)(double *restrict products, const latent_expect_t *e,
    const uint8_t *restrict codes, uint32_t count, uint32_t first,
    uint32_t last, const unsigned width)
{
    uint32_t                  g, i;
    unsigned                  k;
    double                    p[LATENT_CLASSES] __attribute__((aligned(64)));
    const double             *t;
    const double *restrict    tables = e->tables;
    const uint32_t *restrict  firsts = e->firsts;
    const uint8_t *restrict   code = codes;

    for (i = 0; i < count; i++, code += e->ngroups) {
        t = tables + (firsts[first] + code[first]) * width;

        for (k = 0; k < width; k++) {
            p[k] = t[k];
        }

        for (g = first + 1; g < last; g++) {
            t = tables + (firsts[g] + code[g]) * width;

            for (k = 0; k < width; k++) {
                p[k] *= t[k];
            }
        }

        for (k = 0; k < width; k++) {
            products[i * width + k] = first == 0 ? p[k]
                                      : products[i * width + k] * p[k];
        }
    }
}


/* Makes the greatest product of each row 1 to 2; exponents[i] += what left. */
static inline __attribute__((always_inline)) void
KERNEL(rescale)(double *restrict products, double *restrict exponents,
    uint32_t count, const unsigned width)
{
    double    most, factor;
    int64_t   exponent;
    uint32_t  i;
    uint64_t  bits;
    unsigned  k;

    for (i = 0; i < count; i++) {
        most = 0;
        for (k = 0; k < width; k++) {
            most = products[i * width + k] > most ? products[i * width + k]
                                                  : most;
        }

        memcpy(&bits, &most, sizeof(bits));
        exponent = (int64_t) (bits >> 52) - 1023;
        bits = (uint64_t) (1023 - exponent) << 52;
        memcpy(&factor, &bits, sizeof(bits));

        for (k = 0; k < width; k++) {
            products[i * width + k] *= factor;
        }

        exponents[i] += exponent;
    }
}


/* The sum of a row's products, by halves. */
static inline __attribute__((always_inline)) double
KERNEL(sum)(const double *restrict p, const unsigned width)
{
    double    a[4];
    unsigned  k;

    for (k = 0; k < 4; k++) {
        a[k] = width == 4 ? p[k]
             : width == 8 ? p[k] + p[k + 4]
             : width == 12 ? p[k] + p[k + 4] + p[k + 8]
             : (p[k] + p[k + 4]) + (p[k + 8] + p[k + 12]);
    }

    return (a[0] + a[2]) + (a[1] + a[3]);
}


/*
 * Natural logarithms of positive normal numbers: x = 2^e m with m near 1, and
 * log m = 2 artanh f with f = (m - 1) / (m + 1), |f| < 0.172, by its series,
 * whose first term left out is below 2^-56.
 */
static inline __attribute__((always_inline)) void
KERNEL(logarithms)(double *restrict out, const double *restrict x,
    const double *restrict exponents)
{
    double    m, f, z, series, half;
    int64_t   e;
    uint32_t  i;
    uint64_t  bits;

    for (i = 0; i < EXPECT_ROWS; i++) {
        memcpy(&bits, &x[i], sizeof(bits));
        e = (int64_t) (bits >> 52) - 1023;
        bits = (bits & UINT64_C(0xFFFFFFFFFFFFF)) | UINT64_C(1023) << 52;
        memcpy(&m, &bits, sizeof(bits));

        half = m > M_SQRT2 ? 1.0 : 0.0;
        m *= 1.0 - 0.5 * half;
        f = (m - 1.0) / (m + 1.0);
        z = f * f;
        series = 1.0 / 21;
        series = series * z + 1.0 / 19;
        series = series * z + 1.0 / 17;
        series = series * z + 1.0 / 15;
        series = series * z + 1.0 / 13;
        series = series * z + 1.0 / 11;
        series = series * z + 1.0 / 9;
        series = series * z + 1.0 / 7;
        series = series * z + 1.0 / 5;
        series = series * z + 1.0 / 3;

        out[i] = ((double) e + half + exponents[i]) * M_LN2
                 + 2.0 * (f + f * z * series);
    }
}


static inline __attribute__((always_inline)) void
KERNEL(count)(double *restrict counts, const latent_expect_t *e,
    const uint8_t *restrict codes, const double *restrict products,
    const double *restrict scale, uint32_t rows, const unsigned width)
{
    uint32_t                  g, i;
    unsigned                  k;
    double                    r[LATENT_CLASSES] __attribute__((aligned(64)));
    double                   *t;
    const uint8_t *restrict   code = codes;
    const uint32_t *restrict  firsts = e->firsts;

    for (i = 0; i < rows; i++, code += e->ngroups) {
        for (k = 0; k < width; k++) {
            r[k] = products[i * width + k] * scale[i];
        }

        for (g = 0; g < e->ngroups; g++) {
            t = counts + (firsts[g] + code[g]) * width;

            /* One vector at a time: all at once would be taken apart. */
            ONE_VECTOR
            for (k = 0; k < width; k++) {
                t[k] += r[k];
            }
        }
    }
}


static inline __attribute__((always_inline)) double
KERNEL(expect)(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts, const unsigned width)
{
    double          products[EXPECT_ROWS * LATENT_CLASSES]
                        __attribute__((aligned(64)));
    double          sums[EXPECT_ROWS] __attribute__((aligned(64)));
    double          logs[EXPECT_ROWS] __attribute__((aligned(64)));
    double          exponents[EXPECT_ROWS] __attribute__((aligned(64)));
    double          log_likelihood = 0;
    uint32_t        i, pass, first, rows;
    const uint8_t  *codes;

    for ( /* void */ ; from < to; from += rows) {
        rows = to - from < EXPECT_ROWS ? to - from : EXPECT_ROWS;
        codes = e->codes + (size_t) from * e->ngroups;

        for (i = 0; i < EXPECT_ROWS; i++) {
            exponents[i] = 0;
            sums[i] = 1;
        }

        for (pass = 0, first = 0; pass < e->npasses; pass++) {
            if (pass) {
                KERNEL(rescale)(products, exponents, rows, width);
            }

            KERNEL(multiply)(products, e, codes, rows, first,
                             e->passes[pass], width);
            first = e->passes[pass];
        }

        for (i = 0; i < rows; i++) {
            sums[i] = KERNEL(sum)(products + i * width, width);
        }

        KERNEL(logarithms)(logs, sums, exponents);

        for (i = 0; i < rows; i++) {
            log_likelihood += e->weights[from + i] * logs[i];
            sums[i] = e->weights[from + i] / sums[i];
        }

        KERNEL(count)(counts, e, codes, products, sums, rows, width);
    }

    return log_likelihood;
}


static double
KERNEL(expect_4)(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts)
{
    return KERNEL(expect)(e, from, to, counts, 4);
}


static double
KERNEL(expect_8)(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts)
{
    return KERNEL(expect)(e, from, to, counts, 8);
}


static double
KERNEL(expect_12)(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts)
{
    return KERNEL(expect)(e, from, to, counts, 12);
}


static double
KERNEL(expect_16)(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts)
{
    return KERNEL(expect)(e, from, to, counts, 16);
}


static void
KERNEL(add)(double *restrict to, const double *restrict from, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        to[i] += from[i];
    }
}


static const kernels_t  KERNEL(kernels) = {
    { KERNEL(expect_4), KERNEL(expect_8), KERNEL(expect_12),
      KERNEL(expect_16) },
    KERNEL(add)
};
