#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>

#include "aud_search.h"


static const char *next_in_block(aud_search_t *s, const char *from);


void
aud_search_begin(aud_search_t *s, aud_str_t text, aud_str_t needle)
{
    s->needle = needle;
    s->block = NULL;
    s->next = text.data;
    s->end = text.data + text.len;
}


const char *
aud_search_next(aud_search_t *s, const char *from)
{
    const char  *found;

    for ( ;; ) {
        found = s->block ? next_in_block(s, from) : NULL;

        if (found) {
            return found;
        }

        if (s->next < from) {
            s->next = from;
        }

        if ((size_t) (s->end - s->next) < AUD_PAIRS + s->needle.len) {
            break;
        }

        s->block = s->next;
        s->next += AUD_PAIRS;

        if (!aud_words_pairs(s->places, s->block, s->needle.len - 1,
                             s->needle.data[0],
                             s->needle.data[s->needle.len - 1]))
        {
            s->block = NULL;
        }
    }

    s->block = NULL;

    return memmem(s->next, s->end - s->next, s->needle.data, s->needle.len);
}


static const char *
next_in_block(aud_search_t *s, const char *from)
{
    unsigned     i;
    const char  *place;

    for (i = 0; i < AUD_PAIRS / 64; i++) {

        while (s->places[i]) {
            place = s->block + i * 64 + __builtin_ctzll(s->places[i]);
            s->places[i] &= s->places[i] - 1;

            if (place >= from
                && memcmp(place, s->needle.data, s->needle.len) == 0)
            {
                return place;
            }
        }
    }

    s->block = NULL;

    return NULL;
}
