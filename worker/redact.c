/*
 * Redaction: the walk over a text.
 */

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "aud_alloc.h"
#include "aud_person_name.h"
#include "aud_text.h"
#include "redact_private.h"


static int32_t *redact_normalise(aud_str_t text, size_t *n);
static void redact_walk(redact_text_t *t);
static size_t redact_place(redact_text_t *t, size_t at);
static size_t redact_run_end(const redact_text_t *t, size_t at);
static void redact_copy(redact_text_t *t, size_t from, size_t to);


static const char *const  kinds[REDACT_KINDS] = {
    "NAME", "PHONE", "DOCUMENT", "EMAIL", "NUMBER", "LINK", "HANDLE", "VALUE"
};


redaction_t *
redaction_create(void)
{
    return aud_calloc(1, sizeof(redaction_t));
}


int
redaction_name(redaction_t *r, aud_str_t name)
{
    int           rc = 0;
    char         *word, *rest;
    aud_buffer_t  canonical = { 0 };

    aud_person_name_canonical(&canonical, name);
    aud_buffer_char(&canonical, '\0');

    if (canonical.failed) {
        return -1;
    }

    rest = canonical.data;

    while ((word = strsep(&rest, " ")) != NULL) {
        if (strlen(word) > 1) {
            rc |= redact_know(r, REDACT_NAME, aud_str(word, strlen(word)));
        }
    }

    aud_buffer_free(&canonical);

    return rc;
}


int
redaction_value(redaction_t *r, aud_str_t text)
{
    int           rc = 0;
    size_t        i, n, from;
    int32_t      *cp;
    aud_buffer_t  words = { 0 };

    cp = redact_normalise(text, &n);
    if (cp == NULL) {
        return -1;
    }

    redact_text_t  t = { .cp = cp, .n = n };

    for (i = 0; i < n; /* void */) {
        for (from = i; i < n && redact_word(cp[i]); i++) {
            /* void */
        }

        if (i > from) {
            if (words.len) {
                aud_buffer_char(&words, ' ');
            }

            redact_key(&t, from, i, &words);

        } else {
            i++;
        }
    }

    if (words.len >= 4) {
        rc = redact_know(r, REDACT_VALUE, aud_buffer_str(&words));
    }

    rc = words.failed ? -1 : rc;
    aud_buffer_free(&words);
    aud_free(cp);

    return rc;
}


int
redact_know(redaction_t *r, redact_kind_t kind, aud_str_t folded)
{
    phrase_t  *p;

    p = aud_malloc(sizeof(phrase_t) + folded.len);
    if (p == NULL) {
        return -1;
    }

    p->kind = kind;
    p->len = folded.len;
    memcpy(p->text, folded.data, folded.len);
    p->next = r->first;
    r->first = p;

    return 0;
}


void
redaction_free(redaction_t *r)
{
    phrase_t  *p, *next;

    for (p = r ? r->first : NULL; p; p = next) {
        next = p->next;
        aud_free(p);
    }

    aud_free(r);
}


redaction_run_t *
redaction_begin(const redaction_t *known)
{
    redaction_run_t  *run;

    run = aud_calloc(1, sizeof(redaction_run_t));

    if (run) {
        run->known = known;
    }

    return run;
}


void
redaction_end(redaction_run_t *run)
{
    phrase_t  *p, *next;

    redact_forget(run);

    for (p = run->learnt.first; p; p = next) {
        next = p->next;
        aud_free(p);
    }

    aud_free(run);
}


void
redact_forget(redaction_run_t *run)
{
    seen_t  *s, *next;

    for (s = run->seen; s; s = next) {
        next = s->next;
        aud_free(s);
    }

    run->seen = NULL;
    memset(run->count, 0, sizeof(run->count));
}


void
redaction_text(redaction_run_t *run, aud_str_t text, aud_buffer_t *out)
{
    size_t          n;
    int32_t        *cp;
    redact_text_t   t;

    cp = redact_normalise(text, &n);

    if (cp == NULL) {
        out->failed = 1;
        return;
    }

    t = (redact_text_t) { cp, n, run, out };
    redact_walk(&t);
    out->failed |= run->failed;
    aud_free(cp);
}


int
redaction_clean(aud_str_t text)
{
    int               clean;
    aud_buffer_t      out = { 0 };
    redaction_run_t  *run;

    run = redaction_begin(NULL);
    if (run == NULL) {
        return 0;
    }

    redaction_text(run, text, &out);
    clean = !out.failed && run->seen == NULL;
    aud_buffer_free(&out);
    redaction_end(run);

    return clean;
}


