/*
 * Users: the people that nginx identifies.  A record per user id in the store:
 *   {"id", "name", "email", "language", "created_at"}
 * name and email are null where they are not known.  An unknown user whose id
 * is an e-mail address is created at first sight.
 */

#ifndef USERS_H
#define USERS_H

#include "api.h"

#define USER_ID_MAX  254

/* Called for every call before its handler: puts the record of an unknown user
 * into the store, without waiting.  Language: the first of Accept-Language that
 * the product speaks, else the settings'.  Loop thread. */
void users_see(api_call_t *call);

/* Whoever is asking, as stored, or as the record is made: it may be on its way,
 * and an id that is no address has none.  A new reference, NULL when memory is
 * out.  Any thread. */
json_t *users_asking(const api_call_t *call);

/*
 * Who changes a record takes it first, and gives it back when the change can be
 * read: a change made of an older record would undo the one before.  Returns 1,
 * or 0 where somebody else has it: fn(call) runs when it is free.  Loop thread.
 */
int     users_take(api_call_t *call, const char *id,
    void (*fn)(api_call_t *call));
void    users_give(const api_call_t *call, const char *id);

/* The record (a new reference), or NULL.  Any thread. */
json_t *users_get(worker_t *worker, const char *tenant, const char *id);

/* A record as it is made: with an address where the id is one.  NULL when
 * memory is out, as everywhere below. */
json_t *users_new(const char *id, const char *language);

/* Puts the record into batch; -1 when memory is out.  Borrows it. */
int     users_put(store_batch_t *batch, const char *tenant,
    const json_t *user);

#endif
