/*
 * What lists of a tenant's audiences are made from: of each one what it is
 * searched and ordered by, in memory, so that a page of a hundred thousand is a
 * matter of milliseconds.  About 150 bytes an audience.
 *
 * An index is read from the store when it is first asked, and kept true by who
 * changes audiences: they say so when the change is durable, still under the
 * base's lock.  Each base has one.  Any thread but the loop's: reading a hundred
 * thousand records takes about a second.
 */

#ifndef AUDIENCE_INDEX_H
#define AUDIENCE_INDEX_H

#include <jansson.h>

#include "aud_buffer.h"
#include "aud_id.h"
#include "store.h"

typedef struct audience_index_s  audience_index_t;

typedef enum {
    AUDIENCE_BY_CREATED = 0, AUDIENCE_BY_UPDATED, AUDIENCE_BY_NAME,
    AUDIENCE_BY_SIZE
} audience_order_t;

typedef enum {
    AUDIENCE_ANY = 0, AUDIENCE_MANUAL, AUDIENCE_AUTOMATIC
} audience_type_t;

typedef struct {
    aud_uuid_t        id;
    int64_t           number;           /* when, or how many */
    aud_str_t         text;             /* the folded name */
} audience_place_t;

typedef struct {
    audience_order_t  order;
    unsigned          ascending:1;
    audience_type_t   type;
    aud_str_t         q;                /* folded; is part of the name or the
                                           description */
    int64_t           from, before;     /* when it was made */
    size_t            limit;            /* not 0 */
    audience_place_t *after;            /* the last of the page before, or
                                           NULL */
} audience_search_t;

typedef struct {
    aud_uuid_t       *ids;              /* [limit], the caller's */
    size_t            n;
    audience_place_t  last;             /* where more is set; its text is */
    aud_buffer_t      text;             /* … here, to be freed */
    unsigned          more:1;           /* there are others behind them */
    size_t            looked;           /* entries looked at */
} audience_found_t;

/* NULL: memory is out. */
audience_index_t *audience_index_create(store_t *store, const char *tenant);
void              audience_index_free(audience_index_t *index);

/* The record is now so; NULL: it is gone. */
void audience_index_put(audience_index_t *index, const aud_uuid_t *id,
    const json_t *record);

/* -1: the store cannot be read, or memory is out. */
int  audience_index_find(audience_index_t *index,
    const audience_search_t *search, audience_found_t *found);

/*
 * Sizes.  `data` is of what they were counted (audience_data()); those that
 * were counted of other data keep the size they had.
 *
 * audience_index_size says whether that is the size now: never of automatic
 * audiences, nor where the filter speaks of time or of other audiences.
 *
 * audience_index_stale fills ids with at most n of those that were counted of
 * other data, the newest first, and returns how many, or -1.  *passed begins as
 * 0 and is what earlier calls have passed; audience_index_uncounted says how many
 * there are in all.
 */
void audience_index_sized(audience_index_t *index, const aud_uuid_t *id,
    uint64_t size, uint64_t data);
int  audience_index_size(audience_index_t *index, const aud_uuid_t *id,
    uint64_t data, uint64_t *size);
int  audience_index_stale(audience_index_t *index, uint64_t data,
    aud_uuid_t *ids, size_t n, size_t *passed);
size_t audience_index_uncounted(audience_index_t *index, uint64_t data);

/* An audience that others may contain has changed: the size of those that
 * contain any is not sure. */
void audience_index_unsized(audience_index_t *index);

#endif
