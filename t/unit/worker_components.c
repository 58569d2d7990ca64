/*
 * Which records are one person: examples, laws, and the plain model.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "components.h"
#include "random.h"
#include "resolution_model.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

#define CPF    "52998224725"
#define CPF2   "11144477735"
#define CNPJ   "11222333000181"
#define PHONE  "+5511987654321"
#define MAIL   "ana@exemplo.com"


static aud_str_t
text(const char *s)
{
    return aud_str(s, s ? strlen(s) : 0);
}


static component_record_t
record(uint64_t ref, const char *document, const char *phone,
    const char *email, const char *name)
{
    return (component_record_t) {
        ref, { text(document), text(phone), text(email) }, text(name)
    };
}


static components_t *
resolve(const component_record_t *records, size_t n,
    const component_mention_t *mentions, size_t nmentions)
{
    aud_error_t         err = { 0 };
    components_t       *c;
    component_input_t   in = {
        .records = records, .n = n, .mentions = mentions,
        .nmentions = nmentions, .policy = &component_policy_default
    };

    c = components_resolve(&in, &err);
    assert_non_null(c);
    assert_int_equal(c->njoins, n - c->ncomponents);

    return c;
}


/* "0 0 1": the components of records */
static void
expect(const component_record_t *records, size_t n,
    const component_mention_t *mentions, size_t nmentions,
    const char *expected)
{
    char          found[256] = "";
    components_t  *c = resolve(records, n, mentions, nmentions);

    for (size_t i = 0; i < n; i++) {
        sprintf(found + strlen(found), i ? " %u" : "%u", c->component[i]);
    }

    assert_string_equal(found, expected);
    components_free(c);
}


static void
test_one_value_of_any_kind_joins(void **state)
{
    component_record_t  records[] = {
        record(1, CPF, NULL, NULL, NULL),
        record(2, CPF, PHONE, NULL, NULL),
        record(3, NULL, PHONE, MAIL, NULL),
        record(4, NULL, NULL, MAIL, NULL),
        record(5, NULL, "+5511900000001", NULL, NULL),
    };

    expect(records, 5, NULL, 0, "0 0 0 0 1");
}


static void
test_a_name_never_links(void **state)
{
    component_record_t  records[] = {
        record(1, NULL, NULL, NULL, "ana silva"),
        record(2, NULL, NULL, NULL, "ana silva"),
        record(3, NULL, PHONE, NULL, "ana silva"),
    };

    expect(records, 3, NULL, 0, "0 1 2");
}


static void
test_a_family_behind_one_phone_is_several_people(void **state)
{
    component_record_t  records[] = {
        record(1, NULL, PHONE, NULL, "ana silva"),
        record(2, NULL, PHONE, NULL, "joao silva"),
        record(3, NULL, PHONE, NULL, "a silva"),
    };

    expect(records, 3, NULL, 0, "0 1 0");
}


/* The row without a name joins one of the two, and does not glue them. */
static void
test_a_row_without_a_name_is_no_glue(void **state)
{
    component_record_t  records[] = {
        record(1, NULL, PHONE, NULL, "ana silva"),
        record(2, NULL, PHONE, NULL, "joao silva"),
        record(3, NULL, PHONE, NULL, NULL),
    };
    components_t       *c = resolve(records, 3, NULL, 0);

    assert_int_equal(c->ncomponents, 2);
    assert_int_not_equal(c->component[0], c->component[1]);
    assert_int_equal(c->nrefusals, 2);
    assert_int_equal(c->refusals[0].guard, COMPONENT_OTHER_NAMES);
    components_free(c);
}


static void
test_two_documents_never_share_a_profile(void **state)
{
    component_record_t  records[] = {
        record(1, CPF, PHONE, MAIL, "ana silva"),
        record(2, CPF2, PHONE, MAIL, "ana silva"),
        record(3, NULL, PHONE, MAIL, "ana silva"),
    };
    components_t       *c = resolve(records, 3, NULL, 0);

    assert_int_equal(c->ncomponents, 2);
    assert_int_not_equal(c->component[0], c->component[1]);
    assert_int_equal(c->nrefusals, 2);              /* 1 and 2; 3 and one */
    assert_int_equal(c->refusals[0].guard, COMPONENT_OTHER_DOCUMENT);
    assert_int_equal(c->refusals[1].guard, COMPONENT_OTHER_DOCUMENT);
    components_free(c);
}


