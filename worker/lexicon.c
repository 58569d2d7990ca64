/*
 * Finding words and phrases of a language.
 */

#include "lexicon_private.h"

#define STEM_LEAST  3

#define STRETCHED  3            /* letters in a row that no spelling has */

#define AMOUNT_LEAST  20
#define AMOUNT_BELOW  10000
#define YEARS_FROM    1900
#define YEARS_TO      2100

#define KNOWN_TELLS  0.5f       /* a word that phrases of the language have */


typedef struct {
    const lexicon_t        *l;
    const lexicon_word_t   *words;
    unsigned                n, at;
    lexicon_match_t        *out;
    unsigned                found;
} walk_t;


static aud_str_t known_form(const lexicon_t *l,
    const conversation_token_t *token, char room[CONVERSATION_WORD]);
static aud_str_t cut_runs(aud_str_t text, unsigned from, unsigned to,
    char room[CONVERSATION_WORD]);
static int is_known(const lexicon_t *l, aud_str_t text);
static void add_symbols(const lexicon_t *l, aud_str_t text,
    lexicon_word_t *word);
static void add_kind(lexicon_word_t *word);
static int is_amount(const conversation_token_t *token);
static void walk_from(walk_t *walk, uint32_t node, unsigned at);
static void found(walk_t *walk, uint32_t node, unsigned to);


/* The slot of a word, or the free one where it would stand.  A stem is found
 * by its text without the '*'; h is of the whole. */
size_t
lexicon_find_word(const lexicon_t *l, uint64_t h, aud_str_t text, int stem)
{
    size_t  i, len = text.len + (stem ? 1 : 0);

    for (i = lexicon_slot(h, l->words_room); l->words[i].text;
         i = (i + 1) & (l->words_room - 1))
    {
        if (l->words[i].len == len
            && memcmp(l->words[i].text, text.data, text.len) == 0
            && (!stem || l->words[i].text[len - 1] == '*'))
        {
            break;
        }
    }

    return i;
}


float
lexicon_tells(const lexicon_t *l, const conversation_token_t *token)
{
    size_t     i;
    aud_str_t  text = aud_str(token->data, token->len);

    if (token->kind != CONVERSATION_LETTERS) {
        return 0;
    }

    i = lexicon_find_whole(l, text);

    return l->words[i].tells + (is_known(l, text) ? KNOWN_TELLS : 0);
}


/* The node behind an edge, 0 for none: the root is behind no edge. */
uint32_t
lexicon_follow(const lexicon_t *l, uint32_t node, uint32_t symbol)
{
    size_t    i;
    uint64_t  key = (uint64_t) node << 32 | symbol;

    for (i = lexicon_slot(key * LEXICON_HASH_PRIME, l->edges_room);
         l->edges[i].key; i = (i + 1) & (l->edges_room - 1))
    {
        if (l->edges[i].key == key) {
            return l->edges[i].node;
        }
    }

    return 0;
}


unsigned
lexicon_words(const lexicon_t *l, const conversation_sentence_t *s,
    lexicon_word_t *words, unsigned room)
{
    char                         cut[CONVERSATION_WORD];
    size_t                       slot;
    unsigned                     i, j, n = 0;
    aud_str_t                    text;
    const conversation_token_t  *token;

    for (i = 0; i < s->n && n + LEXICON_SPELLED <= room; i++) {
        token = &s->tokens[i];
        text = known_form(l, token, cut);
        slot = lexicon_find_whole(l, text);

        if (l->words[slot].nspelled && token->kind != CONVERSATION_BREAK) {
            for (j = 0; j < l->words[slot].nspelled; j++) {
                words[n].n = 0;
                words[n].token = token;
                add_symbols(l, l->words[slot].spelled[j], &words[n++]);
            }

            continue;
        }

        words[n].n = 0;
        words[n].token = token;
        add_kind(&words[n]);
        add_symbols(l, text, &words[n++]);
    }

    return n;
}


/*
 * How the lexicon writes a word: as it stands; "amooo" as "amo", "looove" as
 * "love", "sooo" as "soo" or "so"; "naoo" as "nao" where only that is known.
 */
static aud_str_t
known_form(const lexicon_t *l, const conversation_token_t *token,
    char room[CONVERSATION_WORD])
{
    aud_str_t  text = aud_str(token->data, token->len), cut;

    if (token->kind != CONVERSATION_LETTERS || is_known(l, text)) {
        return text;
    }

    if (token->stretched) {
        cut = cut_runs(text, STRETCHED, 2, room);

        if (is_known(l, cut)) {
            return cut;
        }

        cut = cut_runs(text, STRETCHED, 1, room);

        if (is_known(l, cut)) {
            return cut;
        }
    }

    /* not within: "carro" is a car, "caro" is dear */

    if (text.len > 2 && text.data[text.len - 1] == text.data[text.len - 2]
        && strchr("aeiouy", text.data[text.len - 1]))
    {
        cut = aud_str(text.data, text.len - 1);
        return is_known(l, cut) ? cut : text;
    }

    return text;
}


