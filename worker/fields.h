/*
 * The field registry while it is being changed: a copy of base_fields() to
 * which an import adds its columns and its counts of values, and from which
 * the types follow.  It owns all its memory.  One thread.
 */

#ifndef FIELDS_H
#define FIELDS_H

#include "aud_buffer.h"
#include "base.h"

#define FIELDS_NONE  UINT32_MAX

#define FIELD_PHONE         "phoneNumber"
#define FIELD_EMAIL         "email"
#define FIELD_TAX_DOCUMENT  "taxDocument"
#define FIELD_NAME          "name"
#define FIELD_CONSENT       "Opt-in"
#define FIELD_CREATED_AT    "created_at"
#define FIELD_UPDATED_AT    "updated_at"
#define FIELD_SOURCES       "sources"
#define FIELD_EXTRA         "extra."        /* and what it is called */
#define FIELD_CAMPAIGN      "campaign."     /* likewise; campaign.h */
#define FIELD_INTENTION     "purchaseIntention"
#define FIELD_PRICE         "priceSensitivity"
#define FIELD_SENTIMENT     "sentiment"

typedef struct {
    base_field_t  *items;
    uint32_t       n;
    uint32_t       capacity;
} fields_t;

/* A copy of n fields, with the phone and the system fields added where they
 * are missing.  -1 when memory is out (fields is freed then). */
int      fields_init(fields_t *fields, const base_field_t *from, size_t n);
void     fields_free(fields_t *fields);

uint32_t fields_find(const fields_t *fields, aud_str_t name);

/* Finds or adds; FIELDS_NONE when memory is out. */
uint32_t fields_add(fields_t *fields, aud_str_t name);

/*
 * Which field each column of a file is; adds new behaviours:
 *
 *   the consent column                        Opt-in
 *   the name of a field                       that field
 *   the name under which a field is exported  that field, unless another
 *                                             column is it already
 *   created_at updated_at sources             a behaviour "created_at
 *   campaign.…  and labels of conversations   (imported)": what is the system's
 *                                             own cannot be written
 *   else                                      a new behaviour
 *
 * -1 when memory is out.
 */
int      fields_map(fields_t *fields, const aud_str_t *columns,
    uint32_t ncolumns, uint32_t *map);

/* The same of columns that are called as their fields are, whatever these are:
 * of what comes in by API. */
int      fields_take(fields_t *fields, const aud_str_t *columns,
    uint32_t ncolumns, uint32_t *map);

/* Counts n values, types as of aud_value_types(); settles all types from the
 * counts: at least 90 % of the values fit, identifiers are always text.
 * Returns whether the type of one of the first `known` fields changed. */
void     fields_count(fields_t *fields, uint32_t field, unsigned types,
    uint64_t n);
int      fields_settle(fields_t *fields, uint32_t known);

/* Takes away what `gone` has counted, which are the same fields. */
void     fields_uncount(fields_t *fields, const fields_t *gone);

/* Whether a field is there before any import. */
int      fields_always(const fields_t *fields, uint32_t field);

/* Takes a field out; those behind it move up. */
void     fields_remove(fields_t *fields, uint32_t field);

/* The aud_field_t of all, for a segment writer; freed by aud_free(). */
aud_field_t *fields_plain(const fields_t *fields);

/*
 * Header names for exports: marks stripped, only letters, digits, blank and
 * underscore; no two alike.  Names that need no change keep theirs, the others
 * take _2, _3 … in the order given.  The array and its texts are one block,
 * freed by aud_free(); NULL when memory is out.
 */
aud_str_t *fields_export_names(const aud_str_t *names, size_t n);

#endif
