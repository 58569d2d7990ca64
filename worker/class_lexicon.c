#include <stdio.h>

#include "aud_text.h"
#include "class_lexicon.h"
#include "class_text.h"
#include "template.h"

#define SPELLINGS  32


typedef struct {
    const class_gap_t  *gaps;
    size_t              n;
} gaps_t;


static int  gap_text(void *arg, aud_str_t name, aud_buffer_t *out);
static int  gap_number(void *arg, aud_str_t name, int64_t *n);
static const class_gap_t *find_gap(const gaps_t *gaps, aud_str_t name);
static void fold_name(const locale_texts_t *texts, aud_str_t name,
    aud_buffer_t *out);
static aud_str_t strip_first(const json_t *words, aud_str_t name);
static aud_str_t strip_last(const json_t *ends, aud_str_t name);
static const char *named(const locale_texts_t *texts, aud_str_t name);
static const json_t *member(const json_t *object, aud_str_t key);
static int  folded_in_list(const json_t *list, aud_str_t text);
static int  in_list(const json_t *list, aud_str_t text);


const char *
class_text(const locale_texts_t *texts, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(json_object_get(texts->json,
                             "segmentation"), name));

    return text ? text : "";
}


void
class_fill(const char *template, const class_gap_t *gaps, size_t n,
    aud_buffer_t *out)
{
    gaps_t             arg = { gaps, n };
    aud_error_t        err;
    template_values_t  values = { gap_text, gap_number, &arg };

    if (template_fill(aud_str(template, strlen(template)), &values, out, &err)
        != 0)
    {
        out->failed = 1;
    }
}


static int
gap_text(void *arg, aud_str_t name, aud_buffer_t *out)
{
    const class_gap_t  *gap = find_gap(arg, name);

    if (gap == NULL) {
        return -1;
    }

    aud_buffer_add(out, gap->text.data, gap->text.len);

    return 0;
}


static int
gap_number(void *arg, aud_str_t name, int64_t *n)
{
    const class_gap_t  *gap = find_gap(arg, name);

    if (gap == NULL) {
        return -1;
    }

    *n = gap->n;

    return 0;
}


static const class_gap_t *
find_gap(const gaps_t *gaps, aud_str_t name)
{
    for (size_t i = 0; i < gaps->n; i++) {
        if (strlen(gaps->gaps[i].name) == name.len
            && memcmp(gaps->gaps[i].name, name.data, name.len) == 0)
        {
            return &gaps->gaps[i];
        }
    }

    return NULL;
}


/* By the whole name, else without the words that say little: "qual o seu …",
 * "… do cliente". */
const char *
class_field_kind(const locale_texts_t *texts, aud_str_t name)
{
    aud_str_t      words;
    const char    *kind;
    aud_buffer_t   folded = { 0 };

    fold_name(texts, name, &folded);
    words = aud_buffer_str(&folded);
    kind = named(texts, words);

    if (kind == NULL) {
        words = strip_last(json_object_get(texts->fields, "skip_last"), words);
        kind = named(texts, words);
    }

    if (kind == NULL) {
        words = strip_first(json_object_get(texts->fields, "skip_first"),
                            words);
        kind = named(texts, words);
    }

    aud_buffer_free(&folded);

    return kind;
}


static void
fold_name(const locale_texts_t *texts, aud_str_t name, aud_buffer_t *out)
{
    aud_buffer_t  words = { 0 };

    class_field_words(texts, name, &words);
    aud_fold(out, aud_buffer_str(&words));
    aud_buffer_free(&words);
}


static aud_str_t
strip_first(const json_t *words, aud_str_t name)
{
    size_t       len;
    const char  *blank;

    while (name.len && (blank = memchr(name.data, ' ', name.len)) != NULL) {
        len = (size_t) (blank - name.data);

        if (!in_list(words, aud_str(name.data, len))) {
            break;
        }

        name = aud_str(blank + 1, name.len - len - 1);
    }

    return name;
}