/* Runs of at least `from` of one byte become `to` of it. */
static aud_str_t
cut_runs(aud_str_t text, unsigned from, unsigned to,
    char room[CONVERSATION_WORD])
{
    size_t  i, run, n = 0;

    for (i = 0; i < text.len; i += run) {
        run = 1;

        while (i + run < text.len && text.data[i + run] == text.data[i]) {
            run++;
        }

        memset(room + n, text.data[i], run >= from ? to : run);
        n += run >= from ? to : run;
    }

    return aud_str(room, n);
}


static int
is_known(const lexicon_t *l, aud_str_t text)
{
    size_t          i;
    lexicon_word_t  word = { .n = 0 };

    i = lexicon_find_whole(l, text);

    if (l->words[i].text) {
        return 1;
    }

    add_symbols(l, text, &word);

    return word.n > 0;
}


/* The word itself and the stems that it begins with. */
static void
add_symbols(const lexicon_t *l, aud_str_t text, lexicon_word_t *word)
{
    size_t    i, len;
    uint64_t  h = LEXICON_HASH;

    for (len = 0; len < text.len && len <= LEXICON_STEM_MOST
                  && word->n + 1 < LEXICON_SYMBOLS; len++)
    {
        if (len >= STEM_LEAST && l->stem_lengths >> len & 1) {
            i = lexicon_find_word(l, lexicon_hash(h, "*", 1),
                                  aud_str(text.data, len), 1);

            if (l->words[i].symbol) {
                word->symbols[word->n++] = l->words[i].symbol;
            }
        }

        h = lexicon_hash(h, text.data + len, 1);
    }

    if (len == text.len && l->stem_lengths >> len & 1) {
        i = lexicon_find_word(l, lexicon_hash(h, "*", 1), text, 1);

        if (l->words[i].symbol && word->n < LEXICON_SYMBOLS) {
            word->symbols[word->n++] = l->words[i].symbol;
        }
    }

    i = lexicon_find_whole(l, text);

    if (l->words[i].symbol && word->n < LEXICON_SYMBOLS) {
        word->symbols[word->n++] = l->words[i].symbol;
    }
}


static void
add_kind(lexicon_word_t *word)
{
    switch (word->token->kind) {

    case CONVERSATION_BREAK:
        word->symbols[word->n++] = LEXICON_IS_BREAK;
        break;

    case CONVERSATION_MONEY:
        word->symbols[word->n++] = LEXICON_IS_MONEY;
        /* fall through */

    case CONVERSATION_NUMBER:
        word->symbols[word->n++] = LEXICON_IS_NUMBER;

        if (is_amount(word->token)) {
            word->symbols[word->n++] = LEXICON_IS_AMOUNT;
        }

        break;

    case CONVERSATION_PERCENT:
        word->symbols[word->n++] = LEXICON_IS_PERCENT;
        break;

    case CONVERSATION_TIMES:
        word->symbols[word->n++] = LEXICON_IS_TIMES;
        break;

    default:
        break;
    }
}


/* Whether a bare number may be a price: not few of something, no year, no
 * number of an order. */
static int
is_amount(const conversation_token_t *token)
{
    double  n = token->number;

    if (memchr(token->data, ':', token->len) || n < AMOUNT_LEAST) {
        return 0;
    }

    return memchr(token->data, '.', token->len)
           || memchr(token->data, ',', token->len)
           || (n < AMOUNT_BELOW && (n < YEARS_FROM || n > YEARS_TO));
}


unsigned
lexicon_match(const lexicon_t *l, const lexicon_word_t *words, unsigned n,
    unsigned at, lexicon_match_t out[LEXICON_GROUPS])
{
    walk_t  walk = { l, words, n, at, out, 0 };

    walk_from(&walk, 0, at);

    return walk.found;
}


static void
walk_from(walk_t *walk, uint32_t node, unsigned at)
{
    unsigned               i, skipped;
    uint32_t               next;
    const lexicon_word_t  *word;

    if (at == walk->n) {
        return;
    }

    word = &walk->words[at];

    for (i = 0; i < word->n; i++) {
        next = lexicon_follow(walk->l, node, word->symbols[i]);

        if (next) {
            found(walk, next, at + 1);
            walk_from(walk, next, at + 1);
        }
    }

    next = node ? lexicon_follow(walk->l, node, LEXICON_IS_GAP) : 0;

    for (skipped = 0; next && skipped <= LEXICON_GAP && at < walk->n;
         skipped++, at++)
    {
        walk_from(walk, next, at);

        if (walk->words[at].token->kind == CONVERSATION_BREAK) {
            break;
        }
    }
}


/* A phrase ends at this node: the longest of its group stays. */
static void
found(walk_t *walk, uint32_t node, unsigned to)
{
    unsigned                i;
    uint32_t                e;
    const lexicon_entry_t  *entry;

    for (e = walk->l->entry_of[node]; e; e = entry->next) {
        entry = &walk->l->entries[e];

        for (i = 0; i < walk->found; i++) {
            if (walk->out[i].entry->group == entry->group) {
                break;
            }
        }

        if (i == walk->found) {
            walk->found++;

        } else if (walk->out[i].to >= to) {
            continue;
        }

        walk->out[i] = (lexicon_match_t) { entry, walk->at, to };
    }
}
