/*
 * Traits of a class of people: its principal characteristics, neighbouring
 * ranges of one field as one, with the words for each.
 *
 *   pair       "Plano: Ouro"                  always
 *   noun       "flamenguistas"                what the people are
 *   modifier   "de 18 a 25 anos"              what follows "pessoas"
 *   predicate  "têm de 18 a 25 anos"          what follows "73%"
 *
 * Noun and modifier are empty where no word is sure; the predicate then says
 * "estão em “Plano: Ouro”".
 *
 * An array of traits owns its buffers and borrows the rest.  Any thread.
 */

#ifndef CLASS_TRAIT_H
#define CLASS_TRAIT_H

#include "class_explain.h"
#include "class_words.h"

typedef struct {
    const behaviour_t     *field;
    behaviour_category_t   category;    /* of neighbouring ranges together */
    uint64_t               inside;      /* members in the category */
    uint64_t               inside_filled;
    double                 share;
    double                 base_share;
    double                 lift;
    double                 of_members;  /* inside of all members, known or
                                           not */
    aud_buffer_t           label;       /* "Plano" */
    aud_buffer_t           value;       /* "Ouro", "18 a 25" */
    aud_buffer_t           pair;
    aud_buffer_t           noun;
    aud_buffer_t           modifier;
    aud_buffer_t           predicate;
    aud_buffer_t           of;          /* as texts need it: "do Flamengo" */
    aud_buffer_t           in;          /* "no Rio de Janeiro" */
    aud_buffer_t           by;          /* "pelo Flamengo" */
    aud_buffer_t           statement;   /* "gosta de futebol" */
    const char            *copies;      /* messages that may rest on it, or
                                           NULL: nobody is told that we know */
    int                    rank;        /* of its modifier in a name */
    unsigned               telling:1;   /* not "other", "n/a", …: fit for a
                                           name */
    unsigned               known:1;     /* of at least half of the members */
    unsigned               well_known:1;    /* of nearly all: shares of those
                                               known speak of the class */
} class_trait_t;

/* In the order of the explanation's principal characteristics.  NULL when
 * memory is out; of none it is not NULL. */
class_trait_t *class_traits(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, size_t *n);
void class_traits_free(class_trait_t *traits, size_t n);

#endif
