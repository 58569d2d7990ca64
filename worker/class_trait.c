#include <math.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_value.h"
#include "class_names.h"
#include "class_naming.h"
#include "class_text.h"
#include "class_trait.h"

#define RANK_LAST   9
#define WELL_KNOWN  0.9         /* of the members have a value */


typedef struct {                    /* while the words of one are made */
    const locale_texts_t  *texts;
    class_trait_t         *trait;
    const char            *kind;
    const char            *form;        /* "between" */
    aud_buffer_t           from;
    aud_buffer_t           to;
    aud_buffer_t           n;
    aud_buffer_t           words;       /* the column's, as a question */
    int64_t                count;
} wording_t;


static int  joined(class_trait_t *traits, size_t n, const class_value_t *v,
    const behaviours_t *b);
static int  neighbours(const behaviour_category_t *a,
    const behaviour_category_t *b);
static void begin(class_trait_t *t, const class_value_t *v,
    const behaviours_t *b);
static int  word(const locale_texts_t *texts, class_trait_t *t,
    uint64_t members);
static void find_form(wording_t *w);
static const char *form_of_value(wording_t *w);
static const char *form_of_range(wording_t *w);
static const char *form_of_recency(const class_trait_t *t);
static void word_pair(wording_t *w);
static void word_value(wording_t *w);
static void word_forms(wording_t *w);
static void word_verb(wording_t *w);
static void word_statement(wording_t *w, const json_t *verb, aud_str_t words,
    aud_str_t rest);
static void word_slot(wording_t *w, const json_t *value, const char *slot,
    aud_buffer_t *out);
static void add_form(wording_t *w, const json_t *value, const json_t *form,
    const char *name, aud_buffer_t *out);
static void fill(const wording_t *w, const char *template, aud_buffer_t *out);
static void word_predicate(wording_t *w);
static int  tells(const wording_t *w);
static const char *string_of(const json_t *object, const char *name);


class_trait_t *
class_traits(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, size_t *n)
{
    size_t                count = 0;
    class_trait_t        *traits;
    const class_value_t  *v;

    traits = aud_calloc(explanation->nprincipal + 1, sizeof(*traits));

    if (traits == NULL) {
        return NULL;
    }

    for (size_t i = 0; i < explanation->nprincipal; i++) {
        v = &explanation->values[explanation->principal[i]];

        if (!joined(traits, count, v, b)) {
            begin(&traits[count++], v, b);
        }
    }

    for (size_t i = 0; i < count; i++) {
        if (word(texts, &traits[i], explanation->members) != 0) {
            class_traits_free(traits, count);
            return NULL;
        }
    }

    *n = count;

    return traits;
}


void
class_traits_free(class_trait_t *traits, size_t n)
{
    class_trait_t  *t;

    if (traits == NULL) {
        return;
    }

    for (size_t i = 0; i < n; i++) {
        t = &traits[i];
        aud_buffer_free(&t->label);
        aud_buffer_free(&t->value);
        aud_buffer_free(&t->pair);
        aud_buffer_free(&t->noun);
        aud_buffer_free(&t->modifier);
        aud_buffer_free(&t->predicate);
        aud_buffer_free(&t->of);
        aud_buffer_free(&t->in);
        aud_buffer_free(&t->by);
        aud_buffer_free(&t->statement);
    }

    aud_free(traits);
}


/* Whether v is of the field of a trait: as one with it where their ranges
 * touch. */
static int
joined(class_trait_t *traits, size_t n, const class_value_t *v,
    const behaviours_t *b)
{
    class_trait_t               *t = NULL;
    const behaviour_category_t  *c;

    for (size_t i = 0; i < n && t == NULL; i++) {
        t = traits[i].field == &b->fields[v->field] ? &traits[i] : NULL;
    }

    if (t == NULL) {
        return 0;
    }

    c = &b->fields[v->field].categories[v->category];

    if (neighbours(&t->category, c)) {
        t->category.from = fmin(t->category.from, c->from);
        t->category.to = fmax(t->category.to, c->to);
        t->inside += v->inside;
        t->share += v->share;
        t->base_share += v->base_share;
        t->lift = t->base_share > 0 ? t->share / t->base_share : 0;
    }

    return 1;
}


static int
neighbours(const behaviour_category_t *a, const behaviour_category_t *b)
{
    return a->kind == b->kind
           && (a->kind == BEHAVIOUR_RANGE || a->kind == BEHAVIOUR_RECENCY)
           && (a->to == b->from || b->to == a->from);
}


static void
begin(class_trait_t *t, const class_value_t *v, const behaviours_t *b)
{
    t->field = &b->fields[v->field];
    t->category = t->field->categories[v->category];
    t->inside = v->inside;
    t->inside_filled = v->inside_filled;
    t->share = v->share;
    t->base_share = v->base_share;
    t->lift = v->lift;
}