static aud_str_t
strip_last(const json_t *ends, aud_str_t name)
{
    size_t       n;
    const char  *end;

    for (size_t i = 0; i < json_array_size(ends); i++) {
        end = json_string_value(json_array_get(ends, i));
        n = end ? strlen(end) : 0;

        if (n && name.len > n + 1 && name.data[name.len - n - 1] == ' '
            && memcmp(name.data + name.len - n, end, n) == 0)
        {
            name.len -= n + 1;
            break;
        }
    }

    return name;
}


static const char *
named(const locale_texts_t *texts, aud_str_t name)
{
    return json_string_value(member(json_object_get(texts->fields, "names"),
                                    name));
}


static const json_t *
member(const json_t *object, aud_str_t key)
{
    char  name[128];

    if (key.len == 0 || key.len >= sizeof(name)) {
        return NULL;
    }

    memcpy(name, key.data, key.len);
    name[key.len] = '\0';

    return json_object_get(object, name);
}


const json_t *
class_kind(const locale_texts_t *texts, const char *kind)
{
    const json_t  *segmentation = json_object_get(texts->json, "segmentation");

    return kind ? json_object_get(json_object_get(segmentation, "kinds"), kind)
                : NULL;
}


const json_t *
class_kind_value(const locale_texts_t *texts, const char *kind, aud_str_t text)
{
    const char    *name;
    aud_str_t      key;
    aud_buffer_t   folded = { 0 };
    const json_t  *values, *value;

    if (kind == NULL) {
        return NULL;
    }

    values = json_object_get(class_kind(texts, kind), "values");
    aud_fold(&folded, aud_trim(text));
    key = aud_buffer_str(&folded);

    name = json_string_value(member(json_object_get(
               json_object_get(texts->fields, "values"), kind), key));
    value = name ? json_object_get(values, name) : member(values, key);

    aud_buffer_free(&folded);

    return value;
}


const json_t *
class_copies_of(const locale_texts_t *texts, const char *kind)
{
    const json_t  *segmentation = json_object_get(texts->json, "segmentation");

    return json_object_get(json_object_get(segmentation, "copies"), kind);
}


/* By its first two words, else the first one. */
const json_t *
class_verb(const locale_texts_t *texts, aud_str_t words, aud_str_t *rest)
{
    size_t         len = 0;
    aud_buffer_t   folded = { 0 };
    const char    *blank;
    const json_t  *verb = NULL, *found, *verbs;

    verbs = json_object_get(json_object_get(texts->json, "segmentation"),
                            "verbs");

    for (int i = 0; i < 2 && len < words.len; i++) {
        blank = memchr(words.data + len, ' ', words.len - len);
        len = blank ? (size_t) (blank - words.data) : words.len;

        folded.len = 0;
        aud_fold(&folded, aud_str(words.data, len));
        found = member(verbs, aud_buffer_str(&folded));

        if (found) {
            verb = found;
            *rest = aud_trim(aud_str(words.data + len, words.len - len));
        }

        len++;
    }

    aud_buffer_free(&folded);

    return verb;
}


aud_str_t
class_question(const locale_texts_t *texts, aud_str_t words)
{
    size_t         len;
    const char    *blank;
    const json_t  *pronouns = json_object_get(texts->fields, "pronouns");

    while (words.len && (blank = memchr(words.data, ' ', words.len)) != NULL) {
        len = (size_t) (blank - words.data);

        if (!folded_in_list(pronouns, aud_str(words.data, len))) {
            break;
        }

        words = aud_str(blank + 1, words.len - len - 1);
    }

    return words;
}


int
class_listed(const locale_texts_t *texts, const char *list, aud_str_t text)
{
    return folded_in_list(json_object_get(texts->fields, list),
                          aud_trim(text));
}


