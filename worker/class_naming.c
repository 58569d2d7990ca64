/*
 * A name is made of one to three traits: a noun, or "pessoas", what modifies
 * it, and pairs for which there are no better words.
 *
 *   flamenguistas   de 18 a 25 anos   com plano Ouro  · Loja: Centro
 *   noun            modifier          modifier          pair
 *
 * First come traits that more than half of the class have.  Where none is, the
 * name says "mais … que a média".  A name that is used already takes a further
 * trait, at last a number.
 */

#include "class_names.h"
#include "class_naming.h"
#include "class_text.h"

#define CHOSEN_MAX   4
#define CHOSEN       3
#define PAIRS        2
#define MAJORITY     0.5


typedef struct {                        /* the traits of a name */
    const class_trait_t  *traits[CHOSEN_MAX];
    size_t                n;
} chosen_t;

typedef struct {
    const locale_texts_t  *texts;
    const class_trait_t   *traits;
    size_t                 n;
    class_used_t          *used;
    aud_buffer_t           name;        /* the one that is tried */
} naming_t;


static void choose(naming_t *w, chosen_t *chosen);
static void choose_noun(naming_t *w, chosen_t *chosen);
static int  pairs(const chosen_t *chosen);
static int  is_chosen(const chosen_t *chosen, const class_trait_t *t);
static int  strong(const class_trait_t *t);
static int  try_strong(naming_t *w, chosen_t chosen);
static int  try_further(naming_t *w, const chosen_t *chosen);
static int  try_more(naming_t *w, chosen_t chosen);
static int  try_tendency(naming_t *w);
static int  try_numbers(naming_t *w, const chosen_t *chosen);
static int  try(naming_t *w);
static void compose(naming_t *w, const chosen_t *chosen);
static void write_part(const locale_texts_t *texts, const chosen_t *chosen,
    aud_buffer_t *out);
static const class_trait_t *head_of(const chosen_t *chosen);
static size_t modifiers(const chosen_t *chosen, const class_trait_t *head,
    const locale_texts_t *texts, const class_trait_t **sorted);
static int  clause(const locale_texts_t *texts, const class_trait_t *t);
static const char *beginning(const locale_texts_t *texts, const char *list,
    const class_trait_t *t);
static void wrap(const locale_texts_t *texts, const char *template,
    aud_str_t part, aud_buffer_t *out);
static void join(const locale_texts_t *texts, aud_str_t part,
    aud_buffer_t *out);
static int  fits(const aud_buffer_t *name);


int
class_name_write(const locale_texts_t *texts, const class_trait_t *traits,
    size_t n, class_used_t *used, aud_buffer_t *out)
{
    int       found;
    chosen_t  chosen = { 0 };
    naming_t  w = { .texts = texts, .traits = traits, .n = n, .used = used };

    choose(&w, &chosen);

    found = chosen.n ? try_strong(&w, chosen) : try_tendency(&w);

    if (found == 0) {
        found = try_numbers(&w, &chosen);
    }

    if (found == 1) {
        aud_buffer_add(out, w.name.data, w.name.len);
    }

    aud_buffer_free(&w.name);

    return found == 1 && !out->failed ? 0 : -1;
}


/* The most telling ones that fit together. */
static void
choose(naming_t *w, chosen_t *chosen)
{
    for (size_t i = 0; i < w->n && chosen->n < CHOSEN; i++) {
        if (!strong(&w->traits[i])) {
            continue;
        }

        chosen->traits[chosen->n++] = &w->traits[i];
        compose(w, chosen);

        if (chosen->n > 1 && (!fits(&w->name) || pairs(chosen) > PAIRS)) {
            chosen->n--;
        }
    }

    choose_noun(w, chosen);
}


/* A group is more easily thought of as women or cariocas than as people: the
 * first trait with a noun comes in for the last one where none has one. */
static void
choose_noun(naming_t *w, chosen_t *chosen)
{
    chosen_t  tried = *chosen;

    if (chosen->n == 0 || head_of(chosen)) {
        return;
    }

    tried.n -= tried.n == CHOSEN;

    for (size_t i = 0; i < w->n; i++) {
        if (strong(&w->traits[i]) && w->traits[i].noun.len) {
            tried.traits[tried.n++] = &w->traits[i];
            compose(w, &tried);

            if (!fits(&w->name) && tried.n > 2) {
                tried.traits[tried.n - 2] = tried.traits[tried.n - 1];
                tried.n--;
                compose(w, &tried);
            }

            if (fits(&w->name)) {
                *chosen = tried;
            }

            return;
        }
    }
}


static int
pairs(const chosen_t *chosen)
{
    int  n = 0;

    for (size_t i = 0; i < chosen->n; i++) {
        n += chosen->traits[i]->noun.len == 0
             && chosen->traits[i]->modifier.len == 0;
    }

    return n;
}


