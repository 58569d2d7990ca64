/*
 * Phrases of a file: choices, what may be left out, sayings.
 */

#include "aud_text.h"
#include "lexicon_reading.h"

#define CHOICES       40            /* a|b|c of one place of a phrase */
#define PHRASES_MOST  4096          /* that one may stand for */


/* One place of a phrase. */
typedef struct {
    uint32_t                 symbols[CHOICES];
    unsigned                 n;
    int                      optional;
    const lexicon_saying_t  *saying;    /* instead of symbols */
} element_t;

typedef struct {
    lexicon_reading_t  *reading;
    element_t           elements[LEXICON_ELEMENTS];
    unsigned            n;
    lexicon_entry_t     entry;
    unsigned            made;
} phrase_t;


static int read_way(lexicon_reading_t *r, aud_str_t text, uint32_t *way);
static const lexicon_saying_t *find_saying(const lexicon_reading_t *r,
    aud_str_t name);
static int read_element(lexicon_reading_t *r, aud_str_t text, element_t *e);
static int read_choice(lexicon_reading_t *r, aud_str_t text, element_t *e);
static int add_each(phrase_t *p, unsigned at, uint32_t *path, unsigned n);
static int add_ways(phrase_t *p, unsigned at, uint32_t *path, unsigned n);


static const struct {
    const char  *name;
    uint32_t     symbol;
} symbols[] = {
    { "^", LEXICON_IS_BREAK },
    { "$", LEXICON_IS_BREAK },
    { "..", LEXICON_IS_GAP },
    { "<number>", LEXICON_IS_NUMBER },
    { "<amount>", LEXICON_IS_AMOUNT },
    { "<money>", LEXICON_IS_MONEY },
    { "<percent>", LEXICON_IS_PERCENT },
    { "<times>", LEXICON_IS_TIMES }
};


int
lexicon_read_saying(lexicon_reading_t *r, aud_str_t line)
{
    lexicon_saying_t  *saying;
    aud_str_t          part;
    const char        *equals = memchr(line.data, '=', line.len);

    if (equals == NULL || r->nsayings == LEXICON_SAYINGS) {
        return lexicon_wrong(r, equals ? "too many sayings"
                                       : "not \"<name> = words\"",
                     line);
    }

    saying = aud_arena_calloc(&r->l->texts, 1, sizeof(lexicon_saying_t));

    if (saying == NULL
        || aud_arena_copy(&r->l->texts,
                          aud_trim(aud_str(line.data, equals - line.data)),
                          &saying->name) != 0)
    {
        return lexicon_out_of_memory(r);
    }

    line = aud_str(equals + 1, line.data + line.len - equals - 1);

    while ((part = aud_trim(lexicon_next_part(&line, ","))).len) {
        if (saying->n == WAYS) {
            return lexicon_wrong(r, "too many ways to say it", part);
        }

        if (read_way(r, part, saying->ways[saying->n++]) != 0) {
            return -1;
        }
    }

    r->sayings[r->nsayings++] = saying;

    return 0;
}


/* Plain words; those that are left are 0. */
static int
read_way(lexicon_reading_t *r, aud_str_t text, uint32_t *way)
{
    unsigned   n;
    element_t  e;
    aud_str_t  part;

    for (n = 0; (part = lexicon_next_part(&text, " \t")).len; n++) {
        if (n == WAY_WORDS) {
            return lexicon_wrong(r, "too many words in one way to say it",
                                 part);
        }

        e.n = 0;

        if (read_choice(r, part, &e) != 0) {
            return -1;
        }

        way[n] = e.symbols[0];
    }

    return 0;
}


static const lexicon_saying_t *
find_saying(const lexicon_reading_t *r, aud_str_t name)
{
    unsigned  i;

    for (i = 0; i < r->nsayings; i++) {
        if (aud_str_equal(r->sayings[i]->name, name)) {
            return r->sayings[i];
        }
    }

    return NULL;
}


int
lexicon_read_phrase(lexicon_reading_t *r, aud_str_t text, double weight,
    int in_questions)
{
    uint32_t   path[LEXICON_ELEMENTS * WAY_WORDS];
    phrase_t   p = { .reading = r };
    aud_str_t  part, whole = text;

    p.entry.group = r->group;
    p.entry.weight = weight;
    p.entry.in_questions = in_questions;

    while ((part = lexicon_next_part(&text, " \t")).len) {
        if (p.n == LEXICON_ELEMENTS) {
            return lexicon_wrong(r, "too many words in a phrase", whole);
        }

        if (read_element(r, part, &p.elements[p.n++]) != 0) {
            return -1;
        }
    }

    return add_each(&p, 0, path, 0);
}


