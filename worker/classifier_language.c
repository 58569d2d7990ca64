/*
 * Which language a conversation is written in, by words that one language has
 * and the others have not, and by letters such as "ã".
 */

#include "aud_text.h"
#include "classifier_private.h"

#define WORDS_READ    400           /* then it is clear enough */
#define LETTER_TELLS  1.0
#define LANGUAGES     16


static const lexicon_t *of_tag(const classifier_t *c, const char *tag);
static unsigned add_message(const classifier_t *c,
    classifier_scratch_t *scratch, aud_str_t text, double *tells);
static double letters_tell(const lexicon_t *l, aud_str_t text);


const lexicon_t *
classifier_language(const classifier_t *c, classifier_scratch_t *scratch,
    const char *language, const classifier_message_t *messages, size_t n)
{
    size_t            i, best = 0;
    double            tells[LANGUAGES] = { 0 };
    unsigned          words = 0;
    const lexicon_t  *l;

    l = of_tag(c, language);

    if (l) {
        return l;
    }

    for (i = 0; i < n && words < WORDS_READ; i++) {
        words += add_message(c, scratch, messages[i].text, tells);
    }

    for (i = 1; i < c->n && i < LANGUAGES; i++) {
        if (tells[i] > tells[best]) {
            best = i;
        }
    }

    return &c->lexicons[best];
}


/* "pt", "pt-BR", "PT_br" */
static const lexicon_t *
of_tag(const classifier_t *c, const char *tag)
{
    size_t  i, len = strcspn(tag, "-_");

    for (i = 0; i < c->n; i++) {
        if (strlen(c->lexicons[i].language) == len
            && strncasecmp(c->lexicons[i].language, tag, len) == 0)
        {
            return &c->lexicons[i];
        }
    }

    return NULL;
}


/* Returns how many words it read. */
static unsigned
add_message(const classifier_t *c, classifier_scratch_t *scratch,
    aud_str_t text, double *tells)
{
    size_t                    i, at = 0;
    unsigned                  j, words = 0;
    conversation_sentence_t  *s = &scratch->sentence;

    while (words < WORDS_READ && conversation_next(text, &at, s)) {
        words += s->n;

        for (i = 0; i < c->n && i < LANGUAGES; i++) {
            for (j = 0; j < s->n; j++) {
                tells[i] += lexicon_tells(&c->lexicons[i], &s->tokens[j]);
            }

            tells[i] += letters_tell(&c->lexicons[i],
                                     aud_str(text.data + s->from,
                                             s->to - s->from));
        }
    }

    return words;
}


static double
letters_tell(const lexicon_t *l, aud_str_t text)
{
    double    sum = 0;
    unsigned  i;

    if (text.len == 0) {
        return 0;
    }

    for (i = 0; i < l->nletters; i++) {
        if (memmem(text.data, text.len, l->letters[i].data,
                   l->letters[i].len))
        {
            sum += LETTER_TELLS;
        }
    }

    return sum;
}
