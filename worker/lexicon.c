/*
 * Words and phrases of a language, and finding them.
 */

#include "aud_alloc.h"
#include "lexicon.h"

#define FNV_START  UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)

#define STEM_LEAST  3
#define STEM_MOST   40

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


static uint64_t hash_bytes(uint64_t h, const char *p, size_t len);
static size_t hash_slot(uint64_t h, size_t room);
static size_t find_word(const lexicon_t *l, uint64_t h, aud_str_t text,
    int stem);
static size_t add_word(lexicon_t *l, aud_str_t text);
static int    grow_words(lexicon_t *l);
static int    is_known(const lexicon_t *l, aud_str_t text);
static aud_str_t known_form(const lexicon_t *l,
    const conversation_token_t *token, char room[CONVERSATION_WORD]);
static aud_str_t cut_runs(aud_str_t text, unsigned from, unsigned to,
    char room[CONVERSATION_WORD]);
static void   add_symbols(const lexicon_t *l, aud_str_t text,
    lexicon_word_t *word);
static void   add_kind(lexicon_word_t *word);
static int    is_amount(const conversation_token_t *token);
static uint32_t follow(const lexicon_t *l, uint32_t node, uint32_t symbol);
static uint32_t follow_or_add(lexicon_t *l, uint32_t node, uint32_t symbol);
static int    grow_edges(lexicon_t *l);
static int    add_node(lexicon_t *l);
static void   walk_from(walk_t *walk, uint32_t node, unsigned at);
static void   found(walk_t *walk, uint32_t node, unsigned to);


static uint64_t
hash_bytes(uint64_t h, const char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        h = (h ^ (unsigned char) p[i]) * FNV_PRIME;
    }

    return h;
}


static size_t
hash_slot(uint64_t h, size_t room)
{
    return (h ^ h >> 29) & (room - 1);
}


/* The slot of a word, or the free one where it would stand.  A stem is found
 * by its text without the '*'; h is of the whole. */
