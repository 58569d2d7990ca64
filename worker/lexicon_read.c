/*
 * Reading the files of a lexicon (docs/enrichment.md says what they hold).
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_checksum.h"
#include "aud_text.h"
#include "lexicon_reading.h"

#define LINE_MOST  2000


static int read_file(lexicon_t *l, const char *path, lexicon_reads_t reads,
    aud_error_t *err);
static void hash_line(lexicon_t *l, aud_str_t line);
static int read_line(lexicon_reading_t *r, aud_str_t line);
static int read_group(lexicon_reading_t *r, aud_str_t line);
static int read_spelling(lexicon_reading_t *r, aud_str_t line);
static int read_weighted(lexicon_reading_t *r, aud_str_t line);
static int read_telling(lexicon_reading_t *r, aud_str_t text, double weight);


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
    const char       *name;
    lexicon_reads_t   reads;
    int               shared;
} files[] = {
    { "spellings.txt", READS_SPELLINGS, 0 },
    { "language.txt", READS_LANGUAGE, 0 },
    { "modifiers.txt", READS_PHRASES, 0 },
    { "sentiment.txt", READS_PHRASES, 0 },
    { "price.txt", READS_PHRASES, 0 },
    { "intention.txt", READS_PHRASES, 0 },
    { "emoji.txt", READS_PHRASES, 1 }
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
read_file(lexicon_t *l, const char *path, lexicon_reads_t reads,
    aud_error_t *err)
{
    int                 rc = 0;
    char                line[LINE_MOST];
    FILE               *f;
    aud_str_t           text;
    lexicon_reading_t   r = { .l = l, .reads = reads, .group = -1,
                              .path = path, .err = err };

    f = fopen(path, "re");
    if (f == NULL) {
        return aud_error_system(err, "%s", path);
    }

    while (rc == 0 && fgets(line, sizeof(line), f)) {
        r.line++;
        text = aud_str(line, strlen(line));

        if (text.len + 1 == sizeof(line) && line[text.len - 1] != '\n') {
            rc = lexicon_wrong(&r, "the line is too long", AUD_STR(""));
            break;
        }

        if (aud_utf8_valid(text) != text.len) {
            rc = lexicon_wrong(&r, "the line is not UTF-8", AUD_STR(""));
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


int
lexicon_wrong(lexicon_reading_t *r, const char *why, aud_str_t what)
{
    return aud_error_set(r->err, "%s:%u: %s%s%.*s", r->path, r->line, why,
                         what.len ? ": " : "",
                         (int) (what.len < 60 ? what.len : 60), what.data);
}


static int
read_line(lexicon_reading_t *r, aud_str_t line)
{
    if (r->reads == READS_SPELLINGS) {
        return read_spelling(r, line);
    }

    if (line.data[0] == '[') {
        return read_group(r, line);
    }

    if (line.data[0] == '<') {
        return lexicon_read_saying(r, line);
    }

    return read_weighted(r, line);
}


static int
read_group(lexicon_reading_t *r, aud_str_t line)
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

    return lexicon_wrong(r, "there is no such group", line);
}


/* vc = voce */
static int
read_spelling(lexicon_reading_t *r, aud_str_t line)
{
    char                     from[CONVERSATION_WORD];
    size_t                   n = 0;
    aud_str_t                word, part, to[LEXICON_SPELLED];
    const char              *equals = memchr(line.data, '=', line.len);
    conversation_sentence_t  sentences[LEXICON_SPELLED + 1];

    if (equals == NULL) {
        return lexicon_wrong(r, "not \"short form = word\"", line);
    }

    part = aud_trim(aud_str(line.data, equals - line.data));

    if (lexicon_fold_word(part, &sentences[0], &word) != 0) {
        return lexicon_wrong(r, "not one word", part);
    }

    memcpy(from, word.data, word.len);
    line = aud_str(equals + 1, line.data + line.len - equals - 1);

    while ((part = lexicon_next_part(&line, " \t")).len) {
        if (n == LEXICON_SPELLED) {
            return lexicon_wrong(r, "too many words", part);
        }

        if (lexicon_fold_word(part, &sentences[n + 1], &to[n]) != 0) {
            return lexicon_wrong(r, "not one word", part);
        }

        n++;
    }

    if (n == 0) {
        return lexicon_wrong(r, "nothing behind the =", AUD_STR(""));
    }

    return lexicon_add_spelling(r->l, aud_str(from, word.len), to, n) == 0
           ? 0 : lexicon_out_of_memory(r);
}


/* WEIGHT[?] phrase, phrase */
static int
read_weighted(lexicon_reading_t *r, aud_str_t line)
{
    int        in_questions = 0;
    char       number[24], *end;
    double     weight;
    aud_str_t  part;

    if (r->reads == READS_PHRASES && r->group < 0) {
        return lexicon_wrong(r, "a phrase before the first [group]", line);
    }

    part = lexicon_next_part(&line, " \t");

    if (part.len && part.data[part.len - 1] == '?') {
        in_questions = 1;
        part.len--;
    }

    (void) snprintf(number, sizeof(number), "%.*s", (int) part.len, part.data);
    weight = strtod(number, &end);

    if (part.len == 0 || part.len >= sizeof(number) || *end != '\0'
        || !(weight >= 0 && weight <= 100))
    {
        return lexicon_wrong(r, "no weight from 0 to 100 at its beginning",
                             part);
    }

    while (line.len) {
        part = aud_trim(lexicon_next_part(&line, ","));

        if (part.len == 0) {
            return lexicon_wrong(r, "an empty phrase", AUD_STR(""));
        }

        if ((r->reads == READS_LANGUAGE
             ? read_telling(r, part, weight)
             : lexicon_read_phrase(r, part, weight, in_questions)) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* A word, or a letter that others do not have. */
static int
read_telling(lexicon_reading_t *r, aud_str_t text, double weight)
{
    lexicon_t                *l = r->l;
    aud_str_t                 word;
    conversation_sentence_t   s;

    if (text.len <= 3 && (text.data[0] & 0x80)) {
        if (l->nletters == sizeof(l->letters) / sizeof(l->letters[0])) {
            return lexicon_wrong(r, "too many letters", text);
        }

        return aud_arena_copy(&l->texts, text, &l->letters[l->nletters++]);
    }

    if (lexicon_fold_word(text, &s, &word) != 0) {
        return lexicon_wrong(r, "not one word", text);
    }

    return lexicon_add_telling(l, word, weight) == 0
           ? 0 : lexicon_out_of_memory(r);
}


/* The one word that text is, folded, in s. */
int
lexicon_fold_word(aud_str_t text, conversation_sentence_t *s, aud_str_t *out)
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
aud_str_t
lexicon_next_part(aud_str_t *rest, const char *parts)
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