static void
test_a_cpf_joins_against_names_and_a_cnpj_does_not(void **state)
{
    component_record_t  people[] = {
        record(1, CPF, NULL, NULL, "aparecida souza"),
        record(2, CPF, NULL, NULL, "cida souza"),
    };
    component_record_t  colleagues[] = {
        record(1, CNPJ, NULL, NULL, "ana silva"),
        record(2, CNPJ, NULL, NULL, "joao rocha"),
    };

    expect(people, 2, NULL, 0, "0 0");
    expect(colleagues, 2, NULL, 0, "0 1");
}


static void
test_rules_keep_apart_and_join(void **state)
{
    component_record_t   records[] = {
        record(1, NULL, PHONE, NULL, "ana silva"),
        record(2, NULL, PHONE, NULL, "ana silva"),
        record(3, NULL, NULL, MAIL, NULL),
    };
    component_mention_t  mentions[] = {
        { 1, 7, COMPONENT_ONE }, { 2, 7, COMPONENT_OTHER },
        { 1, 8, COMPONENT_TOGETHER }, { 3, 8, COMPONENT_TOGETHER },
    };

    expect(records, 3, mentions, 2, "0 1 2");
    expect(records, 3, mentions + 2, 2, "0 0 0");
    expect(records, 3, mentions, 4, "0 1 0");
}


static void
test_a_split_takes_many_records_out_at_once(void **state)
{
    component_record_t   records[40];
    component_mention_t  mentions[40];
    components_t        *c;

    for (size_t i = 0; i < 40; i++) {
        records[i] = record(i, NULL, PHONE, MAIL, "ana silva");
        mentions[i] = (component_mention_t) {
            i, 3, i < 10 ? COMPONENT_ONE : COMPONENT_OTHER
        };
    }

    c = resolve(records, 40, mentions, 40);
    assert_int_equal(c->ncomponents, 2);

    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(c->component[i], i >= 10);
    }

    components_free(c);
}


static void
test_a_join_is_explained(void **state)
{
    component_record_t  records[] = {
        record(9, NULL, PHONE, MAIL, "ana silva"),
        record(4, NULL, PHONE, MAIL, "ana m silva"),
    };
    components_t       *c = resolve(records, 2, NULL, 0);

    assert_int_equal(c->njoins, 1);
    assert_int_equal(c->joins[0].a, 1);             /* the older */
    assert_int_equal(c->joins[0].b, 0);
    assert_int_equal(c->joins[0].kinds,
                     1 << COMPONENT_PHONE | 1 << COMPONENT_EMAIL);
    assert_int_equal(c->joins[0].names, AUD_NAMES_SUPPORT);
    assert_int_equal(c->joins[0].weight, 60 + 70 + 20);
    assert_int_equal(c->joins[0].rule, COMPONENT_NONE);
    components_free(c);
}


static void
test_a_record_joins_the_oldest_that_says_the_same(void **state)
{
    component_record_t  records[] = {
        record(9, NULL, PHONE, NULL, NULL), record(4, NULL, PHONE, NULL, NULL),
        record(7, NULL, PHONE, NULL, NULL),
    };
    components_t       *c = resolve(records, 3, NULL, 0);

    assert_int_equal(c->njoins, 2);
    assert_int_equal(c->joins[0].a, 1);
    assert_int_equal(c->joins[0].b, 0);
    assert_int_equal(c->joins[1].a, 1);
    assert_int_equal(c->joins[1].b, 2);
    assert_int_equal(c->joins[1].weight, 60);
    components_free(c);
}


static void
test_a_listed_value_does_not_link(void **state)
{
    aud_error_t         err;
    components_t       *c;
    component_record_t  records[] = {
        record(1, NULL, PHONE, "nao@tem.com", "ana silva"),
        record(2, NULL, NULL, "nao@tem.com", "ana silva"),
        record(3, NULL, PHONE, NULL, "ana silva"),
    };
    component_value_t   listed = { COMPONENT_EMAIL, AUD_STR("nao@tem.com") };
    component_input_t   in = {
        .records = records, .n = 3, .listed = &listed, .nlisted = 1,
        .policy = &component_policy_default
    };

    c = components_resolve(&in, &err);
    assert_non_null(c);
    assert_int_equal(c->ncomponents, 2);
    assert_int_equal(c->component[2], c->component[0]);
    assert_int_equal(c->nblocked, 1);
    assert_int_equal(c->blocked[0].why, COMPONENT_LISTED);
    assert_true(aud_str_equal(c->blocked[0].value, listed.value));
    components_free(c);
}


