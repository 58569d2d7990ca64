/*
 * Both JSON readers on the same text: they accept the same and read the same.
 */

#ifndef JSON_COMPARE_H
#define JSON_COMPARE_H

#include "aud_json.h"


static inline unsigned
json_height(const json_t *json)
{
    size_t       i;
    unsigned     height, highest = 0;
    json_t      *value;
    const char  *key;

    json_object_foreach((json_t *) json, key, value) {
        height = json_height(value);
        highest = height > highest ? height : highest;
    }

    json_array_foreach((json_t *) json, i, value) {
        height = json_height(value);
        highest = height > highest ? height : highest;
    }

    return highest + (json_is_object(json) || json_is_array(json));
}


static inline int
json_same_text(aud_str_t text, const char *other, size_t len)
{
    return aud_str_equal(text, aud_str(other, len));
}


static inline int
json_same(const aud_json_t *a, const json_t *b)
{
    size_t             i = 0;
    const char        *key;
    json_t            *value;
    const aud_json_t  *at;

    switch (a->type) {

    case AUD_JSON_NULL:
        return json_is_null(b);

    case AUD_JSON_FALSE:
        return json_is_false(b);

    case AUD_JSON_TRUE:
        return json_is_true(b);

    case AUD_JSON_INTEGER:
        return json_is_integer(b) && json_integer_value(b) == a->integer;

    case AUD_JSON_REAL:
        return json_is_real(b) && json_real_value(b) == a->real;

    case AUD_JSON_TEXT:
        return json_is_string(b)
               && json_same_text(a->text, json_string_value(b),
                                 json_string_length(b));

    case AUD_JSON_LIST:
        if (!json_is_array(b) || json_array_size(b) != a->n) {
            return 0;
        }

        for (at = a->first; at; at = at->next) {
            value = json_array_get(b, i++);
            if (value == NULL || !json_same(at, value)) {
                return 0;
            }
        }

        return i == a->n;

    default:
        if (!json_is_object(b) || json_object_size(b) != a->n) {
            return 0;
        }

        at = a->first;

        json_object_foreach((json_t *) b, key, value) {
            if (at == NULL || !json_same_text(at->key, key, strlen(key))
                || !json_same(at, value))
            {
                return 0;
            }

            at = at->next;
        }

        return at == NULL;
    }
}


/* 1: both accept it, 0: both refuse it, -1: they differ. */
static inline int
json_compare(aud_str_t text)
{
    int           no_memory, verdict = -1;
    json_t       *theirs;
    aud_json_t   *ours;
    aud_arena_t   arena = { 0 };

    ours = aud_json_parse(&arena, text, &no_memory);
    theirs = json_loadb(text.len ? text.data : "", text.len,
                        JSON_REJECT_DUPLICATES, NULL);

    /* jansson passes over a NUL behind a number */

    if (theirs && (json_height(theirs) > AUD_JSON_DEPTH
                   || memchr(text.data, '\0', text.len)))
    {
        json_decref(theirs);
        theirs = NULL;
    }

    if ((ours == NULL) == (theirs == NULL)) {
        verdict = ours == NULL ? 0 : json_same(ours, theirs) ? 1 : -1;
    }

    json_decref(theirs);
    aud_arena_free(&arena);

    return verdict;
}

#endif
