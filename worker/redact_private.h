/*
 * What the parts of redact.h share: a text as code points, and what is known.
 */

#ifndef REDACT_PRIVATE_H
#define REDACT_PRIVATE_H

#include "redact.h"

#define REDACT_WORD  64     /* characters of a word or code that are looked at
                               together: the rest is looked at anew */

typedef enum {
    REDACT_NAME = 0, REDACT_PHONE, REDACT_DOCUMENT, REDACT_EMAIL,
    REDACT_NUMBER, REDACT_LINK, REDACT_HANDLE, REDACT_VALUE, REDACT_KINDS
} redact_kind_t;

typedef struct phrase_s  phrase_t;

struct phrase_s {               /* folded words, one blank between them */
    phrase_t       *next;
    redact_kind_t   kind;
    size_t          len;
    char            text[];
};

struct redaction_s {
    phrase_t       *first;
};

typedef struct seen_s  seen_t;

struct seen_s {                 /* a value that has its number */
    seen_t         *next;
    redact_kind_t   kind;
    unsigned        n;
    size_t          len;
    char            key[];
};

struct redaction_run_s {
    const redaction_t  *known;
    redaction_t         learnt; /* names of who introduced themselves */
    unsigned            nlearnt;
    seen_t             *seen;
    unsigned            count[REDACT_KINDS];
    unsigned            failed:1;       /* memory was out */
};

/* A normalised text that is looked through. */
typedef struct {
    const int32_t      *cp;
    size_t              n;
    redaction_run_t    *run;
    aud_buffer_t       *out;
} redact_text_t;

int  redact_letter(int32_t c);
int  redact_digit(int32_t c);           /* of any script */
int  redact_word(int32_t c);            /* letter, mark or digit */

/* Adds a phrase of already folded words; -1 when memory is out. */
int  redact_know(redaction_t *r, redact_kind_t kind, aud_str_t folded);

/* Writes the placeholder of a value, by its key. */
void redact_placeholder(redact_text_t *t, redact_kind_t kind, aud_str_t key);

/* Placeholders begin anew; names that were learnt stay. */
void redact_forget(redaction_run_t *run);

/* The code points [from, to), lower-cased and as UTF-8. */
void redact_key(const redact_text_t *t, size_t from, size_t to,
    aud_buffer_t *key);

/*
 * Each looks at a place where a word (or an @, a + or a bracket) begins, writes
 * a placeholder where there is something of its sort, and returns where that
 * ends; `at` where there is none.
 */
size_t redact_link(redact_text_t *t, size_t at);
size_t redact_email(redact_text_t *t, size_t at);
size_t redact_code(redact_text_t *t, size_t at);
size_t redact_number(redact_text_t *t, size_t at);
size_t redact_known(redact_text_t *t, size_t at);

/* After an introduction that ends at `at`, such as "me chamo": learns the name
 * and writes its placeholder. */
size_t redact_introduction(redact_text_t *t, size_t at);

#endif
