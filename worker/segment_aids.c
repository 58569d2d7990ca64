#include <endian.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "pair_sort.h"
#include "segment_aids.h"

/* Fewer texts are as quickly read; see hardly_words(). */
#define TEXTS_FEW   16
#define WORDS_MANY  65536

typedef struct {                    /* the words of each code */
    uint32_t      *at;              /* [distinct + 1] into ids */
    aud_buffer_t   ids;             /* uint32_t, each once a code */
} spelling_t;

static int  build_words(const segment_values_t *v, segment_aids_t *aids);
static int  hardly_words(const segment_values_t *v,
    const segment_aids_t *aids);
static int  spell(const segment_values_t *v, spelling_t *s,
    segment_aids_t *aids);
static int  spell_text(aud_str_t text, uint32_t from, spelling_t *s,
    dictionary_t *words);
static int  collect_postings(const segment_values_t *v, const spelling_t *s,
    segment_aids_t *aids);
static void each_posting(const segment_values_t *v, const spelling_t *s,
    uint32_t *last, uint32_t *at, uint32_t *postings);
static int  collect_dense(segment_aids_t *aids);
static int  build_ends(const segment_values_t *v, segment_aids_t *aids);
static uint64_t end_key(const void *arg, uint64_t code, size_t depth);
static int  by_end(const void *arg, uint64_t x, uint64_t y);


static inline aud_str_t
folded(const sorted_dictionary_t *d, uint64_t code)
{
    const uint32_t  *at = d->folded_at ? d->folded_at : d->display_at;

    return aud_str((d->folded_at ? d->folded.data : d->display.data)
                   + at[code], at[code + 1] - at[code]);
}


int
segment_aids_build(const segment_values_t *v, segment_aids_t *aids)
{
    if (v->dictionary->n < TEXTS_FEW) {
        return 0;
    }

    return build_words(v, aids) != 0 || build_ends(v, aids) != 0 ? -1 : 0;
}


void
segment_aids_free(segment_aids_t *aids)
{
    dictionary_free(&aids->words);
    aud_free(aids->posting_at);
    aud_free(aids->postings);
    aud_free(aids->dense_words);
    aud_free(aids->dense);
    aud_free(aids->ends);
    aud_free(aids->below_codes);
    aud_free(aids->below);
}


static int
build_words(const segment_values_t *v, segment_aids_t *aids)
{
    int         rc;
    spelling_t  s = { NULL };

    rc = -1;
    s.at = aud_calloc((size_t) v->dictionary->n + 1, sizeof(uint32_t));

    if (s.at == NULL || spell(v, &s, aids) != 0) {
        goto done;
    }

    rc = hardly_words(v, aids)
         || (collect_postings(v, &s, aids) == 0 && collect_dense(aids) == 0)
         ? 0 : -1;

done:

    aud_free(s.at);
    aud_buffer_free(&s.ids);

    return rc;
}


/* Ends early where there are too many words. */
static int
spell(const segment_values_t *v, spelling_t *s, segment_aids_t *aids)
{
    uint32_t  code;

    for (code = 0; code < v->dictionary->n; code++) {

        if (spell_text(folded(v->dictionary, code), s->at[code], s,
                       &aids->words) != 0)
        {
            return -1;
        }

        if (s->ids.len / sizeof(uint32_t) > UINT32_MAX / 2) {
            return -1;
        }

        s->at[code + 1] = s->ids.len / sizeof(uint32_t);

        if (hardly_words(v, aids)) {
            break;
        }
    }

    return 0;
}


/* Too many of them, or more than texts: ids, say. */
static int
hardly_words(const segment_values_t *v, const segment_aids_t *aids)
{
    return aids->words.n > WORDS_MANY || aids->words.n > v->dictionary->n;
}


static int
spell_text(aud_str_t text, uint32_t from, spelling_t *s, dictionary_t *words)
{
    size_t     i, end, start;
    uint32_t   id;
    uint32_t  *ids;

    for (start = 0; start < text.len; start = end + 1) {
        end = start;

        while (end < text.len && aud_word_byte(text.data[end])) {
            end++;
        }

        if (end == start) {
            continue;
        }

        id = dictionary_intern(words, aud_str(text.data + start, end - start));
        if (id == UINT32_MAX) {
            return -1;
        }

        ids = (uint32_t *) s->ids.data;

        for (i = from; i < s->ids.len / sizeof(uint32_t); i++) {
            if (ids[i] == id) {
                break;
            }
        }

        if (i == s->ids.len / sizeof(uint32_t)) {
            aud_buffer_add(&s->ids, &id, sizeof(id));
        }
    }

    return s->ids.failed ? -1 : 0;
}


static int
collect_postings(const segment_values_t *v, const spelling_t *s,
    segment_aids_t *aids)
{
    int        rc;
    size_t     n = aids->words.n;
    uint32_t   i, *last, *at;

    rc = -1;
    last = aud_calloc(n + 1, sizeof(uint32_t));
    at = aids->posting_at = aud_calloc(n + 2, sizeof(uint32_t));

    if (last == NULL || at == NULL) {
        goto done;
    }

    each_posting(v, s, last, at + 2, NULL);

    for (i = 2; i < n + 2; i++) {
        if (__builtin_add_overflow(at[i], at[i - 1], &at[i])) {
            goto done;
        }
    }

    aids->postings = aud_calloc((size_t) at[n + 1] + 1, sizeof(uint32_t));

    if (aids->postings == NULL) {
        goto done;
    }

    /* at[word + 1] walks from the start of its word to the end. */
    memset(last, 0, n * sizeof(uint32_t));
    each_posting(v, s, last, at + 1, aids->postings);

    rc = 0;

done:

    aud_free(last);

    return rc;
}


