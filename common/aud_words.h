/*
 * Kernels over bitmaps: flat arrays of 64-bit words.
 *
 * Compiled for several instruction sets where the compiler can; the best one
 * that the processor has is chosen when the program, or the module, is loaded.
 * Any thread.
 */

#ifndef AUD_WORDS_H
#define AUD_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* The rows of a bitmap that another one has not. */
typedef struct {
    const uint64_t  *words;
    const uint64_t  *without;           /* NULL: nothing is taken away */
} aud_bits_t;

typedef enum {
    AUD_BITS_AND = 0,
    AUD_BITS_ANDNOT,                   /* a, but not b */
    AUD_BITS_OR
} aud_bits_op_t;

/* Bitmaps that begin at a multiple of this are read and written fastest. */
#define AUD_WORDS_ALIGN  64

/* out = a op b; out may be a bitmap of a or b.  0 where nothing is left. */
int aud_bits_join(aud_bits_op_t op, uint64_t *out, aud_bits_t a,
    aud_bits_t b, size_t n);

/* How many rows a op b has, or a alone, without those of struck (or NULL). */
uint64_t aud_bits_join_count(aud_bits_op_t op, aud_bits_t a, aud_bits_t b,
    const uint64_t *struck, size_t n);
uint64_t aud_bits_count(aud_bits_t a, const uint64_t *struck, size_t n);

/* out = the complement of a over `rows` rows. */
void aud_words_not(uint64_t *out, const uint64_t *a, uint32_t rows);

/*
 * out |= rows whose entry e of codes (one per row, `width` bytes each, code + 1
 * or 0 for none) has lo <= e - 1 < hi.
 */
void aud_words_scan(uint64_t *out, const void *codes, unsigned width,
    uint32_t rows, uint32_t lo, uint32_t hi);

/*
 * out = the places of text, of AUD_PAIRS, where `first` stands and, `apart`
 * bytes behind it, `last`: AUD_PAIRS + apart bytes are read.  Returns 0, and
 * leaves out as it is, where there is none.
 */
#define AUD_PAIRS  512

int aud_words_pairs(uint64_t out[AUD_PAIRS / 64], const char *text,
    size_t apart, char first, char last);

static inline aud_bits_t
aud_bits(const uint64_t *words)
{
    return (aud_bits_t) { words, NULL };
}

static inline aud_bits_t
aud_bits_from(aud_bits_t bits, size_t word)
{
    return (aud_bits_t) { bits.words + word,
                          bits.without ? bits.without + word : NULL };
}

#endif
