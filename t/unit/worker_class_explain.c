/*
 * What makes a class: counts, shares, significance and principal values
 * against plain computation over random categories, and the statistics against
 * printed tables.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "class_explain.h"
#include "class_test.h"
#include "random.h"

#define ROWS     900
#define FIELDS   7
#define CLASSES  5
#define RUNS     60


static behaviours_t          base;
static behaviour_t           fields[FIELDS];
static behaviour_category_t  categories[FIELDS][BEHAVIOUR_CATEGORIES];
static uint8_t               codes[FIELDS][ROWS + 1];
static uint64_t              members[CLASSES][AUD_WORDS(ROWS)];
static uint64_t             *bitmaps[CLASSES];
static size_t                nclasses;


/* ---- the statistics ---- */

static void
close_to(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%.10g, not %.10g", value, expected);
    }
}


/*
 * McDonald, Handbook of Biological Statistics, 3rd ed. 2014, on the G-test of
 * independence: swelling after an injection into thigh or arm, G = 2.14,
 * p = 0.14.  And the corners of chi-square with one degree of freedom, as every
 * table has them.
 */
static void
statistics_are_those_of_the_tables(void **state)
{
    close_to(class_test_g(4758, 30, 8840, 76), 2.14, 0.005);
    close_to(class_test_p(class_test_g(4758, 30, 8840, 76)), 0.14, 0.005);

    close_to(class_test_p(3.841459), 0.05, 1e-7);
    close_to(class_test_p(6.634897), 0.01, 1e-7);
    close_to(class_test_p(10.827566), 0.001, 1e-8);
    close_to(class_test_p(0), 1, 0);
    assert_true(class_test_p(1e6) == 0);

    close_to(class_test_g(50, 50, 50, 50), 0, 1e-12);
    assert_true(class_test_g(0, 0, 5, 5) == 0);
    assert_true(class_test_g(5, 0, 5, 0) == 0);
    assert_true(class_test_g(5, 5, 0, 0) == 0);
    assert_true(class_test_g(0, 5, 0, 5) == 0);
}


/* Benjamini and Hochberg 1995, 3.1: fifteen p-values of a study of heart
 * attacks, of which four are significant at 5 %. */
static void
false_discoveries_are_limited(void **state)
{
    double  p[] = { 0.6528, 0.0001, 0.0298, 0.0095, 0.0344, 0.0201, 0.0278,
                    0.0004, 0.0019, 0.0459, 0.3240, 0.4262, 0.5719, 0.7590,
                    1.000 };
    double  none[] = { 0.5, 0.02 };

    close_to(class_test_limit(p, 15, 0.05), 0.0095, 0);
    assert_true(class_test_limit(none, 2, 0.01) < 0);
    assert_true(class_test_limit(none, 0, 0.01) < 0);
}


/* ---- random classes ---- */

static void
random_base(void)
{
    size_t    f, c, row, k;
    uint32_t  rows = random_below(ROWS + 1), group;
    uint8_t   code, known[FIELDS], usual[FIELDS];

    base = (behaviours_t) { .rows = rows, .n = random_below(FIELDS + 1),
                            .fields = fields };
    nclasses = random_below(CLASSES + 1);
    memset(members, 0, sizeof(members));

    for (f = 0; f < FIELDS; f++) {
        fields[f] = (behaviour_t) { .ncategories = random_below(11) + 2,
                                    .categories = categories[f],
                                    .codes = codes[f] };

        known[f] = random_below(3) ? 90 : 25;
        usual[f] = random_below(3) ? 0 : 75;

        for (c = 0; c < fields[f].ncategories; c++) {
            categories[f][c].kind = f % 2 ? BEHAVIOUR_RANGE : BEHAVIOUR_VALUE;
            categories[f][c].count = 0;
        }

        if (f % 2 == 0 && random_below(2)) {
            categories[f][c - 1].kind = BEHAVIOUR_OTHER;
        }
    }

    for (row = 0; row < rows; row++) {
        group = random_below(CLASSES + 1);

        for (f = 0; f < FIELDS; f++) {
            code = random_below(4) ? group * (f + 1) + random_below(2)
                                   : random_below(fields[f].ncategories);
            code = random_below(100) < usual[f] ? 1
                   : code % fields[f].ncategories;
            code = random_below(100) < known[f] ? code : BEHAVIOUR_MISSING;
            codes[f][row] = code;

            if (code != BEHAVIOUR_MISSING) {
                categories[f][code].count++;
                fields[f].filled++;
            }
        }

        for (k = 0; k < CLASSES; k++) {
            bitmaps[k] = members[k];
            members[k][row / 64] |= (uint64_t) (k == group
                                                || random_below(12) == 0)
                                    << (row % 64);
        }
    }
}


