/*
 * Adding words and phrases to a lexicon.
 */

#include "aud_alloc.h"
#include "lexicon_private.h"


static size_t add_word(lexicon_t *l, aud_str_t text);
static int grow_words(lexicon_t *l);
static uint32_t follow_or_add(lexicon_t *l, uint32_t node, uint32_t symbol);
static int grow_edges(lexicon_t *l);
static int add_node(lexicon_t *l);


/* The slot of a word, which is added where it is new; SIZE_MAX where memory is
 * out. */
static size_t
add_word(lexicon_t *l, aud_str_t text)
{
    size_t     i;
    uint64_t   h = lexicon_hash(LEXICON_HASH, text.data, text.len);
    aud_str_t  copy;

    if (2 * (l->nwords + 1) > l->words_room && grow_words(l) != 0) {
        return SIZE_MAX;
    }

    i = lexicon_find_word(l, h, text, 0);

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
            j = lexicon_find_whole(&grown, aud_str(l->words[i].text,
                                                   l->words[i].len));
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
    return l->words[lexicon_find_whole(l, word)].nspelled > 0;
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

    if (text.data[text.len - 1] == '*' && text.len - 1 <= LEXICON_STEM_MOST) {
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


static uint32_t
follow_or_add(lexicon_t *l, uint32_t node, uint32_t symbol)
{
    size_t    i;
    uint32_t  next;
    uint64_t  key = (uint64_t) node << 32 | symbol;

    if (2 * (l->nedges + 1) > l->edges_room && grow_edges(l) != 0) {
        return 0;
    }

    next = lexicon_follow(l, node, symbol);

    if (next || add_node(l) != 0) {
        return next;
    }

    i = lexicon_slot(key * LEXICON_HASH_PRIME, l->edges_room);

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
            j = lexicon_slot(l->edges[i].key * LEXICON_HASH_PRIME, room);

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