/* Counts at[word] up for each row of it, and stores the row there first where
 * postings are given.  last begins as zeros: the row that had it last, plus
 * one. */
static void
each_posting(const segment_values_t *v, const spelling_t *s, uint32_t *last,
    uint32_t *at, uint32_t *postings)
{
    uint32_t         i, j, row, code, word;
    const uint32_t  *ids = (const uint32_t *) s->ids.data;

    for (i = 0; i < v->n; i++) {
        row = v->value_rows[i];
        code = v->value_codes[i];

        for (j = s->at[code]; j < s->at[code + 1]; j++) {
            word = ids[j];

            if (last[word] == row + 1) {
                continue;
            }

            last[word] = row + 1;

            if (postings) {
                postings[at[word]] = row;
            }

            at[word]++;
        }
    }
}


static int
collect_dense(segment_aids_t *aids)
{
    uint32_t         word, i;
    uint64_t         n, *bits;
    const uint32_t  *at = aids->posting_at;

    aids->dense_words = aud_calloc((size_t) aids->words.n + 1,
                                   sizeof(uint32_t));
    if (aids->dense_words == NULL) {
        return -1;
    }

    for (word = 0; word < aids->words.n; word++) {
        n = at[word + 1] - at[word];

        if (n * SEGMENT_DENSE >= aids->rows) {
            aids->dense_words[aids->ndense++] = word;
        }
    }

    aids->dense = aud_calloc(aids->ndense * AUD_WORDS(aids->rows) + 1,
                             sizeof(uint64_t));
    if (aids->dense == NULL) {
        return -1;
    }

    for (word = 0; word < aids->ndense; word++) {
        bits = aids->dense + word * AUD_WORDS(aids->rows);

        for (i = at[aids->dense_words[word]];
             i < at[aids->dense_words[word] + 1];
             i++)
        {
            bits[aids->postings[i] >> 6] |= (uint64_t) 1
                                            << (aids->postings[i] & 63);
        }
    }

    return 0;
}


static int
build_ends(const segment_values_t *v, segment_aids_t *aids)
{
    int           rc;
    pair_t       *pairs;
    uint32_t      i, n = v->dictionary->n;
    pair_order_t  order = { end_key, by_end, v->dictionary };

    pairs = aud_calloc((size_t) n + 1, sizeof(pair_t));
    aids->ends = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    rc = -1;

    if (pairs == NULL || aids->ends == NULL) {
        goto done;
    }

    for (i = 0; i < n; i++) {
        pairs[i].payload = i;
    }

    if (pair_sort_texts(pairs, n, &order) != 0) {
        goto done;
    }

    for (i = 0; i < n; i++) {
        aids->ends[i] = pairs[i].payload;
    }

    aids->nends = n;
    rc = 0;

done:

    aud_free(pairs);

    return rc;
}


/* The eight bytes before the last `depth`, the last one first. */
static uint64_t
end_key(const void *arg, uint64_t code, size_t depth)
{
    size_t     i, left;
    uint64_t   key = 0;
    aud_str_t  text = folded(arg, code);

    left = depth < text.len ? text.len - depth : 0;

    if (left >= sizeof(key)) {
        memcpy(&key, text.data + left - sizeof(key), sizeof(key));
        return le64toh(key);
    }

    for (i = 0; i < left; i++) {
        key |= (uint64_t) (unsigned char) text.data[left - 1 - i]
               << (56 - 8 * i);
    }

    return key;
}


/* Backwards by bytes, the shorter first, equal ones by code. */
static int
by_end(const void *arg, uint64_t x, uint64_t y)
{
    size_t         i;
    aud_str_t      left = folded(arg, x), right = folded(arg, y);
    unsigned char  l, r;

    for (i = 1; i <= left.len && i <= right.len; i++) {
        l = left.data[left.len - i];
        r = right.data[right.len - i];

        if (l != r) {
            return l < r ? -1 : 1;
        }
    }

    return left.len != right.len ? (left.len < right.len ? -1 : 1)
                                 : (x > y) - (x < y);
}


int
segment_aids_put(const segment_aids_t *aids, segment_file_t *f,
    aud_error_t *err)
{
    uint64_t  n = 0, npostings = 0, u32 = sizeof(uint32_t);

    if (aids->posting_at) {
        n = aids->words.n + (uint64_t) 1;
        npostings = aids->posting_at[aids->words.n];
    }

    if (segment_file_section(f, aids->words.n ? aids->words.at
                                              : aids->posting_at, n * u32, err)
        != 0
        || segment_file_section(f, aids->words.text.data,
                                n ? aids->words.text.len : 0, err) != 0
        || segment_file_section(f, aids->posting_at, n * u32, err) != 0
        || segment_file_section(f, aids->postings, npostings * u32, err) != 0
        || segment_file_section(f, aids->dense_words, aids->ndense * u32, err)
           != 0
        || segment_file_section(f, aids->dense,
                                aids->ndense * AUD_WORDS(aids->rows)
                                * sizeof(uint64_t), err) != 0)
    {
        return -1;
    }

    if (segment_file_section(f, aids->ends, aids->nends * u32, err) != 0
        || segment_file_section(f, aids->below_codes, aids->nbelow * u32, err)
           != 0)
    {
        return -1;
    }

    return segment_file_section(f, aids->below,
                                aids->nbelow * AUD_WORDS(aids->rows)
                                * sizeof(uint64_t), err);
}