static double
entropy(double count, double all)
{
    return count > 0 ? -count * log(count / all) : 0;
}


/* G as twice the people times the mutual information. */
static double
g_plainly(double a, double b, double c, double d)
{
    double  n = a + b + c + d;

    return 2 * (entropy(a + b, n) + entropy(c + d, n)
                + entropy(a + c, n) + entropy(b + d, n)
                - entropy(a, n) - entropy(b, n) - entropy(c, n)
                - entropy(d, n));
}


static void
check_value(const class_value_t *v, size_t class)
{
    size_t    row;
    double    inside = 0, inside_filled = 0, all = 0, filled = 0, g;
    uint8_t   code;

    for (row = 0; row < base.rows; row++) {
        code = codes[v->field][row];
        all += code == v->category;
        filled += code != BEHAVIOUR_MISSING;

        if (aud_bit(members[class], row)) {
            inside += code == v->category;
            inside_filled += code != BEHAVIOUR_MISSING;
        }
    }

    assert_true(v->inside == inside && v->inside_filled == inside_filled);
    assert_true(v->base == all && v->base_filled == filled);
    close_to(v->share, inside_filled ? inside / inside_filled : 0, 1e-12);
    close_to(v->base_share, filled ? all / filled : 0, 1e-12);
    close_to(v->lift * v->base_share, v->base_share > 0 ? v->share : 0, 1e-9);

    g = filled ? g_plainly(inside, inside_filled - inside, all - inside,
                           filled - inside_filled - all + inside) : 0;
    close_to(v->g, g, 1e-6);
    close_to(v->p, erfc(sqrt(v->g / 2)), 1e-12);
}


/* By its definition: p is significant where some p' at or above it has no more
 * than 1 % of the tests that are at or below p' by chance. */
static int
significant_plainly(const class_explanation_t *e, double p)
{
    size_t  i, j, k, l, below, n = nclasses * e[0].nvalues;
    double  limit;

    for (i = 0; i < nclasses; i++) {
        for (j = 0; j < e[i].nvalues; j++) {
            limit = e[i].values[j].p;
            below = 0;

            if (limit < p) {
                continue;
            }

            for (k = 0; k < nclasses; k++) {
                for (l = 0; l < e[k].nvalues; l++) {
                    below += e[k].values[l].p <= limit;
                }
            }

            if (limit * n <= 0.01 * below) {
                return 1;
            }
        }
    }

    return 0;
}


/* A run of values, counted anew: its G where it may be principal, else 0. */
static double
run_plainly(const class_explanation_t *e, size_t first, size_t last)
{
    size_t                i;
    double                a = 0, c = 0, filled, inside_filled;
    const class_value_t  *v;

    for (i = first; i <= last; i++) {
        v = &e->values[i];

        if (v->field != e->values[first].field || !v->significant
            || v->share <= v->base_share
            || categories[v->field][v->category].kind == BEHAVIOUR_OTHER
            || (last > first && categories[v->field][v->category].kind
                                != BEHAVIOUR_RANGE))
        {
            return 0;
        }

        a += v->inside;
        c += v->base - v->inside;
    }

    v = &e->values[first];
    inside_filled = v->inside_filled;
    filled = v->base_filled;

    if (a / inside_filled < 0.3 || a < 0.2 * e->members
        || a / inside_filled < 1.2 * ((a + c) / filled))
    {
        return 0;
    }

    return g_plainly(a, inside_filled - a, c, filled - inside_filled - c);
}