static int
is_chosen(const chosen_t *chosen, const class_trait_t *t)
{
    for (size_t i = 0; i < chosen->n; i++) {
        if (chosen->traits[i] == t) {
            return 1;
        }
    }

    return 0;
}


static int
strong(const class_trait_t *t)
{
    return t->telling && t->known && t->share > MAJORITY;
}


/* 1 and w->name; 0: all are used; -1: no memory.  So do the others. */
static int
try_strong(naming_t *w, chosen_t chosen)
{
    int  found;

    compose(w, &chosen);
    found = try(w);

    if (found == 0) {
        found = try_further(w, &chosen);
    }

    return found == 0 ? try_more(w, chosen) : found;
}


/* One trait more, or another one instead of the last. */
static int
try_further(naming_t *w, const chosen_t *chosen)
{
    int       found;
    chosen_t  tried;

    for (size_t i = 0; i < w->n; i++) {
        if (!strong(&w->traits[i]) || is_chosen(chosen, &w->traits[i])) {
            continue;
        }

        tried = *chosen;
        tried.traits[tried.n++] = &w->traits[i];
        compose(w, &tried);

        if (!fits(&w->name) && tried.n > 2) {
            tried.n--;
            tried.traits[tried.n - 1] = &w->traits[i];
            compose(w, &tried);
        }

        found = fits(&w->name) ? try(w) : 0;

        if (found) {
            return found;
        }
    }

    return 0;
}


/* What fewer have, as such: "· mais Loja: Centro", with as many of the others
 * as there is room for. */
static int
try_more(naming_t *w, chosen_t chosen)
{
    int           found = 0;
    aud_buffer_t  more = { 0 };

    for ( ; chosen.n > 0; chosen.n--) {
        for (size_t i = 0; i < w->n && found == 0; i++) {
            if (!w->traits[i].telling || strong(&w->traits[i])) {
                continue;
            }

            compose(w, &chosen);
            more.len = 0;
            wrap(w->texts, "more", aud_buffer_str(&w->traits[i].pair), &more);
            join(w->texts, aud_buffer_str(&more), &w->name);

            found = more.failed ? -1 : fits(&w->name) ? try(w) : 0;
        }
    }

    aud_buffer_free(&more);

    return found;
}


/* Nothing telling that most have: what more have than elsewhere; or what tells
 * little, such as "outros valores"; or nothing at all. */
static int
try_tendency(naming_t *w)
{
    int           found = 0;
    chosen_t      one = { .n = 1 };
    aud_buffer_t  part = { 0 };

    for (int any = 0; any < 2 && found == 0; any++) {
        for (size_t i = 0; i < w->n && found == 0; i++) {
            one.traits[0] = &w->traits[i];

            if (w->traits[i].telling == any) {
                continue;
            }

            part.len = 0;
            w->name.len = 0;
            write_part(w->texts, &one, &part);

            if (w->traits[i].known && w->traits[i].share > MAJORITY) {
                aud_buffer_add(&w->name, part.data, part.len);

            } else {
                wrap(w->texts, pairs(&one) ? "tendency_pair" : "tendency",
                     aud_buffer_str(&part), &w->name);
            }

            class_text_capital(&w->name, 0);
            class_text_cut(&w->name, 0, CLASS_NAME_MAX);

            found = part.failed ? -1 : try(w);
        }
    }

    aud_buffer_free(&part);

    if (found == 0 && w->n == 0) {
        w->name.len = 0;
        aud_buffer_text(&w->name, class_text(w->texts, "plain"));
        class_text_capital(&w->name, 0);
        found = try(w);
    }

    return found;
}


/* The name that was the first choice, or the last one that was tried, with a
 * number. */
static int
try_numbers(naming_t *w, const chosen_t *chosen)
{
    int           found = 0;
    char          digits[AUD_DECIMAL];
    size_t        room;
    aud_buffer_t  stem = { 0 };
    class_gap_t   gaps[2] = { { "name", { NULL, 0 }, 0 },
                              { "n", { digits, 0 }, 0 } };

    if (chosen->n) {
        compose(w, chosen);
    }

    class_text_cut(&w->name, 0, CLASS_NAME_MAX);
    aud_buffer_add(&stem, w->name.data, w->name.len);

    for (uint64_t i = 2; found == 0; i++) {
        gaps[1].text.len = aud_decimal(digits, i);
        room = CLASS_NAME_MAX - gaps[1].text.len - 1;
        class_text_cut(&stem, 0, room);
        gaps[0].text = aud_buffer_str(&stem);

        w->name.len = 0;
        class_fill(class_text(w->texts, "numbered"), gaps, 2, &w->name);

        found = stem.failed ? -1 : try(w);
    }

    aud_buffer_free(&stem);

    return found;
}


