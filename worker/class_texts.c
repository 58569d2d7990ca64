#include "aud_text.h"
#include "class_names.h"
#include "class_text.h"
#include "class_texts.h"
#include "class_words.h"
#include "template.h"


typedef struct {
    const char  *name;
    const char  *gaps;                  /* separated by blanks */
} known_text_t;


static int  check_texts(const json_t *segmentation, aud_error_t *err);
static int  check_kinds(const json_t *kinds, const json_t *copies,
    aud_error_t *err);
static int  check_forms(const char *kind, const json_t *forms,
    const json_t *copies, const char *gaps, aud_error_t *err);
static int  check_names(const json_t *fields, const json_t *kinds,
    aud_error_t *err);
static int  check_copies(const json_t *copies, aud_error_t *err);
static int  check_copy(const char *kind, const json_t *list,
    aud_error_t *err);
static int  check_strings(const char *where, const json_t *object,
    const char *gaps, aud_error_t *err);
static int  check_string(const char *where, const char *name,
    const json_t *text, const char *gaps, aud_error_t *err);
static int  gap_text(void *arg, aud_str_t name, aud_buffer_t *out);
static int  gap_number(void *arg, aud_str_t name, int64_t *n);
static int  is_gap(const char *gaps, aud_str_t name);


static const known_text_t  known_texts[] = {
    { "decimal", "" }, { "percent", "n" }, { "percent_less", "" },
    { "percent_more", "" }, { "percent_all", "" }, { "yes", "" },
    { "no", "" }, { "other", "" }, { "unnamed", "" },
    { "pair", "field value" }, { "between", "from to" }, { "below", "to" },
    { "from", "from" }, { "every", "" }, { "within", "to" },
    { "ago", "from to" }, { "before", "from" },
    { "at", "from" }, { "past", "" },
    { "future", "" }, { "days", "n" }, { "months", "n" }, { "years", "n" },
    { "people", "" }, { "that", "predicate" }, { "and", "" },
    { "joined", "name part" }, { "more", "part" }, { "tendency", "part" },
    { "tendency_pair", "part" }, { "plain", "" }, { "numbered", "name n" },
    { "size", "members share" }, { "main", "share base predicate" },
    { "also", "share base predicate" }, { "also_one", "a" },
    { "also_two", "a b" }, { "nothing", "" },
    { "characteristic", "share base predicate lift" },
    { "known", "known sentence" }, { "in_pair", "pair" },
    { "lift_points", "n" }, { "lift_slight", "" }, { "lift_twice", "" },
    { "lift_thrice", "" }, { "lift_times", "times" }, { "lift_many", "n" },
    { "whole_group", "" }, { "of_group", "pair share" },
    { "of_known", "pair share" }, { NULL, NULL }
};

static const char  form_gaps[] = "value when from to n of in by";
static const char  copy_gaps[] = "name value of in statement";


int
class_texts_check(const locale_texts_t *texts, aud_error_t *err)
{
    const json_t  *segmentation, *kinds, *copies;

    segmentation = json_object_get(texts->json, "segmentation");
    kinds = json_object_get(segmentation, "kinds");
    copies = json_object_get(segmentation, "copies");

    if (check_texts(segmentation, err) != 0 || check_copies(copies, err) != 0
        || check_kinds(kinds, copies, err) != 0
        || check_forms("verbs", json_object_get(segmentation, "verbs"),
                       copies, "rest", err) != 0)
    {
        return -1;
    }

    return check_names(texts->fields, kinds, err);
}


