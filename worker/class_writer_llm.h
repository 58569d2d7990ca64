/*
 * Lets the language model that is configured (llm.h) write name, description
 * and message templates of classes of people, over those that class_names()
 * wrote.
 *
 * The model is told aggregates alone: fields, categories, shares, lifts and the
 * number of members.  A category with fewer than CLASS_WRITER_PEOPLE members in
 * it is not told, nor one whose value looks like a phone, an e-mail, a document
 * or an address of a page.
 *
 * What it writes is checked: one line, no links, no control characters, cut to
 * CLASS_NAME_MAX and CLASS_DESCRIPTION_MAX characters at a word's end; names
 * alike, compared as people read them, are not taken, nor one of `taken`;
 * templates must be three, each with {{name}} and no other placeholder.  What is
 * not taken stays as the built-in texts have it.
 */

#ifndef CLASS_WRITER_LLM_H
#define CLASS_WRITER_LLM_H

#include "class_names.h"
#include "llm.h"

#define CLASS_WRITER_PEOPLE  5

/*
 * To be called right after class_names(), with the same arguments and what it
 * made: changes results[i] where the model wrote something better to have, and
 * sets in each
 *
 *   "written_by": the model's name, where the name or, if kept[i], the
 *                 description is the model's, else "built-in"
 *   "copies_written_by": the same for copies, where there are any
 *
 * turn as for llm_ask(): renew the job's lease there, non-zero ends the wait.
 * Failures show as "built-in" only; a log line says why.  Blocks for as long as
 * the endpoint takes; a job thread.  -1 when memory is out.
 */
int class_writer_llm(llm_t *llm, const char *tenant,
    const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanations, size_t classes,
    const char *const *kept, const char *const *taken, size_t ntaken,
    int copies, json_t **results, int (*turn)(void *arg, size_t answered),
    void *arg);

#endif
