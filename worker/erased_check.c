/*
 * Rows held against the list of those who were erased.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_tax_document.h"
#include "cell.h"
#include "email.h"
#include "erased_private.h"
#include "phone.h"
#include "profile_find.h"


struct erased_check_s {
    erased_hasher_t  *hasher;
    aud_generation_t *g;            /* those who live, or NULL */
    json_t           *read_by;      /* as of erased_tenant_t */
    size_t            n;
    erased_hash_t     hashes[];     /* ascending */
};


static erased_check_t *check_copy(const erased_t *e, const erased_tenant_t *t,
    const json_t *hashes);
static int check_living(void *arg, component_kind_t kind, aud_str_t value);
static int check_cell(erased_check_t *c, aud_str_t cell, const char *country,
    const char *area_code);


int
erased_check_create(erased_t *e, const char *tenant, const json_t *more,
    erased_check_t **check, aud_error_t *err)
{
    int               rc = 0;
    const json_t     *hashes;
    erased_tenant_t  *t;

    *check = NULL;
    hashes = json_object_get(more, "hashes");

    if (e == NULL) {
        return 0;
    }

    pthread_mutex_lock(&e->lock);
    t = erased_tenant(e, tenant);

    if (t == NULL) {
        rc = aud_error_set(err, "out of memory");

    } else if (t->n + json_array_size(hashes)) {
        *check = check_copy(e, t, hashes);
        rc = *check ? 0 : aud_error_set(err, "out of memory");
    }

    pthread_mutex_unlock(&e->lock);

    return rc;
}


static erased_check_t *
check_copy(const erased_t *e, const erased_tenant_t *t, const json_t *hashes)
{
    size_t           i;
    json_t          *hash;
    erased_check_t  *c;

    c = aud_calloc(1, sizeof(erased_check_t)
                      + (t->n + json_array_size(hashes))
                        * sizeof(erased_hash_t));
    if (c == NULL) {
        return NULL;
    }

    c->n = t->n;

    if (t->n) {
        memcpy(c->hashes, t->hashes, t->n * sizeof(erased_hash_t));
    }

    json_array_foreach(hashes, i, hash) {
        c->n += erased_hash_parse(&c->hashes[c->n], json_string_value(hash))
                == 0;
    }

    if (c->n > t->n) {
        qsort(c->hashes, c->n, sizeof(erased_hash_t), erased_hash_compare);
    }

    c->hasher = erased_hasher_create(e->key, t->name);
    c->read_by = json_deep_copy(t->read_by);

    if (c->hasher == NULL || c->read_by == NULL) {
        erased_check_free(c);
        return NULL;
    }

    return c;
}


void
erased_check_free(erased_check_t *c)
{
    if (c) {
        erased_hasher_free(c->hasher);
        aud_generation_release(c->g);
        json_decref(c->read_by);
        aud_free(c);
    }
}


int
erased_check_record(erased_check_t *c, const aud_source_record_t *record)
{
    component_record_t  r = { .name = record->name };

    r.values[COMPONENT_TAX_DOCUMENT] = record->tax_document;
    r.values[COMPONENT_PHONE] = record->phone;
    r.values[COMPONENT_EMAIL] = record->email;

    return erased_hash_match(c->hasher, c->hashes, c->n, &r, check_living, c);
}


/* The other identifiers are what they always were. */

int
erased_check_phone(erased_check_t *c, aud_str_t cell,
    const aud_source_record_t *record)
{
    int                   found = 0;
    char                  phone[AUD_PHONE_LEN + 1];
    json_t               *by;
    const char           *name;
    aud_source_record_t   then = { .name = record->name };

    json_object_foreach(c->read_by, name, by) {
        if (found == 0
            && phone_normalise(cell, json_string_value(json_array_get(by, 0)),
                               json_string_value(json_array_get(by, 1)), phone)
               == AUD_PHONE_OK)
        {
            then.phone = aud_str(phone, strlen(phone));
            found = erased_check_record(c, &then);
        }
    }

    return found;
}


static int
check_living(void *arg, component_kind_t kind, aud_str_t value)
{
    int               rc;
    size_t            n = 0;
    erased_check_t   *c = arg;
    profile_place_t  *places = NULL;

    static const aud_identifier_kind_t  kinds[COMPONENT_KINDS] = {
        AUD_IDENTIFIER_TAX_DOCUMENT, AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL
    };

    if (c->g == NULL) {
        return 0;
    }

    rc = profiles_of_value(c->g, kinds[kind], value, &places, &n);
    aud_free(places);

    return rc == 0 ? n != 0 : -1;
}


void
erased_check_living(erased_check_t *c, aud_generation_t *g)
{
    if (c) {
        c->g = aud_generation_retain(g);
    }
}


int
erased_check_cells(erased_check_t *c, const aud_str_t *cells, uint32_t ncells,
    const char *country, const char *area_code)
{
    int          found = 0;
    json_t      *by;
    uint32_t     i;
    const char  *name;

    for (i = 0; i < ncells && found == 0; i++) {
        found = check_cell(c, cell_value(cells[i]), country, area_code);

        json_object_foreach(c->read_by, name, by) {
            if (found == 0) {
                found = check_cell(c, cell_value(cells[i]),
                                   json_string_value(json_array_get(by, 0)),
                                   json_string_value(json_array_get(by, 1)));
            }
        }
    }

    return found;
}


static int
check_cell(erased_check_t *c, aud_str_t cell, const char *country,
    const char *area_code)
{
    int   found = 0;
    char  text[EMAIL_LEN + 1];

    if (cell.len == 0) {
        return 0;
    }

    if (memchr(cell.data, '@', cell.len)) {
        return email_normalise(cell, text) == EMAIL_OK
               ? erased_hash_known(c->hasher, c->hashes, c->n, COMPONENT_EMAIL,
                                   aud_str(text, strlen(text)))
               : 0;
    }

    if (aud_tax_document_valid(aud_tax_document_normalise(cell, text))) {
        found = erased_hash_known(c->hasher, c->hashes, c->n,
                                  COMPONENT_TAX_DOCUMENT,
                                  aud_str(text, strlen(text)));
    }

    if (found == 0
        && phone_normalise(cell, country, area_code, text) == AUD_PHONE_OK)
    {
        found = erased_hash_known(c->hasher, c->hashes, c->n, COMPONENT_PHONE,
                                  aud_str(text, strlen(text)));
    }

    return found;
}
