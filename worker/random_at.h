/*
 * Random numbers by position: the nth number of a stream is a function of seed,
 * stream and n alone, so that threads may draw in any order (the finaliser of
 * SplitMix64: Steele, Lea and Flood 2014, Fast splittable pseudorandom number
 * generators, figure 17).
 */

#ifndef RANDOM_AT_H
#define RANDOM_AT_H

#include <stdint.h>


static inline uint64_t
random_at_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);

    return z ^ (z >> 31);
}


static inline uint64_t
random_at(uint64_t seed, uint64_t stream, uint64_t n)
{
    const uint64_t  golden = UINT64_C(0x9E3779B97F4A7C15);

    seed = random_at_mix(seed + golden);
    stream = random_at_mix(seed + stream + golden);

    return random_at_mix(stream + n * golden);
}


/* 0 to 1, 1 excluded */
static inline double
random_at_unit(uint64_t seed, uint64_t stream, uint64_t n)
{
    return (double) (random_at(seed, stream, n) >> 11) * 0x1p-53;
}


/* 0 to below - 1; below > 0 */
static inline uint32_t
random_at_below(uint64_t seed, uint64_t stream, uint64_t n, uint32_t below)
{
    return ((random_at(seed, stream, n) >> 32) * below) >> 32;
}

#endif