/* word, stem*, a|b, any of them with a "?" behind it that makes it optional,
 * or one of symbols[] */
static int
read_element(lexicon_reading_t *r, aud_str_t text, element_t *e)
{
    size_t     i;
    aud_str_t  part;

    e->n = 0;
    e->optional = text.len > 1 && text.data[text.len - 1] == '?';
    text.len -= e->optional;
    e->saying = find_saying(r, text);

    if (e->saying) {
        return 0;
    }

    for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (text.len == strlen(symbols[i].name)
            && memcmp(text.data, symbols[i].name, text.len) == 0)
        {
            e->symbols[e->n++] = symbols[i].symbol;
            return 0;
        }
    }

    if (text.data[0] == ':' || text.data[0] == ';') {       /* an emoticon */
        return read_choice(r, text, e);
    }

    while ((part = lexicon_next_part(&text, "|")).len) {
        if (read_choice(r, part, e) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
read_choice(lexicon_reading_t *r, aud_str_t text, element_t *e)
{
    int                      stem;
    char                     room[CONVERSATION_WORD + 1];
    size_t                   i;
    aud_str_t                word;
    conversation_sentence_t  s;

    if (e->n == CHOICES) {
        return lexicon_wrong(r, "too many choices", text);
    }

    for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (symbols[i].name[0] == '<' && text.len == strlen(symbols[i].name)
            && memcmp(text.data, symbols[i].name, text.len) == 0)
        {
            e->symbols[e->n++] = symbols[i].symbol;
            return 0;
        }
    }

    stem = text.len > 1 && text.data[text.len - 1] == '*'
           && text.data[0] != ':';

    if (lexicon_fold_word(aud_str(text.data, text.len - stem), &s, &word) != 0
        || (stem && word.len < 3))
    {
        return lexicon_wrong(r, stem ? "not a stem of three letters or more"
                             : "not one word", text);
    }

    if (!stem && lexicon_is_spelled(r->l, word)) {
        return lexicon_wrong(r, "spellings.txt undoes this word: write it out",
                             text);
    }

    memcpy(room, word.data, word.len);
    room[word.len] = '*';
    e->symbols[e->n] = lexicon_add_symbol(r->l, aud_str(room,
                                                        word.len + stem));

    return e->symbols[e->n++] ? 0 : lexicon_out_of_memory(r);
}


/* Every choice, and each optional place with and without. */
static int
add_each(phrase_t *p, unsigned at, uint32_t *path, unsigned n)
{
    unsigned            i;
    lexicon_reading_t  *r = p->reading;

    if (at == p->n) {
        if (n == 0 || ++p->made > PHRASES_MOST) {
            return lexicon_wrong(r, n ? "a phrase of too many choices"
                              : "a phrase without a word", AUD_STR(""));
        }

        if (path[0] == LEXICON_IS_GAP || path[n - 1] == LEXICON_IS_GAP) {
            return lexicon_wrong(r, "a phrase begins or ends with ..",
                                 AUD_STR(""));
        }

        return lexicon_add_phrase(r->l, path, n, &p->entry) == 0
               ? 0 : lexicon_out_of_memory(r);
    }

    if (p->elements[at].optional && add_each(p, at + 1, path, n) != 0) {
        return -1;
    }

    if (p->elements[at].saying) {
        return add_ways(p, at, path, n);
    }

    for (i = 0; i < p->elements[at].n; i++) {
        path[n] = p->elements[at].symbols[i];

        if (add_each(p, at + 1, path, n + 1) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
add_ways(phrase_t *p, unsigned at, uint32_t *path, unsigned n)
{
    unsigned                 i, j;
    const lexicon_saying_t  *saying = p->elements[at].saying;

    for (i = 0; i < saying->n; i++) {
        for (j = 0; j < WAY_WORDS && saying->ways[i][j]; j++) {
            path[n + j] = saying->ways[i][j];
        }

        if (add_each(p, at + 1, path, n + j) != 0) {
            return -1;
        }
    }

    return 0;
}
