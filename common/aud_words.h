/*
 * Kernels over bitmaps: flat arrays of 64-bit words.
 *
 * out may be one of the inputs.  Compiled for several instruction sets, the
 * best chosen when the program starts, where the compiler can.  Any thread.
 */

#ifndef AUD_WORDS_H
#define AUD_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* out = a & b, out = a & ~b.  Each returns 0 where nothing is left. */
int  aud_words_and(uint64_t *out, const uint64_t *a, const uint64_t *b,
    size_t n);
int  aud_words_andnot(uint64_t *out, const uint64_t *a, const uint64_t *b,
    size_t n);

/* out = a | b. */
void aud_words_or(uint64_t *out, const uint64_t *a, const uint64_t *b,
    size_t n);

/* out = the complement of a over `rows` rows; out = all rows. */
void aud_words_not(uint64_t *out, const uint64_t *a, uint32_t rows);
void aud_words_all(uint64_t *out, uint32_t rows);

uint64_t aud_words_count(const uint64_t *a, size_t n);
uint64_t aud_words_count_andnot(const uint64_t *a, const uint64_t *b, size_t n);

/*
 * out |= rows whose entry e of codes (one per row, `width` bytes each, code + 1
 * or 0 for none) has lo <= e - 1 < hi.
 */
void aud_words_scan(uint64_t *out, const void *codes, unsigned width,
    uint32_t rows, uint32_t lo, uint32_t hi);

#endif