static size_t
find_word(const lexicon_t *l, uint64_t h, aud_str_t text, int stem)
{
    size_t  i, len = text.len + (stem ? 1 : 0);

    for (i = hash_slot(h, l->words_room); l->words[i].text;
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


/* The slot of a word, which is added where it is new; SIZE_MAX where memory is
 * out. */
static size_t
add_word(lexicon_t *l, aud_str_t text)
{
    size_t     i;
    uint64_t   h = hash_bytes(FNV_START, text.data, text.len);
    aud_str_t  copy;

    if (2 * (l->nwords + 1) > l->words_room && grow_words(l) != 0) {
        return SIZE_MAX;
    }

    i = find_word(l, h, text, 0);

    if (l->words[i].text == NULL) {
        if (aud_arena_copy(&l->texts, text, &copy) != 0) {
            return SIZE_MAX;
        }

        l->words[i].text = copy.data;
        l->words[i].len = copy.len;
        l->nwords++;
    }

    return i;
}


static int
grow_words(lexicon_t *l)
{
    size_t     i, j, room = l->words_room ? 2 * l->words_room : 1024;
    lexicon_t  grown = { .words_room = room };

    grown.words = aud_calloc(room, sizeof(*grown.words));

    if (grown.words == NULL) {
        return -1;
    }

    for (i = 0; i < l->words_room; i++) {
        if (l->words[i].text) {
            j = find_word(&grown, hash_bytes(FNV_START, l->words[i].text,
                                             l->words[i].len),
                          aud_str(l->words[i].text, l->words[i].len), 0);
            grown.words[j] = l->words[i];
        }
    }

    aud_free(l->words);
    l->words = grown.words;
    l->words_room = room;

    return 0;
}


int
lexicon_begin(lexicon_t *l)
{
    return grow_words(l) || grow_edges(l) || add_node(l) ? -1 : 0;
}


int
lexicon_is_spelled(const lexicon_t *l, aud_str_t word)
{
    return l->words[find_word(l, hash_bytes(FNV_START, word.data, word.len),
                              word, 0)].nspelled > 0;
}


uint32_t
lexicon_add_symbol(lexicon_t *l, aud_str_t text)
{
    size_t  i = add_word(l, text);

    if (i == SIZE_MAX) {
        return 0;
    }

    if (l->words[i].symbol == 0) {
        l->words[i].symbol = LEXICON_FIRST_WORD + l->nsymbols++;
    }

    if (text.data[text.len - 1] == '*' && text.len - 1 <= STEM_MOST) {
        l->stem_lengths |= UINT64_C(1) << (text.len - 1);
    }

    return l->words[i].symbol;
}


int
lexicon_add_spelling(lexicon_t *l, aud_str_t from, const aud_str_t *to,
    size_t n)
{
    size_t      i, j = add_word(l, from);
    aud_str_t  *spelled;

    if (j == SIZE_MAX) {
        return -1;
    }

    spelled = aud_arena_calloc(&l->texts, n, sizeof(aud_str_t));

    for (i = 0; spelled && i < n; i++) {
        if (aud_arena_copy(&l->texts, to[i], &spelled[i]) != 0) {
            return -1;
        }
    }

    l->words[j].spelled = spelled;
    l->words[j].nspelled = n;

    return spelled ? 0 : -1;
}


int
lexicon_add_telling(lexicon_t *l, aud_str_t word, float tells)
{
    size_t  i = add_word(l, word);

    if (i == SIZE_MAX) {
        return -1;
    }

    l->words[i].tells = tells;

    return 0;
}


float
lexicon_tells(const lexicon_t *l, const conversation_token_t *token)
{
    size_t     i;
    aud_str_t  text = aud_str(token->data, token->len);

    if (token->kind != CONVERSATION_LETTERS) {
        return 0;
    }

    i = find_word(l, hash_bytes(FNV_START, text.data, text.len), text, 0);

    return l->words[i].tells + (is_known(l, text) ? KNOWN_TELLS : 0);
}


int
lexicon_add_phrase(lexicon_t *l, const uint32_t *symbols, size_t n,
    const lexicon_entry_t *entry)
{
    size_t            i;
    uint32_t          node = 0;
    lexicon_entry_t  *entries;

    for (i = 0; i < n; i++) {
        node = follow_or_add(l, node, symbols[i]);

        if (node == 0) {
            return -1;
        }
    }

    if (l->nentries + 1 >= l->entries_room) {
        l->entries_room = l->entries_room ? 2 * l->entries_room : 1024;
        entries = aud_realloc(l->entries,
                              l->entries_room * sizeof(lexicon_entry_t));
        if (entries == NULL) {
            return -1;
        }

        l->entries = entries;
    }

    l->entries[++l->nentries] = *entry;             /* none is number 0 */
    l->entries[l->nentries].next = l->entry_of[node];
    l->entry_of[node] = l->nentries;

    return 0;
}


/* The node behind an edge, 0 for none: the root is behind no edge. */
static uint32_t
follow(const lexicon_t *l, uint32_t node, uint32_t symbol)
{
    size_t    i;
    uint64_t  key = (uint64_t) node << 32 | symbol;

    for (i = hash_slot(key * FNV_PRIME, l->edges_room); l->edges[i].key;
         i = (i + 1) & (l->edges_room - 1))
    {
        if (l->edges[i].key == key) {
            return l->edges[i].node;
        }
    }

    return 0;
}


static uint32_t
follow_or_add(lexicon_t *l, uint32_t node, uint32_t symbol)
{
    size_t    i;
    uint32_t  next;
    uint64_t  key = (uint64_t) node << 32 | symbol;

    if (2 * (l->nedges + 1) > l->edges_room && grow_edges(l) != 0) {
        return 0;
    }

    next = follow(l, node, symbol);

    if (next || add_node(l) != 0) {
        return next;
    }

    i = hash_slot(key * FNV_PRIME, l->edges_room);

    while (l->edges[i].key) {
        i = (i + 1) & (l->edges_room - 1);
    }

    l->edges[i].key = key;
    l->edges[i].node = l->nnodes - 1;
    l->nedges++;

    return l->nnodes - 1;
}


static int
grow_edges(lexicon_t *l)
{
    size_t     i, j, room = l->edges_room ? 2 * l->edges_room : 2048;
    lexicon_t  grown = { 0 };

    grown.edges = aud_calloc(room, sizeof(*grown.edges));

    if (grown.edges == NULL) {
        return -1;
    }

    for (i = 0; i < l->edges_room; i++) {
        if (l->edges[i].key) {
            j = hash_slot(l->edges[i].key * FNV_PRIME, room);

            while (grown.edges[j].key) {
                j = (j + 1) & (room - 1);
            }

            grown.edges[j] = l->edges[i];
        }
    }

    aud_free(l->edges);
    l->edges = grown.edges;
    l->edges_room = room;

    return 0;
}


static int
add_node(lexicon_t *l)
{
    uint32_t  *entry_of;

    if (l->nnodes == l->nodes_room) {
        l->nodes_room = l->nodes_room ? 2 * l->nodes_room : 1024;
        entry_of = aud_realloc(l->entry_of, l->nodes_room * sizeof(uint32_t));

        if (entry_of == NULL) {
            return -1;
        }

        l->entry_of = entry_of;
    }

    l->entry_of[l->nnodes++] = 0;

    return 0;
}


void
lexicon_free(lexicon_t *l)
{
    aud_free(l->words);
    aud_free(l->edges);
    aud_free(l->entry_of);
    aud_free(l->entries);
    aud_arena_free(&l->texts);
    memset(l, 0, sizeof(lexicon_t));
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
        slot = find_word(l, hash_bytes(FNV_START, text.data, text.len), text,
                         0);

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

    i = find_word(l, hash_bytes(FNV_START, text.data, text.len), text, 0);

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
    uint64_t  h = FNV_START;

    for (len = 0; len < text.len && len <= STEM_MOST
                  && word->n + 1 < LEXICON_SYMBOLS; len++)
    {
        if (len >= STEM_LEAST && l->stem_lengths >> len & 1) {
            i = find_word(l, hash_bytes(h, "*", 1), aud_str(text.data, len),
                          1);

            if (l->words[i].symbol) {
                word->symbols[word->n++] = l->words[i].symbol;
            }
        }

        h = hash_bytes(h, text.data + len, 1);
    }

    if (len == text.len && l->stem_lengths >> len & 1) {
        i = find_word(l, hash_bytes(h, "*", 1), text, 1);

        if (l->words[i].symbol && word->n < LEXICON_SYMBOLS) {
            word->symbols[word->n++] = l->words[i].symbol;
        }
    }

    i = find_word(l, hash_bytes(FNV_START, text.data, text.len), text, 0);

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
        next = follow(walk->l, node, word->symbols[i]);

        if (next) {
            found(walk, next, at + 1);
            walk_from(walk, next, at + 1);
        }
    }

    next = node ? follow(walk->l, node, LEXICON_IS_GAP) : 0;

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