static void
test_a_listed_value_is_told_where_one_record_holds_it(void **state)
{
    aud_error_t         err = { 0 };
    component_value_t   listed = { COMPONENT_PHONE, AUD_STR(PHONE) };
    component_record_t  records[] = {
        record(1, CPF, PHONE, NULL, NULL),
        record(2, CPF2, NULL, NULL, NULL),
    };
    component_input_t   in = {
        .records = records, .n = 2, .listed = &listed, .nlisted = 1,
        .policy = &component_policy_default
    };
    components_t       *c = components_resolve(&in, &err);

    assert_non_null(c);
    assert_int_equal(c->ncomponents, 2);
    assert_int_equal(c->nblocked, 1);
    assert_int_equal(c->blocked[0].nodes, 1);
    components_free(c);
}


/* The first eight people behind a phone may be told apart by their names; the
 * ninth shows that the phone says nothing, and what it joined comes apart. */
static void
test_one_person_too_many_takes_apart_what_a_value_joined(void **state)
{
    static const char *const  names[] = {
        "ana silva", "bruno rocha", "carla dias", "diego lima", "elisa reis",
        "fabio melo", "gilda paz", "heitor luz", "igor cruz"
    };

    components_t        *c;
    component_record_t   records[18];

    for (size_t i = 0; i < 18; i++) {
        records[i] = record(i, NULL, PHONE, NULL, names[i / 2]);
    }

    c = resolve(records, 16, NULL, 0);
    assert_int_equal(c->ncomponents, 8);
    assert_int_equal(c->nblocked, 0);
    components_free(c);

    c = resolve(records, 18, NULL, 0);
    assert_int_equal(c->ncomponents, 18);
    assert_int_equal(c->nblocked, 1);
    assert_int_equal(c->blocked[0].why, COMPONENT_PEOPLE);
    assert_int_equal(c->blocked[0].people, 9);
    components_free(c);
}


/* Big and odd sets: none may take long. */

#define MANY  50000

static char                a_text[MANY + 1][24], b_text[MANY + 1][24];
static component_record_t  many[MANY];


static void
test_fifty_thousand_rows_with_one_phone(void **state)
{
    components_t  *c;

    for (size_t i = 0; i < MANY; i++) {
        /* another given name each, of letters alone */
        sprintf(a_text[i], "n%c%c%c%c silva", 'a' + (int) (i % 26),
                'a' + (int) (i / 26 % 26), 'a' + (int) (i / 676 % 26),
                'a' + (int) (i / 17576));
        many[i] = record(i, NULL, PHONE, NULL, a_text[i]);
    }

    c = resolve(many, MANY, NULL, 0);
    assert_int_equal(c->ncomponents, MANY);
    components_free(c);

    for (size_t i = 0; i < MANY; i++) {
        many[i].name = text("");
    }

    c = resolve(many, MANY, NULL, 0);           /* all say the same */
    assert_int_equal(c->ncomponents, 1);
    components_free(c);
}


static void
test_a_thousand_people_behind_one_mailbox(void **state)
{
    components_t  *c;

    for (size_t i = 0; i < 1000; i++) {
        sprintf(a_text[i], "+5511%09zu", i);
        many[i] = record(i, NULL, a_text[i], "loja@exemplo.com", NULL);
    }

    c = resolve(many, 1000, NULL, 0);
    assert_int_equal(c->ncomponents, 1000);
    assert_int_equal(c->nblocked, 1);
    components_free(c);

    for (size_t i = 0; i < 1000; i++) {
        many[i].name = text("cliente");         /* one given name, no person */
    }

    c = resolve(many, 1000, NULL, 0);
    assert_int_equal(c->ncomponents, 1000);
    assert_int_equal(c->blocked[0].why, COMPONENT_VARIANTS);
    components_free(c);
}


/* Row i shares its phone with the one before and its e-mail with the next. */
static void
chain(size_t i, size_t at)
{
    many[at] = record(i, NULL, a_text[i / 2], b_text[(i + 1) / 2], NULL);
}


static void
test_a_chain_of_fifty_thousand(void **state)
{
    components_t  *c;

    for (size_t i = 0; i <= MANY / 2; i++) {
        sprintf(a_text[i], "+55%011zu", i);
        sprintf(b_text[i], "m%zu@x.com", i);
    }

    for (size_t i = 0; i < MANY; i++) {
        chain(i, (i * 7919 + 13) % MANY);       /* any order: a prime */
    }

    c = resolve(many, MANY, NULL, 0);
    assert_int_equal(c->ncomponents, 1);
    components_free(c);

    /* a document at each end: it breaks at one place */
    for (size_t i = 0; i < MANY; i++) {
        if (many[i].ref == 0 || many[i].ref == MANY - 1) {
            many[i].values[0] = text(many[i].ref ? CPF : CPF2);
        }
    }

    c = resolve(many, MANY, NULL, 0);
    assert_int_equal(c->ncomponents, 2);
    assert_int_equal(c->nrefusals, 1);
    components_free(c);
}