/* NFKC without what cannot be seen, as code points; bytes that are no UTF-8
 * become U+FFFD.  aud_free(). */

static int32_t *
redact_normalise(aud_str_t text, size_t *n)
{
    size_t              whole;
    int32_t            *cp = NULL;
    aud_buffer_t        clean = { 0 };
    utf8proc_ssize_t    len, got;

    const utf8proc_option_t  options = UTF8PROC_COMPAT | UTF8PROC_COMPOSE
                                       | UTF8PROC_STABLE | UTF8PROC_IGNORE;

    while (text.len) {
        whole = aud_utf8_valid(text);
        aud_buffer_add(&clean, text.data, whole);

        if (whole < text.len) {
            aud_buffer_text(&clean, "\xef\xbf\xbd");
            whole++;
        }

        text.data += whole;
        text.len -= whole;
    }

    len = clean.failed ? -1
          : utf8proc_decompose((const uint8_t *) clean.data, clean.len, NULL,
                               0, options);
    cp = len < 0 ? NULL : aud_malloc((len + 1) * sizeof(int32_t));

    if (cp) {
        got = utf8proc_decompose((const uint8_t *) clean.data, clean.len, cp,
                                 len, options);
        *n = got > 0 ? utf8proc_normalize_utf32(cp, got, options) : 0;
    }

    aud_buffer_free(&clean);

    return cp;
}


int
redact_letter(int32_t c)
{
    utf8proc_category_t  category = utf8proc_category(c);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_MC;
}


int
redact_digit(int32_t c)
{
    return c < 0x80 ? c >= '0' && c <= '9'
                    : utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}


int
redact_word(int32_t c)
{
    return redact_letter(c) || redact_digit(c);
}


static void
redact_walk(redact_text_t *t)
{
    size_t  at = 0, end;

    while (at < t->n) {
        end = redact_place(t, at);

        if (end == at) {
            end = redact_run_end(t, at);
            redact_copy(t, at, end);
            at = redact_introduction(t, end);

        } else {
            at = end;
        }
    }
}


static size_t
redact_place(redact_text_t *t, size_t at)
{
    size_t  i, end = at;

    static size_t (*const  looks[])(redact_text_t *t, size_t at) = {
        redact_link, redact_email, redact_code, redact_number, redact_known
    };

    for (i = 0; end == at && i < sizeof(looks) / sizeof(looks[0]); i++) {
        end = looks[i](t, at);
    }

    return end;
}


/* A word goes out whole: nothing begins in its middle, but for one that is longer
 * than redact_code() has looked at. */

static size_t
redact_run_end(const redact_text_t *t, size_t at)
{
    size_t  end = at;

    while (end < t->n && end < at + REDACT_WORD && redact_word(t->cp[end])) {
        end++;
    }

    return end > at ? end : at + 1;
}


static void
redact_copy(redact_text_t *t, size_t from, size_t to)
{
    uint8_t  bytes[4];

    for (/* void */; from < to; from++) {
        aud_buffer_add(t->out, bytes,
                       utf8proc_encode_char(t->cp[from], bytes));
    }
}


void
redact_placeholder(redact_text_t *t, redact_kind_t kind, aud_str_t key)
{
    seen_t           *s;
    redaction_run_t  *run = t->run;

    for (s = run->seen; s; s = s->next) {
        if (s->kind == kind && aud_str_equal(aud_str(s->key, s->len), key)) {
            break;
        }
    }

    if (s == NULL) {
        s = aud_malloc(sizeof(seen_t) + key.len);

        if (s == NULL) {
            run->failed = 1;
            return;
        }

        s->kind = kind;
        s->n = ++run->count[kind];
        s->len = key.len;
        memcpy(s->key, key.data ? key.data : "", key.len);
        s->next = run->seen;
        run->seen = s;
    }

    aud_buffer_printf(t->out, "[%s_%u]", kinds[kind], s->n);
}


void
redact_key(const redact_text_t *t, size_t from, size_t to, aud_buffer_t *key)
{
    uint8_t       bytes[4];
    aud_buffer_t  plain = { 0 };

    for (/* void */; from < to; from++) {
        aud_buffer_add(&plain, bytes,
                       utf8proc_encode_char(t->cp[from], bytes));
    }

    aud_fold(key, aud_buffer_str(&plain));
    key->failed |= plain.failed;
    aud_buffer_free(&plain);
}
