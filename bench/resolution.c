/*
 * resolution PEOPLE [SEED] prints how well rows of made-up people are resolved:
 * precision, recall and F1 over pairs of rows, for the default policy, for
 * variations of it, and for simpler ways to resolve.
 *
 * resolution --csv PEOPLE [SEED] writes the rows themselves, with the person
 * that each is of, so that any other program can be measured with them.
 */

#include <time.h>

#include "aud_alloc.h"
#include "aud_tax_document.h"
#include "components.h"
#include "email.h"
#include "intern.h"
#include "phone.h"
#include "resolution_people.h"


typedef struct {
    char  document[AUD_TAX_DOCUMENT_LEN + 1];
    char  phone[AUD_PHONE_LEN + 1];
    char  email[EMAIL_LEN + 1];
    char  name[AUD_PERSON_NAME_LEN + 1];
} normal_t;

typedef struct {
    uint64_t  truth, cluster;
} placed_t;

typedef struct {
    double  precision, recall, f1;
    size_t  whole, mixed, people, profiles;
} score_t;


static people_row_t        *rows;
static normal_t            *normal;
static component_record_t  *records;
static uint32_t            *connected;
static size_t               nrows;


static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return t.tv_sec + t.tv_nsec / 1e9;
}


static void
make_rows(uint32_t people, uint64_t seed)
{
    size_t            capacity = (size_t) people * 8;
    uint32_t          i;
    people_person_t  *all = people_make(people, seed);

    rows = calloc(capacity + 8, sizeof(people_row_t));

    for (i = 0; i < people; i++) {
        do {
            people_row(&rows[nrows++], all, i);
        } while (nrows < capacity && people_below(100) < 58);
    }

    free(all);
}


static void
normalise(size_t i)
{
    aud_buffer_t  name = { 0 };

    aud_tax_document_normalise(aud_str(rows[i].document,
                                       strlen(rows[i].document)),
                               normal[i].document);
    phone_normalise(aud_str(rows[i].phone, strlen(rows[i].phone)), "BR", "11",
                    normal[i].phone);
    email_normalise(aud_str(rows[i].email, strlen(rows[i].email)),
                    normal[i].email);
    aud_person_name_canonical(&name, aud_str(rows[i].name,
                                             strlen(rows[i].name)));

    if (name.len) {
        memcpy(normal[i].name, name.data, name.len);
    }

    aud_buffer_free(&name);
}


static void
normalise_all(void)
{
    double      began = seconds();
    normal_t   *n;

    normal = calloc(nrows + 1, sizeof(normal_t));
    records = calloc(nrows + 1, sizeof(component_record_t));
    connected = calloc(nrows + 1, sizeof(uint32_t));

    for (size_t i = 0; i < nrows; i++) {
        normalise(i);
        n = &normal[i];
        records[i] = (component_record_t) {
            i, { aud_str(n->document, strlen(n->document)),
                 aud_str(n->phone, strlen(n->phone)),
                 aud_str(n->email, strlen(n->email)) },
            aud_str(n->name, strlen(n->name))
        };
    }

    printf("normalising %zu rows: %.2f s\n", nrows, seconds() - began);
}


static int
by_cluster(const void *a, const void *b)
{
    const placed_t  *x = a, *y = b;

    if (x->cluster != y->cluster) {
        return x->cluster < y->cluster ? -1 : 1;
    }

    return (x->truth > y->truth) - (x->truth < y->truth);
}


static int
by_truth(const void *a, const void *b)
{
    const placed_t  *x = a, *y = b;

    if (x->truth != y->truth) {
        return x->truth < y->truth ? -1 : 1;
    }

    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}


static double
pairs(double n)
{
    return n * (n - 1) / 2;
}


static score_t
score(const uint32_t *cluster)
{
    size_t     i, k;
    double     both = 0, found = 0, real = 0;
    score_t    s = { 0 };
    placed_t  *placed = calloc(nrows + 1, sizeof(placed_t));

    for (i = 0; i < nrows; i++) {
        placed[i] = (placed_t) { rows[i].person, cluster[i] };
    }

    qsort(placed, nrows, sizeof(placed_t), by_cluster);

    for (i = 0; i < nrows; i = k) {
        for (k = i; k < nrows && placed[k].cluster == placed[i].cluster; k++) {
            /* one profile */
        }

        found += pairs(k - i);
        s.profiles++;
        s.mixed += placed[i].truth != placed[k - 1].truth;
    }

    qsort(placed, nrows, sizeof(placed_t), by_truth);

    for (i = 0; i < nrows; i = k) {
        for (k = i; k < nrows && placed[k].truth == placed[i].truth; k++) {
            /* one person */
        }

        real += pairs(k - i);
        s.people++;
        s.whole += placed[i].cluster == placed[k - 1].cluster;
    }

    for (i = 0; i < nrows; i = k) {
        for (k = i; k < nrows && by_truth(&placed[k], &placed[i]) == 0; k++) {
            /* rows of one person in one profile */
        }

        both += pairs(k - i);
    }

    free(placed);
    s.precision = found ? both / found : 1;
    s.recall = real ? both / real : 1;
    s.f1 = 2 * s.precision * s.recall / (s.precision + s.recall);

    return s;
}


