#include "aud_alloc.h"
#include "class_match.h"


typedef struct {
    uint64_t  *known;           /* rows of people who were there */
    uint64_t  *before;          /* [nprevious] bitmaps, back to back */
    size_t     words;           /* of a bitmap */
} people_t;


static class_match_t *match_create(size_t classes, size_t nprevious);
static int people_find(people_t *people, const aud_generation_t *g,
    const class_previous_t *previous, size_t n, int64_t since);
static double agree(const people_t *people, const uint64_t *members,
    const uint64_t *before);
static void pair_off(class_match_t *match, size_t classes, size_t nprevious);
static int best_pair(const class_match_t *match, size_t classes,
    size_t nprevious, uint32_t *class, uint32_t *previous);


class_match_t *
class_match(const aud_generation_t *g, uint64_t *const *members,
    size_t classes, const class_previous_t *previous, size_t nprevious,
    int64_t since)
{
    size_t          i, j;
    people_t        people = { .words = AUD_WORDS(g->profiles) };
    class_match_t  *match;

    match = match_create(classes, nprevious);

    if (match == NULL
        || people_find(&people, g, previous, nprevious, since) != 0)
    {
        class_match_free(match);
        match = NULL;
        goto done;
    }

    for (i = 0; i < classes; i++) {
        for (j = 0; j < nprevious; j++) {
            match->agreement[i * nprevious + j] =
                agree(&people, members[i], people.before + j * people.words);
        }
    }

    pair_off(match, classes, nprevious);

done:

    aud_free(people.known);
    aud_free(people.before);

    return match;
}


static class_match_t *
match_create(size_t classes, size_t nprevious)
{
    size_t          i;
    class_match_t  *match;

    match = aud_calloc(1, sizeof(class_match_t));
    if (match == NULL) {
        return NULL;
    }

    match->continues = aud_malloc((classes + 1) * sizeof(uint32_t));
    match->continued = aud_malloc((nprevious + 1) * sizeof(uint32_t));
    match->agreement = aud_calloc(classes * nprevious + 1, sizeof(double));

    if (!match->continues || !match->continued || !match->agreement) {
        class_match_free(match);
        return NULL;
    }

    for (i = 0; i < classes; i++) {
        match->continues[i] = CLASS_NONE;
    }

    for (i = 0; i < nprevious; i++) {
        match->continued[i] = CLASS_NONE;
    }

    return match;
}


void
class_match_free(class_match_t *match)
{
    if (match) {
        aud_free(match->continues);
        aud_free(match->continued);
        aud_free(match->agreement);
        aud_free(match);
    }
}


static int
people_find(people_t *people, const aud_generation_t *g,
    const class_previous_t *previous, size_t n, int64_t since)
{
    size_t     i, word;
    uint64_t  *before;

    people->known = aud_calloc(people->words + 1, sizeof(uint64_t));
    people->before = aud_calloc(n * people->words + 1, sizeof(uint64_t));

    if (people->known == NULL || people->before == NULL) {
        return -1;
    }

    behaviour_rows_born(g, since, people->known);

    for (i = 0; i < n; i++) {
        before = people->before + i * people->words;
        behaviour_rows_find(g, previous[i].members, previous[i].n, before);

        for (word = 0; word < people->words; word++) {
            people->known[word] |= before[word];
        }
    }

    return 0;
}


static double
agree(const people_t *people, const uint64_t *members, const uint64_t *before)
{
    size_t    word;
    uint64_t  now, both = 0, either = 0;

    for (word = 0; word < people->words; word++) {
        now = members[word] & people->known[word];
        both += __builtin_popcountll(now & before[word]);
        either += __builtin_popcountll(now | before[word]);
    }

    return either ? (double) both / either : 0;
}


static void
pair_off(class_match_t *match, size_t classes, size_t nprevious)
{
    uint32_t  class, previous;

    while (best_pair(match, classes, nprevious, &class, &previous)) {
        match->continues[class] = previous;
        match->continued[previous] = class;
    }
}


/* Of those that are free on both sides; 0 where none agrees enough. */
static int
best_pair(const class_match_t *match, size_t classes, size_t nprevious,
    uint32_t *class, uint32_t *previous)
{
    double    best = 0, agreement;
    uint32_t  i, j;

    for (j = 0; j < nprevious; j++) {
        for (i = 0; i < classes; i++) {
            agreement = match->agreement[i * nprevious + j];

            if (match->continues[i] == CLASS_NONE
                && match->continued[j] == CLASS_NONE
                && agreement >= CLASS_AGREEMENT && agreement > best)
            {
                best = agreement;
                *class = i;
                *previous = j;
            }
        }
    }

    return best > 0;
}