int
class_word_listed(const locale_texts_t *texts, const char *list,
    aud_str_t text)
{
    int            found = 0;
    size_t         begin, end = 0;
    aud_str_t      s;
    aud_buffer_t   folded = { 0 };
    const json_t  *words = json_object_get(texts->fields, list);

    aud_fold(&folded, text);
    s = aud_buffer_str(&folded);

    while (end < s.len && !found) {
        for (begin = end; begin < s.len && !aud_word_byte(s.data[begin]);
             begin++)
        {
            /* void */
        }

        for (end = begin; end < s.len && aud_word_byte(s.data[end]); end++) {
            /* void */
        }

        found = end > begin
                && in_list(words, aud_str(s.data + begin, end - begin));
    }

    aud_buffer_free(&folded);

    return found;
}


static int
folded_in_list(const json_t *list, aud_str_t text)
{
    int           found;
    aud_buffer_t  folded = { 0 };

    aud_fold(&folded, text);
    found = in_list(list, aud_buffer_str(&folded));
    aud_buffer_free(&folded);

    return found;
}


static int
in_list(const json_t *list, aud_str_t text)
{
    const json_t  *entry;

    for (size_t i = 0; i < json_array_size(list); i++) {
        entry = json_array_get(list, i);

        if (json_string_length(entry) == text.len
            && (text.len == 0
                || memcmp(json_string_value(entry), text.data, text.len) == 0))
        {
            return 1;
        }
    }

    return 0;
}


void
class_field_words(const locale_texts_t *texts, aud_str_t name,
    aud_buffer_t *out)
{
    size_t         n = 0;
    aud_str_t      spellings[SPELLINGS];
    const json_t  *list = json_object_get(texts->fields, "spellings"), *entry;

    for (size_t i = 0; i < json_array_size(list) && n < SPELLINGS; i++) {
        entry = json_array_get(list, i);

        if (json_string_length(entry)) {
            spellings[n++] = aud_str(json_string_value(entry),
                                     json_string_length(entry));
        }
    }

    class_text_field(name, spellings, n, CLASS_FIELD_MAX, out);
}


void
class_field_label(const locale_texts_t *texts, aud_str_t name,
    const char *kind, aud_buffer_t *out)
{
    size_t       from = out->len;
    const char  *label;

    label = json_string_value(json_object_get(class_kind(texts, kind),
                                              "label"));

    if (label) {
        aud_buffer_text(out, label);

    } else {
        class_field_words(texts, name, out);
    }

    if (out->len == from) {
        aud_buffer_text(out, class_text(texts, "unnamed"));
    }

    class_text_capital(out, from);
}


int
class_field_since(const locale_texts_t *texts, const behaviour_t *field)
{
    const char  *kind;

    if (!field->years) {
        return 0;
    }

    kind = class_field_kind(texts, field->name);

    return kind == NULL || strcmp(kind, "born") != 0;
}


int
class_field_whole(const locale_texts_t *texts, const behaviour_t *field)
{
    return field->whole || field->years
           || json_is_true(json_object_get(class_kind(texts,
                               class_field_kind(texts, field->name)), "whole"));
}


void
class_kind_strip(const locale_texts_t *texts, const char *kind,
    aud_buffer_t *value)
{
    size_t         len;
    aud_str_t      s = aud_buffer_str(value);
    const char    *blank;
    const json_t  *words = json_object_get(class_kind(texts, kind), "strip");

    blank = words && s.len ? memchr(s.data, ' ', s.len) : NULL;

    if (blank == NULL) {
        return;
    }

    len = (size_t) (blank - s.data);

    if (folded_in_list(words, aud_str(s.data, len))) {
        memmove(value->data, blank + 1, s.len - len - 1);
        value->len -= len + 1;
        return;
    }

    blank = memrchr(s.data, ' ', s.len);
    len = (size_t) (blank - s.data);

    if (folded_in_list(words, aud_str(blank + 1, s.len - len - 1))) {
        value->len = len;
    }
}
