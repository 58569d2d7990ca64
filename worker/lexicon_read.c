/*
 * Reading the files of a lexicon (docs/enrichment.md says what they hold).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_checksum.h"
#include "aud_text.h"
#include "lexicon.h"

#define LINE_MOST    2000
#define CHOICES      40             /* a|b|c of one place of a phrase */
#define PHRASES_MOST 4096           /* that one may stand for */
#define SAYINGS      32             /* of a file */
#define WAYS         64             /* of a saying */
#define WAY_WORDS    4


typedef enum {
    READS_PHRASES = 0,
    READS_SPELLINGS,
    READS_LANGUAGE
} reads_t;

/* "<want> = quero, gostaria de": ways to say something, for phrases below. */
typedef struct {
    aud_str_t   name;               /* with its brackets */
    uint32_t    ways[WAYS][WAY_WORDS];
    unsigned    n;
} saying_t;

/* One place of a phrase. */
typedef struct {
    uint32_t         symbols[CHOICES];
    unsigned         n;
    int              optional;
    const saying_t  *saying;        /* instead of symbols */
} element_t;

typedef struct {
    lexicon_t    *l;
    reads_t       reads;
    int           group;            /* -1 before the first [group] */
    const char   *path;
    unsigned      line;
    aud_error_t  *err;
    saying_t     *sayings[SAYINGS];
    unsigned      nsayings;
} reading_t;

typedef struct {
    reading_t        *reading;
    element_t         elements[LEXICON_ELEMENTS];
    unsigned          n;
    lexicon_entry_t   entry;
    unsigned          made;
} phrase_t;


static int  read_file(lexicon_t *l, const char *path, reads_t reads,
    aud_error_t *err);
static void hash_line(lexicon_t *l, aud_str_t line);
static int  wrong(reading_t *r, const char *why, aud_str_t what);
static int  read_line(reading_t *r, aud_str_t line);
static int  read_group(reading_t *r, aud_str_t line);
static int  read_spelling(reading_t *r, aud_str_t line);
static int  read_saying(reading_t *r, aud_str_t line);
static int  read_way(reading_t *r, aud_str_t text, uint32_t *way);
static const saying_t *find_saying(const reading_t *r, aud_str_t name);
static int  read_weighted(reading_t *r, aud_str_t line);
static int  read_telling(reading_t *r, aud_str_t word, double weight);
static int  read_phrase(reading_t *r, aud_str_t text, double weight,
    int in_questions);
static int  read_element(reading_t *r, aud_str_t text, element_t *e);
static int  read_choice(reading_t *r, aud_str_t text, element_t *e);
static int  add_each(phrase_t *p, unsigned at, uint32_t *path, unsigned n);
static int  add_ways(phrase_t *p, unsigned at, uint32_t *path, unsigned n);
static int  fold_word(aud_str_t text, conversation_sentence_t *s,
    aud_str_t *out);
static aud_str_t next_part(aud_str_t *rest, const char *parts);


static const char *const  groups[LEXICON_GROUPS] = {
    "positive", "negative", "praise", "irony", "rating",
    "topic", "sensitive", "insensitive",
    "intent", "other", "offer",
    "negation", "intensifier", "hypothetical", "contrast", "question",
    "yes", "no"
};

/* In this order: spellings are known before phrases are read.  Those without a
 * folder are shared by all languages. */
