/*
 * Header names for exports: what bulk senders read has no special characters.
 */

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "fields.h"


typedef struct {
    aud_buffer_t  text;             /* all names, one behind the other */
    size_t       *at;               /* [n] where each begins */
    size_t       *len;              /* [n] */
    uint32_t     *set;              /* name + 1 by hash, 0: free */
    size_t        mask;
    size_t        n;
} export_names_t;


static int export_names_create(export_names_t *names, size_t n);
static void export_names_free(export_names_t *names);
static int export_names_take(export_names_t *names, uint32_t i);
static void export_names_number(export_names_t *names, uint32_t i);
static void export_names_sanitise(aud_buffer_t *out, aud_str_t name);
static int export_names_letter(utf8proc_int32_t c);
static aud_str_t *export_names_pack(const export_names_t *names);


aud_str_t *
fields_export_names(const aud_str_t *names, size_t n)
{
    int              pass, same;
    size_t           i;
    aud_str_t       *packed = NULL;
    aud_buffer_t     clean = { 0 };
    export_names_t   out;

    if (export_names_create(&out, n) != 0) {
        goto done;
    }

    /* first those that need no change, so that they keep their names */

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < n; i++) {
            clean.len = 0;
            export_names_sanitise(&clean, names[i]);
            same = aud_str_equal(aud_buffer_str(&clean), names[i]);

            if (same != (pass == 0)) {
                continue;
            }

            out.at[i] = out.text.len;
            out.len[i] = clean.len;
            aud_buffer_add(&out.text, clean.data, clean.len);

            if (clean.failed || out.text.failed) {
                goto done;
            }

            if (!export_names_take(&out, i)) {
                export_names_number(&out, i);
            }
        }
    }

    if (!out.text.failed) {
        packed = export_names_pack(&out);
    }

done:

    aud_buffer_free(&clean);
    export_names_free(&out);

    return packed;
}


static int
export_names_create(export_names_t *names, size_t n)
{
    size_t  capacity;

    memset(names, 0, sizeof(export_names_t));

    for (capacity = 16; capacity < 2 * n; capacity *= 2) {
        /* a power of two, at most half of it used */
    }

    names->n = n;
    names->mask = capacity - 1;
    names->at = aud_calloc(n + 1, sizeof(size_t));
    names->len = aud_calloc(n + 1, sizeof(size_t));
    names->set = aud_calloc(capacity, sizeof(uint32_t));

    return names->at && names->len && names->set ? 0 : -1;
}


static void
export_names_free(export_names_t *names)
{
    aud_buffer_free(&names->text);
    aud_free(names->at);
    aud_free(names->len);
    aud_free(names->set);
}


/* Puts name i into the set; 0 where an equal one is there. */

static int
export_names_take(export_names_t *names, uint32_t i)
{
    size_t       slot;
    uint32_t     other;
    const char  *text;

    text = names->text.data + names->at[i];
    slot = XXH3_64bits(text, names->len[i]) & names->mask;

    while (names->set[slot]) {
        other = names->set[slot] - 1;

        if (names->len[other] == names->len[i]
            && memcmp(names->text.data + names->at[other], text,
                      names->len[i]) == 0)
        {
            return 0;
        }

        slot = (slot + 1) & names->mask;
    }

    names->set[slot] = i + 1;

    return 1;
}


/* Name i, the last of the text, gets the first number that makes it new. */

static void
export_names_number(export_names_t *names, uint32_t i)
{
    size_t    len;
    unsigned  number;

    len = names->len[i];

    for (number = 2; /* void */; number++) {
        names->text.len = names->at[i] + len;
        aud_buffer_printf(&names->text, "_%u", number);

        if (names->text.failed) {
            return;
        }

        names->len[i] = names->text.len - names->at[i];

        if (export_names_take(names, i)) {
            return;
        }
    }
}


static void
export_names_sanitise(aud_buffer_t *out, aud_str_t name)
{
    size_t              at, begin;
    utf8proc_int32_t    c;
    utf8proc_ssize_t    n, len;
    utf8proc_uint8_t   *plain = NULL;

    begin = out->len;

    len = utf8proc_map((const utf8proc_uint8_t *) name.data, name.len, &plain,
                       UTF8PROC_STABLE|UTF8PROC_DECOMPOSE|UTF8PROC_COMPAT
                       |UTF8PROC_STRIPMARK);

    for (at = 0; len > 0 && at < (size_t) len; at += n) {
        n = utf8proc_iterate(plain + at, len - at, &c);
        if (n <= 0) {
            break;
        }

        if (export_names_letter(c)) {
            aud_buffer_add(out, plain + at, n);

        } else if (out->len > begin && out->data[out->len - 1] != ' ') {
            aud_buffer_char(out, ' ');
        }
    }

    free(plain);

    if (out->len > begin && out->data[out->len - 1] == ' ') {
        out->len--;
    }

    if (out->len == begin) {
        aud_buffer_text(out, "field");
    }
}


static int
export_names_letter(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
        return 1;
    default:
        return c == '_';
    }
}


static aud_str_t *
export_names_pack(const export_names_t *names)
{
    char       *text;
    size_t      i;
    aud_str_t  *packed;

    packed = aud_malloc((names->n + 1) * sizeof(aud_str_t) + names->text.len);
    if (packed == NULL) {
        return NULL;
    }

    text = (char *) (packed + names->n + 1);

    if (names->text.len) {
        memcpy(text, names->text.data, names->text.len);
    }

    for (i = 0; i < names->n; i++) {
        packed[i] = aud_str(text + names->at[i], names->len[i]);
    }

    return packed;
}
