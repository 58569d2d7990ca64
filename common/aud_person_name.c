#include <stdlib.h>

#include <utf8proc.h>

#include "aud_person_name.h"
#include "aud_text.h"

#define SLIP_LEAST  4               /* letters of words that may have a slip */
#define NICK_LEAST  3               /* letters of a short form: Edu, Fê is none */

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


typedef struct {
    aud_str_t  words[AUD_PERSON_NAME_WORDS];    /* without the generation */
    size_t     n;
    aud_str_t  generation;
} name_t;


typedef enum {
    WORDS_DIFFER = 0,
    WORDS_INITIAL,                  /* a, ana */
    WORDS_SHORT,                    /* edu, eduardo */
    WORDS_SLIP,
    WORDS_EQUAL
} words_t;


static aud_str_t bounded(aud_str_t s);
static size_t family_first(aud_str_t s);
static void  read_words(name_t *name, aud_str_t s, aud_buffer_t *room);
static int   next_word(aud_str_t *s, aud_buffer_t *word);
static int   is_letter(utf8proc_int32_t c);
static int   is_one_of(aud_str_t word, const char *const *list, size_t n);
static void  add_word(name_t *name, aud_str_t word);
static void  write_name(aud_buffer_t *out, const name_t *name);
static void  split(name_t *name, aud_str_t canonical);
static aud_str_t generation_of(aud_str_t word);
static aud_names_t compare_words(const name_t *a, const name_t *b);
static aud_names_t with_given(const name_t *a, const name_t *b, words_t given);
static size_t matched(const name_t *shorter, size_t from, const name_t *longer,
    size_t longer_from, int *whole);
static words_t compare_word(aud_str_t a, aud_str_t b);
static int   one_slip(aud_str_t a, aud_str_t b);
static int   another_ending(aud_str_t a, aud_str_t b);
static int   is_ending(char c);
static int   is_ascii(aud_str_t s);


static const char *const  particles[] = {
    "de", "da", "do", "dos", "das", "e", "d", "di", "del", "della", "van",
    "von", "der", "den", "la", "y"
};

static const char *const  honorifics[] = {
    "sr", "sra", "srta", "dr", "dra", "prof", "profa", "professor",
    "professora", "dom", "dona", "eng", "enga", "adv", "mr", "mrs", "ms",
    "senhor", "senhora", "doutor", "doutora", "pe", "padre", "pastor"
};

static const struct {
    const char  *written;
    const char  *meant;
} generations[] = {
    { "junior", "junior" }, { "jr", "junior" }, { "jnr", "junior" },
    { "filho", "filho" }, { "filha", "filha" }, { "fo", "filho" },
    { "neto", "neto" }, { "neta", "neta" }, { "sobrinho", "sobrinho" },
    { "sobrinha", "sobrinha" }, { "segundo", "segundo" },
    { "terceiro", "terceiro" }, { "ii", "segundo" }, { "iii", "terceiro" }
};


void
aud_person_name_canonical(aud_buffer_t *out, aud_str_t text)
{
    size_t        comma;
    name_t        name = { 0 };
    aud_str_t     folded;
    aud_buffer_t  fold = { 0 }, room = { 0 };

    aud_fold(&fold, bounded(aud_trim(text)));
    folded = aud_buffer_str(&fold);

    /* words point into room, which must not move */
    aud_buffer_reserve(&room, folded.len + AUD_PERSON_NAME_WORDS);

    if (fold.failed || room.failed) {
        out->failed = 1;
        goto done;
    }

    if (folded.len == 0 || aud_utf8_valid(folded) != folded.len) {
        goto done;
    }

    comma = family_first(folded);

    if (comma) {
        read_words(&name, aud_str(folded.data + comma + 1,
                                  folded.len - comma - 1), &room);
        read_words(&name, aud_str(folded.data, comma), &room);

    } else {
        read_words(&name, folded, &room);
    }

    write_name(out, &name);

done:

    aud_buffer_free(&fold);
    aud_buffer_free(&room);
}


/* A prefix of whole characters. */
static aud_str_t
bounded(aud_str_t s)
{
    if (s.len > AUD_PERSON_NAME_INPUT) {
        s.len = AUD_PERSON_NAME_INPUT;

        while (s.len && (s.data[s.len] & 0xc0) == 0x80) {
            s.len--;
        }
    }

    return s;
}


/* Where the one comma of "silva, ana" stands; 0 for none or for several, and
 * where only a generation follows ("pedro lima, jr"). */
static size_t
family_first(aud_str_t s)
{
    int            found;
    name_t         behind = { 0 };
    size_t         at;
    const char    *comma;
    aud_buffer_t   room = { 0 };

    comma = memchr(s.data, ',', s.len);
    if (comma == NULL) {
        return 0;
    }

    at = comma - s.data;

    if (memchr(comma + 1, ',', s.len - at - 1) != NULL) {
        return 0;
    }

    aud_buffer_reserve(&room, s.len + AUD_PERSON_NAME_WORDS);

    if (!room.failed) {
        read_words(&behind, aud_str(comma + 1, s.len - at - 1), &room);
    }

    found = behind.n > 1
            || (behind.n == 1 && generation_of(behind.words[0]).len == 0);
    aud_buffer_free(&room);

    return found ? at : 0;
}


