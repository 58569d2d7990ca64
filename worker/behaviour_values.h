/*
 * The distinct values of a field over all segments, each with how many live
 * profiles have it.
 *
 * Values are told apart by a key: of text a hash of the folded text (64 bits of
 * XXH3: of a million texts two are taken for one in one base of thirty
 * million), of everything else a number, in its order:
 *
 *   number    the number
 *   yes/no    1 and 0
 *   date      full days before `now`, below 0 ahead of it
 *
 * A text among numbers, dates or yes/no is no value, and none is a text by which
 * people or programs say that there is none: "n/a", "não informado", "-".  One
 * owner, one thread.
 */

#ifndef BEHAVIOUR_VALUES_H
#define BEHAVIOUR_VALUES_H

#include "aud_generation.h"

typedef struct {
    uint64_t  key;
    uint64_t  count;                /* a profile with several counts in each */
    uint32_t  slice;                /* and code of the text that most have */
    uint32_t  code;
    uint32_t  shown;                /* profiles with this text there */
} behaviour_value_t;

typedef struct {
    behaviour_value_t  *items;      /* numbers ascending, texts in any order */
    size_t              n;
    size_t              capacity;
    uint64_t            total;      /* of the counts */
} behaviour_values_t;

/* 0; -1 when memory is out. */
int  behaviour_values_read(behaviour_values_t *values,
    const aud_generation_t *g, const aud_field_t *field, int64_t now);
void behaviour_values_free(behaviour_values_t *values);

/* Whether a code is a value, and its key. */
int      behaviour_is_value(const aud_column_t *c, uint32_t code);
uint64_t behaviour_key(const aud_column_t *c, uint32_t code, int64_t now);
double   behaviour_key_number(uint64_t key);

/* As most profiles write it. */
aud_str_t behaviour_value_text(const behaviour_value_t *value,
    const aud_generation_t *g, const aud_field_t *field);

#endif
