#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "behaviour_copies.h"

/* Codes at once of which the partition is hashed. */
#define BLOCK  4096

/* Bytes of a word that says what a field is about; "dos" and "com" do not. */
#define WORD  4


static int leave_out(behaviour_plan_t *plan, const behaviour_plan_t *plans,
    size_t n, uint32_t rows);
static int is_copy(const behaviour_plan_t *a, const behaviour_plan_t *b,
    uint32_t rows);
static int same_partition(const behaviour_t *a, const behaviour_t *b,
    uint32_t rows, uint8_t *of);
static int read_alike(const behaviour_t *a, const behaviour_t *b,
    const uint8_t *of);
static int names_have_a_word(aud_str_t a, aud_str_t b);
static aud_str_t next_word(aud_str_t *rest);
static int same_folded(aud_str_t a, aud_str_t b);


int
behaviour_copies(behaviour_plan_t *plans, size_t n, uint32_t rows)
{
    int     texts;
    size_t  i;

    for (texts = 1; texts >= 0; texts--) {
        for (i = 0; i < n; i++) {
            if (!plans[i].left_out
                && (plans[i].behaviour.type == AUD_TYPE_TEXT) == texts
                && leave_out(&plans[i], plans, n, rows) != 0)
            {
                return -1;
            }
        }
    }

    return 0;
}


/* If one that comes before is the same, be it a copy itself. */
static int
leave_out(behaviour_plan_t *plan, const behaviour_plan_t *plans, size_t n,
    uint32_t rows)
{
    int                      same, text;
    const behaviour_plan_t  *other;

    text = plan->behaviour.type == AUD_TYPE_TEXT;

    for (other = plans; other < plans + n; other++) {

        if ((other->left_out && other->reason != BEHAVIOUR_SAME_AS)
            || (other->behaviour.type == AUD_TYPE_TEXT) < text
            || ((other->behaviour.type == AUD_TYPE_TEXT) == text
                && other >= plan))
        {
            continue;
        }

        same = is_copy(other, plan, rows);

        if (same < 0) {
            return -1;
        }

        if (same) {
            plan->left_out = 1;
            plan->reason = BEHAVIOUR_SAME_AS;
            plan->same_as = other->left_out ? other->same_as
                                            : other->behaviour.name;
            return 0;
        }
    }

    return 0;
}


/* 1, 0, or -1 when memory is out. */
static int
is_copy(const behaviour_plan_t *a, const behaviour_plan_t *b, uint32_t rows)
{
    int      same;
    uint8_t  of[BEHAVIOUR_MISSING + 1];

    if (a->partition != b->partition
        || a->behaviour.ncategories != b->behaviour.ncategories
        || !same_partition(&a->behaviour, &b->behaviour, rows, of))
    {
        return 0;
    }

    same = read_alike(&a->behaviour, &b->behaviour, of);

    return same ? same
                : names_have_a_word(a->behaviour.name, b->behaviour.name);
}


/* of: the category of b that each of a is. */
static int
same_partition(const behaviour_t *a, const behaviour_t *b, uint32_t rows,
    uint8_t *of)
{
    uint32_t  i;

    for (i = 0; i < rows; i++) {
        of[a->codes[i]] = b->codes[i];
    }

    for (i = 0; i < rows; i++) {
        if (of[a->codes[i]] != b->codes[i]) {
            return 0;
        }
    }

    return 1;
}


/* "Sim" and "1" say nothing of what is meant. */
static int
read_alike(const behaviour_t *a, const behaviour_t *b, const uint8_t *of)
{
    int                          same;
    uint32_t                     i;
    const behaviour_category_t  *x, *y;

    if (a->type != AUD_TYPE_TEXT && a->categories[0].kind == BEHAVIOUR_VALUE) {
        return 0;
    }

    for (i = 0; i < a->ncategories; i++) {
        x = &a->categories[i];
        y = &b->categories[of[i]];

        if (x->kind != y->kind || x->from != y->from || x->to != y->to) {
            return 0;
        }

        same = same_folded(x->text, y->text);

        if (same <= 0) {
            return same;
        }
    }

    return 1;
}


static int
same_folded(aud_str_t a, aud_str_t b)
{
    int           same;
    aud_buffer_t  x = { 0 }, y = { 0 };

    aud_fold(&x, a);
    aud_fold(&y, b);
    same = x.failed || y.failed
           ? -1 : aud_str_equal(aud_buffer_str(&x), aud_buffer_str(&y));
    aud_buffer_free(&x);
    aud_buffer_free(&y);

    return same;
}


static int
names_have_a_word(aud_str_t a, aud_str_t b)
{
    int           found = 0;
    aud_str_t     x, y, rest, word, other;
    aud_buffer_t  folded_a = { 0 }, folded_b = { 0 };

    aud_fold(&folded_a, a);
    aud_fold(&folded_b, b);
    x = aud_buffer_str(&folded_a);
    y = aud_buffer_str(&folded_b);

    while ((word = next_word(&x)).len) {
        rest = y;

        while (!found && (other = next_word(&rest)).len) {
            found = aud_str_equal(word, other);
        }
    }

    if (folded_a.failed || folded_b.failed) {
        found = -1;
    }

    aud_buffer_free(&folded_a);
    aud_buffer_free(&folded_b);

    return found;
}


/* Empty behind the last. */
static aud_str_t
next_word(aud_str_t *rest)
{
    size_t  from, to = 0;

    do {
        for (from = to; from < rest->len && !aud_word_byte(rest->data[from]);
             from++)
        {
            /* void */
        }

        for (to = from; to < rest->len && aud_word_byte(rest->data[to]); to++) {
            /* void */
        }

    } while (to > from && to - from < WORD);

    *rest = aud_str(rest->data + to, rest->len - to);

    return aud_str(rest->data - (to - from), to - from);
}


/* Categories are numbered as they come, so that their order is not told; those
 * who have none are a part as well. */
uint64_t
behaviour_partition(const uint8_t *codes, uint32_t rows)
{
    uint8_t         number[BEHAVIOUR_MISSING + 1] = { 0 }, next = 0;
    uint8_t         block[BLOCK];
    uint32_t        i, at;
    XXH3_state_t    state;

    XXH3_64bits_reset(&state);

    for (at = 0; at < rows; at += i) {
        for (i = 0; i < BLOCK && at + i < rows; i++) {
            if (number[codes[at + i]] == 0) {
                number[codes[at + i]] = ++next;
            }

            block[i] = number[codes[at + i]];
        }

        XXH3_64bits_update(&state, block, i);
    }

    return XXH3_64bits_digest(&state);
}
