/*
 * Which source record each value of a profile came from: its records are read
 * from the store, and for every field the newest that says something counts, as
 * in a fold; of a campaign the event that decides, which is each of them for a
 * count.  The system's own fields (created_at, updated_at, sources) come from
 * all of them.  Any thread.
 */

#ifndef PROVENANCE_H
#define PROVENANCE_H

#include "explain.h"

/*
 * records: the profile's, as its segment has them.  Adds "provenance" to the
 * profile that is shown, and "filename" and "at" to its "records".  -1 with err.
 */
int provenance_add(const explain_t *x, aud_str_t records, json_t *profile,
    aud_error_t *err);

#endif
