#include "aud_alloc.h"
#include "class_names.h"
#include "class_naming.h"


static int  use_given(class_used_t *used, const char *const *kept,
    size_t classes, const char *const *taken, size_t ntaken);
static json_t *class_write(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, const char *kept, size_t which,
    class_used_t *used, int copies);
static json_t *write_name(const locale_texts_t *texts,
    const class_trait_t *traits, size_t n, const char *kept,
    class_used_t *used);
static json_t *write_description(const locale_texts_t *texts,
    const class_explanation_t *explanation, const class_trait_t *traits,
    size_t n);
static json_t *write_characteristics(const locale_texts_t *texts,
    const class_trait_t *traits, size_t n);
static json_t *taken_string(aud_buffer_t *text);


int
class_names(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanations, size_t classes,
    const char *const *kept, const char *const *taken, size_t ntaken,
    int copies, json_t **results)
{
    int            rc = -1;
    size_t         n = 0;
    class_used_t  *used = class_used_create();

    if (used == NULL || use_given(used, kept, classes, taken, ntaken) != 0) {
        goto done;
    }

    for (n = 0; n < classes; n++) {
        results[n] = class_write(texts, b, &explanations[n],
                                 kept ? kept[n] : NULL, n, used, copies);

        if (results[n] == NULL) {
            goto done;
        }
    }

    rc = 0;

done:

    class_used_free(used);

    while (rc != 0 && n > 0) {
        json_decref(results[--n]);
    }

    return rc;
}


static int
use_given(class_used_t *used, const char *const *kept, size_t classes,
    const char *const *taken, size_t ntaken)
{
    for (size_t i = 0; i < ntaken; i++) {
        if (class_used_add(used, aud_str(taken[i], strlen(taken[i]))) < 0) {
            return -1;
        }
    }

    for (size_t i = 0; kept && i < classes; i++) {
        if (kept[i]
            && class_used_add(used, aud_str(kept[i], strlen(kept[i]))) < 0)
        {
            return -1;
        }
    }

    return 0;
}


static json_t *
class_write(const locale_texts_t *texts, const behaviours_t *b,
    const class_explanation_t *explanation, const char *kept, size_t which,
    class_used_t *used, int copies)
{
    size_t          n = 0;
    json_t         *result = json_object();
    class_trait_t  *traits = class_traits(texts, b, explanation, &n);

    if (traits == NULL
        || json_object_set_new(result, "name",
                               write_name(texts, traits, n, kept, used)) != 0
        || json_object_set_new(result, "description",
                               write_description(texts, explanation, traits,
                                                 n)) != 0
        || json_object_set_new(result, "characteristics",
                               write_characteristics(texts, traits, n)) != 0
        || (copies
            && json_object_set_new(result, "copies",
                                   class_copies_write(texts, traits, n,
                                                      which)) != 0))
    {
        json_decref(result);
        result = NULL;
    }

    class_traits_free(traits, n);

    return result;
}


static json_t *
write_name(const locale_texts_t *texts, const class_trait_t *traits, size_t n,
    const char *kept, class_used_t *used)
{
    aud_buffer_t  name = { 0 };

    if (kept) {
        return json_string(kept);
    }

    if (class_name_write(texts, traits, n, used, &name) != 0) {
        name.failed = 1;
    }

    return taken_string(&name);
}


static json_t *
write_description(const locale_texts_t *texts,
    const class_explanation_t *explanation, const class_trait_t *traits,
    size_t n)
{
    aud_buffer_t  text = { 0 };

    class_description_write(texts, explanation, traits, n, &text);

    return taken_string(&text);
}


static json_t *
write_characteristics(const locale_texts_t *texts,
    const class_trait_t *traits, size_t n)
{
    json_t        *list = json_array();
    aud_buffer_t   text;

    for (size_t i = 0; i < n; i++) {
        memset(&text, 0, sizeof(text));
        class_characteristic_write(texts, &traits[i], &text);

        if (json_array_append_new(list, taken_string(&text)) != 0) {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


/* NULL where memory was out; frees the buffer. */
static json_t *
taken_string(aud_buffer_t *text)
{
    json_t  *string = text->failed ? NULL : json_stringn(text->data, text->len);

    aud_buffer_free(text);

    return string;
}
