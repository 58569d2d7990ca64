/*
 * Bases of contacts with the classes found in them, read from a text file that
 * says how it is written (class_names/bases.txt): behaviours and explanations
 * as if they had been computed.
 */

#ifndef CLASS_BASES_H
#define CLASS_BASES_H

#include <math.h>

#include "class_explain.h"

#define BASE_FIELDS   16
#define BASE_CLASSES  16
#define BASE_TRAITS   16

typedef struct {
    char                  language[8];
    char                  title[128];
    uint64_t              profiles;
    behaviours_t          behaviours;
    behaviour_t           fields[BASE_FIELDS];
    behaviour_category_t  categories[BASE_FIELDS][BEHAVIOUR_CATEGORIES];
    size_t                nclasses;
    class_explanation_t   classes[BASE_CLASSES];
    class_value_t         values[BASE_CLASSES][BASE_TRAITS];
    uint32_t              principal[BASE_CLASSES][BASE_TRAITS];
    double                overlap[BASE_CLASSES];
    char                 *lines[64];            /* what the texts are of */
    size_t                nlines;
} base_t;

typedef struct {
    FILE  *file;
    char   line[1024];                          /* the next one, or "" */
} bases_t;


static inline void
base_read_file(const char *path, aud_buffer_t *out)
{
    char     bytes[4096];
    FILE    *file = fopen(path, "r");
    size_t   n;

    if (file == NULL) {
        fail_msg("no file %s", path);
    }

    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        aud_buffer_add(out, bytes, n);
    }

    fclose(file);
}


/* Fails with the first line that differs. */
static inline void
base_same_lines(aud_str_t got, aud_str_t expected)
{
    int     line = 1;
    size_t  begin = 0, i;

    for (i = 0; i < got.len && i < expected.len
                && got.data[i] == expected.data[i]; i++)
    {
        if (got.data[i] == '\n') {
            begin = i + 1;
            line++;
        }
    }

    if (i < got.len || i < expected.len) {
        got = aud_str(got.data + begin, got.len - begin);
        expected = aud_str(expected.data + begin, expected.len - begin);

        fail_msg("line %d\n  is:        %.*s\n  should be: %.*s", line,
                 (int) (got.len ? strcspn(got.data, "\n") : 0), got.data,
                 (int) (expected.len ? strcspn(expected.data, "\n") : 0),
                 expected.data);
    }
}


static void
bases_line(bases_t *b)
{
    do {
        if (fgets(b->line, sizeof(b->line), b->file) == NULL) {
            b->line[0] = '\0';
            return;
        }

        b->line[strcspn(b->line, "\n")] = '\0';

    } while (b->line[0] == '#' || b->line[0] == '\0');
}


static void
bases_open(bases_t *b, const char *path)
{
    b->file = fopen(path, "r");

    if (b->file == NULL) {
        fail_msg("no file %s", path);
    }

    bases_line(b);
}


static void
bases_close(bases_t *b)
{
    fclose(b->file);
}


/* The next part of *at up to the mark, trimmed, in place. */
static char *
base_part(char **at, const char *mark)
{
    char  *part = *at, *end;

    end = strstr(part, mark);
    *at = end ? end + strlen(mark) : part + strlen(part);
    end = end ? end : part + strlen(part);

    while (*part == ' ') {
        part++;
    }

    while (end > part && end[-1] == ' ') {
        end--;
    }

    *end = '\0';

    return part;
}


static void
base_category(behaviour_category_t *c, const behaviour_t *f, char *text)
{
    char  *colon;

    memset(c, 0, sizeof(*c));

    if (strcmp(text, "*") == 0) {
        c->kind = BEHAVIOUR_OTHER;
        return;
    }

    c->text = aud_str(text, strlen(text));
    c->yes = f->type == AUD_TYPE_YES_NO && text[0] != 'n';
    colon = strchr(text, ':');

    if (colon && (f->type == AUD_TYPE_NUMBER || f->type == AUD_TYPE_DATE)) {
        c->kind = f->type == AUD_TYPE_DATE && !f->years ? BEHAVIOUR_RECENCY
                                                        : BEHAVIOUR_RANGE;
        c->from = colon == text ? -INFINITY : strtod(text, NULL);
        c->to = colon[1] ? strtod(colon + 1, NULL) : INFINITY;
    }
}


