/*
 * The order of a dictionary: values of the type by value, then all others by
 * folded text, ties by display text.
 *
 * Keys of eight bytes are radix-sorted (for text: what follows the prefix that
 * all have in common, so that phones differ early, and where these agree the
 * next eight).
 */

#include <endian.h>
#include <math.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "dictionary.h"
#include "pair_sort.h"

typedef struct {
    const dictionary_t  *dictionary;
    const uint8_t       *used;
    uint32_t             n;             /* used texts */
    aud_buffer_t         folded;        /* by temporary code */
    uint32_t            *folded_at;
    size_t               prefix;        /* common to all texts of `others` */
    pair_t              *pairs;         /* typed ones, then others from the
                                           end, in any order */
    uint32_t             typed;
} sort_t;

static uint32_t  count_used(const uint8_t *used, uint32_t n);
static int       fold_all(sort_t *s);
static int       text_value(aud_str_t text, aud_type_t type, uint64_t *bits);
static uint64_t  value_key(uint64_t bits, aud_type_t type);
static uint64_t  key_value(uint64_t key, aud_type_t type);
static void      split(sort_t *s, aud_type_t type);
static void      find_prefix(sort_t *s);
static uint64_t  text_key(const void *arg, uint64_t code, size_t depth);
static void      settle_ties(sort_t *s, pair_t *pairs, size_t n);
static int       by_display(const void *a, const void *b, void *arg);
static int       by_text(const void *arg, uint64_t left, uint64_t right);
static int       lay_out(sort_t *s, aud_type_t type,
    sorted_dictionary_t *sorted);


static inline aud_str_t
display(const sort_t *s, uint64_t code)
{
    const dictionary_t  *d = s->dictionary;

    return aud_str(d->text.data + d->at[code], d->at[code + 1] - d->at[code]);
}


static inline aud_str_t
folded(const sort_t *s, uint64_t code)
{
    return aud_str(s->folded.data + s->folded_at[code],
                   s->folded_at[code + 1] - s->folded_at[code]);
}


int
dictionary_sort(const dictionary_t *d, aud_type_t type, const uint8_t *used,
    sorted_dictionary_t *sorted)
{
    int           rc;
    sort_t        s = { .dictionary = d, .used = used, .n = d->n };
    pair_order_t  order = { text_key, by_text, &s };

    memset(sorted, 0, sizeof(*sorted));

    rc = -1;

    if (used) {
        s.n = count_used(used, d->n);
    }

    s.pairs = aud_calloc((size_t) s.n + 1, sizeof(pair_t));

    if (s.pairs == NULL || fold_all(&s) != 0) {
        goto done;
    }

    split(&s, type);
    find_prefix(&s);

    if (pair_sort(s.pairs, s.typed) != 0
        || pair_sort_texts(s.pairs + s.typed, s.n - s.typed, &order) != 0)
    {
        goto done;
    }

    settle_ties(&s, s.pairs, s.typed);

    rc = lay_out(&s, type, sorted);

done:

    aud_buffer_free(&s.folded);
    aud_free(s.folded_at);
    aud_free(s.pairs);

    return rc;
}


void
sorted_dictionary_free(sorted_dictionary_t *sorted)
{
    aud_buffer_free(&sorted->display);
    aud_buffer_free(&sorted->folded);
    aud_free(sorted->order);
    aud_free(sorted->values);
    aud_free(sorted->display_at);
    aud_free(sorted->folded_at);
    memset(sorted, 0, sizeof(*sorted));
}


static uint32_t
count_used(const uint8_t *used, uint32_t n)
{
    uint32_t  i, count;

    for (i = 0, count = 0; i < n; i++) {
        count += used[i] != 0;
    }

    return count;
}


static int
fold_all(sort_t *s)
{
    uint32_t             code;
    const dictionary_t  *d = s->dictionary;

    s->folded_at = aud_calloc((size_t) d->n + 1, sizeof(uint32_t));

    if (s->folded_at == NULL) {
        return -1;
    }

    aud_buffer_reserve(&s->folded, d->text.len);

    for (code = 0; code < d->n; code++) {
        if (s->used == NULL || s->used[code]) {
            aud_fold(&s->folded, display(s, code));
        }

        if (s->folded.failed || s->folded.len > UINT32_MAX) {
            return -1;
        }

        s->folded_at[code + 1] = s->folded.len;
    }

    return 0;
}


/* Typed codes to the front with their keys, all others behind. */
static void
split(sort_t *s, aud_type_t type)
{
    uint32_t  code, others;
    uint64_t  bits;

    others = s->n;

    for (code = 0; code < s->dictionary->n; code++) {

        if (s->used && !s->used[code]) {
            continue;
        }

        if (text_value(display(s, code), type, &bits) == 0) {
            s->pairs[s->typed].key = value_key(bits, type);
            s->pairs[s->typed++].payload = code;

        } else {
            s->pairs[--others].payload = code;
        }
    }
}