static const struct {
    const char  *name;
    reads_t      reads;
    int          shared;
} files[] = {
    { "spellings.txt", READS_SPELLINGS, 0 },
    { "language.txt", READS_LANGUAGE, 0 },
    { "modifiers.txt", READS_PHRASES, 0 },
    { "sentiment.txt", READS_PHRASES, 0 },
    { "price.txt", READS_PHRASES, 0 },
    { "intention.txt", READS_PHRASES, 0 },
    { "emoji.txt", READS_PHRASES, 1 }
};

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
lexicon_read(lexicon_t *l, const char *dir, aud_str_t language,
    aud_error_t *err)
{
    char    path[4096];
    size_t  i;

    memset(l, 0, sizeof(lexicon_t));

    if (language.len >= sizeof(l->language)) {
        return aud_error_set(err, "%s: \"%.*s\" is no language", dir,
                             (int) language.len, language.data);
    }

    memcpy(l->language, language.data, language.len);

    if (lexicon_begin(l) != 0) {
        return aud_error_set(err, "out of memory for lexicons");
    }

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void) snprintf(path, sizeof(path), "%s/%s%s%s", dir,
                        files[i].shared ? "" : l->language,
                        files[i].shared ? "" : "/", files[i].name);

        if (read_file(l, path, files[i].reads, err) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
read_file(lexicon_t *l, const char *path, reads_t reads, aud_error_t *err)
{
    int         rc = 0;
    char        line[LINE_MOST];
    FILE       *f;
    aud_str_t   text;
    reading_t   r = { .l = l, .reads = reads, .group = -1, .path = path,
                      .err = err };

    f = fopen(path, "re");
    if (f == NULL) {
        return aud_error_system(err, "%s", path);
    }

    while (rc == 0 && fgets(line, sizeof(line), f)) {
        r.line++;
        text = aud_str(line, strlen(line));

        if (text.len + 1 == sizeof(line) && line[text.len - 1] != '\n') {
            rc = wrong(&r, "the line is too long", AUD_STR(""));
            break;
        }

        if (aud_utf8_valid(text) != text.len) {
            rc = wrong(&r, "the line is not UTF-8", AUD_STR(""));
            break;
        }

        text = aud_trim(text);

        if (text.len && text.data[0] != '#') {
            hash_line(l, text);
            rc = read_line(&r, text);
        }
    }

    if (rc == 0 && ferror(f)) {
        rc = aud_error_system(err, "%s", path);
    }

    fclose(f);

    return rc;
}


/* Comments and blanks do not make another version. */
static void
hash_line(lexicon_t *l, aud_str_t line)
{
    char  header[AUD_HEADER_BYTES] = { 0 };

    (void) snprintf(header, sizeof(header), "%016llx",
                    (unsigned long long) l->hash);
    l->hash = aud_checksum(header, line.data, line.len);
}


static int
wrong(reading_t *r, const char *why, aud_str_t what)
{
    return aud_error_set(r->err, "%s:%u: %s%s%.*s", r->path, r->line, why,
                         what.len ? ": " : "",
                         (int) (what.len < 60 ? what.len : 60), what.data);
}


static int
read_line(reading_t *r, aud_str_t line)
{
    if (r->reads == READS_SPELLINGS) {
        return read_spelling(r, line);
    }

    if (line.data[0] == '[') {
        return read_group(r, line);
    }

    if (line.data[0] == '<') {
        return read_saying(r, line);
    }

    return read_weighted(r, line);
}


static int
read_group(reading_t *r, aud_str_t line)
{
    int  i;

    for (i = 0; i < LEXICON_GROUPS; i++) {
        if (line.len == strlen(groups[i]) + 2 && line.data[line.len - 1] == ']'
            && memcmp(line.data + 1, groups[i], line.len - 2) == 0)
        {
            r->group = i;
            return 0;
        }
    }

    return wrong(r, "there is no such group", line);
}


/* vc = voce */
static int
read_spelling(reading_t *r, aud_str_t line)
{
    char                     from[CONVERSATION_WORD];
    size_t                   n = 0;
    aud_str_t                word, part, to[LEXICON_SPELLED];
    const char              *equals = memchr(line.data, '=', line.len);
    conversation_sentence_t  sentences[LEXICON_SPELLED + 1];

    if (equals == NULL) {
        return wrong(r, "not \"short form = word\"", line);
    }

    part = aud_trim(aud_str(line.data, equals - line.data));

    if (fold_word(part, &sentences[0], &word) != 0) {
        return wrong(r, "not one word", part);
    }

    memcpy(from, word.data, word.len);
    line = aud_str(equals + 1, line.data + line.len - equals - 1);

    while ((part = next_part(&line, " \t")).len) {
        if (n == LEXICON_SPELLED) {
            return wrong(r, "too many words", part);
        }

        if (fold_word(part, &sentences[n + 1], &to[n]) != 0) {
            return wrong(r, "not one word", part);
        }

        n++;
    }

    if (n == 0) {
        return wrong(r, "nothing behind the =", AUD_STR(""));
    }

    return lexicon_add_spelling(r->l, aud_str(from, word.len), to, n) == 0
           ? 0 : wrong(r, "out of memory", AUD_STR(""));
}


static int
read_saying(reading_t *r, aud_str_t line)
{
    saying_t    *saying;
    aud_str_t    part;
    const char  *equals = memchr(line.data, '=', line.len);

    if (equals == NULL || r->nsayings == SAYINGS) {
        return wrong(r, equals ? "too many sayings" : "not \"<name> = words\"",
                     line);
    }

    saying = aud_arena_calloc(&r->l->texts, 1, sizeof(saying_t));

    if (saying == NULL
        || aud_arena_copy(&r->l->texts,
                          aud_trim(aud_str(line.data, equals - line.data)),
                          &saying->name) != 0)
    {
        return wrong(r, "out of memory", AUD_STR(""));
    }

    line = aud_str(equals + 1, line.data + line.len - equals - 1);

    while ((part = aud_trim(next_part(&line, ","))).len) {
        if (saying->n == WAYS) {
            return wrong(r, "too many ways to say it", part);
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
read_way(reading_t *r, aud_str_t text, uint32_t *way)
{
    unsigned   n;
    element_t  e;
    aud_str_t  part;

    for (n = 0; (part = next_part(&text, " \t")).len; n++) {
        if (n == WAY_WORDS) {
            return wrong(r, "too many words in one way to say it", part);
        }

        e.n = 0;

        if (read_choice(r, part, &e) != 0) {
            return -1;
        }

        way[n] = e.symbols[0];
    }

    return 0;
}


static const saying_t *
find_saying(const reading_t *r, aud_str_t name)
{
    unsigned  i;

    for (i = 0; i < r->nsayings; i++) {
        if (aud_str_equal(r->sayings[i]->name, name)) {
            return r->sayings[i];
        }
    }

    return NULL;
}


/* WEIGHT[?] phrase, phrase */
static int
read_weighted(reading_t *r, aud_str_t line)
{
    int        in_questions = 0;
    char       number[24], *end;
    double     weight;
    aud_str_t  part;

    if (r->reads == READS_PHRASES && r->group < 0) {
        return wrong(r, "a phrase before the first [group]", line);
    }

    part = next_part(&line, " \t");

    if (part.len && part.data[part.len - 1] == '?') {
        in_questions = 1;
        part.len--;
    }

    (void) snprintf(number, sizeof(number), "%.*s", (int) part.len, part.data);
    weight = strtod(number, &end);

    if (part.len == 0 || part.len >= sizeof(number) || *end != '\0'
        || !(weight >= 0 && weight <= 100))
    {
        return wrong(r, "the line does not begin with a weight from 0 to 100",
                     part);
    }

    while (line.len) {
        part = aud_trim(next_part(&line, ","));

        if (part.len == 0) {
            return wrong(r, "an empty phrase", AUD_STR(""));
        }

        if ((r->reads == READS_LANGUAGE
             ? read_telling(r, part, weight)
             : read_phrase(r, part, weight, in_questions)) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* A word, or a letter that others do not have. */
static int
read_telling(reading_t *r, aud_str_t text, double weight)
{
    lexicon_t                *l = r->l;
    aud_str_t                 word;
    conversation_sentence_t   s;

    if (text.len <= 3 && (text.data[0] & 0x80)) {
        if (l->nletters == sizeof(l->letters) / sizeof(l->letters[0])) {
            return wrong(r, "too many letters", text);
        }

        return aud_arena_copy(&l->texts, text, &l->letters[l->nletters++]);
    }

    if (fold_word(text, &s, &word) != 0) {
        return wrong(r, "not one word", text);
    }

    return lexicon_add_telling(l, word, weight) == 0
           ? 0 : wrong(r, "out of memory", AUD_STR(""));
}


static int
read_phrase(reading_t *r, aud_str_t text, double weight, int in_questions)
{
    uint32_t   path[LEXICON_ELEMENTS * WAY_WORDS];
    phrase_t   p = { .reading = r };
    aud_str_t  part, whole = text;

    p.entry.group = r->group;
    p.entry.weight = weight;
    p.entry.in_questions = in_questions;

    while ((part = next_part(&text, " \t")).len) {
        if (p.n == LEXICON_ELEMENTS) {
            return wrong(r, "too many words in a phrase", whole);
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
read_element(reading_t *r, aud_str_t text, element_t *e)
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

    while ((part = next_part(&text, "|")).len) {
        if (read_choice(r, part, e) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
read_choice(reading_t *r, aud_str_t text, element_t *e)
{
    int                      stem;
    char                     room[CONVERSATION_WORD + 1];
    size_t                   i;
    aud_str_t                word;
    conversation_sentence_t  s;

    if (e->n == CHOICES) {
        return wrong(r, "too many choices", text);
    }

    for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (symbols[i].name[0] == '<' && text.len == strlen(symbols[i].name)
            && memcmp(text.data, symbols[i].name, text.len) == 0)
        {
            e->symbols[e->n++] = symbols[i].symbol;
            return 0;
        }
    }

    stem = text.len > 1 && text.data[text.len - 1] == '*' && text.data[0] != ':';

    if (fold_word(aud_str(text.data, text.len - stem), &s, &word) != 0
        || (stem && word.len < 3))
    {
        return wrong(r, stem ? "not a stem of three letters or more"
                             : "not one word", text);
    }

    if (!stem && lexicon_is_spelled(r->l, word)) {
        return wrong(r, "spellings.txt undoes this word: write it out", text);
    }

    memcpy(room, word.data, word.len);
    room[word.len] = '*';
    e->symbols[e->n] = lexicon_add_symbol(r->l, aud_str(room,
                                                        word.len + stem));

    return e->symbols[e->n++] ? 0 : wrong(r, "out of memory", AUD_STR(""));
}


/* Every choice, and each optional place with and without. */
static int
add_each(phrase_t *p, unsigned at, uint32_t *path, unsigned n)
{
    unsigned   i;
    reading_t *r = p->reading;

    if (at == p->n) {
        if (n == 0 || ++p->made > PHRASES_MOST) {
            return wrong(r, n ? "a phrase of too many choices"
                              : "a phrase without a word", AUD_STR(""));
        }

        if (path[0] == LEXICON_IS_GAP || path[n - 1] == LEXICON_IS_GAP) {
            return wrong(r, "a phrase begins or ends with ..", AUD_STR(""));
        }

        return lexicon_add_phrase(r->l, path, n, &p->entry) == 0
               ? 0 : wrong(r, "out of memory", AUD_STR(""));
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
    unsigned         i, j;
    const saying_t  *saying = p->elements[at].saying;

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


/* The one word that text is, folded, in s. */
static int
fold_word(aud_str_t text, conversation_sentence_t *s, aud_str_t *out)
{
    size_t  at = 0;

    if (!conversation_next(text, &at, s) || s->n != 2 || at < text.len)
    {
        return -1;
    }

    *out = aud_str(s->tokens[1].data, s->tokens[1].len);

    return 0;
}


/* What stands before the next of `parts`, those before it left out. */
static aud_str_t
next_part(aud_str_t *rest, const char *parts)
{
    size_t  i = 0, from;

    while (i < rest->len && strchr(parts, rest->data[i])) {
        i++;
    }

    from = i;

    while (i < rest->len && !strchr(parts, rest->data[i])) {
        i++;
    }

    *rest = aud_str(rest->data + i, rest->len - i);

    return aud_str(rest->data - (i - from), i - from);
}
