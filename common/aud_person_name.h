/*
 * Names of people, so that they can speak for or against two records being one
 * person.  A name never says who somebody is.  Any thread.
 *
 *   "SILVA, Ana Maria da"   ->  "ana maria silva"
 *   "Dra. Ana M. Silva"     ->  "ana m silva"
 *   "JOÃO D'ÁVILA JR"       ->  "joao avila junior"
 *
 * The canonical form is folded (aud_text.h), its words parted by one blank,
 * the given name first; particles (de, da, do, dos, das, e, d', di, del, van,
 * von) and honorifics are left out; the generation (filho, neto, sobrinho,
 * junior, segundo) stands at the end.  Only letters count; what has none, such
 * as an emoji, is no name.
 */

#ifndef AUD_PERSON_NAME_H
#define AUD_PERSON_NAME_H

#include "aud_buffer.h"

#define AUD_PERSON_NAME_WORDS  12       /* further ones are left out */
#define AUD_PERSON_NAME_LEN    160      /* bytes of the canonical form */
#define AUD_PERSON_NAME_INPUT  1024     /* bytes that are looked at */

typedef enum {
    AUD_NAMES_SAY_NOTHING = 0,
    AUD_NAMES_SUPPORT,
    AUD_NAMES_CONTRADICT
} aud_names_t;

/* Appends the canonical form, nothing where text holds no name.  Canonical
 * forms are fixed points.  A failed allocation shows in out->failed. */
void aud_person_name_canonical(aud_buffer_t *out, aud_str_t text);

/*
 * What two canonical names say about each other; symmetric.
 *
 *   support       the same name but for a slip of the pen (Damerau 1964: one
 *                 letter wrong, missing, too many, or two swapped), missing or
 *                 abbreviated middle names, or another order of the words
 *   contradict    other given names, or other generations (Filho, Neto)
 *   say nothing   one is missing; given names agree and no family name does
 *                 (marriage) or one has none; scripts that do not compare;
 *                 Pedro Lima and Pedro Lima Filho
 *
 * A final a, e or o that differs or is missing is no slip: Paulo and Paula,
 * Daniel and Daniela often share a phone.
 */
aud_names_t aud_person_names_compare(aud_str_t a, aud_str_t b);

/* The given name of a canonical name: its first word; empty where that is only
 * an initial. */
aud_str_t aud_person_name_given(aud_str_t canonical);

#endif