static int
word(const locale_texts_t *texts, class_trait_t *t, uint64_t members)
{
    wording_t  w = { .texts = texts, .trait = t };

    w.kind = class_field_kind(texts, t->field->name);
    t->known = t->inside_filled >= members - members / 2;
    t->well_known = (double) t->inside_filled >= WELL_KNOWN * (double) members;
    t->of_members = members ? (double) t->inside / (double) members : 0;
    t->rank = RANK_LAST;

    class_field_words(texts, t->field->name, &w.words);
    class_field_label(texts, t->field->name, w.kind, &t->label);

    word_value(&w);
    find_form(&w);
    word_pair(&w);
    t->telling = tells(&w);

    if (w.form) {
        word_forms(&w);
    }

    if (t->field->type == AUD_TYPE_YES_NO && t->predicate.len == 0) {
        word_verb(&w);
    }

    word_predicate(&w);

    if (t->copies && !class_copies_allowed(texts, t)) {
        t->copies = NULL;
    }

    t->pair.failed |= w.from.failed | w.to.failed | w.n.failed
                      | w.words.failed | t->label.failed | t->value.failed
                      | t->noun.failed | t->modifier.failed
                      | t->predicate.failed | t->of.failed | t->in.failed
                      | t->by.failed | t->statement.failed;

    aud_buffer_free(&w.from);
    aud_buffer_free(&w.to);
    aud_buffer_free(&w.n);
    aud_buffer_free(&w.words);

    return t->pair.failed ? -1 : 0;
}


static void
word_value(wording_t *w)
{
    behaviour_t  field = *w->trait->field;

    field.categories = &w->trait->category;
    class_category_words(w->texts, &field, 0, &w->trait->value);
    class_kind_strip(w->texts, w->kind, &w->trait->value);
}


static void
find_form(wording_t *w)
{
    const class_trait_t  *t = w->trait;

    switch (t->category.kind) {

    case BEHAVIOUR_VALUE:
        w->form = form_of_value(w);
        break;

    case BEHAVIOUR_RANGE:
        w->form = form_of_range(w);
        break;

    case BEHAVIOUR_RECENCY:
        w->form = form_of_recency(t);
        break;

    case BEHAVIOUR_OTHER:
        break;
    }
}


static const char *
form_of_value(wording_t *w)
{
    double                       value;
    const behaviour_category_t  *c = &w->trait->category;

    if (w->trait->field->type == AUD_TYPE_YES_NO) {
        return c->yes ? "yes" : "no";
    }

    if (w->trait->field->type == AUD_TYPE_NUMBER
        && aud_number_parse(c->text, &value) == 0)
    {
        class_number(w->texts, value, &w->n);
        w->count = value == 1 ? 1 : 2;

        return value == 0 ? "zero" : "number";
    }

    return class_listed(w->texts, "none", c->text) ? "none" : "value";
}


static const char *
form_of_range(wording_t *w)
{
    int                          single;
    double                       from, to;
    const behaviour_category_t  *c = &w->trait->category;

    single = class_range_bounds(c, class_field_whole(w->texts, w->trait->field),
                                &from, &to);

    class_number(w->texts, from, &w->from);
    class_number(w->texts, to, &w->to);

    if (class_field_since(w->texts, w->trait->field)) {
        return isinf(from) || from <= 0 ? isinf(to) ? NULL : "within"
               : isinf(to) ? "before" : "ago";
    }

    if (single) {
        class_number(w->texts, from, &w->n);
        w->count = from == 1 ? 1 : 2;

        return from == 0 ? "zero" : "number";
    }

    if (from == 0 && !isinf(to)) {      /* 0 to 1 purchases: less than 2 */
        w->to.len = 0;
        class_number(w->texts, c->to, &w->to);
        return "below";
    }

    if (isinf(from)) {
        return isinf(to) ? NULL : "below";
    }

    return isinf(to) ? "from" : "between";
}


static const char *
form_of_recency(const class_trait_t *t)
{
    double  from = t->category.from, to = t->category.to;

    if (to <= 0) {
        return NULL;
    }

    if (isinf(to)) {
        return from <= 0 ? NULL : "before";
    }

    return from <= 0 ? "within" : "ago";
}


static void
word_pair(wording_t *w)
{
    class_gap_t     gaps[2] = { { "field", { NULL, 0 }, 0 },
                                { "value", { NULL, 0 }, 0 } };
    class_trait_t  *t = w->trait;

    gaps[0].text = aud_buffer_str(&t->label);
    gaps[1].text = aud_buffer_str(&t->value);
    class_fill(class_text(w->texts, "pair"), gaps, 2, &t->pair);
}


