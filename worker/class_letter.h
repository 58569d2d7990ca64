/*
 * What the letter "copies" says: the audiences of a segmentation with the
 * messages proposed for each.  Any thread.
 */

#ifndef CLASS_LETTER_H
#define CLASS_LETTER_H

#include <jansson.h>

/* More are counted and not shown: mail programs cut long letters off. */
#define CLASS_LETTER_AUDIENCES  12

/*
 * Values for mail_args("copies", user, …), from
 *
 *   [{"name": "…", "size": 8120,
 *     "copies": [{"text": "…", "characteristic": "…"}, …]}, …]
 *
 * as audiences have them; other members are left alone, and audiences without
 * copies left out.  NULL when memory is out or no audience has copies: there is
 * nothing to send then.
 */
json_t *class_letter_values(const json_t *audiences);

#endif
