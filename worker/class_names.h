/*
 * Words for classes of people: a name, a description, principal
 * characteristics as sentences, and message templates, in one of the product's
 * languages (conf/locale/<language>.json), from explanations alone.
 *
 * Names of one call are never alike, nor like those in `taken`, compared as
 * people read them (folded).  Pure; any thread.  The same input gives the same
 * words.
 */

#ifndef CLASS_NAMES_H
#define CLASS_NAMES_H

#include <jansson.h>

#include "class_explain.h"
#include "locale.h"

#define CLASS_NAME_MAX         60       /* characters */
#define CLASS_DESCRIPTION_MAX  300
#define CLASS_COPY_MAX         300
#define CLASS_COPIES           3        /* messages of a class */

/*
 * Sets results[i], for each class i of the [classes], to a new object:
 *
 *   {"name": "Flamenguistas de 18 a 25 com plano Ouro",
 *    "description": "…",
 *    "characteristics": ["…", …],
 *    "copies": [{"text": "Oi, {{name}}! …",
 *                "characteristic": "…"}, …]}      three; only with copies
 *
 * taken: n names that must not be given again; kept[i], where not NULL, is the
 * name that class i had before and keeps.  -1 when memory is out.
 */
int class_names(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanations, size_t classes,
    const char *const *kept, const char *const *taken, size_t ntaken,
    int copies, json_t **results);

/* "18 a 25", "há menos de 7 dias", "Flamengo": a category as people read it;
 * appended to out. */
void class_category_words(const locale_texts_t *texts, const behaviour_t *field,
    uint32_t category, aud_buffer_t *out);

#endif