/* Random small worlds, in which values are often shared. */

#define WORLD  60

typedef struct {
    component_record_t   records[WORLD];
    size_t               n;
    component_mention_t  mentions[16];
    size_t               nmentions;
    component_value_t    listed[1];
    component_policy_t   policy;
    component_input_t    in;
} world_t;


static void
random_record(component_record_t *r, uint64_t ref, size_t variety)
{
    static char  documents[64][16], phones[64][16], emails[64][16];

    static const char *const  names[] = {
        "ana silva", "ana maria silva", "a silva", "joao silva", "ana souza",
        "joao souza filho", "joao souza neto", "maria", "silva ana", "jo silva",
        "anna silva", "m souza", "joao souza"
    };

    size_t  i = random_below(variety), j = random_below(variety);
    size_t  k = random_below(variety);

    sprintf(documents[i], i % 3 ? "%011zu" : "%014zu", i);
    sprintf(phones[j], "+%zu", j);
    sprintf(emails[k], "%zu@x.y", k);

    *r = record(ref, random_below(3) ? NULL : documents[i],
                random_below(3) ? phones[j] : NULL,
                random_below(2) ? emails[k] : NULL,
                random_below(4) ? names[random_below(COUNT(names))] : NULL);
}


static void
random_world(world_t *w)
{
    size_t  variety = 2 + random_below(40);

    memset(w, 0, sizeof(*w));
    w->n = 1 + random_below(WORLD);

    for (size_t i = 0; i < w->n; i++) {
        random_record(&w->records[i], 1000 + i, variety);
    }

    w->nmentions = random_below(3) ? 0 : random_below(COUNT(w->mentions));

    for (size_t i = 0; i < w->nmentions; i++) {
        w->mentions[i] = (component_mention_t) {
            1000 + random_below(WORLD), random_below(5),
            (component_side_t) random_below(3)
        };

        /* a rule either joins or keeps apart */
        w->mentions[i].side = w->mentions[i].rule == 0 ? COMPONENT_TOGETHER
                              : w->mentions[i].rule == 1 ? COMPONENT_TOGETHER
                              : w->mentions[i].side == 0 ? COMPONENT_ONE
                              : w->mentions[i].side;
    }

    w->listed[0] = (component_value_t) { COMPONENT_PHONE, AUD_STR("+1") };
    w->policy = component_policy_default;

    if (random_below(2)) {
        for (int k = 0; k < COMPONENT_KINDS; k++) {
            w->policy.weight[k] = 10 + random_below(90);
            w->policy.max_people[k] = 1 + random_below(6);
        }

        w->policy.company_weight = random_below(90);
        w->policy.name_supports = random_below(40);
        w->policy.name_contradicts = random_below(100);
        w->policy.threshold = 10 + random_below(80);
        w->policy.max_variants = 1 + random_below(20);
    }

    w->in = (component_input_t) {
        w->records, w->n, w->mentions, w->nmentions, w->listed,
        random_below(2), &w->policy
    };
}


static components_t *
resolve_world(const component_input_t *in)
{
    aud_error_t    err = { 0 };
    components_t  *c = components_resolve(in, &err);

    assert_non_null(c);
    assert_int_equal(c->njoins, in->n - c->ncomponents);

    return c;
}


static void
test_it_does_what_the_plain_model_does(void **state)
{
    world_t        w;
    components_t  *c;

    for (int round = 0; round < 4000; round++) {
        random_world(&w);
        c = resolve_world(&w.in);
        model_resolve(&w.in);

        for (size_t i = 0; i < w.n; i++) {
            for (size_t k = 0; k < i; k++) {
                if ((c->component[i] == c->component[k])
                    != (model_cluster[i] == model_cluster[k]))
                {
                    fail_msg("round %d: records %zu and %zu", round, k, i);
                }
            }
        }

        components_free(c);
    }
}


