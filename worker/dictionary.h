/*
 * The distinct texts of one column while its segment is being made.
 *
 *   text      "CRM" "Loja" "crm"          in the order of their first sight
 *   at         0     3      7     10      text of temporary code c is
 *                                         at[c] .. at[c + 1]
 *   slots     high half of the hash, code + 1
 *                                         open addressing by that half, a
 *                                         power of two
 *
 * dictionary_sort() then gives the order that the file has.  One thread.
 */

#ifndef DICTIONARY_H
#define DICTIONARY_H

#include "aud_buffer.h"
#include "aud_value.h"

typedef struct {
    aud_buffer_t   text;
    uint32_t      *at;
    uint32_t       n;
    uint32_t       capacity;        /* of at, less one */
    uint64_t      *slots;
    size_t         nslots;
} dictionary_t;

typedef struct {
    uint32_t       n;
    uint32_t       typed;
    uint32_t      *order;           /* [n]: temporary code of each place */
    uint64_t      *values;          /* [typed]: bits of doubles or of times */
    aud_buffer_t   display;         /* as aud_column_t has it */
    uint32_t      *display_at;      /* [n + 1] */
    aud_buffer_t   folded;          /* empty where it would equal display */
    uint32_t      *folded_at;       /* NULL likewise */
} sorted_dictionary_t;

/* The temporary code of text; UINT32_MAX when memory is out or the column is
 * full (4 GiB of text).  d begins as zeros. */
uint32_t dictionary_intern(dictionary_t *d, aud_str_t text);

/* That of one which is there; UINT32_MAX: it is not. */
uint32_t dictionary_find(const dictionary_t *d, aud_str_t text);

/* Interning in two steps, for who has many texts: the hash, with which memory is
 * asked for what the second step will read, and the code. */
uint64_t dictionary_hash(const dictionary_t *d, aud_str_t text);
uint32_t dictionary_intern_hashed(dictionary_t *d, aud_str_t text,
    uint64_t hash);
void     dictionary_free(dictionary_t *d);

/* used: for each text whether it is to be kept at all; NULL: all are.  -1 when
 * memory is out.  sorted is to be freed in either case. */
int  dictionary_sort(const dictionary_t *d, aud_type_t type,
    const uint8_t *used, sorted_dictionary_t *sorted);
void sorted_dictionary_free(sorted_dictionary_t *sorted);

#endif
