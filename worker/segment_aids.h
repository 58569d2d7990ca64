/*
 * What a column has besides, so that filters need not read all of it.
 *
 * In a column of texts its words with their rows, for "contains", and its texts
 * in the order of their ends, for "ends_with":
 *
 *   folded      "ana.silva7"  "rua da silva"
 *   words       "ana" "silva" "rua" "da"    runs of aud_word_byte(), in the
 *                                           order of their first sight
 *   postings    the rows of each word, ascending, each once
 *   ends        codes, by their folded texts read backwards
 *
 * A column with few texts does without both, one with very many words, or more
 * words than texts (codes, hashes, ids), without the words.  In a column of numbers or dates that has single
 * values, for ranges:
 *
 *   below       for some codes the rows whose code is lower
 *
 * Built in any one thread.
 */

#ifndef SEGMENT_AIDS_H
#define SEGMENT_AIDS_H

#include "dictionary.h"
#include "segment_file.h"

/* Codes and words that one row in so many has get a bitmap, whose reading costs
 * less than that of their rows one by one. */
#define SEGMENT_DENSE  128

typedef struct {
    dictionary_t   words;
    uint32_t       rows;            /* of the segment */
    uint32_t      *posting_at;      /* [words.n + 2]; NULL: no words */
    uint32_t      *postings;
    uint32_t      *dense_words;
    uint32_t       ndense;
    uint64_t      *dense;
    uint32_t      *ends;            /* [nends] */
    uint32_t       nends;
    uint32_t      *below_codes;     /* [nbelow], ascending, not 0 */
    uint32_t       nbelow;
    uint64_t      *below;           /* [nbelow][AUD_WORDS(rows)] */
} segment_aids_t;

typedef struct {                    /* the column's, by final code */
    const sorted_dictionary_t  *dictionary;
    uint32_t                    rows;
    uint32_t                    n;
    const uint32_t             *value_rows;     /* [n], ascending */
    const uint32_t             *value_codes;
} segment_values_t;

/* aids begins as zeros and is to be freed in either case.  -1 when memory is
 * out. */
int  segment_aids_build(const segment_values_t *values, segment_aids_t *aids);
int  segment_below_build(const segment_values_t *values,
    segment_aids_t *aids);
int  segment_aids_put(const segment_aids_t *aids, segment_file_t *f,
    aud_error_t *err);
void segment_aids_free(segment_aids_t *aids);

#endif