static void
test_the_order_of_arrival_does_not_matter(void **state)
{
    size_t              k, at[WORLD];
    world_t             w;
    components_t       *c, *d;
    component_record_t  swap;
    size_t              swap_at;

    for (int round = 0; round < 4000; round++) {
        random_world(&w);
        w.in.nmentions = 0;
        c = resolve_world(&w.in);

        for (size_t i = 0; i < w.n; i++) {
            at[i] = i;
        }

        for (size_t i = w.n - 1; i > 0; i--) {
            k = random_below(i + 1);
            swap = w.records[i];
            w.records[i] = w.records[k];
            w.records[k] = swap;
            swap_at = at[i];
            at[i] = at[k];
            at[k] = swap_at;
        }

        for (size_t i = 0; i < w.n; i++) {      /* they are also of other age */
            w.records[i].ref = i;
        }

        d = resolve_world(&w.in);
        assert_int_equal(c->ncomponents, d->ncomponents);

        for (size_t i = 0; i < w.n; i++) {
            for (k = 0; k < i; k++) {
                assert_int_equal(d->component[i] == d->component[k],
                                 c->component[at[i]] == c->component[at[k]]);
            }
        }

        components_free(c);
        components_free(d);
    }
}


static void
test_guards_always_hold(void **state)
{
    world_t                   w;
    components_t             *c;
    const component_join_t   *join;

    for (int round = 0; round < 4000; round++) {
        random_world(&w);
        c = resolve_world(&w.in);
        model_in = &w.in;
        model_block();

        for (size_t i = 0; i < w.n; i++) {
            for (size_t k = 0; k < i; k++) {
                /* a record that a rule wants on both sides is alone at fault */
                if (c->component[i] == c->component[k]) {
                    assert_false(model_forbidden(i, k));
                }
            }
        }

        for (size_t i = 0; i < c->njoins; i++) {
            join = &c->joins[i];
            assert_int_equal(c->component[join->a], c->component[join->b]);
            assert_true(join->rule != COMPONENT_NONE
                        || (join->kinds
                            && join->weight >= w.policy.threshold));
            assert_true(w.records[join->a].ref < w.records[join->b].ref);
        }

        for (size_t i = 0; i < c->nrefusals; i++) {
            assert_int_not_equal(c->component[c->refusals[i].join.a],
                                 c->component[c->refusals[i].join.b]);
        }

        components_free(c);
    }
}


/* Marks whoever is connected with the marked by values that link. */
static void
spread(const component_input_t *in, const component_record_t *records,
    char *marked)
{
    int  more = 1;

    model_in = in;
    model_block();

    while (more) {
        more = 0;

        for (size_t i = 0; i < in->n; i++) {
            for (size_t k = 0; marked[i] && k < in->n; k++) {
                for (int kind = 0; !marked[k] && kind < 3; kind++) {
                    if (!model_blocked[kind][i]
                        && aud_str_equal(records[i].values[kind],
                                         records[k].values[kind]))
                    {
                        marked[k] = 1;
                        more = 1;
                    }
                }
            }
        }
    }
}


/*
 * What imports rely on: when a record comes, only whoever is connected with it
 * is resolved anew, and that gives what resolving all would.  Values of the new
 * record may stop linking by its coming, so their holders are touched too.
 */
static void
test_a_change_touches_only_what_is_connected(void **state)
{
    char                 marked[WORLD];
    size_t               n, m = 0, from[WORLD];
    world_t              w;
    components_t        *all, *before, *part;
    component_input_t    in;
    component_record_t   touched[WORLD];
    size_t               cluster[WORLD];

    for (int round = 0; round < 3000; round++) {
        random_world(&w);
        w.in.nmentions = 0;
        n = w.n - 1;                            /* the last one comes */
        all = resolve_world(&w.in);

        in = w.in;
        in.n = n;
        before = resolve_world(&in);

        memset(marked, 0, sizeof(marked));
        marked[n] = 1;

        for (size_t i = 0; i < n; i++) {
            for (int kind = 0; kind < 3; kind++) {
                marked[i] |= w.records[n].values[kind].len
                             && aud_str_equal(w.records[i].values[kind],
                                              w.records[n].values[kind]);
            }
        }

        spread(&in, w.records, marked);         /* as it was, */
        spread(&w.in, w.records, marked);       /* as it is */

        for (size_t i = 0, k = 0; i < w.n; i++) {
            if (marked[i]) {
                touched[k] = w.records[i];
                from[k++] = i;
            }

            m = k;
        }

        /* values that touched records do not link by, because of others that
         * are not here, are known from the whole base */
        component_value_t  listed[3 * WORLD + 1];
        size_t             nlisted = w.in.nlisted;

        listed[0] = w.listed[0];
        model_in = &w.in;
        model_block();

        for (size_t i = 0; i < w.n; i++) {
            for (int kind = 0; kind < 3; kind++) {
                if (marked[i] && model_blocked[kind][i]
                    && w.records[i].values[kind].len)
                {
                    listed[nlisted++] = (component_value_t) {
                        kind, w.records[i].values[kind]
                    };
                }
            }
        }

        in = w.in;
        in.records = touched;
        in.n = m;
        in.listed = listed;
        in.nlisted = nlisted;
        part = resolve_world(&in);

        for (size_t i = 0; i < n; i++) {
            cluster[i] = before->component[i];
        }

        for (size_t i = 0; i < m; i++) {
            cluster[from[i]] = 1000 + part->component[i];
        }

        for (size_t i = 0; i < w.n; i++) {
            for (size_t k = 0; k < i; k++) {
                assert_int_equal(cluster[i] == cluster[k],
                                 all->component[i] == all->component[k]);
            }
        }

        components_free(all);
        components_free(before);
        components_free(part);
    }
}


