/*
 * Looking for a text in a long one, many bytes together: where its first and
 * its last byte stand so far apart, it is compared.
 */

#ifndef AUD_SEARCH_H
#define AUD_SEARCH_H

#include "aud_str.h"
#include "aud_words.h"

typedef struct {
    aud_str_t    needle;
    const char  *block;             /* of AUD_PAIRS bytes; NULL: none */
    const char  *next;              /* to be looked at */
    const char  *end;               /* of the text */
    uint64_t     places[AUD_PAIRS / 64];    /* of the block that may have the
                                               needle, and are to be compared */
} aud_search_t;

/* needle is not empty; both texts stay until the search is over. */
void        aud_search_begin(aud_search_t *s, aud_str_t text,
    aud_str_t needle);

/* The first place of the needle that is not before `from`, which always goes
 * on from the place found before; NULL where there is none. */
const char *aud_search_next(aud_search_t *s, const char *from);

#endif