static void
read_words(name_t *name, aud_str_t s, aud_buffer_t *room)
{
    size_t     from;
    aud_str_t  word;

    for (from = room->len; next_word(&s, room); from = room->len) {
        word = aud_str(room->data + from, room->len - from);

        if (word.len == 0 || is_one_of(word, particles, COUNT(particles))
            || (name->n == 0
                && is_one_of(word, honorifics, COUNT(honorifics))))
        {
            continue;
        }

        add_word(name, word);
    }
}


/* Adds the letters of the next word to room; 0 at the end of s.  A full stop,
 * a blank, a hyphen, an apostrophe, an emoji: whatever is no letter ends it. */
static int
next_word(aud_str_t *s, aud_buffer_t *room)
{
    int                 any = 0;
    utf8proc_int32_t    c;
    utf8proc_ssize_t    n;

    while (s->len) {
        n = utf8proc_iterate((const utf8proc_uint8_t *) s->data,
                             (utf8proc_ssize_t) s->len, &c);

        if (n <= 0) {
            s->len = 0;
            break;
        }

        if (is_letter(c)) {
            aud_buffer_add(room, s->data, n);
            any = 1;

        } else if (any) {
            return 1;
        }

        s->data += n;
        s->len -= n;
    }

    return any;
}


static int
is_letter(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MC:
        return 1;
    default:
        return 0;
    }
}


