/*
 * Random test data that is the same at every run (xorshift64*, Vigna 2016).
 */

#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

static uint64_t  random_state = UINT64_C(0x9E3779B97F4A7C15);


static inline uint64_t
random_u64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;

    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}


/* 0 to n - 1 */
static inline size_t
random_below(size_t n)
{
    return (random_u64() >> 32) % n;
}


/* Fills text with characters of an alphabet. */
static inline void
random_text(char *text, size_t len, const char *alphabet, size_t n)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        text[i] = alphabet[random_below(n)];
    }
}

#endif
