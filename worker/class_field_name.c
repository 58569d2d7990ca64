/*
 * Names of columns as words.
 *
 *   ticketMedio -> ticket medio    NPSScore -> NPS score
 *   ESTADO_CIVIL -> estado civil   temWhatsApp -> tem WhatsApp
 */

#include <utf8proc.h>

#include "aud_text.h"
#include "class_text.h"

#define READ_BYTES  4096            /* of a name */


typedef struct {
    const aud_str_t   *spellings;
    size_t             n;
    unsigned           split:1;     /* at capitals */
    unsigned           shout:1;     /* all are capitals */
    utf8proc_int32_t   before;      /* the last character; 0: none */
    aud_buffer_t       out;
} splitter_t;


static aud_str_t plain_name(aud_str_t name);
static void split_words(splitter_t *s, aud_str_t name);
static size_t split_character(splitter_t *s, aud_str_t rest);
static int  begins_word(utf8proc_int32_t before, utf8proc_int32_t code,
    utf8proc_int32_t next);
static int  is_upper(utf8proc_int32_t code);
static int  is_lower(utf8proc_int32_t code);
static size_t spelled(aud_str_t rest, const aud_str_t *spellings, size_t n);
static int  shouted(aud_str_t name);
static void lower(aud_buffer_t *out, utf8proc_int32_t code);


void
class_text_field(aud_str_t name, const aud_str_t *spellings, size_t n,
    size_t max, aud_buffer_t *out)
{
    splitter_t  s = { .spellings = spellings, .n = n };

    name = plain_name(name);
    s.shout = shouted(name) != 0;
    s.split = name.len && memchr(name.data, ' ', name.len) == NULL;

    split_words(&s, name);
    class_text_clean_field(aud_buffer_str(&s.out), max, out);

    out->failed |= s.out.failed;
    aud_buffer_free(&s.out);
}


/* Without blanks around it and the marks that begin a Spanish question. */
static aud_str_t
plain_name(aud_str_t name)
{
    name = aud_trim(name);

    while (name.len > 2 && (memcmp(name.data, "¿", 2) == 0
                            || memcmp(name.data, "¡", 2) == 0))
    {
        name = aud_trim(aud_str(name.data + 2, name.len - 2));
    }

    return aud_str(name.data, name.len < READ_BYTES ? name.len : READ_BYTES);
}


static void
split_words(splitter_t *s, aud_str_t name)
{
    size_t  whole, len;

    for (size_t at = 0; at < name.len; at += len) {
        whole = spelled(aud_str(name.data + at, name.len - at), s->spellings,
                        s->n);

        if (whole) {
            aud_buffer_char(&s->out, ' ');
            aud_buffer_add(&s->out, name.data + at, whole);
            aud_buffer_char(&s->out, ' ');
            s->before = 0;
            len = whole;

        } else {
            len = split_character(s, aud_str(name.data + at, name.len - at));
        }
    }
}


/* Bytes of the first character of rest, which is added to the words. */
static size_t
split_character(splitter_t *s, aud_str_t rest)
{
    const utf8proc_uint8_t  *bytes = (const utf8proc_uint8_t *) rest.data;
    utf8proc_int32_t         code, next = 0;
    utf8proc_ssize_t         n;

    n = utf8proc_iterate(bytes, (utf8proc_ssize_t) rest.len, &code);

    if (n <= 0) {
        return 1;
    }

    utf8proc_iterate(bytes + n, (utf8proc_ssize_t) rest.len - n, &next);

    if (s->shout) {
        lower(&s->out, code);

    } else if (s->split && begins_word(s->before, code, next)) {
        aud_buffer_char(&s->out, ' ');

        if (is_upper(next)) {
            aud_buffer_add(&s->out, rest.data, (size_t) n);

        } else {
            lower(&s->out, code);
        }

    } else {
        aud_buffer_add(&s->out, rest.data, (size_t) n);
    }

    s->before = code;

    return (size_t) n;
}


/* A capital behind a small letter, or the last of several capitals. */
static int
begins_word(utf8proc_int32_t before, utf8proc_int32_t code,
    utf8proc_int32_t next)
{
    return is_upper(code)
           && (is_lower(before) || (is_upper(before) && is_lower(next)));
}


static int
is_upper(utf8proc_int32_t code)
{
    return code > 0 && utf8proc_category(code) == UTF8PROC_CATEGORY_LU;
}


static int
is_lower(utf8proc_int32_t code)
{
    return code > 0 && utf8proc_category(code) == UTF8PROC_CATEGORY_LL;
}


/* Length of the word of `spellings` that rest begins with, or 0. */
static size_t
spelled(aud_str_t rest, const aud_str_t *spellings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rest.len >= spellings[i].len
            && memcmp(rest.data, spellings[i].data, spellings[i].len) == 0)
        {
            return spellings[i].len;
        }
    }

    return 0;
}


/* ESTADO_CIVIL, but not UF, NPS, LTV. */
static int
shouted(aud_str_t name)
{
    size_t  letters = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] >= 'a' && name.data[i] <= 'z') {
            return 0;
        }

        letters += name.data[i] >= 'A' && name.data[i] <= 'Z';
    }

    return letters > 4;
}


static void
lower(aud_buffer_t *out, utf8proc_int32_t code)
{
    utf8proc_uint8_t  bytes[4];
    utf8proc_ssize_t  n;

    n = utf8proc_encode_char(utf8proc_tolower(code), bytes);
    aud_buffer_add(out, bytes, (size_t) n);
}
