/*
 * What a language model is told about a class of people:
 *
 *   {"language": "pt-BR",
 *    "group": {"people": 8120, "percent_of_all": 16},
 *    "facts": [{"number": 1, "field": "Time do coração", "value": "Flamengo",
 *               "percent_of_group": 74, "percent_of_all": 31,
 *               "times_as_often": 2.4, "in_messages": true}, …],
 *    "names_of_other_groups": ["…"]}           added by class_writer_llm.c
 */

#include <math.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "class_writer_private.h"


static int brief_telling(const class_trait_t *trait);
static json_t *brief_fact(const class_trait_t *trait, size_t number,
    int copies);
static json_t *brief_number(double value);


int
class_brief_make(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, int copies, class_brief_t *brief)
{
    size_t   i;
    json_t  *facts;

    memset(brief, 0, sizeof(class_brief_t));
    brief->traits = class_traits(texts, b, explanation, &brief->ntraits);
    brief->facts = aud_calloc(brief->ntraits + 1, sizeof(class_trait_t *));

    if (brief->traits == NULL || brief->facts == NULL) {
        return -1;
    }

    facts = json_array();

    for (i = 0; i < brief->ntraits; i++) {
        if (brief_telling(&brief->traits[i])) {
            brief->facts[brief->n++] = &brief->traits[i];
            json_array_append_new(facts, brief_fact(&brief->traits[i],
                                                    brief->n, copies));
        }
    }

    /* So it is of a class of few people, as well. */
    if (brief->n == 0) {
        json_decref(facts);
        return 0;
    }

    brief->content = json_pack("{s:s, s:{s:I, s:o}, s:o}",
                               "language", texts->language, "group",
                               "people", (json_int_t) explanation->members,
                               "percent_of_all",
                               brief_number(class_percent_of(
                                   explanation->share)),
                               "facts", facts);

    return brief->content ? 0 : -1;
}


void
class_brief_free(class_brief_t *brief)
{
    class_traits_free(brief->traits, brief->ntraits);
    aud_free(brief->facts);
    json_decref(brief->content);
    free(brief->text);                  /* jansson's */
}


/* Ranges are numbers of many; a value that few have may be about one. */

static int
brief_telling(const class_trait_t *trait)
{
    return trait->inside >= CLASS_WRITER_PEOPLE
           && redaction_clean(aud_buffer_str(&trait->label))
           && (trait->category.kind == BEHAVIOUR_RANGE
               || trait->category.kind == BEHAVIOUR_RECENCY
               || (redaction_clean(aud_buffer_str(&trait->value))
                   && redaction_clean(trait->category.text)));
}


static json_t *
brief_fact(const class_trait_t *trait, size_t number, int copies)
{
    json_t  *fact;

    fact = json_pack("{s:I, s:s%, s:s%, s:o, s:o, s:o}",
                     "number", (json_int_t) number,
                     "field", trait->label.data ? trait->label.data : "",
                     trait->label.len,
                     "value", trait->value.data ? trait->value.data : "",
                     trait->value.len,
                     "percent_of_group",
                     brief_number(class_percent_of(trait->share)),
                     "percent_of_all",
                     brief_number(class_percent_of(trait->base_share)),
                     "times_as_often",
                     brief_number(round(10 * trait->lift) / 10));

    if (copies) {
        json_object_set_new(fact, "in_messages",
                            json_boolean(trait->copies != NULL));
    }

    return fact;
}


/* 4 and not 4.0: what is written is held against the numbers that stand here. */

static json_t *
brief_number(double value)
{
    return value == trunc(value) ? json_integer((json_int_t) value)
                                 : json_real(value);
}
