/*
 * By which keyed hashes a person will be known again.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_arena.h"
#include "aud_source_record.h"
#include "aud_tax_document.h"
#include "erased_person.h"
#include "profile_find.h"


typedef struct {
    component_value_t  *values;         /* different ones, of all records */
    size_t              nvalues;
    aud_str_t           given[ERASED_NAMES];
    aud_str_t           whole[ERASED_NAMES];
    size_t              ngiven;         /* the empty one not among them */
    size_t              nwhole;
} person_t;

typedef struct {
    const aud_generation_t   *g;
    const resolution_base_t  *base;
    aud_uuid_t                id;
    aud_arena_t               arena;
    aud_buffer_t              name;     /* canonical */
    person_t                  person;
    erased_hasher_t          *hasher;
    json_t                   *hashes;
} person_hashes_t;


static int person_read(person_hashes_t *x, aud_str_t records);
static int person_name(person_hashes_t *x, aud_str_t text);
static int person_add_name(person_hashes_t *x, aud_str_t *names, size_t *n,
    aud_str_t name);
static size_t person_find_name(const aud_str_t *names, size_t n,
    aud_str_t name);
static int value_compare(const void *a, const void *b);
static int value_links(const person_hashes_t *x,
    const component_value_t *value);
static int person_value(person_hashes_t *x, const component_value_t *value);
static int person_blocked(person_hashes_t *x, const uint8_t *hash);
static int person_linking(person_hashes_t *x, const component_value_t *value,
    const uint8_t *hash);
static int person_others(person_hashes_t *x, const component_value_t *value,
    size_t *others, uint8_t *taken);
static int person_other(person_hashes_t *x, const component_value_t *value,
    aud_str_t records, uint8_t *taken);
static int person_put(person_hashes_t *x, const uint8_t *hash,
    erased_name_t what, const aud_str_t *name);


json_t *
erased_person_hashes(erased_t *e, const char *tenant,
    const aud_generation_t *g, const resolution_base_t *base, size_t slice,
    uint32_t row, aud_error_t *err)
{
    int                    rc = -1;
    size_t                 i;
    person_hashes_t        x = { .g = g, .base = base };
    const aud_segment_t   *segment = g->slices[slice].segment;

    x.id = segment->profiles[row];
    x.hashes = json_array();
    x.hasher = erased_hasher(e, tenant, err);

    if (x.hasher == NULL) {
        goto done;
    }

    rc = person_read(&x, aud_segment_records(segment, row));

    for (i = 0; i < x.person.nvalues && rc == 0; i++) {
        rc = person_value(&x, &x.person.values[i]);
    }

    if (rc != 0) {
        aud_error_set(err, "out of memory");
    }

done:

    if (rc != 0) {
        json_decref(x.hashes);
        x.hashes = NULL;
    }

    erased_hasher_free(x.hasher);
    aud_buffer_free(&x.name);
    aud_arena_free(&x.arena);
    aud_free(x.person.values);

    return x.hashes;
}


static int
person_read(person_hashes_t *x, aud_str_t records)
{
    int                   rc;
    size_t                i, n = 0, room;
    aud_str_t             rest = records, values[COMPONENT_KINDS];
    person_t             *person = &x->person;
    component_kind_t      kind;
    aud_source_record_t   record;

    for (room = 1; (rc = aud_source_record_read(&rest, &record)) == 1;
         room += COMPONENT_KINDS)
    {
        /* void */
    }

    person->values = aud_calloc(room, sizeof(component_value_t));

    if (rc != 0 || person->values == NULL) {
        return -1;
    }

    for (rest = records; aud_source_record_read(&rest, &record) == 1;
         /* void */ )
    {
        values[COMPONENT_TAX_DOCUMENT] = record.tax_document;
        values[COMPONENT_PHONE] = record.phone;
        values[COMPONENT_EMAIL] = record.email;

        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            if (values[kind].len) {
                person->values[n++] = (component_value_t) { kind,
                                                            values[kind] };
            }
        }

        if (person_name(x, record.name) != 0) {
            return -1;
        }
    }

    qsort(person->values, n, sizeof(component_value_t), value_compare);

    for (i = 0; i < n; i++) {
        if (i == 0 || value_compare(&person->values[i - 1], &person->values[i])
                      != 0)
        {
            person->values[person->nvalues++] = person->values[i];
        }
    }

    return 0;
}


static int
person_name(person_hashes_t *x, aud_str_t text)
{
    person_t  *person = &x->person;

    x->name.len = 0;
    aud_person_name_canonical(&x->name, text);

    return x->name.failed
           || person_add_name(x, person->whole, &person->nwhole,
                              aud_buffer_str(&x->name)) != 0
           || person_add_name(x, person->given, &person->ngiven,
                              aud_person_name_given(aud_buffer_str(&x->name)))
              != 0 ? -1 : 0;
}