static int
is_one_of(aud_str_t word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(list[i]) == word.len
            && memcmp(list[i], word.data, word.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* A generation is one only behind a name: Neto alone is a given name. */
static void
add_word(name_t *name, aud_str_t word)
{
    aud_str_t  generation;

    generation = name->n ? generation_of(word) : aud_str("", 0);

    if (generation.len) {
        name->generation = generation;

    } else if (name->n < AUD_PERSON_NAME_WORDS) {
        name->words[name->n++] = word;
    }
}


static aud_str_t
generation_of(aud_str_t word)
{
    for (size_t i = 0; i < COUNT(generations); i++) {
        if (strlen(generations[i].written) == word.len
            && memcmp(generations[i].written, word.data, word.len) == 0)
        {
            return aud_str(generations[i].meant, strlen(generations[i].meant));
        }
    }

    return aud_str("", 0);
}


/* A word that does not fit is left out whole, and so are those behind it. */
static void
write_name(aud_buffer_t *out, const name_t *name)
{
    size_t  from = out->len;

    for (size_t i = 0; i < name->n; i++) {
        if (out->len - from + name->words[i].len + name->generation.len + 2
            > AUD_PERSON_NAME_LEN)
        {
            break;
        }

        if (out->len > from) {
            aud_buffer_char(out, ' ');
        }

        aud_buffer_add(out, name->words[i].data, name->words[i].len);
    }

    if (name->generation.len && out->len > from) {
        aud_buffer_char(out, ' ');
        aud_buffer_add(out, name->generation.data, name->generation.len);
    }
}


aud_str_t
aud_person_name_given(aud_str_t canonical)
{
    size_t       len;
    const char  *blank;

    blank = canonical.len ? memchr(canonical.data, ' ', canonical.len) : NULL;
    len = blank ? (size_t) (blank - canonical.data) : canonical.len;

    return aud_str(canonical.data, len > 1 ? len : 0);
}


aud_names_t
aud_person_names_compare(aud_str_t a, aud_str_t b)
{
    name_t       x, y;
    aud_names_t  says;

    if (a.len == 0 || b.len == 0) {
        return AUD_NAMES_SAY_NOTHING;
    }

    if (aud_str_equal(a, b)) {
        return AUD_NAMES_SUPPORT;
    }

    /* words are matched greedily: one order, so that it is symmetric */

    split(&x, aud_str_compare(a, b) < 0 ? a : b);
    split(&y, aud_str_compare(a, b) < 0 ? b : a);

    says = compare_words(&x, &y);

    if (says != AUD_NAMES_SUPPORT
        || aud_str_equal(x.generation, y.generation))
    {
        return says;
    }

    return x.generation.len && y.generation.len ? AUD_NAMES_CONTRADICT
                                                : AUD_NAMES_SAY_NOTHING;
}


/* Of a canonical form, whose last word alone may be a generation.  Words are
 * short: a loop is faster than memchr(). */
static void
split(name_t *name, aud_str_t canonical)
{
    size_t     i, from = 0;
    aud_str_t  word;

    name->n = 0;
    name->generation = aud_str("", 0);

    for (i = 0; i <= canonical.len; i++) {
        if (i < canonical.len && canonical.data[i] != ' ') {
            continue;
        }

        word = aud_str(canonical.data + from, i - from);
        from = i + 1;

        if (i == canonical.len) {
            add_word(name, word);

        } else if (name->n < AUD_PERSON_NAME_WORDS) {
            name->words[name->n++] = word;
        }
    }
}


static aud_names_t
compare_words(const name_t *a, const name_t *b)
{
    int            whole;
    words_t        given;
    const name_t  *shorter, *longer;

    if (is_ascii(a->words[0]) != is_ascii(b->words[0])) {
        return AUD_NAMES_SAY_NOTHING;
    }

    given = compare_word(a->words[0], b->words[0]);

    if (given != WORDS_DIFFER) {
        return with_given(a, b, given);
    }

    /* another order, or a first given name that only one of them has */

    shorter = a->n <= b->n ? a : b;
    longer = shorter == a ? b : a;

    if (shorter->n >= 2
        && matched(shorter, 0, longer, 0, &whole) == shorter->n && whole >= 2)
    {
        return AUD_NAMES_SUPPORT;
    }

    return AUD_NAMES_CONTRADICT;
}


/* Given names agree, or may: it is for the family names to say. */
static aud_names_t
with_given(const name_t *a, const name_t *b, words_t given)
{
    int            whole;
    const name_t  *shorter, *longer;

    shorter = a->n <= b->n ? a : b;
    longer = shorter == a ? b : a;

    if (shorter->n < 2 || given == WORDS_SHORT) {
        return AUD_NAMES_SAY_NOTHING;
    }

    if (matched(shorter, 1, longer, 1, &whole) == 0) {
        return AUD_NAMES_SAY_NOTHING;
    }

    /* "a m silva" says something of "ana maria silva" by its silva alone */

    return whole ? AUD_NAMES_SUPPORT : AUD_NAMES_SAY_NOTHING;
}


/* Words of shorter that have a like one in longer, each used once; *whole: how
 * many of them are more than initials. */
static size_t
matched(const name_t *shorter, size_t from, const name_t *longer,
    size_t longer_from, int *whole)
{
    char     used[AUD_PERSON_NAME_WORDS] = { 0 };
    size_t   i, j, best, n = 0;
    words_t  likeness, greatest;

    *whole = 0;

    for (i = from; i < shorter->n; i++) {
        greatest = WORDS_SHORT;             /* family names have no short form */
        best = 0;

        for (j = longer_from; j < longer->n; j++) {
            likeness = used[j] ? WORDS_DIFFER
                       : compare_word(shorter->words[i], longer->words[j]);

            if (likeness > greatest
                || (likeness == WORDS_INITIAL && greatest == WORDS_SHORT))
            {
                greatest = likeness;
                best = j;
            }
        }

        if (greatest != WORDS_SHORT) {
            used[best] = 1;
            n++;
            *whole += greatest != WORDS_INITIAL;
        }
    }

    return n;
}


static words_t
compare_word(aud_str_t a, aud_str_t b)
{
    aud_str_t  shorter, longer;

    if (aud_str_equal(a, b)) {
        return WORDS_EQUAL;
    }

    shorter = a.len <= b.len ? a : b;
    longer = a.len <= b.len ? b : a;

    if (shorter.len == 1) {
        return shorter.data[0] == longer.data[0] ? WORDS_INITIAL
                                                 : WORDS_DIFFER;
    }

    if (another_ending(shorter, longer)) {
        return WORDS_DIFFER;
    }

    if (longer.len >= SLIP_LEAST && shorter.len >= SLIP_LEAST - 1
        && one_slip(shorter, longer))
    {
        return WORDS_SLIP;
    }

    return shorter.len >= NICK_LEAST
           && memcmp(shorter.data, longer.data, shorter.len) == 0
           ? WORDS_SHORT : WORDS_DIFFER;
}


/* Paulo and paula, daniel and daniela */
static int
another_ending(aud_str_t shorter, aud_str_t longer)
{
    size_t  n = longer.len - 1;

    if (!is_ending(longer.data[n])
        || memcmp(shorter.data, longer.data, n < shorter.len ? n : shorter.len)
           != 0)
    {
        return 0;
    }

    return shorter.len == n
           || (shorter.len == longer.len && is_ending(shorter.data[n]));
}


static int
is_ending(char c)
{
    return c == 'a' || c == 'e' || c == 'o';
}


/* Bytes, not characters: canonical names are mostly ASCII, and a slip within
 * one letter of another script is one byte, seldom two. */
static int
one_slip(aud_str_t shorter, aud_str_t longer)
{
    size_t  i = 0, rest;

    if (longer.len - shorter.len > 1) {
        return 0;
    }

    while (i < shorter.len && shorter.data[i] == longer.data[i]) {
        i++;
    }

    rest = shorter.len - i;

    if (longer.len > shorter.len) {         /* one is missing */
        return memcmp(shorter.data + i, longer.data + i + 1, rest) == 0;
    }

    if (memcmp(shorter.data + i + 1, longer.data + i + 1, rest - 1) == 0) {
        return 1;
    }

    return rest >= 2 && shorter.data[i] == longer.data[i + 1]
           && shorter.data[i + 1] == longer.data[i]
           && memcmp(shorter.data + i + 2, longer.data + i + 2, rest - 2) == 0;
}


static int
is_ascii(aud_str_t s)
{
    return s.len && (signed char) s.data[0] >= 0;
}
