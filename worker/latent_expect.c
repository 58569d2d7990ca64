#include <math.h>
#include <string.h>

#include "latent_classes.h"
#include "latent_expect.h"

#define EXPECT_ROWS  64                 /* at a time: they stay in the cache */


typedef struct {
    double (*expect[4])(const latent_expect_t *e, uint32_t from, uint32_t to,
        double *counts);
    void   (*add)(double *restrict to, const double *restrict from, size_t n);
} kernels_t;


#ifdef __clang__
#define ONE_VECTOR  _Pragma("clang loop unroll(disable)")
#else
#define ONE_VECTOR  _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#endif

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC push_options
#pragma GCC optimize("O3,fp-contract=off")
#endif

#define KERNEL(name)  name##_plain
#include "latent_kernels.h"
#undef KERNEL

#ifndef __clang__
#pragma GCC pop_options
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORS  1

#pragma GCC push_options
#pragma GCC optimize("O3,fp-contract=off")
#pragma GCC target("arch=x86-64-v3")
#define KERNEL(name)  name##_v3
#include "latent_kernels.h"
#undef KERNEL
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC optimize("O3,fp-contract=off")
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define KERNEL(name)  name##_v4
#include "latent_kernels.h"
#undef KERNEL
#pragma GCC pop_options

#endif


static const kernels_t  *kernels = &kernels_plain;


#ifdef VECTORS

__attribute__((constructor)) static void
choose_kernels(void)
{
    __builtin_cpu_init();

    if (latent_expect_use(2) != 0) {
        (void) latent_expect_use(1);
    }
}

#endif


int
latent_expect_use(unsigned instructions)
{
#ifdef VECTORS

    if (instructions == 2 && __builtin_cpu_supports("x86-64-v4")) {
        kernels = &kernels_v4;
        return 0;
    }

    if (instructions == 1 && __builtin_cpu_supports("x86-64-v3")) {
        kernels = &kernels_v3;
        return 0;
    }

#endif

    if (instructions == 0) {
        kernels = &kernels_plain;
        return 0;
    }

    return -1;
}


uint32_t
latent_width(uint32_t classes)
{
    return (classes + 3) / 4 * 4;
}


double
latent_expect(const latent_expect_t *e, uint32_t from, uint32_t to,
    double *counts)
{
    return kernels->expect[e->width / 4 - 1](e, from, to, counts);
}


void
latent_add(double *to, const double *from, size_t n)
{
    kernels->add(to, from, n);
}
