/*
 * The file of saved audiences, mapped: what aud_generation.c shares between
 * generations that have the same one.  Reference counted, never written; any
 * thread.
 *
 * A file has all audiences, or what changed since such a file:
 *
 *   0000000000000010.aud          a  b  c  d              all
 *   000000000000002a.aud             B        e   less c  changes 10
 *   what is seen of the second    a  B     d  e
 *
 * so that a change of one audience of a hundred thousand writes, syncs and
 * checks a few kilobytes.  Seeing it copies one aud_audience_t for each.
 */

#ifndef AUD_AUDIENCES_H
#define AUD_AUDIENCES_H

#include <stdatomic.h>

#include "aud_generation.h"

typedef struct aud_audiences_s  aud_audiences_t;

struct aud_audiences_s {
    atomic_uint            references;
    uint64_t               number;
    uint64_t               checksum;
    const char            *map;
    size_t                 bytes;
    aud_audiences_t       *below;       /* what it changes, retained; or NULL */

    size_t                 n;           /* all that are seen: */
    const aud_audience_t  *audiences;   /* ascending ids; filters and members
                                           point into the maps */
    size_t                 nput;        /* … of this file, */
    const aud_audience_t  *put;
    size_t                 ndropped;    /* and those of below that are not */
    const aud_uuid_t      *dropped;     /* seen, ascending */
};

#define AUD_AUDIENCES_NAME_LEN  (16 + 4)

/* "000000000000002a.aud" */
void aud_audiences_name(char out[AUD_AUDIENCES_NAME_LEN + 1], uint64_t number);

/* checksum: 0 accepts any.  before: a file that may be the one wanted, or the
 * one that it changes, or be a change of that; or NULL.  NULL with err. */
aud_audiences_t *aud_audiences_open(const char *dir, uint64_t number,
    uint64_t checksum, aud_audiences_t *before, aud_error_t *err);
aud_audiences_t *aud_audiences_retain(aud_audiences_t *a);
void             aud_audiences_release(aud_audiences_t *a);

/* Where the first stands, of those from `low` on, that does not stand before
 * id; n where all do. */
size_t aud_audiences_place(const aud_audience_t *list, size_t low, size_t n,
    const aud_uuid_t *id);

/*
 * Writes what is seen of `from` under a change to list, which has room for
 * n + nput, and returns how many that is: put replaces or adds, dropped goes
 * out unless it is put.  All ascend.
 */
size_t aud_audiences_merge(const aud_audience_t *from, size_t n,
    const aud_audience_t *put, size_t nput, const aud_uuid_t *dropped,
    size_t ndropped, aud_audience_t *list);

/* The file of a generation; NULL: it has no audiences. */
const aud_audiences_t *aud_generation_audiences_file(
    const aud_generation_t *g);

#endif