static int
try(naming_t *w)
{
    if (w->name.failed) {
        return -1;
    }

    return class_used_add(w->used, aud_buffer_str(&w->name));
}


static void
compose(naming_t *w, const chosen_t *chosen)
{
    w->name.len = 0;
    write_part(w->texts, chosen, &w->name);
    class_text_capital(&w->name, 0);

    if (chosen->n == 1) {
        class_text_cut(&w->name, 0, CLASS_NAME_MAX);
    }
}


static void
write_part(const locale_texts_t *texts, const chosen_t *chosen,
    aud_buffer_t *out)
{
    size_t                n;
    const char           *begins;
    const class_trait_t  *head = head_of(chosen), *t;
    const class_trait_t  *sorted[CHOSEN_MAX];

    n = modifiers(chosen, head, texts, sorted);

    if (head) {
        aud_buffer_add(out, head->noun.data, head->noun.len);

    } else if (n) {
        aud_buffer_text(out, class_text(texts, "people"));
    }

    for (size_t i = 0; i < n; i++) {
        begins = beginning(texts, "repeats", sorted[i]);

        if (i && begins
            && begins == beginning(texts, "repeats", sorted[i - 1]))
        {
            aud_buffer_char(out, ' ');
            aud_buffer_text(out, class_text(texts, "and"));
        }

        aud_buffer_char(out, ' ');

        aud_buffer_add(out, sorted[i]->modifier.data, sorted[i]->modifier.len);
    }

    for (size_t i = 0; i < chosen->n; i++) {
        t = chosen->traits[i];

        if (t != head && t->modifier.len == 0) {
            join(texts, aud_buffer_str(&t->pair), out);
        }
    }
}


/* Women and men first; else the most telling one that has a noun. */
static const class_trait_t *
head_of(const chosen_t *chosen)
{
    const class_trait_t  *t, *head = NULL;

    for (size_t i = 0; i < chosen->n; i++) {
        t = chosen->traits[i];

        if (t->noun.len && (head == NULL || (t->rank == 0 && head->rank))) {
            head = t;
        }
    }

    return head;
}


/* By their rank, clauses last, so that nothing that follows seems to be part
 * of one. */
static size_t
modifiers(const chosen_t *chosen, const class_trait_t *head,
    const locale_texts_t *texts, const class_trait_t **sorted)
{
    int                   rank;
    size_t                n = 0, at;
    const class_trait_t  *t;

    for (size_t i = 0; i < chosen->n; i++) {
        t = chosen->traits[i];

        if (t == head || t->modifier.len == 0) {
            continue;
        }

        rank = t->rank + 100 * clause(texts, t);

        for (at = n++; at > 0; at--) {
            if (sorted[at - 1]->rank + 100 * clause(texts, sorted[at - 1])
                <= rank)
            {
                break;
            }

            sorted[at] = sorted[at - 1];
        }

        sorted[at] = t;
    }

    return n;
}


/* "que gostam de futebol" */
static int
clause(const locale_texts_t *texts, const class_trait_t *t)
{
    return beginning(texts, "clauses", t) != NULL;
}


/* What of the list a modifier begins with. */
static const char *
beginning(const locale_texts_t *texts, const char *name,
    const class_trait_t *t)
{
    const char    *begin;
    const json_t  *list;

    list = json_object_get(json_object_get(texts->json, "segmentation"), name);

    for (size_t i = 0; i < json_array_size(list); i++) {
        begin = json_string_value(json_array_get(list, i));

        if (begin && t->modifier.len >= strlen(begin)
            && memcmp(t->modifier.data, begin, strlen(begin)) == 0)
        {
            return begin;
        }
    }

    return NULL;
}


static void
wrap(const locale_texts_t *texts, const char *template, aud_str_t part,
    aud_buffer_t *out)
{
    class_gap_t  gap = { "part", part, 0 };

    class_fill(class_text(texts, template), &gap, 1, out);
}


/* What out holds, and part behind it. */
static void
join(const locale_texts_t *texts, aud_str_t part, aud_buffer_t *out)
{
    class_gap_t   gaps[2] = { { "name", aud_buffer_str(out), 0 },
                              { "part", part, 0 } };
    aud_buffer_t  joined = { 0 };

    if (out->len == 0) {
        aud_buffer_add(out, part.data, part.len);
        return;
    }

    class_fill(class_text(texts, "joined"), gaps, 2, &joined);
    out->failed |= joined.failed;
    out->len = 0;
    aud_buffer_add(out, joined.data, joined.len);
    aud_buffer_free(&joined);
}


static int
fits(const aud_buffer_t *name)
{
    return class_text_length(aud_buffer_str(name)) <= CLASS_NAME_MAX;
}
