#include <stdlib.h>

#include "aud_json_parser.h"

#define FEW_MEMBERS  16


static aud_json_t *value_read(aud_json_parser_t *p);
static int  list_read(aud_json_parser_t *p, aud_json_t *list);
static int  object_read(aud_json_parser_t *p, aud_json_t *object);
static int  items_read(aud_json_parser_t *p, aud_json_t *of, char closing,
    aud_json_t *(*item_read)(aud_json_parser_t *p));
static aud_json_t *member_read(aud_json_parser_t *p);
static int  separator(aud_json_parser_t *p, char closing);
static void blanks_skip(aud_json_parser_t *p);
static int  keys_differ(aud_json_parser_t *p, const aud_json_t *object);
static int  key_compare(const void *a, const void *b);
static int  literal_read(aud_json_parser_t *p, aud_json_t *value);


aud_json_t *
aud_json_parse(aud_arena_t *arena, aud_str_t text, int *no_memory)
{
    aud_json_t         *value;
    aud_json_parser_t   p = { .at = text.data, .end = text.data + text.len,
                              .arena = arena };

    *no_memory = 0;
    blanks_skip(&p);

    if (p.at == p.end || (*p.at != '{' && *p.at != '[')) {
        return NULL;
    }

    value = value_read(&p);
    blanks_skip(&p);

    *no_memory = p.no_memory;

    return p.at == p.end ? value : NULL;
}


const aud_json_t *
aud_json_get(const aud_json_t *json, const char *key)
{
    size_t             len = strlen(key);
    const aud_json_t  *member;

    if (!aud_json_is(json, AUD_JSON_OBJECT)) {
        return NULL;
    }

    for (member = json->first; member; member = member->next) {
        if (member->key.len == len && memcmp(member->key.data, key, len) == 0) {
            return member;
        }
    }

    return NULL;
}


static aud_json_t *
value_read(aud_json_parser_t *p)
{
    int          failed;
    aud_json_t  *value;

    if (p->at == p->end) {
        return NULL;
    }

    value = aud_arena_calloc(p->arena, 1, sizeof(aud_json_t));
    if (value == NULL) {
        p->no_memory = 1;
        return NULL;
    }

    switch (*p->at) {

    case '{':
        failed = object_read(p, value);
        break;

    case '[':
        failed = list_read(p, value);
        break;

    case '"':
        value->type = AUD_JSON_TEXT;
        failed = aud_json_text(p, &value->text);
        break;

    case 't':
    case 'f':
    case 'n':
        failed = literal_read(p, value);
        break;

    default:
        failed = aud_json_number(p, value);
    }

    return failed ? NULL : value;
}


static int
list_read(aud_json_parser_t *p, aud_json_t *list)
{
    list->type = AUD_JSON_LIST;

    return items_read(p, list, ']', value_read);
}


static int
object_read(aud_json_parser_t *p, aud_json_t *object)
{
    object->type = AUD_JSON_OBJECT;

    return items_read(p, object, '}', member_read) == 0
           && keys_differ(p, object) ? 0 : -1;
}


/* From behind the opening bracket to behind the closing one. */
static int
items_read(aud_json_parser_t *p, aud_json_t *of, char closing,
    aud_json_t *(*item_read)(aud_json_parser_t *p))
{
    int           more;
    aud_json_t  **last = &of->first;

    if (++p->depth > AUD_JSON_DEPTH) {
        return -1;
    }

    p->at++;
    blanks_skip(p);

    if (p->at < p->end && *p->at == closing) {
        p->at++;
        p->depth--;
        return 0;
    }

    do {
        *last = item_read(p);
        if (*last == NULL) {
            return -1;
        }

        last = &(*last)->next;
        of->n++;

        more = separator(p, closing);
    } while (more > 0);

    p->depth--;

    return more;
}


static aud_json_t *
member_read(aud_json_parser_t *p)
{
    aud_str_t    key;
    aud_json_t  *value;

    if (p->at == p->end || *p->at != '"' || aud_json_text(p, &key) != 0) {
        return NULL;
    }

    blanks_skip(p);

    if (p->at == p->end || *p->at != ':') {
        return NULL;
    }

    p->at++;
    blanks_skip(p);

    value = value_read(p);
    if (value) {
        value->key = key;
    }

    return value;
}


/* 1 where another value follows, 0 at the closing bracket, else -1. */
static int
separator(aud_json_parser_t *p, char closing)
{
    blanks_skip(p);

    if (p->at == p->end) {
        return -1;
    }

    if (*p->at == closing) {
        p->at++;
        return 0;
    }

    if (*p->at != ',') {
        return -1;
    }

    p->at++;
    blanks_skip(p);

    return 1;
}


static void
blanks_skip(aud_json_parser_t *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n'
                              || *p->at == '\r' || *p->at == '\t'))
    {
        p->at++;
    }
}


/* Sorted where there are many, or a request of keys alone would cost the square
 * of their number. */
static int
keys_differ(aud_json_parser_t *p, const aud_json_t *object)
{
    size_t              i;
    const aud_json_t   *a, *b;
    const aud_json_t  **members;

    if (object->n <= FEW_MEMBERS) {
        for (a = object->first; a; a = a->next) {
            for (b = a->next; b; b = b->next) {
                if (aud_str_equal(a->key, b->key)) {
                    return 0;
                }
            }
        }

        return 1;
    }

    members = aud_arena_alloc(p->arena, object->n, sizeof(aud_json_t *));
    if (members == NULL) {
        p->no_memory = 1;
        return 0;
    }

    for (i = 0, a = object->first; a; a = a->next) {
        members[i++] = a;
    }

    qsort(members, object->n, sizeof(aud_json_t *), key_compare);

    for (i = 1; i < object->n; i++) {
        if (aud_str_equal(members[i - 1]->key, members[i]->key)) {
            return 0;
        }
    }

    return 1;
}


static int
key_compare(const void *a, const void *b)
{
    return aud_str_compare((*(const aud_json_t *const *) a)->key,
                           (*(const aud_json_t *const *) b)->key);
}


static int
literal_read(aud_json_parser_t *p, aud_json_t *value)
{
    size_t  i;

    static const struct {
        aud_str_t        text;
        aud_json_type_t  type;
    } literals[] = {
        { AUD_STR("true"), AUD_JSON_TRUE },
        { AUD_STR("false"), AUD_JSON_FALSE },
        { AUD_STR("null"), AUD_JSON_NULL },
    };

    for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {

        if ((size_t) (p->end - p->at) >= literals[i].text.len
            && memcmp(p->at, literals[i].text.data, literals[i].text.len) == 0)
        {
            value->type = literals[i].type;
            p->at += literals[i].text.len;
            return 0;
        }
    }

    return -1;
}
