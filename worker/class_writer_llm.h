/*
 * Lets the language model that is configured (llm.h) write name, description
 * and messages of classes of people, over those that class_names() wrote.
 *
 * The model is told aggregates alone: for each trait of the class its field,
 * category, shares and lift, and how many people the class has.  A class, or a
 * category, with fewer than CLASS_WRITER_PEOPLE members in it is not told, nor a
 * value that looks like a phone, an e-mail, a document or an address.
 *
 * What it writes is checked before it is taken: one line, no link, no address,
 * no number that the data do not have (it would be made up), no other group's
 * name.  Name and description are cut to their lengths at a word's end.
 * Messages must be CLASS_COPIES different ones, each with {{name}}, no other
 * placeholder, and rest on a trait of which messages may speak.  What is not
 * taken stays as class_names() wrote it: name and description together,
 * messages by themselves.
 */

#ifndef CLASS_WRITER_LLM_H
#define CLASS_WRITER_LLM_H

#include "class_names.h"
#include "llm.h"

#define CLASS_WRITER_PEOPLE    5
#define CLASS_WRITER_BUILT_IN  "built-in"

/*
 * To be called right after class_names(), with the same arguments and what it
 * made: changes results[i] where the model wrote something that is taken, and
 * sets in each
 *
 *   "written_by": the model's name where name (unless kept[i]) and description
 *                 are the model's, else "built-in"
 *   "copies_written_by": the same for copies, where there are any
 *
 * turn as for llm_ask(): renew the job's lease there; non-zero ends the wait,
 * and the rest stays built in.  That the model fails is no error, and logged.
 * Blocks for as long as the endpoint takes, at most llm.h's attempts and
 * time-outs: a job thread.  -1 when memory is out.
 */
int class_writer_llm(llm_t *llm, const char *tenant,
    const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanations, size_t classes,
    const char *const *kept, const char *const *taken, size_t ntaken,
    int copies, json_t **results, int (*turn)(void *arg, size_t answered),
    void *arg);

#endif