static void
print(const char *name, const score_t *s, double took)
{
    printf("%-46s %9.4f %8.4f %8.4f %9.2f %8.2f %9zu %6.2f\n", name,
           s->precision, s->recall, s->f1, 100.0 * s->whole / s->people,
           100.0 * s->mixed / s->profiles, s->profiles, took);
}


static void
measure(const char *name, const component_record_t *of,
    const component_policy_t *policy, int listed)
{
    static const component_value_t  fillers[] = {
        { COMPONENT_EMAIL, { "nao@tem.com", 11 } },
        { COMPONENT_EMAIL, { "email@email.com", 15 } },
        { COMPONENT_PHONE, { "+5511999999999", 14 } },
        { COMPONENT_TAX_DOCUMENT, { "12345678909", 11 } },
    };

    double              began = seconds(), took;
    score_t             s;
    aud_error_t         err;
    components_t       *c;
    component_input_t   in = {
        .records = of, .n = nrows, .policy = policy, .listed = fillers,
        .nlisted = listed ? COUNT(fillers) : 0
    };

    c = components_resolve(&in, &err);
    took = seconds() - began;

    if (c == NULL) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }

    s = score(c->component);
    print(name, &s, took);
    components_free(c);
}


/* What the rows can tell at all: the same person's rows joined by any value,
 * others' never. */
static void
measure_ceiling(void)
{
    static char  (*texts)[3][288];

    component_policy_t   any = {
        .weight = { 1, 1, 1 }, .company_weight = 1, .threshold = 1,
        .max_people = { 1u << 30, 1u << 30, 1u << 30 },
        .max_variants = 1u << 30
    };
    component_record_t  *of = calloc(nrows + 1, sizeof(*of));

    texts = calloc(nrows + 1, sizeof(*texts));

    for (size_t i = 0; i < nrows; i++) {
        of[i].ref = i;

        for (int k = 0; k < COMPONENT_KINDS; k++) {
            /* a person's documents are not told apart, to guard nothing */
            if (records[i].values[k].len) {
                snprintf(texts[i][k], sizeof(texts[i][k]), "%u %.*s",
                         rows[i].person,
                         k ? (int) records[i].values[k].len : 0,
                         records[i].values[k].data);
                of[i].values[k] = aud_str(texts[i][k], strlen(texts[i][k]));
            }
        }
    }

    measure("(all that shared values can tell)", of, &any, 0);
    free(texts);
    free(of);
}


static uint32_t
root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }

    return i;
}


/* connected[i]: a row that stands for all that row i is connected with. */
static void
connect(unsigned kinds)
{
    size_t     i;
    uint32_t   value, *first;
    intern_t   values;

    first = calloc(nrows + 1, sizeof(uint32_t));

    for (i = 0; i < nrows; i++) {
        connected[i] = i;
    }

    for (int kind = 0; kind < COMPONENT_KINDS; kind++) {
        memset(&values, 0, sizeof(values));

        for (i = 0; (kinds >> kind & 1) && i < nrows; i++) {
            if (intern_add(&values, records[i].values[kind], &value) != 0
                || value == INTERN_NONE)
            {
                continue;
            }

            if (values.items[value].text.data == records[i].values[kind].data) {
                first[value] = i;           /* the first that holds it */
            }

            connected[root_of(connected, i)] = root_of(connected,
                                                       first[value]);
        }

        intern_free(&values);
    }

    for (i = 0; i < nrows; i++) {
        connected[i] = root_of(connected, i);
    }

    free(first);
}


/* Equal values join, with nothing to guard them. */
static void
measure_union(const char *name, unsigned kinds)
{
    double   began = seconds(), took;
    score_t  s;

    connect(kinds);
    took = seconds() - began;
    s = score(connected);
    print(name, &s, took);
}