static void
test_contradicting_rules_are_named(void **state)
{
    uint32_t             apart = 0, together = 0;
    component_mention_t  mentions[] = {
        { 1, 10, COMPONENT_TOGETHER }, { 2, 10, COMPONENT_TOGETHER },
        { 5, 11, COMPONENT_TOGETHER }, { 6, 11, COMPONENT_TOGETHER },
        { 2, 12, COMPONENT_TOGETHER }, { 3, 12, COMPONENT_TOGETHER },
        { 1, 20, COMPONENT_ONE }, { 9, 20, COMPONENT_OTHER },
        { 3, 21, COMPONENT_ONE }, { 1, 21, COMPONENT_OTHER },
    };

    assert_int_equal(components_contradiction(mentions, 8, &apart, &together),
                     0);
    assert_int_equal(components_contradiction(mentions, 10, &apart, &together),
                     1);
    assert_int_equal(apart, 21);
    assert_int_equal(together, 12);
    assert_int_equal(components_contradiction(mentions, 0, &apart, &together),
                     0);
}


static long  allowed;


static void *
failing_realloc(void *p, size_t size)
{
    return allowed-- > 0 ? realloc(p, size) : NULL;
}


static void
test_memory_may_end_anywhere(void **state)
{
    long              i;
    world_t           w;
    aud_error_t       err;
    components_t     *c = NULL;
    aud_allocator_t   kept = aud_allocator;

    do {
        random_world(&w);
    } while (w.n < 40 || w.nmentions < 8);

    aud_allocator.realloc = failing_realloc;

    for (i = 0; c == NULL; i++) {
        allowed = i;
        c = components_resolve(&w.in, &err);
    }

    aud_allocator = kept;
    assert_true(i > 20);
    components_free(c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_one_value_of_any_kind_joins),
        cmocka_unit_test(test_a_name_never_links),
        cmocka_unit_test(test_a_family_behind_one_phone_is_several_people),
        cmocka_unit_test(test_a_row_without_a_name_is_no_glue),
        cmocka_unit_test(test_two_documents_never_share_a_profile),
        cmocka_unit_test(test_a_cpf_joins_against_names_and_a_cnpj_does_not),
        cmocka_unit_test(test_rules_keep_apart_and_join),
        cmocka_unit_test(test_a_split_takes_many_records_out_at_once),
        cmocka_unit_test(test_a_join_is_explained),
        cmocka_unit_test(test_a_record_joins_the_oldest_that_says_the_same),
        cmocka_unit_test(test_a_listed_value_does_not_link),
        cmocka_unit_test(
            test_a_listed_value_is_told_where_one_record_holds_it),
        cmocka_unit_test(
            test_one_person_too_many_takes_apart_what_a_value_joined),
        cmocka_unit_test(test_fifty_thousand_rows_with_one_phone),
        cmocka_unit_test(test_a_thousand_people_behind_one_mailbox),
        cmocka_unit_test(test_a_chain_of_fifty_thousand),
        cmocka_unit_test(test_it_does_what_the_plain_model_does),
        cmocka_unit_test(test_the_order_of_arrival_does_not_matter),
        cmocka_unit_test(test_guards_always_hold),
        cmocka_unit_test(test_a_change_touches_only_what_is_connected),
        cmocka_unit_test(test_contradicting_rules_are_named),
        cmocka_unit_test(test_memory_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
