/*
 * What people are found by: all settings that can make other people of the same
 * source records, as they are now, to be held against those that a base was
 * resolved by.
 *
 *   {"version": 1,                 of the code that resolves
 *    "area_code": "11", "country": "BR", "phone": 60, "threshold": 50, …
 *                                  by their names in conf/worker.conf
 *    "listed": "0123456789abcdef"} of the values in that file
 *
 * So a comment in the listed file changes nothing, and another country changes
 * the list, too, where numbers in it have none.  Any thread.
 */

#ifndef RESOLVED_BY_H
#define RESOLVED_BY_H

#include <jansson.h>

#include "aud_buffer.h"
#include "listed.h"
#include "settings.h"

/* Counted up where a new release normalises or joins otherwise, so that bases
 * of older ones are resolved anew. */
#define RESOLVED_BY_VERSION  1

/* NULL: no memory. */
json_t *resolved_by(const settings_t *settings, const listed_t *listed);

/* Adds the names of what differs: "country, listed"; was may be NULL. */
void    resolved_by_changes(const json_t *was, const json_t *now,
    aud_buffer_t *out);

#endif
