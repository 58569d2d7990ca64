#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "behaviour_copies.h"

/* Bytes of a word that says what a field is about; "dos" and "com" do not. */
#define WORD  4

/* People that are looked at. */
#define SAMPLE  65536


static int leave_out(behaviour_plan_t *plan, behaviour_plan_t *const *before,
    size_t n, uint32_t rows);
static int by_worth(const void *a, const void *b);
static int is_copy(const behaviour_t *a, const behaviour_t *b, uint32_t rows);
static int read_alike(const behaviour_t *a, const behaviour_t *b,
    uint8_t *of);
static int go_together(const behaviour_t *a, const behaviour_t *b,
    uint32_t rows, const uint8_t *of);
static int count_both(const behaviour_t *a, const behaviour_t *b,
    uint32_t rows, uint32_t both[][BEHAVIOUR_CATEGORIES]);
static int names_have_a_word(aud_str_t a, aud_str_t b);
static aud_str_t next_word(aud_str_t *rest);
static int same_folded(aud_str_t a, aud_str_t b);


int
behaviour_copies(behaviour_plan_t *plans, size_t n, uint32_t rows)
{
    int                 rc = 0;
    size_t              i, nkept = 0;
    behaviour_plan_t  **kept;

    kept = aud_malloc((n + 1) * sizeof(behaviour_plan_t *));
    if (kept == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (!plans[i].left_out) {
            kept[nkept++] = &plans[i];
        }
    }

    qsort(kept, nkept, sizeof(behaviour_plan_t *), by_worth);

    for (i = 1; i < nkept && rc == 0; i++) {
        rc = leave_out(kept[i], kept, i, rows);
    }

    aud_free(kept);

    return rc;
}


/* Plans stand by name. */
static int
by_worth(const void *a, const void *b)
{
    int                      text_x, text_y;
    const behaviour_plan_t  *x = *(behaviour_plan_t *const *) a;
    const behaviour_plan_t  *y = *(behaviour_plan_t *const *) b;

    text_x = x->behaviour.type == AUD_TYPE_TEXT;
    text_y = y->behaviour.type == AUD_TYPE_TEXT;

    if (text_x != text_y) {
        return text_y - text_x;
    }

    if (x->behaviour.filled != y->behaviour.filled) {
        return x->behaviour.filled < y->behaviour.filled ? 1 : -1;
    }

    return (x > y) - (x < y);
}


/* If one of the n before it is the same, be that a copy itself. */
static int
leave_out(behaviour_plan_t *plan, behaviour_plan_t *const *before, size_t n,
    uint32_t rows)
{
    int     same = 0;
    size_t  i;

    for (i = 0; i < n && same == 0; i++) {
        same = is_copy(&before[i]->behaviour, &plan->behaviour, rows);
    }

    if (same == 1) {
        plan->left_out = 1;
        plan->reason = BEHAVIOUR_SAME_AS;
        plan->same_as = before[i - 1]->left_out
                        ? before[i - 1]->same_as
                        : before[i - 1]->behaviour.name;
    }

    return same < 0 ? -1 : 0;
}


/* 1, 0, or -1 when memory is out. */
static int
is_copy(const behaviour_t *a, const behaviour_t *b, uint32_t rows)
{
    int      named, alike;
    uint8_t  of[BEHAVIOUR_CATEGORIES];

    if (a->ncategories != b->ncategories) {
        return 0;
    }

    named = names_have_a_word(a->name, b->name);
    alike = named ? named : read_alike(a, b, of);

    return alike == 1 ? go_together(a, b, rows, named ? NULL : of) : alike;
}


/* of: the category of b that reads as each of a.  "Sim" and "1" say nothing of
 * what is meant. */
static int
read_alike(const behaviour_t *a, const behaviour_t *b, uint8_t *of)
{
    int                          same;
    uint8_t                      x, y;
    const behaviour_category_t  *c, *d;

    if (a->type != AUD_TYPE_TEXT && a->categories[0].kind == BEHAVIOUR_VALUE) {
        return 0;
    }

    for (x = 0; x < a->ncategories; x++) {
        c = &a->categories[x];

        for (y = 0, same = 0; y < b->ncategories && same == 0; y++) {
            d = &b->categories[y];

            if (c->kind == d->kind && c->from == d->from && c->to == d->to) {
                same = same_folded(c->text, d->text);
            }
        }

        if (same <= 0) {
            return same;
        }

        of[x] = y - 1;
    }

    return 1;
}


/*
 * Whether those in a category of either are in one of the other.  of: in which,
 * or NULL: any, but as more than half of either are in the other, no two belong
 * to one.
 */
static int
go_together(const behaviour_t *a, const behaviour_t *b, uint32_t rows,
    const uint8_t *of)
{
    uint8_t   x, y, most;
    uint32_t  both[BEHAVIOUR_CATEGORIES][BEHAVIOUR_CATEGORIES] = { { 0 } };
    uint32_t  in_a[BEHAVIOUR_CATEGORIES] = { 0 };
    uint32_t  in_b[BEHAVIOUR_CATEGORIES] = { 0 };

    if (count_both(a, b, rows, both) == 0) {
        return 0;
    }

    for (x = 0; x < a->ncategories; x++) {
        for (y = 0; y < b->ncategories; y++) {
            in_a[x] += both[x][y];
            in_b[y] += both[x][y];
        }
    }

    for (x = 0; x < a->ncategories; x++) {
        most = of ? of[x] : 0;

        for (y = 0; of == NULL && y < b->ncategories; y++) {
            most = both[x][y] > both[x][most] ? y : most;
        }

        if (in_a[x] == 0 || both[x][most] < in_a[x] * BEHAVIOUR_ALIKE
            || both[x][most] < in_b[most] * BEHAVIOUR_ALIKE)
        {
            return 0;
        }
    }

    return 1;
}


/* Of many rows one of each stretch, not at the same place of each: files may
 * have a rhythm.  0 where too few have both fields. */
static int
count_both(const behaviour_t *a, const behaviour_t *b, uint32_t rows,
    uint32_t both[][BEHAVIOUR_CATEGORIES])
{
    uint32_t  i, row, step = rows / SAMPLE + 1;
    uint64_t  in_a = 0, in_b = 0, known = 0;

    for (i = 0; i < rows / step; i++) {
        row = i * step + (i * 2654435761u >> 8) % step;
        in_a += a->codes[row] != BEHAVIOUR_MISSING;
        in_b += b->codes[row] != BEHAVIOUR_MISSING;

        if (a->codes[row] != BEHAVIOUR_MISSING
            && b->codes[row] != BEHAVIOUR_MISSING)
        {
            both[a->codes[row]][b->codes[row]]++;
            known++;
        }
    }

    return known && known * 2 >= (in_a < in_b ? in_a : in_b);
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
