/*
 * Names of the classes of one run, no two alike as people read them, and the
 * sentences and messages about one class.  Parts of class_names.c.
 */

#ifndef CLASS_NAMING_H
#define CLASS_NAMING_H

#include "class_trait.h"

typedef struct class_used_s  class_used_t;

/* The names that are used already, by their folded form.  NULL when memory is
 * out; one thread. */
class_used_t *class_used_create(void);
void          class_used_free(class_used_t *used);

/* Whether the name is new; it is used then.  -1 when memory is out. */
int class_used_add(class_used_t *used, aud_str_t name);

/* Appends a name of at most CLASS_NAME_MAX characters and uses it.  -1 when
 * memory is out. */
int class_name_write(const locale_texts_t *texts, const class_trait_t *traits,
    size_t n, class_used_t *used, aud_buffer_t *out);

/* Appends two or three sentences. */
void class_description_write(const locale_texts_t *texts,
    const class_explanation_t *explanation, const class_trait_t *traits,
    size_t n, aud_buffer_t *out);

/* Appends one sentence. */
void class_characteristic_write(const locale_texts_t *texts,
    const class_trait_t *trait, aud_buffer_t *out);

/* CLASS_COPIES messages: [{"text", "characteristic"}].  which: the number of
 * the class, by which messages that rest on nothing differ.  NULL when memory
 * is out. */
json_t *class_copies_write(const locale_texts_t *texts,
    const class_trait_t *traits, size_t n, size_t which);

/* Appends what a message rests on: "Plano: Ouro (68% do grupo)"; of NULL the
 * words for the whole group. */
void class_copy_basis_write(const locale_texts_t *texts,
    const class_trait_t *trait, aud_buffer_t *out);

/* Whether messages of trait->copies may be sent to those who have the trait:
 * not where many have it not, it is sensitive, too long ago or too recent for what they say, or
 * looks like a number of theirs, an address or a price. */
int class_copies_allowed(const locale_texts_t *texts,
    const class_trait_t *trait);

#endif
