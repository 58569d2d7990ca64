/*
 * Redaction of names and other texts that are known, and of names that people
 * introduce themselves by.
 */

#include <utf8proc.h>

#include "aud_text.h"
#include "redact_private.h"

#define KNOWN_GAP            3          /* between words of a phrase */
#define INTRODUCTION_WINDOW  32         /* code points; holds the longest */
#define INTRODUCTION_WORDS   5
#define INTRODUCTION_NAMES   32         /* of one run: each is looked for at
                                           each word */


typedef struct {
    const char  *text;                  /* folded */
    unsigned     sure:1;                /* a name follows, however it is
                                           written; else only with a capital */
} introduction_t;


static size_t known_phrase(const redact_text_t *t, size_t at,
    const phrase_t *p);
static size_t known_word(const redact_text_t *t, size_t at);
static size_t known_skip(const redact_text_t *t, size_t at, size_t most);
static const introduction_t *introduction_find(const redact_text_t *t,
    size_t at);
static size_t introduction_name(const redact_text_t *t, size_t at, int sure);
static int introduction_particle(const redact_text_t *t, size_t at,
    size_t end);
static int known_capital(int32_t c);


static const introduction_t  introductions[] = {
    { "meu nome e", 1 }, { "me chamo", 1 }, { "nome completo e", 1 },
    { "mi nombre es", 1 }, { "me llamo", 1 }, { "my name is", 1 },
    { "name's", 1 }, { "sou o", 0 }, { "sou a", 0 }, { "aqui e o", 0 },
    { "aqui e a", 0 }, { "fala o", 0 }, { "fala a", 0 }, { "soy", 0 },
    { "le habla", 0 }, { "this is", 0 }, { "i am", 0 }, { "i'm", 0 },
    { "sou", 0 }, { "nome", 0 }, { "nombre", 0 }, { "name", 0 }
};


size_t
redact_known(redact_text_t *t, size_t at)
{
    size_t           end, longest = at;
    const phrase_t  *p, *best = NULL;

    const phrase_t  *lists[] = {
        t->run->known ? t->run->known->first : NULL, t->run->learnt.first
    };

    if (!redact_word(t->cp[at])) {
        return at;
    }

    for (size_t i = 0; i < 2; i++) {
        for (p = lists[i]; p; p = p->next) {
            end = known_phrase(t, at, p);

            if (end > longest) {
                longest = end;
                best = p;
            }
        }
    }

    if (best) {
        redact_placeholder(t, best->kind, aud_str(best->text, best->len));
    }

    return longest;
}


/* Where the phrase ends if it begins here, else `at`. */

static size_t
known_phrase(const redact_text_t *t, size_t at, const phrase_t *p)
{
    int           same = 1;
    size_t        i, n, from = at, end = at;
    aud_buffer_t  word = { 0 };

    for (i = 0; same && i < p->len; i += n + 1) {
        for (n = 0; i + n < p->len && p->text[i + n] != ' '; n++) {
            /* void */
        }

        from = i ? known_skip(t, end, KNOWN_GAP) : at;
        end = known_word(t, from);
        word.len = 0;
        redact_key(t, from, end, &word);
        same = aud_str_equal(aud_buffer_str(&word), aud_str(p->text + i, n));
    }

    aud_buffer_free(&word);

    return same ? end : at;
}


static size_t
known_word(const redact_text_t *t, size_t at)
{
    while (at < t->n && redact_word(t->cp[at])) {
        at++;
    }

    return at;
}


static size_t
known_skip(const redact_text_t *t, size_t at, size_t most)
{
    while (at < t->n && most-- && !redact_word(t->cp[at])) {
        at++;
    }

    return at;
}


size_t
redact_introduction(redact_text_t *t, size_t at)
{
    size_t                 from, end;
    aud_buffer_t           name = { 0 };
    const introduction_t  *found;

    found = introduction_find(t, at);
    if (found == NULL) {
        return at;
    }

    from = known_skip(t, at, KNOWN_GAP);
    end = introduction_name(t, from, found->sure);

    if (end == from) {
        return at;
    }

    redact_key(t, from, end, &name);

    if (t->run->nlearnt < INTRODUCTION_NAMES) {
        t->run->nlearnt++;
        t->run->failed |= redaction_name(&t->run->learnt,
                                         aud_buffer_str(&name)) != 0;
    }

    aud_buffer_char(t->out, ' ');
    redact_placeholder(t, REDACT_NAME, aud_buffer_str(&name));
    aud_buffer_free(&name);

    return end;
}


/* The introduction whose last word ends at `at`. */

static const introduction_t *
introduction_find(const redact_text_t *t, size_t at)
{
    size_t         i, len;
    aud_buffer_t   before = { 0 };
    const char    *text;

    const introduction_t  *found = NULL;

    if (at >= t->n || redact_word(t->cp[at]) || at == 0
        || !redact_word(t->cp[at - 1]))
    {
        return NULL;
    }

    redact_key(t, at > INTRODUCTION_WINDOW ? at - INTRODUCTION_WINDOW : 0, at,
               &before);

    for (i = 0; i < sizeof(introductions) / sizeof(introductions[0]); i++) {
        text = introductions[i].text;
        len = strlen(text);

        if (before.len >= len
            && memcmp(before.data + before.len - len, text, len) == 0
            && (before.len == len
                || !aud_word_byte(before.data[before.len - len - 1])))
        {
            found = &introductions[i];
            break;
        }
    }

    aud_buffer_free(&before);

    return found;
}


/* Where the name ends that begins at `at`; `at` where there is none. */

static size_t
introduction_name(const redact_text_t *t, size_t at, int sure)
{
    int     n;
    size_t  end = at, from = at, word;

    for (n = 0; n < INTRODUCTION_WORDS && from < t->n; n++) {
        if (!redact_letter(t->cp[from])) {
            break;
        }

        word = known_word(t, from);

        if (known_capital(t->cp[from]) || (n == 0 && sure)) {
            end = word;

        } else if (n == 0 || !introduction_particle(t, from, word)) {
            break;
        }

        if (word >= t->n || t->cp[word] != ' ') {
            break;
        }

        from = word + 1;
    }

    return end;
}


static int
introduction_particle(const redact_text_t *t, size_t at, size_t end)
{
    int           found;
    aud_buffer_t  word = { 0 };

    redact_key(t, at, end, &word);
    aud_buffer_char(&word, '\0');
    found = !word.failed && strstr(" de da do dos das del van von la ",
                                   word.data) != NULL;
    aud_buffer_free(&word);

    return found;
}


static int
known_capital(int32_t c)
{
    utf8proc_category_t  category = utf8proc_category(c);

    return category == UTF8PROC_CATEGORY_LU
           || category == UTF8PROC_CATEGORY_LT;
}