/* The value of text as the file keeps it; -1 where it is none of the type. */
static int
text_value(aud_str_t text, aud_type_t type, uint64_t *bits)
{
    int      yes, date_only;
    double   number;
    int64_t  us;

    switch (type) {

    case AUD_TYPE_NUMBER:
        if (aud_number_parse(text, &number) != 0 || !isfinite(number)) {
            return -1;
        }

        number += 0.0;      /* -0 is 0 */
        break;

    case AUD_TYPE_YES_NO:
        if (aud_yes_no_parse(text, &yes) != 0) {
            return -1;
        }

        number = yes ? 1 : 0;
        break;

    case AUD_TYPE_DATE:
        if (aud_date_parse(text, &us, &date_only) != 0) {
            return -1;
        }

        memcpy(bits, &us, sizeof(us));
        return 0;

    default:
        return -1;
    }

    memcpy(bits, &number, sizeof(number));
    return 0;
}


/* Bits such that unsigned order is the order of the values. */
static uint64_t
value_key(uint64_t bits, aud_type_t type)
{
    uint64_t  sign = (uint64_t) 1 << 63;

    if (type == AUD_TYPE_DATE) {
        return bits ^ sign;
    }

    return bits & sign ? ~bits : bits | sign;
}


static uint64_t
key_value(uint64_t key, aud_type_t type)
{
    uint64_t  sign = (uint64_t) 1 << 63;

    if (type == AUD_TYPE_DATE) {
        return key ^ sign;
    }

    return key & sign ? key ^ sign : ~key;
}


static void
find_prefix(sort_t *s)
{
    size_t     i, j, n, common;
    pair_t    *others;
    aud_str_t  first, text;

    others = s->pairs + s->typed;
    n = s->n - s->typed;

    if (n == 0) {
        return;
    }

    first = folded(s, others[0].payload);
    common = first.len;

    for (i = 1; i < n; i++) {
        text = folded(s, others[i].payload);

        for (j = 0; j < common && j < text.len; j++) {
            if (text.data[j] != first.data[j]) {
                break;
            }
        }

        common = j;
    }

    s->prefix = common;
}


static uint64_t
text_key(const void *arg, uint64_t code, size_t depth)
{
    size_t         left;
    uint64_t       key = 0;
    aud_str_t      text;
    const sort_t  *s = arg;

    text = folded(s, code);
    depth += s->prefix;
    left = depth < text.len ? text.len - depth : 0;

    if (left) {
        memcpy(&key, text.data + depth,
               left < sizeof(key) ? left : sizeof(key));
    }

    return be64toh(key);
}


static void
settle_ties(sort_t *s, pair_t *pairs, size_t n)
{
    size_t  from, to;

    for (from = 0; from < n; from = to) {
        to = from + 1;

        while (to < n && pairs[to].key == pairs[from].key) {
            to++;
        }

        if (to - from > 1) {
            qsort_r(pairs + from, to - from, sizeof(pair_t), by_display, s);
        }
    }
}


static int
by_display(const void *a, const void *b, void *arg)
{
    return aud_str_compare(display(arg, ((const pair_t *) a)->payload),
                           display(arg, ((const pair_t *) b)->payload));
}


static int
by_text(const void *arg, uint64_t left, uint64_t right)
{
    int  order;

    order = aud_str_compare(folded(arg, left), folded(arg, right));

    return order ? order : aud_str_compare(display(arg, left),
                                           display(arg, right));
}


static int
lay_out(sort_t *s, aud_type_t type, sorted_dictionary_t *sorted)
{
    uint32_t   i, n;
    uint64_t   code;
    aud_str_t  text;

    n = s->n;
    sorted->n = n;
    sorted->typed = s->typed;
    sorted->order = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    sorted->display_at = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    sorted->folded_at = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    sorted->values = aud_calloc((size_t) s->typed + 1, sizeof(uint64_t));

    if (sorted->order == NULL || sorted->display_at == NULL
        || sorted->folded_at == NULL || sorted->values == NULL)
    {
        return -1;
    }

    aud_buffer_reserve(&sorted->display, s->dictionary->text.len);
    aud_buffer_reserve(&sorted->folded, s->folded.len);

    for (i = 0; i < n; i++) {
        code = s->pairs[i].payload;
        sorted->order[i] = code;

        text = display(s, code);
        aud_buffer_add(&sorted->display, text.data, text.len);
        sorted->display_at[i + 1] = sorted->display.len;

        if (i < s->typed) {
            sorted->values[i] = key_value(s->pairs[i].key, type);
        }

        text = folded(s, code);
        aud_buffer_add(&sorted->folded, text.data, text.len);
        sorted->folded_at[i + 1] = sorted->folded.len;
    }

    if (sorted->display.failed || sorted->folded.failed) {
        return -1;
    }

    if (aud_str_equal(aud_buffer_str(&sorted->display),
                      aud_buffer_str(&sorted->folded))
        && memcmp(sorted->display_at, sorted->folded_at,
                  ((size_t) n + 1) * sizeof(uint32_t)) == 0)
    {
        aud_buffer_free(&sorted->folded);
        aud_free(sorted->folded_at);
        sorted->folded_at = NULL;
    }

    return 0;
}