/* How far a change can reach: rows connected by values that link. */
static void
measure_connected(void)
{
    size_t              i, most = 0, *sizes;
    double              expected = 0;
    uint32_t            blocked;
    aud_error_t         err;
    components_t       *c;
    component_record_t *kept = records;
    intern_t            values[COMPONENT_KINDS] = { 0 };
    component_input_t   in = {
        .records = records, .n = nrows, .policy = &component_policy_default
    };

    c = components_resolve(&in, &err);
    records = malloc((nrows + 1) * sizeof(*records));
    memcpy(records, kept, nrows * sizeof(*records));

    for (i = 0; c && i < c->nblocked; i++) {
        (void) intern_add(&values[c->blocked[i].kind], c->blocked[i].value,
                          &blocked);
    }

    for (i = 0; i < nrows; i++) {
        for (int k = 0; k < COMPONENT_KINDS; k++) {
            if (intern_find(&values[k], records[i].values[k]) != INTERN_NONE) {
                records[i].values[k].len = 0;
            }
        }
    }

    connect(7);
    sizes = calloc(nrows + 1, sizeof(size_t));

    for (i = 0; i < nrows; i++) {
        sizes[connected[i]]++;
    }

    for (i = 0; i < nrows; i++) {
        most = sizes[i] > most ? sizes[i] : most;
        expected += (double) sizes[i] * sizes[i] / nrows;
    }

    printf("\nconnected by values that link: %.1f rows where a row is met, "
           "at most %zu\n", expected, most);

    for (int k = 0; k < COMPONENT_KINDS; k++) {
        intern_free(&values[k]);
    }

    free(sizes);
    free(records);
    records = kept;
    components_free(c);
}


static void
measure_all(void)
{
    component_policy_t        p;
    const component_policy_t  d = component_policy_default;

    printf("\n%-46s %9s %8s %8s %9s %8s %9s %6s\n", "", "precision", "recall",
           "F1", "whole %", "mixed %", "profiles", "s");
    measure_ceiling();
    measure_union("one phone is one profile", 1 << COMPONENT_PHONE);
    measure_union("one tax document is one profile",
                  1 << COMPONENT_TAX_DOCUMENT);
    measure_union("any equal value joins, no guards", 7);
    measure("defaults", records, &d, 0);
    measure("defaults, fillers listed", records, &d, 1);

#define VARIATION(name, ...)                                                  \
    p = d;                                                                    \
    __VA_ARGS__;                                                              \
    measure(name, records, &p, 0)

    VARIATION("names say nothing",
              p.name_supports = 0; p.name_contradicts = 0);
    VARIATION("other names never join, CPF too (contradicts 250)",
              p.name_contradicts = 250);
    VARIATION("other names: phone and e-mail join (60)",
              p.name_contradicts = 60);
    VARIATION("other names: any one value joins (10)",
              p.name_contradicts = 10);
    VARIATION("a CNPJ weighs as a CPF", p.company_weight = 150);
    VARIATION("a CNPJ does not link", p.company_weight = 0);
    VARIATION("phone alone needs a name (phone 40)",
              p.weight[COMPONENT_PHONE] = 40);
    VARIATION("e-mail alone needs a name (e-mail 40)",
              p.weight[COMPONENT_EMAIL] = 40);
    VARIATION("phone or e-mail alone need a name (40, 40)",
              p.weight[COMPONENT_PHONE] = p.weight[COMPONENT_EMAIL] = 40);
    VARIATION("limits of people halved",
              for (int k = 0; k < 3; k++) { p.max_people[k] /= 2; });
    VARIATION("limits of people doubled",
              for (int k = 0; k < 3; k++) { p.max_people[k] *= 2; });
    VARIATION("limits of people times fifty",
              for (int k = 0; k < 3; k++) { p.max_people[k] *= 50; }
              p.max_variants = 1000);
}


int
main(int argc, char **argv)
{
    int       csv = argc > 1 && strcmp(argv[1], "--csv") == 0;
    uint32_t  people;

    if (argc < 2 + csv) {
        fputs("usage: resolution [--csv] PEOPLE [SEED]\n", stderr);
        return 2;
    }

    people = strtoul(argv[1 + csv], NULL, 10);
    make_rows(people, argc > 2 + csv ? strtoull(argv[2 + csv], NULL, 10) : 1);

    if (csv) {
        puts("phoneNumber;email;taxDocument;name;person");

        for (size_t i = 0; i < nrows; i++) {
            printf("%s;%s;%s;%s;%u\n", rows[i].phone, rows[i].email,
                   rows[i].document, rows[i].name, rows[i].person);
        }

        return 0;
    }

    printf("%u people, %zu rows\n", people, nrows);
    normalise_all();
    measure_all();
    measure_connected();

    free(connected);
    free(rows);
    free(normal);
    free(records);

    return 0;
}