static void
base_field(base_t *base, const char *type, char *rest)
{
    char         *name = base_part(&rest, " = ");
    behaviour_t  *f = &base->fields[base->behaviours.n];

    f->name = aud_str(name, strlen(name));
    f->type = strcmp(type, "number") == 0 || strcmp(type, "whole") == 0
              ? AUD_TYPE_NUMBER
              : strcmp(type, "date") == 0 || strcmp(type, "years") == 0
              ? AUD_TYPE_DATE
              : strcmp(type, "yesno") == 0 ? AUD_TYPE_YES_NO : AUD_TYPE_TEXT;
    f->kind = strcmp(type, "label") == 0 ? AUD_KIND_LABEL : AUD_KIND_BEHAVIOUR;
    f->whole = strcmp(type, "whole") == 0;
    f->years = strcmp(type, "years") == 0;
    f->filled = base->profiles;
    f->categories = base->categories[base->behaviours.n++];

    while (*rest) {
        base_category(&f->categories[f->ncategories++], f,
                      base_part(&rest, " | "));
    }
}


static void
base_trait(base_t *base, class_explanation_t *e, char *text)
{
    int             category, n;
    char           *name = base_part(&text, ": ");
    double          inside, of_base;
    long long       known = (long long) e->members;
    class_value_t  *v = &e->values[e->nvalues];

    n = sscanf(text, "%d %lf %lf %lld", &category, &inside, &of_base, &known);
    assert_true(n >= 3);

    while (!aud_str_equal(base->fields[v->field].name,
                          aud_str(name, strlen(name))))
    {
        if (++v->field >= base->behaviours.n) {
            fail_msg("no column %s", name);
        }
    }

    v->category = (uint32_t) category - 1;
    assert_true(v->category < base->fields[v->field].ncategories);
    v->share = inside / 100;
    v->base_share = of_base / 100;
    v->lift = inside / of_base;
    v->inside_filled = (uint64_t) known;
    v->inside = (uint64_t) llround(v->share * (double) known);
    v->base_filled = base->profiles;
    v->base = (uint64_t) llround(v->base_share * (double) base->profiles);
    v->significant = 1;
    e->principal[e->nprincipal++] = (uint32_t) e->nvalues++;
}


static void
base_class(base_t *base, char *rest)
{
    char                 *members = base_part(&rest, "=");
    size_t                n = base->nclasses++;
    class_explanation_t  *e = &base->classes[n];

    e->members = strtoull(members, NULL, 10);
    e->share = (double) e->members / (double) base->profiles;
    e->values = base->values[n];
    e->principal = base->principal[n];
    e->overlap = base->overlap;

    while (*rest && *rest != '\n') {
        base_trait(base, e, base_part(&rest, " | "));
    }
}


static int
bases_next(bases_t *b, base_t *base)
{
    char  *line, *word;

    memset(base, 0, sizeof(*base));

    if (b->line[0] == '\0') {
        return 0;
    }

    do {
        line = base->lines[base->nlines++] = strdup(b->line);
        word = base_part(&line, " ");

        if (strcmp(word, "base") == 0) {
            snprintf(base->language, sizeof(base->language), "%s",
                     base_part(&line, " "));
            base->profiles = strtoull(base_part(&line, " "), NULL, 10);
            snprintf(base->title, sizeof(base->title), "%s", line);

        } else if (strcmp(word, "class") == 0) {
            base_class(base, line);

        } else {
            base_field(base, word, line);
        }

        bases_line(b);

    } while (b->line[0] && strncmp(b->line, "base ", 5) != 0);

    base->behaviours.rows = (uint32_t) base->profiles;
    base->behaviours.fields = base->fields;

    return 1;
}


static void
base_free(base_t *base)
{
    for (size_t i = 0; i < base->nlines; i++) {
        free(base->lines[i]);
    }
}

#endif