static int
person_add_name(person_hashes_t *x, aud_str_t *names, size_t *n,
    aud_str_t name)
{
    if (name.len == 0 || *n == ERASED_NAMES
        || person_find_name(names, *n, name) < *n)
    {
        return 0;
    }

    return aud_arena_copy(&x->arena, name, &names[(*n)++]);
}


static size_t
person_find_name(const aud_str_t *names, size_t n, aud_str_t name)
{
    size_t  i;

    for (i = 0; i < n && !aud_str_equal(names[i], name); i++) {
        /* void */
    }

    return i;
}


static int
value_compare(const void *a, const void *b)
{
    const component_value_t  *x = a, *y = b;

    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
                              : aud_str_compare(x->value, y->value);
}


/* A filler or a switchboard says nothing of who somebody is. */

static int
value_links(const person_hashes_t *x, const component_value_t *value)
{
    size_t           i;
    const listed_t  *listed = x->base->listed;

    for (i = 0; i < listed->n; i++) {
        if (value_compare(&listed->items[i], value) == 0) {
            return 0;
        }
    }

    return !rules_block(&x->base->rules, value->kind, value->value)
           && !blocked_has(&x->base->blocked, value->kind, value->value);
}


static int
person_value(person_hashes_t *x, const component_value_t *value)
{
    uint8_t  hash[ERASED_HALF];

    if (erased_hash_value(x->hasher, value->kind, value->value, hash) != 0) {
        return -1;
    }

    return value_links(x, value) ? person_linking(x, value, hash)
                                 : person_blocked(x, hash);
}


static int
person_blocked(person_hashes_t *x, const uint8_t *hash)
{
    int     rc = 0;
    size_t  i;

    for (i = 0; i < x->person.nwhole && rc == 0; i++) {
        rc = person_put(x, hash, ERASED_WHOLE, &x->person.whole[i]);
    }

    return rc;
}


static int
person_linking(person_hashes_t *x, const component_value_t *value,
    const uint8_t *hash)
{
    int              rc;
    size_t           i, others = 0;
    uint8_t          taken[ERASED_NAMES] = { 0 };
    const person_t  *person = &x->person;

    rc = person_others(x, value, &others, taken);

    if (rc == 0 && others == 0
        && (person->ngiven == 0
            || (value->kind == COMPONENT_TAX_DOCUMENT
                && value->value.len == AUD_CPF_LEN)))
    {
        return person_put(x, hash, ERASED_GIVEN, NULL);
    }

    for (i = 0; i < person->ngiven && rc == 0; i++) {
        if (!taken[i]) {
            rc = person_put(x, hash, ERASED_GIVEN, &person->given[i]);
        }
    }

    return rc == 0 && others == 0
           ? person_put(x, hash, ERASED_GIVEN, &AUD_STR("")) : rc;
}


/* The other profiles that hold the value, and what they are called: `taken` has
 * a place for each given name of the person. */

static int
person_others(person_hashes_t *x, const component_value_t *value,
    size_t *others, uint8_t *taken)
{
    int               rc = 0;
    size_t            i, n;
    profile_place_t  *places;

    static const aud_identifier_kind_t  kinds[COMPONENT_KINDS] = {
        AUD_IDENTIFIER_TAX_DOCUMENT, AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL
    };

    if (profiles_of_value(x->g, kinds[value->kind], value->value, &places, &n)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < n && rc == 0; i++) {
        if (aud_uuid_compare(&places[i].id, &x->id) != 0) {
            (*others)++;
            rc = person_other(x, value, aud_segment_records(
                                  x->g->slices[places[i].slice].segment,
                                  places[i].row), taken);
        }
    }

    aud_free(places);

    return rc;
}


static int
person_other(person_hashes_t *x, const component_value_t *value,
    aud_str_t records, uint8_t *taken)
{
    size_t                i;
    aud_str_t             held, given;
    person_t             *person = &x->person;
    aud_source_record_t   record;

    while (aud_source_record_read(&records, &record) == 1) {
        held = value->kind == COMPONENT_PHONE ? record.phone
               : value->kind == COMPONENT_EMAIL ? record.email
               : record.tax_document;

        if (!aud_str_equal(held, value->value)) {
            continue;
        }

        x->name.len = 0;
        aud_person_name_canonical(&x->name, record.name);

        if (x->name.failed) {
            return -1;
        }

        given = aud_person_name_given(aud_buffer_str(&x->name));
        i = person_find_name(person->given, person->ngiven, given);

        if (i < person->ngiven) {
            taken[i] = 1;
        }
    }

    return 0;
}


/* name: NULL for whoever has the value. */

static int
person_put(person_hashes_t *x, const uint8_t *hash, erased_name_t what,
    const aud_str_t *name)
{
    char           text[ERASED_HASH_TEXT + 1];
    erased_hash_t  put = { 0 };

    memcpy(put.value, hash, ERASED_HALF);

    if (name
        && erased_hash_name(x->hasher, hash, what, *name, put.name) != 0)
    {
        return -1;
    }

    erased_hash_format(text, &put);

    return json_array_append_new(x->hashes, json_string(text));
}