/* What a language says of the value comes before what it says of the form. */
static void
word_forms(wording_t *w)
{
    class_trait_t  *t = w->trait;
    const json_t   *kind = class_kind(w->texts, w->kind), *form, *value = NULL;
    const json_t   *rank = json_object_get(kind, "rank");

    if (t->category.kind == BEHAVIOUR_VALUE
        && t->field->type == AUD_TYPE_TEXT)
    {
        value = class_kind_value(w->texts, w->kind, t->category.text);
    }

    form = json_object_get(json_object_get(kind, "forms"),
                           value ? "value" : w->form);

    if (rank) {
        t->rank = (int) json_integer_value(rank);
    }

    if (!t->telling && value == NULL && strcmp(w->form, "none") != 0) {
        return;
    }

    t->telling |= value != NULL;

    word_slot(w, value, "of", &t->of);
    word_slot(w, value, "in", &t->in);
    word_slot(w, value, "by", &t->by);

    add_form(w, value, form, "noun", &t->noun);
    add_form(w, value, form, "modifier", &t->modifier);
    add_form(w, value, form, "predicate", &t->predicate);

    t->copies = string_of(value, "copies");

    if (t->copies == NULL) {
        t->copies = string_of(form, "copies");
    }
}


static void
add_form(wording_t *w, const json_t *value, const json_t *form,
    const char *name, aud_buffer_t *out)
{
    const char  *template = string_of(value, name);

    if (template == NULL) {
        template = string_of(form, name);
    }

    if (template) {
        fill(w, template, out);
    }
}


static void
word_slot(wording_t *w, const json_t *value, const char *slot,
    aud_buffer_t *out)
{
    const char  *template = string_of(value, slot);

    if (template == NULL) {
        template = string_of(json_object_get(class_kind(w->texts, w->kind),
                                             "slots"), slot);
    }

    if (template) {
        fill(w, template, out);
    }
}


/* "gosta de futebol?": a question of which we know the verb.  One without a
 * rest ("comprou?") is none of having something. */
static void
word_verb(wording_t *w)
{
    aud_str_t       words, rest;
    const char     *form, *with;
    class_gap_t     gap = { "rest", { NULL, 0 }, 0 };
    class_trait_t  *t = w->trait;
    const json_t   *verb;

    words = class_question(w->texts, aud_buffer_str(&w->words));
    verb = class_verb(w->texts, words, &rest);
    form = string_of(verb, t->category.yes ? "yes" : "no");
    with = string_of(verb, t->category.yes ? "with" : "without");

    if (form == NULL || (with && rest.len == 0)) {
        return;
    }

    gap.text = rest;
    class_fill(form, &gap, 1, &t->predicate);
    class_text_end(&t->predicate);

    if (with) {
        class_fill(with, &gap, 1, &t->modifier);

    } else {
        gap = (class_gap_t) { "predicate", aud_buffer_str(&t->predicate), 0 };
        class_fill(class_text(w->texts, "that"), &gap, 1, &t->modifier);
    }

    if (t->category.yes) {
        t->copies = string_of(verb, "copies");
        word_statement(w, verb, words, rest);
    }
}


/* "gosta de futebol", of one person. */
static void
word_statement(wording_t *w, const json_t *verb, aud_str_t words,
    aud_str_t rest)
{
    class_gap_t    gap = { "rest", rest, 0 };
    const char    *template = string_of(verb, "statement");
    aud_buffer_t  *statement = &w->trait->statement;

    if (template) {
        class_fill(template, &gap, 1, statement);
        class_text_end(statement);

    } else {
        aud_buffer_add(statement, words.data, words.len);
        class_text_small(statement, 0);
    }
}


static void
fill(const wording_t *w, const char *template, aud_buffer_t *out)
{
    const class_trait_t  *t = w->trait;
    const class_gap_t     gaps[] = {
        { "value", aud_buffer_str(&t->value), 0 },
        { "when", aud_buffer_str(&t->value), 0 },
        { "from", aud_buffer_str(&w->from), 0 },
        { "to", aud_buffer_str(&w->to), 0 },
        { "n", aud_buffer_str(&w->n), w->count },
        { "of", aud_buffer_str(&t->of), 0 },
        { "in", aud_buffer_str(&t->in), 0 },
        { "by", aud_buffer_str(&t->by), 0 }
    };

    class_fill(template, gaps, sizeof(gaps) / sizeof(gaps[0]), out);
}


static void
word_predicate(wording_t *w)
{
    class_gap_t     gap = { "pair", aud_buffer_str(&w->trait->pair), 0 };

    if (w->trait->predicate.len == 0) {
        class_fill(class_text(w->texts, "in_pair"), &gap, 1,
                   &w->trait->predicate);
    }
}


static int
tells(const wording_t *w)
{
    const class_trait_t  *t = w->trait;

    if (t->category.kind == BEHAVIOUR_OTHER) {
        return 0;
    }

    return t->category.kind != BEHAVIOUR_VALUE
           || t->field->type == AUD_TYPE_YES_NO
           || !class_listed(w->texts, "unknown", t->category.text);
}


static const char *
string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}
