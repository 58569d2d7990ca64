/*
 * What the parts of class_writer_llm.h share.
 */

#ifndef CLASS_WRITER_PRIVATE_H
#define CLASS_WRITER_PRIVATE_H

#include "class_naming.h"
#include "class_writer_llm.h"

/* What of a class may be told: the same count and order as "facts" of the
 * content, in which they are numbered from 1. */
typedef struct {
    class_trait_t          *traits;     /* all, in their own order */
    size_t                  ntraits;
    const class_trait_t   **facts;      /* of traits */
    size_t                  n;
    json_t                 *content;    /* NULL: the class is not told */
    char                   *text;       /* of content, to look numbers up in */
} class_brief_t;

/* Whether all that the class's built-in name may speak of is told. */
static inline int
class_brief_whole(const class_brief_t *brief)
{
    return brief->content && brief->n == brief->ntraits;
}

/* class_writer_brief.c; -1 when memory is out. */
int  class_brief_make(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, int copies, class_brief_t *brief);
void class_brief_free(class_brief_t *brief);

/*
 * class_writer_check.c: what of an answer, which fits the schema, is taken.
 * Each appends or returns it, or says why not as static text.
 */

/* One line without links, with no other numbers than the brief has, cut to max
 * characters. */
const char *class_checked_text(const class_brief_t *brief, aud_str_t text,
    size_t max, aud_buffer_t *out);

/* [{"text", "characteristic"}] of [{"text", "fact"}]. */
const char *class_checked_copies(const locale_texts_t *texts,
    const class_brief_t *brief, const json_t *written, json_t **copies);

#endif
