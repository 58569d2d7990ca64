/*
 * A letter while it is written: letter.c its frame, letter_blocks.c what stands
 * in it, letter_values.c what gaps are filled with.  Functions that return int
 * return 0, or -1 with w->err; out of memory shows in the buffers as well.
 */

#ifndef LETTER_PRIVATE_H
#define LETTER_PRIVATE_H

#include "letter.h"

#define LETTER_LISTS  4                 /* in one another */

typedef struct {
    const locale_texts_t  *texts;
    const json_t          *values;
    const char            *name;        /* of who gets it */
    const json_t          *items[LETTER_LISTS];    /* of lists that are gone through,
                                               the innermost last */
    size_t                 nitems;
    letter_t              *letter;
    aud_str_t              title;       /* filled */
    aud_str_t              body;        /* HTML */
    const char            *footer;
    aud_error_t           *err;
} letter_writer_t;

/* Blocks, or one paragraph: the plain text grows in the letter, the HTML beside
 * it. */
int  letter_blocks(letter_writer_t *w, const json_t *blocks,
    aud_buffer_t *html);
int  letter_paragraph(letter_writer_t *w, const char *text,
    aud_buffer_t *html);

/* Appends text with its gaps filled; as one line, where what came with control
 * characters in a value gets blanks for them. */
int  letter_fill(letter_writer_t *w, const char *text, aud_buffer_t *out);
int  letter_line(letter_writer_t *w, const char *text, aud_buffer_t *out);

/* The value, of the innermost object that has it; NULL where none has. */
const json_t *letter_find(const letter_writer_t *w, aud_str_t name);

/* Appends text escaped. */
void letter_html(aud_buffer_t *out, aud_str_t text);

/* A text of a block; "" where it has none. */
const char *letter_text_of(const json_t *object, const char *name);

#endif