static int
check_texts(const json_t *segmentation, aud_error_t *err)
{
    for (size_t i = 0; known_texts[i].name; i++) {
        if (check_string("segmentation", known_texts[i].name,
                         json_object_get(segmentation, known_texts[i].name),
                         known_texts[i].gaps, err) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
check_kinds(const json_t *kinds, const json_t *copies, aud_error_t *err)
{
    json_t      *kind;
    const char  *name;

    json_object_foreach((json_t *) kinds, name, kind) {
        if (check_forms(name, json_object_get(kind, "forms"), copies,
                        form_gaps, err) != 0
            || check_forms(name, json_object_get(kind, "values"), copies,
                           form_gaps, err) != 0
            || check_strings(name, json_object_get(kind, "slots"), "value",
                             err) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
check_forms(const char *kind, const json_t *forms, const json_t *copies,
    const char *gaps, aud_error_t *err)
{
    json_t      *form, *text;
    const char  *name;

    json_object_foreach((json_t *) forms, name, form) {
        text = json_object_get(form, "copies");

        if (text && json_object_get(copies, json_string_value(text)) == NULL) {
            return aud_error_set(err, "%.50s: there are no copies \"%.50s\"",
                                 kind, json_string_value(text));
        }

        if (check_strings(kind, form, gaps, err) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Kinds by which fields.json knows columns. */
static int
check_names(const json_t *fields, const json_t *kinds, aud_error_t *err)
{
    json_t      *kind;
    const char  *name;

    json_object_foreach(json_object_get(fields, "names"), name, kind) {
        if (!json_is_object(json_object_get(kinds, json_string_value(kind)))) {
            return aud_error_set(err, "there is no kind \"%.50s\", which"
                                 " fields.json names for \"%.50s\"",
                                 json_string_value(kind), name);
        }
    }

    return 0;
}


static int
check_copies(const json_t *copies, aud_error_t *err)
{
    json_t                   *kind;
    const char               *name;
    static const char *const  approaches[] = { "offer", "question",
                                               "reminder" };

    if (!json_is_object(json_object_get(copies, "default"))) {
        return aud_error_set(err, "there are no copies \"default\"");
    }

    json_object_foreach((json_t *) copies, name, kind) {
        for (int i = 0; i < CLASS_COPIES; i++) {
            if (check_copy(name, json_object_get(kind, approaches[i]), err)
                != 0)
            {
                return -1;
            }
        }
    }

    return 0;
}


/* Each names the person once, and leaves room for a value. */
static int
check_copy(const char *kind, const json_t *list, aud_error_t *err)
{
    const char  *text, *name;

    if (json_array_size(list) == 0) {
        return aud_error_set(err, "the copies \"%.50s\" lack an offer, a"
                             " question or a reminder", kind);
    }

    for (size_t i = 0; i < json_array_size(list); i++) {
        if (check_string("copies", kind, json_array_get(list, i), copy_gaps,
                         err) != 0)
        {
            return -1;
        }

        text = json_string_value(json_array_get(list, i));
        name = strstr(text, "{{name}}");

        if (name == NULL || strstr(name + 1, "{{name}}")) {
            return aud_error_set(err, "a copy of \"%.50s\" does not name the"
                                 " person once", kind);
        }

        if (class_text_length(aud_str(text, strlen(text)))
            > CLASS_COPY_MAX - CLASS_VALUE_MAX)
        {
            return aud_error_set(err, "a copy of \"%.50s\" is too long", kind);
        }
    }

    return 0;
}


static int
check_strings(const char *where, const json_t *object, const char *gaps,
    aud_error_t *err)
{
    json_t      *text;
    const char  *name;

    json_object_foreach((json_t *) object, name, text) {
        if (check_string(where, name, text, gaps, err) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
check_string(const char *where, const char *name, const json_t *text,
    const char *gaps, aud_error_t *err)
{
    int                rc;
    aud_error_t        why;
    aud_buffer_t       out = { 0 };
    template_values_t  values = { gap_text, gap_number, (void *) gaps };

    if (json_string_length(text) == 0) {
        return aud_error_set(err, "%.50s: the text \"%.50s\" is missing",
                             where, name);
    }

    rc = template_fill(aud_str(json_string_value(text),
                               json_string_length(text)), &values, &out, &why);
    aud_buffer_free(&out);

    return rc == 0 ? 0 : aud_error_set(err, "%.50s: %.50s: %.120s", where,
                                       name, why.text);
}


static int
gap_text(void *arg, aud_str_t name, aud_buffer_t *out)
{
    return is_gap(arg, name) ? 0 : -1;
}


static int
gap_number(void *arg, aud_str_t name, int64_t *n)
{
    *n = 1;

    return is_gap(arg, name) ? 0 : -1;
}


static int
is_gap(const char *gaps, aud_str_t name)
{
    size_t  len;

    while (*gaps) {
        len = strcspn(gaps, " ");

        if (len == name.len && memcmp(gaps, name.data, len) == 0) {
            return 1;
        }

        gaps += len + (gaps[len] == ' ');
    }

    return 0;
}