/* Each field's run is the best of all its runs; fields stand by G. */
static void
check_principal(const class_explanation_t *e)
{
    int     seen[FIELDS] = { 0 };
    size_t  i, first, last, n, runs = 0;
    double  g, best, before = INFINITY;

    for (i = 0; i < e->nprincipal; i += n) {
        first = e->principal[i];

        for (n = 1; i + n < e->nprincipal
                    && e->principal[i + n] == first + n
                    && e->values[first + n].field == e->values[first].field;
             n++)
        {
            /* void */
        }

        assert_false(seen[e->values[first].field]);
        seen[e->values[first].field] = 1;
        g = run_plainly(e, first, first + n - 1);
        assert_true(g > 0 && g <= before + 1e-6);
        before = g;
        runs++;

        for (first = 0; first < e->nvalues; first++) {
            for (last = first; last < e->nvalues; last++) {
                if (e->values[first].field == e->values[e->principal[i]].field)
                {
                    best = run_plainly(e, first, last);
                    assert_true(best <= g + 1e-6);
                }
            }
        }
    }

    for (first = 0; first < e->nvalues; first++) {
        for (last = first; last < e->nvalues; last++) {
            assert_true(seen[e->values[first].field]
                        || run_plainly(e, first, last) == 0);
        }
    }
}


static void
check_class(const class_explanation_t *e, size_t class)
{
    size_t  i, row, n = 0, nvalues = 0, both;

    for (row = 0; row < base.rows; row++) {
        n += aud_bit(members[class], row);
    }

    assert_int_equal(e->members, n);
    close_to(e->share, n ? (double) n / base.rows : 0, 1e-12);

    for (i = 0; i < nclasses; i++) {
        both = 0;

        for (row = 0; row < base.rows; row++) {
            both += aud_bit(members[class], row) && aud_bit(members[i], row);
        }

        close_to(e->overlap[i], n ? (double) both / n : 0, 1e-12);
    }

    for (i = 0; i < base.n; i++) {
        for (row = 0; row < fields[i].ncategories; row++) {
            assert_int_equal(e->values[nvalues].field, i);
            assert_int_equal(e->values[nvalues].category, row);
            check_value(&e->values[nvalues++], class);
        }
    }

    assert_int_equal(e->nvalues, nvalues);
}


static void
classes_are_as_counted_plainly(void **state)
{
    size_t                run, i, j, significant = 0, principal = 0, joined = 0;
    class_explanation_t  *e;

    for (run = 0; run < RUNS; run++) {
        random_base();
        e = class_explain(&base, bitmaps, nclasses, run % 4);
        assert_non_null(e);

        for (i = 0; i < nclasses; i++) {
            check_class(&e[i], i);
            check_principal(&e[i]);
            principal += e[i].nprincipal;

            for (j = 0; j < e[i].nvalues; j++) {
                assert_int_equal(e[i].values[j].significant,
                                 significant_plainly(e, e[i].values[j].p));
                significant += e[i].values[j].significant;
            }

            for (j = 1; j < e[i].nprincipal; j++) {
                joined += e[i].values[e[i].principal[j]].field
                          == e[i].values[e[i].principal[j - 1]].field;
            }
        }

        class_explanations_free(e, nclasses);
    }

    assert_true(significant > 500 && principal > 200 && joined > 20);
}


/* A class that is drawn by lot has nothing that makes it. */
static void
noise_has_no_characteristics(void **state)
{
    size_t                run, row, found = 0;
    class_explanation_t  *e;

    for (run = 0; run < RUNS; run++) {
        random_base();
        nclasses = 1;
        memset(members, 0, sizeof(members));

        for (row = 0; row < base.rows; row++) {
            members[0][row / 64] |= (uint64_t) random_below(2) << (row % 64);
        }

        e = class_explain(&base, bitmaps, 1, 1);
        found += e->nprincipal > 0;
        class_explanations_free(e, 1);
    }

    assert_true(found <= 2);
}


static int  allocations;


static void *
fail_allocation(void *p, size_t size)
{
    return allocations-- > 0 ? realloc(p, size) : NULL;
}


static void
memory_runs_out_anywhere(void **state)
{
    int                   after;
    aud_allocator_t       kept = aud_allocator;
    class_explanation_t  *e = NULL;

    do {
        random_base();
    } while (base.n < 3 || nclasses < 2);

    for (after = 0; e == NULL; after++) {
        allocations = after;
        aud_allocator.realloc = fail_allocation;
        e = class_explain(&base, bitmaps, nclasses, 1);
        aud_allocator = kept;
        assert_true(after < 1000);
    }

    assert_true(after > 8);
    class_explanations_free(e, nclasses);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(statistics_are_those_of_the_tables),
        cmocka_unit_test(false_discoveries_are_limited),
        cmocka_unit_test(classes_are_as_counted_plainly),
        cmocka_unit_test(noise_has_no_characteristics),
        cmocka_unit_test(memory_runs_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
