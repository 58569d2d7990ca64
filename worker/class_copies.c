/*
 * Three messages of different kinds - an offer, a question, a reminder - each
 * resting on a characteristic that may be said to a person and that most of the
 * class have, for all of them get the message.  Where there is none, they rest
 * on the first ones without a word about them.
 */

#include "class_names.h"
#include "class_naming.h"

#define COMMON     0.6          /* share of a trait that messages speak of */
#define DIGITS     5            /* in a row: of a number nobody is told */
#define DAYS_YEAR  365

static const char *const  approaches[CLASS_COPIES] = {
    "offer", "question", "reminder"
};


static const class_trait_t *sayable(const locale_texts_t *texts,
    const class_trait_t *traits, size_t n, size_t which);
static int  is_dull(const locale_texts_t *texts, const class_trait_t *trait);
static json_t *copy_write(const locale_texts_t *texts,
    const class_trait_t *trait, const char *approach, size_t which);
static const char *template_of(const locale_texts_t *texts, const char *kind,
    const char *approach, size_t which);
static void fill(const char *template, const class_trait_t *trait,
    aud_buffer_t *out);
static int  in_time(const locale_texts_t *texts, const class_trait_t *trait);
static int  fit_to_say(aud_str_t value);


json_t *
class_copies_write(const locale_texts_t *texts, const class_trait_t *traits,
    size_t n, size_t which)
{
    json_t               *copies = json_array(), *copy;
    const class_trait_t  *trait;

    for (size_t i = 0; i < CLASS_COPIES; i++) {
        trait = sayable(texts, traits, n, i);

        if (trait == NULL && n) {
            trait = &traits[i % n];
        }

        copy = copy_write(texts, trait, approaches[i], which);

        if (json_array_append_new(copies, copy) != 0) {
            json_decref(copies);
            return NULL;
        }
    }

    return copies;
}


/* The which-th of those that messages may rest on, from the first again where
 * they are fewer.  Those that make dull messages come last. */
static const class_trait_t *
sayable(const locale_texts_t *texts, const class_trait_t *traits, size_t n,
    size_t which)
{
    size_t  count = 0;

    for (size_t i = 0; i < n; i++) {
        count += traits[i].copies != NULL;
    }

    if (count == 0) {
        return NULL;
    }

    which %= count;

    for (int dull = 0; dull < 2; dull++) {
        for (size_t i = 0; i < n; i++) {
            if (traits[i].copies && is_dull(texts, &traits[i]) == dull
                && which-- == 0)
            {
                return &traits[i];
            }
        }
    }

    return NULL;
}


static int
is_dull(const locale_texts_t *texts, const class_trait_t *trait)
{
    return json_is_true(json_object_get(class_copies_of(texts, trait->copies),
                                        "last"));
}


static json_t *
copy_write(const locale_texts_t *texts, const class_trait_t *trait,
    const char *approach, size_t which)
{
    json_t       *copy = NULL;
    const char   *kind = trait && trait->copies ? trait->copies : "default";
    aud_buffer_t  text = { 0 }, on = { 0 };

    fill(template_of(texts, kind, approach, which), trait, &text);
    class_copy_basis_write(texts, trait, &on);

    if (!text.failed && !on.failed) {
        copy = json_pack("{s:s%, s:s%}", "text", text.data, text.len,
                         "characteristic", on.data, on.len);
    }

    aud_buffer_free(&text);
    aud_buffer_free(&on);

    return copy;
}


void
class_copy_basis_write(const locale_texts_t *texts, const class_trait_t *trait,
    aud_buffer_t *out)
{
    class_gap_t   gaps[2] = { { "pair", { NULL, 0 }, 0 },
                              { "share", { NULL, 0 }, 0 } };
    aud_buffer_t  share = { 0 };

    if (trait == NULL) {
        aud_buffer_text(out, class_text(texts, "whole_group"));
        return;
    }

    class_percent(texts, trait->share, &share);
    gaps[0].text = aud_buffer_str(&trait->pair);
    gaps[1].text = aud_buffer_str(&share);
    class_fill(class_text(texts, trait->well_known ? "of_group" : "of_known"),
               gaps, 2, out);

    out->failed |= share.failed;
    aud_buffer_free(&share);
}


static const char *
template_of(const locale_texts_t *texts, const char *kind,
    const char *approach, size_t which)
{
    const char    *text;
    const json_t  *list;

    list = json_object_get(class_copies_of(texts, kind), approach);
    text = json_array_size(list)
           ? json_string_value(json_array_get(list,
                                              which % json_array_size(list)))
           : NULL;

    return text ? text : "";
}


/* {{name}} stays for who sends the message. */
static void
fill(const char *template, const class_trait_t *trait, aud_buffer_t *out)
{
    class_gap_t  gaps[] = {
        { "name", AUD_STR("{{name}}"), 0 },
        { "value", AUD_STR(""), 0 },
        { "of", AUD_STR(""), 0 },
        { "in", AUD_STR(""), 0 },
        { "statement", AUD_STR(""), 0 }
    };

    if (trait) {
        gaps[1].text = aud_buffer_str(&trait->value);
        gaps[2].text = aud_buffer_str(&trait->of);
        gaps[3].text = aud_buffer_str(&trait->in);
        gaps[4].text = aud_buffer_str(&trait->statement);
    }

    class_fill(template, gaps, sizeof(gaps) / sizeof(gaps[0]), out);
}


int
class_copies_allowed(const locale_texts_t *texts, const class_trait_t *trait)
{
    if (trait->of_members < COMMON || !in_time(texts, trait)
        || class_word_listed(texts, "sensitive", trait->field->name)
        || class_word_listed(texts, "sensitive",
                             aud_buffer_str(&trait->label)))
    {
        return 0;
    }

    if (trait->statement.len) {
        return fit_to_say(aud_buffer_str(&trait->statement));
    }

    return trait->category.kind != BEHAVIOUR_VALUE
           || (!class_word_listed(texts, "sensitive", trait->category.text)
               && fit_to_say(aud_buffer_str(&trait->value)));
}


/* Messages may be for what was until, or since, so many days ago. */
static int
in_time(const locale_texts_t *texts, const class_trait_t *trait)
{
    double                       days = trait->field->years ? DAYS_YEAR : 1;
    const json_t                *copies, *until, *since;
    const behaviour_category_t  *c = &trait->category;

    copies = class_copies_of(texts, trait->copies);
    until = json_object_get(copies, "until");
    since = json_object_get(copies, "since");

    return (until == NULL || c->to * days <= (double) json_integer_value(until))
           && (since == NULL
               || c->from * days >= (double) json_integer_value(since));
}


/* Whole, and no number of theirs, address or price. */
static int
fit_to_say(aud_str_t value)
{
    int  digits = 0;

    if (value.data == NULL || value.len == 0) {
        return 0;
    }

    for (size_t i = 0; i < value.len; i++) {
        digits = value.data[i] >= '0' && value.data[i] <= '9' ? digits + 1 : 0;

        if (digits == DIGITS || strchr("%$@#()", value.data[i])) {
            return 0;
        }
    }

    return memmem(value.data, value.len, "·", strlen("·")) == NULL
           && memmem(value.data, value.len, "…", strlen("…")) == NULL;
}
